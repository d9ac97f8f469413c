"""Our own elementary functions, the same bits in NumPy and in machine code.

The system's mathematics library, NumPy and LLVM give results that differ in the last place from
machine to machine and from lane to lane. These functions use only operations that IEEE 754
rounds correctly, in a fixed order and without fused multiply-add. Where an argument is NaN, or
there is no result, they give the one NaN 0x7FF8000000000000. They never branch on a lane, except
past what no lane needs, so a lane does not depend on its neighbours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from flatgov.kernel import vector_math_exponential as exponential
from flatgov.kernel.vector_ops import ArrayOperations, TextOperations, TextValue, Value

_UNARY: dict[str, Callable[..., Value]] = {
    "exp": exponential.exp,
    "ln": exponential.ln,
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


def definitions(codes: Iterable[str], lanes: int) -> str:
    """Write functions as LLVM IR.

    Args:
        codes: Members of `FUNCTIONS`; each is written once.
        lanes: The length of the vectors: 1, 2, 4, 8 or 16.

    Returns:
        ``define internal <L x double> @vm_CODE(<L x double>, …)`` for each code, with spaces
        in it as underscores, and what they need.
    """
    declarations: dict[str, None] = {}
    texts: list[str] = []
    for code in dict.fromkeys(codes):
        name = "vm_" + code.replace(" ", "_")
        text = TextOperations(lanes, name)
        vector = text.vector("double")
        count = 2 if code in BINARY else 1
        arguments = [TextValue(text, f"%a{i}", "double") for i in range(count)]
        parameters = ", ".join(f"{vector} {argument.name}" for argument in arguments)
        result = FUNCTIONS[code](text, *arguments)
        texts.append(_function(text, name, parameters, result))
        declarations |= text.declarations
    return "\n".join([*declarations, *texts])


def _function(text: TextOperations, name: str, parameters: str, result: TextValue) -> str:
    vector = text.vector("double")
    head = f"define internal {vector} @{name}({parameters}) nounwind willreturn memory(none) {{"
    return "\n".join([head, "entry:", *text.lines, f"  ret {vector} {result.name}", "}", ""])
