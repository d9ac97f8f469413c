"""Numbers, moments and inputs of equations; limits; lookups."""

from pathlib import Path

import pytest

from check.static_model import found, outcome, places, subject_of
from flatgov.check.findings import Finding

USED = "x = 4 ~~|\nk = 2 ~~|\n"


@pytest.mark.parametrize(
    ("equation", "numbers", "text"),
    [
        ("x * 0.25 + 7", "0.25, 7", "0.25"),
        ("MAX(x, 1e3)", "1000", "1e3"),
        ("x / -2", "-2", "-2"),
        ("IF THEN ELSE(x > k, 5, 0)", "5", "5"),
        ("x * 2", "2", "2"),
    ],
)
def test_numbers_inside_equations_are_notes(
    tmp_path: Path, equation: str, numbers: str, text: str
) -> None:
    findings = found("embedded constants", tmp_path, USED + f"y = {equation} ~~|\n")
    assert places(findings) == [("note", "y", 3, text)]
    assert findings[0].what == f"'y' has {numbers} in its equation"


@pytest.mark.parametrize(
    "equation",
    [
        "1 - x",
        "MAX(0, -1 * x)",
        "x ^ 2",
        "100 * x / k",
        "IF THEN ELSE(x = 3, k, 0)",
        "STEP(k, 5) + x",
        "SMOOTH N(x, k, x, 3)",
        "RANDOM NORMAL(-5, 5, 0, 2, 17) + x",
        "WITH LOOKUP(x, ((0,0),(5,7)))",
        "IF THEN ELSE(x = :NA:, k, 0)",
    ],
)
def test_numbers_that_are_no_parameters_are_left_out(tmp_path: Path, equation: str) -> None:
    assert found("embedded constants", tmp_path, USED + f"y = {equation} ~~|\n") == ()


def test_constants_and_stocks_may_hold_numbers(tmp_path: Path) -> None:
    text = USED + "s = INTEG(x, 50) ~~|\nc = 3 * 7 ~~|\n"
    assert found("embedded constants", tmp_path, text) == ()


def test_the_line_of_a_number_is_that_of_its_equation(tmp_path: Path) -> None:
    text = "d: a, b ~~|\nx = 4 ~~|\ny[a] = x ~~|\ny[b] =\n  x * 12 ~~|\n"
    (finding,) = found("embedded constants", tmp_path, text)
    assert (finding.line, finding.text) == (4, "12")


@pytest.mark.parametrize(("inputs", "count"), [(7, 0), (8, 1)])
def test_more_than_seven_inputs_are_a_note(tmp_path: Path, inputs: int, count: int) -> None:
    names = [f"n{i}" for i in range(inputs)]
    text = "".join(f"{one} = 1 ~~|\n" for one in names) + f"y = {'+'.join(names)} + n0 ~~|\n"
    findings = found("too many inputs", tmp_path, text)
    assert len(findings) == count
    assert all(one.variable == "y" and one.severity == "note" for one in findings)


@pytest.mark.parametrize(
    ("equation", "text"),
    [
        ("STEP(k, 5)", "5"),
        ("PULSE(2010, k)", "2010"),
        ("PULSE TRAIN(0, k, k, 8)", "8"),
        ("RAMP(k, 3, 6)", "3"),
        ("IF THEN ELSE(Time >= 2020, k, 0)", "2020"),
    ],
)
def test_moments_inside_equations_are_notes(tmp_path: Path, equation: str, text: str) -> None:
    findings = found("time", tmp_path, USED + f"y = {equation} ~~|\n")
    assert places(findings) == [("note", "y", 3, text)]


@pytest.mark.parametrize("equation", ["STEP(k, x)", "PULSE(0, k)", "MAX(x, 5)", "x + Time"])
def test_moments_that_are_constants_are_right(tmp_path: Path, equation: str) -> None:
    assert found("time", tmp_path, USED + f"y = {equation} ~~|\n") == ()


@pytest.mark.parametrize(("step", "exact"), [("0.125", True), ("1", True), ("0.1", False)])
def test_a_time_step_that_is_not_exact_is_a_note(tmp_path: Path, step: str, exact: bool) -> None:
    text = (
        "a = 1 ~~|\nINITIAL TIME = 0 ~~|\nFINAL TIME = 10 ~~|\n"
        f"TIME STEP = {step} ~~|\nSAVEPER = TIME STEP ~~|\n"
    )
    findings = found("time", tmp_path, text)
    assert places(findings) == ([] if exact else [("note", "", 4, "TIME STEP")])
    assert all(one.fix == "take 0.0625" for one in findings)


