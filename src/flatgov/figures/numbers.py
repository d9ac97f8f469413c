"""Numbers as text, and axes of numbers."""

from __future__ import annotations

from collections.abc import Iterable
from math import floor, isfinite, log10

import numpy as np
from matplotlib.axis import Axis
from matplotlib.ticker import FixedFormatter, FixedLocator, MaxNLocator

from flatgov.figures.layout import measure
from flatgov.figures.style import SMALL, minus

_ROOM = 0.09  # inches between the panel and its tick labels, and left of them


def decimals(values: Iterable[float], digits: int = 3) -> int:
    """Give the decimals that show `digits` figures of the largest value; none for integers."""
    finite = [abs(value) for value in values if isfinite(value)]
    largest = max(finite, default=0.0)
    if all(round(value, 6).is_integer() for value in finite):
        return 0
    return min(max(digits - 1 - floor(log10(largest)), 0), 6)


def plain(value: float, places: int) -> str:
    """Write a value with its thousands apart and a real minus."""
    if not isfinite(value):
        return "n/a"
    return f"{round(value, places) + 0.0:,.{places}f}".replace("-", minus())


def signed(value: float, places: int) -> str:
    """Write a difference with its sign; one that rounds to zero has none."""
    sign = "+" if isfinite(value) and round(value, places) > 0 else ""
    return sign + plain(value, places)


def padded(low: float, high: float, share: float = 0.06) -> tuple[float, float]:
    """Widen a range of values so that lines do not touch the frame; a flat line gets room too."""
    room = (high - low) * share or max(abs(high), 1.0) * share
    return low - room, high + room


def finite_range(values: np.ndarray) -> tuple[float, float]:
    """Give the smallest and largest finite value, or 0 and 1 when there is none."""
    finite = values[np.isfinite(values)]
    return (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)


def ticks(low: float, high: float, most: int = 8) -> tuple[list[float], list[str]]:
    """Choose round numbers within a range, and write them with equal decimals.

    Args:
        low: The lower limit of the axis.
        high: The upper limit.
        most: The largest number of intervals.

    Returns:
        The numbers and their texts.
    """
    found = MaxNLocator(most, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high)
    inside = [float(tick) for tick in found if low <= tick <= high]
    step = float(found[1] - found[0])
    places = next((n for n in range(9) if abs(round(step, n) - step) < step * 1e-6), 9)
    texts = [plain(tick, places) for tick in inside]
    if max(abs(tick) for tick in (low, high)) >= 1e7 or places == 9:
        texts = [f"{tick:.3g}".replace("-", minus()) for tick in inside]
    return inside, texts


def tick_room(low: float, high: float, most: int = 8) -> float:
    """Give the inches that the tick labels of a vertical axis need."""
    return max((measure(text, SMALL) for text in ticks(low, high, most)[1]), default=0.0) + _ROOM


def draw_ticks(axis: Axis, low: float, high: float, most: int = 8) -> None:
    """Put the numbers of `ticks` on an axis."""
    places, texts = ticks(low, high, most)
    axis.set_major_locator(FixedLocator(places))
    axis.set_major_formatter(FixedFormatter(texts))
