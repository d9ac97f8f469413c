from __future__ import annotations

import math

import pytest

from flatgov.commands.tables import aligned, decimals, number, percent


def test_text_to_the_left_and_numbers_to_the_right() -> None:
    lines = [["policy", "end", "share"], ["a", "10.5", "3 %"], ["longer", "7", "-"]]
    assert aligned(lines) == (
        "  policy   end  share\n"  #
        "  a       10.5    3 %\n"
        "  longer     7      -"
    )


def test_text_in_the_last_column_has_no_spaces_behind() -> None:
    assert aligned([["a", "b"], ["1", "longer"], ["2", "x"]], left=2).splitlines()[2] == "  2  x"


@pytest.mark.parametrize(
    ("values", "places"),
    [
        ([0.0], 3),
        ([], 3),
        ([math.nan, math.inf], 3),
        ([0.25], 3),
        ([9.0, -1.0], 3),
        ([10.0], 2),
        ([-1234.0], 0),
        ([1e9], 0),
    ],
)
def test_decimals_show_four_figures_of_the_largest(values: list[float], places: int) -> None:
    assert decimals(values) == places


def test_numbers() -> None:
    assert number(1234.5678, 1) == "1,234.6"
    assert number(0.5, 2, signed=True) == "+0.50"
    assert number(-0.001, 2, signed=True) == "0.00"
    assert number(0.001, 2, signed=True) == "0.00"
    assert number(math.nan, 2) == "-"
    assert number(-math.inf, 2) == "-inf"


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0.0, "0 %"),
        (1e-9, "<1 %"),
        (0.01, "1 %"),
        (0.5, "50 %"),
        (0.99, "99 %"),
        (0.9999, ">99 %"),
        (1.0, "100 %"),
        (math.nan, "-"),
    ],
)
def test_only_none_is_0_percent_and_only_all_is_100(share: float, text: str) -> None:
    assert percent(share) == text
