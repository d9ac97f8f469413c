"""Non-negative stocks and flows: what flows out was there, and nothing comes from nowhere."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from flatgov.errors import ModelError
from flatgov.model import Model
from flatgov.reading import load_model
from reading.xmile_text import FLAG, array, aux, flow, stock, xmile

Load = Callable[..., Model]


@pytest.mark.parametrize("engine", ["native", "pysd"])
def test_outflows_share_what_there_is_in_their_order(load: Load, engine: str) -> None:
    variables = (
        stock("tank", "10", ["rain"], ["use", "leak"])
        + stock("used", "0", ["use"], inside="")
        + flow("rain", "1")
        + flow("use", "6")
        + flow("leak", "3")
    )
    result = load(xmile(variables, dt=0.5), "a.xmile").run(engine=engine)
    np.testing.assert_array_equal(result["tank"][:5], [10, 6, 2, 0, 0])
    np.testing.assert_array_equal(result["use"][:5], [6, 6, 5, 1, 1])
    np.testing.assert_array_equal(result["leak"][:5], [3, 3, 0, 0, 0])
    np.testing.assert_array_equal(result["used"][:5], [0, 3, 6, 8.5, 9])


def test_no_mass_is_created_in_a_chain(load: Load) -> None:
    variables = (
        stock("first", "5", [], ["between"])
        + stock("second", "1", ["between"], ["out"])
        + stock("sink", "0", ["out"])
        + flow("between", "4")
        + flow("out", "100")
    )
    result = load(xmile(variables), "a.xmile").run()
    np.testing.assert_array_equal(result["out"], [5, 1, 0, 0, 0])
    np.testing.assert_array_equal(result["first"] + result["second"] + result["sink"], [6] * 5)


def test_each_element_has_its_own_limit(load: Load) -> None:
    by_element = (
        '<element subscript="1"><eqn>3</eqn></element><element subscript="2"><eqn>4</eqn></element>'
    )
    variables = (
        array("tank", ["X"], f"<eqn>X * 5</eqn><outflow>out</outflow>{FLAG}", "stock")
        + array("out", ["X"], f"<eqn>3</eqn>{FLAG}", "flow")
        + array("pool", ["X"], f"<eqn>X * 5</eqn><outflow>drain</outflow>{FLAG}", "stock")
        + array("drain", ["X"], by_element + FLAG, "flow")
    )
    result = load(xmile(variables, dimensions='<dim name="X" size="2"/>'), "a.xmile").run()
    np.testing.assert_array_equal(result["tank"], [[5, 10], [2, 7], [0, 4], [0, 1], [0, 0]])
    np.testing.assert_array_equal(result["pool"], [[5, 10], [2, 6], [0, 2], [0, 0], [0, 0]])


def test_a_single_outflow_may_flow_back(load: Load) -> None:
    variables = stock("tank", "5", [], ["out"]) + flow("out", "3 - TIME * 4", "")
    result = load(xmile(variables), "a.xmile").run()
    np.testing.assert_array_equal(result["tank"], [5, 2, 3, 8, 17])


def test_uniflows(load: Load) -> None:
    variables = (
        stock("tank", "5", ["into"], ["out"], "")
        + flow("into", "TIME - 2")
        + flow("out", "TIME - 2", "<non_negative>false</non_negative>")
    )
    result = load(xmile(variables), "a.xmile").run()
    np.testing.assert_array_equal(result["into"], [0, 0, 0, 1, 2])
    np.testing.assert_array_equal(result["out"], [-2, -1, 0, 1, 2])
    np.testing.assert_array_equal(result["tank"], [5, 7, 8, 8, 8])


@pytest.mark.parametrize(
    ("behavior", "limited"),
    [
        ("<non_negative/>", ("tank", "out")),
        ("<stock><non_negative/></stock>", ("tank",)),
        ("<flow><non_negative/></flow>", ("out",)),
        ("<stock><non_negative>false</non_negative></stock>", ()),
        ("<aux><foo/></aux>", ()),
    ],
)
def test_defaults_for_the_whole_model(load: Load, behavior: str, limited: tuple[str, ...]) -> None:
    variables = (
        stock("tank", "1", [], ["out"], "")
        + flow("out", "2 - 3 * (TIME > 2)", "")
        + stock("free", "1", [], ["free_out"], "<non_negative>false</non_negative>")
        + flow("free_out", "2 - 3 * (TIME > 2)", "<non_negative>false</non_negative>")
    )
    text = xmile(variables).replace("<model>", f"<behavior>{behavior}</behavior><model>")
    result = load(text, "a.xmile").run()
    np.testing.assert_array_equal(result["free"], [1, -1, -3, -5, -4])
    out = [1, 0, 0] if "tank" in limited else [2, 2, 2]
    out += [0, 0] if "out" in limited else [-1, -1]
    np.testing.assert_array_equal(result["out"], out)


@pytest.mark.parametrize(
    ("variables", "specs", "message"),
    [
        (stock("a", "5", ["i"], ["o"]) + flow("o", "3") + flow("i", "o / 2"), "",
         "the limit of its outflow depends on itself: o → i → o"),
        (stock("a", "5", ["ba"], ["ab"]) + stock("b", "5", ["ab"], ["ba"]) + flow("ab", "3")
         + flow("ba", "1"), "", "the limit of its outflow depends on itself: ab → ba → ab"),
        (stock("a", "5", ["i"], ["o"]) + flow("o", "3") + flow("i", "TIME", ""), "",
         "its flow 'i' may be negative, and then the order of flows is open;"
         " make 'i' non-negative"),
        (stock("a", "5", [], ["o", "p"]) + flow("o", "3") + flow("p", "TIME", ""), "",
         "its flow 'p' may be negative"),
        (stock("a", "5", [], ["o"]) + flow("o", "3"), 'method="RK4"',
         "its limits hold for a step of DT, and the integration method is not Euler"),
        (stock("a", "5", [], ["o"]) + stock("b", "5", [], ["o"], "") + flow("o", "3"), "",
         "the flow 'o' leaves both"),
        (array("a", ["X"], "<eqn>5</eqn><outflow>o</outflow>" + FLAG, "stock") + flow("o", "3"),
         "", "its flow 'o' has other dimensions"),
    ],
)  # fmt: skip
def test_what_has_no_clear_rule(
    write: Callable[..., Path], variables: str, specs: str, message: str
) -> None:
    dimension = '<dim name="X" size="2"/>'
    path = write(xmile(variables, specs=specs, dimensions=dimension), "a.xmile")
    with pytest.raises(ModelError) as caught:
        load_model(path)
    assert f"the non-negative stock is not supported: {message}" in str(caught.value)


def test_a_smoothed_feedback_is_no_loop(load: Load) -> None:
    variables = (
        stock("a", "5", ["i"], ["o"]) + flow("o", "3") + flow("i", "s") + aux(s="SMTH1(o, 2, 0)")
    )
    result = load(xmile(variables, stop=2), "a.xmile").run()
    np.testing.assert_array_equal(result["o"], [3, 3, 2.75])
    np.testing.assert_array_equal(result["a"], [5, 2, 0.5])
