"""Which elements of arrays the equations define, and which their references mean."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from flatgov.kernel.lower.ranges import Ranges, SubscriptError, excluder
from flatgov.model import Call, Equation, Expression, Model, Reference, Variable
from flatgov.names import canonical

# Functions that run over the ranges marked ``range!`` in their arguments.
REDUCERS = frozenset({"SUM", "PROD", "VMIN", "VMAX", "VECTOR SELECT"})

# What an equation holds at one element: each range, with the elements that it takes.
Choices = Mapping[str, tuple[str, ...]]

# An element: the name of the variable and the place in its array.
Node = tuple[str, int]


class Elements:
    """The elements of the variables of a model whose subscripts are known."""

    def __init__(self, model: Model) -> None:
        self.ranges = Ranges(model)
        self._defined: dict[str, dict[int, Equation]] = {}

    def combinations(self, equation: Equation) -> Iterator[tuple[str, ...]]:
        """Yield the elements of the left-hand side, as canonical names, without the excluded."""
        elements = self.ranges.elements
        names = map(canonical, equation.subscripts)
        listed = [elements.get(name, (name,)) for name in names]
        return itertools.filterfalse(
            excluder(elements, equation.excluded), itertools.product(*listed)
        )

    def bounds(self, equation: Equation) -> Iterator[tuple[tuple[str, ...], dict[str, str]]]:
        """Yield each element of the left-hand side with the element of each range held there."""
        names = tuple(map(canonical, equation.subscripts))
        held = [name if self.ranges.is_range(name) else "" for name in names]
        for combination in self.combinations(equation):
            yield (
                combination,
                {name: one for name, one in zip(held, combination, strict=True) if name},
            )

    def choices(self, equation: Equation) -> Choices:
        """Give the elements that each range of the left-hand side takes."""
        names = [canonical(name) for name in equation.subscripts]
        if not equation.excluded:
            return {
                name: self.ranges.elements[name] for name in names if self.ranges.is_range(name)
            }
        taken: dict[str, dict[str, None]] = {}
        for _, bound in self.bounds(equation):
            for name, element in bound.items():
                taken.setdefault(name, {})[element] = None
        return {name: tuple(elements) for name, elements in taken.items()}

    def size(self, variable: Variable) -> int:
        """Count the elements of a variable's array."""
        size = 1
        for length in self.ranges.shape(variable.subscripts):
            size *= length
        return size

    def place(self, variable: Variable, elements: Sequence[str]) -> int:
        """Give the place of an element in the array of a variable.

        Raises:
            SubscriptError: It is not in there.
        """
        return self.ranges.flat(elements, [canonical(name) for name in variable.subscripts])

    def defined(self, variable: Variable) -> dict[int, Equation]:
        """Give the equation of each element of a variable that has one."""
        found = self._defined.get(variable.name)
        if found is None:
            found = self._defined[variable.name] = {}
            for equation in variable.equations:
                for elements in self.combinations(equation):
                    found.setdefault(self.place(variable, elements), equation)
        return found

    def label(self, variable: Variable, place: int) -> str:
        """Give the name of an element of a variable, for messages."""
        names = []
        for name in reversed(variable.subscripts):
            elements = self.ranges.elements[canonical(name)]
            place, position = divmod(place, len(elements))
            names.append(self.ranges.shown(elements[position]))
        return f"{variable.name}[{', '.join(reversed(names))}]" if names else variable.name

    def meant(
        self, reference: Reference, variable: Variable, bound: Mapping[str, str]
    ) -> Iterator[int]:
        """Yield the places of the elements that a reference means where some are held.

        A subscript ``range!`` means all elements of its range.

        Raises:
            SubscriptError: A subscript means none.
        """
        subscripts = reference.subscripts or variable.subscripts
        marked = [one for one in map(canonical, subscripts) if one.endswith("!")]
        choices = [self.ranges.elements.get(name[:-1], ()) for name in marked]
        for elements in itertools.product(*choices):
            whole = {**bound, **dict(zip(marked, elements, strict=True))}
            yield self.place(variable, [self.ranges.element(one, whole) for one in subscripts])

    def graph(
        self,
        variables: Mapping[str, Variable],
        used: Callable[[Equation], Iterable[Reference]],
    ) -> dict[Node, list[tuple[Equation, Node]]]:
        """Give what each element of some variables uses: the equation and the other element.

        Args:
            variables: By name.
            used: The references of an equation that count.
        """
        graph: dict[Node, list[tuple[Equation, Node]]] = {}
        for name, variable in variables.items():
            for equation in variable.equations:
                references = list(used(equation))
                for elements, bound in self.bounds(equation):
                    node = name, self.place(variable, elements)
                    links = graph.setdefault(node, [])
                    for reference in references:
                        target = variables[reference.name]
                        try:
                            places = list(self.meant(reference, target, bound))
                        except (SubscriptError, ValueError):  # as in functions of whole vectors
                            continue
                        links += [(equation, (target.name, place)) for place in places]
        return graph


def marks(expressions: Iterable[Expression]) -> Iterator[str]:
    """Yield the subscripts ``range!``, canonical, that belong to a function around these."""
    pending = [*expressions][::-1]
    while pending:
        part = pending.pop()
        if isinstance(part, Reference):
            yield from (one for one in map(canonical, part.subscripts) if one[-1:] == "!")
        elif isinstance(part, Call) and part.function not in REDUCERS:
            pending += part.arguments[::-1]
