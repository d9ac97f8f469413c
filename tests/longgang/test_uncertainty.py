"""uncertainty.toml against the documentation of the model and the reasons of the policies."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pytest
import xarray as xr

from flatgov.model import Model, Number, Table, Variable
from flatgov.study import Study

Range = tuple[float, float]

NUMBER = r"(\d+(?:\.\d+)?)"
RANGE = re.compile(rf"[Rr]ange {NUMBER}(?: \([^)]*\))? to {NUMBER}")
STRENGTH = re.compile(rf"[Rr]ange of its strength {NUMBER} to {NUMBER}")
SLOPE = re.compile(rf"[Rr]ange of its slope {NUMBER} to {NUMBER}")
CHANGE = re.compile(rf"assumption, {NUMBER} to {NUMBER}")

# The bend of these tables is borrowed from another kind of work, or no source gives its place.
USUAL_SLOPE = (0.8, 1.25)
WITH_USUAL_SLOPE = {
    "effect of pressure on delegation",
    "effect of pressure on push down",
    "effect of morale on exits",
    "effect of pressure on workweek",
    "effect of pressure on depth",
    "effect of fatigue on productivity",
    "effect of fatigue on morale",
}

# Constants that are not drawn. A new one has to go either here or into uncertainty.toml.
DATA = {
    "grassroots units",
    "reference grassroots units",
    "initial department integration",
    "founding functions",
    "comparable county departments",
    "staffing share",
}
UNPULLED_LEVERS = {
    "upward task filter",
    "super department mandate",
    "platform committee",
    "openness to delegation",
    "function withdrawal rate",
    "function assignment rate",
    "formal layers",
    "grid in operation",
    "autonomy over rules granted",
    "community budget per unit",
}
DEFINITIONS = {
    "promotion handicap",
    "smallest effort per service matter",
    "one full layer",
    "highest counted pressure",
    "normal pressure",
    "one person",
    "normal depth",
    "normal fatigue",
    "normal quality",
    "yuan per MYuan",
    "months per year",
}
FIXED = DATA | UNPULLED_LEVERS | DEFINITIONS
# What documentation says of values that policies set, not of the town's.
OF_POLICIES = {"promotion handicap"}

# Changes that are data, switches, or the question that the policy asks.
FIXED_CHANGES = {
    ("actual", "middle units"),
    ("actual", "grid in operation"),
    ("districts", "formal layers"),
    ("districts", "staffing share"),
    ("districts", "departments"),
    ("districts", "super department mandate"),
    ("districts", "field departments"),
    ("districts", "grassroots units"),
    ("districts", "middle units"),
    ("districts", "founding functions"),
    ("platform", "platform committee"),
    ("platform", "openness to delegation"),
    ("platform", "founding functions"),
    ("staffing", "staffing share"),
    ("relayer", "formal layers"),
    ("relayer", "founding functions"),
    ("relayer", "promotion handicap"),
}


@pytest.fixture(scope="module")
def file(study: Study) -> dict[str, Any]:
    return tomllib.loads((study.folder / "uncertainty.toml").read_text(encoding="utf-8"))


def distributions(file: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    yield from file["parameters"].items()
    for name, lookup in file["lookups"].items():
        for kind in ("strength", "slope"):
            if kind in lookup:
                yield f"{name} ({kind})", lookup[kind]
    for change in file["changes"]:
        yield f"{change['policy']}: {change['variable']}", change


def ends(table: Mapping[str, Any]) -> Range:
    values = table.get("values") or [table["low"], table["high"]]
    return min(values), max(values)


def documented(pattern: re.Pattern[str], variable: Variable) -> Range | None:
    found = pattern.search(variable.documentation)
    return (float(found[1]), float(found[2])) if found else None


def constants(model: Model) -> list[Variable]:
    return [variable for variable in model.variables.values() if variable.kind == "constant"]


def lookups(model: Model) -> list[Variable]:
    return [variable for variable in model.variables.values() if variable.kind == "lookup"]


def points(variable: Variable) -> tuple[np.ndarray, np.ndarray]:
    table = variable.equations[0].expression
    assert isinstance(table, Table)
    return np.array(table.x), np.array(table.y)


def own_changes(study: Study) -> dict[tuple[str, str], Mapping[str, Any]]:
    """The changes that stand in each policy itself."""
    text = (study.folder / "policies.toml").read_text(encoding="utf-8")
    return {
        (policy, change["variable"]): change
        for policy, content in tomllib.loads(text)["policies"].items()
        for change in content.get("changes", [])
    }


def test_every_constant_is_drawn_or_has_its_place_among_the_fixed(
    model: Model, file: dict[str, Any]
) -> None:
    names = {variable.name for variable in constants(model)}
    assert set(file["parameters"]) == names - FIXED
    assert names >= FIXED


def test_the_header_of_the_file_names_the_fixed_constants(study: Study) -> None:
    text = (study.folder / "uncertainty.toml").read_text(encoding="utf-8").split("[design]")[0]
    header = " ".join(line.removeprefix("#").strip() for line in text.splitlines())
    for name in FIXED:
        assert re.search(rf"\b{name}\b", " ".join(header.split())), name


def test_ranges_of_constants_are_those_of_the_documentation(
    model: Model, file: dict[str, Any]
) -> None:
    for variable in constants(model):
        range_ = documented(RANGE, variable)
        if variable.name in file["parameters"]:
            assert ends(file["parameters"][variable.name]) == range_, variable.name
        else:
            assert range_ is None or variable.name in OF_POLICIES, variable.name


def test_ranges_of_lookups_are_those_of_the_documentation(
    model: Model, file: dict[str, Any]
) -> None:
    assert set(file["lookups"]) == {variable.name for variable in lookups(model)}
    for variable in lookups(model):
        table = file["lookups"][variable.name]
        strength, slope = documented(STRENGTH, variable), documented(SLOPE, variable)
        assert (ends(table["strength"]) if "strength" in table else None) == strength
        if variable.name in WITH_USUAL_SLOPE:
            slope = USUAL_SLOPE
        assert (ends(table["slope"]) if "slope" in table else None) == slope, variable.name
        assert tuple(table["normal"]) == (1.0, 1.0)
        assert "Normal point (1,1)" in variable.documentation, variable.name


def test_ranges_of_changes_are_those_of_their_reasons(study: Study, file: dict[str, Any]) -> None:
    drawn = {(change["policy"], change["variable"]): change for change in file["changes"]}
    changes = own_changes(study)
    assert set(drawn) == set(changes) - FIXED_CHANGES
    assert set(changes) >= FIXED_CHANGES
    for key, change in changes.items():
        found = CHANGE.search(change["reason"])
        range_ = (float(found[1]), float(found[2])) if found else None
        assert (ends(drawn[key]) if key in drawn else None) == range_, key


def test_ranges_of_promotion_handicaps_stand_in_the_model_as_well(
    model: Model, file: dict[str, Any]
) -> None:
    found = re.findall(
        rf"\(range\s{NUMBER}\sto\s{NUMBER}\)", model.variables["promotion handicap"].documentation
    )
    drawn = {
        change["policy"]: ends(change)
        for change in file["changes"]
        if change["variable"] == "promotion handicap"
    }
    assert [drawn["districts"], drawn["actual"]] == [(float(a), float(b)) for a, b in found]


def test_nothing_of_a_scenario_is_drawn(file: dict[str, Any]) -> None:
    assert not any("scenario" in change for change in file["changes"])


def test_the_base_is_the_mode_or_the_median_or_a_value(
    study: Study, model: Model, file: dict[str, Any]
) -> None:
    changes = own_changes(study)
    for name, table in distributions(file):
        policy, _, variable = name.rpartition(": ")
        if policy:
            base = changes[policy, variable]["value"]
        elif name.endswith(("(strength)", "(slope)")):
            base = 1.0
        else:
            expression = model.variables[name].equations[0].expression
            assert isinstance(expression, Number)
            base = expression.value
        low, high = ends(table)
        assert low <= base <= high, name
        assert "mode" not in table, "the base unless said otherwise"
        if table["distribution"] == "lognormal":
            assert table["median"] == base, name
        if table["distribution"] == "discrete":
            assert base in table["values"], name


def test_a_lognormal_has_95_percent_within_its_factor(file: dict[str, Any]) -> None:
    for name, table in distributions(file):
        if table["distribution"] == "lognormal":
            factor = np.sqrt(table["high"] / table["low"])
            assert table["sigma"] == pytest.approx(np.log(factor) / 1.96, abs=0.005), name
            assert np.log(table["median"]) == pytest.approx(
                np.log(table["low"] * table["high"]) / 2, abs=0.05
            ), name


def test_every_distribution_has_its_own_reason(file: dict[str, Any]) -> None:
    for name, table in distributions(file):
        assert len(table["reason"]) > 40, name
        assert not table["reason"].lower().startswith("assumption"), name
        cited = set(
            map(
                int,
                re.findall(
                    r"\d+",
                    " ".join(
                        re.findall(
                            r"claims? (\d+(?:(?:, | and )\d+)*)", table["reason"], re.IGNORECASE
                        )
                    ),
                ),
            )
        )
        assert cited == set(table.get("claims", [])), name


def test_no_table_changes_its_sign_or_passes_its_limits(model: Model, file: dict[str, Any]) -> None:
    for variable in lookups(model):
        _, y = points(variable)
        table = file["lookups"][variable.name]
        for strength in ends(table.get("strength", {"values": [1.0]})):
            assert (1.0 + strength * (y - 1.0)).min() >= 0.0, variable.name
    # What may be spent is a share, and communities cannot settle more than their capacity.
    spending = points(model.variables["effect of budget room on spending"])[1]
    strongest = ends(file["lookups"]["effect of budget room on spending"]["strength"])[1]
    assert (1.0 + strongest * (spending - 1.0)).max() <= 1.0
    highest = points(model.variables["effect of demand on utilisation"])[1].max()
    assert ends(file["parameters"]["normal utilisation"])[1] * highest <= 1.0


def test_every_drawn_value_is_within_the_limits_of_its_variable(
    study: Study, model: Model, file: dict[str, Any]
) -> None:
    changes = own_changes(study)
    for name, table in distributions(file):
        if name.endswith(("(strength)", "(slope)")):
            continue
        policy, _, variable = name.rpartition(": ")
        lowest, highest = ends(table)
        if policy and changes[policy, variable]["operation"] == "scale":
            scaled = ends(file["parameters"][variable])
            lowest, highest = lowest * scaled[0], highest * scaled[1]
        low, high = model.variables[variable].limits
        assert lowest >= (low if low is not None else -np.inf), name
        assert highest <= (high if high is not None else np.inf), name


def test_every_distribution_is_a_factor_of_the_study(study: Study, file: dict[str, Any]) -> None:
    assert study.uncertainty is not None
    names = [factor.name for factor in study.uncertainty.factors]
    assert names == [name for name, _ in distributions(file)]


def test_a_draw_of_base_values_is_the_run_without_draws(study: Study, runs: xr.Dataset) -> None:
    assert study.uncertainty is not None
    base = [factor.base for factor in study.uncertainty.factors]
    drawn = study.run(scenarios=["fieldwork", "official"], draws=table(study, np.array([base])))
    for name in study.headline:
        assert (drawn[name].isel(draw=0).values == runs[name].values).all(), name


def test_no_corner_of_the_ranges_makes_a_member_fail(study: Study) -> None:
    """Each factor at one end of its range, in 96 random combinations."""
    assert study.uncertainty is not None
    corners = np.random.default_rng(1).integers(0, 2, (96, len(study.uncertainty.factors)))
    # Quantiles so near to 0 and 1 that they are the ends.
    ends_ = np.array(
        [factor.quantile(np.array([0.0, 1.0])) for factor in study.uncertainty.factors]
    )
    values = ends_[np.arange(len(ends_)), corners]
    drawn = study.run(scenarios=["fieldwork", "official"], draws=table(study, values))
    reasons = [reason for reason in drawn["reason"].values.ravel() if reason]
    assert not reasons, reasons[:5]


def table(study: Study, values: np.ndarray) -> xr.DataArray:
    assert study.uncertainty is not None
    names = [factor.name for factor in study.uncertainty.factors]
    return xr.DataArray(values, dims=("draw", "factor"), coords={"factor": names})
