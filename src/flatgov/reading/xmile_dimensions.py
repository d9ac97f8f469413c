"""The dimensions of an XMILE file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flatgov import limits
from flatgov.errors import FlatgovError, ModelError, Problems, nearest_names
from flatgov.names import canonical
from flatgov.reading.xmile_file import Source, children, name_of


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


def dimension_of(
    item: Any,
    name: str,
    before: list[Dimension],
    dimensions: Mapping[str, Dimension | None],
    source: Source,
) -> Dimension | None:
    """Give a dimension of a variable.

    Args:
        item: The element that names it.
        name: The variable.
        before: The dimensions that the variable has already.
        dimensions: By canonical name.
        source: The file.

    Returns:
        The dimension; None where what is wrong with it is known already.

    Raises:
        ModelError: It is not defined, or stands twice.
    """
    key = canonical(name_of(item))
    if key not in dimensions:
        raise ModelError(
            f"the dimension '{name_of(item)}' is not defined",
            where=source.where(name, item),
            nearest=nearest_names(name_of(item), [d.name for d in dimensions.values() if d]),
            text=item.get("name", ""),
        )
    dimension = dimensions[key]
    if dimension in before:
        raise ModelError(
            f"the dimension '{name_of(item)}' twice in one variable is not supported",
            where=source.where(name, item),
            fix="define a second dimension with other names of elements",
            text=item.get("name", ""),
        )
    return dimension


def read_dimensions(source: Source, problems: Problems) -> dict[str, Dimension | None]:
    """Read the dimensions.

    Args:
        source: The file.
        problems: Takes what is wrong with them.

    Returns:
        Each by canonical name; None for one that is wrong.
    """
    found: dict[str, tuple[str, list[str]]] = {}
    wrong: dict[str, None] = {}
    count = 0
    for block in children(source.root, "dimensions"):
        for node in children(block, "dim"):
            name = name_of(node)
            if not name or canonical(name) in found:
                what = f"is there twice: '{name}'" if name else "has no name"
                where = source.where(node=node)
                text = node.get("name", "<dim")
                problems.found.append(ModelError(f"a dimension {what}", where=where, text=text))
                continue
            try:
                found[canonical(name)] = (name, _elements(node, name, source))
            except FlatgovError as error:
                problems.found.append(error)
                wrong[canonical(name)] = None
            else:
                count += len(found[canonical(name)][1])
                what = f"the dimensions have {count:,} elements"
                limits.check("elements", count, what, where=source.where(node=node))
    uses = Counter(canonical(element) for _, elements in found.values() for element in elements)
    uses += Counter(found.keys())
    right = {key: _dimension(name, elements, uses) for key, (name, elements) in found.items()}
    return {**wrong, **right}


def _elements(node: Any, name: str, source: Source) -> list[str]:
    elements = [name_of(item) for item in children(node, "elem")] or _numbered(node, source)
    if len({*map(canonical, elements)}) < len(elements) or not all(elements):
        raise ModelError(
            f"the elements of the dimension '{name}' need different names",
            where=source.where(node=node),
            text=node.get("name", ""),
        )
    return elements


def _dimension(name: str, elements: list[str], uses: Mapping[str, int]) -> Dimension:
    """Make a dimension: in a model, unlike in XMILE, no two may share the name of an element."""
    keys = tuple(map(canonical, elements))
    shared = any(uses[key] > 1 for key in keys)
    labels = (f"{name} {element}" if shared else element for element in elements)
    return Dimension(name, keys, tuple(labels))


def _numbered(node: Any, source: Source) -> list[str]:
    """Name the elements of a dimension that has only a size."""
    size = node.get("size", "").strip()
    if not size.isdecimal() or not size.strip("0"):
        raise ModelError(
            f"the dimension '{name_of(node)}' has neither elements nor a size",
            where=source.where(node=node),
            text=node.get("name", ""),
        )
    count = int(size[:18])
    more = " or more" if len(size) > 18 else ""
    what = f"the dimension '{name_of(node)}' has {count:,} elements{more}"
    limits.check("elements", count, what, where=source.where(node=node))
    return [str(number) for number in range(1, count + 1)]
