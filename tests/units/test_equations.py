"""The units of equations: every function with what fits in it, and what does not."""

from __future__ import annotations

import dataclasses
import functools
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from flatgov.model import Model
from flatgov.reading import load_model
from flatgov.units.equations import Mismatch, check_equations
from flatgov.units.infer import unit_of
from flatgov.units.parse import Vocabulary
from flatgov.units.scope import make_scope
from flatgov.units.wording import sentence

BASE = """{UTF-8}
:MACRO: HALF(given)
HALF = given / 2 ~ given ~ |
:END OF MACRO:
:MACRO: ADJUST(goal, delay)
ADJUST = INTEG((goal - ADJUST) / delay, goal) ~ goal ~ |
:END OF MACRO:
:MACRO: AREA(side)
AREA = side * length ~ ~ |
length = side ~ ~ |
:END OF MACRO:
:MACRO: HIGHER(first, second)
HIGHER = IF THEN ELSE(first > second, first, second) ~ first ~ |
:END OF MACRO:
kind: young, old ~~|
staff = 3 ~ Person ~~|
tasks = 4 ~ Task ~~|
stay = 5 ~ Month ~~|
share = 0.5 ~ Dmnl ~~|
hiring = 6 ~ Person/Month ~~|
cost = 7 ~ MYuan/Month ~~|
rate = 0.1 ~ 1/Month ~~|
two = 2 ~ Dmnl ~~|
nobody said = 8 ~~|
by kind[kind] = 1, 2 ~ Person ~~|
effect((0,1),(1,1),(2,2)) ~ Dmnl ~|
price of((0,1),(1,1),(2,2)) ~ MYuan ~|
INITIAL TIME = 0 ~ Month ~~|
FINAL TIME = 2 ~ Month ~~|
TIME STEP = 1 ~ Month ~~|
SAVEPER = 1 ~ Month ~~|
"""

FIT = {
    "staff + 0": "Person",
    "staff / stay + hiring": "Person/Month",
    "-staff + MAX(0, staff)": "Person",
    "(staff - staff * share) / TIME STEP": "Person/Month",
    "staff * (1 - share)": "Person",
    "staff ^ 2": "Person^2",
    "staff ^ two": "Person^2",
    "SQRT(staff * staff)": "Person",
    "staff ^ 0.5 * SQRT(staff)": "Person",
    "share ^ (stay / stay)": "Dmnl",
    "EXP(-rate * Time) + LN(share) + SIN(Time / stay)": "Dmnl",
    "ABS(staff) + INTEGER(staff) + MODULO(staff, staff)": "Person",
    "IF THEN ELSE(staff > 0 :AND: Time > stay, staff, 0)": "Person",
    "INTEG(hiring - staff / stay, 10)": "Person",
    "INITIAL(staff)": "Person",
    "DELAY1(hiring, stay) + DELAY3I(hiring, stay, 1)": "Person/Month",
    "DELAY FIXED(hiring, stay, 2)": "Person/Month",
    "DELAY N(hiring, stay, 3, 2) + SMOOTH N(hiring, stay, hiring, 4)": "Person/Month",
    "SMOOTH(staff, stay) + SMOOTH3I(staff, stay, 5)": "Person",
    "TREND(staff, stay, 0.02)": "1/Month",
    "FORECAST(staff, stay, stay)": "Person",
    "staff * PULSE(stay, stay) + STEP(staff, stay)": "Person",
    "RAMP(hiring, stay, 2 * stay)": "Person",
    "staff + RAMP(2, stay, 2 * stay)": "Person",
    "staff * effect(share)": "Person",
    "price of(staff) + price of(2 * staff)": "MYuan",
    "WITH LOOKUP(share, ((0,0),(1,1)))": "Person",
    "ZIDZ(staff, stay)": "Person/Month",
    "XIDZ(staff, stay, hiring)": "Person/Month",
    "XIDZ(staff, stay, 1)": "Person/Month",
    "SUM(by kind[kind!]) + VMAX(by kind[kind!])": "Person",
    "PROD(by kind[kind!])": "Person^2",
    "RANDOM NORMAL(0, 10, staff, staff, 1)": "Person",
    "SAMPLE IF TRUE(staff > 0, staff, 3)": "Person",
    "NPV(cost, rate, 0, share)": "MYuan",
    "nobody said * staff": "Task",
    "staff + nobody said": "Person",
    "HALF(staff) + HALF(staff)": "Person",
    "HALF(cost)": "MYuan/Month",
    "ADJUST(staff, stay)": "Person",
    "AREA(staff)": "Person^2",
    "HIGHER(staff, 2 * staff) + HIGHER(staff, 0)": "Person",
    "staff * HIGHER(3, share)": "Person",
    "VECTOR SELECT(by kind[kind!], by kind[kind!], 0, 0, 0)": "Person",
    "24 * 30": "Hour/Month",
    "INITIAL(2010)": "Year",
}

