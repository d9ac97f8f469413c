import json
import multiprocessing
from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

import flatgov as fg
from flatgov.errors import RunError
from flatgov.run.events import MemberDone, MemberStarted
from flatgov.run.members import member_key
from flatgov.run.study_run import run_study


@pytest.fixture
def study(write_study):
    return fg.open_study(write_study())


@pytest.fixture
def fake_simulate(monkeypatch):
    """Put a quick stand-in in the place of PySD; it counts calls and can fail."""
    calls = []

    def simulate(model, changes=(), time=None):
        calls.append(changes)
        if any(change.variable == simulate.fails_for for change in changes):
            raise simulate.error
        points = int((time.final - time.initial) / time.saveper) + 1
        value = sum(change.value for change in changes)
        return {
            name: np.full(points, value)
            for name, variable in model.variables.items()
            if variable.kind != "lookup"
        }

    simulate.calls, simulate.fails_for, simulate.error = calls, None, RunError("it broke")
    monkeypatch.setattr("flatgov.run.oracle.simulate", simulate)
    return simulate


def run_fake(study, *arguments, **keywords):
    """Run through the stand-in."""
    return run_study(study, *arguments, engine="pysd", **keywords)


@pytest.mark.parametrize("engine", ["native", "pysd"])
def test_all_policies_without_a_scenario_dimension(study, engine):
    ds = study.run(engine=engine)
    assert ds.attrs["engine"] == engine
    assert ds["Staff"].dims == ("policy", "time")
    assert ds["policy"].values.tolist() == ["now", "hire", "both"]
    assert ds["scenario"].item() == "calm"
    assert ds["Staff"].sel(policy="now", time=24).item() == 100.0
    # 5 people a month until July, then rising to 10 over 6 months; 1 in 20 leaves.
    staff, rate = 100.0, {}
    for step in range(48):
        time = step / 2
        rate[time] = 5 + 5 * min(1, max(0, (time - 6) / 6))
        load = 100 * (0.5 if 12 + 15 / 31 <= time < 20 else 1) / staff
        staff += 0.5 * (rate[time] - staff / 20 * max(1, load))
    assert ds["Staff"].sel(policy="both", time=24).item() == pytest.approx(staff, rel=1e-12)
    assert ds["hiring rate"].sel(policy="hire", time=9).item() == rate[9] == 7.5


def test_dimensions_in_the_order_that_was_asked_for(study, fake_simulate):
    ds = run_fake(study, ["both", "now"], ["busy", "calm", "busy"], save=["LOAD"])
    assert list(ds.data_vars) == ["load"]
    assert ds["load"].dims == ("policy", "scenario", "time")
    assert ds["load"].dtype == np.float64
    assert ds["load"].attrs["units"] == "Task/(Person*Month)"
    assert ds["scenario"].values.tolist() == ["busy", "calm"]
    # Scenario first, then the policy's: 50 + 10 + 0.5.
    assert ds["load"].sel(policy="both", scenario="busy").values.tolist() == [60.5] * 25
    assert ds["load"].sel(policy="now", scenario="calm").values.tolist() == [0.0] * 25


def test_dates_stand_beside_model_time(study):
    date = study.run()["date"]
    assert date.dims == ("time",)
    assert date.dtype == "datetime64[s]"
    assert str(date.sel(time=6).values) == "2020-07-01T00:00:00"


def test_attributes_fit_netcdf(study):
    ds = study.run()
    origin = {"flatgov_version", "model_hash", "study_hash", "seed", "engine", "created_at"}
    assert origin <= set(ds.attrs)
    assert (ds.attrs["study_hash"], ds.attrs["seed"]) == (study.hash, 0)
    everything = [ds.attrs, *(ds[name].attrs for name in ds.variables)]
    assert all(type(value) in (str, int, float) for attrs in everything for value in attrs.values())


def test_equal_content_is_simulated_once(study, fake_simulate):
    twin = {**study.policies, "twin": study.policies["hire"]}
    events = []
    ds = run_fake(replace(study, policies=twin), progress=events.append)
    assert len(fake_simulate.calls) == 3
    assert (ds["load"].sel(policy="twin") == ds["load"].sel(policy="hire")).all()
    done = [event.policy for event in events if isinstance(event, MemberDone)]
    assert sorted(done) == ["both", "hire", "now", "twin"]


