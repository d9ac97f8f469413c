"""Colours: one fixed colour and line style a policy, fills for stacked parts, inks for text.

The policy colours were chosen by search for the largest smallest distance (OKLab) between any
two under normal sight, protanopia, deuteranopia and tritanopia, lines of one dash pattern
counting as twice as close as lines of different ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle, islice

from matplotlib.colors import to_hex, to_rgb

INK = "#1A1A1A"  # text and the reference policy
GREY_INK = "#5A5A5A"  # secondary text: 6.9 to 1 against white
RULE = "#B8B8B8"  # axis lines, reform dates
GHOST = "#D2D2D2"  # the other policies behind the one that a panel is about

SOLID: tuple[float, ...] = ()
DASHED = (4.0, 1.4)
DASH_DOT = (5.0, 1.2, 1.0, 1.2)
_POLICY = (
    ("#8C564B", SOLID),
    ("#E69F00", DASHED),
    ("#56B4E9", DASH_DOT),
    ("#B8860B", SOLID),
    ("#44AA99", DASHED),
    ("#EE6677", DASH_DOT),
    ("#332288", SOLID),
    ("#882255", DASHED),
    ("#6A3D9A", DASH_DOT),
    ("#0072B2", SOLID),
    ("#CC3311", DASHED),
)
# Light and dark in turn, so that neighbours in a stack differ in lightness whatever the sight.
_FILLS = (
    "#4E79A7",
    "#F1DD9E",
    "#3F8F80",
    "#F4B6C0",
    "#7F7A3C",
    "#B4DCF0",
    "#9A5F9C",
    "#E3CB5F",
    "#46568F",
    "#EE9F82",
    "#8C8C8C",
    "#C6D596",
)
KEPT, NOT_KEPT = "#0072B2", "#D55E00"


@dataclass(frozen=True)
class LineStyle:
    """How the line of one policy looks, in every figure."""

    colour: str
    dashes: tuple[float, ...]
    width: float
    ink: str
    order: float

    @property
    def pattern(self) -> str | tuple[float, tuple[float, ...]]:
        """The dash pattern in matplotlib's form."""
        return (0.0, self.dashes) if self.dashes else "solid"


def policy_styles(policies: Sequence[str], reference: str) -> dict[str, LineStyle]:
    """Give every policy of a study its line; a subset of policies keeps its lines.

    Args:
        policies: The ids of all policies of the study, in its order.
        reference: The id of the policy that differences are taken from; it is drawn in black.

    Returns:
        The line style by policy id.
    """
    others = [policy for policy in policies if policy != reference]
    styles = {
        policy: LineStyle(colour, dashes, 1.4, readable(colour), 3.0)
        for policy, (colour, dashes) in zip(others, cycle(_POLICY), strict=False)
    }
    return styles | {reference: LineStyle(INK, SOLID, 2.2, INK, 4.0)}


def fills(count: int) -> list[str]:
    """Give colours for stacked parts, from the bottom upwards."""
    return list(islice(cycle(_FILLS), count))


def readable(colour: str, contrast: float = 4.5) -> str:
    """Darken a colour until text in it has the given contrast against white."""
    rgb = to_rgb(colour)
    while 1.05 / (_luminance(rgb) + 0.05) < contrast:
        rgb = (rgb[0] * 0.96, rgb[1] * 0.96, rgb[2] * 0.96)
    return to_hex(rgb)


def _luminance(rgb: tuple[float, float, float]) -> float:
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in rgb
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
