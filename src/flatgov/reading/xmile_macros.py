"""Macros of XMILE (OASIS, XMILE 1.0, section 4.8)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pysd.translators.structures import abstract_expressions as ae
from pysd.translators.structures.abstract_model import AbstractSection

from flatgov.errors import ModelError, Problems
from flatgov.names import canonical
from flatgov.reading.parsed import Definitions
from flatgov.reading.xmile_dimensions import Dimension
from flatgov.reading.xmile_equation import emit
from flatgov.reading.xmile_expression import ExpressionError, parse
from flatgov.reading.xmile_file import Source, children, flag_of, name_of, text_of
from flatgov.reading.xmile_model import Contents, Entry, read_entries, read_tables
from flatgov.reading.xmile_parts import definitions, placed, read_parts
from flatgov.reading.xmile_pieces import at
from flatgov.reading.xmile_scope import Scope
from flatgov.reading.xmile_sections import element, section
from flatgov.reading.xmile_stocks import Part


def read_macros(
    source: Source, dimensions: Mapping[str, Dimension], problems: Problems
) -> tuple[dict[str, int], list[tuple[AbstractSection, Definitions]], set[str]]:
    """Convert the macros of a file.

    Args:
        source: The file.
        dimensions: By canonical name.
        problems: Takes what is wrong or not supported.

    Returns:
        The number of arguments of each by canonical name, their sections, and the canonical names
        of their variables that could not be read.
    """
    nodes: dict[str, Any] = {}
    for node in children(source.root, "macro"):
        key = canonical(name_of(node))
        if not key or key in nodes:
            what = "the macro is defined twice" if key else "a macro has no name"
            where = source.where(name_of(node), node)
            problems.found.append(ModelError(what, where=where, text=node.get("name", "<macro")))
            continue
        nodes[key] = node
    counts = {key: len(list(children(node, "parm"))) for key, node in nodes.items()}
    broken: set[str] = set()
    sections = [
        _read_macro(node, source, dimensions, counts, broken, problems) for node in nodes.values()
    ]
    calls = {
        key: {*_called([part.ast for item in made.elements for part in item.components])}
        & counts.keys()
        for key, (made, _) in zip(nodes, sections, strict=True)
    }
    told: set[str] = set()
    for key, node in nodes.items():
        reached = _reached(key, calls)
        if key in reached and key not in told:
            told |= reached
            broken |= reached
            problems.found.append(
                ModelError(
                    "a macro that calls itself is not supported",
                    where=source.where(name_of(node), node),
                    text=node.get("name", ""),
                )
            )
    return counts, sections, broken


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
    node: Any,
    source: Source,
    dimensions: Mapping[str, Dimension],
    counts: Mapping[str, int],
    broken: set[str],
    problems: Problems,
) -> tuple[AbstractSection, Definitions]:
    name = name_of(node)
    where = source.where(name, node)

    def report(what: str, text: str, fix: str = "") -> None:
        problems.found.append(ModelError(what, where=where, text=text, fix=fix))

    parameters = ["".join(item.itertext()).strip() for item in children(node, "parm")]
    if next(children(node, "sim_specs"), None) is not None:
        report("a macro with its own time settings is not supported", "<sim_specs")
    if node.get("filter") is not None:
        report("an option filter is not supported", "filter")
    if any(item.get("default") is not None for item in children(node, "parm")):
        report("a default value of a macro's argument is not supported", "default")
    entries = read_entries(node, "", dimensions, source, problems)
    # The result bears the macro's name, also where it is a variable of that name.
    if canonical(name) not in entries:
        entries[canonical(name)] = Entry(node, name, "", "aux")
    elif canonical(text_of(node, "eqn")) != canonical(name):
        report("a variable of the macro bears its name, but is not its result", name)
    inside = frozenset(map(canonical, parameters))
    contents = Contents(source, dimensions, entries, read_tables(entries), counts, inside)
    parts = {}
    for key, entry in entries.items():
        own = _macro_parts(entry, node, contents, problems)
        if own is None:
            broken.add(key)
        else:
            parts[key] = own
    elements = [element(entries[key], own) for key, own in parts.items()]
    made = section(canonical(name).replace(" ", "_"), parameters, elements, {})
    found = {key: definitions(entries[key], own, contents, problems) for key, own in parts.items()}
    return made, found


def _macro_parts(
    entry: Entry, macro: Any, contents: Contents, problems: Problems
) -> list[Part] | None:
    flag = bool(flag_of(entry.node, "non_negative"))
    if entry.kind == "stock" and flag:
        problems.found.append(
            ModelError(
                "a non-negative stock in a macro is not supported",
                where=contents.source.where(entry.name, entry.node),
                text="<non_negative",
            )
        )
    if entry.node is not macro:
        return read_parts(entry, contents, flag, problems)
    where = contents.source.where(entry.name, macro)
    text = text_of(macro, "eqn")
    if not text:
        what = "the macro has no equation"
        problems.found.append(
            ModelError(what, where=where, fix="fill in its <eqn>", text=macro.get("name", ""))
        )
        return None
    errors: list[ExpressionError] = []
    structure = None
    try:
        tree = parse(text, contents.source.vensim)
        structure = emit(tree, Scope(contents, entry, {}, errors=errors))
    except ExpressionError as error:
        errors.append(error)
    line = next(children(macro, "eqn")).sourceline or 0
    for one in errors:
        problems.found.append(placed(at(one, line), entry, contents))
    return None if structure is None else [Part((), structure, text, macro.sourceline or 0)]
