"""The first value that is no finite number, and why it is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from flatgov.check.findings import Finding, Outcome
from flatgov.check.numerical_finite import CHECKS
from flatgov.check.subject import Subject
from flatgov.model import Model
from kernel.lower.models import write
from tools.staff_study import MODEL, UNCERTAINTY, open_staff


def outcome_of(model: Model) -> Outcome:
    return CHECKS[0].run(Subject(model))


def only(model: Model) -> Finding:
    (finding,) = outcome_of(model).findings
    assert finding.severity == "error"
    return finding


def test_a_quotient_of_zeros_at_time_3(tmp_path: Path) -> None:
    text = """
share = part / whole ~ Dmnl ~ |
part = 3 - Time ~ Person ~ |
whole = (Time - 3) * 2 ~ Person ~ |
later = INTEG(share, 0) ~ Month ~ |
"""
    finding = only(write(tmp_path, text))
    assert finding.variable == "share"
    assert finding.what == (
        "'share' is not a number at time 3: it divides 'part', which is 0, by 'whole', which is 0 "
        "(0/0)"
    )
    assert "XIDZ" in finding.fix
    assert finding.text == "whole"


@pytest.mark.parametrize(
    ("equation", "what"),
    [
        ("1 / (Time - 3)", "infinite at time 3: it divides 1 by an expression, which is 0"),
        (
            "LN(level - 3)",
            "infinite at time 3: it takes the logarithm of an expression ('level' = 3), which is 0",
        ),
        ("SQRT(level - 3)", "not a number at time 4: it takes the square root of"),
        ("(level - 3) ^ 0.5", "not a number at time 4: it raises an expression ('level' = 2)"),
        ("LN(level - 3.5)", "not a number at time 3: it takes the logarithm of an expression"),
        ("EXP(700 + 10 * Time)", "infinite at time 1: it is the exponential of"),
        ("1e308 * MAX(Time, 1)", "infinite at time 2: it multiplies 1e+308 by"),
    ],
)
def test_the_reason_names_the_operands(tmp_path: Path, equation: str, what: str) -> None:
    text = f"x = {equation} ~~|\nlevel = INTEG(-1, 6) ~~|\n"
    finding = only(write(tmp_path, text))
    assert finding.variable == "x"
    assert what in finding.what
    assert finding.fix


def test_a_constant_that_is_zero_is_to_be_changed(tmp_path: Path) -> None:
    text = (
        "region: a, b ~~|\nT[region] = 2, 0 ~~|\nx[region] = INTEG(-x[region] / T[region], 1)~~|\n"
    )
    finding = only(write(tmp_path, text))
    assert finding.fix == "give 'T[b]' another value than 0"
    assert finding.text == "T"


def test_a_stock_that_explodes_is_followed_to_the_end_of_numbers(tmp_path: Path) -> None:
    finding = only(write(tmp_path, "x = INTEG(x * x, 10) ~~|\n", final=20))
    assert finding.variable == "x"
    assert "infinite" in finding.what


def test_causes_come_before_effects(tmp_path: Path) -> None:
    text = "late = middle + 1 ~~|\nmiddle = early * 2 ~~|\nearly = 1 / (Time - 2) ~~|\n"
    assert only(write(tmp_path, text)).variable == "early"


def test_an_element_is_named(tmp_path: Path) -> None:
    text = "region: a, b ~~|\nx[region] = 1 / (size[region] - Time) ~~|\nsize[region] = 9, 5 ~~|\n"
    assert only(write(tmp_path, text)).what.startswith("'x[b]' is infinite at time 5")


def test_what_goes_wrong_between_two_saved_times_is_found(tmp_path: Path) -> None:
    text = "x = 1 / (Time - 2.5) ~~|\ny = INTEG(IF THEN ELSE(Time = 2.5, 0, 1), 0) ~~|\n"
    model = write(tmp_path, text, step=0.5)
    path = tmp_path / "coarse.mdl"
    content = (tmp_path / "model.mdl").read_text().replace("SAVEPER = TIME STEP", "SAVEPER = 2")
    path.write_text(content)
    from flatgov.reading import load_model

    assert only(load_model(path)).what.startswith("'x' is infinite at time 2.5: it divides 1")
    assert only(model).what.startswith("'x' is infinite at time 2.5")


def test_elements_without_an_equation_are_no_failure(tmp_path: Path) -> None:
    text = "region: a, b ~~|\nx[a] = 1 ~~|\ny = INTEG(x[a], 0) ~~|\n"
    assert not outcome_of(write(tmp_path, text)).findings


def test_a_right_model_is_right(tmp_path: Path) -> None:
    outcome = outcome_of(write(tmp_path, "x = INTEG(-x, 1) ~~|\n"))
    assert not outcome.findings
    assert outcome.data == {"base run": True}


def test_draws_that_fail_are_counted(tmp_path: Path) -> None:
    # A floor that is nearly the staff: margin = 0/0 where the staff is below it.
    floor = MODEL.replace("(Staff - floor) ~ Dmnl", "MAX(Staff - floor, 0) ~ Dmnl")
    uncertain = UNCERTAINTY + (
        '[parameters.floor]\ndistribution = "uniform"\nlow = 0.0\nhigh = 160.0\n'
        'reason = "A test."\n'
    )
    study = open_staff(tmp_path / "staff", uncertain, floor)
    outcome = CHECKS[0].run(Subject(study.model, study, 64))
    (finding,) = outcome.findings
    assert finding.severity == "error"
    assert finding.variable == "margin"
    ds = study.run(draws=64)
    failed = int((ds["status"] != 0).sum())
    assert 0 < failed < 192
    assert f"'margin' is not a number in {failed} of 192 members with draws" in finding.what
    assert "draw" in finding.evidence


def test_a_policy_that_fails_is_named(tmp_path: Path) -> None:
    text = MODEL.replace("(Staff - floor) ~ Dmnl", "(skill - 1.5) ~ Dmnl")
    study = open_staff(tmp_path / "staff", model=text)
    outcome = CHECKS[0].run(Subject(study.model, study, 0))
    (finding,) = outcome.findings
    assert "in 1 of 3 combinations" in finding.what
    assert finding.evidence.startswith("first in policy 'other'")
    assert finding.evidence.endswith("at time 6")


@pytest.mark.parametrize("others", ["", "shown = floor ~~|\ncopy = shown ~~|\n"])
def test_the_operand_is_named_as_in_the_equation(tmp_path: Path, others: str) -> None:
    finding = only(
        write(tmp_path, f"{others}x = level / floor ~~|\nlevel = 5 ~~|\nfloor = 0 ~~|\n")
    )
    assert "by 'floor', which is 0" in finding.what
    assert (finding.text, finding.fix) == ("floor", "give 'floor' another value than 0")


def test_the_operand_of_a_flow_is_named_as_in_its_equation(tmp_path: Path) -> None:
    text = "copy = A ~~|\nA = INTEG(-flow, 0) ~~|\nflow = LN(A) ~~|\n"
    assert "takes the logarithm of 'A', which is 0" in only(write(tmp_path, text)).what


def test_an_expression_is_told_by_what_stands_in_it(tmp_path: Path) -> None:
    text = "flow = rate ~~|\nx = 1 / (1 - rate) ~~|\nrate = 1 ~~|\n"
    assert "by an expression ('rate' = 1), which is 0" in only(write(tmp_path, text)).what


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0)])
def test_each_mistake_is_told(tmp_path: Path, order: tuple[int, ...]) -> None:
    parts = ["q = LN(A) ~~|\n", "w = 1 / A ~~|\n", "s = SQRT(A - 1) ~~|\n"]
    text = "A = INTEG(0, 0) ~~|\nafter = q + w + s ~~|\n" + "".join(parts[one] for one in order)
    outcome = outcome_of(write(tmp_path, text))
    assert sorted(one.variable for one in outcome.findings) == ["q", "s", "w"]
    assert outcome.summary.endswith("of the base run, and 2 others by themselves")


def test_what_fails_later_by_itself_is_told_too(tmp_path: Path) -> None:
    text = "a = 1 / (Time - 2) ~~|\nb = 1 / (Time - 4) ~~|\nc = a + b ~~|\nd = INTEG(c, 0) ~~|\n"
    found = outcome_of(write(tmp_path, text)).findings
    assert [(one.variable, "at time 4" in one.what) for one in found] == [("a", False), ("b", True)]


def test_one_constant_is_one_mistake(tmp_path: Path) -> None:
    text = "x = 1 / gap ~~|\ny = 2 / gap ~~|\nz = 3 / gap ~~|\ngap = 0 ~~|\n"
    finding = only(write(tmp_path, text))
    assert finding.evidence == "also 'y', 'z'"
