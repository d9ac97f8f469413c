"""What `load_model` reads from XMILE files, and what it refuses by name."""

import random
import re

import numpy as np
import pytest

from flatgov.errors import ModelError
from flatgov.model import Call, Reference, TimeSettings
from flatgov.reading import load_model
from flatgov.run.oracle import simulate

TEACUP = """<?xml version="1.0" encoding="utf-8"?>
<xmile version="1.0" xmlns="http://docs.oasis-open.org/xmile/ns/XMILE/v1.0">
 <header><vendor>x</vendor><product version="1">y</product></header>
 <sim_specs time_units="Minute"><start>0</start><stop>4</stop>
  <dt reciprocal="true">2</dt></sim_specs>
 <model>
  <variables>
   <stock name="Teacup Temperature">
    <doc>How warm.</doc>
    <eqn>180</eqn>
    <outflow>heat_loss</outflow>
    <units>Degrees</units>
   </stock>
   <flow name="heat loss"><eqn>(Teacup_Temperature - "Room\tTemperature") / f</eqn></flow>
   <aux name="Room\\nTemperature"><eqn>70</eqn><range min="0" max="100"/></aux>
   <aux name="f"><eqn>TIME</eqn><gf><xscale min="0" max="2"/><ypts>10,10,10</ypts></gf></aux>
   <gf name="g"><xpts>0,1</xpts><ypts>1,2</ypts></gf>
   <aux name="h"><eqn>IF heat_loss &gt; 1 AND NOT (f = 3) THEN g(0.5) ELSE 0</eqn></aux>
  </variables>
 </model>
</xmile>
""".replace('"Room\tTemperature"', "Room_Temperature")


def test_a_model(load):
    model = load(TEACUP, "teacup.xmile")
    kinds = {name: (variable.kind, variable.line) for name, variable in model.variables.items()}
    assert kinds == {
        "Teacup Temperature": ("stock", 8),
        "heat loss": ("flow", 14),
        "Room Temperature": ("constant", 15),
        "f": ("auxiliary", 16),
        "g": ("lookup", 17),
        "h": ("auxiliary", 18),
    }
    stock = model.find("teacup_temperature")
    assert (stock.units, stock.documentation) == ("Degrees", "How warm.")
    assert stock.equation == "INTEG(- heat_loss, 180)"
    assert stock.equations[0].expression.arguments[0] == Call("negative", (Reference("heat loss"),))
    assert model.find("room temperature").limits == (0.0, 100.0)
    assert model.time == TimeSettings(0.0, 4.0, 0.5, 0.5, "Minute")


@pytest.mark.parametrize("ending", [".xmile", ".stmx"])
def test_a_run(load, ending):
    result = simulate(load(TEACUP, "teacup" + ending))
    expected = 70 + 110 * (1 - 0.5 / 10) ** np.arange(9)
    np.testing.assert_allclose(result["Teacup Temperature"], expected, rtol=1e-12)
    np.testing.assert_array_equal(result["h"], np.full(9, 1.5))


