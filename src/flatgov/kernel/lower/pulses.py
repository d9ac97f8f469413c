"""Steps, ramps and pulses.

All are held within a step, so that a step of RK4 never straddles one
(vensim.com/documentation/rungekutta.html).
"""

from __future__ import annotations

from collections.abc import Callable

from flatgov.kernel.lower.scope import Scope
from flatgov.model import Call

Rule = Callable[[Scope, Call], int]


def middle(scope: Scope) -> int:
    """Give the middle of the step, which Vensim compares with the dates of steps and pulses."""
    return scope.builder.add(scope.held_time(), scope.number(scope.lowering.time.step / 2))


def _step(scope: Scope, call: Call) -> int:
    height, start = scope.arguments(call)
    begun = scope.builder.op("gt", middle(scope), start)
    return scope.builder.select(begun, height, scope.number(0.0))


def _ramp(scope: Scope, call: Call) -> int:
    """RAMP(slope, start, end): slope * (MIN(Time, end) - start) after the start."""
    slope, start, *end = scope.arguments(call)
    b = scope.builder
    now = scope.held_time()
    until = b.op("min", end[0], now) if end else now
    rise = b.mul(slope, b.sub(until, start))
    return b.select(b.op("gt", now, start), rise, scope.number(0.0))


def pulse(scope: Scope, start: int, width: int) -> int:
    """PULSE: 1 while start < middle of the step < start + width; a width of 0 is one step."""
    b = scope.builder
    step = scope.number(scope.lowering.time.step)
    width = b.select(b.op("eq", width, scope.number(0.0)), step, width)
    inside = b.op("lt", middle(scope), b.add(start, width))
    return b.op("and", b.op("gt", middle(scope), start), inside)


def _pulse(scope: Scope, call: Call) -> int:
    return pulse(scope, *scope.arguments(call))


def _pulse_train(scope: Scope, call: Call) -> int:
    """PULSE TRAIN(start, width, interval, end): pulses from start on, the last at the end.

    Each lasts at least one step (vensim.com/documentation/fn_pulse_train.html). At Time = end
    there still is a pulse, as Vensim's output for the test model Query_file shows.
    """
    start, width, interval, end = scope.arguments(call)
    b = scope.builder
    since = b.sub(middle(scope), start)
    begun = b.mul(interval, b.op("floor", b.div(since, interval)))
    last = b.select(b.op("gt", interval, scope.number(0.0)), b.add(start, begun), start)
    step = scope.number(scope.lowering.time.step)
    before = b.op("lt", b.sub(middle(scope), step), end)
    after = b.op("gt", middle(scope), start)
    return b.op("and", b.op("and", before, after), pulse(scope, last, b.op("max", width, step)))


# XMILE (OASIS, XMILE 1.0, section 3.5)


def _xmile_pulse(scope: Scope, call: Call) -> int:
    """PULSE(volume, first, interval): the whole volume within one step."""
    first, volume, *interval = scope.arguments(call)
    b = scope.builder
    step = scope.number(scope.lowering.time.step)
    if interval:
        since = b.sub(middle(scope), first)
        begun = b.mul(interval[0], b.op("floor", b.div(since, interval[0])))
        again = b.op("gt", interval[0], scope.number(0.0))
        started = b.op("gt", since, scope.number(0.0))
        first = b.select(b.op("and", again, started), b.add(first, begun), first)
    return b.select(pulse(scope, first, step), b.div(volume, step), scope.number(0.0))


FUNCTIONS: dict[str, Rule] = {
    "STEP": _step,
    "RAMP": _ramp,
    "PULSE": _pulse,
    "PULSE TRAIN": _pulse_train,
    "XMILE PULSE": _xmile_pulse,
    "XMILE PULSE TRAIN": _xmile_pulse,
}
