"""The check of units: few findings, each at its cause, with what would mend it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from flatgov.check.findings import Finding, Outcome
from flatgov.check.static_equations import CHECKS as EQUATIONS
from flatgov.check.subject import Subject
from flatgov.check.units import CHECKS, check_units
from flatgov.model import Model
from flatgov.reading import load_model

MODEL = """{UTF-8}
Staff = INTEG(hiring - leaving, starting staff) ~ Person ~ |
starting staff = 100 ~ Person ~ |
hiring = gap / time to hire ~ Person/Month ~ |
gap = wanted staff - Staff ~ Person ~ |
time to hire = 6 ~ Month ~ |
leaving = Staff / stay * effect of load(load / usual load) ~ Person/Month ~ |
stay = 20 ~ Month ~ |
load = tasks / Staff ~ Task/(Person*Month) ~ |
usual load = 1 ~ Task/(Person*Month) ~ |
wanted staff = tasks / usual load ~ Person ~ |
tasks = 100 ~ Task/Month ~ |
effect of load((0,0.5),(1,1),(2,2)) ~ Dmnl ~ |
staff cost = Staff * wage ~ MYuan/Month ~ |
wage = 0.01 ~ MYuan/(Person*Month) ~ |
turnover = leaving / Staff ~ 1/Month ~ |
INITIAL TIME = 0 ~ Month ~ |
FINAL TIME = 2 ~ Month ~ |
TIME STEP = 1 ~ Month ~ |
SAVEPER = 1 ~ Month ~ |
"""


def load(tmp_path: Path, *changes: tuple[str, str], text: str = MODEL) -> Model:
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    file = tmp_path / "office.mdl"
    file.write_text(text, encoding="utf-8")
    return load_model(file)


def checked(tmp_path: Path, *changes: tuple[str, str]) -> Outcome:
    return check_units(Subject(load(tmp_path, *changes)))


def only(tmp_path: Path, *changes: tuple[str, str]) -> Finding:
    (finding,) = checked(tmp_path, *changes).findings
    return finding


def test_a_clean_model_has_no_finding(tmp_path: Path) -> None:
    outcome = checked(tmp_path)
    assert outcome.findings == ()
    assert outcome.summary == "8 equations, 0 of them with units that do not fit"
    assert outcome.data == {"with units": 15, "without units": [], "mismatches": 0}
    assert [check.id for check in CHECKS] == ["units"]


def test_a_wrong_equation_is_named_with_what_is_missing(tmp_path: Path) -> None:
    found = only(tmp_path, ("gap / time to hire", "gap * time to hire"))
    assert (found.severity, found.variable, found.line) == ("warning", "hiring", 4)
    assert found.what == (
        "'hiring': the equation gives Month*Person, but 'hiring' is declared Person/Month"
    )
    assert found.text == "gap * time to hire"
    assert found.evidence == "Month*Person times 1/Month^2 is Person/Month"
    assert found.fix.startswith("divide by a quantity in Month^2, or give 'time to hire' the units")


def test_an_operand_that_does_not_fit_is_underlined(tmp_path: Path) -> None:
    found = only(tmp_path, ("wanted staff - Staff", "wanted staff - tasks"))
    assert found.what == "'gap': 'tasks' is Task/Month, but 'wanted staff' beside it is Person"
    assert found.text == "tasks"


def test_a_flow_that_is_no_rate(tmp_path: Path) -> None:
    found = only(tmp_path, ("hiring - leaving", "gap"))
    assert found.what == "'Staff': the net flow 'gap' is Person, but the stock needs Person/Month"
    assert found.fix.startswith("divide by a quantity in Month")


@pytest.mark.parametrize(
    ("old", "new", "variable", "units"),
    [
        ("Task/Month ~ |", "Task/Year ~ |", "tasks", "Task/Month"),
        ("leaving = Staff / stay * effect of load(load / usual load) ~ Person/Month",
         "leaving = Staff / stay * effect of load(load / usual load) ~ Person", "leaving",
         "Person/Month"),
        ("starting staff) ~ Person ~", "starting staff) ~ Task ~", "Staff", "Person"),
    ],
)  # fmt: skip
def test_a_variable_with_wrong_units_is_found_behind_many_equations(
    tmp_path: Path, old: str, new: str, variable: str, units: str
) -> None:
    found = only(tmp_path, (old, new))
    assert (found.severity, found.variable) == ("warning", variable)
    assert f"equations fit only if it is {units}" in found.what
    assert found.fix.startswith(f"give it the units {units}, or correct ")
    assert found.evidence.count("': ") >= 2
    assert found.text in new


def test_a_conversion_without_a_constant_is_said_with_its_factor(tmp_path: Path) -> None:
    found = only(tmp_path, ("tasks = 100 ~ Task/Month", "tasks = 100 ~ Task/Year"))
    assert "12 Month are 1 Year" in found.fix
    found = only(tmp_path, ("Staff * wage ~ MYuan/Month", "Staff * wage * 12 ~ MYuan/Year"))
    assert found.cause == "units are converted by a bare number"
    assert found.fix == "replace 12 by a constant with the units Month/Year"
    assert "12 Month are 1 Year" in found.evidence


def test_a_bare_number_is_no_conversion_where_both_units_are_missing(tmp_path: Path) -> None:
    found = only(tmp_path, ("Staff * wage ~ MYuan/Month", "Staff / Staff * 12 ~ MYuan/Month"))
    assert found.cause == ""
    assert found.fix.startswith("multiply by a quantity in MYuan/Month")


def test_two_names_of_one_unit_are_one_finding(tmp_path: Path) -> None:
    changes = (
        ("gap = wanted staff - Staff ~ Person", "gap = wanted staff - Staff ~ Worker"),
        ("time to hire ~ Person/Month", "time to hire ~ Worker/Month"),
        ("wage = 0.01 ~ MYuan/(Person*Month)", "wage = 0.01 ~ MYuan/(Worker*Month)"),
    )
    found = only(tmp_path, *changes)
    assert found.what == "3 equations take 'Worker' for 'Person'"
    assert found.fix.startswith("list them as synonyms if they mean the same")
    model = replace(load(tmp_path, *changes), unit_synonyms=(("Person", "Worker"),))
    assert check_units(Subject(model)).findings == ()


def test_the_unit_of_time_is_no_other_name_of_anything(tmp_path: Path) -> None:
    more = (
        "late = MIN(Staff, Time) ~ Person ~|\nlater = IF THEN ELSE(Staff > Time, 1, 2) ~ Dmnl ~|\n"
        "INITIAL TIME"
    )
    found = checked(tmp_path, ("INITIAL TIME", more)).findings
    assert {one.variable for one in found} == {"late", "later"}
    assert not any("synonyms" in one.fix for one in found)


def test_what_lacks_both_units_is_no_exchange(tmp_path: Path) -> None:
    more = "a = 2 * tasks / tasks ~ Yuan/Day ~|\nb = 2 * stay / stay ~ Yuan/Day ~|\nINITIAL TIME"
    first, second = checked(tmp_path, ("INITIAL TIME", more)).findings
    assert (first.variable, second.variable) == ("a", "b")
    assert first.cause == second.cause != ""
    assert first.fix.startswith("multiply by a quantity in Yuan/Day")


def test_numbers_without_units(tmp_path: Path) -> None:
    added = only(tmp_path, ("wanted staff - Staff", "wanted staff - Staff + 5"))
    assert (added.severity, added.text) == ("warning", "5")
    assert added.what == "'gap': the number 5 has no units, but 'wanted staff' beside it is Person"
    bound = only(tmp_path, ("wanted staff - Staff", "MAX(1, wanted staff - Staff)"))
    assert (bound.severity, bound.cause) == ("note", added.cause)
    delay = only(tmp_path, ("Staff * wage", "SMOOTH(Staff * wage, 1)"))
    assert delay.what == "'staff cost': the number 1 has no units, but SMOOTH asks for Month there"


def test_numbers_that_other_checks_note_are_not_noted_again(tmp_path: Path) -> None:
    for text in ("MAX(3, wanted staff - Staff)", "STEP(wanted staff, 2)"):
        subject = Subject(load(tmp_path, ("wanted staff - Staff", text)))
        assert not check_units(subject).findings
        others = [one for check in EQUATIONS for one in check.run(subject).findings]
        assert [one.variable for one in others] == ["gap"]


def test_one_equation_is_one_finding(tmp_path: Path) -> None:
    found = only(tmp_path, ("Staff * wage", "(Staff + 4) * wage * (1 + stay)"))
    assert found.evidence.count("also: ") == 2


def test_equations_that_lack_one_factor_share_a_heading(tmp_path: Path) -> None:
    changes = ("gap / time to hire", "gap"), ("turnover = leaving", "turnover = Staff")
    outcome = checked(tmp_path, *changes)
    assert {one.cause for one in outcome.findings} == {"a factor of Month is missing"}
    assert [one.variable for one in outcome.findings] == ["hiring", "turnover"]


def test_units_that_cannot_be_read_are_one_finding(tmp_path: Path) -> None:
    found = only(
        tmp_path, ("gap = wanted staff - Staff ~ Person", "gap = wanted staff - Staff ~ Person/")
    )
    assert (found.severity, found.variable, found.text) == ("warning", "gap", "Person/")
    assert found.what == "the units 'Person/' of 'gap' cannot be read: nothing stands after '/'"


def test_a_few_missing_units_are_one_warning_with_what_they_may_be(tmp_path: Path) -> None:
    found = only(
        tmp_path,
        ("wage = 0.01 ~ MYuan/(Person*Month)", "wage = 0.01 ~"),
        ("stay = 20 ~ Month", "stay = 20 ~"),
    )
    assert (found.severity, found.variable) == ("warning", "stay")
    assert found.what == "'stay', 'wage' have no units, 13 of 15 variables do"
    assert found.evidence == (
        "'stay' (its uses ask for Month), 'wage' (its uses ask for MYuan/(Month*Person))"
    )


def test_many_missing_units_are_a_note(tmp_path: Path) -> None:
    model = load(tmp_path)
    bare = {name: replace(own, units="") for name, own in list(model.variables.items())[:8]}
    (found,) = check_units(Subject(replace(model, variables={**model.variables, **bare}))).findings
    assert found.severity == "note"
    assert "and 5 more have no units, 7 of 15 variables do" in found.what


def test_a_model_without_units_is_one_note(tmp_path: Path) -> None:
    model = load(tmp_path, ("Staff * wage", "Staff + 4 * wage"))
    bare = {name: replace(own, units="") for name, own in model.variables.items()}
    (found,) = check_units(Subject(replace(model, variables=bare))).findings
    assert (found.severity, found.variable) == ("note", "")


def test_a_lookup_with_an_input_that_has_units_is_a_note(tmp_path: Path) -> None:
    found = only(tmp_path, ("load / usual load", "load"))
    assert (found.severity, found.variable, found.text) == ("note", "leaving", "load")
    assert found.evidence == "'effect of load' of 'load' (Task/(Month*Person))"


def test_a_lookup_is_not_blamed_for_what_is_wrong_before_it(tmp_path: Path) -> None:
    found = only(tmp_path, ("usual load = 1 ~ Task/(Person*Month)", "usual load = 1 ~ Task/Month"))
    assert found.variable == "wanted staff"
    assert "'usual load' the units Task/(Month*Person)" in found.fix


def test_a_reference_value_with_wrong_units_is_found_behind_the_lookups(tmp_path: Path) -> None:
    more = "relief = effect of load(load / usual load) ~ Dmnl ~|\nINITIAL TIME"
    own = ("wanted staff = tasks / usual load", "wanted staff = 100")
    wrong = ("usual load = 1 ~ Task/(Person*Month)", "usual load = 1 ~ Task/Month")
    found = only(tmp_path, own, wrong, ("INITIAL TIME", more))
    assert (found.severity, found.variable) == ("warning", "usual load")
    assert "2 equations fit only if it is Task/(Month*Person)" in found.what
    assert "the lookup 'effect of load' is given 'load / usual load', which is 1/Person" in (
        found.evidence
    )


def test_what_was_wrong_before_is_still_said_beside_a_cause(tmp_path: Path) -> None:
    number = ("gap / time to hire", "(gap + 5) / time to hire")
    outcome = checked(tmp_path, number, ("time to hire = 6 ~ Month", "time to hire = 6 ~ Task"),
                      ("turnover = leaving / Staff", "turnover = 1 / time to hire"))  # fmt: skip
    assert [one.variable for one in outcome.findings] == ["hiring", "time to hire"]
    assert "the number 5 has no units" in outcome.findings[0].what
    assert "2 equations fit only if it is Month" in outcome.findings[1].what


def test_time_may_be_the_input_of_a_lookup(tmp_path: Path) -> None:
    assert checked(tmp_path, ("load / usual load", "Time")).findings == ()


def test_xmile_models_are_checked_too(tmp_path: Path) -> None:
    file = tmp_path / "office.stmx"
    file.write_text(
        """<xmile version="1.0" xmlns="http://docs.oasis-open.org/xmile/ns/XMILE/v1.0">
