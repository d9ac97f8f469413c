"""Quantile functions against SciPy, which shares no formula with most of them."""

import math
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats

from flatgov.study.distributions import (
    LARGEST,
    SMALLEST,
    Beta,
    Discrete,
    Lognormal,
    Normal,
    Scipy,
    Triangular,
    Uniform,
    holds,
)

U = np.concatenate([[1e-12, 1e-6], np.linspace(0.001, 0.999, 301), [1 - 1e-6, 1 - 1e-12]])
AT = st.floats(-1e6, 1e6)
SIZE = st.floats(1e-3, 1e6)
SHAPE = st.floats(0.1, 50.0)

EACH = {
    "uniform": Uniform(-2.0, 3.0),
    "triangular": Triangular(4.0, 7.0, 10.0),
    "triangular, mode at its end": Triangular(4.0, 4.0, 10.0),
    "normal": Normal(5.0, 2.0),
    "normal, cut": Normal(5.0, 2.0, 4.0, 20.0),
    "normal, cut far above": Normal(0.0, 1.0, 4.0, 5.0),
    "normal, cut far below": Normal(0.0, 1.0, -5.5, -4.0),
    "lognormal": Lognormal(3.0, 0.5),
    "lognormal, cut": Lognormal(3.0, 0.5, 1.0, 9.0),
    "beta": Beta(2.0, 5.0, 10.0, 20.0),
    "discrete": Discrete((1.0, 2.0, 5.0), (1.0, 2.0, 1.0)),
    "gamma": Scipy("gamma", (("a", 2.0), ("scale", 3.0))),
    "gamma, cut": Scipy("gamma", (("a", 2.0), ("scale", 3.0)), 1.0, 12.0),
    "gamma, cut above": Scipy("gamma", (("a", 2.0), ("scale", 3.0)), 9.0),
    "whole numbers": Scipy("randint", (("low", 1.0), ("high", 7.0))),
}


@given(AT, SIZE)
def test_uniform(low: float, width: float) -> None:
    expected = stats.uniform(low, width).ppf(U)
    np.testing.assert_allclose(Uniform(low, low + width)(U), expected, rtol=1e-9, atol=1e-9)


@given(AT, SIZE, st.floats(0.0, 1.0))
def test_triangular(low: float, width: float, share: float) -> None:
    mode = min(low + share * width, low + width)
    shape = min((mode - low) / width, 1.0)  # SciPy has none beyond, by rounding either
    expected = stats.triang(shape, low, width).ppf(U)
    found = Triangular(low, mode, low + width)(U)
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-7 * width)


@given(AT, SIZE)
def test_normal(mean: float, sd: float) -> None:
    np.testing.assert_allclose(Normal(mean, sd)(U), stats.norm(mean, sd).ppf(U), rtol=1e-9)


@given(SIZE, st.floats(0.01, 2.0))
def test_lognormal_by_its_median_and_the_spread_of_its_logarithm(
    median: float, sigma: float
) -> None:
    expected = stats.lognorm(sigma, scale=median).ppf(U)
    np.testing.assert_allclose(Lognormal(median, sigma)(U), expected, rtol=1e-9)
    assert Lognormal(median, sigma)(np.array([0.5]))[0] == median


@given(SHAPE, SHAPE)
def test_beta(a: float, b: float) -> None:
    expected = 2.0 + 3.0 * stats.beta(a, b).ppf(U)
    np.testing.assert_allclose(Beta(a, b, 2.0, 5.0)(U), expected, rtol=1e-8)


@given(st.floats(-4.0, 4.0), st.floats(0.01, 4.0))
def test_a_cut_normal_against_the_one_of_scipy(low: float, width: float) -> None:
    high = low + width
    expected = stats.truncnorm(low, high, loc=10.0, scale=2.0).ppf(U)
    found = Normal(10.0, 2.0, 10.0 + 2.0 * low, 10.0 + 2.0 * high)(U)
    np.testing.assert_allclose(found, expected, rtol=1e-7)


