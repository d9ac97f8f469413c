"""Arrays of XMILE: subscripts, functions over arrays, elements with their own equations."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from flatgov.errors import ModelError
from flatgov.model import Model
from flatgov.reading import load_model
from reading.xmile_text import array, aux, xmile

Load = Callable[..., Model]

DIMENSIONS = (
    '<dim name="X" size="3"/><dim name="Y" size="2"/>'
    '<dim name="Location"><elem name="Boston"/><elem name="Los\\nAngeles"/></dim>'
)
ELEMENTS = "".join(
    f'<element subscript="{subscript}"><eqn>{equation}</eqn></element>'
    for subscript, equation in [(1, "TIME"), (2, "10"), (3, "a[1] + a[X.2]")]
)
# With TIME = 1: a is 1, 10, 11; m[x, y] is 10 x + y.
MODEL = array("a", ["X"], ELEMENTS) + array("m", ["X", "Y"], "<eqn>X * 10 + Y</eqn>")


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> xr.Dataset:
    """Run one model with all that the tests look at: compiling takes most of the time."""
    arrays = {
        "swapped": (["Y", "X"], "m"),
        "turned": (["Y", "X"], "m'"),
        "placed": (["Y", "X"], "m[@2, @1]"),
        "one_row": (["Y"], "m[2, Y]"),
        "rows": (["X"], "SUM(m[X, *])"),
        "columns": (["Y"], "MAX(m[*, Y])"),
        "by_place": (["Location"], "a[Location]"),
        "number": (["Location"], "Location * 100"),
        "shifted": (["X"], "a - MEAN(a)"),
    }
    scalars = {
        "total": "SUM(a)",
        "starred": "SUM(a[*])",
        "squares": "SUM(a * a)",
        "part": "SUM(a[2:3])",
        "blocks": "SUM(m[1:2, *])",
        "product": "PROD(a)",
        "largest": "MAX(a)",
        "smallest": "MIN(a[1:2])",
        "average": "MEAN(m)",
        "average_part": "MEAN(a[1:2])",
        "sizes": "SIZE(m) + SIZE(m[1, *]) * 100 + SIZE(X) * 1000",
        "picked": "number[Boston] + number[Los_Angeles] + number[2]",
        "index": "Location.Boston + Location.Los_Angeles * 10",
        "clipped": "SUM(MAX(a, 5))",
    }
    variables = MODEL + aux(**scalars)
    for name, (dimensions, equation) in arrays.items():
        variables += array(name, dimensions, f"<eqn>{equation}</eqn>")
    path = tmp_path_factory.mktemp("arrays") / "a.xmile"
    path.write_text(xmile(variables, dimensions=DIMENSIONS, stop=1), encoding="utf-8")
    return load_model(path).run()


A = np.array([1.0, 10.0, 11.0])
M = np.array([[11.0, 12.0], [21.0, 22.0], [31.0, 32.0]])


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a", A),
        ("m", M),
        ("swapped", M.T),
        ("turned", M.T),
        ("placed", M.T),
        ("one_row", M[1]),
        ("rows", M.sum(1)),
        ("columns", M.max(0)),
        ("by_place", A[:2]),
        ("number", [100, 200]),
        ("shifted", A - 22 / 3),
        ("total", 22),
        ("starred", 22),
        ("squares", 222),
        ("part", 21),
        ("blocks", 66),
        ("product", 110),
        ("largest", 11),
        ("smallest", 1),
        ("average", M.mean()),
        ("average_part", 5.5),
        ("sizes", 3206),
        ("picked", 500),
        ("index", 21),
        ("clipped", 26),
    ],
)
def test_values(result: xr.Dataset, name: str, expected: object) -> None:
    np.testing.assert_allclose(result[name][1], expected, rtol=1e-15)


def test_elements_and_dimensions(result: xr.Dataset) -> None:
    assert result["swapped"].dims == ("time", "Y", "X")
    assert list(result["Location"].to_numpy()) == ["Boston", "Los Angeles"]
    # X and Y both have elements 1 and 2, which a model must tell apart.
    assert list(result["X"].to_numpy()) == ["X 1", "X 2", "X 3"]


def test_pysd_gives_the_same(load: Load) -> None:
    variables = (
        array("b", ["Location"], "<eqn>Location * TIME</eqn>")
        + array("stock", ["Location"], "<eqn>b + 1</eqn><inflow>in</inflow>", "stock")
        + array("in", ["Location"], "<eqn>b[Location] / 2</eqn>", "flow")
        + aux(s="SUM(b)", t="MAX(stock[*]) - MIN(stock)", u="MEAN(b) + b[Boston]")
    )
    model = load(xmile(variables, dimensions=DIMENSIONS), "a.xmile")
    native, pysd = model.run(), model.run(engine="pysd")
    for name in native.data_vars:
        np.testing.assert_allclose(native[name], pysd[name], rtol=1e-14, err_msg=str(name))


def test_what_vensim_writes_for_arrays(load: Load) -> None:
    variables = (
        array("numbers", ["X", "Y"], "<eqn>1,2;\n3,4;\n5,6;</eqn>")
        + array("several", ["Y"], "<eqn>TIME</eqn><eqn>7</eqn>")
        + array("row", ["X"], "<eqn>SUM(numbers[X, *])</eqn>")
    )
    result = load(xmile(variables, dimensions=DIMENSIONS), "a.xmile").run()
    np.testing.assert_array_equal(result["row"][0], [3, 7, 11])
    np.testing.assert_array_equal(result["several"][2], [2, 7])


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        (aux(s="a"), "'a' is an array over 'X', which the left-hand side is not;"
         " write its subscripts"),
        (aux(s="a[4]"), "the subscript 4 of 'a' is not one of 1 to 3"),
        (aux(s="a[1.5]"), "the subscript 1.5 of 'a' is not one of 1 to 3"),
        (aux(s="a[1, 2]"), "'a' has 2 subscripts and takes 1"),
        (aux(s="a[TIME]"), "'time' is no element of 'X'"),
        (aux(k="2", s="a[k]"), "a computed subscript of 'a' is not supported"),
        (aux(s="a[1 + 1]"), "a computed subscript of 'a' is not supported"),
        (aux(s="a[*]"), "'a[*]' may only stand in a function over arrays"),
        (aux(s="a[X]"), "the left-hand side is no array over 'X'"),
        (aux(s="X + 1"), "the left-hand side is no array over 'X'"),
        (aux(s="SUM(a[2:1])"), "the ranges of elements do not have one length"),
        (aux(s="SUM(a[k:3])"), "a range of elements needs two numbers, as in A[1:3]"),
        (array("s", ["X"], "<eqn>m[@1, @2]</eqn>"),
         "after @ stands no dimension of the left-hand side"),
        (array("s", ["X"], "<eqn>number[X]</eqn>")
         + array("number", ["Location"], "<eqn>1</eqn>"),
         "'number' has too few elements in 'Location'"),
        (array("s", ["X", "X"], "<eqn>1</eqn>"),
         "the dimension 'X' twice in one variable is not supported"),
        (array("s", ["Z"], "<eqn>1</eqn>"), "the dimension 'Z' is not defined"),
        (array("s", ["Y"], '<element subscript="2"><eqn>1</eqn></element>'),
         "no equation defines the element 'Y 1'"),
        (array("s", ["Y"], '<element subscript="3"><eqn>1</eqn></element>'),
         "'3' is no element of 'Y'"),
        (array("s", ["Y"], '<element subscript="2"><eqn>1</eqn></element>' * 2),
         "the element 'Y 2' is defined twice"),
        (array("s", ["X"], "<eqn>1, 2</eqn>"), "2 numbers are given for 3 elements"),
        (array("s", ["X"], "<eqn>1</eqn><eqn>2</eqn>"), "2 equations are given for 3 elements"),
    ],
)  # fmt: skip
def test_what_is_wrong_or_not_supported(
    write: Callable[..., Path], variables: str, message: str
) -> None:
    path = write(xmile(MODEL + variables, dimensions=DIMENSIONS), "a.xmile")
    with pytest.raises(ModelError) as caught:
        load_model(path)
    assert message in str(caught.value)
    assert "'s', line " in str(caught.value)
