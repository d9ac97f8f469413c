"""Is TIME STEP short against the shortest time constant of the model?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from flatgov.changes import FloatArray
from flatgov.check.findings import Finding, Outcome
from flatgov.check.numerical_evaluate import evaluate, reachable
from flatgov.check.numerical_runs import Runs, finite_points, guarded, runs, shared
from flatgov.check.subject import Check, Subject
from flatgov.kernel.program import Program
from flatgov.model import Integrator

_ID = "time constants"

# At how many times of the base run the rates of change are looked at.
_TIMES = 9

# Operations times columns over which fewer times are looked at, and numbers held at once.
_MOST_WORK = 30_000_000
_AT_ONCE = 20_000_000

# TIME STEP over the shortest time constant, above which it is a note, and a warning. RK4 takes a
# step that is twice as long for the same share of its region of stability, and better.
_SHARES: dict[Integrator, tuple[float, float]] = {"euler": (0.25, 0.5), "rk4": (0.5, 1.0)}

_METHODS: dict[Integrator, str] = {"euler": "Euler's method", "rk4": "RK4"}

# What quotients of differences may be wrong by.
_ROUNDING = 1.001

_MOST_FINDINGS = 5


@dataclass(frozen=True)
class Mode:
    """A way in which the model moves: an eigenvalue of its rates of change.

    Attributes:
        value: The eigenvalue, per unit of time.
        time: When.
        states: The positions in `Runs.states` of those that take part, most first.
    """

    value: complex
    time: float
    states: tuple[int, ...]

    @property
    def constant(self) -> float:
        """The time constant."""
        return 1 / abs(self.value)


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
    """
    path = runs.base
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
    last = finite_points(runs.base.states, runs.base.rates)
    count = max(min(_TIMES, most), 1)
    return np.unique(np.linspace(0, max(last - 1, 0), count).round().astype(np.intp))


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
    """Take the slope of the side on which there is one."""
    far, near, far_back, near_back = quotients

    def alike(a: FloatArray, b: FloatArray) -> NDArray[np.bool_]:
        larger = np.maximum(np.abs(a), np.abs(b))
        with np.errstate(invalid="ignore"):
            same: NDArray[np.bool_] = np.abs(a - b) <= 0.1 * larger + noise
        return same & np.isfinite(larger)

    ahead, back = alike(far, near), alike(far_back, near_back)
    slope = np.where(ahead, far, np.where(back, far_back, 0.0))
    return np.where(np.abs(slope) <= noise, 0.0, slope), ~(ahead | back)


def modes(linear: Linearised) -> list[Mode]:
    """Give all eigenvalues at all times but 0, the fastest first.

    States that have no influence on each other both ways are taken apart before: a chain of equal
    delays has one eigenvalue several times, which could not be computed well otherwise.
    """
    import networkx as nx

    found = []
    for time, matrix in zip(linear.times, linear.matrices, strict=True):
        graph = nx.DiGraph()
        graph.add_nodes_from(range(len(matrix)))
        graph.add_edges_from(np.argwhere(matrix.T != 0).tolist())
        for part in nx.strongly_connected_components(graph):
            states = sorted(part)
            block = matrix[np.ix_(states, states)]
            for value, shares in _eigenvalues(block):
                if value != 0:
                    order = np.argsort(-shares, kind="stable")
                    main = [states[at] for at in order if shares[at] >= 0.5 * shares[order[0]]]
                    found.append(Mode(value, float(time), tuple(main)))
    return sorted(found, key=lambda mode: -abs(mode.value))


def _eigenvalues(block: FloatArray) -> list[tuple[complex, FloatArray]]:
    """Give the eigenvalues, and how much each state takes part in each.

    The participation of a state is the product of its components in the left and the right
    eigenvector (Perez-Arriaga, Verghese and Schweppe 1982), which does not depend on units.
    """
    if len(block) == 1:
        return [(complex(block[0, 0]), np.ones(1))]
    values, right = np.linalg.eig(block)
    try:
        shares = np.abs(right * np.linalg.inv(right).T)
    except np.linalg.LinAlgError:
        shares = np.abs(right)
    return [(complex(value), shares[:, at]) for at, value in enumerate(values)]


def grows_by_itself(mode: Mode, step: float, method: Integrator) -> bool:
    """Tell whether a method makes grow, or flip, what dies away: |R(h lambda)| > 1."""
    z = mode.value * step
    factor = 1 + z if method == "euler" else 1 + z + z**2 / 2 + z**3 / 6 + z**4 / 24
    return mode.value.real < 0 and abs(factor) > 1


