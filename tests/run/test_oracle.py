"""Runs through PySD against closed forms and hand-written loops."""

import sys

import numpy as np
import pytest

from flatgov.errors import ModelError, RunError
from flatgov.model import Change, TimeSettings
from flatgov.run.grid import time_points
from flatgov.run.oracle import simulate

TEACUP = """
Teacup Temperature = INTEG(-heat loss, 180) ~ Degrees ~ |
heat loss = (Teacup Temperature - Room Temperature) / Characteristic Time ~ Degrees/Minute ~ |
Room Temperature = 70 ~ Degrees ~ |
Characteristic Time = 10 ~ Minute ~ |
"""


def test_teacup_follows_the_exact_form_of_eulers_method(load):
    model = load(TEACUP, final=30, step=0.125)
    result = simulate(model)
    steps = np.arange(241)
    np.testing.assert_allclose(
        result["Teacup Temperature"], 70 + 110 * (1 - 0.125 / 10) ** steps, rtol=1e-12
    )
    assert set(result) == set(model.variables)
    assert all(values.dtype == np.float64 for values in result.values())
    np.testing.assert_array_equal(result["Room Temperature"], np.full(241, 70.0))


def test_time_settings_replace_the_models(load):
    model = load(TEACUP + "own saveper = SAVEPER ~~| own end = FINAL TIME ~~|")
    time = TimeSettings(initial=2.0, final=5.0, step=0.25, saveper=1.5)
    result = simulate(model, time=time)
    np.testing.assert_array_equal(time_points(time), [2.0, 3.5, 5.0])
    expected = 70 + 110 * (1 - 0.25 / 10) ** np.array([0, 6, 12])
    np.testing.assert_allclose(result["Teacup Temperature"], expected, rtol=1e-12)
    np.testing.assert_array_equal(result["own saveper"], [1.5] * 3)
    np.testing.assert_array_equal(result["own end"], [5.0] * 3)
    assert simulate(model)["Teacup Temperature"].shape == (21,)


def test_an_end_between_two_points_is_not_passed(load):
    model = load("late = Time ~~|", final=1, step=0.3)
    np.testing.assert_allclose(simulate(model)["late"], [0, 0.3, 0.6, 0.9], rtol=1e-15)


def test_time_keeps_to_the_grid(load):
    model = load("late = Time ~~| on = STEP(1, 0.3) ~~|", final=100, step=0.1)
    result = simulate(model)
    np.testing.assert_array_equal(result["late"], 0.1 * np.arange(1001))


def euler_with_changes(changes, step, final):
    """Integrate ``stock' = inflow`` by hand, the inflow changed as the changes say."""
    times = np.arange(round(final / step) + 1) * step
    stock, stocks, inflows = 0.0, [], []
    for time in times:
        value = 4.0
        for operation, amount, start, ramp, end in changes:
            if time < start - 1e-12 or (end is not None and time >= end - 1e-12):
                share = 0.0
            elif ramp == 0 or time >= start + ramp - 1e-12:
                share = 1.0
            else:
                share = (time - start) / ramp
            if operation == "set":
                value = value + (amount - value) * share
            elif operation == "add":
                value = value + amount * share
            else:
                value = value * (1 + (amount - 1) * share)
        inflows.append(value)
        stocks.append(stock)
        stock += step * value
    return np.array(inflows), np.array(stocks)


@pytest.mark.parametrize("step", [0.5, 0.1])
@pytest.mark.parametrize(
    "changes",
    [
        [("set", 7.0, 3.0, 0.0, None)],
        [("set", 7.0, 0.0, 0.0, None)],
        [("set", 7.0, -5.0, 0.0, 2.0)],
        [("add", -3.0, 2.0, 4.0, None)],
        [("scale", 1.5, 1.0, 2.0, 6.0)],
        [("set", 8.0, 1.0, 3.0, None), ("scale", 0.5, 2.0, 0.0, 8.0), ("add", 1.0, 5.0, 1.0, 9.0)],
    ],
)
def test_dated_changes_of_a_constant(load, changes, step):
    model = load("stock = INTEG(inflow, 0) ~~| inflow = 2 * 2 ~~|", final=10, step=step)
    result = simulate(
        model,
        [
            Change("Inflow", operation, value, start, ramp, end)
            for operation, value, start, ramp, end in changes
        ],
    )
    inflows, stocks = euler_with_changes(changes, step, 10.0)
    np.testing.assert_allclose(result["inflow"], inflows, rtol=1e-13)
    np.testing.assert_allclose(result["stock"], stocks, rtol=1e-12, atol=1e-13)


def test_a_change_at_the_start_is_seen_by_initial_values(load):
    model = load("s = INTEG(0, 3 * c) ~~| keep = INITIAL(c) ~~| c = 1 ~~|")
    now, later = (simulate(model, [Change("c", "set", 5.0, t)]) for t in (0.0, 0.5))
    assert (now["s"][0], now["keep"][-1]) == (15.0, 5.0)
    assert (later["s"][0], later["keep"][-1], later["c"][0], later["c"][1]) == (3.0, 1.0, 1.0, 5.0)


