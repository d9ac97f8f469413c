"""The subscript ranges of a model resolved: ranges inside ranges, mappings between them."""

from __future__ import annotations

import copy
import warnings
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from flatgov import limits
from flatgov.errors import FlatgovError, ModelError, Place, Problems, nearest_names
from flatgov.names import canonical
from flatgov.reading.external import read_elements
from flatgov.reading.folder import Folder
from flatgov.reading.parsed import Parsed, place
from flatgov.reading.ranges import Ranges

if TYPE_CHECKING:
    from pysd.translators.structures.abstract_model import AbstractSubscriptRange


def read_ranges(parsed: Parsed, folder: Folder, file: str, problems: Problems) -> Ranges:
    """Resolve the subscript ranges of a model.

    Args:
        parsed: The parsed model.
        folder: Its folder, for ranges that other files hold.
        file: Its path, for messages.
        problems: Takes ranges that are made of one that is not defined, that hold themselves, and
            mappings that do not fit.
    """

    def at(name: str) -> Place:
        return place(file, name, parsed.range_lines.get(name, 0))

    items = copy.deepcopy(parsed.abstract.sections[0].subscripts)
    broken = set(parsed.broken & _used(parsed)) - {canonical(item.name) for item in items}
    for item in items:
        if isinstance(item.subscripts, dict):
            try:
                item.subscripts = read_elements(item.subscripts, folder, at(item.name))
            except FlatgovError as error:
                problems.found += error.all
                broken.add(canonical(item.name))
    items = [item for item in items if canonical(item.name) not in broken]
    _spell_alike(items)
    items = _sound(items, broken, at, problems)
    count = sum(len(item.subscripts) for item in items if isinstance(item.subscripts, list))
    limits.check("elements", count, f"its ranges have {count:,} elements", where=place(file))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            manager = _manager(items)
        except (KeyError, ValueError, RecursionError) as error:
            raise ModelError(f"the subscript range {error} is wrong", where=place(file)) from None
    elements = {name: tuple(members) for name, members in manager.subscripts.items()}
    equal = {item.name: item.subscripts for item in items if isinstance(item.subscripts, str)}
    mappings: dict[str, dict[str, tuple[str, ...]]] = {}
    for name, target in equal.items():
        mappings.setdefault(name, {})[target] = elements[target]
    for name, targets in parsed.mappings.items():
        for target, listed in targets.items():
            if {canonical(name), canonical(target)} & broken:
                continue
            with problems.collect():
                source, goal, meant = _map(name, target, listed, elements, at(name))
                mappings.setdefault(source, {})[goal] = meant
    return Ranges(elements, mappings, manager, frozenset(broken))


def _used(parsed: Parsed) -> set[str]:
    """Give the canonical names that stand as subscripts on some left-hand side."""
    return {
        canonical(name)
        for section in parsed.abstract.sections
        for element in section.elements
        for component in element.components
        for group in (component.subscripts[0], *component.subscripts[1])
        for name in group
    }


def _sound(
    items: list[AbstractSubscriptRange],
    broken: set[str],
    at: Callable[[str], Place],
    problems: Problems,
) -> list[AbstractSubscriptRange]:
    """Leave out ranges that cannot be resolved; their names are added to `broken`."""
    known = {item.name: item for item in items}
    names = Counter(canonical(item.name) for item in items)
    if len(names) < len(items):
        twice = {
            canonical(item.name): item.name for item in items if names[canonical(item.name)] > 1
        }
        for name in twice.values():
            problems.found.append(
                ModelError(
                    "the subscript range is defined twice",
                    where=at(name),
                    fix="remove one of the two",
                    text=name,
                )
            )
            broken.add(canonical(name))
    for item in known.values():
        if isinstance(item.subscripts, str) and item.subscripts not in known:
            if canonical(item.subscripts) not in broken:
                problems.found.append(
                    ModelError(
                        f"the subscript range '{item.subscripts}' is not defined",
                        where=at(item.name),
                        nearest=nearest_names(item.subscripts, known),
                        text=item.subscripts,
                    )
                )
            broken.add(canonical(item.name))
        elif item.name in _held(item, known):
            problems.found.append(
                ModelError(
                    "the subscript range has an element of its own name, or is part of itself",
                    where=at(item.name),
                    fix="give the range or the element another name",
                    text=item.name,
                )
            )
            broken.add(canonical(item.name))
    return [item for item in known.values() if canonical(item.name) not in broken]


def _spell_alike(items: list[AbstractSubscriptRange]) -> None:
    """Give names of ranges inside ranges the spelling of their definition."""
    spelling = {canonical(item.name): item.name for item in items}
    for item in items:
        if isinstance(item.subscripts, list):
            item.subscripts = [spelling.get(canonical(name), name) for name in item.subscripts]
        elif isinstance(item.subscripts, str):
            item.subscripts = spelling.get(canonical(item.subscripts), item.subscripts)
        item.mapping = list(item.mapping)


def _held(item: AbstractSubscriptRange, items: Mapping[str, AbstractSubscriptRange]) -> set[str]:
    """Give the names that stand in a range, in the ranges that it holds, and so on."""
    held: set[str] = set()
    pending = [item.subscripts]
    while pending:
        names = pending.pop()
        new = {names} - held if isinstance(names, str) else set(names) - held
        held |= new
        pending += [items[name].subscripts for name in new if name in items]
    return held


def _map(
    name: str,
    target: str,
    listed: tuple[str, ...],
    elements: Mapping[str, tuple[str, ...]],
    where: Place,
) -> tuple[str, str, tuple[str, ...]]:
    """Give a mapping as (range, other range, an element of the other for each of the range's).

    Where an element stands for several of the other range (it is mapped to a subrange), the
    mapping is turned round: there, each element of the other range has one of this.
    """
    spelling = {canonical(known): known for known in elements}
    goal = spelling.get(canonical(target))
    if goal is None:
        raise ModelError(
            f"the subscript range '{target}' is not defined",
            where=where,
            nearest=nearest_names(target, elements),
            text=target,
        )
    own = elements[name]
    meant = [
        elements[spelling[canonical(item)]] if canonical(item) in spelling else (item,)
        for item in listed or elements[goal]
    ]
    if len(meant) != len(own):
        raise ModelError(
            f"the mapping to '{goal}' has {len(meant)} elements for {len(own)}",
            where=where,
            fix=f"list one element of '{goal}' for each of '{name}'",
            text=target,
        )
    members = {canonical(element): element for element in elements[goal]}
    for element in (element for group in meant for element in group):
        if canonical(element) not in members:
            what = f"'{element}' is no element of the range '{goal}'"
            nearest = nearest_names(element, members.values())
            raise ModelError(what, where=where, nearest=nearest, text=element)
    if all(len(group) == 1 for group in meant):
        return name, goal, tuple(members[canonical(element)] for (element,) in meant)
    back = {
        canonical(element): mine
        for mine, group in zip(own, meant, strict=True)
        for element in group
    }
    return goal, name, tuple(back.get(canonical(element), "") for element in elements[goal])


def _manager(items: list[AbstractSubscriptRange]) -> Any:
    """Give PySD's form of the ranges; without any there is nothing to import PySD for."""
    if not items:
        return SimpleNamespace(
            subscripts={},
            make_coord_dict=lambda subscripts: {name: [] for name in subscripts},
            make_merge_list=lambda lists, name: lists[0],
        )
    from pysd.builders.python.subscripts import SubscriptManager

    return SubscriptManager(items, Path())
