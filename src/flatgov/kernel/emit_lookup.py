"""Writes lookups in tables as LLVM IR without branches.

A table is cut into rows; a row holds where a certain number of points lies at or below x. How
the row is found differs with the table and the machine; what is then computed from it is always
y_i + (x - x_i) * slope_i, so the bits do not differ.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from flatgov.kernel.builder import slope
from flatgov.model import Table

# The most rows that are chosen from with instructions alone.
_MOST_SELECTED = 24
_MOST_PERMUTED = 32


class Writer(Protocol):
    """What is used of `flatgov.kernel.emit_operations.Code`."""

    lanes: int
    vector: str
    permutes: bool

    def add(self, text: str) -> str:
        """Write an instruction and give the name of its result."""

    def splat(self, scalar: str, kind: str = "double") -> str:
        """Give a vector with a scalar in every lane."""

    def compare(self, condition: str, a: str, b: str) -> str:
        """Compare lane by lane."""

    def choose(self, mask: str, a: str, b: str) -> str:
        """Take a where the mask holds, else b."""

    def constant(self, value: float) -> str:
        """Give a vector with the same number in every lane."""

    def vector_of(self, values: Sequence[float]) -> str:
        """Give a vector of numbers."""

    def table(self, rows: Sequence[Sequence[float]]) -> str:
        """Keep numbers in the module, row by row, and give the pointer."""


@dataclass(frozen=True)
class Rows:
    """A table cut into rows.

    Attributes:
        points: In ascending order: row i holds where i of them are passed.
        passed: How x compares with a point that it has passed: ``oge`` or ``ogt``.
        columns: Each with one number a row.
    """

    points: tuple[float, ...]
    passed: str
    columns: tuple[tuple[float, ...], ...]


def look_up(code: Writer, table: Table, x: str, *, uniform: bool) -> str:
    """Write a lookup; NaN gives NaN.

    Args:
        code: The function to write into.
        table: The table.
        x: The operand.
        uniform: Whether all members have the same x.

    Returns:
        The operand with the result.
    """
    kind = table.interpolation
    if kind == "raw":
        rows = _exact_rows(table)
        at, y = _pick(code, rows, x, x, uniform)
        return code.choose(code.compare("oeq", x, at), y, code.constant(math.nan))
    if kind in ("look forward", "hold backward") or len(table.x) == 1:
        (y,) = _pick(code, _step_rows(table), x, x, uniform)
        return code.choose(code.compare("uno", x, x), x, y)
    rows = linear_rows(table)
    low, high = code.constant(rows.columns[0][0]), code.constant(rows.columns[0][-1])
    # An x of NaN is the second operand of both and so comes through.
    inside = code.choose(code.compare("ogt", low, x), low, x)
    inside = code.choose(code.compare("olt", high, inside), high, inside)
    if kind == "interpolate":
        x = inside
    at, y, rise = _pick(code, rows, x, inside, uniform)
    distance = code.add(f"fsub {code.vector} {x}, {at}")
    product = code.add(f"fmul {code.vector} {distance}, {rise}")
    return code.add(f"fadd {code.vector} {y}, {product}")


def linear_rows(table: Table) -> Rows:
    """Give the rows (x_i, y_i, slope_i) of a table that is linear between its points.

    Of points with the same x the last counts; past the last point of a table that does not
    extrapolate the slope is -0, which leaves every y as it is.
    """
    last = len(table.x) - 1
    kept = [
        (table.x[index], table.y[index], slope(table, index))
        for index in range(last)
        if table.x[index + 1] > table.x[index]
    ]
    if table.interpolation == "interpolate":
        kept.append((table.x[last], table.y[last], -0.0))
    columns = tuple(zip(*kept, strict=True))
    return Rows(columns[0][1:], "oge", columns)


def _step_rows(table: Table) -> Rows:
    if table.interpolation == "look forward":
        return Rows(table.x[:-1], "ogt", (table.y,))
    return Rows(table.x[1:], "oge", (table.y,))


def _exact_rows(table: Table) -> Rows:
    first = dict(zip(reversed(table.x), reversed(table.y), strict=True))
    points = tuple(sorted(first))
    return Rows(points[1:], "oge", (points, tuple(first[at] for at in points)))


def _pick(code: Writer, rows: Rows, x: str, inside: str, uniform: bool) -> list[str]:
    """Choose the row for each x; `inside` is x between the ends, or x."""
    count = len(rows.points) + 1
    if count == 1:
        return [code.constant(column[0]) for column in rows.columns]
    if code.permutes and count <= _MOST_PERMUTED:
        return _permuted(code, rows, x, inside)
    if count <= _MOST_SELECTED:
        return _selected(code, rows, x)
    return _from_memory(code, rows, x, uniform)


def _selected(code: Writer, rows: Rows, x: str) -> list[str]:
    """Go along all points."""
    chosen = [code.constant(column[0]) for column in rows.columns]
    for index, point in enumerate(rows.points, 1):
        here = code.compare(rows.passed, x, code.constant(point))
        chosen = [
            code.choose(here, code.constant(column[index]), before)
            for column, before in zip(rows.columns, chosen, strict=True)
        ]
    return chosen


def _permuted(code: Writer, rows: Rows, x: str, inside: str) -> list[str]:
    """Take the numbers out of registers by their place (AVX-512)."""
    cells = even_cells(rows)
    if cells is None:
        index = _count_passed(code, rows, inside)
        # Infinity passes also the points that fill the registers.
        more = _power(len(rows.points) + 1) - len(rows.points) - 1
        return [_at(code, [*column, *[column[-1]] * more], index) for column in rows.columns]
    scaled = inside
    if cells.start != 0.0:
        scaled = code.add(f"fsub {code.vector} {inside}, {code.constant(cells.start)}")
    scaled = code.add(f"fmul {code.vector} {scaled}, {code.constant(cells.factor)}")
    index = code.add(
        "call <8 x i64> @llvm.x86.avx512.mask.cvttpd2qq.512("
        f"{code.vector} {scaled}, <8 x i64> zeroinitializer, i8 -1, i32 4)"
    )
    spread = [[column[row] for row in cells.rows] for column in rows.columns]
    if not cells.exact:
        early = code.compare("olt", inside, _at(code, spread[0], index))
        before = code.add(f"add <8 x i64> {index}, splat (i64 -1)")
        index = code.add(f"select <8 x i1> {early}, <8 x i64> {before}, <8 x i64> {index}")
    return [_at(code, column, index) for column in spread]


@dataclass(frozen=True)
class Cells:
    """Even cells, of which each lies in one row of a table.

    Attributes:
        start: The first row's x.
        factor: trunc((x - start) * factor) is the cell of x, or the next.
        rows: The row of each cell.
        exact: Whether it is always the cell.
    """

    start: float
    factor: float
    rows: tuple[int, ...]
    exact: bool


def even_cells(rows: Rows) -> Cells | None:
    """Find few even cells for all x from the first row's to the last row's, if there are any.

    Each rounded operation keeps the order of numbers, so that the boundaries tell about all x.
    """
    if len(rows.columns) < 3:  # A table in steps, whose x goes beyond the ends.
        return None
    start, points = rows.columns[0][0], rows.points
    width = min(b - a for a, b in zip((start, *points), points, strict=False))
    count = (points[-1] - start) / width
    if not count < _MOST_PERMUTED - 0.5:
        return None
    first = [round((point - start) / width) for point in points]
    below = [math.nextafter(point, -math.inf) for point in points]
    owners = tuple(sum(at <= cell for at in first) for cell in range(first[-1] + 1))
    fitting = []
    for factor in _near(first[-1] / (points[-1] - start)):
        if [int((point - start) * factor) for point in points] == first:
            before = [int((point - start) * factor) + 1 for point in below]
            fitting.append(Cells(start, factor, owners, exact=before == first))
    return max(fitting, key=lambda cells: cells.exact, default=None)


def _near(factor: float) -> list[float]:
    up = math.nextafter(factor, math.inf)
    return [factor, up, math.nextafter(up, math.inf), math.nextafter(factor, 0.0)]


def _count_passed(code: Writer, rows: Rows, x: str) -> str:
    """Count the points passed by halving: each step takes its point out of a register."""
    points = [*rows.points, *[math.inf] * (_power(len(rows.points) + 1) - 1 - len(rows.points))]
    half = (len(points) + 1) // 2
    index = ""
    while half:
        middles = points[half - 1 :: 2 * half]
        if not index:
            point = code.constant(middles[0])
        else:
            # The point of the part found so far: its number without the bits yet to be found.
            part = code.add(f"lshr <8 x i64> {index}, splat (i64 {half.bit_length()})")
            point = _at(code, middles, part)
        here = code.compare(rows.passed, x, point)
        more = code.add(
            f"select <8 x i1> {here}, <8 x i64> splat (i64 {half}), <8 x i64> zeroinitializer"
        )
        index = code.add(f"or <8 x i64> {index}, {more}") if index else more
        half //= 2
    return index


def _power(count: int) -> int:
    return 1 << (count - 1).bit_length()


def _at(code: Writer, column: Sequence[float], index: str) -> str:
    """Take the number at each member's index out of up to 32."""
    parts = [column[at : at + 8] for at in range(0, len(column), 8)]
    vectors = [code.vector_of([*part, *[part[-1]] * (8 - len(part))]) for part in parts]
    if len(vectors) == 1:
        return code.add(
            f"call <8 x double> @llvm.x86.avx512.permvar.df.512("
            f"<8 x double> {vectors[0]}, <8 x i64> {index})"
        )
    pairs = [
        code.add(
            f"call <8 x double> @llvm.x86.avx512.vpermi2var.pd.512("
            f"<8 x double> {low}, <8 x i64> {index}, <8 x double> {high})"
        )
        for low, high in zip(vectors[::2], [*vectors[1::2], vectors[-1]], strict=False)
    ]
    if len(pairs) == 1:
        return pairs[0]
    upper = code.add(f"icmp ugt <8 x i64> {index}, splat (i64 15)")
    return code.choose(upper, pairs[1], pairs[0])


