"""Axes of small plots: round ticks, their labels, titles in lines, and the room that these take."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from flatgov.check.page.safe import raised, visible

# Widths of letters as they are set here, in units of the picture; wide ones are Chinese, say.
_DIGIT, _LETTER = 6.2, 5.9
_MOST_LINES = 5


@dataclass(frozen=True)
class Axes:
    """What a plot of a table shows beside its points.

    Attributes:
        x: The title of the horizontal axis.
        y: That of the vertical one.
        normal: The point at which the table has no effect.
        visited: The lowest and highest input that runs came to.
        x_units: The unit of the horizontal axis.
        y_units: That of the vertical one.
    """

    x: str
    y: str
    normal: tuple[float, float] | None = None
    visited: tuple[float, float] | None = None
    x_units: str = ""
    y_units: str = ""


def ticks(low: float, high: float, most: int = 5) -> list[float]:
    """Give round numbers that cover a range, 2 to `most` + 1 of them, evenly spaced."""
    low, high = span([low, high])
    rough = (high - low) / (most - 1)
    if not math.isfinite(rough) or rough <= 0:
        return [low, high]
    size = 10.0 ** math.floor(math.log10(rough))
    step = next(size * one for one in (1, 2, 2.5, 5, 10) if size * one >= rough * 0.999)
    first = math.floor(low / step + 1e-9)
    last = math.ceil(high / step - 1e-9)
    return [step * place for place in range(first, last + 1)]


def span(values: Sequence[float]) -> tuple[float, float]:
    """Give the lowest and highest of some values, apart from each other even if they are one."""
    low, high = min(values), max(values)
    if high - low > 1e-12 * max(abs(low), abs(high)):
        return low, high
    half = abs(low) / 2 or 0.5
    return low - half, high + half


def power(ticks: Sequence[float]) -> int:
    """Give the power of ten, a multiple of three, in which large or small ticks are written."""
    size = max(abs(one) for one in ticks)
    if 1e-2 <= size < 1e5 or not math.isfinite(size) or size < 1e-300:
        return 0
    return 3 * math.floor(math.log10(size * (1 + 1e-12)) / 3)


def labels(ticks: Sequence[float]) -> list[str]:
    """Write ticks in units of their `power` of ten, each with as many places as tell them apart."""
    size = 10.0 ** power(ticks)
    shown = [one / size for one in ticks]
    step = abs(shown[1] - shown[0]) if len(shown) > 1 else 0.0
    places = next(
        (n for n in range(12) if abs(step * 10**n - round(step * 10**n)) < 1e-6 * step * 10**n), 12
    )
    comma = "," if max(map(abs, shown)) >= 1e4 else ""
    shown = [0.0 if abs(one) < 1e-9 * step else one for one in shown]
    return [f"{one:{comma}.{places}f}".replace("-", "−") for one in shown]


def width(text: str, of_letter: float = _DIGIT) -> float:
    """Estimate how wide a text is, in units of the picture."""
    return sum(2 * of_letter if ord(one) > 0x2E7F else of_letter for one in text)


def title(name: str, units: str, factor: int, room: float) -> list[str]:
    """Write the title of an axis in as few lines as fit, its unit always among them.

    Args:
        name: What the axis shows.
        units: Its unit, or ``""``.
        factor: The power of ten of its labels.
        room: How long a line may be, in units of the picture.
    """
    ten = f"10{raised(factor)}" if factor else ""
    unit = " ".join(one for one in (ten, units) if one)
    bracket = f"[{unit}]" if unit else ""
    whole = f"{name} {bracket}".strip()
    lines = _wrapped(whole, room)
    if len(lines) <= _MOST_LINES:
        return lines
    below = _wrapped(bracket, room)
    if len(below) >= _MOST_LINES:
        below = [*below[: _MOST_LINES - 2], _cut(below[_MOST_LINES - 2] + "……", room)]
    above = _wrapped(name, room)[: _MOST_LINES - len(below)]
    if above:
        above[-1] = _cut(above[-1] + "……", room)
    return above + below


def _wrapped(text: str, room: float) -> list[str]:
    """Break a text into lines, between words or after a sign, long words anywhere."""
    lines, line = [], ""
    for piece in re.findall(r"\s*[^\s/*×]*[/*×]?", visible(text).replace("\n", " ")):
        if line and width((line + piece).rstrip(), _LETTER) > room:
            lines.append(line.strip())
            line = ""
        line += piece
        while width(line.strip(), _LETTER) > room:
            head = _cut(line.strip(), room, "")
            lines.append(head)
            line = line.strip()[len(head) :]
    return [*lines, line.strip()] if line.strip() else lines


def _cut(text: str, room: float, mark: str = "…") -> str:
    """Shorten a text until it fits, one letter at least."""
    kept = text
    while len(kept) > 1 and width(kept + (mark if kept != text else ""), _LETTER) > room:
        kept = kept[:-1]
    return kept if kept == text else kept.rstrip("… ") + mark
