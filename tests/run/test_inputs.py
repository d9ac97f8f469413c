"""What members change, as numbers of the kernel."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flatgov.changes import FloatArray, values_over_time
from flatgov.draws import Draws
from flatgov.errors import ModelError
from flatgov.kernel.lower import lower
from flatgov.model import Change, Model
from flatgov.reading import load_model
from flatgov.run.grid import time_points
from flatgov.run.inputs import Inputs, read_inputs
from flatgov.run.native import simulate_members
from flatgov.run.oracle import simulate

Load = Callable[..., Model]

OFFICE = """
team: north, south ~~|
people[team] = INTEG(rate * effect(most) - people[team] / stay, start[team]) ~~|
start[team] = 10, 20 ~~|
load[team] = tasks[team] / people[team] ~~|
most = VMAX(load[team!]) ~~|
tasks[team] = 8, 9 ~~|
rate = 2 ~~|
stay = 5 ~~|
effect((0,2),(1,1),(3,0.5)) ~~|
"""
STEP = 0.5


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Model:
    path = tmp_path_factory.mktemp("office") / "office.mdl"
    control = "INITIAL TIME = 1 ~~|\nFINAL TIME = 11 ~~|\nTIME STEP = 0.5 ~~|\nSAVEPER = 0.5 ~~|\n"
    path.write_text(OFFICE + control, encoding="utf-8")
    return load_model(path)


def rates(model: Model, *changes: Change) -> FloatArray:
    return simulate_members(model, [changes], save=["rate"]).values["rate"][0, 0]


def as_told(model: Model, *changes: Change, base: float = 2.0) -> list[float]:
    return values_over_time(base, changes, time_points(model.time), STEP)


def change(
    operation: str, value: float, start: float, ramp: float = 0.0, end: float | None = None
) -> Change:
    return Change("rate", operation, value, start, ramp, end)


def test_a_change_between_two_steps_holds_from_the_next(office: Model) -> None:
    found = rates(office, change("set", 5.0, 3.3, end=6.0))
    times = time_points(office.time)
    assert found.tolist() == [5.0 if 3.5 <= time < 6 else 2.0 for time in times]


def test_a_ramp_ends_at_its_whole_and_may_be_undone_on_the_way(office: Model) -> None:
    times = time_points(office.time)
    whole = rates(office, change("add", 8.0, 3.0, ramp=4.0))
    np.testing.assert_allclose(whole, 2 + 8 * np.clip((times - 3) / 4, 0, 1), rtol=1e-15)
    half = rates(office, change("scale", 3.0, 3.0, ramp=4.0, end=5.0))
    growing = (times >= 3) & (times < 5)
    np.testing.assert_allclose(half, np.where(growing, 2 + 4 * (times - 3) / 4, 2.0), rtol=1e-15)


def test_changes_of_one_variable_apply_in_their_order(office: Model) -> None:
    early, late = change("add", 1.0, 1.0), change("scale", 10.0, 4.0)
    assert rates(office, early, late)[-1] == 30.0
    assert rates(office, late, early)[-1] == 21.0
    assert rates(office, late, early)[0] == 3.0
    # A change for the whole run behind a dated one is not moved before it.
    assert rates(office, late, change("set", 7.0, 1.0)).tolist() == [7.0] * 21


DATES = st.one_of(
    st.floats(0.0, 12.0).map(lambda x: round(x, 3)), st.integers(0, 24).map(lambda i: i / 2)
)
CHANGES = st.builds(
    change,
    st.sampled_from(["set", "add", "scale"]),
    st.floats(-3.0, 3.0).map(lambda x: round(x, 2)),
    DATES,
    st.one_of(st.just(0.0), DATES),
    st.one_of(st.none(), DATES),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(plans=st.lists(st.lists(CHANGES, max_size=4), min_size=1, max_size=3))
def test_dated_changes_are_those_of_a_plain_reading(
    office: Model, plans: list[list[Change]]
) -> None:
    results = simulate_members(
        office, plans, Draws(3, values={"rate": np.array([2.0, 0.7, 40.0])}), save=["rate"]
    ).values["rate"]
    for plan, found in zip(plans, results, strict=True):
        for base, values in zip((2.0, 0.7, 40.0), found, strict=True):
            wanted = as_told(office, *plan, base=base)
            np.testing.assert_allclose(values, wanted, rtol=1e-13, atol=1e-13)


PLANS: list[Sequence[Change]] = [
    [],
    [change("set", 4.0, 1.0), Change("stay", "scale", 0.5, 3.2, 2.0, 8.0)],
    [
        Change("people", "scale", 2.0, 1.0),
        Change("people", "add", 5.0, 1.0),
        Change("effect", "scale", 1.5, 1.0),
        Change("tasks", "add", 1.0, 4.0),
        Change("tasks", "scale", 2.0, 6.0, end=9.0),
    ],
    [Change("start", "set", 30.0, 1.0), Change("effect", "scale", 0.5, 1.0)],
    [Change("people", "set", 12.0, 1.0), Change("effect", "scale", 0.5, 1.0)] * 2,
]


def test_plans_agree_with_pysd(office: Model) -> None:
    results = simulate_members(office, PLANS)
    for place, plan in enumerate(PLANS):
        oracle = simulate(office, plan)
        assert results.values.keys() == oracle.keys()
        for name, wanted in oracle.items():
            np.testing.assert_allclose(results.values[name][place, 0], wanted, rtol=1e-12)


def test_a_draw_comes_before_the_changes_of_a_plan(office: Model) -> None:
    draws = {"people": np.array([3.0, 40.0]), "rate": np.array([1.0, 6.0])}
    plans = [[], [Change("people", "scale", 2.0, 1.0), change("add", 0.5, 1.0)], *PLANS[2:]]
    results = simulate_members(office, plans, Draws(2, values=draws)).values
    assert results["people"].shape == (5, 2, 21, 2)
    assert results["people"][0, :, 0].tolist() == [[3.0, 3.0], [40.0, 40.0]]
    assert results["people"][1, :, 0].tolist() == [[6.0, 6.0], [80.0, 80.0]]
    assert results["people"][2, :, 0].tolist() == [[11.0, 11.0], [85.0, 85.0]]
    assert results["people"][4, :, 0].tolist() == [[12.0, 12.0], [12.0, 12.0]]
    assert results["rate"][:2, :, 0].tolist() == [[1.0, 6.0], [1.5, 6.5]]
    for place, plan in enumerate(plans):
        for draw in range(2):
            first = [Change(name, "set", value[draw], 1.0) for name, value in draws.items()]
            alone = simulate_members(office, [[*first, *plan]]).values
            for name, values in alone.items():
                np.testing.assert_array_equal(results[name][place, draw], values[0, 0])


def test_numbers_do_not_depend_on_the_order_or_the_company_of_members(office: Model) -> None:
    draws = np.linspace(1.0, 9.0, 11)
    together = simulate_members(office, PLANS, Draws(11, values={"rate": draws})).values
    turned = simulate_members(
        office, PLANS[::-1], Draws(11, values={"rate": draws[::-1]}), threads=1
    ).values
    few = simulate_members(office, PLANS, Draws(values={"rate": draws[4:5]}), save=["load"]).values
    for name, values in together.items():
        np.testing.assert_array_equal(values, turned[name][::-1, ::-1])
    np.testing.assert_array_equal(few["load"], together["load"][:, 4:5])


UNSURE = [
    Change("people", "scale", 2.0, 1.0, draw="people"),
    Change("effect", "scale", 1.5, 1.0, draw="effect"),
    Change("stay", "add", 1.0, 1.0, draw="stay"),
    Change("rate", "set", 4.0, 3.2, 2.0, 8.0, draw="rate"),
    Change("tasks", "add", 1.0, 4.0, draw="nobody knows it"),
]


def test_a_change_has_in_each_draw_the_value_that_it_draws(office: Model) -> None:
    drawn = {
        "people": np.array([0.5, 3.0]),
        "effect": np.array([2.0, 0.1]),
        "stay": np.array([-1.0, 7.0]),
        "rate": np.array([1.0, 9.0]),
        "of another policy": np.array([5.0, 5.0]),
    }
    plans = [[], UNSURE, UNSURE[::-1]]
    draws = Draws(2, values={"tasks": np.array([3.0, 4.0])}, changes=drawn)
    results = simulate_members(office, plans, draws).values
    without = simulate_members(office, plans, replace(draws, changes={})).values
    for draw in range(2):
        first = Change("tasks", "set", draws.values["tasks"][draw], 1.0)
        for place, plan in enumerate(plans):
            known = [replace(one, value=drawn.get(one.draw, [one.value] * 2)[draw]) for one in plan]
            alone = simulate_members(office, [[first, *known]]).values
            own = simulate_members(office, [[first, *plan]]).values
            for name, values in alone.items():
                np.testing.assert_array_equal(results[name][place, draw], values[0, 0])
                np.testing.assert_array_equal(without[name][place, draw], own[name][0, 0])
    assert (results["people"][1] != without["people"][1]).all()


def test_draws_are_found_in_any_spelling_and_only_where_they_belong(office: Model) -> None:
    shouted = Draws(values={"RATE": np.array([3.0])})
    plans = [[], [change("add", 0.5, 1.0)]]
    assert simulate_members(office, plans, shouted).values["rate"][:, 0, 0].tolist() == [3.0, 3.5]
    one = np.ones(1)
    for draws, message in (
        (Draws(values={"most": one}), "'most' is an auxiliary and cannot be changed"),
        (Draws(values={"effect": one}), "'effect' is a lookup table and has no value to draw"),
        (Draws(values={"rats": one}), "did you mean 'rate'"),
        (Draws(slopes={"rate": one}), "'rate' is no lookup table and has no slope to draw"),
    ):
        with pytest.raises(ModelError, match=message):
            simulate_members(office, [[]], draws)
    with pytest.raises(ValueError, match="'effect' is drawn, which has no normal point"):
        simulate_members(office, [[]], Draws(strengths={"effect": one}))


def test_a_constant_that_is_no_number_can_be_set(load: Load) -> None:
    model = load("x = 2 * c ~~|\nc = 1 / 0 ~~|")
    found = simulate_members(model, [[Change("c", "set", 3.0, 0.0)]]).values["x"]
    assert (found == 6.0).all()


def test_what_holds_for_the_whole_run_is_no_dated_change(office: Model) -> None:
    def inputs(*plans: Sequence[Change]) -> Inputs:
        return read_inputs(office, program, plans, Draws(), office.time)

    program = lower(office)
    numbers = {parameter.variable: n for n, parameter in enumerate(program.parameters)}
    whole = inputs([change("set", 4.0, 1.0), change("add", 1.0, 0.5)], [])
    assert (whole.varying, whole.dated) == ((numbers["rate"],), ())
    assert whole.values[numbers["rate"]].tolist() == [5.0, 2.0]
    late = inputs([change("set", 4.0, 1.0, end=5.0)], [change("scale", 3.0, 1.0)])
    assert late.dated == (numbers["rate"],)
    assert late.values[numbers["rate"]].tolist() == [2.0, 6.0]
    stocks = inputs([Change("people", "add", 1.0, 1.0)])
    assert stocks.varying == ()
    assert {program.stocks[n].element for n in stocks.stocks} == {0, 1}


def test_draws_of_different_length(office: Model) -> None:
    draws = Draws(2, values={"rate": np.ones(2), "stay": np.ones(3)})
    with pytest.raises(ValueError, match=r"'stay' has \(3,\) values for 2 draws"):
        simulate_members(office, [[]], draws)


DELAYED = """
y = DELAY N(inflow, 4, 1, order) ~~|
inflow = 1 + STEP(scaled, 2) ~~|
order = 3 ~~|
scaled = 5 ~~|
"""


@pytest.mark.parametrize(
    "plans", [[[Change("order", "set", 2.0, 0.0)]], [[], [Change("order", "set", 2.0, 5.0)]]]
)
def test_a_number_that_decides_the_structure_cannot_change(
    load: Load, plans: list[list[Change]]
) -> None:
    model = load(DELAYED)
    with pytest.raises(ModelError) as caught:
        simulate_members(model, plans)
    assert str(caught.value) == (
        f"{model.path}, 'order': 'order' is the order or type of a function and cannot be changed "
        "in a run; change it in the model file"
    )
    same = simulate_members(model, [[Change("order", "set", 3.0, 0.0)]]).values["y"]
    np.testing.assert_array_equal(same, simulate_members(model, [[]]).values["y"])


def test_the_type_of_a_priority_profile_cannot_change(load: Load) -> None:
    model = load(
        "who: a, b ~~|\nprofile: ptype, ppriority, pwidth, pextra ~~|\n"
        "given[who] = ALLOCATE AVAILABLE(asked[who], wish[who, ptype], 3) ~~|\n"
        "asked[who] = 2, 4 ~~|\nwish[who, ptype] = 1 ~~|\nwish[who, ppriority] = rank ~~|\n"
        "wish[who, pwidth] = 1 ~~|\nwish[who, pextra] = 0 ~~|\nrank = 5 ~~|\n"
    )
    assert model.run({"rank": 6.0})["given"][0].values.tolist() == [1.0, 2.0]
    kind = model.find("wish").kind
    fits = "is the order or type" if kind == "constant" else f"is an {kind} and cannot be changed"
    with pytest.raises(ModelError, match=fits):
        model.run({"wish": 3.0})


def test_a_lookup_is_scaled_from_the_start_only(load: Load, tmp_path: Path) -> None:
    model = load("y = f(Time) + other(Time) ~~|\nf((0,1),(10,3)) ~~|\nother((0,0),(10,10)) ~~|")
    found = simulate_members(model, [[], [Change("F", "scale", 10.0, 0.0)]]).values["y"][:, 0]
    times = time_points(model.time)
    np.testing.assert_allclose(found[0], 1 + 0.2 * times + times, rtol=1e-14)
    np.testing.assert_allclose(found[1], 10 * (1 + 0.2 * times) + times, rtol=1e-14)
    with pytest.raises(ModelError, match="a lookup changes only from the start of the run"):
        simulate_members(model, [[Change("f", "scale", 2.0, 5.0)]])
