"""The patterns P0 to P13 and P15 that the case supports, as evidence.toml lists them.

Each is tried under both scenarios. The patterns come from the interviews, which `fieldwork`
stands for; where `official` does not show one, that is expected and written down here and in
the study's README. A pass shows that the structure can give the pattern, not that the case is
so; most constants are assumptions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import pytest
import xarray as xr

from flatgov.analysis.behaviour import behaviour
from flatgov.model import Model
from flatgov.study import Study
from flatgov.study.expectation import Comparison, Function, Operation, Term, Trend
from tools.longgang_patterns import END, FIELDWORK, PROPOSALS, verdicts, with_own_policies

TESTS = [f"P{number}" for number in range(16) if number != 14]
SUBSTITUTES = (
    "Both relieve the same overload, so together they gain less than the sum: once communities "
    "settle what they can, taking the middle layer away adds little, and it moves work to "
    "departments."
)
# Patterns that the model does not show, with the reason; each stands in the study's README.
NOT_SHOWN = {
    ("P10", "fieldwork"): SUBSTITUTES,
    ("P10", "official"): SUBSTITUTES,
    ("P2", "official"): "Morale falls by less than a fifth.",
    ("P7", "official"): "Departments under little pressure do not draw people up.",
    ("P8", "official"): "Without lasting overload each single proposal is enough.",
    ("P15", "official"): "Departments have time to spare by then and stay in balance.",
}
DRAWS, SEED = 50, 20


@pytest.fixture(scope="module")
def found(study: Study) -> xr.Dataset:
    return behaviour(study, draws=DRAWS, seed=SEED)


@pytest.mark.parametrize("scenario", ["fieldwork", "official"])
@pytest.mark.parametrize("test", TESTS)
def test_the_model_shows_the_pattern(
    found: xr.Dataset, request: pytest.FixtureRequest, test: str, scenario: str
) -> None:
    if reason := NOT_SHOWN.get((test, scenario)):
        request.applymarker(pytest.mark.xfail(strict=True, reason=reason))
    assert found["base"].sel(test=test, scenario=scenario)


def test_all_patterns_are_tried(found: xr.Dataset) -> None:
    assert found["test"].values.tolist() == TESTS
    assert found["scenario"].values.tolist() == ["fieldwork", "official"]


def test_by_hand_the_model_and_its_draws_show_the_same(
    found: xr.Dataset, study: Study, model: Model
) -> None:
    stocks = [one.name for one in model.variables.values() if one.kind == "stock"]
    save = {
        *stocks,
        *(
            course.variable
            for pattern in study.behaviour.patterns.values()
            for one in pattern.expectations
            for course in one.courses
        ),
    }
    full = with_own_policies(study)
    scenarios = list(study.scenarios)
    base = full.run(scenarios=scenarios, save=list(save)).expand_dims("draw", 2)
    drawn = full.run(scenarios=scenarios, save=list(save), draws=DRAWS, seed=SEED)
    np.testing.assert_array_equal(found["sample"], drawn["sample"])
    assert not drawn["status"].any(), "which members count is another matter"
    for ds, ours in ((base, found["base"].expand_dims("draw", 2)), (drawn, found["passed"])):
        names = ds["policy"].values.tolist()
        values = {name: ds[name].values for name in save}
        for scenario, draw in np.ndindex(ours.shape[1:]):

            def course(
                policy: str,
                variable: str,
                names: list[str] = names,
                values: dict[str, np.ndarray] = values,
                member: tuple[int, int] = (scenario, draw),
            ) -> np.ndarray:
                return values[variable][(names.index(policy), *member)]

            by_hand = verdicts(course, stocks)
            same = dict(zip(TESTS, ours.values[:, scenario, draw].tolist(), strict=True))
            assert by_hand == same, (scenario, draw)
    either = found["passed"].mean("draw")
    assert ((either > 0) & (either < 1)).sum() > len(TESTS), "most of them fail in some draws"


def looked_at(term: Term | Comparison | Trend) -> Iterator[int]:
    """Yield the months that an expectation names; the run keeps one value a month."""
    match term:
        case Comparison(_, sides):
            for side in sides:
                yield from looked_at(side)
        case Operation(_, left, right):
            yield from looked_at(left)
            yield from looked_at(right)
        case Function("abs", inner):
            yield from looked_at(inner)
        case Function(_, inner, first, last) | Trend(_, inner, first, last):
            yield from (first, last)
            yield from looked_at(inner)


def told(text: str) -> set[int]:
    """Give the months that the prose of a test names."""
    months = {int(one) for one in re.findall(r"\bmonths? (?:\d+-)?(\d+)", text)}
    months |= {int(one) for one in re.findall(r"\bmonths? (\d+)-\d+", text)}
    for one in re.findall(r"\bbefore month (\d+)", text):
        months = months - {int(one)} | {int(one) - 1}
    return months | ({END} if "end of 2030" in text else set())


@pytest.mark.parametrize("test", TESTS)
def test_prose_and_expectations_name_the_same_months(study: Study, test: str) -> None:
    pattern = study.behaviour.patterns[test]
    months = {
        month
        for one in pattern.expectations
        for condition in one.conditions
        for month in looked_at(condition)
    }
    prose = told(pattern.text)
    assert prose <= months
    # The whole run, or its end, needs no month, and the town era ends with month 44.
    assert months <= prose | {0, END} | ({44} if "town" in pattern.text else set())


def test_prose_of_the_tests_names_months() -> None:
    text = "Between months 50-60, before month 45 and to month 66, at the end of 2030."
    assert told(text) == {50, 60, 44, 66, END}


def test_policies_change_nothing_before_they_start(fieldwork: xr.Dataset) -> None:
    before = fieldwork.sel(time=slice(0, PROPOSALS - 1)).drop_sel(policy=["town", "districts"])
    for name, variable in before.data_vars.items():
        reference = variable.sel(policy="actual")
        assert bool((variable == reference).all()), name


def test_official_reading_hurts_less(runs: xr.Dataset) -> None:
    """The second calibration tells the milder story that it stands for."""
    at_fieldwork = runs.sel(policy="actual", time=FIELDWORK)
    morale = at_fieldwork["cadre morale"]
    assert float(morale.sel(scenario="official")) > float(morale.sel(scenario="fieldwork"))
    cost = at_fieldwork["administrative cost"]
    assert float(cost.sel(scenario="official")) < float(cost.sel(scenario="fieldwork"))


def test_nothing_is_missing_negative_or_infinite(runs: xr.Dataset, study: Study) -> None:
    may_be_negative = {"hours short"}
    for variable in study.model.variables.values():
        if variable.kind in ("stock", "auxiliary", "constant"):
            values = runs[variable.name].values
            assert np.isfinite(values).all(), variable.name
            if variable.name not in may_be_negative:
                assert values.min() >= -1e-9, variable.name
