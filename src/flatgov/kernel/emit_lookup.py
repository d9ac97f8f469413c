"""Writes lookups in tables as LLVM IR without branches.

How the segment is searched may differ from machine to machine; what is computed in it is always
y_i + (x - x_i) * slope_i, so the bits do not.
"""

from __future__ import annotations

import math
from typing import Protocol

from flatgov.kernel.builder import slope
from flatgov.model import Table


class Writer(Protocol):
    """What is used of `flatgov.kernel.emit_operations.Code`."""

    lanes: int
    vector: str
    permutes: bool

    def add(self, text: str) -> str:
        """Write an instruction and give the name of its result."""

    def compare(self, condition: str, a: str, b: str) -> str:
        """Compare lane by lane."""

    def choose(self, mask: str, a: str, b: str) -> str:
        """Take a where the mask holds, else b."""

    def constant(self, value: float) -> str:
        """Give a vector with the same number in every lane."""


def look_up(code: Writer, table: Table, x: str) -> str:
    """Write a lookup; NaN gives NaN."""
    kind = table.interpolation
    if kind in ("interpolate", "extrapolate") and len(table.x) > 1:
        return _linear(code, table, x)
    if kind == "raw":
        return _exact(code, table, x)
    condition, values = _steps(table)
    result = code.constant(values[0])
    for at, value in zip(table.x, values[1:], strict=True):
        result = code.choose(
            code.compare(condition, x, code.constant(at)), code.constant(value), result
        )
    return code.choose(code.compare("uno", x, x), x, result)


def _exact(code: Writer, table: Table, x: str) -> str:
    result = code.constant(math.nan)
    for at, value in zip(reversed(table.x), reversed(table.y), strict=True):
        here = code.compare("oeq", x, code.constant(at))
        result = code.choose(here, code.constant(value), result)
    return result


def _steps(table: Table) -> tuple[str, list[float]]:
    """Give the value below the first point and the one from (or past) each point on."""
    if table.interpolation == "look forward":
        return "ogt", [*table.y, table.y[-1]]
    return "oge", [table.y[0], *table.y]


def segments(table: Table) -> list[tuple[float, float, float]]:
    """Give (x_i, y_i, slope_i) of the segments in which a linear table is computed.

    Of points with the same x the last counts; past the last point of a table that does not
    extrapolate the slope is -0, which leaves every y as it is.
    """
    last = len(table.x) - 1
    kept = []
    for index in range(last):
        if table.x[index + 1] > table.x[index]:
            kept.append((table.x[index], table.y[index], slope(table, index)))
    if table.interpolation == "interpolate":
        kept.append((table.x[last], table.y[last], -0.0))
    return kept


def _linear(code: Writer, table: Table, x: str) -> str:
    if table.interpolation == "interpolate":
        # An x of NaN is the second operand of both and so comes through.
        low, high = code.constant(table.x[0]), code.constant(table.x[-1])
        x = code.choose(code.compare("ogt", low, x), low, x)
        x = code.choose(code.compare("olt", high, x), high, x)
    parts = segments(table)
    at, y, rise = (code.constant(number) for number in parts[0])
    for next_at, next_y, next_rise in parts[1:]:
        here = code.compare("oge", x, code.constant(next_at))
        at = code.choose(here, code.constant(next_at), at)
        y = code.choose(here, code.constant(next_y), y)
        rise = code.choose(here, code.constant(next_rise), rise)
    distance = code.add(f"fsub {code.vector} {x}, {at}")
    product = code.add(f"fmul {code.vector} {distance}, {rise}")
    return code.add(f"fadd {code.vector} {y}, {product}")
