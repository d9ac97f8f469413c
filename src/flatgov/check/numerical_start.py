"""Where does a run start: do the stocks stand still?"""

from __future__ import annotations

from typing import Any

import numpy as np

from flatgov.changes import FloatArray
from flatgov.check.findings import Outcome
from flatgov.check.numerical_runs import Path, finite_points, guarded, percent, plain, runs
from flatgov.check.subject import Check, Subject

_ID = "equilibrium start"

# A stock that would move by less than this share of its initial value in all the run, at the rate
# of the start, is in equilibrium; one that is nearer than that share of its range to its end has
# settled.
_STILL = 0.01
_SETTLED = 0.02

# Of a stock that starts at 0, a net flow in a step that is less than this share of the initial
# values of stocks in the same unit is rounding; any other moves it.
_ROUNDING = 1e-12


def _check(subject: Subject) -> Outcome:
    those = runs(subject)
    stocks = [at for at, one in enumerate(those.states) if one.stock]
    count = finite_points(those.base.states, those.base.rates)
    if not stocks or count < 2:
        return Outcome(_ID, skipped="there is no stock with two finite numbers")
    path, time = those.base, those.base.time
    levels, start = path.states[stocks, :count], path.rates[stocks, 0]
    sizes = np.abs(levels[:, 0])
    units = [those.states[at].variable.units.casefold() for at in stocks]
    pace = np.abs(start) / np.where(sizes > 0, sizes, 1.0)
    still = _STILL / _span(path)
    moving = [at for at in np.argsort(-pace, kind="stable") if sizes[at] and pace[at] > still]
    for at in np.flatnonzero(sizes == 0):
        alike = max(size for size, unit in zip(sizes, units, strict=True) if unit == units[at])
        if abs(start[at]) * time.step > _ROUNDING * alike:
            moving.append(at)
    settled = settling_time(path.times[:count], levels)
    unit = subject.model.time.units or "unit of time"
    data: dict[str, Any] = {
        "moving": [
            {
                "stock": plain(those.states[stocks[at]].label),
                "net flow": float(start[at]),
                "initial": float(levels[at, 0]),
                "share": float(pace[at]) if sizes[at] else None,
            }
            for at in moving
        ],
        "settled": settled,
    }
    if not moving:
        summary = (
            f"All {len(stocks)} stocks start in equilibrium: none would move by {percent(_STILL)} "
            "of its initial value in the whole run"
        )
        return Outcome(_ID, summary=summary, data=data)

    def motion(at: int) -> str:
        one = those.states[stocks[at]]
        if sizes[at]:
            return f"{one.label} by {percent(pace[at])} of its initial value"
        return " ".join(f"{one.label} from 0 by {start[at]:.3g} {one.variable.units}".split())

    most = ", ".join(motion(at) for at in moving[:3])
    later = (
        f"all stocks have settled by time {settled:g}"
        if settled is not None
        else f"they have not settled by time {time.initial + _span(path):g}"
    )
    what = (
        f"the run does not start in equilibrium: {len(moving)} of {len(stocks)} stocks move, most "
        f"of all {most} per {unit}; {later}"
    )
    finding = subject.finding(
        _ID,
        "note",
        those.states[stocks[moving[0]]].variable,
        what,
        fix="start tests of policies from equilibrium, or know what the start alone does",
    )
    return Outcome(_ID, (finding,), what[0].upper() + what[1:], data)


def _span(path: Path) -> float:
    return float(path.times[-1] - path.times[0])


def settling_time(times: FloatArray, levels: FloatArray) -> float | None:
    """Find when all levels have come within 2 % of their range to where they end.

    Args:
        times: (time,).
        levels: (level, time).

    Returns:
        The time; None where that is in the last tenth of the run, which tells nothing.
    """
    ranges = np.ptp(levels, axis=1)[:, None]
    away = (np.abs(levels - levels[:, -1:]) > _SETTLED * ranges).any(axis=0)
    if not away.any():
        return float(times[0])
    last = int(np.flatnonzero(away)[-1])
    settled = float(times[min(last + 1, len(times) - 1)])
    return settled if settled <= times[0] + 0.9 * (times[-1] - times[0]) else None


CHECKS: tuple[Check, ...] = (
    Check(
        _ID,
        "How the run starts",
        "Do the stocks stand still at the start? A model that starts out of equilibrium shows "
        "what its start does together with what policies do.",
        guarded(_ID, _check),
        ("sterman2000",),
    ),
)