<header><product>x</product><vendor>y</vendor></header>
<sim_specs time_units="Month"><start>0</start><stop>2</stop><dt>1</dt></sim_specs>
<model><variables>
<stock name="Staff"><eqn>10</eqn><inflow>hiring</inflow><units>People</units></stock>
<flow name="hiring"><eqn>wanted / delay</eqn><units>Person/Month</units></flow>
<aux name="wanted"><eqn>7</eqn><units>Person</units></aux>
<aux name="delay"><eqn>3</eqn><units>Months per Person</units></aux>
</variables></model></xmile>""",
        encoding="utf-8",
    )
    (found,) = check_units(Subject(load_model(file))).findings
    assert found.variable == "hiring"
    assert "'delay' the units Month" in found.fix


def test_further_results_of_a_macro_have_the_units_of_its_equations(tmp_path: Path) -> None:
    text = """:MACRO: PARTS(a, b: share)
PARTS = a + b ~ a ~ |
share = a / (a + b) ~ Dmnl ~ |
:END OF MACRO:
both = PARTS(men, women: share of men) ~ Person ~ |
men = 3 ~ Person ~ |
women = 4 ~ Person ~ |
wrong = share of men * men ~ Dmnl ~ |
INITIAL TIME = 0 ~ Month ~ |
FINAL TIME = 2 ~ Month ~ |
TIME STEP = 1 ~ Month ~ |
SAVEPER = 1 ~ Month ~ |
"""
    (finding,) = check_units(Subject(load(tmp_path, text=text))).findings
    assert finding.variable == "wrong"
