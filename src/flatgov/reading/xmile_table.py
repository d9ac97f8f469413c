"""Graphical functions of XMILE.

OASIS, XMILE 1.0, section 3.1.4: ``continuous`` is linear between the points and keeps the value of
the nearest end beyond them; ``extrapolate`` goes on there with the last two points; ``discrete``
takes the value of the next lower point, so its last value holds from the last point on.
"""

from __future__ import annotations

import itertools
import math
from typing import Any

from pysd.translators.structures import abstract_expressions as ae

from flatgov import limits
from flatgov.errors import FlatgovError
from flatgov.reading.safe import UnreadableText, read_number
from flatgov.reading.xmile_expression import ExpressionError
from flatgov.reading.xmile_file import children, tag_of

_TYPES = {
    "continuous": "interpolate",
    "extrapolate": "extrapolate",
    "discrete": "hold_backward",
}


def has_points(node: Any) -> bool:
    """Tell whether a ``<gf>`` defines a function, not only names one."""
    return any(tag_of(child) == "ypts" for child in children(node))


def read_table(node: Any) -> ae.LookupsStructure:
    """Read a ``<gf>``.

    Raises:
        ExpressionError: Its points are missing or do not fit together.
    """
    kind = node.get("type", "continuous").strip().lower()
    if node.get("discrete", "").strip().lower() == "true":  # files before XMILE 1.0
        kind = "discrete"
    if kind not in _TYPES:
        raise ExpressionError(f"a graphical function of type '{kind}' is not supported", text=kind)
    y = _points(node, "ypts")
    if y is None:
        raise ExpressionError("the graphical function has no <ypts>", text="<gf")
    x = _points(node, "xpts") or _scale(node, len(y))
    if len(x) != len(y):
        what = f"the graphical function has {len(x)} x-values and {len(y)} y-values"
        raise ExpressionError(what, text="<gf")
    if any(right <= left for left, right in itertools.pairwise(x)):
        raise ExpressionError("the x-values of the graphical function do not rise", text="<gf")
    return ae.LookupsStructure(x, y, (x[0], x[-1]), (min(y), max(y)), _TYPES[kind])


def _points(node: Any, tag: str) -> tuple[float, ...] | None:
    for child in children(node, tag):
        separator = child.get("sep", ",")
        text = (child.text or "").strip()
        items = text.split(separator) if separator.strip() else text.split()
        if items and not items[-1].strip():
            items.pop()
        try:
            limits.check("points", len(items), f"<{tag}> has {len(items):,} points")
        except FlatgovError as error:
            raise ExpressionError(error.what, text=f"<{tag}", fix=error.fix) from None
        return tuple(_number(item, tag, child) for item in items)
    return None


def _number(item: str, tag: str, node: Any) -> float:
    try:
        return read_number(item)
    except UnreadableText as error:
        raise ExpressionError(
            f"{error} in <{tag}>",
            text=item.strip(),
            fix="write numbers with commas between",
            line=node.sourceline or 0,
        ) from None


def _scale(node: Any, count: int) -> tuple[float, ...]:
    """Spread the x-values evenly over ``<xscale>``."""
    for child in children(node, "xscale"):
        try:
            low, high = read_number(child.get("min", "")), read_number(child.get("max", ""))
        except UnreadableText as error:
            raise ExpressionError(f"{error} in <xscale>", text="<xscale") from None
        last = max(count - 1, 1)
        x = (*(low + (high - low) * (place / last) for place in range(count - 1)), high)
        if not all(map(math.isfinite, x)):
            raise ExpressionError("the <xscale> is too wide", text="<gf")
        return x
    raise ExpressionError("the graphical function has neither <xscale> nor <xpts>", text="<gf")
