"""Rank correlations against scipy, and partial ones against two regressions."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import rankdata, spearmanr

from flatgov.analysis.rank_correlation import (
    chance_limit,
    degrees_of_freedom,
    fisher_interval,
    is_few,
    partial_correlations,
    rank_correlations,
)

FloatArray = NDArray[np.float64]


def some_draws(seed: int, draws: int = 80) -> tuple[FloatArray, FloatArray]:
    rng = np.random.default_rng(seed)
    sample = rng.normal(size=(draws, 4))
    sample[:, 1] += 0.6 * sample[:, 0]
    sample[:, 3] = rng.integers(3, size=draws)  # with ties
    signal = np.exp(sample[:, 0]) - sample[:, 1] + 0.3 * sample[:, 3]
    outputs = signal[:, None, None] * rng.normal(size=(2, 3)) + rng.normal(size=(draws, 2, 3))
    return sample, outputs


def by_two_regressions(sample: FloatArray, output: FloatArray, place: int) -> float:
    ranks, result = rankdata(sample, axis=0), rankdata(output)
    others = np.column_stack([np.ones(len(ranks)), np.delete(ranks, place, axis=1)])

    def rest(values: FloatArray) -> FloatArray:
        return values - others @ np.linalg.lstsq(others, values, rcond=None)[0]

    return float(np.corrcoef(rest(ranks[:, place]), rest(result))[0, 1])


@pytest.mark.parametrize("seed", range(3))
def test_against_scipy_and_two_regressions(seed: int) -> None:
    sample, outputs = some_draws(seed)
    found = rank_correlations(sample, outputs)
    for place in range(4):
        for row, time in np.ndindex(2, 3):
            output = outputs[:, row, time]
            assert found.rho[place, row, time] == pytest.approx(
                spearmanr(sample[:, place], output).statistic, abs=1e-12
            )
            assert found.prcc[place, row, time] == pytest.approx(
                by_two_regressions(sample, output, place), abs=1e-10
            )


def test_a_full_explanation_is_one() -> None:
    rng = np.random.default_rng(2)
    sample = rng.random((60, 3))
    ranks = rankdata(sample, axis=0)
    among = np.corrcoef(ranks.T)
    output = 2 * ranks[:, 0] - ranks[:, 1]
    with_output = np.array([[np.corrcoef(column, output)[0, 1]] for column in ranks.T])
    partial = partial_correlations(among, with_output)[:, 0]
    np.testing.assert_allclose(partial[:2], [1.0, -1.0], atol=1e-9)
    alone = rank_correlations(sample[:, :1], np.exp(sample[:, :1]))
    for array in (alone.rho, alone.rho_low, alone.rho_high, alone.prcc):
        assert array[0, 0] == pytest.approx(1.0, abs=1e-12)


def test_what_does_not_vary_has_no_correlation() -> None:
    sample, outputs = some_draws(5)
    sample[:, 2] = 3.0
    outputs[:, 0, 0] = 7.0
    marked = np.zeros((2, 3), dtype=np.bool_)
    marked[1, 2] = True
    found = rank_correlations(sample, outputs, marked)
    for array in (found.rho, found.rho_low, found.prcc, found.prcc_high):
        assert np.isnan(array[2]).all()
        assert np.isnan(array[:, 0, 0]).all()
        assert np.isnan(array[:, 1, 2]).all()
        assert np.isfinite(array[[0, 1, 3]][:, 1, :2]).all()
    # The constant one is no quantity that could be held fixed.
    without = rank_correlations(sample[:, [0, 1, 3]], outputs)
    np.testing.assert_allclose(found.prcc[0, 1, 1], without.prcc[0, 1, 1], rtol=1e-12)
    np.testing.assert_allclose(found.prcc_low[0, 1, 1], without.prcc_low[0, 1, 1], rtol=1e-12)


def test_too_few_draws_have_no_partial_correlation() -> None:
    # Four quantities need more than six draws.
    rng = np.random.default_rng(3)
    sample, outputs = rng.random((7, 4)), rng.random((7, 2))
    found = rank_correlations(sample[:6], outputs[:6])
    assert np.isfinite(found.rho).all()
    assert np.isnan(found.prcc).all()
    found = rank_correlations(sample, outputs)
    for array in (found.prcc, found.prcc_low, found.prcc_high):
        assert np.isfinite(array).all()


@pytest.mark.parametrize(("draws", "quantities", "held"), [(60, 20, 19), (60, 20, 0), (200, 5, 4)])
def test_the_largest_of_chance_stays_below_its_limit(
    draws: int, quantities: int, held: int
) -> None:
    limit = chance_limit(draws, quantities, held)
    rng = np.random.default_rng(7)
    repeats = 400
    below = 0
    for _ in range(repeats):
        found = rank_correlations(rng.random((draws, quantities)), rng.random((draws, 1)))
        below += float(np.abs(found.prcc if held else found.rho).max()) < limit
    # Three standard errors of the share; Bonferroni's inequality is nearly an equality here.
    assert abs(below / repeats - 0.95) < 3 * np.sqrt(0.95 * 0.05 / repeats)


def test_too_few_draws_limit_no_correlation() -> None:
    assert chance_limit(10, 8, 7) == 1.0
    assert chance_limit(11, 8, 7) < 1.0


def test_few_is_less_than_two_degrees_of_freedom_each() -> None:
    assert is_few(200, 153)
    assert is_few(3 * 153 + 1, 153)
    assert not is_few(3 * 153 + 2, 153)
    assert degrees_of_freedom(200, 153) == 45


def test_quantities_that_are_one_have_no_partial_correlation() -> None:
    sample, outputs = some_draws(7)
    sample[:, 2] = 5 * sample[:, 0]
    found = rank_correlations(sample, outputs)
    assert np.isnan(found.prcc).all()
    assert np.isfinite(found.rho).all()


def test_intervals_cover_the_correlations_of_the_population() -> None:
    # Normal variables with the correlation r have the rank correlation 6/pi asin(r/2), and the
    # partial rank correlation follows from those by its definition.
    correlation = np.array([[1.0, 0.5, 0.6], [0.5, 1.0, 0.2], [0.6, 0.2, 1.0]])
    ranks = 6 / np.pi * np.arcsin(correlation / 2)
    partial = partial_correlations(ranks[:2, :2], ranks[:2, 2:])[:, 0]
    rng = np.random.default_rng(11)
    root = np.linalg.cholesky(correlation)
    rho, prcc = [], []
    for _ in range(400):
        values = rng.normal(size=(100, 3)) @ root.T
        found = rank_correlations(values[:, :2], values[:, 2:])
        lows, highs = found.rho_low[:, 0], found.rho_high[:, 0]
        rho.append((lows <= ranks[:2, 2]) & (ranks[:2, 2] <= highs))
        lows, highs = found.prcc_low[:, 0], found.prcc_high[:, 0]
        prcc.append((lows <= partial) & (partial <= highs))
    assert 0.93 <= np.mean(rho) <= 0.97
    assert 0.93 <= np.mean(prcc) <= 0.97


def test_the_interval_is_that_of_fisher() -> None:
    low, high = fisher_interval(np.array([0.5]), 52)
    error = np.sqrt((1 + 0.125) / 49)
    assert np.arctanh(high[0]) - np.arctanh(0.5) == pytest.approx(1.959964 * error, rel=1e-6)
    assert np.arctanh(0.5) - np.arctanh(low[0]) == pytest.approx(1.959964 * error, rel=1e-6)
    assert np.isnan(fisher_interval(np.array([0.5]), 3)[0]).all()
