"""Our algebra and its verdicts against pint, on random units and expressions."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flatgov.model import Call, Expression, Number, Reference
from flatgov.units.algebra import Unit
from flatgov.units.infer import Inference
from flatgov.units.parse import parse_units
from flatgov.units.scope import Scope

pint = pytest.importorskip("pint")

NAMES = ("qa", "qb", "qc")
REGISTRY: Any = pint.UnitRegistry(None)
for name in NAMES:
    REGISTRY.define(f"{name} = [dimension_{name}]")


def texts() -> st.SearchStrategy[str]:
    return st.recursive(
        st.sampled_from(["1", *NAMES]),
        lambda inner: st.one_of(
            st.tuples(inner, st.sampled_from("*/"), inner).map(lambda p: f"({p[0]}){p[1]}({p[2]})"),
            st.tuples(st.sampled_from(NAMES), st.sampled_from("*/"), inner).map("".join),
            st.tuples(inner, st.integers(-3, 3)).map(lambda p: f"({p[0]})^{p[1]}"),
        ),
        max_leaves=8,
    )


def powers(quantity: Any) -> dict[str, Fraction]:
    found = quantity.unit_items() if hasattr(quantity, "unit_items") else ()
    exact = {name: Fraction(float(power)).limit_denominator(1000) for name, power in found}
    return {name: power for name, power in exact.items() if power}


def test_pint_is_asked() -> None:
    assert powers(REGISTRY.parse_expression("qa/qb**2")) == {"qa": 1, "qb": -2}
    with pytest.raises(pint.DimensionalityError):
        by_pint(Call("+", (Reference("x"), Number(5.0))))


def ours(unit: Unit) -> dict[str, Fraction]:
    return dict(unit.powers)


@settings(deadline=None)
@given(texts())
def test_a_text_means_what_pint_reads(text: str) -> None:
    unit = parse_units(text)
    assert unit is not None
    assert ours(unit) == powers(REGISTRY.parse_expression(text.replace("^", "**")))


VARIABLES = {
    "w": "1",
    "x": "qa",
    "y": "qb",
    "z": "qa/qb",
    "u": "qa^2*qc",
}
SCOPE = Scope({}, {name: parse_units(text) for name, text in VARIABLES.items()}, None)


def trees() -> st.SearchStrategy[Expression]:
    leaves = st.one_of(
        st.sampled_from(sorted(VARIABLES)).map(Reference),
        st.sampled_from([1.0, 2.0, 12.0]).map(Number),
    )
    signs = st.sampled_from(["*", "/", "*", "/", "+", "-", "MIN", "MAX", "="])
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.tuples(signs, inner, inner).map(lambda p: Call(p[0], p[1:])),
            st.tuples(inner, st.sampled_from([-2.0, 0.5, 2.0, 3.0])).map(
                lambda p: Call("^", (p[0], Number(p[1])))
            ),
            st.tuples(st.sampled_from(["SQRT", "EXP", "ABS", "negative"]), inner).map(
                lambda p: Call(p[0], (p[1],))
            ),
        ),
        max_leaves=7,
    )


def by_pint(tree: Expression) -> Any:
    """Compute with the quantity 1 of every unit; pint refuses what does not fit."""
    if isinstance(tree, Number):
        return REGISTRY.Quantity(1.0)
    if isinstance(tree, Reference):
        text = VARIABLES[tree.name].replace("^", "**")
        return REGISTRY.Quantity(1.0, re.sub(r"^1$", "", text))
    assert isinstance(tree, Call)
    arguments = [by_pint(argument) for argument in tree.arguments]
    match tree.function, arguments:
        case "*", [left, right]:
            return left * right
        case "/", [left, right]:
            return left / right
        case "^", [below, _]:
            assert isinstance(tree.arguments[1], Number)
            return 1.0 * below ** tree.arguments[1].value
        case "SQRT", [below]:
            return below**0.5
        case "EXP", [exponent]:
            exponent.to("")
            return REGISTRY.Quantity(1.0)
        case (("ABS" | "negative"), [same]):
            return same
        case "=", [left, right]:
            right.to(left.units)
            return REGISTRY.Quantity(1.0)
        case _, [left, right]:
            right.to(left.units)
            return left
    raise AssertionError(tree)


@settings(deadline=None)
@given(trees())
def test_what_fits_is_what_pint_computes(tree: Expression) -> None:
    inference = Inference(SCOPE)
    found = inference.of(tree)
    try:
        right = by_pint(tree)
    except pint.DimensionalityError:
        assert inference.problems
        return
    assert not inference.problems
    assert found.unit is not None
    assert ours(found.unit) == powers(right)
