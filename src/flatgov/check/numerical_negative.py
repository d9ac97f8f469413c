"""Values beyond the limits that the model declares, and stocks that fall below zero."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from flatgov.changes import FloatArray
from flatgov.check.findings import Finding, Outcome
from flatgov.check.numerical_members import members
from flatgov.check.numerical_runs import TooLarge, element_labels, guarded, runs
from flatgov.check.static_values import given_outside
from flatgov.check.subject import Check, Subject
from flatgov.errors import FlatgovError
from flatgov.model import Variable

_ID = "negative"

# What is rounding, as a share of the largest value so far; and of the largest value of all, that
# something which is never more than rounding, as a difference of equals, is left alone.
_ROUNDING, _NOTHING = 1e-9, 1e-12


@dataclass(frozen=True)
class Crossing:
    """Where a variable leaves a limit first.

    Attributes:
        label: Its element, in quotes.
        time: When it does first.
        value: The value then.
        worst: The value that is farthest from the limit.
        share: Of the times, how many are beyond.
    """

    label: str
    time: float
    value: float
    worst: float
    share: float


def crossing(
    labels: list[str], values: FloatArray, times: FloatArray, limit: float, below: bool
) -> Crossing | None:
    """Find the first value beyond a limit by more than rounding.

    What rounding may do is judged by what a variable has been up to then, not by what it becomes,
    nor by a number that would be large in some units: a stock may be counted in tons or atoms.

    Args:
        labels: Of the elements.
        values: (time, elements); what is no finite number is left out.
        times: (time,).
        limit: The limit.
        below: Whether it is the lower one.
    """
    flat = values.reshape(len(times), -1)
    finite = np.where(np.isfinite(flat), flat, limit)
    excess = limit - finite if below else finite - limit
    so_far = np.maximum.accumulate(np.maximum(np.abs(finite), abs(limit)), axis=0)
    beyond = excess > _ROUNDING * so_far
    if not beyond.any() or excess.max() <= _NOTHING * so_far[-1].max():
        return None
    row = int(beyond.any(axis=1).argmax())
    element = int(beyond[row].argmax())
    own = flat[beyond]
    return Crossing(
        labels[element],
        float(times[row]),
        float(flat[row, element]),
        float(own.min() if below else own.max()),
        float(beyond.any(axis=1).mean()),
    )


def _check(subject: Subject) -> Outcome:
    from flatgov.run.grid import time_points

    model, base = subject.model, subject.base
    times = time_points(model.time)
    findings: list[Finding] = []
    told = set()
    limited = 0
    steps = _every_step(subject)
    for variable in model.variables.values():
        if variable.kind == "lookup" or variable.name not in base:
            continue
        limited += variable.limits != (None, None)
        found = steps.get(variable.name, (base[variable.name], times))
        for finding in _findings(subject, variable, *found):
            told.add(variable.name)
            findings.append(finding)
    stocks = sum(one.kind == "stock" for one in model.variables.values())
    every = " at every step" if steps else ""
    summary = f"{limited} variables with limits and {stocks} stocks{every} in the base run"
    data: dict[str, object] = {"limited": limited, "beyond": sorted(told)}
    if subject.study:
        looked = members(subject)
        failures = [one for one in looked.failures if one.beyond_limit and one.name not in told]
        for one in failures:
            findings.append(
                subject.finding(
                    _ID,
                    "warning",
                    model.variables[one.name],
                    f"'{one.name}' {one.what} in {one.count:,} of {one.of:,} {one.kind}",
                    evidence=f"first in {one.member} at time {one.time:g}",
                    fix="mend the flows that take it there, or widen its limits",
                    cause=f"'{one.name}' leaves its limits",
                )
            )
        summary += (
            f", in {looked.plans} combinations of policy and scenario and in {looked.members:,} "
            "members with draws"
        )
        data["members"] = looked.members
    summary += f": {len({one.variable for one in findings})} leave theirs or fall below zero"
    return Outcome(_ID, tuple(findings), summary, data)


def _every_step(subject: Subject) -> dict[str, tuple[FloatArray, FloatArray]]:
    """Give (time, element) and the times of stocks of the base run, at every step.

    What dips below zero between two saved times does so all the same. Where the run would be too
    large there are none; the saved times must do.
    """
    try:
        those = runs(subject)
    except (TooLarge, FlatgovError):
        return {}
    rows = {one.label: at for at, one in enumerate(those.states) if one.stock}
    found = {}
    for variable in subject.model.variables.values():
        if variable.kind == "stock":
            labels = element_labels(subject.model, variable)
            own = [rows[label] for label in labels if label in rows]
            if len(own) == len(labels):
                found[variable.name] = (those.base.states[own].T, those.base.times)
    return found


def _findings(
    subject: Subject, variable: Variable, values: FloatArray, times: FloatArray
) -> Iterator[Finding]:
    low, high = variable.limits
    labels = element_labels(subject.model, variable)
    units = f" {variable.units}" if variable.units else ""
    if given_outside(variable, subject.model):  # `limits` says so.
        return
    for limit, below in ((low, True), (high, False)):
        found = None if limit is None else crossing(labels, values, times, limit, below)
        if limit is None or found is None:
            continue
        side = "below its lower" if below else "above its upper"
        far = f"; {'lowest' if below else 'highest'} {found.worst:.4g}"
        moved = "the flows that take it there" if variable.kind == "stock" else "its equation"
        yield subject.finding(
            _ID,
            "warning",
            variable,
            f"{found.label} is {found.value:.4g}{units} at time {found.time:g}, {side} limit "
            f"{limit:g}{far}",
            evidence=f"beyond it at {100 * found.share:.3g} % of the times",
            fix=f"mend {moved}, or correct its limits",
        )
    if variable.kind != "stock" or low is not None:
        return
    first = values.reshape(len(times), -1)[0]
    if not (np.isfinite(first).all() and (first >= 0).all() and (first > 0).any()):
        return
    found = crossing(labels, values, times, 0.0, True)
    if found is not None:
        yield subject.finding(
            _ID,
            "note",
            variable,
            f"{found.label} falls below zero at time {found.time:g}; lowest "
            f"{found.worst:.4g}{units}",
            evidence=f"negative at {100 * found.share:.3g} % of the times",
            fix="if it cannot be negative, let its outflows fall as it runs empty, and declare a "
            "lower limit of 0",
        )


CHECKS: tuple[Check, ...] = (
    Check(
        _ID,
        "Nothing leaves its limits",
        "Does a variable leave the limits that the model declares, or a stock fall below zero, in "
        "the base run or in any policy, scenario or draw? There are no negative people.",
        guarded(_ID, _check),
        ("forrester_senge1980",),
    ),
)
