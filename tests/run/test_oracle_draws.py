"""Draws through PySD, against closed forms and the kernel."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import flatgov as fg
from flatgov.draws import Draws
from flatgov.errors import RunError
from flatgov.model import Change, Model
from flatgov.run.native import simulate_members
from flatgov.run.oracle import simulate
from flatgov.study import Study
from flatgov.study.design import Design, sample
from flatgov.study.uncertainty import draws_of

Load = Callable[..., Model]

STEPS = """<?xml version="1.0" encoding="utf-8"?>
<xmile version="1.0" xmlns="http://docs.oasis-open.org/xmile/ns/XMILE/v1.0">
<header><vendor>flatgov</vendor><product version="1">tests</product></header>
<sim_specs><start>0</start><stop>6</stop><dt>1</dt></sim_specs>
<model><variables>
<gf name="f" type="discrete"><xpts>0,2,4</xpts><ypts>0,1,3</ypts></gf>
<aux name="y"><eqn>f(TIME)</eqn></aux>
</variables></model>
</xmile>
"""


@pytest.mark.parametrize("slope", [1.0, 0.4, 2.5, 0.0, -0.5])
def test_a_draw_sets_values_and_moves_lookups_about_their_normal_points(
    load: Load, slope: float
) -> None:
    text = "s = INTEG(c, 1) ~~| c = 1 ~~| y = f(Time) ~~| f((0,1),(4,3),(5,3.5),(8,3)) ~~|"
    model = load(text, step=1)
    draws = Draws(
        values={"S": np.array([5.0]), "c": np.array([2.0])},
        strengths={"f": np.array([0.3])},
        slopes={"f": np.array([slope])},
        normals={"f": (4.0, 3.0)},
        changes={"c of p": np.array([7.0])},
    )
    changes = [Change("c", "add", 1.0, 3.0, draw="c of p"), Change("f", "scale", 2.0, 0.0)]
    found = simulate(model, changes, draws=draws)
    times = np.arange(11.0)
    np.testing.assert_array_equal(found["c"], np.where(times < 3, 2.0, 9.0))
    assert found["s"][:2].tolist() == [5.0, 7.0]
    table = np.interp(4 + slope * (times - 4), [0, 4, 5, 8], [1, 3, 3.5, 3])
    np.testing.assert_allclose(found["y"], 2 * (3 + 0.3 * (table - 3)), rtol=1e-14)
    native = simulate_members(model, [changes], draws).values
    np.testing.assert_allclose(native["y"][0, 0], found["y"], rtol=1e-14)


def test_pysd_runs_one_draw_at_a_time(load: Load) -> None:
    with pytest.raises(ValueError, match="one draw at a time, not 2"):
        simulate(load("a = 1 ~~|"), draws=Draws(2))


def test_steps_cannot_be_turned_round(tmp_path: Path) -> None:
    path = tmp_path / "steps.xmile"
    path.write_text(STEPS, encoding="utf-8")
    model = fg.load_model(path)
    draws = Draws(slopes={"f": np.array([0.5])}, normals={"f": (2.0, 1.0)})
    found = simulate(model, draws=draws)["y"]
    np.testing.assert_array_equal(found, [0, 0, 1, 1, 1, 1, 3])
    np.testing.assert_array_equal(simulate_members(model, [[]], draws).values["y"][0, 0], found)
    back = replace(draws, slopes={"f": np.array([-1.0])})
    with pytest.raises(RunError) as caught:
        simulate(model, draws=back)
    assert str(caught.value) == (
        f"{path}: PySD cannot give 'f', which has steps, the slope -1; use the engine native"
    )
    turned = simulate_members(model, [[]], back).values["y"][0, 0]
    np.testing.assert_array_equal(turned, [3, 1, 1, 0, 0, 0, 0])


@pytest.fixture(scope="module")
def longgang() -> Study:
    return fg.open_study(Path(__file__).parents[2] / "sd_models" / "longgang")


@pytest.fixture(scope="module")
def plans(longgang: Study) -> list[Sequence[Change]]:
    assert longgang.default_scenario is not None
    world = longgang.scenarios[longgang.default_scenario].changes
    return [(*world, *longgang.policies[one].changes) for one in ("actual", "full")]


def test_draws_of_a_study_agree_with_the_kernel(
    longgang: Study, plans: list[Sequence[Change]]
) -> None:
    model, unknown = longgang.model, longgang.uncertainty
    assert unknown is not None
    draws = draws_of(unknown, sample(unknown, Design("sobol", 2, seed=1), 0, 2), 0)
    used = {change.draw for plan in plans for change in plan} & set(draws.changes)
    assert min(map(len, (draws.values, draws.strengths, draws.slopes, used))) > 0
    native = simulate_members(model, plans, draws)
    assert not native.failed
    # Some variables are small differences of large numbers in the same units.
    sizes: dict[str, float] = {}
    for name, array in native.values.items():
        units = model.variables[name].units
        sizes[units] = max(sizes.get(units, 0.0), float(np.abs(array).max()))
    for number, plan in enumerate(plans):  # another draw for each, as PySD takes seconds
        wanted = simulate(model, plan, draws=draws.part(number, number + 1))
        for name, values in wanted.items():
            found = native.values[name][number, number]
            slack = 1e-13 * sizes[model.variables[name].units]
            np.testing.assert_allclose(found, values, rtol=1e-9, atol=slack, err_msg=name)


def test_draws_at_their_base_are_the_plain_run_to_the_last_bit(
    longgang: Study, plans: list[Sequence[Change]]
) -> None:
    unknown = longgang.uncertainty
    assert unknown is not None
    bases = np.array([[factor.base for factor in unknown.factors]] * 3)
    base = draws_of(unknown, bases, 0)
    plain = simulate_members(longgang.model, plans).values
    drawn = simulate_members(longgang.model, plans, base).values
    for name, values in plain.items():
        for draw in range(3):
            assert drawn[name][:, draw].tobytes() == values[:, 0].tobytes(), name
