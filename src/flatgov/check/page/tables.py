"""What checks hand over for the record, numbers, texts, lists and mappings, made ready to show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flatgov.check.page.safe import number

# Longer tables are cut, and say so; `--json` has them whole.
_MOST_ROWS = 120
_MOST_DEPTH = 4
# Of a list of mappings inside a cell, so many are shown.
_MOST_INSIDE = 3


@dataclass(frozen=True)
class Shown:
    """One piece of data: a text, a table, or named pieces.

    Attributes:
        text: Where it is a single value or a short list.
        columns: The heads of a table.
        rows: Its rows, texts.
        numbers: For each column, whether it holds numbers only.
        long: For each column, whether it holds long texts.
        shared: What is the same in all rows, in words.
        left_out: How many rows are not shown.
        pieces: Of a mapping, its pieces by name.
    """

    text: str = ""
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    numbers: tuple[bool, ...] = ()
    long: tuple[bool, ...] = ()
    shared: str = ""
    left_out: int = 0
    pieces: tuple[tuple[str, Shown], ...] = ()


def shown(value: Any, depth: int = 0) -> Shown:
    """Arrange a value of JSON: lists of mappings and mappings of mappings become tables.

    Args:
        value: What JSON can hold.
        depth: How deep it lies in other data.
    """
    if depth >= _MOST_DEPTH:
        return Shown(text=cell(value))
    if isinstance(value, Mapping) and value:
        if _is_table(list(value.values())):
            return _table([{"": key, **row} for key, row in value.items()])
        if all(not isinstance(one, (Mapping, list, tuple)) for one in value.values()):
            return _table([{"": key, "value": one} for key, one in value.items()], plain=True)
        return Shown(
            pieces=tuple((words(key), shown(one, depth + 1)) for key, one in value.items())
        )
    if isinstance(value, (list, tuple)) and value:
        if _is_table(value):
            return _table(value)
        if any(isinstance(one, Mapping) for one in value):
            pieces = tuple(
                (str(place), shown(one, depth + 1)) for place, one in enumerate(value, 1)
            )
            return Shown(pieces=pieces)
        if all(isinstance(one, (list, tuple)) for one in value):
            rows = [dict(zip(map(str, range(1, len(one) + 1)), one, strict=True)) for one in value]
            return _table(rows, plain=True)
    return Shown(text=cell(value))


def cell(value: Any) -> str:
    """Write a value in one line.

    Args:
        value: What JSON can hold.
    """
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}".replace("-", "−")
    if isinstance(value, float):
        return number(value)
    if isinstance(value, Mapping):
        return "; ".join(f"{words(key)}: {cell(one)}" for key, one in value.items()) or "none"
    if isinstance(value, (list, tuple)):
        if any(isinstance(one, (Mapping, list, tuple)) for one in value):
            more = f"; and {len(value) - _MOST_INSIDE} more" if len(value) > _MOST_INSIDE else ""
            return "; ".join(f"({cell(one)})" for one in value[:_MOST_INSIDE]) + more
        return ", ".join(map(cell, value)) or "none"
    return str(value)


# Keys that say too little by themselves to somebody who has not read the check.
_WORDS = {
    "alone": "lowest and highest input, the model by itself",
    "policies": "lowest and highest input, all policies",
    "all": "lowest and highest input, all runs",
    "quantiles": "shares of the quantiles",
    "x": "inputs of the table",
    "y": "its outputs",
    "members": "runs",
    "members below": "share of runs below the table",
    "members above": "share of runs above the table",
    "time below": "share of the time below the table",
    "time above": "share of the time above the table",
    "cut": "link that was cut (cause, effect)",
    "returned": "what the cause still does without it, of its range",
    "broken": "no finite number without the loop",
    "deviation": "largest deviation, of the range",
    "with": "course with the loop",
    "without": "course without it",
    "shape changes": "the shape changes",
    "real": "real part of the eigenvalue",
    "imaginary": "imaginary part",
    "jumps": "slopes left out: a condition switches there",
    "rates with the step": "slopes left out: they go with 1 / TIME STEP",
    "stiffness": "longest over shortest time constant",
    "order": "observed order of convergence",
    "error": "estimated error, of the range",
    "difference": "largest difference, of the range",
    "most": "most inputs of one equation",
    "moving": "stocks that move at the start",
    "settled": "time at which they have settled",
    "beyond": "variables that leave their range",
    "limited": "variables with limits",
    "sourced": "with a source or a range",
    "vague": "data or an assumption, and no more",
    "numbers": "documented constants and lookups",
    "documented": "with a comment",
    "mismatches": "units that do not fit",
    "partitions": "variables in each set that feeds back on itself",
    "longest_loop": "a longest loop",
    "all_loops": "all loops were found",
    "loops": "feedback loops",
    "sudden": "what changes suddenly",
    "asked share": "share of draws that is asked for",
    "low": "lower end of the 95 % interval",
    "high": "upper end of the 95 % interval",
    "drift": "largest change of the total",
    "weights": "weights of the states",
    "trials": "runs with an input at its extreme",
    "totals": "totals that are kept",
    "expect": "what is expected",
}


def words(key: Any) -> str:
    """Write a key as words."""
    text = str(key)
    return _WORDS.get(text, text.replace("_", " "))


def _is_table(rows: Sequence[Any]) -> bool:
    """Tell whether there are mappings only, most of whose keys are shared."""
    if not rows or not all(isinstance(row, Mapping) and row for row in rows):
        return False
    keys = dict.fromkeys(key for row in rows for key in row)
    return len(keys) <= 18 and sum(map(len, rows)) >= 0.5 * len(keys) * len(rows)


def _table(rows: Sequence[Mapping[str, Any]], plain: bool = False) -> Shown:
    keys = list(dict.fromkeys(key for row in rows for key in row))
    shared = {} if plain else _shared(rows, keys)
    # Rows that list something come before those whose lists are empty.
    rows = sorted(rows, key=lambda row: not any(isinstance(o, list) and o for o in row.values()))
    keys = [key for key in keys if key not in shared]
    values = [[row.get(key, "") for key in keys] for row in rows]
    numbers = [
        all(one is None or type(one) in (int, float) for one in column)
        for column in zip(*values, strict=True)
    ]
    return Shown(
        columns=() if plain else tuple(words(key) for key in keys),
        rows=(cells := tuple(tuple(map(cell, row)) for row in values[:_MOST_ROWS])),
        numbers=tuple(numbers),
        long=tuple(any(len(row[i]) > 40 for row in cells) for i in range(len(keys))),
        shared=cell({key: one for key, one in shared.items() if one != ""}) if shared else "",
        left_out=max(0, len(rows) - _MOST_ROWS),
    )


def _shared(rows: Sequence[Mapping[str, Any]], keys: Sequence[str]) -> dict[str, Any]:
    """Give what is the same in all of several rows, the first key apart."""
    if len(rows) < 3:
        return {}
    first = rows[0]
    return {
        key: first[key]
        for key in keys[1:]
        if key in first and all(key in row and row[key] == first[key] for row in rows)
    }
