"""What `load_model` reads from a .mdl file."""

import pytest

from flatgov.errors import ModelError
from flatgov.model import Array, Call, Number, Reference, Table, TimeSettings
from flatgov.reading import translate

TEACUP = """{UTF-8}
Teacup Temperature = INTEG (
        - heat loss to room,
            initial temperature)
    ~ Degrees [32,+inf]
    ~ How warm
the tea is. |

heat LOSS to room =
    (Teacup_Temperature - room temperature) \\
        / characteristic time
    ~ Degrees/Minute ~ |
********************************************************
\t.Surroundings
********************************************************~
\t\tThe room.
\t|
room temperature = 70 ~ Degrees [?,100,1] ~ |
characteristic time == 10 ~ Minute ~ |
initial temperature = 2 * 90 ~ Degrees ~ ~ :SUPPLEMENTARY |
{**Control**}
FINAL TIME = INITIAL TIME + 3 * 10 ~ Minute ~ |
INITIAL TIME = 0 ~ Minute ~ |
TIME STEP = 0.125 ~ Minute ~ |
SAVEPER = TIME STEP ~ Minute ~ |
\\\\\\---/// Sketch information - do not modify anything except names
V300  Do not put anything | ~ "below
"""


def test_a_model_has_the_variables_of_the_file_in_its_order_and_spelling(load):
    model = load(TEACUP, "teacup.mdl")
    assert model.name == "teacup"
    assert list(model.variables) == [
        "Teacup Temperature",
        "heat LOSS to room",
        "room temperature",
        "characteristic time",
        "initial temperature",
    ]
    assert model.time == TimeSettings(0.0, 30.0, 0.125, 0.125, "Minute")


def test_a_variable_carries_units_limits_text_line_and_group(load):
    model = load(TEACUP)
    stock, flow = model.find("teacup temperature"), model.find("heat loss to room")
    assert (stock.units, stock.limits, stock.line) == ("Degrees", (32.0, None), 2)
    assert stock.documentation == "How warm the tea is."
    assert stock.equation == "INTEG ( - heat loss to room, initial temperature)"
    assert flow.line == 9
    assert flow.equation == "(Teacup_Temperature - room temperature) / characteristic time"
    assert model.find("room temperature").limits == (None, 100.0)
    assert [v.group for v in model.variables.values()] == ["", ""] + ["Surroundings"] * 3


def test_kinds(load):
    model = load(
        "s = INTEG(inflow - outflow - drain, 5) ~~|"
        " inflow = 2 * a ~~| outflow = s / 4 ~~| drain = 3 ~~|"
        " a = f(b) ~~| b = 2 * LN(3) ~~| late = STEP(1, 4) ~~|"
        " f((0,0),(1,2)) ~~| w = WITH LOOKUP(Time, ((0,0),(1,2))) ~~|"
        " k == 4 ~~| half = TIME STEP / 2 ~~|"
    )
    assert {name: variable.kind for name, variable in model.variables.items()} == {
        "s": "stock",
        "inflow": "flow",
        "outflow": "flow",
        "drain": "constant",
        "a": "auxiliary",
        "b": "constant",
        "late": "auxiliary",
        "f": "lookup",
        "w": "auxiliary",
        "k": "constant",
        "half": "auxiliary",
    }


def tree(load, equation):
    model = load(f"y = {equation} ~~| a = 1 ~~| Long Name = 2 ~~| f((0,1),(2,3)) ~~|")
    return model.variables["y"].equations[0].expression


A, ONE = Reference("a"), Number(1.0)


