"""A study in words: policies, scenarios, uncertain quantities, tests, claims and sources."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flatgov.check.page.definitions import Link
from flatgov.check.page.safe import count, number
from flatgov.model import Change
from flatgov.names import canonical
from flatgov.study.calendar import Clock
from flatgov.study.policies import Policy, Scenario
from flatgov.study.schema import EvidenceFile
from flatgov.study.study import Study

_KINDS = {
    "value": "",
    "strength": "strength of a table",
    "slope": "bend of a table",
    "change": "change of a policy",
}
TRUST = {
    "A": "official statistics or reports",
    "B": "mainstream press or refereed papers",
    "C": "mirrors, blogs, pages without an author",
}


@dataclass(frozen=True)
class Step:
    """A dated change in words."""

    variable: Link
    what: str
    when: str


@dataclass(frozen=True)
class World:
    """A policy or a scenario."""

    id: str
    label: str
    other: str
    description: str
    claims: tuple[int, ...]
    steps: tuple[Step, ...]
    role: str


@dataclass(frozen=True)
class Quantity:
    """An uncertain quantity."""

    link: Link
    name: str
    kind: str
    base: str
    text: str
    units: str
    reason: str


def policies(study: Study, anchors: dict[str, str]) -> list[World]:
    """Put the policies of a study into words."""
    return [
        _world(one, study, anchors, "reference policy" if name == study.reference else "")
        for name, one in study.policies.items()
    ]


def scenarios(study: Study, anchors: dict[str, str]) -> list[World]:
    """Put the scenarios of a study into words."""
    return [
        _world(one, study, anchors, "default" if name == study.default_scenario else "")
        for name, one in study.scenarios.items()
    ]


def _world(one: Policy | Scenario, study: Study, anchors: dict[str, str], role: str) -> World:
    clock = Clock(study.model.time, study.calendar)
    steps = tuple(_step(change, study, clock, anchors) for change in one.changes)
    label, other = one.label.get("en", one.id), one.label.get("zh", "")
    return World(one.id, label, other, one.description, one.claims, steps, role)


def _step(change: Change, study: Study, clock: Clock, anchors: dict[str, str]) -> Step:
    variable = study.model.find(change.variable)
    what = {"stock": "initial value ", "lookup": "outputs "}.get(variable.kind, "")
    units = f" {variable.units}" if variable.units and variable.units.lower() != "dmnl" else ""
    value = number(abs(change.value) if change.operation == "add" else change.value)
    if change.operation == "set":
        what += f"set to {value}{units}"
    elif change.operation == "scale":
        what += f"multiplied by {value}"
    else:
        what += f"{'lowered' if change.value < 0 else 'raised'} by {value}{units}"
    if change.draw:
        what += " (uncertain)"
    return Step(Link(anchors[canonical(variable.name)], variable.name), what, _when(change, clock))


def _when(change: Change, clock: Clock) -> str:
    settings = clock.settings
    whole = change.start <= settings.initial and change.end is None and not change.ramp
    if whole:
        return "the whole run"
    when = f"from {clock.show(change.start)}"
    if change.ramp:
        unit = settings.units or "units of time"
        when += f", growing over {number(change.ramp)} {unit}"
    if change.end is not None:
        when += f", until {clock.show(change.end)}"
    return when


def quantities(study: Study, anchors: dict[str, str]) -> list[Quantity]:
    """List the uncertain quantities of a study, in the order of the file."""
    if study.uncertainty is None:
        return []
    return [
        Quantity(
            Link(anchors[canonical(one.variable)], one.variable),
            one.name,
            _KINDS[one.kind],
            number(one.base),
            spread(one.text),
            one.units,
            one.reason,
        )
        for one in study.uncertainty.factors
    ]


# What the numbers of a distribution are, in order.
_PARAMETERS = {
    "uniform": ("from", "to"),
    "triangular": ("lowest", "most likely", "highest"),
    "normal": ("mean", "standard deviation"),
    "lognormal": ("median", "standard deviation of the logarithm"),
    "beta": ("a", "b"),
}


def spread(text: str) -> str:
    """Name the numbers of a distribution: ``uniform from 0 to 0.5``.

    Args:
        text: Of `Factor.text`: ``uniform 0, 0.5``.
    """
    kind, _, rest = text.partition(" ")
    names = _PARAMETERS.get(kind)
    if names is None:
        return text
    numbers = rest.split(", ", len(names))
    if kind == "uniform":
        return f"uniform from {numbers[0]} to {', '.join(numbers[1:])}"
    named = [f"{name} {one}" for name, one in zip(names, numbers, strict=False)]
    return f"{kind}: {', '.join(named + numbers[len(names) :])}"


def design(study: Study) -> str:
    """Say how draws are made."""
    uncertainty = study.uncertainty
    if uncertainty is None:
        return ""
    names = {
        "sobol": "scrambled Sobol points",
        "lhs": "a Latin hypercube",
        "random": "independent random numbers",
        "table": "a table of draws",
    }
    matrix = uncertainty.correlation
    size = len(uncertainty.factors)
    pairs = 0
    if matrix is not None:
        pairs = sum(bool(matrix[i, j]) for i in range(size) for j in range(i))
    quantities = count(size, "uncertain quantity", "uncertain quantities")
    return f"{quantities}, drawn by {names[uncertainty.method]}; {count(pairs, 'correlated pair')}."


@dataclass(frozen=True)
class Loop:
    """A feedback loop in words."""

    id: str
    label: str
    other: str
    polarity: str
    variables: tuple[Link, ...]
    claims: tuple[int, ...]


def named_loops(evidence: EvidenceFile, anchors: dict[str, str]) -> list[Loop]:
    """List the loops that a study names."""
    return [
        Loop(
            name,
            one.label.get("en", name),
            one.label.get("zh", ""),
            one.polarity,
            links(one.variables, anchors),
            one.claims,
        )
        for name, one in evidence.loops.items()
    ]


def links(names: Sequence[str], anchors: dict[str, str]) -> tuple[Link, ...]:
    """Link names to their definitions."""
    return tuple(Link(anchors.get(canonical(name), ""), name) for name in names)
