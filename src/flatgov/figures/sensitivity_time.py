"""What decides each outcome as time goes by: a panel a variable, its biggest quantities in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from flatgov.figures.common import NotDrawn
from flatgov.figures.factor_text import factor_name
from flatgov.figures.labels import EndLabel, end_labels, room, stacked, title_above
from flatgov.figures.layout import (
    MARGIN,
    POINT,
    WIDTH,
    Key,
    measure,
    page,
    size_in_points,
    wrap,
)
from flatgov.figures.numbers import draw_ticks, finite_range, padded, tick_room
from flatgov.figures.palette import GREY_INK, INK, fills, readable
from flatgov.figures.sensitivity_common import (
    QUIET,
    FloatArray,
    as_array,
    made,
    measures_of,
    quiet,
)
from flatgov.figures.style import HEADING, SMALL, bold
from flatgov.figures.text import Text, capital
from flatgov.figures.timeline import (
    BADGES,
    Timeline,
    draw_marks,
    draw_time_axis,
    mark_keys,
    marks,
    timeline,
)

SHOWN = 6
_OTHERS, _TOGETHER, _QUIET = "#D9D9D9", "#FFFFFF", "#F3F3F3"
_ABOVE, _BELOW, _HEIGHT = 0.55, 0.42, 2.1  # inches: over, under and of a panel
_LINE, _LABELS = 0.16, 2.35  # inches: a further line of a title, the widest label
_FULL = 1.001  # of the variance, with room for rounding
_ONE: dict[str, Any] = {"color": INK, "linewidth": 1.0}
_DASHES = ((), (4.0, 1.4), (1.2, 1.2))


@dataclass(frozen=True)
class Panel:
    """One outcome.

    Attributes:
        variable: Its name.
        quiet: (time,) where it hardly varies.
        names: Of the biggest quantities, the biggest first.
        values: (quantity, time): first-order indices, mu* or partial correlations; NaN where
            quiet.
        first_sum: (time,) of all quantities; None but for Sobol.
    """

    variable: str
    quiet: NDArray[np.bool_]
    names: list[str]
    values: FloatArray
    first_sum: FloatArray | None


def figure(ds: xr.Dataset, text: Text) -> Figure:
    """Draw what decides every variable over time.

    Args:
        ds: Of `flatgov.analysis.sensitivity.sensitivity`.
        text: The study's labels.

    Returns:
        The figure: a panel below the other.

    Raises:
        NotDrawn: Nothing varies.
    """
    panels = [_panel(ds, variable) for variable in map(str, ds["variable"].to_numpy())]
    if all(panel.quiet.all() for panel in panels):
        raise NotDrawn("nothing varies")
    told = ds.attrs
    line = timeline(ds, text.lang)
    events = marks(text, line, [policy for policy in (told["policy"], told["against"]) if policy])
    colours = _colours(panels)
    labels = [_labels(panel, colours, text) for panel in panels]
    limits = [_limits(panel, told["method"]) for panel in panels]
    left = max(tick_room(*pair) for pair in limits)
    reserved = max((room(one) for one in labels if one), default=0.0)
    wide = WIDTH - 2 * MARGIN - left - reserved
    titles = [_title(ds, text, panel.variable, wide) for panel in panels]
    extra = [title.count("\n") + unit.count("\n") for title, unit in titles]
    high = [max(_HEIGHT, 1.1 * stacked(one)) for one in labels]
    tall = [_ABOVE + more * _LINE + one + _BELOW for more, one in zip(extra, high, strict=True)]
    shown = "rho" if measures_of(ds).lead == "rho" else told["method"]
    sheet = page(
        text.word("over time title", what=_what(ds, text)),
        text.subtitle(f"{shown} over time", count=SHOWN),
        [*mark_keys(text, line, events), *_keys(panels, text)],
        made(ds, text, [name for panel in panels for name in panel.names]),
        sum(tall),
    )
    bottom = sum(tall)
    for place, panel in enumerate(panels):
        bottom -= tall[place]
        axes = sheet.axes(MARGIN + left, bottom + _BELOW, wide, high[place])
        axes.set_ylim(*limits[place])
        draw_ticks(axes.yaxis, *limits[place], 5)
        draw_time_axis(axes, line)
        draw_marks(axes, line, events)
        title_above(axes, *titles[place], BADGES * bool(events))
        _shade(axes, line, panel, text)
        if panel.first_sum is None:
            _lines(axes, line, panel, colours)
        else:
            _areas(axes, line, panel, colours)
        end_labels(axes, labels[place])
    return sheet.figure


def _what(ds: xr.Dataset, text: Text) -> str:
    told = ds.attrs
    policy = text.policy(told["policy"])
    if told["against"]:
        return text.word("the difference", policy=policy, against=text.policy(told["against"]))
    return text.word("the outcome", policy=policy)


def _panel(ds: xr.Dataset, variable: str) -> Panel:
    method = ds.attrs["method"]
    still = quiet(ds, variable)
    one = ds.sel(variable=variable)
    measure = "first" if method == "sobol" else measures_of(ds).lead
    values = one[measure].transpose("factor", "time").to_numpy()
    # A first-order index below zero is noise, a negative correlation is none.
    sizes = np.maximum(values, 0.0) if method == "sobol" else np.abs(values)
    sizes = np.nan_to_num(sizes[:, ~still]).sum(axis=1)
    order = [int(place) for place in np.argsort(-sizes, kind="stable") if sizes[place] > 0]
    chosen = order[:SHOWN]
    total = one["first_sum"].to_numpy() if method == "sobol" else None
    names = [str(one["factor"].to_numpy()[place]) for place in chosen]
    return Panel(variable, still, names, np.where(still, np.nan, values[chosen]), total)


def _bands(panel: Panel) -> FloatArray:
    """Give what is stacked: shown quantities, all others, and what they do only together.

    Estimates below zero, which are noise, have no area.
    """
    assert panel.first_sum is not None
    own = np.maximum(panel.values, 0.0)
    others = np.maximum(panel.first_sum - own.sum(axis=0), 0.0)
    known = own.sum(axis=0) + others
    bands = np.vstack([own, others, np.maximum(1.0 - known, 0.0)])
    return np.where(panel.quiet, np.nan, bands)


def _limits(panel: Panel, method: str) -> tuple[float, float]:
    if panel.first_sum is not None:
        sums = _bands(panel).sum(axis=0)  # above 1 where the samples are few
        return 0.0, max(1.0, finite_range(sums)[1])
    low, high = finite_range(panel.values)
    low, high = padded(min(0.0, low), max(0.0, high))
    return (low if method == "rank" else 0.0), high


def _colours(panels: list[Panel]) -> dict[str, str]:
    """Give every quantity one colour in all panels; within a panel no colour comes twice."""
    palette = fills(12)
    colours: dict[str, str] = {}
    for panel in panels:
        for name in panel.names:
            if name in colours:
                continue
            beside = {
                colours[other]
                for one in panels
                if name in one.names
                for other in one.names
                if other in colours
            }
            uses = list(colours.values())
            free = [colour for colour in palette if colour not in beside] or palette
            colours[name] = min(free, key=uses.count)
    return colours


def _labels(panel: Panel, colours: dict[str, str], text: Text) -> list[EndLabel]:
    """Name bands at their middle, or lines at their end, at the last time that varies."""
    if panel.quiet.all():
        return []
    last = int(np.flatnonzero(~panel.quiet)[-1])
    names = [factor_name(name, text) for name in panel.names]
    inks = [readable(colours[name]) for name in panel.names]
    if panel.first_sum is None:
        ends = panel.values[:, last]
    else:
        bands = _bands(panel)[:, last]
        ends = bands.cumsum() - bands / 2
        names += [text.word("all others"), text.word("interactions")]
        inks += [GREY_INK, INK]
    return [
        EndLabel(name, float(end), ink, widest=_LABELS)
        for name, end, ink in zip(names, ends, inks, strict=True)
    ]


def _title(ds: xr.Dataset, text: Text, variable: str, width: float) -> tuple[str, str]:
    """Name a panel, and its y axis with the unit."""
    method = ds.attrs["method"]
    heading = text.heading(as_array(ds, variable))
    unit = text.word(f"{method} axis", heading=heading)
    name = wrap(capital(text.variable(variable)), width, HEADING, bold())
    return "\n".join(name), "\n".join(wrap(unit, width, SMALL))


def _keys(panels: list[Panel], text: Text) -> list[Key]:
    keys = []
    if any(panel.quiet.any() for panel in panels):
        label = text.word("quiet key", percent=f"{100 * QUIET:g}")
        keys.append(Key(label, line=Line2D([], [], color=_QUIET, linewidth=7)))
    if any(panel.first_sum is not None and _limits(panel, "sobol")[1] > _FULL for panel in panels):
        keys.append(Key(text.word("above one"), line=Line2D([], [], **_ONE)))
    return keys


def _shade(axes: Axes, line: Timeline, panel: Panel, text: Text) -> None:
    """Show where nothing varies, and say so where there is room."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], panel.quiet, [False]])))
    (low, high), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    steps = np.concatenate([line.x[:1], (line.x[1:] + line.x[:-1]) / 2, line.x[-1:]])
    for first, end in edges.reshape(-1, 2):
        start, stop = steps[first], steps[end]
        axes.axvspan(start, stop, color=_QUIET, linewidth=0, zorder=0.5)
        share = (stop - start) / (high - low)
        width = size_in_points(axes)[0] * POINT * share - 0.15
        said = wrap(text.word("quiet"), width, SMALL)
        if all(measure(one, SMALL) <= width for one in said):
            axes.text(
                (start + stop) / 2,
                0.25 * bottom + 0.75 * top,
                "\n".join(said),
                ha="center",
                va="center",
                size=SMALL,
                color=GREY_INK,
                bbox={"facecolor": _QUIET, "linewidth": 0, "pad": 1.5},
                zorder=2.5,
            )


