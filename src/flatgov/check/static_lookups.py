"""Checks of lookups: their shape, ends and normal point."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from flatgov.check.findings import Finding, Outcome
from flatgov.check.static_pieces import plural
from flatgov.check.subject import Check, Subject
from flatgov.model import Call, Equation, Reference, Table, Variable, references
from flatgov.names import canonical
from flatgov.reading.diagnose import walk

_N = r"([+-]?\s*(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)"
_AXES = re.compile(rf"\[\s*\(\s*{_N}\s*,\s*{_N}\s*\)\s*-\s*\(\s*{_N}\s*,\s*{_N}\s*\)")
_EFFECT = re.compile(r"\b(?:effect|multiplier|multiple)s?\b|影响|乘数", re.IGNORECASE)
# A segment is a jump if it has more than this share of the rise in less than that of the width.
_JUMP_RISE, _JUMP_WIDTH = 0.5, 0.02
# A table of more points is data, which may run as it likes.
_MOST_POINTS = 30


@dataclass(frozen=True)
class _Lookup:
    """A table of a lookup variable or of WITH LOOKUP, and where it stands."""

    variable: Variable
    equation: Equation
    table: Table

    @property
    def rise(self) -> float:
        return max(self.table.y) - min(self.table.y)

    @property
    def slopes(self) -> list[float]:
        points = zip(self.table.x, self.table.y, strict=True)
        return [(d - b) / (c - a) for (a, b), (c, d) in itertools.pairwise(points)]


def _lookups(subject: Subject) -> Iterator[_Lookup]:
    """Yield each table once, under its own name where several equations hold a copy of it."""
    variables = [one for one in subject.model.variables.values() if one.kind != "data"]
    variables.sort(key=lambda one: one.kind not in ("lookup", "constant"))
    seen: set[Table] = set()
    for variable in variables:
        for equation in variable.equations:
            for part in walk(equation.expression):
                if isinstance(part, Table) and len(part.x) > 1 and part not in seen:
                    seen.add(part)
                    yield _Lookup(variable, equation, part)


def _over_time(subject: Subject) -> set[Table]:
    """Give the tables that are read at the time: paths of what is outside the model."""
    variables = subject.model.variables
    found: set[Table] = set()
    for variable in variables.values():
        for part in (p for e in variable.equations for p in walk(e.expression)):
            if not isinstance(part, Call) or len(part.arguments) != 2:
                continue
            table, at = part.arguments
            if part.function == "WITH LOOKUP":
                table, at = at, table
            elif not part.function.startswith("LOOKUP"):
                continue
            if not any(canonical(name) == "time" for name in references(at)):
                continue
            if isinstance(table, Table):
                found.add(table)
            elif isinstance(table, Reference) and table.name in variables:
                equations = variables[table.name].equations
                found |= {e.expression for e in equations if isinstance(e.expression, Table)}
    return found


def _beyond_axes(one: _Lookup) -> str:
    """Say which point lies outside the axes that the file gives for the table."""
    axes = _AXES.search(one.equation.text)
    if axes is None:
        return ""
    left, low, right, high = (float(axes[i].replace(" ", "")) for i in (1, 2, 3, 4))
    for x, y in zip(one.table.x, one.table.y, strict=True):
        if not (left <= x <= right and low <= y <= high):
            return (
                f"the point ({x:g}, {y:g}) lies outside its axes, x {left:g} to {right:g} and "
                + (f"y {low:g} to {high:g}")
            )
    return ""


def _not_monotone(one: _Lookup) -> str:
    """Say where a table turns. One turn (a hump) may be meant; more look like slips."""
    signs = [(slope > 0, x) for slope, x in zip(one.slopes, one.table.x, strict=False) if slope]
    turns = [x for (before, _), (after, x) in itertools.pairwise(signs) if before != after]
    if not turns:
        return ""
    return f"it turns at x = {', '.join(f'{x:g}' for x in turns[:4])}" + (
        f" and {len(turns) - 4} more" if len(turns) > 4 else ""
    )


def _flat(one: _Lookup) -> str:
    return "" if one.rise else f"it gives {one.table.y[0]:g} whatever goes in"


def _jump(one: _Lookup) -> str:
    """Say where a table rises as a step, though it is drawn as a curve of several points."""
    x, y = one.table.x, one.table.y
    width, rise = x[-1] - x[0], one.rise
    if rise == 0 or len(x) < 4:
        return ""
    for i, (left, right) in enumerate(itertools.pairwise(x)):
        narrow = right - left < _JUMP_WIDTH * width
        if narrow and abs(y[i + 1] - y[i]) > _JUMP_RISE * rise:
            return f"it jumps from {y[i]:g} to {y[i + 1]:g} between x = {left:g} and {right:g}"
    return ""


def _no_normal_point(one: _Lookup) -> str:
    """Say that a table for an effect is nowhere 1, where nothing would be changed."""
    if not _EFFECT.search(one.variable.name) or one.rise == 0:
        return ""
    low, high = min(one.table.y), max(one.table.y)
    if low <= 1 <= high or low == 0 or high == 0:  # From 0: a share of something.
        return ""
    return f"it goes from {low:g} to {high:g} and is nowhere 1, where the effect would be none"


def _open_ends(one: _Lookup) -> str:
    """Say at which end a table is steepest, where it will be cut off.

    An end at 0 is one of the world's, and so is 1 for a table over shares.
    """
    x = one.table.x
    steep = [abs(slope) for slope in one.slopes]
    if len(steep) < 3 or one.table.interpolation != "interpolate" or min(steep) == max(steep):
        return ""
    natural = (0.0, 1.0) if x[0] == 0 else (0.0,)
    ends = [
        f"x = {end:g}"
        for end, slope in ((x[0], steep[0]), (x[-1], steep[-1]))
        if slope == max(steep) and end not in natural
    ]
    return (
        f"it is steepest at its end {' and '.join(ends)}, beyond which it is flat" if ends else ""
    )


# What is looked at; the cause; what to do.
_TESTS: tuple[tuple[Callable[[_Lookup], str], str, str], ...] = (
    (
        _beyond_axes,
        "lookups with points outside their axes",
        "correct the point, or the axes if the point is right",
    ),
    (
        _not_monotone,
        "lookups that rise and fall",
        "check that the effect can really turn; two tables, one for each effect, say more",
    ),
    (_flat, "lookups that do nothing", "give it its shape or replace it by a constant"),
    (
        _jump,
        "lookups with a jump",
        "spread the rise over several points unless the world has a threshold there",
    ),
    (
        _no_normal_point,
        "effects without a normal point",
        "let the table pass through 1 at the normal value of its input",
    ),
    (
        _open_ends,
        "lookups that are steepest at an end",
        "go on with points until the effect levels off",
    ),
)


def _shape(subject: Subject) -> Outcome:
    lookups = list(_lookups(subject))
    over_time = _over_time(subject)
    curves = [
        one for one in lookups if len(one.table.x) <= _MOST_POINTS and one.table not in over_time
    ]
    findings: list[Finding] = []
    for test, cause, fix in _TESTS:
        seen: set[str] = set()
        for one in lookups if test is _beyond_axes else curves:
            if one.variable.name in seen or not (said := test(one)):
                continue
            seen.add(one.variable.name)
            findings.append(
                subject.finding(
                    "lookup shape",
                    "warning" if test is _beyond_axes else "note",  # The others can be meant.
                    one.variable,
                    f"the lookup '{one.variable.name}': {said}",
                    text=one.variable.name,
                    line=one.equation.line,
                    fix=fix,
                    cause=cause,
                )
            )
    data = len(lookups) - len(curves)
    remarks = plural(len(findings), "remark")
    summary = f"{remarks} on {plural(len(lookups), 'lookup')}, of which {data} are data"
    return Outcome("lookup shape", tuple(findings), summary, {"lookups": len(lookups)})


CHECKS: tuple[Check, ...] = (
    Check(
        "lookup shape",
        "Lookups have the shape of an effect",
        "Do lookups stay inside their axes, run one way without jumps, level off at their ends, "
        "and pass through 1 where they stand for an effect? Their shape is an assumption that "
        "nobody sees in the equations.",
        _shape,
        ("sterman2000",),
    ),
)
