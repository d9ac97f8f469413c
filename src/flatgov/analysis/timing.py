"""When a policy starts, and until when it still brings a variable back."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from flatgov.analysis import compare
from flatgov.analysis.compare import BoolArray, FloatArray
from flatgov.analysis.effects import CONFIDENCE, QUANTILES
from flatgov.analysis.proportion import wilson_interval
from flatgov.analysis.rows import read_row, rows_of
from flatgov.errors import StudyError
from flatgov.run.ensemble import OK
from flatgov.study.calendar import Clock
from flatgov.study.changes import find_variable
from flatgov.study.moved import moved
from flatgov.study.policies import check_names

if TYPE_CHECKING:
    import xarray as xr

    from flatgov.run.events import Event
    from flatgov.study.study import Study

LEVELS = (0.9, 0.5, 0.1)
MOMENTS = ("end", "after")
MOST_STARTS = 500  # each is a policy to simulate

# Variables of a dataset: dimensions and values.
Variables = dict[str, tuple[tuple[str, ...], FloatArray]]


def timing(
    study: Study,
    policy: str,
    starts: Sequence[float | str],
    *,
    variable: str | None = None,
    against: str | None = None,
    share: float = 0.95,
    scenario: str | None = None,
    draws: int = 1000,
    seed: int = 0,
    progress: Callable[[Event], None] | None = None,
) -> xr.Dataset:
    """Let a policy start at several times, and tell until when it brings a variable back.

    A variable is *back* in a draw if it reaches a share of what it is under another policy in the
    same draw at the same time; one that is better when less is back if that other value is at
    least this share of it. This is asked at two moments: at the ``end`` of the run, when a late
    policy has had less time, and ``after`` the same time since each start, which is the time from
    the last of the starts to the end of the run. Between saved times values are linear.

    Args:
        study: The study; it must say which way the variable is better.
        policy: The policy that moves; see `flatgov.study.moved.moved`.
        starts: Dates or model times, ascending, before the end of the run, at least a TIME STEP
            apart.
        variable: By default the first headline variable that is better when it is more.
        against: The policy that says what "back" is; by default the first of the study.
        share: How much of its value is enough, above 0.
        scenario: By default the default scenario.
        draws: How many.
        seed: Of the draws.
        progress: As in `Study.run`.

    Returns:
        A float64 dataset with the dimensions ``start`` (model time, with a ``date``), ``moment``
        (``end``, ``after``), ``quantile``, ``draw`` and ``probability``:

        - ``level (start, moment, quantile)``: of the variable under the policy;
        - ``back (start, moment)``: the share of draws in which it is back, with ``back_low`` and
          ``back_high`` (95 %, `wilson_interval`); ``back_without``: the same under the reference
          policy of the study, which is history without the policy;
        - ``draws_paired (start)``: the draws in which the policy and `against` both ran;
        - ``last_start (draw, moment)``: the last of the starts that still brings it back, the
          point of no return of that draw; NaN if none does, or a member of the draw failed
          (``counted (draw)`` is then 0);
        - ``last_share (start, moment)``: the share of the counted draws in which this is the last
          start, for the last of all *or a later one*; ``never (moment)``: in which there is none;
        - ``steady (moment)``: the share of them in which no start brings it back after an earlier
          one that does not;
        - ``falls_below (probability, moment)``: the last start at which `back` is at least 0.9,
          0.5 or 0.1, where it is so up to this start and at no later one; infinite where it is so
          at every start, minus infinite where at none, NaN where it goes up and down.

    Raises:
        StudyError: A name, a start or the share does not fit.
    """
    clock = Clock(study.model.time, study.calendar)
    times = _checked_starts([clock.time(_moment(start), "start") for start in starts], clock)
    check_names([policy, *([] if against is None else [against])], study.policies, "policy", "")
    other = next(iter(study.policies)) if against is None else against
    name = _checked_variable(study, variable)
    if not (np.isfinite(share) and share > 0):
        raise StudyError(f"{share!r} is no share", fix="give a number above 0, such as 0.95")
    made = {_title(policy, time, study): float(time) for time in times}
    moving = {
        title: replace(moved(study.policies[policy], study, time), id=title)
        for title, time in made.items()
    }
    wider = replace(study, policies={**study.policies, **moving})
    world = None if scenario is None else [scenario]
    asked = list(dict.fromkeys([*made, other, study.reference]))
    ds = wider.run(asked, world, save=[name], draws=draws, seed=seed, progress=progress)
    ds = ds.isel(scenario=0) if "scenario" in ds.dims else ds
    result = timing_of(ds, study, name, made, against=other, share=share)
    result.attrs |= {"policy": policy}
    return result


def start_times(first: float, last: float, every: float) -> list[float]:
    """Give the starts from the first to the last, `every` apart in model time.

    Raises:
        StudyError: There are none or too many.
    """
    if not (math.isfinite(every) and every > 0):
        raise StudyError(f"starts cannot be {every:g} apart", fix="give a time above 0")
    if last < first:
        raise StudyError("the last start is before the first", fix="exchange them")
    count = math.floor((last - first) / every + 1e-9) + 1
    if count > MOST_STARTS:
        raise StudyError(
            f"{count} starts are more than {MOST_STARTS}", fix="let them be farther apart"
        )
    return [first + every * number for number in range(count)]


def timing_of(
    ds: xr.Dataset,
    study: Study,
    variable: str,
    made: dict[str, float],
    *,
    against: str,
    share: float,
) -> xr.Dataset:
    """Evaluate an ensemble of one policy with several starts; see `timing`.

    Args:
        ds: Results of one scenario with draws.
        study: The study.
        variable: In the spelling of the model.
        made: The start of each moved policy of `ds`, ascending.
        against: The policy of `ds` that says what "back" is.
        share: How much of its value is enough.
    """
    import xarray as xr

    row = rows_of(ds, study, [variable])[0]
    usable = ds["status"].transpose("policy", "draw").values == OK
    policies = [str(policy) for policy in ds["policy"].values]
    values = read_row(ds, row, usable)
    times = ds["time"].values
    starts = np.array(list(made.values()))
    after = float(times[-1] - starts[-1])
    when = np.stack([np.full(starts.shape, times[-1]), starts + after], axis=1)

    def at_moments(policy: str) -> FloatArray:
        return values_at(values[policies.index(policy)], times, when)

    own = np.stack([at_moments(title)[place] for place, title in enumerate(made)])
    target, without = at_moments(against), at_moments(study.reference)
    if (target < 0).any():
        raise StudyError(
            f"'{variable}' is negative under '{against}' in some draw, and a share of that means "
            "nothing",
            fix="name another variable",
        )
    found = _moments(own, target, share, row.better)
    history = _moments(without, target, share, row.better)
    coordinates: dict[str, object] = {
        "start": ("start", starts, {"units": ds["time"].attrs.get("units", "")}),
        "moment": list(MOMENTS),
        "quantile": list(QUANTILES),
        "probability": list(LEVELS),
        "draw": ds["draw"],
    }
    if study.calendar is not None:
        coordinates["date"] = ("start", study.calendar.dates(starts))
    coordinates |= {key: ds[key] for key in ("scenario", "sample", "factor") if key in ds.coords}
    result = xr.Dataset(
        {
            **found,
            "back_without": history["back"],
            **_points_of_no_return(
                _is_back(own, target, share, row.better), ~np.isnan(own + target), starts
            ),
            "falls_below": (
                ("probability", "moment"),
                np.array(
                    [[falls_below(one, starts, p) for one in found["back"][1].T] for p in LEVELS]
                ),
            ),
        },
        coordinates,
    )
    result.attrs = {key: value for key, value in ds.attrs.items() if key != "failed"} | {
        "variable": variable,
        "units": row.units,
        "better": row.better,
        "against": against,
        "share": share,
        "after": after,
        "without": study.reference,
        "confidence": CONFIDENCE,
    }
    return result


def _moments(own: FloatArray, target: FloatArray, share: float, better: str) -> Variables:
    """Sum up over draws; `own` and `target` are (start, moment, draw), NaN where one failed."""
    dims = ("start", "moment")
    number = (~np.isnan(own + target)).sum(axis=-1)
    hits = _is_back(own, target, share, better).sum(axis=-1)
    low, high = wilson_interval(hits, number, CONFIDENCE)
    levels = [
        [compare.quantiles(values[~np.isnan(values)], np.array(QUANTILES)) for values in moments]
        for moments in own
    ]
    return {
        "level": ((*dims, "quantile"), np.array(levels)),
        "back": (dims, hits / np.where(number > 0, number, np.nan)),
        "back_low": (dims, low),
        "back_high": (dims, high),
        # The same at both moments: a member that failed is NaN all along.
        "draws_paired": (("start",), number[:, 0].astype(np.float64)),
    }


def _points_of_no_return(back: BoolArray, paired: BoolArray, starts: FloatArray) -> Variables:
    """Look at all starts of each draw at once; `back` and `paired` are (start, moment, draw)."""
    counted = np.asarray(paired.all(axis=(0, 1)))
    each = [last_starts(one, starts) for one in back.transpose(1, 0, 2)]
    last = np.where(counted[:, None], np.stack(each, axis=1), np.nan)
    known = last[counted]
    steady = np.asarray((back[1:] <= back[:-1]).all(axis=0))
    return {
        "last_start": (("draw", "moment"), last),
        "counted": (("draw",), counted.astype(np.float64)),
        "last_share": (("start", "moment"), np.stack([_mean(known == one) for one in starts])),
        "never": (("moment",), _mean(np.isnan(known))),
        "steady": (("moment",), _mean(steady[:, counted].T)),
    }


def values_at(values: FloatArray, times: FloatArray, when: FloatArray) -> FloatArray:
    """Interpolate linearly over time, all draws at once.

    Args:
        values: (time, draw).
        times: (time,) ascending.
        when: Times within them, any shape.

    Returns:
        (..., draw), of the shape of `when` with the draws behind.
    """
    below = np.clip(np.searchsorted(times, when, side="right") - 1, 0, len(times) - 2)
    share = ((when - times[below]) / (times[below + 1] - times[below]))[..., None]
    return values[below] * (1.0 - share) + values[below + 1] * share


def last_starts(back: BoolArray, starts: FloatArray) -> FloatArray:
    """Give the last start of each draw that brings the variable back.

    Args:
        back: (start, draw).
        starts: (start,) ascending.

    Returns:
        (draw,), NaN where none does.
    """
    places = len(starts) - 1 - back[::-1].argmax(axis=0)
    return np.where(back.any(axis=0), starts[places], np.nan)


def falls_below(probability: FloatArray, starts: FloatArray, level: float) -> float:
    """Give the last start before a probability falls below a level for good.

    Args:
        probability: (start,).
        starts: (start,) ascending.
        level: The level.

    Returns:
        Infinity if it never is below, minus infinity if it always is, NaN if it goes up and down
        or is not known.
    """
    if np.isnan(probability).any():
        return float("nan")
    enough = probability >= level
    count = int(enough.sum())
    if count == len(starts):
        return float("inf")
    if count == 0:
        return float("-inf")
    return float(starts[count - 1]) if enough[:count].all() else float("nan")


def _is_back(values: FloatArray, target: FloatArray, share: float, better: str) -> BoolArray:
    """Compare with a share of the target; where one of the two is NaN, it is not back."""
    if better == "less":
        return np.asarray(values * share <= target)
    return np.asarray(values >= share * target)


def _mean(hits: BoolArray) -> FloatArray:
    """Give the share of draws, the first axis; NaN if there are none."""
    return np.asarray(hits.sum(axis=0) / (len(hits) or np.nan))


def _moment(start: float | str) -> float | str:
    """Take any number for model time, one of NumPy as well."""
    number = isinstance(start, (int, float, np.number)) and not isinstance(start, bool)
    return float(start) if number else start


def _title(policy: str, time: float, study: Study) -> str:
    """Name a policy that starts at a time, by all digits, unlike any policy of the study."""
    title = f"{policy} from {float(time)!r}"
    while title in study.policies:
        title += "'"
    return title


def _checked_starts(times: Sequence[float], clock: Clock) -> FloatArray:
    starts = np.array(times, dtype=np.float64)
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


def _checked_variable(study: Study, variable: str | None) -> str:
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
