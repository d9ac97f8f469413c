from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from scipy import special, stats

from flatgov.kernel.builder import Builder
from flatgov.kernel.lower import randoms

Evaluate = Callable[..., list[np.ndarray]]
Array = np.ndarray
INF = math.inf
# The middle of each of many equal shares: what uniform numbers are like when they are many.
UNIFORM = (np.arange(4001) + 0.5) / 4001


def draw(evaluate: Evaluate, function: Callable[..., int], arguments: Sequence[float]) -> Array:
    """Draw for every member; the arguments are not known when the program is built."""
    b = Builder()
    given = [b.op("parameter", extra=i) for i in range(len(arguments))]
    drawn = function(b, 5, *given, b.number(0))
    return evaluate(b, [drawn], parameter=list(arguments), random={5: UNIFORM})[0]


def check(drawn: Array, share_below: Callable[[Array], Array], accuracy: float = 1e-13) -> None:
    """Check that the k-th of n draws has (k + 1/2)/n of the distribution below it."""
    np.testing.assert_allclose(share_below(drawn), UNIFORM, rtol=0, atol=accuracy)


def cut(share_below: Callable[[Array], Array], low: float, high: float) -> Callable[[Array], Array]:
    start, end = share_below(np.array(low)), share_below(np.array(high))
    return lambda x: (share_below(x) - start) / (end - start)


def test_random_0_1_is_the_uniform_number_of_seed_0(b: Builder) -> None:
    drawn = randoms.random_0_1(b, 7)
    assert b.operations[drawn] == ("random", (b.number(0),), 7)
    assert randoms.random_uniform(b, 7, b.number(0), b.number(1), b.number(0)) != drawn


def test_uniform(evaluate: Evaluate) -> None:
    check(draw(evaluate, randoms.random_uniform, (-2.0, 6.0)), lambda x: (x + 2) / 8)


@pytest.mark.parametrize(
    ("low", "high"), [(-1.0, 3.0), (-1e9, 1e9), (-INF, INF), (2.0, 2.5), (-8.0, 0.0), (0.0, INF)]
)
def test_normal(evaluate: Evaluate, low: float, high: float) -> None:
    drawn = draw(evaluate, randoms.random_normal, (low, high, 1.0, 2.0))
    check(drawn, cut(stats.norm(1.0, 2.0).cdf, low, high), 1e-12)


@pytest.mark.parametrize("side", [-1.0, 1.0])
def test_the_far_ends_of_the_normal_distribution(evaluate: Evaluate, side: float) -> None:
    low, high = sorted((10.0 * side, 12.0 * side))
    drawn = draw(evaluate, randoms.random_normal, (low, high, 0.0, 1.0))
    share = cut(special.ndtr, -12.0, -10.0)(-side * drawn)
    np.testing.assert_allclose(share if side < 0 else 1 - share, UNIFORM, rtol=0, atol=1e-12)


@pytest.mark.parametrize(("low", "high"), [(0.0, 5.0), (0.0, INF), (2.0, 2.5), (-9.0, 60.0)])
def test_exponential(evaluate: Evaluate, low: float, high: float) -> None:
    drawn = draw(evaluate, randoms.random_exponential, (low, high, 1.0, 2.0))
    check(drawn, cut(stats.expon(1.0, 2.0).cdf, low, high))


@pytest.mark.parametrize("shape", [0.7, 1.0, 2.5])
@pytest.mark.parametrize(("low", "high"), [(-1e3, 1e3), (3.5, 6.0)])
def test_weibull_has_the_mean_one(
    evaluate: Evaluate, low: float, high: float, shape: float
) -> None:
    drawn = draw(evaluate, randoms.random_weibull, (low, high, shape, 3.0, 2.0))
    scale = 2.0 / math.gamma(1.0 + 1.0 / shape)
    check(drawn, cut(stats.weibull_min(shape, 3.0, scale).cdf, low, high))


@pytest.mark.parametrize("peak", [1.0, 0.0, 4.0])
@pytest.mark.parametrize(("low", "high"), [(-9.0, 9.0), (0.5, 2.5), (2.0, INF)])
def test_triangular(evaluate: Evaluate, low: float, high: float, peak: float) -> None:
    drawn = draw(evaluate, randoms.random_triangular, (low, high, 0.0, peak, 4.0))
    check(drawn, cut(stats.triang(peak / 4, 0.0, 4.0).cdf, low, high))


LIMITS = [
    (randoms.random_uniform, ()),
    (randoms.random_normal, (1.0, 2.0)),
    (randoms.random_exponential, (1.0, 2.0)),
    (randoms.random_weibull, (2.0, 1.0, 2.0)),
    (randoms.random_triangular, (0.0, 1.0, 4.0)),
]


@pytest.mark.parametrize(("function", "rest"), LIMITS)
def test_limits_the_wrong_way_round_give_nan(
    evaluate: Evaluate, function: Callable[..., int], rest: tuple[float, ...]
) -> None:
    assert np.isnan(draw(evaluate, function, (3.0, 2.0, *rest))).all()


@pytest.mark.parametrize(("function", "rest"), LIMITS)
def test_draws_keep_to_the_limits(
    evaluate: Evaluate, function: Callable[..., int], rest: tuple[float, ...]
) -> None:
    drawn = draw(evaluate, function, (1.1, 1.1 + 1e-15, *rest))
    assert ((drawn >= 1.1) & (drawn <= 1.1 + 1e-15)).all()


@pytest.mark.parametrize(("function", "rest"), LIMITS)
def test_nan_in_any_argument_gives_nan(
    evaluate: Evaluate, function: Callable[..., int], rest: tuple[float, ...]
) -> None:
    arguments = [1.5, 3.0, *rest]
    assert np.isfinite(draw(evaluate, function, arguments)).all()
    for place in range(len(arguments)):
        broken = [math.nan if i == place else x for i, x in enumerate(arguments)]
        assert np.isnan(draw(evaluate, function, broken)).all()


@pytest.mark.parametrize(("function", "rest"), LIMITS[2:])
def test_limits_without_the_distribution_give_nan(
    evaluate: Evaluate, function: Callable[..., int], rest: tuple[float, ...]
) -> None:
    assert np.isnan(draw(evaluate, function, (-2.0, -1.0, *rest))).all()


@pytest.mark.parametrize(("function", "rest"), LIMITS[1:4])
def test_no_stretch_gives_the_shift(
    evaluate: Evaluate, function: Callable[..., int], rest: tuple[float, ...]
) -> None:
    for low, high, expected in ((0.0, 2.0, 1.0), (1.0, 2.0, 1.0), (1.5, 2.0, 1.5)):
        drawn = draw(evaluate, function, (low, high, *rest[:-1], 0.0))
        assert (drawn == expected).all()


@pytest.mark.parametrize(("function", "rest"), LIMITS[1:4])
def test_a_negative_stretch_gives_nan(
    evaluate: Evaluate, function: Callable[..., int], rest: tuple[float, ...]
) -> None:
    assert np.isnan(draw(evaluate, function, (0.0, 2.0, *rest[:-1], -1.0))).all()


def test_a_peak_outside_gives_nan(evaluate: Evaluate) -> None:
    for peak in (-1.0, 5.0):
        drawn = draw(evaluate, randoms.random_triangular, (0.0, 4.0, 0.0, peak, 4.0))
        assert np.isnan(drawn).all()


def test_a_triangle_without_width_is_a_number(evaluate: Evaluate) -> None:
    assert (draw(evaluate, randoms.random_triangular, (0.0, 4.0, 2.0, 2.0, 2.0)) == 2.0).all()
