"""Where the draws of each policy end on two variables, and which policies nothing dominates."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from flatgov.analysis.compare import dominates
from flatgov.figures.bands import Draws, band_keys, cloud_pair, draw_regions, draws_note
from flatgov.figures.common import NotDrawn, caption, policies_of, require, styles
from flatgov.figures.layout import Key
from flatgov.figures.multiples import Frame, multiples
from flatgov.figures.numbers import finite_range, padded
from flatgov.figures.palette import GREY_INK, INK, RULE
from flatgov.figures.regions import regions
from flatgov.figures.text import Text
from flatgov.figures.timeline import timeline

if TYPE_CHECKING:
    from flatgov.study import Study


def figure(ds: xr.Dataset, text: Text, draws: Draws) -> Figure:
    """Draw the ends of the draws.

    Args:
        ds: The run at the values of the model.
        text: The study's labels.
        draws: Of the same policies.

    Returns:
        The figure: a panel for each policy with the regions of 50 and 90 % of its draws, its
        median, those of the others in grey, and the front of those that no other dominates if the
        study says which way both variables are better.

    Raises:
        NotDrawn: A variable is missing, or no draw ran through.
    """
    pair = cloud_pair(text.study)
    if pair is None:
        raise NotDrawn("the study has no two headline variables")
    x, y = pair
    require(ds, (x, y))
    require(draws.points, (x, y))
    line = timeline(ds, text.lang)
    end = float(line.time[-1])
    clouds = {
        policy: np.stack([draws.values(name, policy, end) for name in (x, y)])
        for policy in policies_of(draws.points)
    }
    clouds = {policy: cloud for policy, cloud in clouds.items() if cloud.size}
    if not clouds:
        raise NotDrawn("every run with draws failed")
    outlines = {policy: regions(*cloud) for policy, cloud in clouds.items()}
    medians = {policy: np.median(cloud, axis=1) for policy, cloud in clouds.items()}
    front = _front(medians, draws, text, x, y)
    corners = np.concatenate([region for found in outlines.values() for region in found])
    frame = Frame(
        text.word("cloud title", x=text.variable(x), y=text.variable(y)),
        text.subtitle("cloud front" if front else "cloud subtitle", date=line.show(line.time[-1])),
        _keys(text, bool(front)),
        caption(ds, text, draws_note(text, draws, "cloud draws")),
        text.heading(ds[x]),
        text.heading(ds[y]),
        padded(*finite_range(corners[:, 0])),
        padded(*finite_range(corners[:, 1])),
        _on_front(text, draws, list(clouds)) if front else {},
    )
    sheet, panels = multiples(text, list(clouds), frame)
    looks = styles(text.study)
    for panel in panels:
        colour = looks[panel.policy].colour
        draw_regions(panel.axes, outlines[panel.policy], colour)
        _draw_front(panel.axes, [medians[policy] for policy in front], text.study, x, y)
        others = [policy for policy in medians if policy not in front]
        for policies, size, fill, order in (
            (others, 3.6, RULE, 4.0),
            (front, 3.6, GREY_INK, 4.5),
            ([panel.policy], 7.0, colour, 6.0),
        ):
            spots = np.array([medians[policy] for policy in policies]).reshape(-1, 2)
            panel.axes.plot(
                *spots.T, "o", markersize=size, mfc=fill, mec="white", mew=0.8, zorder=order
            )
    return sheet


def _front(medians: dict[str, np.ndarray], draws: Draws, text: Text, x: str, y: str) -> list[str]:
    """List the policies whose medians no other's dominate, from left to right."""
    better = text.study.better
    if draws.ends is None or len(medians) < 2:
        return []
    signs = [1.0 if better[name] == "more" else -1.0 for name in (x, y)]
    values = np.stack(list(medians.values()), axis=1) * np.array(signs)[:, None]
    free = ~np.asarray(dominates(values[:, :, None]).any(axis=(0, 2)))
    chosen = [policy for policy, alone in zip(medians, free, strict=True) if alone]
    return sorted(chosen, key=lambda policy: float(medians[policy][0]))


def _on_front(text: Text, draws: Draws, policies: list[str]) -> dict[str, str]:
    """Write for each policy in how many draws no other dominates it."""
    assert draws.ends is not None
    shares = draws.ends["nondominated"]
    return {
        policy: text.word("on front", share=f"{100 * shares.sel(policy=policy).item():.0f}")
        for policy in policies
    }


def _draw_front(axes: Axes, medians: list[np.ndarray], study: Study, x: str, y: str) -> None:
    """Draw the front as steps: what lies behind them is dominated by a median on it."""
    if not medians:
        return
    axes.plot(
        *np.array(medians).T,
        color=GREY_INK,
        linewidth=0.9,
        drawstyle="steps-post" if study.better[x] == "less" else "steps-pre",
        zorder=3,
    )


def _keys(text: Text, front: bool) -> list[Key]:
    def dot(colour: str, size: float) -> Line2D:
        return Line2D(
            [], [], linestyle="none", marker="o", markersize=size, mfc=colour, mec="white"
        )

    keys = [Key(text.word("median"), line=dot(INK, 7)), *band_keys(text)]
    keys.append(Key(text.word("other medians"), line=dot(RULE, 4.5)))
    if front:
        sample = Line2D([], [], color=GREY_INK, linewidth=0.9, marker="o", markersize=4.5)
        sample.set_markeredgecolor("white")
        keys.append(Key(text.word("front"), line=sample))
    return keys
