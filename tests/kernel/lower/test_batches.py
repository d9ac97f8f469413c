"""Batches, delays of a fixed time, present values, with values made by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from flatgov.errors import ModelError
from flatgov.model import Integrator
from kernel.lower.models import check, write


def test_a_batch_is_processed_when_it_is_full(tmp_path: Path) -> None:
    # Three are there at 3, 6 and 9; at 0.5 a step, twice as much comes out in half the time.
    text = "x = DELAY BATCH(1, 3, 2, 0, 0, 0) ~~|"
    check(write(tmp_path, text, final=9).run(), {"x": [0, 0, 0, 0, 0, 3, 0, 0, 3, 0]})
    ds = write(tmp_path, text, final=9, step=0.5).run()
    np.testing.assert_array_equal(ds["time"][ds["x"] > 0], [5, 8])
    np.testing.assert_array_equal(ds["x"][ds["x"] > 0], [6, 6])


def test_the_first_batch_and_the_backlog(tmp_path: Path) -> None:
    model = write(
        tmp_path,
        """inflow = 30 ~~|
        x = DELAY BATCH(inflow, 100, 3, 70, 2, 20) ~~|
        at once = DELAY BATCH(0, 100, 3, 70, -1, 0) ~~|
        full = DELAY BATCH(0, 100, 2, 0, 0, 250) ~~|
        rest = INTEG(-full, 250) ~~|""",
        final=9,
    )
    expected: dict[str, list[float]] = {
        # 110 are there at time 3 and, less the first 100, 100 at time 6, when the first is ready.
        "x": [0, 0, 70, 0, 0, 0, 100, 0, 0, 100],
        "at once": [70, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        "full": [0, 0, 100, 0, 100, 0, 0, 0, 0, 0],
        "rest": [250, 250, 250, 150, 150, 50, 50, 50, 50, 50],
    }
    check(model.run(), expected)


def test_size_and_time_of_a_batch_are_those_of_its_beginning(tmp_path: Path) -> None:
    text = """size = IF THEN ELSE(Time < 2.5, 2, 3) ~~|
    time of it = IF THEN ELSE(Time < 2.5, 4, 1) ~~|
    x = DELAY BATCH(1, size, time of it, 0, 0, 0) ~~|"""
    # From 2 to 6 two, at 6 three of the four that came by then, at 8 three of the next.
    check(write(tmp_path, text).run(), {"x": [0, 0, 0, 0, 0, 0, 2, 3, 0]})


@pytest.mark.parametrize(
    "function", ["DELAY MATERIAL(Time, 3, -1, 9)", "DELAY INFORMATION(Time, 3, -1)"]
)
def test_delays_of_a_fixed_time(tmp_path: Path, function: str) -> None:
    check(write(tmp_path, f"x = {function} ~~|").run(), {"x": [-1, -1, -1, 0, 1, 2, 3, 4, 5]})
    changing = function.replace("3", "3 + Time")
    with pytest.raises(ModelError, match=r"the delay time of DELAY .* must be a number that does"):
        write(tmp_path, f"x = {changing} ~~|").run()


@pytest.mark.parametrize("integrator", ["euler", "rk4"])
def test_a_delay_may_be_in_a_circle(tmp_path: Path, integrator: Integrator) -> None:
    text = "x = DELAY BATCH(1 + x, 4, 1, 0, 0, 0) ~~|\ny = DELAY MATERIAL(1 + y, 2, 0, 0) ~~|"
    ds = write(tmp_path, text).run(integrator=integrator)
    check(ds, {"x": [0, 0, 0, 0, 0, 4, 0, 4, 0], "y": [0, 0, 1, 1, 2, 2, 3, 3, 4]})


def test_present_values(tmp_path: Path) -> None:
    text = """rate = 0.25 ~~|
    now = NPV(100, rate, 0, 1) ~~|
    end = NPVE(100, rate, 7, 2) ~~|
    half = NPV(100 + STEP(100, 0.75), rate, 5, Time + 1) ~~|"""
    ds = write(tmp_path, text, final=2).run()
    check(ds, {"now": [100, 180, 244], "end": [174, 302, 404.4], "half": [105, 530, 1179]})


def test_a_time_base(tmp_path: Path) -> None:
    check(
        write(tmp_path, "y = TIME BASE(2000, 0.25) ~~|", final=2).run(),
        {"y": [2000, 2000.25, 2000.5]},
    )
