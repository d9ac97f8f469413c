"""The times of a run, and the changes that a run can make."""

from __future__ import annotations

import math

import numpy as np

from flatgov.changes import FloatArray, check_changeable, check_value
from flatgov.errors import ModelError
from flatgov.model import Change, Model, TimeSettings, Variable


def time_points(time: TimeSettings) -> FloatArray:
    """Give the times at which results are kept: every SAVEPER from INITIAL to FINAL TIME."""
    return grid(time, time.saveper)


def step_times(time: TimeSettings) -> FloatArray:
    """Give the times of all steps: every TIME STEP from INITIAL to FINAL TIME."""
    return grid(time, time.step)


def count_points(time: TimeSettings, interval: float) -> int:
    """Count the points from INITIAL to FINAL TIME, both included, at an interval."""
    return int(np.floor((time.final - time.initial) / interval + 1e-6)) + 1


def grid(time: TimeSettings, interval: float) -> FloatArray:
    """Give the points from INITIAL to FINAL TIME at an interval: computed, not added up."""
    return time.initial + interval * np.arange(count_points(time, interval), dtype=np.float64)


def check_change(change: Change, variable: Variable, model: Model, time: TimeSettings) -> None:
    """Refuse a change that no run can make.

    Raises:
        ModelError: The variable cannot be changed, not so, or not at that time.
    """
    where = f"{model.path}, '{variable.name}'"
    check_changeable(variable, model, where)
    check_value(variable, change.operation, change.value, where)
    if not (math.isfinite(change.start) and math.isfinite(change.ramp)) or change.ramp < 0:
        raise ModelError("start and ramp of a change must be finite numbers", where=where)
    if variable.kind == "constant":
        return
    what = "the initial value of a stock" if variable.kind == "stock" else "a lookup"
    late = abs(change.start - time.initial) > 1e-9 * time.step
    if late or change.ramp or change.end is not None:
        raise ModelError(
            f"{what} changes only from the start of the run, for all of it",
            where=where,
            fix=f"give start = {time.initial:g} and neither ramp nor end",
        )
