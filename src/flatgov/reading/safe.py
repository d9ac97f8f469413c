"""Numbers, points and texts of a model, read as data: nothing of a model file runs as code."""

from __future__ import annotations

import math
import re

Pair = tuple[float, float]

UNSIGNED = r"(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
NUMBER = rf"[+-]?\s*{UNSIGNED}"
_PAIR = re.compile(rf"\(\s*({NUMBER})\s*,\s*({NUMBER})\s*\)")
# The text of all points of a lookup, with or without its axes.
POINTS = rf"\(\s*(?:\[[^\]]*\]\s*,\s*)?((?:\(\s*{NUMBER}\s*,\s*{NUMBER}\s*\)\s*,?\s*)+)\)"


class UnreadableText(ValueError):
    """Text of a model that is neither a number nor points nor a quoted string."""


def read_number(text: str) -> float:
    """Read a finite number, which may have spaces after its sign.

    Raises:
        UnreadableText: The text is no number, or too large for one.
    """
    if not re.fullmatch(NUMBER, text.strip()):
        raise UnreadableText(f"'{text.strip()}' is not a number")
    value = float("".join(text.split()))
    if not math.isfinite(value):
        raise UnreadableText(f"'{text.strip()}' is too large for a number")
    return value


def read_literal(text: str) -> float | str | tuple[Pair, ...]:
    """Read what PySD evaluates: a number, a quoted string, points, the limits of a lookup.

    Args:
        text: ``-3``, ``'data.xlsx'``, ``(0,0),(1,2)`` or ``[(0,0),(1,2)]``. What stands in the
            square brackets only sets the axes of a chart; anything but points is left out.

    Raises:
        UnreadableText: The text is none of these.
    """
    bare = text.replace("\\", " ").strip().rstrip(",").strip()
    if len(bare) > 1 and bare[0] == bare[-1] and bare[0] in "'\"":
        return bare[1:-1]
    if bare.startswith("["):
        return _points(bare) or ((math.nan, math.nan),) * 2
    if bare.startswith("("):
        if _PAIR.sub("", bare).replace(",", "").strip():
            raise UnreadableText(f"'{bare}' are not points of a lookup")
        return _points(bare)
    return read_number(bare)


def _points(text: str) -> tuple[Pair, ...]:
    return tuple((read_number(x), read_number(y)) for x, y in _PAIR.findall(text))
