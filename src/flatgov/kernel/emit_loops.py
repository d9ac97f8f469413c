"""Writes the loops of a kernel as LLVM IR: over vectors of members, steps, and dated changes.

``i32 @run(ptr)`` takes one block of 8-byte fields, named in `FIELDS`, and gives 0, or 1 where
it was stopped. Arrays have the members last, `width` numbers in a row:

- `parameters` (varying, width), `initial` (changed stock, scale and offset, width), `streams`
  (width, unsigned 64-bit integers);
- `slot_parameters` (slot): which of the dated parameters a slot changes; `slots` (slot, 5,
  width): operation (0 none, 1 set, 2 add, 3 scale), value, start, ramp, end or infinity;
- `flags` (vectors from `first` on, steps + 1), one byte each: not 0 where dated changes may
  differ from the step before;
- `out` (output, save, width), which begins at a multiple of 64 bytes, as the scratch does; `width`
  is a multiple of the lanes.

RK4 is the classic method; the sum is ``state + time_step/6 * (((k1 + 2 k2) + 2 k3) + k4)``. The
stages are at ``initial_time + (step + 0, 1/2, 1/2, 1) * time_step``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flatgov.kernel.emit_operations import Layout, bits
from flatgov.kernel.schedule import Schedule

_NUMBERS = ("first", "last", "steps", "every", "width", "slot_count")
_ARRAYS = ("parameters", "initial", "streams", "slot_parameters", "slots", "flags", "out")
_SCRATCH = ("frame", "states", "memories", "stop")
FIELDS = (*_NUMBERS, *_ARRAYS, *_SCRATCH)


def piece_function(name: str, lines: Sequence[str]) -> str:
    """Write a function without branches over one vector."""
    return "\n".join(
        [
            f"define internal void {name}(ptr noalias %now, ptr noalias %next, "
            "ptr noalias %frame, ptr noalias %memories, i64 %step, double %time, "
            "double %held) noinline nounwind {",
            *lines,
            "ret void",
            "}",
        ]
    )


def _calls(
    names: Sequence[str],
    now: str,
    after: str,
    *,
    step: str = "%i",
    time: str = "%held",
    held: str = "%held",
) -> list[str]:
    return [
        f"call void {name}(ptr {now}, ptr {after}, ptr %frame, ptr %memories, "
        f"i64 {step}, double {time}, double {held})"
        for name in names
    ]


def load_fields() -> list[str]:
    """Write the reading of the block of fields."""
    lines = []
    for index, name in enumerate(FIELDS):
        kind = "i64" if name in _NUMBERS else "ptr"
        lines += [
            f"%at.{name} = getelementptr i8, ptr %block, i64 {8 * index}",
            f"%{name} = load {kind}, ptr %at.{name}, align 8",
        ]
    return lines


def copy_function(lanes: int) -> str:
    """Write the copying of rows, `bytes` apart, of a vector's inputs into its frame."""
    vector = f"<{lanes} x double>"
    return loop(
        "copy",
        "ptr %from, i64 %bytes, ptr %to, i64 %count",
        0,
        "%count",
        [
            "%row = mul i64 %k, %bytes",
            "%from.at = getelementptr i8, ptr %from, i64 %row",
            f"%v = load {vector}, ptr %from.at, align 8",
            f"%place = mul i64 %k, {8 * lanes}",
            "%to.at = getelementptr i8, ptr %to, i64 %place",
            f"store {vector} %v, ptr %to.at, align {8 * lanes}",
        ],
    )


def _copies(plan: Schedule, layout: Layout) -> list[str]:
    lines = []
    sources = (
        ("parameters", plan.varying, layout.given),
        ("initial", 2 * plan.changed_stocks, layout.initial),
        ("streams", 1, (layout.streams,)),
    )
    for name, rows, places in sources:
        if rows:
            lines += [
                f"%own.{name} = getelementptr i8, ptr %{name}, i64 %column",
                f"%own.{name}.to = getelementptr i8, ptr %frame, i64 {places[0]}",
                f"call void @copy(ptr %own.{name}, i64 %row, ptr %own.{name}.to, i64 {rows})",
            ]
    return lines