@pytest.mark.parametrize(
    ("operation", "value", "expected"), [("set", 9.0, 9.0), ("add", 2.0, 8.0), ("scale", 0.5, 3.0)]
)
def test_initial_values_of_stocks_change_and_others_follow(load, operation, value, expected):
    model = load("s = INTEG(0, 2 * 3) ~~| t = INTEG(0, s + 1) ~~|")
    result = simulate(model, [Change("s", operation, value, 0.0)])
    assert (result["s"][0], result["t"][0]) == (expected, expected + 1)


def test_a_lookup_is_scaled_and_holds_its_ends(load):
    model = load("y = f(Time - 2) ~~| f((0,1),(4,3),(5,3)) ~~|", final=10, step=1)
    expected = np.interp(np.arange(11.0) - 2, [0, 4, 5], [1, 3, 3])
    np.testing.assert_allclose(simulate(model)["y"], expected, rtol=1e-14)
    scaled = simulate(model, [Change("f", "scale", 2.0, 0.0), Change("f", "scale", 1.5, 0.0)])
    np.testing.assert_allclose(scaled["y"], 3 * expected, rtol=1e-14)
    assert "f" not in scaled


def test_runs_do_not_leak_into_each_other(load):
    model = load("s = INTEG(c, 1) ~~| c = 1 ~~| y = f(s) ~~| f((0,0),(9,9)) ~~|")
    before = simulate(model)
    simulate(
        model,
        [
            Change("c", "set", 3.0, 1.0),
            Change("s", "set", 4.0, 0.0),
            Change("f", "scale", 5.0, 0.0),
        ],
        TimeSettings(0.0, 4.0, 1.0, 1.0),
    )
    after = simulate(model)
    for name, values in before.items():
        np.testing.assert_array_equal(values, after[name])


def test_a_whole_number_as_the_start_of_a_smooth_stays_no_integer(load):
    model = load("y = SMOOTHI(1.9, 2, 1) ~~| z = SMOOTH N(1.9, 2, 1, 1) ~~|", final=2, step=1)
    np.testing.assert_allclose(simulate(model)["y"], [1, 1.45, 1.675], rtol=1e-14)
    np.testing.assert_allclose(simulate(model)["z"], [1, 1.45, 1.675], rtol=1e-14)


def test_saving_less_often_changes_no_number(load):
    text = (
        "ramp = 3 * Time ~~| late = DELAY FIXED(ramp, 1, -1) ~~|"
        " held = SAMPLE IF TRUE(MODULO(Time, 2) = 1, ramp, 0) ~~| s = INTEG(late - held, 1) ~~|"
    )
    often, seldom = (simulate(load(text, saveper=saveper)) for saveper in (0.5, 2.5))
    for name in often:
        np.testing.assert_array_equal(often[name][::5], seldom[name])
    times = np.arange(21) * 0.5
    np.testing.assert_array_equal(often["late"], np.where(times < 1, -1, 3 * (times - 1)))
    np.testing.assert_array_equal(
        often["held"], np.where(times < 1, 0, 3 * (np.floor((times + 1) / 2) * 2 - 1))
    )


def test_powers_group_from_the_right_and_stay_real(load):
    model = load("a = 2 ^ 3 ^ 2 ~~| b = (0 - 8) ^ (1 / 3) ~~| c = 9 ^ 9 ^ 9 ~~| d = -3 ^ 2 ~~|")
    result = simulate(model)
    assert result["a"][0] == 512.0
    assert np.isnan(result["b"]).all()
    assert result["c"][0] == np.inf
    assert result["d"][0] == -9.0


def test_logic_and_macros(load):
    model = load(
        ":MACRO: KEEP(flow, start)\nKEEP = INTEG(flow, start) ~~|\n:END OF MACRO:\n"
        "y = KEEP(2 * a, 1) ~~| a = 3 ~~| on = Time > 1 :and: :not: (Time > 2) ~~|",
        final=3,
        step=1,
    )
    result = simulate(model)
    np.testing.assert_array_equal(result["y"], [1, 7, 13, 19])
    np.testing.assert_array_equal(result["on"], [0, 0, 1, 0])


