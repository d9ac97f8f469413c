"""Errors of TIME STEP that are known on paper, or from another solver."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from flatgov.check.findings import Outcome
from flatgov.check.numerical_constants import CHECKS as CONSTANTS
from flatgov.check.numerical_halving import estimate
from flatgov.check.numerical_step import CHECKS, sudden, swings
from flatgov.check.subject import Subject
from flatgov.model import Model
from kernel.lower.models import write

DECAY = "x = INTEG(-x / T, 100) ~ Person ~ |\nT = 2 ~ Month ~ |\n"
OSCILLATOR = """
x = INTEG(v, 1) ~~|
v = INTEG(-w * w * x, 0) ~~|
w = 0.8 ~~|
"""
LORENZ = """
x = INTEG(10 * (y - x), 1) ~~|
y = INTEG(x * (28 - z) - y, 1) ~~|
z = INTEG(x * y - 8 / 3 * z, 1) ~~|
"""


def step_size(model: Model) -> Outcome:
    return CHECKS[0].run(Subject(model))


def methods(model: Model) -> Outcome:
    return CHECKS[1].run(Subject(model))


def with_rk4(model: Model) -> Model:
    return replace(model, integrator="rk4")


@pytest.mark.parametrize("step", [0.25, 0.125, 0.03125])
def test_the_error_of_a_decay_is_that_on_paper(tmp_path: Path, step: float) -> None:
    outcome = step_size(write(tmp_path, DECAY, final=8, step=step))
    times = np.arange(0, 8 + step / 2, step)
    exact = 100 * np.exp(-times / 2)
    euler = 100 * (1 - step / 2) ** np.arange(len(times))
    fine = 100 * (1 - step / 8) ** (4 * np.arange(len(times)))
    on_paper = np.abs(euler - exact).max() / np.ptp(fine)
    # What is left over of the second order.
    assert outcome.data["error"] == pytest.approx(on_paper, rel=step / 4)
    assert outcome.data["order"] == pytest.approx(1, abs=step)
    row = outcome.data["elements"][0]
    assert row["element"] == "x"
    assert row["time"] == pytest.approx(times[np.abs(euler - exact).argmax()], abs=step)


def test_runge_kutta_has_its_fourth_order(tmp_path: Path) -> None:
    outcome = step_size(with_rk4(write(tmp_path, DECAY, final=8, step=0.5)))
    z = 0.25
    factor = 1 - z + z**2 / 2 - z**3 / 6 + z**4 / 24
    points = np.arange(17)
    on_paper = np.abs(100 * factor**points - 100 * np.exp(-points * z)).max()
    assert outcome.data["order"] == pytest.approx(4, abs=0.25)
    assert outcome.data["error"] == pytest.approx(on_paper / 98.2, rel=0.05)
    assert not outcome.findings


def test_the_step_that_is_advised_is_enough(tmp_path: Path) -> None:
    coarse = step_size(write(tmp_path, DECAY, final=8, step=0.5))
    (finding,) = coarse.findings
    assert finding.severity == "warning"
    assert finding.variable == "x"
    assert finding.what.startswith("TIME STEP 0.5 makes an error of 5.")
    assert finding.what.endswith("Person")
    assert finding.fix == "use TIME STEP 0.0625 or RK4"
    (rough,) = step_size(write(tmp_path, DECAY, final=8, step=0.125)).findings
    assert rough.severity == "note"
    assert not step_size(write(tmp_path, DECAY, final=8, step=0.0625)).findings


def test_a_logistic_is_as_far_off_as_another_solver_says(tmp_path: Path) -> None:
    text = "P = INTEG(r * P * (1 - P / K), 10) ~ Person ~ |\nr = 0.5 ~~|\nK = 1000 ~ Person ~ |\n"
    model = write(tmp_path, text, final=24, step=0.25)
    row = step_size(model).data["elements"][0]
    base = Subject(model).base["P"]
    times = np.arange(0, 24.1, 0.25)
    solved = solve_ivp(
        lambda _, p: 0.5 * p * (1 - p / 1000), (0, 24), [10.0], t_eval=times, rtol=1e-11, atol=1e-9
    ).y[0]
    off = np.abs(base - solved)
    assert row["error"] == pytest.approx(off.max() / np.ptp(solved), rel=0.05)
    assert abs(row["time"] - times[off.argmax()]) <= 0.5


def test_euler_makes_an_oscillator_grow_and_the_note_says_by_how_much(tmp_path: Path) -> None:
    model = write(tmp_path, OSCILLATOR, final=60, step=0.0625)
    outcome = methods(model)
    base = Subject(model).base
    n = np.arange(len(base["x"]))
    energy = np.hypot(base["x"], base["v"] / 0.8)
    growth = math.sqrt(1 + (0.0625 * 0.8) ** 2)
    np.testing.assert_allclose(energy, growth**n, rtol=1e-9)
    (finding,) = outcome.findings
    assert finding.severity == "note"
    assert "grow" in finding.what
    # The last swings are those of the end of the run, nearly.
    on_paper = growth ** n[-1]
    assert outcome.data["swings of euler over rk4"] == pytest.approx(on_paper, rel=0.15)


def test_the_methods_agree_on_a_smooth_decay(tmp_path: Path) -> None:
    outcome = methods(write(tmp_path, DECAY, final=8, step=0.0625))
    assert not outcome.findings
    n = np.arange(129)
    on_paper = np.abs((1 - 1 / 32) ** n - np.exp(-n / 32)).max() / (1 - math.exp(-4))
    assert outcome.data["difference"] == pytest.approx(on_paper, rel=0.01)


def test_a_chaotic_model_is_told_until_when_it_can_be_read(tmp_path: Path) -> None:
    model = with_rk4(write(tmp_path, LORENZ, final=30, step=0.03125))
    (finding,) = step_size(model).findings
    assert "chaotic" in finding.fix
    off_from, when = (float(one.split()[0]) for one in finding.what.split("from time ")[1:])
    times = np.arange(0, 30.01, 0.03125)
    exact = solve_ivp(
        lambda _, s: [
            10 * (s[1] - s[0]),
            s[0] * (28 - s[2]) - s[1],
            s[0] * s[1] - 8 / 3 * s[2],
        ],
        (0, 30),
        [1.0, 1.0, 1.0],
        t_eval=times,
        rtol=1e-12,
        atol=1e-12,
    ).y
    base = Subject(model).base
    off = np.abs(np.stack([base[name] for name in "xyz"]) - exact)
    assert 5 < when < 25
    # Before, it is on the path, or half the step would mend it; not long after, it is elsewhere.
    assert off[:, times < off_from].max() < 1
    assert off[:, times < when + 6].max() > 10


def test_a_moment_that_every_step_meets_makes_no_error(tmp_path: Path) -> None:
    text = "x = INTEG(STEP(1, 3), 0) ~~|\n"
    model = write(tmp_path, text, final=8, step=0.5)
    assert step_size(model).data["error"] == pytest.approx(0, abs=1e-12)
    assert sudden(model) == {"STEP"}


def test_a_jump_within_a_step_lowers_the_order_of_runge_kutta(tmp_path: Path) -> None:
    text = "x = INTEG(IF THEN ELSE(Time > 3.3333, 1, 0) / 100 - x / 10, 5) ~~|\n"
    outcome = step_size(with_rk4(write(tmp_path, text, final=8, step=0.25)))
    assert outcome.data["order"] < 2.4
    assert outcome.data["sudden"] == ["IF THEN ELSE"]


def test_random_numbers_are_not_compared(tmp_path: Path) -> None:
    text = "x = INTEG(RANDOM UNIFORM(0, 1, 3) - x, 0) ~~|\n"
    outcome = step_size(write(tmp_path, text))
    assert "random" in outcome.skipped
    assert methods(write(tmp_path, text)).skipped == outcome.skipped


@pytest.mark.parametrize(
    ("text", "why"),
    [("x = 3 * Time ~~|\n", "no stock"), ("x = INTEG(1 / (Time - 0), 0) ~~|\n", "no second")],
)
def test_what_cannot_be_compared_is_said(tmp_path: Path, text: str, why: str) -> None:
    assert why in step_size(write(tmp_path, text)).skipped


def test_constant_stocks_have_no_error(tmp_path: Path) -> None:
    assert not step_size(write(tmp_path, "x = INTEG(0 * Time, 0) ~~|\n")).findings
    outcome = step_size(write(tmp_path, "x = INTEG(0 * Time, 7) ~~|\n"))
    assert outcome.data["error"] == 0
    assert outcome.data["order"] is None


def test_rounding_is_no_error() -> None:
    noisy = 1e6 + np.array([0, 1e-9, -1e-9, 2e-9])
    found = estimate(noisy, noisy[::-1].copy(), noisy, 1)
    assert found is not None
    assert found.error < 1e-9
    assert math.isnan(found.order)


def test_swings_are_measured_between_turning_points() -> None:
    times = np.linspace(0, 60, 6001)
    assert swings(3 * np.sin(times)) == pytest.approx(6, rel=1e-3)
    assert swings(np.exp(-times)) == 0


def test_one_mistake_is_one_warning(tmp_path: Path) -> None:
    subject = Subject(write(tmp_path, DECAY, final=9, step=1.5))
    (slow,), (fast,) = (check.run(subject).findings for check in (CHECKS[0], *CONSTANTS))
    assert (slow.severity, fast.severity) == ("note", "warning")
    assert "times the time constant 2 Month of 'x'" in fast.what


def test_a_path_that_converges_is_not_chaotic(tmp_path: Path) -> None:
    # A(4) is 0, 0.5, 0.75 … with each halving, and 0.9 in the limit: order 1, however large.
    text = "x = INTEG(IF THEN ELSE(Time > 3.1, 1, 0), 0) ~~|\n"
    outcome = step_size(write(tmp_path, text, final=4, step=1))
    (finding,) = outcome.findings
    assert finding.what.startswith("TIME STEP 1 makes an error of")
    assert outcome.data["order"] == pytest.approx(1)


def test_growth_that_converges_is_compared_by_its_rate(tmp_path: Path) -> None:
    outcome = step_size(write(tmp_path, "x = INTEG(0.2 * x, 1) ~~|\n", final=200, step=0.5))
    (finding,) = outcome.findings
    assert finding.what.startswith("TIME STEP 0.5 makes an error of")
    assert outcome.data["order"] == pytest.approx(1, abs=0.1)
    # exp(40) in the limit, up to the second order of its logarithm.
    limit, euler = math.exp(40), 1.1**400
    row = outcome.data["elements"][0]
    assert row["error"] == pytest.approx((limit - euler) / (1.025**1600), rel=0.1)


def test_where_euler_parts_is_where_halving_gains_nothing(tmp_path: Path) -> None:
    outcome = step_size(write(tmp_path, LORENZ, final=30, step=0.01))
    (finding,) = outcome.findings
    off_from, when = (float(one.split()[0]) for one in finding.what.split("from time ")[1:])
    # There the differences are above 1 % of the range, but each is half of the one before.
    assert off_from < 0.5
    assert when > 3
    assert finding.fix == "use a much smaller TIME STEP"


def test_what_is_too_fast_hides_nothing_else(tmp_path: Path) -> None:
    text = OSCILLATOR + "z = INTEG((5 - z) / 0.1, 1) ~~|\n"
    subject = Subject(write(tmp_path, text, final=60, step=0.0625))
    (slow,), (fast,) = (check.run(subject).findings for check in (CHECKS[0], *CONSTANTS))
    assert (slow.severity, slow.variable) == ("warning", "x")
    assert (fast.severity, fast.variable) == ("warning", "z")


def test_runge_kutta_is_advised_where_it_mends(tmp_path: Path) -> None:
    (finding,) = step_size(write(tmp_path, OSCILLATOR, final=60, step=0.125)).findings
    assert finding.fix.endswith(" or RK4")
    jumps = "x = INTEG(IF THEN ELSE(Time > 3.1, 1, 0), 0) ~~|\n"
    (finding,) = step_size(write(tmp_path, jumps, final=4, step=1)).findings
    assert "RK4" not in finding.fix


@pytest.mark.parametrize("limit", ["tank / TIME STEP", "MAX(tank / TIME STEP + in, 0)"])
def test_a_rule_of_euler_is_not_held_against_runge_kutta(tmp_path: Path, limit: str) -> None:
    text = f"tank = INTEG(in - drain, 10) ~~|\ndrain = MIN(tank / 2 + 3, {limit}) ~~|\nin = 0 ~~|\n"
    model = write(tmp_path, text, final=8, step=0.5)
    assert methods(model).skipped.startswith("'drain' is limited to what a stock holds in a TIME")
    (finding,) = step_size(model).findings
    assert "RK4" not in finding.fix
    free = write(tmp_path, text.replace(limit, "9"), final=8, step=0.5)
    assert not methods(free).skipped


def test_no_order_is_told_where_a_difference_is_rounding(tmp_path: Path) -> None:
    # With half the step and a quarter the jump is met; with the whole step it is not.
    text = "x = INTEG(IF THEN ELSE(Time > 2.4, 1, 0), 0) ~~|\n"
    outcome = step_size(write(tmp_path, text, final=8, step=1))
    assert outcome.data["order"] is None
    assert "observed order not settled" in outcome.summary
