"""Small plots as inline SVG: tables with their axes, and the course of a variable."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup, escape

from flatgov.changes import FloatArray
from flatgov.check.page.axes import Axes, labels, power, span, ticks, title, width
from flatgov.check.page.safe import number, visible
from flatgov.model import Table

# The picture, in its own units; labels and titles decide how much of it is left for the plot.
_WIDTH, _TOP, _FLOOR, _LINE = 300, 10, 132, 13
_MOST_POINTS = 200
_MOST_LINES = 6
_LINE_WIDTH, _LINE_HEIGHT = 132, 30
# Of its level, the range of a course that is drawn flat.
_FLAT = 0.01


def table_plot(table: Table, axes: Axes, said: str) -> Markup:
    """Plot a table: its points joined by lines, with what runs visited of it.

    Args:
        table: The points.
        axes: Titles of the axes, and what is marked.
        said: What readers who cannot see the plot are told.
    """
    points = [
        (x, y)
        for x, y in zip(table.x, table.y, strict=True)
        if math.isfinite(x) and math.isfinite(y)
    ]
    if not points:
        return Markup("<p>The table has no finite points.</p>")
    wanted = [x for x, _ in points]
    if axes.visited:  # Shown as far as it lies near the table.
        reach = max(wanted) - min(wanted) or 1.0
        near = (min(wanted) - 0.25 * reach, max(wanted) + 0.25 * reach)
        wanted += [min(max(one, near[0]), near[1]) for one in axes.visited]
    x_ticks, y_ticks = ticks(min(wanted), max(wanted)), ticks(*span([y for _, y in points]))
    frame = _frame(axes, x_ticks, y_ticks)
    x_scale = _Scale(x_ticks, frame.left, frame.right)
    y_scale = _Scale(y_ticks, _FLOOR, _TOP)
    label = escape(visible(said))
    parts = [
        f'<svg class="plot" viewBox="0 0 {_WIDTH} {frame.height}" role="img" aria-label="{label}">',
        _visited(axes.visited, x_scale),
        _grid(frame, x_scale, y_scale),
    ]
    if axes.normal:
        x, y = x_scale(axes.normal[0]), y_scale(axes.normal[1])
        if frame.left <= x <= frame.right and _TOP <= y <= _FLOOR:
            parts.append(f'<path class="normal" d="M{x:.1f} {_FLOOR}V{y:.1f}H{frame.left:.1f}"/>')
    shown = points[:: max(1, len(points) // _MOST_POINTS)]
    path = " ".join(f"{x_scale(x):.1f},{y_scale(y):.1f}" for x, y in shown)
    parts.append(f'<polyline points="{path}"/>')
    if len(points) <= 40:
        parts += [
            f'<circle cx="{x_scale(x):.1f}" cy="{y_scale(y):.1f}" r="2.2"/>' for x, y in shown
        ]
    parts.append(_titles(frame))
    return Markup("".join(parts) + "</svg>")


@dataclass(frozen=True)
class _Frame:
    """Where the plot lies on its picture, and what stands beside it."""

    left: float
    right: float
    height: int
    x_title: list[str]
    y_title: list[str]


def _frame(axes: Axes, x_ticks: Sequence[float], y_ticks: Sequence[float]) -> _Frame:
    """Leave room for the longest labels and for all lines of the titles."""
    y_title = title(axes.y, axes.y_units, power(y_ticks), _FLOOR - _TOP)
    left = 4 + _LINE * len(y_title) + max(map(width, labels(y_ticks))) + 5
    ends = labels(x_ticks)
    left = max(left, width(ends[0]) / 2 + 1)
    right = _WIDTH - max(14.0, width(ends[-1]) / 2 + 1)
    # A title may be wider than its axis on both sides, as far as the picture goes.
    room = 2 * min((left + right) / 2, _WIDTH - (left + right) / 2) - 4
    x_title = title(axes.x, axes.x_units, power(x_ticks), room)
    return _Frame(left, right, _FLOOR + 33 + _LINE * (len(x_title) - 1), x_title, y_title)


def course_plot(values: FloatArray, name: str, elements: Sequence[str] = ()) -> Markup:
    """Draw the course of a variable in a run as a small line, its range below.

    A course that moves by less than a hundredth of its level is drawn flat: drawn in full height
    it would look like a large change.

    Args:
        values: (time, subscripts…).
        name: The variable.
        elements: The names of the elements of a subscripted variable.
    """
    every = values.reshape(len(values), -1).T
    lines = every[:_MOST_LINES, _sampled(every.shape[1])]
    finite = every[:_MOST_LINES][np.isfinite(every[:_MOST_LINES])]
    if finite.size == 0 or lines.shape[1] < 2:
        return Markup("")
    low, high = float(finite.min()), float(finite.max())
    # Half the range first: the whole one may be larger than any number.
    flat = high / 2 - low / 2 <= _FLAT / 2 * max(abs(low), abs(high))
    across = np.linspace(1, _LINE_WIDTH - 1, lines.shape[1])
    drawn = Markup("")
    for place, line in enumerate(lines):
        share = np.full(line.shape, 0.5) if flat else (line / 2 - low / 2) / (high / 2 - low / 2)
        heights = np.where(np.isfinite(line), _LINE_HEIGHT - 2 - (_LINE_HEIGHT - 4) * share, np.nan)
        points = " ".join(
            f"{x:.0f},{y:.1f}" for x, y in zip(across, heights, strict=True) if np.isfinite(y)
        )
        drawn += Markup('<polyline class="l{}" points="{}"/>').format(place, points)
    size = f"0 0 {_LINE_WIDTH} {_LINE_HEIGHT}"
    picture = Markup('<svg viewBox="{}" role="img" aria-label="{}">{}</svg>')
    said = picture.format(size, visible(f"course of {name}"), drawn)
    same = high / 2 - low / 2 <= 5e-10 * max(abs(low), abs(high))
    text = number(low) if same else _range(low, high)
    said += Markup("<figcaption>{}{}</figcaption>").format(text, _key(elements, len(every)))
    return Markup('<figure class="course">{}</figure>').format(said)


def _range(low: float, high: float) -> str:
    """Write a range; ends that look alike with a few digits get as many as tell them apart."""
    ends = [number(low), number(high)]
    if ends[0] == ends[1]:
        places = max(0, min(12, 1 - math.floor(math.log10(high - low))))
        ends = [f"{one:,.{places}f}".replace("-", "−") for one in (low, high)]
    return " to ".join(ends)


def _key(elements: Sequence[str], lines: int) -> Markup:
    """Name the lines of elements, each beside a piece of its line."""
    if lines < 2:
        return Markup("")
    if lines > _MOST_LINES:
        return Markup("; {} of {} elements").format(_MOST_LINES, lines)
    sample = '<br/><svg class="key" viewBox="0 0 24 6" aria-hidden="true">{}</svg> {}'
    return Markup("").join(
        Markup(sample).format(
            Markup('<polyline class="l{}" points="0,3 24,3"/>').format(place), visible(element)
        )
        for place, element in enumerate(elements)
    )


class _Scale:
    """Where on the picture a value lies."""

    def __init__(self, ticks: Sequence[float], start: float, end: float) -> None:
        self.ticks, self.start, self.end = ticks, start, end

    def __call__(self, value: float) -> float:
        low, high = self.ticks[0], self.ticks[-1]
        return self.start + (value - low) / (high - low) * (self.end - self.start)


def _grid(frame: _Frame, x_scale: _Scale, y_scale: _Scale) -> str:
    lines, texts = [], []
    written = labels(x_scale.ticks)
    # Every second label where they would run into each other.
    room = (frame.right - frame.left) / max(1, len(written) - 1)
    every = math.ceil((max(map(width, written)) + 6) / room)
    for place, (value, text) in enumerate(zip(x_scale.ticks, written, strict=True)):
        x = x_scale(value)
        lines.append(f"M{x:.1f} {_TOP}V{_FLOOR}")
        if place % every == 0:
            texts.append(
                f'<text x="{x:.1f}" y="{_FLOOR + 13}" text-anchor="middle">{escape(text)}</text>'
            )
    for value, text in zip(y_scale.ticks, labels(y_scale.ticks), strict=True):
        y = y_scale(value)
        lines.append(f"M{frame.left:.1f} {y:.1f}H{frame.right:.1f}")
        texts.append(
            f'<text x="{frame.left - 5:.1f}" y="{y + 3.5:.1f}" text-anchor="end">'
            f"{escape(text)}</text>"
        )
    return f'<path class="grid" d="{"".join(lines)}"/>' + "".join(texts)


def _titles(frame: _Frame) -> str:
    """Write the titles of the axes, in lines."""
    middle = (frame.left + frame.right) / 2
    below = "".join(
        f'<text class="title" x="{middle:.1f}" y="{_FLOOR + 28 + _LINE * place}" '
        f'text-anchor="middle">{escape(line)}</text>'
        for place, line in enumerate(frame.x_title)
    )
    beside = "".join(
        f'<text class="title" transform="translate({11 + _LINE * place} {(_TOP + _FLOOR) / 2}) '
        f'rotate(-90)" text-anchor="middle">{escape(line)}</text>'
        for place, line in enumerate(frame.y_title)
    )
    return below + beside


def _visited(visited: tuple[float, float] | None, x_scale: _Scale) -> str:
    if visited is None:
        return ""
    left, right = (min(max(x_scale(one), x_scale.start), x_scale.end) for one in visited)
    width = max(right - left, 1.5)
    height = _FLOOR - _TOP
    return f'<rect class="lived" x="{left:.1f}" y="{_TOP}" width="{width:.1f}" height="{height}"/>'


def _sampled(length: int) -> list[int]:
    """Give at most 40 places, spread over a length, the first and the last among them."""
    if length <= 40:
        return list(range(length))
    return sorted({round(place * (length - 1) / 39) for place in range(40)})
