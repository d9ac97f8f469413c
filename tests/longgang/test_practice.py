"""The model read against good practice: documentation, units, flows, lookups, numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
import xarray as xr

from flatgov.check.subject import Subject
from flatgov.check.units import check_units
from flatgov.model import Call, Expression, Model, Number, Reference, Table, references
from flatgov.names import canonical
from flatgov.units.equations import check_equations
from flatgov.units.infer import unit_of
from flatgov.units.parse import Vocabulary
from flatgov.units.scope import make_scope
from tools.interpreter import evaluate, initial_value, look_up, right_hand_side

# STEP, PULSE and time itself have no place in the equations: policies carry the dates.
ALLOWED = {
    "+",
    "-",
    "*",
    "/",
    "negative",
    "MIN",
    "MAX",
    "XIDZ",
    "ZIDZ",
    "LOOKUP",
    "INTEG",
    "INITIAL",
}
SOURCED = re.compile(
    r"\[C\d+\]|Assumption|Source|Structure:|Data|Definition|Equilibrium|Little|Unit conversion"
)
SECTORS = {
    "demand",
    "backlogs",
    "effort and coordination",
    "middle layer",
    "staff",
    "work pressure",
    "quality cutting",
    "fatigue and morale",
    "residents",
    "community",
    "digital",
    "institutional autonomy",
    "cost",
}


def calls(expression: Expression) -> Iterator[Call]:
    if isinstance(expression, Call):
        yield expression
        for argument in expression.arguments:
            yield from calls(argument)


def numbers(expression: Expression) -> Iterator[float]:
    if isinstance(expression, Number):
        yield expression.value
    elif isinstance(expression, Call):
        for argument in expression.arguments:
            yield from numbers(argument)


def flow_terms(expression: Expression, sign: int = 1) -> Iterator[tuple[int, Expression]]:
    if isinstance(expression, Call) and expression.function in ("+", "-"):
        left, right = expression.arguments
        yield from flow_terms(left, sign)
        yield from flow_terms(right, sign if expression.function == "+" else -sign)
    elif isinstance(expression, Call) and expression.function == "negative":
        yield from flow_terms(expression.arguments[0], -sign)
    else:
        yield sign, expression


def test_every_equation_uses_allowed_functions_only(model: Model) -> None:
    for variable in model.variables.values():
        used = {call.function for call in calls(variable.equations[0].expression)}
        assert used <= ALLOWED, variable.name
        assert canonical("Time") not in map(
            canonical, references(variable.equations[0].expression)
        ), variable.name


def test_no_number_stands_inside_an_equation(model: Model) -> None:
    for variable in model.variables.values():
        if variable.kind in ("constant", "lookup"):
            continue
        found = set(numbers(variable.equations[0].expression))
        assert found <= {0.0, 1.0}, f"{variable.name}: {found}"


def test_every_variable_has_units_and_sourced_documentation(model: Model) -> None:
    for variable in model.variables.values():
        assert variable.units, variable.name
        assert SOURCED.search(variable.documentation), variable.name


def test_every_assumed_constant_gives_a_range_around_its_value(model: Model) -> None:
    checked = 0
    for variable in model.variables.values():
        if variable.kind != "constant" or "ssumption, range" not in variable.documentation:
            continue
        match = re.search(
            r"ssumption, range ([\d.]+)(?: \([^)]*\))? to ([\d.]*\d)", variable.documentation
        )
        assert match, f"{variable.name}: {variable.documentation}"
        expression = variable.equations[0].expression
        assert isinstance(expression, Number)
        assert float(match[1]) <= expression.value <= float(match[2]), variable.name
        checked += 1
    assert checked > 80


def test_constants_are_data_levers_definitions_or_assumptions(model: Model) -> None:
    for variable in model.variables.values():
        if variable.kind == "constant":
            assert re.match(
                r"(Data|Lever|Definition|Unit conversion|Assumption)", variable.documentation
            ), f"{variable.name}: {variable.documentation}"


@pytest.mark.parametrize(
    "name",
    [
        "paid share of overtime",
        "cost per recruit",
        "cost per contract worker",
        "cost per rework",
        "cost per complaint",
        "cost per middle unit",
        "upkeep of full digitisation",
    ],
)
def test_costs_that_answer_to_loops_have_ranges_that_include_zero(model: Model, name: str) -> None:
    assert "range 0 to" in model.find(name).documentation


def test_units_fit_in_every_equation(model: Model) -> None:
    scope, unreadable = make_scope(model, Vocabulary(model.unit_synonyms))
    assert not unreadable
    assert None not in scope.units.values()
    assert scope.time is not None
    assert check_equations(scope)[0] == []
    assert check_units(Subject(model)).findings == ()
    for variable in model.variables.values():
        expression = variable.equations[0].expression
        if variable.kind not in ("constant", "lookup", "stock"):
            assert unit_of(expression, scope) == scope.units[canonical(variable.name)]


def test_every_wrong_unit_is_found_and_named(model: Model) -> None:
    for name in list(model.variables)[::5]:
        wrong = replace(model.find(name), units="Gadget")
        changed = replace(model, variables={**model.variables, name: wrong})
        found = check_units(Subject(changed)).findings
        said = [one for one in found if one.severity == "warning" and f"'{name}'" in repr(one)]
        assert said, name
        assert len(found) == 1, name


def test_stocks_change_by_named_flows_only(model: Model) -> None:
    stocks = [variable for variable in model.variables.values() if variable.kind == "stock"]
    assert len(stocks) == 26
    for stock in stocks:
        for _, term in flow_terms(right_hand_side(stock)):
            assert isinstance(term, Reference), stock.name
            assert model.find(term.name).kind == "flow", stock.name


def test_outflows_stop_when_their_stock_is_empty(model: Model, runs: xr.Dataset) -> None:
    """First-order control, tried in 2021 and 2030 of `actual` and `full`."""
    checked = set()
    for policy, time in (("actual", 70), ("full", 180), ("town", 30)):
        point = runs.sel(policy=policy, scenario="fieldwork", time=time)
        state = {canonical(str(name)): float(point[name]) for name in point.data_vars}
        for stock in model.variables.values():
            if stock.kind != "stock":
                continue
            for sign, term in flow_terms(right_hand_side(stock)):
                assert isinstance(term, Reference)
                if sign < 0:
                    empty = {**state, canonical(stock.name): 0.0}
                    flow = evaluate(right_hand_side(model.find(term.name)), empty, model)
                    assert flow == 0.0, f"{term.name} drains an empty {stock.name}"
                    checked.add(term.name)
    assert len(checked) == 18


def test_lookups_are_normalised_with_flat_ends(model: Model) -> None:
    lookups = [variable for variable in model.variables.values() if variable.kind == "lookup"]
    assert len(lookups) == 24
    for variable in lookups:
        table = variable.equations[0].expression
        assert isinstance(table, Table)
        assert look_up(table, 1.0) == 1.0, variable.name
        # Flat on the left too, unless the input cannot be below the first point.
        assert table.y[0] == table.y[1] or (table.x[0], table.y[0]) == (0.0, 0.0), variable.name
        assert table.y[-1] == table.y[-2], variable.name
        assert list(table.x) == sorted(set(table.x)), variable.name
        changes = [b - a for a, b in zip(table.y, table.y[1:], strict=False)]
        assert all(c >= 0 for c in changes) or all(c <= 0 for c in changes), variable.name


def test_every_variable_stands_in_a_sector(model: Model) -> None:
    assert {variable.group for variable in model.variables.values()} == SECTORS


def test_every_variable_is_used_or_is_a_result(model: Model) -> None:
    used = {
        canonical(name)
        for variable in model.variables.values()
        for name in references(variable.equations[0].expression)
    }
    results = {
        "workload relative to comparable county",
        "cost relative to comparable county",
        "cost per resident",
        "effective layers",
        "department unit pairs",
        "hours on upward work",
        "hours on residents",
        "hours on coordination",
        "spare hours",
        "work pressure",
    }
    unused = {name for name in map(canonical, model.variables) if name not in used}
    assert unused <= results


def test_the_model_starts_as_its_definitions_say(model: Model, fieldwork: xr.Dataset) -> None:
    """Reference values that are written as numbers equal what they stand for."""
    start = fieldwork.sel(policy="town", time=0)
    state = {canonical(str(name)): float(start[name]) for name in start.data_vars}
    pairs = [
        ("normal pressure", "department pressure"),
        ("normal pressure", "frontline pressure"),
        ("normal quality", "service quality"),
        ("initial perceived cost", "administrative cost"),
        ("matters brought to communities", "community capacity"),
    ]
    for definition, meaning in pairs:
        assert state[definition] == pytest.approx(state[meaning], rel=1e-12), definition
    for stock in model.variables.values():
        if stock.kind == "stock":
            value = evaluate(initial_value(stock), state, model)
            assert value == pytest.approx(state[canonical(stock.name)], rel=1e-12), stock.name
