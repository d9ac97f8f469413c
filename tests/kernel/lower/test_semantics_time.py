"""Steps, ramps, pulses and data over time: the rules of Vensim's reference manual, where others
would give other numbers. All pages are of vensim.com/documentation."""

from __future__ import annotations

from pathlib import Path

import pytest

from kernel.lower.models import check, write


def test_a_step_begins_at_the_point_of_time_that_is_nearest(tmp_path: Path) -> None:
    # fn_step.html: Time + TIME STEP/2 > step time, so half a step after a point is not its step.
    ds = write(
        tmp_path,
        "a = STEP(5, 1.4) ~~| b = STEP(5, 1.5) ~~| c = STEP(5, 1.6) ~~| d = STEP(5, -3) ~~|",
        final=3,
    ).run()
    check(ds, {"a": [0, 5, 5, 5], "b": [0, 0, 5, 5], "c": [0, 0, 5, 5], "d": [5, 5, 5, 5]})


def test_a_ramp_rises_from_its_own_start(tmp_path: Path) -> None:
    # fn_ramp.html: slope * (Time - start), without half a step; after the end
    # slope * (end - start), which falls where the end is before the start.
    ds = write(tmp_path, "a = RAMP(2, 1.5, 3.5) ~~| b = RAMP(2, 3, 1) ~~|", final=5).run()
    check(ds, {"a": [0, 0, 1, 3, 4, 4], "b": [0, 0, 0, 0, -4, -4]})


def test_a_pulse_of_no_width_is_one_step_and_a_narrow_one_may_fall_between(tmp_path: Path) -> None:
    # fn_pulse.html: start < Time + TIME STEP/2 < start + width; only a width of 0 is a step.
    ds = write(
        tmp_path,
        "a = PULSE(1, 0) ~~| b = PULSE(1, 0.5) ~~| c = PULSE(1.2, 0.5) ~~| d = PULSE(2, -1) ~~|"
        "e = PULSE(1.2, 2) ~~| f = PULSE(0, 2) ~~|",
        final=4,
    ).run()
    check(
        ds,
        {
            "a": [0, 1, 0, 0, 0],
            "b": [0, 0, 0, 0, 0],
            "c": [0, 1, 0, 0, 0],
            "d": [0, 0, 0, 0, 0],
            "e": [0, 1, 1, 0, 0],
            "f": [1, 1, 0, 0, 0],
        },
    )


def test_the_pulses_of_a_train_last_at_least_a_step(tmp_path: Path) -> None:
    # fn_pulse_train.html: a width up to TIME STEP is one step, in contrast to PULSE; pulses that
    # overlap are one from the start to the end.
    ds = write(
        tmp_path,
        "a = PULSE TRAIN(1, 0.5, 2, 9) ~~| b = PULSE TRAIN(1, 0, 2, 9) ~~|"
        "c = PULSE TRAIN(1, 3, 2, 4) ~~| d = PULSE TRAIN(0.6, 1, 2.5, 9) ~~|"
        "e = PULSE TRAIN(1, 1, 0, 9) ~~|",
        final=7,
    ).run()
    check(
        ds,
        {
            "a": [0, 1, 0, 1, 0, 1, 0, 1],
            "b": [0, 1, 0, 1, 0, 1, 0, 1],
            "c": [0, 1, 1, 1, 1, 0, 0, 0],
            # The starts are at 0.6, 3.1, 5.6.
            "d": [0, 1, 0, 1, 0, 0, 1, 0],
            "e": [0, 1, 0, 0, 0, 0, 0, 0],
        },
    )


@pytest.mark.parametrize(
    ("equation", "sums"),
    [
        # With the true time at the stages of RK4 the sum at time t would be (t - 1)^2.
        ("flow = RAMP(2, 1, 9) ~~|", [0, 0, 0, 2, 6]),
        ("flow = STEP(2, 2) ~~|", [0, 0, 0, 2, 4]),
        ("flow = PULSE(1, 1) ~~|", [0, 0, 1, 1, 1]),
        # Time itself does move within a step: its integral is exact.
        ("flow = 2 * Time ~~|", [0, 1, 4, 9, 16]),
        ("flow = f(Time) ~~| f((0,0),(8,16)) ~~|", [0, 1, 4, 9, 16]),
    ],
)
def test_runge_kutta_holds_inputs_from_outside(
    tmp_path: Path, equation: str, sums: list[float]
) -> None:
    # rungekutta.html: exogenous and test inputs are constant over the interval of a step.
    model = write(tmp_path, f"total = INTEG(flow, 0) ~~| {equation}", final=4)
    check(model.run(integrator="rk4", save="total"), {"total": sums})


def test_runge_kutta_holds_data(tmp_path: Path) -> None:
    # rungekutta.html: data are exogenous. Interpolated at the stages the sums would be t^2.
    text = "total = INTEG(flow, 0) ~~|\nflow ~~|\nlater = INTEG(twice, 0) ~~|\ntwice = 2 * flow ~~|"
    model = write(tmp_path, text, "Time\tflow\n0\t0\n4\t8\n", final=4)
    ds = model.run(integrator="rk4")
    check(ds, {"flow": [0, 2, 4, 6, 8], "total": [0, 0, 2, 6, 12], "later": [0, 0, 4, 12, 24]})
