"""Circular definitions: variables that need their own value of the same moment.

A circle is looked for among whole variables first, which is quick; where arrays are in it, their
elements decide, because parts of an array may use each other rightly.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Hashable, Iterator, Mapping
from typing import TYPE_CHECKING, Literal, TypeVar

from flatgov.errors import ModelError
from flatgov.model import Call, Equation, Expression, Reference, Variable
from flatgov.names import canonical
from flatgov.reading.functions import INITIAL_ARGUMENTS, STEP_ARGUMENTS
from flatgov.reading.parsed import as_written, place

if TYPE_CHECKING:
    from flatgov.reading.elements import Elements

Phase = Literal["step", "initial"]
Node = TypeVar("Node", bound=Hashable)
Graph = Mapping[Node, Collection[Node]]

# Of a large component so many starts are tried for the shortest circle.
_MOST_STARTS = 300
# A circle of more names is shown without its middle.
_MOST_SHOWN = 12


def check_circles(
    variables: Mapping[str, Variable], elements: Elements, broken: Collection[str], file: str
) -> Iterator[ModelError]:
    """Yield every circle: the shortest of each set of variables that all need each other.

    Args:
        variables: By name.
        elements: Which element each reference means.
        broken: The canonical names of variables of which something is wrong.
        file: The model file, for the messages.
    """
    phases: tuple[tuple[Phase, str, str], ...] = (
        ("step", "definition", "put a stock or a delay into the loop"),
        ("initial", "initial value", "start one of them from a number"),
    )
    told: set[str] = set()
    for phase, what, fix in phases:
        graph = {
            name: dict.fromkeys(
                part.name
                for equation in variable.equations
                for part in needed(equation, phase)
                if part.name in variables and not (part.name == name and _holds_itself(equation))
            )
            for name, variable in variables.items()
        }
        for component in components(graph):
            if told & set(component):
                continue
            circles = _circles(component, graph, variables, elements, broken, phase)
            for circle in circles:
                told |= {name for name, _, _ in circle}
                yield _error(circle, what, fix, variables, file)


# A variable on a circle: its name, how it is shown, and the equation.
_Step = tuple[str, str, Equation]


def _circles(
    component: list[str],
    graph: Mapping[str, Collection[str]],
    variables: Mapping[str, Variable],
    elements: Elements,
    broken: Collection[str],
    phase: Phase,
) -> Iterator[list[_Step]]:
    if not any(variables[name].subscripts for name in component):
        yield [
            (name, name, _using(variables[name], following, phase))
            for name, following in _pairs(shortest_circle(component, graph))
        ]
        return
    if any(canonical(name) in broken for name in component):
        return  # whose elements are not known
    inside = {canonical(name): name for name in component}
    fine = elements.graph(
        {name: variables[name] for name in component},
        lambda equation: (
            part
            for part in needed(equation, phase)
            if canonical(part.name) in inside
            and not (_holds_itself(equation) and _owns(variables[part.name], equation))
        ),
    )
    links = {node: [used for _, used in uses] for node, uses in fine.items()}
    told: set[str] = set()  # The same circle at each element is one mistake.
    for own in components(links):
        names = {name for name, _ in own}
        if told & names:
            continue
        told |= names
        circle = _pairs(shortest_circle(own, links))
        yield [
            (
                node[0],
                elements.label(variables[node[0]], node[1]),
                next(equation for equation, used in fine[node] if used == following),
            )
            for node, following in circle
        ]


def _owns(variable: Variable, equation: Equation) -> bool:
    return any(own is equation for own in variable.equations)


def _using(variable: Variable, used: str, phase: Phase) -> Equation:
    return next(
        equation
        for equation in variable.equations
        if any(part.name == used for part in needed(equation, phase))
    )


def _error(
    circle: list[_Step], what: str, fix: str, variables: Mapping[str, Variable], file: str
) -> ModelError:
    steps = [f"{shown} (line {equation.line})" for _, shown, equation in circle]
    if len(steps) > _MOST_SHOWN:
        steps = [*steps[: _MOST_SHOWN - 4], "…", *steps[-3:]]
    name, first, equation = circle[0]
    following = circle[1 % len(circle)][0]
    return ModelError(
        f"circular {what}: {' → '.join([*steps, first])}",
        where=place(file, variables[name].name, equation.line),
        fix=fix,
        text=as_written(following, equation.text),
    )


def _pairs(circle: list[Node]) -> Iterator[tuple[Node, Node]]:
    yield from zip(circle, [*circle[1:], circle[0]], strict=True)


def _holds_itself(equation: Equation) -> bool:
    """Tell whether a variable's own name means its last value: ``SAMPLE IF TRUE(x > m, x, x)``."""
    expression = equation.expression
    return isinstance(expression, Call) and expression.function == "SAMPLE IF TRUE"


