from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from flatgov.figures import draw_sensitivity, sensitivity_time
from flatgov.figures.sensitivity_common import quiet
from flatgov.figures.style import drawing
from flatgov.figures.text import Text
from flatgov.study import Study
from tools.analysed import names_of, sensitivity_of, written


@pytest.mark.parametrize("method", ["sobol", "morris", "rank"])
def test_where_nothing_varies_nothing_is_drawn(
    uncertain: Study, text: Text, tmp_path: Path, method: str
) -> None:
    ds = sensitivity_of(uncertain, method)
    before = ds["time"].to_numpy() < 96
    assert (quiet(ds, "cadre morale") == before).all()
    with drawing("en"):
        figure = sensitivity_time.figure(ds, text)
        for axes in figure.axes:
            assert "(almost) nothing varies" in [one.get_text() for one in axes.texts]
            for line in axes.get_lines():
                places, values = (np.asarray(one, dtype=float) for one in line.get_data())
                if len(places) == len(before):
                    assert (np.isnan(values) == before).all()
    notes: list[str] = []
    none = ds.isel(time=before)
    assert draw_sensitivity(none, uncertain, tmp_path, notice=notes.append) == []
    assert notes == [
        "tornado-cadre_morale.png is left out: 'cadre morale' hardly varies at the end",
        "tornado-administrative_cost.png is left out: 'administrative cost' hardly varies at the "
        "end",
        "sensitivity_time.png is left out: nothing varies",
    ]


def test_areas_of_variance_add_to_one(uncertain: Study) -> None:
    ds = sensitivity_of(uncertain, "sobol")
    panel = sensitivity_time._panel(ds, "cadre morale")
    assert panel.names == names_of(uncertain)[:6]
    bands = sensitivity_time._bands(panel)
    assert bands.shape == (8, ds.sizes["time"])
    assert bands[:, -1].sum() == pytest.approx(1.0)
    first = 0.8 * 0.5 ** np.arange(1, 7)
    everything = 0.8 * (1 - 0.5 ** len(names_of(uncertain)))
    others = everything - first.sum()
    assert bands[:, -1] == pytest.approx([*first, others, 1 - everything])
    assert sensitivity_time._limits(panel, "sobol") == (0.0, pytest.approx(1.0))


def test_estimates_that_add_to_more_than_one_are_shown_as_such(
    uncertain: Study, text: Text
) -> None:
    ds = sensitivity_of(uncertain, "sobol")
    ds["first"] = 1.5 * ds["first"]
    ds["first_sum"] = 1.5 * ds["first_sum"]
    with drawing("en"):
        figure = sensitivity_time.figure(ds, text)
    assert figure.axes[0].get_ylim()[1] == pytest.approx(1.2)
    assert "above 1: the samples are too few" in written(figure)


def test_a_factor_has_one_colour_in_all_panels_and_no_panel_one_twice() -> None:
    def panel(names: str) -> sensitivity_time.Panel:
        nothing = np.zeros((len(names), 1))
        return sensitivity_time.Panel("", np.array([False]), list(names), nothing, None)

    panels = [panel("abcdef"), panel("ghijkl"), panel("agmnop"), panel("plfqrs")]
    colours = sensitivity_time._colours(panels)
    for one in panels:
        assert len({colours[name] for name in one.names}) == 6