def test_a_member_is_known_by_its_content(study):
    changes = study.policies["hire"].changes
    assert member_key(study.model, changes, "pysd") == member_key(study.model, changes, "pysd")
    others = [
        member_key(study.model, (), "pysd"),
        member_key(study.model, study.policies["both"].changes, "pysd"),
        member_key(study.model, changes, "other"),
    ]
    assert member_key(study.model, changes, "pysd") not in others


@pytest.mark.parametrize("engine", ["native", "pysd"])
def test_events(study, fake_simulate, engine):
    events = []
    study.run(["now", "hire"], engine=engine, progress=events.append)
    assert events[0] == MemberStarted("now", "calm", 2)
    assert [(e.policy, e.count, e.failed) for e in events if isinstance(e, MemberDone)] == [
        ("now", 1, None),
        ("hire", 2, None),
    ]


@pytest.mark.parametrize(
    ("error", "reason"),
    [(RunError("it broke"), "it broke"), (KeyError("b"), "KeyError: 'b'")],
)
def test_a_member_that_fails_leaves_the_others_alone(study, fake_simulate, error, reason):
    fake_simulate.fails_for, fake_simulate.error = "tasks", error
    ds = run_fake(study, scenarios=["calm"])
    assert json.loads(ds.attrs["failed"]) == [
        {"policy": "both", "scenario": "calm", "reason": reason}
    ]
    assert ds["Staff"].sel(policy="both").isnull().all()
    assert ds["Staff"].sel(policy=["now", "hire"]).notnull().all()


def test_a_run_in_which_all_fail_is_an_error(study, fake_simulate):
    fake_simulate.fails_for = "hiring rate"
    with pytest.raises(RunError) as caught:
        run_fake(study, ["hire", "both"])
    assert str(caught.value) == "policy 'hire' under 'calm' failed (and 1 more): it broke"


def test_a_value_that_is_no_number_stays_and_is_named(write_study):
    """From 12.5 on the stay is 0 and people leave at an infinite rate."""
    study = fg.open_study(
        write_study(
            office=("stay = 20 ~ Month [1,?]", "stay = 20 ~ Month"),
            policies=('variable = "Tasks"\noperation = "scale"\nvalue = 0.5',
                      'variable = "stay"\noperation = "set"\nvalue = 0'),
        )
    )  # fmt: skip
    ds = study.run(scenarios=["calm"])
    reason = "'Staff' (line 2) is infinite at time 13"
    assert json.loads(ds.attrs["failed"]) == [
        {"policy": "both", "scenario": "calm", "reason": reason}
    ]
    staff = ds["Staff"].sel(policy="both", scenario="calm")
    hire = ds["Staff"].sel(policy="hire", scenario="calm")
    np.testing.assert_array_equal(staff.sel(time=slice(0, 12)), hire.sel(time=slice(0, 12)))
    assert staff.sel(time=13).item() == -np.inf
    assert np.isnan(staff.sel(time=slice(14, 24))).all()
    assert np.isfinite(ds["Staff"].sel(policy=["now", "hire"])).all()


def test_parameters_come_before_scenario_and_policy(study, fake_simulate):
    run_fake(study, ["both"], ["busy"], params={"TASKS": 80})
    assert [change.variable for change in fake_simulate.calls[0]] == [
        "tasks",
        "tasks",
        "hiring rate",
        "tasks",
    ]
    assert fake_simulate.calls[0][0].value == 80


