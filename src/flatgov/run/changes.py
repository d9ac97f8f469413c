"""What dated changes make of a value over time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from flatgov.model import Change, Operation

FloatArray = NDArray[np.float64]


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
    return before * 0.0 + value if share == 1.0 else before + (value - before) * share


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
