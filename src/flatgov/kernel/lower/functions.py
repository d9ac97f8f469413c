"""Vensim's functions in terms of operations: one table from name to rule.

Each rule follows the function's page in Vensim's reference manual; where the manual is silent,
the rule is that of the community's reference outputs (SDXorg/test-models).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from flatgov.kernel.lower import arrays, stateful
from flatgov.kernel.lower.scope import Scope
from flatgov.model import Call, Expression, Interpolation, Reference, Table
from flatgov.names import canonical

Rule = Callable[[Scope, Call], int]

# What Vensim counts as zero in XIDZ and ZIDZ (reference manual, "XIDZ").
_SMALL = 1e-6


def _direct(code: str) -> Rule:
    """An operation on the arguments as they stand."""
    return lambda scope, call: scope.builder.op(code, *scope.arguments(call))


def _from_left(code: str) -> Rule:
    """A function of two or more arguments; of one it is that argument."""

    def rule(scope: Scope, call: Call) -> int:
        result, *rest = scope.arguments(call)
        for argument in rest:
            result = scope.builder.op(code, result, argument)
        return result

    return rule


def _log(scope: Scope, call: Call) -> int:
    x, base = scope.arguments(call)
    b = scope.builder
    return b.div(b.op("ln", x), b.op("ln", base))


def _zidz(scope: Scope, call: Call) -> int:
    a, b = scope.arguments(call)
    return divide_or(scope, a, b, scope.number(0.0))


def _xidz(scope: Scope, call: Call) -> int:
    a, b, otherwise = scope.arguments(call)
    return divide_or(scope, a, b, otherwise)


def divide_or(scope: Scope, a: int, b: int, otherwise: int) -> int:
    """Divide, or give another value where the denominator counts as zero."""
    build = scope.builder
    small = build.op("lt", build.op("abs", b), scope.number(_SMALL))
    return build.select(small, otherwise, build.div(a, b))


def _quantum(scope: Scope, call: Call) -> int:
    a, b = scope.arguments(call)
    return _multiple(scope, a, b)


def _multiple(scope: Scope, a: int, b: int) -> int:
    """QUANTUM: b * INTEGER(a / b), and a itself where b is not above zero."""
    build = scope.builder
    multiple = build.mul(b, build.op("trunc", build.div(a, b)))
    return build.select(build.op("gt", b, scope.number(0.0)), multiple, a)


def _modulo(scope: Scope, call: Call) -> int:
    a, b = scope.arguments(call)
    return scope.builder.sub(a, _multiple(scope, a, b))


def _only(position: int) -> Rule:
    """A function that is one of its arguments."""
    return lambda scope, call: scope.lower(call.arguments[position])


def _initial(scope: Scope, call: Call) -> int:
    return scope.initial.lower(call.arguments[0])


def _active_initial(scope: Scope, call: Call) -> int:
    return scope.lower(call.arguments[1 if scope.phase == "initial" else 0])


# Time: steps and pulses are held within a step, so that a step of RK4 never straddles one.


def held_time(scope: Scope) -> int:
    """Give the time at which the step began."""
    if scope.phase == "initial":
        return scope.time()
    return scope.builder.op("held time")


def middle(scope: Scope) -> int:
    """Give the middle of the step, which Vensim compares with the dates of steps and pulses."""
    return scope.builder.add(held_time(scope), scope.number(scope.lowering.time.step / 2))


def _step(scope: Scope, call: Call) -> int:
    height, start = scope.arguments(call)
    begun = scope.builder.op("gt", middle(scope), start)
    return scope.builder.select(begun, height, scope.number(0.0))


def _ramp(scope: Scope, call: Call) -> int:
    """RAMP(slope, start, end): slope * (MIN(Time, end) - start) after the start."""
    slope, start, *end = scope.arguments(call)
    b = scope.builder
    until = b.op("min", end[0], scope.time()) if end else scope.time()
    rise = b.mul(slope, b.sub(until, start))
    return b.select(b.op("gt", scope.time(), start), rise, scope.number(0.0))


def pulse(scope: Scope, start: int, width: int) -> int:
    """PULSE: 1 while start < middle of the step < start + width; a width of 0 is one step."""
    b = scope.builder
    step = scope.number(scope.lowering.time.step)
    width = b.select(b.op("gt", width, scope.number(0.0)), width, step)
    inside = b.op("lt", middle(scope), b.add(start, width))
    return b.op("and", b.op("gt", middle(scope), start), inside)


def _pulse(scope: Scope, call: Call) -> int:
    return pulse(scope, *scope.arguments(call))


def _pulse_train(scope: Scope, call: Call) -> int:
    """PULSE TRAIN(start, width, interval, end): pulses from start on, the last at the end.

    At Time = end there still is a pulse, as Vensim's output for the test model Query_file shows.
    """
    start, width, interval, end = scope.arguments(call)
    b = scope.builder
    since = b.sub(middle(scope), start)
    begun = b.mul(interval, b.op("floor", b.div(since, interval)))
    last = b.select(b.op("gt", interval, scope.number(0.0)), b.add(start, begun), start)
    step = scope.number(scope.lowering.time.step)
    before = b.op("lt", b.sub(middle(scope), step), end)
    after = b.op("gt", middle(scope), start)
    return b.op("and", b.op("and", before, after), pulse(scope, last, width))


def _get_time_value(scope: Scope, call: Call) -> int:
    """GET TIME VALUE(relative to, offset, measure): only what needs no calendar or clock."""
    relative = scope.constant(call.arguments[0], "the first argument of GET TIME VALUE")
    measure = scope.constant(call.arguments[2], "the third argument of GET TIME VALUE")
    if relative != 0 or measure != 0:
        raise scope.error(
            f"GET TIME VALUE({relative:g}, …, {measure:g}) is not supported",
            fix="only GET TIME VALUE(0, offset, 0), which is Time + offset, is",
        )
    return scope.builder.add(scope.time(), scope.lower(call.arguments[1]))


# Lookups


def _lookup(kind: Interpolation | None = None) -> Rule:
    """A named table at an argument; `kind` in place of the table's own interpolation."""

    def rule(scope: Scope, call: Call) -> int:
        reference, *arguments = call.arguments
        if not isinstance(reference, Reference):
            raise scope.error(f"the first argument of {call.function} is no lookup")
        name = canonical(reference.name)
        instance = scope.place.instance
        if name in instance.inputs:
            outer, handed = instance.inputs[name]
            where = outer.initial if scope.phase == "initial" else outer.step
            if not isinstance(handed, Reference):
                raise scope.error(f"'{reference.name}' is no lookup")
            return _evaluate(scope, where, handed, arguments, kind)
        return _evaluate(scope, scope, reference, arguments, kind)

    def _evaluate(
        scope: Scope,
        where: Scope,
        reference: Reference,
        arguments: Sequence[Expression],
        kind: Interpolation | None,
    ) -> int:
        variable = where.place.instance.variables.get(canonical(reference.name))
        if variable is None or variable.kind not in ("lookup", "data"):
            raise scope.error(f"'{reference.name}' is no lookup")
        place = where.referred(reference, variable)
        table = where.table(place)
        x = scope.lower(arguments[0])
        y = scope.look_up(replace(table, interpolation=kind) if kind else table, x)
        if place.instance.name or variable.kind == "data":
            return y
        factor = scope.lowering.parameter(variable.name, place.element, 1.0)
        return scope.builder.mul(y, scope.builder.op("first parameter", extra=factor))

    return rule


