"""Macros of XMILE (OASIS, XMILE 1.0, section 4.8)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pysd.translators.structures import abstract_expressions as ae
from pysd.translators.structures.abstract_model import AbstractSection

from flatgov.errors import ModelError
from flatgov.names import canonical
from flatgov.reading.parsed import Definitions
from flatgov.reading.xmile_equation import emit
from flatgov.reading.xmile_expression import ExpressionError, parse
from flatgov.reading.xmile_file import Source, children, flag_of, name_of, text_of
from flatgov.reading.xmile_model import Contents, Dimension, Entry, read_entries, read_tables
from flatgov.reading.xmile_parts import definitions, read_parts
from flatgov.reading.xmile_scope import Scope
from flatgov.reading.xmile_sections import element, section
from flatgov.reading.xmile_stocks import Part


def read_macros(
    source: Source, dimensions: Mapping[str, Dimension]
) -> tuple[dict[str, int], list[tuple[AbstractSection, Definitions]]]:
    """Convert the macros of a file.

    Returns:
        The number of arguments of each by canonical name, and their sections.

    Raises:
        ModelError: One uses what is not supported; the message names it.
    """
    nodes = {canonical(name_of(node)): node for node in children(source.root, "macro")}
    counts = {key: len(list(children(node, "parm"))) for key, node in nodes.items()}
    sections = [_read_macro(node, source, dimensions, counts) for node in nodes.values()]
    calls = {
        key: {*_called([part.ast for item in made.elements for part in item.components])}
        & counts.keys()
        for key, (made, _) in zip(nodes, sections, strict=True)
    }
    for key, node in nodes.items():
        if key in _reached(key, calls):
            raise ModelError(
                "a macro that calls itself is not supported",
                where=source.where(name_of(node), node),
            )
    return counts, sections


def _called(structure: Any) -> Iterator[str]:
    """Yield the canonical names of the functions that a structure calls."""
    if isinstance(structure, ae.CallStructure):
        yield canonical(structure.function.reference)
        yield from _called(structure.arguments)
    elif isinstance(structure, (tuple, list)):
        for part in structure:
            yield from _called(part)
    elif isinstance(structure, ae.AbstractSyntax):
        yield from _called(tuple(vars(structure).values()))


def _reached(start: str, calls: Mapping[str, set[str]]) -> set[str]:
    """Give the macros that a macro calls, also through others."""
    found: set[str] = set()
    pending = [*calls[start]]
    while pending:
        name = pending.pop()
        if name not in found:
            found.add(name)
            pending += calls[name]
    return found


def _read_macro(
    node: Any, source: Source, dimensions: Mapping[str, Dimension], counts: Mapping[str, int]
) -> tuple[AbstractSection, Definitions]:
    name = name_of(node)
    where = source.where(name, node)
    parameters = ["".join(item.itertext()).strip() for item in children(node, "parm")]
    for what, found in {
        "a macro with its own time settings": next(children(node, "sim_specs"), None) is not None,
        "an option filter": node.get("filter") is not None,
        "a default value of a macro's argument": any(
            item.get("default") is not None for item in children(node, "parm")
        ),
    }.items():
        if found:
            raise ModelError(f"{what} is not supported", where=where)
    entries = read_entries(node, "", dimensions, source)
    # The result bears the macro's name, also where it is a variable of that name.
    if canonical(name) not in entries:
        entries[canonical(name)] = Entry(node, name, "", "aux")
    elif canonical(text_of(node, "eqn")) != canonical(name):
        raise ModelError(
            "a variable of the macro bears its name, but is not its result", where=where
        )
    contents = Contents(source, dimensions, entries, read_tables(entries), counts)
    parts = {key: _macro_parts(entry, node, contents) for key, entry in entries.items()}
    elements = [element(entries[key], own) for key, own in parts.items()]
    made = section(canonical(name).replace(" ", "_"), parameters, elements, {})
    found_definitions = {
        key: definitions(entries[key], own, contents) for key, own in parts.items()
    }
    return made, found_definitions


def _macro_parts(entry: Entry, macro: Any, contents: Contents) -> list[Part]:
    flag = bool(flag_of(entry.node, "non_negative"))
    if entry.kind == "stock" and flag:
        raise ModelError(
            "a non-negative stock in a macro is not supported",
            where=contents.source.where(entry.name, entry.node),
        )
    if entry.node is not macro:
        return read_parts(entry, contents, flag)
    where = contents.source.where(entry.name, macro)
    text = text_of(macro, "eqn")
    if not text:
        raise ModelError("the macro has no equation", where=where, fix="fill in its <eqn>")
    try:
        structure = emit(parse(text, contents.source.vensim), Scope(contents, entry, {}))
    except ExpressionError as error:
        raise ModelError(str(error), where=where) from None
    return [Part((), structure, text, macro.sourceline or 0)]
