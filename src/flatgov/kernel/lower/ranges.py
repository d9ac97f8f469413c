"""Subscripts: which element of a variable a reference means.

Names are canonical here (see `flatgov.names`). A subscript of a reference is, in this order:
a range that the left-hand side (or a vector function, for ``range!``) holds at one element; an
element; a range that is mapped to one of those held, which gives the element at the same place
(Vensim's reference manual, "Subscript Mapping").
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property

from flatgov.errors import nearest_names
from flatgov.model import Model
from flatgov.names import canonical

Binding = Mapping[str, str]


class SubscriptError(ValueError):
    """A subscript that means no element; the message says which and why.

    Args:
        what: The message.
        nearest: The right name that it may have meant.
    """

    def __init__(self, what: str, nearest: tuple[str, ...] = ()) -> None:
        super().__init__(what)
        self.nearest = nearest


class Ranges:
    """The subscript ranges of a model."""

    def __init__(self, model: Model) -> None:
        self.elements: dict[str, tuple[str, ...]] = {
            canonical(name): tuple(map(canonical, elements))
            for name, elements in model.subscripts.items()
        }
        self._spelled = {
            canonical(name): name
            for own, elements in model.subscripts.items()
            for name in (own, *elements)
        }
        self._mappings: dict[tuple[str, str], tuple[str, ...]] = {
            (canonical(name), canonical(target)): tuple(map(canonical, elements))
            for name, targets in model.mappings.items()
            for target, elements in targets.items()
        }
        self._positions: dict[str, dict[str, int]] = {
            name: {element: position for position, element in enumerate(elements)}
            for name, elements in self.elements.items()
        }

    @cached_property
    def _home(self) -> dict[str, str]:
        """The largest range of each element, the first of equals."""
        homes: dict[str, str] = {}
        for name, elements in self.elements.items():
            for element in elements:
                if element not in homes or len(elements) > len(self.elements[homes[element]]):
                    homes[element] = name
        return homes

    def shown(self, name: str) -> str:
        """Give the model's own spelling of a range or an element, for messages."""
        return self._spelled.get(canonical(name).removesuffix("!"), name)

    def is_range(self, name: str) -> bool:
        """Tell whether a name is a subscript range."""
        return name in self.elements

    def is_element(self, name: str) -> bool:
        """Tell whether a name is an element of some range."""
        return name in self._home

    def shape(self, dimensions: Sequence[str]) -> tuple[int, ...]:
        """Give the lengths of some ranges."""
        return tuple(len(self.elements[canonical(name)]) for name in dimensions)

    def position(self, element: str, name: str) -> int:
        """Give the place of an element in a range, from 0.

        Raises:
            SubscriptError: It is not in there.
        """
        try:
            return self._positions[name][element]
        except KeyError:
            raise SubscriptError(
                f"'{self.shown(element)}' is no element of the range '{self.shown(name)}'",
                self._nearest(element, self.elements[name]),
            ) from None

    def flat(self, elements: Sequence[str], dimensions: Sequence[str]) -> int:
        """Give the row-major place of some elements in an array.

        Raises:
            SubscriptError: There are too few or too many, or one is not in its range.
        """
        if len(elements) != len(dimensions):
            raise SubscriptError(
                f"{len(elements)} subscript{'s are' if len(elements) != 1 else ' is'} given "
                f"where there {'are' if len(dimensions) != 1 else 'is'} {len(dimensions)}"
            )
        place = 0
        for element, dimension in zip(elements, dimensions, strict=True):
            place = place * len(self.elements[dimension]) + self.position(element, dimension)
        return place

    def element(self, subscript: str, bound: Binding) -> str:
        """Find the element that a subscript of a reference means.

        Args:
            subscript: As in the reference; ``range!`` is bound by a vector function.
            bound: The element of each range that is held, by its name.

        Raises:
            SubscriptError: It means none.
        """
        written, subscript = subscript, canonical(subscript)
        if subscript in bound:
            return bound[subscript]
        if subscript in self._home and subscript not in self.elements:
            return subscript
        if subscript not in self.elements:
            raise SubscriptError(
                f"the subscript '{written}' is not defined",
                self._nearest(written, self._spelled),
            )
        for held, element in bound.items():
            mapped = self._mappings.get((subscript, held))
            if mapped is not None and mapped.count(element) == 1:
                return self.elements[subscript][mapped.index(element)]
        for held, element in bound.items():
            mapped = self._mappings.get((held, subscript))
            if mapped is not None:
                return mapped[self.elements[held].index(element)]
        return self._shared(subscript, bound)

    def _shared(self, subscript: str, bound: Binding) -> str:
        """Find the element for a range that overlaps with one that is held."""
        candidates = {
            element
            for held, element in bound.items()
            if not held.endswith("!") and element in self._positions[subscript]
        }
        if len(candidates) != 1:
            raise SubscriptError(
                f"the range '{self.shown(subscript)}' stands on the right only, "
                "mapped to none on the left"
            )
        return candidates.pop()

    def _nearest(self, wrong: str, names: Iterable[str]) -> tuple[str, ...]:
        return nearest_names(wrong, map(self.shown, names))

    def number(self, name: str, bound: Binding) -> int:
        """Give the number, from 1, of a range's or an element's name that is used as a value.

        It is the place of the element in the largest range that holds it, also where the name is
        that of a part of this range (reference outputs of ``subscript_definition``).
        """
        element = self.element(name, bound)
        return self.position(element, self._home[element]) + 1


def excluder(
    elements: Mapping[str, Sequence[str]], excluded: Iterable[Sequence[str]]
) -> Callable[[tuple[str, ...]], bool]:
    """Give what tells whether ``:EXCEPT:`` names an element: quick, however many lists it has.

    Args:
        elements: Of each range, by canonical names.
        excluded: The lists of subscripts behind ``:EXCEPT:``.

    Returns:
        A function of the elements of the left-hand side, as canonical names.
    """
    groups = [tuple(map(canonical, group)) for group in excluded]
    if not groups:
        return lambda combination: False
    # For each position, in which lists an element stands, as the bits of a number.
    bits: list[dict[str, int]] = [{} for _ in groups[0]]
    for position, names in enumerate(zip(*groups, strict=True)):
        found = bits[position]
        lists: dict[str, int] = {}
        for number, name in enumerate(names):
            lists[name] = lists.get(name, 0) | 1 << number
        for name, those in lists.items():
            for element in elements.get(name, (name,)):
                found[element] = found.get(element, 0) | those

    def is_excluded(combination: tuple[str, ...]) -> bool:
        common = -1
        for found, element in zip(bits, combination, strict=True):
            common &= found.get(element, 0)
        return common != 0

    return is_excluded
