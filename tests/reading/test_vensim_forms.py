"""Forms of real models: each is read, with the value that it has by hand."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from flatgov.model import Array, Call, Model, Number, Reference

Load = Callable[..., Model]


def last(model: Model, name: str) -> list[float]:
    """Give the values of a variable at the end of the run."""
    return [float(value) for value in model.run()[name].values[-1:].ravel()]


def test_sinteg_stays_within_its_limits(load: Load) -> None:
    model = load(
        "up = SINTEG(1, 0, :NA:, 3.25, :NA:, :NA:, :NA:) ~~|\n"
        "down = SINTEG(-1, 9, 2, :NA:, :NA:, :NA:, :NA:) ~~|\n"
        "free = SINTEG(2, 1, :NA:, :NA:, :NA:, :NA:, :NA:) ~~|\n"
        "start = SINTEG(0, 9, 0, 1, :NA:, :NA:, :NA:) ~~|\n"
        "D: p, q ~~|\neach[D] = SINTEG(1, 0, 0, 4, :NA:, :NA:, :NA:) ~~|"
    )
    free = model.variables["free"].equations[0].expression
    assert free == Call("INTEG", (Number(2.0), Number(1.0)))
    result = model.run()
    assert result["up"].values[:9].tolist() == [0, 0.5, 1, 1.5, 2, 2.5, 3, 3.25, 3.25]
    assert [last(model, name) for name in ("down", "free", "start")] == [[2.0], [21.0], [1.0]]
    assert last(model, "each") == [4.0, 4.0]


def test_the_limits_of_sinteg_hold_with_rk4_too(load: Load) -> None:
    settings = "\\\\\\---/// Sketch\n///---\\\\\\\n15:0,0,0,1,0,0\n"
    controls = "INITIAL TIME=0~~|FINAL TIME=10~~|TIME STEP=0.5~~|SAVEPER=0.5~~|\n"
    text = "x = SINTEG(x, 1, :NA:, 4, :NA:, :NA:, :NA:) ~~|\n" + controls + settings
    model = load(text)
    values = model.run()["x"].values
    assert model.integrator == "rk4"
    assert values.max() <= 4.0
    assert values[-1] == pytest.approx(4.0)


def test_tables_with_tabs(load: Load) -> None:
    model = load(
        "D: p, q, r ~~|\nE: k, l ~~|\n"
        "x[D] = TABBED ARRAY(1\t2\t-3.5) ~~|\n"
        "y[E, D] = TABBED ARRAY(\n\t1\t2\t3\n\t4\t5\t6 ) ~~|\n"
        "z = y[l, q] + x[r] ~~|"
    )
    assert model.variables["x"].equations[0].expression == Array((1.0, 2.0, -3.5), (3,))
    assert model.variables["y"].equations[0].expression == Array(
        (1.0, 2.0, 3.0, 4.0, 5.0, 6.0), (2, 3)
    )
    assert last(model, "z") == [1.5]


def test_reality_checks_are_left_out(load: Load) -> None:
    model = load(
        "no people :THE CONDITION: people = 0 :IMPLIES: births[D!] = 0 ~~|\n"
        "shrink[D] :TEST INPUT: births = RC RAMP(births, 0, 2, 10) ~~|\n"
        "people = 1 ~~|\nbirths = 2 ~~|"
    )
    assert list(model.variables) == ["people", "births"]


def test_names_and_flags(load: Load) -> None:
    model = load(
        "people's cars = 2 ~ Car [0,100,1] ~ doc ~ :SUP |\n"
        "net price $ = 3 {of all} ~ $/Car [?, 9] ~ ~ :SUPPLEMENTARY |\n"
        "the 'big' one = 4 ~~|\n"
        '"say \\"x\\" | ~ {no comment}" = 5 ~~|\n'
        "été 城市 = 6 ~~|\n"
        "y = people's cars + net_price  $ + the 'big' one\n + "
        '"say \\"x\\" | ~ {no comment}" * Été 城市 :IGNORE: people, others ~~|\n'
        "k == 7 ~~|"
    )
    assert last(model, "y") == [39.0]
    assert model.variables["people's cars"].limits == (0.0, 100.0)
    assert model.variables["net price $"].limits == (None, 9.0)


def test_equal_ranges_and_exceptions(load: Load) -> None:
    model = load(
        "D: p, q, r ~~|\nE <-> D ~~|\n"
        "x[D] :EXCEPT: [q], [r] = 1 ~~|\nx[q] = 2 ~~|\nx[r] = 3 ~~|\n"
        "y[E] = GAME(x[E] * 2) ~~|\nz = SUM(y[D!]) ~~|"
    )
    assert model.variables["x"].equations[0].excluded == (("q",), ("r",))
    assert last(model, "z") == [12.0]


def test_data_without_a_keyword_and_with_one(load: Load) -> None:
    model = load("plain ~ u ~ d |\nraw :RAW: ~~|\nheld[D] :HOLD BACKWARD: ~~|\nD: p, q ~~|")
    assert [variable.kind for variable in model.variables.values()] == ["data"] * 3


def test_a_macro_may_be_defined_after_its_use_and_hold_delays(load: Load) -> None:
    model = load(
        "y = LATE(Time, 2) ~~|\n"
        "{a note}\n:MACRO: LATE(x, t)\n"
        "LATE = DELAY FIXED(x, t, 0) + 0 * SMOOTH(x, t) ~~|\n:END OF MACRO:\n"
    )
    assert last(model, "y") == [8.0]


def test_a_falling_lookup_is_one(load: Load) -> None:
    model = load("f((2,20),(1,10),(0,0)) ~~|\ny = f(1.5) ~~|")
    assert last(model, "y") == [15.0]


def test_long_lines_and_continued_ones(load: Load) -> None:
    model = load("y = " + "a \\\n\t\t+ " * 200 + "a" + "\t" * 5000 + "~~|\na = 0.5 ~~|")
    assert last(model, "y") == [100.5]


def test_a_name_of_two_known_names_is_a_name(load: Load) -> None:
    model = load("a b = 3 ~~|\na = 1 ~~|\nb = 2 ~~|\ny = a b + a ~~|")
    assert model.variables["y"].equations[0].expression == Call(
        "+", (Reference("a b"), Reference("a"))
    )
