"""A model's content as plain lists and numbers that JSON can hold, and back.

Trees are nested many times, so each part is a short list that starts with a letter; a number is
itself. `read_content` expects what `content` gave and raises whatever comes of anything else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple
from typing import Any

from flatgov.model import (
    Array,
    BaseDate,
    Call,
    Equation,
    Expression,
    Macro,
    Model,
    Number,
    Reference,
    Table,
    Text,
    TimeSettings,
    Variable,
)


def content(model: Model) -> dict[str, Any]:
    """Give all of a model but its name, path and source."""
    time = model.time
    return {
        "variables": [_variable(variable) for variable in model.variables.values()],
        "subscripts": model.subscripts,
        "time": [time.initial, time.final, time.step, time.saveper, time.units],
        "macros": [
            [
                macro.name,
                macro.inputs,
                macro.outputs,
                list(map(_variable, macro.variables.values())),
            ]
            for macro in model.macros.values()
        ],
        "mappings": model.mappings,
        "integrator": model.integrator,
        "time constants": sorted(model.time_constants),
        "files": model.files,
        "base date": model.base_date and list(astuple(model.base_date)),
        "unit synonyms": model.unit_synonyms,
    }


def read_content(plain: Mapping[str, Any], name: str, path: str, source: bytes) -> Model:
    """Make the model again."""
    macros = [
        Macro(macro, tuple(inputs), tuple(outputs), _read_variables(variables))
        for macro, inputs, outputs, variables in plain["macros"]
    ]
    return Model(
        name=name,
        path=path,
        variables=_read_variables(plain["variables"]),
        subscripts={name: tuple(elements) for name, elements in plain["subscripts"].items()},
        time=TimeSettings(*plain["time"]),
        source=source,
        macros={macro.name: macro for macro in macros},
        mappings={
            name: {target: tuple(elements) for target, elements in targets.items()}
            for name, targets in plain["mappings"].items()
        },
        integrator=plain["integrator"],
        time_constants=frozenset(plain["time constants"]),
        files=plain["files"],
        base_date=BaseDate(*plain["base date"]) if plain["base date"] else None,
        unit_synonyms=tuple(map(tuple, plain["unit synonyms"])),
    )


def _variable(variable: Variable) -> list[Any]:
    equations = [
        [_tree(one.expression), one.text, one.line, one.subscripts, one.excluded]
        for one in variable.equations
    ]
    return [
        *(variable.name, variable.kind, variable.units, variable.limits, variable.documentation),
        *(equations, variable.subscripts, variable.group),
    ]


def _read_variables(plain: list[Any]) -> dict[str, Variable]:
    return {
        name: Variable(
            name,
            kind,
            units,
            (limits[0], limits[1]),
            documentation,
            tuple(
                Equation(
                    _read_tree(tree), text, line, tuple(subscripts), tuple(map(tuple, excluded))
                )
                for tree, text, line, subscripts, excluded in equations
            ),
            tuple(dimensions),
            group,
        )
        for name, kind, units, limits, documentation, equations, dimensions, group in plain
    }


def _tree(expression: Expression) -> Any:
    match expression:
        case Number(value):
            return value
        case Reference(name, subscripts):
            return ["r", name, *subscripts]
        case Call(function, arguments):
            return ["c", function, *map(_tree, arguments)]
        case Table(x, y, interpolation):
            return ["t", x, y, interpolation]
        case Array(values, shape):
            return ["a", values, shape]
        case Text(value):
            return ["s", value]


def _read_tree(plain: Any) -> Expression:
    if isinstance(plain, float):
        return Number(plain)
    match plain[0]:
        case "r":
            return Reference(plain[1], tuple(plain[2:]))
        case "c":
            return Call(plain[1], tuple(map(_read_tree, plain[2:])))
        case "t":
            return Table(tuple(plain[1]), tuple(plain[2]), plain[3])
        case "a":
            return Array(tuple(plain[1]), tuple(plain[2]))
        case "s":
            return Text(plain[1])
    raise ValueError(plain)
