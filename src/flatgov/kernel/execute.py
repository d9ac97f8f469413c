"""Runs a kernel over the members of a batch, in threads."""

from __future__ import annotations

import os
from concurrent.futures import CancelledError, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from flatgov.kernel.emit_loops import FIELDS
from flatgov.kernel.jit import Kernel

FloatArray = NDArray[np.float64]

NONE, SET, ADD, SCALE = range(4)

# What flags of dated changes may take, in bytes, for each thread.
_FLAG_BYTES = 4_000_000


def _no_floats() -> FloatArray:
    return np.empty((0, 0))


def _no_slots() -> FloatArray:
    return np.empty((0, 5, 0))


def _no_integers() -> NDArray[np.int64]:
    return np.empty(0, dtype=np.int64)


@dataclass(frozen=True)
class Batch:
    """What members give, with the members last.

    Attributes:
        members: How many.
        parameters: (varying parameter, member), in the order of `compile_kernel`; the base
            values of those with dated changes.
        slot_parameters: (slot,): for each dated change its parameter, as a position in
            `varying`. A parameter may have several slots; they apply in their order.
        slots: (slot, 5, member): operation (`NONE`, `SET`, `ADD`, `SCALE`), value, start,
            ramp, and end or infinity, as in `flatgov.model.Change`.
        initial: (changed stock, 2, member): factor and summand of the initial value; with a
            factor of 0 the summand is the value.
        streams: (member,): the number of each member's random numbers; all 0 if not given.
    """

    members: int
    parameters: FloatArray = field(default_factory=_no_floats)
    slot_parameters: NDArray[np.int64] = field(default_factory=_no_integers)
    slots: FloatArray = field(default_factory=_no_slots)
    initial: FloatArray = field(default_factory=_no_slots)
    streams: NDArray[np.uint64] | None = None