DO_NOT = {
    "staff + tasks": ("Person", "operands", "Task", "Person"),
    "staff + 5": ("Person", "number", "Dmnl", "Person"),
    "staff - hiring": ("Person", "operands", "Person/Month", "Person"),
    "MIN(staff, tasks)": ("Task", "operands", "Person", "Task"),
    "IF THEN ELSE(staff > tasks, 1, 2)": ("Dmnl", "operands", "Task", "Person"),
    "IF THEN ELSE(share > 1, staff, tasks)": ("Person", "operands", "Task", "Person"),
    "staff * stay": ("Person", "equation", "Month*Person", "Person"),
    "staff / 12": ("Task", "equation", "Person", "Task"),
    "share ^ staff": ("Dmnl", "argument", "Person", "Dmnl"),
    "staff ^ share * share": ("Person", "equation", "Person^(1/2)", "Person"),
    "staff ^ (share * two)": ("Person", "exponent", "Person", "Dmnl"),
    "EXP(staff)": ("Dmnl", "argument", "Person", "Dmnl"),
    "LN(stay)": ("Dmnl", "argument", "Month", "Dmnl"),
    "INTEG(staff, 1)": ("Person", "argument", "Person", "Person/Month"),
    "INTEG(hiring, tasks)": ("Person", "argument", "Task", "Person"),
    "INTEG(3, staff)": ("Person", "number", "Dmnl", "Person/Month"),
    "SMOOTH(staff, share)": ("Person", "argument", "Dmnl", "Month"),
    "SMOOTH(staff, 3)": ("Person", "number", "Dmnl", "Month"),
    "DELAY1(hiring, stay)": ("Person", "equation", "Person/Month", "Person"),
    "TREND(staff, stay, 0)": ("Dmnl", "equation", "1/Month", "Dmnl"),
    "STEP(staff, 20)": ("Person", "number", "Dmnl", "Month"),
    "ZIDZ(staff, stay)": ("Person", "equation", "Person/Month", "Person"),
    "XIDZ(staff, stay, staff)": ("Person/Month", "operands", "Person", "Person/Month"),
    "HALF(staff)": ("Task", "equation", "Person", "Task"),
    "ADJUST(staff, stay) + AREA(staff)": ("Person", "operands", "Person^2", "Person"),
    "effect(share) * staff": ("Task", "equation", "Person", "Task"),
    "STEP(10, stay)": ("Person", "number", "Dmnl", "Person"),
    "HIGHER(staff, tasks)": ("Person", "macro", "Task", "Person"),
}


@functools.cache
def model(text: str) -> Model:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "model.mdl"
        file.write_text(text, encoding="utf-8")
        return load_model(file)


def with_lines(lines: Sequence[tuple[str, str]]) -> Model:
    own = [f"result {at} = {text} ~ {units} ~|\n" for at, (text, units) in enumerate(lines)]
    return model(BASE + "".join(own))


def mismatches(of: Model) -> list[Mismatch]:
    scope, unreadable = make_scope(of, Vocabulary(of.unit_synonyms))
    assert not unreadable
    return check_equations(scope)[0]


@pytest.mark.parametrize("text", FIT)
def test_what_fits(text: str) -> None:
    whole = with_lines(list(FIT.items()))
    name = f"result {list(FIT).index(text)}"
    assert [one.problem for one in mismatches(whole) if one.variable.name == name] == []


@pytest.mark.parametrize("text", DO_NOT)
def test_what_does_not_fit(text: str) -> None:
    whole = with_lines([(text, own[0]) for text, own in DO_NOT.items()])
    name = f"result {list(DO_NOT).index(text)}"
    (found,) = [one.problem for one in mismatches(whole) if one.variable.name == name]
    assert (found.kind, str(found.unit), str(found.expected)) == DO_NOT[text][1:]


