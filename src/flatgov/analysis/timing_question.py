"""What `flatgov timing` is asked: starts, the variable, and what coming back is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from flatgov.analysis.compare import FloatArray
from flatgov.errors import StudyError
from flatgov.study.calendar import Clock
from flatgov.study.changes import find_variable

if TYPE_CHECKING:
    from flatgov.study.study import Study

MOST_STARTS = 500  # each is a policy to simulate
MOST_SHARE = 2.0  # a larger one is rather a percentage, such as 95


def start_times(first: float, last: float, every: float) -> list[float]:
    """Give the starts from the first to the last, `every` apart in model time.

    Raises:
        StudyError: There are none or too many.
    """
    if not (math.isfinite(every) and every > 0):
        raise StudyError(
            f"starts cannot be {every:g} apart", where="every", fix="give a time above 0"
        )
    if last < first:
        raise StudyError(
            f"the last start, {last:g}, is before the first, {first:g}",
            where="last start",
            fix="exchange them",
        )
    count = math.floor((last - first) / every + 1e-9) + 1
    if count > MOST_STARTS:
        raise StudyError(
            f"{count} starts are more than {MOST_STARTS}",
            where="every",
            fix="let them be farther apart",
        )
    return [first + every * number for number in range(count)]


def _moment(start: float | str) -> float | str:
    """Take any number for model time, one of NumPy as well."""
    number = isinstance(start, (int, float, np.number)) and not isinstance(start, bool)
    return float(start) if number else start


def checked_starts(given: Sequence[float | str], clock: Clock) -> FloatArray:
    """Give starts as model times.

    Args:
        given: Dates or model times, ascending, before the end of the run, at least a TIME STEP
            apart.
        clock: Of the study.

    Raises:
        StudyError: They do not fit.
    """
    starts = np.array([clock.time(_moment(start), "start") for start in given], dtype=np.float64)
    if not starts.size or (np.diff(starts) <= 0).any():
        raise StudyError("starts are needed one after the other", where="start")
    close = np.flatnonzero(np.diff(starts) < clock.settings.step * (1 - 1e-6))
    if close.size:
        one, other = (float(starts[close[0] + place]) for place in (0, 1))
        raise StudyError(
            f"the starts {one!r} and {other!r} in model time are closer than the TIME STEP of "
            f"{clock.settings.step:g}, and changes start with a step",
            where="start",
            fix="let them be farther apart",
        )
    if starts[-1] >= clock.settings.final:
        raise StudyError(
            f"a policy that starts at {clock.show(float(starts[-1]))} has no time before the end",
            where="start",
            fix=f"let the last one start before {clock.show(clock.settings.final)}",
        )
    return starts


def check_share(share: float) -> None:
    """Refuse what is no share of a value to come back to: NaN, 0 and less, more than 2."""
    if not 0 < share <= MOST_SHARE:
        raise StudyError(
            f"{share!r} is no share of a value to come back to",
            where="share",
            fix=f"give a number above 0 and at most {MOST_SHARE:g}, such as 0.95 for 95 %",
        )


def checked_other(study: Study, policy: str, against: str | None, share: float) -> str:
    """Give the policy whose value another one is to bring back.

    Args:
        study: The study.
        policy: The policy that moves.
        against: What the user named, a policy of the study; by default its first.
        share: How much of the value is enough.

    Raises:
        StudyError: It is the reference policy, to which everything is back at once unless the
            share is above 1; or it was not named, and the first policy is the one that moves.
    """
    other = next(iter(study.policies)) if against is None else against
    rest = [name for name in study.policies if name not in (policy, study.reference)]
    names = ", ".join(rest) or "another policy, once the study has one"
    fix = f"name it, on the command line by --against: {names}"
    if other == study.reference and share <= 1:
        raise StudyError(
            f"'{other}' is the reference policy, which '{policy}' starts from, so everything is "
            "back to it at once",
            where="against",
            fix=f"{fix}; or give a share above 1",
        )
    if other == policy and against is None:
        raise StudyError(
            f"'{other}', the first policy of the study, is the one that moves, so it does not say "
            "what coming back is",
            where="against",
            fix=fix,
        )
    return other


def checked_variable(study: Study, variable: str | None) -> str:
    """Give the name of the variable that is to come back.

    Args:
        study: The study; it must say which way the variable is better.
        variable: As the user spelled it; by default the first headline variable that is better
            when it is more.

    Raises:
        StudyError: There is none, or it does not fit.
    """
    if variable is None:
        names = [name for name in study.headline if study.better.get(name) == "more"]
        if not names:
            raise StudyError(
                "no headline variable is better when it is more", fix="name a variable"
            )
        return names[0]
    found = find_variable(study.model, variable, "")
    if found.subscripts:
        raise StudyError(f"'{found.name}' has elements", fix="name a variable without subscripts")
    if found.name not in study.better:
        raise StudyError(
            f"the study does not say which way '{found.name}' is better",
            fix=f"name one of {', '.join(study.better)}"
            if study.better
            else "say it for headline variables under [study.better] in policies.toml",
        )
    return found.name
