from __future__ import annotations

import itertools
import math
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from flatgov.errors import ModelError
from flatgov.kernel.builder import Builder
from flatgov.kernel.lower import vectors
from kernel.lower.models import write

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from pysd.py_backend import functions as pysd

NAN = math.nan
VECTORS = (
    [3.0, -1.0, 4.0, 1.5, 9.0],
    [2.0, 2.0, 1.0, 2.0, 0.0],
    [0.0, 0.0, 0.0, 0.0, 0.0],
    [-5.0, 4.0, 3.0, 2.0, 1.0],
)


def numbers(b: Builder, values: list[float]) -> list[int]:
    return [b.number(value) for value in values]


def inputs(b: Builder, count: int, first: int = 0) -> list[int]:
    """Operations that nothing is known of when the program is built."""
    return [b.op("parameter", extra=first + i) for i in range(count)]


def constants(b: Builder, operations: list[int]) -> list[float]:
    values = [b.value(operation) for operation in operations]
    assert None not in values, "constants must fold"
    return [value for value in values if value is not None]


@pytest.mark.parametrize("direction", [1.0, 0.5, 0.0, -1.0])
@pytest.mark.parametrize("values", VECTORS)
def test_order_and_rank_are_those_of_pysd(
    b: Builder, values: list[float], direction: float
) -> None:
    vector = xr.DataArray(values, {"d": list("abcde")}, ["d"])
    given, way = numbers(b, values), b.number(direction)
    order = constants(b, vectors.vector_sort_order(b, given, way))
    rank = constants(b, vectors.vector_rank(b, given, way))
    assert [rank[int(index)] for index in order] == [1, 2, 3, 4, 5]
    if len(set(values)) == len(values):  # PySD's order of equal values depends on the processor
        assert order == list(pysd.vector_sort_order(vector, direction).values)
        assert rank == list(pysd.vector_rank(vector, direction).values)
    reordered = vectors.vector_reorder(b, given, numbers(b, order))
    assert constants(b, reordered) == sorted(values, reverse=direction <= 0)


def test_order_of_values_that_change(b: Builder, evaluate: Callable[..., list[np.ndarray]]) -> None:
    given, direction = inputs(b, 4), b.op("parameter", extra=4)
    order = vectors.vector_sort_order(b, given, direction)
    cases = np.array(list(itertools.product([0.0, 1.0, 2.0], repeat=4))).T
    for way, sign in ((1.0, 1.0), (0.0, -1.0)):
        sources = [*cases, np.full(cases.shape[1], way)]
        got = np.array(evaluate(b, order, parameter=sources))
        np.testing.assert_array_equal(got, np.argsort(sign * cases, axis=0, kind="stable"))


def test_one_nan_leaves_no_order(b: Builder) -> None:
    given = numbers(b, [1.0, NAN, 3.0])
    for function in (vectors.vector_rank, vectors.vector_sort_order):
        assert all(map(math.isnan, constants(b, function(b, given, b.number(1)))))


@pytest.mark.parametrize(
    ("index", "expected"),
    [(0.0, 7.0), (2.0, 9.0), (1.9, 8.0), (-0.5, 7.0), (3.0, -1.0), (-1.0, -1.0), (NAN, NAN)],
)
def test_pick(b: Builder, index: float, expected: float) -> None:
    picked = vectors.pick(b, numbers(b, [7.0, 8.0, 9.0]), b.number(index), b.number(-1))
    np.testing.assert_equal(constants(b, [picked])[0], expected)


@pytest.mark.parametrize(
    ("first", "offset", "expected"), [(0, 1.0, 8.0), (2, -2.0, 7.0), (1, 2.0, NAN), (0, -1.0, NAN)]
)
def test_vector_elm_map(b: Builder, first: int, offset: float, expected: float) -> None:
    values = numbers(b, [7.0, 8.0, 9.0])
    found = vectors.vector_elm_map(b, values, first, b.number(offset))
    np.testing.assert_equal(constants(b, [found])[0], expected)


def test_vector_elm_map_beyond_the_variable(b: Builder) -> None:
    values = numbers(b, [7.0, 8.0])
    found = vectors.vector_elm_map(b, values, 1, b.number(1), b.number(-(2.0**109)))
    assert constants(b, [found]) == [-(2.0**109)]


SELECTIONS = (
    [1.0, 0.0, 2.0, 0.0],
    [0.0, 0.0, -3.0, 0.0],
    [0.5, 1.0, 2.0, 1.0],
    [0.0, 0.0, 0.0, 0.0],
)
EXPRESSION = [1.5, -2.0, 0.25, 4.0]


def select(
    b: Builder, selection: list[float], action: float, error: float = 0.0, missing: float = -99.0
) -> float:
    number = vectors.vector_select(
        b,
        numbers(b, selection),
        numbers(b, EXPRESSION),
        b.number(missing),
        b.number(action),
        b.number(error),
    )
    return constants(b, [number])[0]


