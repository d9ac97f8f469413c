"""Duggan (2016), chapter 4: the numbers of the author's own Vensim run, and of its variants."""

from __future__ import annotations

import pytest

from replication.conftest import Run
from tools.printed import agrees

BOTH = {
    "population": "7,980,955",
    "Doctors": "6,296.99",
    "Waiting": "4.10148e7",
    "pressure": "1.08557",
    "day ratio": "1.0599",
    "year ratio": "1.0308",
}
NEITHER = {"pressure": "2.8929", "wait": "2.8929", "Waiting": "1.093002e8"}


@pytest.mark.parametrize(
    ("days", "years", "expected"),
    [
        (1, 1, BOTH),
        (0, 0, NEITHER),
        (1, 0, {"pressure": "1.1214"}),
        (0, 1, {"pressure": "1.2308"}),
    ],
)
def test_the_state_in_2050(days: int, years: int, expected: dict[str, str], run: Run) -> None:
    end = run("doctors", {"days react": days, "years react": years}).isel(time=-1)
    assert end["time"] == 2050
    for name, printed in expected.items():
        assert agrees(end[name], printed), (name, printed, float(end[name]))


def test_the_reactions_leave_the_people_alone(run: Run) -> None:
    with_both, without = (
        run("doctors", {"days react": flag, "years react": flag}, save=["population", "Doctors"])
        for flag in (1, 0)
    )
    assert with_both["population"].equals(without["population"])
    assert with_both["Doctors"].equals(without["Doctors"])
