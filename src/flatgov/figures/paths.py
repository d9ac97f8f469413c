"""One variable against another as paths through time, a panel for every policy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke

from flatgov.figures.common import caption, policies_of, require, series, styles
from flatgov.figures.layout import MARGIN, POINT, WIDTH, Key, page, size_in_points, wrap
from flatgov.figures.numbers import draw_ticks, finite_range, padded, tick_room
from flatgov.figures.palette import GHOST, GREY_INK, INK, LineStyle
from flatgov.figures.style import HEADING, SMALL, bold
from flatgov.figures.text import Text, capital
from flatgov.figures.timeline import Mark, Timeline, mark_keys, marks, timeline

if TYPE_CHECKING:
    from flatgov.study.schema import Paths

_COLUMNS = 4
_HEIGHT, _TITLE_LINE, _GAP, _BETWEEN = 1.5, 0.18, 0.16, 0.14  # inches
_HIGHEST = 3.8  # inches: the height of a panel that stands alone
_AXIS_LABEL, _BELOW = 0.2, 0.42  # inches: y label; x label and ticks
_NEAR = 5.0  # points: marks closer than this get one label


def figure(ds: xr.Dataset, text: Text, chosen: Paths) -> Figure:
    """Draw the path of every policy with the others in grey.

    Args:
        ds: With dimensions ``policy`` and ``time``.
        text: The study's labels.
        chosen: The two variables.

    Returns:
        The figure: four panels a row, all on the same axes.

    Raises:
        NotDrawn: One of the variables is not in the dataset.
    """
    require(ds, (chosen.x, chosen.y))
    line = timeline(ds, text.lang)
    policies = policies_of(ds)
    events = marks(text, line, policies)
    columns = min(_COLUMNS, len(policies))
    across = padded(*finite_range(ds[chosen.x].to_numpy()), 0.08)
    upward = padded(*finite_range(ds[chosen.y].to_numpy()), 0.1)
    left = MARGIN + _AXIS_LABEL + tick_room(*upward, 5)
    wide = (WIDTH - MARGIN - left - (columns - 1) * _GAP) / columns
    high = min(max(_HEIGHT, 0.75 * wide), _HIGHEST)
    titles = {
        policy: wrap(capital(text.policy(policy)), wide, HEADING, bold()) for policy in policies
    }
    bottoms, body = _rows([len(titles[policy]) for policy in policies], columns, high)
    sheet = page(
        text.label(chosen.title, "figures.toml: paths.title"),
        text.subtitle("paths subtitle") if len(policies) > 1 else text.study.title[text.lang],
        [*_end_keys(text, line), *mark_keys(text, line, events)],
        caption(ds, text),
        body,
    )
    paths = {
        policy: (series(ds, chosen.x, policy), series(ds, chosen.y, policy)) for policy in policies
    }
    looks = styles(text.study)
    for place, policy in enumerate(policies):
        row, column = divmod(place, columns)
        axes = sheet.axes(left + column * (wide + _GAP), bottoms[row], wide, high)
        axes.set(xlim=across, ylim=upward)
        axes.grid(True, axis="both")
        draw_ticks(axes.xaxis, *across, 4 if wide < 3 else 8)
        draw_ticks(axes.yaxis, *upward, 5)
        axes.set_title("\n".join(titles[policy]), weight=bold(), pad=4, color=looks[policy].ink)
        lowest = place + columns >= len(policies)
        axes.tick_params(labelleft=column == 0, labelbottom=lowest)
        for other in policies:
            if other != policy:
                axes.plot(*paths[other], color=GHOST, linewidth=0.8, zorder=1.5)
        _path(axes, paths[policy], looks[policy], line, events)
    width, height = sheet.figure.get_size_inches()
    sheet.figure.supxlabel(
        text.heading(ds[chosen.x]),
        x=(left + (columns * (wide + _GAP) - _GAP) / 2) / width,
        y=(sheet.bottom + 3 * POINT) / height,
        va="bottom",
        size=SMALL,
        color=GREY_INK,
    )
    sheet.figure.supylabel(
        text.heading(ds[chosen.y]),
        x=MARGIN / width,
        y=(sheet.bottom + (body + _BELOW) / 2) / height,
        ha="left",
        size=SMALL,
        color=GREY_INK,
    )
    return sheet.figure


def _rows(title_lines: list[int], columns: int, high: float) -> tuple[list[float], float]:
    """Give the bottom of every row of panels and the height of all; titles take their lines."""
    heads = [
        max(title_lines[start : start + columns]) * _TITLE_LINE + 0.08
        for start in range(0, len(title_lines), columns)
    ]
    body = _BELOW + sum(heads) + len(heads) * high + (len(heads) - 1) * _BETWEEN
    bottoms, top = [], body
    for head in heads:
        bottoms.append(top - head - high)
        top = bottoms[-1] - _BETWEEN
    return bottoms, body


def _end_keys(text: Text, line: Timeline) -> list[Key]:
    first, last = line.show(line.time[0]), line.show(line.time[-1])
    return [
        Key(text.word("start", date=first), line=_marker(INK, start=True)),
        Key(text.word("end", date=last), line=_marker(INK, start=False)),
    ]


def _marker(colour: str, *, start: bool) -> Line2D:
    """The sign for an end of a path: hollow where it starts, a full square where it ends."""
    return Line2D(
        [],
        [],
        linestyle="none",
        marker="o" if start else "s",
        markersize=6,
        markerfacecolor="white" if start else colour,
        markeredgecolor=colour,
        markeredgewidth=1.3,
        zorder=6,
    )


def _path(
    axes: Axes,
    path: tuple[np.ndarray, np.ndarray],
    look: LineStyle,
    line: Timeline,
    events: list[Mark],
) -> None:
    """Draw one path with its start, reform dates and end.

    The path is solid in every panel: a dashed path would hide how long it stays in one place.
    """
    x, y = path
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        return  # the run failed
    axes.plot(x, y, color=look.colour, linewidth=1.8, zorder=4)
    for index, start in ((0, True), (-1, False)):
        marker = _marker(look.colour, start=start)
        marker.set_data([x[index]], [y[index]])
        axes.add_line(marker)
    at = [line.index(event.time) for event in events]
    axes.plot(x[at], y[at], "o", markersize=4.6, mfc=INK, mec="white", mew=0.8, zorder=7)
    size = np.array(size_in_points(axes))
    limits = np.array([axes.get_xlim(), axes.get_ylim()])
    points = (np.column_stack([x, y]) - limits[:, 0]) / (limits[:, 1] - limits[:, 0]) * size
    for badge, spot, place in _labels(points, at, [event.badge for event in events], size):
        axes.annotate(
            badge,
            spot / size,
            xycoords="axes fraction",
            xytext=place - spot,
            textcoords="offset points",
            ha="center",
            va="center",
            size=SMALL,
            color=INK,
            path_effects=[withStroke(linewidth=2, foreground="white")],
            zorder=8,
            gid="reform date",
        )


def _labels(
    points: np.ndarray, at: list[int], badges: list[str], size: np.ndarray
) -> list[tuple[str, np.ndarray, np.ndarray]]:
    """Choose where the numbers of the reform dates stand beside a path.

    Args:
        points: The path in points from the panel's corner, shape (time, 2).
        at: The positions of the reform dates along the path.
        badges: Their numbers.
        size: Width and height of the panel, in points.

    Returns:
        Text, spot on the path and centre of the text; dates at one spot share a text.
    """
    groups: list[tuple[list[str], np.ndarray]] = []
    for index, badge in zip(at, badges, strict=True):
        spot = points[index]
        if groups and np.hypot(*(spot - groups[-1][1])) < _NEAR:
            groups[-1][0].append(badge)
        else:
            groups.append(([badge], spot))
    taken = [points[0], points[-1], *(spot for _, spot in groups)]
    placed = []
    for group, spot in groups:
        label = ", ".join(group)
        half = np.array([2.9 + 4.0 * (len(group) - 1) * 1.4, 4.6])
        best = min(
            _around(spot, half), key=lambda centre: _crowding(centre, half, points, taken, size)
        )
        taken.append(best)
        placed.append((label, spot, best))
    return placed


def _around(spot: np.ndarray, half: np.ndarray) -> list[np.ndarray]:
    """List the places beside a spot, nearer and upper right ones first."""
    return [
        spot + np.array([np.cos(angle), np.sin(angle)]) * (half + distance)
        for distance in (3.5, 7.0, 11.0, 16.0)
        for angle in np.deg2rad([45, 135, 90, 0, 180, 315, 225, 270])
    ]


def _crowding(
    centre: np.ndarray,
    half: np.ndarray,
    points: np.ndarray,
    taken: list[np.ndarray],
    size: np.ndarray,
) -> float:
    """Count what a text at a place would cover; lower is better."""
    on_path = (np.abs(points - centre) < half + 1.0).all(axis=1).sum()
    on_marks = sum((np.abs(mark - centre) < half + 4.5).all() for mark in taken)
    outside = ((centre < half) | (centre > size - half)).any()
    return float(on_path + 50 * on_marks + 500 * outside)
