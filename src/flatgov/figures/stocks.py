"""A bare model run: the stocks over time, a panel each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from flatgov.figures.common import NotDrawn
from flatgov.figures.labels import title_above
from flatgov.figures.layout import MARGIN, WIDTH, page, wrap
from flatgov.figures.numbers import draw_ticks, finite_range, padded, tick_room
from flatgov.figures.palette import policy_styles
from flatgov.figures.style import HEADING, bold
from flatgov.figures.text import capital, word
from flatgov.figures.timeline import Timeline, draw_time_axis, timeline

_COLUMNS, _PAGE = 3, 15  # panels a row, panels a page
_HEIGHT, _BELOW, _LINE = 1.35, 0.42, 0.18  # inches; the height is that of a narrow panel
_MANY = 12  # more lines than this in a panel are drawn thin and in one colour


def figures(ds: xr.Dataset, name: str, caption: str) -> list[Callable[[], Figure]]:
    """Draw every stock of a run; where there is none, every variable that changes.

    Args:
        ds: With the dimension ``time``; a line is drawn for each position along the others.
        name: What the model is called.
        caption: The line below each figure.

    Returns:
        For each page what makes it, inside `drawing`.

    Raises:
        NotDrawn: Nothing in the dataset changes over time.
    """
    chosen = [v for v in ds.data_vars if ds[v].attrs.get("kind") == "stock"]
    title = word("en", "stocks title" if chosen else "variables title", name=name)
    chosen = chosen or [v for v in ds.data_vars if _changes(ds[v])]
    if not chosen:
        raise NotDrawn("the results have no variable that changes over time")
    pages = [chosen[start : start + _PAGE] for start in range(0, len(chosen), _PAGE)]
    titles = [
        word("en", "page", title=title, page=number, pages=len(pages)) if len(pages) > 1 else title
        for number in range(1, len(pages) + 1)
    ]
    return [
        partial(_figure, ds, [ds[v] for v in variables], heading, caption)
        for variables, heading in zip(pages, titles, strict=True)
    ]


def _changes(variable: xr.DataArray) -> bool:
    return "time" in variable.dims and bool((variable != variable.isel(time=0)).any())


def _figure(ds: xr.Dataset, variables: Sequence[xr.DataArray], title: str, caption: str) -> Figure:
    line = timeline(ds, "en")
    columns = min(_COLUMNS, len(variables))
    pitch = (WIDTH - 2 * MARGIN) / columns
    limits = [padded(*finite_range(v.to_numpy())) for v in variables]
    left = max(tick_room(*pair, 5) for pair in limits)
    wide = pitch - left - 0.1
    high = max(_HEIGHT, 0.45 * wide)
    heads = [wrap(capital(str(v.name)), wide, HEADING, bold()) for v in variables]
    tall = [
        max(len(head) for head in heads[start : start + columns]) * _LINE + 0.3 + high + _BELOW
        for start in range(0, len(heads), columns)
    ]
    several = sorted({str(dim) for v in variables for dim in v.dims} - {"time"})
    subtitle = "A line for each " + ", ".join(several) + "." if several else ""
    sheet = page(title, subtitle, [], caption, sum(tall))
    for place, (variable, head) in enumerate(zip(variables, heads, strict=True)):
        row, column = divmod(place, columns)
        axes = sheet.axes(
            MARGIN + column * pitch + left,
            sum(tall[row + 1 :]) + _BELOW,
            wide,
            high,
        )
        axes.set_ylim(*limits[place])
        draw_ticks(axes.yaxis, *limits[place], 5)
        _panel(axes, variable, line)
        units = str(variable.attrs.get("units", "")).strip() or word("en", "no units")
        title_above(axes, "\n".join(head), units)
    return sheet.figure


def _panel(axes: Axes, variable: xr.DataArray, line: Timeline) -> None:
    values = variable.transpose("time", ...).to_numpy().astype(float).reshape(len(line.x), -1)
    looks = list(policy_styles([str(i) for i in range(values.shape[1])], "0").values())
    looks = [looks[-1], *looks[:-1]]  # the first line in black
    for look, one in zip(looks, values.T, strict=True):
        if values.shape[1] > _MANY:
            axes.plot(line.x, one, color="#0072B2", linewidth=0.5, alpha=0.5)
        else:
            axes.plot(line.x, one, color=look.colour, linestyle=look.pattern, linewidth=1.4)
    draw_time_axis(axes, line)
