"""The variables and dimensions of an XMILE file, submodels included, before their equations.

A variable ``v`` of the submodel ``m`` is called ``m.v``; one of the root model ``v`` (OASIS,
XMILE 1.0, sections 3.7.4 and 4.7).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from flatgov import limits
from flatgov.errors import ModelError, Problems, nearest_names
from flatgov.names import canonical
from flatgov.reading.parsed import is_control, place
from flatgov.reading.xmile_dimensions import Dimension, dimension_of, read_dimensions
from flatgov.reading.xmile_expression import unescape
from flatgov.reading.xmile_file import (
    Source,
    children,
    is_refused,
    name_of,
    tag_of,
    text_of,
)
from flatgov.reading.xmile_table import has_points

_VARIABLES = ("stock", "flow", "aux", "gf")
_BESIDE = ("module", "group")
# What other formats and people call the elements of XMILE.
_MEANT = {
    **dict.fromkeys(("auxiliary", "converter", "variable", "constant", "parameter"), "aux"),
    **dict.fromkeys(("level", "reservoir", "state"), "stock"),
    **dict.fromkeys(("lookup", "table", "graph"), "gf"),
    "rate": "flow",
    "submodel": "module",
}


@dataclass(frozen=True)
class Entry:
    """A variable.

    Attributes:
        node: Its element.
        name: In the whole model: of the variable ``v`` in the submodel ``m`` it is ``m.v``.
        model: The submodel, ``""`` for the root.
        kind: ``stock``, ``flow``, ``aux`` or ``gf``; ``""`` where its tag tells none.
        dimensions: In order.
        source: The name of the variable whose value it takes, if it is a connected input.
        group: The group that lists it.
        broken: Whether its dimensions or its source are not known.
    """

    node: Any
    name: str
    model: str
    kind: str
    dimensions: tuple[Dimension, ...] = ()
    source: str = ""
    group: str = ""
    broken: bool = False

    @property
    def table(self) -> Any:
        """The ``<gf>`` of a variable that has one for all of its elements."""
        return self.node if tag_of(self.node) == "gf" else next(children(self.node, "gf"), None)


@dataclass(frozen=True)
class Contents:
    """What equations may name.

    Attributes:
        source: The file.
        dimensions: By canonical name.
        entries: The variables by canonical name, in the order of the file.
        tables: The graphical functions by canonical name.
        macros: For each macro, by canonical name, the number of its arguments.
        parameters: Of a macro, the canonical names of its arguments.
        missing: The canonical names of modules that have no model.
    """

    source: Source
    dimensions: Mapping[str, Dimension]
    entries: Mapping[str, Entry]
    tables: Mapping[str, Any] = field(default_factory=dict)
    macros: Mapping[str, int] = field(default_factory=dict)
    parameters: frozenset[str] = frozenset()
    missing: frozenset[str] = frozenset()

    def find(self, text: str, model: str) -> Entry | None:
        """Find a variable as an equation of a model names it: its own first, then others'."""
        key = canonical(text)
        if key.startswith("."):
            return self.entries.get(key[1:])
        local = self.entries.get(canonical(f"{model}.{text}") if model else key)
        return local or (self.entries.get(key) if "." in key else None)


