"""What each policy changes, draw by draw: bands of a headline variable over time."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from flatgov.analysis.effects import QUANTILES
from flatgov.figures.bands import Draws, band_keys, comparable, draw_band, draws_note
from flatgov.figures.common import NotDrawn, caption, policies_of, styles
from flatgov.figures.layout import POINT, Key
from flatgov.figures.multiples import Frame, multiples
from flatgov.figures.numbers import decimals, finite_range, padded, signed
from flatgov.figures.palette import GREY_INK, INK
from flatgov.figures.text import Text
from flatgov.figures.timeline import (
    BADGES,
    draw_marks,
    draw_time_axis,
    mark_keys,
    marks,
    timeline,
)

_MEDIAN = QUANTILES.index(0.5)
_DOTTED = (1.0, 1.2)


def figure(ds: xr.Dataset, text: Text, draws: Draws, variable: str) -> Figure:
    """Draw the effects on one variable.

    Args:
        ds: The run at the values of the model, with dimensions ``policy`` and ``time``.
        text: The study's labels.
        draws: Of the same policies.
        variable: A headline variable.

    Returns:
        The figure: a panel for each policy but the reference.

    Raises:
        NotDrawn: The reference was not run, no draw can be compared, or there is no other policy.
    """
    found = comparable(draws, text).sel(variable=variable)
    reference = text.study.reference
    every = zip(policies_of(found), found["effect"].to_numpy(), strict=True)
    effect = {
        policy: levels
        for policy, levels in every
        if policy != reference and np.isfinite(levels).all()
    }
    if not effect:
        raise NotDrawn(f"no draw can be compared with '{reference}'")
    line = timeline(found, text.lang)
    own = timeline(ds, text.lang)
    runs = dict(
        zip(policies_of(ds), ds[variable].transpose("policy", "time").to_numpy(), strict=True)
    )
    base = {policy: runs[policy] - runs[reference] for policy in effect}
    events = marks(text, line, [reference, *effect])
    ends = {policy: levels[:, -1] for policy, levels in effect.items()}
    places = decimals(np.concatenate(list(ends.values())))
    upward = padded(*finite_range(np.concatenate([*effect.values(), *base.values()], axis=None)))
    frame = Frame(
        text.word(
            "effects title",
            variable=text.variable(variable),
            policy=text.policy(reference),
        ),
        text.subtitle("effects subtitle", date=line.show(line.time[-1])),
        [*_keys(text), *mark_keys(text, line, events)],
        caption(ds, text, draws_note(text, draws, "effects draws")),
        line.label,
        text.word(
            "effects unit",
            variable=text.variable(variable),
            unit=text.unit(ds[variable], bounds=False),
        ),
        None,
        upward,
        {policy: _ending(text, levels, places) for policy, levels in ends.items()},
        BADGES * POINT * bool(events),
    )
    sheet, panels = multiples(text, list(effect), frame)
    looks = styles(text.study)
    for panel in panels:
        look, levels = looks[panel.policy], effect[panel.policy]
        draw_band(panel.axes, line.x, levels, look.colour)
        panel.axes.axhline(0, color=GREY_INK, linewidth=0.8, zorder=2.1)
        panel.axes.plot(line.x, levels[_MEDIAN], color=look.colour, linewidth=1.6, zorder=3)
        panel.axes.plot(
            own.x,
            base[panel.policy],
            color=INK,
            linewidth=1.0,
            linestyle=(0, _DOTTED),
            zorder=3.5,
        )
        draw_time_axis(panel.axes, line)
        panel.axes.set_xlabel("")
        draw_marks(panel.axes, line, events, numbers=panel.highest)
    return sheet


def _keys(text: Text) -> list[Key]:
    return [
        Key(text.word("median"), line=Line2D([], [], color=GREY_INK, linewidth=1.6)),
        *band_keys(text),
        Key(
            text.word("base run"),
            line=Line2D([], [], color=INK, linewidth=1.0, linestyle=(0, _DOTTED)),
        ),
    ]


def _ending(text: Text, levels: np.ndarray, places: int) -> str:
    low, middle, high = (signed(float(levels[i]), places) for i in (0, _MEDIAN, -1))
    return text.word("interval", middle=middle, low=low, high=high)
