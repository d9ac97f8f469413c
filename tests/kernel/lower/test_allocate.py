from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from scipy.optimize import brentq

from flatgov.errors import ModelError
from flatgov.kernel.builder import Builder
from flatgov.kernel.lower.allocate import allocate_available, allocate_by_priority

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from pysd.py_backend import allocation as pysd

Evaluate = Callable[..., list[np.ndarray]]
MEMBERS = 25


def available_program(shapes: Sequence[float]) -> tuple[Builder, list[int]]:
    """One program for all requests, priorities, widths and the supply, in that order."""
    b, count = Builder(), len(shapes)
    given = [b.op("parameter", extra=i) for i in range(3 * count + 1)]
    profiles = [
        (b.number(shape), given[count + i], given[2 * count + i], b.number(0))
        for i, shape in enumerate(shapes)
    ]
    return b, allocate_available(b, given[:count], profiles, given[-1])


def by_priority_program(count: int) -> tuple[Builder, list[int]]:
    """One program for all requests, priorities, the width and the supply, in that order."""
    b = Builder()
    given = [b.op("parameter", extra=i) for i in range(2 * count + 2)]
    return b, allocate_by_priority(b, given[:count], given[count:-2], *given[-2:])


def by_priority(
    requests: Sequence[float], priorities: Sequence[float], width: float, supply: float
) -> list[float | None]:
    b = Builder()
    given, order = ([b.number(x) for x in values] for values in (requests, priorities))
    shares = allocate_by_priority(b, given, order, b.number(width), b.number(supply))
    return [b.value(share) for share in shares]


@pytest.mark.parametrize(
    "shapes", [(1, 1, 1), (2, 2, 2), (3, 3, 3), (4, 4, 4), (1, 2, 3, 4, 1), (1,) * 10]
)
def test_allocate_available_clears_the_market_of_pysds_curves(
    evaluate: Evaluate, shapes: tuple[int, ...]
) -> None:
    random, count = np.random.default_rng(len(shapes)), len(shapes)
    requests = random.uniform(0.0, 100.0, (MEMBERS, count))
    priorities = random.uniform(0.0, 10.0, (MEMBERS, count))
    widths = random.uniform(0.5, 5.0, (MEMBERS, count))
    supply = random.uniform(0.0, 1.1, MEMBERS) * requests.sum(axis=1)
    b, shares = available_program(shapes)
    sources = [*requests.T, *priorities.T, *widths.T, supply]
    found = np.array(evaluate(b, shares, parameter=sources)).T
    np.testing.assert_allclose(
        found.sum(axis=1), np.minimum(supply, requests.sum(axis=1)), rtol=1e-14
    )
    kinds = np.broadcast_to(np.array(shapes, float), requests.shape)
    profiles = np.stack([kinds, priorities, widths, 0 * widths], axis=2)
    for got, request, profile, amount in zip(found, requests, profiles, supply, strict=True):
        np.testing.assert_allclose(got, cleared(request, profile, amount), rtol=0, atol=1e-9)


def cleared(requests: np.ndarray, profiles: np.ndarray, supply: float) -> np.ndarray:
    """PySD's own search for the price fails between curves that do not overlap."""
    if supply >= requests.sum():
        return requests
    curves = [
        pysd.Priorities.get_function_demand(request, profile)[0]
        for request, profile in zip(requests, profiles, strict=True)
    ]
    price = brentq(
        lambda x: sum(curve(x) for curve in curves) - supply, -300, 300, xtol=1e-13, rtol=1e-14
    )
    return np.array([curve(price) for curve in curves])


