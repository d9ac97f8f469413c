"""A panel for every policy, four a row, all on the same axes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from flatgov.figures.common import styles
from flatgov.figures.layout import MARGIN, POINT, WIDTH, Key, page, wrap
from flatgov.figures.numbers import draw_ticks, tick_room
from flatgov.figures.palette import GREY_INK
from flatgov.figures.style import HEADING, SMALL, bold
from flatgov.figures.text import Text, capital

_COLUMNS = 4
_HEIGHT, _TITLE_LINE, _GAP, _BETWEEN = 1.5, 0.18, 0.16, 0.14  # inches
_HIGHEST = 3.8  # inches: the height of a panel that stands alone
_AXIS_LABEL, _LINE, _BELOW = 0.2, 0.14, 0.42  # inches: y label, a further line; x label, ticks


@dataclass(frozen=True)
class Frame:
    """What stands around the panels.

    Attributes:
        title: What the figure shows.
        subtitle: How to read it.
        keys: The entries of the row under the subtitle.
        caption: Sources and versions.
        x_label: What all panels have from left to right, with its unit.
        y_label: What they have upwards, with its unit.
        across: The limits of the x axis; None where it is drawn by who fills the panels.
        upward: The limits of the y axis.
        lines: For each policy, a line below the name; all or none have one.
        above: Inches kept free over the first row of panels.
    """

    title: str
    subtitle: str
    keys: Sequence[Key]
    caption: str
    x_label: str
    y_label: str
    across: tuple[float, float] | None
    upward: tuple[float, float]
    lines: Mapping[str, str]
    above: float = 0.0


@dataclass(frozen=True)
class Panel:
    """The panel of a policy.

    Attributes:
        policy: Its id.
        axes: With limits, title and numbers.
        highest: Whether there is none above.
    """

    policy: str
    axes: Axes
    highest: bool


def multiples(text: Text, policies: Sequence[str], frame: Frame) -> tuple[Figure, list[Panel]]:
    """Set out the panels.

    Args:
        text: The study's labels.
        policies: The ids of those that get a panel.
        frame: What stands around.

    Returns:
        The figure, and the panels to fill.
    """
    columns = min(_COLUMNS, len(policies))
    left = MARGIN + _AXIS_LABEL + tick_room(*frame.upward, 5)
    wide, high = _size(left, columns)
    beside = wrap(frame.y_label, ceil(len(policies) / columns) * (high + _TITLE_LINE), SMALL)
    left += (len(beside) - 1) * _LINE
    wide, high = _size(left, columns)
    titles = {p: wrap(capital(text.policy(p)), wide, HEADING, bold()) for p in policies}
    extra = _TITLE_LINE * bool(frame.lines)
    lengths = [len(titles[policy]) for policy in policies]
    bottoms, body = _rows(lengths, columns, high, extra, frame.above)
    sheet = page(frame.title, frame.subtitle, frame.keys, frame.caption, body)
    looks = styles(text.study)
    panels = []
    for place, policy in enumerate(policies):
        row, column = divmod(place, columns)
        axes = sheet.axes(left + column * (wide + _GAP), bottoms[row], wide, high)
        axes.set_ylim(*frame.upward)
        axes.grid(True, axis="x")
        if frame.across is not None:
            axes.set_xlim(*frame.across)
            draw_ticks(axes.xaxis, *frame.across, 4 if wide < 3 else 8)
        draw_ticks(axes.yaxis, *frame.upward, 5)
        above = frame.above / POINT * (row == 0)
        pad = 4 + above + extra / POINT
        axes.set_title("\n".join(titles[policy]), weight=bold(), pad=pad, color=looks[policy].ink)
        if frame.lines:
            axes.annotate(
                frame.lines[policy],
                (0, 1),
                xycoords="axes fraction",
                xytext=(0, 4 + above),
                textcoords="offset points",
                size=SMALL,
                color=GREY_INK,
                annotation_clip=False,
            )
        lowest = place + columns >= len(policies)
        axes.tick_params(labelleft=column == 0, labelbottom=lowest)
        panels.append(Panel(policy, axes, row == 0))
    width, height = sheet.figure.get_size_inches()
    sheet.figure.supxlabel(
        frame.x_label,
        x=(left + (columns * (wide + _GAP) - _GAP) / 2) / width,
        y=(sheet.bottom + 3 * POINT) / height,
        va="bottom",
        size=SMALL,
        color=GREY_INK,
    )
    sheet.figure.supylabel(
        "\n".join(beside),
        x=MARGIN / width,
        y=(sheet.bottom + (body + _BELOW) / 2) / height,
        ha="left",
        size=SMALL,
        color=GREY_INK,
    )
    return sheet.figure, panels


def _size(left: float, columns: int) -> tuple[float, float]:
    """Give the width and height of a panel."""
    wide = (WIDTH - MARGIN - left - (columns - 1) * _GAP) / columns
    return wide, min(max(_HEIGHT, 0.75 * wide), _HIGHEST)


def _rows(
    title_lines: list[int], columns: int, high: float, extra: float, above: float
) -> tuple[list[float], float]:
    """Give the bottom of every row of panels and the height of all; titles take their lines."""
    heads = [
        max(title_lines[start : start + columns]) * _TITLE_LINE
        + 0.08
        + extra
        + above * (start == 0)
        for start in range(0, len(title_lines), columns)
    ]
    body = _BELOW + sum(heads) + len(heads) * high + (len(heads) - 1) * _BETWEEN
    bottoms, top = [], body
    for head in heads:
        bottoms.append(top - head - high)
        top = bottoms[-1] - _BETWEEN
    return bottoms, body
