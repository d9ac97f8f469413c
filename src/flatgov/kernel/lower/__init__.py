"""Model → `Program`: one scalar float64 operation after the other, in an order that works.

Subscripts are unrolled; delays, smooths and trends become states; macros stand in place of their
calls; what depends on numbers alone is computed here.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import numpy as np

from flatgov.kernel.builder import fold
from flatgov.kernel.lower.core import Lowering, Phase, Place
from flatgov.kernel.lower.equations import elements_of, equation_of
from flatgov.kernel.lower.scope import Scope
from flatgov.kernel.program import Program
from flatgov.model import Model, TimeSettings
from flatgov.names import canonical
from flatgov.reading.sizes import check_elements


def lower(
    model: Model,
    time: TimeSettings | None = None,
    normals: Mapping[str, tuple[float, float]] | None = None,
) -> Program:
    """Lower a model.

    Args:
        model: The model.
        time: In place of its own time settings; INITIAL TIME, TIME STEP, FINAL TIME and SAVEPER
            are numbers in the program.
        normals: The normal point (x, y) of each lookup whose strength and slope are to be
            parameters; see `flatgov.draws.Draws`.

    Returns:
        The program, with every variable but lookups among its outputs.

    Raises:
        ModelError: The model uses what the kernel does not know, or a definition is circular.
    """
    time = time or model.time
    check_elements(model.variables.values(), model.subscripts, model.path)
    lowering = Lowering(model, time, _lower_place, normals)
    outputs = {}
    undefined: set[tuple[str, int]] = set()
    for variable in model.variables.values():
        if variable.kind == "lookup":
            continue
        shape = lowering.ranges.shape(variable.subscripts)
        places = [
            Place(lowering.main, canonical(variable.name), element, "step")
            for element in range(int(np.prod(shape, dtype=np.int64)))
        ]
        defined = elements_of(lowering, places[0])
        nothing = lowering.builder.number(np.nan)  # An element may be left out if nobody uses it.
        numbers = [
            lowering.settle(partial(lowering.value, place)) if place.element in defined else nothing
            for place in places
        ]
        undefined |= {(variable.name, one.element) for one in places if one.element not in defined}
        outputs[variable.name] = np.array(numbers, dtype=np.int64).reshape(shape)
    states = lowering.finish()
    return Program(
        operations=tuple(lowering.builder.operations),
        parameters=tuple(lowering.parameter_list),
        stocks=lowering.stock_list(),
        states=states,
        outputs=outputs,
        initial_time=time.initial,
        time_step=time.step,
        fixed=frozenset(lowering.fixed_parameters),
        undefined=frozenset(undefined),
    )


def value_at_start(model: Model, name: str) -> float | None:
    """Compute a variable without subscripts at INITIAL TIME, with the model's own constants.

    Returns:
        Its value, or None where that is not the same in every run.

    Raises:
        ModelError: The model uses what the kernel does not know, or a definition is circular.
    """
    lowering = Lowering(model, model.time, _lower_place)
    place = Place(lowering.main, canonical(name), 0, "initial")
    wanted = lowering.settle(partial(lowering.value, place))
    values: list[float | None] = []
    for code, arguments, extra in lowering.builder.operations:
        inputs = [value for number in arguments if (value := values[number]) is not None]
        if code == "number":
            values.append(extra)
        elif code == "first parameter":
            values.append(lowering.parameter_list[extra].base)
        elif len(inputs) < len(arguments) or not arguments:
            values.append(None)
        else:
            values.append(inputs[0] if code == "changed initial" else fold(code, inputs, extra))
    return values[wanted]


def _lower_place(lowering: Lowering, place: Place) -> int:
    """Lower the equation of an element; of a constant, make it a parameter."""
    equation, bound = equation_of(lowering, place)
    scope = Scope(lowering, place, equation, bound)
    value = scope.lower(equation.expression)
    variable = place.instance.variables[place.variable]
    if variable.kind != "constant" or place.instance.name:
        return value
    base = lowering.builder.value(value)
    if base is None:
        return value
    number = lowering.parameter(variable.name, place.element, base)
    return lowering.builder.op(_PARAMETER[place.phase], extra=number)


_PARAMETER: dict[Phase, str] = {"initial": "first parameter", "step": "parameter"}
