"""Subscript ranges: their elements, the mappings between them, the ranges of each variable."""

from __future__ import annotations

import copy
import re
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from pysd.builders.python.subscripts import SubscriptManager
from pysd.translators.structures.abstract_model import AbstractSubscriptRange

from flatgov import limits
from flatgov.errors import FlatgovError, ModelError, Place, Problems, nearest_names
from flatgov.names import canonical
from flatgov.reading.external import read_elements
from flatgov.reading.folder import Folder
from flatgov.reading.parsed import Definition, Parsed, place
from flatgov.reading.safe import UnreadableText

Mappings = Mapping[str, Mapping[str, tuple[str, ...]]]

_MOST_DIGITS = 15
_NUMBERED = re.compile(r"\(\s*(.*?)(\d+)\s*-\s*(.*?)(\d+)\s*\)")

_MOST_DIGITS = 15


@dataclass(frozen=True)
class RangeText:
    """What stands right of the colon of a range.

    Attributes:
        elements: Names of elements or of other ranges; numeric ranges are written out.
        mappings: For each range that this one is mapped to, what its elements mean there:
            elements or ranges, or nothing where they go by position.
    """

    elements: tuple[str, ...]
    mappings: dict[str, tuple[str, ...]]


def read_range(text: str) -> RangeText:
    """Read ``A1, A2``, ``(A1-A5)`` or ``A1, A2 -> DimB, (DimC: C1, Sub C)``.

    The forms are those of Vensim's reference manual, "Subscript Range Equations" and "Mapping of
    Subscript Ranges".

    Raises:
        UnreadableText: A numeric range is wrong.
    """
    left, _, right = _split_outside(text, "->", most=1)
    mappings = {}
    for item in _split_outside(right, ",")[::2] if right.strip() else []:
        target, _, listed = _split_outside(item.strip().removeprefix("("), ":", most=1)
        listed = listed.strip().removesuffix(")")
        mappings[target.strip()] = tuple(_elements(listed)) if listed else ()
    return RangeText(tuple(_elements(left)), mappings)


def _elements(text: str) -> Iterator[str]:
    for item in _split_outside(text, ",")[::2]:
        name = item.strip()
        numbered = _NUMBERED.fullmatch(name)
        if numbered:
            yield from _write_out(name, *numbered.groups())
        elif name:
            yield name


def _write_out(text: str, prefix: str, low: str, other: str, high: str) -> list[str]:
    if max(len(low), len(high)) > _MOST_DIGITS:
        raise UnreadableText(f"the numbers of '{text[:40]}…' are too large")
    if max(len(low), len(high)) > _MOST_DIGITS:
        raise UnreadableText(f"the numbers of '{prefix}{low[:8]}…' are too large")
    first, last = int(low), int(high)
    if canonical(prefix) != canonical(other) or not prefix:
        raise UnreadableText(f"'{text}' must have one name before both numbers")
    if not first < last:
        raise UnreadableText(f"the numbers of '{text}' do not rise")
    try:
        limits.check("elements", last - first + 1, f"'{text}' has {last - first + 1:,} elements")
    except FlatgovError as error:
        raise UnreadableText(f"{error.what}; {error.fix}") from None
    return [f"{prefix}{number}" for number in range(first, last + 1)]


def _split_outside(text: str, separator: str, most: int = 0) -> list[str]:
    """Split as `re.split` does, separators kept, outside quotes and parentheses.

    With `most` = 1 always three parts come back.
    """
    parts, depth, start, position = [], 0, 0, 0
    while position < len(text):
        character = text[position]
        if character == '"':
            position = max(text.find('"', position + 1), position)
        elif character in "()":
            depth += 1 if character == "(" else -1
        elif depth <= 0 and text.startswith(separator, position):
            parts += [text[start:position], separator]
            position += len(separator)
            start = position
            if len(parts) == 2 * most:
                break
            continue
        position += 1
    parts.append(text[start:])
    return parts + [""] * (3 - len(parts)) if most else parts