def test_subscripts(load):
    text = TEACUP.replace(
        "<model>",
        '<dimensions><dim name="team"><elem name="a"/><elem name="b"/></dim></dimensions><model>',
    ).replace(
        '<aux name="h">',
        '<aux name="size"><dimensions><dim name="team"/></dimensions>'
        '<element subscript="a"><eqn>1</eqn></element>'
        '<element subscript="b"><eqn>2</eqn></element></aux><aux name="h">',
    )
    model = load(text, "teams.xmile")
    assert model.variables["size"].subscripts == ("team",)
    assert model.variables["size"].equation == "1; 2"
    np.testing.assert_array_equal(simulate(model)["size"][0], [1.0, 2.0])


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("<eqn>180</eqn>", "<eqn>180</eqn><conveyor/>",
         "'Teacup Temperature', line 10: conveyors are not supported"),
        ("<eqn>180</eqn>", "<eqn>180</eqn><queue/>",
         "'Teacup Temperature', line 10: queues are not supported"),
        ("<eqn>180</eqn>", "<eqn>180</eqn><oven/>",
         "'Teacup Temperature', line 10: ovens are not supported"),
        ("<eqn>180</eqn>", "", "'Teacup Temperature', line 8: the variable has no equation;"
         " fill in its <eqn>"),
        ("/ f<", "/ / f<", "'heat loss', line 14: two operators follow each other: '/ /';"
         " remove one, or write what is missing between them"),
        ("/ f<", "/ k<", "'heat loss', line 14: the variable 'k' is not defined"),
        ("<eqn>70</eqn>", "<eqn>heat_loss</eqn>",
         "'heat loss', line 14: circular definition: heat loss (line 14) → Room Temperature"
         " (line 15) → heat loss;"
         " put a stock or a delay into the loop"),
        ("10,10,10", "10,ten,10",
         "'f', line 16: 'ten' is not a number in <ypts>;"
         " write numbers with commas between"),
        ("<xpts>0,1</xpts>", "<xpts>0,1,2</xpts>",
         "'g', line 17: the graphical function has 3 x-values and 2 y-values"),
        ('name="g"', 'name="H"', "'h', line 18: the variable is already defined on line 17;"
         " remove one of the two"),
        ("<stop>4</stop>", "", "line 4: <sim_specs> has no <stop>"),
        ("<stop>4</stop>", "<stop>-4</stop>",
         "'FINAL TIME', line 4: FINAL TIME -4 is before INITIAL TIME 0;"
         " write a number above 0, or an earlier INITIAL TIME"),
        ('min="0" max="100"', 'min="zero"', "'Room Temperature', line 15: the range is no number"),
        ("</xmile>", "", "line 22: not valid XML: Premature end of data in tag xmile line 2"),
    ],
)  # fmt: skip
def test_what_is_wrong_or_not_supported(write, before, after, message):
    assert before in TEACUP
    path = write(TEACUP.replace(before, after), "teacup.xmile")
    with pytest.raises(ModelError) as caught:
        load_model(path)
    assert str(caught.value) == f"{path}, {message}"


def test_what_only_draws_the_model_and_undeclared_prefixes_of_stella_are_passed_over(load):
    text = TEACUP.replace("<model>", '<isee:prefs layer="model"/><model>').replace(
        "</model>", "<views><view><module name='m'/><conveyor/></view></views></model>"
    )
    assert len(load(text, "teacup.stmx").variables) == 6


def test_entities_are_refused_and_no_file_is_read(write, tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("70")
    text = TEACUP.replace(
        "<xmile", f'<!DOCTYPE x [<!ENTITY s SYSTEM "file://{secret}">]>\n<xmile', 1
    ).replace("<eqn>70</eqn>", "<eqn>&s;</eqn>")
    path = write(text, "teacup.xmile")
    with pytest.raises(ModelError, match="a document type is not allowed"):
        load_model(path)


def test_another_xml_file_is_refused(write):
    path = write("<svg xmlns='http://www.w3.org/2000/svg'/>", "a.xmile")
    with pytest.raises(ModelError, match="not an XMILE file"):
        load_model(path)


def test_damaged_files_give_an_error_with_a_place_or_a_model(write):
    rng = random.Random(7)
    pieces = [
        "",
        "(",
        ")",
        "[",
        "]",
        "*",
        "^",
        "-",
        "1",
        ",",
        '"',
        "{",
        "'",
        "@1",
        ":",
        " IF ",
        "SUM(",
    ]
    refused = []
    for _ in range(300):
        equations = list(re.finditer("<eqn>([^<]*)</eqn>", TEACUP))
        start, end = rng.choice(equations).span(1)
        at = rng.randint(start, end)
        cut = min(at + rng.randint(0, 2), end)
        text = TEACUP[:at] + rng.choice(pieces) + TEACUP[cut:]
        try:
            load_model(write(text, "teacup.xmile"))
        except ModelError as error:
            refused.append(str(error))
    assert 100 < len(refused) < 300
    assert all(", line " in message for message in refused)