def run_function(
    plan: Schedule,
    layout: Layout,
    calls: Mapping[str, Sequence[str]],
    stores: Sequence[str],
    integrator: str,
    lanes: int,
) -> str:
    """Write ``run``: for each vector of members the inputs, the start, and the time loop."""
    width = 8 * lanes
    size = len(plan.states) * width
    start = bits(plan.initial_time)
    at_start = {"step": "0", "time": start, "held": start}
    dated = bool(plan.dated)
    work = _rk4(plan, calls) if integrator == "rk4" else _euler(calls)
    head = [
        "define i32 @run(ptr %block) nounwind {",
        *load_fields(),
        "%row = mul i64 %width, 8",
        "%saves.all = sdiv i64 %steps, %every",
        "%saves = add i64 %saves.all, 1",
        "%stride = mul i64 %saves, %row",
        f"%even = getelementptr i8, ptr %states, i64 {0}",
        f"%odd = getelementptr i8, ptr %states, i64 {size}",
        f"%mid = getelementptr i8, ptr %states, i64 {2 * size}",
        f"%rates = getelementptr i8, ptr %states, i64 {3 * size}",
        f"%sums = getelementptr i8, ptr %states, i64 {4 * size}",
        "%days = add i64 %steps, 1",
        "br label %vector",
        "vector:",
        "%v = phi i64 [ %first, %0 ], [ %v.next, %done ]",
        "%v.more = icmp slt i64 %v, %last",
        "br i1 %v.more, label %member, label %finished",
        "member:",
        f"%column = mul i64 %v, {width}",
        "%v.own = sub i64 %v, %first",
        "%v.flags = mul i64 %v.own, %days",
        "%flags.row = getelementptr i8, ptr %flags, i64 %v.flags",
        "%out.start = getelementptr i8, ptr %out, i64 %column",
        *_copies(plan, layout),
        *([_dated_call(start, start)] if dated else []),
        *_calls(calls["before"], "%even", "%odd", **at_start),
        *_calls(calls["initial"], "%even", "%odd", **at_start),
        "br label %step",
        "step:",
        "%i = phi i64 [ 0, %member ], [ %i.next, %moved ]",
        "%now = phi ptr [ %even, %member ], [ %next, %moved ]",
        "%next = phi ptr [ %odd, %member ], [ %now, %moved ]",
        "%wait = phi i64 [ 0, %member ], [ %wait.next, %moved ]",
        "%out.now = phi ptr [ %out.start, %member ], [ %out.next, %moved ]",
        "%halt = load volatile i32, ptr %stop, align 4",
        "%halted = icmp ne i32 %halt, 0",
        "br i1 %halted, label %stopped, label %begin",
        "begin:",
        *_time("held", 0.0, plan),
        *_flag(dated),
        *_calls(calls.get("steady", ()), "%now", "%next"),
    ]
    tail = [
        "br label %moved",
        "moved:",
        "%wait.less = sub i64 %wait, 1",
        "%wait.all = sub i64 %every, 1",
        "%wait.next = select i1 %due, i64 %wait.all, i64 %wait.less",
        "%out.far = getelementptr i8, ptr %out.now, i64 %row",
        "%out.next = select i1 %due, ptr %out.far, ptr %out.now",
        "%i.next = add i64 %i, 1",
        "%i.more = icmp sle i64 %i.next, %steps",
        "br i1 %i.more, label %step, label %done",
        "done:",
        "%v.next = add i64 %v, 1",
        "br label %vector",
        "stopped:",
        "ret i32 1",
        "finished:",
        # Stores past the caches are seen by other threads only after a fence.
        "fence seq_cst",
        "ret i32 0",
        "}",
    ]
    save = [
        "%due = icmp eq i64 %wait, 0",
        "br i1 %due, label %save, label %saved",
        "save:",
        *_calls(calls["save"], "%now", "%next"),
        *stores,
        "br label %saved",
        "saved:",
    ]
    first = _calls(calls["stage"], "%now", "%rates" if integrator == "rk4" else "%next")
    if integrator == "rk4":  # Before saving, which may use what is held.
        first += _calls(calls["held"], "%now", "%next")
    helpers = _rk4_helpers(plan, lanes) if integrator == "rk4" else []
    return "\n".join([*helpers, *head, *first, *save, *work, *tail])


def _time(name: str, part: float, plan: Schedule) -> list[str]:
    """Compute the time a part of a step after the step's start."""
    return [
        f"%{name}.whole = sitofp i64 %i to double",
        f"%{name}.steps = fadd double %{name}.whole, {bits(part)}",
        f"%{name}.since = fmul double %{name}.steps, {bits(plan.time_step)}",
        f"%{name} = fadd double %{name}.since, {bits(plan.initial_time)}",
    ]


def _dated_call(held: str, time: str) -> str:
    return f"call void @dated(ptr %block, i64 %column, double {held}, double {time})"


def _flag(dated: bool) -> list[str]:
    if not dated:
        return []
    return [
        "%flag.at = getelementptr i8, ptr %flags.row, i64 %i",
        "%flag = load i8, ptr %flag.at, align 1",
        "%flagged = icmp ne i8 %flag, 0",
        *_if_flagged("begin", "%held"),
    ]


