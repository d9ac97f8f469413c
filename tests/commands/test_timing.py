"""`flatgov timing` from outside."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import xarray as xr

from flatgov.analysis.timing import timing as analyse
from flatgov.commands.timing import _duration
from flatgov.study.study import Study
from tools.known_studies import morale_study

Flatgov = Callable[..., tuple[int, str, str]]
RANGE = ("--from", 12, "--to", 48, "--every", 12)


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return morale_study(tmp_path / "morale")


def test_tables_conclusions_and_files(flatgov: Flatgov, study: Study, tmp_path: Path) -> None:
    options = ("-p", "help", *RANGE, "--draws", 2000, "--seed", 2)
    status, out, err = flatgov("timing", study.folder, *options)
    assert status == 0
    assert max(len(line) for line in out.splitlines()) <= 100
    assert "at the end (60)\n  start  median" in out
    assert "12 months after the start\n" in out
    # P(back) at the end is 0.755, 0.59, 0.26 and 0: known on paper.
    said = " ".join(out.split())
    assert "below 90 % at every start; below 50 % after a start at 24; below 10 % after" in said
    folder = Path("results") / "morale" / "timing"
    name = "timing-help-Morale-12..48_every_12"
    assert err.splitlines()[-4:] == [
        f"wrote {folder / name}.csv",
        f"wrote {folder / name}.zarr",
        "drawing figures",
        f"wrote {folder / 'figures' / name}",
    ]
    assert (folder / "figures" / name / "timing-help.png").is_file()
    found = analyse(study, "help", [12.0, 24.0, 36.0, 48.0], draws=2000, seed=2)
    with xr.open_zarr(folder / f"{name}.zarr") as stored:
        xr.testing.assert_equal(stored.load(), found)
    rows = list(csv.DictReader((folder / f"{name}.csv").read_text(encoding="utf-8").splitlines()))
    assert [row["start"] for row in rows] == ["12", "24", "36", "48"] * 2
    for row in rows:
        one = found.sel(moment=row["moment"], start=float(row["model time"]))
        assert float(row["back"]) == one["back"].item()
        assert float(row["level 50%"]) == one["level"].sel(quantile=0.5).item()
        assert row["draws used"] == row["draws"] == "2000"


def test_what_coming_back_is_has_names(flatgov: Flatgov, study: Study) -> None:
    _, out, _ = flatgov("timing", study.folder, "-p", "help", *RANGE, "--draws", 50)
    said = " ".join(out.split())
    assert (
        "back: the share of draws in which Morale under help is at least 95 % of its value under "
        "town in the same draw at the same time; without: the same of its value under actual."
    ) in said
    assert said.startswith("help: Morale [Dmnl], 50 draws, none left out.")
    assert "Intervals are of the number of draws only" in said


def test_other_questions_replace_nothing(flatgov: Flatgov, study: Study) -> None:
    asked = ("timing", study.folder, "-p", "help", *RANGE, "--draws", 5, "--out", "o")
    for more in ((), ("--share", 0.5), ("--against", "help"), ("--every", 6), ("--seed", 7)):
        assert flatgov(*asked, *more)[0] == 0
    assert sorted(path.name for path in Path("o").glob("*.csv")) == [
        "timing-help-Morale-12..48_every_12.csv",  # that of the last seed
        "timing-help-Morale-12..48_every_6.csv",
        "timing-help-Morale-help-12..48_every_12.csv",
        "timing-help-Morale-share_0.5-12..48_every_12.csv",
    ]


def test_results_are_no_study(flatgov: Flatgov, study: Study) -> None:
    flatgov("run", study.folder, "--draws", 0, "--out", "done")
    status, out, err = flatgov("timing", "done", "-p", "help", *RANGE)
    assert (status, out) == (2, "")
    assert err == (
        "error: done: these are results, and this command runs a study; name the study, or the "
        "copy that they were made from, done/study\n"
    )


def test_draws_with_failed_runs_are_counted(
    flatgov: Flatgov, study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Study.run

    def failing(self: Study, *given: object, **more: object) -> xr.Dataset:
        ds = run(self, *given, **more)
        ds["status"][0, 3:5] = 1
        ds["reason"][0, 3:5] = ["'Morale' (line 2) is not a number at time 7", "other at time 2"]
        ds["status"][1, 3:5] = 1
        ds["reason"][1, 3:5] = "'Morale' (line 2) is not a number at time 9"
        return ds

    monkeypatch.setattr(Study, "run", failing)
    status, out, _ = flatgov("timing", study.folder, "-p", "help", *RANGE, "--draws", 50)
    assert status == 0
    assert (
        "48 of 50 draws are used for last, and for each start those that it says; the others are "
        "left out as runs failed, most often 'Morale' (line 2) is not a number. back:"
    ) in " ".join(out.split())


@pytest.mark.parametrize(
    ("time", "units", "text"),
    [
        (21.0, "Minute", "21 minutes"),
        (1.0, "Minute", "1 minute"),
        (2.5, "Months", "2.5 months"),
        (3.0, "月", "3 months"),
        (3.0, "季度", "3 季度"),
        (3.0, "", "3"),
    ],
)
def test_a_time_in_words(study: Study, time: float, units: str, text: str) -> None:
    settings = replace(study.model.time, units=units)
    assert _duration(time, replace(study, model=replace(study.model, time=settings))) == text


@pytest.mark.parametrize(
    ("first", "share", "said"),
    [
        (12, 0.01, "at least 90 % at every start; at least 50 % at every start; at least 10 %"),
        (
            36,
            2.0,
            "below 90 % at every start; below 50 % at every start; below 10 % at every start",
        ),
    ],
)
def test_always_and_never(
    flatgov: Flatgov, study: Study, first: float, share: float, said: str
) -> None:
    status, out, _ = flatgov(
        *("timing", study.folder, "-p", "help", *RANGE),
        *("--draws", 50, "--share", share, "--from", first),
    )
    assert status == 0
    assert said in " ".join(out.split())


def test_a_probability_that_rises(flatgov: Flatgov, study: Study) -> None:
    # Twelve months after a start, morale is back in no draw after a late one, and after an early
    # one in some; where less is better it is the other way round.
    text = (study.folder / "policies.toml").read_text(encoding="utf-8")
    assert text.count('"Morale" = "more"') == 1
    turned = text.replace('"Morale" = "more"', '"Morale" = "less"')
    (study.folder / "policies.toml").write_text(turned, encoding="utf-8")
    options = ("-p", "help", *RANGE, "--draws", 500, "--variable", "Morale", "--share", 0.9)
    status, out, _ = flatgov("timing", study.folder, *options)
    assert status == 0
    said = " ".join(out.split())
    assert "Morale under help is at most 111.1 % of its value under town" in said
    assert "below 90 % before a start at" in said


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ((), "Missing option '-p' / '--policy'"),
        (("-p", "helps"), "policies.toml: there is no policy 'helps'; did you mean 'help'?"),
        (("-p", "actual"), "it does nothing that 'actual' does not do"),
        (("-p", "help", "--from", "soon"), "--from: 'soon' is no date"),
        (("-p", "help", "--from", 99), "--from: 99 is outside the model's horizon"),
        (("-p", "help", "--to", 4), "last start: the last start, 4, is before the first, 12"),
        (("-p", "help", "--every", 0), "every: starts cannot be 0 apart"),
        (("-p", "help", "--to", 60), "a policy that starts at 60 has no time before the end"),
        (("-p", "help", "--against", "x"), "policies.toml: there is no policy 'x'"),
        (("-p", "help", "--against", "actual"), "against: 'actual' is the reference policy"),
        (("-p", "help", "--share", 95), "share: 95.0 is no share of a value to come back to"),
        (("-p", "help", "--variable", "gain"), "does not say which way 'gain' is better"),
        (("-p", "help", "--share", -1), "-1.0 is no share"),
    ],
)
def test_mistakes_are_one_line(
    flatgov: Flatgov, study: Study, options: tuple[object, ...], message: str
) -> None:
    given = [*RANGE, *options]  # the last of two counts
    status, out, err = flatgov("timing", study.folder, "--draws", 5, *given)
    assert (status, out) == (2, "")
    assert err.startswith("error: ")
    assert message in err
    assert err.count("\n") == 1
    assert not Path("results").exists()
