"""How often each policy beats the reference policy, over time."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from flatgov.figures.bands import Draws, comparable, draws_note, with_direction
from flatgov.figures.common import NotDrawn, caption, policies_of, styles
from flatgov.figures.lines import Head, line_panels
from flatgov.figures.palette import GREY_INK
from flatgov.figures.text import Text
from flatgov.figures.timeline import marks, timeline

_LIMITS = (-4.0, 104.0)  # percent


def figure(ds: xr.Dataset, text: Text, draws: Draws) -> Figure:
    """Draw the shares of draws in which each policy is better than the reference.

    Args:
        ds: The run at the values of the model, for the caption and the units.
        text: The study's labels.
        draws: Of the same policies.

    Returns:
        The figure: a panel for each headline variable with a direction. There is no line while a
        policy equals the reference in every draw.

    Raises:
        NotDrawn: No variable has a direction, or nothing can be compared.
    """
    found, reference = comparable(draws, text), text.study.reference
    variables = with_direction(found)
    others = [policy for policy in policies_of(found) if policy != reference]
    line = timeline(found, text.lang)
    shares = 100 * found["beats"].where(found["ties"] < 1).sel(other=reference)
    if not np.isfinite(shares.sel(variable=list(variables), policy=others)).any():
        raise NotDrawn(f"every policy equals '{reference}' in every draw")
    name = text.policy(reference)
    heads = {
        variable: Head(
            text.variable(variable),
            text.word(f"beating {way}", policy=name),
            _LIMITS,
        )
        for variable, way in variables.items()
    }
    panels = line_panels(
        text,
        others,
        heads,
        line,
        marks(text, line, [reference, *others]),
        title=text.word("beating title", policy=name),
        subtitle=text.subtitle("beating subtitle", policy=name),
        caption=caption(ds, text, draws_note(text, draws, "effects draws")),
    )
    looks = styles(text.study)
    place = {policy: index for index, policy in enumerate(policies_of(found))}
    for variable, axes in panels.axes.items():
        here = shares.sel(variable=variable).transpose("policy", "time").to_numpy()
        axes.axhline(50, color=GREY_INK, linewidth=1.0, zorder=2.1)
        ends = {}
        for policy in others:
            values, look = here[place[policy]], looks[policy]
            axes.plot(
                line.x,
                values,
                color=look.colour,
                linestyle=look.pattern,
                linewidth=look.width,
                zorder=look.order,
            )
            ends[policy] = float(values[-1])
        panels.end(variable, ends)
    return panels.figure
