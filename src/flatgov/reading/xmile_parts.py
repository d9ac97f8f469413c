"""The equations of one variable of an XMILE file: one, or one for each of its elements."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from pysd.translators.structures import abstract_expressions as ae

from flatgov import limits
from flatgov.errors import ModelError, Problems, nearest_names
from flatgov.names import canonical
from flatgov.reading.parsed import Definition, as_written, place
from flatgov.reading.safe import UnreadableText, read_number
from flatgov.reading.xmile_equation import emit
from flatgov.reading.xmile_expression import ExpressionError, Name, parse
from flatgov.reading.xmile_file import children, is_refused, tag_of, text_of
from flatgov.reading.xmile_flows import net_flow
from flatgov.reading.xmile_functions import call
from flatgov.reading.xmile_model import Contents, Entry
from flatgov.reading.xmile_pieces import (
    MissingEquationError,
    Piece,
    at,
    check_length,
    collapse,
    pieces_of,
)
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
_LIKELY = (
    "eqn",
    "units",
    "doc",
    "dimensions",
    "element",
    "inflow",
    "outflow",
    "non_negative",
    "gf",
)
_MEANT = {"equation": "eqn", "formula": "eqn", "initial": "eqn", "documentation": "doc"}


def read_parts(
    entry: Entry, contents: Contents, uniflow: bool, problems: Problems
) -> list[Part] | None:
    """Convert the equations of a variable.

    Args:
        entry: The variable.
        contents: What its equations may name.
        uniflow: Whether it is a non-negative flow.
        problems: Takes what is missing or wrong, each with the variable and the line.

    Returns:
        The equations, with numbers in place of what is wrong in them; None where one cannot be
        read at all.
    """
    refused = False
    for child in children(entry.node):
        tag = tag_of(child)
        refused = refused or is_refused(child)
        if tag not in _KNOWN and not is_refused(child):
            meant = (_MEANT[tag],) if tag in _MEANT else nearest_names(tag, _LIKELY)
            refused = refused or "eqn" in meant
            problems.found.append(
                ModelError(
                    f"<{tag}> is not supported",
                    where=contents.source.where(entry.name, child),
                    nearest=[f"<{one}>" for one in meant],
                    text=f"<{tag}",
                )
            )
    errors: list[ExpressionError] = []
    parts: list[Part] | None = None
    try:
        parts = list(_parts(entry, contents, uniflow, errors))
    except ExpressionError as error:
        errors.append(error)
    except RecursionError:
        errors.append(ExpressionError("the equation is nested too deeply"))
    except _BrokenError:
        pass
    told = set()
    for wrong in errors:
        excused = isinstance(wrong, MissingEquationError) and (
            refused or entry.broken or canonical(entry.name) in _computed_elsewhere(contents)
        )
        if not excused and (str(wrong), wrong.text) not in told:
            told.add((str(wrong), wrong.text))
            problems.found.append(placed(wrong, entry, contents))
    return parts


def placed(error: ExpressionError, entry: Entry, contents: Contents) -> ModelError:
    """Give an error of an equation its place in the file."""
    line = error.line or entry.node.sourceline or 0
    whole = " ".join(" ".join(text.split()) for text in entry.node.itertext())
    return ModelError(
        str(error),
        where=place(contents.source.file, entry.name, line),
        nearest=error.nearest,
        fix=error.fix,
        text=contents.source.as_in_file(as_written(error.text, whole) or error.text),
    )


def _computed_elsewhere(contents: Contents) -> set[str]:
    """Give the flows that a stock of a kind that is not supported decides: they have no <eqn>."""
    return {
        canonical(f"{entry.model}.{flow}" if entry.model else flow)
        for entry in contents.entries.values()
        if entry.kind == "stock" and any(map(is_refused, children(entry.node)))
        for tag in ("inflow", "outflow")
        for flow in (collapse(node).strip('"') for node in children(entry.node, tag))
    }


class _BrokenError(Exception):
    """Not all of the variable's elements are known: nothing more can be said of it."""