def _if_flagged(label: str, time: str) -> list[str]:
    return [
        f"br i1 %flagged, label %{label}.changes, label %{label}.work",
        f"{label}.changes:",
        _dated_call("%held", time),
        f"br label %{label}.work",
        f"{label}.work:",
    ]


def _euler(calls: Mapping[str, Sequence[str]]) -> list[str]:
    return _calls(calls["delays"], "%now", "%next")


def _rk4(plan: Schedule, calls: Mapping[str, Sequence[str]]) -> list[str]:
    """Write the stages after the first, whose rates are known."""
    h = plan.time_step
    half, full, sixth = bits(h / 2), bits(h), bits(h / 6)
    lines = _calls(calls["delays"], "%now", "%next")
    lines.append("call void @keep(ptr %now, ptr %mid)")
    lines += [*_time("t.half", 0.5, plan), *_time("t.full", 1.0, plan)]
    stages = (
        ("two", half, 0, "%t.half"),
        ("three", half, 1, "%t.half"),
        ("four", full, 1, "%t.full"),
    )
    for label, share, more, time in stages:
        lines.append(
            f"call void @advance(ptr %now, ptr %mid, ptr %rates, ptr %sums, double {share}, "
            f"i1 {more})"
        )
        if plan.dated:
            lines += _if_flagged(label, time)
        lines += _calls(calls["stage"], "%mid", "%rates", time=time)
    lines.append(f"call void @finish(ptr %now, ptr %next, ptr %rates, ptr %sums, double {sixth})")
    return lines


def _rk4_helpers(plan: Schedule, lanes: int) -> list[str]:
    integrals = sum(state.kind == "integral" for state in plan.states)
    v = f"<{lanes} x double>"
    align = f"align {8 * lanes}"

    def at(*names: str) -> list[str]:
        place = f"%at = mul i64 %k, {8 * lanes}"
        return [place, *(f"%{n}.at = getelementptr i8, ptr %{n}, i64 %at" for n in names)]

    def load(*names: str) -> list[str]:
        return [f"%{n}.v = load {v}, ptr %{n}.at, {align}" for n in names]

    def splat(name: str) -> list[str]:
        return [
            f"%{name}.lane = insertelement {v} poison, double %{name}, i64 0",
            f"%{name}.v = shufflevector {v} %{name}.lane, {v} poison, "
            f"<{lanes} x i32> zeroinitializer",
        ]

    advance = [
        *at("now", "mid", "rates", "sums"),
        *load("now", "rates", "sums"),
        *splat("share"),
        f"%twice = fmul {v} %rates.v, splat (double {bits(2.0)})",
        f"%sum = fadd {v} %sums.v, %twice",
        f"%new = select i1 %more, {v} %sum, {v} %rates.v",
        f"store {v} %new, ptr %sums.at, {align}",
        f"%change = fmul {v} %rates.v, %share.v",
        f"%moved = fadd {v} %now.v, %change",
        f"store {v} %moved, ptr %mid.at, {align}",
    ]
    finish = [
        *at("now", "next", "rates", "sums"),
        *load("now", "rates", "sums"),
        *splat("share"),
        f"%sum = fadd {v} %sums.v, %rates.v",
        f"%change = fmul {v} %sum, %share.v",
        f"%moved = fadd {v} %now.v, %change",
        f"store {v} %moved, ptr %next.at, {align}",
    ]
    keep = [*at("now", "mid"), *load("now"), f"store {v} %now.v, ptr %mid.at, {align}"]
    four = "ptr %now, ptr %{}, ptr %rates, ptr %sums, double %share"
    return [
        loop("advance", four.format("mid") + ", i1 %more", 0, integrals, advance),
        loop("finish", four.format("next"), 0, integrals, finish),
        loop("keep", "ptr %now, ptr %mid", integrals, len(plan.states), keep),
    ]


def loop(
    name: str,
    parameters: str,
    first: int,
    count: int | str,
    body: Sequence[str],
    before: Sequence[str] = (),
) -> str:
    """Write a function that does something for each %k from a first to before a count."""
    return "\n".join(
        [
            f"define internal void @{name}({parameters}) noinline nounwind {{",
            *before,
            "br label %loop",
            "loop:",
            f"%k = phi i64 [ {first}, %0 ], [ %k.next, %body ]",
            f"%k.more = icmp slt i64 %k, {count}",
            "br i1 %k.more, label %body, label %end",
            "body:",
            *body,
            "%k.next = add i64 %k, 1",
            "br label %loop",
            "end:",
            "ret void",
            "}",
        ]
    )
