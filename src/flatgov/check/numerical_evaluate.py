"""Computes the operations of a program with NumPy, for many times and states at once.

For what a kernel is not made for: rates at states near a path, and every value on the way to one.
Functions such as EXP may differ from the kernel's in the last bit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from flatgov.changes import FloatArray
from flatgov.kernel.builder import look_up
from flatgov.kernel.program import Program
from flatgov.model import Table


def reachable(program: Program, roots: Iterable[int]) -> list[int]:
    """Give the operations that some need, themselves among them, in order."""
    found: set[int] = set()
    pending = list(roots)
    while pending:
        number = pending.pop()
        if number not in found:
            found.add(number)
            pending += program.operations[number].arguments
    return sorted(found)


def evaluate(
    program: Program,
    states: FloatArray,
    times: FloatArray,
    steps: FloatArray,
    needed: Iterable[int],
) -> dict[int, FloatArray]:
    """Compute operations.

    Args:
        program: The program; parameters have the values of the model, random numbers are 0.5.
        states: (state, time, column), for all of `Program.states`.
        times: (time,).
        steps: (time,): their numbers.
        needed: The operations, with all that they use, in order.

    Returns:
        By the number of the operation: an array that broadcasts to (time, column).
    """
    moments = {"time": times[:, None], "held time": times[:, None], "step": steps[:, None]}
    values: dict[int, FloatArray] = {}
    with np.errstate(all="ignore"):
        for number in needed:
            code, arguments, extra = program.operations[number]
            if code == "number":
                values[number] = np.array(extra)
            elif code == "state":
                values[number] = states[extra]
            elif code in moments:
                values[number] = moments[code]
            elif code in ("parameter", "first parameter"):
                values[number] = np.array(program.parameters[extra].base)
            elif code == "random":
                values[number] = np.array(0.5)
            elif code == "changed initial":
                values[number] = values[arguments[0]]
            elif code == "lookup":
                values[number] = _look_up(extra, values[arguments[0]])
            else:
                values[number] = _FUNCTIONS[code](*(values[one] for one in arguments))
    return values


def _look_up(table: Table, x: FloatArray) -> FloatArray:
    if table.interpolation != "interpolate":
        points = [look_up(table, float(one)) for one in np.ravel(x)]
        return np.array(points).reshape(np.shape(x))
    across, up = np.array(table.x), np.array(table.y)
    if len(across) == 1:
        return np.where(np.isnan(x), np.nan, up[0])
    inside = np.clip(x, across[0], across[-1])
    place = np.clip(np.searchsorted(across, inside, side="right") - 1, 0, len(across) - 2)
    width = across[place + 1] - across[place]
    slope = (up[place + 1] - up[place]) / width
    at_end = inside >= across[-1]
    result: FloatArray = np.where(at_end, up[-1], up[place] + (inside - across[place]) * slope)
    return np.where(np.isnan(x), np.nan, result)


def _truth(function: Callable[..., Any]) -> Callable[..., FloatArray]:
    """Make a comparison that gives 1, 0, or NaN where an argument is NaN."""

    def compare(*arguments: FloatArray) -> FloatArray:
        unknown = np.isnan(arguments[0])
        for other in arguments[1:]:
            unknown = unknown | np.isnan(other)
        return np.where(unknown, np.nan, function(*arguments))

    return compare


def _and(a: FloatArray, b: FloatArray) -> FloatArray:
    unknown = np.isnan(a) | np.isnan(b)
    return np.where((a == 0) | (b == 0), 0.0, np.where(unknown, np.nan, 1.0))


def _or(a: FloatArray, b: FloatArray) -> FloatArray:
    return 1.0 - _and(_not(a), _not(b))


def _not(a: FloatArray) -> FloatArray:
    return np.where(np.isnan(a), np.nan, a == 0)


def _select(condition: FloatArray, yes: FloatArray, no: FloatArray) -> FloatArray:
    return np.where(np.isnan(condition), np.nan, np.where(condition != 0, yes, no))


def _own(code: str) -> Callable[[FloatArray], FloatArray]:
    def function(x: FloatArray) -> FloatArray:
        from flatgov.kernel.vector_math import evaluate as vector

        return vector(code, np.ravel(x)).reshape(np.shape(x))

    return function


def _power(a: FloatArray, b: FloatArray) -> NDArray[np.float64]:
    result: FloatArray = np.power(a, b)
    return result


_FUNCTIONS: dict[str, Callable[..., FloatArray]] = {
    **{"add": np.add, "sub": np.subtract, "mul": np.multiply, "div": np.divide, "pow": _power},
    **{"min": np.minimum, "max": np.maximum, "neg": np.negative, "abs": np.abs, "ln": np.log},
    **{
        name: getattr(np, name)
        for name in (
            *("sqrt", "floor", "trunc", "exp", "sin", "cos", "tan"),
            *("arcsin", "arccos", "arctan", "sinh", "cosh", "tanh"),
        )
    },
    **{
        code: _truth(function)
        for code, function in (
            *(("lt", np.less), ("le", np.less_equal), ("gt", np.greater)),
            *(("ge", np.greater_equal), ("eq", np.equal), ("ne", np.not_equal)),
        )
    },
    **{"and": _and, "or": _or, "not": _not},
    **{code: _own(code) for code in ("normal quantile", "normal distribution", "gamma ln")},
    "select": _select,
}
