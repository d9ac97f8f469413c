"""Conditions on plain arrays."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from flatgov.analysis.expectation import evaluate, judge
from flatgov.study.expectation import Comparison, Constant, Course, Function, Operation, Trend

X, Y = Course("x", (), "now"), Course("y", (), "now")
random = np.random.default_rng(5)
VALUES = {X: random.normal(size=(2, 30, 12)), Y: random.normal(size=(2, 30, 12))}
ONE = Constant(1.0)


def results(course: Course) -> np.ndarray:
    return VALUES[course]


@pytest.mark.parametrize("name", ["min", "max", "mean", "drift"])
def test_functions_of_a_period(name: str) -> None:
    found = evaluate(Function(name, X, 3, 7), results)
    for place in np.ndindex(2, 30):
        course = [float(value) for value in VALUES[X][place][3:8]]
        expected = {
            "min": min(course),
            "max": max(course),
            "mean": sum(course) / 5,
            "drift": max(abs(value - course[0]) for value in course) / abs(course[0]),
        }
        assert found[place] == pytest.approx(expected[name], rel=1e-14)


def test_numbers_and_courses_mix() -> None:
    start = Function("at", X, 0, 0)
    distance = Function("abs", Operation("-", Operation("/", X, start), ONE), 0, 11)
    largest = evaluate(Function("max", distance, 0, 11), results)
    x = VALUES[X]
    np.testing.assert_array_equal(largest, abs(x / x[..., :1] - 1).max(axis=-1))
    both = evaluate(Operation("*", start, Operation("+", Y, ONE)), results)
    np.testing.assert_array_equal(both, x[..., :1] * (VALUES[Y] + 1))


def test_the_drift_from_zero_is_in_units() -> None:
    course = np.array([[0.0, 3.0, -4.0, 1.0]])
    assert evaluate(Function("drift", X, 0, 3), lambda _: course).tolist() == [4.0]


def test_a_chain_holds_where_each_link_does() -> None:
    low, middle, high = Function("at", X, 0, 0), Function("at", Y, 0, 0), Function("at", X, 1, 1)
    held, margin = judge([Comparison(("<", "<="), (low, middle, high))], results, (2, 30))
    x, y = VALUES[X], VALUES[Y]
    np.testing.assert_array_equal(held, (x[..., 0] < y[..., 0]) & (y[..., 0] <= x[..., 1]))
    assert 0 < held.sum() < held.size
    np.testing.assert_array_equal(margin > 0, held)


def test_the_margin_is_the_narrowest() -> None:
    pairs = [Comparison((">",), (Constant(10.0), Constant(9.0))), Comparison(("<",), (ONE, ONE))]
    held, margin = judge(pairs[:1], results, (2, 3))
    assert held.all()
    assert margin.tolist() == [[0.1] * 3] * 2
    held, margin = judge(pairs, results, (2, 3))
    assert not held.any()
    assert not margin.any()
    held, margin = judge([Comparison(("<=",), (Constant(0.0), Constant(0.0)))], results, (1,))
    assert held.all()
    assert margin.tolist() == [0.0]


def test_trends_look_at_each_step() -> None:
    course = np.array([[1.0, 2.0, 3.0, 2.5, 2.0], [1.0, 2.0, 2.0, 2.5, 4.0]])
    for first, last in ((0, 2), (0, 4), (2, 4), (3, 4)):
        for name, sign in (("rising", 1), ("falling", -1)):
            held, margin = judge([Trend(name, X, first, last)], lambda _: course, (2,))
            for row, own in enumerate(course):
                steps = [sign * (b - a) for a, b in pairwise(own[first : last + 1])]
                assert held[row] == all(step > 0 for step in steps)
                assert margin[row] == min(steps) / max(own[first : last + 1])


def test_what_does_not_exist_never_holds() -> None:
    course = np.array([[0.0, np.nan, 1.0]])
    ratio = Function("min", Operation("/", X, X), 0, 2)
    for comparison in (Comparison(("<",), (ratio, ONE)), Comparison((">=",), (ratio, ONE))):
        held, margin = judge([comparison], lambda _: course, (1,))
        assert held.tolist() == [False]
        assert np.isnan(margin).all()
    held, _ = judge([Trend("rising", X, 0, 2)], lambda _: course, (1,))
    assert held.tolist() == [False]


def test_a_division_by_zero_never_holds() -> None:
    course = np.array([[-0.5, 0.0, 2.0], [0.5, 0.0, 2.0]])
    first, second = Function("at", X, 0, 0), Function("at", X, 1, 1)
    ratio = Operation("/", first, second)  # minus and plus infinity
    zero = Operation("/", ONE, ratio)
    smallest = Function("min", Operation("/", ONE, X), 0, 2)
    for side in (ratio, zero, smallest, Function("abs", ratio, 0, 0)):
        for symbol in ("<", "<=", ">", ">="):
            for sides in ((side, ONE), (ONE, side), (side, side)):
                held, margin = judge([Comparison((symbol,), sides)], lambda _: course, (2,))
                assert held.tolist() == [False, False]
                assert np.isnan(margin).all()
    held, _ = judge([Trend("rising", X, 0, 1)], lambda _: np.array([[1.0, np.inf]]), (1,))
    assert held.tolist() == [False]
