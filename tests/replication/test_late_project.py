"""Madachy (2008), section 1.3: Brooks's law."""

from __future__ import annotations

import math

import pytest

from replication.conftest import Run
from tools.printed import agrees


@pytest.mark.parametrize(
    ("added", "days", "published"), [(0, "274.1", 274), (5, "271.7", 271), (10, "295.7", 296)]
)
def test_length_of_the_project(added: int, days: str, published: int, run: Run) -> None:
    ds = run("late_project", {"added people": added})
    length = float(ds["Days at work"][-1])
    assert agrees(length, days)
    # The book gives whole days. 271.72 and 295.67 go to 271 and 296, so it neither rounds nor
    # cuts throughout; each number is one of the two whole days next to the exact one.
    assert published in (math.floor(length), math.ceil(length))
    assert agrees(ds["Work to do"][-1], "0.000000000")


def test_nobody_is_lost(run: Run) -> None:
    ds = run("late_project", {"added people": 10})
    people = ds["Newcomers"] + ds["Veterans"]
    before = ds["time"] <= 100
    assert abs(people.where(before, drop=True) - 20).max() < 1e-9
    assert abs(people.where(~before, drop=True) - 30).max() < 1e-9
