"""Functions that remember: stocks, delays, smooths, trends, samples.

Each is turned into the levels and rates that Vensim's reference manual gives as its equivalent
("DELAY3", "SMOOTH3", "TREND", …). In the initial phase a function is what it would be in step 0.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Literal

from flatgov.kernel.lower.scope import Scope
from flatgov.kernel.program import State
from flatgov.model import Call, Expression, Number

Rule = Callable[[Scope, Call], int]
Kind = Literal["integral", "held"]

# The initial values of levels, and their rates (or next values) from their own values.
Starts = Callable[[Scope], Sequence[int]]
Chain = Callable[[Scope, Sequence[int]], Sequence[int]]


def levels_of(
    scope: Scope,
    call: Call,
    starts: Starts,
    change: Chain,
    count: int,
    kind: Kind = "integral",
) -> list[int]:
    """Give the values of levels that a call remembers.

    Args:
        scope: Where the call stands, in either phase.
        call: The call.
        starts: Gives the initial values, in the initial phase.
        change: Gives the rates (of held levels the next values) from the levels' values, in the
            step phase.
        count: The number of levels.
        kind: Of the states.
    """
    if scope.phase == "initial":
        return list(starts(scope))
    return [
        scope.builder.op("state", extra=index)
        for index in _states(scope, call, starts, change, count, kind)
    ]


def _states(
    scope: Scope, call: Call, starts: Starts, change: Chain, count: int, kind: Kind
) -> list[int]:
    lowering = scope.lowering
    name = scope.place.instance.variables[scope.place.variable].name

    def make() -> list[int]:
        numbers: list[int] = []

        def both() -> tuple[Sequence[int], Sequence[int]]:
            values = [lowering.builder.op("state", extra=number) for number in numbers]
            return starts(scope.initial), change(scope.step, values)

        def define(level: int) -> State:
            first, then = lowering.once((numbers[0], "levels"), both)  # for a thousand levels too
            return State(kind, first[level], then[level], name=name)

        for level in range(count):
            numbers.append(lowering.new_state(partial(define, level)))
        return numbers

    return lowering.once(scope.key(call, count), make)


def _levels(
    scope: Scope,
    call: Call,
    count: int,
    start: Callable[[Scope], int],
    change: Chain,
    kind: Kind = "integral",
) -> list[int]:
    """Give the values of levels that all start alike."""
    return levels_of(scope, call, lambda where: [start(where)] * count, change, count, kind)


def _integ(scope: Scope, call: Call) -> int:
    flow, first = call.arguments

    def start(initial: Scope) -> int:
        value = initial.lower(first)
        place = scope.place
        if place.instance.name or scope.equation.expression is not call:
            return value
        stock = scope.lowering.stock(place.instance.variables[place.variable].name, place.element)
        return scope.builder.op("changed initial", value, extra=stock)

    return _levels(scope, call, 1, start, lambda step, levels: [step.lower(flow)])[0]


def _smooth(order: int, with_initial: bool) -> Rule:
    """SMOOTH, SMOOTH3: levels that each follow the one before."""

    def rule(scope: Scope, call: Call) -> int:
        stream, time = call.arguments[:2]
        first = call.arguments[2] if with_initial else stream

        def rates(step: Scope, levels: Sequence[int]) -> list[int]:
            b = step.builder
            each = b.div(step.lower(time), step.number(float(order)))
            followed = [step.lower(stream), *levels[:-1]]
            return [b.div(b.sub(x, y), each) for x, y in zip(followed, levels, strict=True)]

        return _levels(scope, call, order, lambda initial: initial.lower(first), rates)[-1]

    return rule


def _smooth_n(scope: Scope, call: Call) -> int:
    """SMOOTH N: as SMOOTH3, but constant within a step of RK4, and of a possible order.

    Source: vensim.com/documentation/fn_smooth_n.html.
    """
    stream, time, first, _ = call.arguments
    count = _order(scope, call)
    order = _possible_order(scope, time, count)

    def levels_next(step: Scope, levels: Sequence[int]) -> list[int]:
        b = step.builder
        dt, each = step.number(step.lowering.time.step), b.div(step.lower(time), order)
        followed = [step.lower(stream), *levels[:-1]]
        return [
            b.add(y, b.mul(dt, b.div(b.sub(x, y), each)))
            for x, y in zip(followed, levels, strict=True)
        ]

    levels = _levels(scope, call, count, lambda one: one.lower(first), levels_next, "held")
    return _last(scope, levels, order)


def _last(scope: Scope, levels: Sequence[int], order: int) -> int:
    """Give the level that a possible order makes the last."""
    b = scope.builder
    last = levels[0]
    for number, level in enumerate(levels[1:], 2):
        last = b.select(b.op("ge", order, scope.number(float(number))), level, last)
    return last


def _delay(order: int, with_initial: bool) -> Rule:
    """DELAY1, DELAY3: material through levels; the outflow of the last is the delayed input."""

    def rule(scope: Scope, call: Call) -> int:
        stream, time = call.arguments[:2]
        first = call.arguments[2] if with_initial else stream
        b = scope.builder

        def each(where: Scope) -> int:
            return b.div(where.lower(time), where.number(float(order)))

        def rates(step: Scope, levels: Sequence[int]) -> list[int]:
            outflows = [b.div(level, each(step)) for level in levels]
            inflows = [step.lower(stream), *outflows[:-1]]
            return [b.sub(x, y) for x, y in zip(inflows, outflows, strict=True)]

        def start(initial: Scope) -> int:
            return b.mul(initial.lower(first), each(initial))

        return b.div(_levels(scope, call, order, start, rates)[-1], each(scope))

    return rule


def _delay_n(scope: Scope, call: Call) -> int:
    """DELAY N: as DELAY3, but the output uses the delay time of the step before.

    What flows from level to level uses the delay time of now. The output is constant within a
    step, and leaves the last level as it is, so that nothing is lost when the delay time changes
    (vensim.com/documentation/fn_delay_n.html; reference output of the test model `delays`). The
    order is no more than the number of steps in the delay time at the start.
    """
    stream, time, first, _ = call.arguments
    count = _order(scope, call)
    b = scope.builder
    if scope.phase == "initial":
        moment = scope.lower(time)
        return b.div(b.mul(scope.lower(first), moment), moment)
    order = _possible_order(scope, time, count)

    def start(initial: Scope) -> Sequence[int]:
        moment = initial.lower(time)
        return [moment, *[b.mul(initial.lower(first), moment)] * count]

    def change(step: Scope, states: Sequence[int]) -> list[int]:
        before, *levels = states
        dt, now = step.number(step.lowering.time.step), step.lower(time)
        outflows = []
        for number, level in enumerate(levels, 1):
            is_last = b.op("eq", order, step.number(float(number)))
            outflows.append(b.div(level, b.select(is_last, before, now)))
        inflows = [step.lower(stream), *outflows[:-1]]
        return [now] + [
            b.add(level, b.mul(dt, b.mul(b.sub(x, y), order)))
            for level, x, y in zip(levels, inflows, outflows, strict=True)
        ]

    before, *levels = levels_of(scope, call, start, change, count + 1, "held")
    return b.div(_last(scope, levels, order), before)


def _possible_order(scope: Scope, time: Expression, order: int) -> int:
    b = scope.builder
    steps = b.div(scope.initial.lower(time), scope.number(scope.lowering.time.step))
    whole = b.op("floor", b.add(steps, scope.number(1e-6)))
    return b.op("max", scope.number(1.0), b.op("min", scope.number(float(order)), whole))


def _order(scope: Scope, call: Call) -> int:
    """Read the order of DELAY N and SMOOTH N, which no member can change."""
    order = scope.constant(call.arguments[3], f"the order of {call.function}")
    if order < 1 or order != int(order) or order > 1000:
        raise scope.error(
            f"the order of {call.function} is {order:g}", fix="give a whole number from 1 to 1000"
        )
    return int(order)


def delay_fixed(scope: Scope, call: Call) -> int:
    """DELAY FIXED: the input of so many steps ago, at least one; the initial value before."""
    stream, time, first = call.arguments[:3]
    if scope.phase == "initial":
        return scope.lower(first)
    b, lowering = scope.builder, scope.lowering
    name = scope.place.instance.variables[scope.place.variable].name

    def define() -> State:
        initial = scope.initial
        dt = scope.number(lowering.time.step)
        # Half a step is rounded up; the small number is for delays such as 0.3 of steps of 0.1.
        steps = b.add(b.div(initial.lower(time), dt), scope.number(0.5 + 1e-6))
        length = b.op("max", scope.number(1.0), b.op("floor", steps))
        return State("delay", initial.lower(first), scope.step.lower(stream), length, name)

    index = lowering.once(scope.key(call), lambda: lowering.new_state(define))
    return b.op("state", extra=index)


def _trend(scope: Scope, call: Call) -> int:
    """TREND: ZIDZ(input - average, average time * ABS(average))."""
    from flatgov.kernel.lower.functions import divide_or

    stream, time, trend = call.arguments
    average = _average(scope, call, trend)
    b = scope.builder
    now = scope.lower(stream)
    scale = b.mul(scope.lower(time), b.op("abs", average))
    return divide_or(scope, b.sub(now, average), scale, scope.number(0.0))


def _forecast(scope: Scope, call: Call) -> int:
    """FORECAST: input * (1 + trend * horizon), with ZIDZ(input - average, time * average)."""
    from flatgov.kernel.lower.functions import divide_or

    stream, time, horizon, *trend = call.arguments
    average = _average(scope, call, trend[0] if trend else Number(0.0))
    b = scope.builder
    now = scope.lower(stream)
    scale = b.mul(scope.lower(time), average)
    rate = divide_or(scope, b.sub(now, average), scale, scope.number(0.0))
    return b.mul(now, b.add(scope.number(1.0), b.mul(rate, scope.lower(horizon))))


def _average(scope: Scope, call: Call, trend: Expression) -> int:
    """Give the smoothed input, which starts at input / (1 + trend * average time)."""
    stream, time = call.arguments[:2]
    b = scope.builder

    def start(initial: Scope) -> int:
        growth = b.mul(initial.lower(trend), initial.lower(time))
        return b.div(initial.lower(stream), b.add(initial.number(1.0), growth))

    def rates(step: Scope, levels: Sequence[int]) -> list[int]:
        return [b.div(b.sub(step.lower(stream), levels[0]), step.lower(time))]

    return _levels(scope, call, 1, start, rates)[0]


def _sample_if_true(scope: Scope, call: Call) -> int:
    """SAMPLE IF TRUE: the input while the condition holds, else what it was when it last did.

    The variable's own name in the condition or the input means its last value, so that
    ``highest = SAMPLE IF TRUE(x > highest, x, x)`` is no circle.
    """
    condition, stream, first = call.arguments
    b = scope.builder

    def value(where: Scope, held: int) -> int:
        with where.lowering.standing_for(where.place, held):
            return b.select(where.lower(condition), where.lower(stream), held)

    held = _levels(
        scope,
        call,
        1,
        lambda initial: initial.lower(first),
        lambda step, levels: [value(step, levels[0])],
        "held",
    )[0]
    return value(scope, held)


FUNCTIONS: dict[str, Rule] = {
    "INTEG": _integ,
    "SMOOTH": _smooth(1, False),
    "SMOOTHI": _smooth(1, True),
    "SMOOTH3": _smooth(3, False),
    "SMOOTH3I": _smooth(3, True),
    "SMOOTH N": _smooth_n,
    "DELAY1": _delay(1, False),
    "DELAY1I": _delay(1, True),
    "DELAY3": _delay(3, False),
    "DELAY3I": _delay(3, True),
    "DELAY N": _delay_n,
    "DELAY FIXED": delay_fixed,
    "TREND": _trend,
    "FORECAST": _forecast,
    "SAMPLE IF TRUE": _sample_if_true,
}
