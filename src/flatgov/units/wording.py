"""What a mismatch of units is called, and how it is mended."""

from __future__ import annotations

from collections.abc import Iterator

from flatgov.model import NA, Call, Expression, Number
from flatgov.units.algebra import DIMENSIONLESS, Unit, pair_of
from flatgov.units.equations import Mismatch
from flatgov.units.show import written
from flatgov.units.trees import factors

# How many of the second are in the first, where both are usual units, by key.
_CONVERSIONS = {
    ("year", "month"): "12",
    ("year", "quarter"): "4",
    ("year", "week"): "52",
    ("year", "day"): "365",
    ("quarter", "month"): "3",
    ("month", "week"): "4.35",
    ("month", "day"): "30.4",
    ("week", "day"): "7",
    ("day", "hour"): "24",
    ("hour", "minute"): "60",
    ("minute", "second"): "60",
}


def sentence(mismatch: Mismatch) -> str:
    """Say which operand has which unit."""
    problem = mismatch.problem
    wrong, unit, expected = _quoted(problem.wrong), named(problem.unit), named(problem.expected)
    beside = f"{_quoted(problem.against)} beside it" if problem.against else ""
    own = mismatch.variable.name
    match problem.kind:
        case "equation":
            return f"the equation gives {unit}, but '{own}' is declared {expected}"
        case "number" if beside:
            return f"{wrong} has no units, but {beside} is {expected}"
        case "number" if problem.function not in ("", "INTEG"):
            return f"{wrong} has no units, but {problem.function} asks for {expected} there"
        case "number":
            return f"{wrong} has no units, but {expected} is needed"
        case "exponent":
            return f"{wrong} is {unit}, and the power {_quoted(problem.against)} is no fixed number"
        case "input" if not beside:
            return f"the lookup '{problem.function}' is given {wrong}, which is {unit}"
        case "input":
            other = f"{_quoted(problem.against)} ({expected})"
            return f"the lookup '{problem.function}' is given {wrong} ({unit}), elsewhere {other}"
        case "macro":
            inside = f"{_quoted(problem.against)} is {unit} where {expected} is needed"
            return f"with these arguments {inside} in the macro {problem.function}"
        case "operands":
            return f"{wrong} is {unit}, but {beside} is {expected}"
        case "argument" if problem.function == "INTEG":
            return f"the net flow {wrong} is {unit}, but the stock needs {expected}"
        case "argument" if problem.function == "initial value":
            return f"the initial value {wrong} is {unit}, but the stock is {expected}"
        case "argument":
            return f"{wrong} is {unit}, but {problem.function} asks for {expected} there"


def named(unit: Unit) -> str:
    """Name a unit inside a sentence."""
    return "dimensionless" if unit.dimensionless else str(unit)


def _quoted(expression: Expression | None) -> str:
    if isinstance(expression, Number):
        return f"the number {expression.value:g}"
    return "" if expression is None else f"'{written(expression)}'"


def conversion(mismatch: Mismatch) -> str:
    """Name the bare number that converts one unit into another in an equation, or ``""``."""
    problem = mismatch.problem
    converts = mismatch.exchanged or _is_percent(mismatch.factor)
    if problem.kind == "number" or not converts:
        return ""
    return next((f"{value:g}" for value in _numbers(problem.wrong)), "")


def _numbers(expression: Expression) -> Iterator[float]:
    """Yield the numbers that multiply or divide."""
    for _, factor in factors(expression):
        if isinstance(factor, Number) and abs(factor.value) not in (0, 1, -NA):
            yield factor.value
    if isinstance(expression, Call) and expression.function not in ("*", "/"):
        for argument in expression.arguments:
            yield from _numbers(argument)


def _is_percent(factor: Unit) -> bool:
    return [key for key, _ in factor.powers] == ["percent"]


def known_factor(factor: Unit) -> str:
    """Say how many of one unit another has, where both are usual: ``12 Month are 1 Year``."""
    if _is_percent(factor):
        return "100 percent are 1"
    if not pair_of(factor):
        return ""
    keys = [key for key, _ in factor.powers]
    for (more, less), number in _CONVERSIONS.items():
        if {more, less} == set(keys):
            return f"{number} {factor.names[less]} are 1 {factor.names[more]}"
    return ""


def missing(mismatch: Mismatch) -> str:
    """Say by what the operand would have to be multiplied, where that is not plain."""
    problem, factor = mismatch.problem, mismatch.factor
    known = known_factor(factor)
    if problem.unit.dimensionless or problem.expected.dimensionless:
        return known
    text = f"{problem.unit} times {factor} is {problem.expected}"
    return f"{text}; {known}" if known else text


def mending(factor: Unit) -> str:
    """Say by what to multiply or divide."""
    if all(power < 0 for _, power in factor.powers):
        return f"divide by a quantity in {DIMENSIONLESS / factor}"
    return f"multiply by a quantity in {factor}"
