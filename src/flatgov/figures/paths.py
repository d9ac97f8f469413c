"""One variable against another as paths through time, a panel for every policy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke

from flatgov.figures.bands import Draws, band_keys, draw_regions, draws_note
from flatgov.figures.common import caption, policies_of, require, series, styles
from flatgov.figures.layout import Key, size_in_points
from flatgov.figures.multiples import Frame, multiples
from flatgov.figures.numbers import finite_range, padded
from flatgov.figures.palette import GHOST, INK, LineStyle
from flatgov.figures.regions import regions
from flatgov.figures.style import SMALL
from flatgov.figures.text import Text
from flatgov.figures.timeline import Mark, Timeline, mark_keys, marks, timeline

if TYPE_CHECKING:
    from flatgov.study.schema import Paths

_NEAR = 5.0  # points: marks closer than this get one label


def figure(ds: xr.Dataset, text: Text, chosen: Paths, draws: Draws | None = None) -> Figure:
    """Draw the path of every policy with the others in grey.

    Args:
        ds: With dimensions ``policy`` and ``time``.
        text: The study's labels.
        chosen: The two variables.
        draws: Of the same policies: regions in which they end.

    Returns:
        The figure: four panels a row, all on the same axes.

    Raises:
        NotDrawn: One of the variables is not in the dataset.
    """
    require(ds, (chosen.x, chosen.y))
    line = timeline(ds, text.lang)
    policies = policies_of(ds)
    events = marks(text, line, policies)
    paths = {
        policy: (series(ds, chosen.x, policy), series(ds, chosen.y, policy)) for policy in policies
    }
    outlines = _outlines(draws, chosen, policies, float(line.time[-1]))
    corners = [outline for found in outlines.values() for outline in found]
    across, upward = (
        np.concatenate([ds[name].to_numpy().ravel(), *(corner[:, axis] for corner in corners)])
        for axis, name in enumerate((chosen.x, chosen.y))
    )
    frame = Frame(
        text.label(chosen.title, "figures.toml: paths.title"),
        text.subtitle("paths subtitle") if len(policies) > 1 else text.study.title[text.lang],
        [
            *_end_keys(text, line),
            *(band_keys(text) if outlines else []),
            *mark_keys(text, line, events),
        ],
        caption(ds, text, draws_note(text, draws, "paths draws") if draws and outlines else ""),
        text.heading(ds[chosen.x]),
        text.heading(ds[chosen.y]),
        padded(*finite_range(across), 0.08),
        padded(*finite_range(upward), 0.1),
        {},
    )
    sheet, panels = multiples(text, policies, frame)
    looks = styles(text.study)
    for panel in panels:
        for other in policies:
            if other != panel.policy:
                panel.axes.plot(*paths[other], color=GHOST, linewidth=0.8, zorder=1.5)
        if panel.policy in outlines:
            draw_regions(panel.axes, outlines[panel.policy], looks[panel.policy].colour)
        _path(panel.axes, paths[panel.policy], looks[panel.policy], line, events)
    return sheet


def _outlines(
    draws: Draws | None, chosen: Paths, policies: list[str], end: float
) -> dict[str, list[np.ndarray]]:
    """Outline where the draws of each policy end; of policies without draws nothing."""
    if draws is None or not (draws.has(chosen.x) and draws.has(chosen.y)):
        return {}
    ends = {p: [draws.values(name, p, end) for name in (chosen.x, chosen.y)] for p in policies}
    return {policy: regions(x, y) for policy, (x, y) in ends.items() if x.size}


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
