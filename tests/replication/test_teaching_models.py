"""Four small models from teaching, with the numbers that PySD 3.14.3 gives for the originals."""

from __future__ import annotations

import pytest
import xarray as xr

from replication.conftest import Run
from tools.printed import agrees


def check(point: xr.Dataset, expected: dict[str, str]) -> None:
    for name, printed in expected.items():
        value = point[name]
        assert agrees(value, printed), (name, printed, float(value))


@pytest.mark.parametrize(
    ("push", "expected"),
    [
        (0.0, {"Skill": "99.2117", "output": "2983.62", "Urge to work": "1.17320"}),
        (0.02, {"Skill": "108.0544", "output": "3152.285", "Urge to work": "1.110735"}),
    ],
)
def test_capability_trap(push: float, expected: dict[str, str], run: Run) -> None:
    ds = run("capability_trap", {"extra output": 500, "push": push})
    check(ds.sel(time=100), expected)


def test_capability_trap_rests_in_balance(run: Run) -> None:
    ds = run("capability_trap")
    assert float(abs(ds["Skill"] - 100).max()) < 1e-9


@pytest.mark.parametrize(
    ("week", "expected"),
    [
        (25, {"Novices": "122.7915", "Masters": "165.9558", "Tasks": "231.016"}),
        (100, {"Novices": "7.3156", "Masters": "43.6494", "Tasks": "556.903"}),
    ],
)
def test_newcomers(week: int, expected: dict[str, str], run: Run) -> None:
    check(run("newcomers").sel(time=week), expected)


def test_sales_agent(run: Run) -> None:
    ds = run("sales_agent")
    assert agrees(ds["Motivation"].sel(time=12), "0.384868")
    quits = ds["time"].where(ds["employed"] == 0, drop=True)[0]
    assert agrees(quits, "16.75")
    assert agrees(ds["Time in business"][-1], "16.75")
    assert agrees(ds["Customers won"][-1], "22.7995")


@pytest.mark.parametrize(
    ("month", "expected"),
    [
        (20, {"Workers": "100.00", "Hours": "40.00", "morale": "1.000"}),
        (24, {"Workers": "118.76", "Hours": "48.11", "morale": "0.786"}),
        (30, {"Workers": "139.17"}),
        (40, {"Workers": "117.10"}),
        (100, {"Workers": "119.70"}),
    ],
)
def test_overtime(month: int, expected: dict[str, str], run: Run) -> None:
    check(run("overtime").sel(time=month), expected)
