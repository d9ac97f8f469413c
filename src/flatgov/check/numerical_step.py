"""Do the numbers depend on TIME STEP, or on the integration method?"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from flatgov.changes import FloatArray
from flatgov.check.findings import Finding, Outcome, Severity
from flatgov.check.numerical_constants import too_fast
from flatgov.check.numerical_halving import LEAST_ORDER, LEAST_RANGE, SHARE, Halving, estimate
from flatgov.check.numerical_runs import (
    Path,
    Runs,
    finite_points,
    guarded,
    percent,
    plain,
    runs,
    shared,
)
from flatgov.check.subject import Check, Subject
from flatgov.model import Call, Expression, Model, Reference, Variable
from flatgov.reading.diagnose import walk

_STEP, _METHOD = "step size", "euler against rk4"

# The error above which it is a warning. Most published models that use Euler's method stand
# between 0.1 % and 5 %.
MUCH = 0.05

# An error that is larger cannot be estimated from the runs that make it.
_TOO_LARGE = 0.25

# A method of order p that is seen below this share of p runs over discontinuities.
_LOW = 0.6

ORDERS = {"euler": 1, "rk4": 4}

# What acts at once, and makes every method one of the first order or none.
_SUDDEN = frozenset(
    {
        *("PULSE", "PULSE TRAIN", "STEP", "DELAY FIXED", "SAMPLE IF TRUE", "IF THEN ELSE"),
        *("INTEGER", "QUANTUM", "MODULO", "DELAY BATCH"),
    }
)


def _halvings(subject: Subject) -> list[Halving]:
    """Compare the stocks and headline variables, those that are right longest."""
    those = runs(subject)
    base, half, quarter = those.base, those.half, those.quarter
    every, order = those.every, ORDERS[base.method]
    end = _finite_points(base, half, quarter, every)
    found = []
    for variable, label, values in _elements(those, base, half, quarter):
        first, second, third = values
        one = estimate(first[::every][:end], second[:end], third[:end], order)
        if one is not None:
            found.append(replace(one, variable=variable, label=label))
    return found


def _finite_points(base: Path, half: Path, quarter: Path, every: int) -> int:
    """Count the saved times up to the first value that is no finite number in any run."""
    own = (base.states[:, ::every], base.headline[:, ::every])
    return finite_points(*own, *(a for one in (half, quarter) for a in (one.states, one.headline)))


def _elements(those: Runs, *paths: Path) -> Iterator[tuple[Variable, str, tuple[FloatArray, ...]]]:
    """Give the stocks, and the headline variables that are none, in each run."""
    names = set()
    for place, one in enumerate(those.states):
        if one.stock:
            names.add(one.label)
            yield one.variable, one.label, tuple(path.states[place] for path in paths)
    for place, (variable, label) in enumerate(those.headline):
        if label not in names:
            yield variable, label, tuple(path.headline[place] for path in paths)


def _why_not(subject: Subject) -> str:
    """Say why runs with other steps cannot be compared."""
    those = runs(subject)
    if not any(one.stock for one in those.states):
        return "the model has no stock"
    if any(op.code == "random" for op in those.base.program.operations):
        return "random numbers are drawn anew in every step, so another TIME STEP has other ones"
    if (
        len(those.saved) < 2
        or _finite_points(those.base, those.half, those.quarter, those.every) < 2
    ):
        return "the run has no second saved time with finite numbers"
    return ""


def _check_step(subject: Subject) -> Outcome:
    reason = _why_not(subject)
    if reason:
        return Outcome(_STEP, skipped=reason)
    those = runs(subject)
    found = shared(subject, "halvings", lambda: _halvings(subject))
    if not found:
        return Outcome(_STEP, summary="All stocks are 0 throughout")
    worst = _worst(found)
    orders = [one.order for one in found if not math.isnan(one.order)]
    time = those.base.time
    order = float(np.median(orders)) if orders else math.nan
    summary = (
        f"TIME STEP {time.step:g} and its half and quarter: the largest error is estimated as "
        f"{percent(worst.error)} of the range of {worst.label}, at time "
        f"{those.saved[worst.at]:g}"
    )
    if any(one.moved for one in found):
        told = f"{order:.2f}" if orders else "not settled"
        summary += f"; observed order {told} (expected {ORDERS[those.base.method]})"
    return Outcome(
        _STEP,
        tuple(_step_findings(subject, those, found, worst)),
        summary,
        {
            "time step": time.step,
            "method": those.base.method,
            "order": _number(order),
            "error": worst.error,
            "elements": [_as_data(those, one) for one in found],
            "pipelines and samples": those.others,
            "sudden": sorted(sudden(subject.model)),
        },
    )


def _step_findings(
    subject: Subject, those: Runs, found: Sequence[Halving], worst: Halving
) -> Iterator[Finding]:
    time, method = those.base.time, those.base.method
    every = [one for one in found if one.error > SHARE]
    # One mistake is one warning: `time constants` names what is too fast. What else is wrong must
    # not hide behind it.
    fast = too_fast(subject)
    rest = [one for one in every if one.variable.name not in fast]
    severity: Severity = "warning" if rest else "note"
    wrong = rest or every
    worst = _worst(wrong) if wrong else worst
    parted = [one for one in wrong if one.parts >= 0]
    names = ", ".join(sorted(sudden(subject.model)))
    if parted:
        first = min(parted, key=lambda one: one.parts)
        yield subject.finding(
            _STEP,
            severity,
            first.variable,
            f"TIME STEP {time.step:g} takes {first.label} off its path by more than "
            f"{percent(SHARE)} of its range from time {those.saved[first.off]:g} on, and from time "
            f"{those.saved[first.parts]:g} on {time.step / 2:g} and {time.step / 4:g} do not come "
            "to one path either",
            evidence=f"{len(parted)} of {len(found)} stocks and headline variables"
            + (f"; the model uses {names}" if names else ""),
            fix="use a much smaller TIME STEP"
            + (
                f"; if time {those.saved[first.parts]:g} then hardly moves the model is chaotic, "
                "and only the time before can be read off"
                if any(one.sensitive for one in parted)
                else ""
            ),
        )
    elif wrong:
        used = worst.order if worst.order < ORDERS[method] else float(ORDERS[method])
        step = time.step
        while step > time.step / 1024 and worst.error * (step / time.step) ** used > SHARE:
            step /= 2
        yield subject.finding(
            _STEP,
            severity if worst.error > MUCH else "note",
            worst.variable,
            f"TIME STEP {time.step:g} makes an error of {percent(worst.error)} of the range of "
            f"{worst.label} at time {those.saved[worst.at]:g}: {worst.absolute:.3g} "
            f"{worst.variable.units}".rstrip(),
            evidence=f"{len(wrong)} of {len(found)} stocks and headline variables above "
            f"{percent(SHARE)}",
            fix=f"use TIME STEP {step:g}{_or_rk4(those)}",
        )
    low = [one for one in found if LEAST_ORDER <= one.order < _LOW * ORDERS[method]]
    if low and not wrong and method == "rk4":
        yield subject.finding(
            _STEP,
            "note",
            low[0].variable,
            f"halving TIME STEP shows order {low[0].order:.2f} for {low[0].label} in place of "
            f"{ORDERS[method]}, which tells of jumps or kinks within steps",
            evidence=f"{len(low)} of {len(found)} stocks and headline variables"
            + (f"; the model uses {names}" if names else ""),
            fix="do not count on the accuracy of RK4",
        )


def _worst(found: Sequence[Halving]) -> Halving:
    """Give the largest error; of those that are the same up to rounding the first in the file."""
    return max(found, key=lambda one: float(f"{one.error:.6g}"))


def _or_rk4(those: Runs) -> str:
    """Advise RK4 where with this step it is on the path that it has with half of it."""
    if those.base.method == "rk4" or held_back(those.model):
        return ""
    every = those.every
    own, half = those.other, those.other_half
    end = finite_points(
        own.states[:, ::every], own.headline[:, ::every], half.states, half.headline
    )
    if end < len(those.saved):
        return ""
    for _, _, (a, b) in _elements(those, own, half):
        size = max(float(np.ptp(b)), LEAST_RANGE * float(np.abs(b).max()))
        if float(np.abs(a[::every] - b).max()) > SHARE * size:
            return ""
    return " or RK4"


def _check_method(subject: Subject) -> Outcome:
    reason = _why_not(subject)
    if not reason and (name := held_back(subject.model)):
        reason = (
            f"'{name}' is limited to what a stock holds in a TIME STEP: a rule of Euler's method"
        )
    if reason:
        return Outcome(_METHOD, skipped=reason)
    those = runs(subject)
    every, end = those.every, _finite_points(those.base, those.half, those.quarter, those.every)
    rows = []
    for variable, label, (own, other) in _elements(those, those.base, those.other):
        a, b = own[::every][:end], other[::every][:end]
        size = max(float(np.ptp(a)), float(np.ptp(b)), LEAST_RANGE * float(np.abs(a).max()))
        if size and np.isfinite(b).all():
            at = int(np.abs(a - b).argmax())
            rows.append((float(abs(a[at] - b[at])) / size, at, variable, label, a, b))
    if not rows:
        return Outcome(_METHOD, skipped="the other method gives no finite numbers")
    share, at, variable, label, a, b = max(rows, key=lambda row: row[0])
    euler, rk4 = (a, b) if those.base.method == "euler" else (b, a)
    growth = swings(euler) / swings(rk4) if swings(rk4) else math.nan
    summary = (
        f"Euler's method and RK4 with TIME STEP {those.base.time.step:g} differ by "
        f"{percent(share)} of the range of {label} at most, at time {those.saved[at]:g}"
    )
    findings = []
    found = shared(subject, "halvings", lambda: _halvings(subject))
    right = {one.label for one in found if one.error <= SHARE}
    grows = growth > 1 + 10 * SHARE
    euler_is_own = those.base.method == "euler"
    apart = any(one.parts >= 0 for one in found)  # Then `step size` says so.
    if euler_is_own and share > SHARE and not apart and (grows or label in right):
        what = f"RK4 gives {b[at]:.4g} for {label} at time {those.saved[at]:g}, Euler {a[at]:.4g}"
        if grows:
            what += (
                f"; the swings of Euler's method end {growth:.3g} times as wide, as it makes "
                "oscillations grow"
            )
        findings.append(
            subject.finding(
                _METHOD,
                "note",
                variable,
                what,
                evidence=f"{percent(share)} of its range",
                fix="use RK4 or a smaller TIME STEP" if grows else "use a smaller TIME STEP",
            )
        )
    return Outcome(
        _METHOD,
        tuple(findings),
        summary,
        {
            "difference": share,
            "variable": label,
            "time": float(those.saved[at]),
            "swings of euler over rk4": _number(growth),
        },
    )


def swings(values: FloatArray) -> float:
    """Measure how wide a path swings in its second half; 0 if it turns less than three times.

    The width is that between the highest and the lowest of its turning points.
    """
    late = values[len(values) // 2 :]
    slopes = np.sign(np.diff(late))
    slopes = slopes[slopes != 0]
    if np.count_nonzero(slopes[1:] != slopes[:-1]) < 3:
        return 0.0
    inner: NDArray[np.float64] = late[1:-1]
    turns = (np.diff(late)[:-1] * np.diff(late)[1:]) <= 0
    return float(np.ptp(inner[turns]))


def held_back(model: Model) -> str:
    """Name a variable that is limited by what a stock holds: MIN(x, stock / TIME STEP).

    So the readers write the outflows of non-negative stocks of XMILE, and authors their own. It is
    right for Euler's method, which takes what it sees at the start of a step for all of it; RK4
    looks ahead within the step, where there is less in the stock.
    """
    stocks = {one.name for one in model.variables.values() if one.kind == "stock"}
    for variable in model.variables.values():
        for equation in variable.equations:
            limits = [part for part in walk(equation.expression) if _is_call(part, "MIN")]
            if any(_over_step(part, stocks) for one in limits for part in walk(one)):
                return variable.name
    return ""


def _is_call(part: Expression, function: str) -> bool:
    return isinstance(part, Call) and part.function == function


def _over_step(part: Expression, stocks: set[str]) -> bool:
    """Tell whether an expression divides something with a stock by TIME STEP."""
    if not (isinstance(part, Call) and part.function == "/"):
        return False
    held, step = part.arguments
    if not (isinstance(step, Reference) and step.name == "TIME STEP"):
        return False
    return any(isinstance(one, Reference) and one.name in stocks for one in walk(held))


def sudden(model: Model) -> set[str]:
    """Give the functions of a model that jump."""
    macros = [one for macro in model.macros.values() for one in macro.variables.values()]
    variables = [*model.variables.values(), *macros]
    equations = (equation for variable in variables for equation in variable.equations)
    parts = (part for equation in equations for part in walk(equation.expression))
    return {part.function for part in parts if isinstance(part, Call)} & _SUDDEN


def _number(value: float) -> float | None:
    return None if math.isnan(value) else value


def _as_data(those: Runs, one: Halving) -> dict[str, Any]:
    return {
        "element": plain(one.label),
        "error": one.error,
        "time": float(those.saved[one.at]),
        "order": _number(one.order),
    }


CHECKS: tuple[Check, ...] = (
    Check(
        _STEP,
        "TIME STEP is small enough",
        "Do stocks and headline variables stay where they are when TIME STEP is halved, and halved "
        "again? What changes is an error of the calculation, not a result of the model.",
        guarded(_STEP, _check_step),
        ("sterman2000",),
    ),
    Check(
        _METHOD,
        "Euler's method and RK4 agree",
        "Does the other integration method give the same paths? Euler's method makes oscillations "
        "grow that are none, or grow too fast.",
        guarded(_METHOD, _check_method),
        ("sterman2000",),
    ),
)
