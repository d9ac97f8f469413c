"""Writes dated changes of parameters, as `flatgov.changes` has them, as LLVM IR.

What holds is decided by the time at which the step began, how far a ramp has come by the
stage's: so discontinuities lie on the grid, every step of RK4 is smooth, and its order stays 4.
"""

from __future__ import annotations

from flatgov.kernel.emit_loops import load_fields, loop
from flatgov.kernel.emit_operations import Code, Context, Layout
from flatgov.kernel.schedule import Schedule


def dated_function(plan: Schedule, layout: Layout, lanes: int) -> str:
    """Write what `flatgov.changes` says of dated changes: the values of the present."""
    if not plan.dated:
        return ""
    context = Context((), (), (), layout, lanes, permutes=False)
    code = Code(context)
    slack = code.constant(1e-9 * plan.time_step)
    one = code.constant(1.0)
    copies = Code(context)
    for position in plan.dated:
        base = copies.load("%frame", layout.given[position])
        copies.store(base, "%frame", layout.dated[position])
    copies.lines = [line.replace("%x", "%c") for line in copies.lines]

    code.lines += [
        "%number.at = getelementptr i64, ptr %slot_parameters, i64 %k",
        "%number = load i64, ptr %number.at, align 8",
        f"%place = mul i64 %number, {8 * lanes}",
        f"%place.all = add i64 %place, {layout.dated[plan.dated[0]]}",
        "%row = mul i64 %k, 5",
    ]
    operation, value, start, ramp, end = (_slot_row(code, field) for field in range(5))
    v = code.vector
    held, time = code.splat("%held"), code.splat("%time")
    full = code.add(f"fadd {v} {start}, {ramp}")
    since = code.add(f"fsub {v} {time}, {start}")
    share = code.add(f"fdiv {v} {since}, {ramp}")
    share = code.choose(code.compare("ogt", ramp, "zeroinitializer"), share, "zeroinitializer")
    share = code.choose(code.compare("olt", share, one), share, one)
    share = code.choose(code.compare("ogt", share, "zeroinitializer"), share, "zeroinitializer")
    share = code.choose(_reached(code, held, full, slack), one, share)
    share = code.choose(_reached(code, held, start, slack), share, "zeroinitializer")
    share = code.choose(_reached(code, held, end, slack), "zeroinitializer", share)
    whole = code.compare("oeq", share, one)

    before = code.load("%frame", "%place.all")
    part = code.add(f"fmul {v} {value}, {share}")
    added = code.add(f"fadd {v} {before}, {part}")
    beyond = code.add(f"fsub {v} {value}, {one}")
    factor = code.add(f"fmul {v} {beyond}, {share}")
    factor = code.choose(whole, value, code.add(f"fadd {v} {one}, {factor}"))
    scaled = code.add(f"fmul {v} {before}, {factor}")
    way = code.add(f"fsub {v} {value}, {before}")
    way = code.add(f"fmul {v} {way}, {share}")
    moved = code.choose(whole, value, code.add(f"fadd {v} {before}, {way}"))
    result = before
    for number, changed in ((1.0, moved), (2.0, added), (3.0, scaled)):
        result = code.choose(code.compare("oeq", operation, code.constant(number)), changed, result)
    result = code.choose(code.compare("ogt", share, "zeroinitializer"), result, before)
    code.store(result, "%frame", "%place.all")
    return loop(
        "dated",
        "ptr %block, i64 %column, double %held, double %time",
        0,
        "%slot_count",
        code.lines,
        [*load_fields(), *copies.lines, "%bytes = mul i64 %width, 8"],
    )


def _slot_row(code: Code, field: int) -> str:
    row = code.add(f"add i64 %row, {field}")
    start = code.add(f"mul i64 {row}, %bytes")
    at = code.add(f"add i64 {start}, %column")
    pointer = code.add(f"getelementptr i8, ptr %slots, i64 {at}")
    return code.add(f"load {code.vector}, ptr {pointer}, align 8")


def _reached(code: Code, time: str, boundary: str, slack: str) -> str:
    return code.compare("oge", time, code.add(f"fsub {code.vector} {boundary}, {slack}"))