@pytest.mark.parametrize("action", [0, 1, 2, 3, 4, 6, 7, 8, 9, 10])
@pytest.mark.parametrize("selection", SELECTIONS)
def test_vector_select_is_that_of_pysd(b: Builder, selection: list[float], action: int) -> None:
    chosen, values = (xr.DataArray(v, dims="d") for v in (selection, EXPRESSION))
    expected = pysd.vector_select(chosen, values, ["d"], -99.0, action, 0)
    assert select(b, selection, action) == pytest.approx(expected, rel=1e-14)


def test_vector_select_by_powers(b: Builder, evaluate: Callable[..., list[np.ndarray]]) -> None:
    selection, expression = inputs(b, 3), inputs(b, 3, 3)
    number = vectors.vector_select(b, selection, expression, b.number(-1), b.number(5), b.number(0))
    found = evaluate(b, [number], parameter=[2.0, 0.0, 3.0, 5.0, 7.0, 2.0])[0]
    assert found == 5.0**2 * 2.0**3


def test_vector_select_with_an_action_that_changes(
    b: Builder, evaluate: Callable[..., list[np.ndarray]]
) -> None:
    action = b.op("parameter", extra=0)
    number = vectors.vector_select(
        b,
        numbers(b, [1.0, 0.0, 2.0]),
        numbers(b, [3.0, NAN, 5.0]),
        b.number(-1),
        action,
        b.number(0),
    )
    found = evaluate(b, [number], parameter=[np.arange(-1.0, 12.0)])[0]
    expected = [NAN, 13, 30, 3, 10, 6.5, 75, 8, 15, 3, 5, 4, NAN]
    np.testing.assert_allclose(found, expected, rtol=1e-15)


def test_what_is_not_selected_has_no_influence(b: Builder) -> None:
    for action in range(11):
        parts = numbers(b, [0.0, 1.0]), numbers(b, [NAN, 4.0])
        number = vectors.vector_select(b, *parts, b.number(-1), b.number(action), b.number(0))
        assert constants(b, [number]) == [4.0]


def test_vector_select_uses_nan(b: Builder) -> None:
    assert math.isnan(select(b, [NAN, 0.0, 0.0, 0.0], 0))
    assert math.isnan(select(b, [0.0, 0.0, 0.0, 0.0], 0, missing=NAN))


@pytest.mark.parametrize(("error", "broken"), [(0, []), (1, [3]), (2, [0, 2]), (3, [0, 2, 3])])
def test_error_actions_give_nan(b: Builder, error: int, broken: list[int]) -> None:
    found = [math.isnan(select(b, selection, 0, error)) for selection in SELECTIONS]
    assert [i for i, bad in enumerate(found) if bad] == broken


@pytest.mark.parametrize(("action", "error"), [(11, 0), (-1, 0), (2.5, 0), (0, 4), (0, 0.5)])
def test_unknown_actions_are_refused(b: Builder, action: float, error: float) -> None:
    with pytest.raises(ModelError, match="VECTOR SELECT"):
        select(b, SELECTIONS[0], action, error)


def test_an_error_action_that_changes_is_refused(b: Builder) -> None:
    one = [b.number(1)]
    with pytest.raises(ModelError, match="not constant"):
        vectors.vector_select(b, one, one, one[0], b.number(0), b.op("time"))


@pytest.mark.parametrize("extrapolate", [False, True])
def test_vector_lookup(
    b: Builder, evaluate: Callable[..., list[np.ndarray]], extrapolate: bool
) -> None:
    values, x = [1.0, 3.0, 0.1, 0.7], np.array([-2.0, -1.0, 0.0, 0.25, 1.0, 2.0, 2.5, 3.5, np.nan])
    given = [b.op("parameter", extra=i) for i in range(7)]
    found = vectors.vector_lookup(b, given[:4], *given[4:], extrapolate=extrapolate)
    got = evaluate(b, [found], parameter=[*values, x, -1.0, 2.0])[0]
    ends = (-1.0, 0.1 + 2.5 * (0.7 - 0.1)) if extrapolate else (1.0, 0.7)
    between = [1.0, 3.0, 3.0 + 0.25 * (0.1 - 3.0), 0.1, 0.7]
    beyond = 0.7 + 0.5 * (0.7 - 0.1) if extrapolate else 0.7
    np.testing.assert_allclose(got, [ends[0], *between, beyond, ends[1], np.nan], rtol=1e-15)


def test_vector_lookup_in_a_model(tmp_path: Path) -> None:
    text = """s: s1, s2, s3 ~~|
    r: r1, r2 ~~|
    v[r, s] = 1, 2, 4; 0, 5, 0; ~~|
    x[r] = VECTOR LOOKUP(v[r, s1], Time, 0, 4, 0) ~~|"""
    ds = write(tmp_path, text, final=5).run()
    np.testing.assert_array_equal(ds["x"].T, [[1, 1.5, 2, 3, 4, 4], [0, 2.5, 5, 2.5, 0, 0]])
    with pytest.raises(ModelError, match=r"is given 's2', not the first .*; write v\[…s1\]"):
        write(tmp_path, text.replace("r, s1]", "r, s2]")).run()
    with pytest.raises(ModelError, match="VECTOR LOOKUP with mode 2 is not supported"):
        write(tmp_path, text.replace("4, 0)", "4, 2)")).run()
