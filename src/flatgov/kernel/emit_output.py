"""Writes the saving of outputs as LLVM IR: one loop over a table of places for all of them."""

from __future__ import annotations

from collections.abc import Sequence

from flatgov.kernel.emit_loops import loop
from flatgov.kernel.emit_operations import NAN, Layout
from flatgov.kernel.schedule import Schedule


def _rows(plan: Schedule, layout: Layout, lanes: int) -> dict[str, list[tuple[int, int]]]:
    """Give the number of each output and the bytes to its value, in the frame or the states."""
    rows: dict[str, list[tuple[int, int]]] = {"frame": [], "now": []}
    for place, number in enumerate(plan.outputs):
        code, _, extra = plan.operations[number]
        if code == "state":
            rows["now"].append((place, extra * 8 * lanes))
        else:
            rows["frame"].append((place, layout.slots[number]))
    return rows


def tables(plan: Schedule, layout: Layout, lanes: int) -> str:
    """Write the places of the outputs."""
    return "\n".join(
        f"@places_{name} = private unnamed_addr constant {_kind(rows)} [{_numbers(rows)}]"
        for name, rows in _rows(plan, layout, lanes).items()
        if rows
    )


def _kind(rows: Sequence[tuple[int, int]]) -> str:
    return f"[{2 * len(rows)} x i64]"


def _numbers(rows: Sequence[tuple[int, int]]) -> str:
    return ", ".join(f"i64 {number}" for row in rows for number in row)


def store_calls(plan: Schedule, layout: Layout, lanes: int) -> list[str]:
    """Write the calls that save all outputs of a step."""
    return [
        f"call void @store(ptr %{name}, ptr @places_{name}, i64 {len(rows)}, ptr %out.now, "
        "i64 %stride)"
        for name, rows in _rows(plan, layout, lanes).items()
        if rows
    ]


def store_function(lanes: int) -> str:
    """Write the copying of values to their outputs.

    Every NaN gets the same bits: which of two NaNs an instruction passes on is chance.
    """
    vector = f"<{lanes} x double>"
    # A vector that fills a cache line is written past the caches, which it would only flood: a
    # run's outputs lie far apart. Saving much this way takes two thirds of the time.
    whole_line = lanes % 8 == 0
    how = "align 64, !nontemporal !0" if whole_line else "align 8"
    return loop(
        "store",
        "ptr %from, ptr %places, i64 %count, ptr %out, i64 %stride",
        0,
        "%count",
        [
            "%row = getelementptr [2 x i64], ptr %places, i64 %k",
            "%output = load i64, ptr %row, align 8",
            "%second = getelementptr i64, ptr %row, i64 1",
            "%place = load i64, ptr %second, align 8",
            "%from.at = getelementptr i8, ptr %from, i64 %place",
            f"%value = load {vector}, ptr %from.at, align {8 * lanes}",
            f"%unknown = fcmp uno {vector} %value, %value",
            f"%plain = select <{lanes} x i1> %unknown, {vector} splat (double {NAN}), "
            f"{vector} %value",
            "%far = mul i64 %output, %stride",
            "%out.at = getelementptr i8, ptr %out, i64 %far",
            f"store {vector} %plain, ptr %out.at, {how}",
        ],
    ) + ("\n!0 = !{i32 1}" if whole_line else "")