def _areas(axes: Axes, line: Timeline, panel: Panel, colours: dict[str, str]) -> None:
    bands = _bands(panel)
    tops = bands.cumsum(axis=0)
    if axes.get_ylim()[1] > _FULL:
        axes.axhline(1, **_ONE, zorder=2)
    looks = [*(colours[name] for name in panel.names), _OTHERS, _TOGETHER]
    for place, (top, band, colour) in enumerate(zip(tops, bands, looks, strict=True)):
        style: dict[str, Any] = {"facecolor": colour, "edgecolor": "white", "linewidth": 0.4}
        if place == len(looks) - 1:
            style |= {"edgecolor": "#9A9A9A", "hatch": "////", "linewidth": 0.0}
        axes.fill_between(line.x, top - band, top, zorder=1.5, **style)


def _lines(axes: Axes, line: Timeline, panel: Panel, colours: dict[str, str]) -> None:
    axes.axhline(0, color=GREY_INK, linewidth=0.8, zorder=1.5)
    for place, (name, values) in enumerate(zip(panel.names, panel.values, strict=True)):
        dashes = _DASHES[place % len(_DASHES)]
        axes.plot(
            line.x,
            values,
            color=readable(colours[name], 3.0),
            linestyle=(0.0, dashes) if dashes else "solid",
            linewidth=1.5,
            zorder=3,
        )
