"""A FINAL TIME that changes during the run."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from flatgov.errors import ModelError
from flatgov.model import Model
from flatgov.reading import load_model

Make = Callable[..., Model]

CONTROLS = """
INITIAL TIME = 0 ~ Month ~ |
TIME STEP = 0.5 ~ Month ~ |
"""
GROWTH = """
rate = 1 ~~|
most = 20 ~~|
Stock = INTEG(rate, 0) ~~|
left = FINAL TIME - Time ~~|
inverse = 1 / (7.5 - Stock) ~~|
FINAL TIME = IF THEN ELSE(Stock >= 7, Time, most) ~ Month ~ |
"""
EVERY = "SAVEPER = TIME STEP ~ Month ~ |"


@pytest.fixture
def make(tmp_path: Path) -> Make:
    def write(text: str = GROWTH, saveper: str = EVERY) -> Model:
        path = tmp_path / "moving.mdl"
        path.write_text(text + CONTROLS + saveper)
        return load_model(path)

    return write


def test_the_run_ends_at_the_first_step_that_has_reached_it(make: Make) -> None:
    model = make()
    assert model.time.final == 20.0
    ds = model.run()
    np.testing.assert_array_equal(ds["time"], np.arange(0, 7.5, 0.5))
    np.testing.assert_array_equal(ds["FINAL TIME"], [20.0] * 14 + [7.0])
    np.testing.assert_array_equal(ds["left"], [*np.arange(20, 13, -0.5), 0.0])


def test_it_ends_between_two_points_that_are_kept(make: Make) -> None:
    ds = make(saveper="SAVEPER = 2 ~ Month ~ |").run(save=["Stock"])
    assert list(ds.data_vars) == ["Stock"]
    np.testing.assert_array_equal(ds["time"], [0, 2, 4, 6])


@pytest.mark.parametrize(
    ("saveper", "points"), [(1.5, [0, 1.5, 3]), (2, [0, 2, 4]), (4.5, [0]), (60, [0])]
)
def test_saveper_need_not_divide_the_time(make: Make, saveper: float, points: list[float]) -> None:
    model = make("x = Time ~~| FINAL TIME = IF THEN ELSE(Time > 3, 4, 10) ~~|")
    ds = model.run(saveper=saveper)
    np.testing.assert_array_equal(ds["time"], points)
    np.testing.assert_array_equal(ds["x"], points)


def test_an_end_after_the_last_point_that_is_kept_is_reached(make: Make) -> None:
    # At time 10 of 10, which SAVEPER does not meet, FINAL TIME would be past the steps.
    model = make("FINAL TIME = IF THEN ELSE(Time > 9.5, 10, IF THEN ELSE(Time > 3, 11, 10)) ~~|")
    np.testing.assert_array_equal(model.run(saveper=3)["time"], [0, 3, 6, 9])


def test_members_end_apart_and_what_comes_after_is_no_failure(make: Make) -> None:
    # At rate 1 the inverse would be infinite at time 7.5, after the end.
    ds = make().run(params={"rate": [1.0, 2.0, 0.5]})
    assert ds["time"][-1] == 14.0
    ends = ds["Stock"].notnull().sum("time")
    np.testing.assert_array_equal(ends, [15, 8, 29])
    np.testing.assert_array_equal(
        ds["Stock"][:, [7, 14, 28]].values[1:], [[7, np.nan, np.nan], [1.75, 3.5, 7]]
    )
    assert "failed" not in ds.attrs


def test_a_member_that_never_reaches_it_ends_at_the_last_step(make: Make) -> None:
    ds = make().run(params={"rate": 0.0})
    assert ds["time"][-1] == 20.0
    assert ds["FINAL TIME"][-1] == 20.0


def test_a_failure_before_the_end_is_one(make: Make) -> None:
    ds = make(GROWTH.replace("7.5", "6.5")).run()
    assert ds.attrs["failed"] == """{"0": "'inverse' (line 6) is infinite at time 6.5"}"""


def test_a_final_time_past_its_first_value_is_refused(make: Make) -> None:
    with pytest.raises(ModelError, match="FINAL TIME is 30 at time 20, past the 20 that it is"):
        make().run(params={"most": 30.0, "rate": 0.1})
    with pytest.raises(ModelError, match="FINAL TIME is 14 at time 10, past the 10"):
        make(GROWTH.replace("Stock >= 7, Time, most", "Time < 1, 10, 14")).run()


def test_macros_see_the_final_time_of_the_step(make: Make) -> None:
    macro = ":MACRO: REST(x)\nREST = FINAL TIME - x ~~|\n:END OF MACRO:\n"
    ds = make(macro + GROWTH + "again = REST(Time) ~~|\n").run()
    np.testing.assert_array_equal(ds["again"], ds["left"])


def test_what_needs_a_fixed_final_time_is_refused(make: Make) -> None:
    model = make()
    with pytest.raises(ModelError, match="FINAL TIME changes during the run, which the engine"):
        model.run(engine="pysd")
    with pytest.raises(ModelError, match="which a run to another final_time cannot have"):
        model.run(final_time=5.0)
    with pytest.raises(ModelError, match="no fixed value at the start"):
        make("FINAL TIME = RANDOM UNIFORM(5, 9, 0) ~~|")
    with pytest.raises(ModelError, match=re.escape("SAVEPER = 'FINAL TIME/4' has no fixed number")):
        make(saveper="SAVEPER = FINAL TIME/4 ~ Month ~ |")
    with pytest.raises(ModelError, match=r"FINAL TIME -1 is before INITIAL TIME 0"):
        make("FINAL TIME = Time - 1 ~~|")
