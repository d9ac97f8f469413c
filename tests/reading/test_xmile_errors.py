"""Reading finds every mistake of an XMILE file at once, and each only once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from flatgov.model import Model
from reading.mistakes import Mistake, mistakes
from reading.xmile_text import aux, xmile

Load = Callable[..., Model]
Write = Callable[..., Path]

DIMENSIONS = '<dim name="D"><elem name="a"/><elem name="b"/></dim><dim name="E"/>'


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        pytest.param(
            "\n"
            '<aux name="a"><eqn>FOO(1) + SMOTH1(2, 3) +\n'
            "SMOOTH(q, 2) + LOG10(1, 2)</eqn></aux>\n"
            '<aux name="b"><eqn>3 ** 4</eqn></aux>\n'
            '<aux name="c"><eqn>\n'
            "b &amp;&amp; a</eqn></aux>\n"
            '<aux name="d"/>\n'
            '<aux name="e"><eqn>HISTORY(b, 2) + IF_THEN_ELSE(1, 2)</eqn></aux>\n',
            [
                (4, "a", "there is no function 'FOO'", "FOO"),
                (4, "a", "there is no function 'SMOTH1'; did you mean 'SMTH1'?", "SMOTH1"),
                (4, "a", "there is no function 'SMOOTH'; write SMTH1(x, time)", "SMOOTH"),
                (4, "a", "LOG10 is given 2 arguments and takes 1; write LOG10(x)", "LOG10"),
                (6, "b", "'**' is no sign of XMILE's equations; write ^ for **", "**"),
                (
                    7,
                    "c",
                    "'&&' is no sign of XMILE's equations; write AND for &&",
                    "&amp;&amp;",
                ),
                (9, "d", "the variable has no equation; fill in its <eqn>", "d"),
                (10, "e", "the function HISTORY is not supported", "HISTORY"),
                (10, "e", "IF THEN ELSE is given 2 arguments and takes 3", "IF_THEN_ELSE"),
            ],
            id="equations",
        ),
        pytest.param(
            "\n"
            '<stock name="belt"><eqn>3</eqn><outflow>off</outflow>\n'
            "<conveyor><len>3</len></conveyor></stock>\n"
            '<flow name="off"/>\n'
            '<stock name="line"><eqn>3</eqn><outflow>over</outflow><queue/></stock>\n'
            '<flow name="over"><overflow/></flow>\n'
            '<aux name="a"><eqn>off</eqn><isee:summing/></aux>\n'
            '<aux name="b"><eqn>1</eqn><strange/></aux>\n',
            [
                (5, "belt", "conveyors are not supported", "<conveyor"),
                (7, "line", "queues are not supported", "<queue"),
                (8, "over", "the overflow of a queue is not supported", "<overflow"),
                (9, "a", "a summing converter is not supported", "<isee:summing"),
                (10, "b", "<strange> is not supported", "<strange"),
            ],
            id="features",
        ),
        pytest.param(
            "\n"
            '<stock name="level"><eqn>1</eqn><inflow>inn</inflow>\n'
            "<outflow>level</outflow></stock>\n"
            '<flow name="in"><eqn>level</eqn></flow>\n'
            '<stock name="other"><eqn>nope</eqn><inflow>in + 1</inflow></stock>\n',
            [
                (
                    4,
                    "level",
                    "the flow 'inn' of <inflow> is not defined; did you mean 'in'?",
                    "inn",
                ),
                (5, "level", "'level' in <outflow> is a stock, not a flow", "level"),
                (7, "other", "<inflow> needs the name of a flow", "in + 1"),
                (7, "other", "the variable 'nope' is not defined", "nope"),
            ],
            id="flows",
        ),
        pytest.param(
            "\n"
            '<stock name="level"><eqn>1</eqn><non_negative/><inflow>in</inflow>\n'
            "<outflow>in</outflow></stock>\n"
            '<stock name="other"><eqn>1</eqn><non_negative/>\n'
            "<inflow>const</inflow></stock>\n"
            '<flow name="in"><eqn>const</eqn></flow>\n'
            '<aux name="const"><eqn>1</eqn></aux>\n',
            [
                (
                    5,
                    "level",
                    "the flow 'in' is an inflow and an outflow of the same stock; remove one of "
                    "the two",
                    "in",
                ),
                (
                    7,
                    "other",
                    "'const' in <inflow> is an auxiliary, not a flow; define it with <flow> if it "
                    "is one",
                    "const",
                ),
            ],
            id="flows that are none",
        ),
        pytest.param(
            "\n"
            '<auxiliary name="a"><eqn>1</eqn></auxiliary>\n'
            '<flwo name="b"><eqn>q</eqn></flwo>\n'
            '<xyz name="c"/>\n'
            '<aux name="d"><eqn>a + b + c</eqn></aux>\n'
            '<aux name="e"><equation>1</equation></aux>\n'
            '<group name="g"><entity name="e"/></group>\n',
            [
                (
                    4,
                    "a",
                    "<auxiliary> is no element of XMILE's variables; did you mean '<aux>'?",
                    "<auxiliary",
                ),
                (
                    5,
                    "b",
                    "<flwo> is no element of XMILE's variables; did you mean '<flow>'?",
                    "<flwo",
                ),
                (5, "b", "the variable 'q' is not defined", "q"),
                (6, "c", "<xyz> is no element of XMILE's variables", "<xyz"),
                (8, "e", "<equation> is not supported; did you mean '<eqn>'?", "<equation"),
            ],
            id="unknown elements",
        ),
        pytest.param(
            "\n"
            '<aux name="a"><dimensions><dim name="D"/></dimensions>'
            '<element subscript="a"><eqn>1</eqn></element></aux>\n'
            '<aux name="b"><dimensions><dim name="E"/></dimensions><eqn>1</eqn></aux>\n'
            '<aux name="c"><dimensions><dim name="F"/></dimensions><eqn>1</eqn></aux>\n'
            '<aux name="d"><dimensions><dim name="D"/></dimensions><eqn>1, 2, 3</eqn></aux>\n'
            '<aux name="e"><dimensions><dim name="D"/></dimensions>\n'
            '<element subscript="a"><eqn>1 +</eqn></element>\n'
            '<element subscript="c"><eqn>1</eqn></element></aux>\n'
            '<aux name="ok"><dimensions><dim name="D"/></dimensions><eqn>1</eqn></aux>\n'
            '<aux name="f"><eqn>a + b[1] + c + ok + ok[z] + SUM(3) + MEAN(ok[a])</eqn></aux>\n',
            [
                (3, "", "the dimension 'E' has neither elements nor a size", "E"),
                (4, "a", "no equation defines the element 'b'", "a"),
                (6, "c", "the dimension 'F' is not defined", "F"),
                (7, "d", "3 numbers are given for 2 elements", "1, 2, 3"),
                (
                    9,
                    "e",
                    "the equation ends with '+'; write what follows it, or remove it",
                    "+",
                ),
                (10, "e", "'c' is no element of 'D'", "c"),
                (
                    12,
                    "f",
                    "'a' is an array over 'D', which the left-hand side is not; write its "
                    "subscripts",
                    "a",
                ),
                (
                    12,
                    "f",
                    "'ok' is an array over 'D', which the left-hand side is not; write its "
                    "subscripts",
                    "ok",
                ),
                (12, "f", "'z' is no element of 'D'", "z"),
                (12, "f", "SUM has no array to run over", "SUM"),
                (12, "f", "MEAN has no array to run over", "MEAN"),
            ],
            id="arrays",
        ),
        pytest.param(
            "\n"
            '<gf name="g"><xpts>0,1</xpts></gf>\n'
            '<aux name="a"><eqn>TIME</eqn>\n'
            "<gf><xpts>0,1</xpts>\n"
            "<ypts>1,x</ypts></gf></aux>\n"
            '<gf name="h"><xpts>0,1</xpts><ypts>1,2</ypts></gf>\n'
            '<aux name="b"><eqn>g(1) + h</eqn></aux>\n',
            [
                (4, "g", "the graphical function has no <ypts>", "<gf"),
                (7, "a", "'x' is not a number in <ypts>; write numbers with commas between", "x"),
                (9, "b", "the graphical function 'h' needs an argument; write h(x)", "h"),
            ],
            id="tables",
        ),
        pytest.param(
            "\n"
            '<aux name="x"><eqn>1</eqn></aux>\n'
            '<aux name="X"><eqn>2</eqn></aux>\n'
            "<aux><eqn>2</eqn></aux>\n"
            '<aux name="a"><eqn>b + 1</eqn></aux>\n'
            '<aux name="b"><eqn>a + mod.y</eqn></aux>\n'
            '<module name="mod"/>\n'
            '<aux name="c"><eqn>d + dd + x(2)</eqn></aux>\n',
            [
                (5, "X", "the variable is already defined on line 4; remove one of the two", "X"),
                (6, "", "a <aux> has no name", "<aux"),
                (
                    7,
                    "a",
                    "circular definition: a (line 7) → b (line 8) → a; put a stock or a delay into "
                    "the loop",
                    "b",
                ),
                (9, "mod", "the module 'mod' has no <model>", "mod"),
                (
                    10,
                    "c",
                    "'x' is no graphical function or function, but an argument follows it; put an "
                    "operator before the parenthesis",
                    "x",
                ),
                (10, "c", "the variable 'd' is not defined", "d"),
                (10, "c", "the variable 'dd' is not defined", "dd"),
            ],
            id="names",
        ),
    ],
)
def test_every_mistake(write: Write, variables: str, expected: list[Mistake]) -> None:
    dimensions = DIMENSIONS if "<dimensions>" in variables else ""
    assert mistakes(write(xmile(variables, dimensions=dimensions), "a.xmile")) == expected


def test_every_mistake_of_the_time_settings(write: Write) -> None:
    text = xmile(aux(x="1"), specs='method="gear"', dt=0).replace("<stop>4</stop>", "")
    assert mistakes(write(text, "a.xmile")) == [
        (2, "", "<sim_specs> has no <stop>", "<sim_specs"),
        (2, "", "the integration method 'gear' is not supported; use Euler or RK4", "gear"),
        (
            2,
            "TIME STEP",
            "TIME STEP is 0, not above zero; write the length of a step, such as 0.25",
            "0",
        ),
    ]


def test_mistakes_of_xml_that_leave_the_rest_readable(write: Write) -> None:
    text = xmile('\n<aux name="a"><eqn>1 && 2</eqn></aux>\n<aux name="b"><eqn>1 & 2</eqn></aux>')
    found = mistakes(write(text, "a.xmile"))
    assert [(line, piece) for line, _, _, piece in found] == [(4, "&"), (5, "&")]
    assert all(message.endswith("write &amp; for & and &lt; for <") for _, _, message, _ in found)


def test_unit_synonyms(load: Load) -> None:
    units = (
        '<model_units><unit name="Person"><alias>People</alias><alias> Persons </alias></unit>'
        '<unit name="Newton"><eqn>kg*m/s^2</eqn><alias>N</alias></unit>'
        '<unit name="Alone"/></model_units>'
    )
    model = load(xmile(aux(x="1")).replace("<model>", f"{units}<model>"), "a.xmile")
    assert model.unit_synonyms == (
        ("Person", "People", "Persons"),
        ("Newton", "N"),
        ("kg*m/s^2", "Newton"),
    )