def needed(equation: Equation, phase: Phase) -> Iterator[Reference]:
    """Yield the references whose value of the same moment a variable's value needs."""
    table = STEP_ARGUMENTS if phase == "step" else INITIAL_ARGUMENTS
    pending: list[Expression] = [equation.expression]
    while pending:
        part = pending.pop()
        if isinstance(part, Reference):
            yield part
        elif isinstance(part, Call):
            positions = table.get(part.function, range(len(part.arguments)))
            pending += [part.arguments[i] for i in positions if i < len(part.arguments)]


def components(graph: Graph[Node]) -> list[list[Node]]:
    """Find the sets of nodes that all reach each other, each in the order of the graph.

    Without recursion (Tarjan 1972): chains of a thousand auxiliaries exist.
    """
    number: dict[Node, int] = {}
    lowest: dict[Node, int] = {}
    stack: list[Node] = []
    on_stack: set[Node] = set()
    found: list[list[Node]] = []
    pending: list[tuple[Node, Iterator[Node]]] = []

    def enter(node: Node) -> None:
        number[node] = lowest[node] = len(number)
        stack.append(node)
        on_stack.add(node)
        pending.append((node, iter(graph.get(node, ()))))

    for start in graph:
        if start not in number:
            enter(start)
        while pending:
            node, rest = pending[-1]
            for used in rest:
                if used not in number:
                    enter(used)
                    break
                if used in on_stack:
                    lowest[node] = min(lowest[node], number[used])
            else:
                pending.pop()
                if pending:
                    above = pending[-1][0]
                    lowest[above] = min(lowest[above], lowest[node])
                if lowest[node] == number[node]:
                    own = [stack.pop()]
                    while own[-1] != node:
                        own.append(stack.pop())
                    on_stack.difference_update(own)
                    if len(own) > 1 or node in graph.get(node, ()):
                        found.append(own)
    order = {node: position for position, node in enumerate(graph)}
    found = [sorted(own, key=order.__getitem__) for own in found]
    return sorted(found, key=lambda own: order[own[0]])


def shortest_circle(component: list[Node], graph: Graph[Node]) -> list[Node]:
    """Find a shortest circle in a component, from its first node in the order of the component."""
    inside = set(component)
    best: list[Node] = []
    for start in component[:_MOST_STARTS]:
        circle = _circle_through(start, inside, graph, len(best))
        if circle and (not best or len(circle) < len(best)):
            best = circle
    first = min(range(len(best)), key=lambda i: component.index(best[i]))
    return [*best[first:], *best[:first]]


def _circle_through(start: Node, inside: set[Node], graph: Graph[Node], shorter: int) -> list[Node]:
    """Give a shortest circle through a node, if it is shorter than a number (0: any)."""
    came_from: dict[Node, Node] = {}
    pending = deque([(start, 1)])
    while pending:
        node, length = pending.popleft()
        if shorter and length >= shorter:
            return []
        for used in graph.get(node, ()):
            if used == start:
                circle = [node]
                while circle[-1] != start:
                    circle.append(came_from[circle[-1]])
                return circle[::-1]
            if used in inside and used not in came_from:
                came_from[used] = node
                pending.append((used, length + 1))
    return []
