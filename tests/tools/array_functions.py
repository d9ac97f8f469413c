"""The functions that `array_interpreter` knows, as Vensim's reference manual describes them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from flatgov.model import Table

Argument = Callable[[int], float]


@dataclass(frozen=True)
class Memory:
    """A function that remembers, as levels.

    Attributes:
        start: The levels at the start, from the arguments.
        change: Their rates of change, or their values in the next step if `held`.
        output: The function's value, from the arguments and the levels.
        held: Whether the levels jump at steps.
    """

    start: Callable[[Argument, float], list[float]]
    change: Callable[[Argument, Sequence[float]], list[float]]
    output: Callable[[Argument, Sequence[float]], float]
    held: bool = False


def look_up(table: Table, x: float) -> float:
    """Interpolate linearly and hold the ends."""
    assert table.interpolation == "interpolate"
    return np.float64(x if np.isnan(x) else np.interp(x, table.x, table.y))


def _truth(function: Callable[..., bool]) -> Callable[..., float]:
    """Make a truth value 1 or 0; what is not a number is neither true nor false."""

    def value(*arguments: float) -> float:
        return np.nan if np.isnan(arguments).any() else float(function(*arguments))

    return value


def _from_left(function: Callable[[float, float], float]) -> Callable[[list[float]], float]:
    def value(items: list[float]) -> float:
        result = items[0]
        for item in items[1:]:
            result = function(result, item)
        return result

    return value


def _ratio(a: float, b: float, otherwise: float) -> float:
    """XIDZ; its threshold is in the reference manual."""
    return otherwise if abs(b) < 1e-6 else a / b


FUNCTIONS: dict[str, Callable[..., float]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
    "^": np.power,
    "POWER": np.power,
    "negative": np.negative,
    "MIN": np.minimum,
    "MAX": np.maximum,
    "ABS": np.abs,
    "SQRT": np.sqrt,
    "EXP": np.exp,
    "LN": np.log,
    "LOG": lambda x, base: np.log(x) / np.log(base),
    "SIN": np.sin,
    "COS": np.cos,
    "TAN": np.tan,
    "ARCTAN": np.arctan,
    "TANH": np.tanh,
    "INTEGER": np.trunc,
    "MODULO": np.fmod,
    "ZIDZ": lambda a, b: _ratio(a, b, 0.0),
    "XIDZ": _ratio,
    "<": _truth(lambda a, b: a < b),
    "<=": _truth(lambda a, b: a <= b),
    ">": _truth(lambda a, b: a > b),
    ">=": _truth(lambda a, b: a >= b),
    "=": _truth(lambda a, b: a == b),
    "<>": _truth(lambda a, b: a != b),
    ":AND:": _truth(lambda a, b: bool(a and b)),
    ":OR:": _truth(lambda a, b: bool(a or b)),
    ":NOT:": _truth(lambda a: not a),
}

REDUCTIONS: dict[str, Callable[[list[float]], float]] = {
    "SUM": _from_left(np.add),
    "PROD": _from_left(np.multiply),
    "VMIN": _from_left(np.minimum),
    "VMAX": _from_left(np.maximum),
}


def _ramp(time: float, middle: float, dt: float, slope: float, start: float, end: float) -> float:
    return slope * (min(time, end) - start) if time > start else 0.0


def _pulse(time: float, middle: float, dt: float, start: float, width: float) -> float:
    return float(start < middle < start + (width or dt))


def _train(
    time: float, middle: float, dt: float, start: float, width: float, every: float, end: float
) -> float:
    # At the end there still is a pulse: Vensim's output of the test model Query_file has it.
    if not start < middle < end + dt:
        return 0.0
    return float((middle - start) % every < max(width, dt))


# Of the time, the middle of the step, and TIME STEP; then the arguments.
TIMED: dict[str, Callable[..., float]] = {
    "STEP": lambda time, middle, dt, height, start: height if middle > start else 0.0,
    "RAMP": _ramp,
    "PULSE": _pulse,
    "PULSE TRAIN": _train,
}


def _smooth(order: int, first: int) -> Memory:
    def change(argument: Argument, levels: Sequence[float]) -> list[float]:
        aims = [argument(0), *levels[:-1]]
        pairs = zip(aims, levels, strict=True)
        return [(aim - level) / (argument(1) / order) for aim, level in pairs]

    return Memory(
        start=lambda argument, dt: [argument(first)] * order,
        change=change,
        output=lambda argument, levels: levels[-1],
    )


def _delay(order: int, first: int) -> Memory:
    def change(argument: Argument, levels: Sequence[float]) -> list[float]:
        out = [level / (argument(1) / order) for level in levels]
        return [a - b for a, b in zip([argument(0), *out[:-1]], out, strict=True)]

    return Memory(
        start=lambda argument, dt: [argument(first) * argument(1) / order] * order,
        change=change,
        output=lambda argument, levels: levels[-1] / (argument(1) / order),
    )


def _sample(argument: Argument, levels: Sequence[float]) -> float:
    return argument(1) if argument(0) else levels[0]


MEMORIES: dict[str, Memory] = {
    "INTEG": Memory(
        start=lambda argument, dt: [argument(1)],
        change=lambda argument, levels: [argument(0)],
        output=lambda argument, levels: levels[0],
    ),
    "SMOOTH": _smooth(1, 0),
    "SMOOTHI": _smooth(1, 2),
    "SMOOTH3": _smooth(3, 0),
    "SMOOTH3I": _smooth(3, 2),
    "DELAY1": _delay(1, 0),
    "DELAY1I": _delay(1, 2),
    "DELAY3": _delay(3, 0),
    "DELAY3I": _delay(3, 2),
    "TREND": Memory(
        start=lambda argument, dt: [argument(0) / (1 + argument(1) * argument(2))],
        change=lambda argument, levels: [(argument(0) - levels[0]) / argument(1)],
        output=lambda argument, levels: _ratio(
            argument(0) - levels[0], argument(1) * abs(levels[0]), 0.0
        ),
    ),
    # The values that are on their way, the next first.
    "DELAY FIXED": Memory(
        start=lambda argument, dt: [argument(2)] * max(1, round(argument(1) / dt)),
        change=lambda argument, levels: [*levels[1:], argument(0)],
        output=lambda argument, levels: levels[0],
        held=True,
    ),
    "SAMPLE IF TRUE": Memory(
        start=lambda argument, dt: [argument(2)],
        change=lambda argument, levels: [_sample(argument, levels)],
        output=_sample,
        held=True,
    ),
}
