"""Extreme conditions: every input at 0, at its limits and at 10^6 times its value."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from flatgov.check.extreme_runs import Failure, judge_trials
from flatgov.check.extreme_trials import Trial, find_inputs, find_trials
from flatgov.check.findings import Finding, Outcome, Severity
from flatgov.check.subject import Check, Subject
from flatgov.errors import FlatgovError
from flatgov.model import Variable

ID = "extreme conditions"

# Operations times steps times members that are simulated: a second or two.
_WORK = 2e9
_LISTED = 6  # trials that the evidence of a finding names
_NO_NUMBER = ("not a number", "infinite")

_Case = tuple[Trial, Failure]


def run(subject: Subject) -> Outcome:
    """Try every input at its extremes, one at a time, from the start of the run.

    Returns:
        Findings by what failed, with the trials that make it fail. The data have every trial.
    """
    from flatgov.run.final_time import moves
    from flatgov.run.native import lowered, undefined_elements

    model = subject.model
    if moves(model):
        return Outcome(ID, skipped="FINAL TIME changes during the run")
    try:
        base = subject.base
        program = lowered(model, model.time)
        if broken := _not_finite(base, undefined_elements(model)):
            return Outcome(ID, skipped=f"'{broken}' is no number in the model's own run")
        inputs = find_inputs(model, program, base)
        all_trials = find_trials(model, inputs)
        steps = max((model.time.final - model.time.initial) / model.time.step, 1.0)
        most = max(int(_WORK / (len(program.operations) * steps)), 8)
        trials = all_trials[:most]
        failures = judge_trials(model, inputs, trials, base, subject.seed) if trials else []
    except FlatgovError as error:
        return Outcome(ID, skipped=f"the model cannot be run: {error.what}")
    findings = _findings(subject, trials, failures)
    return Outcome(
        ID,
        findings,
        _summary(len(inputs), len(all_trials), trials, failures),
        {
            "inputs": len(inputs),
            "trials": [_row(trial, own) for trial, own in zip(trials, failures, strict=True)],
        },
    )


def _not_finite(base: Any, undefined: frozenset[tuple[str, int]]) -> str:
    """Name a variable of the model's own run that is no finite number."""
    for name, array in base.items():
        gaps = [place for variable, place in undefined if variable == name]
        flat = np.delete(array.reshape(len(array), -1), gaps, axis=1)
        if not np.isfinite(flat).all():
            return str(name)
    return ""


def _findings(
    subject: Subject, trials: Sequence[Trial], failures: Sequence[Sequence[Failure]]
) -> tuple[Finding, ...]:
    """Make one finding of all trials in which the same variable fails in the same way.

    They are those within declared limits, as what the model's own limits allow must not make
    nonsense. All trials that nothing forbids are one note: their cause is one, that the model does
    not say what its inputs may be. What the limits forbid is tried for the record only: a share
    leaves 0 to 1, and growth overflows, if the inputs that they are made of do.
    """
    groups: dict[tuple[str, str], list[_Case]] = {}
    loose: list[_Case] = []
    for trial, own in zip(trials, failures, strict=True):
        for failure in own:
            stops = failure.kind in _NO_NUMBER
            if trial.range == "within":
                key = (failure.variable, "no number" if stops else failure.kind)
                groups.setdefault(key, []).append((trial, failure))
            elif trial.range == "open":
                loose.append((trial, failure))
            if stops:  # It makes nonsense of all that follows.
                break
    found = [_finding(subject, cases) for cases in groups.values()]
    order = list(subject.model.variables)
    found.sort(key=lambda one: order.index(one.variable) if one.variable else len(order))
    return (*found, *([_loose_finding(subject, loose)] if loose else []))


def _finding(subject: Subject, cases: Sequence[_Case]) -> Finding:
    trial, failure = cases[0]
    variable = subject.model.variables.get(failure.variable)
    more = len(cases) - 1
    others = "" if not more else f", and with {more} other extreme{'s' if more > 1 else ''}"
    return subject.finding(
        ID,
        _severity(subject, variable, failure),
        variable,
        f"{_outcome(trial, failure)}, which its limits {_limits(trial.variable)} allow{others}",
        evidence=_listed([one.shown for one, _ in cases[1:]], "also when "),
        fix=_fix(trial, failure, variable, subject.model.time.initial),
        cause=failure.variable,
    )


