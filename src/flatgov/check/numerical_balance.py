"""Do stocks change by their flows, and by nothing else?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from flatgov.changes import FloatArray
from flatgov.check.findings import Finding, Outcome
from flatgov.check.numerical_evaluate import evaluate, reachable
from flatgov.check.numerical_runs import (
    Path,
    Runs,
    StateName,
    finite_points,
    guarded,
    plain,
    runs,
)
from flatgov.check.subject import Check, Subject
from flatgov.graph import links
from flatgov.kernel.program import CHANGING, Program

_ID = "conservation"

_EPSILON = float(np.finfo(np.float64).eps)

# The largest group of states of which weights are looked for; singular values take its cube.
_MOST_STATES = 300

# Units that say nothing of what is counted: people and rabbits may both be without.
_NO_UNIT = frozenset({"", "dmnl", "dimensionless", "1", "fraction"})

# Of a level and its flows: by operation, how much of it flows in for each unit of it.
Flows = dict[int, float]


@dataclass(frozen=True)
class Total:
    """A sum of states that no flow changes.

    Attributes:
        states: Positions in `Runs.states`.
        weights: Of each; 1 in a chain in which what leaves one enters another.
        value: At the start.
        drift: How far the sum goes from there, at most.
        allowed: What rounding may do.
    """

    states: tuple[int, ...]
    weights: tuple[float, ...]
    value: float
    drift: float
    allowed: float


def flows_of(
    program: Program, states: Sequence[StateName], path: Path, stops: set[int]
) -> list[Flows]:
    """Take the net flow of each state apart into a sum of flows with constant factors.

    Args:
        program: The program.
        states: Which states.
        path: The base run; constants have their values in it.
        stops: Operations that are flows in themselves, as variables of the model are.
    """
    roots = [program.states[one.index].value for one in states]
    needed = reachable(program, roots)
    moving: set[int] = set()
    for number in needed:
        code, arguments, _ = program.operations[number]
        if code in CHANGING or any(one in moving for one in arguments):
            moving.add(number)
    zeros = np.zeros((len(program.states), 1, 1))
    fixed = [number for number in needed if number not in moving]
    carrying: set[int] = set()  # what has a flow in it that happens to be constant
    for number in fixed:
        arguments = program.operations[number].arguments
        if number in stops or any(one in carrying for one in arguments):
            carrying.add(number)
    values = evaluate(program, zeros, path.times[:1], np.zeros(1), fixed)
    constants = {number: float(np.ravel(values[number])[0]) for number in fixed}
    known: dict[int, Flows] = {}

    def split(number: int) -> Flows:
        if constants.get(number) == 0.0:
            return {}
        if number in stops or (number in constants and number not in carrying):
            return {number: 1.0}
        if number not in known:
            known[number] = apart(number)
        return known[number]

    def apart(number: int) -> Flows:
        code, arguments, _ = program.operations[number]
        if code == "add":
            return _sum(split(arguments[0]), split(arguments[1]), 1.0)
        if code == "sub":
            return _sum(split(arguments[0]), split(arguments[1]), -1.0)
        if code == "neg":
            return _sum({}, split(arguments[0]), -1.0)
        if code == "mul":
            factors = [(a, b) for a, b in (arguments, arguments[::-1]) if a in constants]
            for factor, other in sorted(factors, key=lambda pair: pair[0] in carrying):
                return _sum({}, split(other), constants[factor])
        if code == "div" and constants.get(arguments[1]):
            return _sum({}, split(arguments[0]), 1 / constants[arguments[1]])
        return {number: 1.0}

    # From below, as sums may be thousands deep.
    for number in needed:
        if (number in moving or number in carrying) and number not in stops:
            split(number)
    return [split(root) for root in roots]


def _sum(first: Flows, second: Flows, factor: float) -> Flows:
    result = dict(first)
    for number, share in second.items():
        result[number] = result.get(number, 0.0) + factor * share
    return {number: share for number, share in result.items() if share != 0.0}


def closed(flows: Sequence[Flows]) -> list[list[int]]:
    """Find the groups of states whose flows all stay within the group.

    A state with a flow that touches no other state is open; without it, others may become so.
    """
    inside = {at for at, own in enumerate(flows) if own}
    while True:
        users: dict[int, list[int]] = {}
        for at in sorted(inside):
            for number in flows[at]:
                users.setdefault(number, []).append(at)
        leaving = {touched[0] for touched in users.values() if len(touched) == 1}
        if not leaving:
            break
        inside -= leaving
    groups: list[list[int]] = []
    left = set(inside)
    while left:
        group, pending = set(), [min(left)]
        while pending:
            at = pending.pop()
            if at not in group:
                group.add(at)
                pending += [one for number in flows[at] for one in users[number]]
        left -= group
        groups.append(sorted(group))
    return groups


def _weights(flows: Sequence[Flows], group: Sequence[int]) -> FloatArray | None:
    """Find positive weights with which the flows of a group cancel; None without such."""
    shares: dict[int, list[float]] = {}
    for at in group:
        for number, share in flows[at].items():
            shares.setdefault(number, []).append(share)
    if all(abs(sum(own)) <= 8 * _EPSILON * max(map(abs, own)) for own in shares.values()):
        return np.ones(len(group))
    if len(group) > _MOST_STATES:
        return None
    matrix = np.array([[flows[at].get(number, 0.0) for at in group] for number in sorted(shares)])
    _, values, vectors = np.linalg.svd(matrix)
    rank = int((values > 1e-9 * values[0]).sum())
    if rank != len(group) - 1:
        return None
    weights: FloatArray = vectors[-1] / vectors[-1][np.abs(vectors[-1]).argmax()]
    return weights if (weights > 1e-9).all() else None


def _totals(those: Runs, flows: Sequence[Flows], finite: int) -> list[Total]:
    found: list[Total] = []
    steps = finite - 1
    # Stocks first: one that counts what lies in a delay would hide their own total.
    stocks = [own if one.stock else {} for own, one in zip(flows, those.states, strict=True)]
    told: set[int] = set()
    for group in [*closed(stocks), *closed(flows)]:
        if told & set(group):
            continue
        weights = _weights(flows, group)
        if weights is None:
            continue
        told |= set(group)
        parts = weights[:, None] * those.base.states[group, :finite]
        total = parts.sum(axis=0)
        size = float(np.abs(parts).sum(axis=0).max())
        flow = those.base.time.step * float(
            np.abs(those.base.rates[group, :finite]).sum(axis=0).max()
        )
        allowed = 4 * len(group) * (steps + 4) * _EPSILON * max(size, flow)
        drift = float(np.abs(total - total[0]).max())
        found.append(Total(tuple(group), tuple(weights.tolist()), float(total[0]), drift, allowed))
    return found


def _finite(path: Path) -> int:
    return finite_points(path.states, path.rates)


def integration_error(path: Path) -> tuple[float, int, int]:
    """Compare each change of a state in a step with TIME STEP times its net flow.

    Returns:
        The largest difference as a share of what is added, and the state and the step where.
    """
    count = _finite(path)
    now, after = path.states[:, : count - 1], path.states[:, 1:count]
    added = path.time.step * path.rates[:, : count - 1]
    size = np.maximum(np.maximum(np.abs(now), np.abs(after)), np.abs(added))
    error = np.abs(after - now - added) / np.where(size > 0, size, 1.0)
    if not error.size:
        return 0.0, 0, 0
    state, step = np.unravel_index(int(error.argmax()), error.shape)
    return float(error[state, step]), int(state), int(step)


def _check(subject: Subject) -> Outcome:
    those = runs(subject)
    if not those.states:
        return Outcome(_ID, skipped="the model has no stock, delay or smooth")
    euler = those.base if those.base.method == "euler" else those.other
    if _finite(euler) < 2:
        return Outcome(_ID, skipped="the run has no second step with finite numbers")
    error, state, step = integration_error(euler)
    program = those.base.program
    outputs = _flow_variables(subject, program)
    flows = flows_of(program, those.states, those.base, set(outputs))
    totals = _totals(those, flows, _finite(those.base))
    findings = []
    if error > 4 * _EPSILON:
        one = those.states[state]
        findings.append(
            subject.finding(
                _ID,
                "error",
                one.variable,
                f"{one.label} changes by something else than its flows in the step from time "
                f"{euler.times[step]:g}, by {error:.2g} of it",
                fix="report this as a mistake of flatgov",
            )
        )
    for total in totals:
        if total.drift > total.allowed:
            one = those.states[total.states[0]]
            findings.append(
                subject.finding(
                    _ID,
                    "error",
                    one.variable,
                    f"the sum of {_list(those, total.states)} goes {total.drift:.3g} away from its "
                    f"{total.value:.6g}, though nothing flows in or out",
                    fix="report this as a mistake of flatgov",
                )
            )
    leaks = list(_leaks(subject, those, flows, outputs))
    findings += [finding for _, finding in leaks]
    leaking = {at for touched, _ in leaks for at in touched}
    # What is lost between two stocks cannot be made good by counting one of them for more.
    chains = [one for one in totals if len(one.states) > 1 and leaking.isdisjoint(one.states)]
    weighted = sum(len(set(one.weights)) > 1 for one in chains)
    largest = max((t.drift / max(t.allowed, 1e-300) for t in totals), default=0.0)
    summary = (
        f"Each of {len(those.states)} states changes by TIME STEP times its net flow, within "
        f"{error:.1e} of it; {len(chains)} closed "
        f"{'chain keeps its' if len(chains) == 1 else 'chains keep their'} total"
        + (f", {weighted} of them with weights" if weighted else "")
    )
    return Outcome(
        _ID,
        tuple(findings),
        summary,
        {
            "largest error": error,
            "drift over rounding": largest,
            "totals": [
                {
                    "states": [plain(those.states[at].label) for at in total.states],
                    "weights": list(total.weights),
                    "value": total.value,
                    "drift": total.drift,
                }
                for total in chains
            ],
        },
    )


def _flow_variables(subject: Subject, program: Program) -> dict[int, str]:
    """Give the operations that are flows or auxiliaries of the model, with their names.

    A constant in the equation of a stock may be a flow, too; a number by itself may be anything.
    """
    variables = subject.model.variables
    into = {one.cause for one in links(subject.model) if variables[one.effect].kind == "stock"}
    found: dict[int, str] = {}
    for name, numbers in program.outputs.items():
        kind = variables[name].kind
        if kind in ("flow", "auxiliary", "data") or (kind == "constant" and name in into):
            for number in numbers.flat:
                if program.operations[number].code != "number":
                    found.setdefault(int(number), name)
    return found


def _leaks(
    subject: Subject, those: Runs, flows: Sequence[Flows], outputs: Mapping[int, str]
) -> Iterator[tuple[list[int], Finding]]:
    """Find flows of which more or less enters a stock than leaves another of the same unit.

    Returns:
        The two stocks, and the finding.
    """
    users: dict[int, list[int]] = {}
    for at, own in enumerate(flows):
        for number in own:
            users.setdefault(number, []).append(at)
    told = set()
    for number, touched in users.items():
        name = outputs.get(number, "")
        shares = [flows[at][number] for at in touched]
        gone, come = -sum(s for s in shares if s < 0), sum(s for s in shares if s > 0)
        names = [those.states[at] for at in touched]
        if len(touched) != 2:
            continue  # With more, some only keep the books.
        units = {one.variable.units.strip().casefold() for one in names}
        alike = len(units) == 1 and units.isdisjoint(_NO_UNIT)
        inside = all(one.stock for one in names)
        if not (name and alike and inside and gone and come) or name in told:
            continue
        if abs(gone - come) <= 1e-9 * gone:
            continue
        told.add(name)
        source = those.states[touched[int(np.argmin(shares))]].label
        target = those.states[touched[int(np.argmax(shares))]].label
        finding = subject.finding(
            _ID,
            "warning",
            subject.model.variables[name],
            f"'{name}' takes {gone:.4g} of itself from {source} and adds {come:.4g} to {target}, "
            f"though both are in {names[0].variable.units}",
            fix="give what gets lost or is gained a flow of its own",
        )
        yield touched, finding


def _list(those: Runs, states: Sequence[int]) -> str:
    labels = [those.states[at].label for at in states]
    more = f" and {len(labels) - 3} more" if len(labels) > 3 else ""
    return ", ".join(labels[:3]) + more


CHECKS: tuple[Check, ...] = (
    Check(
        _ID,
        "Stocks change by their flows only",
        "Is what a stock gains and loses in a step TIME STEP times its net flow, and does what "
        "leaves one stock arrive in another? Material must neither come from nowhere nor vanish.",
        guarded(_ID, _check),
        ("sterman2000",),
    ),
)
