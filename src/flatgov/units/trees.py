"""Sums, products and numbers in expression trees."""

from __future__ import annotations

from collections.abc import Iterator

from flatgov.model import Array, Call, Expression, Number, Table, Text

_ARITHMETIC = {"+", "-", "*", "/", "^", "negative"}


def terms(expression: Expression) -> Iterator[Expression]:
    """Yield the terms of a sum or difference, from the left, without recursion."""
    pending = [expression]
    while pending:
        part = pending.pop()
        if isinstance(part, Call) and part.function in ("+", "-"):
            pending += reversed(part.arguments)
        else:
            yield part


def factors(expression: Expression) -> Iterator[tuple[int, Expression]]:
    """Yield the factors of a product with 1, those below the bar with -1, from the left."""
    pending = [(1, expression)]
    while pending:
        sign, part = pending.pop()
        if isinstance(part, Call) and part.function in ("*", "/"):
            left, right = part.arguments
            pending += [(sign if part.function == "*" else -sign, right), (sign, left)]
        else:
            yield sign, part


def plain(expression: Expression) -> bool:
    """Tell whether an equation is only values: they have the unit that the variable declares."""
    if isinstance(expression, Call) and expression.function in ("INITIAL", "GAME"):
        return plain(expression.arguments[0])
    return isinstance(expression, Table | Array | Text) or _is_numeric(expression)


def _is_numeric(expression: Expression) -> bool:
    """Tell whether an expression is made of numbers and arithmetic only."""
    if isinstance(expression, Call):
        return expression.function in _ARITHMETIC and all(map(_is_numeric, expression.arguments))
    return isinstance(expression, Number)
