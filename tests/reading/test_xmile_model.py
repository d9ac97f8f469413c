"""Submodels, macros, groups and time settings of XMILE."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from flatgov.errors import ModelError
from flatgov.model import Model, TimeSettings
from flatgov.reading import load_model
from reading.xmile_text import NAMESPACE, aux, flow, stock, xmile

Load = Callable[..., Model]

SUBMODEL = (
    '<model name="hares"><variables>'
    '<aux name="area" access="input"><eqn>{Enter an equation}</eqn></aux>'
    + stock("hares", "100", ["births"], inside="")
    + flow("births", "hares * rate / area + .bonus", "")
    + aux(rate="0.5")
    + '<gf name="curve"><xscale min="0" max="10"/><ypts>0,10</ypts></gf>'
    + aux(read="curve(area)")
    + "</variables></model>"
)


@pytest.mark.parametrize("to", ["area", "hares.area"])
@pytest.mark.parametrize("engine", ["native", "pysd"])
def test_submodels(load: Load, to: str, engine: str) -> None:
    root = f'<module name="hares"><connect to="{to}" from=".area"/></module>'
    root += aux(area="2", bonus="1", all='hares.hares + "hares".rate')
    model = load(xmile(root, outside=SUBMODEL, stop=2), "a.xmile")
    assert list(model.variables) == [
        "area",
        "bonus",
        "all",
        *(f"hares.{name}" for name in ("area", "hares", "births", "rate", "curve", "read")),
    ]
    result = model.run(engine=engine)
    np.testing.assert_array_equal(result["hares.hares"], [100, 126, 158.5])
    np.testing.assert_array_equal(result["all"], [100.5, 126.5, 159])
    np.testing.assert_array_equal(result["hares.read"], [2, 2, 2])


@pytest.mark.parametrize(
    ("root", "outside", "message"),
    [
        ('<module name="hares"><connect to="area" from=".aria"/></module>', SUBMODEL,
         "line 3: the connected variable 'aria' is not defined"),
        ('<module name="hares"/>', SUBMODEL,
         "'hares.area', line 3: the variable has no equation; fill in its <eqn>"),
        ('<module name="foxes"/>', "", "the module 'foxes' has no <model>"),
        ("", SUBMODEL, "'hares', line 3: no <module> uses the model 'hares'"),
        ("", "<model><variables/></model>",
         "line 3: several <model>s need one without a name, the root"),
        ('<module name="hares"/>', SUBMODEL * 2, "two models have one name"),
        ('<module name="hares" resource="other.xmile"/>', SUBMODEL,
         "'hares', line 3: a module from another file is not supported"),
        ('<module name="hares"/>', SUBMODEL.replace("<variables>", "<sim_specs/><variables>"),
         "'hares', line 3: time settings of a submodel are not supported"),
    ],
)  # fmt: skip
def test_wrong_submodels(write: Callable[..., Path], root: str, outside: str, message: str) -> None:
    path = write(xmile(root, outside=outside), "a.xmile")
    with pytest.raises(ModelError) as caught:
        load_model(path)
    assert any(message in str(error) for error in caught.value.all)


MACROS = (
    '<macro name="SLOW"><parm>input</parm><parm>time</parm><eqn>level</eqn><variables>'
    + stock("level", "input", ["change"], inside="")
    + flow("change", "(input - level) / time", "")
    + '</variables></macro><macro name="LB"><parm>x</parm><eqn>LN(x) / LN(2)</eqn></macro>'
    '<macro name="Fact"><parm>x</parm><eqn>fact</eqn><variables>'
    + aux(fact="x * LB(4)")
    + "</variables></macro>"
)


@pytest.mark.parametrize("engine", ["native", "pysd"])
def test_macros(load: Load, engine: str) -> None:
    variables = aux(x="SLOW(STEP(4, 1), 2) + slow(TIME, 1)", y="lb(8) + Fact(3)")
    model = load(xmile(variables, outside=MACROS), "a.xmile")
    assert {name: macro.inputs for name, macro in model.macros.items()} == {
        "SLOW": ("input", "time"),
        "LB": ("x",),
        "FACT": ("x",),
    }
    result = model.run(engine=engine)
    np.testing.assert_allclose(result["x"], [0, 0, 3, 5, 6.5], rtol=1e-14)
    np.testing.assert_allclose(result["y"], [9] * 5, rtol=1e-14)


@pytest.mark.parametrize(
    ("macro", "message"),
    [
        ("<parm>x</parm><eqn>F(x - 1)</eqn>", "a macro that calls itself is not supported"),
        ("<parm>x</parm><eqn>G(x)</eqn></macro><macro name='G'><parm>x</parm><eqn>F(x)</eqn>",
         "a macro that calls itself is not supported"),
        ('<parm default="1">x</parm><eqn>x</eqn>',
         "a default value of a macro's argument is not supported"),
        ("<parm>x</parm><eqn>x</eqn><sim_specs/>",
         "a macro with its own time settings is not supported"),
        ("<parm>x</parm>", "the macro has no equation; fill in its <eqn>"),
        ("<parm>x</parm><eqn>x + z</eqn>", "the variable 'z' is not defined"),
        ("<parm>x</parm><eqn>x</eqn><variables>" + stock("s", "1") + "</variables>",
         "a non-negative stock in a macro is not supported"),
        ("<parm>x</parm><eqn>x</eqn><variables>" + aux(f="1") + "</variables>",
         "a variable of the macro bears its name, but is not its result"),
    ],
)  # fmt: skip
def test_wrong_macros(write: Callable[..., Path], macro: str, message: str) -> None:
    path = write(xmile(aux(y="F(1)"), outside=f'<macro name="F">{macro}</macro>'), "a.xmile")
    with pytest.raises(ModelError) as caught:
        load_model(path)
    assert message in str(caught.value)


def test_option_filters_are_refused(write: Callable[..., Path]) -> None:
    macro = '<macro filter="flow" name="non_negative"><parm>flow</parm><eqn>flow</eqn></macro>'
    with pytest.raises(ModelError, match="an option filter is not supported"):
        load_model(write(xmile(aux(y="1"), outside=macro), "a.xmile"))


def test_groups(load: Load) -> None:
    group = '<group name="Money"><entity name="in come"/><entity name="saving"/></group>'
    model = load(xmile(group + aux(in_come="1", saving="2", other="3")), "a.xmile")
    assert [variable.group for variable in model.variables.values()] == ["Money", "Money", ""]


@pytest.mark.parametrize(
    ("specs", "inside", "saveper"),
    [
        ("", "", 0.5),
        ('isee:save_interval="2"', "", 2),
        ('isee:save_interval="0"', "", 0.5),
        ("", "<save_step>1</save_step>", 1),
    ],
)
def test_time_settings(load: Load, specs: str, inside: str, saveper: float) -> None:
    text = xmile(aux(x="TIME"), specs=f'time_units="Year" {specs}').replace(
        "<dt>1</dt>", f'<dt reciprocal="true">2</dt>{inside}'
    )
    model = load(text, "a.xmile")
    assert model.time == TimeSettings(0, 4, 0.5, saveper, "Year")


def test_the_step_is_one_if_not_given_and_vensim_writes_variables(load: Load) -> None:
    text = xmile(aux(SAVEPER="2 * TIME_STEP", FINAL_TIME="4", x="TIME_STEP + FINAL_TIME"))
    model = load(text.replace("<dt>1</dt>", ""), "a.xmile")
    assert (model.time.step, model.time.saveper, list(model.variables)) == (1, 2, ["x"])
    np.testing.assert_array_equal(model.run()["x"], [5, 5, 5])


@pytest.mark.parametrize(
    ("method", "integrator"),
    [("Euler", "euler"), ("RK4", "rk4"), ("gear, rk4", "rk4"), ("rk45,euler", "euler")],
)
def test_integration_methods(load: Load, method: str, integrator: str) -> None:
    model = load(xmile(aux(x="TIME"), specs=f'method="{method}"'), "a.xmile")
    assert model.integrator == integrator


def test_rk4_is_used(load: Load) -> None:
    variables = stock("level", "1", ["growth"], inside="") + flow("growth", "level", "")
    result = load(xmile(variables, specs='method="RK4"', stop=1), "a.xmile").run()
    assert float(result["level"][1]) == pytest.approx(1 + 1 + 1 / 2 + 1 / 6 + 1 / 24, rel=1e-15)


@pytest.mark.parametrize("method", ["rk2", "gear", "Cycle Time"])
def test_other_methods_are_refused(write: Callable[..., Path], method: str) -> None:
    path = write(xmile(aux(x="1"), specs=f'method="{method}"'), "a.xmile")
    with pytest.raises(ModelError, match=f"the integration method '{method}' is not supported"):
        load_model(path)


def test_the_method_that_vensim_writes_is_not_believed(write: Callable[..., Path]) -> None:
    def load(variables: str, method: str) -> Model:
        text = xmile(variables, specs=f'method="{method}"', vendor="Ventana Systems, Inc.")
        return load_model(write(text, "a.xmile"))

    assert load(aux(x="TIME"), "RK4").integrator == "euler"
    level = stock("level", "1", inside="")
    assert load(level, "rk4").integrator == "rk4"
    with pytest.raises(ModelError, match="line 2: Vensim writes method="):
        load(level, "RK4")


def test_the_older_form_without_variables(load: Load) -> None:
    text = xmile(
        stock("level", "1", ["growth"], inside='<display x="1" y="2"><conveyor/></display>')
        + flow("growth", "2", "")
    )
    text = text.replace("<variables>", "").replace("</variables>", "<display><aux/></display>")
    model = load(text.replace(NAMESPACE, "http://www.systemdynamics.org/XMILE"), "a.stmx")
    np.testing.assert_array_equal(model.run()["level"], [1, 3, 5, 7, 9])


def test_initial_equations(load: Load) -> None:
    variables = stock("level", "rate", ["rate"], inside="") + flow(
        "rate", "level", "<init_eqn>7</init_eqn>"
    )
    np.testing.assert_array_equal(load(xmile(variables, stop=1), "a.xmile").run()["level"], [7, 14])


@pytest.mark.parametrize(
    ("inside", "message"),
    [
        ("<multiplier>3</multiplier>", "a unit conversion in a flow is not supported"),
        ("<leak/>", "the leakage of a conveyor is not supported"),
        ("<overflow/>", "the overflow of a queue is not supported"),
        ("<isee:summing/>", "a summing converter is not supported"),
        ("<unheard_of/>", "<unheard_of> is not supported"),
    ],
)
def test_properties_that_are_not_known(
    write: Callable[..., Path], inside: str, message: str
) -> None:
    path = write(xmile(flow("f", "1", inside)), "a.xmile")
    with pytest.raises(ModelError) as caught:
        load_model(path)
    assert str(caught.value) == f"{path}, 'f', line 3: {message}"


def test_imported_data_are_refused(write: Callable[..., Path]) -> None:
    data = '<data><import resource="a.csv"/></data>'
    with pytest.raises(ModelError, match="imported data are not supported"):
        load_model(write(xmile(aux(x="1"), outside=data), "a.xmile"))
