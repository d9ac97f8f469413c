"""Runs with machine code: their numbers, what failed, what they need."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import CancelledError
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import flatgov as fg
from flatgov.draws import Draws
from flatgov.model import Change, Model
from flatgov.reading import load_model
from flatgov.run.native import (
    find_failures,
    lowered,
    simulate_members,
    simulate_values,
    undefined_elements,
    uses_random_numbers,
)

Load = Callable[..., Model]
WriteStudy = Callable[..., Path]

COFFEE = "cup = INTEG(-cup / time to cool, 90) ~~|\ntime to cool = 10 ~~|\nroom = cup + Time ~~|"


@pytest.mark.parametrize("step", [0.5, 0.1])
def test_a_study_has_the_numbers_of_pysd(write_study: WriteStudy, step: float) -> None:
    study = fg.open_study(write_study(office=("TIME STEP = 0.5", f"TIME STEP = {step}")))
    both = [study.run(scenarios=["calm", "busy"], engine=one) for one in ("native", "pysd")]
    assert [ds.attrs["engine"] for ds in both] == ["native", "pysd"]
    assert list(both[0]) == list(both[1])
    for name in both[0]:
        assert both[0][name].dims == both[1][name].dims
        np.testing.assert_allclose(both[0][name], both[1][name], rtol=1e-12, atol=1e-12)


def test_only_what_is_asked_for_is_kept_every_saveper(load: Load) -> None:
    model = load(COFFEE, saveper=2)
    results = simulate_members(
        model, [[], []], Draws(3, values={"time to cool": np.array([10.0, 5, 8])}), save=["room"]
    )
    assert list(results.values) == ["room"]
    assert results.values["room"].shape == (2, 3, 6)
    all_steps = 90 * (1 - 0.5 / 5) ** np.arange(0, 21, 4) + np.arange(0, 11, 2)
    np.testing.assert_allclose(results.values["room"][1, 1], all_steps, rtol=1e-13)


def test_time_settings_and_method_may_be_others(load: Load) -> None:
    model = load(COFFEE)
    time = replace(model.time, step=1.0, saveper=1.0, final=3.0)
    found = simulate_members(model, [[]], time=time, integrator="rk4", save=["cup"]).values["cup"]
    x = -0.1
    factor = 1 + x + x**2 / 2 + x**3 / 6 + x**4 / 24
    np.testing.assert_allclose(found[0, 0], 90 * factor ** np.arange(4), rtol=1e-14)
    own = simulate_members(replace(model, integrator="rk4"), [[]], time=time, save=["cup"])
    np.testing.assert_array_equal(own.values["cup"], found)


def test_a_changed_file_is_another_program(load: Load) -> None:
    before = load(COFFEE)
    assert lowered(before, before.time) is lowered(before, before.time)
    after = load(COFFEE.replace("90", "80"))
    assert lowered(after, after.time) is not lowered(before, before.time)
    assert after.run()["cup"][0].item() == 80.0


CHANCE = "x = RANDOM NORMAL(-9, 9, 0, 1, 1) + 0 * shift ~~|\nshift = 0 ~~|"


def test_a_draw_has_its_own_random_numbers_in_all_plans(load: Load) -> None:
    model = load(CHANCE)
    plans = [[], [Change("shift", "set", 1.0, 0.0)], [Change("shift", "set", 1.0, 3.0)]]
    shifts = Draws(4, values={"shift": np.zeros(4)})
    x = simulate_members(model, plans, shifts, seed=5).values["x"]
    assert len(np.unique(x)) == 4 * 21
    np.testing.assert_array_equal(x, np.broadcast_to(x[:1], x.shape))
    np.testing.assert_array_equal(simulate_members(model, [[]], seed=5).values["x"], x[:1, :1])
    other = simulate_members(model, plans, shifts, seed=6).values["x"]
    assert not np.isin(other, x).any()
    later = simulate_members(model, plans, Draws(2, first=2), seed=5).values["x"]
    np.testing.assert_array_equal(later, x[:, 2:])
    part = simulate_members(model, plans, shifts.part(1, 9), seed=5).values["x"]
    np.testing.assert_array_equal(part, x[:, 1:])


def test_what_a_model_needs_is_told_without_a_run(load: Load) -> None:
    model = load(CHANCE + "team: red, blue ~~|\nleft[red] = 1 ~~|")
    assert uses_random_numbers(model)
    assert undefined_elements(model) == {("left", 1)}
    assert not uses_random_numbers(load(COFFEE))
    assert undefined_elements(load(COFFEE)) == frozenset()


def test_a_run_can_be_stopped_and_told_without_its_failures(load: Load) -> None:
    model = load("x = 1 / (Time - 1) ~~|\ny = Time ~~|")
    stop = np.ones(1, dtype=np.int32)
    with pytest.raises(CancelledError):
        simulate_members(model, [[]], stop=stop)
    with pytest.raises(CancelledError):
        simulate_values(model, [[]], Draws(), stop=stop)
    values = simulate_values(model, [[], []], Draws(3), save=["x"], seed=1)
    assert list(values) == ["x"]
    np.testing.assert_array_equal(
        values["x"], simulate_members(model, [[]] * 2, Draws(3)).values["x"]
    )


def test_a_study_has_one_draw_for_all_policies(write_study: WriteStudy) -> None:
    chance = ("hiring = hiring rate", "hiring = hiring rate + RANDOM UNIFORM(0, 1, 1)")
    ds = fg.open_study(write_study(office=chance)).run()
    noise = ds["hiring"] - ds["hiring rate"]
    assert len(np.unique(noise.sel(policy="now"))) == 25
    np.testing.assert_allclose(noise.sel(policy="both"), noise.sel(policy="now"), atol=1e-13)


def test_the_first_failure_is_named(load: Load) -> None:
    time = load(COFFEE, final=2, step=1).time
    fine, gone, more = np.ones((2, 2, 3)), np.ones((2, 2, 3)), np.ones((2, 2, 3, 2))
    gone[0, 1, 2] = np.nan
    more[0, 1, 1] = [1.0, np.inf]
    gone[1, 0, 0] = np.inf
    more[1, 0, 0] = np.nan
    more[1, 1, 2] = [np.inf, np.nan]
    assert find_failures({"fine": fine, "gone": gone, "more": more}, time) == {
        (0, 1): ("more", "infinite at time 1"),
        (1, 0): ("gone", "infinite at time 0"),
        (1, 1): ("more", "not a number at time 2"),
    }


def test_elements_without_an_equation_have_not_failed(load: Load) -> None:
    text = "team: red, green, blue ~~|\nx[red] = 1 / (Time - 2) ~~|\nx[blue] = 0 * Time ~~|"
    model = load(text, step=1)
    assert lowered(model, model.time).undefined == {("x", 1)}
    ds = model.run()
    assert ds["x"].isnull().all(dim="time").values.tolist() == [False, True, False]
    assert ds.attrs["failed"] == '{"0": "\'x\' (line 2) is infinite at time 2"}'


def loaded(code: str) -> str:
    """Run code in a process of its own and tell which of PySD's parts it imported."""
    heavy = {"pysd", "parsimonious", "pysd.translators"}
    tell = f"import sys; print(sorted({heavy} & set(sys.modules)))"
    command = [sys.executable, "-c", f"{code}\n{tell}"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()[-1]


def test_only_ranges_and_pysd_itself_need_pysd(write_study: WriteStudy) -> None:
    path = write_study(office=("How long people stay.", "Of this test alone.")) / "office.mdl"
    load = f"import flatgov as fg; model = fg.load_model({str(path)!r})"
    assert loaded(f"{load}; model.run()") == "[]"
    assert "pysd" in loaded(f"{load}; model.run(engine='pysd')")
    path.write_text(path.read_text("utf-8") + "team: red, green ~~|", "utf-8")
    assert "pysd" in loaded(load)
    assert loaded(load) == "[]"  # It was read before.


def test_the_command_line_needs_no_pysd(write_study: WriteStudy, tmp_path: Path) -> None:
    path = write_study() / "office.mdl"
    load_model(path)
    arguments = ["run", str(path), "--out", str(tmp_path / "out")]
    call = f"from flatgov.cli import main\ntry:\n    main({arguments})\nexcept SystemExit as end:\n"
    assert loaded(f"{call}    assert end.code == 0") == "[]"
    assert (tmp_path / "out" / "results.zarr").exists()
