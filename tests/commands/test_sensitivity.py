"""`flatgov sensitivity` from outside."""

from __future__ import annotations

import csv
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from flatgov.analysis.sensitivity import rank_sensitivity, sensitivity
from flatgov.cli import main
from flatgov.commands.sensitivity import texts
from flatgov.run.store import read_results
from flatgov.study.study import Study
from tools.staff_study import open_staff

Flatgov = Callable[..., tuple[int, str, str]]


@pytest.fixture
def flatgov(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[Flatgov]:
    """Run the command line in an empty folder; give status, standard output and error."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("flatgov.figures.draw_figures", lambda *given, **more: [])
    handler = signal.getsignal(signal.SIGTERM)

    def call(*arguments: object) -> tuple[int, str, str]:
        capsys.readouterr()
        with pytest.raises(SystemExit) as stopped:
            main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        assert isinstance(stopped.value.code, int)
        return stopped.value.code, captured.out, captured.err

    yield call
    signal.signal(signal.SIGTERM, handler)


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return open_staff(tmp_path / "staff")


def test_tables_and_files(flatgov: Flatgov, study: Study) -> None:
    status, out, err = flatgov("sensitivity", study.folder, "--samples", 128, "--seed", 3)
    assert status == 0
    found = sensitivity(study, samples=128, seed=3)
    assert out == "\n\n".join(texts(found, study)) + "\n"
    assert out.startswith("Staff [Person], now, at the end (12)\n  factor")
    assert "\n    uniform 80, 120: The count is rough.\n" in out
    assert "first-order indices of all factors add to" in out
    assert max(len(line) for line in out.splitlines()) <= 100
    assert "768 of 768 draws" in err
    folder = Path("results/staff/sensitivity")
    files = "sensitivity-sobol-now"
    assert f"wrote {folder / files}.csv\nwrote {folder / files}.zarr\n" in err
    stored = xr.open_zarr(folder / f"{files}.zarr").load()
    for name in found.data_vars:
        np.testing.assert_array_equal(stored[name], found[name])
    assert stored["reason"].values.tolist() == found["reason"].values.tolist()
    with (folder / f"{files}.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 2 * 4
    end = found.isel(time=-1)
    for row in rows:
        one = end.sel(variable=row["variable"], factor=row["factor"])
        assert float(row["total"]) == one["total"].item()
        assert float(row["first_low"]) == one["first_low"].item()
        assert row["distribution"] == one["distribution"].item()


def test_the_biggest_factor_comes_first(flatgov: Flatgov, study: Study) -> None:
    asked = ("-p", "hire", "--against", "now", "--variable", "staff", "--samples", 256)
    status, out, _ = flatgov("sensitivity", study.folder, *asked, "--out", "mine")
    assert status == 0
    lines = out.splitlines()
    assert lines[0] == "Staff [Person], hire less now, at the end (12)"
    assert lines[2].split()[:1] == ["hiring"]
    assert lines[4].split()[:2] == ["hire:", "hiring"]
    # The other factors have no part in it, and are not listed.
    assert lines[6].startswith("  standard deviation")
    assert {path.name for path in Path("mine").iterdir()} == {
        "sensitivity-sobol-hire-now-staff.csv",
        "sensitivity-sobol-hire-now-staff.zarr",
        "figures",
    }


@pytest.mark.parametrize(
    ("method", "titles"),
    [("morris", ["factor", "mu*", "95", "%", "sigma"]), ("rank", ["factor", "partial", "95", "%"])],
)
def test_other_methods(flatgov: Flatgov, study: Study, method: str, titles: list[str]) -> None:
    status, out, _ = flatgov("sensitivity", study.folder, "--method", method, "--samples", 16)
    assert status == 0
    assert out.splitlines()[1].split()[: len(titles)] == titles
    assert max(len(line) for line in out.splitlines()) <= 100


def test_what_does_not_vary_is_said(flatgov: Flatgov, study: Study) -> None:
    asked = ("-p", "hire", "--against", "now", "--variable", "temper", "--samples", 16)
    status, out, _ = flatgov("sensitivity", study.folder, *asked)
    assert status == 0
    assert out.startswith(
        "temper [Dmnl], hire less now, at the end (12)\n  does not vary in these draws\n"
    )


def test_stored_draws_are_correlated(flatgov: Flatgov, study: Study) -> None:
    flatgov("run", study.folder, "--draws", 64, "--seed", 2, "--out", "done")
    status, out, err = flatgov("sensitivity", "done", "--method", "rank", "-p", "hire")
    assert status == 0, err
    found = rank_sensitivity(read_results(Path("done")), study, policy="hire")
    assert out == "\n\n".join(texts(found, study)) + "\n"
    assert "64 draws, none left out, 5 factors." in out
    assert Path("done/sensitivity/sensitivity-rank-hire.csv").exists()
    # The results are still what they were.
    read_results(Path("done"))
    status, out, err = flatgov("sensitivity", "done")
    assert (status, out) == (2, "")
    assert err == (
        "error: done: these are results, which have the draws that they have; use --method rank "
        "without --samples, or name a study folder\n"
    )
    status, out, err = flatgov("sensitivity", "done", "--method", "rank", "--seed", 0)
    assert (status, out) == (2, "")
    assert err == (
        "error: done: these are results, which were drawn already, so a seed would change nothing; "
        "leave --seed out, or name a study folder\n"
    )


def test_notes_go_to_standard_error(flatgov: Flatgov, study: Study) -> None:
    status, out, err = flatgov("sensitivity", study.folder, "--samples", 16)
    assert status == 0
    assert "four times the samples halve that\n" in err
    assert "four times" not in out


@pytest.mark.parametrize(
    ("asked", "line"),
    [
        (("-p", "hir"), "there is no policy 'hir'; did you mean 'hire'?"),
        (("--samples", 100), "100 samples would unbalance the Sobol sequence; give a power of two"),
        (("--variable", "staf"), "there is no variable 'staf'; did you mean 'Staff'?"),
        (("--scenario", "x"), "this study has no scenarios, so 'x' cannot be run"),
        (("--out", "staff/staff.mdl"), "is a file, and results need a folder"),
    ],
)
def test_mistakes_are_one_line(
    flatgov: Flatgov, study: Study, asked: tuple[object, ...], line: str
) -> None:
    status, out, err = flatgov("sensitivity", study.folder, *asked)
    assert (status, out) == (2, "")
    assert line in err
    assert err.count("\n") == 1
