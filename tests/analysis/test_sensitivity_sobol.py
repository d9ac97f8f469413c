"""Sobol indices against functions whose variance decomposition is known on paper."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from flatgov.analysis.sobol import (
    Indices,
    Pair,
    make_pair,
    resampled,
    saltelli_rows,
    sobol_indices,
    with_interval,
)
from flatgov.study.design import Design, unit_rows

FloatArray = NDArray[np.float64]
Function = Callable[[FloatArray], FloatArray]

WEIGHTS = np.array([0.0, 1.0, 4.5, 9.0, 99.0, 99.0])


@dataclass(frozen=True)
class Case:
    run: Function
    first: FloatArray
    total: FloatArray


def ishigami() -> Case:
    """Ishigami and Homma (1990) with 7 and 0.1, on the unit cube."""
    v1 = 0.5 * (1 + 0.1 * np.pi**4 / 5) ** 2
    v2 = 7.0**2 / 8
    v13 = 0.1**2 * np.pi**8 * (1 / 18 - 1 / 50)
    variance = v1 + v2 + v13

    def run(unit: FloatArray) -> FloatArray:
        x = np.pi * (2 * unit - 1)
        return np.sin(x[:, 0]) * (1 + 0.1 * x[:, 2] ** 4) + 7 * np.sin(x[:, 1]) ** 2

    first = np.array([v1, v2, 0.0]) / variance
    return Case(run, first, np.array([v1 + v13, v2, v13]) / variance)


def sobol_g() -> Case:
    """Sobol's G: a product of independent factors with the mean 1."""
    parts = 1 / (3 * (1 + WEIGHTS) ** 2)
    variance = np.prod(1 + parts) - 1

    def run(unit: FloatArray) -> FloatArray:
        return np.prod((np.abs(4 * unit - 2) + WEIGHTS) / (1 + WEIGHTS), axis=1)

    others = np.array([np.prod(np.delete(1 + parts, place)) for place in range(len(parts))])
    return Case(run, parts / variance, parts * others / variance)


CASES = {"ishigami": ishigami(), "sobol g": sobol_g()}


def random_rows(dimensions: int, count: int, seed: int) -> tuple[FloatArray, FloatArray]:
    return tuple(np.random.default_rng(seed).random((2, count, dimensions)))


def analyse(
    run: Function, one: FloatArray, two: FloatArray, seed: int = 0
) -> tuple[Pair, list[Indices]]:
    usable = np.ones(len(one), dtype=np.bool_)
    pair = make_pair(run(one), run(two), usable, seed=seed)
    found = []
    for place in range(one.shape[1]):
        mixed = one.copy()
        mixed[:, place] = two[:, place]
        found.append(sobol_indices(pair, run(mixed), usable))
    return pair, found


def covered(case: Case, found: list[Indices]) -> list[bool]:
    hits = []
    for index, first, total in zip(found, case.first, case.total, strict=True):
        for repeated, truth, lowest in ((index.first, first, -np.inf), (index.total, total, 0.0)):
            _, low, high = with_interval(repeated, lowest)
            hits.append(bool(low <= truth <= high))
    return hits


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("count", [512, 1024])
def test_intervals_cover_the_analytic_indices(name: str, count: int) -> None:
    case, hits = CASES[name], []
    for seed in range(20):
        rows = saltelli_rows(len(case.first), count, seed)
        hits.append(covered(case, analyse(case.run, *rows, seed)[1]))
    assert np.mean(hits) >= 0.95
    # And for each index by itself.
    assert np.mean(hits, axis=0).min() >= 0.8


@pytest.mark.parametrize("name", CASES)
def test_intervals_of_independent_rows_have_their_level(name: str) -> None:
    # For rows that are independent, as the resampling takes them, 95 % are neither more nor less.
    case, hits = CASES[name], []
    for seed in range(100):
        rows = random_rows(len(case.first), 512, seed)
        hits.append(covered(case, analyse(case.run, *rows, seed)[1]))
    assert 0.92 <= np.mean(hits) <= 0.975


@pytest.mark.parametrize("name", CASES)
def test_estimates_approach_the_analytic_indices(name: str) -> None:
    case = CASES[name]
    rows = saltelli_rows(len(case.first), 2**14, 3)
    found = analyse(case.run, *rows)[1]
    np.testing.assert_allclose([one.first[0] for one in found], case.first, atol=0.005)
    np.testing.assert_allclose([one.total[0] for one in found], case.total, atol=0.005)


def rows_in_order(dimensions: int, count: int, seed: int) -> tuple[FloatArray, FloatArray]:
    rows = unit_rows(Design("sobol", count, seed), 2 * dimensions, 0, count)
    return rows[:, :dimensions], rows[:, dimensions:]


def coverage_of_a_long_sum(
    rows: Callable[[int, int, int], tuple[FloatArray, FloatArray]],
) -> FloatArray:
    weights = np.full(120, 0.05)
    weights[::10] = [3, 2.5, 2, 1.5, 1.2, 1, 0.8, 0.6, 0.5, 0.4, 0.3, 0.2]
    truth, hits = weights**2 / (weights**2).sum(), np.empty((20, 12))
    usable = np.ones(256, dtype=np.bool_)
    for seed in range(20):
        one, two = rows(120, 256, seed)
        pair = make_pair(one @ weights, two @ weights, usable, seed=seed)
        for column in range(12):
            place = 10 * column
            mixed = one @ weights + weights[place] * (two - one)[:, place]
            _, low, high = with_interval(sobol_indices(pair, mixed, usable).first)
            hits[seed, column] = low <= truth[place] <= high
    return hits.mean(axis=0)


