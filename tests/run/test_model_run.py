"""`Model.run` as a user calls it."""

import json
from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

import flatgov as fg

TEACUP = """
Teacup Temperature = INTEG(-heat loss, start) ~ Degrees ~ |
heat loss = (Teacup Temperature - Room Temperature) / Characteristic Time ~ Degrees/Minute ~ |
Room Temperature = 70 ~ Degrees [-50,100] ~ |
Characteristic Time = 10 ~ Minute [0,?] ~ |
start = 180 ~ Degrees ~ |
cooling((0,1),(1,2)) ~~|
"""


def cooled(room, start=180.0, step=0.5, count=21):
    return room + (start - room) * (1 - step / 10) ** np.arange(count)


ENGINES = pytest.mark.parametrize("engine", ["native", "pysd"])


@ENGINES
def test_a_run_and_one_with_another_constant(load, engine):
    model = load(TEACUP)
    ds = model.run(engine=engine)
    assert ds.attrs["engine"] == engine
    assert dict(ds.sizes) == {"time": 21}
    np.testing.assert_allclose(ds["Teacup Temperature"], cooled(70.0), rtol=1e-12)
    ds = model.run(params={"room_temperature": 60.0}, engine=engine)
    np.testing.assert_allclose(ds["Teacup Temperature"], cooled(60.0), rtol=1e-12)
    np.testing.assert_array_equal(ds["Room Temperature"], np.full(21, 60.0))


@ENGINES
def test_lists_of_values_are_draws(load, engine):
    model = load(TEACUP)
    ds = model.run(
        params={"Room Temperature": [50, 60.0], "Teacup Temperature": np.array([90.0, 80.0])},
        save=["teacup temperature"],
        engine=engine,
    )
    assert list(ds.data_vars) == ["Teacup Temperature"]
    assert ds["Teacup Temperature"].dims == ("draw", "time")
    np.testing.assert_array_equal(ds["draw"], [0, 1])
    np.testing.assert_allclose(ds["Teacup Temperature"][0], cooled(50, 90), rtol=1e-12)
    np.testing.assert_allclose(ds["Teacup Temperature"][1], cooled(60, 80), rtol=1e-12)
    assert ds["Teacup Temperature"].attrs["units"] == "Degrees"
    mixed = model.run({"Room Temperature": [50.0], "start": 100}, save=["start"], engine=engine)
    assert dict(mixed.sizes) == {"draw": 1, "time": 21}
    assert float(mixed["start"][0, 0]) == 100.0


def test_the_method_of_runge_and_kutta(load):
    """A step of RK4 multiplies what is above room temperature by the exponential's series."""
    x = -0.5 / 10
    factor = 1 + x + x**2 / 2 + x**3 / 6 + x**4 / 24
    model = load(TEACUP)
    wanted = 70 + 110 * factor ** np.arange(21)
    ds = model.run(integrator="rk4")
    np.testing.assert_allclose(ds["Teacup Temperature"], wanted, rtol=1e-12)
    # Between the steps of the results there are no values but those of the steps' beginnings.
    np.testing.assert_allclose(ds["heat loss"], (wanted - 70) / 10, rtol=1e-12)


def test_a_model_that_asks_for_runge_and_kutta(load):
    asking = replace(load(TEACUP), integrator="rk4")
    ds = asking.run()
    xr.testing.assert_equal(ds, load(TEACUP).run(integrator="rk4"))
    np.testing.assert_allclose(
        asking.run(integrator="euler")["Teacup Temperature"], cooled(70.0), rtol=1e-12
    )
    with pytest.raises(fg.ModelError, match="the engine pysd integrates by Euler's method only"):
        asking.run(engine="pysd")


CHANCE = "x = RANDOM UNIFORM(0, 1, 1) ~~|\ny = RANDOM UNIFORM(0, 1, 1) ~~|\nc = 1 ~~|"


def test_random_numbers_follow_from_seed_draw_place_and_step(load):
    model = load(CHANCE)
    one, again = model.run({"c": [1, 1]}, seed=3), model.run({"c": [2, 3, 4]}, seed=3)
    assert one.attrs["seed"] == 3
    assert model.run().attrs["seed"] == 0
    xr.testing.assert_equal(one[["x", "y"]], again[["x", "y"]].isel(draw=[0, 1]))
    other = model.run({"c": [1, 1]}, seed=4)
    numbers = np.concatenate(
        [ds[name].values.ravel() for ds in (one, other) for name in ("x", "y")]
    )
    assert len(np.unique(numbers)) == 2 * 2 * 2 * 21
    # A number of a shorter run, of a single draw or of some variables is that of the whole.
    np.testing.assert_array_equal(model.run(seed=3, save="y", final_time=5)["y"], one["y"][0, :11])


