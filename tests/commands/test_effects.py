"""`flatgov effects` from outside."""

from __future__ import annotations

import csv
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from flatgov.analysis.effects import effects as analyse
from flatgov.cli import main
from flatgov.commands.effects import texts
from flatgov.run.store import read_results, read_source
from tools.known_studies import cost_study

Flatgov = Callable[..., tuple[int, str, str]]


@pytest.fixture
def flatgov(capsys: pytest.CaptureFixture[str]) -> Iterator[Flatgov]:
    """Run the command line; give status, standard output and standard error."""
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
def results(tmp_path: Path, flatgov: Flatgov, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Run the study of costs with 400 draws."""
    monkeypatch.setattr("flatgov.figures.draw_figures", lambda *given, **more: [])
    monkeypatch.chdir(tmp_path)
    study = cost_study(tmp_path / "costs")
    folder = tmp_path / "results"
    status, _, err = flatgov("run", study.folder, "--draws", 400, "--seed", 5, "--out", folder)
    assert status == 0, err
    return folder


def test_tables_files_and_what_was_left_out(results: Path, flatgov: Flatgov) -> None:
    status, out, err = flatgov("effects", results)
    assert status == 0
    study, ds = read_source(results), read_results(results)
    found = analyse(ds, study)
    assert out == "\n\n".join(texts(found, study)) + "\n"
    assert out.startswith("Cost [MYuan], less is better, at the end (60)\n  policy")
    assert max(len(line) for line in out.splitlines()) <= 100
    folder = results / "effects"
    assert err == f"wrote {folder / 'effects.csv'}\nwrote {folder / 'effects.zarr'}\n"
    with xr.open_zarr(folder / "effects.zarr") as stored:
        xr.testing.assert_equal(stored.load(), found)
    rows = list(csv.DictReader((folder / "effects.csv").read_text(encoding="utf-8").splitlines()))
    assert [row["policy"] for row in rows] == ["now", "gamble", "save"]
    gamble = found.isel(variable=0, time=-1).sel(policy="gamble")
    assert float(rows[1]["minus now 5%"]) == gamble["effect"].sel(quantile=0.05).item()
    assert float(rows[1]["beats now"]) == gamble["beats"].sel(other="now").item()
    assert float(rows[1]["regret 95%"]) == gamble["regret"].sel(quantile=0.95).item()
    assert float(rows[1]["best"]) == gamble["rank_share"].sel(rank=1).item()
    assert rows[1]["draws used"] == "400"


def test_the_numbers_of_the_table(results: Path, flatgov: Flatgov) -> None:
    _, out, _ = flatgov("effects", results)
    save = next(line for line in out.splitlines() if line.strip().startswith("save"))
    # One less a month over 60 months, in every draw.
    assert save.split()[2:6] == ["-60.0", "-60.0", "-60.0", "100"]


def test_a_choice_of_policies(results: Path, flatgov: Flatgov, tmp_path: Path) -> None:
    options = ("-p", "gamble", "-p", "save", "--reference", "gamble", "--variable", "COST")
    status, out, _ = flatgov("effects", results, *options, "--out", tmp_path / "own")
    assert status == 0
    assert "minus gamble" in out
    assert "best of these 2 policies" in " ".join(out.split())
    assert not (results / "effects").exists()
    assert sorted(path.name for path in (tmp_path / "own").iterdir()) == [
        "effects-minus_gamble-gamble-save-COST.csv",
        "effects-minus_gamble-gamble-save-COST.zarr",
    ]


def test_only_the_same_question_replaces_results(results: Path, flatgov: Flatgov) -> None:
    flatgov("effects", results)
    (results / "effects" / "mine.txt").write_text("stays")
    table = results / "effects" / "effects.csv"
    first = table.read_bytes()
    table.write_text("edited")
    flatgov("effects", results, "-p", "now", "-p", "save")
    with xr.open_zarr(results / "effects" / "effects-now-save.zarr") as stored:
        assert stored["policy"].values.tolist() == ["now", "save"]
    assert table.read_text() == "edited"
    flatgov("effects", results)
    assert table.read_bytes() == first
    names = sorted(path.name for path in (results / "effects").iterdir())
    other = ["effects-now-save.csv", "effects-now-save.zarr"]
    assert names == [*other, "effects.csv", "effects.zarr", "mine.txt"]


def test_failed_draws_are_named(
    results: Path, flatgov: Flatgov, monkeypatch: pytest.MonkeyPatch
) -> None:
    def with_failures(folder: Path) -> xr.Dataset:
        ds = read_results(folder).load()
        ds["status"][1, 3:5] = 1
        ds["reason"] = ds["reason"].astype(object)
        ds["reason"][1, 3:5] = "'Cost' (line 2) is not a number at time 7"
        ds["Cost"][1, 3:5] = np.nan
        return ds

    monkeypatch.setattr("flatgov.run.store.read_results", with_failures)
    status, out, _ = flatgov("effects", results)
    assert status == 0
    said = (
        "398 of 400 draws are used, those in which all policies ran, and for two policies those in "
        "which both did; left out as runs failed: 2 of gamble (most often 'Cost' (line 2) is not a "
        "number)"
    )
    # Below the table of the variable and that of all of them.
    assert " ".join(out.split()).count(said) == 2
    assert "shares are of those that ran" in " ".join(out.split())
    assert max(len(line) for line in out.splitlines()) <= 100
    row = [line.split() for line in out.splitlines() if line.strip().startswith("gamble")][-1]
    assert row[-1] == "398"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--reference", "no"), "policy 'no' is not among the policies that are compared"),
        (("--variable", "costs"), "the results have no variable 'costs'; did you mean 'Cost'?"),
        (("-p", "save"), "the reference policy 'now' of the study is not among"),
        (("--scenario", "calm"), "there is no scenario 'calm'"),
    ],
)
def test_mistakes_are_one_line(
    results: Path, flatgov: Flatgov, options: tuple[str, ...], message: str
) -> None:
    status, out, err = flatgov("effects", results, *options)
    assert (status, out) == (2, "")
    assert err.startswith(f"error: {results}: ")
    assert message in err
    assert err.count("\n") == 1


def test_results_without_draws(results: Path, flatgov: Flatgov, tmp_path: Path) -> None:
    flatgov("run", tmp_path / "costs", "--draws", 0, "--out", tmp_path / "single")
    status, _, err = flatgov("effects", tmp_path / "single")
    assert status == 2
    assert "these are results without draws" in err
    assert "--draws 1000" in err
    assert err.count("\n") == 1


def test_results_of_a_model(
    flatgov: Flatgov, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flatgov.figures.draw_model_figures", lambda *given, **more: [])
    monkeypatch.chdir(tmp_path)
    study = cost_study(tmp_path / "costs")
    flatgov("run", study.folder / "model.mdl", "--out", tmp_path / "model")
    status, _, err = flatgov("effects", tmp_path / "model")
    assert status == 2
    assert "these are results of a bare model, which has no policies to compare" in err


def test_files_say_what_they_are(results: Path, flatgov: Flatgov) -> None:
    flatgov("effects", results)
    ds = read_results(results)
    with (results / "effects" / "effects.csv").open(encoding="utf-8", newline="") as file:
        row = next(csv.DictReader(file))
    told = {"study": "costs", "reference": "now", "seed": "5", "draws": "400", "design": "random"}
    told |= {key: ds.attrs[key] for key in ("model_hash", "study_hash", "flatgov_version")}
    assert {key: row[key] for key in told} == told
    with xr.open_zarr(results / "effects" / "effects.zarr") as stored:
        for name, one in stored.data_vars.items():
            assert {"long_name", "units", "description"} <= set(one.attrs), name
        assert stored["effect"].attrs["units"] == "MYuan"
        assert stored["beats"].attrs["units"] == "1"


def test_a_study_is_no_place_for_results(results: Path, flatgov: Flatgov, tmp_path: Path) -> None:
    status, out, err = flatgov("effects", results, "--out", tmp_path / "costs")
    assert (status, out) == (2, "")
    assert "the folder holds a study or a model: model.mdl; choose another --out" in err
    assert err.count("\n") == 1
