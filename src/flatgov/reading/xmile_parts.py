"""The equations of one variable of an XMILE file: one, or one for each of its elements."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from pysd.translators.structures import abstract_expressions as ae

from flatgov.errors import ModelError
from flatgov.names import canonical
from flatgov.reading.parsed import Definition
from flatgov.reading.safe import UnreadableText, read_number
from flatgov.reading.xmile_equation import emit
from flatgov.reading.xmile_expression import ExpressionError, Name, parse
from flatgov.reading.xmile_file import children, tag_of, text_of
from flatgov.reading.xmile_functions import call
from flatgov.reading.xmile_model import Contents, Dimension, Entry
from flatgov.reading.xmile_scope import NeedsElementsError, Scope, refer, subscripts
from flatgov.reading.xmile_stocks import Part
from flatgov.reading.xmile_table import has_points, read_table

_KNOWN = frozenset(
    {
        *("eqn", "init_eqn", "units", "doc", "range", "scale", "format", "event_poster", "mathml"),
        *("dimensions", "element", "inflow", "outflow", "non_negative"),
        *("gf", "xscale", "yscale", "xpts", "ypts", "display"),
    }
)
_COMMENT = re.compile(r"\{[^{}]*\}")


@dataclass(frozen=True)
class _Piece:
    """An equation as it stands in the file, for one element or for all (`labels` is None)."""

    labels: tuple[str, ...] | None
    text: str
    table: Any
    start: str


def read_parts(entry: Entry, contents: Contents, uniflow: bool) -> list[Part]:
    """Convert the equations of a variable.

    Args:
        entry: The variable.
        contents: What its equations may name.
        uniflow: Whether it is a non-negative flow.

    Raises:
        ModelError: One is missing or wrong; the message has the variable and the line.
    """
    where = contents.source.where(entry.name, entry.node)
    for child in children(entry.node):
        if tag_of(child) not in _KNOWN:
            raise ModelError(
                f"<{tag_of(child)}> is not supported",
                where=contents.source.where(entry.name, child),
            )
    try:
        return list(_parts(entry, contents, uniflow))
    except ExpressionError as error:
        raise ModelError(str(error), where=where) from None
    except _MissingEquationError:
        raise ModelError(
            "the variable has no equation", where=where, fix="fill in its <eqn>"
        ) from None
    except RecursionError:
        raise ModelError("the equation is nested too deeply", where=where) from None


class _MissingEquationError(Exception):
    pass


def _parts(entry: Entry, contents: Contents, uniflow: bool) -> Iterator[Part]:
    line = entry.node.sourceline or 0
    if entry.source:
        scope = _scope(entry, contents, None)
        source = contents.entries[canonical(entry.source)]
        value = refer(source, subscripts(Name(entry.source), source, scope))
        yield Part(_names(entry), value, entry.source, line)
        return
    if entry.kind == "gf":
        if entry.dimensions:
            raise ExpressionError("an arrayed graphical function alone is not supported")
        yield Part((), read_table(entry.table), _collapse(entry.table), line)
        return
    pieces = list(_pieces(entry))
    for piece in pieces:
        for labels in _choices(piece, entry, contents, uniflow):
            structure = _structure(piece, entry, _scope(entry, contents, labels), uniflow)
            yield Part(
                _names(entry) if labels is None else labels, structure, _text(piece, entry), line
            )


def _choices(
    piece: _Piece, entry: Entry, contents: Contents, uniflow: bool
) -> Iterator[tuple[str, ...] | None]:
    """Yield the left-hand sides of a piece: each element apart where subscripts do not do."""
    if piece.labels is not None:
        yield piece.labels
        return
    try:
        _structure(piece, entry, _scope(entry, contents, None), uniflow)
    except NeedsElementsError:
        yield from itertools.product(*(dimension.labels for dimension in entry.dimensions))
    else:
        yield None


def _names(entry: Entry) -> tuple[str, ...]:
    return tuple(dimension.name for dimension in entry.dimensions)


def _scope(entry: Entry, contents: Contents, labels: tuple[str, ...] | None) -> Scope:
    keys = [canonical(dimension.name) for dimension in entry.dimensions]
    held = dict(zip(keys, labels or [None] * len(keys), strict=True))
    return Scope(contents, entry, held)


def _pieces(entry: Entry) -> Iterator[_Piece]:
    """Yield the equations as they stand in the file."""
    shared = [_collapse(node) for node in children(entry.node, "eqn")]
    table = next(children(entry.node, "gf"), None)
    start = _start(entry.node)
    elements = list(children(entry.node, "element"))
    if elements:
        yield from _element_pieces(elements, entry, shared, table, start)
        return
    if not shared or not all(map(_is_equation, shared)):
        raise _MissingEquationError
    if len(shared) == 1:
        yield _Piece(None, shared[0], table, start)
        return
    combinations = list(itertools.product(*(d.labels for d in entry.dimensions)))
    if len(shared) != len(combinations):
        raise ExpressionError(f"{len(shared)} equations are given for {len(combinations)} elements")
    for labels, text in zip(combinations, shared, strict=True):
        yield _Piece(labels, text, table, start)


def _element_pieces(
    elements: list[Any], entry: Entry, shared: list[str], table: Any, start: str
) -> Iterator[_Piece]:
    found = set()
    for node in elements:
        labels = _labels(node.get("subscript", ""), entry.dimensions)
        if labels in found:
            raise ExpressionError(f"the element '{', '.join(labels)}' is defined twice")
        found.add(labels)
        own = [_collapse(item) for item in children(node, "eqn")] or shared
        if len(own) != 1 or not _is_equation(own[0]):
            raise _MissingEquationError
        yield _Piece(labels, own[0], next(children(node, "gf"), table), _start(node) or start)
    wanted = math.prod(len(dimension.labels) for dimension in entry.dimensions)
    if len(found) < wanted:
        missing = next(
            labels
            for labels in itertools.product(*(d.labels for d in entry.dimensions))
            if labels not in found
        )
        raise ExpressionError(f"no equation defines the element '{', '.join(missing)}'")


def _labels(text: str, dimensions: tuple[Dimension, ...]) -> tuple[str, ...]:
    keys = [canonical(part) for part in text.split(",")]
    if len(keys) != len(dimensions):
        raise ExpressionError(f"the element '{text}' does not fit the dimensions")
    labels = []
    for key, dimension in zip(keys, dimensions, strict=True):
        if key not in dimension.elements:
            place = int(key) - 1 if key.isdecimal() else -1
            if not 0 <= place < len(dimension.labels):
                raise ExpressionError(f"'{key}' is no element of '{dimension.name}'")
            labels.append(dimension.labels[place])
        else:
            labels.append(dimension.labels[dimension.elements.index(key)])
    return tuple(labels)


def _collapse(node: Any) -> str:
    return " ".join(" ".join(node.itertext()).split())


def _start(node: Any) -> str:
    """Give isee's initial equation of a flow or an auxiliary, or ``""``."""
    return next((_collapse(child) for child in node if tag_of(child) == "init_eqn"), "")


