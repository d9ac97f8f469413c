"""A slow, plain interpreter of a model's expression trees: a second opinion on every equation.

It shares no code with the engines. It knows scalar models and the functions that the study's
model uses, and fails on anything else.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from flatgov.model import Call, Expression, Model, Number, Reference, Table, Variable
from flatgov.names import canonical


def _divide_or(default: Callable[[float], float]) -> Callable[..., float]:
    def divide(numerator: float, denominator: float, *otherwise: float) -> float:
        if abs(denominator) < 1e-6:  # Vensim's threshold for "zero"
            return default(*otherwise) if otherwise else 0.0
        return numerator / denominator

    return divide


FUNCTIONS: dict[str, Callable[..., float]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "negative": lambda a: -a,
    "MIN": min,
    "MAX": max,
    "INITIAL": lambda a: a,  # right at the start of a run only
    "XIDZ": _divide_or(lambda value: value),
    "ZIDZ": _divide_or(lambda: 0.0),
}


def look_up(table: Table, x: float) -> float:
    """Interpolate linearly, holding the ends."""
    if x <= table.x[0]:
        return table.y[0]
    for left, right, low, high in zip(table.x, table.x[1:], table.y, table.y[1:], strict=False):
        if x <= right:
            return low + (high - low) * (x - left) / (right - left)
    return table.y[-1]


def evaluate(expression: Expression, values: Mapping[str, float], model: Model) -> float:
    """Work an equation out from the values of the variables that it uses.

    Args:
        expression: The right-hand side; INTEG is not allowed here.
        values: By canonical name.
        model: For its lookups.
    """
    if isinstance(expression, Number):
        return expression.value
    if isinstance(expression, Reference):
        return values[canonical(expression.name)]
    assert isinstance(expression, Call), expression
    if expression.function == "LOOKUP":
        reference, argument = expression.arguments
        assert isinstance(reference, Reference)
        table = model.find(reference.name).equations[0].expression
        assert isinstance(table, Table)
        return look_up(table, evaluate(argument, values, model))
    arguments = [evaluate(argument, values, model) for argument in expression.arguments]
    return FUNCTIONS[expression.function](*arguments)


def right_hand_side(variable: Variable) -> Expression:
    """Give the equation of a variable; of a stock, its net flow."""
    expression = variable.equations[0].expression
    if variable.kind == "stock":
        assert isinstance(expression, Call)
        return expression.arguments[0]
    return expression


def initial_value(variable: Variable) -> Expression:
    """Give the initial value of a stock."""
    expression = variable.equations[0].expression
    assert isinstance(expression, Call)
    return expression.arguments[1]


def link_sign(
    model: Model, cause: str, effect: str, values: Mapping[str, float], step: float = 1e-4
) -> int:
    """Find the sign of a direct causal link by moving the cause a little, all else equal.

    Returns:
        1, -1, or 0 where the cause has no effect at this point (a limit binds, for example).
    """
    expression = right_hand_side(model.find(effect))
    key = canonical(cause)
    move = step * max(abs(values[key]), 1e-3)
    low = evaluate(expression, {**values, key: values[key] - move}, model)
    high = evaluate(expression, {**values, key: values[key] + move}, model)
    difference = high - low
    if math.isclose(high, low, rel_tol=1e-12, abs_tol=1e-15):
        return 0
    return 1 if difference > 0 else -1
