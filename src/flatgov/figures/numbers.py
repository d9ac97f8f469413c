"""Numbers as text: as many decimals as the largest of a group needs."""

from __future__ import annotations

from collections.abc import Iterable
from math import floor, isfinite, log10

MINUS = "−"


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
        return "–"
    return f"{round(value, places) + 0.0:,.{places}f}".replace("-", MINUS)


def signed(value: float, places: int) -> str:
    """Write a difference with its sign; one that rounds to zero has none."""
    if not isfinite(value) or round(value, places) == 0:
        return plain(value if not isfinite(value) else 0.0, places)
    return ("+" if value > 0 else "") + plain(value, places)
