"""Every feedback loop of evidence.toml, walked link by link through the equations."""

from __future__ import annotations

import itertools

import pytest
import xarray as xr

from flatgov.model import Model, references
from flatgov.names import canonical
from flatgov.study import Study
from tools.interpreter import link_sign, right_hand_side

WANTED = [f"R{number}" for number in range(1, 10)] + [f"B{number}" for number in range(1, 12)]
# A limit can switch a link off for a time (an unspent budget, a full community): each link
# must act somewhere on these trajectories, and always in the same direction.
POLICIES = ("town", "actual", "digital", "full")
TIMES = (44, 46, 48, 57, 70, 96, 100, 140, 180)


@pytest.fixture(scope="module")
def states(fieldwork: xr.Dataset) -> list[dict[str, float]]:
    points = (
        fieldwork.sel(policy=policy, time=time)
        for policy, time in itertools.product(POLICIES, TIMES)
    )
    return [
        {canonical(str(name)): float(point[name]) for name in point.data_vars} for point in points
    ]


def sign_of_link(model: Model, cause: str, effect: str, states: list[dict[str, float]]) -> int:
    used = {canonical(name) for name in references(right_hand_side(model.find(effect)))}
    assert canonical(cause) in used, f"'{effect}' does not use '{cause}'"
    signs = {link_sign(model, cause, effect, state) for state in states} - {0}
    assert len(signs) == 1, f"{cause} -> {effect} has the signs {signs}"
    return signs.pop()


def test_all_loops_of_the_design_are_there(study: Study) -> None:
    assert set(WANTED) <= set(study.evidence.loops)


def test_loop_names_say_their_polarity(study: Study) -> None:
    for name, loop in study.evidence.loops.items():
        assert loop.polarity == {"R": "reinforcing", "B": "balancing"}[name[0]]
        assert loop.claims, name


@pytest.mark.parametrize("name", [*WANTED, "R10", "B12", "B13"])
def test_loop_closes_with_its_polarity(
    name: str, study: Study, model: Model, states: list[dict[str, float]]
) -> None:
    loop = study.evidence.loops[name]
    links = zip(loop.variables, [*loop.variables[1:], loop.variables[0]], strict=True)
    product = 1
    for cause, effect in links:
        product *= sign_of_link(model, cause, effect, states)
    assert product == {"reinforcing": 1, "balancing": -1}[loop.polarity]
    assert any(model.find(variable).kind == "stock" for variable in loop.variables)


def test_a_broken_loop_is_noticed(model: Model, states: list[dict[str, float]]) -> None:
    with pytest.raises(AssertionError, match="does not use"):
        sign_of_link(model, "cadre morale", "population growth", states)
