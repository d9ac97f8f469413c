"""Text around a panel: the labels at the lines' ends and the title with the unit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from math import isfinite

from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from flatgov.figures.layout import POINT, measure, size_in_points, wrap
from flatgov.figures.style import HEADING, SMALL, bold

CONNECTOR = 0.16  # inches from a line's end to its label
WIDEST = 1.5  # inches; longer labels take two lines
_LINE = SMALL * 1.22  # points from one line of a label to the next
_APART = 2.0  # points more between labels of which some take two lines


def spread(wanted: Sequence[float], sizes: Sequence[float], low: float, high: float) -> list[float]:
    """Move things as little as possible so that none overlap.

    They keep their order. With ``z_i = y_i - o_i``, where ``o_i`` is how far the i-th is from the
    first when all touch, the task is isotonic regression, which pooling neighbours solves
    exactly; clipping then respects the bounds.

    Args:
        wanted: Where the centres want to be, in any order.
        sizes: The size of each.
        low: Nothing reaches below.
        high: Nothing reaches above, unless there is too little room; then half of what is too
            much runs past either end.

    Returns:
        Where the centres go, in the order of `wanted`.
    """
    if not wanted:
        return []
    order = sorted(range(len(wanted)), key=lambda i: (wanted[i], i))
    steps = [(sizes[a] + sizes[b]) / 2 for a, b in pairwise(order)]
    offsets = list(accumulate(steps, initial=0.0))
    pools: list[tuple[float, int]] = []  # the sum of the shifted wishes, and how many
    for i, offset in zip(order, offsets, strict=True):
        pools.append((wanted[i] - offset, 1))
        while len(pools) > 1 and pools[-2][0] / pools[-2][1] > pools[-1][0] / pools[-1][1]:
            total, count = pools.pop()
            pools[-1] = (pools[-1][0] + total, pools[-1][1] + count)
    shifted = [total / count for total, count in pools for _ in range(count)]
    overflow = max(0.0, (sum(sizes) - (high - low)) / 2)
    lowest = low - overflow + sizes[order[0]] / 2
    highest = high + overflow - sizes[order[-1]] / 2 - offsets[-1]
    places = [0.0] * len(wanted)
    for i, first, offset in zip(order, shifted, offsets, strict=True):
        places[i] = max(min(first, highest), lowest) + offset
    return places


@dataclass(frozen=True)
class EndLabel:
    """A label for the place where a line ends."""

    text: str
    value: float
    colour: str
    weight: str = "normal"
    widest: float = WIDEST

    def lines(self) -> list[str]:
        """Give the label in lines that fit beside the panel."""
        return wrap(self.text, self.widest, SMALL, self.weight)


def room(labels: Sequence[EndLabel]) -> float:
    """Give the inches that labels need at the right of a panel."""
    widths = (measure(line, SMALL, label.weight) for label in labels for line in label.lines())
    return max(widths) + CONNECTOR


def _heights(labels: Sequence[EndLabel]) -> list[float]:
    """Give the height of each label in points; broken labels stand apart from the next."""
    lines = [len(label.lines()) for label in labels]
    apart = _APART * (max(lines, default=1) > 1)
    return [count * _LINE + apart for count in lines]


def stacked(labels: Sequence[EndLabel]) -> float:
    """Give the inches that labels need above one another."""
    return sum(_heights(labels)) * POINT


def end_labels(axes: Axes, labels: Sequence[EndLabel]) -> None:
    """Write labels to the right of the axes at the lines' ends, spread so that none collide.

    A thin connector leads from each line's end to its label. The axes' limits must be final.
    """
    width, height = size_in_points(axes)
    low, high = axes.get_ylim()
    labels = [label for label in labels if isfinite(label.value)]  # a failed run has no end
    wanted = [(label.value - low) / (high - low) * height for label in labels]
    sizes = _heights(labels)
    step = CONNECTOR * 0.9 / POINT / width
    for label, start, place in zip(labels, wanted, spread(wanted, sizes, 0, height), strict=True):
        axes.add_line(
            Line2D(
                [1.0, 1.0 + 0.25 * step, 1.0 + 0.8 * step],
                [start / height, start / height, place / height],
                transform=axes.transAxes,
                color=label.colour,
                linewidth=0.7,
                clip_on=False,
            )
        )
        axes.annotate(
            "\n".join(label.lines()),
            (1.0 + step, place / height),
            xycoords="axes fraction",
            size=SMALL,
            weight=label.weight,
            color=label.colour,
            va="center",
            linespacing=1.0,
            annotation_clip=False,
            gid="end label",
        )


def title_above(axes: Axes, title: str, unit: str, above: float = 0.0) -> None:
    """Write what a panel shows over it, and the label of its y axis below that.

    Args:
        axes: The panel.
        title: What it shows, in one or more lines.
        unit: The label of the y axis, with the unit, in one or more lines.
        above: Points kept free between the panel and the label.
    """
    height = size_in_points(axes)[1]
    axes.set_ylabel(unit, rotation=0, ha="left", va="bottom", size=SMALL)
    axes.yaxis.set_label_coords(0.0, 1 + (above + 4) / height)
    lines = unit.count("\n") + 1
    axes.set_title(title, weight=bold(), pad=above + 4 + SMALL * 1.4 * lines, size=HEADING)
