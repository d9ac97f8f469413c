"""How firmly the policies are ranked: the shares of draws in which each has each rank."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

import matplotlib as mpl
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LinearSegmentedColormap, Normalize
from matplotlib.figure import Figure

from flatgov.analysis.effects import QUANTILES
from flatgov.figures.bands import Draws, comparable, draws_note, with_direction
from flatgov.figures.common import NotDrawn, caption, policies_of, styles
from flatgov.figures.labels import title_above
from flatgov.figures.layout import MARGIN, POINT, WIDTH, Page, measure, page, size_in_points, wrap
from flatgov.figures.palette import GREY_INK, INK, RULE
from flatgov.figures.style import HEADING, SMALL, bold
from flatgov.figures.text import Text, capital
from flatgov.figures.timeline import timeline

_ROW, _ABOVE, _BELOW, _LINE = 0.21, 0.45, 0.46, 0.16  # inches: a row; over and under a panel
_GAP, _BAR = 0.1, 0.52  # inches: between columns; the colour bar
_MEDIAN = QUANTILES.index(0.5)
# White means never. Small shares, of which most cells are, get more of the scale.
_MAP = LinearSegmentedColormap.from_list(
    "white to blue", mpl.colormaps["Blues"](0.95 * np.linspace(0.0, 1.0, 21) ** 0.6), N=20
)
_APART = 0.25  # inches between the numbers of ranks


@dataclass(frozen=True)
class Table:
    """The ranks of the policies on one variable at the end.

    Attributes:
        policies: From the best median to the worst.
        shares: Of draws with each rank, (policy, rank).
        reversed: Of draws in which a policy and the next one stand the other way round.
    """

    policies: list[str]
    shares: np.ndarray
    reversed: np.ndarray


def figure(ds: xr.Dataset, text: Text, draws: Draws) -> Figure:
    """Draw the ranks.

    Args:
        ds: The run at the values of the model, for the caption.
        text: The study's labels.
        draws: Of the same policies.

    Returns:
        The figure: a panel for each headline variable with a direction, two a row.

    Raises:
        NotDrawn: No variable has a direction, nothing can be compared, or there is no draw in
            which all policies ran.
    """
    found = comparable(draws, text)
    ways = with_direction(found)
    tables = {name: _table(found.sel(variable=name)) for name in ways}
    if not all(np.isfinite(table.shares).all() for table in tables.values()):
        raise NotDrawn("there is no draw in which all policies ran")
    line = timeline(found, text.lang)
    columns = min(2, len(tables))
    rows = ceil(len(tables) / columns)
    policies = policies_of(found)
    names = {policy: capital(text.policy(policy)) for policy in policies}
    left = max(measure(name, SMALL, bold()) for name in names.values()) + 0.1
    right = measure(text.word("percent", share=100), SMALL) + 0.12
    column_width = (WIDTH - 2 * MARGIN - (columns - 1) * _GAP) / columns
    wide, high = column_width - left - right, len(policies) * _ROW
    heads = {
        name: (
            wrap(capital(text.variable(name)), wide + right, HEADING, bold()),
            wrap(text.word(f"better {way}"), wide + right, SMALL),
        )
        for name, way in ways.items()
    }
    extra = max(len(title) + len(unit) for title, unit in heads.values()) - 2
    tall = _ABOVE + extra * _LINE + high + _BELOW
    sheet = page(
        text.word("ranks title", date=line.show(line.time[-1])),
        text.subtitle("ranks subtitle"),
        [],
        caption(ds, text, draws_note(text, draws, "effects draws")),
        rows * tall + _BAR,
    )
    for place, (name, table) in enumerate(tables.items()):
        row, column = divmod(place, columns)
        axes = sheet.axes(
            MARGIN + column * (column_width + _GAP) + left,
            _BAR + (rows - 1 - row) * tall + _BELOW,
            wide,
            high,
        )
        _panel(axes, text, table, names)
        title_above(axes, "\n".join(heads[name][0]), "\n".join(heads[name][1]))
    _colour_bar(sheet, text, MARGIN + left)
    return sheet.figure


def _table(row: xr.Dataset) -> Table:
    """Sort the policies of one variable by their medians; equal ones keep their order."""
    sign = 1.0 if row["better"].item() == "less" else -1.0
    medians = row["level"].isel(quantile=_MEDIAN, time=-1).to_numpy()
    order = np.argsort(sign * medians, kind="stable")
    pairs = row["reversals"].to_numpy()
    return Table(
        [policies_of(row)[place] for place in order],
        row["rank_share"].to_numpy()[order],
        pairs[order[:-1], order[1:]],
    )


def _panel(axes: Axes, text: Text, table: Table, names: dict[str, str]) -> None:
    looks, count = styles(text.study), len(table.policies)
    axes.set(xlim=(0.5, count + 0.5), ylim=(count - 0.5, -0.5))
    axes.pcolormesh(
        np.arange(count + 1) + 0.5,
        np.arange(count + 1) - 0.5,
        100 * table.shares,
        cmap=_MAP,
        vmin=0,
        vmax=100,
        edgecolors="#E6E6E6",
        linewidth=0.6,
    )
    axes.grid(False)
    axes.set_yticks(range(count), [names[policy] for policy in table.policies])
    for label, policy in zip(axes.get_yticklabels(), table.policies, strict=True):
        label.set_color(looks[policy].ink)
        if policy == text.study.reference:
            label.set_fontweight(bold())
    step = ceil(_APART / POINT * count / size_in_points(axes)[0])
    ranks = range(1, count + 1, step)
    axes.set_xticks(ranks, [str(rank) for rank in ranks])
    axes.tick_params(length=0, pad=3)
    axes.spines["bottom"].set_visible(False)
    axes.set_xlabel(text.word("rank"), size=SMALL, labelpad=1)
    for place, share in enumerate(table.reversed):
        axes.annotate(
            text.word("percent", share=f"{100 * share:.0f}") if np.isfinite(share) else "n/a",
            (count + 0.5, place + 0.5),
            xytext=(4, 0),
            textcoords="offset points",
            size=SMALL,
            color=INK if share >= 0.1 else GREY_INK,
            va="center",
            annotation_clip=False,
            gid="reversed",
        )


def _colour_bar(sheet: Page, text: Text, left: float) -> None:
    axes = sheet.axes(left, 0.36, 2.4, 0.11)
    bar = sheet.figure.colorbar(
        ScalarMappable(Normalize(0, 100), _MAP), cax=axes, orientation="horizontal"
    )
    bar.outline.set_edgecolor(RULE)
    bar.set_ticks([0, 25, 50, 75, 100])
    axes.tick_params(labelsize=SMALL, length=2, pad=2)
    axes.set_xlabel(text.word("rank share"), size=SMALL, color=GREY_INK, labelpad=2)
