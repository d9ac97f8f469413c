"""Conditions of behaviour tests on results: which draws show the pattern, and how narrowly."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from flatgov.study.expectation import (
    Comparison,
    Condition,
    Constant,
    Course,
    Function,
    Operation,
    Term,
    Trend,
    Whenever,
)

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

# Gives (..., time) values of a variable under a policy, of one shape for all.
Results = Callable[[Course], FloatArray]


def judge(
    conditions: Sequence[Condition], results: Results, shape: tuple[int, ...]
) -> tuple[BoolArray, FloatArray]:
    """Tell where all conditions hold, and by how much.

    The margin of a comparison is the distance of its two sides as a share of the larger of them,
    positive where it holds; that of ``rising`` and ``falling`` the smallest step in that direction
    as a share of the largest value; that of `Whenever` the smallest at a time at which its `when`
    holds, infinite if there is none. The margin of all conditions is the smallest.

    Args:
        conditions: At least one.
        results: The values, each of shape (*shape, time).
        shape: Of the runs: scenarios and draws, say.

    Returns:
        Of `shape`: whether all hold, and the margin. What is made of a number that does not exist
        does not exist either, such as 1 / 0 or the smallest of a course with 1 / 0 in it; there
        nothing holds and the margin is NaN.
    """
    holds, margin = np.ones(shape, dtype=np.bool_), np.full(shape, np.inf)
    with np.errstate(all="ignore"):
        for condition in conditions:
            if isinstance(condition, Trend):
                own, distance = _judge_trend(condition, results)
            elif isinstance(condition, Whenever):
                own, distance = _judge_whenever(condition, results)
            else:
                own, distance = _judge_comparison(condition, results)
            holds &= own
            margin = np.minimum(margin, distance)
    return np.asarray(holds), np.asarray(margin)


def _judge_comparison(comparison: Comparison, results: Results) -> tuple[BoolArray, FloatArray]:
    return _compare(comparison.symbols, [evaluate(side, results) for side in comparison.sides])


def _judge_whenever(condition: Whenever, results: Results) -> tuple[BoolArray, FloatArray]:
    """Compare time by time; a number that does not exist makes no condition hold."""
    when, holds, margin = np.asarray(True), np.asarray(True), np.asarray(np.inf)
    for comparison in condition.when:
        when = when & _compare(comparison.symbols, _over_time(comparison, results))[0]
    for comparison in condition.expect:
        own, distance = _compare(comparison.symbols, _over_time(comparison, results))
        holds, margin = holds & own, np.minimum(margin, distance)
    margin = np.where(when, margin, np.inf)
    return np.asarray((holds | ~when).all(axis=-1)), np.asarray(margin.min(axis=-1))


def _over_time(comparison: Comparison, results: Results) -> list[FloatArray]:
    """Give the sides of a comparison with time as last dimension, of length 1 for a number."""
    found = [_with_time(side, results) for side in comparison.sides]
    return [values if moves else values[..., None] for values, moves in found]


def _compare(symbols: Sequence[str], sides: Sequence[FloatArray]) -> tuple[BoolArray, FloatArray]:
    holds, margin = np.asarray(True), np.asarray(np.inf)
    for symbol, (left, right) in zip(symbols, pairwise(sides), strict=True):
        low, high = (left, right) if symbol in ("<", "<=") else (right, left)
        holds = np.asarray(holds & ((low <= high) if "=" in symbol else (low < high)))
        largest = np.maximum(np.abs(low), np.abs(high))
        margin = np.asarray(np.minimum(margin, _share(high - low, largest)))
    return np.asarray(holds), np.asarray(margin)


def _judge_trend(trend: Trend, results: Results) -> tuple[BoolArray, FloatArray]:
    course = evaluate(trend.term, results)[..., trend.first : trend.last + 1]
    steps = np.diff(course) * (1.0 if trend.name == "rising" else -1.0)
    return np.asarray((steps > 0).all(axis=-1)), _share(
        steps.min(axis=-1), np.abs(course).max(axis=-1)
    )


def _share(part: FloatArray, whole: FloatArray) -> FloatArray:
    return np.asarray(part / np.where(whole == 0, 1.0, whole))


def evaluate(term: Term, results: Results) -> FloatArray:
    """Give the values of a term.

    Args:
        term: The term.
        results: The values that it is made of.

    Returns:
        (..., time) of a course; of a number without the time, or of no dimension for one that
        results have no part in. NaN stands for every number that does not exist or is infinite.
    """
    return _with_time(term, results)[0]


def _with_time(term: Term, results: Results) -> tuple[FloatArray, bool]:
    """Give the values of a term, and whether their last dimension is time."""
    match term:
        case Constant(value):
            return np.asarray(value), False
        case Course():
            return _existing(results(term)), True
        case Operation(symbol, left, right):
            one, one_moves = _with_time(left, results)
            other, other_moves = _with_time(right, results)
            if one_moves and not other_moves:
                other = other[..., None]
            if other_moves and not one_moves:
                one = one[..., None]
            return _existing(_OPERATIONS[symbol](one, other)), one_moves or other_moves
        case Function("abs", inner):
            values, moves = _with_time(inner, results)
            return np.abs(values), moves
        case Function(name, inner, first, last):
            values = evaluate(inner, results)[..., first : last + 1]
            return _existing(_REDUCTIONS[name](values)), False


def _existing(values: FloatArray) -> FloatArray:
    """Put NaN for infinity, which would compare, and vanish in 1 / (1 / 0) or in a minimum."""
    finite = np.isfinite(values)
    return values if finite.all() else np.where(finite, values, np.nan)


def _drift(course: FloatArray) -> FloatArray:
    """Give the largest distance from the first value as a share of it; where that is 0, of 1."""
    start = course[..., :1]
    distance = np.abs(course - start).max(axis=-1)
    return _share(distance, np.abs(start[..., 0]))


_OPERATIONS: dict[str, Callable[[FloatArray, FloatArray], FloatArray]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
}
_REDUCTIONS: dict[str, Callable[[FloatArray], FloatArray]] = {
    "at": lambda course: course[..., 0],
    "min": lambda course: course.min(axis=-1),
    "max": lambda course: course.max(axis=-1),
    "mean": lambda course: course.mean(axis=-1),
    "drift": _drift,
}
