"""`flatgov behaviour`: what it prints and what it leaves."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import flatgov as fg
from flatgov.commands.behaviour import behaviour, texts

ADDED = """
[tests.P2]
text = "Hiring helps: there are more people."
expect = ["at('Staff' of hire, end) > at('Staff' of now, end)", "at('load' of now, end) < 1.5"]
"""

UNCERTAINTY = """
[parameters."stay"]
distribution = "uniform"
low = 5.0
high = 40.0
reason = "Some stay."
"""


@pytest.fixture
def folder(write_study: Callable[..., Path]) -> Path:
    folder = write_study()
    (folder / "uncertainty.toml").write_text(UNCERTAINTY, encoding="utf-8")
    with (folder / "evidence.toml").open("a", encoding="utf-8") as file:
        file.write(ADDED)
    return folder


def test_a_table_and_files(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    behaviour(folder, draws=40, seed=2, out=str(out))
    printed = capsys.readouterr()
    table, _, notes = printed.out.partition("\n\n")
    titles, calm, busy = table.splitlines()
    assert titles.split()[:5] == ["test", "pattern", "scenario", "base", "share"]
    assert calm.split()[:5] == ["P2", "Hiring", "helps", "calm", "yes"]
    assert busy.split()[0] == "busy"
    assert [line.split()[-1] for line in (calm, busy)] == ["40", "40"]
    said = " ".join(notes.split())
    assert "draws: used of 40; none is left out. Intervals are of the number of draws only" in said
    assert "not evaluated, as they have no `expect`: P1" in printed.err

    with (out / "behaviour.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["test"], row["scenario"], row["line"]) for row in rows] == [
        ("P2", scenario, line) for scenario in ("calm", "busy") for line in ("", "1", "2")
    ]
    ds = xr.open_zarr(out / "behaviour.zarr")
    for row in rows[::3]:
        one = ds.sel(test="P2", scenario=row["scenario"])
        assert float(row["share"]) == float(one["share"]) == float(one["passed"].mean())
        assert int(float(row["draws used"])) == 40
        low, share, high = (float(row[key]) for key in ("low", "share", "high"))
        assert low <= share <= high
    lines = [float(row["share"]) for row in rows if row["line"]]
    np.testing.assert_array_equal(ds["expectation_share"].T.values.ravel(), lines)
    assert set(lines) != {1.0}


def test_without_draws_there_is_the_base_run(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    behaviour(folder, scenario=["busy"], test=["P2"], draws=0, out=str(tmp_path / "out"))
    printed = capsys.readouterr()
    assert printed.out.splitlines()[0].split() == ["test", "pattern", "scenario", "base"]
    assert "not evaluated" not in printed.err
    base = xr.open_zarr(tmp_path / "out" / "behaviour-base-P2-busy.zarr")["base_margin"]
    assert 0 < abs(float(base.values.item())) < 1


def test_an_unknown_scenario_is_refused(folder: Path) -> None:
    with pytest.raises(fg.StudyError, match="no scenario 'clam'; did you mean 'calm'"):
        behaviour(folder, scenario=["clam"], draws=0, out=str(folder.parent / "new"))


def test_a_table_fits_a_terminal_and_counts_draws(folder: Path) -> None:
    names = [f"a scenario with a long name {place}" for place in range(6)]
    text = "A very long pattern that says much of what is to be seen in this study, and more: it."
    shares = ("test", "scenario"), np.full((1, 6), 1.0)
    ds = xr.Dataset(
        dict.fromkeys(("base", "share", "share_high"), shares)
        | {"share_low": (shares[0], np.full((1, 6), 0.9))}
        | {"draws_used": (shares[0], np.full((1, 6), 38.0))}
        | {"draws_left_out": (shares[0], np.full((1, 6), 2.0))},
        {"test": ["P2"], "text": ("test", [text]), "scenario": names},
        {"draws": 40, "failed_mostly": "'x' is not a number"},
    )
    table, words = texts(ds)
    lines = table.splitlines()
    assert len(lines) == 7
    assert max(len(line) for line in lines) <= 100
    assert lines[1].split()[-6:] == ["100", "%", "90.0", "to", "100.0", "38"]
    assert (
        "draws: used of 40; up to 2 are left out as runs failed, most often 'x' is not a number."
    ) in " ".join(words.split())


def test_results_and_studies_are_told_apart(folder: Path) -> None:
    with pytest.raises(fg.StudyError, match=r"the folder holds a study or a model: .*--out"):
        behaviour(folder, draws=0, out=str(folder))
