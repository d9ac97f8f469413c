"""Batches, other discrete delays, present values.

vensim.com/documentation/fn_delay_batch.html, fn_delay_material.html, fn_delay_information.html,
fn_npv.html, fn_npve.html
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from flatgov.kernel.lower.pulses import middle
from flatgov.kernel.lower.scope import Scope
from flatgov.kernel.lower.stateful import delay_fixed, levels_of
from flatgov.model import Call

Rule = Callable[[Scope, Call], int]


def _delay_batch(scope: Scope, call: Call) -> int:
    """DELAY BATCH(input, size, time, first batch, first time, backlog).

    The input gathers in the backlog. As soon as nothing is in process and the backlog has at least
    one size, that much begins to be processed; the processing time of that step counts. Where the
    batch is ready it comes out within one step, as size/TIME STEP so that nothing is lost; in all
    other steps the output is 0. The first batch is in process from the start and comes out as it is
    given, at the first time or at the start if that is earlier. In the step in which one batch is
    ready another may begin. A batch is ready in the step that is nearest to its time.
    """
    stream, size, time, batch, ready, backlog = call.arguments
    b = scope.builder
    none = scope.number(math.inf)
    dt = scope.number(scope.lowering.time.step)

    def starts(initial: Scope) -> list[int]:
        first = initial.lower(batch)
        busy = b.op("ne", first, initial.number(0.0))
        return [initial.lower(backlog), first, b.select(busy, initial.lower(ready), none)]

    def is_ready(where: Scope, due: int) -> int:
        return b.op("gt", middle(where), due)

    def change(step: Scope, levels: Sequence[int]) -> list[int]:
        waiting, output, due = levels
        amount = step.lower(size)
        zero = step.number(0.0)
        done = is_ready(step, due)
        free = b.op("or", done, b.op("eq", due, none))
        begins = b.op("and", free, b.op("ge", waiting, amount))
        left = b.sub(waiting, b.select(begins, amount, zero))
        return [
            b.add(left, b.mul(step.lower(stream), dt)),
            b.select(begins, b.div(amount, dt), b.select(done, zero, output)),
            b.select(begins, b.add(step.held_time(), step.lower(time)), b.select(done, none, due)),
        ]

    _, output, due = levels_of(scope, call, starts, change, 3, "held")
    return b.select(is_ready(scope, due), output, scope.number(0.0))


def _delay_of_fixed_time(scope: Scope, call: Call) -> int:
    """DELAY MATERIAL and DELAY INFORMATION with a delay time that does not change: DELAY FIXED."""
    scope.steady(call.arguments[1], f"the delay time of {call.function}")
    return delay_fixed(scope, call)


def _present_value(*, at_end: bool) -> Rule:
    """NPV and NPVE(stream, discount rate, initial value, factor).

    (sum + stream * TIME STEP * df) * factor, where the sum grows by stream * df and the discount
    df shrinks by df * rate / (1 + rate * TIME STEP); df starts at 1, of NPVE one step later.
    """

    def rule(scope: Scope, call: Call) -> int:
        stream, rate, first, factor = call.arguments
        b = scope.builder
        dt = scope.number(scope.lowering.time.step)
        one = scope.number(1.0)

        def growth(where: Scope) -> int:
            return b.add(one, b.mul(where.lower(rate), dt))

        def starts(initial: Scope) -> list[int]:
            return [initial.lower(first), b.div(one, growth(initial)) if at_end else one]

        def change(step: Scope, levels: Sequence[int]) -> list[int]:
            discount = levels[1]
            shrinking = b.div(b.mul(b.op("neg", discount), step.lower(rate)), growth(step))
            return [b.mul(step.lower(stream), discount), shrinking]

        total, discount = levels_of(scope, call, starts, change, 2)
        now = b.mul(b.mul(scope.lower(stream), dt), discount)
        return b.mul(b.add(total, now), scope.lower(factor))

    return rule


FUNCTIONS: dict[str, Rule] = {
    "DELAY BATCH": _delay_batch,
    "DELAY MATERIAL": _delay_of_fixed_time,
    "DELAY INFORMATION": _delay_of_fixed_time,
    "NPV": _present_value(at_end=False),
    "NPVE": _present_value(at_end=True),
}
