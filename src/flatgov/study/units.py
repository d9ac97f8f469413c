"""Whether two texts mean the same units."""

from __future__ import annotations

from collections.abc import Sequence

from flatgov.units.algebra import DIMENSIONLESS
from flatgov.units.parse import UnitsError, parse_units


def same_units(one: str, other: str, synonyms: Sequence[Sequence[str]] = ()) -> bool:
    """Compare units, ignoring case, spaces, plurals and the order of factors.

    No units at all are dimensionless here. Texts that are no units are the same only if they are
    written alike.

    Args:
        one: Such as ``MYuan/Month``.
        other: Such as ``Task/(Person*Month)``.
        synonyms: Groups of units that mean the same (`Model.unit_synonyms`).

    Returns:
        Whether both are the same product of factors.
    """
    try:
        first, second = parse_units(one, synonyms), parse_units(other, synonyms)
    except UnitsError:
        return " ".join(one.lower().split()) == " ".join(other.lower().split())
    return (first or DIMENSIONLESS) == (second or DIMENSIONLESS)
