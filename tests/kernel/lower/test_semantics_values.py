"""Arithmetic, logic, lookups and subscripts: the rules of Vensim's reference manual, where others
would give other numbers. All pages are of vensim.com/documentation."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from kernel.lower.models import check, write


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        # fn_integer.html, fn_quantum.html: towards zero; a quantum that is not above 0 does
        # nothing.
        ("INTEGER(-1.5)", -1),
        ("QUANTUM(-1.9, 1)", -1),
        ("QUANTUM(-0.9, 1)", 0),
        ("QUANTUM(423, 63)", 378),
        ("QUANTUM(5.5, 0)", 5.5),
        ("QUANTUM(5.5, -2)", 5.5),
        # fn_modulo.html: A - QUANTUM(A, B), as C does: with the sign of A.
        ("MODULO(-7, 3)", -1),
        ("MODULO(7, 3)", 1),
        ("MODULO(76.5, 70)", 6.5),
        ("MODULO(7, 0)", 0),
        # fn_xidz.html, fn_zidz.html: below 1e-6, not only at 0; 1e-6 itself divides.
        ("ZIDZ(3, 0.0000009)", 0),
        ("ZIDZ(3, -0.0000009)", 0),
        ("ZIDZ(3, 0.000001)", 3 / 0.000001),
        ("XIDZ(3, -0.0000009, 8)", 8),
        ("XIDZ(3, -2, 8)", -1.5),
        # fn_power.html: a negative base has whole powers; 2^3^2 and -2^2 as in the reference
        # outputs of the test models `arithmetics` and `exponentiation`.
        ("POWER(-2, 3)", -8),
        ("2 ^ 3 ^ 2", 512),
        ("-2 ^ 2", -4),
        ("LOG(8, 2)", math.log(8) / math.log(2)),
        # operators.html; 21270.html: what is not zero is true.
        ("IF THEN ELSE(0.5, 1, 2)", 1),
        ("IF THEN ELSE(-1, 1, 2)", 1),
        ("IF THEN ELSE(:NOT: 2, 1, 2)", 2),
        ("IF THEN ELSE(0.5 :AND: 2, 1, 2)", 1),
        ("IF THEN ELSE(0 :OR: 0.1, 1, 2)", 1),
        # operators.html: :NOT: before :AND: before :OR:, whatever comes first.
        ("IF THEN ELSE(1 :OR: 1 :AND: 0, 1, 2)", 1),
        ("IF THEN ELSE(0 :AND: 0 :OR: 1, 1, 2)", 1),
        ("IF THEN ELSE(1 :OR: 0 :AND: 0 :OR: 0 :AND: 1, 1, 2)", 1),
        ("IF THEN ELSE(0 :OR: 1 :AND: 0 :OR: 0 :AND: 1, 1, 2)", 2),
        ("IF THEN ELSE(:NOT: 0 :AND: 0, 1, 2)", 2),
        # No tolerance is documented for =; XIDZ is for that.
        ("IF THEN ELSE(0.1 + 0.2 = 0.3, 1, 2)", 2),
        ("IF THEN ELSE(0.1 + 0.2 <> 0.3, 1, 2)", 1),
        ("MIN(3, -4)", -4),
    ],
)
@pytest.mark.parametrize("known", [True, False])
def test_a_value(tmp_path: Path, expression: str, value: float, known: bool) -> None:
    """Of numbers, and of the same numbers when a run computes with them."""
    text = f"x = {expression} ~~|"
    if not known:
        numbers = dict.fromkeys(part for part in expression.replace("(", " ").replace(",", " ")
                                .replace(")", " ").split() if part[0].isdigit())  # fmt: skip
        for place, number in enumerate(numbers):
            text = " ".join(f"c{place}" if word == number else word for word in _words(text))
        text += "".join(f" c{i} = {number} ~~|" for i, number in enumerate(numbers))
    ds = write(tmp_path, text, final=1).run()
    np.testing.assert_allclose(ds["x"], [value, value], rtol=1e-15)


def _words(text: str) -> list[str]:
    for sign in "(),-":
        text = text.replace(sign, f" {sign} ")
    return text.split()


def test_what_is_not_chosen_does_no_harm(tmp_path: Path) -> None:
    # fn_if_then_else.html: only the value returned is evaluated; but a condition that is no
    # number has no answer.
    text = "x = IF THEN ELSE(Time = 0, 3, 1 / Time) ~~| y = IF THEN ELSE(0 / Time > 1, 1, 2) ~~|"
    ds = write(tmp_path, text, final=2).run()
    check(ds, {"x": [3, 1, 0.5]})
    assert np.isnan(ds["y"][0])
    assert ds["y"][1:].values.tolist() == [2, 2]


def test_lookups_beyond_their_ends(tmp_path: Path) -> None:
    # 22820.html: the first and last value hold; fn_lookup_extrapolate.html, …_forward, …_backward.
    text = """f((0,1),(1,1),(2,2)) ~~|
    hold[way] = f(x[way]) ~~|
    extrapolate[way] = LOOKUP EXTRAPOLATE(f, x[way]) ~~|
    forward[way] = LOOKUP FORWARD(f, x[way]) ~~|
    backward[way] = LOOKUP BACKWARD(f, x[way]) ~~|
    way: below, within, at, above ~~|
    x[way] = -1, 1.5, 1, 2.5 ~~|
    """
    ds = write(tmp_path, text, final=1).run()
    assert ds["hold"][0].values.tolist() == [1, 1.5, 1, 2]
    assert ds["extrapolate"][0].values.tolist() == [1, 1.5, 1, 2.5]
    assert ds["forward"][0].values.tolist() == [1, 2, 1, 2]
    assert ds["backward"][0].values.tolist() == [1, 1, 1, 2]


RANGES = """
region: north, middle, south ~~|
inner: middle, south ~~|
again <-> region ~~|
team: red, green, blue -> region ~~|
x[region] = 1, 2, 4 ~~|
"""


@pytest.mark.parametrize(
    ("equation", "values"),
    [
        # 22095.html: names stand for their numbers, from 1; those of a part of a range for the
        # numbers in the whole (reference output of the test model subscript_definition).
        ("y[region] = region", [1, 2, 3]),
        ("y[inner] = inner", [2, 3]),
        ("y[region] = IF THEN ELSE(region = middle, 7, 8)", [8, 7, 8]),
        # A mapped range takes the element at the same place.
        ("y[team] = x[region]", [1, 2, 4]),
        ("y[region] = x[again] * 10", [10, 20, 40]),
        # Two names of one range are two subscripts.
        ("y[region, again] = x[region] - x[again]", [[0, -1, -3], [1, 0, -2], [3, 2, 0]]),
        ("y[region] = x[region] * SUM(x[again!])", [7, 14, 28]),
        # The sum over a part of a range, and of products.
        ("y = SUM(x[inner!])", 6),
        ("y = PROD(x[inner!]) + VMIN(x[region!]) + VMAX(x[inner!])", 8 + 1 + 4),
        ("y = SUM(x[inner!] * x[region!])", 42),
        ("y = ELMCOUNT(inner)", 2),
        # All but a part.
        ("y[region] :EXCEPT: [inner] = 5 ~~| y[inner] = x[inner]", [5, 2, 4]),
        ("y[region] :EXCEPT: [north] = 5 ~~| y[north] = 6", [6, 5, 5]),
        # fn_vector_elm_map.html: an offset from 0, from the element that is named.
        ("y = VECTOR ELM MAP(x[middle], 1)", 4),
        ("y[region] = VECTOR ELM MAP(x[south], 1 - region)", [4, 2, 1]),
    ],
)
def test_subscripts(tmp_path: Path, equation: str, values: object) -> None:
    ds = write(tmp_path, f"{RANGES}{equation} ~~|", final=1).run()
    np.testing.assert_array_equal(ds["y"][0], values)


def test_a_condition_that_is_settled_needs_no_more(tmp_path: Path) -> None:
    # The guard of a division, as scientific_revolution of the MetaSD library has it: "added to
    # avoid div/0 condition".
    text = """
n = STEP(1, 2) ~~|
x = IF THEN ELSE(n > 0 :AND: n / n > 0, n / n, 5) ~~|
y = IF THEN ELSE(n = 0 :OR: n / n > 0, 3, 4) ~~|
z = IF THEN ELSE(n = 0 :AND: n / n > 0, 3, 4) ~~|
"""
    ds = write(tmp_path, text, final=3).run()
    check(ds, {"x": [5, 5, 1, 1], "y": [3, 3, 3, 3]})
    assert np.isnan(ds["z"][0])  # Here the division decides.


def test_a_place_outside_of_a_variable_is_not_a_number(tmp_path: Path) -> None:
    # fn_vector_elm_map.html: an error message, and :NA:, which here is never silent.
    ds = write(tmp_path, f"{RANGES} y = VECTOR ELM MAP(x[south], Time) ~~|", final=1).run()
    assert ds["y"][0] == 4
    assert np.isnan(ds["y"][1])
    assert "'y' (line " in ds.attrs["failed"]
    assert "is not a number at time 1" in ds.attrs["failed"]
