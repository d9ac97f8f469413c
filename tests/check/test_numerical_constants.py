"""Time constants that are known on paper, or from another library."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import scipy.linalg

from flatgov.check import numerical_constants
from flatgov.check.findings import Outcome
from flatgov.check.numerical_constants import CHECKS, Mode, grows_by_itself, modes
from flatgov.check.numerical_runs import runs
from flatgov.check.numerical_slopes import linearise
from flatgov.check.numerical_step import CHECKS as STEPS
from flatgov.check.subject import Subject
from flatgov.model import Model
from kernel.lower.models import write

# Eigenvalues -1 and -100: a(0) of both directions.
STIFF = """
slow = INTEG(-1 * slow, 1) ~ Person ~ |
fast = INTEG(100 * (slow - fast), 2) ~ Person ~ |
"""


def outcome_of(model: Model) -> Outcome:
    return CHECKS[0].run(Subject(model))


def eigenvalues(model: Model) -> list[complex]:
    """The eigenvalues at the start, each as often as it comes."""
    found = modes(linearise(runs(Subject(model))))
    start = min(mode.time for mode in found)
    return sorted((m.value for m in found if m.time == start), key=lambda z: (z.real, z.imag))


def test_a_stiff_pair_has_its_eigenvalues_and_names_the_fast_one(tmp_path: Path) -> None:
    model = write(tmp_path, STIFF, final=1, step=0.0078125)
    assert eigenvalues(model) == pytest.approx([-100, -1], rel=1e-6)
    outcome = outcome_of(model)
    assert outcome.data["stiffness"] == pytest.approx(100, rel=1e-6)
    (finding,) = outcome.findings
    assert finding.variable == "fast"
    assert finding.severity == "warning"
    assert "0.78 times the time constant 0.01 Month of 'fast'" in finding.what
    assert finding.fix.startswith("use TIME STEP 0.00195312 ")


@pytest.mark.parametrize(
    ("step", "severity", "unstable"),
    [(0.25, "", False), (0.375, "note", False), (0.75, "warning", False), (2.5, "warning", True)],
)
def test_a_decay_is_judged_by_its_step(
    tmp_path: Path, step: float, severity: str, unstable: bool
) -> None:
    outcome = outcome_of(write(tmp_path, "x = INTEG(-x, 1) ~~|\n", final=15, step=step))
    assert [finding.severity for finding in outcome.findings] == ([severity] if severity else [])
    assert outcome.data["share"] == pytest.approx(step, rel=1e-6)
    assert any("swings or grows" in finding.what for finding in outcome.findings) == unstable


def test_runge_kutta_may_take_twice_the_step(tmp_path: Path) -> None:
    model = write(tmp_path, "x = INTEG(-x, 1) ~~|\n", final=15, step=0.75)
    (finding,) = outcome_of(replace(model, integrator="rk4")).findings
    assert finding.severity == "note"


def test_a_third_order_delay_has_its_eigenvalue_three_times(tmp_path: Path) -> None:
    text = "in = 5 + STEP(1, 2) ~~|\nout = DELAY3(in, T) ~~|\nT = 6 ~~|\n"
    model = write(tmp_path, text, step=0.25)
    assert eigenvalues(model) == pytest.approx([-0.5] * 3, rel=1e-9)
    coarse = outcome_of(write(tmp_path, text, step=1))
    assert [finding.severity for finding in coarse.findings] == ["note"]
    assert coarse.findings[0].variable == "out"
    assert "a delay or smooth in 'out'" in coarse.findings[0].what


def test_an_oscillator_has_imaginary_ones(tmp_path: Path) -> None:
    text = "x = INTEG(v, 1) ~~|\nv = INTEG(-0.64 * x, 0) ~~|\n"
    found = eigenvalues(write(tmp_path, text, step=0.25))
    np.testing.assert_allclose(found, [-0.8j, 0.8j], atol=1e-9)


def test_a_random_linear_system_has_those_of_scipy(tmp_path: Path) -> None:
    matrix = np.round(np.random.default_rng(3).normal(size=(5, 5)) - 2 * np.eye(5), 3)
    text = "".join(
        f"x{row} = INTEG({' + '.join(f'({a}) * x{at}' for at, a in enumerate(line))}, {row + 1})"
        " ~~|\n"
        for row, line in enumerate(matrix)
    )
    model = write(tmp_path, text, final=1, step=0.125)
    linear = linearise(runs(Subject(model)))
    np.testing.assert_allclose(linear.matrices, np.broadcast_to(matrix, (9, 5, 5)), atol=1e-6)
    wanted = scipy.linalg.eigvals(matrix)
    np.testing.assert_allclose(
        eigenvalues(model), sorted(wanted, key=lambda z: (z.real, z.imag)), rtol=1e-5
    )


def test_the_slope_of_a_nonlinear_flow_is_taken_where_the_run_is(tmp_path: Path) -> None:
    model = write(tmp_path, "x = INTEG(x * (1 - x / 10), 1) ~~|\n", final=8, step=0.125)
    subject = Subject(model)
    linear = linearise(runs(subject))
    x = subject.base["x"][np.searchsorted(np.arange(0, 8.01, 0.125), linear.times)]
    np.testing.assert_allclose(linear.matrices[:, 0, 0], 1 - x / 5, atol=1e-6)


def test_a_flow_that_empties_a_stock_in_a_step_is_no_time_constant(tmp_path: Path) -> None:
    text = "x = INTEG(1 - x / TIME STEP - x / 4, 1) ~~|\n"
    model = write(tmp_path, text, step=0.5)
    outcome = outcome_of(model)
    assert outcome.data.get("rates with the step", 1) == 1
    assert not outcome.findings


def test_a_jump_of_a_condition_is_no_slope(tmp_path: Path) -> None:
    text = "x = INTEG(IF THEN ELSE(x > 5, 3, 1) - y / 4, 5) ~~|\ny = INTEG(x - y / 4, 0) ~~|\n"
    linear = linearise(runs(Subject(write(tmp_path, text, step=0.5))))
    assert np.abs(linear.matrices).max() == pytest.approx(1, rel=1e-6)
    at_the_kink = "x = INTEG(MAX(5 - x, 0) / 2, 5) ~~|\n"
    kink = linearise(runs(Subject(write(tmp_path, at_the_kink, step=0.5))))
    assert set(np.round(kink.matrices.ravel(), 6)) <= {0.0, -0.5}


def test_what_is_used_up_in_a_step_is_discrete_time(tmp_path: Path) -> None:
    text = "x = INTEG(3 - x / T, 1) ~~|\nT = 1 ~~|\n"
    (finding,) = outcome_of(write(tmp_path, text, step=1)).findings
    assert finding.severity == "note"
    assert finding.what.endswith("used up in one step, as in a model of discrete time")


def test_elements_of_one_variable_are_one_finding(tmp_path: Path) -> None:
    text = "region: a, b, c ~~|\nx[region] = INTEG(-x[region] * 2, 1) ~~|\n"
    (finding,) = outcome_of(write(tmp_path, text, step=0.5)).findings
    assert finding.variable == "x"
    assert "'x[" in finding.what


def test_a_model_without_feedback_has_no_time_constant(tmp_path: Path) -> None:
    outcome = outcome_of(write(tmp_path, "x = INTEG(1, 0) ~~|\n"))
    assert "No net flow" in outcome.summary
    assert outcome_of(write(tmp_path, "x = Time ~~|\n")).skipped


@pytest.mark.parametrize(
    ("value", "method", "grows"),
    [
        (-1.9, "euler", False),
        (-2.1, "euler", True),
        (-2.7, "rk4", False),
        (-2.8, "rk4", True),
        (-0.01 + 1j, "euler", True),
        (-0.01 + 1j, "rk4", False),
        (3.0, "euler", False),  # it grows in the model too
    ],
)
def test_the_regions_of_stability(value: complex, method: str, grows: bool) -> None:
    mode = Mode(complex(value), 0.0, (0,))
    assert grows_by_itself(mode, 1.0, "rk4" if method == "rk4" else "euler") == grows


def test_a_conserved_total_has_no_time_constant(tmp_path: Path) -> None:
    text = "a = INTEG(b / 5 - a / 10, 90) ~~|\nb = INTEG(a / 10 - b / 5, 10) ~~|\n"
    outcome = CHECKS[0].run(Subject(write(tmp_path, text, final=20, step=0.25)))
    assert outcome.data["longest"]["time constant"] == pytest.approx(1 / 0.3, rel=1e-5)
    assert outcome.data["stiffness"] == pytest.approx(1)


def test_what_is_fast_for_a_moment_is_seen(tmp_path: Path) -> None:
    text = """
