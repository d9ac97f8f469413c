"""Plots and tables of the page."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from flatgov.check.page.axes import Axes, labels, power, ticks, title, width
from flatgov.check.page.plots import course_plot, table_plot
from flatgov.check.page.safe import exact, number, visible
from flatgov.check.page.tables import shown
from flatgov.model import Table

finite = st.floats(-1e12, 1e12)


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.0, 1.0, [0.0, 0.25, 0.5, 0.75, 1.0]),
        (0.0, 8.0, [0.0, 2.0, 4.0, 6.0, 8.0]),
        (-3.0, 7.0, [-5.0, -2.5, 0.0, 2.5, 5.0, 7.5]),
    ],
)
def test_ticks_are_round(low: float, high: float, expected: list[float]) -> None:
    assert ticks(low, high) == pytest.approx(expected)


@settings(deadline=None)
@given(finite, finite)
def test_ticks_cover_their_range(one: float, other: float) -> None:
    low, high = min(one, other), max(one, other)
    found = ticks(low, high)
    slack = 1e-6 * (found[-1] - found[0])
    assert 2 <= len(found) <= 8
    assert found[0] <= low + slack
    assert found[-1] >= high - slack


@settings(deadline=None)
@given(st.lists(st.tuples(finite, finite), min_size=1, max_size=8), finite, finite)
def test_every_point_lies_on_the_plot(
    points: list[tuple[float, float]], one: float, other: float
) -> None:
    points = sorted(points)
    table = Table(tuple(x for x, _ in points), tuple(y for _, y in points))
    axes = Axes("x", "y", (1.0, 1.0), (min(one, other), max(one, other)))
    plot = etree.fromstring(str(table_plot(table, axes, "t")))
    for circle in plot.findall("circle"):
        assert 0 <= float(circle.get("cx", "nan")) <= 300
        assert 0 <= float(circle.get("cy", "nan")) <= 178
    band = plot.find("rect")
    assert band is not None
    assert 0 <= float(band.get("x", "nan")) <= 300


@pytest.mark.parametrize("x", [(), (math.nan,), (math.inf,)])
def test_a_table_without_points_says_so(x: tuple[float, ...]) -> None:
    assert "no finite points" in table_plot(Table(x, x), Axes("x", "y"), "t")


def test_titles_of_plots_are_text() -> None:
    plot = str(table_plot(Table((0.0,), (1.0,)), Axes("<b>", '"&'), '"><script>'))
    assert etree.fromstring(plot).get("aria-label") == '"><script>'


@pytest.mark.parametrize(
    "values", [np.full(3, np.nan), np.array([1.0]), np.array([np.inf, -np.inf, np.nan])]
)
def test_no_line_where_there_is_nothing_to_draw(values: np.ndarray) -> None:
    assert course_plot(values, "t") == ""


def test_a_course_has_a_line_for_each_element_up_to_six() -> None:
    drawn = etree.fromstring(str(course_plot(np.random.default_rng(0).random((90, 2, 9)), "t")))
    assert len(drawn.findall("svg/polyline")) == 6
    assert len(str(drawn.findall("svg/polyline")[0].get("points")).split()) == 40
    assert str(drawn.findtext("figcaption")).endswith("; 6 of 18 elements")


def heights(drawn: str) -> set[str]:
    points = str(etree.fromstring(drawn).findall("svg/polyline")[0].get("points"))
    return {one.partition(",")[2] for one in points.split()}


@pytest.mark.parametrize(
    ("values", "flat", "said"),
    [
        ([0.9667, 0.9668, 0.9668], True, "0.9667 to 0.9668"),
        ([100.0, 100.9, 100.0], True, "100 to 100.9"),
        ([100.0, 101.2, 100.0], False, "100 to 101.2"),
        ([-0.001, 0.001, 0.0], False, "−0.001 to 0.001"),
        ([5.0, 5.0, 5.0], True, "5"),
        ([12345678.0, 12345679.0], True, "12,345,678.0 to 12,345,679.0"),
        ([-1.7e308, 1.7e308], False, "−1.7×10³⁰⁸ to 1.7×10³⁰⁸"),
    ],
)
def test_a_small_change_is_drawn_flat_and_its_range_written(
    values: list[float], flat: bool, said: str
) -> None:
    drawn = str(course_plot(np.array(values), "t"))
    assert (len(heights(drawn)) == 1) == flat
    assert etree.fromstring(drawn).findtext("figcaption") == said


def test_lines_of_elements_are_named() -> None:
    values = np.array([[1.0, 2.0], [3.0, 4.0]])
    drawn = etree.fromstring(str(course_plot(values, "t", ["north", "<b>"])))
    caption = drawn.findall("figcaption")[0]
    assert "".join(caption.itertext()).split() == ["1", "to", "4", "north", "<b>"]
    kinds = [one.get("class") for one in drawn.iter("polyline")]
    assert kinds == ["l0", "l1", "l0", "l1"]


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ([0.0, 250000.0, 500000.0], ["0", "250", "500"]),
        ([0.0, 5e5, 1e6], ["0.0", "0.5", "1.0"]),
        ([1900.0, 1950.0, 2000.0], ["1900", "1950", "2000"]),
        ([-0.5, 0.0, 0.5], ["−0.5", "0.0", "0.5"]),
        ([0.0, 25000.0, 50000.0], ["0", "25,000", "50,000"]),
        ([0.0, 2e-6, 4e-6], ["0", "2", "4"]),
    ],
)
def test_labels_are_short_and_differ(at: list[float], expected: list[str]) -> None:
    assert labels(at) == expected


@settings(deadline=None)
@given(finite, finite)
def test_labels_say_where_the_ticks_are(one: float, other: float) -> None:
    at = ticks(min(one, other), max(one, other))
    read = [
        float(text.replace(",", "").replace("−", "-")) * 10.0 ** power(at) for text in labels(at)
    ]
    step = at[1] - at[0]
    assert read == pytest.approx(at, abs=0.01 * step + 1e-300)


@settings(deadline=None)
@given(st.lists(st.tuples(finite, finite), min_size=1, max_size=8), st.text(max_size=80), st.text())
def test_nothing_is_cut_at_the_edges(
    points: list[tuple[float, float]], name: str, units: str
) -> None:
    points = sorted(points)
    table = Table(tuple(x for x, _ in points), tuple(y for _, y in points))
    axes = Axes(name, name, x_units=units, y_units=units)
    plot = etree.fromstring(str(table_plot(table, axes, "t")))
    _, _, wide, high = map(float, str(plot.get("viewBox")).split())
    titles = 0.0
    for text in plot.iter("text"):
        long = width(text.text or "", 5.9 if text.get("class") else 6.2)
        if turn := text.get("transform"):
            x = float(re.findall(r"[-\d.]+", turn)[0])
            titles = max(titles, x + 2)
            assert x >= 8
            assert long <= 122
            continue
        x, y = float(text.get("x", "nan")), float(text.get("y", "nan"))
        start = x - long / (1 if text.get("text-anchor") == "end" else 2)
        assert start >= (titles if text.get("text-anchor") == "end" else 0)
        assert start + long <= wide + 1e-6
        assert y < high


def test_a_large_number_is_written_with_its_power() -> None:
    table = Table((0.0, 4e8), (0.0, 1e6))
    axes = Axes("output per head", "output", x_units="$", y_units="person")
    texts = [one.text for one in etree.fromstring(str(table_plot(table, axes, "t"))).iter("text")]
    assert "output per head [10⁶ $]" in texts
    assert "output [10⁶ person]" in texts
    assert "400" in texts
    assert "1.00" in texts


def test_long_titles_stand_in_lines_and_keep_their_unit() -> None:
    lines = title("Potentially Arable Land / potentially arable land total", "hectare", 0, 240.0)
    assert lines == ["Potentially Arable Land / potentially", "arable land total [hectare]"]
    lines = title("x" * 400, "Vegetable equivalent kilograms/(person*year)", 0, 120.0)
    assert len(lines) == 5
    assert "…" in lines[0]
    assert "".join(lines[1:]).replace(" ", "") == "[Vegetableequivalentkilograms/(person*year)]"


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (459000.0, "459,000"),
        (2015.0, "2015"),
        (2221.66, "2221.7"),
        (-0.01234567, "−0.01235"),
        (1.2e-5, "1.2×10⁻⁵"),
        (5e9, "5×10⁹"),
        (0.0, "0"),
        (math.nan, "not a number"),
        (-math.inf, "−∞"),
        (None, "not a number"),
    ],
)
def test_numbers_for_people(value: float | None, written: str) -> None:
    assert number(value) == written


@pytest.mark.parametrize(
    ("value", "written"),
    [(0.1, "0.1"), (1e6, "1,000,000"), (2015.0, "2015"), (-1e-7, "−1×10⁻⁷"), (1e22, "1×10²²")],
)
def test_numbers_of_equations_keep_all_digits(value: float, written: str) -> None:
    assert exact(value) == written


@pytest.mark.parametrize("text", ["人口", "Bevölkerung", "a\nb\tc", "👩‍🔬"])
def test_ordinary_text_stays(text: str) -> None:
    assert visible(text) == text


def test_data_become_tables() -> None:
    rows = [{"name": "a", "n": 1, "same": 7}, {"name": "b", "n": 2.5, "same": 7}]
    table = shown(rows)
    assert table.columns == ("name", "n", "same")
    assert table.rows == (("a", "1", "7"), ("b", "2.5", "7"))
    assert table.numbers == (False, True, True)
    third = shown([*rows, {"name": "c", "n": None, "same": 7}])
    assert third.columns == ("name", "n")
    assert third.shared == "same: 7"


def test_long_tables_are_cut_and_say_so() -> None:
    table = shown([{"n": n, "m": -n} for n in range(1000)])
    assert len(table.rows) + table.left_out == 1000
    assert table.left_out > 0


def test_rows_that_list_something_come_first() -> None:
    table = shown([{"a": 1, "found": []}, {"a": 2, "found": ["x"]}])
    assert [row[0] for row in table.rows] == ["2", "1"]


@settings(deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda one: (
            st.lists(one, max_size=4) | st.dictionaries(st.text(max_size=4), one, max_size=4)
        ),
        max_leaves=30,
    )
)
def test_any_data_can_be_shown(value: object) -> None:
    piece = shown(value)
    assert bool(piece.rows) + bool(piece.pieces) <= 1
    assert all(len(row) == len(piece.numbers) for row in piece.rows)


def test_a_title_of_a_long_unit_alone_is_cut() -> None:
    lines = title("", "0000/" * 60, 3, 120.0)
    assert len(lines) == 4
    assert lines[-1].endswith("…")
