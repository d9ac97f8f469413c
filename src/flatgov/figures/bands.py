"""What the figures show of an ensemble: reduced once, then bands, whiskers and captions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.lines import Line2D
from matplotlib.patches import Polygon

from flatgov.analysis.compare import quantiles
from flatgov.analysis.effects import QUANTILES, effects
from flatgov.figures.common import NotDrawn, is_single, policies_of, require_policy
from flatgov.figures.layout import Key
from flatgov.figures.palette import GREY_INK
from flatgov.figures.text import Text
from flatgov.run.ensemble import OK
from flatgov.run.ensemble_run import shown_variables

if TYPE_CHECKING:
    from flatgov.study import Study

_TIMES = 120  # a panel is 300 pixels wide, so more time points than this do not show
LIGHT, STRONG = 0.16, 0.3  # how opaque the bands of 90 % and, on top of it, of 50 % are


@dataclass(frozen=True)
class Draws:
    """An ensemble of one scenario, as little of it as the figures need.

    Attributes:
        found: The policies compared, of `flatgov.analysis.effects.effects`: the headline
            variables at so many times as a panel can show; None if there is none of them.
        points: All shown variables at single times, with ``status``; in memory.
        ends: The policies compared on the two variables of the cloud at the last time; None
            if the study does not say which way both are better.
        asked: The number of draws.
        failed: The number of members, policies times draws, that failed.
    """

    found: xr.Dataset | None
    points: xr.Dataset
    ends: xr.Dataset | None
    asked: int
    failed: int

    def has(self, variable: str) -> bool:
        """Tell whether a variable is in the ensemble."""
        return variable in self.points

    def level(self, variable: str, policy: str) -> np.ndarray | None:
        """Give the quantiles of a headline variable, (quantile, time); None if it is not there."""
        if self.found is None or variable not in self.found["variable"]:
            return None
        if policy not in self.found["policy"]:
            return None
        return self.found["level"].sel(variable=variable, policy=policy).to_numpy()

    def values(self, variable: str, policy: str, time: float) -> np.ndarray:
        """Give the values at a time in the draws in which the policy ran; empty if there are none.

        Args:
            variable: One that `has` knows.
            policy: Its id.
            time: One of those of `reduced`.
        """
        if policy not in self.points["policy"]:
            return np.empty(0)
        one = self.points.sel(policy=policy)
        values = one[variable].sel(time=time, method="nearest").to_numpy()
        return np.asarray(values[one["status"].to_numpy() == OK], dtype=float)

    def spread(self, variable: str, policy: str, time: float) -> np.ndarray | None:
        """Give `QUANTILES` of a variable at a time; None if it is not in the ensemble."""
        if not self.has(variable):
            return None
        values = self.values(variable, policy, time)
        return quantiles(values, np.array(QUANTILES)) if values.size else None


def reduced(
    ds: xr.Dataset, study: Study, policies: Sequence[str], times: Sequence[float] = ()
) -> Draws:
    """Reduce an ensemble, reading one variable at a time.

    Args:
        ds: With dimensions ``policy``, ``draw`` and ``time``; it may be lazy.
        study: The study that it comes from.
        policies: Those that the figures show.
        times: The model times, besides the last one, at which `Draws.values` is asked for values.
    """
    ds = ds.sel(policy=[policy for policy in policies_of(ds) if policy in policies])
    names = [name for name in study.headline if name in ds]
    reference = study.reference if study.reference in policies_of(ds) else policies_of(ds)[0]
    steps = ds.sizes["time"]
    chosen = np.unique([0, *range(steps - 1, 0, -ceil(steps / _TIMES))])
    found = None
    if names:
        found = effects(ds.isel(time=chosen), study, reference=reference, variables=names)
    index = ds.indexes["time"].get_indexer(pd.Index(times, dtype=float), method="nearest")
    shown = dict.fromkeys([*names, *shown_variables(study)])  # elements are among the names only
    single = [name for name in shown if name in ds and is_single(ds[name])]
    points = ds[single].isel(time=np.unique([*index, steps - 1])).compute()
    pair = [name for name in cloud_pair(study) or () if name in points and name in study.better]
    ends = None
    if len(pair) == 2:
        last = points.isel(time=[-1])
        ends = effects(last, study, reference=reference, variables=pair)
    return Draws(found, points, ends, ds.sizes["draw"], int((ds["status"] != OK).sum()))


def cloud_pair(study: Study) -> tuple[str, str] | None:
    """Choose the variables of the cloud: those of the path chart, else the first of the headline.

    Returns:
        Their names, across first; None where the study has no two.
    """
    if study.figures.paths is not None:
        return study.figures.paths.x, study.figures.paths.y
    return (study.headline[0], study.headline[1]) if len(study.headline) > 1 else None


def comparable(draws: Draws, text: Text) -> xr.Dataset:
    """Give the comparison of the policies with the reference policy of the study.

    Raises:
        NotDrawn: There is none.
    """
    found, reference = draws.found, text.study.reference
    if found is None:
        raise NotDrawn("the draws have no headline variable")
    require_policy(found, reference)
    if found.sizes["policy"] < 2:
        raise NotDrawn(f"there is nothing to compare with '{reference}'")
    return found


def with_direction(found: xr.Dataset) -> dict[str, str]:
    """Give those variables of a comparison for which the study says which way is better.

    Returns:
        ``less`` or ``more`` by variable.

    Raises:
        NotDrawn: There is none.
    """
    ways = zip(found["variable"].to_numpy(), found["better"].to_numpy(), strict=True)
    directed = {str(name): str(way) for name, way in ways if way}
    if not directed:
        raise NotDrawn("policies.toml does not say which way a headline variable is better")
    return directed


def draws_note(text: Text, draws: Draws, key: str, **parts: object) -> str:
    """Say what bands and lines are, of how many draws, and how many are left out."""
    note = text.word(key, draws=f"{draws.asked:,}", **parts)
    if not draws.failed:
        return note
    runs = draws.points["status"].size
    left_out = text.word("draws left out", failed=f"{draws.failed:,}", runs=f"{runs:,}")
    return text.word("sources", text=note) + left_out


def draw_band(
    axes: Axes, x: np.ndarray, levels: np.ndarray, colour: str, order: float = 1.8
) -> None:
    """Fill between the outer and between the inner quantiles.

    Args:
        axes: The panel.
        x: Places along it.
        levels: `QUANTILES`, (quantile, place).
        colour: Of both bands.
        order: What lies over what.
    """
    around = np.concatenate([x, x[::-1]])
    for low, high, opaque in ((levels[0], levels[-1], LIGHT), (levels[1], levels[-2], STRONG)):
        # A third of the time that `fill_between` takes.
        outline = np.stack([around, np.concatenate([low, high[::-1]])], axis=1)
        axes.add_patch(Polygon(outline, color=colour, alpha=opaque, linewidth=0, zorder=order))


def band_keys(text: Text, colour: str = GREY_INK) -> list[Key]:
    """Say what the two bands are, for the row under a title."""
    # The darker band lies on the lighter one, so it is as opaque as the two together.
    both = 1 - (1 - LIGHT) * (1 - STRONG)
    return [
        Key(text.word(word), line=Line2D([], [], color=colour, alpha=opaque, linewidth=7))
        for word, opaque in (("band 50", both), ("band 90", LIGHT))
    ]


def draw_regions(axes: Axes, outlines: Sequence[np.ndarray], colour: str) -> None:
    """Fill the outlines of `flatgov.figures.regions.regions`, as opaque as the bands."""
    for outline, opaque in zip(outlines, (LIGHT, STRONG), strict=True):
        axes.fill(*outline.T, color=colour, alpha=opaque, linewidth=0, zorder=1.8)


def draw_whiskers(
    axes: Axes,
    places: Sequence[float],
    levels: Sequence[np.ndarray],
    colours: Sequence[str],
    *,
    upright: bool = False,
) -> None:
    """Draw intervals: thin from the first to the last of `QUANTILES`, thick the middle half.

    Args:
        axes: The panel.
        places: Where each whisker is on the other axis.
        levels: `QUANTILES` of each.
        colours: Of each.
        upright: Whether values are on the y axis.
    """
    lines = [
        [(place, value) if upright else (value, place) for value in (ends[first], ends[last])]
        for first, last in ((0, -1), (1, -2))
        for place, ends in zip(places, levels, strict=True)
    ]
    widths = [width for width in (1.1, 3.2) for _ in places]
    axes.add_collection(
        LineCollection(
            lines,
            colors=[*colours, *colours],
            linewidths=widths,
            capstyle="butt",
            clip_on=False,
            zorder=5.0,
        ),
        autolim=False,
    )
