"""What can be changed, and what dated changes make of a value over time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from flatgov.errors import ModelError
from flatgov.model import Change, Model, Operation, Variable, references

FloatArray = NDArray[np.float64]

_CHANGEABLE = ("constant", "stock", "lookup")


def check_changeable(variable: Variable, model: Model, where: str) -> None:
    """Refuse a variable that an equation computes, or that decides the time settings.

    Raises:
        ModelError: It is neither a constant, nor a stock, nor a lookup; or TIME STEP, say, uses
            it.
    """
    if variable.name in model.time_constants:
        raise ModelError(
            f"'{variable.name}' decides the time settings and cannot be changed in a run",
            where=where,
            fix="change it in the model file, or give time_step, saveper or final_time",
        )
    if variable.kind in _CHANGEABLE:
        return
    used = dict.fromkeys(
        name for equation in variable.equations for name in references(equation.expression)
    )
    fix = "change a constant, the initial value of a stock or a lookup table"
    if used:
        fix += f", such as one of those that it uses: {', '.join(used)}"
    article = "an" if variable.kind[0] in "aeiou" else "a"
    raise ModelError(
        f"'{variable.name}' is {article} {variable.kind} and cannot be changed",
        where=where,
        fix=fix,
    )


def check_value(variable: Variable, operation: Operation, value: float, where: str) -> None:
    """Refuse a value that is not finite, does not fit the kind, or is set beyond the limits.

    What `add` and `scale` lead to depends on the changes before them; it is not checked here.

    Args:
        variable: A constant, stock or lookup.
        operation: What the value does.
        value: The value, the summand or the factor.
        where: The place of the value, for the message.

    Raises:
        ModelError: The value does not fit.
    """
    if not math.isfinite(value):
        raise ModelError(f"{value} is no value", where=where, fix="give a finite number")
    if variable.kind == "lookup":
        if operation != "scale":
            raise ModelError(
                f"'{variable.name}' is a lookup table and cannot be {operation}",
                where=where,
                fix='use operation = "scale"; it multiplies the outputs',
            )
        return
    if operation == "set" and (limit := limit_passed(variable, value)):
        raise ModelError(
            f"'{variable.name}' would be {value:g}, {limit}",
            where=where,
            fix=f"give a value that keeps it {range_text(variable)}",
        )


def limit_passed(variable: Variable, value: float) -> str:
    """Tell which limit of a variable a value is beyond: ``above the upper limit 20 of the model``.

    Returns:
        Nothing for a value within the limits, or beyond them by no more than rounding.
    """
    low, high = variable.limits
    if low is not None and value < low and not _equal(value, low):
        return f"below the lower limit {low:g} of the model"
    if high is not None and value > high and not _equal(value, high):
        return f"above the upper limit {high:g} of the model"
    return ""


def _equal(value: float, limit: float) -> bool:
    return math.isclose(value, limit, rel_tol=1e-9, abs_tol=1e-12)


def range_text(variable: Variable) -> str:
    """Write the limits of a variable that has any: ``between 0 and 20``."""
    low, high = variable.limits
    if low is None:
        return f"at most {high:g}"
    if high is None:
        return f"at least {low:g}"
    return f"between {low:g} and {high:g}"


def strength(change: Change, times: FloatArray, step: float) -> FloatArray:
    """Tell how much of a change holds at each time, from 0 (nothing) to 1 (all of it).

    Args:
        change: The change.
        times: Model times.
        step: The TIME STEP; a time within 1e-9 steps of a boundary counts as on it.
    """
    slack = 1e-9 * step
    full = change.start + change.ramp
    share = (times - change.start) / change.ramp if change.ramp > 0 else np.zeros_like(times)
    share = np.where(times >= full - slack, 1.0, share)
    share = np.where(times < change.start - slack, 0.0, np.clip(share, 0.0, 1.0))
    if change.end is not None:
        share = np.where(times >= change.end - slack, 0.0, share)
    return np.asarray(share, dtype=np.float64)


def apply(operation: Operation, before: Any, value: float, share: float) -> Any:
    """Change one value, or an array of values, by a share of an operation."""
    if share == 0.0:
        return before
    if operation == "add":
        return before + value * share
    if operation == "scale":
        return before * (value if share == 1.0 else 1.0 + (value - 1.0) * share)
    if share < 1.0:
        return before + (value - before) * share
    # A number is replaced, also one that is not known (NaN); an array keeps its shape.
    return value if np.ndim(before) == 0 else before * 0.0 + value


def values_over_time(
    base: Any, changes: Sequence[Change], times: FloatArray, step: float
) -> list[Any]:
    """Apply the changes of one variable, in order, at each time.

    Args:
        base: The value without changes: a number, or an array for a subscripted variable.
        changes: All of this variable.
        times: Model times.
        step: The TIME STEP.

    Returns:
        A value for each time.
    """
    shares = [strength(change, times, step) for change in changes]
    values = []
    for index in range(len(times)):
        value = base
        for change, share in zip(changes, shares, strict=True):
            value = apply(change.operation, value, change.value, float(share[index]))
        values.append(value)
    return values
