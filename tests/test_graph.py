"""Links, loops and cycle partitions, the loops against all paths of small random graphs."""

import itertools
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

import flatgov.graph
from flatgov.graph import Link, cycle_partitions, feedback_loops, links
from flatgov.model import (
    Call,
    Equation,
    Expression,
    Model,
    Number,
    Reference,
    TimeSettings,
    Variable,
)
from flatgov.reading import load_model

CONTROLS = "INITIAL TIME = 0 ~~|\nFINAL TIME = 9 ~~|\nTIME STEP = 1 ~~|\nSAVEPER = 1 ~~|\n"


def read(folder: Path, text: str) -> Model:
    path = folder / "model.mdl"
    path.write_text(text + CONTROLS, encoding="utf-8")
    return load_model(path)


def model_of(causes: dict[str, list[str]]) -> Model:
    """Make a model in which each variable is the sum of its causes."""
    variables = {}
    for name, used in causes.items():
        tree: Expression = Number(0.0)
        for one in used:
            tree = Call("+", (tree, Reference(one)))
        equation = Equation(tree, "", 1)
        variables[name] = Variable(name, "auxiliary", "", (None, None), "", (equation,))
    return Model("m", "m.mdl", variables, {}, TimeSettings(0.0, 1.0, 1.0, 1.0), b"")


def random_causes(seed: int) -> dict[str, list[str]]:
    numbers = random.Random(seed)
    names = [f"v{i}" for i in range(numbers.randint(2, 8))]
    share = numbers.uniform(0.1, 0.5)
    return {name: [one for one in names if numbers.random() < share] for name in names}


def all_cycles(causes: dict[str, list[str]]) -> Iterator[tuple[str, ...]]:
    """Walk every path; a cycle counts where it starts at its first variable."""
    names = list(causes)
    pending = [(name,) for name in names]
    while pending:
        path = pending.pop()
        for name in names:
            if path[-1] not in causes[name]:
                continue
            if name == path[0]:
                yield path
            elif name not in path and names.index(name) > names.index(path[0]):
                pending.append((*path, name))


@pytest.mark.parametrize("seed", range(60))
def test_the_loops_of_random_graphs_are_all_of_them_in_order(seed: int) -> None:
    causes = random_causes(seed)
    found = feedback_loops(model_of(causes))
    assert found.complete
    assert list(found.loops) == sorted(all_cycles(causes), key=lambda loop: (len(loop), loop))


