"""The headline variables over time, a panel each, a line for every policy."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from flatgov.figures.bands import Draws, band_keys, draw_band, draws_note
from flatgov.figures.common import NotDrawn, caption, policies_of, series, styles
from flatgov.figures.lines import Head, line_panels
from flatgov.figures.numbers import finite_range, padded
from flatgov.figures.palette import GREY_INK
from flatgov.figures.text import Text
from flatgov.figures.timeline import marks, timeline


def figure(ds: xr.Dataset, text: Text, draws: Draws | None = None) -> Figure:
    """Draw the headline variables.

    Args:
        ds: With dimensions ``policy`` and ``time``.
        text: The study's labels.
        draws: Of the same policies: bands for the reference, or for the only policy.

    Returns:
        The figure: two panels a row.

    Raises:
        NotDrawn: No headline variable is in the dataset.
    """
    study, policies = text.study, policies_of(ds)
    variables = [name for name in study.headline if name in ds]
    if not variables:
        raise NotDrawn("the results have no headline variable")
    line = timeline(ds, text.lang)
    bands = {name: _bands(draws, name, policies, study.reference) for name in variables}
    heads = {}
    for name in variables:
        shown = [ds[name].to_numpy().ravel(), *(levels.ravel() for levels in bands[name].values())]
        limits = padded(*finite_range(np.concatenate(shown)))
        heads[name] = Head(text.variable(name), text.unit(ds[name]), limits)
    subtitle = study.title[text.lang]
    if study.reference in policies:
        subtitle = text.subtitle("headline subtitle", policy=text.policy(study.reference))
    panels = line_panels(
        text,
        policies,
        heads,
        line,
        marks(text, line, policies),
        title=text.word("headline title"),
        subtitle=subtitle,
        keys=band_keys(text) if any(bands.values()) else [],
        caption=caption(ds, text, _note(text, draws, bands)),
    )
    looks = styles(study)
    thin = draws.found if draws is not None else None
    places = line.x if thin is None else timeline(thin, text.lang).x
    for name, axes in panels.axes.items():
        for policy, levels in bands[name].items():
            colour = GREY_INK if policy == study.reference else looks[policy].colour
            draw_band(axes, places, levels, colour)
        ends = {}
        for policy in policies:
            values, look = series(ds, name, policy), looks[policy]
            axes.plot(
                line.x,
                values,
                color=look.colour,
                linestyle=look.pattern,
                linewidth=look.width,
                zorder=look.order,
            )
            ends[policy] = float(values[-1])
        panels.end(name, ends)
    return panels.figure


def _bands(
    draws: Draws | None, variable: str, policies: list[str], reference: str
) -> dict[str, np.ndarray]:
    """Give the quantiles of the reference, or of the only policy: two bands already blur."""
    if draws is None:
        return {}
    chosen = [policy for policy in policies if policy == reference or len(policies) == 1]
    found = {policy: draws.level(variable, policy) for policy in chosen}
    return {policy: levels for policy, levels in found.items() if levels is not None}


def _note(text: Text, draws: Draws | None, bands: dict[str, dict[str, np.ndarray]]) -> str:
    shown = [policy for levels in bands.values() for policy in levels]
    if draws is None or not shown:
        return ""
    return draws_note(text, draws, "band draws", policy=text.policy(shown[0]))
