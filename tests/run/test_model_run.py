"""`Model.run` as a user calls it."""

import json

import numpy as np
import pytest

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


def test_a_run_and_one_with_another_constant(load):
    model = load(TEACUP)
    ds = model.run()
    assert dict(ds.sizes) == {"time": 21}
    np.testing.assert_allclose(ds["Teacup Temperature"], cooled(70.0), rtol=1e-12)
    ds = model.run(params={"room_temperature": 60.0})
    np.testing.assert_allclose(ds["Teacup Temperature"], cooled(60.0), rtol=1e-12)
    np.testing.assert_array_equal(ds["Room Temperature"], np.full(21, 60.0))


def test_lists_of_values_are_draws(load):
    model = load(TEACUP)
    ds = model.run(
        params={"Room Temperature": [50, 60.0], "Teacup Temperature": np.array([90.0, 80.0])},
        save=["teacup temperature"],
    )
    assert list(ds.data_vars) == ["Teacup Temperature"]
    assert ds["Teacup Temperature"].dims == ("draw", "time")
    np.testing.assert_array_equal(ds["draw"], [0, 1])
    np.testing.assert_allclose(ds["Teacup Temperature"][0], cooled(50, 90), rtol=1e-12)
    np.testing.assert_allclose(ds["Teacup Temperature"][1], cooled(60, 80), rtol=1e-12)
    assert ds["Teacup Temperature"].attrs["units"] == "Degrees"
    mixed = model.run(params={"Room Temperature": [50.0], "start": 100}, save=["start"])
    assert dict(mixed.sizes) == {"draw": 1, "time": 21}
    assert float(mixed["start"][0, 0]) == 100.0


def test_one_name_to_save_may_be_text(load):
    assert list(load(TEACUP).run(save="teacup temperature").data_vars) == ["Teacup Temperature"]


def test_what_was_changed_is_in_the_attributes(load):
    model = load(TEACUP)
    assert model.run().attrs["params"] == "{}"
    ds = model.run(params={"start": [100, 90], "room temperature": 60})
    assert json.loads(ds.attrs["params"]) == {"start": [100.0, 90.0], "Room Temperature": 60.0}


@pytest.mark.parametrize(
    ("name", "params", "fine"),
    [("draw", {"c": [1, 2]}, {"c": 1}), ("team", {}, None), ("policy", None, {"c": 1})],
)
def test_a_variable_named_like_a_dimension(load, name, params, fine):
    model = load(f"c = 1 ~~|\n{name} = c ~~|\nteam: a, b ~~|\nx[team] = c ~~|")
    if fine is not None:
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


def test_time_settings(load):
    model = load(TEACUP)
    ds = model.run(time_step=0.25, final_time=5)
    np.testing.assert_array_equal(ds["time"], 0.25 * np.arange(21))
    np.testing.assert_allclose(ds["Teacup Temperature"], cooled(70.0, step=0.25), rtol=1e-12)
    ds = model.run(saveper=2)
    np.testing.assert_allclose(ds["Teacup Temperature"], cooled(70.0)[::4], rtol=1e-12)


def test_a_failing_draw_does_not_stop_the_others(load):
    model = load(TEACUP)
    ds = model.run(params={"characteristic time": [10.0, 0.0, 20.0]})
    temperature = ds["Teacup Temperature"]
    assert np.isnan(temperature[1]).all()
    np.testing.assert_allclose(temperature[0], cooled(70.0), rtol=1e-12)
    assert np.isfinite(temperature[2]).all()
    failed = json.loads(ds.attrs["failed"])
    assert list(failed) == ["1"]
    assert "'heat loss', line 3: division by zero at time 0" in failed["1"]


def test_when_every_draw_fails_the_run_fails(load):
    model = load(TEACUP)
    with pytest.raises(fg.RunError, match=r"all 2 draws failed, the first with: .*'heat loss'"):
        model.run(params={"characteristic time": [0.0, 0.0]})
    with pytest.raises(fg.RunError, match="'heat loss', line 3: division by zero at time 0"):
        model.run(params={"characteristic time": 0.0})


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
        ({"params": {"start": "hot"}}, "'start': 'hot' is not a number"),
        ({"params": {"start": []}}, "'start': give one number, or a list of numbers"),
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
        ({"integrator": "rk4"}, "PATH: the engine pysd integrates by Euler's method only;"
         " use integrator='euler' with a smaller time_step"),
        ({"integrator": "rk2"}, "PATH: there is no integrator 'rk2'; use euler"),
        ({"engine": "fast"}, "PATH: there is no engine 'fast'; use pysd"),
        ({"time_step": 0}, "PATH: TIME STEP is 0, not above zero"),
        ({"final_time": -1}, "PATH: FINAL TIME -1 is before INITIAL TIME 0"),
        ({"saveper": 0.7}, "PATH: SAVEPER 0.7 is no multiple of TIME STEP 0.5"),
        ({"save": [1]}, "save: 1 is no name of a variable"),
        ({"save": ["cooling"]}, "save: 'cooling' is a lookup table and has no values over time"),
    ],
)  # fmt: skip
def test_wrong_arguments(load, arguments, message):
    model = load(TEACUP)
    with pytest.raises(fg.ModelError) as caught:
        model.run(**arguments)
    assert str(caught.value) == message.replace("PATH", model.path)