def _parts(
    entry: Entry, contents: Contents, uniflow: bool, errors: list[ExpressionError]
) -> Iterator[Part]:
    line = entry.node.sourceline or 0
    if entry.source:
        scope = _scope(entry, contents, None, errors)
        source = contents.entries[canonical(entry.source)]
        value = refer(source, subscripts(Name(entry.source), source, scope))
        yield Part(_names(entry), value, entry.source, line)
        return
    if entry.kind == "gf":
        if entry.dimensions:
            raise ExpressionError("an arrayed graphical function alone is not supported")
        try:
            yield Part((), read_table(entry.table), collapse(entry.table), line)
        except ExpressionError as error:
            raise at(error, entry.table.sourceline) from None
        return
    pieces = list(pieces_of(entry, errors))
    broken = entry.broken or bool(errors)
    for piece in pieces:
        try:
            check_length(piece.text)
            if entry.broken:  # Without its dimensions only the grammar can be looked at.
                parse(piece.text, contents.source.vensim)
                continue
            before = len(errors)
            for labels in _choices(piece, entry, contents, uniflow, errors):
                scope = _scope(entry, contents, labels, errors)
                structure = _structure(piece, entry, scope, uniflow)
                yield Part(
                    _names(entry) if labels is None else labels,
                    structure,
                    _text(piece, entry),
                    line,
                )
            for one in errors[before:]:
                at(one, piece.line)
        except ExpressionError as error:
            raise at(error, piece.line) from None
    if broken:
        raise _BrokenError


def _choices(
    piece: Piece,
    entry: Entry,
    contents: Contents,
    uniflow: bool,
    errors: list[ExpressionError],
) -> Iterator[tuple[str, ...] | None]:
    """Yield the left-hand sides of a piece: each element apart where subscripts do not do."""
    if piece.labels is not None:
        yield piece.labels
        return
    if not entry.dimensions:
        yield None
        return
    before = len(errors)
    try:
        _structure(piece, entry, _scope(entry, contents, None, errors), uniflow)
    except NeedsElementsError:
        yield from itertools.product(*(dimension.labels for dimension in entry.dimensions))
    else:
        del errors[before:]  # which come again
        yield None


def _names(entry: Entry) -> tuple[str, ...]:
    return tuple(dimension.name for dimension in entry.dimensions)


def _scope(
    entry: Entry,
    contents: Contents,
    labels: tuple[str, ...] | None,
    errors: list[ExpressionError],
) -> Scope:
    keys = [canonical(dimension.name) for dimension in entry.dimensions]
    held = dict(zip(keys, labels or [None] * len(keys), strict=True))
    return Scope(contents, entry, held, errors=errors)


def _structure(piece: Piece, entry: Entry, scope: Scope, uniflow: bool) -> Any:
    value = _value(piece.text, entry, scope)
    if entry.kind == "stock":
        return ae.IntegStructure(net_flow(entry, scope), value)
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
                    f"{len(numbers)} numbers are given for {math.prod(shape)} elements", text=text
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


def _text(piece: Piece, entry: Entry) -> str:
    """Give the right-hand side; a stock's in the form of Vensim."""
    if entry.kind != "stock":
        return piece.text
    inflows, outflows = (
        [collapse(node) for node in children(entry.node, tag)] for tag in ("inflow", "outflow")
    )
    net = " - ".join([" + ".join(inflows), *outflows]).strip() or "0"
    return f"INTEG({net}, {piece.text})"


def definitions(
    entry: Entry, parts: list[Part], contents: Contents, problems: Problems
) -> tuple[Definition, ...]:
    """Give what stands in the file beside the equations, for each of them."""
    lowest_highest = _limits(entry, contents, problems)
    documentation = text_of(entry.node, "doc")
    with problems.collect():
        limits.check(
            "documentation",
            len(documentation),
            f"the documentation has {len(documentation):,} characters",
            where=contents.source.where(entry.name, entry.node),
            text="<doc",
        )
    return tuple(
        Definition(
            name=entry.name,
            text=part.text,
            line=part.line,
            units=text_of(entry.node, "units"),
            limits=lowest_highest,
            documentation=documentation,
            group=entry.group,
        )
        for part in parts
    )


def _limits(
    entry: Entry, contents: Contents, problems: Problems
) -> tuple[float | None, float | None]:
    found: tuple[float | None, float | None] = (None, None)
    for item in children(entry.node, "range"):
        attributes: Mapping[str, str] = item.attrib
        try:
            low, high = (
                read_number(attributes[end]) if end in attributes else None
                for end in ("min", "max")
            )
            found = (low, high)
        except UnreadableText:
            where = contents.source.where(entry.name, item)
            what = "the range is no number"
            problems.found.append(ModelError(what, where=where, text="<range"))
    return found
