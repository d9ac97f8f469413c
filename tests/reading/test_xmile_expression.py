"""The grammar of XMILE's expressions, against the rules of its specification."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from flatgov.errors import ModelError
from flatgov.model import Model
from flatgov.reading.xmile_expression import (
    Apply,
    ExpressionError,
    Literal,
    Name,
    Node,
    parse,
    unescape,
)
from reading.xmile_text import aux, xmile

Load = Callable[..., Model]


def written(node: Node) -> str:
    """Write a tree with a parenthesis around everything."""
    if isinstance(node, Literal):
        return f"{node.value:g}"
    if isinstance(node, Name):
        inside = "" if node.subscripts is None else f"[{','.join(map(written, node.subscripts))}]"
        return node.text + inside + ("'" if node.transposed else "")
    arguments = [written(argument) for argument in node.arguments]
    if len(arguments) == 2 and not node.function.isidentifier():
        return f"({arguments[0]} {node.function} {arguments[1]})"
    return f"{node.function}({','.join(arguments)})"


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("a - b + c", "((a - b) + c)"),
        ("a - b * c / d", "(a - ((b * c) / d))"),
        ("a // b", "(a // b)"),
        ("2 ^ 3 ^ 2", "(2 ^ (3 ^ 2))"),
        ("-2 ^ 2", "negative((2 ^ 2))"),
        ("2 ^ -3 ^ 2", "(2 ^ negative((3 ^ 2)))"),
        ("- -a", "negative(negative(a))"),
        ("+a * -b", "(a * negative(b))"),
        ("a MOD b * c", "(mod(a,b) * c)"),
        ("TIME MOD(2)", "mod(TIME,2)"),
        ("mod(a, 2)", "mod(a,2)"),
        ("a < b = c", "((a < b) = c)"),
        ("a = b < c", "(a = (b < c))"),
        ("a <= b <> c >= d", "((a <= b) <> (c >= d))"),
        ("a OR b AND c", "or(a,and(b,c))"),
        ("NOT a = b", "(not(a) = b)"),
        ("not (a = b) And c", "and(not((a = b)),c)"),
        ("IF a > 1 THEN b ELSE c + 1", "if((a > 1),b,(c + 1))"),
        ("IF(a) THEN(b) ELSE IF(c) THEN d ELSE e", "if(a,b,if(c,d,e))"),
        ("1 + (IF a THEN b ELSE c)", "(1 + if(a,b,c))"),
        ("a {of course} + b {and more}", "(a + b)"),
        (".5 + 1. + 1e-3 + 2.5E+2", "(((0.5 + 1) + 0.001) + 250)"),
        ('"a b\\n\\"c\\"" + d_e', '(a b "c" + d_e)'),
        ('.area + hares."hare density"', "(.area + hares.hare density)"),
        ("Größe + 人口_1", "(Größe + 人口_1)"),
        ("MAX(a, b, c)", "max(a,b,c)"),
        ("TIME()", "time()"),
        ("SUM(a[*, x])", "sum(a[*(),x])"),
        ("a[1:3, @2] + b'", "(a[(1 : 3),@(2)] + b')"),
    ],
)
def test_grouping(text: str, tree: str) -> None:
    assert written(parse(text)) == tree


def test_vensim_writes_not_of_a_whole_comparison() -> None:
    assert written(parse("NOT a = b AND c", vensim=True)) == "and(not((a = b)),c)"
    assert parse("NOT a = b") == Apply("=", (Apply("not", (Name("a"),)), Name("b")))


BETWEEN = "write an operator (+ - * / ^) or a comma between them"
CONDITION = "write IF condition THEN a ELSE b"
FOLLOWS = "write what follows it, or remove it"


@pytest.mark.parametrize(
    ("text", "message", "fix", "piece"),
    [
        (
            "a b",
            "an operator is missing between 'a' and 'b'",
            f"{BETWEEN}, or '_' for the spaces in a name",
            "b",
        ),
        ("3 4", "an operator is missing between '3' and '4'", BETWEEN, "4"),
        ("a +", "the equation ends with '+'", FOLLOWS, "+"),
        ("a and", "the equation ends with 'AND'", FOLLOWS, "and"),
        (
            "a / * b",
            "two operators follow each other: '/ *'",
            "remove one, or write what is missing between them",
            "/ *",
        ),
        ("(a", "'(' is not closed", "add ')'", "(a"),
        ("MAX(a, b", "'MAX(' is not closed", "add ')'", "MAX(a, b"),
        ("a)", "')' closes nothing", "remove it", ")"),
        ("a[1", "'[' is not closed", "add ']'", "[1"),
        ("a[1)", "'[' is not closed", "add ']'", "[1)"),
        ("a[]", "the brackets are empty", "name a subscript", "]"),
        ("MAX(a,)", "an argument is missing", "write it, or remove the comma", ",)"),
        ("(a +)", "nothing stands between '+' and ')'", "write what is missing, or", "+)"),
        ("IF a THEN b", "IF has no ELSE", CONDITION, "IF"),
        ("1 + (if a, 3)", "IF has no THEN", CONDITION, "if"),
        ("IF(a > b, 3, 2)", "there is no function IF in XMILE", CONDITION, "IF"),
        (
            "IF THEN ELSE(a, 3, 2)",
            "there is no function IF THEN ELSE in XMILE",
            CONDITION,
            "IF THEN ELSE",
        ),
        ("a * 3%", "'%' is no sign of XMILE's equations", "divide by 100 instead", "%"),
        ("a % b", "'%' is no sign of XMILE's equations", "write MOD for %", "%"),
        ("a <= > b", "two operators follow each other: '<= >'", "remove one, or", "<= >"),
        ("a => b", "'=>' is no sign of XMILE's equations", "write >= for =>", "=>"),
        ("???", "the equation is left open (???)", "write it", "???"),
        ("a ? b", "the sign '?' has no meaning here", "put a name that holds it in", "?"),
        ("f(x)(y)", "an operator is missing before '(y)'", BETWEEN, "(y)"),
        ("{a", "a comment is not closed", "end it with '}'", "{a"),
        ('"a', "a quote is not closed", 'write names as "name"', '"a'),
        (
            "5,000",
            "a comma cannot stand in a number",
            "write 5000, or 5.000 if a decimal comma is meant",
            "5,000",
        ),
        ("0,05", "a comma cannot stand in a number", "write 0.05", "0,05"),
        ("((0,1),(1,2))", "the points of a lookup cannot stand", "put them into a <gf>", "(0,1)"),
        ("1e999", "'1e999' is too large for a number", "write a number below", "1e999"),
    ],
)
def test_what_is_no_expression(text: str, message: str, fix: str, piece: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse(text)
    error = caught.value
    assert str(error).startswith(message)
    assert error.fix.startswith(fix)
    assert bool(error.fix) == bool(fix)
    assert error.text.startswith(piece)
    assert error.text in text


def test_the_depth_of_an_equation_is_bounded(load: Load) -> None:
    with pytest.raises(ExpressionError, match="the equation is nested"):
        parse("(" * 20000 + "1" + ")" * 20000)

    def text(depth: int) -> str:
        return xmile(aux(x="(" * depth + "1" + ")" * depth))

    assert "x" in load(text(100), "a.xmile").variables
    with pytest.raises(ModelError, match="nested 101 deep, and the limit nesting is 100"):
        load(text(101), "a.xmile")


def test_escapes_in_names() -> None:
    assert unescape("two\\nlines  and \\\\ a\\tslash") == "two lines and \\ atslash"
