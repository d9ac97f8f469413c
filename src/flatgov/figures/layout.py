"""Placing text in inches: measuring, wrapping, the frame of a page.

Figures are laid out by hand and not by matplotlib's layout engines: the same input gives the
same page, and no text can run into another.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D

from flatgov.figures.palette import GREY_INK, INK
from flatgov.figures.style import DPI, SMALL, TEXT, TITLE, bold

WIDTH, MARGIN = 8.0, 0.15  # inches
POINT = 1 / 72  # inches
LEADING = 1.35  # distance of lines of text, in sizes
# A Chinese character is a word of its own, but closing signs stay with what they close.
_CLOSING = "[，。；：、！？”’）》%]*"
_PIECES = re.compile(rf"\s+|[“‘（《]*[⺀-￯]{_CLOSING}|[^\s⺀-￯]+{_CLOSING}")


def measure(text: str, size: float, weight: str = "normal") -> float:
    """Give the width of one line of text in inches, in the font of `drawing`."""
    return _width(text, size, weight, tuple(mpl.rcParams["font.family"]))


@lru_cache(maxsize=4096)
def _width(text: str, size: float, weight: str, families: tuple[str, ...]) -> float:
    make: Any = RendererAgg  # matplotlib has no types for it
    font = FontProperties(family=families, size=size, weight=weight)
    width, _, _ = make(1, 1, DPI).get_text_width_height_descent(text, font, False)
    return float(width) / DPI


def wrap(text: str, width: float, size: float, weight: str = "normal") -> list[str]:
    """Break text into lines no wider than `width` inches, between words or characters."""
    if measure(text, size, weight) <= width:
        return [text] if text else []
    lines, filled = [""], 0.0
    for piece in _PIECES.findall(text):
        wide = measure(piece, size, weight)
        # A space at the end of a line takes no room.
        if lines[-1] and piece.strip() and filled + wide > width:
            lines.append("")
            filled = 0.0
        if lines[-1] or piece.strip():
            lines[-1] += piece
            filled += wide
    return [line.rstrip() for line in lines if line.strip()]


@dataclass(frozen=True)
class Key:
    """One entry of the row under the title: a reform date's number, or a line or marker."""

    label: str
    badge: str = ""
    line: Line2D | None = None


@dataclass(frozen=True)
class Page:
    """A figure with its frame drawn and the inside left to fill, all in inches from bottom left."""

    figure: Figure
    bottom: float
    top: float

    def axes(self, left: float, bottom: float, width: float, height: float) -> Axes:
        """Add axes at a place inside the body; `bottom` counts from the bottom of the body."""
        page_width, page_height = self.figure.get_size_inches()
        return self.figure.add_axes(
            (
                left / page_width,
                (self.bottom + bottom) / page_height,
                width / page_width,
                height / page_height,
            )
        )

    def text(self, x: float, y: float, text: str, **style: Any) -> None:
        """Write at a place; `y` counts from the bottom of the body."""
        write_inches(self.figure, x, self.bottom + y, text, **style)


def write_inches(figure: Figure, x: float, y: float, text: str, **style: Any) -> None:
    """Write text with its baseline at a place in inches from the figure's bottom left."""
    figure.text(x, y, text, transform=figure.dpi_scale_trans, va="baseline", **style)


def page(
    title: str, subtitle: str, keys: Sequence[Key], caption: str, body: float, width: float = WIDTH
) -> Page:
    """Draw the frame of a figure: title, subtitle and keys above, the caption below.

    Args:
        title: What the figure shows.
        subtitle: How to read it; may be empty.
        keys: The entries of the row under the subtitle.
        caption: Sources and versions.
        body: The height of the inside, in inches.
        width: The width of the page, in inches.

    Returns:
        The page; its height follows from how the texts wrap.
    """
    inside = width - 2 * MARGIN
    blocks = [
        (wrap(title, inside, TITLE, bold()), TITLE, bold(), INK),
        (wrap(subtitle, inside, TEXT), TEXT, "normal", GREY_INK),
    ]
    rows = list(_key_rows(keys, inside))
    foot = wrap(caption, inside, SMALL)
    header = MARGIN + sum(len(b[0]) * b[1] for b in blocks) * LEADING * POINT
    header += len(rows) * _KEY_ROW + (0.2 if rows else 0.12)
    footer = MARGIN + len(foot) * SMALL * LEADING * POINT + 0.08
    height = header + body + footer
    figure = Figure(figsize=(width, height), dpi=DPI)
    FigureCanvasAgg(figure)
    y = height - MARGIN
    for lines, size, weight, colour in blocks:
        for line in lines:
            y -= size * LEADING * POINT
            style: dict[str, Any] = {"size": size, "weight": weight, "color": colour}
            write_inches(figure, MARGIN, y + 3 * POINT, line, **style)
    for row in rows:
        y -= _KEY_ROW
        for x, key in row:
            _draw_key(figure, x, y, key)
    y = footer - 0.08
    for line in foot:
        y -= SMALL * LEADING * POINT
        write_inches(figure, MARGIN, y + 2 * POINT, line, size=SMALL, color=GREY_INK)
    return Page(figure, footer, footer + body)


_KEY_ROW, _SAMPLE, _KEY_GAP = 0.2, 0.24, 0.16  # inches


def _key_rows(keys: Sequence[Key], inside: float) -> Iterator[list[tuple[float, Key]]]:
    """Set the keys in rows from the left; yields each row with the place of every key."""
    row: list[tuple[float, Key]] = []
    x = MARGIN
    for key in keys:
        wide = _SAMPLE + measure(key.label, SMALL)
        if row and x + wide > MARGIN + inside:
            yield row
            row, x = [], MARGIN
        row.append((x, key))
        x += wide + _KEY_GAP
    if row:
        yield row


def _draw_key(figure: Figure, x: float, y: float, key: Key) -> None:
    middle = y + 3 * POINT
    if key.line is not None:
        only_marker = key.line.get_linestyle() == "None"
        places = [x + 0.09] if only_marker else [x, x + _SAMPLE - 0.06]
        key.line.set_data(places, [middle] * len(places))
        key.line.set_transform(figure.dpi_scale_trans)
        figure.add_artist(key.line)
    if key.badge:
        figure.text(x + 0.09, middle, key.badge, transform=figure.dpi_scale_trans, **badge_style())
    write_inches(figure, x + _SAMPLE, y, key.label, size=SMALL, color=INK)


def badge_style() -> dict[str, Any]:
    """The look of the small round number of a reform date."""
    return {
        "size": 7.0,
        "ha": "center",
        "va": "center_baseline",
        "color": INK,
        "bbox": {
            "boxstyle": "circle,pad=0.22",
            "facecolor": "white",
            "edgecolor": GREY_INK,
            "linewidth": 0.7,
        },
    }


def size_in_points(axes: Axes) -> tuple[float, float]:
    """Give the width and height of a panel in points."""
    figure = axes.get_figure(root=True)
    assert figure is not None
    box = axes.get_position()
    width, height = figure.get_size_inches() / POINT
    return float(box.width * width), float(box.height * height)
