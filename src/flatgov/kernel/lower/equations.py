"""Which equation of a variable defines which of its elements."""

from __future__ import annotations

import itertools
import math

from flatgov.errors import ModelError
from flatgov.kernel.lower.core import Lowering, Place
from flatgov.kernel.lower.ranges import SubscriptError, excluder
from flatgov.model import Equation, Variable
from flatgov.names import canonical


def equation_of(lowering: Lowering, place: Place) -> tuple[Equation, dict[str, str]]:
    """Find the equation that defines an element, and the element of each range that it holds.

    Raises:
        ModelError: No equation defines it.
    """
    found = elements_of(lowering, place).get(place.element)
    if found is None:
        variable = place.instance.variables[place.variable]
        raise ModelError(
            f"no equation defines {lowering.label(place)}",
            where=f"{lowering.model.path}, '{variable.name}', line {variable.line}",
        )
    return found


def elements_of(lowering: Lowering, place: Place) -> dict[int, tuple[Equation, dict[str, str]]]:
    """Give the equation of each defined element of the variable of a place."""
    variable = place.instance.variables[place.variable]
    key = (place.instance, place.variable, "equations")
    return lowering.once(key, lambda: _elements(lowering, variable))


def _elements(lowering: Lowering, variable: Variable) -> dict[int, tuple[Equation, dict[str, str]]]:
    """Give the equation of each element of a variable, with the elements that it holds."""
    ranges = lowering.ranges
    dimensions = tuple(map(canonical, variable.subscripts))
    table: dict[int, tuple[Equation, dict[str, str]]] = {}
    for equation in variable.equations:
        names = tuple(map(canonical, equation.subscripts))
        repeated = {name for name in names if names.count(name) > 1 and ranges.is_range(name)}
        if repeated:
            raise ModelError(
                f"the range '{ranges.shown(repeated.pop())}' stands twice on the left-hand side",
                where=f"{lowering.model.path}, '{variable.name}', line {equation.line}",
                fix="define a second range of the same elements",
            )
        choices = [ranges.elements.get(name, (name,)) for name in names]
        lowering.builder.count(math.prod(map(len, choices)))
        is_excluded = excluder(ranges.elements, equation.excluded)
        for elements in itertools.product(*choices):
            if is_excluded(elements):
                continue
            bound = {
                name: element
                for name, element in zip(names, elements, strict=True)
                if ranges.is_range(name)
            }
            where = f"{lowering.model.path}, '{variable.name}', line {equation.line}"
            try:
                place = ranges.flat(elements, dimensions)
            except SubscriptError as error:
                raise ModelError(str(error), where=where, nearest=error.nearest) from None
            if place in table:
                shown = ", ".join(map(ranges.shown, elements))
                raise ModelError(
                    f"[{shown}] is already defined on line {table[place][0].line}",
                    where=where,
                    fix="take it out of one of the two with :EXCEPT:",
                )
            table[place] = (equation, bound)
    return table
