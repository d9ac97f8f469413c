"""What the reform promised against what the model shows: a table with a chart in it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, cast

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from flatgov.analysis.compare import quantiles
from flatgov.analysis.effects import QUANTILES
from flatgov.figures.bands import Draws, draw_whiskers, draws_note
from flatgov.figures.common import (
    NotDrawn,
    caption,
    is_single,
    require_policy,
    series,
)
from flatgov.figures.layout import MARGIN, POINT, Key, Page, page, wrap
from flatgov.figures.numbers import decimals, plain
from flatgov.figures.palette import GREY_INK, KEPT, NOT_KEPT, RULE, readable
from flatgov.figures.style import SMALL, TEXT, bold
from flatgov.figures.text import Text, capital
from flatgov.figures.timeline import timeline

if TYPE_CHECKING:
    from flatgov.study.schema import PromiseItem

_SHADE = "#E6EBF0"
_UNDER = 0.11  # inches from a dot down to its whisker
# Inches from the left of the page: the columns, each with what stands in it.
_ITEM, _PROMISED, _BEFORE, _AFTER, _CHART, _OUTCOME = MARGIN, 2.3, 3.62, 4.42, 4.62, 7.14
_CHART_WIDTH = 2.35
_LINE, _PAD, _HEAD, _FOOT = 0.155, 0.16, 0.3, 0.42  # inches
_RATIOS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100)


@dataclass(frozen=True)
class Row:
    """One promise with what the model shows of it.

    Attributes:
        name: The variable, in lines.
        detail: Its unit, and the claims, in lines.
        promised: ``"up"``, ``"down"`` or ``"same"``.
        before: The value before the reform.
        after: The value after it.
        tolerance: The relative change up to which values are the same.
        ratios: `QUANTILES` of the ratio in the draws; None where it is not known.
        often: The share of draws in which the promise is kept; None where it is not known.
    """

    name: list[str]
    detail: list[str]
    promised: str
    before: float
    after: float
    tolerance: float
    ratios: np.ndarray | None = None
    often: float | None = None

    @property
    def kept(self) -> bool:
        """Whether the value went where it was promised to go."""
        return direction(self.before, self.after, self.tolerance) == self.promised

    @property
    def ratio(self) -> float | None:
        """Value after over value before, where that says something."""
        return self.after / self.before if self.before > 0 and self.after > 0 else None

    @property
    def span(self) -> list[float]:
        """What the axis of ratios has to show."""
        ends = [] if self.ratios is None else [float(self.ratios[0]), float(self.ratios[-1])]
        return [*ends, *([] if self.ratio is None else [self.ratio])]

    @property
    def height(self) -> float:
        """The height of the row in inches."""
        return (len(self.name) + len(self.detail)) * _LINE + _PAD


def direction(before: float, after: float, tolerance: float) -> str:
    """Say whether a value went ``"up"``, ``"down"`` or stayed the ``"same"``."""
    if abs(after - before) <= tolerance * abs(before):
        return "same"
    return "up" if after > before else "down"


def figure(ds: xr.Dataset, text: Text, draws: Draws | None = None) -> Figure:
    """Draw the promises of the study under its reference policy.

    Args:
        ds: With dimensions ``policy`` and ``time``.
        text: The study's labels.
        draws: Of the same policies: how far the ratios spread, and how often promises are kept.

    Returns:
        The figure: a row for each promise.

    Raises:
        NotDrawn: The study has no promises, or the dataset lacks the policy, the dates or
            every variable.
    """
    study, promises = text.study, text.study.figures.promises
    if promises is None:
        raise NotDrawn("figures.toml has no promises")
    require_policy(ds, study.reference)
    line = timeline(ds, text.lang)
    before, after = (cast(float, moment) for moment in (promises.before, promises.after))
    if not (line.covers(before) and line.covers(after)):
        raise NotDrawn("the dates of the promises lie outside the run")
    items = [
        item for item in promises.items if item.variable in ds and is_single(ds[item.variable])
    ]
    if not items:
        raise NotDrawn("the results have no variable of the promises")
    if not all(np.isfinite(series(ds, item.variable, study.reference)).all() for item in items):
        raise NotDrawn(f"the run of '{study.reference}' failed")
    tolerances = Counter(item.tolerance for item in items)
    usual = tolerances.most_common(1)[0][0]  # said once, above; a row says only another one
    rows = [_row(ds, text, item, line.index(before), line.index(after), usual) for item in items]
    if draws is not None:
        rows = [
            _with_draws(row, draws, study.reference, item.variable, before, after)
            for row, item in zip(rows, items, strict=True)
        ]
    known = draws is not None and any(row.often is not None for row in rows)
    body = sum(row.height for row in rows)
    sheet = page(
        text.label(promises.title, "figures.toml: promises.title"),
        text.subtitle(
            "promises subtitle",
            policy=text.policy(study.reference),
            percent=_percent(usual),
            unless=text.word("unless") if len(tolerances) > 1 else "",
        ),
        [
            Key(line.show(before), line=_dot(GREY_INK, after=False)),
            Key(line.show(after), line=_dot(GREY_INK, after=True)),
        ],
        caption(ds, text, draws_note(text, draws, "promises draws") if draws and known else ""),
        _HEAD + body + _FOOT,
    )
    axes = sheet.axes(_CHART, _FOOT, _CHART_WIDTH, body)
    axes.set_ylim(0, body)
    _ratio_axis(axes, text, [ratio for row in rows for ratio in row.span])
    _heads(sheet, text, _FOOT + body, line.show(before), line.show(after))
    top = body
    for row in rows:
        _draw_row(sheet, axes, text, row, top)
        top -= row.height
    return sheet.figure


def _with_draws(
    row: Row, draws: Draws, policy: str, variable: str, before: float, after: float
) -> Row:
    """Add to a row how its ratio spreads over the draws, and how often the promise is kept."""
    if not draws.has(variable):
        return row
    first, last = (draws.values(variable, policy, time) for time in (before, after))
    if not first.size:
        return row
    kept = [
        direction(one, other, row.tolerance) == row.promised
        for one, other in zip(first.tolist(), last.tolist(), strict=True)
    ]
    whole = row.ratio is not None and bool((first > 0).all() and (last > 0).all())
    ratios = quantiles(last / first, np.array(QUANTILES)) if whole else None
    return replace(row, ratios=ratios, often=sum(kept) / len(kept))


def _percent(share: float) -> str:
    return f"{share * 100:g}"


def _row(
    ds: xr.Dataset, text: Text, item: PromiseItem, before: int, after: int, usual: float
) -> Row:
    values = series(ds, item.variable, text.study.reference)
    width = _PROMISED - _ITEM - 0.1
    unit = text.unit(ds[item.variable])
    numbers = ", ".join(str(number) for number in item.claims)
    claims = text.word("claim" if len(item.claims) == 1 else "claims", numbers=numbers)
    detail = wrap(f"{unit} · {claims}" if item.claims else unit, width, SMALL)
    if item.tolerance != usual:
        detail += wrap(text.word("tolerance", percent=_percent(item.tolerance)), width, SMALL)
    return Row(
        wrap(capital(text.variable(item.variable)), width, TEXT, bold()),
        detail,
        item.promised,
        float(values[before]),
        float(values[after]),
        item.tolerance,
    )


def _ratio_axis(axes: Axes, text: Text, ratios: list[float]) -> None:
    """Set the logarithmic axis so that every ratio and both sides of 1 are on it."""
    low, high = min([0.5, *ratios]) / 1.25, max([2.0, *ratios]) * 1.25
    axes.set_xscale("log")
    axes.set_xlim(low, high)
    ticks = [ratio for ratio in _RATIOS if low <= ratio <= high]
    axes.xaxis.set_major_locator(FixedLocator(ticks))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"×{x:g}"))
    axes.set_xlabel(text.word("ratio"), size=SMALL, labelpad=2)
    axes.set_ylabel(text.word("item"), size=SMALL)
    axes.yaxis.label.set_visible(False)  # the column's head says it
    axes.set_yticks([])
    axes.grid(True, axis="x")
    axes.axvline(1, color=GREY_INK, linewidth=1, zorder=2)


def _heads(sheet: Page, text: Text, y: float, before: str, after: str) -> None:
    style = {"size": SMALL, "color": GREY_INK}
    base = y + 0.08
    sheet.text(_ITEM, base, text.word("item"), **style)
    sheet.text(_PROMISED, base, text.word("promised"), **style)
    sheet.text(_BEFORE, base, before, ha="right", **style)
    sheet.text(_AFTER, base, after, ha="right", **style)
    sheet.text(_OUTCOME, base, text.word("outcome"), **style)


def _draw_row(sheet: Page, axes: Axes, text: Text, row: Row, top: float) -> None:
    bottom, middle = top - row.height, top - row.height / 2
    axes.axhline(
        top,
        color=RULE,
        linewidth=0.6,
        zorder=1,
        xmin=-(_CHART - MARGIN) / _CHART_WIDTH,
        clip_on=False,
    )
    y = top - _PAD / 2
    for line in row.name:
        y -= _LINE
        sheet.text(_ITEM, _FOOT + y + 2.5 * POINT, line, size=TEXT, weight=bold())
    for line in row.detail:
        y -= _LINE
        sheet.text(_ITEM, _FOOT + y + 2.5 * POINT, line, size=SMALL, color=GREY_INK)
    base = _FOOT + middle - 3 * POINT
    places = decimals((row.before, row.after))
    sheet.text(_PROMISED, base, text.word(row.promised), size=TEXT)
    sheet.text(_BEFORE, base, plain(row.before, places), size=TEXT, ha="right")
    sheet.text(_AFTER, base, plain(row.after, places), size=TEXT, ha="right")
    colour = KEPT if row.kept else NOT_KEPT
    if row.often is not None:
        share = text.word("kept draws", share=f"{100 * row.often:.0f}")
        sheet.text(_OUTCOME, base - 0.6 * _LINE, share, size=SMALL, color=GREY_INK)
    sheet.text(
        _OUTCOME,
        base if row.often is None else base + 0.4 * _LINE,
        text.word("kept" if row.kept else "not kept"),
        size=TEXT,
        weight=bold(),
        color=readable(colour),
    )
    low, high = axes.get_xlim()
    same = row.tolerance
    side = {"down": (low, 1 - same), "up": (1 + same, high), "same": (1 - same, 1 + same)}

    inset = 0.03
    axes.fill_between(
        side[row.promised], bottom + inset, top - inset, color=_SHADE, linewidth=0, zorder=0
    )
    if row.ratio is None:
        right = low * high > 1  # the wider side of the line at 1
        axes.annotate(
            text.word("no ratio"),
            (1, middle),
            xytext=(6 if right else -6, 0),
            textcoords="offset points",
            size=SMALL,
            color=GREY_INK,
            ha="left" if right else "right",
            va="center",
        )
        return
    if row.ratios is not None:
        draw_whiskers(axes, [middle - _UNDER], [row.ratios], [readable(colour)])
    axes.plot([1, row.ratio], [middle, middle], color=colour, linewidth=2.2, zorder=3)
    for ratio, after in ((1.0, False), (row.ratio, True)):
        dot = _dot(colour, after=after)
        dot.set_data([ratio], [middle])
        axes.add_line(dot)


def _dot(colour: str, *, after: bool) -> Line2D:
    """The sign for a value: hollow before the reform, full after it."""
    return Line2D(
        [],
        [],
        linestyle="none",
        marker="o",
        markersize=7 if after else 5.5,
        markerfacecolor=colour if after else "white",
        markeredgecolor=colour,
        markeredgewidth=1.4,
        zorder=5 if after else 4,
    )
