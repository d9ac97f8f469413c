"""Where a value is no finite number first, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

import numpy as np

from flatgov.changes import FloatArray
from flatgov.check.findings import Finding, Outcome
from flatgov.check.numerical_evaluate import evaluate, reachable
from flatgov.check.numerical_members import members
from flatgov.check.numerical_runs import (
    Runs,
    TooLarge,
    element_labels,
    guarded,
    plain,
    runs,
)
from flatgov.check.subject import Check, Subject
from flatgov.graph import links
from flatgov.kernel.program import Program
from flatgov.model import NA

_ID = "not finite"

# What the operations of a program are to people, with the value that they were given.
_TEXTS = {
    "ln": "takes the logarithm of {0}",
    "sqrt": "takes the square root of {0}",
    "exp": "is the exponential of {0}",
    "arcsin": "takes the arcsine of {0}",
    "arccos": "takes the arccosine of {0}",
    "pow": "raises {0} to the power {1}",
    "div": "divides {0} by {1}",
    "mul": "multiplies {0} by {1}",
    "add": "adds {0} and {1}",
    "sub": "subtracts {1} from {0}",
    "lookup": "reads a table or data at {0}, where there is no value",
    "gamma ln": "takes the logarithm of the gamma function at {0}",
}
_FIXES = {
    "div": "use XIDZ or ZIDZ, or keep the divisor away from 0 with MAX",
    "ln": "keep its argument above 0 with MAX",
    "sqrt": "keep its argument at 0 or above with MAX",
    "pow": "keep its base at 0 or above with MAX",
    "exp": "keep its argument below 700 with MIN",
    "lookup": "give values for all times of the run",
}


@dataclass(frozen=True)
class First:
    """The first value that is no finite number.

    Attributes:
        name: The variable.
        place: Its element, in row-major order.
        time: When.
        what: ``not a number`` or ``infinite``.
    """

    name: str
    place: int
    time: float
    what: str


def first_not_finite(subject: Subject) -> list[First]:
    """Find the values of the base run that are the first to be no finite numbers.

    Also what goes wrong between two saved times is found.

    Returns:
        The earliest, causes before effects; then those of other variables that none of their
        causes explains.
    """
    from flatgov.run.grid import time_points
    from flatgov.run.native import simulate_members

    model = subject.model
    found = _first(subject, subject.base, time_points(model.time))
    try:
        those = runs(subject)
    except TooLarge:
        return found
    if those.base.finite.all():
        return found
    step = int(np.argmin(those.base.finite))
    when = float(those.base.times[step])
    if found and found[0].time <= when + 1e-9 * model.time.step:
        return found
    time = replace(model.time, saveper=model.time.step, final=when)
    values = simulate_members(model, [()], time=time, seed=subject.seed).values
    closer = {name: array[0, 0] for name, array in values.items()}
    return _first(subject, closer, time_points(time)) or found


def _first(subject: Subject, values: dict[str, FloatArray], times: FloatArray) -> list[First]:
    from flatgov.run.native import evaluation_order, undefined_elements

    gaps = undefined_elements(subject.model)
    ends = values.get("FINAL TIME")  # Nothing is after the end of the run.
    count = len(times) if ends is None else int(np.isfinite(ends).sum())
    bad_at: dict[str, tuple[int, int]] = {}
    for name in evaluation_order(subject.model):
        bad = ~np.isfinite(values[name][:count].reshape(count, -1))
        for place in range(bad.shape[1]):
            if (name, place) in gaps:
                bad[:, place] = False
        rows = np.flatnonzero(bad.any(axis=1))
        if len(rows):
            bad_at[name] = (int(rows[0]), int(bad[rows[0]].argmax()))
    found = []
    for name in _roots(subject, bad_at):
        row, place = bad_at[name]
        value = values[name].reshape(len(values[name]), -1)[row, place]
        what = "not a number" if np.isnan(value) else "infinite"
        found.append(First(name, place, float(times[row]), what))
    return found


def _roots(subject: Subject, bad_at: Mapping[str, tuple[int, int]]) -> list[str]:
    """Name the variables whose causes were finite: the earliest first, which always is one."""
    if not bad_at:
        return []
    earliest = min(bad_at, key=lambda name: bad_at[name][0])
    time = subject.model.time
    # Between saved times a cause may have been no number, and be one again.
    last = (
        bad_at[earliest][0]
        if time.saveper > 1.5 * time.step
        else max(row for row, _ in bad_at.values())
    )
    explained = {
        one.effect
        for one in links(subject.model)
        if one.effect in bad_at
        and one.cause != one.effect
        and one.cause in bad_at
        and bad_at[one.cause][0] <= bad_at[one.effect][0]
    }
    others = [name for name in bad_at if name not in explained and name != earliest]
    return [earliest, *(name for name in others if bad_at[name][0] <= last)]


@dataclass(frozen=True)
class Reason:
    """Why a value is no finite number.

    Attributes:
        text: What its variable does, with the values of the operands; empty where it cannot be
            told.
        fix: How to mend it.
        culprit: The variable that is the divisor, or the operand that does not fit.
    """

    text: str = ""
    fix: str = ""
    culprit: str = ""


def explain(those: Runs, first: First) -> Reason:
    """Say which operation gave the value, with the values that it was given."""
    path = those.base
    step = round((first.time - path.time.initial) / path.time.step)
    if step >= path.states.shape[1]:
        return Reason()
    names = _operand_names(those, first.name)
    return _trace(those, int(path.program.outputs[first.name].flat[first.place]), step, names)


def _trace(those: Runs, number: int, step: int, names: dict[int, str], back: int = 2) -> Reason:
    """Find the first operation that made such a value of finite ones, in a step or just before."""
    path, program = those.base, those.base.program
    needed = reachable(program, [number])
    read = {op.extra for op in map(program.operations.__getitem__, needed) if op.code == "state"}
    if not read <= {one.index for one in those.states}:
        return Reason()  # What pipelines and samples hold is not known.
    states = np.zeros((len(program.states), 1, 1))
    for position, state in enumerate(those.states):
        states[state.index] = path.states[position, step]
    when, steps = path.times[step : step + 1], np.array([float(step)])
    values = {
        one: float(np.ravel(value)[0])
        for one, value in evaluate(program, states, when, steps, needed).items()
    }
    for one in needed:
        code, arguments, extra = program.operations[one]
        if not np.isfinite(values[one]) and all(np.isfinite(values[a]) for a in arguments):
            if code == "state" and step and back:
                earlier = _trace(those, program.states[extra].value, step - 1, names, back - 1)
                if earlier.text:
                    return earlier
            return _reason(those, program, one, values, names)
    return Reason()


def _reason(
    those: Runs,
    program: Program,
    number: int,
    values: dict[int, float],
    names: dict[int, str],
) -> Reason:
    code, arguments, extra = program.operations[number]
    if code == "state":
        return Reason(_overflow(those, extra), "look at its flows in the steps before")
    text = _TEXTS.get(code)
    if text is None:
        return Reason()
    shown = [_operand(program, one, values, names) for one in arguments]
    reason = text.format(*shown).rstrip(",")
    if code == "div" and values[arguments[1]] == 0 and values[arguments[0]] == 0:
        reason += " (0/0)"
    elif code not in ("div", "ln", "sqrt", "pow", "lookup", "arcsin", "arccos", "gamma ln"):
        reason += ": more than a number can hold"
    if any(values[one] == NA for one in arguments):
        reason += "; the value is :NA:"
    fix = _FIXES.get(code, "keep its operands within bounds with MIN and MAX")
    bad = arguments[-1] if code == "div" else arguments[0]
    culprit = names.get(bad, "")
    if code == "div" and culprit and program.operations[bad].code == "parameter":
        fix = f"give {culprit} another value than 0"
    return Reason(reason, fix, plain(culprit).partition("[")[0])


def _overflow(those: Runs, state: int) -> str:
    label = next((one.label for one in those.states if one.index == state), "a level")
    return f"has grown with {label} beyond what a number can hold"


def _operand_names(those: Runs, owner: str) -> dict[int, str]:
    """Name operations by variables: several may have one operation, as `a` and `b` if a = b.

    Those come first that stand in the equations of the variable that is no number, or, as its
    flows may be what went wrong, in the equations of these.
    """
    outputs = those.base.program.outputs
    causes: dict[str, list[str]] = {}
    for link in links(those.model):
        causes.setdefault(link.effect, []).append(link.cause)
    near = causes.get(owner, [])
    order = [*near, *(name for one in near for name in causes.get(one, [])), *outputs]
    names: dict[int, str] = {}
    for name in dict.fromkeys(one for one in order if one in outputs and one != owner):
        labels = element_labels(those.model, those.model.variables[name])
        for label, number in zip(labels, outputs[name].flat, strict=True):
            names.setdefault(int(number), label)
    return names


def _operand(program: Program, number: int, values: dict[int, float], names: dict[int, str]) -> str:
    """Name an operand with its value; of an expression the variables in it."""
    value = f"{values[number]:.6g}"
    if number in names:
        return f"{names[number]}, which is {value},"
    if program.operations[number].code in ("number", "time", "held time"):
        return value
    inside: dict[str, str] = {}
    pending = list(program.operations[number].arguments)
    while pending and len(inside) < 4:
        one = pending.pop(0)
        if one in names:
            inside.setdefault(names[one], f"{names[one]} = {values[one]:.6g}")
        else:
            pending += program.operations[one].arguments
    listed = f" ({', '.join(inside.values())})" if inside else ""
    return f"an expression{listed}, which is {value},"


def _check(subject: Subject) -> Outcome:
    first = first_not_finite(subject)
    findings = _base_findings(subject, first)
    summary = "All values of the base run are finite numbers"
    data: dict[str, object] = {"base run": not first}
    if first:
        one = first[0]
        summary = f"'{one.name}' is {one.what} at time {one.time:g} of the base run"
        others = len(first) - 1
        summary += f", and {others} other{'s' if others > 1 else ''} by themselves" * (others > 0)
    told = {one.name for one in first}
    if subject.study:
        looked = members(subject)
        groups = [one for one in looked.failures if not one.beyond_limit]
        findings += [
            subject.finding(
                _ID,
                "error",
                subject.model.variables[one.name],
                f"'{one.name}' {one.what} in {one.count:,} of {one.of:,} {one.kind}",
                evidence=f"first in {one.member} at time {one.time:g}",
                fix="run that member alone to see its operands",
                cause=f"'{one.name}' is no finite number",
            )
            for one in groups
            if one.name not in told
        ]
        summary += (
            f"; of {looked.plans} combinations of policy and scenario and {looked.members:,} "
            f"members with draws {sum(one.count for one in groups):,} have one that is not"
        )
        data["members"] = looked.members
    return Outcome(_ID, tuple(findings), summary, data)


def _base_findings(subject: Subject, found: Sequence[First]) -> list[Finding]:
    """Make an error of each; of those that the same constant makes so, one."""
    findings: dict[str, Finding] = {}
    for first in found:
        variable = subject.model.variables[first.name]
        label = element_labels(subject.model, variable)[first.place]
        reason = Reason()
        with suppress(TooLarge):
            reason = explain(runs(subject), first)
        culprit = subject.model.variables.get(reason.culprit)
        constant = culprit is not None and culprit.kind == "constant"
        key = f"constant {reason.culprit}" if constant else first.name
        if key in findings:
            one = findings[key]
            evidence = f"{one.evidence}, {label}" if one.evidence else f"also {label}"
            findings[key] = replace(one, evidence=evidence)
            continue
        why = f": it {reason.text}" if reason.text else ""
        findings[key] = subject.finding(
            _ID,
            "error",
            variable,
            f"{label} is {first.what} at time {first.time:g}{why}",
            text=reason.culprit,
            fix=reason.fix,
            cause=f"'{first.name}' is no finite number",
        )
    return list(findings.values())


CHECKS: tuple[Check, ...] = (
    Check(
        _ID,
        "All values are finite numbers",
        "Does any variable become infinite, or no number at all, in the base run or in any policy, "
        "scenario or draw? From there on nothing that depends on it means anything.",
        guarded(_ID, _check),
        ("forrester_senge1980",),
    ),
)