def _severity(subject: Subject, variable: Variable | None, failure: Failure) -> Severity:
    """Weigh a failure within declared limits.

    Noise may carry a stock below zero that has no limit against it.
    """
    from flatgov.run.native import uses_random_numbers

    open_below = variable is None or variable.limits[0] is None
    chance = failure.kind == "negative" and open_below
    return "note" if chance and uses_random_numbers(subject.model) else "warning"


def _loose_finding(subject: Subject, cases: Sequence[_Case]) -> Finding:
    inputs = dict.fromkeys(trial.variable.name for trial, _ in cases)
    stopped = sum(failure.kind in _NO_NUMBER for _, failure in cases)
    parts = [
        f"a value that is no finite number {_times(stopped)}" if stopped else "",
        f"a stock below zero or a share outside of 0 to 1 {_times(len(cases) - stopped)}"
        if len(cases) > stopped
        else "",
    ]
    what = (
        f"{len(inputs)} input{'s' if len(inputs) > 1 else ''} that no limit keeps from 0 or from "
        f"10^6 times {'their' if len(inputs) > 1 else 'its'} value "
        f"give{'s' if len(inputs) == 1 else ''} {' and '.join(part for part in parts if part)}"
    )
    return subject.finding(
        ID,
        "note",
        None,
        what,
        evidence=_listed([_outcome(*case) for case in cases]),
        fix="give these inputs the limits that they have in the real system; the check then "
        "tells failures within them from others",
        cause="inputs without limits",
    )


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count} times")


def _outcome(trial: Trial, failure: Failure) -> str:
    if not failure.variable:
        return f"some variable {_became(failure)} when {trial.shown}"
    return f"'{failure.variable}' {_became(failure)} at time {failure.time:g} when {trial.shown}"


def _listed(texts: Sequence[str], before: str = "") -> str:
    return before + "; ".join([*texts[:_LISTED], *["…"][: len(texts) > _LISTED]]) if texts else ""


def _became(failure: Failure) -> str:
    match failure.kind:
        case "negative":
            return f"falls below zero ({failure.value:g})"
        case "below 0" | "above 1":
            return f"leaves its limits 0 to 1 ({failure.value:g})"
    return f"is {failure.kind}"


def _limits(variable: Variable) -> str:
    """Write limits as Vensim does: ``[0,?]``."""
    low, high = ("?" if limit is None else f"{limit:g}" for limit in variable.limits)
    return f"[{low},{high}]"


def _fix(trial: Trial, failure: Failure, variable: Variable | None, start: float) -> str:
    name = trial.variable.name
    if failure.kind == "negative":
        return f"let its outflows fall with the stock, or narrow the limits of '{name}'"
    if failure.kind in ("below 0", "above 1"):
        return f"let its equation keep it between 0 and 1, or narrow the limits of '{name}'"
    if failure.kind == "infinite" and failure.time > start:
        return (
            "see what divides by 0 or should bound its growth, or give "
            f"'{name}' limits that forbid the value"
        )
    guarded = "the flows of the stock" if variable and variable.kind == "stock" else "its equation"
    return f"guard {guarded} (ZIDZ, XIDZ, MAX), or give '{name}' limits that forbid the value"


def _row(trial: Trial, failures: Sequence[Failure]) -> dict[str, Any]:
    return {
        "input": trial.variable.name,
        "extreme": trial.extreme,
        "value": trial.value if math.isfinite(trial.value) else None,
        "limits": trial.range,
        "failures": [
            {
                "variable": one.variable,
                "what": one.kind,
                "time": one.time if math.isfinite(one.time) else None,
                "value": one.value if math.isfinite(one.value) else None,
            }
            for one in failures
        ],
    }


def _summary(
    inputs: int, possible: int, trials: Sequence[Trial], failures: Sequence[Sequence[Failure]]
) -> str:
    within = [own for one, own in zip(trials, failures, strict=True) if one.range == "within"]
    rest = [own for one, own in zip(trials, failures, strict=True) if one.range != "within"]
    text = (
        f"{inputs} inputs at {len(trials)} extremes: {sum(map(bool, within))} of {len(within)} "
        f"within declared limits fail, {sum(map(bool, rest))} of {len(rest)} without or beyond "
        "limits"
    )
    left = possible - len(trials)
    return text + (f"; {left} more were left out, as they take too long" if left else "")


CHECKS = (
    Check(
        ID,
        "The model stays sensible under extreme conditions",
        "Does each input, set to nothing, to the ends of its limits or to a million times its "
        "value, leave every number finite, stocks above zero and shares between 0 and 1? A model "
        "that breaks where its limits allow it is wrong somewhere in between, too.",
        run,
        ("forrester_senge1980", "sterman2000"),
    ),
)
