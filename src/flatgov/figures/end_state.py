"""Where every policy ends: a heat map of differences from the reference policy."""

from __future__ import annotations

from dataclasses import dataclass

import matplotlib as mpl
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.collections import LineCollection
from matplotlib.colors import LinearSegmentedColormap, Normalize
from matplotlib.figure import Figure

from flatgov.figures.bands import Draws, draw_whiskers, draws_note
from flatgov.figures.common import NotDrawn, caption, policies_of, require_policy
from flatgov.figures.layout import MARGIN, WIDTH, Page, measure, page, wrap
from flatgov.figures.numbers import decimals, plain, signed
from flatgov.figures.palette import GREY_INK, INK, RULE
from flatgov.figures.style import SMALL, TEXT, bold
from flatgov.figures.text import Text, capital
from flatgov.figures.timeline import timeline

_ROW, _HEAD_LINE, _BAR = 0.3, 0.16, 0.62  # inches: a row, a line of a column's head, colour bar
# Colour-blind-safe, and neither end says good or bad; the ends that are nearly black left out.
_MAP = LinearSegmentedColormap.from_list(
    "purple to orange", mpl.colormaps["PuOr_r"](np.linspace(0.1, 0.9, 9)), N=21
)
_ROW_OF_DRAWS = 0.42  # inches: a row that has an interval below its number
_NUMBER, _BAR_PLACE, _HALF = 0.16, 0.24, 0.44  # of a row, of a row, of a column
_WIDEST = 1.7  # inches: the widest column


def figure(ds: xr.Dataset, text: Text, draws: Draws | None = None) -> Figure:
    """Draw the differences at the end of the run.

    Args:
        ds: With dimensions ``policy`` and ``time``.
        text: The study's labels.
        draws: Of the same policies: intervals of the differences.

    Returns:
        The figure: a row for each policy, a column for each headline variable.

    Raises:
        NotDrawn: The reference, every other policy or every headline variable is missing.
    """
    study = text.study
    require_policy(ds, study.reference)
    variables = [name for name in study.headline if name in ds]
    others = [policy for policy in policies_of(ds) if policy != study.reference]
    if not variables or not others:
        raise NotDrawn(f"there is nothing to compare with '{study.reference}'")
    last = ds.isel(time=-1)
    reference = np.array([last[name].sel(policy=study.reference).item() for name in variables])
    levels = np.array([[last[name].sel(policy=p).item() for name in variables] for p in others])
    if not np.isfinite(reference).all():
        raise NotDrawn(f"the run of '{study.reference}' failed")
    differences = levels - reference
    line = timeline(ds, text.lang)
    date = line.show(line.time[-1])
    labels = [
        text.word("end value", policy=capital(text.policy(study.reference))),
        *(capital(text.policy(policy)) for policy in others),
    ]
    left = MARGIN + max(measure(label, TEXT, bold()) for label in labels) + 0.2
    wide = min(_WIDEST, (WIDTH - left - MARGIN) / len(variables))
    heads = [
        [
            *wrap(capital(text.variable(name)), wide - 0.1, TEXT, bold()),
            *wrap(text.unit(ds[name]), wide - 0.1, SMALL),
        ]
        for name in variables
    ]
    top = max(len(head) for head in heads) * _HEAD_LINE + 0.26
    spreads = _spreads(draws, study.reference, variables, others)
    row = _ROW if spreads is None else _ROW_OF_DRAWS
    sheet = page(
        text.word("end title", policy=text.policy(study.reference), date=date),
        text.subtitle("end subtitle"),
        [],
        caption(ds, text, draws_note(text, draws, "end draws") if draws and spreads else ""),
        top + len(labels) * row + _BAR,
    )
    axes = sheet.axes(left, _BAR, wide * len(variables), len(labels) * row)
    _cells(axes, reference, differences, _NUMBER * (spreads is not None))
    if spreads is not None:
        _intervals(axes, text, spreads, differences)
    names = ["\n".join(head) for head in heads]
    axes.set_xticks(range(len(variables)), names, color=INK, linespacing=1.3)
    axes.set_yticks(range(len(labels)), labels, color=INK, size=TEXT)
    axes.get_yticklabels()[0].set_fontweight(bold())
    axes.set_xlabel(text.word("variable"), size=SMALL)
    axes.set_ylabel(text.word("policy"), size=SMALL, rotation=0, ha="right", va="bottom")
    axes.yaxis.set_label_coords(-0.1 / (wide * len(variables)), 1.0)
    axes.xaxis.set_label_position("top")
    _colour_bar(sheet, text, left, wide * len(variables))
    return sheet.figure


@dataclass(frozen=True)
class Spreads:
    """What the draws say of the end.

    Attributes:
        levels: Quantiles under the reference, (variable, quantile); NaN where there are none.
        effects: Quantiles of the differences, (policy, variable, quantile).
    """

    levels: np.ndarray
    effects: np.ndarray