@pytest.mark.parametrize(
    ("text", "variable", "said"),
    [
        ("a = 7 ~ Task [0,5] ~|\n", "a", "'a' is 7 Task, above the upper limit 5"),
        ("a = -1 ~ Task [0,?] ~|\n", "a", "'a' is -1 Task, below the lower limit 0"),
        ("s = INTEG(1, 9) ~ Task [0,5] ~|\n", "s", "'s' starts at 9 Task, above the upper limit 5"),
        (
            "s = INTEG(1, b) ~ [0,5] ~|\nb = 6 ~~|\n",
            "s",
            "'s' starts at 6, above the upper limit 5",
        ),
        ("d: x, y ~~|\na[d] = 1, 8 ~ [0,5] ~|\n", "a", "'a' is 8, above the upper limit 5"),
    ],
)
def test_values_outside_their_limits_are_warnings(
    tmp_path: Path, text: str, variable: str, said: str
) -> None:
    (finding,) = found("limits", tmp_path, text)
    assert (finding.severity, finding.variable, finding.what) == ("warning", variable, said)


def test_values_within_their_limits_are_no_finding(tmp_path: Path) -> None:
    text = "a = 5 ~ [0,5] ~|\nb = -9 ~ [?,5] ~|\ns = INTEG(a, 0) ~ [0,1] ~|\nc = 9 ~~|\n"
    assert found("limits", tmp_path, text) == ()


def lookup(tmp_path: Path, points: str, name: str = "curve", at: str = "x") -> tuple[Finding, ...]:
    return found("lookup shape", tmp_path, USED + f"{name}({points}) ~~|\ny = {name}({at}) ~~|\n")


@pytest.mark.parametrize(
    ("points", "said"),
    [
        ("[(0,0)-(2,2)],(0,0),(1,1),(2,3)", "the point (2, 3) lies outside its axes"),
        ("(0,0),(1,2),(2,1),(3,2)", "it turns at x = 1, 2"),
        ("(0,3),(1,3),(2,3)", "it gives 3 whatever goes in"),
        ("(0,0),(50,1),(50.5,9),(100,10)", "it jumps from 1 to 9 between x = 50 and 50.5"),
        ("(0,0),(1,1),(2,3),(3,9)", "it is steepest at its end x = 3"),
    ],
)
def test_odd_shapes_are_found(tmp_path: Path, points: str, said: str) -> None:
    findings = lookup(tmp_path, points)
    severity = "warning" if "axes" in said else "note"
    assert places(findings) == [(severity, "curve", 3, "curve")]
    assert said in findings[0].what


@pytest.mark.parametrize(
    "points",
    [
        "(0,0),(1,1),(2,1.5),(3,1.6)",
        "[(0,0)-(4,4)],(0,4),(1,2),(2,1),(4,1)",
        "(0,0),(1,1)",
        "(0,0.1),(0.5,0.3),(1,1)",
    ],
)
def test_common_shapes_are_right(tmp_path: Path, points: str) -> None:
    assert lookup(tmp_path, points) == ()


@pytest.mark.parametrize(
    ("name", "points", "right"),
    [
        ("effect of load", "(0,2),(1,3),(2,3.5)", False),
        ("负荷影响", "(0,2),(1,3),(2,3.5)", False),
        ("effect of load", "(0,0.5),(1,1),(2,1.2)", True),
        ("effect of load", "(0,0),(1,0.3),(2,0.5)", True),
        ("cost of load", "(0,2),(1,3),(2,3.5)", True),
    ],
)
def test_an_effect_has_a_normal_point(tmp_path: Path, name: str, points: str, right: bool) -> None:
    findings = lookup(tmp_path, points, name)
    assert bool(findings) != right
    assert all("is nowhere 1" in one.what for one in findings)


def test_tables_over_time_are_data(tmp_path: Path) -> None:
    assert lookup(tmp_path, "(0,0),(1,2),(2,1),(3,4)", at="Time") == ()
    text = "y = WITH LOOKUP(Time, ((0,0),(1,2),(2,1),(3,9))) ~~|\n"
    made = outcome("lookup shape", subject_of(tmp_path, text))
    assert made.findings == ()
    assert made.summary == "0 remarks on 1 lookup, of which 1 are data"


def test_a_table_inside_an_equation_is_looked_at(tmp_path: Path) -> None:
    text = USED + "y = WITH LOOKUP(x, ((0,0),(1,2),(2,1))) ~~|\n"
    assert places(found("lookup shape", tmp_path, text)) == [("note", "y", 3, "y")]
