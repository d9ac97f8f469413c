"""In which share of the draws the model shows what the case describes, test by test."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from flatgov.figures.common import NotDrawn, origin
from flatgov.figures.factor_text import clipped
from flatgov.figures.layout import MARGIN, POINT, WIDTH, Key, Page, measure, page
from flatgov.figures.numbers import draw_ticks, plain
from flatgov.figures.palette import GREY_INK, RULE, fills, readable
from flatgov.figures.style import SMALL, TEXT, bold
from flatgov.figures.text import Text, capital

_CHART, _NUMBERS = 4.15, 6.95  # inches from the left of the page: the columns
_CHART_WIDTH = _NUMBERS - _CHART - 0.15
_LINE, _PAD, _HEAD, _FOOT = 0.155, 0.12, 0.28, 0.45
_APART = 0.17  # inches between the dots of two scenarios
_MARKERS = ("o", "D", "s", "^", "v")


@dataclass(frozen=True)
class Row:
    """A test: its name in lines, and of each scenario the share with its ends, and the base run."""

    name: str
    lines: list[str]
    shares: list[tuple[float, float, float]]
    base: list[bool]

    @property
    def height(self) -> float:
        """The height of the row in inches."""
        return max(len(self.lines) * _LINE, len(self.shares) * _APART) + _PAD


def figure(ds: xr.Dataset, text: Text) -> Figure:
    """Draw the share of draws that show each pattern, with its interval, scenario by scenario.

    Args:
        ds: Of `flatgov.analysis.behaviour.behaviour`.
        text: The study's labels.

    Returns:
        The figure: a row for each test, in the order of evidence.toml.

    Raises:
        NotDrawn: The dataset is that of the values of the model only.
    """
    if "share" not in ds:
        raise NotDrawn("there are no draws")
    worlds = [str(one) for one in ds["scenario"].to_numpy()] if "scenario" in ds.dims else [""]
    names = [str(name) for name in ds["test"].to_numpy()]
    indent = max(measure(name, TEXT, bold()) for name in names) + 0.12
    rows = [_row(ds, name, worlds, text, _CHART - MARGIN - indent - 0.2) for name in names]
    body = sum(row.height for row in rows)
    sheet = page(
        text.word("behaviour title"),
        text.subtitle("behaviour subtitle"),
        _keys(text, worlds),
        _caption(ds, text),
        _HEAD + body + _FOOT,
    )
    axes = sheet.axes(_CHART, _FOOT, _CHART_WIDTH, body)
    axes.set_ylim(0, body)
    axes.set_xlim(0, 100)
    draw_ticks(axes.xaxis, 0, 100, 5)
    axes.set_xlabel(text.word("share of draws"), size=SMALL, labelpad=2)
    axes.set_yticks([])
    axes.grid(True, axis="x")
    style: dict[str, Any] = {"size": SMALL, "color": GREY_INK}
    sheet.text(MARGIN, _FOOT + body + 0.08, text.word("pattern"), **style)
    sheet.text(_NUMBERS, _FOOT + body + 0.08, text.word("share and interval"), **style)
    top = body
    for row in rows:
        _draw_row(sheet, axes, row, top, indent)
        top -= row.height
    return sheet.figure


def _row(ds: xr.Dataset, name: str, worlds: list[str], text: Text, width: float) -> Row:
    shares, base = [], []
    for world in worlds:
        one = ds.sel(test=name, scenario=world) if world else ds.sel(test=name)
        low, middle, high = (100 * float(one[key]) for key in ("share_low", "share", "share_high"))
        shares.append((low, middle, high))
        base.append(bool(one["base"]))
    return Row(name, clipped(label_of_test(ds, name, text), width, TEXT, 3), shares, base)


def label_of_test(ds: xr.Dataset, name: str, text: Text) -> str:
    """Name a test: by its label, in English else by what its text says before a colon."""
    test = text.study.evidence.tests.get(name)
    label = {} if test is None else test.label
    own = str(ds["text"].sel(test=name).item()).partition(":")[0].strip().rstrip(".")
    if text.lang in label:
        return capital(label[text.lang])
    if text.lang != "en":
        text.unlabelled[f"the test '{name}'"] = None
    return capital(own)


def _scenario_style(place: int, base: bool) -> dict[str, Any]:
    """Give the look of a scenario's dot: full if the run at the model's own values passes."""
    colour = _ink(place)
    return {
        "linestyle": "none",
        "marker": _MARKERS[place % len(_MARKERS)],
        "markersize": 6,
        "markerfacecolor": colour if base else "white",
        "markeredgecolor": colour,
        "markeredgewidth": 1.4,
    }


def _ink(place: int) -> str:
    return readable(fills(9)[(4 * place) % 9], 3.5)


def _keys(text: Text, worlds: list[str]) -> list[Key]:
    keys = [
        Key(text.scenario(world), line=Line2D([], [], **_scenario_style(place, base=True)))
        for place, world in enumerate(worlds)
        if world
    ]
    whisker = Line2D([], [], color=GREY_INK, linewidth=1.2)
    return [
        *keys,
        Key(text.word("interval of", percent="95"), line=whisker),
        Key(text.word("base passes"), line=_grey(base=True)),
        Key(text.word("base fails"), line=_grey(base=False)),
    ]


def _grey(*, base: bool) -> Line2D:
    style = _scenario_style(0, base) | {"markeredgecolor": GREY_INK}
    return Line2D([], [], **style | {"markerfacecolor": GREY_INK if base else "white"})


def _caption(ds: xr.Dataset, text: Text) -> str:
    sources = text.study.figures.sources
    told = ds.attrs
    said = [text.word("behaviour made", draws=f"{told['draws']:,}", seed=told["seed"])]
    left_out = int(ds["draws_left_out"].max())
    if left_out:
        said.append(text.word("behaviour left out", count=f"{left_out:,}"))
    if sources:
        said.append(text.label(sources.text, "figures.toml: sources.text"))
    joined = "".join(text.word("sources", text=sentence) for sentence in said)
    return origin(ds, text.lang, model=text.study.model.hash, sources=joined)


def _draw_row(sheet: Page, axes: Axes, row: Row, top: float, indent: float) -> None:
    middle = top - row.height / 2
    axes.axhline(
        top,
        color=RULE,
        linewidth=0.6,
        zorder=1,
        xmin=-(_CHART - MARGIN) / _CHART_WIDTH,
        xmax=(WIDTH - MARGIN - _CHART) / _CHART_WIDTH,
        clip_on=False,
    )
    y = _FOOT + middle + (len(row.lines) / 2 - 1) * _LINE + 3.4 * POINT
    sheet.text(MARGIN, y, row.name, size=TEXT, weight=bold())
    for line in row.lines:
        sheet.text(MARGIN + indent, y, line, size=TEXT)
        y -= _LINE
    first = middle + (len(row.shares) - 1) / 2 * _APART
    for place, ((low, share, high), base) in enumerate(zip(row.shares, row.base, strict=True)):
        height = first - place * _APART
        style: dict[str, Any] = {"size": SMALL, "color": _ink(place)}
        sheet.text(_NUMBERS, _FOOT + height - 3 * POINT, _numbers(low, share, high), **style)
        if not np.isfinite(share):
            continue
        axes.plot([low, high], [height] * 2, color=_ink(place), linewidth=1.2, zorder=3)
        dot = Line2D([share], [height], **_scenario_style(place, base), zorder=4, clip_on=False)
        axes.add_line(dot)


def _numbers(low: float, share: float, high: float) -> str:
    if not np.isfinite(share):
        return plain(share, 0)
    return f"{_percent(share)} ({plain(low, 0)}–{plain(high, 0)})"


def _percent(share: float) -> str:
    """Write a percentage: 0 and 100 mean none and all, never nearly so."""
    if 0 < share < 0.5:
        return "<1"
    return ">99" if 99.5 <= share < 100 else plain(share, 0)
