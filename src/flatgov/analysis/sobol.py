"""Sobol indices: which share of an output's variance comes from which uncertain quantity.

Plain arrays in, plain arrays out. Two independent samples A and B of all quantities are run, and
for each quantity i a third one, A with the column of i taken from B.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from flatgov.study.design import Design, unit_rows

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

CONFIDENCE = 0.95
REPEATS = 200
# An output whose standard deviation is a smaller share of its values than this does not vary: what
# is left comes from rounding.
ROUNDING = 1e-9


@dataclass(frozen=True)
class Pair:
    """The outputs of the two independent samples, and what all quantities share.

    Attributes:
        a: (row, ...) outputs of sample A, less the mean of both; 0 in rows that do not count.
        b: (row, ...) the same of sample B.
        centre: (...) the mean of both samples.
        sd: (...) their standard deviation; 0 where the output does not vary.
        usable: (row,) True where both runs went through.
        weights: (1 + repeat, row) how often each row counts: once, then as in each resampling.
        variance: (1 + repeat, ...) of the output in each of them; NaN where it does not vary.
    """

    a: FloatArray
    b: FloatArray
    centre: FloatArray
    sd: FloatArray
    usable: BoolArray
    weights: FloatArray
    variance: FloatArray


@dataclass(frozen=True)
class Indices:
    """The indices of one quantity.

    Attributes:
        first: (1 + repeat, ...) first-order index, then that of each resampling.
        total: (1 + repeat, ...) total index in the same way.
        rows: The number of rows that they rest on.
    """

    first: FloatArray
    total: FloatArray
    rows: int


def saltelli_rows(dimensions: int, count: int, seed: int) -> tuple[FloatArray, FloatArray]:
    """Give the two samples A and B, from one scrambled Sobol sequence of twice the dimensions.

    Which dimension of the sequence goes to which column is drawn at random: some pairs of its
    high dimensions fill their square badly unless there are very many points, and the same
    quantities would suffer from that with every seed.

    Args:
        dimensions: The number of quantities.
        count: The number of rows; a power of two, or the sequence loses its balance. The rows of
            fewer are the first of those of more.
        seed: Of the scrambling and of the order of the dimensions.

    Returns:
        Two (count, dimensions) arrays of independent numbers between 0 and 1.
    """
    rows = unit_rows(Design("sobol", count, seed), 2 * dimensions, 0, count)
    rows = rows[:, np.random.default_rng(seed).permutation(2 * dimensions)]
    return rows[:, :dimensions], rows[:, dimensions:]


def make_pair(
    a: FloatArray,
    b: FloatArray,
    usable: BoolArray,
    *,
    scale: FloatArray | float | None = None,
    repeats: int = REPEATS,
    seed: int = 0,
) -> Pair:
    """Prepare the outputs of the two samples.

    Args:
        a: (row, ...) outputs of sample A.
        b: (row, ...) outputs of sample B.
        usable: (row,) True where both runs went through; the values of other rows do not matter.
        scale: (...) the size of the values that the outputs were made of, by which rounding is
            told from variation; by default the largest output. A difference of two large numbers
            has a larger one than itself.
        repeats: The number of resamplings.
        seed: Of the resamplings.
    """
    row_shape = (-1,) + (1,) * (a.ndim - 1)
    keep = usable.reshape(row_shape)
    a, b = np.where(keep, a, 0.0), np.where(keep, b, 0.0)
    if scale is None:
        scale = np.maximum(np.abs(a), np.abs(b)).max(axis=0)
    count = max(int(usable.sum()), 1)
    centre = (a + b).sum(axis=0) / (2 * count)
    a, b = np.where(keep, a - centre, 0.0), np.where(keep, b - centre, 0.0)
    sd = np.sqrt((a * a + b * b).sum(axis=0) / (2 * count))
    sd = np.where(sd <= ROUNDING * scale, 0.0, sd)
    weights = np.vstack([np.ones(len(a)), resampled(len(a), repeats, seed)])
    variance = _variance(a, b, _shares(weights, usable))
    return Pair(a, b, centre, sd, usable, weights, np.where(sd > 0, variance, np.nan))


def sobol_indices(pair: Pair, mixed: FloatArray, usable: BoolArray) -> Indices:
    """Estimate the indices of one quantity, or of a group that is exchanged together.

    First order: Saltelli et al. (2010), Comput. Phys. Commun. 181, 259-270, Table 2 (b), with
    outputs less their mean. Total: Jansen (1999), Comput. Phys. Commun. 117, 35-43, which is
    Table 2 (f) there.

    Args:
        pair: The outputs of the samples A and B.
        mixed: (row, ...) outputs of A with the quantity's column from B.
        usable: (row,) True where that run went through.

    Returns:
        The indices; NaN where the output does not vary.
    """
    keep = pair.usable & usable
    mixed = np.where(keep.reshape((-1,) + (1,) * (mixed.ndim - 1)), mixed - pair.centre, 0.0)
    shares = _shares(pair.weights, keep)
    variance = pair.variance
    if (keep != pair.usable).any():
        variance = np.where(pair.sd > 0, _variance(pair.a, pair.b, shares), np.nan)
    step = mixed - pair.a
    with np.errstate(divide="ignore", invalid="ignore"):
        first = _weighted(shares, pair.b * step) / variance
        total = _weighted(shares, step * step) / (2 * variance)
    return Indices(first, total, int(keep.sum()))


def with_interval(
    repeated: FloatArray, lowest: float = -np.inf
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Give an index with its 95 % interval.

    The index more or less 1.96 times the standard deviation of its resamplings (Efron 1979,
    Ann. Statist. 7, 1-26). That takes the rows for independent: those of a Sobol sequence lie
    more evenly, so that on average the interval is rather too wide than too narrow.

    Args:
        repeated: (1 + repeat, ...) the index, then that of each resampling.
        lowest: No index is smaller.

    Returns:
        The index, and the lower and the upper end.
    """
    z = NormalDist().inv_cdf(0.5 + CONFIDENCE / 2)
    index, half = repeated[0], z * repeated[1:].std(axis=0, ddof=1)
    return index, np.maximum(index - half, lowest), index + half


def resampled(count: int, repeats: int, seed: int) -> FloatArray:
    """Count how often each row is drawn when all are drawn anew, with replacement.

    Returns:
        (repeat, row), each line with the sum `count`.
    """
    generator = np.random.default_rng([seed, count, repeats])
    return generator.multinomial(count, np.full(count, 1 / count), repeats).astype(np.float64)


def _shares(weights: FloatArray, keep: BoolArray) -> FloatArray:
    kept = weights * keep
    with np.errstate(invalid="ignore"):  # A resampling without any usable row is NaN.
        return np.asarray(kept / kept.sum(axis=1, keepdims=True))


def _variance(a: FloatArray, b: FloatArray, shares: FloatArray) -> FloatArray:
    mean = _weighted(shares, a + b) / 2
    return _weighted(shares, a * a + b * b) / 2 - mean * mean


def _weighted(shares: FloatArray, values: FloatArray) -> FloatArray:
    """Give the weighted means over rows, as one product of matrices: any shape, any number."""
    flat = shares @ values.reshape(len(values), -1)
    return flat.reshape(len(shares), *values.shape[1:])
