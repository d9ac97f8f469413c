"""P14: extreme conditions end without NaN, negative stocks or negative cost."""

from __future__ import annotations

import numpy as np
import pytest

from flatgov.model import Change, Model, Number
from flatgov.run.oracle import simulate
from flatgov.study import Study

EXOGENOUS = (
    "matters per resident",
    "initial population",
    "tasks per upper office",
    "sections",
    "staffing share",
    "grassroots units",
    "planned digital spending",
    "relative budget",
    "potential participant share",
    "community workers per resident",
    "normal contract staff",
    "pay per cadre",
)
# What stops: everything at once for those whose absence the issue of the case turns on.
SHUTDOWN = {
    "no staff": {
        "staffing share": 0.0,
        "normal contract staff": 0.0,
        "share of shortfall bought in": 0.0,
    },
    "no residents": {"initial population": 0.0},
    "no budget": {"relative budget": 0.0},
    "no middle layer": {"normal delegation fraction": 0.0},
    "no demand": {"matters per resident": 0.0, "tasks per upper office": 0.0},
}


def check(values: dict[str, np.ndarray], model: Model) -> None:
    for variable in model.variables.values():
        if variable.name in values:
            assert np.isfinite(values[variable.name]).all(), variable.name
        if variable.kind == "stock":
            assert values[variable.name].min() >= 0.0, variable.name
    assert values["administrative cost"].min() >= 0.0
    for share in ("cadre morale", "community autonomy", "middle layer role"):
        assert values[share].min() >= 0.0, share
        assert values[share].max() <= 1.0, share


def scaled(model: Model, name: str, factor: float) -> float:
    high = model.find(name).limits[1]
    expression = model.find(name).equations[0].expression
    assert isinstance(expression, Number)
    value = expression.value * factor
    return min(value, high) if high is not None else value


@pytest.mark.parametrize("factor", [0.0, 10.0])
@pytest.mark.parametrize("name", EXOGENOUS)
def test_zero_and_ten_times_from_the_start(model: Model, name: str, factor: float) -> None:
    change = Change(name, "set", scaled(model, name, factor), start=0.0)
    check(simulate(model, [change]), model)


@pytest.mark.parametrize(
    "name", ["tasks per upper office", "matters per resident", "staffing share"]
)
@pytest.mark.parametrize("factor", [0.0, 10.0])
def test_shock_in_the_middle_of_the_reform(study: Study, name: str, factor: float) -> None:
    shock = Change(name, "scale", factor, start=70.0)
    check(simulate(study.model, [*study.policies["full"].changes, shock]), study.model)


@pytest.mark.parametrize(
    "settings",
    [
        {"normal delegation fraction": 0.01, "normal reclaiming fraction": 0.004},
        {"normal delegation fraction": 0.5, "normal reclaiming fraction": 0.01},
        {"normal reclaiming fraction": 0.0},
        {"planned frontline share": 0.0},
        {"planned frontline share": 1.0},
        {"autonomy granted": 0.0},
        {"grassroots units": 0.0},
        {"hours per contact": 50.0},
    ],
    ids=str,
)
def test_odd_towns_under_the_full_reform(study: Study, settings: dict[str, float]) -> None:
    odd = [Change(name, "set", value, start=0.0) for name, value in settings.items()]
    check(simulate(study.model, [*odd, *study.policies["full"].changes]), study.model)


@pytest.mark.parametrize("condition", list(SHUTDOWN))
def test_shutdown(study: Study, condition: str) -> None:
    stops = [Change(name, "set", value, start=0.0) for name, value in SHUTDOWN[condition].items()]
    reform = [c for c in study.policies["actual"].changes if c.variable not in SHUTDOWN[condition]]
    values = simulate(study.model, [*stops, *reform])
    check(values, study.model)
    if condition == "no staff":
        assert values["total cadres"].max() == 0.0
        assert values["service completion"].max() == 0.0
        assert values["personnel cost"].max() == 0.0
        assert values["work pressure"].min() == 5.0  # the highest counted
    if condition == "no residents":
        assert values["resident matters"].max() == 0.0
        assert values["service backlog"].max() == 0.0
    if condition == "no budget":
        assert values["digital investment"][-1] == 0.0
    if condition == "no demand":
        assert values["upward completion"][-1] == pytest.approx(0.0, abs=1e-6)
        assert values["cadre morale"][-1] > values["cadre morale"][0]
