"""Functions that remember: the rules of Vensim's reference manual, where others would give other
numbers. All pages are of vensim.com/documentation."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import flatgov as fg
from kernel.lower.models import check, write

SQUARES = "x = Time * Time ~~|\n"


def test_a_fixed_delay_lasts_whole_steps_and_at_least_one(tmp_path: Path) -> None:
    # fn_delay_fixed.html: TIME STEP at least, and only the initial delay time counts; half a
    # step is rounded up, less is dropped (reference output of the test model `delay_fixed`).
    ds = write(
        tmp_path,
        f"{SQUARES} a = DELAY FIXED(x, 0.4, -1) ~~| b = DELAY FIXED(x, -3, -1) ~~|"
        "c = DELAY FIXED(x, 1.5, -1) ~~| d = DELAY FIXED(x, 2.4, -1) ~~|"
        "e = DELAY FIXED(x, 2 + Time, -1) ~~|",
        final=4,
    ).run()
    two = [-1, -1, 0, 1, 4]
    one = [-1, 0, 1, 4, 9]
    check(ds, {"a": one, "b": one, "c": two, "d": two, "e": two})


@pytest.mark.parametrize("step", [0.1, 0.3, 0.7])
def test_a_fixed_delay_of_three_steps_is_three_steps(tmp_path: Path, step: float) -> None:
    """Though 3 * 0.1 / 0.1 is not 3."""
    text = f"x = Time ~~| y = DELAY FIXED(x, {3 * step!r}, -1) ~~| z = DELAY FIXED(x, lag, -1) ~~|"
    ds = write(tmp_path, f"{text} lag = {3 * step!r} ~~|", final=6 * step, step=step).run()
    for name in ("y", "z"):
        assert ds[name][:3].values.tolist() == [-1, -1, -1]
        np.testing.assert_array_equal(ds[name][3:], ds["x"][: len(ds["time"]) - 3])


def test_the_delay_time_divides_when_material_leaves(tmp_path: Path) -> None:
    # fn_delay1.html, fn_delay3.html: output = level / time with the time of now, the level starts
    # at input * time.
    ds = write(
        tmp_path,
        "a = DELAY1(6, 2 + Time) ~~| b = DELAY1I(0, 2 + Time, 6) ~~| c = DELAY3(6, 6 + Time) ~~|",
        final=3,
    ).run()
    level, out = 12.0, []
    for time in range(4):
        out.append(level / (2 + time))
        level += 6 - out[-1]
    np.testing.assert_allclose(ds["a"], out, rtol=1e-15)
    np.testing.assert_allclose(ds["b"], [6, 2, 1, 0.6], rtol=1e-15)
    levels, out = [12.0] * 3, []
    for time in range(4):
        flows = [6.0, *(level / ((6 + time) / 3) for level in levels)]
        out.append(flows[-1])
        levels = [
            level + come - go for level, come, go in zip(levels, flows, flows[1:], strict=False)
        ]
    np.testing.assert_allclose(ds["c"], out, rtol=1e-14)


def test_delay_n_uses_the_delay_time_of_the_step_before(tmp_path: Path) -> None:
    # fn_delay_n.html: DELAY1I would give 6, 1.5, 1.125. What leaves is what is given out.
    text = "a = DELAY N(0, 2 + STEP(2, 1), 6, 1) ~~|"
    ds = write(tmp_path, text, final=3).run()
    check(ds, {"a": [6, 6 / 2, 3 / 4, 2.25 / 4]})


@pytest.mark.parametrize("order", [1, 2, 3, 5])
def test_delay_n_conserves_what_flows_through(tmp_path: Path, order: int) -> None:
    # fn_delay_n.html: without input the total output is the initial value times the delay time
    # at the start, also if the delay time changes.
    text = f"""a = DELAY N(0, 6 + 3 * SIN(Time), 7, {order}) ~~| total = INTEG(a, 0) ~~|
    b = DELAY N(PULSE(1, 1), 6 + 3 * SIN(Time), 0, {order}) ~~| all = INTEG(b, 0) ~~|"""
    ds = write(tmp_path, text, final=400).run()
    assert ds["total"][-1].item() == pytest.approx(42, rel=1e-10)
    assert ds["all"][-1].item() == pytest.approx(1, rel=1e-10)


def test_the_order_is_that_of_the_start(tmp_path: Path) -> None:
    # Reference output of the test model `delays`, whose order is 2 + STEP(1, 10).
    text = "a = DELAY N(Time, 6, 1, 1 + STEP(3, 2)) ~~| b = DELAY N(Time, 6, 1, 1) ~~|"
    ds = write(tmp_path, text).run()
    np.testing.assert_array_equal(ds["a"], ds["b"])


@pytest.mark.parametrize("time", ["2", "lag", "2.9"])
def test_an_order_that_the_steps_cannot_hold_is_reduced(tmp_path: Path, time: str) -> None:
    # fn_delay_n.html, fn_smooth_n.html: so that delay time >= order * TIME STEP; the function is
    # then a delay of that many steps. Order 4 of delay time 2 would swing: 1, 2.4, …
    text = f"""{SQUARES} lag = 2 ~~|
    smooth = SMOOTH N(x, {time}, 1, 4) ~~| as smooth = SMOOTH N(x, {time}, 1, 2) ~~|
    delay = DELAY N(x, {time}, 1, 4) ~~| as delay = DELAY N(x, {time}, 1, 2) ~~|"""
    ds = write(tmp_path, text, final=5).run()
    for name in ("smooth", "delay"):
        np.testing.assert_array_equal(ds[name], ds[f"as {name}"])
    if time != "2.9":
        check(ds, {"smooth": [1, 1, 0, 1, 4, 9], "delay": [1, 1, 0, 1, 4, 9]})


def test_smooth_n_is_smooth3_by_euler_and_stands_still_within_a_step(tmp_path: Path) -> None:
    # fn_smooth_n.html: its output is constant for each step also under Runge-Kutta.
    text = """x = 1 + SIN(Time) ~~| lag = 4 + Time / 8 ~~|
    n = SMOOTH N(x, lag, 2, 3) ~~| three = SMOOTH3I(x, lag, 2) ~~| total = INTEG(n, 0) ~~|"""
    model = write(tmp_path, text, final=6, step=0.5)
    euler, rk4 = model.run(), model.run(integrator="rk4")
    np.testing.assert_allclose(euler["n"], euler["three"], rtol=1e-13)
    np.testing.assert_allclose(rk4["n"], euler["n"], rtol=1e-13)
    np.testing.assert_allclose(rk4["total"], euler["total"], rtol=1e-13)
    assert not np.allclose(rk4["three"], euler["three"], rtol=1e-3)


def test_a_smooth_divides_by_the_delay_time_of_now(tmp_path: Path) -> None:
    # fn_smooth.html, fn_smooth3.html.
    text = "a = SMOOTHI(8, 2 + 2 * Time, 0) ~~| b = SMOOTH3I(8, 6, 0) ~~| c = SMOOTH(Time, 4) ~~|"
    ds = write(tmp_path, text, final=3).run()
    check(ds, {"a": [0, 4, 5, 5.5], "b": [0, 0, 0, 1], "c": [0, 0, 0.25, 0.6875]})


def test_trend_and_forecast(tmp_path: Path) -> None:
    # fn_trend.html: the average starts at input / (1 + trend * time), and its size is in the
    # denominator; fn_forecast.html: the average starts at the input, its sign is in there, and a
    # denominator below 1e-6 makes the trend 0.
    text = """up = 12 + Time ~~| down = -12 + Time ~~| none = 0 * Time ~~|
    a = TREND(up, 2, 0.1) ~~| b = TREND(down, 2, 0.1) ~~| c = TREND(none, 2, 0) ~~|
    d = FORECAST(up, 2, 4) ~~| e = FORECAST(down, 2, 4) ~~| f = FORECAST(none, 2, 4) ~~|"""
    ds = write(tmp_path, text, final=1).run()
    check(
        ds,
        {
            "a": [0.1, (13 - 11) / (2 * 11)],
            "b": [-0.1, (-11 + 11) / (2 * 11)],
            "c": [0, 0],
            "d": [12, 13 * (1 + (13 - 12) / (2 * 12) * 4)],
            "e": [-12, -11 * (1 + (-11 + 12) / (2 * -12) * 4)],
            "f": [0, 0],
        },
    )


def test_a_sample_is_taken_at_once_also_in_the_first_step(tmp_path: Path) -> None:
    # fn_sample_if_true.html: the variable is like an auxiliary, with the inputs of now; its own
    # name means its last value.
    ds = write(
        tmp_path,
        "x = 10 * SIN(Time) + 20 ~~| a = SAMPLE IF TRUE(Time < 2, x, -1) ~~|"
        "b = SAMPLE IF TRUE(Time > 1, x, -1) ~~| highest = SAMPLE IF TRUE(x > highest, x, 0) ~~|"
        "begun = SAMPLE IF TRUE(:NOT: begun :AND: Time >= 2, Time, 0) ~~|",
        final=4,
    ).run()
    x = ds["x"].values
    check(
        ds,
        {
            "a": [x[0], x[1], x[1], x[1], x[1]],
            "b": [-1, -1, x[2], x[3], x[4]],
            "highest": [x[0], x[1], x[2], x[2], x[2]],
            "begun": [0, 0, 2, 2, 2],
        },
    )


def test_initial_values_are_those_before_the_first_step(tmp_path: Path) -> None:
    # fn_active_initial.html: the initial equation only serves to find initial values; the first
    # value of the variable is that of the active one.
    ds = write(
        tmp_path,
        "capacity = INTEG(1, target) ~~| target = ACTIVE INITIAL(2 * capacity, 100) ~~|"
        "start = INITIAL(capacity + Time) ~~| late = INITIAL(target) ~~|",
        final=2,
    ).run()
    check(
        ds,
        {
            "capacity": [100, 101, 102],
            "target": [200, 202, 204],
            "start": [100, 100, 100],
            "late": [100, 100, 100],
        },
    )


@pytest.mark.parametrize(
    ("equation", "message"),
    [
        ("y = DELAY N(x, 4, 1, RANDOM UNIFORM(1, 3, 1))", "the order of DELAY N must be a number"),
        ("y = SMOOTH N(x, 4, 1, 2.5)", "the order of SMOOTH N is 2.5; give a whole number"),
        ("y = SMOOTH N(x, 4, 1, 0)", "the order of SMOOTH N is 0; give a whole number"),
    ],
)
def test_an_order_must_be_whole_and_known(tmp_path: Path, equation: str, message: str) -> None:
    with pytest.raises(fg.ModelError, match=message):
        write(tmp_path, f"{SQUARES} {equation} ~~|").run()
