"""What each variable is: stock, flow, auxiliary, constant, lookup or data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from flatgov.model import Array, Call, Expression, Kind, Number, Reference, Table
from flatgov.reading.diagnose import walk
from flatgov.reading.functions import OPERATORS


def kind_of(component: object, expressions: Sequence[Expression], flow: bool) -> Kind:
    """Classify one variable.

    Args:
        component: PySD's form of its first definition.
        expressions: Its equations.
        flow: Whether it stands as a term in the flow of some stock.
    """
    made_as = type(component).__name__  # of PySD's classes or ours, which have the same names
    if made_as == "AbstractLookup":
        return "lookup"
    if all(isinstance(item, (Number, Array)) for item in expressions):
        return "constant"
    if made_as == "AbstractData" or any(isinstance(item, Table) for item in expressions):
        return "data"
    if any(isinstance(item, Call) and item.function == "INTEG" for item in expressions):
        return "stock"
    if all(map(_is_constant, expressions)):
        return "constant"
    return "flow" if flow else "auxiliary"


# What gives the same number whenever it is asked, if its arguments do.
_TIMELESS = OPERATORS | {
    *("ABS", "ACTIVE INITIAL", "ARCCOS", "ARCSIN", "ARCTAN", "COS", "COSH", "EXP", "GAME"),
    *("GAMMA LN", "IF THEN ELSE", "INITIAL", "INTEGER", "LN", "LOG", "MAX", "MIN", "MODULO"),
    *("PI", "POWER", "QUANTUM", "SIN", "SINH", "SQRT", "TAN", "TANH", "XIDZ", "ZIDZ"),
    "WITH LOOKUP",
}


def _is_constant(expression: Expression) -> bool:
    return not any(
        isinstance(part, Reference) or (isinstance(part, Call) and part.function not in _TIMELESS)
        for part in walk(expression)
    )


def terms(expression: Expression) -> Iterator[str]:
    """Yield the variables that stand as plus or minus terms of a stock's net flow."""
    pending = [expression]
    while pending:
        part = pending.pop()
        if isinstance(part, Reference):
            yield part.name
        elif isinstance(part, Call) and part.function in ("+", "-", "negative"):
            pending += part.arguments
