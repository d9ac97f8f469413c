"""The variables and dimensions of an XMILE file, submodels included, before their equations.

A variable ``v`` of the submodel ``m`` is called ``m.v``; one of the root model ``v`` (OASIS,
XMILE 1.0, sections 3.7.4 and 4.7).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from flatgov.errors import ModelError, nearest_names
from flatgov.names import canonical
from flatgov.reading.parsed import is_control
from flatgov.reading.xmile_expression import unescape
from flatgov.reading.xmile_file import Source, children, name_of, tag_of, text_of
from flatgov.reading.xmile_table import has_points

_VARIABLES = ("stock", "flow", "aux", "gf")
_MOST_ELEMENTS = 100_000


@dataclass(frozen=True)
class Dimension:
    """A dimension.

    Attributes:
        name: As in the file.
        elements: The names of its elements, canonical.
        labels: Their names in the model: the same in the spelling of the file, but with the
            dimension's name in front if another dimension has one of the elements' names.
    """

    name: str
    elements: tuple[str, ...]
    labels: tuple[str, ...]


@dataclass(frozen=True)
class Entry:
    """A variable.

    Attributes:
        node: Its element.
        name: In the whole model: of the variable ``v`` in the submodel ``m`` it is ``m.v``.
        model: The submodel, ``""`` for the root.
        kind: ``stock``, ``flow``, ``aux`` or ``gf``.
        dimensions: In order.
        source: The name of the variable whose value it takes, if it is a connected input.
        group: The group that lists it.
    """

    node: Any
    name: str
    model: str
    kind: str
    dimensions: tuple[Dimension, ...] = ()
    source: str = ""
    group: str = ""

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
    """

    source: Source
    dimensions: Mapping[str, Dimension]
    entries: Mapping[str, Entry]
    tables: Mapping[str, Any] = field(default_factory=dict)
    macros: Mapping[str, int] = field(default_factory=dict)

    def find(self, text: str, model: str) -> Entry | None:
        """Find a variable as an equation of a model names it: its own first, then others'."""
        key = canonical(text)
        if key.startswith("."):
            return self.entries.get(key[1:])
        local = self.entries.get(canonical(f"{model}.{text}") if model else key)
        return local or (self.entries.get(key) if "." in key else None)


def read_contents(source: Source) -> Contents:
    """Gather dimensions and variables.

    Raises:
        ModelError: A definition is incomplete or stands twice, or a connection leads nowhere.
    """
    dimensions = _read_dimensions(source)
    entries: dict[str, Entry] = {}
    connections: list[tuple[str, str, Any]] = []
    for node, model in _models(source):
        groups = _groups(node)
        for child in _definitions(node):
            if tag_of(child) == "module":
                connections += _connections(child, model)
                continue
            entry = _entry(child, model, dimensions, source)
            if is_control(entry.name):
                continue
            _add(entries, replace(entry, group=groups.get(canonical(name_of(child)), "")), source)
    for to, origin, node in connections:
        for name in (to, origin):
            if canonical(name) not in entries:
                raise ModelError(
                    f"the connected variable '{name}' is not defined",
                    where=source.where(node=node),
                    nearest=nearest_names(name, [entry.name for entry in entries.values()]),
                )
        target = entries[canonical(to)]
        entries[canonical(to)] = replace(target, source=entries[canonical(origin)].name)
    return Contents(source, dimensions, entries, read_tables(entries))


def read_entries(
    node: Any, model: str, dimensions: Mapping[str, Dimension], source: Source
) -> dict[str, Entry]:
    """Gather the variables of one model or macro, control variables left out.

    Raises:
        ModelError: One has no name, is there twice, or has an unknown dimension.
    """
    entries: dict[str, Entry] = {}
    groups = _groups(node)
    for child in _definitions(node):
        entry = _entry(child, model, dimensions, source)
        if tag_of(child) == "module" or is_control(entry.name):
            continue
        _add(entries, replace(entry, group=groups.get(canonical(name_of(child)), "")), source)
    return entries


def _add(entries: dict[str, Entry], entry: Entry, source: Source) -> None:
    key = canonical(entry.name)
    if key in entries:
        raise ModelError(
            f"the variable is already defined on line {entries[key].node.sourceline or 0}",
            where=source.where(entry.name, entry.node),
            fix="remove one of the two",
        )
    entries[key] = entry


def control_nodes(source: Source) -> dict[str, Any]:
    """Give the variables that are named as Vensim's control variables, by canonical name."""
    return {
        canonical(name_of(child)): child
        for node in children(source.root, "model")
        for child in _definitions(node)
        if is_control(name_of(child))
    }


