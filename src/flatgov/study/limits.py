"""Whether values stay within the limits of the model once all changes are put together."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from flatgov.changes import FloatArray, limit_passed, range_text, strength, values_over_time
from flatgov.errors import Problems, StudyError
from flatgov.model import (
    Array,
    Call,
    Change,
    Expression,
    Model,
    Number,
    TimeSettings,
    Variable,
)
from flatgov.study.calendar import Clock
from flatgov.study.policies import Places, Policy, Scenario, member_title


@dataclass(frozen=True)
class Breach:
    """A value that leaves the limits.

    Attributes:
        variable: Whose value it is.
        value: The value.
        time: When, in model time.
        position: Which of the changes is the last that acts then.
    """

    variable: Variable
    value: float
    time: float
    position: int


def check_study_limits(
    model: Model,
    clock: Clock,
    policies: tuple[Mapping[str, Policy], Places],
    scenarios: tuple[Mapping[str, Scenario], Places],
) -> None:
    """Check every policy by itself and under every scenario.

    Args:
        model: What the changes apply to.
        clock: Writes the times.
        policies: By id, and the places of their changes in the file.
        scenarios: The same.

    Raises:
        StudyError: A value leaves the limits; the place is that of the last change that acts.
    """
    problems: dict[str, StudyError] = {}
    for world in (None, *scenarios[0].values()):
        for policy in policies[0].values():
            changes = ((() if world is None else world.changes), policy.changes)
            places = ((() if world is None else scenarios[1][world.id]), policies[1][policy.id])
            title = member_title(policy.id, None if world is None else world.id)
            for breach in find_breaches(model, (*changes[0], *changes[1])):
                where = (*places[0], *places[1])[breach.position]
                problems.setdefault(where, breach_error(breach, where, title, clock))
    Problems(list(problems.values())).raise_first()


def find_breaches(model: Model, changes: Sequence[Change]) -> Iterator[Breach]:
    """Find the value of each variable that is farthest beyond its limits, where one is.

    Args:
        model: What the changes apply to.
        changes: All those of a member, in order.
    """
    positions: dict[str, list[int]] = {}
    for position, change in enumerate(changes):
        positions.setdefault(change.variable, []).append(position)
    for name, own in positions.items():
        variable = model.variables[name]
        if variable.kind == "lookup" or variable.limits == (None, None):
            continue
        if breach := _worst_breach(variable, changes, own, model.time):
            yield breach


def breach_error(breach: Breach, where: str, title: str, clock: Clock) -> StudyError:
    """Say what leaves which limit when.

    Args:
        breach: The value.
        where: The place of the change.
        title: The member: ``policy 'hire' under 'busy'``.
        clock: Writes the time.
    """
    limit = limit_passed(breach.variable, breach.value)
    return StudyError(
        f"'{breach.variable.name}' would be {breach.value:g} at {clock.show(breach.time)} in "
        f"{title}, {limit}",
        where=where,
        fix=f"give values that keep it {range_text(breach.variable)}",
    )


def _worst_breach(
    variable: Variable, changes: Sequence[Change], positions: Sequence[int], time: TimeSettings
) -> Breach | None:
    own = [changes[position] for position in positions]
    times = _times_to_check(own, time)
    found = [
        (float(value), float(moment))
        for base in plain_bases(variable)
        for moment, value in zip(times, values_over_time(base, own, times, time.step), strict=True)
        # A model that is beyond its own limits is not the fault of a change.
        if value != base and limit_passed(variable, value)
    ]
    if not found:
        return None
    value, moment = max(found, key=lambda one: _excess(variable, one[0]))
    shares = [strength(change, np.array([moment]), time.step)[0] for change in own]
    acting = [position for position, share in zip(positions, shares, strict=True) if share > 0]
    return Breach(variable, value, moment, acting[-1])


def _excess(variable: Variable, value: float) -> float:
    low, high = variable.limits
    return max(
        -math.inf if low is None else low - value, -math.inf if high is None else value - high
    )


def _times_to_check(changes: Sequence[Change], time: TimeSettings) -> FloatArray:
    """Give the steps of the run at which an extreme can be: each side of start, full and end."""
    count = math.floor((time.final - time.initial) / time.step + 1e-6)
    steps = {0}
    for change in changes:
        for moment in (change.start, change.start + change.ramp, change.end):
            if moment is not None:
                step = math.ceil((moment - time.initial) / time.step - 1e-9)
                steps |= {step - 1, step}
    kept = sorted(step for step in steps if 0 <= step <= count)
    return time.initial + time.step * np.array(kept, dtype=np.float64)


def plain_bases(variable: Variable) -> tuple[float, ...]:
    """Give the different values before all changes; NaN where they are no plain numbers.

    Args:
        variable: A constant or a stock, whose initial value is meant.
    """
    bases = [
        base for equation in variable.equations for base in _plain_numbers(equation.expression)
    ]
    return tuple(dict.fromkeys(bases)) or (math.nan,)


def _plain_numbers(expression: Expression) -> tuple[float, ...]:
    match expression:
        case Number(value):
            return (value,)
        case Array(values):
            return values
        case Call("negative", (inner,)):
            return tuple(-value for value in _plain_numbers(inner))
        case Call("INTEG", (_, initial)):
            return _plain_numbers(initial)
    return ()
