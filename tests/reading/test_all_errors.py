"""Reading finds every mistake of a Vensim model at once, and each only once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from flatgov.errors import ModelError
from flatgov.reading import load_model
from flatgov.reading.hints import function_form, sign_form
from reading.mistakes import Mistake, mistakes

Write = Callable[..., Path]

CONTROLS = (
    "INITIAL TIME = 0 ~ Month ~ |\nFINAL TIME = 10 ~ Month ~ |\n"
    "TIME STEP = 0.5 ~ Month ~ |\nSAVEPER = TIME STEP ~ Month ~ |\n"
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            "rate = 1 ~~|\na = raet * 2 + raet + nope ~~|\nb = a + nope ~~|\nc = Sqrt(raet) ~~|",
            [
                (2, "a", "the variable 'raet' is not defined; did you mean 'rate'?", "raet"),
                (2, "a", "the variable 'nope' is not defined", "nope"),
                (3, "b", "the variable 'nope' is not defined", "nope"),
                (4, "c", "the variable 'raet' is not defined; did you mean 'rate'?", "raet"),
            ],
            id="names",
        ),
        pytest.param(
            "a = SMOTH(1, 2) + max(1, 2, 3) ~~|\n"
            "b = 2 ~~|\n"
            "c = b(3) + LOOKUP FORWARD(b, 1) ~~|\n"
            "d = A FUNCTION OF(b) ~~|\n"
            ":MACRO: M(x)\n"
            "M = x + zz ~~|\n"
            ":END OF MACRO:\n"
            "e = M(1, 2) ~~|",
            [
                (1, "a", "there is no function or lookup 'SMOTH'; did you mean 'SMOOTH'?", "SMOTH"),
                (1, "a", "MAX is given 3 arguments and takes 2; write MAX(a, b)", "max"),
                (
                    3,
                    "c",
                    "'b' is no lookup or function, but an argument follows it; put an operator "
                    "before the parenthesis",
                    "b",
                ),
                (3, "c", "'b' is no lookup or data variable, as LOOKUP FORWARD needs", "b"),
                (
                    4,
                    "d",
                    "the equation is incomplete (A FUNCTION OF); write the equation",
                    "A FUNCTION OF",
                ),
                (6, "M", "the variable 'zz' is not defined", "zz"),
                (8, "e", "M is given 2 arguments and takes 1; write M(x)", "M"),
            ],
            id="functions",
        ),
        pytest.param(
            "D: d1, d2 ~~|\nd = 3 ~~|\nD1 = 4 ~~|\nTime = 3 ~~|\nx = 1 ~~|\nx = 2 ~~|\nX = 3 ~~|",
            [
                (
                    2,
                    "d",
                    "'d' is the name of a subscript range; give the variable another name",
                    "d",
                ),
                (
                    3,
                    "D1",
                    "'D1' is the name of an element of the subscript range 'D'; give the variable "
                    "another name",
                    "D1",
                ),
                (
                    4,
                    "Time",
                    "'Time' is the name of the simulated time; give the variable another name",
                    "Time",
                ),
                (6, "x", "the variable is already defined on line 5; remove one of the two", "x"),
                (7, "X", "the variable is already defined on line 5; remove one of the two", "X"),
            ],
            id="own names",
        ),
        pytest.param(
            "A: a1, a2 -> B ~~|\n"
            "C: c1, c2 -> (E: e1, e9) ~~|\n"
            "E: e1, e2 ~~|\n"
            "F <-> G ~~|\n"
            "H: H, h1 ~~|\n"
            "x[F] = 1 ~~|\n"
            "y[h1] = x[F] ~~|",
            [
                (1, "A", "the subscript range 'B' is not defined", "B"),
                (2, "C", "'e9' is no element of the range 'E'", "e9"),
                (4, "F", "the subscript range 'G' is not defined", "G"),
                (
                    5,
                    "H",
                    "the subscript range has an element of its own name, or is part of itself; "
                    "give the range or the element another name",
                    "H",
                ),
            ],
            id="ranges",
        ),
        pytest.param(
            "a = 3 + * 4 ~~|\nb = a + a[x] + a(2) ~~|\nc = b + d ~~|\nd = c ~~|",
            [
                (
                    1,
                    "a",
                    "two operators follow each other: '+ *'; remove one, or write what is missing "
                    "between them",
                    "+ *",
                ),
                (
                    3,
                    "c",
                    "circular definition: c (line 3) → d (line 4) → c; put a stock or a delay into "
                    "the loop",
                    "d",
                ),
            ],
            id="broken",
        ),
        pytest.param(
            "a := GET XLS DATA('none.xlsx', 'S', 'A', 'B1') ~~|\n"
            "b = GET DIRECT CONSTANTS('gone.csv', ',', 'A1') ~~|\n"
            "c = 2 * GET DIRECT CONSTANTS('gone.csv', ',', 'A1') ~~|\n"
            "d = a + b ~~|",
            [
                (
                    1,
                    "a",
                    "the file 'none.xlsx' cannot be read: No such file or directory; put it beside "
                    "the model",
                    "none.xlsx",
                ),
                (
                    2,
                    "b",
                    "the file 'gone.csv' cannot be read: No such file or directory; put it beside "
                    "the model",
                    "gone.csv",
                ),
                (
                    3,
                    "c",
                    "GET DIRECT CONSTANTS must be the whole equation; give it a variable of its "
                    "own",
                    "GET DIRECT CONSTANTS",
                ),
            ],
            id="external",
        ),
    ],
)
def test_every_mistake_of_the_equations(write: Write, text: str, expected: list[Mistake]) -> None:
    assert mistakes(write(text + "\n" + CONTROLS)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            "a = 1 ~~|\nSAVEPER = 1 ~~|",
            [
                (
                    0,
                    "",
                    "the control variable INITIAL TIME is missing; add 'INITIAL TIME = … ~ … ~ |'",
                    "",
                ),
                (
                    0,
                    "",
                    "the control variable FINAL TIME is missing; add 'FINAL TIME = … ~ … ~ |'",
                    "",
                ),
                (
                    0,
                    "",
                    "the control variable TIME STEP is missing; add 'TIME STEP = … ~ … ~ |'",
                    "",
                ),
            ],
            id="times missing",
        ),
        pytest.param(
            "late = Time ~~|\n"
            "INITIAL TIME = 5 ~~|\n"
            "FINAL TIME = 2 ~~|\n"
            "TIME STEP = 0.3 ~~|\n"
            "SAVEPER = 0.4 ~~|",
            [
                (
                    3,
                    "FINAL TIME",
                    "FINAL TIME 2 is before INITIAL TIME 5; write a number above 5, or an "
                    "earlier INITIAL TIME",
                    "2",
                ),
                (5, "SAVEPER", "SAVEPER 0.4 is no multiple of TIME STEP 0.3; use 0.3", "0.4"),
            ],
            id="times wrong",
        ),
        pytest.param(
            "late = Time ~~|\n"
            "INITIAL TIME = late ~~|\n"
            "FINAL TIME = nope ~~|\n"
            "TIME STEP = -1 ~~|\n"
            "SAVEPER = late * 2 ~~|",
            [
                (
                    2,
                    "INITIAL TIME",
                    "INITIAL TIME = 'late' has no fixed number as its value; write it as a number "
                    "or an expression of constants",
                    "late",
                ),
                (3, "FINAL TIME", "the variable 'nope' is not defined", "nope"),
                (4, "TIME STEP", "TIME STEP is -1, not above zero; write 1", "-1"),
                (
                    5,
                    "SAVEPER",
                    "SAVEPER = 'late * 2' has no fixed number as its value; write it as a number "
                    "or an expression of constants",
                    "late * 2",
                ),
            ],
            id="times depend",
        ),
    ],
)
def test_every_mistake_of_the_control_variables(
    write: Write, text: str, expected: list[Mistake]
) -> None:
    assert mistakes(write(text + "\n{FINAL TIME}")) == expected


@pytest.mark.parametrize(
    ("function", "xmile", "form"),
    [
        ("SMTH1", False, "write SMOOTH(x, time)"),
        ("if then_else", True, ""),
        ("IFTHENELSE", False, "write IF THEN ELSE(condition, then, else)"),
        ("log10", False, "write LOG(x, 10)"),
        ("LOG10", True, ""),
        ("delay fixed", True, "write DELAY(x, time, initial value)"),
        ("ZIDZ", True, "write SAFEDIV(a, b)"),
        ("SAFEDIV", False, "write ZIDZ(a, b) or XIDZ(a, b, otherwise)"),
    ],
)
def test_the_form_of_functions_of_other_tools(function: str, xmile: bool, form: str) -> None:
    assert function_form(function, xmile=xmile) == form


@pytest.mark.parametrize(
    ("before", "rest", "found"),
    [
        ("a *", "* b", ("**", "^")),
        ("a ", "&& b", ("&&", "AND")),
        ("a =", "= b", ("==", "=")),
        ("a ", "!= b", ("!=", "<>")),
        ("a ", "% b", ("%", "MOD")),
        ("a +", "* b", ("", "")),
        ("", "", ("", "")),
    ],
)
def test_signs_of_other_languages(before: str, rest: str, found: tuple[str, str]) -> None:
    assert sign_form(before, rest) == found


def test_the_first_mistake_is_raised_with_the_number_of_the_others(write: Write) -> None:
    path = write("b = nope ~~|\na = raet ~~|\nrate = 1 ~~|")
    with pytest.raises(ModelError) as caught:
        load_model(path)
    message = "'b', line 1: the variable 'nope' is not defined"
    more = "(and 1 more; `flatgov check FILE` lists all)"
    assert str(caught.value) == f"{path}, {message} {more}"
    assert caught.value.text == "nope"
    assert len(caught.value.all) == 2


def test_long_rows_and_long_circles(write: Write) -> None:
    row = " + ".join(["k"] * 5)
    chain = "".join(f"v{i} = v{(i + 1) % 2000} + {row} ~~|\n" for i in range(2000))
    ((line, variable, message, text),) = mistakes(write(chain + "k = 1 ~~|"))
    assert (line, variable, text) == (1, "v0", "v1")
    assert message.startswith("circular definition: v0 (line 1) → v1 (line 2) →")
    assert "→ … →" in message
    assert message.count("→") == 12