def _from_memory(code: Writer, rows: Rows, x: str, uniform: bool) -> list[str]:
    """Search a large table member by member, or once for all."""
    width = len(rows.columns)
    points = code.table([[point] for point in rows.points])
    content = code.table(list(zip(*rows.columns, strict=True)))
    results = ["poison"] * width
    for lane in range(1 if uniform else code.lanes):
        at = code.add(f"extractelement {code.vector} {x}, i64 {lane}")
        row = code.add(
            f"call i64 @passed_{rows.passed}(ptr {points}, i64 {len(rows.points)}, double {at})"
        )
        place = code.add(f"mul i64 {row}, {8 * width}")
        for column in range(width):
            distance = code.add(f"add i64 {place}, {8 * column}")
            pointer = code.add(f"getelementptr i8, ptr {content}, i64 {distance}")
            number = code.add(f"load double, ptr {pointer}, align 8")
            results[column] = (
                code.splat(number)
                if uniform
                else code.add(
                    f"insertelement {code.vector} {results[column]}, double {number}, i64 {lane}"
                )
            )
    return results


def search_functions() -> str:
    """Write the searches: how many of some numbers in ascending order x has passed."""
    return "\n".join(
        f"""define internal i64 @passed_{passed}(ptr %points, i64 %count, double %x) nounwind {{
br label %loop
loop:
%low = phi i64 [ 0, %0 ], [ %low.next, %body ]
%high = phi i64 [ %count, %0 ], [ %high.next, %body ]
%more = icmp ult i64 %low, %high
br i1 %more, label %body, label %end
body:
%sum = add i64 %low, %high
%middle = lshr i64 %sum, 1
%at = getelementptr double, ptr %points, i64 %middle
%point = load double, ptr %at, align 8
%here = fcmp {passed} double %x, %point
%past = add i64 %middle, 1
%low.next = select i1 %here, i64 %past, i64 %low
%high.next = select i1 %here, i64 %high, i64 %middle
br label %loop
end:
ret i64 %low
}}"""
        for passed in ("oge", "ogt")
    )
