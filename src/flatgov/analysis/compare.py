"""Policies against each other in the same draws: plain arrays in, counts and shares out.

All values are turned so that more is better; a policy that failed in a draw is NaN there.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

# A difference below this share of the two values comes from rounding, not from a policy.
ROUNDING = 1e-9


def exceeds(one: FloatArray, other: FloatArray) -> BoolArray:
    """Tell where one value is more than another by more than rounding; never where one is NaN."""
    return np.asarray(one - other > ROUNDING * np.maximum(np.abs(one), np.abs(other)))


def count_pairs(usable: BoolArray) -> NDArray[np.int64]:
    """Count the draws in which both of two policies ran.

    Args:
        usable: (policy, draw) True where the member ran.

    Returns:
        (policy, other).
    """
    whole = usable.astype(np.int64)
    return np.asarray(whole @ whole.T)


def count_wins(values: FloatArray) -> NDArray[np.int64]:
    """Count the draws in which a policy is strictly better than another at each time.

    Args:
        values: (policy, time, draw).

    Returns:
        (policy, other, time).
    """
    policies, times, _ = values.shape
    wins = np.zeros((policies, policies, times), dtype=np.int64)
    for time in range(times):  # What is compared at once stays in the processor's cache.
        now = values[:, time]
        for policy in range(policies):
            wins[policy, :, time] = exceeds(now[policy], now).sum(axis=-1)
    return wins


def quantiles(values: FloatArray, probabilities: FloatArray) -> FloatArray:
    """Give the quantiles over the last axis, linear between two draws; NaN if there are no draws.

    Args:
        values: (..., draw).
        probabilities: (quantile,) from 0 to 1.

    Returns:
        (quantile, ...).
    """
    if values.shape[-1] == 0:
        return np.full((len(probabilities), *values.shape[:-1]), np.nan)
    return np.asarray(np.quantile(values, probabilities, axis=-1), dtype=np.float64)


def regrets(values: FloatArray) -> FloatArray:
    """Give how far each policy stays behind the best of all in the same draw.

    Args:
        values: (policy, draw) of draws in which all ran.

    Returns:
        The same shape, 0 or more.
    """
    return np.asarray(values.max(axis=0) - values)


def rank_shares(values: FloatArray) -> FloatArray:
    """Give the share of draws in which a policy has a rank: 1 plus the policies that are better.

    Policies with equal values share the better rank, so the shares of a rank need not add to 1.

    Args:
        values: (policy, draw) of draws in which all ran.

    Returns:
        (policy, rank); NaN if there are no draws.
    """
    policies, draws = values.shape
    ranks = np.stack([exceeds(values, one).sum(axis=0) for one in values])
    counts = np.stack([np.bincount(own, minlength=policies) for own in ranks])
    return counts / (draws or np.nan)


def order_of_medians(values: FloatArray) -> NDArray[np.int8]:
    """Tell which of two policies has the better median.

    Args:
        values: (policy, draw) of draws in which all ran.

    Returns:
        (policy, other): 1 where the policy has, -1 where the other has, 0 where they are equal.
    """
    medians = quantiles(values, np.array([0.5]))[0]
    better = exceeds(medians[:, None], medians[None, :]).astype(np.int8)
    return np.asarray(better - better.T)


def reversed_pairs(values: FloatArray) -> BoolArray:
    """Tell in which draws two policies stand in the opposite order of their medians.

    Args:
        values: (policy, draw) of draws in which all ran.

    Returns:
        (policy, other, draw); False where the two, or their medians, are equal.
    """
    order = order_of_medians(values)
    better = np.stack([exceeds(one, values) for one in values])
    worse = better.transpose(1, 0, 2)
    return np.asarray((worse & (order == 1)[..., None]) | (better & (order == -1)[..., None]))


def reversal_shares(values: FloatArray) -> FloatArray:
    """Give the share of draws in which two policies stand in the opposite order of their medians.

    Args:
        values: (policy, draw); of a pair the draws count in which both ran, for the medians too.

    Returns:
        (policy, other); NaN where there are no such draws.
    """
    shares = np.zeros((len(values), len(values)))
    for place, one in enumerate(values):
        for second, other in enumerate(values[: place + 1]):
            both = np.stack([one, other])[:, ~np.isnan(one + other)]
            share = reversed_pairs(both)[0, 1].mean() if both.size else np.nan
            shares[place, second] = shares[second, place] = share
    return shares


def dominates(values: FloatArray) -> BoolArray:
    """Tell in which draws a policy is as good as another in everything and better in something.

    Args:
        values: (variable, policy, draw).

    Returns:
        (policy, other, draw) True where `policy` dominates `other`.
    """
    _, policies, draws = values.shape
    better = np.zeros((policies, policies, draws), dtype=np.bool_)
    for one in values:
        better |= np.stack([exceeds(own, one) for own in one])
    return np.asarray(better & ~better.transpose(1, 0, 2))