def test_levels_between_far_priorities(evaluate: Evaluate) -> None:
    b, shares = available_program((2, 2))
    sources = [100.0, 50.0, 20.0, 2.0, 1.0, 1.0, np.array([40.0, 100.0, 110.0, 150.0])]
    first, second = evaluate(b, shares, parameter=sources)
    np.testing.assert_allclose(first, [40, 100, 100, 100], rtol=1e-14)
    np.testing.assert_allclose(second, [0, 0, 10, 50], rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("shape", [1, 2, 3, 4])
def test_equal_priorities_share_alike(evaluate: Evaluate, shape: int) -> None:
    b, shares = available_program((shape, shape))
    for supply in (1e-6, 1.0, 30.0, 59.999):
        found = evaluate(b, shares, parameter=[40.0, 20.0, 5.0, 5.0, 2.0, 2.0, supply])
        np.testing.assert_allclose(found, [supply * 2 / 3, supply / 3], rtol=1e-12)


@pytest.mark.parametrize("shape", [1, 2, 3, 4])
def test_all_or_nothing(evaluate: Evaluate, shape: int) -> None:
    b, shares = available_program((shape, shape))
    for supply, expected in ((60.0, [40.0, 20.0]), (99.0, [40.0, 20.0]), (0.0, [0.0, 0.0])):
        found = evaluate(b, shares, parameter=[40.0, 20.0, 5.0, 9.0, 2.0, 3.0, supply])
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("place", range(7))
@pytest.mark.parametrize("shape", [1, 3])
def test_nan_and_undefined_input_gives_nan(evaluate: Evaluate, shape: int, place: int) -> None:
    b, shares = available_program((shape, shape))
    sources = [40.0, 20.0, 5.0, 9.0, 2.0, 3.0, 30.0]
    sources[place] = math.nan
    assert np.isnan(evaluate(b, shares, parameter=sources)).all()
    for wrong in {0: [-1.0], 4: [0.0, -2.0]}.get(place, []):
        sources[place] = wrong
        assert np.isnan(evaluate(b, shares, parameter=sources)).all()


@pytest.mark.parametrize(
    ("shape", "name"),
    [(0, "fixed quantity"), (5, "constant elasticity"), (13, "whole numbers"), (1.5, "1.5")],
)
def test_shapes_that_are_not_supported_are_refused_by_name(shape: float, name: str) -> None:
    with pytest.raises(ModelError, match=f"ALLOCATE AVAILABLE .*{name}"):
        available_program((1, shape))


def test_a_shape_that_changes_is_refused(b: Builder) -> None:
    one = b.number(1)
    with pytest.raises(ModelError, match="not constant"):
        allocate_available(b, [one], [(b.op("time"), one, one, one)], one)


@pytest.mark.parametrize(
    ("shapes", "most"), [((1,) * 3, 400), ((2,) * 5, 2000), ((1, 2, 3, 4, 2) * 2, 4000)]
)
def test_programs_stay_small(shapes: tuple[int, ...], most: int) -> None:
    assert len(available_program(shapes)[0].operations) <= most


@pytest.mark.parametrize("count", [1, 2, 3, 6])
def test_allocate_by_priority_is_that_of_pysd(evaluate: Evaluate, count: int) -> None:
    random = np.random.default_rng(count)
    requests = random.uniform(0.0, 10.0, (MEMBERS, count)) * random.integers(0, 2, (MEMBERS, count))
    requests[:, 0] += 1.0
    priorities = random.integers(0, 8, (MEMBERS, count)) / 2.0
    width = random.uniform(0.5, 5.0, MEMBERS)
    supply = random.uniform(0.0, 1.1, MEMBERS) * requests.sum(axis=1)
    b, shares = by_priority_program(count)
    found = np.array(evaluate(b, shares, parameter=[*requests.T, *priorities.T, width, supply])).T
    for i in range(MEMBERS):
        expected = pysd._allocate_by_priority_1d(requests[i], priorities[i], width[i], supply[i])
        np.testing.assert_allclose(found[i], expected, rtol=0, atol=1e-12)


def test_a_gap_of_the_width_serves_the_higher_first() -> None:
    requests, priorities = [10.0, 6.0, 3.0], [2.0, 7.0, 4.5]
    assert by_priority(requests, priorities, 2.5, 5.0) == pytest.approx([0, 5, 0], abs=1e-14)
    assert by_priority(requests, priorities, 2.5, 8.0) == pytest.approx([0, 6, 2], abs=1e-14)
    assert by_priority(requests, priorities, 2.5, 19.0) == requests


def test_a_smaller_gap_shares() -> None:
    # The second starts when the first has half of what it asked for; from there both rise alike.
    assert by_priority([4.0, 4.0], [2.0, 1.0], 2.0, 2.0) == pytest.approx([2, 0], abs=1e-14)
    assert by_priority([4.0, 4.0], [2.0, 1.0], 2.0, 4.0) == pytest.approx([3, 1], abs=1e-14)
    assert by_priority([4.0, 4.0], [2.0, 1.0], 2.0, 7.0) == pytest.approx([4, 3], abs=1e-14)
