from __future__ import annotations

import numpy as np
import pytest

from flatgov.figures import behaviour
from flatgov.figures.common import NotDrawn
from flatgov.figures.style import drawing
from flatgov.figures.text import Text
from flatgov.study import Study
from tools.analysed import behaviour_of, written


def test_shares_of_draws_in_the_order_of_the_file(uncertain: Study, text: Text) -> None:
    with drawing("en"):
        figure = behaviour.figure(behaviour_of(uncertain), text)
    (axes,) = figure.axes
    dots = [line for line in axes.get_lines() if line.get_marker() in ("o", "D")]
    values = [float(np.asarray(dot.get_xdata())[0]) for dot in dots]
    assert values == pytest.approx([50, 99.7, 25, 0, 100, 75])
    heights = [float(np.asarray(dot.get_ydata())[0]) for dot in dots]
    assert heights == sorted(heights, reverse=True)
    # Hollow where the run at the model's own values fails: under the second scenario.
    assert [dot.get_markerfacecolor() == "white" for dot in dots] == [False, True] * 3
    said = written(figure)
    assert [one for one in said if one in ("P1", "P2", "P10")] == ["P1", "P2", "P10"]
    assert {"Layers fall", "Costs go up", "People are drawn upward"} <= set(said)
    assert {"50 (45–55)", ">99 (95–100)", "0 (0–5)", "100 (95–100)"} <= set(said)
    assert any("Up to 3 of them are left out" in one for one in said)


def test_without_draws_there_is_no_share_to_draw(uncertain: Study, text: Text) -> None:
    with pytest.raises(NotDrawn, match="no draws"):
        behaviour.figure(behaviour_of(uncertain)[["base"]], text)
