"""The little language of behaviour tests: what it says, and what it refuses."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import flatgov as fg
from flatgov.study.calendar import Clock
from flatgov.study.expectation import (
    Comparison,
    Constant,
    Course,
    Function,
    Operation,
    Scope,
    Trend,
    courses,
)
from flatgov.study.expectation_text import (
    MOST_CHARACTERS,
    MOST_NESTED,
    MOST_TOKENS,
    parse_expectation,
)

STAFF = Course("Staff", (), "now")
LAST = 24  # SAVEPER is 1, from time 0 to 24


@pytest.fixture
def scope(write_study: Callable[..., Path]) -> Scope:
    study = fg.open_study(write_study())
    return Scope(
        study.model,
        Clock(study.model.time, study.calendar),
        {name: name for name in (*study.policies, "in-2021")},
    )


def test_a_comparison_of_two_moments(scope: Scope) -> None:
    parsed = parse_expectation("at('staff' of now, 2020-07) < 0.8 * at('Staff' of hire, 12)", scope)
    before = Function("at", STAFF, 6, 6)
    after = Function("at", Course("Staff", (), "hire"), 12, 12)
    assert parsed == (Comparison(("<",), (before, Operation("*", Constant(0.8), after))),)


def test_chains_and_conditions(scope: Scope) -> None:
    text = "1 < min('Staff' of now) <= 2e2 and rising('load' of 'in-2021', start, end)"
    lowest = Function("min", STAFF, 0, LAST)
    assert parse_expectation(text, scope) == (
        Comparison(("<", "<="), (Constant(1.0), lowest, Constant(200.0))),
        Trend("rising", Course("load", (), "in-2021"), 0, LAST),
    )


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 - 2 - 3", -4.0),
        ("1 - (2 - 3)", 2.0),
        ("8 / 4 / 2", 1.0),
        ("1 + 2 * 3", 7.0),
        ("-2 * -3", 6.0),
        ("--2", 2.0),
        ("- 2 - -3", 1.0),
        (".5 + 1.", 1.5),
        ("2021 - 11", 2010.0),
    ],
)
def test_signs_bind_as_in_arithmetic(scope: Scope, text: str, value: float) -> None:
    (comparison,) = parse_expectation(f"{text} < 0", scope)
    assert isinstance(comparison, Comparison)
    assert calculate(comparison.sides[0]) == value


def calculate(term: object) -> float:
    if isinstance(term, Constant):
        return term.value
    assert isinstance(term, Operation)
    left, right = calculate(term.left), calculate(term.right)
    return {"+": left + right, "-": left - right, "*": left * right, "/": left / (right or 1.0)}[
        term.symbol
    ]


def test_every_stock_stands_for_each(scope: Scope) -> None:
    text = "drift(every stock of now, 0, 12) < 0.02 and 1 < 2"
    parsed = parse_expectation(text, scope)
    assert parsed == (
        Comparison(("<",), (Function("drift", STAFF, 0, 12), Constant(0.02))),
        Comparison(("<",), (Constant(1.0), Constant(2.0))),
    )


def test_elements_of_subscripted_variables(tmp_path: Path) -> None:
    path = tmp_path / "towns.mdl"
    path.write_text(
        "{UTF-8}\ntown : North Bank, South ~~|\nkind: x, y ~~|\n"
        "People[town, kind] = INTEG(1, 5) ~~|\ntotal = SUM(People[town!, kind!]) ~~|\n"
        "INITIAL TIME = 0 ~~|\nFINAL TIME = 4 ~~|\nTIME STEP = 0.5 ~~|\nSAVEPER = 2 ~~|\n",
        encoding="utf-8",
    )
    model = fg.load_model(path)
    scope = Scope(model, Clock(model.time), {"p": "p"})
    (one,) = parse_expectation("min('people[ south ,X]' of p) > 0", scope)
    assert list(courses(one)) == [Course("People", (1, 0), "p")]
    every = parse_expectation("drift(every stock of p) < 1", scope)
    places = [course.element for one in every for course in courses(one)]
    assert places == [(0, 0), (0, 1), (1, 0), (1, 1)]
    for text, message in (
        (
            "min('People' of p) > 0",
            "'People' has 2 subscripts, not 0; write 'People[North Bank, x]'",
        ),
        ("min('total[South]' of p) > 0", "'total' has 0 subscripts, not 1; leave out the brackets"),
        (
            "min('People[Soth, x]' of p) > 0",
            "there is no element 'Soth'; did you mean 'South'? there are North Bank, South",
        ),
        ("at('total' of p, 1) > 0", "no results are kept at 1; the nearest moment is 0"),
    ):
        with pytest.raises(fg.StudyError) as caught:
            parse_expectation(text, scope)
        assert str(caught.value).partition(": ")[2] == message


# What is written, the character that the message points at, and the message.
REFUSALS = {
    "no variable": (
        "at('stuff' of now, 3) > 0",
        4,
        "'stuff' is not a variable of {model}; did you mean 'Staff'? `flatgov describe` lists the "
        "names",
    ),
    "no policy": (
        "at('Staff' of nwo, 3) > 0",
        15,
        "there is no policy 'nwo'; did you mean 'now'? there are now, hire, both, in-2021",
    ),
    "no function": (
        "maximum('Staff' of now) > 0",
        1,
        "there is no function 'maximum'; did you mean 'max'? there are abs, at, min, max, "
        "mean, drift, rising, falling",
    ),
    "a function close to one": (
        "mim('Staff' of now) > 0",
        1,
        "there is no function 'mim'; did you mean 'min'? there are abs, at, min, max, mean, drift, "
        "rising, falling",
    ),
    "arity of at": (
        "1 < at('Staff' of now)",
        5,
        "at(…) takes 1 moment after its first argument, not 0; write at('NAME' of POLICY, MOMENT)",
    ),
    "arity of min": (
        "min('Staff' of now, 3) > 0",
        1,
        "min(…) takes 0 or 2 moments after its first argument, not 1; write min('NAME' of POLICY, "
        "FIRST, LAST), or no moments for the whole run",
    ),
    "arity of abs": (
        "abs(3, 4) > 0",
        1,
        "abs(…) takes 0 moments after its first argument, not 1; write abs(VALUE)",
    ),
    "outside the run": (
        "at('Staff' of now, 2022-06) > 0",
        20,
        "2022-06 is outside the model's horizon; the model runs from 2020-01 to 2022-01",
    ),
    "before the run": (
        "at('Staff' of now, -1) > 0",
        21,
        "-1 is outside the model's horizon; the model runs from 2020-01 to 2022-01",
    ),
    "no date": (
        "at('Staff' of now, 2020-13) > 0",
        20,
        "'2020-13' is no date; write a month as 2016-01 or a day as 2016-01-15",
    ),
    "between two results": (
        "at('Staff' of now, 3.4) > 0",
        20,
        "no results are kept at 2020-04-13; the nearest moment is 2020-04",
    ),
    "no moment": (
        "at('Staff' of now, 'x') > 0",
        20,
        "'x' where a moment is expected; write a date as 2020-01, model time as a number, "
        "`start` or `end`",
    ),
    "period backwards": (
        "min('Staff' of now, end, start) > 0",
        1,
        "the period ends before it starts; exchange the two moments",
    ),
    "trend of one moment": (
        "rising('Staff' of now, 3, 3)",
        1,
        "the period has one moment only, so nothing can change in it; give a longer one",
    ),
    "a course is compared": (
        "'Staff' of now > 0",
        1,
        "this is a whole course over time, and only numbers can be compared; make it a number: "
        "at(…, MOMENT), or min, max or mean(…, FIRST, LAST)",
    ),
    "at of a number": (
        "at(3, 4) > 0",
        4,
        "at(…) needs a course over time, and this is one number; write at('NAME' of POLICY, "
        "MOMENT)",
    ),
    "no comparison": (
        "max('Staff' of now)",
        20,
        "the end of the text where a comparison is expected; write one of < <= > >=",
    ),
    "equality": (
        "max('Staff' of now) = 3",
        21,
        "'=' where a comparison is expected; write one of < <= > >=",
    ),
    "trend as a number": (
        "rising('Staff' of now) > 0",
        24,
        "'>' is not expected here; conditions end, or go on with `and`",
    ),
    "trend inside": (
        "1 + rising('Staff' of now) > 0",
        5,
        "rising(…) is true or false, and no number; let it stand by itself, joined to others with "
        "`and`",
    ),
    "or": (
        "1 < 2 or 2 < 3",
        7,
        "'or' is not expected here; conditions end, or go on with `and`",
    ),
    "no quotes": (
        "at(Staff of now, 3) > 0",
        4,
        "'Staff' where a value is expected; put the name of a variable in quotes: 'Staff' of …",
    ),
    "no policy at all": (
        "at('Staff', 3) > 0",
        11,
        "',' where `of POLICY` is expected; write 'NAME' of POLICY",
    ),
    "a number for a policy": ("at('Staff' of 3, 3) > 0", 15, "'3' where a policy is expected"),
    "every what": (
        "drift(every flow of now) < 1",
        7,
        "'every' is not expected here; write every stock of POLICY",
    ),
    "lookup": (
        "at('effect of load' of now, 3) > 0",
        4,
        "'effect of load' is a lookup table, which has no course",
    ),
    "a date as a number": (
        "2020-01 < 3",
        1,
        "the date 2020-01 is no number; a date stands in a function, as in at(…, 2020-01); put "
        "spaces around a minus",
    ),
    "bracket": ("(1 < 2", 4, "'<' where ')' is expected"),
    "open quote": (
        "at('Staff of now, 3) > 0",
        4,
        "the quote is not closed; write ' at its end",
    ),
    "nothing": (
        "",
        1,
        "the end of the text where a value is expected; write a number, a function, or 'NAME' of "
        "POLICY",
    ),
    "huge number": ("1e999 > 0", 1, "the number 1e999 is too large"),
    "python": (
        "__import__('os').system('true') < 1",
        1,
        "there is no function '__import__'; there are abs, at, min, max, mean, drift, rising, "
        "falling",
    ),
    "power": (
        "9**9 > 1",
        3,
        "'*' where a value is expected; write a number, a function, or 'NAME' of POLICY",
    ),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_refusals_say_where_and_how_to_fix(scope: Scope, case: str) -> None:
    text, character, message = REFUSALS[case]
    with pytest.raises(fg.StudyError) as caught:
        parse_expectation(text, scope, "evidence.toml:7: tests.P1.expect #1")
    place = f"evidence.toml:7: tests.P1.expect #1, character {character}: "
    assert str(caught.value) == place + message.format(model=scope.model.path)


def test_long_and_deep_texts_are_refused_not_run(scope: Scope) -> None:
    for text, what in (
        ("1 < " + "(" * (MOST_NESTED + 5) + "1" + ")" * (MOST_NESTED + 5), "inside each other"),
        ("1 < " + "abs(" * (MOST_NESTED + 5) + "1" + ")" * (MOST_NESTED + 5), "inside each other"),
        ("1 < " + "-" * (MOST_TOKENS + 1) + "1", "words, numbers and signs"),
        ("1" + "+1" * MOST_TOKENS + "< 1", "words, numbers and signs"),
        ("1 < 2" + " " * MOST_CHARACTERS, "characters"),
        ("'" + "x" * MOST_CHARACTERS, "characters"),
    ):
        with pytest.raises(fg.StudyError, match=what):
            parse_expectation(text, scope)
    deepest = "(" * (MOST_NESTED - 1) + "1" + ")" * (MOST_NESTED - 1)
    longest = "+".join(["1"] * (MOST_TOKENS // 2 - 2))
    for text in (deepest, longest):
        assert len(parse_expectation(f"{text} > 0", scope)) == 1


PIECES = """
at min max mean drift abs rising falling every stock of and now hire 'Staff' 'load' "Staff" Staff
( ) , + - * / < <= > >= 0 1 2.5 1e3 12 2020-07 2021-01-15 start end = ! ' " 点 ² 2020-99
99999999999999999999
"""
piece = st.sampled_from(PIECES.split())


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(text=st.one_of(st.lists(piece, max_size=25).map(" ".join), st.text(max_size=60)))
@example(text="at('Staff' of now, 0000-01) > 0")
@example(text="\x00")
def test_any_text_is_read_or_refused_in_one_line(scope: Scope, text: str) -> None:
    line = ""
    try:
        parsed = parse_expectation(text, scope, "evidence.toml")
    except fg.StudyError as error:
        line = str(error)
    assert line.startswith("evidence.toml, character ") if line else parsed
    assert "\n" not in line
