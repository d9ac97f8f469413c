"""The headline variables over time, a panel each, a line for every policy."""

from __future__ import annotations

from math import ceil

import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from flatgov.figures.common import NotDrawn, caption, policies_of, series, styles
from flatgov.figures.layout import (
    MARGIN,
    WIDTH,
    EndLabel,
    end_labels,
    finite_range,
    measure,
    padded,
    page,
    title_above,
)
from flatgov.figures.palette import LineStyle
from flatgov.figures.style import SMALL, bold
from flatgov.figures.text import Text, capital
from flatgov.figures.timeline import (
    BADGES,
    Mark,
    Timeline,
    draw_marks,
    draw_time_axis,
    mark_keys,
    marks,
    timeline,
)

_ABOVE, _BELOW, _HEIGHT = 0.55, 0.42, 2.45  # inches: over, under and of a panel
# Inches: left of a panel, between a line's end and its label, between columns.
_TICKS, _CONNECTOR, _GAP = 0.33, 0.22, 0.1


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
    events = marks(text, line)
    columns = min(2, len(variables))
    rows = ceil(len(variables) / columns)
    names = {policy: text.policy(policy) for policy in policies_of(ds)}
    weights = {p: bold() if p == text.study.reference else "normal" for p in names}
    reserved = max(measure(name, SMALL, weights[p]) for p, name in names.items()) + _CONNECTOR
    pitch = (WIDTH - 2 * MARGIN) / columns
    tall = _ABOVE + _HEIGHT + _BELOW
    sheet = page(
        text.word("headline title"),
        text.subtitle("headline subtitle", policy=text.policy(text.study.reference)),
        mark_keys(text, line, events),
        caption(ds, text),
        rows * tall,
    )
    for place, variable in enumerate(variables):
        row, column = divmod(place, columns)
        axes = sheet.axes(
            MARGIN + column * pitch + _TICKS,
            (rows - 1 - row) * tall + _BELOW,
            pitch - _TICKS - reserved - _GAP * (column + 1 < columns),
            _HEIGHT,
        )
        _panel(axes, ds, variable, text, line, events, names, weights, styles(text.study))
    return sheet.figure


def _panel(
    axes: Axes,
    ds: xr.Dataset,
    variable: str,
    text: Text,
    line: Timeline,
    events: list[Mark],
    names: dict[str, str],
    weights: dict[str, str],
    looks: dict[str, LineStyle],
) -> None:
    labels = []
    for policy, name in names.items():
        look, values = looks[policy], series(ds, variable, policy)
        axes.plot(
            line.x,
            values,
            color=look.colour,
            linestyle=look.pattern,
            linewidth=look.width,
            zorder=look.order,
        )
        labels.append(EndLabel(name, float(values[-1]), look.ink, weights[policy]))
    axes.set_ylim(*padded(*finite_range(ds[variable].to_numpy())))
    draw_time_axis(axes, line)
    draw_marks(axes, line, events)
    title = capital(text.variable(variable))
    title_above(axes, title, text.unit(ds[variable]), BADGES * bool(events))
    end_labels(axes, labels)