def read_contents(source: Source, problems: Problems) -> Contents:
    """Gather dimensions and variables.

    Args:
        source: The file.
        problems: Takes definitions that are incomplete or stand twice, and connections that lead
            nowhere.

    Raises:
        ModelError: There is no model, or no root among several.
    """
    dimensions = read_dimensions(source, problems)
    entries: dict[str, Entry] = {}
    connections: list[tuple[str, str, Any]] = []
    models = _models(source)
    missing = _missing_models(models, source, problems)
    names: set[str] = set()
    for node, model in models:
        if canonical(model) in names:  # A second model of the name is told already.
            continue
        names.add(canonical(model))
        for child in _definitions(node):
            if tag_of(child) == "module":
                connections += _connections(child, model)
        for key, entry in read_entries(node, model, dimensions, source, problems).items():
            _add(entries, key, entry, source, problems)
    limits.check(
        "definitions",
        len(entries),
        f"the file has {len(entries):,} definitions",
        where=place(source.file),
    )
    for to, origin, node in connections:
        known = True
        for name in (to, origin):
            if canonical(name) not in entries:
                known = False
                if canonical(name).partition(".")[0] not in missing:
                    problems.found.append(
                        ModelError(
                            f"the connected variable '{name}' is not defined",
                            where=source.where(node=node),
                            nearest=nearest_names(name, [one.name for one in entries.values()]),
                            text=name,
                        )
                    )
        target = entries.get(canonical(to))
        if target is not None:
            origin = entries[canonical(origin)].name if known else ""
            entries[canonical(to)] = replace(target, source=origin, broken=not known)
    right = {key: one for key, one in dimensions.items() if one is not None}
    return Contents(source, right, entries, read_tables(entries), missing=missing)


def read_entries(
    node: Any,
    model: str,
    dimensions: Mapping[str, Dimension | None],
    source: Source,
    problems: Problems,
) -> dict[str, Entry]:
    """Gather the variables of one model or macro, control variables left out.

    Args:
        node: Its element.
        model: The name of the model, ``""`` for the root.
        dimensions: By canonical name.
        source: The file.
        problems: Takes variables without a name, a second one of a name, unknown dimensions.
    """
    entries: dict[str, Entry] = {}
    groups = _groups(node)
    found = [(child, tag_of(child)) for child in _definitions(node)]
    for child, meant in _misnamed(node):
        problems.found.append(
            ModelError(
                f"<{tag_of(child)}> is no element of XMILE's variables",
                where=source.where(name_of(child), child),
                nearest=[f"<{tag}>" for tag in meant],
                text=f"<{tag_of(child)}",
            )
        )
        if name_of(child):  # The name is defined, so that nobody who uses it is to blame.
            found.append((child, next(iter(meant), "")))
    for child, kind in found:
        if kind in _BESIDE:
            continue
        entry = _entry(child, kind, model, dimensions, source, problems)
        if entry is None or is_control(entry.name):
            continue
        entry = replace(entry, group=groups.get(canonical(name_of(child)), ""))
        _add(entries, canonical(entry.name), entry, source, problems)
    return entries


def _add(
    entries: dict[str, Entry], key: str, entry: Entry, source: Source, problems: Problems
) -> None:
    if key not in entries:
        entries[key] = entry
        return
    line = entries[key].node.sourceline or 0
    problems.found.append(
        ModelError(
            f"the variable is already defined on line {line}",
            where=source.where(entry.name, entry.node),
            fix="remove one of the two",
            text=entry.node.get("name", ""),
        )
    )


def control_nodes(source: Source) -> dict[str, Any]:
    """Give the variables that are named as Vensim's control variables, by canonical name."""
    return {
        canonical(name_of(child)): child
        for node in children(source.root, "model")
        for child in _definitions(node)
        if is_control(name_of(child))
    }


def _models(source: Source) -> list[tuple[Any, str]]:
    """Give each model with its name, the root's being empty."""
    nodes = list(children(source.root, "model"))
    if not nodes:
        raise ModelError("the file has no <model>", where=place(source.file))
    roots = nodes if len(nodes) == 1 else [node for node in nodes if not name_of(node)]
    if len(roots) != 1:
        raise ModelError(
            "several <model>s need one without a name, the root",
            where=source.where(node=nodes[1]),
            text="<model",
        )
    return [(node, "" if node is roots[0] else name_of(node)) for node in nodes]


