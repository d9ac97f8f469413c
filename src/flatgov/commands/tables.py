"""Plain tables for standard output, and the files that an analysis leaves."""

from __future__ import annotations

import csv
import math
import os
import shutil
import tempfile
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import xarray as xr


def aligned(lines: Sequence[Sequence[str]], left: int = 1) -> str:
    """Align the cells of a table under each other, two spaces in.

    Args:
        lines: The titles, then the rows, all of one length.
        left: How many columns, from the first on, are aligned to the left; the others are numbers.
    """
    widths = [max(len(cell) for cell in column) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  "
        + "  ".join(
            cell.ljust(width) if place < left else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def decimals(values: Iterable[float], figures: int = 4) -> int:
    """Choose the decimals that give the largest value so many figures, at most `figures` - 1."""
    largest = max((abs(value) for value in values if math.isfinite(value)), default=0.0)
    if largest == 0:
        return figures - 1
    return min(figures - 1, max(0, figures - 1 - math.floor(math.log10(largest))))


def number(value: float, places: int, *, signed: bool = False) -> str:
    """Write a number; what does not exist is ``-``, and what rounds to zero has no sign."""
    if not math.isfinite(value):
        return "-" if math.isnan(value) else str(value)
    text = f"{value:{'+' if signed else ''},.{places}f}"
    zero = f"{0:.{places}f}"
    return zero if text.lstrip("+-") == zero else text


def percent(share: float) -> str:
    """Write a share of draws: 0 % and 100 % mean none and all of them, never nearly so."""
    if math.isnan(share):
        return "-"
    if 0 < share < 0.01:
        return "<1 %"
    if 0.99 < share < 1:
        return ">99 %"
    return f"{100 * share:.0f} %"


def write_analysis(
    folder: Path,
    name: str,
    titles: Sequence[str],
    rows: Iterable[Sequence[object]],
    ds: xr.Dataset,
) -> list[Path]:
    """Write ``NAME.csv`` and ``NAME.zarr``; those of an earlier call are replaced, or stay whole.

    Args:
        folder: Made if missing.
        name: Of the analysis.
        titles: Of the columns of the table.
        rows: Cells; NaN becomes an empty one.
        ds: Of float64 variables.

    Returns:
        The paths written.
    """
    from flatgov.run.zarr_store import write_zarr

    folder.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=".flatgov-", dir=folder))
    table, store = f"{name}.csv", f"{name}.zarr"
    try:
        with (temporary / table).open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(titles)
            for row in rows:
                # NaN is the one value that differs from itself.
                writer.writerow(["" if cell != cell else cell for cell in row])
        texts = {key: one.astype(object) for key, one in ds.coords.items() if one.dtype.kind == "U"}
        write_zarr(ds.assign_coords(texts), temporary / store)
        _exchange(temporary, folder, [table, store])
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return [folder / table, folder / store]


def _exchange(new: Path, target: Path, names: Sequence[str]) -> None:
    """Move files and folders of `new` to `target`, and the old ones to `new`; all or none."""
    there = [name for name in names if (target / name).exists()]
    moves = [(target / name, new / f"old {name}") for name in there]
    moves += [(new / name, target / name) for name in names]
    with ExitStack() as undo:
        for source, goal in moves:
            os.rename(source, goal)
            undo.callback(os.rename, goal, source)
        undo.pop_all()
