"""Functions of lookups and of data: values, areas, inverses, single points.

Outside of its points a lookup holds its first and last value, unless a function says otherwise.
Where a function has no answer it gives Vensim's :NA:, a number like any other, so that a model can
ask for it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import accumulate, pairwise
from typing import NamedTuple

from flatgov.kernel.lower.scope import Scope
from flatgov.kernel.program import Role
from flatgov.model import NA, Call, Interpolation, Reference, Table
from flatgov.names import canonical

Rule = Callable[[Scope, Call], int]

_MODES: dict[float, Interpolation] = {
    -1.0: "hold backward",
    0.0: "interpolate",
    1.0: "look forward",
}


class _Shape(NamedTuple):
    """What members change of a lookup: operations, or nothing where they cannot.

    y = factor * (b + strength * (f(a + slope * (x - a)) - b)) with the normal point (a, b).
    """

    factor: int | None = None
    strength: int | None = None
    slope: int | None = None
    normal: tuple[float, float] = (0.0, 0.0)

    def inside(self, scope: Scope, x: int) -> int:
        """Give where the table is read for an argument."""
        return _about(scope, scope.number(self.normal[0]), self.slope, x)

    def outside(self, scope: Scope, y: int) -> int:
        """Give the lookup's output for an output of the table."""
        y = _about(scope, scope.number(self.normal[1]), self.strength, y)
        return y if self.factor is None else scope.builder.mul(y, self.factor)


def _about(scope: Scope, centre: int, stretch: int | None, value: int) -> int:
    """Give centre + stretch * (value - centre); with 1 it is the value itself, to the last bit."""
    if stretch is None:
        return value
    b = scope.builder
    moved = b.add(centre, b.mul(stretch, b.sub(value, centre)))
    return b.select(b.op("eq", stretch, scope.number(1.0)), value, moved)


def _table(scope: Scope, call: Call) -> tuple[Table, _Shape]:
    """Give the table that a function is called with, and what members change of it."""
    reference = call.arguments[0]
    if not isinstance(reference, Reference):
        raise scope.error(f"the first argument of {call.function} is no lookup")
    where, handed = scope, reference
    while canonical(handed.name) in where.place.instance.inputs:  # handed to a macro
        outer, expression = where.place.instance.inputs[canonical(handed.name)]
        where = outer.initial if scope.phase == "initial" else outer.step
        if not isinstance(expression, Reference):
            raise scope.error(f"'{reference.name}' is no lookup")
        handed = expression
    variable = where.place.instance.variables.get(canonical(handed.name))
    if variable is None or variable.kind not in ("lookup", "data"):
        raise scope.error(f"'{handed.name}' is no lookup")
    place = where.referred(handed, variable)
    table = where.table(place)
    if place.instance.name or variable.kind == "data":
        return table, _Shape()

    def parameter(role: Role) -> int:
        number = scope.lowering.parameter(variable.name, place.element, 1.0, role)
        return scope.builder.op("first parameter", extra=number)

    normal = scope.lowering.normals.get(canonical(variable.name))
    if normal is None:
        return table, _Shape(parameter("value"))
    return table, _Shape(parameter("value"), parameter("strength"), parameter("slope"), normal)


def _lookup(kind: Interpolation | None = None) -> Rule:
    """A named table at an argument; `kind` in place of the table's own interpolation."""

    def rule(scope: Scope, call: Call) -> int:
        table, shape = _table(scope, call)
        x = shape.inside(scope, scope.lower(call.arguments[1]))
        y = scope.look_up(replace(table, interpolation=kind) if kind else table, x)
        return shape.outside(scope, y)

    return rule


def _with_lookup(scope: Scope, call: Call) -> int:
    argument, table = call.arguments
    if not isinstance(table, Table):
        raise scope.error("WITH LOOKUP has no table")
    return scope.look_up(table, scope.lower(argument))


def _lookup_area(scope: Scope, call: Call) -> int:
    """LOOKUP AREA(lookup, start, end); vensim.com/documentation/fn_lookup_area.html.

    It is the difference of two areas from the first point: up to the last point before x, and
    y*d + slope*d*d/2 from there, with d the distance. Of a lookup with a strength s, a slope m
    and a normal point (a, b) it is (1 - s) b (end - start) and s/m of the table's area between
    a + m (start - a) and a + m (end - a), by substitution.
    """
    table, shape = _table(scope, call)
    b = scope.builder
    slopes = [_slope(*ends) for ends in pairwise(zip(table.x, table.y, strict=True))]
    areas = [
        (x1 - x0) * (y0 + y1) / 2
        for (x0, y0), (x1, y1) in pairwise(zip(table.x, table.y, strict=True))
    ]

    def at_point(values: Sequence[float], x: int) -> int:
        """Give what belongs to the last point before x, or to the first one."""
        return scope.look_up(Table(table.x, tuple(values), "hold backward"), x)

    def area(x: int) -> int:
        distance = b.sub(x, at_point(table.x, x))
        inside = b.op("ge", x, scope.number(table.x[0]))
        slope = b.select(inside, at_point([*slopes, 0.0], x), scope.number(0.0))
        height = b.add(at_point(table.y, x), b.mul(scope.number(0.5), b.mul(slope, distance)))
        before = at_point([0.0, *accumulate(areas)], x)
        return b.add(before, b.mul(height, distance))

    start, end = (scope.lower(argument) for argument in call.arguments[1:])
    whole = b.sub(area(shape.inside(scope, end)), area(shape.inside(scope, start)))
    width = b.sub(end, start)
    if shape.slope is not None:
        same = b.mul(scope.look_up(table, scope.number(shape.normal[0])), width)
        flat = b.op("eq", shape.slope, scope.number(0.0))
        whole = b.select(flat, same, b.div(whole, shape.slope))
    if shape.strength is not None:
        centre = b.mul(scope.number(shape.normal[1]), width)
        whole = _about(scope, centre, shape.strength, whole)
    return whole if shape.factor is None else b.mul(whole, shape.factor)


