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
         "'rom temperature' is not a variable of PATH; did you mean 'Room Temperature'?"
         " `flatgov describe` lists the names"),
        ({"params": {"heat loss": 1}}, "PATH, 'heat loss': a flow variable cannot be set;"
         " set constants or the initial values of stocks"),
        ({"params": {"cooling": 1}}, "PATH, 'cooling': a lookup variable cannot be set;"
         " set constants or the initial values of stocks"),
        ({"params": {"Room Temperature": float("inf")}},
         "PATH, 'Room Temperature': inf is not a finite number"),
        ({"params": {"Room Temperature": [70, 101]}},
         "PATH, 'Room Temperature': 101 is outside the limits [-50, 100]"),
        ({"params": {"characteristic time": -1}},
         "PATH, 'Characteristic Time': -1 is outside the limits [0, ?]"),
        ({"params": {"start": "hot"}}, "PATH, 'start': 'hot' is not a number"),
        ({"params": {"start": []}}, "PATH, 'start': give one number, or a list of numbers"),
        ({"params": {"start": [1, 2], "Room Temperature": [1]}},
         "PATH: the lists of values differ in length: 'start' has 2, 'Room Temperature' has 1;"
         " give lists of one length"),
        ({"params": {"start": 1, "START": 2}}, "PATH, 'start': the variable is given twice"),
        ({"integrator": "rk4"}, "PATH: the engine pysd integrates by Euler's method only;"
         " use integrator='euler' with a smaller time_step"),
        ({"integrator": "rk2"}, "PATH: there is no integrator 'rk2'; use euler"),
        ({"engine": "fast"}, "PATH: there is no engine 'fast'; use pysd"),
        ({"time_step": 0}, "PATH: TIME STEP is 0, not above zero"),
        ({"final_time": -1}, "PATH: FINAL TIME -1 is before INITIAL TIME 0"),
        ({"saveper": 0.7}, "PATH: SAVEPER 0.7 is no multiple of TIME STEP 0.5"),
        ({"save": ["cooling"]}, "PATH: 'cooling' is a lookup and has no values over time"),
    ],
)  # fmt: skip
def test_wrong_arguments(load, arguments, message):
    model = load(TEACUP)
    with pytest.raises(fg.ModelError) as caught:
        model.run(**arguments)
    assert str(caught.value) == message.replace("PATH", model.path)
