"""The causal graph of a model: what each variable depends on, and the feedback loops.

Variables are nodes by name; the elements of a subscripted variable are one node, so that a chain
along a subscript counts as a loop of the variable with itself.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flatgov.model import Call, Expression, Model, Reference, Variable
from flatgov.names import canonical
from flatgov.reading.functions import STEP_ARGUMENTS

if TYPE_CHECKING:
    import networkx as nx

# How a value gets from a cause to an effect: within the moment, through a state (a stock, a delay,
# a smooth), or only as the value that a state starts from. A path is as slow as its slowest link;
# of several paths the fastest counts.
_DIRECT, _DELAYED, _INITIAL = range(3)

# The arguments that only set where a state starts, by position.
_STARTS: dict[str, tuple[int, ...]] = {
    "ACTIVE INITIAL": (1,),
    "DELAY BATCH": (3, 4),
    "DELAY FIXED": (2,),
    "DELAY INFORMATION": (2,),
    "DELAY MATERIAL": (2,),
    "DELAY N": (2, 3),
    "DELAY1I": (2,),
    "DELAY3I": (2,),
    "FORECAST": (3,),
    "INITIAL": (0,),
    "INTEG": (1,),
    "NPV": (2,),
    "SAMPLE IF TRUE": (2,),
    "SMOOTH N": (2, 3),
    "SMOOTH3I": (2,),
    "SMOOTHI": (2,),
    "TREND": (2,),
}

# The work that a search for loops may do: links followed, names written into paths. Some seconds.
_MOST_WORK = 6_000_000


@dataclass(frozen=True)
class Link:
    """One variable in the equations of another.

    Attributes:
        cause: The variable that is used; a lookup or data too.
        effect: The variable whose equations use it.
        initial: It only sets the value that the effect starts from.
        delayed: Every way from the cause into the effect leads through a state: the integral of a
            stock, a delay, a smooth. False where `initial` is true.
    """

    cause: str
    effect: str
    initial: bool = False
    delayed: bool = False


@dataclass(frozen=True)
class Loops:
    """Feedback loops.

    Attributes:
        loops: Each the names of its variables, every one a cause of the next and the last of the
            first; it starts at the one that stands first in the file. Shortest first, those of
            one length in the order of the file.
        complete: Whether these are all. Otherwise they are the shortest ones.
    """

    loops: tuple[tuple[str, ...], ...]
    complete: bool


def links(model: Model) -> tuple[Link, ...]:
    """Find what each variable of a model depends on.

    Arguments of macros count where the macro uses them. Time and the control variables are no
    causes.

    Returns:
        One link for each pair, in the order of the file by effect, then as the equations name the
        causes.
    """
    own = {canonical(name): name for name in model.variables}
    macros = _Macros(model)
    found = []
    for variable in model.variables.values():
        for cause, speed in _causes(variable, own, macros).items():
            found.append(Link(cause, variable.name, speed == _INITIAL, speed == _DELAYED))
    return tuple(found)


def feedback_loops(model: Model, most: int = 10_000) -> Loops:
    """Find the feedback loops of a model: its cycles of links that act during the run.

    A model of some hundred variables can have millions. If there are more than `most`, or the
    search takes too much work (it is counted, not timed, so that the result is always the same),
    the shortest are given.

    All of them are found by Johnson's algorithm (SIAM Journal on Computing 4(1), 1975), in a time
    proportional to their number and the size of the graph; the shortest of many by a best-first
    search over paths.

    Args:
        model: The model.
        most: The largest number of loops.
    """
    import networkx as nx

    names = list(model.variables)
    graph = _running(model)
    size = graph.number_of_nodes() + graph.number_of_edges()
    bound = min(most, 10 * _MOST_WORK // max(size, 1))  # In practice a tenth of it.
    cycles = list(itertools.islice(nx.simple_cycles(graph), bound + 1))
    complete = len(cycles) <= bound
    if complete:
        ordered = sorted((_from_first(cycle) for cycle in cycles), key=lambda c: (len(c), c))
    else:
        ordered = list(itertools.islice(_shortest_cycles(graph), most))
    return Loops(tuple(tuple(names[i] for i in cycle) for cycle in ordered), complete)


def cycle_partitions(model: Model) -> tuple[tuple[str, ...], ...]:
    """Find the largest sets of variables in which each acts on each other during the run.

    Every feedback loop lies within one of them: they are the strongly connected components of the
    graph that have a loop ("cycle partitions" in Oliva, System Dynamics Review 20(4), 2004).

    Returns:
        The names in each, in the order of the file; the largest first.
    """
    names = list(model.variables)
    parts = [sorted(part) for part in _partitions(_running(model))]
    parts.sort(key=lambda part: (-len(part), part))
    return tuple(tuple(names[i] for i in part) for part in parts)


def _running(model: Model) -> nx.DiGraph[int]:
    """Give the links that act during the run, between positions in the file.

    Numbers, as sets of names have another order in each process.
    """
    import networkx as nx

    position = {name: i for i, name in enumerate(model.variables)}
    graph: nx.DiGraph[int] = nx.DiGraph()
    graph.add_nodes_from(position.values())
    graph.add_edges_from(
        (position[link.cause], position[link.effect]) for link in links(model) if not link.initial
    )
    return graph


def _partitions(graph: nx.DiGraph[int]) -> Iterator[set[int]]:
    import networkx as nx

    for part in nx.strongly_connected_components(graph):
        one = next(iter(part))
        if len(part) > 1 or graph.has_edge(one, one):
            yield part


def _from_first(cycle: Sequence[int]) -> tuple[int, ...]:
    start = cycle.index(min(cycle))
    return (*cycle[start:], *cycle[:start])


def _shortest_cycles(graph: nx.DiGraph[int]) -> Iterator[tuple[int, ...]]:
    """Yield cycles, shortest first, until the work is used up.

    A best-first search: of all paths from a node to others behind it in the file, that is
    lengthened which can close soonest; the way back, not minding the path, is a lower bound.
    """
    work = 0  # Each name in a path counts, so that memory is bounded too.
    back: dict[int, dict[int, int]] = {}
    queue: list[tuple[int, tuple[int, ...]]] = []
    for part in sorted(map(sorted, _partitions(graph))):
        causes = {node: [c for c in graph.predecessors(node) if c in set(part)] for node in part}
        for root in part:
            back[root] = _steps_back(root, causes)
            work += sum(len(causes[node]) for node in back[root])
            if work > _MOST_WORK:
                return
            if graph.has_edge(root, root):
                queue.append((1, (root, root)))
            queue.append((2, (root,)))
    effects = {node: sorted(graph.successors(node)) for node in graph}
    heapq.heapify(queue)
    while queue and work <= _MOST_WORK:
        _, path = heapq.heappop(queue)
        root = path[0]
        if len(path) > 1 and path[-1] == root:
            yield path[:-1]
            continue
        steps = back[root]
        for node in effects[path[-1]]:
            work += 1 + len(path)
            if node == root and len(path) > 1:
                heapq.heappush(queue, (len(path), (*path, root)))
            elif node in steps and node not in path:
                heapq.heappush(queue, (len(path) + steps[node], (*path, node)))


def _steps_back(root: int, causes: Mapping[int, Sequence[int]]) -> dict[int, int]:
    """Count the links from each node behind `root` back to it, without going before it."""
    steps = {root: 0}
    edge = [root]
    while edge:
        following = []
        for node in edge:
            for cause in causes[node]:
                if cause > root and cause not in steps:
                    steps[cause] = steps[node] + 1
                    following.append(cause)
        edge = following
    return steps


class _Macros:
    """How the result of each macro depends on its arguments, found when first asked for."""

    def __init__(self, model: Model) -> None:
        self._macros = model.macros
        self._speeds: dict[str, dict[int, int]] = {}

    def speeds(self, name: str) -> dict[int, int] | None:
        """Give the speed of each argument that is used; None for what is no macro."""
        macro = self._macros.get(name)
        if macro is None:
            return None
        if name not in self._speeds:
            # A macro that calls itself uses all that it is given.
            self._speeds[name] = dict.fromkeys(range(len(macro.inputs)), _DIRECT)
            inputs = {canonical(one): canonical(one) for one in macro.inputs}
            own = inputs | {canonical(one): canonical(one) for one in macro.variables}
            causes = {
                canonical(one): _causes(variable, own, self)
                for one, variable in macro.variables.items()
            }
            reached = _slowness(canonical(macro.outputs[0]), causes)
            self._speeds[name] = {i: reached[one] for i, one in enumerate(inputs) if one in reached}
        return self._speeds[name]


def _slowness(result: str, causes: Mapping[str, Mapping[str, int]]) -> dict[str, int]:
    """Give the fastest way from each variable to a result, where there is any."""
    reached: dict[str, int] = {}
    queue = [(_DIRECT, result)]
    while queue:
        speed, name = heapq.heappop(queue)
        if name in reached:
            continue
        reached[name] = speed
        for cause, own in causes.get(name, {}).items():
            heapq.heappush(queue, (max(speed, own), cause))
    return reached


def _causes(variable: Variable, own: Mapping[str, str], macros: _Macros) -> dict[str, int]:
    found: dict[str, int] = {}
    for equation in variable.equations:
        for name, speed in _uses(equation.expression, macros):
            cause = own.get(canonical(name))
            if cause is not None:
                found[cause] = min(speed, found.get(cause, _INITIAL))
    return found


def _uses(expression: Expression, macros: _Macros) -> Iterator[tuple[str, int]]:
    """Yield each name in an expression with its speed, without recursion."""
    pending = [(expression, _DIRECT)]
    while pending:
        part, speed = pending.pop()
        if isinstance(part, Reference):
            yield part.name, speed
        elif isinstance(part, Call):
            speeds = _argument_speeds(part, macros)
            pending += [
                (argument, max(speed, own))
                for argument, own in reversed(list(zip(part.arguments, speeds, strict=True)))
                if own is not None
            ]


def _argument_speeds(call: Call, macros: _Macros) -> Iterable[int | None]:
    """Give the speed of each argument of a call, None for one that does not matter."""
    positions = range(len(call.arguments))
    if (used := macros.speeds(call.function)) is not None:
        return [used.get(i) for i in positions]
    starts = _STARTS.get(call.function, ())
    direct = STEP_ARGUMENTS.get(call.function, positions)
    return [_INITIAL if i in starts else _DIRECT if i in direct else _DELAYED for i in positions]
