"""Loops that are cut, against what the models do without them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import flatgov as fg
from flatgov.check.findings import Outcome
from flatgov.check.loop_removal import run
from flatgov.check.loop_removal_model import choose_links, cut_model, loop_links
from flatgov.check.loop_removal_shape import Shape, deviation, shape
from flatgov.check.subject import Subject
from flatgov.model import Change, Model
from flatgov.reading import load_model
from flatgov.run.native import simulate_members

Load = Callable[[str], Model]

# births grow it, deaths bring it to 50: births are 0.1 x, deaths x^2 / 500.
LIMITED = """
x = INTEG(births - deaths, 10) ~~|
births = 0.1 * x ~~|
deaths = x * crowding ~~|
crowding = x / 500 ~~|
"""


@pytest.fixture
def load(tmp_path: Path) -> Load:
    def write(text: str) -> Model:
        path = tmp_path / "model.mdl"
        times = "INITIAL TIME = 0 ~~|\nFINAL TIME = 80 ~~|\nTIME STEP = 0.5 ~~|\nSAVEPER = 1 ~~|\n"
        path.write_text(f"{text}\n{times}", encoding="utf-8")
        return load_model(path)

    return write


def loops(outcome: Outcome) -> dict[str, dict[str, Any]]:
    return {row["loop"]: row for row in outcome.data["loops"]}


def test_without_its_limit_growth_is_exponential(load: Load) -> None:
    model = load(LIMITED)
    link = ("crowding", "deaths")
    cut = cut_model(model, [link])
    plans = [(), (Change(cut.switches[link], "set", 1.0, 0.0),)]
    x = simulate_members(cut.model, plans).values["x"][:, 0]
    # Without the loop deaths are x * (10 / 500), so that x grows by 8 % of itself.
    np.testing.assert_allclose(x[1], 10 * (1 + 0.5 * 0.08) ** (2 * np.arange(81)), rtol=1e-12)
    assert x[0, -1] == pytest.approx(50, abs=0.2)


def test_without_growth_the_stock_only_falls(load: Load) -> None:
    row = loops(run(Subject(load(LIMITED))))["x → births"]
    (effect,) = row["effects"]
    assert row["cut"] == ["x", "births"]
    assert effect["with"] == "rises"
    # Births stay at 1, so that x goes to the root of 500.
    root = np.sqrt(500.0)
    assert effect["deviation"] == pytest.approx((50 - root) / 40, rel=0.01)


def test_every_loop_is_told(load: Load) -> None:
    outcome = run(Subject(load(LIMITED)))
    assert set(loops(outcome)) == {"x → births", "x → deaths", "x → crowding → deaths"}
    assert outcome.summary.startswith("3 loops removed one at a time")
    assert outcome.findings == ()


def test_switches_that_are_off_leave_every_bit(load: Load) -> None:
    model = load(LIMITED + "slow = SMOOTH3(x * 1.1, 3) ~~|\ny = slow / x ~~|")
    cut = cut_model(model, [("x", "births"), ("crowding", "deaths"), ("x", "slow"), ("slow", "y")])
    base, same = (simulate_members(one, [()]).values for one in (model, cut.model))
    for name, values in base.items():
        np.testing.assert_array_equal(values, same[name])


def test_two_links_into_one_variable(load: Load) -> None:
    model = load("z = INTEG(f, 1) ~~|\nf = a - b ~~|\na = z * 2 ~~|\nb = z * 3 ~~|")
    cut = cut_model(model, [("a", "f"), ("b", "f")])
    on = [Change(name, "set", 1.0, 0.0) for name in cut.switches.values()]
    z = simulate_members(cut.model, [(on[0],), (on[1],), (*on,)]).values["z"][:, 0]
    np.testing.assert_allclose(z[2], 1 - 0.5 * 2 * np.arange(81), rtol=1e-12)  # 2 - 3 at all times
    assert z[0, -1] == pytest.approx(2 / 3)  # 2 - 3 z
    assert z[1, 1] == pytest.approx(1 + 2 * -0.5, abs=1)


def test_elements_keep_their_own_start(load: Load) -> None:
    model = load(
        "area: a, b ~~|\ns[area] = INTEG(g[area], first[area]) ~~|\nfirst[area] = 1, 2 ~~|\n"
        "g[area] = s[area] * 0.1 ~~|"
    )
    link = ("s", "g")
    cut = cut_model(model, [link])
    s = simulate_members(cut.model, [(Change(cut.switches[link], "set", 1.0, 0.0),)]).values["s"]
    np.testing.assert_allclose(s[0, 0, -1], [9.0, 18.0])


def test_the_link_that_is_in_the_fewest_loops(load: Load) -> None:
    model = load(LIMITED)
    found = choose_links(model, [["x", "births"], ["x", "deaths"], ["x", "crowding", "deaths"]])
    # 'deaths → x' is in two loops, and into a stock only where there is no other way.
    assert found == [("x", "births"), ("x", "deaths"), ("x", "crowding")]
    assert loop_links("abc") == [("a", "b"), ("b", "c"), ("c", "a")]


def test_functions_of_whole_arrays_are_not_cut(load: Load) -> None:
    model = load(
        "area: a, b ~~|\ns[area] = INTEG(g[area], first[area]) ~~|\nfirst[area] = 1, 2 ~~|\n"
        "g[area] = VECTOR SORT ORDER(s[area], 1) ~~|"
    )
    assert choose_links(model, [["s", "g"]]) == [("g", "s")]


def test_a_loop_that_does_nothing(load: Load) -> None:
    text = LIMITED + "w = INTEG(v + 0.001, 1) ~~|\nv = MAX(0, 0.1 * (w - 5)) ~~|"
    outcome = run(Subject(load(text)))
    (finding,) = outcome.findings
    assert (finding.severity, finding.variable) == ("note", "v")
    assert finding.what == (
        "the loop 'w → v' does nothing in this run: 'w' is the same without its link to 'v'"
    )
    assert loops(outcome)["w → v"]["returned"] == 0.0


def test_a_loop_that_holds_the_numbers_together(load: Load) -> None:
    text = """
    y = INTEG(-outflow, 10) ~~|
    outflow = y * 0.5 ~~|
    root = SQRT(y) ~~|
    z = INTEG(root - z, 1) ~~|
    """
    (finding,) = run(Subject(load(text))).findings
    assert finding.what == "without the loop 'y → outflow', 'z' is no finite number"


def test_rest_and_the_absence_of_loops(load: Load) -> None:
    assert run(Subject(load("a = INTEG(b, 1) ~~|\nb = 3 ~~|"))).summary.startswith("There are no")
    rest = run(Subject(load("a = INTEG(b, 1) ~~|\nb = 1 - a ~~|")))
    assert rest.skipped == "no stock moves in the run, so that no loop can act"


def test_a_study_removes_the_loops_that_it_names(
    write_study: Callable[..., Path],
) -> None:
    study = fg.open_study(write_study(office=("hiring rate = 5", "hiring rate = 8")))
    outcome = run(Subject(study.model, study))
    (row,) = outcome.data["loops"]
    assert (row["loop"], row["cut"]) == ("B1", ["Staff", "leaving"])
    assert {effect["variable"] for effect in row["effects"]} == {"Staff", "load"}


def test_shapes() -> None:
    time = np.linspace(0, 1, 101)
    assert shape(time) == Shape(1, 0)
    assert shape(-time) == Shape(-1, 0)
    assert shape(np.sin(2 * np.pi * time)) == Shape(0, 2)
    assert shape(np.sin(np.pi * time) + 0.01 * np.sin(60 * np.pi * time)) == Shape(0, 1)
    assert shape(np.full(5, 7.0)) == Shape(0, 0)
    assert shape(0.001 * time, scale=1.0) == Shape(0, 0)
    assert Shape(1, 1).text == "rises, 1 turn"
    assert Shape(0, 2).text == "returns, 2 turns"
    assert Shape(0, 0).text == "stays"


def test_deviations() -> None:
    course = np.array([0.0, 1.0, 4.0])
    assert deviation(course, course + np.array([0.0, 2.0, -1.0])) == 0.5
    assert deviation(np.full(3, 10.0), np.array([10.0, 10.0, 15.0])) == 0.5
    assert deviation(np.zeros(2), np.array([0.0, 3.0])) == 1.0
    assert deviation(np.zeros(2), np.zeros(2)) == 0.0


def test_a_loop_that_holds_its_stock_at_rest_is_not_called_idle(load: Load) -> None:
    text = "A = INTEG(10 - o, 100) ~~|\no = A / 10 ~~|\nB = INTEG(1, 0) ~~|\n"
    outcome = run(Subject(load(text)))
    assert not outcome.findings
    assert outcome.summary.endswith("0 do nothing, 1 has nothing to act on")
    assert loops(outcome)["A → o"]["nothing to act on"]


def test_a_run_of_two_steps_tells_nothing_of_loops(load: Load) -> None:
    model = load("A = INTEG(f, 1) ~~|\nf = A / 10 ~~|\n")
    for steps, skipped in ((1, True), (2, True), (3, False)):
        time = replace(model.time, final=model.time.initial + steps * model.time.step)
        time = replace(time, saveper=time.step)
        assert bool(run(Subject(replace(model, time=time))).skipped) is skipped