def test_many_quantities_have_intervals_that_cover() -> None:
    # Some pairs of high dimensions of a Sobol sequence fill their square badly. With columns in
    # the order of the sequence, the intervals of some indices miss them with most seeds.
    assert coverage_of_a_long_sum(rows_in_order).min() < 0.5
    covered_ = coverage_of_a_long_sum(saltelli_rows)
    assert covered_.min() >= 0.8
    assert covered_.mean() >= 0.9


def test_same_numbers_as_salib() -> None:
    from SALib.analyze import sobol as salib

    case = CASES["ishigami"]
    one, two = saltelli_rows(3, 256, 1)
    pair, found = analyse(case.run, one, two)
    blocks = [case.run(one)]
    for place in range(3):
        mixed = one.copy()
        mixed[:, place] = two[:, place]
        blocks.append(case.run(mixed))
    outputs = np.stack([*blocks, case.run(two)], axis=1)
    problem = {"num_vars": 3, "names": ["a", "b", "c"], "bounds": [[0.0, 1.0]] * 3}
    other = salib.analyze(problem, outputs.ravel(), calc_second_order=False, seed=1)
    np.testing.assert_allclose([index.total[0] for index in found], other["ST"], rtol=1e-12)
    # Its `analyze` subtracts the mean of all blocks, its estimator what it is given.
    centred = outputs - pair.centre
    for place, index in enumerate(found):
        columns = centred[:, 0], centred[:, 1 + place], centred[:, -1]
        np.testing.assert_allclose(index.first[0], salib.first_order(*columns), rtol=1e-12)


def test_any_trailing_shape_is_column_by_column() -> None:
    rng = np.random.default_rng(4)
    a, b, mixed = rng.normal(size=(3, 64, 2, 5)) + 10
    usable = rng.random(64) > 0.1
    pair = make_pair(a, b, usable, seed=2)
    found = sobol_indices(pair, mixed, usable)
    assert found.first.shape == (201, 2, 5)
    for row, time in np.ndindex(2, 5):
        alone = make_pair(a[:, row, time], b[:, row, time], usable, seed=2)
        one = sobol_indices(alone, mixed[:, row, time], usable)
        np.testing.assert_allclose(one.first, found.first[:, row, time], rtol=1e-9)
        np.testing.assert_allclose(one.total, found.total[:, row, time], rtol=1e-9)


def test_rows_that_failed_do_not_count() -> None:
    case = CASES["ishigami"]
    one, two = saltelli_rows(3, 128, 5)
    mixed = one.copy()
    mixed[:, 0] = two[:, 0]
    a, b, ab = case.run(one), case.run(two), case.run(mixed)
    keep = np.ones(128, dtype=np.bool_)
    keep[[3, 77]] = False
    late = np.ones(128, dtype=np.bool_)
    late[5] = False
    spoilt = [values.copy() for values in (a, b, ab)]
    spoilt[0][3], spoilt[1][77], spoilt[2][5] = np.nan, np.inf, np.nan
    found = sobol_indices(make_pair(spoilt[0], spoilt[1], keep), spoilt[2], late)
    assert found.rows == 125
    kept = keep & late
    a, b, ab = (values[kept] for values in (a, b, ab))
    # The outputs are centred by all rows in which A and B went through.
    centre = np.mean([spoilt[0][keep], spoilt[1][keep]])
    variance = np.var(np.concatenate([a, b]))
    assert found.first[0] == pytest.approx(np.mean((b - centre) * (ab - a)) / variance, rel=1e-12)
    assert found.total[0] == pytest.approx(np.mean((a - ab) ** 2) / 2 / variance, rel=1e-12)
    assert np.isfinite(found.first).all()


def test_what_does_not_vary_has_no_index() -> None:
    rng = np.random.default_rng(6)
    noise = 1e-12 * rng.normal(size=(3, 32))
    usable = np.ones(32, dtype=np.bool_)
    a, b, mixed = 5.0 + noise
    found = sobol_indices(make_pair(a, b, usable), mixed, usable)
    assert np.isnan(found.first).all()
    assert np.isnan(found.total).all()
    # A difference is noise where it is small against what it is made of.
    a, b, mixed = noise
    assert np.isfinite(sobol_indices(make_pair(a, b, usable), mixed, usable).total[0])
    scaled = make_pair(a, b, usable, scale=5.0)
    assert scaled.sd == 0
    assert np.isnan(sobol_indices(scaled, mixed, usable).total[0])


def test_rows_of_fewer_samples_are_the_first_of_more() -> None:
    for few, many in zip(saltelli_rows(7, 32, 9), saltelli_rows(7, 128, 9), strict=True):
        np.testing.assert_array_equal(few, many[:32])
    assert not np.array_equal(saltelli_rows(7, 32, 9)[0], saltelli_rows(7, 32, 10)[0])


def test_resamplings_draw_as_many_rows_as_there_are() -> None:
    counts = resampled(50, 300, 1)
    assert (counts.sum(axis=1) == 50).all()
    assert counts.mean() == 1
    assert counts.var() == pytest.approx(1 - 1 / 50, rel=0.05)
    np.testing.assert_array_equal(counts, resampled(50, 300, 1))