a = INTEG((100 - a) / tau, 10) ~~|
tau = IF THEN ELSE(Time >= 41 :AND: Time < 42, 0.01, 10) ~~|
"""
    outcome = CHECKS[0].run(Subject(write(tmp_path, text, final=100, step=0.25)))
    (finding,) = outcome.findings
    assert "is 25 times the time constant 0.01 Month of 'a' at time 41" in finding.what
    assert "the shortest at " in outcome.summary


@pytest.mark.parametrize("flow", ["MAX(0, 10 - a) / 0.01", "-MAX(0, a - 10) / 0.01"])
def test_of_the_sides_of_a_kink_the_steeper_counts(tmp_path: Path, flow: str) -> None:
    outcome = CHECKS[0].run(Subject(write(tmp_path, f"a = INTEG({flow}, 10) ~~|\n", step=0.25)))
    assert outcome.data["shortest"]["time constant"] == pytest.approx(0.01, rel=1e-5)


def test_a_chain_of_stocks_acts_on_no_one_back(tmp_path: Path) -> None:
    text = "x = INTEG(1, 1) ~~|\ny = INTEG(x, 0) ~~|\n"
    outcome = CHECKS[0].run(Subject(write(tmp_path, text)))
    assert outcome.summary.startswith("No stock acts back on itself in the base run")


def test_too_many_states_in_one_loop_are_skipped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(numerical_constants, "_MOST_STATES", 2)
    ring = "".join(f"x{n} = INTEG(x{(n + 1) % 3} - 9 * x{n}, 1) ~~|\n" for n in range(3))
    subject = Subject(write(tmp_path, ring, step=0.25))
    assert "3 states act on each other" in CHECKS[0].run(subject).skipped
    # The checks that ask for what is too fast go on without it.
    assert STEPS[0].run(subject).findings[0].severity == "warning"
