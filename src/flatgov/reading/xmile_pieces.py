"""The equations of a variable of an XMILE file as they stand there, before they are read."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flatgov import limits
from flatgov.errors import FlatgovError, nearest_names
from flatgov.names import canonical
from flatgov.reading.xmile_dimensions import Dimension
from flatgov.reading.xmile_expression import ExpressionError
from flatgov.reading.xmile_file import children, tag_of
from flatgov.reading.xmile_model import Entry

_COMMENT = re.compile(r"\{[^{}]*\}")


@dataclass(frozen=True)
class Piece:
    """An equation as it stands in the file, for one element or for all (`labels` is None)."""

    labels: tuple[str, ...] | None
    text: str
    table: Any
    start: str
    line: int


class MissingEquationError(ExpressionError):
    """The variable, or one of its elements, has no equation.

    Args:
        node: The variable or the element.
    """

    def __init__(self, node: Any) -> None:
        text = f"<{tag_of(node)}" if tag_of(node) == "element" else node.get("name", "")
        line = node.sourceline or 0
        what = "the variable has no equation"
        super().__init__(what, text=text, fix="fill in its <eqn>", line=line)


def at(error: ExpressionError, line: int | None) -> ExpressionError:
    """Give an error its line, unless it has one."""
    error.line = error.line or line or 0
    return error


def pieces_of(entry: Entry, errors: list[ExpressionError]) -> Iterator[Piece]:
    """Yield the equations as they stand in the file.

    Args:
        entry: The variable.
        errors: Takes what is wrong with single elements.

    Raises:
        ExpressionError: There is no equation, or the wrong number.
    """
    shared = list(children(entry.node, "eqn"))
    table = next(children(entry.node, "gf"), None)
    start = _start(entry.node)
    elements = list(children(entry.node, "element"))
    if elements and not entry.broken:
        yield from _element_pieces(elements, entry, shared, table, start, errors)
        return
    texts = [collapse(node) for node in shared]
    if not texts or not all(map(_is_equation, texts)):
        raise MissingEquationError(entry.node)
    if len(shared) == 1:
        yield Piece(None, texts[0], table, start, shared[0].sourceline or 0)
        return
    combinations = list(itertools.product(*(d.labels for d in entry.dimensions)))
    if len(shared) != len(combinations):
        raise ExpressionError(
            f"{len(shared)} equations are given for {len(combinations)} elements",
            text=entry.node.get("name", ""),
        )
    for labels, text, node in zip(combinations, texts, shared, strict=True):
        yield Piece(labels, text, table, start, node.sourceline or 0)


def _element_pieces(
    elements: list[Any],
    entry: Entry,
    shared: list[Any],
    table: Any,
    start: str,
    errors: list[ExpressionError],
) -> Iterator[Piece]:
    found = set()
    before = len(errors)
    for node in elements:
        try:
            labels = _labels(node.get("subscript", ""), entry.dimensions)
            if labels in found:
                what = f"the element '{', '.join(labels)}' is defined twice"
                raise ExpressionError(what, text=node.get("subscript", ""))
            found.add(labels)
            own = list(children(node, "eqn")) or shared
            if len(own) != 1 or not _is_equation(collapse(own[0])):
                raise MissingEquationError(node)
        except ExpressionError as error:
            errors.append(at(error, node.sourceline))
            continue
        yield Piece(
            labels,
            collapse(own[0]),
            next(children(node, "gf"), table),
            _start(node) or start,
            own[0].sourceline or 0,
        )
    wanted = math.prod(len(dimension.labels) for dimension in entry.dimensions)
    if len(found) < wanted and len(errors) == before:
        missing = next(
            labels
            for labels in itertools.product(*(d.labels for d in entry.dimensions))
            if labels not in found
        )
        more = f" (nor {wanted - len(found) - 1} more)" if wanted - len(found) > 1 else ""
        errors.append(
            ExpressionError(
                f"no equation defines the element '{', '.join(missing)}'{more}",
                text=entry.node.get("name", ""),
            )
        )


def _labels(text: str, dimensions: tuple[Dimension, ...]) -> tuple[str, ...]:
    keys = [canonical(part) for part in text.split(",")]
    if len(keys) != len(dimensions):
        raise ExpressionError(f"the element '{text}' does not fit the dimensions", text=text)
    labels = []
    for key, dimension in zip(keys, dimensions, strict=True):
        if key not in dimension.elements:
            number = int(key) - 1 if key.isdecimal() and len(key) < 10 else -1
            if not 0 <= number < len(dimension.labels):
                raise ExpressionError(
                    f"'{key}' is no element of '{dimension.name}'",
                    text=text,
                    nearest=nearest_names(key, dimension.elements),
                )
            labels.append(dimension.labels[number])
        else:
            labels.append(dimension.labels[dimension.elements.index(key)])
    return tuple(labels)


def check_length(text: str) -> None:
    """Refuse an equation that is longer than the limit.

    Raises:
        ExpressionError: It is.
    """
    try:
        limits.check("definition", len(text), f"the equation has {len(text):,} characters")
    except FlatgovError as error:
        raise ExpressionError(error.what, text=text[:40], fix=error.fix) from None


def collapse(node: Any) -> str:
    """Give the text inside an element, white space collapsed."""
    return " ".join(" ".join(node.itertext()).split())


def _start(node: Any) -> str:
    """Give isee's initial equation of a flow or an auxiliary, or ``""``."""
    return next((collapse(child) for child in node if tag_of(child) == "init_eqn"), "")


def _is_equation(text: str) -> bool:
    return bool(_COMMENT.sub("", text).strip())
