"""Our own elementary functions, the same bits in NumPy and in machine code.

The system's mathematics library, NumPy and LLVM give results that differ in the last place from
machine to machine and from lane to lane. These functions use only operations that IEEE 754
rounds correctly, in a fixed order and without fused multiply-add. Where an argument is NaN, or
there is no result, they give the one NaN 0x7FF8000000000000. They never branch on a lane, except
past what no lane needs, so a lane does not depend on its neighbours.

Largest errors found against mpmath, in units in the last place (0.5 is the best there can be):
exp 0.86, ln 0.79, pow 0.76, sin and cos 0.78, tan 0.96, arcsin 0.65, arccos 0.62, arctan 0.53,
sinh 0.79, cosh 0.61, tanh 0.84, normal distribution 2.2, gamma ln 2.7, normal quantile 4.4.
Powers that are whole numbers up to 2**53, and x**1 and x**2, are correctly rounded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from flatgov.kernel import random_stream
from flatgov.kernel import vector_math_exponential as exponential
from flatgov.kernel import vector_math_gamma as gamma
from flatgov.kernel import vector_math_hyperbolic as hyperbolic
from flatgov.kernel import vector_math_normal as normal
from flatgov.kernel import vector_math_trigonometry as trigonometry
from flatgov.kernel.vector_ops import ArrayOperations, TextOperations, TextValue, Value

_UNARY: dict[str, Callable[..., Value]] = {
    "exp": exponential.exp,
    "ln": exponential.ln,
    "sin": trigonometry.sin,
    "cos": trigonometry.cos,
    "tan": trigonometry.tan,
    "arcsin": trigonometry.arcsin,
    "arccos": trigonometry.arccos,
    "arctan": trigonometry.arctan,
    "sinh": hyperbolic.sinh,
    "cosh": hyperbolic.cosh,
    "tanh": hyperbolic.tanh,
    "gamma ln": gamma.gamma_ln,
    "normal distribution": normal.distribution,
    "normal quantile": normal.quantile,
}
BINARY: dict[str, Callable[..., Value]] = {"pow": exponential.power}
FUNCTIONS: dict[str, Callable[..., Value]] = _UNARY | BINARY


def evaluate(code: str, *arrays: ArrayLike) -> NDArray[np.float64]:
    """Evaluate a function, to the bit as the machine code does.

    Args:
        code: One of `FUNCTIONS`.
        *arrays: Its arguments, of shapes that fit each other.

    Returns:
        The values in the common shape.
    """
    numbers = np.broadcast_arrays(*(np.asarray(array, dtype=np.float64) for array in arrays))
    flat = [np.ascontiguousarray(array).reshape(-1) for array in numbers]
    with np.errstate(all="ignore"):
        result = FUNCTIONS[code](ArrayOperations(), *flat)
    return np.asarray(result, dtype=np.float64).reshape(numbers[0].shape)


def evaluate_random(
    stream: ArrayLike, place: ArrayLike, seed: ArrayLike, step: ArrayLike
) -> NDArray[np.float64]:
    """Give the random numbers of `random_stream.uniform`, to the bit as the machine code does.

    Args:
        stream: int64: a number for each member.
        place: int64: the place in the model.
        seed: float64.
        step: int64: the number of the step.

    Returns:
        The numbers in the common shape of the arguments.
    """
    kinds = (np.int64, np.int64, np.float64, np.int64)
    given = (
        np.asarray(x, kind) for x, kind in zip((stream, place, seed, step), kinds, strict=True)
    )
    arrays = np.broadcast_arrays(*given)
    flat = [np.ascontiguousarray(array).reshape(-1) for array in arrays]
    result = random_stream.uniform(ArrayOperations(), *flat)
    return np.asarray(result, dtype=np.float64).reshape(arrays[0].shape)


def definitions(codes: Iterable[str], lanes: int) -> str:
    """Write functions as LLVM IR.

    Args:
        codes: Members of `FUNCTIONS`, or ``random``; each is written once.
        lanes: The length of the vectors: 1, 2, 4, 8 or 16.

    Returns:
        ``define internal <L x double> @vm_CODE(<L x double>, …)`` for each code, with spaces
        in it as underscores, and what they need; for ``random`` the arguments are ``<L x i64>``
        stream, ``i64`` place, ``<L x double>`` seed and ``i64`` step.
    """
    declarations: dict[str, None] = {}
    texts: list[str] = []
    for code in dict.fromkeys(codes):
        text = TextOperations(lanes, "vm_" + code.replace(" ", "_"))
        texts.append(_random(text) if code == "random" else _function(text, code))
        declarations |= text.declarations
    return "\n".join([*declarations, *texts])


def _function(text: TextOperations, code: str) -> str:
    names = ["%a", "%b"] if code in BINARY else ["%a"]
    result = FUNCTIONS[code](text, *(TextValue(text, name, "double") for name in names))
    return _defined(text, [f"{text.vector('double')} {name}" for name in names], result)


def _random(text: TextOperations) -> str:
    stream, seed = TextValue(text, "%stream", "i64"), TextValue(text, "%seed", "double")
    place, step = text.splat("%place"), text.splat("%step")
    parameters = [
        f"{text.vector('i64')} %stream",
        "i64 %place",
        f"{text.vector('double')} %seed",
        "i64 %step",
    ]
    return _defined(text, parameters, random_stream.uniform(text, stream, place, seed, step))


def _defined(text: TextOperations, parameters: list[str], result: TextValue) -> str:
    vector = text.vector("double")
    head = f"define internal {vector} @{text.name}({', '.join(parameters)})"
    attributes = "nounwind willreturn memory(none)"
    lines = [f"{head} {attributes} {{", "entry:", *text.lines, f"  ret {vector} {result.name}", "}"]
    return "\n".join([*lines, ""])
