"""Writes a schedule as the text of an LLVM module.

Each list of operations becomes one or more functions of bounded size over one vector of
members, so that compile time and memory grow in proportion to the program. What one function
computes and another uses is kept in a frame in memory; all else stays in registers.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from flatgov.kernel import emit_dated, emit_lookup, emit_loops, emit_output
from flatgov.kernel.emit_operations import Code, Context, Layout, never_nan, uniform
from flatgov.kernel.schedule import ELEMENTARY, Schedule

Integrator = Literal["euler", "rk4"]

# Operations in a function: with many more the compiler needs more than proportional time, since
# it looks at all pairs of accesses to memory.
PIECE = 150

# Calls of our own short functions up to which these are put in their place, where they share the
# machine with what stands around them: World3, with one power, is faster by a sixth.
_MOST_INLINED = 12

# In place of the operation whose value a state or output takes.
_NOT_HERE, _AT_THE_END = -1, -2


@dataclass(frozen=True)
class Module:
    """The text of a module, and what its caller must know.

    Attributes:
        text: LLVM IR with the function ``run``; `flatgov.kernel.emit_loops` tells its form.
        layout: Where things are kept.
        delays: The lengths in steps of the delays' memories, None where members differ.
    """

    text: str
    layout: Layout
    delays: tuple[int | None, ...]


def emit(
    plan: Schedule, *, integrator: Integrator, lanes: int, permutes: bool, piece: int = PIECE
) -> Module:
    """Write a module.

    Args:
        plan: What to compute, and when.
        integrator: The integration method.
        lanes: Members in a vector.
        permutes: Whether the machine has AVX-512's permutations and vectors are of 8.
        piece: The most operations in a function.

    Returns:
        The module.
    """
    lists = _lists(plan, integrator)
    pieces = {
        name: [numbers[at : at + piece] for at in range(0, len(numbers), piece)]
        for name, numbers in lists.items()
    }
    layout = _layout(plan, pieces, lanes)
    operations = plan.operations
    context = Context(
        operations,
        never_nan(operations),
        uniform(operations),
        layout,
        lanes,
        permutes,
        inlined=_inlined(plan, lists),
    )
    functions: list[str] = []
    calls: dict[str, list[str]] = {name: [] for name in lists}

    def function(kind: str, code: Code) -> None:
        name = f"@{kind}_{len(calls[kind])}"
        calls[kind].append(name)
        functions.append(emit_loops.piece_function(name, code.lines))

    writer = _Writer(plan, layout, integrator)
    for kind, groups in pieces.items():
        tasks = writer.tasks(kind)
        for numbers in groups:
            code = Code(context)
            for number in numbers:
                code.compute(number)
                if number in layout.slots:
                    code.store(code.value(number), "%frame", layout.slots[number])
                for task in tasks.pop(number, ()):
                    writer.perform(code, kind, task)
            function(kind, code)
        # What is not computed in these pieces: inputs, numbers, values of other lists.
        rest = [task for group in tasks.values() for task in group]
        for at in range(0, len(rest), piece):
            code = Code(context)
            for task in rest[at : at + piece]:
                writer.perform(code, kind, task)
            function(kind, code)
    delays = [n for n, state in enumerate(plan.states) if state.kind == "delay"]
    calls["delays"] = []
    for at in range(0, len(delays), piece):
        code = Code(context)
        for number in delays[at : at + piece]:
            _move_delay(code, plan, number, number - delays[0], layout.delays[number])
        function("delays", code)

    stores = emit_output.store_calls(plan, layout, lanes)
    text = "\n".join(
        [
            _definitions(plan, lanes),
            *[f"{name} = {content}" for content, name in context.tables.items()],
            *([emit_lookup.search_functions()] if context.tables else []),
            *functions,
            emit_output.tables(plan, layout, lanes),
            emit_output.store_function(lanes),
            emit_dated.dated_function(plan, layout, lanes),
            emit_loops.copy_function(lanes),
            emit_loops.run_function(plan, layout, calls, stores, integrator, lanes),
        ]
    )
    return Module(text, layout, tuple(_constant_length(plan, number) for number in delays))


def _lists(plan: Schedule, integrator: Integrator) -> dict[str, Sequence[int]]:
    if integrator == "rk4":
        return {
            "before": plan.before,
            "initial": plan.initial,
            "steady": plan.steady,
            "stage": plan.stage,
            "held": plan.held,
            "save": plan.save,
        }
    # One stage a step: what is computed in the same moment can share registers.
    stage = sorted({*plan.steady, *plan.stage, *plan.held})
    return {"before": plan.before, "initial": plan.initial, "stage": stage, "save": plan.save}


def _inlined(plan: Schedule, lists: dict[str, Sequence[int]]) -> frozenset[str]:
    short = frozenset({"exp", "ln", "pow"})
    calls = [n for numbers in lists.values() for n in numbers if plan.operations[n].code in short]
    return short if len(calls) <= _MOST_INLINED else frozenset()


def _definitions(plan: Schedule, lanes: int) -> str:
    codes = {op.code for op in plan.operations} & (ELEMENTARY | {"random"})
    if not codes:
        return ""
    from flatgov.kernel import vector_math

    return vector_math.definitions(sorted(codes), lanes)


@dataclass(frozen=True)
class _Writer:
    """What becomes of computed values, besides being used: states and outputs."""

    plan: Schedule
    layout: Layout
    integrator: Integrator

    def tasks(self, kind: str) -> dict[int, list[int]]:
        """Give, for each operation, the states or outputs that take its value in a list."""
        tasks: dict[int, list[int]] = {}
        for place, number in enumerate(self._takers(kind)):
            if number != _NOT_HERE:
                tasks.setdefault(number, []).append(place)
        return tasks

    def _takers(self, kind: str) -> Iterable[int]:
        states = self.plan.states
        if kind == "initial":
            return [_AT_THE_END if state.kind == "delay" else state.initial for state in states]
        if kind in ("before", "save"):
            # Outputs that no list computes: numbers stay, times do not.
            codes = {"number"} if kind == "before" else {"time", "held time", "step"}
            return [
                n if self.plan.operations[n].code in codes else _NOT_HERE for n in self.plan.outputs
            ]
        held = "held" if self.integrator == "rk4" else "stage"
        return [
            state.value
            if (state.kind == "integral" and kind == "stage")
            or (state.kind == "held" and kind == held)
            else _NOT_HERE
            for state in states
        ]

    def perform(self, code: Code, kind: str, place: int) -> None:
        """Write a state or an output."""
        width = 8 * code.lanes
        if kind in ("before", "save"):
            number = self.plan.outputs[place]
            code.store(code.value(number), "%frame", self.layout.slots[number])
            return
        state = self.plan.states[place]
        if kind == "initial":
            value = code.value(state.initial)
            if state.kind == "delay":
                length = code.value(state.length)
                value = code.choose(code.compare("uno", length, length), length, value)
                kept = self.layout.delays[place]
                code.store(value, "%frame", kept)
                code.store(length, "%frame", kept + width)
            code.store(value, "%now", place * width)
            return
        value = code.value(state.value)
        if state.kind == "integral" and self.integrator == "euler":
            step = code.constant(self.plan.time_step)
            change = code.add(f"fmul {code.vector} {value}, {step}")
            before = code.load("%now", place * width)
            value = code.add(f"fadd {code.vector} {before}, {change}")
        code.store(value, "%next", place * width)


def _layout(plan: Schedule, pieces: dict[str, list[Sequence[int]]], lanes: int) -> Layout:
    width = 8 * lanes
    size = 0

    def take(count: int = 1) -> int:
        nonlocal size
        size += count * width
        return size - count * width

    given = [take() for _ in range(plan.varying)]
    initial = [take(2) for _ in range(plan.changed_stocks)]
    streams = take()
    dated = {position: take() for position in plan.dated}
    delays = {n: take(2) for n, state in enumerate(plan.states) if state.kind == "delay"}
    slots: dict[int, int] = {}
    for number, (code, _, extra) in enumerate(plan.operations):
        if code == "parameter":
            slots[number] = dated[extra]
        elif code == "first parameter" and extra not in dated:
            slots[number] = given[extra]
    elsewhere = {"number", "state", "time", "held time", "step"}
    crossing = {
        number
        for number in _crossing(plan, pieces)
        if plan.operations[number].code not in elsewhere
    }
    # What is saved is copied from the frame, but states from where they are.
    shown = {number for number in plan.outputs if plan.operations[number].code != "state"}
    for number in sorted(crossing | shown):
        if number not in slots:
            slots[number] = take()
    return Layout(slots, given, dated, initial, streams, delays, size)


def _crossing(plan: Schedule, pieces: dict[str, list[Sequence[int]]]) -> set[int]:
    """Find what is used in another function than the one that computes it."""
    found: set[int] = set()
    rates = "stage"
    for groups in pieces.values():
        for group in groups:
            here = set(group)
            for number in group:
                found.update([n for n in plan.operations[number].arguments if n not in here])
    home = {
        name: {number for group in groups for number in group} for name, groups in pieces.items()
    }
    for state in plan.states:
        if state.initial not in home["initial"]:
            found.add(state.initial)
        place = rates if state.kind == "integral" else "held"
        if state.value not in home.get(place, home[rates]):
            found.add(state.value)
        if state.kind == "delay":
            found.update((state.initial, state.value, state.length))
    return found


def _constant_length(plan: Schedule, number: int) -> int | None:
    code, _, extra = plan.operations[plan.states[number].length]
    if code != "number" or not 1 <= extra < 2**53:
        return None
    return int(extra)


def _move_delay(code: Code, plan: Schedule, number: int, place: int, kept: int) -> None:
    """Put a delay's value into its memory and take out the one for the next step.

    ``%memories`` points to the memories' places. A memory of a known length is a ring; one whose
    length differs from member to member holds all steps.
    """
    state = plan.states[number]
    width = 8 * code.lanes
    pointer = code.add(f"getelementptr i8, ptr %memories, i64 {8 * place}")
    memory = code.add(f"load ptr, ptr {pointer}, align 8")
    value, initial = code.value(state.value), code.load("%frame", kept)
    after = code.add("add i64 %step, 1")
    length = _constant_length(plan, number)
    if length is None:
        at = code.add(f"mul i64 %step, {width}")
        code.store(value, memory, at)
        code.store(
            _of_each(code, memory, after, code.value(state.length), initial),
            "%next",
            number * width,
        )
        return
    for target, index in (("write", "%step"), ("read", after)):
        ring = code.add(f"urem i64 {index}, {length}")
        at = code.add(f"mul i64 {ring}, {width}")
        if target == "write":
            code.store(value, memory, at)
    old = code.load(memory, at)
    due = code.add(f"icmp uge i64 {after}, {length}")
    taken = code.add(f"select i1 {due}, {code.vector} {old}, {code.vector} {initial}")
    code.store(taken, "%next", number * width)


def _of_each(code: Code, memory: str, after: str, length: str, initial: str) -> str:
    """Read, for each member, the value of as many steps ago as its delay is long."""
    whole = f"<{code.lanes} x i64>"
    steps = code.splat(code.add(f"sitofp i64 {after} to double"))
    ago = code.add(f"fsub {code.vector} {steps}, {length}")
    due = code.compare("oge", ago, "zeroinitializer")
    safe = code.choose(due, ago, "zeroinitializer")
    newest = code.splat(code.add("sitofp i64 %step to double"))
    safe = code.choose(code.compare("olt", safe, newest), safe, newest)
    index = code.add(f"fptosi {code.vector} {safe} to {whole}")
    result = "poison"
    for lane in range(code.lanes):
        step = code.add(f"extractelement {whole} {index}, i64 {lane}")
        at = code.add(f"mul i64 {step}, {8 * code.lanes}")
        at = code.add(f"add i64 {at}, {8 * lane}")
        pointer = code.add(f"getelementptr i8, ptr {memory}, i64 {at}")
        number = code.add(f"load double, ptr {pointer}, align 8")
        result = code.add(f"insertelement {code.vector} {result}, double {number}, i64 {lane}")
    chosen = code.choose(due, result, initial)
    unknown = code.compare("uno", length, length)
    return code.choose(unknown, length, chosen)
