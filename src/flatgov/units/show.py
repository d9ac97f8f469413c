"""An expression as a text for messages, and the piece of an equation to underline."""

from __future__ import annotations

import re

from flatgov.model import Array, Call, Expression, Number, Reference, Table, Text, references
from flatgov.names import canonical

_BINDING = {":OR:": 1, ":AND:": 2, "+": 4, "-": 4, "*": 5, "/": 5, "^": 7}
_BINDING |= dict.fromkeys(("=", "<>", "<", "<=", ">", ">="), 3)
_LOOKUPS = {"LOOKUP", "WITH LOOKUP"}


def written(expression: Expression, most: int = 60) -> str:
    """Write an expression as in an equation, cut where it is long."""
    text = _text(expression, 0, 12)
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def _text(expression: Expression, outer: int, depth: int) -> str:
    match expression:
        case Number(value):
            return f"{value:g}"
        case Reference(name, subscripts):
            return name + (f"[{', '.join(subscripts)}]" if subscripts else "")
        case Text(value):
            return f"'{value}'"
        case Table():
            return "(table)"
        case Array():
            return "(numbers)"
        case Call(function, arguments):
            if not depth:
                return "…"
            return _call(function, arguments, outer, depth - 1)


def _call(function: str, arguments: tuple[Expression, ...], outer: int, depth: int) -> str:
    if function in _BINDING and len(arguments) == 2:
        binding = _BINDING[function]
        sign = function if function == "^" else f" {function} "
        left = _text(arguments[0], binding, depth)
        text = left + sign + _text(arguments[1], binding + 1, depth)
        return f"({text})" if binding < outer else text
    if function == "negative":
        return "-" + _text(arguments[0], 6, depth)
    if function in _LOOKUPS and isinstance(arguments[0], Reference):
        return f"{_text(arguments[0], 0, depth)}({_text(arguments[1], 0, depth)})"
    return f"{function}({', '.join(_text(argument, 0, depth) for argument in arguments)})"


def underlined(expression: Expression, equation: str) -> str:
    """Find what to underline of an operand in an equation as written: all of it or a name in it."""
    for text in (_text(expression, 0, 12), *_names(expression)):
        pieces = [re.escape(piece) for piece in re.split(r"[\s_]+", text) if piece]
        before = r"(?<![\w.])" if text[:1].isalnum() else ""
        after = r"(?![\w.])" if text[-1:].isalnum() else ""
        pattern = before + r"[\s_]*".join(pieces) + after
        if found := re.search(pattern, equation, re.IGNORECASE):
            return found[0]
    return ""


def _names(expression: Expression) -> list[str]:
    return list(dict.fromkeys(canonical(name) for name in references(expression)))
