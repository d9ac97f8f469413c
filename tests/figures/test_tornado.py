from __future__ import annotations

import numpy as np
import pytest
from matplotlib.axes import Axes

from flatgov.figures import sensitivity_time, tornado
from flatgov.figures.style import drawing
from flatgov.figures.text import Text
from flatgov.study import Study
from tools.analysed import names_of, sensitivity_of, written


def bars(axes: Axes) -> list[float]:
    return [float(patch.get_width()) for patch in axes.patches]


def test_a_tornado_has_the_biggest_on_top_and_all_others_below(
    uncertain: Study, text: Text
) -> None:
    ds = sensitivity_of(uncertain, "sobol")
    with drawing("en"):
        figure = tornado.figure(ds, text, "administrative cost")
        (axes,) = figure.axes
        # Of each of 12 factors the total and the first-order index; of the others the sum.
        halves = 0.5 ** np.arange(1, 13)
        expected = np.stack([halves + 0.05, 0.8 * halves], axis=1).ravel()
        assert bars(axes)[:24] == pytest.approx(expected)
        rest = 0.8 * float((0.5 ** np.arange(13, len(names_of(uncertain)) + 1)).sum())
        assert bars(axes)[24:] == pytest.approx([rest])
        heights = [patch.get_y() for patch in axes.patches]
        assert heights == sorted(heights, reverse=True)
        said = " ".join(written(figure))
    assert "“Three levers and platform” minus “As it happened”" in said
    count = len(names_of(uncertain)) - 12
    assert f"the other {count}: first-order indices together" in said
    assert "First-order indices of all quantities add to 0.80 (0.70 to 0.90)" in said
    assert "3 correlated quantities" in said
    assert "One group: cadre morale, total hours, community autonomy." in " ".join(said.split())


def test_a_tornado_of_correlations_shows_the_sign(uncertain: Study, text: Text) -> None:
    ds = sensitivity_of(uncertain, "rank", "")
    with drawing("en"):
        figure = tornado.figure(ds, text, "cadre morale")
    (axes,) = figure.axes
    assert bars(axes)[:4] == pytest.approx([0.5, 0.25, -0.25, -0.125])
    assert axes.get_xlim()[0] < -0.25
    assert axes.get_xlabel() == "rank correlation (dimensionless)"
    assert any("What decides cadre morale under" in one for one in written(figure))


def test_few_draws_are_drawn_by_plain_ranks(uncertain: Study, text: Text) -> None:
    ds = sensitivity_of(uncertain, "rank", "").assign_attrs(sorts="rho")
    none = ("prcc", "prcc_low", "prcc_high")
    ds = ds.assign({name: ds[name] * np.nan for name in none})
    with drawing("en"):
        figure = tornado.figure(ds, text, "cadre morale")
        over_time = sensitivity_time.figure(ds, text)
    (axes,) = figure.axes
    drawn = [one for one in bars(axes) if np.isfinite(one) and one]
    assert drawn[:2] == pytest.approx([0.25, -0.125])
    assert "Lines: Spearman’s rank correlations" in " ".join(written(over_time))


def test_effects_of_morris_have_the_unit_of_the_outcome(uncertain: Study, text: Text) -> None:
    with drawing("en"):
        figure = tornado.figure(sensitivity_of(uncertain, "morris"), text, "administrative cost")
    assert figure.axes[0].get_xlabel() == "effect on administrative cost (MYuan/Month)"