def test_a_study_without_scenarios(write_study):
    study = fg.open_study(write_study(without=("scenarios.toml",)))
    assert "scenario" not in study.run().coords
    with pytest.raises(fg.StudyError, match="this study has no scenarios, so 'calm' cannot be run"):
        study.run(scenarios=["calm"])


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ({"policies": ["hre"]}, "there is no policy 'hre'; did you mean 'hire'."),
        ({"scenarios": ["bussy"]}, "there is no scenario 'bussy'; did you mean 'busy'."),
        ({"save": ["lod"]}, "'lod' is not a variable of .*; did you mean 'load'."),
        ({"save": ["effect of load"]}, "'effect of load' is a lookup table and has no values"),
        ({"params": {"stya": 3.0}}, "stya=3: 'stya' is not a variable .* did you mean 'stay'."),
        ({"params": {"stay": 0.5}}, "'stay' would be 0.5, below the lower limit 1"),
        ({"params": {"load": 0.5}}, "'load' is an auxiliary and cannot be changed"),
        ({"params": {"stay": 3, "STAY": 4}}, "'stay' and 'STAY': 'stay' is given twice"),
        ({"params": {"stay": [3, 4]}}, "'stay': a study takes one number, not a list"),
        (
            {"params": {"stay": "x"}},
            "'stay': 'x' is not a number; give one number, or a list of numbers",
        ),
        (
            {"params": {"effect of load": 2}},
            "effect of load=2: 'effect of load' is a lookup table and cannot be set; set constants",
        ),
        ({"policies": "hire"}, "'hire' is text, not a list of names"),
        ({"policies": []}, "no policy is asked for"),
        ({"engine": "fast"}, "there is no engine 'fast'; use native or pysd"),
        ({"workers": 0}, "0 workers cannot run anything"),
        ({"workers": 1.5}, "1.5 workers cannot run anything"),
        ({"workers": "2"}, "'2' workers cannot run anything"),
    ],
)
def test_what_cannot_be_run_is_said_before_anything_runs(study, arguments, line):
    events = []
    with pytest.raises(fg.StudyError, match=line):
        run_study(study, **arguments, progress=events.append)
    assert events == []


def test_limits_hold_for_parameters_with_policies(write_study):
    study = fg.open_study(write_study(policies=('"set"\nvalue = 10.0', '"add"\nvalue = 10.0')))
    run_study(study, params={"Hiring Rate": 10})
    with pytest.raises(fg.StudyError) as caught:
        run_study(study, params={"Hiring Rate": 11})
    assert str(caught.value) == (
        "hiring rate=11: 'hiring rate' would be 21 at 2021-01 in policy 'hire' under 'calm', above "
        "the upper limit 20 of the model; give values that keep it between 0 and 20"
    )


def test_parameters_are_in_the_attributes(study):
    ds = run_study(study, params={"TASKS": 80})
    assert json.loads(ds.attrs["params"]) == {"tasks": 80.0}
    assert study.run().attrs["params"] == "{}"


@pytest.mark.parametrize("name", ["policy", "scenario", "date"])
def test_a_variable_named_like_a_dimension(write_study, name):
    study = fg.open_study(write_study(office=("stay = 20", f"{name} = 1 ~~|\nstay = 20")))
    with pytest.raises(fg.StudyError) as caught:
        study.run(save="load")
    assert str(caught.value) == (
        f"{study.model.path}:6: '{name}' is also the name of a dimension or coordinate of the "
        "results; rename the variable in the model"
    )


def test_a_run_is_resumed_from_finished_members(study, fake_simulate, tmp_path):
    def interrupt(event):
        if isinstance(event, MemberDone) and event.count == 2:
            raise KeyboardInterrupt

    cache = tmp_path / "members"
    with pytest.raises(KeyboardInterrupt):
        run_fake(study, progress=interrupt, cache=cache)
    assert len(list(cache.iterdir())) == 2
    resumed = run_fake(study, cache=cache)
    assert len(fake_simulate.calls) == 3
    xr.testing.assert_equal(resumed, run_fake(study))


def test_a_broken_finished_member_is_simulated_again(study, fake_simulate, tmp_path):
    cache = tmp_path / "members"
    expected = run_fake(study, ["hire"], cache=cache)
    (file,) = cache.iterdir()
    file.write_bytes(file.read_bytes()[:50])
    xr.testing.assert_equal(run_fake(study, ["hire"], cache=cache), expected)
    assert len(fake_simulate.calls) == 2


@pytest.mark.parametrize("engine", ["native", "pysd"])
def test_workers_give_the_same_bits_and_leave_nothing_behind(study, engine):
    one, two = study.run(engine=engine, workers=1), study.run(engine=engine, workers=2)
    xr.testing.assert_identical(one.drop_attrs(), two.drop_attrs())
    assert multiprocessing.active_children() == []


def test_an_interrupt_ends_the_processes(study):
    def interrupt(event):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        study.run(engine="pysd", workers=2, progress=interrupt)
    for process in multiprocessing.active_children():
        process.join(10)
    assert multiprocessing.active_children() == []
