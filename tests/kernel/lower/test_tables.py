"""Functions of lookups and data, with the examples of their pages in Vensim's manual."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from flatgov.errors import ModelError
from flatgov.model import NA, Change
from flatgov.run.native import simulate_members
from kernel.lower.models import check, write

# A triangle over 2 to 8 with its point at 5.
DATA = "Time\tD\tother\n2\t10\t1\n5\t40\t1\n8\t25\t1\n"


def test_the_area_under_a_lookup(tmp_path: Path) -> None:
    model = write(
        tmp_path,
        """L((0,1),(1,1),(2,2)) ~~|
        within = LOOKUP AREA(L, 0, 1) ~~|
        behind = LOOKUP AREA(L, 2, 4) ~~|
        across = LOOKUP AREA(L, .5, 2.5) ~~|
        back = LOOKUP AREA(L, 2.5, .5) ~~|
        growing = LOOKUP AREA(L, -1, Time / 2) ~~|""",
        final=5,
    )
    areas = {"within": [1.0], "behind": [4.0], "across": [3.0], "back": [-3.0]}
    check(model.run(), {**areas, "growing": [1, 1.5, 2, 2.625, 3.5, 4.5]})
    twice = simulate_members(model, [[Change("L", "scale", 2.0, 0.0)]])
    np.testing.assert_array_equal(twice.values["across"], np.full((1, 1, 6), 6.0))


def test_the_inverse_of_a_lookup(tmp_path: Path) -> None:
    model = write(
        tmp_path,
        """L((0,0),(1,1),(3,2)) ~~|
        U((0,4),(1,2),(2,2),(4,6)) ~~|
        inverse = LOOKUP INVERT(L, Time / 2 - 0.5) ~~|
        first = LOOKUP INVERT(U, Time + 1) ~~|""",
        final=5,
    )
    check(model.run(), {"inverse": [NA, 0, 0.5, 1, 2, 3], "first": [NA, 1, 0.5, 0, 3.5, 4]})
    half = simulate_members(model, [[Change("L", "scale", 0.5, 0.0)]])
    assert half.values["inverse"][0, 0, :3].tolist() == [NA, 0.0, 1.0]


def test_single_points_of_data(tmp_path: Path) -> None:
    model = write(
        tmp_path,
        """D ~~|
        at = GET DATA AT TIME(D, Time) ~~|
        between = GET DATA BETWEEN TIMES(D, Time, 0) ~~|
        later = GET DATA BETWEEN TIMES(D, Time, 1) ~~|
        earlier = GET DATA BETWEEN TIMES(D, Time, -1) ~~|
        from = GET DATA FIRST TIME(D) ~~|
        to = GET DATA LAST TIME(D) ~~|
        points = GET DATA TOTAL POINTS(D) ~~|
        least = GET DATA MIN(D, Time - 3, Time) ~~|
        most = GET DATA MAX(D, Time - 3, Time) ~~|
        ahead := TIME SHIFT(D, 1) ~~|
        seen = ahead ~~|""",
        data=DATA,
        final=9,
    )
    expected: dict[str, list[float]] = {
        "at": [NA, NA, 10, NA, NA, 40, NA, NA, 25, NA],
        "between": [NA, NA, 10, 20, 30, 40, 35, 30, 25, NA],
        "later": [NA, NA, 10, 40, 40, 40, 25, 25, 25, NA],
        "earlier": [NA, NA, 10, 10, 10, 40, 40, 40, 25, NA],
        "from": [2],
        "to": [8],
        "points": [3],
        "least": [NA, NA, 10, 10, 10, 10, 40, 40, 25, 25],
        "most": [NA, NA, 10, 10, 10, 40, 40, 40, 40, 25],
        "seen": [10, 10, 20, 30, 40, 35, 30, 25, 25, 25],
    }
    check(model.run(), expected)


@pytest.mark.parametrize(
    ("equation", "message"),
    [
        ("x = GET DATA BETWEEN TIMES(D, Time, 2) ~~|", "the mode 2 of GET DATA BETWEEN TIMES"),
        ("x = GET DATA BETWEEN TIMES(D, Time, Time) ~~|", "must be a number that does not change"),
        ("x = GET DATA LAST TIME(L) ~~|", "of GET DATA LAST TIME is no data variable"),
        ("x = GET DATA LAST TIME(a) ~~|", "'a' is no lookup"),
        ("x = LOOKUP INVERT(1, 2) ~~|", "the first argument of LOOKUP INVERT is no lookup"),
        ("x = LOOKUP SLOPE(L, 1, 0) ~~|", "LOOKUP SLOPE is not supported"),
        ("x = GET DATA STDV(D, 0, 9) ~~|", "GET DATA STDV is not supported"),
    ],
)
def test_what_is_refused(tmp_path: Path, equation: str, message: str) -> None:
    text = "D ~~|\nL((0,0),(1,1)) ~~|\na = 1 ~~|\n" + equation
    with pytest.raises(ModelError, match=message):
        write(tmp_path, text, data=DATA).run()
