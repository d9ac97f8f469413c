"""Lines of policies over time: a panel for each variable, two a row, labels where lines end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from flatgov.figures.common import styles
from flatgov.figures.labels import CONNECTOR, EndLabel, end_labels, room, stacked, title_above
from flatgov.figures.layout import MARGIN, WIDTH, Key, page, wrap
from flatgov.figures.numbers import draw_ticks, tick_room
from flatgov.figures.style import HEADING, SMALL, bold
from flatgov.figures.text import Text, capital
from flatgov.figures.timeline import BADGES, Mark, Timeline, draw_marks, draw_time_axis, mark_keys

_ABOVE, _BELOW, _HEIGHT = 0.55, 0.42, 2.45  # inches: over, under and of a panel
_LINE, _GAP = 0.16, 0.08  # inches: a further line of a title, between columns
_PLOT = 0.6  # of a column: the least width of the lines themselves, where labels can be broken
_LOOSE = 1.1  # labels get this much of the height that they need, to stay near their lines
_NARROWEST = 0.8  # inches: no label is broken to less than this


@dataclass(frozen=True)
class Head:
    """What stands over a panel, and the limits of its y axis."""

    title: str
    unit: str
    limits: tuple[float, float]


@dataclass(frozen=True)
class Lines:
    """The panels, to be filled.

    Attributes:
        figure: What they are part of.
        axes: By variable, in the order of the heads.
        labels: Of the lines' ends by policy, without a value.
    """

    figure: Figure
    axes: dict[str, Axes]
    labels: dict[str, EndLabel]

    def end(self, variable: str, values: Mapping[str, float]) -> None:
        """Write the names of policies where their lines end; the axes' limits must be final."""
        labels = [
            EndLabel(label.text, values[policy], label.colour, label.weight, label.widest)
            for policy, label in self.labels.items()
            if policy in values
        ]
        end_labels(self.axes[variable], labels)


def line_panels(
    text: Text,
    policies: Sequence[str],
    heads: Mapping[str, Head],
    line: Timeline,
    events: Sequence[Mark],
    *,
    title: str,
    subtitle: str,
    keys: Sequence[Key] = (),
    caption: str,
) -> Lines:
    """Set out the panels with their time axes and reform dates.

    Args:
        text: The study's labels.
        policies: The ids of those that get a line.
        heads: By variable.
        line: The time axis.
        events: The reform dates on it.
        title: What the figure shows.
        subtitle: How to read it.
        keys: What goes before the reform dates in the row under the subtitle.
        caption: Sources and versions.
    """
    columns = min(2, len(heads))
    rows = ceil(len(heads) / columns)
    looks = styles(text.study)
    left = max(tick_room(*head.limits) for head in heads.values())
    column_width = (WIDTH - 2 * MARGIN - (columns - 1) * _GAP) / columns
    widest = max(_NARROWEST, (1 - _PLOT) * column_width - left - CONNECTOR)
    labels = {
        policy: EndLabel(
            text.policy(policy),
            0.0,
            looks[policy].ink,
            bold() if policy == text.study.reference else "normal",
            widest,
        )
        for policy in policies
    }
    samples = list(labels.values())
    reserved, high = room(samples), max(_HEIGHT, _LOOSE * stacked(samples))
    titles = {name: _broken(head, column_width - left) for name, head in heads.items()}
    above = max(title.count("\n") + unit.count("\n") for title, unit in titles.values())
    tall = _ABOVE + above * _LINE + high + _BELOW
    sheet = page(title, subtitle, [*keys, *mark_keys(text, line, events)], caption, rows * tall)
    panels = {}
    for place, (name, head) in enumerate(heads.items()):
        row, column = divmod(place, columns)
        axes = sheet.axes(
            MARGIN + column * (column_width + _GAP) + left,
            (rows - 1 - row) * tall + _BELOW,
            column_width - left - reserved,
            high,
        )
        axes.set_ylim(*head.limits)
        draw_ticks(axes.yaxis, *head.limits)
        draw_time_axis(axes, line)
        draw_marks(axes, line, events)
        title_above(axes, *titles[name], BADGES * bool(events))
        panels[name] = axes
    return Lines(sheet.figure, panels, labels)


def _broken(head: Head, width: float) -> tuple[str, str]:
    """Break a title and a unit into lines that fit."""
    title = wrap(capital(head.title), width, HEADING, bold())
    return "\n".join(title), "\n".join(wrap(head.unit, width, SMALL))
