"""Dimensional analysis of a scalar model's equations, for the tests.

Units are products of powers; ``Dmnl`` is the empty product. The number 0 fits any unit, every
other number is dimensionless.
"""

from __future__ import annotations

import re
from collections import Counter

from flatgov.model import Call, Expression, Model, Number, Reference, Variable
from flatgov.names import canonical

Unit = tuple[tuple[str, int], ...]
DIMENSIONLESS: Unit = ()
SAME = {"+", "-", "MIN", "MAX"}


class UnitError(AssertionError):
    """Two operands whose units do not fit."""


def parse(text: str) -> Unit:
    """Read ``Person*Hour/(Unit*Month)``."""
    powers: Counter[str] = Counter()
    sign, stack = 1, []
    for token in re.findall(r"[()*/]|[^()*/]+", text.replace(" ", "")):
        if token == "(":
            stack.append(sign)
        elif token == ")":
            sign = stack.pop()
            sign = stack[-1] if stack else 1
        elif token == "*":
            sign = stack[-1] if stack else 1
        elif token == "/":
            sign = -(stack[-1] if stack else 1)
        elif token not in ("1", "Dmnl"):
            powers[token] += sign
    return _unit(powers)


def _unit(powers: Counter[str]) -> Unit:
    return tuple(sorted((name, power) for name, power in powers.items() if power))


def _times(left: Unit, right: Unit, sign: int) -> Unit:
    powers = Counter(dict(left))
    for name, power in right:
        powers[name] += sign * power
    return _unit(powers)


def unit_of(expression: Expression, model: Model) -> Unit | None:
    """Derive the unit of an expression; None fits any unit (the number 0)."""
    if isinstance(expression, Number):
        return None if expression.value == 0 else DIMENSIONLESS
    if isinstance(expression, Reference):
        return parse(model.find(expression.name).units)
    assert isinstance(expression, Call), expression
    name, arguments = expression.function, expression.arguments
    if name == "LOOKUP":
        table, argument = arguments
        _agree(unit_of(argument, model), DIMENSIONLESS, "the input of a lookup")
        return unit_of(table, model)
    units = [unit_of(argument, model) for argument in arguments]
    if name in SAME:
        return _all_same(units, name)
    if name in ("*", "/"):
        left, right = (unit if unit is not None else DIMENSIONLESS for unit in units)
        return _times(left, right, 1 if name == "*" else -1)
    if name in ("XIDZ", "ZIDZ"):
        left, right = (unit if unit is not None else DIMENSIONLESS for unit in units[:2])
        return _all_same([_times(left, right, -1), *units[2:]], name)
    if name in ("negative", "INITIAL"):
        return units[0]
    raise UnitError(f"no unit rule for {name}")


def _all_same(units: list[Unit | None], name: str) -> Unit | None:
    known = [unit for unit in units if unit is not None]
    for unit in known[1:]:
        _agree(unit, known[0], name)
    return known[0] if known else None


def _agree(unit: Unit | None, expected: Unit, place: str) -> None:
    if unit is not None and unit != expected:
        raise UnitError(f"{place}: {unit} against {expected}")


def check_variable(variable: Variable, model: Model) -> None:
    """Fail unless the equation has the unit that the variable declares."""
    declared = parse(variable.units)
    expression = variable.equations[0].expression
    if variable.kind == "lookup":
        return
    if variable.kind == "stock":
        assert isinstance(expression, Call)
        flow, initial = expression.arguments
        per_time = _times(declared, parse(model.time.units), -1)
        _agree(unit_of(flow, model), per_time, f"the net flow of {variable.name}")
        _agree(unit_of(initial, model), declared, f"the initial value of {variable.name}")
    elif not isinstance(expression, Number):
        _agree(unit_of(expression, model), declared, variable.name)


def all_names(model: Model) -> set[str]:
    """List the canonical names of all variables."""
    return {canonical(name) for name in model.variables}
