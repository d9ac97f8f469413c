"""Behaviour tests over draws, against the runs themselves."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from scipy.stats import binomtest

import flatgov as fg
from flatgov.analysis.behaviour import behaviour
from flatgov.run.events import DrawsDone
from flatgov.study import Study

UNCERTAINTY = """
[parameters."Staff"]
distribution = "uniform"
low = 50.0
high = 480.0
reason = "Nobody counted."
[parameters."stay"]
distribution = "uniform"
low = 5.0
high = 40.0
reason = "Some stay."
"""

TESTS = """
[variants.late]
extends = ["hire"]
start = "2021-07"
[variants.generous]
extends = ["hire"]
[[variants.generous.changes]]
variable = "stay"
operation = "scale"
value = 2
start = 0
[tests.P2]
text = "Hiring helps, and sooner is better."
expect = [
    "at('staff' of now, end) < at('Staff' of hire, end)",
    "at('Staff' of late, end) < at('Staff' of hire, end) < at('Staff' of generous, end)",
]
[tests.P3]
text = "Staff stays."
expect = ["drift(every stock of now) < 0.3"]
[tests.P4]
text = "Load falls."
expect = ["falling('load' of both, 2021-02, 2021-08)"]
"""

DRAWS, SEED = 300, 3


@pytest.fixture
def study(write_study: Callable[..., Path]) -> Study:
    folder = write_study()
    (folder / "uncertainty.toml").write_text(UNCERTAINTY, encoding="utf-8")
    with (folder / "evidence.toml").open("a", encoding="utf-8") as file:
        file.write(TESTS)
    return fg.open_study(folder)


@pytest.fixture
def runs(study: Study) -> xr.Dataset:
    """The same draws of all policies and variants, to work the answers out from."""
    full = replace(study, policies={**study.policies, **study.behaviour.variants})
    return full.run(scenarios=["calm", "busy"], draws=DRAWS, seed=SEED)


def members(runs: xr.Dataset, name: str, policy: str) -> np.ndarray:
    return runs[name].sel(policy=policy).values  # (scenario, draw, time)


def test_shares_are_those_of_the_runs(study: Study, runs: xr.Dataset) -> None:
    found = behaviour(study, draws=DRAWS, seed=SEED)
    assert found["test"].values.tolist() == ["P2", "P3", "P4"]
    assert found["scenario"].values.tolist() == ["calm", "busy"]
    np.testing.assert_array_equal(found["sample"], runs["sample"])

    now, hire = members(runs, "Staff", "now"), members(runs, "Staff", "hire")
    late, generous = members(runs, "Staff", "late"), members(runs, "Staff", "generous")
    load = members(runs, "load", "both")[..., 13:20]
    held = {
        "P2 #1": now[..., -1] < hire[..., -1],
        "P2 #2": (late[..., -1] < hire[..., -1]) & (hire[..., -1] < generous[..., -1]),
        "P3 #1": abs(now - now[..., :1]).max(axis=-1) / now[..., 0] < 0.3,
        "P4 #1": (np.diff(load) < 0).all(axis=-1),
    }
    failed = {name: runs["status"].sel(policy=name).values != 0 for name in runs["policy"].values}
    out = {
        "P2": failed["now"] | failed["hire"] | failed["late"] | failed["generous"],
        "P3": failed["now"],
        "P4": failed["both"],
    }
    assert 0 < out["P2"].sum() < out["P2"].size
    passed = {
        "P2": held["P2 #1"] & held["P2 #2"] & ~out["P2"],
        "P3": held["P3 #1"] & ~out["P3"],
        "P4": held["P4 #1"] & ~out["P4"],
    }
    for test, expected in passed.items():
        one = found.sel(test=test)
        np.testing.assert_array_equal(one["passed"], expected)
        np.testing.assert_array_equal(one["status"] != 0, out[test])
        np.testing.assert_array_equal(one["draws_left_out"], out[test].sum(axis=-1))
        np.testing.assert_array_equal(one["draws_used"], (~out[test]).sum(axis=-1))
        np.testing.assert_array_equal(one["margin"].values[~out[test]] > 0, expected[~out[test]])
        for place in range(2):
            hits, count = int(expected[place].sum()), int((~out[test])[place].sum())
            interval = binomtest(hits, count).proportion_ci(0.95, "wilson")
            numbers = [float(one[key][place]) for key in ("share", "share_low", "share_high")]
            assert numbers == pytest.approx([hits / count, interval.low, interval.high])
    line = found["expectation_share"].sel(expectation="P2 #1").values
    ran = ~(failed["now"] | failed["hire"])
    np.testing.assert_allclose(line, (held["P2 #1"] & ran).sum(axis=-1) / ran.sum(axis=-1))
    assert 0 < passed["P3"].sum() < passed["P3"].size


def test_what_was_left_out_is_named(study: Study, runs: xr.Dataset) -> None:
    found = behaviour(study, draws=DRAWS, seed=SEED)
    listed = json.loads(found.attrs["failed"])
    assert 0 < len(listed) <= 100
    for one in listed:
        member = runs.sel(policy=one["policy"], scenario=one["scenario"], draw=one["draw"])
        assert member["reason"].item() == one["reason"]
        assert "is above its upper limit 500" in one["reason"]
    assert [one["draw"] for one in listed] == sorted(one["draw"] for one in listed)


def test_the_base_run_is_that_of_the_model(study: Study) -> None:
    found = behaviour(study, draws=0)
    assert "passed" not in found
    assert "draw" not in found.dims
    full = replace(study, policies={**study.policies, **study.behaviour.variants})
    ds = full.run(scenarios=["calm", "busy"])
    staff = ds["Staff"].isel(time=-1)
    now, hire, late, generous = (
        staff.sel(policy=name).values for name in ("now", "hire", "late", "generous")
    )
    expected = (now < hire) & (late < hire) & (hire < generous)
    np.testing.assert_array_equal(found["base"].sel(test="P2"), expected)
    course = ds["Staff"].sel(policy="now").values
    drift = abs(course - 100).max(axis=-1) / 100
    np.testing.assert_array_equal(found["base"].sel(test="P3"), drift < 0.3)
    margin = (0.3 - drift) / np.maximum(0.3, drift)
    np.testing.assert_allclose(found["base_margin"].sel(test="P3"), margin)


def test_neither_threads_nor_company_nor_more_draws_change_a_draw(study: Study) -> None:
    whole = behaviour(study, draws=DRAWS, seed=SEED, threads=2)
    few = behaviour(study, draws=64, seed=SEED, threads=1, tests=["P3", "P2"], scenarios=["busy"])
    assert few["test"].values.tolist() == ["P3", "P2"]
    part = whole.sel(test=["P3", "P2"], scenario=["busy"]).isel(draw=slice(64))
    for name in ("passed", "margin", "status"):
        np.testing.assert_array_equal(few[name], part[name])


def test_a_study_without_scenarios_has_no_such_dimension(study: Study) -> None:
    alone = replace(study, scenarios={}, default_scenario=None)
    found = behaviour(alone, draws=32)
    assert found["share"].dims == ("test",)
    assert found["passed"].dims == ("test", "draw")
    calm = behaviour(study, draws=32, scenarios=["calm"]).isel(scenario=0)
    np.testing.assert_array_equal(found["passed"], calm["passed"])


def test_progress_counts_each_draw_once(study: Study) -> None:
    events: list[DrawsDone] = []
    behaviour(study, draws=DRAWS, progress=events.append)
    assert [events[0].done, events[-1].done, events[-1].total] == [0, DRAWS, DRAWS]


def test_what_cannot_be_evaluated_is_refused(study: Study) -> None:
    place = f"{study.folder}/evidence.toml: "
    for name, message in (
        ("P1", "the test 'P1' cannot be evaluated: it has no `expect`; there are P2, P3, P4"),
        ("P9", "there is no test 'P9'; there are P1, P2, P3, P4"),
    ):
        with pytest.raises(fg.StudyError) as caught:
            behaviour(study, tests=[name])
        assert str(caught.value) == place + message
    empty = replace(study, behaviour=type(study.behaviour)())
    with pytest.raises(fg.StudyError, match="no behaviour test that can be evaluated; give a test"):
        behaviour(empty)
    with pytest.raises(fg.StudyError, match="there is no scenario 'bussy'; did you mean 'busy'"):
        behaviour(study, scenarios=["bussy"])
    with pytest.raises(fg.StudyError, match="there is nothing to draw"):
        behaviour(replace(study, uncertainty=None), draws=10)
    assert "base" in behaviour(replace(study, uncertainty=None), draws=0)
