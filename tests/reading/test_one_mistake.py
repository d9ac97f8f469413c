"""One mistake in a Vensim model is one error, with what was meant."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from flatgov.errors import ModelError
from flatgov.model import Model
from flatgov.reading import load_model
from reading.mistakes import Mistake, mistakes

Load = Callable[..., Model]
Write = Callable[..., Path]

SKETCH = r"\\\---/// Sketch information - do not modify anything except names"
DRAWN = "*View 1\n$192-192-192,0,Times New Roman|12||0-0-0|0-0-0|0-0-255|-1--1--1|96,96,100,0\n"


def controls(**spelling: str) -> str:
    """Give the control variables under other names, those that are `None` not at all."""
    values = {"INITIAL TIME": "0", "FINAL TIME": "10", "TIME STEP": "1", "SAVEPER": "1"}
    names = {name: spelling.get(name.replace(" ", "_"), name) for name in values}
    return "".join(f"{names[name]} = {value} ~ Month ~ |\n" for name, value in values.items())


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("INITIAL TIME", "INITIALTIME"),
        ("INITIAL TIME", "INITAL TIME"),
        ("FINAL TIME", "FINALTIME"),
        ("TIME STEP", "TIMESTEP"),
        ("TIME STEP", "TIME STP"),
        ("SAVEPER", "SAVE PER"),
    ],
)
def test_a_misspelt_control_variable(write: Write, name: str, wrong: str) -> None:
    text = "a = TIME STEP + FINAL TIME ~~|\n" + controls(**{name.replace(" ", "_"): wrong})
    path = write(text.replace("a = ", "FINAL TIMES = "))
    ((line, variable, message, piece),) = mistakes(path)
    assert (variable, piece) == (wrong, wrong)
    assert path.read_text(encoding="utf-8").splitlines()[line - 1].startswith(wrong)
    assert message == (
        f"the control variable {name} is missing, and '{wrong}' is none; did you mean '{name}'?"
    )


def test_what_is_not_like_a_control_variable(load: Load, write: Write) -> None:
    model = load(controls(SAVEPER="saving period") + "time stepper = 2 ~~|")
    assert model.time.saveper == 1
    both = load(controls() + "TIMESTEP = 3 ~~| SAVE PER = 7 ~~|")
    assert (both.time.step, both.time.saveper) == (1, 1)
    with pytest.raises(ModelError, match="TIME STEP is missing; add"):
        load_model(write(controls(TIME_STEP="life time")))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            "a = c + 1 ~~|\nc\n\t5000\n ~~|",
            (3, "c", "'=' is missing after 'c'; write it between the name and the number", "5000"),
            id="no sign",
        ),
        pytest.param(
            'a = birth rate + 1 ~~|\n"birth rate = 3 ~~|',
            (2, "birth rate", 'a quote is not closed; write names as "name"', '"birth rate = 3'),
            id="a quote",
        ),
        pytest.param(
            "D: d1, d2 ~~|\nD: (A1-A3) ~~|\na[d1] = 1 ~~|\na[d2] = 2 ~~|\nb[D] = a[D] ~~|",
            (2, "D", "the subscript range is defined twice; remove one of the two", "D"),
            id="a range twice",
        ),
        pytest.param(
            'a = GET XLS CONSTANTS("b.xlsx", "Sheet1", "B2") ~~|\nc = a ~~|',
            (
                1,
                "a",
                "an argument of GET DIRECT CONSTANTS is a name, not a text; write texts in single "
                "quotes: 'b.xlsx'",
                '"b.xlsx"',
            ),
            id="texts in double quotes",
        ),
        pytest.param(
            "a = 5,000 ~~|",
            (
                1,
                "a",
                "it is given a list of numbers and has no subscripts; write 5000, or 5.000 if a "
                "decimal comma is meant",
                "5,000",
            ),
            id="thousands",
        ),
        pytest.param(
            "a = 5,000,000.5 ~~|",
            (
                1,
                "a",
                "it is given a list of numbers and has no subscripts; write 5000000.5",
                "5,000,000.5",
            ),
            id="millions",
        ),
        pytest.param(
            "a = 0,5 ~~|",
            (
                1,
                "a",
                "it is given a list of numbers and has no subscripts; write a decimal point for a "
                "decimal comma, or give it subscripts",
                "0,5",
            ),
            id="a decimal comma",
        ),
        pytest.param(
            "a = 2 * 5,000 ~~|",
            (
                1,
                "a",
                "a comma cannot stand in a number; write 5000, or 5.000 if a decimal comma is "
                "meant",
                "5,000",
            ),
            id="thousands in an equation",
        ),
        pytest.param(
            "b = 1 ~~|\na = c(b) ~~|\nc(b) = 2 * b ~~|",
            (3, "c", "'(b)' follows the name; write the name and '=' alone", "(b)"),
            id="arguments on the left",
        ),
        pytest.param(
            "D: d1, d2 ~~|\nr[D] = 1 ~~|\ns[D] = 2 ~~|\nf[D] = r * s[D] ~~|",
            (4, "f", "'r' stands without its subscripts [D]; write r[D]", "r"),
            id="subscripts left out",
        ),
        pytest.param(
            "D: d1, d2 ~~|\nr[D] = 1 ~~|\nf = 2 * r ~~|",
            (
                3,
                "f",
                "'r' stands without its subscripts [D]; write r[D] and give the left-hand side "
                "the same, or name an element, as in r[d1]",
                "r",
            ),
            id="subscripts left out on both sides",
        ),
        pytest.param(
            "a = RANDOM NORMAL(5, 1, 2, 1, 0) ~~|",
            (
                1,
                "a",
                "the lowest value of RANDOM NORMAL, 5, is above the highest, 1; give the lower "
                "one first",
                "RANDOM NORMAL",
            ),
            id="bounds of random numbers",
        ),
        pytest.param(
            "D: d1, d2 -> (E: e1) ~~|\nE: e1, e2 ~~|\na[D] = 1 ~~|\nb[E] = 2 ~~|",
            (
                1,
                "D",
                "the mapping to 'E' has 1 elements for 2; list one element of 'E' for each of 'D'",
                "E",
            ),
            id="a mapping",
        ),
    ],
)
def test_one_mistake(write: Write, text: str, expected: Mistake) -> None:
    assert mistakes(write(text)) == [expected]


@pytest.mark.parametrize(
    ("first", "where"),
    [
        ("V300  Do not put anything below this section\n", "before it"),
        (SKETCH[2:] + "\nV300  Do not put anything below\n", "in its place"),
        ("", "before it"),
    ],
)
def test_a_sketch_without_its_marker(write: Write, first: str, where: str) -> None:
    path = write(f"a = 1 ~~|\n{controls()}\n{first}{DRAWN}")
    assert mistakes(path) == [
        (
            7,
            "",
            f"a sketch starts without its first line; write '{SKETCH}' {where}",
            (first or DRAWN).split("\n", 1)[0][:40],
        )
    ]


def test_a_sketch_with_its_marker(load: Load) -> None:
    model = load(f"a = 1 ~~|\n{controls()}\n{SKETCH}\nV300  Do not\n{DRAWN}")
    assert list(model.variables) == ["a"]


def test_a_truncated_file(write: Write) -> None:
    path = write("a = 1 ~~|\nb = 2 ~ FINAL TIME")
    (only,) = mistakes(path)
    assert only[:3] == (2, "b", "the definition is not closed; end every definition with '|'")