def _missing_models(
    models: list[tuple[Any, str]], source: Source, problems: Problems
) -> frozenset[str]:
    """Compare modules and models; give the canonical names of modules without a model."""
    modules = {
        canonical(name_of(child)): child
        for node, _ in models
        for child in _definitions(node)
        if tag_of(child) == "module"
    }
    seen = set()
    for node, name in models:
        key = canonical(name)
        what = "two models have one name" if key in seen else ""
        if not what and name and key not in modules:
            what = f"no <module> uses the model '{name}'"
        if what:
            where = source.where(name, node)
            problems.found.append(ModelError(what, where=where, text=node.get("name", "")))
        seen.add(key)
    missing = [key for key in modules if key not in seen]
    for key in missing:
        if modules[key].get("resource") is None:  # else that is what is wrong
            problems.found.append(
                ModelError(
                    f"the module '{name_of(modules[key])}' has no <model>",
                    where=source.where(name_of(modules[key]), modules[key]),
                    text=modules[key].get("name", ""),
                )
            )
    return frozenset(missing)


def _definitions(model: Any) -> Iterator[Any]:
    """Yield variables and modules; files before XMILE 1.0 have them in the model itself."""
    for block in list(children(model, "variables")) or [model]:
        for child in children(block):
            if tag_of(child) in (*_VARIABLES, "module"):
                yield child


def _misnamed(model: Any) -> Iterator[tuple[Any, tuple[str, ...]]]:
    """Yield what stands among the variables under no tag of XMILE, with the tag that is meant."""
    right = (*_VARIABLES, *_BESIDE)
    for block in children(model, "variables"):
        for child in children(block):
            tag = tag_of(child)
            if tag not in right and not is_refused(child):
                known = _MEANT.get(tag.lower(), "")
                yield child, (known,) if known else nearest_names(tag, right)


def _groups(model: Any) -> dict[str, str]:
    """Give the group of each variable that a group lists."""
    return {
        canonical(name_of(entity)): name_of(group)
        for block in children(model, "variables")
        for group in children(block, "group")
        for entity in children(group, "entity")
    }


def _connections(module: Any, model: str) -> Iterator[tuple[str, str, Any]]:
    """Yield the full names of the input and of its source, for each connection of a module."""
    own = name_of(module)
    for node in children(module, "connect"):
        to, origin = (unescape(node.get(end, "").replace('"', "")) for end in ("to", "from"))
        yield _qualified(to, own), _qualified(origin, model), node


def _qualified(name: str, model: str) -> str:
    if name.startswith("."):
        return name[1:]
    return name if "." in name or not model else f"{model}.{name}"


def _entry(
    node: Any,
    tag: str,
    model: str,
    dimensions: Mapping[str, Dimension | None],
    source: Source,
    problems: Problems,
) -> Entry | None:
    name = name_of(node)
    if not name:
        what = f"a <{tag_of(node)}> has no name"
        where = source.where(node=node)
        problems.found.append(ModelError(what, where=where, text=f"<{tag_of(node)}"))
        return None
    own: list[Dimension] = []
    broken = False
    for block in children(node, "dimensions"):
        for item in children(block, "dim"):
            try:
                dimension = dimension_of(item, name, own, dimensions, source)
            except ModelError as error:
                problems.found.append(error)
                dimension = None
            if dimension is None:
                broken = True
            else:
                own.append(dimension)
    full = f"{model}.{name}" if model else name
    # A graphical function without an equation is one to be called.
    alone = any(map(has_points, children(node, "gf"))) and not text_of(node, "eqn")
    alone = alone and next(children(node, "element"), None) is None
    kind = "gf" if alone else tag
    broken = broken or not kind
    return Entry(node, full, model, kind, () if broken else tuple(own), broken=broken)


def read_tables(entries: Mapping[str, Entry]) -> dict[str, Any]:
    """Give the graphical functions that equations may call, by canonical full name."""
    tables = {}
    for key, entry in entries.items():
        if entry.dimensions or entry.table is None or not has_points(entry.table):
            continue
        tables[key] = entry.table
        name = name_of(entry.table)
        if entry.kind != "gf" and name:
            tables[canonical(f"{entry.model}.{name}" if entry.model else name)] = entry.table
    return tables