def _data(scope: Scope, call: Call) -> int:
    raise scope.no_data(scope.place)


def _with_lookup(scope: Scope, call: Call) -> int:
    argument, table = call.arguments
    if not isinstance(table, Table):
        raise scope.error("WITH LOOKUP has no table")
    return scope.look_up(table, scope.lower(argument))


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


def _unary(code: str) -> tuple[str, Rule]:
    return code.upper(), _direct(code)


FUNCTIONS: dict[str, Rule] = {
    "^": _direct("pow"),
    "negative": _direct("neg"),
    "=": _direct("eq"),
    "<>": _direct("ne"),
    "<": _direct("lt"),
    "<=": _direct("le"),
    ">": _direct("gt"),
    ">=": _direct("ge"),
    ":NOT:": _direct("not"),
    "IF THEN ELSE": _direct("select"),
    "MIN": _from_left("min"),
    "MAX": _from_left("max"),
    **dict(map(_unary, ("abs", "sqrt", "exp", "ln", "sin", "cos", "tan", "sinh", "cosh", "tanh"))),
    **dict(map(_unary, ("arcsin", "arccos", "arctan"))),
    "INTEGER": _direct("trunc"),
    "LOG": _log,
    "POWER": _direct("pow"),
    "MODULO": _modulo,
    "QUANTUM": _quantum,
    "ZIDZ": _zidz,
    "XIDZ": _xidz,
    "PI": lambda scope, call: scope.number(3.141592653589793),
    "GAME": _only(0),
    "INITIAL": _initial,
    "ACTIVE INITIAL": _active_initial,
    "STEP": _step,
    "RAMP": _ramp,
    "PULSE": _pulse,
    "PULSE TRAIN": _pulse_train,
    "XMILE PULSE": _xmile_pulse,
    "XMILE PULSE TRAIN": _xmile_pulse,
    "GET TIME VALUE": _get_time_value,
    "LOOKUP": _lookup(),
    "LOOKUP FORWARD": _lookup("look forward"),
    "LOOKUP BACKWARD": _lookup("hold backward"),
    "LOOKUP EXTRAPOLATE": _lookup("extrapolate"),
    "WITH LOOKUP": _with_lookup,
    "DATA": _data,
    **stateful.FUNCTIONS,
    **arrays.FUNCTIONS,
}