@pytest.mark.parametrize(
    ("equation", "expected"),
    [
        ("1 - a - 2", Call("-", (Call("-", (ONE, A)), Number(2.0)))),
        ("1 / a * 2", Call("*", (Call("/", (ONE, A)), Number(2.0)))),
        ("a ^ 2 ^ 1", Call("^", (A, Call("^", (Number(2.0), ONE))))),
        ("-3 ^ a", Call("negative", (Call("^", (Number(3.0), A)),))),
        ("a ^ -3", Call("^", (A, Number(-3.0)))),
        ("a - -3 * 2", Call("-", (A, Call("*", (Number(-3.0), Number(2.0)))))),
        ("-a", Call("negative", (A,))),
        ("long_NAME", Reference("Long Name")),
        ("Time", Reference("Time")),
        ("F(a)", Call("LOOKUP", (Reference("f"), A))),
        ("WITH LOOKUP(a, ([(0,0)-(9,9)],(2,3),(0,1)))",
         Call("WITH LOOKUP", (A, Table((0.0, 2.0), (1.0, 3.0))))),
        ("if then else(a > 1 :and: :not: (a = 2), 1, a)",
         Call("IF THEN ELSE", (
             Call(":AND:", (Call(">", (A, ONE)), Call(":NOT:", (Call("=", (A, Number(2.0))),)))),
             ONE, A))),
        ("a = :na:", Call("=", (A, Number(-(2.0**109))))),
        ("SMOOTH(a, 1)", Call("SMOOTH", (A, ONE))),
        ("SMOOTH3I(a, 1, 1)", Call("SMOOTH3I", (A, ONE, ONE))),
        ("DELAY1I(a, 1, 1)", Call("DELAY1I", (A, ONE, ONE))),
        ("DELAY3(a, 1)", Call("DELAY3", (A, ONE))),
        ("DELAY FIXED(a, 1, 1)", Call("DELAY FIXED", (A, ONE, ONE))),
        ("PULSE TRAIN(1, 2, 3, 4)",
         Call("PULSE TRAIN", (ONE, Number(2.0), Number(3.0), Number(4.0)))),
        ("1 {a comment | with ~ signs} + a", Call("+", (ONE, A))),
    ],
)  # fmt: skip
def test_equations_become_trees(load, equation, expected):
    assert tree(load, equation) == expected


def test_quoted_names_lose_their_quotes(load):
    model = load('"a | b ~ c-d" = 3 ~~| y = "A | b ~ C-d" * 2 ~~|')
    assert list(model.variables) == ["a | b ~ c-d", "y"]
    assert model.variables["y"].equations[0].expression == Call(
        "*", (Reference("a | b ~ c-d"), Number(2.0))
    )


def test_subscripts(load):
    model = load(
        "team: north, south ~~| x[team] = 1, 2 ~~| y[north] = 3 ~~| y[south] = x[south] ~~|"
        " total = SUM(x[team!]) ~~|"
    )
    assert model.subscripts == {"team": ("north", "south")}
    assert model.variables["x"].subscripts == ("team",)
    assert model.variables["x"].equations[0].expression == Array((1.0, 2.0), (2,))
    y = model.variables["y"]
    assert (y.subscripts, [e.subscripts for e in y.equations]) == (
        ("team",),
        [("north",), ("south",)],
    )
    assert y.equations[1].expression == Reference("x", ("south",))
    assert y.equation == "3; x[south]"
    assert model.variables["total"].subscripts == ()


def test_macros_are_functions_of_the_model(load):
    model = load(
        ":MACRO: TWICE(x)\nTWICE = x * inner ~~|\ninner = 2 ~~|\n:END OF MACRO:\ny = TWICE(4) ~~|"
    )
    assert list(model.variables) == ["y"]
    assert model.variables["y"].equations[0].expression == Call("TWICE", (Number(4.0),))


def test_translate_gives_a_fresh_object(load):
    model = load("a = 1 ~~|")
    translate(model).sections[0].elements.clear()
    assert translate(model).sections[0].elements[0].name == "a"


def test_the_encoding_of_the_head_is_used(tmp_path):
    from flatgov.reading import load_model

    path = tmp_path / "model.mdl"
    controls = "INITIAL TIME=0~~| FINAL TIME=1~~| TIME STEP=1~~| SAVEPER=1~~|"
    path.write_bytes(("{GB18030}\n士气 = 1 ~~|" + controls).encode("gb18030"))
    assert list(load_model(path).variables) == ["士气"]
    path.write_bytes(("{UTF-8}\n士气 = 1 ~~|").encode("gb18030"))
    with pytest.raises(ModelError, match=r"model\.mdl, line 2: the text is not UTF-8; save"):
        load_model(path)


def test_a_lookup_may_give_all_x_and_then_all_y(load):
    model = load('f( -2e1, 0, 1.5 , 12,10,11) ~~|\n"g"[D](1,2,3,4) ~~|\nD: p, q ~~|')
    assert model.variables["f"].equations[0].expression == Table(
        (-20.0, 0.0, 1.5), (12.0, 10.0, 11.0)
    )
    assert model.variables["g"].equations[0].expression == Table((1.0, 2.0), (3.0, 4.0))
    with pytest.raises(ModelError, match="'f', line 1: the lookup has 3 numbers, not as many y"):
        load("f(1, 2, 3) ~~|")


