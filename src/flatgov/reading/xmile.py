"""XMILE (.xmile, .stmx) → what all readers hand on, refusing by name what is not supported."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from pysd.translators.structures.abstract_model import (
    AbstractComponent,
    AbstractControlElement,
    AbstractModel,
    AbstractSection,
)

from flatgov.errors import ModelError, Problems
from flatgov.model import Integrator
from flatgov.names import canonical
from flatgov.reading.parsed import CONTROL_NAMES, Definition, Definitions, Parsed, place
from flatgov.reading.xmile_equation import emit
from flatgov.reading.xmile_expression import ExpressionError, parse
from flatgov.reading.xmile_file import (
    Source,
    Specs,
    flag_of,
    non_negative_by_default,
    read_source,
    read_specs,
    read_unit_synonyms,
    text_of,
)
from flatgov.reading.xmile_flows import flow_names
from flatgov.reading.xmile_macros import read_macros
from flatgov.reading.xmile_model import Contents, Entry, control_nodes, read_contents
from flatgov.reading.xmile_parts import definitions, read_parts
from flatgov.reading.xmile_scope import Scope
from flatgov.reading.xmile_sections import element, section
from flatgov.reading.xmile_stocks import Parts, Stock, has_states, limit_outflows


def parse_xmile(source: bytes, file: str, problems: Problems) -> Parsed:
    """Parse the bytes of an XMILE file.

    Args:
        source: The content of the file.
        file: Its path, for messages only.
        problems: Takes everything that is wrong or not supported.

    Returns:
        What could be read.

    Raises:
        ModelError: Nothing can be read; the message says why.
    """
    found = read_source(source, file, problems)
    specs = read_specs(found, problems)
    contents = read_contents(found, problems)
    counts, macros, broken = read_macros(found, contents.dimensions, problems)
    contents = replace(contents, macros=counts)
    saveper = specs.saveper
    controls = control_nodes(found)
    if not saveper and "saveper" in controls:  # Vensim writes it as a variable
        saveper = text_of(controls["saveper"], "eqn")
    main, own = _main_section(contents, specs, saveper or "TIME_STEP", problems)
    sections = (main, *(macro for macro, _ in macros))
    if specs.doubtful:
        with problems.collect():
            specs = _settle_method(specs, sections, found)
    return Parsed(
        abstract=AbstractModel(Path("model.xmile"), sections),
        definitions=own,
        macros=[found_there for _, found_there in macros],
        integrator=specs.integrator,
        broken=frozenset(broken | (contents.entries.keys() | {*CONTROL_NAMES}) - own.keys()),
        unit_synonyms=read_unit_synonyms(found),
    )


def _settle_method(specs: Specs, sections: tuple[AbstractSection, ...], source: Source) -> Specs:
    """Take Euler's method where it makes no difference, and refuse to guess where it does."""
    structures = [
        component.ast
        for section in sections
        for element in section.elements
        for component in element.components
    ]
    if has_states(structures):
        raise ModelError(
            'Vensim writes method="RK4" also for models that it runs by Euler\'s method',
            where=place(source.file, line=specs.line),
            text='method="RK4"',
            fix='write method="Euler" there, or method="rk4" if that is meant',
        )
    return replace(specs, integrator="euler")


def _main_section(
    contents: Contents, specs: Specs, saveper: str, problems: Problems
) -> tuple[AbstractSection, Definitions]:
    """Convert the model, control variables included.

    Args:
        contents: Its variables.
        specs: The time settings.
        saveper: The expression of the control variable SAVEPER.
        problems: Takes equations that are missing, wrong, or have what is not supported.
    """
    parts = _all_parts(contents, specs.integrator, problems)
    elements = [element(contents.entries[key], own) for key, own in parts.items()]
    found = {
        key: definitions(contents.entries[key], own, contents, problems)
        for key, own in parts.items()
    }
    controls = {
        "INITIAL TIME": specs.start,
        "FINAL TIME": specs.stop,
        "TIME STEP": specs.step,
        "SAVEPER": saveper,
    }
    for name, text in controls.items():
        if not text:
            continue
        errors: list[ExpressionError] = []
        scope = Scope(contents, Entry(contents.source.root, name, "", "aux"), {}, errors=errors)
        try:
            structure = emit(parse(text), scope)
        except ExpressionError as error:
            errors.append(error)
        line = specs.lines.get(name, specs.line)
        where = place(contents.source.file, name, line)
        problems.found += [
            ModelError(str(one), where=where, nearest=one.nearest, fix=one.fix, text=one.text)
            for one in errors
        ]
        if not errors:
            elements.append(AbstractControlElement(name, [AbstractComponent(([], []), structure)]))
            found[canonical(name)] = (Definition(name, text, line, specs.units),)
    return section("__main__", [], elements, contents.dimensions), found


def _all_parts(contents: Contents, integrator: Integrator, problems: Problems) -> Parts:
    by_default = {
        kind: non_negative_by_default(contents.source, kind) for kind in ("stock", "flow")
    }

    def non_negative(entry: Entry) -> bool:
        flag = flag_of(entry.node, "non_negative")
        return by_default.get(entry.kind, False) if flag is None else flag

    uniflows = {
        key
        for key, entry in contents.entries.items()
        if entry.kind == "flow" and not entry.source and non_negative(entry)
    }
    found = {
        key: read_parts(entry, contents, key in uniflows, problems)
        for key, entry in contents.entries.items()
    }
    parts = {key: own for key, own in found.items() if own is not None}
    stocks = [
        Stock(
            entry,
            flow_names(entry, "inflow", contents),
            flow_names(entry, "outflow", contents),
            non_negative(entry),
        )
        for key, entry in contents.entries.items()
        if entry.kind == "stock" and not entry.source and key in parts
    ]
    return limit_outflows(stocks, parts, uniflows, contents, integrator, problems)
