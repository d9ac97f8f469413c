"""Graphical functions of XMILE: types, axes, where they stand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from flatgov.errors import ModelError
from flatgov.model import Call, Model, Number, Reference, Table
from flatgov.reading import load_model
from reading.xmile_text import array, aux, xmile

Load = Callable[..., Model]

POINTS = "<xpts>0,2,3</xpts><ypts>1,5,4</ypts>"
# At -1, 0, 1, 2, 3, 4.
EXPECTED = {
    "continuous": [1, 1, 3, 5, 4, 4],
    "extrapolate": [-1, 1, 3, 5, 4, 3],
    "discrete": [1, 1, 1, 5, 4, 4],
}


def test_types_of_functions_alone_and_within_a_variable(load: Load) -> None:
    variables = "".join(
        f'<gf name="{kind}" type="{kind}">{POINTS}</gf>'
        + aux(
            **{f"{kind}_call": f"{kind}(TIME - 1)", f"{kind}_lookup": f"LOOKUP({kind}, TIME - 1)"}
        )
        + aux(f'<gf type="{kind}">{POINTS}</gf>', **{f"{kind}_inside": "TIME - 1"})
        for kind in EXPECTED
    )
    result = load(xmile(variables, stop=5), "a.xmile").run()
    for kind, values in EXPECTED.items():
        for form in ("call", "lookup", "inside"):
            np.testing.assert_array_equal(result[f"{kind}_{form}"], values, f"{kind} {form}")


def test_pysd_is_not_asked_for_what_it_reads_wrongly(load: Load) -> None:
    model = load(xmile(aux(f'<gf type="discrete">{POINTS}</gf>', x="TIME")), "a.xmile")
    with pytest.raises(ModelError, match="'x': PySD reads a table of type 'hold_backward' wrongly"):
        model.run(engine="pysd")


def test_the_mark_of_older_files(load: Load) -> None:
    variables = (
        f'<gf name="f" discrete="true">{POINTS}</gf><gf name="g" discrete="false">{POINTS}</gf>'
    )
    model = load(xmile(variables), "a.xmile")
    assert [model.find(name).equations[0].expression for name in "fg"] == [
        Table((0, 2, 3), (1, 5, 4), "hold backward"),
        Table((0, 2, 3), (1, 5, 4), "interpolate"),
    ]


@pytest.mark.parametrize(
    ("inside", "x", "y"),
    [
        ('<xscale min="0" max="1"/><ypts>1,2,3,4</ypts>', (0, 1 / 3, 2 / 3, 1), (1, 2, 3, 4)),
        ('<xscale min="-2" max="2"/><ypts>1, -2.5e1 ,3,</ypts>', (-2, 0, 2), (1, -25, 3)),
        ('<xpts sep=";">0;5</xpts><ypts sep="|">1|2</ypts>', (0, 5), (1, 2)),
        ('<xpts sep=" ">0  5</xpts><ypts sep="&#9;">1&#9;2</ypts>', (0, 5), (1, 2)),
        ('<yscale min="0" max="9"/><xpts>0,5</xpts><ypts>1,2</ypts>', (0, 5), (1, 2)),
    ],
)
def test_axes(load: Load, inside: str, x: tuple[float, ...], y: tuple[float, ...]) -> None:
    model = load(xmile(f'<gf name="f">{inside}</gf>'), "a.xmile")
    assert model.find("f").equations[0].expression == Table(x, y)


def test_names_of_functions(load: Load) -> None:
    """A function may be named within a variable, called by its variable, or have no equation."""
    variables = (
        aux(f'<gf name="rising">{POINTS}</gf>', a="TIME")
        + aux('<gf name="rising"/>', b="1")
        + f'<aux name="bare"><gf>{POINTS}</gf></aux>'
        + aux(c="rising(1)", d="a(2)", e="bare(1) + LOOKUP(Bare, 2)")
    )
    model = load(xmile(variables), "a.xmile")
    assert model.find("bare").kind == "lookup"
    assert model.find("c").equations[0].expression == model.find("b").equations[0].expression
    assert model.find("e").equations[0].expression == Call(
        "+",
        (
            Call("LOOKUP", (Reference("bare"), Number(1))),
            Call("LOOKUP", (Reference("bare"), Number(2))),
        ),
    )
    result = model.run()
    assert [float(result[name][0]) for name in "bcde"] == [3, 3, 5, 8]


def test_each_element_may_have_its_own_function(load: Load) -> None:
    elements = "".join(
        f'<element subscript="{name}"><gf type="{kind}">'
        f'<xscale min="0" max="4"/>{points}</gf></element>'
        for name, kind, points in [
            ("north", "continuous", "<ypts>0,8</ypts>"),
            ("south", "discrete", "<ypts>1,3,3</ypts>"),
        ]
    )
    dimension = '<dim name="place"><elem name="north"/><elem name="south"/></dim>'
    variables = array("x", ["place"], f"{elements}<eqn>TIME</eqn>")
    result = load(xmile(variables, dimensions=dimension), "a.xmile").run()
    np.testing.assert_array_equal(result["x"], [[0, 1], [2, 1], [4, 3], [6, 3], [8, 3]])


@pytest.mark.parametrize(
    ("inside", "message"),
    [
        ('type="spline">' + POINTS, "a graphical function of type 'spline' is not supported"),
        ("><xpts>0,1</xpts>", "the graphical function has no <ypts>"),
        ("><ypts>0,1</ypts>", "the graphical function has neither <xscale> nor <xpts>"),
        ("><xpts>0,1</xpts><ypts>0,1,2</ypts>",
         "the graphical function has 2 x-values and 3 y-values"),
        ("><xpts>0,1,1</xpts><ypts>0,1,2</ypts>",
         "the x-values of the graphical function do not rise"),
        ("><xpts>0,one</xpts><ypts>0,1</ypts>", "'one' is not a number in <xpts>;"
         " write numbers with commas between"),
        ('><xscale min="0"/><ypts>0,1</ypts>', "'' is not a number in <xscale>"),
        ("><xpts>0</xpts><ypts>1</ypts>", "the lookup has only one point; give two or more"),
    ],
)  # fmt: skip
def test_what_is_wrong(write: Callable[..., Path], inside: str, message: str) -> None:
    path = write(xmile(f'<gf name="f" {inside}</gf>'), "a.xmile")
    with pytest.raises(ModelError) as caught:
        load_model(path)
    assert str(caught.value) == f"{path}, 'f', line 3: {message}"


def test_a_function_needs_an_argument(write: Callable[..., Path]) -> None:
    path = write(xmile(f'<gf name="f">{POINTS}</gf>' + aux(x="f + 1")), "a.xmile")
    with pytest.raises(ModelError, match="the graphical function 'f' needs an argument"):
        load_model(path)
