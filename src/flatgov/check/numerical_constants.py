"""Is TIME STEP short against the shortest time constant of the model?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from flatgov.changes import FloatArray
from flatgov.check.findings import Finding, Outcome
from flatgov.check.numerical_runs import Runs, TooLarge, guarded, runs, shared
from flatgov.check.numerical_slopes import Linearised, linearise
from flatgov.check.subject import Check, Subject
from flatgov.model import Integrator

_ID = "time constants"

# The largest group of states that act on each other of which eigenvalues are computed, and the sum
# of the cubes of sizes of all groups at all times: a second or two.
_MOST_STATES = 300
_MOST_CUBES = 150_000_000

# An eigenvalue below this share of the largest slope is 0 as far as the quotients can tell.
_ZERO = 1e-8

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


def modes(linear: Linearised) -> list[Mode]:
    """Give all eigenvalues at all times but 0, the fastest first.

    States that have no influence on each other both ways are taken apart before: a chain of equal
    delays has one eigenvalue several times, which could not be computed well otherwise.

    Raises:
        TooLarge: There are too many states that act on each other.
    """
    found = []
    groups: dict[bytes, list[list[int]]] = {}  # which mostly are the same at all times
    for at in _affordable(linear):
        time, matrix = linear.times[at], linear.matrices[at]
        acts = matrix != 0
        if acts.tobytes() not in groups:
            groups[acts.tobytes()] = _groups(acts)
        for states in groups[acts.tobytes()]:
            block = matrix[np.ix_(states, states)]
            least = _ZERO * float(np.abs(block).max())
            for value, shares in _eigenvalues(block):
                if abs(value) > least:
                    order = np.argsort(-shares, kind="stable")
                    main = [states[at] for at in order if shares[at] >= 0.5 * shares[order[0]]]
                    found.append(Mode(value, float(time), tuple(main)))
    return sorted(found, key=lambda mode: -abs(mode.value))


def _groups(acts: NDArray[np.bool_]) -> list[list[int]]:
    """Give the states that act on each other both ways, group by group; (effect, cause)."""
    import networkx as nx

    graph = nx.DiGraph()
    graph.add_nodes_from(range(len(acts)))
    graph.add_edges_from(np.argwhere(acts.T).tolist())
    return [sorted(part) for part in nx.strongly_connected_components(graph)]


def _affordable(linear: Linearised) -> list[int]:
    """Choose the times of which eigenvalues are computed: all, or as many as there is time for.

    Raises:
        TooLarge: There are too many states that act on each other.
    """
    sizes = [len(states) for states in _groups((linear.matrices != 0).any(axis=0))]
    if max(sizes, default=0) > _MOST_STATES:
        raise TooLarge(
            f"{max(sizes):,} states act on each other, and eigenvalues of more than "
            f"{_MOST_STATES} take too long"
        )
    count = len(linear.times)
    most = max(min(count, _MOST_CUBES // max(sum(size**3 for size in sizes), 1)), 1)
    return (
        list(range(count))
        if most == count
        else np.unique(np.linspace(0, count - 1, most).round().astype(int)).tolist()
    )


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


def too_fast(subject: Subject) -> set[str]:
    """Name the variables that `time constants` warns of, also those it has no room to list.

    There are none where it is not done.
    """
    those = runs(subject)
    if not those.states:
        return set()
    _, high = _SHARES[those.base.method]
    step = those.base.time.step
    try:
        all_modes = _modes(subject)[1]
    except TooLarge:
        return set()
    found = [mode for mode in all_modes if _is_much(mode, step, high)]
    return {those.states[at].variable.name for mode in found for at in mode.states}


def _is_much(mode: Mode, step: float, high: float) -> bool:
    return step / mode.constant > high * _ROUNDING and not _at_once(mode, step)


def _at_once(mode: Mode, step: float) -> bool:
    """Tell whether a step uses up what it moves, as in a model of discrete time."""
    return abs(1 + step * mode.value) < _ROUNDING - 1


def _check(subject: Subject) -> Outcome:
    return shared(subject, _ID, lambda: _judge(subject))


def _modes(subject: Subject) -> tuple[Linearised, list[Mode]]:
    def make() -> tuple[Linearised, list[Mode]]:
        those = runs(subject)
        linear = linearise(those)
        return linear, modes(linear)

    return shared(subject, "modes", make)


def _judge(subject: Subject) -> Outcome:
    those = runs(subject)
    if not those.states:
        return Outcome(_ID, skipped="the model has no stock, delay or smooth")
    linear, all_modes = _modes(subject)
    if not all_modes:
        nothing = (
            "No stock acts back on itself"
            if linear.matrices.any()
            else "No net flow depends on a stock"
        )
        return Outcome(_ID, summary=f"{nothing} in the base run: there is no time constant")
    path = those.base
    fastest, slowest = all_modes[0], all_modes[-1]
    unit = subject.model.time.units
    share = path.time.step / fastest.constant
    summary = (
        f"TIME STEP {path.time.step:g} is {share:.2g} times the time constant "
        f"{fastest.constant:.3g} {unit} of {_names(those, fastest.states)} at time "
        f"{fastest.time:g}, the shortest at {len(linear.times)} times of the run"
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
        at_once, much = _at_once(mode, step), _is_much(mode, step, high)
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
