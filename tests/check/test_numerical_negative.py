"""Values beyond declared limits, and stocks below zero."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from flatgov.check.findings import Outcome
from flatgov.check.numerical_negative import CHECKS, crossing
from flatgov.check.subject import Subject
from flatgov.model import Model
from kernel.lower.models import write
from tools.staff_study import MODEL, UNCERTAINTY, open_staff


def outcome_of(model: Model) -> Outcome:
    return CHECKS[0].run(Subject(model))


def test_a_stock_that_falls_below_zero_is_noted_with_its_time(tmp_path: Path) -> None:
    text = "people = INTEG(-2, 5) ~ Person ~ |\n"
    (finding,) = outcome_of(write(tmp_path, text)).findings
    assert finding.severity == "note"
    assert finding.what == "'people' falls below zero at time 3; lowest -11 Person"
    assert "67 %" in finding.evidence or "66.7 %" in finding.evidence


@pytest.mark.parametrize(
    "text",
    [
        "x = INTEG(-2, 0) ~~|\n",  # it starts at zero: it may have any sign
        "x = INTEG(-2, -1) ~~|\n",
        "x = INTEG(-x, 5) ~~|\n",
        "x = INTEG(1, 5) ~ Person [0,?] ~ |\n",
        "x = INTEG(-2, 5) ~ Person [-20,20] ~ |\n",  # declared
        "x = INTEG(-2, 16) ~ Person [0,?] ~ |\n",  # down to zero
    ],
)
def test_what_may_be_is_not_noted(tmp_path: Path, text: str) -> None:
    assert not outcome_of(write(tmp_path, text)).findings


def test_declared_limits_are_kept(tmp_path: Path) -> None:
    text = """
x = INTEG(-2, 5) ~ Person [0,10] ~ |
y = Time * 2 ~ Month [0,12] ~ |
c = 7 ~ Month [0,5] ~ |
"""
    findings = {one.variable: one for one in outcome_of(write(tmp_path, text)).findings}
    assert {one.severity for one in findings.values()} == {"warning"}
    assert findings["x"].what == ("'x' is -1 Person at time 3, below its lower limit 0; lowest -11")
    assert findings["y"].what == "'y' is 14 Month at time 7, above its upper limit 12; highest 16"
    assert "c" not in findings  # `limits` says so.


def test_what_limits_says_of_a_stock_is_not_said_again(tmp_path: Path) -> None:
    text = "s = INTEG(1, start) ~ Person [0,4] ~ |\nstart = 5 ~ Person ~ |\n"
    assert not outcome_of(write(tmp_path, text)).findings
    computed = text.replace("(1, start)", "(1, start * 2)")
    (finding,) = outcome_of(write(tmp_path, computed)).findings
    assert finding.what.startswith("'s' is 10 Person at time 0, above its upper limit 4")


def test_an_element_is_named(tmp_path: Path) -> None:
    text = "region: a, b ~~|\nx[region] = INTEG(-r[region], 5) ~~|\nr[region] = 0, 1 ~~|\n"
    (finding,) = outcome_of(write(tmp_path, text)).findings
    assert finding.what.startswith("'x[b]' falls below zero at time 6")


def test_rounding_is_no_crossing() -> None:
    times = np.arange(3.0)
    values = np.array([1.0, -1e-13, np.nan])
    assert crossing(["'x'"], values, times, 0.0, True) is None
    assert crossing(["'x'"], np.array([1e9, 1, -1e-4]), times, 0.0, True) is None
    # A difference of equals, in a variable that is otherwise large.
    assert crossing(["'x'"], np.array([0, -1e-13, 1e3]), times, 0.0, True) is None
    found = crossing(["'x'"], np.array([1.0, -1e-3, -5.0]), times, 0.0, True)
    assert found is not None
    assert (found.time, found.value, found.worst) == (1, -1e-3, -5)


@pytest.mark.parametrize("unit", [1e-30, 1e-13, 1.0, 1e12])
def test_rounding_goes_by_the_size_so_far(unit: float) -> None:
    times = np.arange(4.0)
    for values in ([1.0, -1e-3, 5.0, -1e30], [1.0, -1e-3, -1e-3, 1e5]):
        found = crossing(["'x'"], unit * np.array(values), times, 0.0, True)
        assert found is not None
        assert (found.time, found.value) == (1, pytest.approx(-1e-3 * unit))
    # Up to the rounding of what it was, it stays at zero.
    assert crossing(["'x'"], unit * np.array([1, 0, -1e-12, 0]), times, 0.0, True) is None


def test_a_stock_that_swings_wider_and_wider_is_negative_from_the_first(tmp_path: Path) -> None:
    text = "x = INTEG(v, 10) ~~|\nv = INTEG(0.8 * v - x, -10) ~~|\n"
    (finding,) = outcome_of(write(tmp_path, text, final=100, step=0.0625)).findings
    first = next(at for at, x in enumerate(_swing()) if x < 0)
    assert finding.what.startswith(f"'x' falls below zero at time {first / 16:g}; lowest")


def _swing() -> list[float]:
    x, v, path = 10.0, -10.0, []
    for _ in range(1600):
        path.append(x)
        x, v = x + v / 16, v + (0.8 * v - x) / 16
    return path


def test_a_dip_between_saved_times_is_seen(tmp_path: Path) -> None:
    text = "x = INTEG(IF THEN ELSE(Time < 1, -10, IF THEN ELSE(Time < 2, 10, 0)), 5) ~~|\n"
    model = write(tmp_path, text, final=8, step=0.5)
    model = replace(model, time=replace(model.time, saveper=2))
    (finding,) = outcome_of(model).findings
    assert finding.what == "'x' falls below zero at time 1; lowest -5"


def test_members_beyond_their_limits_are_counted(tmp_path: Path) -> None:
    study = open_staff(tmp_path / "s", UNCERTAINTY, MODEL.replace("[0,?]", "[0,125]"))
    outcome = CHECKS[0].run(Subject(study.model, study, 64))
    ds = study.run(draws=64)
    failed = int((ds["status"] != 0).sum())
    assert 0 < failed < 192
    plain = study.run()
    over = int((plain["Staff"].max("time") > 125).sum())
    assert over == 1
    texts = [finding.what for finding in outcome.findings]
    assert f"'Staff' is above its upper limit 125 in {over} of 3 combinations" in texts[0]
    assert f"in {failed} of 192 members with draws" in texts[1]
    assert all(finding.severity == "warning" for finding in outcome.findings)


def test_a_study_without_any_limit_has_draws(tmp_path: Path) -> None:
    study = open_staff(tmp_path / "staff", model=MODEL.replace("Person [0,?]", "Person"))
    outcome = CHECKS[0].run(Subject(study.model, study, 16))
    assert not outcome.findings
    assert outcome.data["members"] == 48
