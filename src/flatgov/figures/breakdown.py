"""A total broken down into its parts: stacked areas over time, a panel for each policy."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from flatgov.errors import StudyError
from flatgov.figures.bands import Draws, draw_whiskers, draws_note
from flatgov.figures.common import (
    NotDrawn,
    caption,
    policies_of,
    require,
    series,
)
from flatgov.figures.labels import EndLabel, end_labels, room, title_above
from flatgov.figures.layout import MARGIN, WIDTH, page, wrap
from flatgov.figures.numbers import draw_ticks, tick_room
from flatgov.figures.palette import INK, fills, readable
from flatgov.figures.style import HEADING, SMALL, bold
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

if TYPE_CHECKING:
    from flatgov.study.schema import Breakdown

TOLERANCE = 1e-6  # of the largest total: parts may miss it by rounding only
_ABOVE, _BELOW, _HEIGHT = 0.6, 0.42, 2.9  # inches: over, under and of a panel
_LINE, _GAP = 0.16, 0.12  # inches: a further line of a title, between columns


def figure(ds: xr.Dataset, text: Text, name: str, draws: Draws | None = None) -> Figure:
    """Draw one breakdown of the study.

    Args:
        ds: With dimensions ``policy`` and ``time``.
        text: The study's labels.
        name: The key of the breakdown in figures.toml.
        draws: Of the same policies: whiskers on the total at the end.

    Returns:
        The figure: two panels a row, all with the same y axis.

    Raises:
        NotDrawn: A variable or every listed policy is missing, or a part is negative.
        StudyError: The parts do not add up to the total.
    """
    chosen = text.study.figures.breakdowns[name]
    require(ds, (chosen.total, *chosen.parts))
    stacks = _stacks(ds, chosen, name)
    policies = list(stacks)
    line = timeline(ds, text.lang)
    events = marks(text, line, policies)
    where = f"figures.toml: breakdowns.{name}"
    names = [text.variable(part) for part in chosen.parts]
    total = text.word("total")
    endings = [EndLabel(label, 0.0, INK) for label in names]
    reserved = room([*endings, EndLabel(total, 0.0, INK, bold())])
    spreads = _spreads(draws, chosen.total, policies, float(line.time[-1]))
    tops = [float(stack.sum(axis=0).max()) for stack in stacks.values()]
    highest = 1.05 * max(*tops, *(float(levels[-1]) for levels in spreads.values()), 0.0) or 1.0
    left = tick_room(0, highest)
    columns = min(2, len(policies))
    rows = ceil(len(policies) / columns)
    wide = (WIDTH - 2 * MARGIN - reserved - (columns - 1) * _GAP) / columns - left
    titles = {p: wrap(capital(text.policy(p)), wide, HEADING, bold()) for p in policies}
    unit = wrap(text.heading(ds[chosen.total]), wide, SMALL)
    extra = max(len(title) for title in titles.values()) + len(unit) - 2
    tall = _ABOVE + extra * _LINE + _HEIGHT + _BELOW
    sheet = page(
        text.label(chosen.title, f"{where}.title"),
        text.study.title[text.lang],
        mark_keys(text, line, events),
        caption(ds, text, draws_note(text, draws, "total draws") if draws and spreads else ""),
        rows * tall,
    )
    for place, policy in enumerate(policies):
        row, column = divmod(place, columns)
        axes = sheet.axes(
            MARGIN + left + column * (wide + left + _GAP),
            (rows - 1 - row) * tall + _BELOW,
            wide,
            _HEIGHT,
        )
        axes.set_ylim(0, highest)
        draw_ticks(axes.yaxis, 0, highest)
        _panel(axes, stacks[policy], line, events)
        if policy in spreads:
            draw_whiskers(axes, [float(line.x[-1])], [spreads[policy]], [INK], upright=True)
        if column == columns - 1 or place == len(policies) - 1:
            end_labels(axes, _band_labels(stacks[policy][:, -1], names, total))
        title_above(
            axes,
            "\n".join(titles[policy]),
            "\n".join(unit),
            BADGES * bool(events),
        )
    return sheet.figure


def _spreads(
    draws: Draws | None, total: str, policies: list[str], end: float
) -> dict[str, np.ndarray]:
    """Give the quantiles of the total at the end; of policies without draws nothing."""
    if draws is None:
        return {}
    found = {policy: draws.spread(total, policy, end) for policy in policies}
    return {policy: levels for policy, levels in found.items() if levels is not None}


def _stacks(ds: xr.Dataset, chosen: Breakdown, name: str) -> dict[str, np.ndarray]:
    """Take the parts of every listed policy that was run, shape (part, time), and check them."""
    stacks = {}
    for policy in chosen.policies:
        if policy not in policies_of(ds):
            continue
        stack = np.array([series(ds, part, policy) for part in chosen.parts])
        total = series(ds, chosen.total, policy)
        if np.isfinite(stack).all() and np.isfinite(total).all():  # else the run failed
            _check(chosen, name, policy, stack, total, ds["time"].to_numpy())
            stacks[policy] = stack
    if not stacks:
        raise NotDrawn("the results lack the policies " + ", ".join(chosen.policies))
    return stacks


def _check(
    chosen: Breakdown,
    name: str,
    policy: str,
    stack: np.ndarray,
    total: np.ndarray,
    time: np.ndarray,
) -> None:
    """Refuse parts that are not the total, or that cannot be stacked."""
    where = f"figures.toml: breakdowns.{name}.parts"
    gap = total - stack.sum(axis=0)
    scale = max(float(np.abs(total).max()), 1.0)
    worst = int(np.abs(gap).argmax())
    if abs(gap[worst]) > TOLERANCE * scale:
        raise StudyError(
            f"the parts miss the total '{chosen.total}' by {gap[worst]:.6g} "
            f"at time {time[worst]:g} under '{policy}'",
            where=where,
            fix="list every variable that the total adds up, each once",
        )
    low = stack.min(axis=1)
    if low.min() < -TOLERANCE * scale:
        part = chosen.parts[int(low.argmin())]
        raise NotDrawn(f"the part '{part}' is negative under '{policy}' and cannot be stacked")


def _panel(
    axes: Axes,
    stack: np.ndarray,
    line: Timeline,
    events: list[Mark],
) -> None:
    colours = fills(len(stack))
    tops = stack.cumsum(axis=0)
    axes.stackplot(
        line.x, stack, colors=colours, edgecolor="white", linewidth=0.4, zorder=2, baseline="zero"
    )
    axes.plot(line.x, tops[-1], color=INK, linewidth=1.6, zorder=3)
    draw_time_axis(axes, line)
    draw_marks(axes, line, events)


def _band_labels(ends: np.ndarray, names: list[str], total: str) -> list[EndLabel]:
    """Name every band at its middle and the line on top; they serve a whole row of panels."""
    tops = ends.cumsum()
    bands = zip(names, tops - ends / 2, fills(len(names)), strict=True)
    labels = [EndLabel(name, float(middle), readable(colour)) for name, middle, colour in bands]
    return [*labels, EndLabel(total, float(tops[-1]), INK, bold())]