def _slope(start: tuple[float, float], end: tuple[float, float]) -> float:
    width = end[0] - start[0]
    return (end[1] - start[1]) / width if width else 0.0


def _lookup_invert(scope: Scope, call: Call) -> int:
    """LOOKUP INVERT(lookup, y): the first x at which the lookup is y, :NA: if there is none.

    vensim.com/documentation/fn_lookup_invert.html
    """
    table, shape = _table(scope, call)
    if shape.slope is not None:
        raise scope.error(
            "LOOKUP INVERT of a lookup whose strength or slope is uncertain is not supported",
            fix="let neither be uncertain",
        )
    b = scope.builder
    y = scope.lower(call.arguments[1])
    if shape.factor is not None:
        y = b.div(y, shape.factor)
    result = scope.number(NA)
    segments = list(pairwise(zip(table.x, table.y, strict=True)))
    for (x0, y0), (x1, y1) in reversed(segments):
        above = b.op("ge", y, scope.number(min(y0, y1)))
        below = b.op("le", y, scope.number(max(y0, y1)))
        steepness = (x1 - x0) / (y1 - y0) if y1 != y0 else 0.0
        x = b.add(scope.number(x0), b.mul(b.sub(y, scope.number(y0)), scope.number(steepness)))
        result = b.select(b.op("and", above, below), x, result)
    return result


# Data; vensim.com/documentation/fn_get_data_between_times.html and its neighbours


def _get_data_between_times(scope: Scope, call: Call) -> int:
    """GET DATA BETWEEN TIMES(data, time, mode): :NA: before the first and after the last point."""
    mode = scope.steady(call.arguments[2], "the mode of GET DATA BETWEEN TIMES")
    if mode not in _MODES:
        raise scope.error(
            f"the mode {mode:g} of GET DATA BETWEEN TIMES does not exist", "write -1, 0 or 1"
        )
    table = _data_table(scope, call)
    time = scope.lower(call.arguments[1])
    value = scope.look_up(replace(table, interpolation=_MODES[mode]), time)
    b = scope.builder
    after = b.op("ge", time, scope.number(table.x[0]))
    before = b.op("le", time, scope.number(table.x[-1]))
    return b.select(b.op("and", after, before), value, scope.number(NA))


def _get_data_at_time(scope: Scope, call: Call) -> int:
    """GET DATA AT TIME(data, time): the value of the point at that time, else :NA:."""
    table = _data_table(scope, call)
    b = scope.builder
    time = scope.lower(call.arguments[1])
    nearest = scope.look_up(Table(table.x, table.x, "look forward"), time)
    value = scope.look_up(replace(table, interpolation="look forward"), time)
    return b.select(b.op("eq", nearest, time), value, scope.number(NA))


def _extreme(code: str) -> Rule:
    """GET DATA MIN and MAX(data, start, end): of the points in that time, :NA: without any."""
    neutral = math.inf if code == "min" else -math.inf

    def rule(scope: Scope, call: Call) -> int:
        table = _data_table(scope, call)
        b = scope.builder
        start, end = (scope.lower(argument) for argument in call.arguments[1:])
        result = scope.number(neutral)
        for x, y in zip(table.x, table.y, strict=True):
            time = scope.number(x)
            inside = b.op("and", b.op("ge", time, start), b.op("le", time, end))
            found = b.op(code, result, scope.number(y))
            result = b.select(inside, found, result)
        nothing = b.op("eq", result, scope.number(neutral))
        return b.select(nothing, scope.number(NA), result)

    return rule


def _of_points(value: Callable[[Table], float]) -> Rule:
    """A number that data alone decide."""
    return lambda scope, call: scope.number(value(_data_table(scope, call)))


def _data_table(scope: Scope, call: Call) -> Table:
    """Give the table of a data variable."""
    table, shape = _table(scope, call)
    if shape.factor is not None:
        raise scope.error(f"the first argument of {call.function} is no data variable")
    return table


def _time_shift(scope: Scope, call: Call) -> int:
    """TIME SHIFT(data, shift): the data of so much later; fn_time_shift.html."""
    table = _data_table(scope, call)
    shift = scope.steady(call.arguments[1], "the shift of TIME SHIFT")
    return scope.look_up(table, scope.builder.add(scope.held_time(), scope.number(shift)))


def _data(scope: Scope, call: Call) -> int:
    raise scope.no_data(scope.place)


FUNCTIONS: dict[str, Rule] = {
    "LOOKUP": _lookup(),
    "LOOKUP FORWARD": _lookup("look forward"),
    "LOOKUP BACKWARD": _lookup("hold backward"),
    "LOOKUP EXTRAPOLATE": _lookup("extrapolate"),
    "LOOKUP AREA": _lookup_area,
    "LOOKUP INVERT": _lookup_invert,
    "WITH LOOKUP": _with_lookup,
    "DATA": _data,
    "GET DATA AT TIME": _get_data_at_time,
    "GET DATA BETWEEN TIMES": _get_data_between_times,
    "GET DATA FIRST TIME": _of_points(lambda table: table.x[0]),
    "GET DATA LAST TIME": _of_points(lambda table: table.x[-1]),
    "GET DATA TOTAL POINTS": _of_points(lambda table: float(len(table.x))),
    "GET DATA MIN": _extreme("min"),
    "GET DATA MAX": _extreme("max"),
    "TIME SHIFT": _time_shift,
}
