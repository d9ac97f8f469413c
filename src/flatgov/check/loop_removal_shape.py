"""How much, and how, a course over time changes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from flatgov.changes import FloatArray

# A reversal counts as a turning point if it is larger than this share of the course's range.
_REVERSAL = 0.02
# A course whose net change is smaller than this share of its range goes neither up nor down.
_NET = 0.01
# A range below this share of the size of the values is rounding.
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Shape:
    """What a course does as a whole.

    Attributes:
        trend: 1 where it ends higher than it starts, -1 where it ends lower, else 0.
        turns: The number of its turning points.
    """

    trend: int
    turns: int

    @property
    def text(self) -> str:
        """Say it: ``rises, 1 turn``."""
        trend = {1: "rises", -1: "falls", 0: "returns" if self.turns else "stays"}[self.trend]
        turns = f"{self.turns} turn{'s' if self.turns != 1 else ''}"
        return f"{trend}, {turns}" if self.turns else trend


def shape(course: FloatArray, scale: float = 0.0) -> Shape:
    """Tell the shape of a course.

    Args:
        course: (time) values.
        scale: What counts as a whole range where the course's own is smaller; with 0 its own.
    """
    spread = max(float(np.ptp(course)), scale)
    if spread <= _ROUNDING * float(np.abs(course).max()):
        return Shape(0, 0)
    net = float(course[-1] - course[0])
    trend = 0 if abs(net) < _NET * spread else (1 if net > 0 else -1)
    return Shape(trend, _turns(course, _REVERSAL * spread))


def _turns(course: FloatArray, least: float) -> int:
    """Count the reversals of a course that are larger than `least`."""
    low = high = float(course[0])
    direction, turns = 0, 0
    for value in course.tolist():
        if direction >= 0 and value > high:
            high = value
        if direction <= 0 and value < low:
            low = value
        if direction >= 0 and value < high - least:
            turns += direction != 0
            direction, low = -1, value
        elif direction <= 0 and value > low + least:
            turns += direction != 0
            direction, high = 1, value
    return turns


def deviation(course: FloatArray, other: FloatArray) -> float:
    """Give the largest distance of another course, as a share of the range of the first.

    A course that does not move, as one in equilibrium, has no range; then it is a share of its
    own size, and of the other's size if it is zero.
    """
    distance = float(np.abs(other - course).max())
    spread, size = float(np.ptp(course)), float(np.abs(course).max())
    if spread <= _ROUNDING * size:
        spread = size or float(np.abs(other).max())
    return distance / spread if spread > 0 else 0.0
