"""Builds the operations of a program: equal ones once, and those on numbers computed at once.

Only rewrites that leave every bit as it is are made, so that folding never shows in results.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from flatgov import limits
from flatgov.kernel.program import Operation
from flatgov.model import Table

_NAN = math.nan
# How much is done for one operation of the limit; models of all kinds need 2 to 5.
_WORK = 8


class Builder:
    """A growing list of operations; each method gives the number of the operation it names."""

    def __init__(self) -> None:
        self.operations: list[Operation] = []
        self._numbers: dict[tuple[Any, ...], int] = {}
        self._most = limits.current().operations
        self._work = 0

    def count(self, work: int = 1) -> None:
        """Count what is done, also what leaves no operation behind.

        Raises:
            ModelError: It is more than the limit of operations allows for.
        """
        self._work += work
        if self._work > _WORK * self._most:
            steps = f"the model takes more than {_WORK * self._most:,} steps to be prepared"
            limits.check("operations", math.ceil(self._work / _WORK), steps)

    def number(self, value: float) -> int:
        """Give a constant."""
        self.count()
        return self._add(Operation("number", (), float(value)), ("number", float(value).hex()))

    def op(self, code: str, *arguments: int, extra: Any = None) -> int:
        """Give an operation of the table in `flatgov.kernel.program`."""
        self.count()
        shorter = self._simplify(code, arguments, extra)
        if shorter is not None:
            return shorter
        operation = Operation(code, arguments, extra)
        # Tables that differ in the sign of a zero are equal in Python.
        signs = _signs(extra) if isinstance(extra, Table) else ()
        return self._add(operation, (*operation, signs))

    def value(self, number: int) -> float | None:
        """Give the value of an operation that is a constant."""
        operation = self.operations[number]
        return float(operation.extra) if operation.code == "number" else None

    def add(self, a: int, b: int) -> int:
        """Give a + b."""
        return self.op("add", a, b)

    def sub(self, a: int, b: int) -> int:
        """Give a - b."""
        return self.op("sub", a, b)

    def mul(self, a: int, b: int) -> int:
        """Give a * b."""
        return self.op("mul", a, b)

    def div(self, a: int, b: int) -> int:
        """Give a / b."""
        return self.op("div", a, b)

    def select(self, condition: int, yes: int, no: int) -> int:
        """Give one of two values."""
        return self.op("select", condition, yes, no)

    def sum(self, terms: Sequence[int]) -> int:
        """Add from the left; 0 for nothing."""
        return self._reduce("add", terms, 0.0)

    def product(self, factors: Sequence[int]) -> int:
        """Multiply from the left; 1 for nothing."""
        return self._reduce("mul", factors, 1.0)

    def _reduce(self, code: str, items: Sequence[int], empty: float) -> int:
        if not items:
            return self.number(empty)
        result, *rest = items
        for item in rest:
            result = self.op(code, result, item)
        return result

    def _add(self, operation: Operation, key: tuple[Any, ...]) -> int:
        found = self._numbers.get(key)
        if found is None:
            found = self._numbers[key] = len(self.operations)
            if found >= self._most:
                what = f"the model has more than {self._most:,} operations"
                limits.check("operations", max(found, self._most) * 2, what)
            self.operations.append(operation)
        return found

    def _simplify(self, code: str, arguments: tuple[int, ...], extra: Any) -> int | None:
        values = [self.value(number) for number in arguments]
        if arguments and all(value is not None for value in values):
            folded = fold(code, [value for value in values if value is not None], extra)
            if folded is not None:
                return self.number(folded)
        if code == "select" and values[0] is not None and not math.isnan(values[0]):
            return arguments[1] if values[0] != 0.0 else arguments[2]
        if code in ("mul", "div") and values[1] == 1.0:
            return arguments[0]
        if code == "mul" and values[0] == 1.0:
            return arguments[1]
        if code == "sub" and values[1] == 0.0 and math.copysign(1.0, values[1]) > 0:
            return arguments[0]
        return None


def fold(code: str, values: Sequence[float], extra: Any = None) -> float | None:
    """Compute an operation on numbers, to the bit as a kernel does.

    Returns:
        The value, or None where the operation is not one of numbers alone.
    """
    if code == "lookup":
        return look_up(extra, values[0])
    function = _FOLDED.get(code)
    if function is None:
        from flatgov.kernel import vector_math  # Most models do without.

        if code not in vector_math.FUNCTIONS:
            return None
        return float(vector_math.evaluate(code, *(np.array([value]) for value in values))[0])
    if code in ("and", "or") and any(_settles(code, value) for value in values):
        return float(code == "or")
    if code != "select" and any(map(math.isnan, values)):
        return _NAN
    return float(function(*values))


def _settles(code: str, value: float) -> bool:
    """Tell whether one argument decides `and` (what is false) or `or` (what is true)."""
    return not math.isnan(value) and (value != 0.0) == (code == "or")


def look_up(table: Table, x: float) -> float:
    """Evaluate a table at one point: y_i + (x - x_i) * slope_i in the segment that holds x."""
    if math.isnan(x):
        return _NAN
    first, last = table.x[0], table.x[-1]
    kind = table.interpolation
    if kind == "raw":
        return next((y for at, y in zip(table.x, table.y, strict=True) if at == x), _NAN)
    if kind == "look forward":
        return next((y for at, y in zip(table.x, table.y, strict=True) if at >= x), table.y[-1])
    if kind != "extrapolate":
        x = min(max(x, first), last)
    index = max(sum(at <= x for at in table.x) - 1, 0)
    if kind == "hold backward":
        return table.y[index]
    if len(table.x) == 1 or (kind == "interpolate" and index == len(table.x) - 1):
        return table.y[index]
    starts = [i for i in range(len(table.x) - 1) if table.x[i] < table.x[i + 1]]
    index = max((i for i in starts if i <= index), default=starts[0])
    return table.y[index] + (x - table.x[index]) * slope(table, index)


def slope(table: Table, index: int) -> float:
    """Give the slope of the segment that starts at a point."""
    rise = table.y[index + 1] - table.y[index]
    return rise / (table.x[index + 1] - table.x[index])


def _signs(table: Table) -> tuple[float, ...]:
    return tuple(math.copysign(1.0, number) for number in (*table.x, *table.y))


def _divide(a: float, b: float) -> float:
    if b != 0.0:
        return a / b
    return _NAN if a == 0.0 else math.copysign(math.inf, a) * math.copysign(1.0, b)


def _whole(function: Callable[[float], int]) -> Callable[[float], float]:
    """Round a number; the sign of zero and infinities stay."""
    return lambda x: x if math.isinf(x) else math.copysign(float(function(x)), x)


def _floor(x: float) -> float:
    return x if math.isinf(x) or x == 0.0 else float(math.floor(x))


_FOLDED: dict[str, Callable[..., float]] = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": _divide,
    "min": lambda a, b: a if a < b else b,
    "max": lambda a, b: a if a > b else b,
    "neg": lambda x: -x,
    "abs": abs,
    "sqrt": lambda x: math.sqrt(x) if x >= 0 else _NAN,
    "floor": _floor,
    "trunc": _whole(math.trunc),
    "lt": lambda a, b: a < b,
    "le": lambda a, b: a <= b,
    "gt": lambda a, b: a > b,
    "ge": lambda a, b: a >= b,
    "eq": lambda a, b: a == b,
    "ne": lambda a, b: a != b,
    "and": lambda a, b: a != 0.0 and b != 0.0,
    "or": lambda a, b: a != 0.0 or b != 0.0,
    "not": lambda a: a == 0.0,
    "select": lambda c, a, b: _NAN if math.isnan(c) else (a if c != 0.0 else b),
}