def _is_equation(text: str) -> bool:
    return bool(_COMMENT.sub("", text).strip())


def _structure(piece: _Piece, entry: Entry, scope: Scope, uniflow: bool) -> Any:
    value = _value(piece.text, entry, scope)
    if entry.kind == "stock":
        return ae.IntegStructure(_net_flow(entry, scope), value)
    if piece.table is not None:
        value = ae.InlineLookupsStructure(value, read_table(_points(piece.table, scope)))
    if piece.start:
        start = emit(parse(piece.start, scope.vensim), scope)
        value = call("active_initial", value, start)
    if uniflow and not (isinstance(value, float) and value >= 0.0):
        value = call("max", value, 0.0)
    return value


def _value(text: str, entry: Entry, scope: Scope) -> Any:
    if entry.dimensions and re.search(r"\d\s*[,;]", text):
        numbers = _numbers(text)
        if numbers is not None:
            shape = tuple(len(dimension.labels) for dimension in entry.dimensions)
            if len(numbers) != math.prod(shape):
                raise ExpressionError(
                    f"{len(numbers)} numbers are given for {math.prod(shape)} elements"
                )
            return np.array(numbers).reshape(shape)
    return emit(parse(text, scope.vensim), scope)


def _numbers(text: str) -> list[float] | None:
    """Read a list of numbers, which Vensim writes for an array of constants."""
    try:
        items = re.split("[,;]", text.strip().rstrip(";,"))
        return [read_number(item) for item in items]
    except UnreadableText:
        return None


