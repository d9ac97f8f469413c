from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import special

from flatgov.kernel.builder import Builder, look_up

Array = NDArray[np.float64]
Evaluate = Callable[..., list[Array]]


def _with_nan(result: Any, *inputs: Any) -> Any:
    for x in inputs:
        result = np.where(np.isnan(x), np.nan, result)
    return result


def _choose(c: Any, a: Any, b: Any) -> Any:
    return np.where(np.isnan(c), np.nan, np.where(c != 0, a, b))


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "div": np.divide,
    "pow": lambda a, b: _with_nan(np.power(a, b), a, b),
    "min": np.minimum,
    "max": np.maximum,
    "neg": np.negative,
    "abs": np.abs,
    "sqrt": np.sqrt,
    "floor": np.floor,
    "trunc": np.trunc,
    "exp": np.exp,
    "ln": np.log,
    "normal distribution": special.ndtr,
    "normal quantile": special.ndtri,
    "lt": lambda a, b: _with_nan(a < b, a, b),
    "le": lambda a, b: _with_nan(a <= b, a, b),
    "gt": lambda a, b: _with_nan(a > b, a, b),
    "ge": lambda a, b: _with_nan(a >= b, a, b),
    "eq": lambda a, b: _with_nan(a == b, a, b),
    "ne": lambda a, b: _with_nan(a != b, a, b),
    "and": lambda a, b: _with_nan((a != 0) & (b != 0), a, b),
    "or": lambda a, b: _with_nan((a != 0) | (b != 0), a, b),
    "not": lambda a: _with_nan(a == 0, a),
    "select": _choose,
}


def run(b: Builder, wanted: Sequence[int], **sources: Any) -> list[Array]:
    """Compute operations with NumPy; `parameter` and `random` by their `extra`."""
    values: list[Any] = []
    with np.errstate(all="ignore"):
        for code, arguments, extra in b.operations:
            if code == "number":
                values.append(np.float64(extra))
            elif code in sources:
                values.append(np.asarray(sources[code][extra], dtype=np.float64))
            elif code == "lookup":
                values.append(np.vectorize(lambda x, t=extra: look_up(t, x))(values[arguments[0]]))
            else:
                inputs = [values[argument] for argument in arguments]
                values.append(np.asarray(FUNCTIONS[code](*inputs), dtype=np.float64))
    return [values[number] for number in wanted]


@pytest.fixture
def evaluate() -> Evaluate:
    return run


@pytest.fixture
def b() -> Builder:
    return Builder()
