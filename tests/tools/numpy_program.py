"""A lowered program over NumPy arrays, all members at once: what a NumPy user would write."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from flatgov.kernel.program import CHANGING, Operation, Program

FloatArray = npt.NDArray[np.float64]

_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "div": np.divide,
    "min": np.minimum,
    "max": np.maximum,
    "neg": np.negative,
    "abs": np.abs,
    "ln": np.log,
    "pow": np.power,
    "lt": np.less,
    "le": np.less_equal,
    "gt": np.greater,
    "ge": np.greater_equal,
    "eq": np.equal,
    "ne": np.not_equal,
    "and": np.logical_and,
    "or": np.logical_or,
    "not": np.logical_not,
    "select": np.where,
    "changed initial": lambda x: x,
    **{name: getattr(np, name) for name in ("sqrt", "floor", "trunc", "exp", "sin", "cos")},
}


def run_numpy(
    program: Program,
    parameters: FloatArray,
    varying: Sequence[int],
    output: int,
    steps: int,
) -> FloatArray:
    """Simulate with Euler's method; parameters (varying, member) give values (time, member).

    Raises:
        ValueError: The program has a delay, or an operation or a table of another kind.
    """
    if any(state.kind == "delay" for state in program.states):
        raise ValueError("delays are not supported here")
    given = dict(zip(varying, parameters, strict=True))
    values: list[Any] = [None] * len(program.operations)
    changing: list[tuple[int, Operation]] = []
    states: list[Any] = [0.0] * len(program.states)
    now = {"time": program.initial_time, "held time": program.initial_time, "step": 0.0}
    moving: set[int] = set()

    def evaluate(number: int, operation: Operation) -> None:
        code, extra = operation.code, operation.extra
        arguments = [values[argument] for argument in operation.arguments]
        if code == "number":
            values[number] = extra
        elif code in now:
            values[number] = now[code]
        elif code == "state":
            values[number] = states[extra]
        elif code in ("parameter", "first parameter"):
            values[number] = given.get(extra, program.parameters[extra].base)
        elif code == "lookup" and extra.interpolation == "interpolate":
            values[number] = np.interp(arguments[0], extra.x, extra.y)
        elif code in _FUNCTIONS:
            values[number] = _FUNCTIONS[code](*arguments)
        else:
            raise ValueError(f"'{code}' is not supported here")

    for number, operation in enumerate(program.operations):
        if operation.code in CHANGING or any(one in moving for one in operation.arguments):
            moving.add(number)
            changing.append((number, operation))
    result = np.empty((steps + 1, parameters.shape[1]))
    with np.errstate(all="ignore"):
        for number, operation in enumerate(program.operations):
            evaluate(number, operation)  # States have no value yet; initial ones use none.
        states = [values[state.initial] for state in program.states]
        for step in range(steps + 1):
            moment = program.initial_time + step * program.time_step
            now.update({"time": moment, "held time": moment, "step": float(step)})
            for number, operation in changing:
                evaluate(number, operation)
            result[step] = values[output]
            states = [
                states[place] + program.time_step * values[state.value]
                if state.kind == "integral"
                else values[state.value]
                for place, state in enumerate(program.states)
            ]
    return result
