"""A FINAL TIME that changes during the run: each member ends where its Time has reached it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from flatgov.changes import FloatArray
from flatgov.errors import ModelError
from flatgov.model import FINAL_TIME, Model, TimeSettings


def moves(model: Model) -> bool:
    """Tell whether a model's FINAL TIME changes during the run."""
    return FINAL_TIME in model.variables


def refuse_moving(model: Model, what: str) -> None:
    """Refuse what needs a fixed FINAL TIME.

    Raises:
        ModelError: The model's FINAL TIME changes during the run.
    """
    if moves(model):
        raise ModelError(
            f"FINAL TIME changes during the run, which {what} cannot have",
            where=f"{model.path}, '{FINAL_TIME}', line {model.variables[FINAL_TIME].line}",
            fix="write it as a number or an expression of constants",
        )


def after_end(final: FloatArray, time: TimeSettings, where: str) -> NDArray[np.bool_]:
    """Find the steps that come after a member's end.

    The last step of a member is the first at which Time is at or past the FINAL TIME of that
    step.

    Args:
        final: FINAL TIME (plan, draw, step).
        time: The time settings; the last step is the one at its `final`, or next to it.
        where: The model, for the message.

    Raises:
        ModelError: A member's FINAL TIME lies beyond the last step.
    """
    times = time.initial + time.step * np.arange(final.shape[-1])
    near = 1e-6 * time.step
    reached = times >= final - near
    late = ~reached.any(axis=-1) & (final[..., -1] > time.final + near)
    if late.any():
        raise ModelError(
            f"FINAL TIME is {final[late][0, -1]:g} at time {times[-1]:g}, past the "
            f"{time.final:g} that it is at the start of the model",
            where=where,
            fix="let it start from its largest value",
        )
    after = np.zeros(final.shape, dtype=bool)
    after[..., 1:] = np.logical_or.accumulate(reached, axis=-1)[..., :-1]
    return after


def without_steps_after(
    values: Mapping[str, FloatArray], after: NDArray[np.bool_]
) -> dict[str, FloatArray]:
    """Put NaN in place of what comes after a member's end.

    Args:
        values: Arrays (plan, draw, time, subscripts) by variable.
        after: (plan, draw, time) True after the end.
    """
    return {
        name: np.where(after.reshape(*after.shape, *(1,) * (array.ndim - 3)), np.nan, array)
        for name, array in values.items()
    }
