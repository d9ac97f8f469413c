"""Small plots as inline SVG: tables with their axes, and the course of a variable."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup, escape

from flatgov.changes import FloatArray
from flatgov.check.page.safe import number, visible
from flatgov.model import Table

_WIDTH, _HEIGHT = 300, 178
_LEFT, _RIGHT, _TOP, _BOTTOM = 50, 14, 10, 46
_MOST_POINTS = 200
_MOST_LINES = 6
_LINE_WIDTH, _LINE_HEIGHT = 132, 30


@dataclass(frozen=True)
class Axes:
    """What a plot of a table shows beside its points.

    Attributes:
        x: The title of the horizontal axis, with its unit.
        y: That of the vertical one.
        normal: The point at which the table has no effect.
        visited: The lowest and highest input that runs came to.
    """

    x: str
    y: str
    normal: tuple[float, float] | None = None
    visited: tuple[float, float] | None = None


def table_plot(table: Table, axes: Axes, title: str) -> Markup:
    """Plot a table: its points joined by lines, with what runs visited of it.

    Args:
        table: The points.
        axes: Titles of the axes, and what is marked.
        title: What readers who cannot see the plot are told.
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
    x_ticks, y_ticks = ticks(min(wanted), max(wanted)), ticks(*_span([y for _, y in points]))
    x_scale = _Scale(x_ticks, _LEFT, _WIDTH - _RIGHT)
    y_scale = _Scale(y_ticks, _HEIGHT - _BOTTOM, _TOP)
    label = escape(visible(title))
    parts = [
        f'<svg class="plot" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{label}">',
        _visited(axes.visited, x_scale),
        _grid(x_scale, y_scale),
    ]
    if axes.normal:
        x, y = x_scale(axes.normal[0]), y_scale(axes.normal[1])
        if _LEFT <= x <= _WIDTH - _RIGHT and _TOP <= y <= _HEIGHT - _BOTTOM:
            parts.append(f'<path class="normal" d="M{x:.1f} {_HEIGHT - _BOTTOM}V{y:.1f}H{_LEFT}"/>')
    shown = points[:: max(1, len(points) // _MOST_POINTS)]
    path = " ".join(f"{x_scale(x):.1f},{y_scale(y):.1f}" for x, y in shown)
    parts.append(f'<polyline points="{path}"/>')
    if len(points) <= 40:
        parts += [
            f'<circle cx="{x_scale(x):.1f}" cy="{y_scale(y):.1f}" r="2.2"/>' for x, y in shown
        ]
    parts.append(_titles(axes))
    return Markup("".join(parts) + "</svg>")


def course_plot(values: FloatArray, title: str) -> Markup:
    """Draw the course of a variable in a run as a small line, without axes.

    Args:
        values: (time, subscripts…).
        title: What readers who cannot see the plot are told.
    """
    lines = values.reshape(len(values), -1)[:, :_MOST_LINES].T
    lines = lines[:, _sampled(lines.shape[1])]
    finite = lines[np.isfinite(lines)]
    if finite.size == 0 or lines.shape[1] < 2:
        return Markup("")
    low, high = float(finite.min()), float(finite.max())
    # A change that rounding makes is none.
    flat = high - low <= 1e-9 * max(abs(low), abs(high))
    scale = 0.0 if flat else (_LINE_HEIGHT - 4) / (high - low)
    heights = (
        np.full(lines.shape, _LINE_HEIGHT / 2) if flat else _LINE_HEIGHT - 2 - scale * (lines - low)
    )
    across = np.linspace(1, _LINE_WIDTH - 1, lines.shape[1])
    drawn = "".join(
        '<polyline points="{}"/>'.format(
            " ".join(
                f"{x:.0f},{y:.1f}" for x, y in zip(across, height, strict=True) if np.isfinite(y)
            )
        )
        for height in heights
    )
    size = f'viewBox="0 0 {_LINE_WIDTH} {_LINE_HEIGHT}"'
    label = escape(visible(title))
    return Markup(f'<svg class="course" {size} role="img" aria-label="{label}">{drawn}</svg>')


def ticks(low: float, high: float, most: int = 5) -> list[float]:
    """Give round numbers that cover a range, 2 to `most` + 1 of them, evenly spaced."""
    low, high = _span([low, high])
    rough = (high - low) / (most - 1)
    if not math.isfinite(rough) or rough <= 0:
        return [low, high]
    size = 10.0 ** math.floor(math.log10(rough))
    step = next(size * one for one in (1, 2, 2.5, 5, 10) if size * one >= rough * 0.999)
    first = math.floor(low / step + 1e-9)
    last = math.ceil(high / step - 1e-9)
    return [step * place for place in range(first, last + 1)]


def _span(values: Sequence[float]) -> tuple[float, float]:
    low, high = min(values), max(values)
    if high - low > 1e-12 * max(abs(low), abs(high)):
        return low, high
    half = abs(low) / 2 or 0.5
    return low - half, high + half


class _Scale:
    """Where on the picture a value lies."""

    def __init__(self, ticks: Sequence[float], start: float, end: float) -> None:
        self.ticks, self.start, self.end = ticks, start, end

    def __call__(self, value: float) -> float:
        low, high = self.ticks[0], self.ticks[-1]
        return self.start + (value - low) / (high - low) * (self.end - self.start)


def _grid(x_scale: _Scale, y_scale: _Scale) -> str:
    floor, right = _HEIGHT - _BOTTOM, _WIDTH - _RIGHT
    lines, texts = [], []
    for value in x_scale.ticks:
        x = x_scale(value)
        lines.append(f"M{x:.1f} {_TOP}V{floor}")
        texts.append(
            f'<text x="{x:.1f}" y="{floor + 13}" text-anchor="middle">{_tick(value)}</text>'
        )
    for value in y_scale.ticks:
        y = y_scale(value)
        lines.append(f"M{_LEFT} {y:.1f}H{right}")
        texts.append(
            f'<text x="{_LEFT - 5}" y="{y + 3.5:.1f}" text-anchor="end">{_tick(value)}</text>'
        )
    return f'<path class="grid" d="{"".join(lines)}"/>' + "".join(texts)


def _tick(value: float) -> str:
    return number(0.0 if abs(value) < 1e-300 else value)


def _titles(axes: Axes) -> str:
    """Write the titles of the axes; long ones are cut, as the text says them in full."""
    x, y = (escape(visible(_cut(one, length))) for one, length in ((axes.x, 40), (axes.y, 20)))
    middle = (_TOP + _HEIGHT - _BOTTOM) / 2
    return (
        f'<text class="title" x="{(_LEFT + _WIDTH - _RIGHT) / 2}" y="{_HEIGHT - 16}" '
        f'text-anchor="middle">{x}</text>'
        f'<text class="title" transform="translate(11 {middle}) rotate(-90)" '
        f'text-anchor="middle">{y}</text>'
    )


def _visited(visited: tuple[float, float] | None, x_scale: _Scale) -> str:
    if visited is None:
        return ""
    left, right = (min(max(x_scale(one), _LEFT), _WIDTH - _RIGHT) for one in visited)
    width = max(right - left, 1.5)
    height = _HEIGHT - _BOTTOM - _TOP
    return f'<rect class="lived" x="{left:.1f}" y="{_TOP}" width="{width:.1f}" height="{height}"/>'


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"


def _sampled(length: int) -> list[int]:
    """Give at most 40 places, spread over a length, the first and the last among them."""
    if length <= 40:
        return list(range(length))
    return sorted({round(place * (length - 1) / 39) for place in range(40)})