def _models(source: Source) -> Iterator[tuple[Any, str]]:
    """Yield each model with its name, the root's being empty."""
    nodes = list(children(source.root, "model"))
    if not nodes:
        raise ModelError("the file has no <model>", where=source.file)
    roots = nodes if len(nodes) == 1 else [node for node in nodes if not name_of(node)]
    if len(roots) != 1:
        raise ModelError(
            "several <model>s need one without a name, the root", where=source.where(node=nodes[1])
        )
    names = Counter(canonical(name_of(node)) for node in nodes)
    modules = {
        canonical(name_of(child))
        for node in nodes
        for child in _definitions(node)
        if tag_of(child) == "module"
    }
    for node in nodes:
        name = "" if node is roots[0] else name_of(node)
        if name and names[canonical(name)] > 1:
            raise ModelError("two models have one name", where=source.where(name, node))
        if name and canonical(name) not in modules:
            raise ModelError(f"no <module> uses the model '{name}'", where=source.where(name, node))
        yield node, name
    if missing := modules - set(names):
        raise ModelError(f"the module '{missing.pop()}' has no <model>", where=source.file)


def _definitions(model: Any) -> Iterator[Any]:
    """Yield variables and modules; files before XMILE 1.0 have them in the model itself."""
    for block in list(children(model, "variables")) or [model]:
        for child in children(block):
            if tag_of(child) in (*_VARIABLES, "module"):
                yield child


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


def _entry(node: Any, model: str, dimensions: Mapping[str, Dimension], source: Source) -> Entry:
    name = name_of(node)
    if not name:
        raise ModelError(f"a <{tag_of(node)}> has no name", where=source.where(node=node))
    own = []
    for block in children(node, "dimensions"):
        for item in children(block, "dim"):
            dimension = dimensions.get(canonical(name_of(item)))
            if dimension is None:
                raise ModelError(
                    f"the dimension '{name_of(item)}' is not defined",
                    where=source.where(name, item),
                    nearest=nearest_names(name_of(item), [d.name for d in dimensions.values()]),
                )
            if dimension in own:
                raise ModelError(
                    f"the dimension '{dimension.name}' twice in one variable is not supported",
                    where=source.where(name, item),
                    fix="define a second dimension with other names of elements",
                )
            own.append(dimension)
    full = f"{model}.{name}" if model else name
    # A graphical function without an equation is one to be called.
    alone = any(map(has_points, children(node, "gf"))) and not text_of(node, "eqn")
    alone = alone and next(children(node, "element"), None) is None
    return Entry(node, full, model, "gf" if alone else tag_of(node), tuple(own))


def _read_dimensions(source: Source) -> dict[str, Dimension]:
    found: dict[str, tuple[str, list[str]]] = {}
    for block in children(source.root, "dimensions"):
        for node in children(block, "dim"):
            name = name_of(node)
            if not name or canonical(name) in found:
                what = f"is there twice: '{name}'" if name else "has no name"
                raise ModelError(f"a dimension {what}", where=source.where(node=node))
            elements = [name_of(item) for item in children(node, "elem")]
            elements = elements or _numbered(node, source)
            if len({*map(canonical, elements)}) < len(elements) or not all(elements):
                raise ModelError(
                    f"the elements of the dimension '{name}' need different names",
                    where=source.where(node=node),
                )
            found[canonical(name)] = (name, elements)
    uses = Counter(canonical(element) for _, elements in found.values() for element in elements)
    uses += Counter(found.keys())
    return {key: _dimension(name, elements, uses) for key, (name, elements) in found.items()}


def _dimension(name: str, elements: list[str], uses: Mapping[str, int]) -> Dimension:
    """Make a dimension: in a model, unlike in XMILE, no two may share the name of an element."""
    keys = tuple(map(canonical, elements))
    shared = any(uses[key] > 1 for key in keys)
    labels = (f"{name} {element}" if shared else element for element in elements)
    return Dimension(name, keys, tuple(labels))


def _numbered(node: Any, source: Source) -> list[str]:
    """Name the elements of a dimension that has only a size."""
    size = node.get("size", "").strip()
    if not size.isdecimal() or not 0 < int(size) < _MOST_ELEMENTS:
        raise ModelError(
            f"the dimension '{name_of(node)}' has neither elements nor a size",
            where=source.where(node=node),
        )
    return [str(number) for number in range(1, int(size) + 1)]


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
