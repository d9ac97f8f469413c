"""PySD's structures → expression trees of `flatgov.model`."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from pysd.translators.structures import abstract_expressions as ae

from flatgov.model import Array, Call, Expression, Number, Reference, Table, Text
from flatgov.names import canonical
from flatgov.reading.spelling import function_name

_DELAYS = {1: "DELAY1", 3: "DELAY3"}
_SMOOTHS = {1: "SMOOTH", 3: "SMOOTH3"}


def to_tree(structure: Any, spelling: Mapping[str, str]) -> Expression:
    """Convert one right-hand side.

    Args:
        structure: What PySD's parser made of it.
        spelling: The defining variable's own spelling by canonical name.
    """
    convert: Callable[[Any], Expression] = functools.partial(to_tree, spelling=spelling)

    def call(function: str, *arguments: Any) -> Call:
        return Call(function, tuple(convert(argument) for argument in arguments))

    match structure:
        case float() | int() | np.floating() | np.integer():
            return Number(float(structure))
        case str():
            return Text(structure)
        case np.ndarray():
            return Array(tuple(map(float, structure.ravel())), structure.shape)
        case ae.ReferenceStructure():
            return _reference(structure, spelling)
        case ae.ArithmeticStructure() | ae.LogicStructure():
            return _operation(structure.operators, [convert(a) for a in structure.arguments])
        case ae.CallStructure():
            return _call(structure, convert, spelling)
        case ae.IntegStructure():
            return call("INTEG", structure.flow, structure.initial)
        case ae.InitialStructure():
            return call("INITIAL", structure.initial)
        case ae.GameStructure():
            return call("GAME", structure.expression)
        case ae.InlineLookupsStructure():
            return call("WITH LOOKUP", structure.argument, structure.lookups)
        case ae.LookupsStructure():
            x, y = tuple(map(float, structure.x)), tuple(map(float, structure.y))
            return Table(x, y, structure.type.replace("_", " "))
        case ae.DelayStructure():
            delay = (structure.input, structure.delay_time, structure.initial)
            return call(*_with_initial(_DELAYS[int(structure.order)], delay))
        case ae.SmoothStructure():
            smooth = (structure.input, structure.smooth_time, structure.initial)
            return call(*_with_initial(_SMOOTHS[int(structure.order)], smooth))
        case ae.TrendStructure():
            return call("TREND", structure.input, structure.average_time, structure.initial_trend)
        case ae.ForecastStructure():
            forecast = (structure.input, structure.average_time, structure.horizon)
            trend = () if structure.initial_trend == 0 else (structure.initial_trend,)
            return call("FORECAST", *forecast, *trend)
        case ae.DataStructure():
            return call("DATA")
    return call(_STRUCTURES[type(structure)], *vars(structure).values())


# Structures whose fields stand in the order of the function's arguments.
_STRUCTURES = {
    ae.DelayNStructure: "DELAY N",
    ae.SmoothNStructure: "SMOOTH N",
    ae.DelayFixedStructure: "DELAY FIXED",
    ae.SampleIfTrueStructure: "SAMPLE IF TRUE",
    ae.AllocateAvailableStructure: "ALLOCATE AVAILABLE",
    ae.AllocateByPriorityStructure: "ALLOCATE BY PRIORITY",
    ae.GetLookupsStructure: "GET DIRECT LOOKUPS",
    ae.GetDataStructure: "GET DIRECT DATA",
    ae.GetConstantsStructure: "GET DIRECT CONSTANTS",
}


def _with_initial(function: str, arguments: tuple[Any, Any, Any]) -> tuple[Any, ...]:
    """Take off the initial value where PySD put the input in its place."""
    stream, time, initial = arguments
    if initial is stream:
        return function, stream, time
    return function + "I", stream, time, initial


def _reference(structure: ae.ReferenceStructure, spelling: Mapping[str, str]) -> Reference:
    subscripts = tuple(structure.subscripts.subscripts) if structure.subscripts else ()
    name = spelling.get(canonical(structure.reference), structure.reference)
    return Reference(name, subscripts)


def _operation(operators: list[str], arguments: list[Expression]) -> Expression:
    """Turn ``a - b + c``, which PySD keeps as one structure, into binary calls from the left."""
    if len(arguments) == 1:
        if operators[0] == "negative" and isinstance(arguments[0], Number):
            return Number(-arguments[0].value)
        return Call(_operator(operators[0]), (arguments[0],))
    if operators[0] == "^":  # Groups from the right: reference outputs of `arithmetics`.
        result = arguments[-1]
        for argument in reversed(arguments[:-1]):
            result = Call("^", (argument, result))
        return result
    first, *rest = arguments
    terms = [first]  # PySD keeps :AND: and :OR: in one row; :AND: binds closer ("Operators").
    for operator, argument in zip(map(_operator, operators), rest, strict=True):
        if operator == ":OR:":
            terms.append(argument)
        else:
            terms[-1] = Call(operator, (terms[-1], argument))
    return functools.reduce(lambda left, right: Call(":OR:", (left, right)), terms)


def _operator(sign: str) -> str:
    return sign.upper() if sign.startswith(":") else sign


def _call(
    structure: ae.CallStructure,
    convert: Callable[[Any], Expression],
    spelling: Mapping[str, str],
) -> Call:
    arguments = tuple(convert(argument) for argument in structure.arguments)
    reference = structure.function
    if canonical(reference.reference) in spelling:
        return Call("LOOKUP", (_reference(reference, spelling), *arguments))
    function = function_name(reference.reference)
    if function == "PULSE TRAIN":  # PySD: start, interval, width, end
        start, interval, width, end = arguments
        arguments = (start, width, interval, end)
    if function == "XMILE PULSE TRAIN":  # PySD: first, interval, volume
        first, interval, volume = arguments
        arguments = (first, volume, interval)
    return Call(function, arguments)
