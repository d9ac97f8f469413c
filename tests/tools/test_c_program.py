from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from flatgov.kernel.builder import Builder, look_up
from flatgov.kernel.program import Parameter, Program, State
from flatgov.model import Table
from tools.c_program import SEARCHES, CProgram, c_source

compiler = pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not installed")

TABLE = Table((0.0, 1.0, 2.0, 3.0, 4.0), (1.0, 3.0, 2.0, 5.0, 5.5))


def growth_program() -> tuple[Program, list[int]]:
    """A stock that grows by a parameter and a table, its delayed and its held value."""
    b = Builder()
    rate = b.op("first parameter", extra=0)
    stock = b.op("state", extra=0)
    seen = b.op("lookup", stock, extra=TABLE)
    late = b.op("state", extra=1)
    held = b.op("state", extra=2)
    small = b.op("lt", stock, b.number(3.0))
    flow = b.mul(rate, b.select(small, seen, b.number(0.5)))
    states = (
        State("integral", b.mul(rate, b.number(2.0)), flow),
        State("delay", b.number(-1.0), stock, length=b.number(3.0)),
        State("held", b.number(7.0), stock),
    )
    outputs = [stock, seen, late, held, b.op("time")]
    program = Program(tuple(b.operations), (Parameter("rate", 0, 0.1),), (), states, {}, 10.0, 0.25)
    return program, outputs


def expected(rate: float, steps: int) -> np.ndarray:
    stock, held, past, rows = 2 * rate, 7.0, [], []
    for step in range(steps + 1):
        seen = look_up(TABLE, stock)
        late = past[step - 3] if step >= 3 else -1.0
        rows.append([stock, seen, late, held, 10.0 + 0.25 * step])
        past.append(stock)
        held = stock
        stock += 0.25 * rate * (seen if stock < 3.0 else 0.5)
    return np.array(rows)


@compiler
@pytest.mark.parametrize("search", SEARCHES)
def test_members_agree_with_plain_python(search: str, tmp_path: Path) -> None:
    program, outputs = growth_program()
    compiled = CProgram(program, tmp_path, varying=[0], outputs=outputs, search=search)
    rates = np.array([[0.1, 0.7, 1.3]])
    got = compiled.run(rates, 20, 2)
    for member, rate in enumerate(rates[0]):
        np.testing.assert_allclose(got[member], expected(rate, 20)[::2], rtol=1e-14)


@compiler
def test_parameters_that_do_not_vary_keep_their_own_values(tmp_path: Path) -> None:
    program, outputs = growth_program()
    compiled = CProgram(program, tmp_path, varying=[], outputs=outputs)
    got = compiled.run(np.zeros((0, 1)), 20)
    np.testing.assert_allclose(got[0], expected(0.1, 20), rtol=1e-14)


@compiler
@pytest.mark.parametrize("interpolation", ["extrapolate", "look forward", "hold backward", "raw"])
def test_tables_read_as_the_builder_reads_them(interpolation: str, tmp_path: Path) -> None:
    table = Table(TABLE.x, TABLE.y, interpolation)
    b = Builder()
    found = b.op("lookup", b.op("time"), extra=table)
    program = Program(tuple(b.operations), (), (), (), {}, -1.0, 0.5)
    for search in SEARCHES:
        compiled = CProgram(program, tmp_path, varying=[], outputs=[found], search=search)
        got = compiled.run(np.zeros((0, 1)), 13)[0, :, 0]
        want = [look_up(table, -1.0 + 0.5 * step) for step in range(14)]
        np.testing.assert_allclose(got, want, rtol=1e-14)


def test_what_has_no_counterpart_is_refused() -> None:
    b = Builder()
    number = b.op("random", b.number(1.0), extra=0)
    program = Program(tuple(b.operations), (), (), (), {}, 0.0, 1.0)
    with pytest.raises(ValueError, match="'random' has no counterpart in C"):
        c_source(program, varying=[], outputs=[number])
