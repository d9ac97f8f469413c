"""Finds what depends on random numbers: other engines draw other ones."""

from __future__ import annotations

from flatgov.model import Call, Expression, Model, references
from flatgov.names import canonical


def random_variables(model: Model) -> set[str]:
    """Give the canonical names of all variables that depend on random numbers."""
    found: set[str] = set()
    size = -1
    while len(found) != size:
        size = len(found)
        for variable in model.variables.values():
            expressions = [equation.expression for equation in variable.equations]
            if any(_is_random(one, found) for one in expressions):
                found.add(canonical(variable.name))
    return found


def _is_random(expression: Expression, found: set[str]) -> bool:
    if isinstance(expression, Call):
        if expression.function.startswith("RANDOM"):
            return True
        if any(_is_random(argument, found) for argument in expression.arguments):
            return True
    return any(canonical(name) in found for name in references(expression))