def test_one_name_to_save_may_be_text(load):
    assert list(load(TEACUP).run(save="teacup temperature").data_vars) == ["Teacup Temperature"]


def test_what_was_changed_is_in_the_attributes(load):
    model = load(TEACUP)
    assert model.run().attrs["params"] == "{}"
    ds = model.run(params={"start": [100, 90], "room temperature": 60})
    assert json.loads(ds.attrs["params"]) == {"start": [100.0, 90.0], "Room Temperature": 60.0}


@pytest.mark.parametrize(
    ("name", "params", "fine"),
    [("draw", {"c": [1, 2]}, {"c": 1}), ("policy", None, {"c": 1})],
)
def test_a_variable_named_like_a_dimension(load, name, params, fine):
    model = load(f"c = 1 ~~|\n{name} = c ~~|\nteam: a, b ~~|\nx[team] = c ~~|")
    assert name in model.run(fine)
    if params is not None:
        with pytest.raises(fg.ModelError) as caught:
            model.run(params)
        assert str(caught.value) == (
            f"{model.path}:2: '{name}' is also the name of a dimension or coordinate of the "
            "results; rename the variable in the model"
        )


def test_a_subscript_range_named_like_a_dimension(load):
    model = load("draw: a, b ~~|\nx[draw] = c ~~|\nc = 1 ~~|")
    with pytest.raises(fg.ModelError, match=r"'draw' is also .*; rename the subscript range in"):
        model.run({"c": [1, 2]})
    assert model.run({"c": [1, 2]}, save="c")["c"].shape == (2, 21)


@ENGINES
def test_time_settings(load, engine):
    model = load(TEACUP)
    ds = model.run(time_step=0.25, final_time=5, engine=engine)
    np.testing.assert_array_equal(ds["time"], 0.25 * np.arange(21))
    np.testing.assert_allclose(ds["Teacup Temperature"], cooled(70.0, step=0.25), rtol=1e-12)
    ds = model.run(saveper=2, engine=engine)
    np.testing.assert_allclose(ds["Teacup Temperature"], cooled(70.0)[::4], rtol=1e-12)


def test_what_is_no_number_stays_in_the_dataset_and_is_named(load):
    """A temperature of 70 and no time to cool is 0 / 0; another falls at an infinite rate."""
    model = load(TEACUP)
    ds = model.run(params={"characteristic time": [10.0, 0.0, 0.0], "start": [180.0, 70.0, 180.0]})
    temperature = ds["Teacup Temperature"]
    np.testing.assert_allclose(temperature[0], cooled(70.0), rtol=1e-12)
    assert temperature[1, 0].item() == 70.0
    assert np.isnan(temperature[1, 1:]).all()
    assert temperature[2, :2].values.tolist() == [180.0, -np.inf]
    assert ds["heat loss"][2, :2].values.tolist() == [np.inf, -np.inf]
    assert json.loads(ds.attrs["failed"]) == {
        "1": "'heat loss' (line 3) is not a number at time 0",
        "2": "'heat loss' (line 3) is infinite at time 0",
    }
    alone = model.run(params={"characteristic time": 0.0, "start": 70.0}, save="teacup temperature")
    # What is not saved is not looked at.
    assert json.loads(alone.attrs["failed"]) == {
        "0": "'Teacup Temperature' (line 2) is not a number at time 0.5"
    }
    assert np.isnan(alone["Teacup Temperature"][1:]).all()
    assert "failed" not in model.run().attrs


def test_a_draw_that_fails_in_pysd_does_not_stop_the_others(load):
    model = load(TEACUP)
    ds = model.run(params={"characteristic time": [10.0, 0.0, 20.0]}, engine="pysd")
    temperature = ds["Teacup Temperature"]
    assert np.isnan(temperature[1]).all()
    np.testing.assert_allclose(temperature[0], cooled(70.0), rtol=1e-12)
    assert np.isfinite(temperature[2]).all()
    failed = json.loads(ds.attrs["failed"])
    assert list(failed) == ["1"]
    assert "'heat loss', line 3: division by zero at time 0" in failed["1"]


