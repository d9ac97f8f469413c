"""How well a share of draws is known."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import numpy.typing as npt
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


def wilson_interval(
    hits: npt.ArrayLike, draws: npt.ArrayLike, confidence: float = 0.95
) -> tuple[FloatArray, FloatArray]:
    """Give the interval of a probability that was estimated by counting.

    Wilson's score interval (Wilson 1927, J. Am. Stat. Assoc. 22, 209-212): all probabilities that
    a score test does not reject. It stays within 0 to 1, also where none or all are hits. It takes
    the draws for independent.

    Args:
        hits: How many draws have the property, any shape.
        draws: Out of how many, of a shape that broadcasts with it.
        confidence: The level, between 0 and 1.

    Returns:
        The lower and the upper end; NaN where there are no draws.
    """
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    count = np.where(np.asarray(draws) > 0, np.asarray(draws, dtype=np.float64), np.nan)
    share = np.asarray(hits, dtype=np.float64) / count
    middle = (share + z**2 / (2 * count)) / (1 + z**2 / count)
    half = z / (1 + z**2 / count) * np.sqrt(share * (1 - share) / count + (z / (2 * count)) ** 2)
    # Without hits the lower end is 0, and with hits only the upper end is 1, but for rounding.
    low = np.where(share == 0, 0.0, np.maximum(middle - half, 0.0))
    high = np.where(share == 1, 1.0, np.minimum(middle + half, 1.0))
    return low, high
