"""What runs with half and a quarter of TIME STEP tell of the error of a run."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from flatgov.changes import FloatArray
from flatgov.model import Variable

# The error, as a share of a stock's range, above which it is told.
SHARE = 0.01

# Ranges below this share of the largest value count as that share: of a stock that hardly moves
# the rounding is no error.
LEAST_RANGE = 1e-3

# Differences below this share of the range are rounding, and tell nothing of the order.
_NOISE = 1e-9

# Where halving the step does not even divide the difference by sqrt(2), nothing converges.
LEAST_ORDER = 0.5

# No method here is of an order above 4; beyond twice of it two runs agree by chance.
_MOST_ORDER = 8.0

# Differences that grow from the first to the second of these shares of the range along a straight
# line of their logarithms (R² above the third; any power of time has 0.75), over so many saved
# times, grow exponentially.
_SMALL, _LARGE, _STRAIGHT, _TIMES = 1e-4, 0.1, 0.8, 8


@dataclass(frozen=True)
class Halving:
    """What halving the step twice tells of one element.

    Attributes:
        variable: The stock or headline variable.
        label: Its name with its element, in quotes.
        error: The largest estimated error, as a share of the range.
        at: Where it is largest, as a position in `Runs.saved`.
        absolute: The error there, in its own unit.
        order: The order that was seen; NaN where the differences are rounding, or give none.
        moved: Whether halving made a difference beyond rounding.
        off: From which saved time on half the step makes a difference above `SHARE`, -1 for none.
        parts: From which saved time on the differences do not shrink, -1 where they do.
        sensitive: Whether the differences grow exponentially from small ones up to there.
    """

    variable: Variable
    label: str
    error: float
    at: int
    absolute: float
    order: float
    moved: bool
    off: int
    parts: int
    sensitive: bool


_NOBODY = Variable("", "stock", "", (None, None), "", ())


def estimate(h: FloatArray, half: FloatArray, quarter: FloatArray, order: int) -> Halving | None:
    """Estimate the error of a run from two with smaller steps, by Richardson's extrapolation.

    The limit is taken to be y4 + (y4 - y2) / (2^p - 1), with p the order that the three runs
    show, at most that of the method: log2(max |y1 - y2| / max |y2 - y4|). What grows exponentially
    is compared by its logarithm, where its values are not: there its error is the error of its
    rate.

    Args:
        h: (time,) with TIME STEP.
        half: With half of it.
        quarter: With a quarter of it.
        order: That of the method.

    Returns:
        What it tells, of no variable; None for an element that is 0 all the time.
    """
    ranges = [float(np.ptp(one)) for one in (h, half, quarter)]
    size = max(*ranges, LEAST_RANGE * float(np.abs(quarter).max()))
    if size == 0:
        return None
    first, second = np.abs(h - half), np.abs(half - quarter)
    noise = _NOISE * size
    seen = _order(float(first.max()), float(second.max()), noise)
    limit = _limit(half, quarter, seen, order)
    parts = -1
    if seen < LEAST_ORDER and second.max() > SHARE * size:
        logs: list[FloatArray] = []
        by_rate = math.nan
        if _grows(h, half, quarter):
            logs = [np.log(np.abs(one)) for one in (h, half, quarter)]
            by, then = (float(np.abs(a - b).max()) for a, b in pairwise(logs))
            by_rate = _order(by, then, _NOISE)
        if by_rate >= LEAST_ORDER:
            seen = by_rate
            limit = np.sign(quarter) * np.exp(_limit(logs[1], logs[2], seen, order))
        else:
            parts = _parting(first, second, size)
    errors = np.abs(h - limit)
    at = int(errors.argmax())
    error = float(errors[at])
    told = seen if 0 <= seen <= _MOST_ORDER else math.nan
    sensitive = parts >= 0 and _exponential(first, size)
    moved = bool(first.max() > noise)
    off = int((first > SHARE * size).argmax()) if first.max() > SHARE * size else -1
    return Halving(_NOBODY, "", error / size, at, error, told, moved, off, parts, sensitive)


def _order(first: float, second: float, noise: float) -> float:
    """Give the order that two differences show; NaN if one of them is rounding."""
    return math.log2(first / second) if min(first, second) > noise else math.nan


def _limit(half: FloatArray, quarter: FloatArray, seen: float, order: int) -> FloatArray:
    used = order if math.isnan(seen) else min(max(seen, LEAST_ORDER), order)
    return np.asarray(quarter + (quarter - half) / (2**used - 1))


def _grows(*paths: FloatArray) -> bool:
    """Tell whether paths stay on one side of 0 and never come back, so that they have a rate."""
    return all(
        bool((one > 0).all() or (one < 0).all()) and bool((np.diff(np.abs(one)) >= 0).all())
        for one in paths
    )


def _parting(first: FloatArray, second: FloatArray, size: float) -> int:
    """Find from when on the differences up to a time do not shrink when the step is halved."""
    so_far, then = np.maximum.accumulate(first), np.maximum.accumulate(second)
    apart = (then > SHARE * size) & (then > so_far / 2**LEAST_ORDER)
    return int(apart.argmax())


def _exponential(differences: FloatArray, size: float) -> bool:
    """Tell whether differences grow exponentially, from small ones to those of the range's size."""
    so_far = np.maximum.accumulate(differences)
    first, last = int((so_far > _SMALL * size).argmax()), int((so_far > _LARGE * size).argmax())
    if last - first < _TIMES:
        return False
    logs = np.log(so_far[first : last + 1])
    straight = np.corrcoef(np.arange(len(logs)), logs)[0, 1]
    return bool(straight**2 > _STRAIGHT)