def test_names_and_comments_of_real_models(load):
    model = load("net$ {of tax} = {all} price $ * 2 {twice} ~ {$} ~ |\nprice $ = 3 ~ $ ~ |")
    assert list(model.variables) == ["net$", "price $"]
    assert model.variables["net$"].equations[0].expression == Call(
        "*", (Reference("price $"), Number(2.0))
    )


def test_a_sampled_value_may_use_itself(load):
    model = load("most = SAMPLE IF TRUE(Time > most, Time, 0) ~~|")
    assert model.variables["most"].kind == "auxiliary"


def test_points_inside_an_equation(load):
    model = load(
        "y = 1 + WITH LOOKUP(a, ([(0,0)-(1,1)], (1,-3.), (2, 1e1),(3,.5) )) * "
        "with lookup (y2, ((0,0),(1,1))) ~~| a = 1 ~~| y2 = 2 ~~|"
    )
    assert model.variables["y"].equations[0].expression == Call(
        "+",
        (
            ONE,
            Call(
                "*",
                (
                    Call("WITH LOOKUP", (A, Table((1.0, 2.0, 3.0), (-3.0, 10.0, 0.5)))),
                    Call("WITH LOOKUP", (Reference("y2"), Table((0.0, 1.0), (0.0, 1.0)))),
                ),
            ),
        ),
    )


@pytest.mark.parametrize(
    ("equation", "message"),
    [
        ("MAX(a, ((0,0),(1,1)))", "the points of a lookup cannot stand here; write WITH LOOKUP"),
        ("WITH LOOKUP(a + , ((0,0),(1,1)))", r"nothing stands between '\+' and ','"),
        ("WITH LOOKUP(a, ((0,0),(1,1e999)))", "'1e999' is too large for a number"),
    ],
)
def test_points_where_none_belong(load, equation, message):
    with pytest.raises(ModelError, match=message):
        load(f"y = {equation} ~~| a = 1 ~~|")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("5 - 3", 2.0),
        ("2-1", 1.0),
        ("1+2+3", 6.0),
        ("-3-4", -7.0),
        ("- 3 - 4 + .5e+2", 43.0),
        ("1e-3-2", -1.999),
        ("- 3", -3.0),
    ],
)
def test_numbers_joined_by_plus_or_minus_are_a_sum(load, text, value):
    model = load(f"g = {text} ~~|")
    assert model.find("g").kind == "constant"
    assert model.run()["g"].values.tolist() == [value] * 21


def test_an_array_may_have_spaces_after_its_signs(load):
    model = load("D: d1, d2 ~~| E: e1, e2 ~~| g[D, E] = - 1, 2; 3, + 4; ~~|")
    assert model.find("g").equations[0].expression == Array((-1.0, 2.0, 3.0, 4.0), (2, 2))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1-2, 3; 4, 5;", "'1-2' is not a number"),
        ("1, 2; 3;", "the rows of the array differ in length"),
        ("1 2", "an operator is missing between '1' and '2'"),
    ],
)
def test_what_is_neither_an_array_nor_a_sum_is_refused(load, text, message):
    with pytest.raises(ModelError, match=message):
        load(f"D: d1, d2 ~~| E: e1, e2 ~~| g[D, E] = {text} ~~|")


@pytest.mark.parametrize("name", ["vmax_xmile", "VMIN_XMILE"])
def test_names_of_pysd_are_no_functions_of_vensim(load, name):
    with pytest.raises(ModelError, match="there is no function or lookup"):
        load(f"g = {name}(Time, 2) ~~|")


def test_comments_may_hold_comments(load):
    model = load('{ a {b ~ | } c = 1 ~~| {{}} }\nx { of {this} " } = { { 2 } } 3 {"} ~ u ~ d |')
    assert list(model.variables) == ["x"]
    assert model.find("x").equations[0].expression == Number(3.0)
    assert model.find("x").line == 2


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a = 1 ~~|\n{ b = 2 ~~|\nc = 3 ~~|", 2),
        ("a = 1 ~~|\nb = { 2 { 3 } ~~|\nc = 3 ~~|", 2),
        ("{ a = 1 ~~|\nb = 2 { note } ~~|\n", 1),
    ],
)
def test_a_comment_that_is_not_closed_hides_nothing(load, text, line):
    with pytest.raises(ModelError, match=rf"model\.mdl, line {line}: a comment is not closed"):
        load(text)


def test_a_brace_that_closes_nothing_is_refused(load):
    with pytest.raises(ModelError, match="'}' closes no comment"):
        load("a = 1 } ~~|")
