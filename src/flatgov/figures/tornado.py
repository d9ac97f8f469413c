"""The uncertain quantities that decide an outcome at the end of the run, the biggest on top."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from flatgov.figures.common import NotDrawn
from flatgov.figures.factor_text import clipped, distribution_text, factor_name, group_size
from flatgov.figures.layout import MARGIN, POINT, WIDTH, Key, Page, page
from flatgov.figures.numbers import decimals, draw_ticks, plain
from flatgov.figures.palette import GREY_INK, INK, RULE
from flatgov.figures.sensitivity_common import as_array, made, measures_of, outcome, quiet
from flatgov.figures.style import SMALL, TEXT
from flatgov.figures.text import Text
from flatgov.figures.timeline import timeline

SHOWN = 12
LEAD, SECOND, REST = "#A9C4DE", "#2F5D8A", "#C9C9C9"
# Inches from the left of the page: the columns.
_NAME, _DISTRIBUTION, _CHART = MARGIN, 2.75, 4.3
_CHART_WIDTH = WIDTH - MARGIN - _CHART - 0.1
_LINE, _PAD, _HEAD, _FOOT = 0.145, 0.11, 0.26, 0.45
_BAR = 0.085  # inches: the height of a bar


@dataclass(frozen=True)
class Row:
    """A quantity, or all that are not shown, with its bars."""

    name: list[str]
    distribution: list[str]
    values: dict[str, float]
    factor: str = ""
    is_rest: bool = False

    @property
    def height(self) -> float:
        """The height of the row in inches."""
        return max(len(self.name), len(self.distribution)) * _LINE + _PAD


def figure(ds: xr.Dataset, text: Text, variable: str) -> Figure:
    """Draw what decides one variable at the end of the run.

    Args:
        ds: Of `flatgov.analysis.sensitivity.sensitivity`.
        text: The study's labels.
        variable: One of its variables.

    Returns:
        The figure: a row for each of the biggest quantities, one for the others.

    Raises:
        NotDrawn: The variable does not vary.
    """
    measures = measures_of(ds)
    if quiet(ds, variable)[-1]:
        raise NotDrawn(f"'{variable}' hardly varies at the end")
    last = ds.isel(time=-1).sel(variable=variable)
    sizes = np.nan_to_num(np.abs(last[measures.lead].to_numpy()), nan=-1.0)
    order = [int(place) for place in np.argsort(-sizes, kind="stable") if sizes[place] > 0]
    names = [f"{one}{end}" for one in measures for end in ("", "_low", "_high")]
    present = [name for name in names if name in last]
    rows = [_row(last.isel(factor=place), present, text) for place in order[:SHOWN]]
    rest = [place for place in range(len(sizes)) if place not in order[:SHOWN]]
    if rest:
        rows.append(_rest(last, rest, text, sizes))
    body = sum(row.height for row in rows)
    line = timeline(ds, text.lang)
    sheet = page(
        text.word(
            "tornado title",
            what=outcome(ds, text, variable),
            date=line.show(line.time[-1]),
        ),
        text.word(
            "with title", title=text.study.title[text.lang], text=_subtitle(ds, text, variable)
        ),
        _keys(ds, text),
        made(ds, text, [row.factor for row in rows]),
        _HEAD + body + _FOOT,
    )
    axes = sheet.axes(_CHART, _FOOT, _CHART_WIDTH, body)
    axes.set_ylim(0, body)
    _axis(axes, rows, _axis_label(ds, text, variable))
    _heads(sheet, text, _FOOT + body + 0.08)
    top = body
    for row in rows:
        _draw_row(sheet, axes, row, top, measures.lead, measures.second)
        top -= row.height
    axes.axvline(0, color=GREY_INK, linewidth=0.9, zorder=3)
    return sheet.figure


def _row(factor: xr.Dataset, measures: list[str], text: Text) -> Row:
    name = str(factor["factor"].item())
    size = group_size(name, text)
    if size > 1:
        about = text.word("together", count=size)
    else:
        about = distribution_text(str(factor["distribution"].item()), text)
    return Row(
        clipped(factor_name(name, text), _DISTRIBUTION - _NAME - 0.12, TEXT, 3),
        clipped(about, _CHART - _DISTRIBUTION - 0.15, SMALL, 2),
        {measure: float(factor[measure].item()) for measure in measures},
        name,
    )


def _rest(last: xr.Dataset, rest: list[int], text: Text, sizes: np.ndarray) -> Row:
    """Sum up what is not shown: first-order indices add, other measures do not."""
    wide = _CHART - _NAME - 0.2
    if last.attrs["method"] == "sobol":
        together = float(last["first"].isel(factor=rest).sum())
        label = text.word("others", count=len(rest))
        return Row(clipped(label, wide, TEXT, 2), [], {"first": together}, is_rest=True)
    lead = measures_of(last).lead
    largest = rest[int(np.argmax(sizes[rest]))]
    label = text.word("largest of others", count=len(rest))
    value = float(np.nan_to_num(last[lead].to_numpy()[largest]))
    return Row(clipped(label, wide, TEXT, 2), [], {lead: value}, is_rest=True)


def _subtitle(ds: xr.Dataset, text: Text, variable: str) -> str:
    method = ds.attrs["method"]
    if method != "sobol":
        return text.word(f"{method} subtitle")
    last = ds.isel(time=-1).sel(variable=variable)
    ends = {"sum": "first_sum", "low": "first_sum_low", "high": "first_sum_high"}
    said = {key: plain(float(last[name].item()), 2) for key, name in ends.items()}
    sd = float(last["sd"].item())
    spread = text.word("heading", name=plain(sd, decimals([sd])), unit=_unit(ds, text, variable))
    return text.word("sobol subtitle", **said, spread=spread)


def _unit(ds: xr.Dataset, text: Text, variable: str) -> str:
    return text.unit(as_array(ds, variable))


def _axis_label(ds: xr.Dataset, text: Text, variable: str) -> str:
    method = ds.attrs["method"]
    if method != "morris":
        return text.word(f"{method} axis")
    return text.word("morris axis", heading=text.heading(as_array(ds, variable)))


def _keys(ds: xr.Dataset, text: Text) -> list[Key]:
    measures = measures_of(ds)
    percent = f"{100 * ds.attrs['confidence']:g}"
    return [
        Key(text.word(f"measure {measures.lead}"), line=_swatch(LEAD)),
        Key(text.word(f"measure {measures.second}"), line=_swatch(SECOND)),
        Key(
            text.word("interval of", percent=percent),
            line=Line2D([], [], color=INK, linewidth=1.1),
        ),
    ]


def _swatch(colour: str) -> Line2D:
    return Line2D([], [], color=colour, linewidth=6)


def _axis(axes: Axes, rows: list[Row], label: str) -> None:
    values = [value for row in rows for value in row.values.values() if np.isfinite(value)]
    low, high = min([0.0, *values]), max([0.0, *values])
    room = 0.04 * (high - low)
    low, high = low - room * (low < 0), high + room * (high > 0)
    axes.set_xlim(low, high)
    draw_ticks(axes.xaxis, low, high, 6)
    axes.set_xlabel(label, size=SMALL, labelpad=2)
    axes.set_yticks([])
    axes.grid(True, axis="x")


def _heads(sheet: Page, text: Text, y: float) -> None:
    style: dict[str, Any] = {"size": SMALL, "color": GREY_INK}
    sheet.text(_NAME, y, text.word("factor"), **style)
    sheet.text(_DISTRIBUTION, y, text.word("distribution"), **style)


def _draw_row(sheet: Page, axes: Axes, row: Row, top: float, lead: str, second: str) -> None:
    middle = top - row.height / 2
    axes.axhline(
        top,
        color=RULE,
        linewidth=0.6,
        zorder=1,
        xmin=-(_CHART - MARGIN) / _CHART_WIDTH,
        clip_on=False,
    )
    for x, lines, size, colour in (
        (_NAME, row.name, TEXT, INK),
        (_DISTRIBUTION, row.distribution, SMALL, GREY_INK),
    ):
        y = _FOOT + middle + (len(lines) / 2 - 1) * _LINE + 3.2 * POINT
        for line in lines:
            sheet.text(x, y, line, size=size, color=colour)
            y -= _LINE
    # One above the other; the only bar of all that is not shown stands in the middle.
    shift = 0.0 if row.is_rest else 0.55 * _BAR
    for measure, colour, place in (
        (lead, LEAD, middle + shift),
        (second, SECOND, middle - shift),
    ):
        value = row.values.get(measure, float("nan"))
        if not np.isfinite(value):
            continue
        fill = REST if row.is_rest else colour
        axes.barh(place, value, height=_BAR, color=fill, linewidth=0, zorder=2)
        low, high = (row.values.get(f"{measure}_{end}", float("nan")) for end in ("low", "high"))
        if np.isfinite(low) and np.isfinite(high):
            axes.plot([low, high], [place] * 2, color=INK, linewidth=0.9, zorder=4, clip_on=False)