def test_when_every_draw_fails_in_pysd_the_run_fails(load):
    model = load(TEACUP)
    with pytest.raises(fg.RunError, match=r"all 2 draws failed, the first with: .*'heat loss'"):
        model.run(params={"characteristic time": [0.0, 0.0]}, engine="pysd")
    with pytest.raises(fg.RunError, match="'heat loss', line 3: division by zero at time 0"):
        model.run(params={"characteristic time": 0.0}, engine="pysd")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"params": {"rom temperature": 1}},
         "rom temperature=1: 'rom temperature' is not a variable of PATH; did you mean"
         " 'Room Temperature'? `flatgov describe` lists the names"),
        ({"params": {"heat loss": 1}}, "heat loss=1: 'heat loss' is a flow and cannot be changed;"
         " change a constant, the initial value of a stock or a lookup table, such as one of those"
         " that it uses: Teacup Temperature, Room Temperature, Characteristic Time"),
        ({"params": {"cooling": 1}}, "cooling=1: 'cooling' is a lookup table and cannot be set;"
         " set constants or initial values; the policies of a study scale lookups"),
        ({"params": {"Room Temperature": float("inf")}},
         "Room Temperature=inf: inf is no value; give a finite number"),
        ({"params": {"room temperature": [70, 101]}},
         "room temperature=101: 'Room Temperature' would be 101, above the upper limit 100 of the"
         " model; give a value that keeps it between -50 and 100"),
        ({"params": {"characteristic time": -1}},
         "characteristic time=-1: 'Characteristic Time' would be -1, below the lower limit 0 of the"
         " model; give a value that keeps it at least 0"),
        ({"params": {"start": "hot"}}, "'start': 'hot' is not a number; GIVE"),
        ({"params": {"start": "60"}}, "'start': '60' is not a number; GIVE"),
        ({"params": {"start": True}}, "'start': True is not a number; GIVE"),
        ({"params": {"start": None}}, "'start': None is not a number; GIVE"),
        ({"params": {"start": [1.0, None]}}, "'start': [1.0, None] is not a number; GIVE"),
        ({"params": {"start": map(float, "12")}}, "'start': a map is not a number; GIVE"),
        ({"params": {"start": []}}, "'start': [] is no list of numbers; GIVE"),
        ({"params": {"FINAL TIME": 1}}, "FINAL TIME=1: FINAL TIME is a time setting;"
         " give final_time=… (in Python) or change it in the model"),
        ({"params": {"initial_time": 1}},
         "initial_time=1: INITIAL TIME is a time setting; change it in the model"),
        ({"save": ["start[1]"]}, "save: 'start[1]' is one element, and elements cannot be named one"
         " by one; give 'start', which means all of them"),
        ({"time_step": float("nan")},
         "PATH: TIME STEP is nan, not a finite number; write a number"),
        ({"final_time": float("inf")},
         "PATH: FINAL TIME is inf, not a finite number; write a number"),
        ({"params": {"start": [1, 2], "Room Temperature": [1]}},
         "PATH: the lists of values differ in length: 'start' has 2, 'Room Temperature' has 1;"
         " give lists of one length"),
        ({"params": {"start": 1, "START": 2}},
         "'start' and 'START': 'start' is given twice; keep one of them"),
        ({"params": [1]}, 'params: [1] are not values by name; as in {"stay": 20.0}'),
        ({"params": {1: 2}}, "params: 1 is no name of a variable"),
        ({"time_step": "x"}, "time_step: 'x' is not a number"),
        ({"saveper": [1]}, "saveper: [1] is not a number"),
        ({"final_time": {}}, "final_time: {} is not a number"),
        ({"integrator": "rk4", "engine": "pysd"}, "PATH: the engine pysd integrates by Euler's"
         " method only; use the engine native, or integrator='euler' with a smaller time_step"),
        ({"integrator": "rk2"}, "PATH: there is no integrator 'rk2'; use euler or rk4"),
        ({"engine": "fast"}, "PATH: there is no engine 'fast'; use native or pysd"),
        (
            {"time_step": 0},
            "PATH: TIME STEP is 0, not above zero; write the length of a step, such as 0.25",
        ),
        (
            {"final_time": -1},
            "PATH: FINAL TIME -1 is before INITIAL TIME 0; write a number above 0, or an earlier "
            "INITIAL TIME",
        ),
        ({"saveper": 0.7}, "PATH: SAVEPER 0.7 is no multiple of TIME STEP 0.5; use 0.5"),
        ({"saveper": 1.2},
         "PATH: SAVEPER 1.2 is no multiple of TIME STEP 0.5; use 2 times TIME STEP, 1"),
        ({"save": [1]}, "save: 1 is no name of a variable"),
        ({"save": ["cooling"]}, "save: 'cooling' is a lookup table and has no values over time"),
    ],
)  # fmt: skip
def test_wrong_arguments(load, arguments, message):
    model = load(TEACUP)
    with pytest.raises(fg.ModelError) as caught:
        model.run(**arguments)
    allowed = "give one number, or a list of numbers"
    assert str(caught.value) == message.replace("PATH", model.path).replace("GIVE", allowed)
