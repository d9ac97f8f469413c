"""The points of lookups, read at once: PySD's grammar takes most of its time for them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, cast

import parsimonious
from pysd.translators.structures import abstract_expressions as ae
from pysd.translators.vensim.vensim_element import Lookup

from flatgov.reading.safe import POINTS, Pair, read_literal

_ALL_POINTS = re.compile(POINTS)
_WITH_LOOKUP = re.compile(r"\bWITH LOOKUP\s*\(", re.IGNORECASE)
_ITS_POINTS = re.compile(rf",\s*{POINTS}\s*\)")


def parse_right_hand_side(component: Any) -> None:
    """Let PySD parse a component without its points, and put them in after."""
    text = component.expression or ""
    points = _ALL_POINTS.fullmatch(text) if isinstance(component, Lookup) else None
    if points:
        component.ast = _lookup(points[1])
        return
    found = [match[1] for match in _ITS_POINTS.finditer(text)]
    if not found or len(found) != len(_WITH_LOOKUP.findall(text)):
        component.parse()
        return
    numbers = iter(range(len(found)))
    component.expression = _ITS_POINTS.sub(lambda match: f",'{next(numbers)}')", text)
    try:
        component.parse()
    except (parsimonious.ParseError, parsimonious.VisitationError):
        component.expression = text
        component.parse()  # for the place in the text that the user wrote
        return
    component.expression = text
    _fill(component.ast, [_lookup(points) for points in found])


def _fill(part: Any, lookups: Sequence[ae.LookupsStructure]) -> None:
    """Put each lookup where its number stands."""
    if isinstance(part, ae.InlineLookupsStructure) and isinstance(part.lookups, str):
        part.lookups = lookups[int(part.lookups)]
    below = part if isinstance(part, (list, tuple)) else getattr(part, "__dict__", {}).values()
    for item in below:
        if isinstance(item, (list, tuple, ae.AbstractSyntax)):
            _fill(item, lookups)


def _lookup(points: str) -> ae.LookupsStructure:
    pairs = sorted(cast(tuple[Pair, ...], read_literal(points)), key=lambda pair: pair[0])
    x, y = zip(*pairs, strict=True)
    return ae.LookupsStructure(x, y, (x[0], x[-1]), (min(y), max(y)), "interpolate")
