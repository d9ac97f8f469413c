"""Lookup domain: whether lookups are read where they have points, and how much of them is used."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

from flatgov.check.findings import Finding, Outcome
from flatgov.check.lookup_domain_runs import ALONE, QUANTILES, Moment, Visit, edges, visits
from flatgov.check.numerical_runs import percent
from flatgov.check.subject import Check, Subject
from flatgov.errors import FlatgovError
from flatgov.model import Table

ID = "lookup domain"

# An end levels off where its slope is at most this share of the steepest slope of the table, as
# that of an effect that saturates: there it may well be meant that the last value is held.
_LEVEL = 1 / 8

# A table of which less than this share is ever read is a note.
_LITTLE = 0.25
_LISTED = 6  # uses that the evidence of a finding names

Side = Literal["below", "above"]


@dataclass(frozen=True)
class Exit:
    """A lookup that is read beyond one of its ends.

    Attributes:
        visit: What it sees.
        side: Which end.
        flat: Whether the table is flat there or levels off, so that little is lost by holding its
            last value.
        base: The farthest input at the values of the model; None where only draws leave.
        farthest: The farthest of all.
        members: The share of members that leave.
        time: The share of all times at which they are outside.
    """

    visit: Visit
    side: Side
    flat: bool
    base: Moment | None
    farthest: Moment
    members: float
    time: float

    @property
    def meant(self) -> bool:
        """Whether the table says what is beyond this end, or is a series over time."""
        use = self.visit.use
        return self.flat or use.over_time or use.points.interpolation == "extrapolate"

    @property
    def end(self) -> float:
        """The end of the table."""
        return self.visit.use.points.x[0 if self.side == "below" else -1]

    @property
    def value(self) -> float:
        """The value of the table at this end, which it keeps beyond."""
        return self.visit.use.points.y[0 if self.side == "below" else -1]


def run(subject: Subject) -> Outcome:
    """See where every lookup is read: by every policy, and over the draws of a study.

    Returns:
        A warning of each table that is left, at the values of the model, where it is not flat;
        notes of those that only draws leave so, of flat ends, and of tables that are hardly
        used. The data have the visited range of each use.
    """
    from flatgov.run.final_time import moves

    if moves(subject.model):
        return Outcome(ID, skipped="FINAL TIME changes during the run")
    try:
        found = visits(subject)
    except FlatgovError as error:
        return Outcome(ID, skipped=f"the model cannot be run: {error.what}")
    exits = [one for visit in found for one in _exits(visit)]
    findings = [*_of_exits(subject, exits), *_of_little(subject, found)]
    order = list(subject.model.variables)
    findings.sort(key=lambda one: order.index(one.variable) if one.variable else len(order))
    return Outcome(ID, tuple(findings), _summary(found, exits), _data(found))


def _exits(visit: Visit) -> list[Exit]:
    low, high = edges(visit.use)
    level_first, level_last = _level_ends(visit.use.points)
    found = []
    if visit.first.x < low:
        base = visit.lowest if visit.lowest.x < low else None
        share = visit.below / visit.members
        found.append(Exit(visit, "below", level_first, base, visit.first, share, visit.time_below))
    if visit.last.x > high:
        base = visit.highest if visit.highest.x > high else None
        share = visit.above / visit.members
        found.append(Exit(visit, "above", level_last, base, visit.last, share, visit.time_above))
    return found


def _level_ends(table: Table) -> tuple[bool, bool]:
    """Tell whether the first and the last piece of a table are flat or nearly so."""
    points = list(zip(table.x, table.y, strict=True))
    slopes = [abs((d - b) / (c - a)) for (a, b), (c, d) in pairwise(points) if c > a]
    if table.interpolation in ("look forward", "hold backward") or not slopes:
        return True, True
    most = _LEVEL * max(slopes)
    return slopes[0] <= most, slopes[-1] <= most


def _of_exits(subject: Subject, exits: Sequence[Exit]) -> list[Finding]:
    """Make one finding of each end of each table, and one of all ends that hold on purpose.

    An end that is flat or levels off, and a table that goes on with its slope, say that somebody
    thought of it; a series over time mostly ends where another takes over.
    """
    groups: dict[tuple[str, Side], list[Exit]] = {}
    for one in exits:
        if not one.meant:
            groups.setdefault((one.visit.use.table, one.side), []).append(one)
    found = []
    for group in groups.values():
        group.sort(key=lambda one: (one.base is None, -abs(one.farthest.x - one.end)))
        found.append(_exit_finding(subject, group[0]))
    if meant := [one for one in exits if one.meant]:
        found.append(_meant_finding(subject, meant))
    return found


def _exit_finding(subject: Subject, one: Exit) -> Finding:
    evidence = ""
    if one.visit.members > 1:
        evidence = (
            f"{percent(one.members)} of {one.visit.members} members, {percent(one.time)} of all "
            f"times; farthest {one.farthest.x:g} ({_where(one.farthest)})"
        )
    owner = subject.model.variables
    use = one.visit.use
    return subject.finding(
        ID,
        "note" if one.base is None else "warning",
        owner.get(use.table) or owner[use.variable],
        f"{_reads(one)}; there it keeps the value {one.value:g} of that point, though its curve "
        "does not level off",
        evidence=evidence,
        fix="give the table points that far, or a flat end if it is to hold",
        cause="left in some draws only" if one.base is None else "",
    )


def _meant_finding(subject: Subject, exits: Sequence[Exit]) -> Finding:
    tables = dict.fromkeys(one.visit.use.table for one in exits)
    ordered = sorted(exits, key=lambda one: -one.time)
    listed = [f"{_reads(one)}: {percent(one.time)} of all times" for one in ordered[:_LISTED]]
    one = len(tables) == 1
    return subject.finding(
        ID,
        "note",
        None,
        f"{len(tables)} table{' is' if one else 's are'} read beyond an end that is flat or "
        "levels off, goes on with its slope, or is that of a series over time",
        evidence="; ".join(listed) + ("; …" if len(ordered) > _LISTED else ""),
        fix="see that each is meant",
        cause="ends that are meant",
    )


def _reads(one: Exit) -> str:
    moment = one.base or one.farthest
    end = "first" if one.side == "below" else "last"
    use = one.visit.use
    name = f"'{use.table}'" if use.table != use.variable else "its table"
    return (
        f"'{use.variable}' reads {name} at {moment.x:g} ({_where(moment)}), {one.side} its {end} "
        f"point {one.end:g}"
    )


def _where(moment: Moment) -> str:
    run = "the model's own run" if moment.policy == ALONE else f"policy '{moment.policy}'"
    draw = "" if moment.draw < 0 else f", draw {moment.draw}"
    return f"{run}{draw}, time {moment.time:g}"


def _of_little(subject: Subject, found: Sequence[Visit]) -> list[Finding]:
    """Make a note of the tables of which all uses together read little."""
    ranges: dict[str, tuple[Visit, float, float]] = {}
    for visit in found:
        first, last = visit.first.x, visit.last.x
        if math.isnan(first):
            continue
        if visit.use.table in ranges:
            _, low, high = ranges[visit.use.table]
            first, last = min(first, low), max(last, high)
        ranges[visit.use.table] = (visit, first, last)
    listed = []
    for name, (visit, first, last) in ranges.items():
        low, high = visit.use.points.x[0], visit.use.points.x[-1]
        read = min(last, high) - max(first, low)
        # One that is read beyond its ends only is told of there.
        if high > low and 0 <= read < _LITTLE * (high - low):
            listed.append(f"'{name}': points {low:g} to {high:g}, read {first:g} to {last:g}")
    if not listed:
        return []
    one = len(listed) == 1
    members = found[0].members
    among = "the run" if members == 1 else f"{members} members"
    finding = subject.finding(
        ID,
        "note",
        None,
        f"{len(listed)} of {len(ranges)} tables {'is' if one else 'are'} read over less than a "
        f"quarter of {'its' if one else 'their'} points in {among}",
        evidence="; ".join(listed[:_LISTED]) + ("; …" if len(listed) > _LISTED else ""),
        fix="test the model where the other points matter",
        cause="tables that are hardly used",
    )
    return [finding]


def _data(found: Sequence[Visit]) -> dict[str, Any]:
    return {"quantiles": list(QUANTILES), "uses": [_row(visit) for visit in found]}


def _row(visit: Visit) -> dict[str, Any]:
    table: Table = visit.use.points
    return {
        "table": visit.use.table,
        "variable": visit.use.variable,
        "x": list(table.x),
        "y": list(table.y),
        "alone": _numbers(*visit.alone),
        "policies": _numbers(visit.lowest.x, visit.highest.x),
        "all": _numbers(visit.first.x, visit.last.x),
        "members": visit.members,
        "members below": visit.below / visit.members,
        "members above": visit.above / visit.members,
        "time below": visit.time_below,
        "time above": visit.time_above,
        "quantiles": list(visit.quantiles),
    }


def _numbers(*values: float) -> list[float | None]:
    return [None if math.isnan(one) else one for one in values]


def _summary(found: Sequence[Visit], exits: Sequence[Exit]) -> str:
    if not found:
        return "The model reads no lookups"
    members = found[0].members
    left = len({(one.visit.use.table, one.visit.use.variable) for one in exits})
    uses = f"{len(found)} use{'s' if len(found) > 1 else ''} of lookups"
    return f"{uses} in {members} member{'s' if members > 1 else ''}: {left} go beyond an end"


CHECKS = (
    Check(
        ID,
        "Lookups are read where they have points",
        "Does every input of a lookup stay within its points, in the model's own run, under every "
        "policy and over the draws? Beyond its ends a lookup holds its last value, which is right "
        "only if somebody meant it.",
        run,
        ("sterman2000",),
    ),
)