def run_batch(
    kernel: Kernel,
    batch: Batch,
    steps: int,
    every: int,
    *,
    threads: int | None = None,
    chunk: int | None = None,
    stop: NDArray[np.int32] | None = None,
) -> FloatArray:
    """Simulate all members.

    Args:
        kernel: The compiled program.
        batch: What the members give.
        steps: The number of time steps after the first point.
        every: Steps from one saved point to the next; the first point is saved.
        threads: How many; by default one for each processor that may be used.
        chunk: Members handed to a thread at a time.
        stop: One number that makes all threads return soon when it is set to other than 0.

    Returns:
        The outputs: (output, saved point, member). They do not depend on threads, chunk or
        the other members.

    Raises:
        KeyboardInterrupt: The user interrupted.
        CancelledError: `stop` was set.
        ValueError: The batch does not have the form that the kernel was compiled for.
    """
    _check(kernel, batch, steps, every)
    lanes = kernel.lanes
    vectors = -(-batch.members // lanes)
    width = vectors * lanes
    out = _aligned(len(kernel.plan.outputs) * (steps // every + 1) * width)
    stop = np.zeros(1, dtype=np.int32) if stop is None else stop
    inputs = _inputs(kernel, batch, width)
    threads = _count_threads(threads)
    size = _vectors_at_once(vectors, threads, steps, -(-chunk // lanes) if chunk else None)
    pieces = [(at, min(at + size, vectors)) for at in range(0, vectors, size)]
    ranges = iter(pieces)  # Threads take the next one in turn.

    def work() -> None:
        scratch = _Scratch(kernel, steps)
        for first, last in ranges:
            flags = _flags(kernel, inputs, first, last, steps)
            fields = {
                "first": first,
                "last": last,
                "steps": steps,
                "every": every,
                "width": width,
                "slot_count": len(batch.slot_parameters),
                "flags": flags.ctypes.data,
                "out": out.ctypes.data,
                "stop": stop.ctypes.data,
                **{name: array.ctypes.data for name, array in inputs.items()},
                **scratch.fields,
            }
            block = np.array([fields[name] for name in FIELDS], dtype=np.int64)
            if kernel.run(block.ctypes.data):
                return

    workers = max(min(threads, len(pieces)), 1)
    # Threads also for one worker: the main thread must be free to notice an interruption.
    with ThreadPoolExecutor(workers) as pool:
        futures = [pool.submit(work) for _ in range(workers)]
        try:
            for future in futures:
                future.result()
        except BaseException:
            stop[0] = 1
            raise
    if stop[0]:
        raise CancelledError
    shaped = out.reshape(len(kernel.plan.outputs), steps // every + 1, width)
    return shaped[:, :, : batch.members]


def memory(
    kernel: Kernel, members: int, steps: int, every: int, threads: int | None = None
) -> tuple[int, int]:
    """Count the bytes that `run_batch` takes: for its outputs, and to compute them.

    Args:
        kernel: The compiled program.
        members: How many.
        steps: The number of time steps.
        every: Steps from one saved point to the next.
        threads: As there.
    """
    threads = _count_threads(threads)
    vectors = -(-members // kernel.lanes)
    outputs = len(kernel.plan.outputs) * (steps // every + 1) * vectors * kernel.lanes * 8
    delays = sum(_delay_lengths(kernel, steps)) * kernel.lanes * 8
    at_once = min(_vectors_at_once(vectors, threads, steps, None), vectors)
    # A byte for each step and vector, and two counts of four while they are found.
    flags = 9 * (steps + 3) * at_once if kernel.plan.dated else 0
    return outputs, (delays + flags) * min(threads, -(-vectors // at_once))


def _count_threads(threads: int | None) -> int:
    if threads is not None:
        return max(threads, 1)
    own = hasattr(os, "sched_getaffinity")
    return len(os.sched_getaffinity(0)) if own else os.cpu_count() or 1


def _delay_lengths(kernel: Kernel, steps: int) -> list[int]:
    """Give the steps that each delay holds: all of a run where its length is not a number."""
    most = steps + 2
    return [most if n is None else min(n, most) for n in kernel.module.delays]


def _check(kernel: Kernel, batch: Batch, steps: int, every: int) -> None:
    """Refuse what would make machine code read or write where it must not."""
    plan, members = kernel.plan, batch.members
    if steps < 0 or every < 1:
        raise ValueError(f"{steps} steps, saved every {every}")
    shapes = {
        "parameters": (batch.parameters, (plan.varying, members)),
        "initial": (batch.initial, (plan.changed_stocks, 2, members)),
        "slots": (batch.slots, (len(batch.slot_parameters), 5, members)),
        "streams": (np.zeros(members) if batch.streams is None else batch.streams, (members,)),
    }
    for name, (array, shape) in shapes.items():
        if array.shape != shape and (array.size or 0 not in shape):
            raise ValueError(f"{name} of shape {array.shape} in place of {shape}")
    if not set(batch.slot_parameters.tolist()) <= set(plan.dated):
        raise ValueError("a dated change of a parameter that the kernel takes as constant")


def _vectors_at_once(vectors: int, threads: int, steps: int, chunk: int | None) -> int:
    if chunk is not None:
        return chunk
    return max(min(vectors // (4 * threads), _FLAG_BYTES // (steps + 1)), 1)


def _aligned(count: int) -> FloatArray:
    """Give numbers that start at a multiple of 64 bytes, as vectors in memory must."""
    room = np.empty(count + 8)
    skip = -(room.ctypes.data // 8) % 8
    return room[skip : skip + count]


def _inputs(kernel: Kernel, batch: Batch, width: int) -> dict[str, NDArray[Any]]:
    position = {place: number for number, place in enumerate(kernel.plan.dated)}
    numbers = [position[int(place)] for place in batch.slot_parameters]
    streams = np.zeros(batch.members, np.uint64) if batch.streams is None else batch.streams
    return {
        "parameters": _padded(batch.parameters.astype(np.float64, copy=False), width),
        "initial": _padded(batch.initial.astype(np.float64, copy=False), width),
        "streams": _padded(streams.astype(np.uint64), width),
        "slot_parameters": np.array(numbers, dtype=np.int64),
        "slots": _padded(batch.slots.astype(np.float64, copy=False), width),
    }


def _padded(array: NDArray[Any], width: int) -> NDArray[Any]:
    """Repeat the last member up to whole vectors."""
    missing = width - array.shape[-1]
    if array.size and missing:
        edges = [(0, 0)] * (array.ndim - 1) + [(0, missing)]
        array = np.pad(array, edges, mode="edge")
    return np.ascontiguousarray(array)


def _flags(
    kernel: Kernel, inputs: dict[str, NDArray[Any]], first: int, last: int, steps: int
) -> NDArray[np.uint8]:
    """Tell for each vector in which steps dated changes may differ from the step before."""
    if not kernel.plan.dated:
        return np.empty(0, dtype=np.uint8)
    flags = np.zeros((last - first, steps + 1), dtype=np.uint8)
    if not len(inputs["slot_parameters"]):
        return flags
    lanes, plan = kernel.lanes, kernel.plan
    slots = inputs["slots"][:, :, first * lanes : last * lanes]
    slot, member = np.nonzero(slots[:, 0] != NONE)
    _, _, start, ramp, end = slots[slot, :, member].T
    edges = np.zeros((last - first, steps + 3), dtype=np.int32)
    for begin, finish in ((start, start + ramp), (end, end)):
        # A step more on both sides: rounding must not hide a change.
        low = np.floor((begin - plan.initial_time) / plan.time_step) - 1
        high = np.ceil((finish - plan.initial_time) / plan.time_step) + 2
        for at, count in ((low, 1), (high, -1)):
            step = np.clip(at, 0, steps + 2).astype(np.int64)
            np.add.at(edges, (member // lanes, step), count)
    flags[:] = np.cumsum(edges, axis=1, dtype=np.int32)[:, : steps + 1] > 0
    return flags


class _Scratch:
    """The memory in which one thread computes a vector."""

    def __init__(self, kernel: Kernel, steps: int) -> None:
        lanes, plan, module = kernel.lanes, kernel.plan, kernel.module
        self._frame = _aligned(module.layout.size // 8)
        buffers = 5 if kernel.integrator == "rk4" else 2
        self._states = _aligned(buffers * len(plan.states) * lanes)
        lengths = _delay_lengths(kernel, steps)
        self._memories = [_aligned(length * lanes) for length in lengths]
        self._pointers = np.array([array.ctypes.data for array in self._memories], dtype=np.int64)
        self.fields = {
            "frame": self._frame.ctypes.data,
            "states": self._states.ctypes.data,
            "memories": self._pointers.ctypes.data,
        }
