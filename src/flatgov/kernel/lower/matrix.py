"""The inverse of a matrix, unrolled: Gauss-Jordan elimination with partial pivoting."""

from __future__ import annotations

from collections.abc import Sequence

from flatgov.kernel.builder import Builder


def invert_matrix(b: Builder, rows: Sequence[Sequence[int]]) -> list[list[int]]:
    """Invert a square matrix (INVERT MATRIX).

    Vensim: vensim.com/documentation/fn_invert_matrix.html. A matrix that is exactly singular
    gives infinite or NaN elements; one that is singular up to rounding gives huge ones.

    Args:
        b: Where operations go.
        rows: The rows of the matrix.

    Returns:
        The rows of the inverse.
    """
    size = len(rows)
    zero, one = b.number(0), b.number(1)
    table = [
        [*row, *(one if column == place else zero for column in range(size))]
        for place, row in enumerate(rows)
    ]
    for column in range(size):
        _move_up_largest(b, table, column)
        pivot = table[column]
        table[column] = [
            *pivot[: column + 1],
            *(b.div(x, pivot[column]) for x in pivot[column + 1 :]),
        ]
        for place, row in enumerate(table):
            if place != column:
                table[place] = _eliminate(b, row, table[column], column)
    return [row[size:] for row in table]


def _move_up_largest(b: Builder, table: list[list[int]], column: int) -> None:
    """Swap rows until the pivot is the largest in its column, of those not used yet.

    Columns up to the pivot's are not looked at again, so only those from it on are moved.
    """
    for below in range(column + 1, len(table)):
        top, other = table[column], table[below]
        larger = b.op("gt", b.op("abs", other[column]), b.op("abs", top[column]))
        moved = range(column, len(top))
        table[column] = top[:column] + [b.select(larger, other[i], top[i]) for i in moved]
        table[below] = other[:column] + [b.select(larger, top[i], other[i]) for i in moved]


def _eliminate(b: Builder, row: list[int], pivot: list[int], column: int) -> list[int]:
    """Subtract the multiple of the pivot's row that makes the row's element there zero."""
    factor = row[column]
    rest = zip(row[column + 1 :], pivot[column + 1 :], strict=True)
    return [*row[: column + 1], *(b.sub(x, b.mul(factor, p)) for x, p in rest)]
