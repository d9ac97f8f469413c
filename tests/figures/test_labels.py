from __future__ import annotations

import random
from itertools import pairwise

import pytest

from flatgov.figures.labels import spread
from flatgov.figures.layout import measure, wrap
from flatgov.figures.numbers import decimals, plain, signed, ticks
from flatgov.figures.style import drawing


def test_points_far_apart_stay_where_they_are() -> None:
    assert spread([30, 10, 50], [5, 5, 5], 0, 100) == [30, 10, 50]


def test_points_too_near_move_evenly() -> None:
    assert spread([50, 50], [10, 10], 0, 100) == [45, 55]
    assert spread([50, 50.2, 90], [10, 20, 10], 0, 100) == pytest.approx([42.6, 57.6, 90])


def test_nothing_leaves_the_bounds_while_there_is_room() -> None:
    assert spread([0, 1, 99], [10, 10, 10], 0, 100) == [5, 15, 95]
    assert spread([50, 50, 50], [10, 10, 10], 0, 20) == [0, 10, 20]
    assert spread([], [], 0, 1) == []


def test_spreading_random_points_keeps_order_and_distance() -> None:
    random.seed(7)
    for _ in range(200):
        wanted = [random.choice([random.random() * 100, 40.0]) for _ in range(8)]
        sizes = [random.choice([6.0, 12.0]) for _ in wanted]
        places = spread(wanted, sizes, 0, 100)
        order = sorted(range(8), key=lambda i: (wanted[i], i))
        for one, other in pairwise(order):
            assert places[other] - places[one] >= (sizes[one] + sizes[other]) / 2 - 1e-9
        assert places[order[0]] >= sizes[order[0]] / 2 - 1e-9
        assert places[order[-1]] <= 100 - sizes[order[-1]] / 2 + 1e-9


def test_wrapping_fits_and_loses_nothing() -> None:
    english = "Fewer upper-level tasks, and the platform in place of three-in-one units"
    chinese = "平台型基层治理委员会取代三位一体，社区（102个）自治。"
    with drawing("en"):
        lines = wrap(english, 1.2, 8)
        assert len(lines) > 2
        assert " ".join(lines) == english
        assert all(measure(line, 8) <= 1.2 for line in lines)
        assert wrap("", 1, 8) == []
    # How a Chinese text breaks does not depend on the font having its characters.
    pieces = wrap_without_font(chinese)
    assert "".join(pieces) == chinese
    assert not any(piece[0] in "，。）" for piece in pieces)


def wrap_without_font(text: str) -> list[str]:
    from flatgov.figures.layout import _PIECES

    return _PIECES.findall(text)


def test_numbers_read_well() -> None:
    with drawing("en"):
        assert decimals([34.1, -0.04]) == 1
        assert decimals([983.0, 1158.0]) == 0
        assert decimals([0.0, 0.34]) == 3
        assert plain(1158.4, 0) == "1,158"
        assert plain(-0.0004, 2) == "0.00"
        assert plain(float("nan"), 2) == "n/a"
        assert [signed(value, 1) for value in (1.25, -2, 0.01)] == ["+1.2", "−2.0", "0.0"]


def test_ticks_are_round_and_inside() -> None:
    with drawing("en"):
        assert ticks(0, 287_000)[1] == [
            "0",
            *(f"{n},000" for n in (50, 100, 150, 200, 250)),
        ]
        assert ticks(-0.3, 0.3, 4)[1] == ["−0.2", "0.0", "0.2"]
        assert ticks(0, 3e7, 4)[1] == ["0", "1e+07", "2e+07", "3e+07"]
