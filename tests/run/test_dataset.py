"""The dataset of one run."""

import json

import numpy as np
import pytest

from flatgov.errors import ModelError
from flatgov.run.dataset import make_dataset, saved_variables
from flatgov.run.oracle import simulate

TEXT = """
team: north, south ~~|
people[team] = INTEG(hired, 10) ~ Person ~ Those at work. |
hired = f(Time) * rate ~ Person/Month ~ |
rate = 2 ~ Person/Month ~ |
f((0,1),(9,1)) ~~|
"""


@pytest.fixture
def dataset(load):
    model = load(TEXT, final=2, step=0.5, saveper=1)
    return model, make_dataset(model, simulate(model), model.time, "pysd")


def test_dimensions_coordinates_and_types(dataset):
    _, ds = dataset
    assert {name: ds[name].dims for name in ds.data_vars} == {
        "people": ("time", "team"),
        "hired": ("time",),
        "rate": ("time",),
    }
    assert all(ds[name].dtype == np.float64 for name in [*ds.data_vars, "time"])
    np.testing.assert_array_equal(ds["time"], [0.0, 1.0, 2.0])
    assert list(ds["team"].values) == ["north", "south"]
    assert float(ds["people"].sel(time=2, team="south")) == 14.0


def test_attributes_say_what_it_is_and_are_plain(dataset):
    model, ds = dataset
    assert ds["people"].attrs == {
        "units": "Person",
        "long_name": "people",
        "kind": "stock",
        "equation": "INTEG(hired, 10)",
        "description": "Those at work.",
    }
    assert ds["rate"].attrs["description"] == ""
    assert ds["time"].attrs["units"] == "Month"
    assert ds.attrs["model_hash"] == model.hash
    assert ds.attrs["engine"] == "pysd"
    assert ds.attrs["created_at"].endswith("+00:00")
    for attrs in (ds.attrs, *(ds[name].attrs for name in ds.variables)):
        assert json.loads(json.dumps(attrs)) == attrs
        assert all(isinstance(value, str | int) for value in attrs.values())


def test_only_what_is_asked_for_is_kept(dataset):
    model, _ = dataset
    kept = [variable.name for variable in saved_variables(model, ["RATE", "hired", "rate"])]
    assert kept == ["hired", "rate"]
    values = simulate(model)
    ds = make_dataset(model, {name: values[name] for name in kept}, model.time, "pysd")
    assert set(ds.coords) == {"time"}


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("f", "'f' is a lookup table and has no values over time"),
        ("hirred", "did you mean 'hired'?"),
    ],
)
def test_what_cannot_be_kept(dataset, name, message):
    model, _ = dataset
    with pytest.raises(ModelError) as caught:
        saved_variables(model, [name])
    assert message in str(caught.value)


def test_a_range_that_a_variable_has_twice_gives_two_dimensions(load):
    """The parts of `gap` together lie over the whole range on both sides."""
    model = load(
        "all: a1, a2, b1, b2 ~~|\na: a1, a2 ~~|\nb: b1, b2 ~~|\nother a <-> a ~~|\n"
        "other b <-> b ~~|\nx[all] = 1, 2, 4, 8 ~~|\n"
        "gap[a, other a] = x[a] - x[other a] ~~|\ngap[b, other b] = x[b] - x[other b] ~~|\n",
        final=1,
        step=1,
    )
    ds = model.run()
    assert ds["gap"].dims == ("time", "all", "all 2")
    assert list(ds["all 2"].values) == ["a1", "a2", "b1", "b2"]
    assert ds["gap"][0].sel({"all": "b2", "all 2": "b1"}) == 4
    assert np.isnan(ds["gap"][0].sel({"all": "b2", "all 2": "a1"}))
    assert "failed" not in ds.attrs  # What no equation defines has not failed.
