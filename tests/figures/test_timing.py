from __future__ import annotations

import numpy as np
import pytest

from flatgov.figures import timing
from flatgov.figures.style import drawing
from flatgov.figures.text import Text
from flatgov.study import Study
from tools.analysed import timing_of, written


def test_starts_that_bring_the_variable_back(uncertain: Study, text: Text) -> None:
    with drawing("en"):
        figure = timing.figure(timing_of(uncertain), text)
    said = " ".join(written(figure))
    assert "At the end, Jan 2031" in said
    assert "36 months after the start" in said
    assert "at least 95 % of the value under “Town era goes on”" in said
    assert "1 of them are left out of the points of no return" in said
    back, level, last, *_ = figure.axes
    assert [float(patch.get_height()) for patch in last.patches] == pytest.approx([16.0] * 5 + [20])
    assert "Jan 2026 or later" in [one.get_text() for one in last.texts]
    assert level.get_ylabel() == "cadre morale (dimensionless, 0–1)"
    # The last starts with 90 and with 50 %; 10 % are reached at every start.
    labels = [one.get_text() for one in back.texts]
    assert labels == ["≥ 90 %", "≥ 50 %"]
    (dots,) = [line for line in back.get_lines() if line.get_marker() == "o"]
    assert np.asarray(dots.get_ydata()) == pytest.approx(np.linspace(95.0, 30.0, 5))
    assert np.asarray(dots.get_xdata(), dtype=float)[0] == pytest.approx(2022.0, abs=1e-6)


@pytest.mark.parametrize(
    ("after", "said"), [(1.0, "1 month after the start"), (7.5, "7.5 months after the start")]
)
def test_the_time_since_the_start_in_words(
    uncertain: Study, text: Text, after: float, said: str
) -> None:
    ds = timing_of(uncertain).assign_attrs(after=after)
    assert timing._moment(ds, text, "after") == said
