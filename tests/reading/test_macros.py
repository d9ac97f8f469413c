"""Macros: what `load_model` keeps of them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from flatgov.errors import ModelError
from flatgov.model import Call, Model, Number, Reference

Load = Callable[..., Model]

SMOOTHED = """{UTF-8}
********************************************************
	.Macros
********************************************************~
		A banner before the first of several macros.
	|
:MACRO: Slow(input, delay time)
Slow = INTEG(change, input)
	~	input
	~	What comes out.
	|
change = (input - SLOW) / delay_time * TWICE(0.5)
	~	input/Month [0,9]
	~	|
:END OF MACRO:
:MACRO: TWICE(x)
TWICE = 2 * x ~~|
:END OF MACRO:
y = slow(4, a) ~~|
a = 2 ~~|
"""


def test_macros_are_read_like_models(load: Load) -> None:
    model = load(SMOOTHED)
    assert list(model.variables) == ["y", "a"]
    assert model.variables["y"].equations[0].expression == Call(
        "SLOW", (Number(4.0), Reference("a"))
    )
    assert list(model.macros) == ["SLOW", "TWICE"]
    slow = model.macros["SLOW"]
    assert (slow.name, slow.inputs, slow.outputs) == ("SLOW", ("input", "delay time"), ("Slow",))
    assert [variable.kind for variable in slow.variables.values()] == ["stock", "flow"]
    change = slow.variables["change"]
    assert (change.line, change.units, change.limits) == (12, "input/Month", (0.0, 9.0))
    assert change.equations[0].expression == Call(
        "*",
        (
            Call(
                "/", (Call("-", (Reference("input"), Reference("Slow"))), Reference("delay time"))
            ),
            Call("TWICE", (Number(0.5),)),
        ),
    )


SEVERAL = """:MACRO: Add Up(a, b : lo, Hi Of)
Add Up = a + b ~~|
lo = MIN(a, b) ~~|
hi_of = MAX(a, b) ~~|
:END OF MACRO:
sum = 2 * ADD_UP(x, IF THEN ELSE(x > 1 :AND: x < 3, 1, 2) : low, "high est") ~~|
x = 2 ~~|
"""


def test_further_outputs_of_a_call_are_variables(load: Load) -> None:
    model = load(SEVERAL, "sums.mdl")
    assert model.name == "sums"
    assert list(model.variables) == ["sum", "low", "high est", "x"]
    assert [variable.line for variable in model.variables.values()] == [6, 6, 6, 7]
    total = model.variables["sum"].equations[0].expression
    assert isinstance(total, Call)
    call = total.arguments[1]
    assert isinstance(call, Call)
    assert call.function == "ADD UP"
    for name, function in (("low", "ADD UP>LO"), ("high est", "ADD UP>HI OF")):
        own = model.variables[name].equations[0].expression
        assert own == Call(function, call.arguments)
    outputs = {name: macro.outputs for name, macro in model.macros.items()}
    assert outputs == {
        "ADD UP": ("Add Up", "lo", "hi_of"),
        "ADD UP>LO": ("lo",),
        "ADD UP>HI OF": ("hi_of",),
    }
    assert model.macros["ADD UP>LO"].variables == model.macros["ADD UP"].variables


def test_the_times_of_the_model_inside_a_macro(load: Load) -> None:
    model = load(":MACRO: M(x)\nM = x * Time$ / time_step$ ~~|\n:END OF MACRO:\ny = M(1) ~~|")
    assert model.macros["M"].variables["M"].equations[0].expression == Call(
        "/",
        (Call("*", (Reference("x"), Reference("Time"))), Reference("TIME STEP")),
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            ":MACRO: M(x)\nM = x + inner ~~|\n:END OF MACRO:\ny = M(1) ~~| inner = 2 ~~|",
            "'M', line 2: the variable 'inner' is not defined",
        ),
        (
            ":MACRO: M(x)\nm2 = x ~~|\n:END OF MACRO:\ny = M(1) ~~|",
            "'M', line 2: the macro has no equation for its result 'M'",
        ),
        (
            ":MACRO: M(x)\nM = y ~~|\ny = M ~~|\n:END OF MACRO:\nz = M(1) ~~|",
            "'M', line 2: circular definition: M (line 2) → y (line 3) → M",
        ),
        (
            ":MACRO: M(x)\nM = x ~~|\nM = 1 ~~|\n:END OF MACRO:\nz = M(1) ~~|",
            "'M', line 3: the variable is already defined on line 2",
        ),
        (
            ":MACRO: M(x : z)\nM = x ~~|\nz = 2 ~~|\n:END OF MACRO:\ny = M(1 : a, b) ~~|",
            "'y', line 5: M is given 2 outputs and has 1",
        ),
        (
            ":MACRO: M(x)\nM = x + a$ ~~|\n:END OF MACRO:\ny = M(1) ~~| a = 2 ~~|",
            "'M', line 2: 'a$' is a variable of the model, which a macro cannot use; give it as",
        ),
        (
            ":MACRO: smooth(x)\nsmooth = x ~~|\n:END OF MACRO:\ny = smooth(1) ~~|",
            "the macro SMOOTH has the name of a function, which is not supported; give it",
        ),
    ],
)
def test_wrong_macros(load: Load, text: str, message: str) -> None:
    with pytest.raises(ModelError) as caught:
        load(text)
    assert message in str(caught.value)