@pytest.mark.parametrize(
    ("text", "units"), [(text, units) for text, units in FIT.items() if "nobody" not in text]
)
def test_the_unit_follows_from_the_expression(text: str, units: str) -> None:
    whole = with_lines(list(FIT.items()))
    scope, _ = make_scope(whole, Vocabulary())
    (equation,) = whole.find(f"result {list(FIT).index(text)}").equations
    unknown = text.startswith(("WITH LOOKUP", "PROD", "XIDZ(staff, stay, 1)"))
    if not unknown and text not in ("24 * 30", "INITIAL(2010)"):
        assert unit_of(equation.expression, scope) == Vocabulary().read(units)


def test_what_does_not_fit_in_a_macro_is_what_is_given_for_its_input() -> None:
    (found,) = mismatches(with_lines([("HIGHER(staff, 2 * tasks)", "Person")]))
    assert sentence(found) == (
        "with these arguments '2 * tasks' is Task where Person is needed in the macro HIGHER"
    )


def test_inputs_of_a_lookup_have_one_unit() -> None:
    lines = [("effect(share)", "Dmnl"), ("effect(staff)", "Dmnl"), ("effect(tasks/tasks)", "Dmnl")]
    (found,) = mismatches(with_lines(lines))
    assert found.variable.name == "result 1"
    assert (found.problem.kind, str(found.problem.unit)) == ("input", "Person")


def test_the_unit_of_a_variable_without_units_follows_from_its_equation() -> None:
    of = with_lines(
        [("staff / stay", ""), ("result 0 + hiring", "Person/Month"), ("result 0", "Task")]
    )
    (found,) = mismatches(of)
    assert found.variable.name == "result 2"
    assert str(found.problem.unit) == "Person/Month"


def test_a_stock_without_units_is_no_endless_search() -> None:
    lines = [("INTEG(result 1, staff)", ""), ("result 0 * rate", ""), ("result 1", "Task/Month")]
    (found,) = mismatches(with_lines(lines))
    assert str(found.problem.unit) == "Person/Month"


def test_without_a_unit_of_time_nothing_is_said_of_time() -> None:
    text = BASE.replace("~ Month ~~|\nFINAL", "~~|\nFINAL").replace(
        "TIME = 2 ~ Month", "TIME = 2 ~"
    )
    text = text.replace("STEP = 1 ~ Month", "STEP = 1 ~").replace(
        "SAVEPER = 1 ~ Month", "SAVEPER = 1 ~"
    )
    of = model(text + "a = INTEG(hiring, 1) ~ Person ~|\nb = SMOOTH(a, share) ~ Person ~|\n")
    assert of.time.units == ""
    assert mismatches(of) == []


def test_all_parts_of_a_subscripted_variable_are_looked_at() -> None:
    of = model(
        BASE + "part[young] = staff ~~|\npart[old] = tasks ~ Person ~|\n"
        "whole[kind] = part[kind] + tasks ~ Person ~|\n"
    )
    assert [one.variable.name for one in mismatches(of)] == ["part", "whole"]


# What Vensim's manual says of its own check of units (Vensim Help, pages 22275 and
# ref_units_equiv): names that are no synonyms do not cancel, and the sum of miles and kilometres is
# an error that the quotient does not repeat.
SHIPPING = """{UTF-8}
shipped = parcels * content ~ Nail/Month ~|
content = 1000 ~ Nail/Carton ~|
parcels = 50 ~ Box/Month ~|
way = 3 ~ Mile ~~|
detour = 4 ~ Kilometer ~~|
duration = 2 ~ Hour ~~|
speed = (way + detour) / duration ~ Mile/Hour ~|
INITIAL TIME = 0 ~ Month ~~|
FINAL TIME = 2 ~ Month ~~|
TIME STEP = 1 ~ Month ~~|
SAVEPER = 1 ~ Month ~~|
"""


def test_names_that_are_no_synonyms_do_not_cancel_as_in_vensim() -> None:
    first, second = mismatches(model(SHIPPING))
    assert str(first.problem.unit) == "Box*Nail/(Carton*Month)"
    # An error inside is not counted again for the whole.
    assert second.variable.name == "speed"
    assert second.problem.kind == "operands"


def test_a_synonym_mends_it_as_in_vensim() -> None:
    of = dataclasses.replace(model(SHIPPING), unit_synonyms=(("Box", "Carton"),))
    assert [one.variable.name for one in mismatches(of)] == ["speed"]