@pytest.mark.parametrize("seed", range(60))
def test_of_too_many_loops_the_shortest_are_given(seed: int) -> None:
    causes = random_causes(seed)
    every = sorted(all_cycles(causes), key=lambda loop: (len(loop), loop))
    for most in {0, 1, len(every) // 2, len(every) - 1} & set(range(len(every))):
        found = feedback_loops(model_of(causes), most)
        assert not found.complete
        assert list(found.loops) == every[:most]


@pytest.mark.parametrize("seed", range(60))
def test_cycle_partitions_hold_what_acts_on_each_other(seed: int) -> None:
    causes = random_causes(seed)
    cycles = list(all_cycles(causes))
    parts = cycle_partitions(model_of(causes))
    together = {frozenset(pair) for part in parts for pair in itertools.product(part, part)}
    in_one_loop = {frozenset(pair) for loop in cycles for pair in itertools.product(loop, loop)}
    assert in_one_loop <= together
    assert {name for loop in cycles for name in loop} == {name for part in parts for name in part}
    assert sum(map(len, parts)) == len({name for part in parts for name in part})
    # No loop leads from one part to another, so that none of two parts can be joined.
    for loop in cycles:
        assert sum(not set(loop).isdisjoint(part) for part in parts) == 1
    assert list(parts) == sorted(parts, key=lambda part: (-len(part), part))


def test_a_dense_graph_is_given_up_by_number() -> None:
    names = [f"v{i}" for i in range(40)]
    found = feedback_loops(model_of({one: [two for two in names if two != one] for one in names}))
    assert not found.complete
    # The cycles of two and of three, of which each has two directions; the others have four.
    lengths = [len(loop) for loop in found.loops]
    assert len(lengths) == 10_000
    assert (lengths.count(2), lengths.count(3), max(lengths)) == (780, 9220, 3)


def test_a_search_is_given_up_by_its_work(monkeypatch: pytest.MonkeyPatch) -> None:
    names = [f"v{i}" for i in range(12)]
    model = model_of({one: [two for two in names if two != one] for one in names})
    monkeypatch.setattr(flatgov.graph, "_MOST_WORK", 2000)
    found = feedback_loops(model)
    assert not found.complete
    assert 0 < len(found.loops) < 10_000
    assert found == feedback_loops(model)


def test_links_tell_states_from_what_acts_at_once(tmp_path: Path) -> None:
    model = read(
        tmp_path,
        "stock = INTEG(inflow - stock/life, start) ~~|\n"
        "start = 3 ~~|\nlife = 9 ~~|\n"
        "inflow = curve(goal) - SMOOTH(stock, life) + MAX(stock, 0) ~~|\n"
        "goal = DELAY FIXED(stock, life, start) ~~|\n"
        "curve((0,0),(1,1)) ~~|\n"
        "first = INITIAL(stock) + Time ~~|\n"
        "held = SAMPLE IF TRUE(stock > goal, life, start) ~~|\n",
    )
    assert links(model) == (
        Link("inflow", "stock", delayed=True),
        Link("stock", "stock", delayed=True),
        Link("life", "stock", delayed=True),
        Link("start", "stock", initial=True),
        Link("curve", "inflow"),
        Link("goal", "inflow"),
        Link("stock", "inflow"),
        Link("life", "inflow", delayed=True),
        Link("stock", "goal", delayed=True),
        Link("life", "goal", delayed=True),
        Link("start", "goal", initial=True),
        Link("stock", "first", initial=True),
        Link("stock", "held"),
        Link("goal", "held"),
        Link("life", "held"),
        Link("start", "held", initial=True),
    )


def test_links_lead_through_macros(tmp_path: Path) -> None:
    model = read(
        tmp_path,
        ":MACRO: LAG(in, time, from, unused)\n"
        "LAG = INTEG((in - LAG)/time, from) ~~|\n"
        "extra = unused ~~|\n"
        ":END OF MACRO:\n"
        ":MACRO: TWICE(in, time)\nTWICE = LAG(in, time, in, time) + factor * time ~~|\n"
        "factor = 2 ~~|\n:END OF MACRO:\n"
        "a = 1 ~~|\nb = 2 ~~|\nc = 3 ~~|\nd = 4 ~~|\n"
        "once = LAG(a, b, c, d) ~~|\n"
        "doubled = TWICE(a, b) ~~|\n",
    )
    assert links(model) == (
        Link("a", "once", delayed=True),
        Link("b", "once", delayed=True),
        Link("c", "once", initial=True),
        Link("a", "doubled", delayed=True),
        Link("b", "doubled"),
    )


def test_loops_of_a_model_leave_initial_values_out(tmp_path: Path) -> None:
    model = read(
        tmp_path,
        "births = people * 0.1 ~~|\npeople = INTEG(births - deaths, wanted) ~~|\n"
        "deaths = people * rate ~~|\nrate = 0.1 + people/1000 ~~|\n"
        "wanted = INITIAL(other) ~~|\nother = INTEG(people - wanted, 5) ~~|\n",
    )
    found = feedback_loops(model)
    assert found.complete
    assert found.loops == (
        ("births", "people"),
        ("people", "deaths"),
        ("people", "rate", "deaths"),
    )
    assert cycle_partitions(model) == (("births", "people", "deaths", "rate"),)


def test_parts_of_a_subscripted_variable_are_one(tmp_path: Path) -> None:
    model = read(
        tmp_path,
        "age: young, old ~~|\n"
        "people[young] = INTEG(-moving, 9) ~~|\npeople[old] = INTEG(moving, 3) ~~|\n"
        "moving = people[young] / 8 ~~|\n",
    )
    assert links(model) == (
        Link("moving", "people", delayed=True),
        Link("people", "moving"),
    )
    assert feedback_loops(model).loops == (("people", "moving"),)
