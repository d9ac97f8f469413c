"""Pieces that several static checks use: lists of names, numbers as written, parts of equations."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from flatgov.model import Call, Expression, Model

_NUMBER = re.compile(r"(?<![\w.])(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?![\w.])")
_MINUS = re.compile(r"-\s*$")
_MOST_NAMES = 12


def listed(names: Iterable[str], most: int = _MOST_NAMES) -> str:
    """Write names in single quotes, a few of many."""
    all_names = list(names)
    more = f" and {len(all_names) - most} more" if len(all_names) > most else ""
    return ", ".join(f"'{name}'" for name in all_names[:most]) + more


def plural(count: int, word: str) -> str:
    """Write a number and what it counts."""
    return f"{count} {word}" + ("" if count == 1 else "s")


def percent(part: int, of: int) -> str:
    """Write a share, rounded down so that only all of them are 100 %."""
    return f"{100 * part // max(of, 1)} %"


def as_written(value: float, text: str) -> str:
    """Find a number in the text of an equation as it stands there, or ``""``."""
    for found in _NUMBER.finditer(text):
        if float(found[0]) == abs(value):
            minus = _MINUS.search(text, 0, found.start()) if value < 0 else None
            return text[minus.start() if minus else found.start() : found.end()]
    return ""


def signed_terms(net_flow: Expression) -> Iterator[tuple[int, Expression]]:
    """Yield the terms of a sum, each with 1 or -1."""
    pending: list[tuple[int, Expression]] = [(1, net_flow)]
    while pending:
        sign, part = pending.pop()
        if isinstance(part, Call) and part.function in ("+", "-"):
            first, second = part.arguments
            pending.append((sign if part.function == "+" else -sign, second))
            pending.append((sign, first))
        elif isinstance(part, Call) and part.function == "negative":
            pending.append((-sign, part.arguments[0]))
        else:
            yield sign, part


def net_flows(expressions: Iterable[Expression]) -> Iterator[tuple[Expression, Expression]]:
    """Yield the net flow and the initial value of each integral."""
    for expression in expressions:
        if isinstance(expression, Call) and expression.function == "INTEG":
            flow, initial = expression.arguments
            yield flow, initial


def control_line(model: Model, name: str) -> int:
    """Find the line of a control variable's definition, 0 if it is not in the file."""
    pattern = rf'^\s*"?{name.replace(" ", "[ _]+")}"?\s*='
    text = model.source.decode("utf-8", "replace")
    found = re.search(pattern, text, re.IGNORECASE | re.MULTILINE)
    return text.count("\n", 0, found.end()) + 1 if found else 0
