"""A total broken down into its parts: stacked areas over time, a panel for each policy."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from flatgov.errors import StudyError
from flatgov.figures.common import (
    NotDrawn,
    caption,
    policies_of,
    require,
    series,
)
from flatgov.figures.layout import (
    MARGIN,
    WIDTH,
    EndLabel,
    end_labels,
    measure,
    page,
    title_above,
)
from flatgov.figures.palette import INK, fills, readable
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

if TYPE_CHECKING:
    from flatgov.study.schema import Breakdown

TOLERANCE = 1e-6  # of the largest total: parts may miss it by rounding only
_ABOVE, _BELOW, _HEIGHT = 0.6, 0.42, 2.9  # inches: over, under and of a panel
# Inches: left of a panel, between a band and its label, between columns.
_TICKS, _CONNECTOR, _GAP = 0.42, 0.22, 0.12


def figure(ds: xr.Dataset, text: Text, name: str) -> Figure:
    """Draw one breakdown of the study.

    Args:
        ds: With dimensions ``policy`` and ``time``.
        text: The study's labels.
        name: The key of the breakdown in figures.toml.

    Returns:
        The figure: two panels a row, all with the same y axis.

    Raises:
        NotDrawn: A variable or every listed policy is missing, or a part is negative.
        StudyError: The parts do not add up to the total.
    """
    chosen = text.study.figures.breakdowns[name]
    require(ds, (chosen.total, *chosen.parts))
    policies = [policy for policy in chosen.policies if policy in policies_of(ds)]
    if not policies:
        raise NotDrawn("the results lack the policies " + ", ".join(chosen.policies))
    stacks = {
        policy: np.array([series(ds, part, policy) for part in chosen.parts]) for policy in policies
    }
    for policy, stack in stacks.items():
        _check(chosen, name, policy, stack, series(ds, chosen.total, policy), ds["time"].to_numpy())
    line = timeline(ds, text.lang)
    events = marks(text, line)
    where = f"figures.toml: breakdowns.{name}"
    names = [text.variable(part) for part in chosen.parts]
    reserved = max(measure(label, SMALL) for label in (*names, text.word("total")))
    reserved += _CONNECTOR
    columns = min(2, len(policies))
    rows = ceil(len(policies) / columns)
    wide = (WIDTH - 2 * MARGIN - reserved - (columns - 1) * _GAP) / columns - _TICKS
    tall = _ABOVE + _HEIGHT + _BELOW
    sheet = page(
        text.label(chosen.title, f"{where}.title"),
        text.study.title[text.lang],
        mark_keys(text, line, events),
        caption(ds, text),
        rows * tall,
    )
    highest = max(float(series(ds, chosen.total, policy).max()) for policy in policies)
    for place, policy in enumerate(policies):
        row, column = divmod(place, columns)
        axes = sheet.axes(
            MARGIN + _TICKS + column * (wide + _TICKS + _GAP),
            (rows - 1 - row) * tall + _BELOW,
            wide,
            _HEIGHT,
        )
        axes.set_ylim(0, highest * 1.05 or 1.0)
        _panel(axes, stacks[policy], line, events)
        if column == columns - 1 or place == len(policies) - 1:
            end_labels(axes, _band_labels(stacks[policy][:, -1], names, text.word("total")))
        title_above(
            axes,
            capital(text.policy(policy)),
            text.heading(ds[chosen.total]),
            BADGES * bool(events),
        )
    return sheet.figure


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
    if not (np.isfinite(stack).all() and np.isfinite(total).all()):
        raise NotDrawn(f"'{chosen.total}' or a part of it has no value at some times")
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
