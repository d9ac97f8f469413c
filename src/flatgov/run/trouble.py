"""Members with a value that is no finite number, or beyond the limits of the model."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from flatgov.changes import FloatArray
from flatgov.model import Model
from flatgov.run.grid import time_points

OK, NOT_A_NUMBER, INFINITE, BELOW, ABOVE = range(5)


@dataclass
class Trouble:
    """What is first wrong with each member.

    Attributes:
        status: (plan, draw) one of `OK`, `NOT_A_NUMBER`, `INFINITE`, `BELOW` and `ABOVE`, the
            last two for a value beyond the limits of the model.
        variable: (plan, draw) the first variable that is wrong, as its place in
            `Model.variables`; -1 where nothing is.
        time: (plan, draw) when it is, in model time; NaN where nothing is.
    """

    status: NDArray[np.uint8]
    variable: NDArray[np.int32]
    time: FloatArray

    @classmethod
    def none(cls, plans: int, draws: int) -> Trouble:
        """Give members with which nothing is wrong."""
        shape = (plans, draws)
        return cls(np.zeros(shape, np.uint8), np.full(shape, -1, np.int32), np.full(shape, np.nan))

    def put(self, part: Trouble, plans: slice, draws: slice) -> None:
        """Take over what was found for some of the members."""
        for own, other in (
            (self.status, part.status),
            (self.variable, part.variable),
            (self.time, part.time),
        ):
            own[plans, draws] = other


def find_trouble(
    model: Model,
    values: Mapping[str, FloatArray],
    limited: Collection[str],
    undefined: Collection[tuple[str, int]] = (),
    *,
    members: tuple[int, int],
) -> Trouble:
    """Find the first value of each member that is wrong: the earliest, and then the first given.

    Args:
        model: The model.
        values: Arrays (plan, draw, time, subscripts) by variable, causes before effects. There
            are none where nothing is kept and no variable has limits.
        limited: The variables whose limits are to be kept.
        undefined: Elements, as variable and position, that no equation defines.
        members: The number of plans and of draws.
    """
    trouble = Trouble.none(*members)
    times = time_points(model.time)
    places = {name: place for place, name in enumerate(model.variables)}
    for name, whole in values.items():
        gaps = [place for variable, place in undefined if variable == name]
        array = np.delete(whole.reshape(*whole.shape[:3], -1), gaps, axis=3) if gaps else whole
        low, high = model.variables[name].limits if name in limited else (None, None)
        bounds = (-np.inf if low is None else _lower(low), np.inf if high is None else _upper(high))
        # Nearly always all is well, which the smallest and the largest value tell.
        least, most = array.min(initial=np.inf), array.max(initial=-np.inf)
        if np.isfinite(least) and np.isfinite(most) and bounds[0] <= least and most <= bounds[1]:
            continue
        _note(trouble, array, bounds, places[name], times)
    return trouble


def _lower(limit: float) -> float:
    """Give what is beyond a lower limit by more than rounding; as `flatgov.changes`."""
    return limit - max(1e-9 * abs(limit), 1e-12)


def _upper(limit: float) -> float:
    return limit + max(1e-9 * abs(limit), 1e-12)


def _note(
    trouble: Trouble,
    array: FloatArray,
    bounds: tuple[float, float],
    place: int,
    times: FloatArray,
) -> None:
    """Note where a variable is wrong before any that was noted."""
    kinds = np.zeros(array.shape[:3], np.uint8)
    elements = tuple(range(3, array.ndim))
    # What is written last counts: a value that is no number is worse than one beyond a limit.
    for kind, wrong in (
        (ABOVE, array > bounds[1]),
        (BELOW, array < bounds[0]),
        (INFINITE, np.isinf(array)),
        (NOT_A_NUMBER, np.isnan(array)),
    ):
        kinds[wrong.any(axis=elements)] = kind
    wrong = kinds != OK
    at = wrong.argmax(axis=2)
    when = times[at]
    earlier = wrong.any(axis=2) & ~(trouble.time <= when)
    trouble.status[earlier] = np.take_along_axis(kinds, at[..., None], axis=2)[..., 0][earlier]
    trouble.variable[earlier] = place
    trouble.time[earlier] = when[earlier]


# Of a variable: its name, its line, and its limits, None where open.
Named = tuple[str, int, float | None, float | None]


def named_variables(model: Model) -> list[Named]:
    """Give what a reason says of each variable, in the order of the model."""
    return [(one.name, one.line, *one.limits) for one in model.variables.values()]


def reason_text(named: Sequence[Named], status: int, variable: int, time: float) -> str:
    """Say what is wrong with a member: ``'x' (line 12) is not a number at time 37.5``.

    Returns:
        Nothing where nothing is wrong.
    """
    if status == OK:
        return ""
    name, line, low, high = named[variable]
    what = {
        NOT_A_NUMBER: "is not a number",
        INFINITE: "is infinite",
        BELOW: f"is below its lower limit {low or 0:g}",
        ABOVE: f"is above its upper limit {high or 0:g}",
    }[status]
    return f"'{name}' (line {line}) {what} at time {time:g}"


def reason_texts(
    named: Sequence[Named],
    status: NDArray[np.uint8],
    variable: NDArray[np.int32],
    when: FloatArray,
) -> NDArray[np.object_]:
    """Say for each member what is wrong with it; nothing for one that is right."""
    texts = np.full(status.shape, "", dtype=object)
    for place in np.argwhere(status != OK):
        at = tuple(place)
        texts[at] = reason_text(named, int(status[at]), int(variable[at]), float(when[at]))
    return texts