def _points(table: Any, scope: Scope) -> Any:
    """Give the definition of a graphical function that may only be named."""
    if has_points(table):
        return table
    name = canonical(table.get("name", ""))
    model = scope.entry.model
    for key in (canonical(f"{model}.{name}") if model else name, name):
        if name and key in scope.contents.tables:
            return scope.contents.tables[key]
    return table


def flow_names(entry: Entry, tag: str, contents: Contents) -> tuple[str, ...]:
    """Give the canonical names of the flows that a stock lists."""
    names = []
    for node in children(entry.node, tag):
        flow = contents.find(_flow(node, entry, contents).text, entry.model)
        if flow is not None:
            names.append(canonical(flow.name))
    return tuple(names)


def _flow(node: Any, entry: Entry, contents: Contents) -> Name:
    text = _collapse(node)
    if contents.find(text, entry.model) is not None:  # also where it ought to stand in quotes
        return Name(text)
    parsed = parse(text)
    if not isinstance(parsed, Name):
        raise ExpressionError(f"<{tag_of(node)}> needs the name of a flow")
    return parsed


def _net_flow(entry: Entry, scope: Scope) -> Any:
    inflows, outflows = (
        [emit(_flow(node, entry, scope.contents), scope) for node in children(entry.node, tag)]
        for tag in ("inflow", "outflow")
    )
    if not inflows and not outflows:
        return 0.0
    if not inflows:
        inflows = [ae.ArithmeticStructure(["negative"], (outflows.pop(0),))]
    signs = ["+"] * (len(inflows) - 1) + ["-"] * len(outflows)
    terms = (*inflows, *outflows)
    return ae.ArithmeticStructure(signs, terms) if signs else terms[0]


def _text(piece: _Piece, entry: Entry) -> str:
    """Give the right-hand side; a stock's in the form of Vensim."""
    if entry.kind != "stock":
        return piece.text
    inflows, outflows = (
        [_collapse(node) for node in children(entry.node, tag)] for tag in ("inflow", "outflow")
    )
    net = " - ".join([" + ".join(inflows), *outflows]).strip() or "0"
    return f"INTEG({net}, {piece.text})"


def definitions(entry: Entry, parts: list[Part], contents: Contents) -> tuple[Definition, ...]:
    """Give what stands in the file beside the equations, for each of them."""
    return tuple(
        Definition(
            name=entry.name,
            text=part.text,
            line=part.line,
            units=text_of(entry.node, "units"),
            limits=_limits(entry, contents),
            documentation=text_of(entry.node, "doc"),
            group=entry.group,
        )
        for part in parts
    )


def _limits(entry: Entry, contents: Contents) -> tuple[float | None, float | None]:
    limits: tuple[float | None, float | None] = (None, None)
    for item in children(entry.node, "range"):
        attributes: Mapping[str, str] = item.attrib
        try:
            low, high = (
                read_number(attributes[end]) if end in attributes else None
                for end in ("min", "max")
            )
        except UnreadableText:
            where = contents.source.where(entry.name, entry.node)
            raise ModelError("the range is no number", where=where) from None
        limits = (low, high)
    return limits
