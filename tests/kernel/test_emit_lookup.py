from __future__ import annotations

import math
from typing import get_args

import numpy as np
import pytest

from flatgov.kernel.builder import Builder, look_up
from flatgov.kernel.emit_lookup import even_cells, linear_rows
from flatgov.kernel.execute import Batch
from flatgov.model import Interpolation, Table
from kernel.programs import Floats, make, run, same_bits

_SIZES = (1, 2, 3, 5, 8, 9, 13, 16, 17, 32, 33, 70)


def _tables() -> list[Table]:
    random = np.random.default_rng(1)
    tables = [
        Table((0.0, 1.0, 1.0, 2.0), (1.0, 2.0, 5.0, 4.0)),
        Table((0.0, 1.0), (1.0, -0.0)),
    ]
    for size in _SIZES:
        ascents = (
            np.linspace(0, 1, size),
            np.sort(random.normal(size=size)),
            np.cumsum(random.integers(1, 4, size=size)) - 5.0,
            np.arange(size) * 0.1,
        )
        for x in ascents:
            y = tuple(map(float, random.normal(size=size)))
            tables += [Table(tuple(map(float, x)), y, kind) for kind in get_args(Interpolation)]
    return tables


def _points(tables: list[Table]) -> Floats:
    ends = [math.nan, math.inf, -math.inf, 0.0, -0.0, 1e300, -1e300]
    points = [at for table in tables for at in table.x[:20]]
    near = [math.nextafter(at, side) for at in points for side in (-math.inf, math.inf)]
    unique = np.unique(np.array([*points, *near]))
    return np.concatenate([ends, unique[:: len(unique) // 400 + 1], np.linspace(-3, 9, 50)])


@pytest.mark.parametrize("lanes", [1, 4, None])
def test_lookups_have_the_bits_of_the_formula(lanes: int | None) -> None:
    tables = _tables()
    builder = Builder()
    x = builder.op("parameter", extra=0)
    outputs = [builder.op("lookup", x, extra=table) for table in tables]
    points = _points(tables)
    batch = Batch(len(points), points[None])
    got = run(make(builder, bases=[0.0]), outputs, 0, batch, varying=[0], lanes=lanes)
    for table, values in zip(tables, got[:, 0], strict=True):
        assert same_bits(values, [look_up(table, float(at)) for at in points]), table


@pytest.mark.parametrize("kind", get_args(Interpolation))
def test_data_over_time_are_searched_once_for_all_members(kind: Interpolation) -> None:
    random = np.random.default_rng(2)
    table = Table(tuple(np.arange(3000) * 0.37), tuple(random.normal(size=3000)), kind)
    builder = Builder()
    out = builder.op("lookup", builder.op("time"), extra=table)
    got = run(make(builder, initial_time=-1.0, time_step=0.37), [out], 3010, Batch(9))
    times = -1.0 + 0.37 * np.arange(3011)
    expected = np.array([look_up(table, float(at)) for at in times[::50]])
    assert same_bits(got[0, ::50], np.repeat(expected[:, None], 9, axis=1))


def test_even_tables_are_found_and_uneven_ones_are_not() -> None:
    even = even_cells(linear_rows(Table((0.0, 10.0, 20.0, 40.0), (1.0, 2.0, 3.0, 4.0))))
    assert even is not None
    assert even.rows == (0, 1, 2, 2, 3)
    assert even.exact
    assert even_cells(linear_rows(Table((0.0, 1.0, math.pi), (0.0, 1.0, 2.0)))) is None
