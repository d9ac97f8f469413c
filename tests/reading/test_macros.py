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


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            ":MACRO: M(x)\nM = x + inner ~~|\n:END OF MACRO:\ny = M(1) ~~| inner = 2 ~~|",
            "'M', line 2: the variable 'inner' is not defined",
        ),
        (
            ":MACRO: M(x)\nm2 = x ~~|\n:END OF MACRO:\ny = M(1) ~~|",
            "'M': the macro has no equation for its result 'M'",
        ),
        (
            ":MACRO: M(x)\nM = y ~~|\ny = M ~~|\n:END OF MACRO:\nz = M(1) ~~|",
            "'M', line 2: circular definition: M → y → M",
        ),
        (
            ":MACRO: M(x)\nM = x ~~|\nM = 1 ~~|\n:END OF MACRO:\nz = M(1) ~~|",
            "'M', line 3: the variable is already defined on line 2",
        ),
    ],
)
def test_wrong_macros(load: Load, text: str, message: str) -> None:
    with pytest.raises(ModelError) as caught:
        load(text)
    assert message in str(caught.value)
