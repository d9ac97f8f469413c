"""Vensim's functions in terms of operations: one table from name to rule.

Each rule follows the function's page in Vensim's reference manual; where the manual is silent,
the rule is that of the community's reference outputs (SDXorg/test-models).
"""

from __future__ import annotations

from collections.abc import Callable

from flatgov.kernel.lower import arrays, batches, calendar, pulses, stateful, tables
from flatgov.kernel.lower.scope import Scope
from flatgov.model import Call

Rule = Callable[[Scope, Call], int]

# What Vensim counts as zero in XIDZ and ZIDZ (reference manual, "XIDZ").
_SMALL = 1e-6


def _direct(code: str) -> Rule:
    """An operation on the arguments as they stand."""
    return lambda scope, call: scope.builder.op(code, *scope.arguments(call))


def _from_left(code: str) -> Rule:
    """A function of two or more arguments; of one it is that argument."""

    def rule(scope: Scope, call: Call) -> int:
        result, *rest = scope.arguments(call)
        for argument in rest:
            result = scope.builder.op(code, result, argument)
        return result

    return rule


def _log(scope: Scope, call: Call) -> int:
    x, base = scope.arguments(call)
    b = scope.builder
    return b.div(b.op("ln", x), b.op("ln", base))


def _zidz(scope: Scope, call: Call) -> int:
    a, b = scope.arguments(call)
    return divide_or(scope, a, b, scope.number(0.0))


def _xidz(scope: Scope, call: Call) -> int:
    a, b, otherwise = scope.arguments(call)
    return divide_or(scope, a, b, otherwise)


def divide_or(scope: Scope, a: int, b: int, otherwise: int) -> int:
    """Divide, or give another value where the denominator counts as zero."""
    build = scope.builder
    small = build.op("lt", build.op("abs", b), scope.number(_SMALL))
    return build.select(small, otherwise, build.div(a, b))


def _quantum(scope: Scope, call: Call) -> int:
    a, b = scope.arguments(call)
    return _multiple(scope, a, b)


def _multiple(scope: Scope, a: int, b: int) -> int:
    """QUANTUM: b * INTEGER(a / b), and a itself where b is not above zero."""
    build = scope.builder
    multiple = build.mul(b, build.op("trunc", build.div(a, b)))
    return build.select(build.op("gt", b, scope.number(0.0)), multiple, a)


def _modulo(scope: Scope, call: Call) -> int:
    a, b = scope.arguments(call)
    return scope.builder.sub(a, _multiple(scope, a, b))


def _only(position: int) -> Rule:
    """A function that is one of its arguments."""
    return lambda scope, call: scope.lower(call.arguments[position])


def _initial(scope: Scope, call: Call) -> int:
    return scope.initial.lower(call.arguments[0])


def _active_initial(scope: Scope, call: Call) -> int:
    return scope.lower(call.arguments[1 if scope.phase == "initial" else 0])


def _unary(code: str) -> tuple[str, Rule]:
    return code.upper(), _direct(code)


FUNCTIONS: dict[str, Rule] = {
    "^": _direct("pow"),
    "negative": _direct("neg"),
    "=": _direct("eq"),
    "<>": _direct("ne"),
    "<": _direct("lt"),
    "<=": _direct("le"),
    ">": _direct("gt"),
    ">=": _direct("ge"),
    ":NOT:": _direct("not"),
    "IF THEN ELSE": _direct("select"),
    "MIN": _from_left("min"),
    "MAX": _from_left("max"),
    **dict(map(_unary, ("abs", "sqrt", "exp", "ln", "sin", "cos", "tan", "sinh", "cosh", "tanh"))),
    **dict(map(_unary, ("arcsin", "arccos", "arctan"))),
    "GAMMA LN": _direct("gamma ln"),
    "INTEGER": _direct("trunc"),
    "LOG": _log,
    "POWER": _direct("pow"),
    "MODULO": _modulo,
    "QUANTUM": _quantum,
    "ZIDZ": _zidz,
    "XIDZ": _xidz,
    "PI": lambda scope, call: scope.number(3.141592653589793),
    "GAME": _only(0),
    "INITIAL": _initial,
    "ACTIVE INITIAL": _active_initial,
    **pulses.FUNCTIONS,
    **calendar.FUNCTIONS,
    **tables.FUNCTIONS,
    **batches.FUNCTIONS,
    **stateful.FUNCTIONS,
    **arrays.FUNCTIONS,
}