@settings(deadline=None)
@given(st.floats(0.5, 20.0), st.floats(0.1, 20.0))
def test_a_cut_one_of_scipy_by_its_distribution_function(low: float, width: float) -> None:
    whole = stats.gamma(2.0, scale=3.0)
    u = np.linspace(0.01, 0.99, 33)
    found = Scipy("gamma", (("a", 2.0), ("scale", 3.0)), low, low + width)(u)
    inside = (whole.cdf(found) - whole.cdf(low)) / (whole.cdf(low + width) - whole.cdf(low))
    np.testing.assert_allclose(inside, u, rtol=1e-6)


def test_the_mean_of_a_cut_lognormal_by_integration() -> None:
    cut = Lognormal(3.0, 0.5, 1.0, 9.0)
    found, _ = integrate.quad(lambda u: float(cut(np.array([u]))[0]), 0.0, 1.0, epsabs=1e-11)
    whole = stats.lognorm(0.5, scale=3.0)
    mass = whole.cdf(9.0) - whole.cdf(1.0)
    expected = whole.expect(lambda x: x, lb=1.0, ub=9.0) / mass
    assert found == pytest.approx(expected, rel=1e-8)
    assert cut.mass == pytest.approx(mass, rel=1e-12)


def test_weights_are_exact() -> None:
    steps = (np.arange(1000) + 0.5) / 1000
    values, counts = np.unique(
        Discrete((1.0, 2.0, 5.0), (1.0, 2.0, 1.0))(steps), return_counts=True
    )
    assert values.tolist() == [1.0, 2.0, 5.0]
    assert counts.tolist() == [250, 500, 250]
    ten = Discrete(tuple(map(float, range(10))), (0.1,) * 10)(steps)
    assert np.unique(ten, return_counts=True)[1].tolist() == [100] * 10


@pytest.mark.parametrize("one", EACH.values(), ids=EACH)
def test_ends_are_finite_and_inside(one) -> None:
    ends = one(np.array([0.0, SMALLEST, 0.5, LARGEST, 1.0]))
    low, high = one.support
    assert np.isfinite(ends).all()
    assert (np.diff(ends) >= 0).all()
    assert ends[0] == ends[1]
    assert ends[3] == ends[4]
    assert low <= ends[0]
    assert ends[-1] <= high


@pytest.mark.parametrize("one", EACH.values(), ids=EACH)
def test_a_value_depends_on_its_own_probability_alone(one) -> None:
    u = np.random.default_rng(1).random(1003)
    whole = one(u)
    assert np.array_equal(whole, np.concatenate([one(u[n : n + 7]) for n in range(0, 1003, 7)]))
    matrix = np.stack([u, u], axis=1)
    assert np.array_equal(whole, one(matrix[:, 1]))
    assert np.array_equal(whole, pickle.loads(pickle.dumps(one))(u))


@pytest.mark.parametrize("one", EACH.values(), ids=EACH)
def test_it_holds_what_it_gives(one) -> None:
    assert all(holds(one, value) for value in one(np.linspace(0.01, 0.99, 9)))
    assert not holds(one, -1e9) or one.support[0] == -math.inf


def test_what_lies_between_the_values_is_not_held() -> None:
    assert not holds(EACH["discrete"], 3.0)
    assert not holds(EACH["whole numbers"], 2.5)
    assert not holds(EACH["whole numbers"], 7.0)


def test_in_words() -> None:
    texts = [one.text for one in EACH.values()]
    assert texts == [
        "uniform -2, 3",
        "triangular 4, 7, 10",
        "triangular 4, 4, 10",
        "normal 5, 2",
        "normal 5, 2, within 4 to 20",
        "normal 0, 1, within 4 to 5",
        "normal 0, 1, within -5.5 to -4",
        "lognormal 3, 0.5",
        "lognormal 3, 0.5, within 1 to 9",
        "beta 2, 5, within 10 to 20",
        "discrete 1 (25 %), 2 (50 %), 5 (25 %)",
        "scipy.gamma a = 2, scale = 3",
        "scipy.gamma a = 2, scale = 3, within 1 to 12",
        "scipy.gamma a = 2, scale = 3, at least 9",
        "scipy.randint low = 1, high = 7",
    ]
