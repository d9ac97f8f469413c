"""A model as one flat list of scalar float64 operations: what engines compile.

Every operation has a number, its position in `Program.operations`, and uses only lower numbers.
What depends on time, a state, a random number or a parameter with dated changes is computed
anew in every step; all else once, before the first.

Operations, with the arguments in order and `extra`. All give a float64; truth is 1.0 or 0.0, and
any number but zero is true. A NaN among the arguments gives NaN unless said otherwise.

========================  ========================================================================
``number``                `extra`: the value
``time``                  the time of the step (of the stage, within a step of RK4)
``held time``             the time at which the step began
``step``                  the number of the step, from 0
``parameter``             `extra`: index in `Program.parameters`; its value now, dated changes in
``first parameter``       the same at the start of the run
``changed initial``       x; `extra`: index of a stock in `Program.stocks`: x with the member's
                          changes of that stock's initial value
``state``                 `extra`: index in `Program.states`; its value now
``random``                seed; `extra`: number of the place in the model. Uniform in (0, 1), for
                          each member, place, seed and step; the same throughout a step
``add sub mul div``       a, b: IEEE
``min max``               a, b: NaN if either is
``neg abs sqrt``          x
``floor trunc``           x
``exp ln``                x
``sin cos tan``           x
``arcsin arccos arctan``  x
``sinh cosh tanh``        x
``pow``                   a, b: 1 for b = 0; NaN for a < 0 with a broken b
``normal quantile``       p in (0, 1): the inverse of the standard normal distribution
``normal distribution``   x: the share of the standard normal distribution below x
``gamma ln``              x: the logarithm of the gamma function; NaN for x < 0
``lt le gt ge eq ne``     a, b
``and or``                a, b; false and NaN is false, true or NaN is true (Kleene's logic), so
                          that ``n > 0 :AND: x / n > 1`` is false where n is 0
``not``                   a
``select``                c, a, b: a if c is true, else b; NaN if c is NaN; what is not chosen
                          has no influence, also if it is NaN
``lookup``                x; `extra`: a `Table`
========================  ========================================================================
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

UNARY = frozenset(
    {
        *("neg", "abs", "sqrt", "floor", "trunc", "exp", "ln", "sin", "cos", "tan"),
        *("arcsin", "arccos", "arctan", "sinh", "cosh", "tanh", "not"),
        *("normal quantile", "normal distribution", "gamma ln"),
    }
)
BINARY = frozenset(
    {
        *("add", "sub", "mul", "div", "min", "max", "pow"),
        *("lt", "le", "gt", "ge", "eq", "ne", "and", "or"),
    }
)
# What a parameter is to its variable.
Role = Literal["value", "strength", "slope"]
# What changes within a run by itself.
CHANGING = frozenset({"time", "held time", "step", "state", "random"})


class Operation(NamedTuple):
    """One operation; see the table above."""

    code: str
    arguments: tuple[int, ...] = ()
    extra: Any = None


@dataclass(frozen=True)
class Parameter:
    """A number that members may replace or change over time.

    Attributes:
        variable: The name of a constant, or of a lookup.
        element: The position in the variable, in row-major order.
        base: Its value in the model: the number of an operation that uses only numbers.
        role: ``value`` of a constant, or what multiplies a lookup's outputs; ``strength`` or
            ``slope`` of a lookup around its normal point.
    """

    variable: str
    element: int
    base: float
    role: Role = "value"


@dataclass(frozen=True)
class Stock:
    """An element of a stock whose initial value members may change."""

    variable: str
    element: int


@dataclass(frozen=True)
class State:
    """Something that is carried from step to step.

    Attributes:
        kind: ``integral``: `value` is the rate of change. ``held``: `value` is what it will be
            in the next step, evaluated where the step begins (not at the stages of RK4).
            ``delay``: in step i it is `value` of step i - n, and `initial` as long as i < n,
            with n = `length`.
        initial: The operation that gives its value in step 0; no ``state`` is used there.
        value: The operation for each step.
        length: Of a delay: the operation that gives the number of steps, a whole number of at
            least 1, which uses no ``state`` or ``time``.
        name: The variable that it stands in, for messages.
    """

    kind: Literal["integral", "held", "delay"]
    initial: int
    value: int
    length: int = -1
    name: str = ""


@dataclass(frozen=True)
class Program:
    """A lowered model for one TIME STEP and INITIAL TIME.

    Attributes:
        operations: In an order in which they can be computed.
        parameters: Of the ``parameter`` operations.
        stocks: Of the ``changed initial`` operations.
        states: Of the ``state`` operations.
        outputs: For each variable but lookups, the operations of its elements in row-major
            order; the shape is that of its subscripts.
        initial_time: In the model's unit of time.
        time_step: In the model's unit of time.
        undefined: Outputs that no equation defines, as variable and position; they are NaN.
        fixed: Parameters whose value in the model decided what was lowered, such as the order of
            a delay; members cannot have another.
    """

    operations: tuple[Operation, ...]
    parameters: tuple[Parameter, ...]
    stocks: tuple[Stock, ...]
    states: tuple[State, ...]
    outputs: Mapping[str, NDArray[np.int64]]
    initial_time: float
    time_step: float
    fixed: frozenset[int] = frozenset()
    undefined: frozenset[tuple[str, int]] = frozenset()
