"""Typeset equations: what they say must be what the expression says."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree, html

import flatgov as fg
from flatgov.check.page.functions import MEANINGS, SHORT
from flatgov.check.page.typeset import Typesetter
from flatgov.model import Call, Equation, Expression, Number, Reference
from flatgov.names import canonical
from flatgov.reading.functions import FUNCTIONS

CHILDREN = {"mfrac": 2, "msup": 2, "msub": 2, "munder": 2, "msubsup": 3}


def typeset(expression: Expression) -> str:
    anchors = {canonical(name): f"v{name}" for name in "abcd"}
    return str(Typesetter(anchors).equation("y", Equation(expression, "…", 1)))


def of_text(text: str, folder: Path) -> str:
    file = folder / "m.mdl"
    times = "INITIAL TIME = 0 ~~| FINAL TIME = 1 ~~| TIME STEP = 1 ~~| SAVEPER = 1 ~~|"
    names = "".join(f"{name} = 1 ~~| " for name in "abcd")
    file.write_text(f"{{UTF-8}}\ny = {text} ~~| t((0,0),(1,1)) ~~| {names} {times}")
    variable = fg.load_model(file).variables["y"]
    anchors = {canonical(name): f"v{name}" for name in ("a", "b", "c", "d", "t")}
    return str(Typesetter(anchors).equation("y", variable.equations[0]))


def words(page: str) -> str:
    return " ".join(html.fromstring(f"<div>{page}</div>").text_content().split())


@pytest.mark.parametrize(
    ("equation", "shown"),
    [
        ("a + b * c", "y = a + b × c"),
        ("(a + b) * c", "y = (a + b) × c"),
        ("a - (b - c)", "y = a − (b − c)"),
        ("a - b - c", "y = a − b − c"),
        ("-a * b", "y = −a × b"),
        ("MAX(a, 1e6)", "y = max(a, 1,000,000)"),
        ("SMOOTH3I(a, 2, 0.5)", "y = SMOOTH3I(a, 2, 0.5)"),
        ("t(a)", "y = t(a)"),
        ("LOG(a, 10)", "y = log10(a)"),
        ("a <> b", "y = a ≠ b"),
        ("INTEG(a - b, c)", "y = ∫startt (a − b)\u2009dt + initial valueinitial value = c"),
        ("IF THEN ELSE(a > 1 :AND: b > 2, c, d)", "y = c, if a > 1 and b > 2d, otherwise"),
    ],
)
def test_what_an_equation_reads_like(equation: str, shown: str, tmp_path: Path) -> None:
    assert words(of_text(equation, tmp_path)) == " ".join(shown.split())


@pytest.mark.parametrize(
    ("equation", "element"),
    [("a / b", "mfrac"), ("a ^ b", "msup"), ("SQRT(a)", "msqrt"), ("INTEG(a, b)", "msubsup")],
)
def test_what_is_not_in_a_row_is_mathml(equation: str, element: str, tmp_path: Path) -> None:
    assert f"<{element}>" in of_text(equation, tmp_path)


def test_names_lead_to_their_definitions(tmp_path: Path) -> None:
    assert '<a href="#va">a</a>' in of_text("a / b", tmp_path)
    assert "<a" not in of_text("Time / 2", tmp_path)


def test_sums_over_a_subscript_name_it() -> None:
    total = typeset(Call("SUM", (Reference("a", ("region!",)),)))
    assert "<munder><mo>∑</mo><mtext>region</mtext></munder>" in total
    assert "!" not in total


def test_subscripts_inside_a_fraction_are_mathml() -> None:
    text = typeset(Call("/", (Reference("a", ("north",)), Number(2.0))))
    assert '<msub><mtext><a href="#va">a</a></mtext><mtext>north</mtext></msub>' in text
    assert "<sub>" not in text


def test_a_wide_product_over_a_subscript_names_it_too() -> None:
    wide = Reference("a name of more than sixty letters is too wide for any fraction", ("r!",))
    assert words(typeset(Call("PROD", (wide,)))).startswith("y = ∏r(a name of")


def test_a_wide_fraction_is_written_in_a_row() -> None:
    wide = Reference("a name of more than sixty letters is too wide for any fraction at all")
    text = typeset(Call("/", (wide, Call("*", (Number(2.0), Number(3.0))))))
    assert "<mfrac>" not in text
    assert words(text).endswith(" / (2 × 3)")


def test_a_chain_of_ten_thousand_terms_does_not_end_it() -> None:
    chain: Expression = Number(0.0)
    for _ in range(10_000):
        chain = Call("+", (chain, Number(1.0)))
    text = Typesetter({}).equation("y", Equation(chain, "0+1+1…", 1))
    assert words(text).startswith("y = 0 + 1") or words(text) == "y = 0+1+1…"


# Names so wide that what they stand in is written in a row; their values are as long as they are.
WIDE = ("w" * 35, "v" * 70)
VALUES = {"a": 2.0, "b": 5.0, WIDE[0]: 3.0, WIDE[1]: 0.5}
numbers = st.one_of(
    st.integers(-3, 9).map(lambda value: Number(float(value))),
    st.sampled_from([Number(1e-7), Number(-1e-7), Number(3e22)]),
    st.sampled_from(list(VALUES)).map(Reference),
)


SIGNS: dict[str, Callable[..., float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "^": math.pow,
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
    "=": operator.eq,
    "<>": operator.ne,
    ":AND:": lambda one, other: one and other,
    ":OR:": lambda one, other: one or other,
    "MAX": max,
    "MIN": min,
}


def operations(inside: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    pairs = st.tuples(inside, inside)
    return st.one_of(
        *(pairs.map(lambda pair, sign=sign: Call(sign, pair)) for sign in SIGNS),
        st.tuples(inside).map(lambda one: Call("SQRT", one)),
        st.tuples(inside).map(lambda one: Call("EXP", one)),
        st.tuples(inside).map(lambda one: Call(":NOT:", one)),
        st.tuples(inside).map(lambda one: Call("negative", one)),
        st.tuples(inside).map(lambda one: Call("ABS", one)),
        st.tuples(inside, inside, inside).map(lambda three: Call("IF THEN ELSE", three)),
    )


@settings(deadline=None, max_examples=400)
@given(st.recursive(numbers, operations, max_leaves=14))
def test_the_page_says_what_the_expression_says(expression: Expression) -> None:
    """Reads the typeset equation back, as a mathematician would, and works both out."""
    try:
        value = work_out(expression)
    except (ZeroDivisionError, OverflowError, ValueError):
        return
    page = typeset(expression)
    for element in re.findall(r"<math>.*?</math>", page):
        for part in etree.fromstring(element).iter():
            assert CHILDREN.get(str(part.tag), len(part)) == len(part)
    text = read_back(page)
    assert eval(text, dict(READERS)) == pytest.approx(value, rel=1e-9), text


@pytest.mark.parametrize(
    "expression",
    [
        Call("^", (Call("^", (Number(5.0), Number(3.0))), Number(2.0))),
        Call("^", (Number(5.0), Call("^", (Number(3.0), Number(2.0))))),
        Call("^", (Call("/", (Number(5.0), Number(3.0))), Number(2.0))),
        Call("/", (Reference(WIDE[1]), Number(1e-7))),
        Call("^", (Number(1e-7), Number(2.0))),
    ],
)
def test_what_was_shown_wrong_once(expression: Expression) -> None:
    assert eval(read_back(typeset(expression)), dict(READERS)) == pytest.approx(
        work_out(expression), rel=1e-9
    )


def test_a_product_of_a_sum_is_no_sum_of_products() -> None:
    over = Reference("a", ("r!",))
    inside = typeset(Call("PROD", (Call("*", (over, Number(2.0))),)))
    behind = typeset(Call("*", (Call("PROD", (over,)), Number(2.0))))
    inside, behind = ("".join(words(one).split()) for one in (inside, behind))
    assert (inside, behind) == ("y=∏rar×2", "y=(∏rar)×2")


def test_a_comparison_is_no_second_equation() -> None:
    assert words(typeset(Call("=", (Reference("a"), Number(2.0))))) == "y = (a = 2)"


def test_cases_end_where_an_operand_ends() -> None:
    cases = Call("IF THEN ELSE", (Reference("a"), Number(1.0), Number(2.0)))
    sum_of = typeset(Call("/", (Call("+", (cases, Number(3.0))), Number(4.0))))
    assert "<mo>(</mo><mrow><mo>{</mo><mtable" in sum_of
    assert "<mo>(</mo>" not in typeset(Call("/", (cases, Number(4.0))))


def test_an_inner_sum_keeps_its_subscript() -> None:
    inner = Call("SUM", (Reference("b", ("s!",)),))
    outer = typeset(Call("SUM", (Call("*", (Reference("a", ("r!",)), inner)),)))
    assert "<munder><mo>∑</mo><mtext>r</mtext></munder>" in outer
    assert "<munder><mo>∑</mo><mtext>s</mtext></munder>" in outer


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("births / deaths", "‘births / deaths’"),
        ("land (rented)", "‘land (rented)’"),
        ("co-worker 2", "co-worker 2"),
    ],
)
def test_names_that_look_like_sums_stand_in_quotes(name: str, written: str) -> None:
    assert words(typeset(Reference(name))) == f"y = {written}"


def test_signs_in_fractions_have_space() -> None:
    total = Call("+", (Reference("a"), Reference("b")))
    assert "<mtext>\u00a0+\u00a0</mtext>" in typeset(Call("/", (total, Number(2.0))))


READERS: dict[str, object] = {**VALUES, "exp": math.exp, "sqrt": math.sqrt, "abs": abs}


def read_back(page: str) -> str:
    right = page.removeprefix("<b>y</b> = ")
    return conditions(formula(html.fromstring(f"<div>{right}</div>"))).strip()


def work_out(expression: Expression) -> float:
    if isinstance(expression, Number):
        return expression.value
    if isinstance(expression, Reference):
        return VALUES[expression.name]
    assert isinstance(expression, Call)
    first, *rest = [work_out(one) for one in expression.arguments]
    function = expression.function
    if function in SIGNS:
        return float(SIGNS[function](first, rest[0]))
    match function:
        case "negative":
            return -first
        case "ABS":
            return abs(first)
        case "SQRT":
            return math.sqrt(first)
        case "EXP":
            return math.exp(first)
        case ":NOT:":
            return float(not first)
    return rest[0] if first else rest[1]


def formula(element: html.HtmlElement) -> str:
    """Read HTML with MathML as a formula of Python."""
    parts = [formula(one) for one in element]
    inner = plain(element.text) + "".join(
        part + plain(one.tail) for part, one in zip(parts, element, strict=True)
    )
    kind = element.get("class")
    match element.tag:
        case "mfrac":
            return f"(({parts[0]})/({parts[1]}))"
        case "msup":
            return raised(element[0], parts)
        case "msqrt":
            return f"sqrt({inner})"
        case "mtable":
            return chosen([[formula(cell) for cell in row] for row in element])
        case "mrow" if parts[:1] == ["|"]:
            return f"abs({''.join(parts[1:-1])})"
        case "mrow" if parts[:1] == ["{"]:
            return parts[1]
        case "span" if kind == "cases":
            return chosen([re.split(", (?=[§‡])", one) for one in parts])
        case "span" if kind == "w":
            return {"if": "§", "then": "¶", "else": "†", "otherwise": "‡"}.get(inner, inner)
        case "span" if kind == "fn":
            return inner.lower()
    return inner


def raised(base: html.HtmlElement, parts: list[str]) -> str:
    """Read a power as it looks: a fraction or power without brackets is taken apart."""
    power = parts[1]
    if len(base) == 1 and base[0].tag == "mfrac":
        top, bottom = (formula(one) for one in base[0])
        return f"(({top})**({power})/({bottom}))"
    if len(base) == 1 and base[0].tag == "msup":
        first, second = (formula(one) for one in base[0])
        return f"({first}**({second})**({power}))"
    return f"{parts[0]}**({power})"


def plain(text: str | None) -> str:
    """Write signs as Python does."""
    signs = {"−": "-", "×": "*", "^": "**", "\u00a0": " ", " if ": "§", "≤": "<=", "≥": ">="}
    signs |= {" = ": " == ", "≠": "!="}
    text = "==" if text == "=" else text or ""
    for shown, meant in signs.items():
        text = text.replace(shown, meant)
    text = re.sub(r"(?<=\d),(?=\d{3})", "", text)
    text = re.sub(r"(?<![\w.])\d+(?![\w.])", r"\g<0>.0", text)
    digits = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
    return re.sub("[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+", lambda found: "**" + found[0].translate(digits), text)


def chosen(rows: list[list[str]]) -> str:
    """Write cases, each a value and a condition, as a conditional expression."""
    text = f"({rows[-1][0]})"
    for value, condition in reversed(rows[:-1]):
        text = f"(({value}) if ({condition.removeprefix('§').removeprefix('if ')}) else {text})"
    return text


def conditions(text: str) -> str:
    """Turn ``(if … then … else …)`` round, the innermost first."""
    while "§" in text:
        start = text.rindex("§")
        depth = 0
        for end in range(start, len(text)):
            depth += {"(": 1, ")": -1}.get(text[end], 0)
            if depth < 0:
                break
        condition, _, rest = text[start + 1 : end].partition("¶")
        yes, _, no = rest.partition("†")
        text = f"{text[:start]}({yes}) if ({condition}) else ({no}){text[end:]}"
    return text


def test_functions_that_are_explained_or_shortened_exist() -> None:
    own = {"SMOOTHI", "SMOOTH3I", "DELAY1I", "DELAY3I"}
    assert set(MEANINGS) <= set(FUNCTIONS) | own
    assert set(SHORT) <= set(FUNCTIONS)
