"""Unit texts as users of Vensim and Stella write them."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flatgov.units.algebra import DIMENSIONLESS, Unit
from flatgov.units.parse import UnitsError, Vocabulary, parse_units


def unit(text: str) -> Unit:
    found = parse_units(text)
    assert found is not None, text
    return found


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("MYuan/Month", "MYuan*Month^-1"),
        ("Person*Hour/(Unit*Month)", "Hour * Persons / Unit / Months"),
        ("1/Month", "/Month"),
        ("1/Month", "per month"),
        ("1.0/Month", "Month**(-1)"),
        ("m**2", "m*m"),
        ("m²/s²", "(m/s)^2"),
        ("x^(1/2)", "x^0.5"),
        ("Tasks per Month", "Task/Month"),
        ("Tasks_per_Month", "Task/Month"),
        ("Meters per second per second", "metre/s^2"),
        ("Meters/(Second-Second)", "Meters/Second^2"),
        ("$/person-year", "$/(Person*Year)"),
        ("Person_Hours/Week", "person hour/week"),
        ("people", "Person"),
        ("boxes", "box"),
        ("Houses", "house"),
        ("cases", "case"),
        ("gases", "gas"),
        ("masses", "mass"),
        ("calories", "calorie"),
        ("companies", "company"),
        ("viruses", "virus"),
        ("indices", "Index"),
        ("Crises", "crisis"),
        ("analyses", "analysis"),
        ("axes", "axis"),
        ("matrices", "matrix"),
        ("bases", "basis"),
        ("bases", "base"),
        ("$s", "dollar"),
        ("yr", "Years"),
        ("%", "per cent"),
        ("万元／（人＊月）", "万元/人/月"),
        ("元/月", "元/Month"),
        ("任务每月", "任务/月"),
        ("公里·人", "公里*人"),
        ("人÷月", "人/月"),
        ('"my unit"/Day', "My_Unit/day"),
        ("Prey/Day/Prey/Predator", "1/(Day*Predators)"),
        ("mW", "mW"),
    ],
)
def test_equal(one: str, other: str) -> None:
    assert unit(one) == unit(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Person/Month", "Person*Month"),
        ("a/(b*c)", "a/b*c"),
        ("ton", "tonne"),
        ("rate", "rat"),
        ("mW", "MW"),
        ("percent", "Dmnl"),
        ("Year", "Month"),
        ("Person Hour", "Person*Hour"),
        ("1000 people", "people"),
        ("TonsC", "TonsCO2"),
    ],
)
def test_different(one: str, other: str) -> None:
    assert unit(one) != unit(other)


@pytest.mark.parametrize(
    "word", ["gas", "glass", "Celsius", "bus", "series", "Lens", "census", "s"]
)
def test_singulars_that_end_in_s_keep_it(word: str) -> None:
    assert unit(word) != unit(word[:-1] or "x")


@pytest.mark.parametrize(
    "text",
    [
        *("Dmnl", "dimensionless", "1", "-", "–", "unitless", "Fraction", "Task/Tasks", "radians"),
        *("non-dimensional", "无量纲", "1/1", "(1)", "Month/Month"),
    ],
)
def test_dimensionless(text: str) -> None:
    assert unit(text) == DIMENSIONLESS
    assert str(unit(text)) == "Dmnl"


@pytest.mark.parametrize("text", ["", "  ", "?", "n/a", "TBD"])
def test_not_given_is_not_dimensionless(text: str) -> None:
    assert parse_units(text) is None


@pytest.mark.parametrize(
    ("text", "message", "piece"),
    [
        ("Person/", "nothing stands after '/'", "/"),
        ("((", "nothing stands after '('", "("),
        ("(Person", "a '(' is not closed", "("),
        ("Person)", "a ')' has no '('", ")"),
        ("Person//Month", "nothing stands after '/'", "/"),
        ("*Person", "nothing stands before '*'", "*"),
        ("()", "nothing stands after '('", "("),
        ("Person^x", "an operator is missing before '^'", "^"),
        ("Person^1.2.3", "'^1.2.3' is no power", "^1.2.3"),
        ("Person^(1/0)", "'^(1/0)' is no power", "^(1/0)"),
        ("Person^999", "no units have the power 999", "^999"),
        ("Person(Month)", "an operator is missing before '('", "("),
        ("Person=2", "'=' has no meaning in units", "="),
        ("Person-", "a '-' stands alone", "-"),
        ("(" * 60 + "a" + ")" * 60, "more than 40 brackets stand in each other", "("),
        ("a*" * 300 + "a", "601 characters are too long for units", "a*a*a*a*a*a*a*a*a*a*"),
    ],
)
def test_what_is_no_unit_is_said(text: str, message: str, piece: str) -> None:
    with pytest.raises(UnitsError) as caught:
        parse_units(text)
    assert (str(caught.value), caught.value.text) == (message, piece)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("person/Month*Task", "person*Task/Month"),
        ("1/Month", "1/Month"),
        ("a/b/c", "a/(b*c)"),
        ("m**2", "m^2"),
        ("x^(1/2)", "x^(1/2)"),
        ("My_Units per 月", "My Units/月"),
        ("Month^-2", "1/Month^2"),
    ],
)
def test_a_unit_is_written_as_in_the_model(text: str, shown: str) -> None:
    assert str(unit(text)) == shown
    assert unit(shown) == unit(text)


def test_synonyms_of_the_model() -> None:
    groups = [("Widget", "Gadget", "Thing"), ("Dmnl", "NKU"), ("Joule", "kg*m^2/s^2"), ("", " ")]
    names = Vocabulary(groups)
    assert names.read("Gadgets/thing") == DIMENSIONLESS
    assert names.read("NKU*widgets") == names.read("Thing")
    assert names.read("Joules/s") == names.read("kg*m**2/s**3")
    assert str(names.read("things/Month")) == "Widget/Month"
    assert Vocabulary([("Person-Hour", "PH")]).read("ph") is not None


def test_a_synonym_that_is_no_unit_is_of_no_effect() -> None:
    assert Vocabulary([("Widget", "Gadget/")]).read("Widgets") == unit("widget")


@settings(deadline=None)
@given(st.text(max_size=60) | st.text("ab1 */^()-.²每per", max_size=600))
def test_every_text_is_a_unit_or_an_error(text: str) -> None:
    try:
        found = parse_units(text)
    except UnitsError:
        return
    if found is not None:
        assert parse_units(str(found)) == found


def test_exponents_are_exact() -> None:
    root = unit("m*s") ** Fraction(1, 3)
    assert root * root * root == unit("m*s")
    assert root**0 == DIMENSIONLESS
    assert hash(unit("m/s")) == hash(unit("1/s*m"))


def test_base_units_can_be_replaced() -> None:
    assert unit("a^2/b").replaced({"a": unit("c*b")}) == unit("c^2*b")
