"""`flatgov sensitivity` from outside."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from flatgov import __version__ as flatgov_version
from flatgov.analysis.sensitivity import rank_sensitivity, sensitivity
from flatgov.commands.sensitivity import texts
from flatgov.run.store import read_results
from flatgov.study.study import Study
from tools.staff_study import MODEL, UNCERTAINTY, open_staff

Flatgov = Callable[..., tuple[int, str, str]]


@pytest.fixture(autouse=True)
def no_figures_of_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flatgov.figures.draw_figures", lambda *given, **more: [])


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


def test_failed_samples_are_counted_with_their_reason(flatgov: Flatgov, tmp_path: Path) -> None:
    model = MODEL.replace("floor = 0", "floor = 70")
    model = model.replace("MAX(Staff - floor, 0) / (Staff - floor)", "LN(Staff - floor)")
    folder = open_staff(
        tmp_path / "fails", UNCERTAINTY.replace("low = 80.0", "low = 60.0"), model
    ).folder
    for method, samples, counted in (("rank", 64, "draws"), ("sobol", 128, "rows")):
        asked = ("--method", method, "--samples", samples, "--variable", "margin")
        status, out, _ = flatgov("sensitivity", folder, *asked)
        assert status == 0
        said = " ".join(out.split())
        assert f"of {samples} {counted} used, 4 factors; the others are left out" in said
        assert "most often policy 'now': 'margin' (line 10) is not a number." in said
        assert f"{samples} {counted}, none" not in said


def test_spearman_leads_where_draws_are_few(flatgov: Flatgov, study: Study) -> None:
    more = "".join(
        f'[parameters.x{place}]\ndistribution = "uniform"\nlow = 1.0\nhigh = 2.0\nreason = "r"\n'
        for place in range(16)
    )
    constants = "".join(f"x{place} = 1 ~ Dmnl ~ |\n" for place in range(16))
    model = MODEL.replace("skill = 1", f"{constants}skill = 1")
    folder = open_staff(study.folder.parent / "wide", UNCERTAINTY + more, model).folder
    for draws, said in ((22, "22 draws give no partial"), (40, "40 draws are few for partial")):
        asked = ("--method", "rank", "--samples", draws, "--variable", "temper")
        status, out, _ = flatgov("sensitivity", folder, *asked)
        assert status == 0
        lines = out.splitlines()
        assert lines[1].split()[:2] == ["factor", "Spearman"]
        assert lines[2].split()[0] == "skill"
        assert "does not vary" not in out
        assert said in " ".join(out.split())
        assert "nan" not in out
        assert "- to -" not in out
        assert max(len(line) for line in lines) <= 100


def test_files_say_what_they_are(flatgov: Flatgov, study: Study) -> None:
    for policy in ("hire", "other"):
        asked = ("-p", policy, "--against", "now", "--method", "rank", "--samples", 32)
        assert flatgov("sensitivity", study.folder, *asked, "--seed", 4, "--out", "o")[0] == 0
    assert sorted(path.name for path in Path("o").glob("*.csv")) == [
        "sensitivity-rank-hire-now.csv",
        "sensitivity-rank-other-now.csv",
    ]
    with Path("o/sensitivity-rank-hire-now.csv").open(encoding="utf-8", newline="") as file:
        row = next(csv.DictReader(file))
    told = {"study": "staff", "method": "rank", "policy": "hire", "against": "now"}
    told |= {"seed": "4", "samples": "32", "scenario": "", "flatgov_version": flatgov_version}
    assert {key: row[key] for key in told} == told
    assert (row["model_hash"], row["study_hash"]) == (study.model.hash, study.hash)
    with xr.open_zarr("o/sensitivity-rank-hire-now.zarr") as stored:
        for name, one in stored.data_vars.items():
            assert {"long_name", "units", "description"} <= set(one.attrs), name
        assert stored["mean"].attrs["units"] == "Person"
        assert stored["rho_low"].attrs["long_name"] == "Spearman's rank correlation, lower end"