@dataclass(frozen=True)
class Ranges:
    """The subscript ranges of a model.

    Attributes:
        elements: The elements of each range.
        mappings: As `flatgov.model.Model.mappings`.
        manager: PySD's own form, which finds the ranges of a variable.
        broken: The canonical names of ranges that cannot be read.
    """

    elements: Mapping[str, tuple[str, ...]]
    mappings: Mappings
    manager: Any
    broken: frozenset[str] = frozenset()

    def spell(self, subscripts: Sequence[str]) -> list[str]:
        """Give subscripts in the spelling of their definitions."""
        return [self._spelling.get(canonical(name), name) for name in subscripts]

    @cached_property
    def _spelling(self) -> dict[str, str]:
        names = [name for elements in self.elements.values() for name in elements]
        return {canonical(name): name for name in (*names, *self.elements)}

    def coordinates(self, subscripts: Sequence[str]) -> dict[str, list[str]]:
        """Give the elements of each subscript of a left-hand side, under some range's name."""
        return dict(self.manager.make_coord_dict(self.spell(subscripts)))

    def dimensions(
        self, parts: Sequence[tuple[Definition, Any]], file: str, problems: Problems
    ) -> tuple[str, ...] | None:
        """Find the ranges that a variable has altogether, in order.

        Args:
            parts: Its definitions, each with PySD's component of it.
            file: The model file, for messages.
            problems: Takes subscripts that are not defined or do not fit together.

        Returns:
            The names of the ranges; ``None`` where they cannot be told.
        """
        lists = [self.spell(component.subscripts[0]) for _, component in parts]
        errors = list(self._unknown(parts, file))
        problems.found += errors
        if errors or (
            self.broken
            and any(canonical(name) not in self._spelling for names in lists for name in names)
        ):
            return None
        first = parts[0][0]
        for (definition, component), names in zip(parts, lists, strict=True):
            if len(names) != len(lists[0]):
                what = (
                    f"the left-hand side has {len(names)} subscript{'s' * (len(names) != 1)}, that"
                    f" of line {first.line} has {len(lists[0])}"
                )
            elif any(len(group) != len(names) for group in component.subscripts[1]):
                what = "behind :EXCEPT: there are more or fewer subscripts than before it"
            elif len({*map(canonical, names)}) < len(names) and any(
                names.count(name) > 1 and name in self.elements for name in names
            ):
                what = f"one range stands twice on the left-hand side [{', '.join(names)}]"
            else:
                continue
            fix = "define a second range of the same elements" if what.startswith("one") else ""
            where = place(file, definition.name, definition.line)
            problems.found.append(
                ModelError(what, where=where, fix=fix, text=f"[{','.join(names)}]")
            )
            return None
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return tuple(self.manager.make_merge_list(lists, first.name))
        except (KeyError, IndexError, ValueError) as error:
            what = f"its subscripts do not fit: {error}"
            problems.found.append(
                ModelError(what, where=place(file, first.name, first.line), text=first.name)
            )
            return None

    def _unknown(self, parts: Sequence[tuple[Definition, Any]], file: str) -> Iterator[ModelError]:
        """Yield an error for each subscript that is not defined, once."""
        if self.broken:
            return  # It may be that of a range that cannot be read.
        told = set()
        for definition, component in parts:
            groups = (component.subscripts[0], *component.subscripts[1])
            for name in (name for group in groups for name in group):
                if canonical(name) not in self._spelling and canonical(name) not in told:
                    told.add(canonical(name))
                    yield ModelError(
                        f"the subscript '{name}' is not defined",
                        where=place(file, definition.name, definition.line),
                        nearest=nearest_names(name, self._spelling.values()),
                        text=name,
                    )


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
            manager: Any = SubscriptManager(items, Path())
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
    if len(known) < len(items):
        names = [canonical(item.name) for item in items]
        for name in dict.fromkeys(item.name for item in items if names.count(item.name) > 1):
            problems.found.append(
                ModelError(
                    "the subscript range is defined twice",
                    where=at(name),
                    fix="remove one of the two",
                    text=name,
                )
            )
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
