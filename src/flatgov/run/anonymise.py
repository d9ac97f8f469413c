"""Take every text of a model out of PySD's form of it before PySD writes Python from it.

Variables become ``v0``, ``v1``, …, macros ``m1``, …; functions keep their names, which are
checked against the table of known ones; units and documentation go; numbers become floats.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np
from pysd.translators.structures import abstract_expressions as ae
from pysd.translators.structures.abstract_model import (
    AbstractComponent,
    AbstractElement,
    AbstractModel,
    AbstractSection,
)

from flatgov.errors import ModelError
from flatgov.names import canonical
from flatgov.reading.functions import FUNCTIONS
from flatgov.reading.spelling import function_name

_CONTROL = {
    "initial time": "initial_time",
    "final time": "final_time",
    "time step": "time_step",
    "time": "time",
}
_OPERATORS = re.compile(r"[-+*/^=<>]|<>|<=|>=|:(AND|OR|NOT):|negative")
_OTHER_FILES = (
    ae.GetConstantsStructure,
    ae.GetDataStructure,
    ae.GetLookupsStructure,
    ae.DataStructure,
)


def anonymise(model: AbstractModel, where: str) -> tuple[AbstractModel, dict[str, str]]:
    """Rename everything in a model.

    Args:
        model: PySD's form of it; changed in place.
        where: The model file, for messages.

    Returns:
        The model, and the new name of each variable of the main section by canonical name.

    Raises:
        ModelError: The model uses something that cannot be run.
    """
    macros = {canonical(section.name): f"m{i}" for i, section in enumerate(model.sections) if i}
    names: dict[str, str] = {}
    for index, section in enumerate(model.sections):
        _check_labels(section, where)
        section_names = _section_names(section, macros.get(canonical(section.name)))
        _rename_section(section, f"m{index}" if index else "__main__", section_names, macros, where)
        names = names or section_names
    return model, names


def _section_names(section: AbstractSection, macro: str | None) -> dict[str, str]:
    used = [*section.params, *(element.name for element in section.elements)]
    names: dict[str, str] = dict(_CONTROL)
    for name in used:
        names.setdefault(canonical(name), f"v{len(names)}")
    if macro:  # the output of a macro bears its name
        names[canonical(section.name)] = macro
    return names


def _rename_section(
    section: AbstractSection,
    name: str,
    names: Mapping[str, str],
    macros: Mapping[str, str],
    where: str,
) -> None:
    labels = {
        canonical(label).replace(" ", "_")
        for item in section.subscripts
        for label in [item.name, *item.subscripts]
    }
    section.path = Path("model.py" if name == "__main__" else f"{name}.py")
    section.name = name
    section.params = [names[canonical(parameter)] for parameter in section.params]
    section.constraints, section.test_inputs = (), ()
    for element in section.elements:
        rename = _Renamer(names, macros, labels, f"{where}, '{element.name}'")
        _rename_element(element, names, rename)


def _rename_element(
    element: AbstractElement, names: Mapping[str, str], rename: Callable[[Any], Any]
) -> None:
    element.name = names[canonical(element.name)]
    element.units, element.documentation, element.limits = "", "", (None, None)
    for component in element.components:
        component.ast = rename(component.ast)
        if hasattr(component, "keyword"):
            component.keyword = None


class _Renamer:
    """Rewrite one expression; anything unexpected is refused, never passed on."""

    def __init__(
        self, names: Mapping[str, str], macros: Mapping[str, str], labels: set[str], where: str
    ) -> None:
        self.names, self.macros, self.labels, self.where = names, macros, labels, where

    def __call__(self, part: Any) -> Any:
        if isinstance(part, (bool, int, float, np.floating, np.integer)):
            return float(part)
        if isinstance(part, np.ndarray):
            return part.astype(float)
        if isinstance(part, tuple):
            return tuple(map(self, part))
        if isinstance(part, _OTHER_FILES):
            raise self._refuse("data from another file are")
        if isinstance(part, ae.InlineLookupsStructure) and part.lookups.type != "interpolate":
            raise self._refuse(f"PySD reads a table of type '{part.lookups.type}' wrongly: it is")
        if isinstance(part, ae.LookupsStructure):
            x, y = tuple(map(float, part.x)), tuple(map(float, part.y))
            kind = part.type if part.type in ("extrapolate", "hold_backward") else "interpolate"
            return ae.LookupsStructure(x, y, (x[0], x[-1]), (min(y), max(y)), kind)
        if isinstance(part, ae.ReferenceStructure):
            return self._reference(part)
        if isinstance(part, ae.CallStructure):
            arguments = tuple(map(self, part.arguments))
            return ae.CallStructure(self._function(part.function), arguments)
        if isinstance(part, (ae.ArithmeticStructure, ae.LogicStructure)):
            return self._operation(part)
        if is_dataclass(part) and isinstance(part, ae.AbstractSyntax):
            return self._structure(part)
        raise self._refuse(f"{type(part).__name__} is")

    def _refuse(self, what: str) -> ModelError:
        return ModelError(f"{what} not supported in a run", where=self.where)

    def _structure(self, part: Any) -> Any:
        """A stock, delay or the like: its fields are expressions, but for fixed settings."""
        fixed = {"order": int, "non_negative": bool}
        values = {}
        for item in fields(part):
            value = getattr(part, item.name)
            plain = isinstance(value, (bool, int))
            values[item.name] = (
                fixed[item.name](value) if plain and item.name in fixed else self(value)
            )
        return type(part)(**values)

    def _reference(self, part: Any) -> Any:
        reference, subscripts = str(part.reference), part.subscripts
        if canonical(reference) in self.names:
            reference = self.names[canonical(reference)]
        elif canonical(reference).replace(" ", "_") in self.labels:
            reference = canonical(reference).replace(" ", "_")
        else:
            raise ModelError(f"'{reference}' is not defined", where=self.where)
        if subscripts is not None:
            for label in subscripts.subscripts:
                _check_label(label.removesuffix("!").strip(), self.where)
        return ae.ReferenceStructure(reference, subscripts)

    def _function(self, function: Any) -> Any:
        name = canonical(function.reference)
        if name in self.macros:
            return ae.ReferenceStructure(self.macros[name])
        if name in self.names:
            return self._reference(function)
        if function_name(function.reference) not in FUNCTIONS:
            raise self._refuse(f"the function '{name.upper()}' is")
        return ae.ReferenceStructure(function.reference)

    def _operation(self, part: Any) -> Any:
        """Keep an operation, but powers, which overflow in Python."""
        operators = [
            operator.upper() if operator[0] == ":" else operator for operator in part.operators
        ]
        arguments = [self(argument) for argument in part.arguments]
        for operator in operators:
            if not _OPERATORS.fullmatch(operator):
                raise self._refuse(f"the operator '{operator}' is")
        if "^" not in operators:
            return type(part)(operators, tuple(arguments))
        result = arguments[-1]
        for argument in reversed(arguments[:-1]):
            result = ae.CallStructure(ae.ReferenceStructure("power"), (argument, result))
        return result


def _check_labels(section: AbstractSection, where: str) -> None:
    for item in section.subscripts:
        if isinstance(item.subscripts, dict):
            raise ModelError("subscripts from another file are not supported", where=where)
        elements = [item.subscripts] if isinstance(item.subscripts, str) else item.subscripts
        for label in [item.name, *elements, *item.mapping]:
            _check_label(label, where)
    for element in section.elements:
        for component in element.components:
            _check_component(component, where)


def _check_component(component: AbstractComponent, where: str) -> None:
    labels, excluded = component.subscripts
    for label in [*labels, *(label for group in excluded for label in group)]:
        _check_label(label, where)


def _check_label(label: str, where: str) -> None:
    """Subscripts stay as they are, in quotes in PySD's Python, so nothing may end the quotes."""
    if not re.fullmatch(r"[\w -]+", label):
        raise ModelError(
            f"the subscript '{label}' is not supported in a run",
            where=where,
            fix="name subscripts with letters, digits, spaces, '_' and '-'",
        )
