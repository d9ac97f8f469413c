"""Until when a policy brings a variable back: three panels for each of the two moments."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from flatgov.figures.bands import band_keys, draw_band
from flatgov.figures.common import caption, styles
from flatgov.figures.labels import title_above
from flatgov.figures.layout import MARGIN, WIDTH, Key, page, wrap
from flatgov.figures.numbers import draw_ticks, finite_range, padded, tick_room
from flatgov.figures.palette import GREY_INK, INK, RULE, LineStyle
from flatgov.figures.style import HEADING, SMALL, bold
from flatgov.figures.text import Text, capital, date_text
from flatgov.figures.timeline import Timeline, draw_time_axis, timeline

_HEIGHTS = (1.75, 1.75, 1.35)  # inches, of the panels from the top
_ABOVE, _BELOW, _LINE, _GAP = 0.36, 0.44, 0.155, 0.2  # inches
_FREE = 0.35  # steps from one start to the next that stay free at either end
_HIGH = 85.0  # percent: nothing can be written above such a bar
_UNITS = ("Day", "Week", "Month", "Quarter", "Year")


def figure(ds: xr.Dataset, text: Text) -> Figure:
    """Draw what the start of a policy does.

    Args:
        ds: Of `flatgov.analysis.timing.timing`.
        text: The study's labels.

    Returns:
        The figure: a column for each moment; from the top the probability that the variable is
        back, the variable itself, and the points of no return.
    """
    told = ds.attrs
    line = timeline(ds.rename(start="time"), text.lang)
    look = styles(text.study)[told["policy"]]
    variable = xr.DataArray(0.0, name=told["variable"], attrs={"units": told["units"]})
    limits = padded(*finite_range(ds["level"].to_numpy()))
    left = max(tick_room(0, 100, 5), tick_room(*limits, 5))
    wide = (WIDTH - 2 * MARGIN - _GAP) / 2 - left - 0.05
    units = [
        "\n".join(wrap(label, wide, SMALL))
        for label in (
            text.word("timing back"),
            text.heading(variable),
            text.word("timing last"),
        )
    ]
    heads = ["\n".join(wrap(_moment(ds, text, m), wide, HEADING, bold())) for m in ("end", "after")]
    above = [_ABOVE + _LINE * unit.count("\n") for unit in units]
    above[0] += _LINE * (1 + max(head.count("\n") for head in heads))
    tall = [sum(parts) + _BELOW for parts in zip(above, _HEIGHTS, strict=True)]
    sheet = page(
        text.word(
            "timing title", policy=text.policy(told["policy"]), name=text.variable(told["variable"])
        ),
        text.word(
            "with title",
            title=text.study.title[text.lang],
            text=text.word(
                f"timing subtitle {told['better']}",
                percent=f"{100 * told['share']:g}",
                against=text.policy(told["against"]),
            ),
        ),
        _keys(ds, text, look),
        caption(ds, text, _made(ds, text)),
        sum(tall),
    )
    for column, moment in enumerate(("end", "after")):
        one = ds.sel(moment=moment)
        bottom = sum(tall)
        for row, draw in enumerate((_back, _level, _last)):
            bottom -= tall[row]
            axes = sheet.axes(
                MARGIN + left + column * (wide + left + 0.05 + _GAP),
                bottom + _BELOW,
                wide,
                _HEIGHTS[row],
            )
            _starts_axis(axes, line, text)
            low, high = limits if row == 1 else (0.0, 100.0)
            axes.set_ylim(low, high)
            draw_ticks(axes.yaxis, low, high, 5)
            draw(axes, one, line, look, text)
            title_above(axes, heads[column] if row == 0 else "", units[row])
    return sheet.figure


def _moment(ds: xr.Dataset, text: Text, moment: str) -> str:
    """Say at what time since the start, or on which date, the variable is looked at."""
    study = text.study
    if moment == "end":
        if study.calendar is None:
            return text.word(
                "timing end", date=text.word("moment", time=f"{study.model.time.final:g}")
            )
        end = study.calendar.dates(np.array([study.model.time.final])).astype("datetime64[s]")
        return text.word("timing end", date=date_text(text.lang, end[0]))
    after = float(ds.attrs["after"])
    units = study.calendar.unit if study.calendar else study.model.time.units
    unit = units.capitalize().removesuffix("s")
    if unit not in _UNITS:
        return capital(text.word("timing after", time=f"{after:g} {units}"))
    key = f"count {unit}" if after != 1 else f"count one {unit}"
    return capital(text.word("timing after", time=text.word(key, count=f"{after:g}")))


def _made(ds: xr.Dataset, text: Text) -> str:
    draws = ds.sizes["draw"]
    note = text.word("timing made", draws=f"{draws:,}", seed=ds.attrs["seed"])
    left_out = int(draws - ds["counted"].sum())
    if not left_out:
        return note
    return text.word("sources", text=note) + text.word("timing left out", count=f"{left_out:,}")


def _keys(ds: xr.Dataset, text: Text, look: LineStyle) -> list[Key]:
    percent = f"{100 * ds.attrs['confidence']:g}"
    passed = [one for moment in ("end", "after") for one in _limits_passed(ds.sel(moment=moment))]
    limit = Line2D([], [], color=GREY_INK, linewidth=0.8)
    return [
        Key(text.word("with policy"), line=_policy_line(look)),
        Key(
            text.word("without policy", policy=text.policy(ds.attrs["without"])),
            line=Line2D([], [], color=INK, linewidth=1.4, dashes=(2, 2)),
        ),
        Key(text.word("interval of", percent=percent), line=_whisker(look)),
        *band_keys(text, look.colour),
        *([Key(text.word("last above"), line=limit)] if passed else []),
    ]


def _policy_line(look: LineStyle) -> Line2D:
    return Line2D([], [], color=look.colour, linewidth=1.8, marker="o", markersize=3.5)


def _whisker(look: LineStyle) -> Line2D:
    return Line2D([], [], color=look.colour, linewidth=1.1)


def _starts_axis(axes: Axes, line: Timeline, text: Text) -> None:
    draw_time_axis(axes, line)
    if len(line.x) == 1:
        axes.set_xticks(line.x, [line.show(line.time[0])])
    low, high = _ends(line)
    axes.set_xlim(low, high)
    axes.set_xlabel(text.word("timing axis", unit=line.label), loc="right", labelpad=1)


def _step(line: Timeline) -> float:
    return float(np.diff(line.x).min()) if len(line.x) > 1 else 1.0


def _ends(line: Timeline) -> tuple[float, float]:
    free = _FREE * _step(line)
    return float(line.x[0]) - free, float(line.x[-1]) + free


def _back(axes: Axes, one: xr.Dataset, line: Timeline, look: LineStyle, text: Text) -> None:
    """Draw the probability that the variable is back, with what it is without the policy."""
    back = 100 * one["back"].to_numpy()
    low, high = (100 * one[f"back_{end}"].to_numpy() for end in ("low", "high"))
    axes.vlines(line.x, low, high, color=look.colour, linewidth=1.1, zorder=3, clip_on=False)
    line_of = _policy_line(look)
    line_of.set_data(line.x, back)
    line_of.set_zorder(4)
    line_of.set_clip_on(False)
    axes.add_line(line_of)
    without = 100 * one["back_without"].to_numpy()
    axes.plot(line.x, without, color=INK, linewidth=1.4, dashes=(2, 2), zorder=3)
    for level, until in _limits_passed(one):
        place = line.place(until)
        axes.plot([place] * 2, [0, 100 * level], color=GREY_INK, linewidth=0.8, zorder=2)
        # Left of it there is room under a curve that falls, but not left of the first start.
        first = until == line.time[0]
        axes.annotate(
            text.word("at least", percent=f"{100 * level:g}"),
            (place, 100 * level),
            xytext=(3 if first else -3, -10),
            textcoords="offset points",
            ha="left" if first else "right",
            size=SMALL,
            color=GREY_INK,
        )


def _limits_passed(one: xr.Dataset) -> list[tuple[float, float]]:
    """Give the probabilities below which it falls for good, each with the last start before."""
    passed = [
        (float(level), float(one["falls_below"].sel(probability=level)))
        for level in one["probability"].to_numpy()
    ]
    return [(level, until) for level, until in passed if np.isfinite(until)]


def _level(axes: Axes, one: xr.Dataset, line: Timeline, look: LineStyle, text: Text) -> None:
    """Draw the variable under the policy: the median and the bands of the draws."""
    levels = one["level"].transpose("quantile", "start").to_numpy()
    draw_band(axes, line.x, levels, look.colour)
    line_of = _policy_line(look)
    line_of.set_data(line.x, levels[len(levels) // 2])
    axes.add_line(line_of)


def _last(axes: Axes, one: xr.Dataset, line: Timeline, look: LineStyle, text: Text) -> None:
    """Draw in which share of the draws each start is the last that brings the variable back."""
    shares = 100 * one["last_share"].to_numpy()
    never = 100 * float(one["never"])
    wide = 0.7 * _step(line)
    none = float(line.x[0]) - 1.6 * _step(line)
    axes.set_xlim(none - wide, _ends(line)[1])
    axes.bar(line.x[:-1], shares[:-1], wide, color=look.colour, zorder=2)
    open_end: dict[str, Any] = {"color": "white", "edgecolor": look.colour, "hatch": "////"}
    axes.bar(line.x[-1:], shares[-1:], wide, zorder=2, **open_end)
    axes.bar([none], [never], wide, color=RULE, zorder=2)
    places = list(axes.get_xticks())
    names = [label.get_text() for label in axes.get_xticklabels()]
    axes.set_xticks([none, *places], [text.word("timing none"), *names])
    later = text.word("timing later", date=line.show(line.time[-1]))
    # Above the bar, or beside one that leaves no room there; then all others are low.
    high, edge = shares[-1] > _HIGH, wide / 2
    axes.annotate(
        later,
        (line.x[-1] + (-edge if high else edge), min(shares[-1], 100.0)),
        xytext=(-3, -10) if high else (0, 3),
        textcoords="offset points",
        ha="right",
        size=SMALL,
        color=GREY_INK,
    )
