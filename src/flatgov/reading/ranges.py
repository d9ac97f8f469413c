"""Subscript ranges: their elements, the mappings between them, the ranges of each variable."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from flatgov import limits
from flatgov.errors import FlatgovError, ModelError, Problems, nearest_names
from flatgov.names import canonical
from flatgov.reading.parsed import Definition, place
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
        elif name.startswith("("):
            raise UnreadableText(f"'{name}' is no range of numbered elements such as (A1-A5)")
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
            problems.found.append(ModelError(what, where=where, fix=fix, text=definition.name))
            return None
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                found = self.manager.make_merge_list(lists, first.name)
        except (KeyError, IndexError, ValueError):
            found = [None]
        if None not in found:
            return tuple(found)
        definition, names = self._odd(parts, lists)
        problems.found.append(
            ModelError(
                f"no range holds the subscripts [{', '.join(names)}] and those of line"
                f" {first.line}, [{', '.join(lists[0])}]",
                where=place(file, definition.name, definition.line),
                fix="give elements of one range to one variable",
                text=definition.name,
            )
        )
        return None

    def _odd(
        self, parts: Sequence[tuple[Definition, Any]], lists: list[list[str]]
    ) -> tuple[Definition, list[str]]:
        """Give the first definition whose subscripts no range holds together with the first's."""
        for (definition, _), names in zip(parts, lists, strict=True):
            for mine, other in zip(names, lists[0], strict=True):
                wanted = {*self.elements.get(mine, (mine,)), *self.elements.get(other, (other,))}
                if not any(wanted <= {*own} for own in self.elements.values()):
                    return definition, names
        return parts[-1][0], lists[-1]

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
