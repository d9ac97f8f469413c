"""The headline variables over time, a panel each, a line for every policy."""

from __future__ import annotations

from math import ceil

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from flatgov.figures.common import NotDrawn, caption, policies_of, series, styles
from flatgov.figures.labels import CONNECTOR, EndLabel, end_labels, room, stacked, title_above
from flatgov.figures.layout import MARGIN, WIDTH, page, wrap
from flatgov.figures.numbers import draw_ticks, finite_range, padded, tick_room
from flatgov.figures.palette import INK, LineStyle
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

_ABOVE, _BELOW, _HEIGHT = 0.55, 0.42, 2.45  # inches: over, under and of a panel
_LINE, _GAP = 0.16, 0.08  # inches: a further line of a title, between columns
_PLOT = 0.6  # of a column: the least width of the lines themselves, where labels can be broken
_LOOSE = 1.1  # labels get this much of the height that they need, to stay near their lines
_NARROWEST = 0.8  # inches: no label is broken to less than this


def figure(ds: xr.Dataset, text: Text) -> Figure:
    """Draw the headline variables.

    Args:
        ds: With dimensions ``policy`` and ``time``.
        text: The study's labels.

    Returns:
        The figure: two panels a row.

    Raises:
        NotDrawn: No headline variable is in the dataset.
    """
    variables = [name for name in text.study.headline if name in ds]
    if not variables:
        raise NotDrawn("the results have no headline variable")
    line = timeline(ds, text.lang)
    events = marks(text, line, policies_of(ds))
    columns = min(2, len(variables))
    rows = ceil(len(variables) / columns)
    names = {policy: text.policy(policy) for policy in policies_of(ds)}
    weights = {p: bold() if p == text.study.reference else "normal" for p in names}
    limits = {name: padded(*finite_range(ds[name].to_numpy())) for name in variables}
    left = max(tick_room(*pair) for pair in limits.values())
    column_width = (WIDTH - 2 * MARGIN - (columns - 1) * _GAP) / columns
    widest = max(_NARROWEST, (1 - _PLOT) * column_width - left - CONNECTOR)
    samples = [EndLabel(name, 0.0, INK, weights[p], widest) for p, name in names.items()]
    reserved, high = room(samples), max(_HEIGHT, _LOOSE * stacked(samples))
    titles = {name: _title(text, ds[name], column_width - left) for name in variables}
    above = max(title.count("\n") + unit.count("\n") for title, unit in titles.values())
    tall = _ABOVE + above * _LINE + high + _BELOW
    subtitle = text.study.title[text.lang]
    if text.study.reference in names:
        reference = text.policy(text.study.reference)
        subtitle = text.subtitle("headline subtitle", policy=reference)
    sheet = page(
        text.word("headline title"),
        subtitle,
        mark_keys(text, line, events),
        caption(ds, text),
        rows * tall,
    )
    for place, variable in enumerate(variables):
        row, column = divmod(place, columns)
        axes = sheet.axes(
            MARGIN + column * (column_width + _GAP) + left,
            (rows - 1 - row) * tall + _BELOW,
            column_width - left - reserved,
            high,
        )
        axes.set_ylim(*limits[variable])
        draw_ticks(axes.yaxis, *limits[variable])
        draw_time_axis(axes, line)
        draw_marks(axes, line, events)
        title_above(axes, *titles[variable], BADGES * bool(events))
        looks = styles(text.study)
        ends = []
        for policy, name in names.items():
            values = series(ds, variable, policy)
            _line(axes, line, values, looks[policy])
            ink, weight = looks[policy].ink, weights[policy]
            ends.append(EndLabel(name, float(values[-1]), ink, weight, widest))
        end_labels(axes, ends)
    return sheet.figure


def _title(text: Text, variable: xr.DataArray, width: float) -> tuple[str, str]:
    """Break the name of a variable and its unit into lines that fit."""
    name = wrap(capital(text.variable(str(variable.name))), width, HEADING, bold())
    return "\n".join(name), "\n".join(wrap(text.unit(variable), width, SMALL))


def _line(axes: Axes, line: Timeline, values: np.ndarray, look: LineStyle) -> None:
    axes.plot(
        line.x,
        values,
        color=look.colour,
        linestyle=look.pattern,
        linewidth=look.width,
        zorder=look.order,
    )
