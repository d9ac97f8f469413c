"""Names in the equations of XMILE: which variable and which of its elements they mean."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pysd.translators.structures import abstract_expressions as ae

from flatgov.errors import nearest_names
from flatgov.names import canonical
from flatgov.reading.parsed import CONTROL_NAMES
from flatgov.reading.xmile_dimensions import Dimension
from flatgov.reading.xmile_expression import Apply, ExpressionError, Literal, Name, Node
from flatgov.reading.xmile_model import Contents, Entry

_TIMES = {
    "time": "time",
    "dt": "time_step",
    "starttime": "initial_time",
    "stoptime": "final_time",
    **{name: name.replace(" ", "_") for name in CONTROL_NAMES},  # Vensim writes them as variables
}
_NUMBERS = {"pi": math.pi, "inf": math.inf}


class NeedsElementsError(Exception):
    """The equation of an array has to be written out for each element."""


@dataclass(frozen=True)
class Scope:
    """Where an expression stands.

    Attributes:
        contents: What it may name.
        entry: The variable whose equation it is.
        held: The dimensions of the left-hand side by canonical name, in order, with the label of
            the element that the equation is for, or None where it is for all.
        reducing: Whether it is the argument of a function over arrays, such as SUM.
        previous: Whether it is the argument of PREVIOUS, the only place for SELF.
        errors: Takes what is wrong in the expression.
    """

    contents: Contents
    entry: Entry
    held: Mapping[str, str | None]
    reducing: bool = False
    previous: bool = False
    errors: list[ExpressionError] = field(default_factory=list)

    @property
    def vensim(self) -> bool:
        """Whether Vensim wrote the file."""
        return self.contents.source.vensim


def reference(name: Name, scope: Scope) -> Any:
    """Convert a name that stands as a value.

    A name that is not known is passed on: it is reported with the nearest that is.

    Raises:
        ExpressionError: It cannot stand there, or its subscripts are wrong.
        NeedsElementsError: What it means differs between the elements of the left-hand side.
    """
    contents, key = scope.contents, canonical(name.text)
    if key == "self":
        if not scope.previous:
            raise ExpressionError("SELF may only stand in PREVIOUS", text=name.text)
        return refer(scope.entry, subscripts(name, scope.entry, scope))
    entry = contents.find(name.text, scope.entry.model)
    if entry is not None:
        if entry.kind == "gf":
            what = f"the graphical function '{entry.name}' needs an argument"
            raise ExpressionError(what, text=name.text, fix=f"write {name.text}(x)")
        if entry.broken:
            return ae.ReferenceStructure(entry.name)
        return refer(entry, subscripts(name, entry, scope))
    if name.subscripts is None:
        if key in _TIMES:
            return ae.ReferenceStructure(_TIMES[key])
        if key in _NUMBERS:
            return _NUMBERS[key]
        if key in contents.dimensions:
            return _number_of(contents.dimensions[key], scope)
        dimension, _, element = key.rpartition(".")
        if dimension in contents.dimensions:
            return float(
                contents.dimensions[dimension].labels.index(
                    _label(element, contents.dimensions[dimension])
                )
                + 1
            )
    if key.partition(".")[0] in contents.missing:
        return 0.0
    return ae.ReferenceStructure(name.text)


def refer(entry: Entry, labels: list[str]) -> ae.ReferenceStructure:
    """Make a reference to a variable, or to some of its elements."""
    inside = ae.SubscriptsReferenceStructure(list(labels)) if labels else None
    return ae.ReferenceStructure(entry.name, inside)


def marks(structure: Any) -> Iterator[str]:
    """Yield the dimensions, by name, over which a function over arrays runs in its argument."""
    if isinstance(structure, ae.ReferenceStructure):
        for label in structure.subscripts.subscripts if structure.subscripts else ():
            if label.endswith("!"):
                yield label[:-1]
    elif isinstance(structure, (tuple, list)):
        for part in structure:
            yield from marks(part)
    elif isinstance(structure, ae.AbstractSyntax):
        yield from marks(tuple(vars(structure).values()))


def subscripts(name: Name, entry: Entry, scope: Scope) -> list[str]:
    """Find the subscripts of a reference: labels of elements, dimensions, or ``dimension!``.

    The rules are those of OASIS, XMILE 1.0, section 3.7.1.

    Raises:
        ExpressionError: They do not fit the variable or the left-hand side.
        NeedsElementsError: They differ between the elements of the left-hand side.
    """
    if name.subscripts is None:
        return _whole(name, entry, scope)
    if len(name.subscripts) != len(entry.dimensions):
        raise ExpressionError(
            f"'{name.text}' has {len(name.subscripts)} subscripts and takes"
            f" {len(entry.dimensions)}",
            text=name.text,
        )
    if name.transposed:
        what = "the transposition of an array with subscripts is not supported"
        raise ExpressionError(what, text=name.text)
    return [
        _subscript(node, dimension, name.text, scope)
        for node, dimension in zip(name.subscripts, entry.dimensions, strict=True)
    ]


def _whole(name: Name, entry: Entry, scope: Scope) -> list[str]:
    """Give the subscripts of an array that stands without any."""
    if scope.reducing:
        return [f"{dimension.name}!" for dimension in entry.dimensions]
    if name.transposed:
        order = list(scope.held)[::-1]
        if len(order) != len(entry.dimensions):
            what = f"'{name.text}' transposed does not fit the left-hand side"
            raise ExpressionError(what, text=name.text)
        return [
            _same_place(held, dimension, name.text, scope)
            for held, dimension in zip(order, entry.dimensions, strict=True)
        ]
    for dimension in entry.dimensions:
        if canonical(dimension.name) not in scope.held:
            raise ExpressionError(
                f"'{name.text}' is an array over '{dimension.name}', which the left-hand side"
                " is not",
                text=name.text,
                fix="write its subscripts",
            )
    return [_held(dimension, scope) for dimension in entry.dimensions]


def _held(dimension: Dimension, scope: Scope) -> str:
    return scope.held[canonical(dimension.name)] or dimension.name


def _subscript(node: Node, dimension: Dimension, name: str, scope: Scope) -> str:
    if node == Apply("*", ()):
        if not scope.reducing:
            what = f"'{name}[*]' may only stand in a function over arrays"
            raise ExpressionError(what, text=name)
        return f"{dimension.name}!"
    if isinstance(node, Literal):
        if not node.value.is_integer() or not 1 <= node.value <= len(dimension.labels):
            raise ExpressionError(
                f"the subscript {node.value:g} of '{name}' is not one of"
                f" 1 to {len(dimension.labels)}",
                text=name,
            )
        return dimension.labels[int(node.value) - 1]
    if isinstance(node, Apply) and node.function == "@":
        (position,) = node.arguments
        held = list(scope.held)
        if not isinstance(position, Literal) or position.value not in range(1, len(held) + 1):
            raise ExpressionError("after @ stands no dimension of the left-hand side", text=name)
        return _same_place(held[int(position.value) - 1], dimension, name, scope)
    if not isinstance(node, Name) or node.subscripts is not None:
        raise ExpressionError(f"a computed subscript of '{name}' is not supported", text=name)
    return _named_subscript(node.text, dimension, name, scope)


def _named_subscript(text: str, dimension: Dimension, name: str, scope: Scope) -> str:
    key = canonical(text)
    if key in dimension.elements:
        return _label(key, dimension)
    before, _, element = key.rpartition(".")
    if before == canonical(dimension.name):
        return _label(element, dimension)
    if key == canonical(dimension.name):
        if key in scope.held:
            return _held(dimension, scope)
        if scope.reducing:
            return f"{dimension.name}!"
        what = f"the left-hand side is no array over '{dimension.name}'"
        raise ExpressionError(what, text=text)
    if key in scope.contents.dimensions and key in scope.held:
        return _same_place(key, dimension, name, scope)
    if scope.contents.find(text, scope.entry.model) is not None:
        raise ExpressionError(f"a computed subscript of '{name}' is not supported", text=name)
    return _label(key, dimension)


def _same_place(held: str, dimension: Dimension, name: str, scope: Scope) -> str:
    """Give the element at the place that the left-hand side has in another dimension."""
    if held == canonical(dimension.name):
        return _held(dimension, scope)
    label = scope.held[held]
    if label is None:
        raise NeedsElementsError
    place = scope.contents.dimensions[held].labels.index(label)
    if place >= len(dimension.labels):
        raise ExpressionError(f"'{name}' has too few elements in '{dimension.name}'", text=name)
    return dimension.labels[place]


def _label(element: str, dimension: Dimension) -> str:
    if element not in dimension.elements:
        raise ExpressionError(
            f"'{element}' is no element of '{dimension.name}'",
            text=element,
            nearest=nearest_names(element, dimension.elements),
        )
    return dimension.labels[dimension.elements.index(element)]


def _number_of(dimension: Dimension, scope: Scope) -> float:
    """Give the place, from 1, of the left-hand side's element in a dimension."""
    key = canonical(dimension.name)
    if key not in scope.held:
        what = f"the left-hand side is no array over '{dimension.name}'"
        raise ExpressionError(what, text=dimension.name)
    label = scope.held[key]
    if label is None:
        raise NeedsElementsError
    return float(dimension.labels.index(label) + 1)
