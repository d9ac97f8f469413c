"""Rank correlations of outputs with uncertain quantities, from any ensemble."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

CONFIDENCE = 0.95
# Residual degrees of freedom for each quantity below which partial correlations are few; see
# `is_few`.
ENOUGH = 2


@dataclass(frozen=True)
class RankCorrelations:
    """Rank correlations, (quantity, ...) each; NaN where the quantity or the output is constant.

    Attributes:
        rho: Spearman's, of the output with the quantity.
        rho_low: Lower end of its 95 % interval.
        rho_high: Upper end.
        prcc: Partial: of what is left of the two ranks when all other quantities are accounted
            for linearly.
        prcc_low: Lower end of its 95 % interval.
        prcc_high: Upper end.
    """

    rho: FloatArray
    rho_low: FloatArray
    rho_high: FloatArray
    prcc: FloatArray
    prcc_low: FloatArray
    prcc_high: FloatArray


def rank_correlations(
    sample: FloatArray, outputs: FloatArray, constant: NDArray[np.bool_] | None = None
) -> RankCorrelations:
    """Correlate outputs with uncertain quantities.

    Intervals are Fisher's: tanh(artanh(r) -+ 1.96 s). For ranks s^2 = (1 + r^2 / 2) / (n - 3):
    Bonett and Wright (2000), Psychometrika 65, 23-28; a partial correlation has as many draws
    fewer as there are other quantities (Fisher 1924, Metron 3, 329-332).

    Args:
        sample: (draw, quantity) values.
        outputs: (draw, ...) finite values.
        constant: (...) True where the output does not vary but by rounding; by default only where
            all values are the same.

    Returns:
        The correlations. Partial ones are NaN if there are not at least three draws more than
        quantities that vary (`degrees_of_freedom`), or if one depends linearly on the others.
    """
    from scipy.stats import rankdata

    draws = len(sample)
    flat = outputs.reshape(draws, -1)
    varies = np.ptp(flat, axis=0) > 0
    if constant is not None:
        varies &= ~constant.ravel()
    shape = (sample.shape[1], flat.shape[1])
    rho, prcc = np.full(shape, np.nan), np.full(shape, np.nan)
    moving = np.flatnonzero(np.ptp(sample, axis=0) > 0)
    if draws > 3 and len(moving) and varies.any():
        quantities = _standard(rankdata(sample[:, moving], axis=0))
        results = _standard(rankdata(flat[:, varies], axis=0))
        correlation = quantities.T @ results
        rho[np.ix_(moving, varies)] = np.clip(correlation, -1.0, 1.0)
        if degrees_of_freedom(draws, len(moving)) > 0:
            among = quantities.T @ quantities
            prcc[np.ix_(moving, varies)] = partial_correlations(among, correlation)
    full = (shape[0], *outputs.shape[1:])
    rho_ends = fisher_interval(rho, draws)
    prcc_ends = fisher_interval(prcc, draws - max(len(moving) - 1, 0))
    found = (rho, *rho_ends, prcc, *prcc_ends)
    return RankCorrelations(*(array.reshape(full) for array in found))


def degrees_of_freedom(draws: int, quantities: int) -> int:
    """Give what is left of the draws for the interval of a partial correlation.

    Args:
        draws: Their number, n.
        quantities: The number of those that vary, k.

    Returns:
        n - k - 2, the denominator of the variance of `fisher_interval` with k - 1 others held
        fixed; partial correlations need it above 0.
    """
    return draws - quantities - 2


def is_few(draws: int, quantities: int) -> bool:
    """Tell whether plain rank correlations say more than partial ones.

    Accounting for the others takes their noise out of an output, but a degree of freedom for each.
    With two left for each quantity, n = 3 k + 2, the standard error of a partial correlation is
    sqrt((n - 3) / (n - k - 2)), some sqrt(1.5), times that of a plain one; below, it grows without
    bound, and with it the largest of k, which a ranking puts first whatever its quantity does.
    """
    return degrees_of_freedom(draws, quantities) < ENOUGH * quantities


def chance_limit(draws: int, quantities: int, held: int = 0) -> float:
    """Give what the largest correlation with quantities that do nothing stays below.

    Args:
        draws: Their number.
        quantities: How many of which the largest is looked at.
        held: How many others each correlation accounts for.

    Returns:
        The absolute value that all of them stay below with a probability of at least 95 %: the
        two-sided interval of Fisher around 0 at a level of 5 % over the number of quantities
        (Bonferroni's inequality); 1 if there are too few draws.
    """
    free = draws - held - 3
    if free <= 0 or quantities < 1:
        return 1.0
    z = NormalDist().inv_cdf(1 - (1 - CONFIDENCE) / (2 * quantities))
    return float(np.tanh(z / np.sqrt(free)))


def partial_correlations(among: FloatArray, with_output: FloatArray) -> FloatArray:
    """Give the partial correlations of outputs with each quantity, all others held fixed.

    From the standardised coefficients b = C^-1 c of the regression on all quantities, the share
    R^2 = b.c that they explain, and the diagonal d of C^-1: b / sqrt(b^2 + (1 - R^2) d), which is
    the same as correlating the residuals of two regressions on the others.

    Args:
        among: (quantity, quantity) correlations C of the quantities.
        with_output: (quantity, output) correlations c with each output.

    Returns:
        (quantity, output); NaN if C cannot be inverted.
    """
    if np.linalg.cond(among) > 1e10:
        return np.full(with_output.shape, np.nan)
    inverse = np.linalg.inv(among)
    slopes = inverse @ with_output
    rest = 1.0 - (slopes * with_output).sum(axis=0)
    rest = np.where(rest < 1e-12, 0.0, rest)  # What rounding leaves of a full explanation.
    with np.errstate(invalid="ignore"):
        partial = slopes / np.sqrt(slopes**2 + rest * np.diag(inverse)[:, None])
    return np.asarray(np.clip(partial, -1.0, 1.0))


def fisher_interval(correlation: FloatArray, draws: int) -> tuple[FloatArray, FloatArray]:
    """Give the 95 % interval of rank correlations.

    Args:
        correlation: Any shape.
        draws: The number of draws, less the number of other quantities of a partial one.

    Returns:
        The lower and the upper end; NaN if there are fewer than 4 draws.
    """
    if draws < 4:
        nothing = np.full(correlation.shape, np.nan)
        return nothing, nothing.copy()
    z = NormalDist().inv_cdf(0.5 + CONFIDENCE / 2)
    half = z * np.sqrt((1 + correlation**2 / 2) / (draws - 3))
    with np.errstate(divide="ignore"):  # A correlation of 1 has the interval from 1 to 1.
        middle = np.arctanh(correlation)
    return np.tanh(middle - half), np.tanh(middle + half)


def _standard(ranks: FloatArray) -> FloatArray:
    """Centre columns and give them the length 1."""
    centred = ranks - ranks.mean(axis=0)
    return np.asarray(centred / np.sqrt((centred**2).sum(axis=0)))
