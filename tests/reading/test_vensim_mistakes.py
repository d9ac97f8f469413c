"""Every mistake in a .mdl file is found once, with its line, the piece of text and a fix."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from flatgov.errors import FlatgovError, ModelError, Place
from flatgov.model import Model
from flatgov.reading import load_model

Write = Callable[..., Path]
Found = list[tuple[str, int, str, str, str]]


def found(path: Path) -> Found:
    """Give variable, line, problem, fix and piece of text of each mistake."""
    with pytest.raises(ModelError) as caught:
        load_model(path)
    return [_parts(error) for error in caught.value.all]


def _parts(error: FlatgovError) -> tuple[str, int, str, str, str]:
    where = error.where
    assert isinstance(where, Place)
    return where.variable, where.line, error.what, error.fix, error.text


@pytest.mark.parametrize(
    ("equation", "line", "what", "fix", "text"),
    [
        ("a\n + * 2", 2, "two operators follow each other: '+ *'", "remove one, or write", "+ *"),
        ("a *", 1, "the equation ends with '*'", "write what follows", "*"),
        ("\n\n / a", 3, "the equation starts with '/'", "write what stands", "/"),
        ("3 + (\n(a + 1) * 2", 1, "'(' is not closed", "add ')'", "("),
        ("MAX((a + 1,\n 3)", 1, "'(' is not closed", "add ')'", "(a + 1,"),
        ("MAX(a, 3", 1, "'MAX(' is not closed", "add ')'", "MAX(a, 3"),
        ("(a + 1)) * 2", 1, "')' closes nothing", "remove it", "1))"),
        ("a]", 1, "']' closes nothing", "remove it", "]"),
        ("x[d", 1, "'[' is not closed", "close it with ']'", "[d"),
        ("x[d+1]", 1, "the subscripts '[d+1]' are no list", "write them as [name", "[d+1]"),
        ("2 a", 1, "an operator is missing between '2' and 'a'", "write an operator", "a"),
        ("(a) (3)", 1, "an operator is missing before '(3)'", "write an operator", "(3)"),
        ("a\n b", 1, "an operator is missing between 'a' and 'b'", "write one", "a\n b"),
        ("a b(3)", 1, "an operator is missing between 'a' and 'b'", "write one", "a b"),
        ("a SMOOTH(b, 3)", 1, "missing between 'a' and 'smooth'", "write one", "a SMOOTH"),
        ("a == 3", 1, "'==' is no sign", "write '='", "=="),
        ("a != 3", 1, "'!=' is no sign", "write '<>'", "!="),
        ("a ** 3", 1, "'**' is no sign", "write '^'", "**"),
        ("a && b", 1, "'&&' is no sign", "write ':AND:'", "&&"),
        ("a || b", 1, "'||' is no sign", "write ':OR:'", "||"),
        ("a ≥ b", 1, "'≥' is no sign", "write '>='", "≥"),
        ("a × b", 1, "'×' is no sign", "write '*'", "×"),
        ("a − b", 1, "'−' is no sign", "write '-'", "−"),
        ("a % 2", 1, "there is no sign '%'", "divide by 100", "%"),
        ("a @ 2", 1, "the sign '@' has no meaning", "put a name that holds it", "@"),
        ("if(a > b, 1, 2)", 1, "there is no IF", "write IF THEN ELSE(", "if"),
        ("IF a > b THEN 1 ELSE 2", 1, "there is no IF", "write IF THEN ELSE(", "IF"),
        ("a > 1 and b < 2", 1, "missing between '1' and 'and b'", "write :AND: for", "and b < 2"),
        ("1 < a < 2", 1, "a comparison follows another", "join two comparisons", "a <"),
        ("a :AMD: b", 1, "there is no operator ':AMD:'", "write :AND:", ":AMD:"),
        ("0,5 * a", 1, "a comma cannot stand in a number", "write 0.5", "0,5"),
        ("3,5", 1, "given a list of numbers and has no subscripts", "write a decimal", "3,5"),
        ("MAX(a, )", 1, "an argument is missing", "write it, or remove", ", )"),
        ("MAX(, a)", 1, "an argument is missing", "write it, or remove", "(,"),
        ("MAX(a; b)", 1, "';' stands outside of the arguments", "remove it", "; b)"),
        ("a * ()", 1, "the parentheses are empty", "write what is missing", ")"),
        ("MAX（a, b)", 1, "'（' is a full-width sign", "write '('", "（"),
        ("MAX(a，b)", 1, "'，' is a full-width sign", "write ','", "，"),
        ("a +\n １", 2, "'１' is a full-width sign", "write '1'", "１"),
        ("“a” + b", 1, "'“' is no sign", "write '\"'", "“"),
        ("a + 'x", 1, "a text in single quotes is not closed", "end it with '", "'x"),
        ("a + }", 1, "'}' closes no comment", "remove it or open", "}"),
        ("", 1, "the right-hand side is empty", "write the equation after", "="),
        ("1e999", 1, "'1e999' is too large for a number", "write a number below", "1e999"),
        ("WITH LOOKUP(a, ((0,0)(1,1)))", 1, "a comma is missing before the point", "write each",
         "(1,1)))"),
        ("SINTEG(a, 1, 0, 1, 2, :NA:, :NA:)", 1, "only the limits of SINTEG", "write :NA:",
         "SINTEG"),
        ("SINTEG(a, 1)", 1, "SINTEG is given 2 arguments and takes 7", "", "SINTEG"),
        ("A FUNCTION OF(a, b)", 1, "the equation is incomplete (A FUNCTION OF)",
         "write the equation",
         "A FUNCTION OF"),
        ("(" * 101 + "1" + ")" * 101, 1, "nested 101 deep", "if it is meant", "("),
        ("1 ^ " * 400 + "1", 1, "the equation is nested too deeply", "", "1 ^ 1"),
    ],
)  # fmt: skip
def test_a_wrong_equation(
    write: Write, equation: str, line: int, what: str, fix: str, text: str
) -> None:
    path = write(f"y = {equation} ~~|\na = 1 ~~|\nb = y + a ~~|\nd: d1, d2 ~~|\nx[d] = 1 ~~|")
    [(variable, at, problem, mend, piece)] = found(path)
    assert (variable, at) == ("y", line)
    assert what in problem
    assert mend[: len(fix) or None] == fix
    assert piece.startswith(text)
    assert piece in path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("definition", "what", "text"),
    [
        ("f((0,0),(1,1),(5,2),(3,4))", "the points of the lookup are out of order: x = 3 after 5",
         "(3,4)"),
        ("f((0,0)(1,1))", "a comma is missing before the point", "(1,1))"),
        ("f((0,0),(1 1))", "a comma is missing in the point", "(1 1)"),
        ("f((0,0),(1,1)", "the points of the lookup are not closed", "((0,0),(1,1)"),
        ("f([(0,0)-(1,1)](0,0),(1,1))", "a comma is missing before the point", "(0,0),(1,1))"),
        ("f((0,0),(1,1,1))", "'(1,1,1)' is no point of a lookup", "(1,1,1)"),
        ("f((0,0),(a,1))", "'(a,1)' is no point of a lookup", "(a,1)"),
        ("f((0,0),(1，1))", "'，' is a full-width sign", "，"),
        ("f((0,0),(1,1)) * 2", "'* 2' follows the points of the lookup", "* 2"),
        ("f(1, 2, 3)", "the lookup has 3 numbers, not as many y as x", "(1, 2, 3)"),
        ("f-g = 1", "'-' cannot stand in a name without quotes", "-g = 1"),
        ("f（g） = 1", "'（' is a full-width sign", "（"),
        ("f ＝ 1", "'＝' is a full-width sign", "＝"),
        ("f[d = 1", "'[' is not closed", "[d = 1"),
        ("f[1+] = 1", "the subscripts '[1+]' are no list of names", "[1+]"),
        ("f :RWA:", "there is no keyword :RWA:", ":RWA:"),
        ("f :RAW: = 1", "the keyword :RAW: stands before '='", ":RAW:"),
        ("f :IS: 'text'", "texts as values (:IS:) are not supported", ":IS:"),
        ("f: a+b, c", "'+b, c' does not fit into a list of elements", "+b, c"),
        ("f:", "the subscript range is empty", ":"),
    ],
)  # fmt: skip
def test_a_wrong_definition(write: Write, definition: str, what: str, text: str) -> None:
    path = write(f"a = 1 ~~|\n{definition} ~~|\nb = a ~~|")
    [(variable, line, problem, _, piece)] = found(path)
    assert (variable.split("-")[0], line) == ("f", 2)
    assert what in problem
    assert piece == text


def test_all_mistakes_of_a_file_are_found_and_nobody_else_is_blamed(write: Write) -> None:
    path = write(
        "a = b + * 2 ~~|\nb = MAX(1 ~~|\nc = a + b ~~|\nd = unknown ~~|\ne[d = 0 ~~|\n"
        "f((0,0)(1,1)) ~~|\ng = f(c) + e ~~|"
    )
    assert [(name, line) for name, line, *_ in found(path)] == [
        ("a", 1), ("b", 2), ("d", 4), ("e", 5), ("f", 6),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("a = 1 ~ u ~ doc\nb = a ~ u ~ d |\nc = b ~~|", "a"),
        ("a = 1 ~ u\nb = a ~ u ~ d |\nc = b ~~|", "a"),
        ("a = 1\nb = a ~ u ~ d |\nc = b ~~|", "a"),
        ("a = 1 ~ u ~ d ~\nb = a ~ u ~ d |\nc = b ~~|", "a"),
        ("a = 1 ~ u ~ d ~ :SUP\nb = 2 ~ u ~ d ~ :SUP |\nc = a + b ~~|", "a"),
        ("a = 1 ~ u ~ x = 2 means\nmore\nb = a ~ u ~ d |\nc = b ~~|", "a"),
        ("a = 1 ~ u ~ d\nf((0,0),(1,1)) ~~|\nc = f(a) ~~|", "a"),
        ("a = 1 ~ u ~ d\n\"b c\"[D] = 1 ~~|\nD: p, q ~~|\nc = a ~~|", "a"),
        ("a = 1 ~ u ~ d\n***\n\t.Group\n***~\n\t|\nc = a ~~|", "a"),
    ],
)  # fmt: skip
def test_a_definition_that_is_not_closed_hides_no_other(
    write: Write, text: str, names: str
) -> None:
    [(variable, line, what, fix, piece)] = found(write(text))
    assert (variable, line, what) == (names, 1, "the definition is not closed")
    assert (fix, piece) == ("end every definition with '|'", "a = 1")


def test_a_group_after_a_definition_that_is_not_closed_is_one(write: Write) -> None:
    path = write("a = 1 ~ u ~ d\n***\n\t.Group\n***~\n\t|\nc = 1 + ~~|")
    assert [line for _, line, *_ in found(path)] == [1, 6]


def test_a_misspelt_name_of_several_words_is_no_missing_operator(write: Write) -> None:
    path = write("birth rate = 1 ~~|\nbirths = 1 ~~|\nrate = 1 ~~|\ny = births rate ~~|")
    [(variable, _, what, *_)] = found(path)
    assert (variable, what) == ("y", "the variable 'births rate' is not defined")


def test_comparisons_at_the_start_of_lines_start_no_definition(
    load: Callable[..., Model],
) -> None:
    model = load(
        "a = IF THEN ELSE(\nb = 3, 1,\nb = 4) + (\nb = 1) ~~|\nb = \nc > 1 ~ x ~\na = b\n|c = 1 ~~|"
    )
    assert list(model.variables) == ["a", "b", "c"]
    assert model.variables["b"].documentation == "a = b"


def test_quotes_and_comments_that_are_not_closed(write: Write) -> None:
    path = write('a = 1 ~~|\n"b = 2 ~~|\nc = a +\n "x y ~~|\nd = { 2 + a ~~|\ne = c + d ~~|')
    assert [(line, what, text) for _, line, what, _, text in found(path)] == [
        (2, "a quote is not closed", '"b = 2'),
        (4, "a quote is not closed", '"x y'),
        (5, "a comment is not closed", "{ 2 + a ~~|"),
    ]


def test_a_macro_that_is_not_closed_is_the_last_word(write: Write) -> None:
    path = write("a = 1 ~~|\n:MACRO: M(x)\nM = x + * 2 ~~|\ny = M(1) ~~|")
    assert [(name, line, what) for name, line, what, *_ in found(path)] == [
        ("M", 2, "the macro M is not closed"),
        ("M", 3, "two operators follow each other: '+ *'"),
    ]
    path = write(":MACRO: M\nM = 1 ~~|\n:END OF MACRO:\ny = 1 ~~|")
    assert found(path)[0][2] == "the head of the macro is wrong"


@pytest.mark.parametrize(
    "text",
    [
        "{" * 50_000 + "a = 1 ~~|",
        "a = " + '"\\' * 50_000 + "~~|",
        "y = a" + " " * 50_000 + "@ 1 ~~|",
        "y = x[a" + " " * 50_000 + "+] ~~|",
        "y = " + "1" * 50_000 + "x ~~|",
        "y = " + "(" * 50_000 + "~~|",
        "y = " + "2 ^ " * 50_000 + "1 ~~|",
        "y = " + ":NOT:" * 50_000 + "1 ~~|",
        "y = " + "a " * 50_000 + "~~|",
        "f(" + "(0,0)," * 20_000 + "x) ~~|",
        "a = 1\n" * 10_000 + "~~|",
        "a = 1 ~ u ~ d\n" * 5_000 + "|",
        ":MACRO:" * 10_000,
    ],
)
def test_strange_files_end_soon_and_plainly(write: Write, text: str) -> None:
    assert found(write(text))