def is_too_fast(subject: Subject) -> bool:
    """Tell whether `time constants` warns of the model."""
    return any(one.severity == "warning" for one in _check(subject).findings)


def _check(subject: Subject) -> Outcome:
    return shared(subject, _ID, lambda: _judge(subject))


def _judge(subject: Subject) -> Outcome:
    those = runs(subject)
    if not those.states:
        return Outcome(_ID, skipped="the model has no stock, delay or smooth")
    linear = linearise(those)
    all_modes = modes(linear)
    if not all_modes:
        return Outcome(_ID, summary="No net flow depends on a stock in the base run")
    path = those.base
    fastest, slowest = all_modes[0], all_modes[-1]
    unit = subject.model.time.units
    share = path.time.step / fastest.constant
    summary = (
        f"TIME STEP {path.time.step:g} is {share:.2g} times the shortest time constant, "
        f"{fastest.constant:.3g} {unit} of {_names(those, fastest.states)} at time "
        f"{fastest.time:g}; {len(those.states)} states at {len(linear.times)} times"
    )
    return Outcome(
        _ID,
        tuple(_findings(subject, those, all_modes)),
        " ".join(summary.split()),
        {
            "time step": path.time.step,
            "share": share,
            "shortest": _as_data(those, fastest),
            "longest": _as_data(those, slowest),
            "stiffness": abs(fastest.value) / abs(slowest.value),
            "times": linear.times.tolist(),
            "jumps": linear.jumps,
            "rates with the step": linear.own_step,
        },
    )


def _findings(subject: Subject, those: Runs, all_modes: Sequence[Mode]) -> list[Finding]:
    """Make a finding for each group of states that is too fast, the fastest mode of each."""
    path = those.base
    step, method = path.time.step, path.method
    low, high = _SHARES[method]
    seen: set[str] = set()
    found: list[Finding] = []
    for mode in all_modes:
        share = step / mode.constant
        if share <= low * _ROUNDING:
            break
        names = {those.states[one].variable.name for one in mode.states}
        if seen & names:
            continue  # Elements of one variable are one thing to mend.
        seen |= names
        what = (
            f"TIME STEP {step:g} is {share:.2g} times the time constant {mode.constant:.3g} "
            f"{subject.model.time.units} of {_names(those, mode.states)} at time {mode.time:g}"
        )
        at_once = abs(1 + step * mode.value) < _ROUNDING - 1
        much = share > high * _ROUNDING and not at_once
        if at_once:
            what += ": it is used up in one step, as in a model of discrete time"
        if not at_once and grows_by_itself(mode, step, method):
            what += f", so {_METHODS[method]} swings or grows where the model settles"
        found.append(
            subject.finding(
                _ID,
                "warning" if much else "note",
                those.states[mode.states[0]].variable,
                " ".join(what.split()),
                evidence=f"eigenvalue {_complex(mode.value)}",
                fix="know that another TIME STEP makes it another model"
                if at_once
                else f"use TIME STEP {_step_below(step, low * mode.constant):g} or a longer time "
                "constant",
                cause="TIME STEP is long against what the model does fastest",
            )
        )
    more = len(found) - _MOST_FINDINGS
    if more > 0:
        last = found[_MOST_FINDINGS - 1]
        found[_MOST_FINDINGS - 1] = replace(last, what=f"{last.what} (and {more} more so)")
    return found[:_MOST_FINDINGS]


def _step_below(step: float, most: float) -> float:
    """Halve a step until it is short enough, so that it still divides SAVEPER."""
    while step > most * _ROUNDING:
        step /= 2
    return step


def _names(those: Runs, states: Sequence[int]) -> str:
    labels = list(dict.fromkeys(those.states[one].label for one in states))
    more = f" and {len(labels) - 3} more" if len(labels) > 3 else ""
    return ", ".join(labels[:3]) + more


def _complex(value: complex) -> str:
    return f"{value.real:.3g}" if value.imag == 0 else f"{value.real:.3g} ± {abs(value.imag):.3g}i"


def _as_data(those: Runs, mode: Mode) -> dict[str, Any]:
    return {
        "time constant": mode.constant,
        "real": mode.value.real,
        "imaginary": mode.value.imag,
        "time": mode.time,
        "states": [those.states[one].label for one in mode.states],
    }


CHECKS: tuple[Check, ...] = (
    Check(
        _ID,
        "TIME STEP is short against every time constant",
        "How fast does the fastest part of the model move, and does TIME STEP resolve it? A step "
        "of more than half of the shortest time constant gives wrong paths, and one of more than "
        "twice of it swings by itself.",
        guarded(_ID, _check),
        ("sterman2000",),
    ),
)