def _spreads(
    draws: Draws | None, reference: str, variables: list[str], others: list[str]
) -> Spreads | None:
    """Take the intervals of the table's cells, or nothing where the draws have none of them."""
    if draws is None or draws.found is None or reference not in policies_of(draws.found):
        return None
    names = {"variable": variables, "policy": [reference, *others]}
    end = draws.found.isel(time=-1)[["level", "effect"]].reindex(names)
    return Spreads(
        end["level"].sel(policy=reference).transpose("variable", "quantile").to_numpy(),
        end["effect"].sel(policy=others).transpose("policy", "variable", "quantile").to_numpy(),
    )


def _intervals(axes: Axes, text: Text, spreads: Spreads, differences: np.ndarray) -> None:
    """Draw the intervals below the numbers; a column has one scale, with zero in its middle."""
    rows, columns = differences.shape
    outer = np.nan_to_num(np.abs(spreads.effects)).max(axis=(0, 2))
    shades = _shades(differences)
    heights: list[float] = []
    found: list[np.ndarray] = []
    inks: list[str] = []
    zeros: list[list[tuple[float, float]]] = []
    for column in range(columns):
        low, high = spreads.levels[column][[0, -1]]
        if np.isfinite(low):
            places = decimals((low, high))
            between = text.word("range", low=plain(low, places), high=plain(high, places))
            axes.text(column, _BAR_PLACE, between, ha="center", va="center", size=SMALL)
        for row in range(rows):
            levels = spreads.effects[row, column]
            if not np.isfinite(levels).all() or not outer[column]:
                continue
            ink = "white" if _is_dark(shades[row, column]) else INK
            heights.append(row + 1 + _BAR_PLACE)
            found.append(column + _HALF * levels / outer[column])
            inks.append(ink)
            zeros.append([(column, heights[-1] - 0.1), (column, heights[-1] + 0.1)])
    axes.add_collection(LineCollection(zeros, colors=inks, linewidths=0.8), autolim=False)
    draw_whiskers(axes, heights, found, inks)


def _shades(differences: np.ndarray) -> np.ndarray:
    """Give each difference as a share of the largest in its column."""
    finite = np.nan_to_num(differences, posinf=0.0, neginf=0.0)  # a failed run has no colour
    largest = np.abs(finite).max(axis=0)
    return np.asarray(np.divide(finite, largest, out=np.zeros_like(finite), where=largest > 0))


def _is_dark(share: float) -> bool:
    shade = _MAP(Normalize(-1, 1)(share))
    return bool(0.299 * shade[0] + 0.587 * shade[1] + 0.114 * shade[2] < 0.55)


def _cells(axes: Axes, reference: np.ndarray, differences: np.ndarray, up: float) -> None:
    """Fill the table: the reference's values on top, a row of differences for each policy.

    Args:
        axes: The table.
        reference: The values, (variable,).
        differences: (policy, variable).
        up: How far above the middle of a row the numbers stand, in rows.
    """
    shares = _shades(differences)
    rows, columns = differences.shape
    axes.set(xlim=(-0.5, columns - 0.5), ylim=(rows + 0.5, -0.5))
    axes.pcolormesh(
        np.arange(columns + 1) - 0.5,
        np.arange(1, rows + 2) - 0.5,
        shares,
        cmap=_MAP,
        vmin=-1,
        vmax=1,
        edgecolors="white",
        linewidth=1.5,
    )
    for column in range(columns):
        places = decimals(differences[:, column])
        axes.text(
            column, -up, plain(reference[column], places), ha="center", va="center", weight=bold()
        )
        for row in range(rows):
            axes.text(
                column,
                row + 1 - up,
                signed(differences[row, column], places),
                ha="center",
                va="center",
                color="white" if _is_dark(shares[row, column]) else INK,
            )
    axes.grid(False)
    axes.spines["bottom"].set_visible(False)
    axes.tick_params(length=0, pad=5, top=True, labeltop=True, bottom=False, labelbottom=False)


def _colour_bar(sheet: Page, text: Text, left: float, wide: float) -> None:
    length = min(3.2, wide)
    axes = sheet.axes(left, 0.36, length, 0.11)
    bar = sheet.figure.colorbar(
        ScalarMappable(Normalize(-1, 1), _MAP), cax=axes, orientation="horizontal"
    )
    shown = [-1, -0.5, 0, 0.5, 1]
    bar.outline.set_edgecolor(RULE)
    bar.set_ticks(shown, labels=[plain(share, 1) for share in shown])
    axes.tick_params(labelsize=SMALL, length=2, pad=2)
    axes.set_xlabel(text.word("end colours"), size=SMALL, color=GREY_INK, labelpad=2)
