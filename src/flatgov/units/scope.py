"""The names that an equation may use, with their units."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from flatgov.model import Call, Expression, Macro, Model, Number, Reference, Variable
from flatgov.names import canonical
from flatgov.units.algebra import DIMENSIONLESS, Unit
from flatgov.units.parse import UnitsError, Vocabulary
from flatgov.units.quantity import UNKNOWN, Problem, Quantity

_TIMES = {"time", "time step", "initial time", "final time", "saveper"}


@dataclass
class Scope:
    """The names that an equation may use, with their units.

    Attributes:
        variables: By canonical name.
        units: The unit that each declares, by canonical name; None: none is given or readable.
        time: The unit of time.
        macros: By name in capitals.
        labels: Canonical names of subscripts and their elements.
        bound: The inputs of a macro with the units of the arguments.
        inferred: The units of variables that declare none, as far as they were needed.
        inputs: The unit that the inputs of a lookup have, with an input that has it, for lookups
            that are used with several.
        results: The units of macros' results, by macro and units of the arguments, with what does
            not fit in the body.
    """

    variables: Mapping[str, Variable]
    units: dict[str, Unit | None]
    time: Unit | None
    macros: Mapping[str, Macro] = field(default_factory=dict)
    labels: frozenset[str] = frozenset()
    bound: Mapping[str, Quantity] = field(default_factory=dict)
    inferred: dict[str, Quantity] = field(default_factory=dict)
    inputs: Mapping[str, tuple[Unit, Expression | None]] = field(default_factory=dict)
    results: dict[tuple[object, ...], tuple[Quantity, tuple[Problem, ...]]] = field(
        default_factory=dict
    )

    def known(self, key: str) -> Quantity | None:
        """Give what is known of a canonical name without looking at its equation."""
        if key in self.bound:
            return self.bound[key]
        unit = self.units.get(key)
        if unit is not None:
            return Quantity(unit)
        if key in _TIMES:
            return Quantity(self.time)
        if key in self.labels:
            return Quantity(DIMENSIONLESS)
        if key not in self.variables:
            return UNKNOWN
        return self.inferred.get(key)

    def value(self, expression: Expression) -> float | None:
        """Give the value of an exponent that cannot change: a number or a constant's."""
        if isinstance(expression, Reference):
            variable = self.variables.get(canonical(expression.name))
            if variable is None or variable.kind != "constant" or len(variable.equations) > 1:
                return None
            expression = variable.equations[0].expression
        if isinstance(expression, Number):
            return expression.value
        if isinstance(expression, Call) and expression.function == "negative":
            inner = self.value(expression.arguments[0])
            return None if inner is None else -inner
        if isinstance(expression, Call) and expression.function == "/":
            left, right = map(self.value, expression.arguments)
            return left / right if left is not None and right else None
        return None


def make_scope(model: Model, vocabulary: Vocabulary) -> tuple[Scope, dict[str, UnitsError]]:
    """Read the units of all variables.

    Args:
        model: The model.
        vocabulary: Its names of units.

    Returns:
        The scope of the model's equations, and what cannot be read, by variable name.
    """
    wrong: dict[str, UnitsError] = {}

    def read(name: str, text: str) -> Unit | None:
        try:
            return vocabulary.read(text)
        except UnitsError as error:
            wrong[name] = error
            return None

    time = read("Time", model.time.units)
    units = {canonical(v.name): read(v.name, v.units) for v in model.variables.values()}
    labels = {*model.subscripts, *(e for own in model.subscripts.values() for e in own)}
    variables = {canonical(name): variable for name, variable in model.variables.items()}
    scope = Scope(variables, units, time, model.macros, frozenset(map(canonical, labels)))
    return scope, wrong


def macro_scope(outer: Scope, macro: Macro, arguments: Sequence[Quantity]) -> Scope:
    """Give the scope of a macro's body where its inputs have the units of the arguments.

    The body's own units count where they are written in terms of the inputs; others may be those
    of any call.
    """
    inputs = [canonical(name) for name in macro.inputs]
    bound = {
        name: Quantity(argument.unit) for name, argument in zip(inputs, arguments, strict=False)
    }
    variables = {canonical(name): variable for name, variable in macro.variables.items()}
    vocabulary = Vocabulary()
    for name, argument in bound.items():
        if argument.unit is not None:
            vocabulary.define(name, argument.unit)
    units: dict[str, Unit | None] = {}
    for key, variable in variables.items():
        used = {canonical(word) for word in re.split(r"[*/()^]", variable.units)} & set(inputs)
        if used and all(bound[word].unit is not None for word in used & set(bound)):
            try:
                units[key] = vocabulary.read(variable.units)
            except UnitsError:
                continue
    return Scope(variables, units, outer.time, outer.macros, outer.labels, bound)
