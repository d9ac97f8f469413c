"""When a policy starts, and until when it still brings a variable back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from flatgov.analysis import compare
from flatgov.analysis.compare import BoolArray, FloatArray
from flatgov.analysis.described import described
from flatgov.analysis.effects import CONFIDENCE, QUANTILES
from flatgov.analysis.failures import left_out
from flatgov.analysis.proportion import wilson_interval
from flatgov.analysis.rows import read_row, rows_of
from flatgov.analysis.timing_question import (
    check_share,
    checked_other,
    checked_starts,
    checked_variable,
)
from flatgov.errors import StudyError
from flatgov.run.ensemble import OK
from flatgov.study.calendar import Clock
from flatgov.study.moved import moved
from flatgov.study.policies import check_names

if TYPE_CHECKING:
    import xarray as xr

    from flatgov.run.events import Event
    from flatgov.study.study import Study

LEVELS = (0.9, 0.5, 0.1)
MOMENTS = ("end", "after")

_MEANING = {
    "level": ("level", "value of the variable under the policy"),
    "back": ("probability of being back", "share of draws in which the variable is back"),
    "draws_paired": ("draws that count", "in which the policy and the one to reach both ran"),
    "back_without": (
        "probability of being back without the policy",
        "share of draws in which the variable is back under the reference policy",
    ),
    "last_start": ("point of no return", "last of the starts of a draw that brings it back"),
    "counted": ("whether the draw counts", "1 if no member of the draw failed, else 0"),
    "last_share": (
        "share of points of no return",
        "share of the counted draws in which this is the last start that brings it back",
    ),
    "never": ("share without return", "share of the counted draws that no start brings back"),
    "steady": (
        "share of steady draws",
        "share of the counted draws that no start brings back after an earlier one does not",
    ),
    "falls_below": ("limit of starts", "last start before the probability falls below a level"),
}

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
        against: The policy that says what "back" is; by default the first of the study, unless
            that is the reference policy or the one that moves.
        share: How much of its value is enough, above 0 and at most 2. Above 1 it has to be passed;
            twice a value is no coming back any more, and 95 is a percentage.
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
    times = checked_starts(starts, clock)
    where = str(study.folder / "policies.toml")
    check_names([policy, *([] if against is None else [against])], study.policies, "policy", where)
    name = checked_variable(study, variable)
    check_share(share)
    other = checked_other(study, policy, against, share)
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
    time = str(ds["time"].attrs.get("units", ""))
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
        "study": study.name,
        "left_out": left_out(ds),
        "variable": variable,
        "units": row.units,
        "better": row.better,
        "against": against,
        "share": share,
        "after": after,
        "without": study.reference,
        "confidence": CONFIDENCE,
    }
    return described(result, _MEANING, {"last_start": time, "falls_below": time}, own=("level",))


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


def _title(policy: str, time: float, study: Study) -> str:
    """Name a policy that starts at a time, by all digits, unlike any policy of the study."""
    title = f"{policy} from {float(time)!r}"
    while title in study.policies:
        title += "'"
    return title
