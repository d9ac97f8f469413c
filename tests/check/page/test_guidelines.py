"""The reporting guidelines: each item follows from the model and the study."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

import flatgov as fg
from flatgov.check.findings import Outcome
from flatgov.check.page.guidelines import counted, guidelines
from flatgov.check.report import Report
from flatgov.check.subject import Subject
from flatgov.study.uncertainty import Factor, Uncertainty

TIMES = "INITIAL TIME = 0 ~~| FINAL TIME = 4 ~~| TIME STEP = 1 ~~| SAVEPER = 1 ~~|"


def report(folder: Path, equations: str) -> Report:
    file = folder / "m.mdl"
    file.write_text("{UTF-8}\n" + equations + TIMES, encoding="utf-8")
    return Report("m.mdl", Subject(fg.load_model(file)), {}, ())


def status(of: Report, start: str) -> tuple[str, str]:
    found = [one for part in guidelines(of) for one in part.items if one.asks.startswith(start)]
    assert len(found) == 1
    return found[0].status, found[0].found


@pytest.mark.parametrize(
    ("equations", "start", "expected"),
    [
        ("a = 1 ~ Year ~ b|", "The unit", "met"),
        ("a = 1 ~ Year ~| b = 2 ~~|", "The unit", "partly"),
        ("a = 1 ~~|", "The unit", "missing"),
        ("a = 1 ~~ what it is|", "What every", "met"),
        ("a = 1 ~~ what it is| b = 1 ~~|", "What every", "partly"),
        ("a = 1 ~~|", "What every", "missing"),
        ("a = 1 ~~|", "Every computation", "met"),
        ("d ~~|", "The value", "missing"),
        ("a = 1 ~~|", "The value", "met"),
        ("s = INTEG(1, 2) ~~|", "The initial", "met"),
        ("a = 1 ~~|", "The initial", "does not apply"),
        ("a = 1 ~~|", "The number of runs", "does not apply"),
        ("a = RANDOM UNIFORM(0, 1, 2) ~~|", "The number of runs", "partly"),
        ("a = RANDOM UNIFORM(0, 1, 2) ~~|", "How random", "met"),
        ("a = 1 ~~|", "How results", "missing"),
        ("a = 1 ~~|", "How sensitive results are to what", "missing"),
        ("a = 1 ~~|", "The commands", "missing"),
        ("a = 1 ~~|", "Software", "missing"),
        ("a = 1 ~~|", "Where parameters", "missing"),
    ],
)
def test_an_item_follows_from_the_model(
    equations: str, start: str, expected: str, tmp_path: Path
) -> None:
    assert status(report(tmp_path, equations), start)[0] == expected


def test_sources_are_counted_with_what_nobody_documented(tmp_path: Path) -> None:
    base = report(tmp_path, "a = 5 ~~ census| b = 6 ~~|")
    outcome = Outcome("unsourced", data={"numbers": 1, "sourced": 1})
    said = status(replace(base, outcomes=(outcome,)), "Where parameters")
    assert said[0] == "partly"
    assert said[1].startswith("1 of 2 ")


def test_what_is_said_to_be_data_is_a_source_in_part(tmp_path: Path) -> None:
    base = report(tmp_path, "a = 5 ~~ Data.| b = 6 ~~ Smith 2004|")
    data = {"numbers": 2, "sourced": 1, "vague": 1}
    found = status(replace(base, outcomes=(Outcome("unsourced", data=data),)), "Where parameters")
    assert found[0] == "partly"
    assert found[1].endswith("said to be data or an assumption and no more: 1")


def test_the_runs_of_the_tests_are_not_those_of_the_results(
    write_study: Callable[..., Path],
) -> None:
    study = fg.open_study(write_study())
    factors = (Factor("a", "value", "Staff", "", 1.0, lambda one: one, "uniform 0, 2"),)
    study = replace(study, uncertainty=Uncertainty(factors))
    of = Report("office", Subject(study.model, study, draws=200), {}, ())
    for start in ("The number of runs", "How random"):
        assert status(of, start)[0] == "partly"
        assert "in the tests on this page" in status(of, start)[1]


def test_numerical_checks_that_were_skipped_do_not_count(tmp_path: Path) -> None:
    base = report(tmp_path, "a = 1 ~~|")
    done = [Outcome("step size"), Outcome("euler against rk4"), Outcome("time constants")]
    start = "How sensitive results are to the time step"
    assert status(base, start)[0] == "missing"
    assert status(replace(base, outcomes=tuple(done)), start)[0] == "met"
    done[1] = Outcome("euler against rk4", skipped="no")
    assert status(replace(base, outcomes=tuple(done)), start)[0] == "partly"


def test_software_is_whole_with_the_machine(tmp_path: Path) -> None:
    base = report(tmp_path, "a = 1 ~~|")
    assert status(replace(base, versions={"flatgov": "1"}), "Software")[0] == "partly"
    versions = {"flatgov": "1", "machine": "x86_64"}
    assert status(replace(base, versions=versions), "Software")[0] == "met"


def test_a_study_adds_scenarios_and_rules(write_study: Callable[..., Path]) -> None:
    study = fg.open_study(write_study())
    subject = Subject(study.model, study)
    of = Report("office", subject, {}, (), command="flatgov check office")
    assert status(of, "The settings") == (
        "met",
        "3 policies, 2 scenarios, each with all its changes",
    )
    assert status(of, "How results") == (
        "missing",
        "0 of 1 behaviour test with the rule written as a formula",
    )
    assert status(of, "The commands")[0] == "met"


def test_nothing_is_met_where_nothing_can_be_read() -> None:
    parts = guidelines(Report("m.mdl", None, {}, ()))
    assert counted(parts) == {"met": 0, "partly": 0, "missing": len(parts), "does not apply": 0}


def test_what_is_met_says_where(tmp_path: Path) -> None:
    of = replace(report(tmp_path, "a = 1 ~ Year ~ b|"), versions={"a": "1"}, command="c")
    for part in guidelines(of):
        for item in part.items:
            if item.status in ("met", "partly"):
                assert item.where, item
                assert item.place, item