def test_subscripted_variables_are_arrays_in_the_order_of_their_subscripts(load):
    model = load(
        "team: north, south, west ~~| kind: a, b ~~|"
        "people[team, kind] = INTEG(hired[team] - left[kind], 10) ~~|"
        "hired[team] = 1, 2, 3 ~~| left[a] = 0 ~~| left[b] = 1 + 0 * Time ~~|"
        "all = SUM(people[team!, kind!]) ~~| norths[kind] = people[north, kind] ~~|",
        final=2,
        step=1,
    )
    result = simulate(model)
    assert model.variables["people"].subscripts == ("team", "kind")
    expected = 10 + 2 * np.array([[1, 0], [2, 1], [3, 2]])
    np.testing.assert_array_equal(result["people"][2], expected)
    np.testing.assert_array_equal(result["norths"][2], expected[0])
    assert result["all"][2] == expected.sum()
    assert result["hired"].shape == (3, 3)
    changed = simulate(
        model, [Change("hired", "add", 1.0, 1.0), Change("people", "scale", 2.0, 0.0)]
    )
    np.testing.assert_array_equal(changed["hired"], [[1, 2, 3], [2, 3, 4], [2, 3, 4]])
    np.testing.assert_array_equal(changed["people"][2], expected + 11)


def test_a_long_chain_runs(load):
    chain = "".join(f"v{i} = v{i + 1} + 1 ~~|\n" for i in range(1200))
    model = load(chain + "v1200 = Time ~~|", final=1, step=1)
    np.testing.assert_array_equal(simulate(model)["v0"], [1200.0, 1201.0])


def test_the_recursion_limit_is_never_lowered(load, monkeypatch):
    model = load("a = 1 ~~|")
    limits = []
    monkeypatch.setattr(sys, "setrecursionlimit", limits.append)
    # Reading raises it for itself and puts it back.
    for limit, expected in ((1000, [3500, 1000, 6000]), (6000, []), (9000, [])):
        limits.clear()
        monkeypatch.setattr(sys, "getrecursionlimit", lambda limit=limit: limit)
        simulate(model)
        assert limits == expected


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (Change("rate", "set", 1.0, 0.0),
         "'rate' is a flow and cannot be changed; change a constant, the initial value of a stock"
         " or a lookup table, such as one of those that it uses: f, c, s"),
        (Change("s", "set", 1.0, 2.0),
         "the initial value of a stock changes only from the start of the run, for all of it;"
         " give start = 0 and neither ramp nor end"),
        (Change("f", "scale", 1.0, 0.0, 1.0),
         "a lookup changes only from the start of the run, for all of it;"
         " give start = 0 and neither ramp nor end"),
        (Change("f", "set", 1.0, 0.0), "'f' is a lookup table and cannot be set;"
         ' use operation = "scale"; it multiplies the outputs'),
        (Change("c", "set", float("nan"), 0.0), "nan is no value; give a finite number"),
        (Change("c", "set", 1.0, float("nan")),
         "start and ramp of a change must be finite numbers"),
    ],
)  # fmt: skip
def test_changes_that_cannot_be_made(load, change, message):
    model = load("s = INTEG(rate, 1) ~~| rate = f(c + 0 * s) ~~| c = 1 ~~| f((0,0),(1,1)) ~~|")
    with pytest.raises(ModelError) as caught:
        simulate(model, [change])
    assert str(caught.value).endswith(": " + message)
    assert "\n" not in str(caught.value)


def test_a_change_of_an_unknown_variable_names_the_nearest(load):
    model = load("hiring rate = 1 ~~|")
    with pytest.raises(ModelError, match="did you mean 'hiring rate'"):
        simulate(model, [Change("hirring rate", "set", 1.0, 0.0)])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("t = 1 ~~|\nshare of work = 1 / (3 - Time) ~~|",
         "'share of work', line 2: division by zero at time 3"),
        ("stock of work = INTEG(1 / (Time - 2), 1) ~~|",
         "'stock of work', line 1: division by zero at time 2"),
        ("s = INTEG(1, 1 / c) ~~|\nc = 0 ~~|", "'s', line 1: division by zero at the start"),
    ],
)  # fmt: skip
def test_a_failing_run_names_variable_and_time(load, text, message):
    model = load(text, step=1)
    with pytest.raises(RunError) as caught:
        simulate(model)
    assert str(caught.value) == f"{model.path}, {message}"


def test_nan_and_infinity_stay_in_the_result(load):
    result = simulate(load("a = LN(0 - 1) ~~| b = EXP(9999) ~~| c = a + b ~~|"))
    assert np.isnan(result["a"]).all()
    assert np.isposinf(result["b"]).all()
    assert np.isnan(result["c"]).all()


def test_data_from_another_file_are_refused_by_name(load, tmp_path):
    (tmp_path / "a.csv").write_text("1,2\n2,3\n")
    model = load("sales = GET XLS DATA('a.csv', ',', 'A', 'B1') ~~|")
    with pytest.raises(ModelError, match="'sales': data from another file are not supported"):
        simulate(model)


def test_a_function_that_pysd_does_not_have(load):
    model = load("k = 1 ~~|\ny = DELAY CONVEYOR(k, 2, 0, 0, 2, 0) ~~|")
    with pytest.raises(RunError) as caught:
        model.run(engine="pysd")
    assert str(caught.value) == (
        f"{model.path}, 'y', line 2: PySD does not support DELAY CONVEYOR; use the engine native"
    )
