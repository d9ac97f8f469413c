"""How much each net flow changes with each state, along the base run."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from flatgov.changes import FloatArray
from flatgov.check.numerical_evaluate import evaluate, reachable
from flatgov.check.numerical_runs import Runs, TooLarge, finite_points
from flatgov.kernel.program import Program

# At how many times of the base run the rates of change are looked at: some all along it, and those
# at which net flows change most for the change of their states.
_TIMES = 17
_SWIFT = 8

# A state that moves by less than this share of its size in a step tells nothing of what its net
# flow depends on.
_LEAST_MOVE = 1e-6

# Operations times columns over which fewer times are looked at, and numbers held at once.
_MOST_WORK = 30_000_000
_AT_ONCE = 20_000_000

# Of more states no matrices are made: their square is memory.
_MOST_MATRIX = 2_000


@dataclass(frozen=True)
class Linearised:
    """The rates of change near the base run.

    Attributes:
        times: (time,).
        matrices: (time, rate, state): how much each net flow changes with each state.
        jumps: Entries that are no slopes: a step of a condition lies there; they are 0.
        own_step: Entries that go with 1 / TIME STEP, such as stock / TIME STEP; they are 0.
    """

    times: FloatArray
    matrices: FloatArray
    jumps: int
    own_step: int


def linearise(runs: Runs) -> Linearised:
    """Differentiate the net flows along the base run, states inside delays among them.

    Each state is moved by a millionth of its size, and by a quarter of that, both ways. Where the
    two quotients differ on one side, that of the other side counts; where on both, nothing does.

    Raises:
        TooLarge: There are too many states.
    """
    path = runs.base
    if len(runs.states) > _MOST_MATRIX:
        raise TooLarge(f"slopes between {len(runs.states):,} states are too many")
    times = _times(runs, path.program)
    matrices, jumps = _matrices(runs, path.program, times)
    half = runs.half_program
    own = np.zeros(matrices.shape, dtype=bool)
    if half.operations != path.program.operations and len(half.states) == len(path.program.states):
        other, _ = _matrices(runs, half, times)
        own = np.abs(other - matrices) > 1e-3 * np.maximum(np.abs(other), np.abs(matrices))
    return Linearised(
        path.times[times],
        np.where(own, 0.0, matrices),
        int(jumps.any(axis=0).sum()),
        int(own.any(axis=0).sum()),
    )


def _times(runs: Runs, program: Program) -> NDArray[np.intp]:
    """Choose times of the base run, fewer of a large model, none past a number that is none."""
    columns = 4 * len(runs.states) + 1
    most = _MOST_WORK // (len(program.operations) * columns)
    last = max(finite_points(runs.base.states, runs.base.rates), 1)
    spread = np.linspace(0, last - 1, max(min(_TIMES, most), 1)).round().astype(np.intp)
    return np.unique([*spread, *_swift(runs, last)[: max(most - len(spread), 0)]])


def _swift(runs: Runs, last: int) -> list[int]:
    """Find the steps in which net flows change most for the change of their states."""
    states, rates = runs.base.states[:, :last], runs.base.rates[:, :last]
    if last < 2:
        return []
    moves = np.abs(np.diff(states, axis=1))
    sizes = np.abs(states).max(axis=1, keepdims=True)
    with np.errstate(all="ignore"):
        slopes = np.abs(np.diff(rates, axis=1)) / moves
    slopes[~((moves > _LEAST_MOVE * sizes) & np.isfinite(slopes))] = 0.0
    best = np.argsort(-slopes.max(axis=0), kind="stable")[: _SWIFT // 2]
    return [int(at) for first in best for at in (first, first + 1)]


def _matrices(
    runs: Runs, program: Program, places: NDArray[np.intp]
) -> tuple[FloatArray, NDArray[np.bool_]]:
    """Give (time, rate, state): the slopes, and where there are none."""
    path, states = runs.base, runs.states
    rates = [program.states[one.index].value for one in states]
    needed = reachable(program, rates)
    now = path.states[:, places]
    sizes = np.abs(path.states[:, : places.max() + 1]).max(axis=1, initial=0.0)
    moves = 1e-6 * np.maximum(np.abs(now), np.where(sizes > 0, 1e-3 * sizes, 1.0)[:, None])
    full = _all_states(runs, program, places)
    count = len(states)
    flows = np.abs(path.rates[:, places])
    slopes = np.empty((len(places), count, count))
    jumps = np.zeros(slopes.shape, dtype=bool)
    size = max(_AT_ONCE // (4 * len(needed) * len(places)), 1)
    for first in range(0, count, size):
        part = range(first, min(first + size, count))
        columns = np.repeat(full[:, :, None], 1 + 4 * len(part), axis=2)
        steps = np.zeros((4, len(part), len(places)))
        for at, state in enumerate(part):
            row = columns[states[state].index]
            for way, share in enumerate((1.0, 0.25, -1.0, -0.25)):
                row[:, 1 + 4 * at + way] += share * moves[state]
                steps[way, at] = row[:, 1 + 4 * at + way] - row[:, 0]
        values = evaluate(program, columns, path.times[places], places.astype(np.float64), needed)
        for rate, number in enumerate(rates):
            found = np.broadcast_to(values[number], columns.shape[1:])
            with np.errstate(all="ignore"):
                change = (found[:, 1:] - found[:, :1]).reshape(len(places), len(part), 4)
                quotients = np.moveaxis(change, 2, 0) / steps.transpose(0, 2, 1)
                noise = 1e-7 * flows[rate][:, None] / (1e6 * moves[part.start : part.stop].T)
            slope, jump = _slope(quotients, noise)
            slopes[:, rate, part.start : part.stop] = slope
            jumps[:, rate, part.start : part.stop] = jump
    return slopes, jumps


def _all_states(runs: Runs, program: Program, places: NDArray[np.intp]) -> FloatArray:
    """Give (state, time) of all states; those that are no integrals stay at their first value."""
    full = np.zeros((len(program.states), len(places)))
    for position, one in enumerate(runs.states):
        full[one.index] = runs.base.states[position, places]
    return full


def _slope(quotients: FloatArray, noise: FloatArray) -> tuple[FloatArray, NDArray[np.bool_]]:
    """Take the slope of the side on which there is one; of two sides, as at a kink, the steeper."""
    far, near, far_back, near_back = quotients

    def alike(a: FloatArray, b: FloatArray) -> NDArray[np.bool_]:
        larger = np.maximum(np.abs(a), np.abs(b))
        with np.errstate(invalid="ignore"):
            same: NDArray[np.bool_] = np.abs(a - b) <= 0.1 * larger + noise
        return same & np.isfinite(larger)

    ahead, back = alike(far, near), alike(far_back, near_back)
    steeper = back & (~ahead | (np.abs(far_back) > 1.1 * np.abs(far)))
    slope = np.where(steeper, far_back, np.where(ahead, far, 0.0))
    return np.where(np.abs(slope) <= noise, 0.0, slope), ~(ahead | back)
