"""Plain tables for standard output."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

# What stands below every table with intervals.
ONLY_DRAWS = (
    "Intervals are of the number of draws only: they say nothing about what the model or the "
    "distributions leave out."
)


def aligned(lines: Sequence[Sequence[str]], left: int = 1) -> str:
    """Align the cells of a table under each other, two spaces in.

    Args:
        lines: The titles, then the rows, all of one length.
        left: How many columns, from the first on, are aligned to the left; the others are numbers.
    """
    widths = [max(len(cell) for cell in column) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  "
        + "  ".join(
            cell.ljust(width) if place < left else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def decimals(values: Iterable[float], figures: int = 4) -> int:
    """Choose the decimals that give the largest value so many figures, at most `figures` - 1."""
    largest = max((abs(value) for value in values if math.isfinite(value)), default=0.0)
    if largest == 0:
        return figures - 1
    return min(figures - 1, max(0, figures - 1 - math.floor(math.log10(largest))))


def number(value: float, places: int, *, signed: bool = False) -> str:
    """Write a number; what does not exist is ``-``, and what rounds to zero has no sign."""
    if not math.isfinite(value):
        return "-" if math.isnan(value) else str(value)
    text = f"{value:{'+' if signed else ''},.{places}f}"
    zero = f"{0:.{places}f}"
    return zero if text.lstrip("+-") == zero else text


def percent(share: float) -> str:
    """Write a share of draws: 0 % and 100 % mean none and all of them, never nearly so."""
    if math.isnan(share):
        return "-"
    if 0 < share < 0.01:
        return "<1 %"
    if 0.99 < share < 1:
        return ">99 %"
    return f"{100 * share:.0f} %"
