"""Forms of real models: each is read, with the value that it has by hand."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from flatgov.model import Array, Call, Model, Number, Reference
from flatgov.names import canonical
from flatgov.reading import translate
from flatgov.reading.trees import to_tree

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


ALIKE = """
D: p, q ~~|
f((0,0),(1,2),(3,5)) ~~|
x[D] = 1, 2 ~~|
y[p] = 3 ~~|
y[q] = -x[q] ^ 2 ^ -1 - - 3 * (a - -b) / 2 ~~|
a = IF THEN ELSE(:NOT: b > 1 :AND: b <> 2 :OR: b <= 3, f(b), :NA:) ~~|
b = - 3 ^ 2 + .5e1 * WITH LOOKUP(Time, ([(0,0)-(9,9)],(0,1),(2,-3.5))) ~~|
s = INTEG(a - SUM(x[D!] * y[D!]), MAX(1, b)) ~~|
c = SMOOTH3I(s, 2, 1) + DELAY1(s, 3) + DELAY FIXED(s, 1, 0) + TREND(s, 1, 0) ~~|
m = PULSE TRAIN(1, 2, 3, 9) + RAMP(1, 2, 3) + STEP(a, 2) + SMOOTH N(s, 1, 2, 3) ~~|
e = ACTIVE INITIAL(SAMPLE IF TRUE(a > 1, b, 3), INITIAL(c)) + GAME(m) + PI() ~~|
g == 5 - 3 ~~|
h[D] :EXCEPT: [q] = ELMCOUNT(D) ~~|
h[q] = ZIDZ(1, 0) ~~|
"""


def test_trees_are_those_that_the_grammar_of_pysd_gives(load: Load) -> None:
    model = load(ALIKE)
    section = translate(model).sections[0]
    spelling = {canonical(name): name for name in model.variables} | {"time": "Time", "d": "D"}
    compared = 0
    for element in section.elements:
        variable = model.variables.get(element.name)
        for number, component in enumerate(element.components if variable else ()):
            assert variable is not None
            assert variable.equations[number].expression == to_tree(component.ast, spelling)
            compared += 1
    assert compared == 13


def test_a_model_without_subscripts_is_read_without_pysd(write: Callable[..., Path]) -> None:
    path = write("a = f(Time) ~~|\nf((0,0),(1,1)) ~~|\ns = INTEG(a, 0) ~~|")
    code = (
        "import sys; from flatgov.reading import load_model; load_model(sys.argv[1]);"
        "print([name for name in ('pysd', 'xarray', 'pandas') if name in sys.modules])"
    )
    environment = {**os.environ, "FLATGOV_CACHE_DIR": str(path.parent / "cache")}
    result = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, env=environment
    )
    assert (result.stdout, result.stderr) == ("[]\n", "")
