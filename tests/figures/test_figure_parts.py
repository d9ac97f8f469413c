"""Names of figure files, regions of clouds, colours of small marks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from matplotlib.figure import Figure
from PIL import Image

from flatgov.figures.draw import file_names
from flatgov.figures.regions import regions
from flatgov.figures.style import drawing, write
from flatgov.figures.text import Text
from flatgov.study import Study
from flatgov.study.schema import Paths


@pytest.mark.parametrize(
    ("variables", "names"),
    [
        (["administrative cost"], ["administrative_cost"]),
        (["a b", "a-b", "A b"], ["a_b", "a_b_2", "A_b_3"]),
        (["成本/月", "%%", "../x"], ["成本_月", "variable", "x"]),
        (["a" * 300], ["a" * 60]),
    ],
)
def test_variables_name_files_each_its_own(variables: list[str], names: list[str]) -> None:
    assert file_names(variables) == names


def test_a_region_holds_its_share_of_the_points() -> None:
    generator = np.random.default_rng(2)
    x, y = generator.multivariate_normal([0, 0], [[1, 0.8], [0.8, 1]], 2000).T
    outer, inner = regions(x, y)
    for outline, share in ((outer, 0.9), (inner, 0.5)):
        edges = np.roll(outline, -1, axis=0) - outline
        offsets = np.stack([x, y], axis=1)[:, None] - outline
        inside = (edges[:, 0] * offsets[..., 1] - edges[:, 1] * offsets[..., 0] >= -1e-12).all(
            axis=1
        )
        assert inside.mean() == pytest.approx(share, abs=0.02)
    # A normal cloud has elliptical regions along the diagonal.
    radius = np.sqrt(2 * np.log(2) * 1.8)
    assert np.abs(inner @ [1, 1]).max() / np.sqrt(2) == pytest.approx(radius, rel=0.1)


def test_regions_do_not_depend_on_units_and_may_be_flat() -> None:
    generator = np.random.default_rng(3)
    x, y = generator.normal(size=(2, 300))
    for one, other in zip(regions(x, y), regions(1000 * x + 5, y / 8), strict=True):
        np.testing.assert_allclose(other, one * [1000, 1 / 8] + [5, 0], rtol=1e-9, atol=1e-12)
    outer, _ = regions(x, np.ones(300))
    assert {tuple(corner) for corner in outer[:, 1:]} == {(1.0,)}
    assert len(regions(np.ones(1), np.ones(1))[0]) == 1
    assert regions(np.empty(0), np.empty(0)) == []


@pytest.mark.parametrize("name", ["effects_x", "ranks", "cloud", "beating", "Headline_zh"])
def test_no_other_chart_can_take_these_names(name: str) -> None:
    title = {"en": "t", "zh": "t"}
    with pytest.raises(ValueError, match="cannot name this figure"):
        Paths(x="a", y="b", title=title, name=name)


def test_a_small_mark_on_many_shades_keeps_its_colour(tmp_path: Path) -> None:
    with drawing("en"):
        figure = Figure(figsize=(4, 3))
        axes = figure.add_axes((0, 0, 1, 1))
        axes.imshow(np.linspace(0, 1, 4000).reshape(50, 80), cmap="viridis", aspect="auto")
        axes.plot([20], [20], "o", color="#44AA99", markersize=4)
        axes.plot([60], [20], "o", color="#CC3311", markersize=4)
        path = write(figure, tmp_path / "a.png")
    picture = np.asarray(Image.open(path).convert("RGB")).astype(int)
    for colour in ((0x44, 0xAA, 0x99), (0xCC, 0x33, 0x11)):
        assert np.abs(picture - colour).max(axis=2).min() <= 10


def test_an_element_has_the_label_of_its_variable(study: Study) -> None:
    variable = xr.DataArray(0.0, name="cadre morale[north]", attrs={"units": "Dmnl"})
    assert Text(study, "zh").heading(variable) == "干部士气[north]（无量纲，0–1）"
