"""Functions of lookups and data, with the examples of their pages in Vensim's manual."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from flatgov.changes import FloatArray
from flatgov.draws import Draws
from flatgov.errors import ModelError
from flatgov.kernel.schedule import schedule
from flatgov.model import NA, Change, Model
from flatgov.run.native import lowered, simulate_members
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


SHAPED = """
F((0,1),(2,2),(4,8)) ~~|
at = Time / 2 - 1 ~~|
far = IF THEN ELSE(Time > 4, 1 / (Time - 7), -1 / (Time - 3)) ~~|
:MACRO: READ(table, x)
READ = table(x) ~~|
:END OF MACRO:
held = F(at) ~~|
handed = READ(F, at) ~~|
forward = LOOKUP FORWARD(F, at) ~~|
backward = LOOKUP BACKWARD(F, at) ~~|
further = LOOKUP EXTRAPOLATE(F, at) ~~|
endless = F(far) ~~|
area = LOOKUP AREA(F, 0.5, at) ~~|
"""
X, Y = [0.0, 2.0, 4.0], [1.0, 2.0, 8.0]
NORMAL = {"f": (2.0, 2.0)}
STRENGTHS, SLOPES = np.array([1.0, 0.5, 1.7, 0.0, 1.3]), np.array([1.0, 1.6, 0.4, 2.0, 0.0])


def shaped(model: Model) -> dict[str, FloatArray]:
    draws = Draws(5, 0, {}, {"F": STRENGTHS}, {"f": SLOPES}, {"F": NORMAL["f"], **NORMAL})
    twice = [Change("F", "scale", 2.0, 0.0)]
    return simulate_members(model, [[], twice], draws).values


def test_a_lookup_keeps_its_normal_point_and_gets_strength_and_slope(tmp_path: Path) -> None:
    values = shaped(write(tmp_path, SHAPED, final=12))
    x = np.arange(13.0) / 2 - 1
    inside = 2.0 + SLOPES[:, None] * (x - 2.0)
    places = np.clip(np.searchsorted(X, inside, side="right") - 1, 0, 2)
    after = np.clip(np.searchsorted(X, inside, side="left"), 0, 2)
    ends = np.where(inside < 2, 1 + inside / 2, 2 + 3 * (inside - 2))
    tables = {
        "held": np.interp(inside, X, Y),
        "handed": np.interp(inside, X, Y),
        "forward": np.array(Y)[after],
        "backward": np.array(Y)[places],
        "further": ends,
    }
    for name, table in tables.items():
        wanted = 2.0 + STRENGTHS[:, None] * (table - 2.0)
        np.testing.assert_allclose(values[name][0], wanted, rtol=1e-14, err_msg=name)
        np.testing.assert_array_equal(values[name][1], 2 * values[name][0], err_msg=name)


def test_the_area_under_a_lookup_with_strength_and_slope(tmp_path: Path) -> None:
    found = shaped(write(tmp_path, SHAPED, final=12))["area"][0]
    for strength, slope, areas in zip(STRENGTHS, SLOPES, found, strict=True):
        for end, area in zip(np.arange(13.0) / 2 - 1, areas, strict=True):
            # The kinks are among the points, so that the trapezoids are exact.
            kinks = [2 + (kink - 2) / slope for kink in X] if slope else []
            low, high = sorted((0.5, end))
            x = np.array([low, *[one for one in kinks if low < one < high], high])
            y = 2 + strength * (np.interp(2 + slope * (x - 2), X, Y) - 2)
            wanted = np.trapezoid(y, x) * (1 if end >= 0.5 else -1)
            np.testing.assert_allclose(area, wanted, rtol=1e-13, atol=1e-13)


def test_a_shape_of_one_is_the_table_itself_to_the_last_bit(tmp_path: Path) -> None:
    model = write(tmp_path, SHAPED.replace("(2,2)", "(2,-0.3)"), final=12, step=0.1)
    normals, ones = {"F": (0.7, 0.1)}, np.ones(3)
    draws = Draws(3, 0, {}, {"F": ones}, {"F": ones}, normals)
    plain, same = (simulate_members(model, [[]], one).values for one in (Draws(3), draws))
    assert np.isinf(plain["far"]).any()
    for name, values in plain.items():
        assert values.tobytes() == same[name].tobytes(), name
    given = {one.role for one in lowered(model, model.time, normals).parameters}
    assert given == {"value", "strength", "slope"}
    assert {one.role for one in lowered(model, model.time).parameters} == {"value"}


def test_a_shape_that_no_draw_gives_costs_nothing(tmp_path: Path) -> None:
    model = write(tmp_path, SHAPED, final=12)
    plain, with_normals = (lowered(model, model.time, one) for one in (None, NORMAL))
    lists = []
    for program in (plain, with_normals):
        outputs = [int(program.outputs[name]) for name in ("held", "area")]
        lists.append(schedule(program, outputs=outputs))
    assert len(with_normals.operations) > len(plain.operations)
    assert len(lists[0].stage) + len(lists[0].save) > 0
    for part in ("before", "initial", "steady", "stage", "held", "save"):
        assert len(getattr(lists[1], part)) == len(getattr(lists[0], part)), part


def test_an_infinite_argument_still_reads_the_end_of_a_shaped_lookup(tmp_path: Path) -> None:
    values = shaped(write(tmp_path, SHAPED, final=12))
    assert values["far"][0, 0, [3, 7]].tolist() == [-np.inf, np.inf]
    for draw in range(4):
        ends = 2 + STRENGTHS[draw] * (np.array([1.0, 8.0]) - 2)
        np.testing.assert_allclose(values["endless"][0, draw, [3, 7]], ends, rtol=1e-15)


def test_the_inverse_of_a_shaped_lookup_is_refused(tmp_path: Path) -> None:
    model = write(tmp_path, "L((0,0),(1,1)) ~~|\nx = LOOKUP INVERT(L, 0.5) ~~|")
    draws = Draws(strengths={"L": np.ones(1)}, normals={"L": (0.0, 0.0)})
    with pytest.raises(ModelError) as caught:
        simulate_members(model, [[]], draws)
    assert str(caught.value) == (
        f"{model.path}, 'x', line 2: LOOKUP INVERT of a lookup whose strength or slope is "
        "uncertain is not supported; let neither be uncertain"
    )
