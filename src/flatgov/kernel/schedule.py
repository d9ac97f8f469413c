"""Decides when each operation of a program is computed: once, in every step, or for saving only.

A kernel is made for one set of parameters that members give; all others are folded in as the
model's own numbers, so what depends on them alone costs nothing in the time loop.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from flatgov.kernel.builder import Builder
from flatgov.kernel.program import BINARY, UNARY, Operation, Program, State

# An operation is computed anew whenever something of its level changes.
NUMBER, MEMBER, STEP, STAGE = range(4)
_OWN_LEVEL = {
    "number": NUMBER,
    "first parameter": MEMBER,
    "held time": STEP,
    "step": STEP,
    "random": STEP,
    "time": STAGE,
    "parameter": STAGE,
}
_EXACT = frozenset(
    {"add", "sub", "mul", "div", "min", "max", "neg", "abs", "sqrt", "floor", "trunc"}
    | {"lt", "le", "gt", "ge", "eq", "ne", "and", "or", "not"}
)
# Their bits are those of our own code for vectors.
ELEMENTARY = (UNARY | BINARY) - _EXACT
# Read from where they are kept, so they stand in no list.
_LEAVES = frozenset({"number", "time", "held time", "step", "state", "parameter"})
_ORDER = {"integral": 0, "held": 1, "delay": 2}


@dataclass(frozen=True)
class Schedule:
    """A program cut into lists of operations, each in an order in which it can be computed.

    The arguments of an operation are numbers, members' inputs, states, the time, or stand
    earlier in its own list or in one of those named before it.

    Attributes:
        operations: Folded and renumbered. The `extra` of a ``first parameter`` and of a
            ``parameter`` is the position in what members give; a ``parameter`` has dated
            changes. That of a ``changed initial`` is the position among the changed stocks,
            that of a ``state`` the position in `states`.
        before: Once a member, at the start.
        initial: Once a member, after `before`, at the initial time: for `State.initial` and
            `State.length`. Its operations may stand in later lists too.
        steady: In every step; the same at all stages of RK4.
        stage: At every stage: for the rates of the integrals.
        held: In every step, where it begins: for the values of the other states.
        save: In the steps that are saved.
        states: Those in use; integrals first, then held values, then delays.
        outputs: The operations to save.
        varying: How many parameters members give.
        dated: The positions of those with dated changes among them.
        changed_stocks: How many stocks have changed initial values.
        initial_time: In the model's unit of time.
        time_step: In the model's unit of time.
    """

    operations: tuple[Operation, ...]
    before: tuple[int, ...]
    initial: tuple[int, ...]
    steady: tuple[int, ...]
    stage: tuple[int, ...]
    held: tuple[int, ...]
    save: tuple[int, ...]
    states: tuple[State, ...]
    outputs: tuple[int, ...]
    varying: int
    dated: tuple[int, ...]
    changed_stocks: int
    initial_time: float
    time_step: float


def schedule(
    program: Program,
    *,
    varying: Sequence[int] = (),
    dated: Collection[int] = (),
    changed_stocks: Sequence[int] = (),
    outputs: Sequence[int],
) -> Schedule:
    """Fold, prune and order a program for what members give and what is saved.

    Args:
        program: The program.
        varying: The indices of the parameters that members give, in the order of the inputs.
        dated: Those of them with dated changes.
        changed_stocks: The indices of the stocks whose initial values members change, in the
            order of the inputs.
        outputs: The operations to save, in order.

    Returns:
        The lists.
    """
    operations, states, roots = _specialise(program, varying, set(dated), changed_stocks, outputs)
    levels = _levels(operations, states)
    used = _state_numbers(operations, states, roots)
    order = sorted(used, key=lambda number: (_ORDER[states[number].kind], number))
    position = {number: place for place, number in enumerate(order)}
    live = tuple(states[number] for number in order)
    integrals = [state for state in live if state.kind == "integral"]
    others = [state for state in live if state.kind != "integral"]

    starts = [state.initial for state in live]
    starts += [state.length for state in live if state.kind == "delay"]
    reached = {
        "initial": _reach(operations, starts),
        "stage": _reach(operations, [state.value for state in integrals]),
        "held": _reach(operations, [state.value for state in others]),
        "save": _reach(operations, roots),
    }
    listed = [
        number
        for number in sorted(set().union(*reached.values()))
        if not _is_leaf(operations[number], varying, dated)
    ]
    before: list[int] = []
    steady: list[int] = []
    stage: list[int] = []
    held: list[int] = []
    save: list[int] = []
    for number in listed:
        if levels[number] <= MEMBER:
            before.append(number)
        elif number in reached["stage"]:
            (steady if levels[number] == STEP else stage).append(number)
        elif number in reached["held"]:
            held.append(number)
        elif number in reached["save"]:
            save.append(number)
    return Schedule(
        operations=tuple(
            op._replace(extra=position.get(op.extra, -1)) if op.code == "state" else op
            for op in operations
        ),
        before=tuple(before),
        initial=tuple(n for n in listed if n in reached["initial"] and levels[n] > MEMBER),
        steady=tuple(steady),
        stage=tuple(stage),
        held=tuple(held),
        save=tuple(save),
        states=live,
        outputs=tuple(roots),
        varying=len(varying),
        dated=tuple(place for place, number in enumerate(varying) if number in dated),
        changed_stocks=len(changed_stocks),
        initial_time=program.initial_time,
        time_step=program.time_step,
    )


def _specialise(
    program: Program,
    varying: Sequence[int],
    dated: Collection[int],
    changed_stocks: Sequence[int],
    outputs: Sequence[int],
) -> tuple[list[Operation], list[State], list[int]]:
    """Rebuild what is used, with the numbers that no member gives folded in."""
    given = {number: place for place, number in enumerate(varying)}
    changed = {number: place for place, number in enumerate(changed_stocks)}
    old, states = program.operations, program.states
    used = _state_numbers(old, states, outputs)
    roots = [*outputs]
    for number in used:
        roots += _uses(states[number])
    builder = Builder()
    new: dict[int, int] = {}
    for number in sorted(_reach(old, roots)):
        code, arguments, extra = old[number]
        arguments = tuple(new[argument] for argument in arguments)
        if code == "number":
            new[number] = builder.number(extra)
        elif code in ("parameter", "first parameter"):
            if extra in given:
                now = "parameter" if code == "parameter" and extra in dated else "first parameter"
                new[number] = builder.op(now, extra=given[extra])
            else:
                new[number] = builder.number(program.parameters[extra].base)
        elif code == "changed initial":
            new[number] = (
                builder.op(code, *arguments, extra=changed[extra])
                if extra in changed
                else arguments[0]
            )
        else:
            new[number] = builder.op(code, *arguments, extra=extra)
    renumbered = [
        replace(
            state,
            initial=new[state.initial],
            value=new[state.value],
            length=new[state.length] if state.kind == "delay" else -1,
        )
        if number in used
        else state
        for number, state in enumerate(states)
    ]
    return builder.operations, renumbered, [new[number] for number in outputs]


def _uses(state: State) -> list[int]:
    uses = [state.initial, state.value]
    return [*uses, state.length] if state.kind == "delay" else uses


def _state_numbers(
    operations: Sequence[Operation], states: Sequence[State], outputs: Iterable[int]
) -> set[int]:
    """Find the states that the outputs depend on, at once or through other states."""
    used: set[int] = set()
    seen: set[int] = set()
    waiting = list(outputs)
    while waiting:
        number = waiting.pop()
        if number in seen:
            continue
        seen.add(number)
        code, arguments, extra = operations[number]
        waiting += arguments
        if code == "state" and extra not in used:
            used.add(extra)
            waiting += _uses(states[extra])
    return used


def _reach(operations: Sequence[Operation], roots: Iterable[int]) -> set[int]:
    """Find what is needed within a moment: states are taken as they are."""
    seen: set[int] = set()
    waiting = list(roots)
    while waiting:
        number = waiting.pop()
        if number not in seen:
            seen.add(number)
            waiting += operations[number].arguments
    return seen


def _levels(operations: Sequence[Operation], states: Sequence[State]) -> list[int]:
    levels: list[int] = []
    for code, arguments, extra in operations:
        if code == "state":
            levels.append(STAGE if states[extra].kind == "integral" else STEP)
            continue
        level = _OWN_LEVEL.get(code, NUMBER)
        for argument in arguments:
            level = max(level, levels[argument])
        levels.append(level)
    return levels


def _is_leaf(operation: Operation, varying: Sequence[int], dated: Collection[int]) -> bool:
    if operation.code == "first parameter":
        return varying[operation.extra] not in dated
    return operation.code in _LEAVES
