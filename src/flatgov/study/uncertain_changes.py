"""Uncertain values of changes of policies and scenarios."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TypeVar

import numpy as np

from flatgov.errors import Problems, StudyError
from flatgov.model import Change, Model
from flatgov.study.calendar import Clock
from flatgov.study.changes import find_variable
from flatgov.study.consequence import AnyName, Consequence
from flatgov.study.distribution_table import check_units, read_distribution, reason_of
from flatgov.study.distributions import LARGEST, SMALLEST
from flatgov.study.limits import breach_error, find_breaches
from flatgov.study.policies import Places, Policy, Scenario, check_names, member_title
from flatgov.study.toml import Keys, TomlFile
from flatgov.study.uncertainty import Factor
from flatgov.study.uncertainty_schema import UncertainChange

# The changes that stand in a policy or scenario itself, each with its place in the file, by
# ``policy`` or ``scenario`` and the id; None for one that is wrong in itself, and under the id ""
# where the whole file could not be read.
Owned = Mapping[tuple[str, str], Sequence[tuple[Change, str]] | None]
# The uncertain value of a change and the place of its own table, by the place of the change.
Drawn = Mapping[str, tuple[Factor, Callable[..., str]]]
Member = TypeVar("Member", Policy, Scenario)


def owned_changes(
    kind: str,
    members: Mapping[str, Member],
    places: Places,
    names: Collection[str],
    counts: Mapping[str, int] | None = None,
) -> dict[tuple[str, str], Sequence[tuple[Change, str]] | None]:
    """Tell the changes of a policy or scenario from those of the policies that it extends.

    Args:
        kind: ``policy`` or ``scenario``.
        members: All of that kind that are right.
        places: The places of all their changes.
        names: All of that kind.
        counts: How many changes each has itself; they are its last ones. All unless given.
    """
    owned: dict[tuple[str, str], Sequence[tuple[Change, str]] | None]
    owned = {(kind, name): None for name in ([""] if isinstance(names, AnyName) else names)}
    for name, member in members.items():
        both = list(zip(member.changes, places[name], strict=True))
        owned[kind, name] = both if counts is None else both[len(both) - counts[name] :]
    return owned


def read_change(
    table: UncertainChange, place: Keys, file: TomlFile, model: Model, owned: Owned
) -> tuple[Factor, str]:
    """Check one table of ``[[changes]]``.

    Args:
        table: As the file has it.
        place: Its keys.
        file: The file, for messages.
        model: The model of the study.
        owned: The changes of all policies and scenarios.

    Returns:
        The uncertain quantity, and the place of the change in its file.

    Raises:
        StudyError: There is no such change, or the distribution is wrong; a `Consequence` where
            the policy or scenario is.
    """
    where = partial(file.where, *place)
    kind, owner = _owner(table, where, owned)
    variable = find_variable(model, table.variable, where("variable"))
    changes = owned.get((kind, owner))
    if changes is None:
        raise Consequence
    own = [one for one in changes if one[0].variable == variable.name]
    if not own:
        others = [
            name
            for (what, name), theirs in owned.items()
            if what == kind and any(change.variable == variable.name for change, _ in theirs or ())
        ]
        itself = dict.fromkeys(change.variable for change, _ in changes)
        raise StudyError(
            f"the {kind} '{owner}' does not itself change '{variable.name}'",
            where=where("variable"),
            fix=f"name {' or '.join(others)}, which does"
            if others
            else f"it changes {', '.join(itself) or 'nothing'}",
        )
    if table.number is None and len(own) > 1:
        raise StudyError(
            f"the {kind} '{owner}' changes '{variable.name}' {len(own)} times",
            where=where("variable"),
            fix=f"say which of them: number = 1 to {len(own)}",
        )
    number = 1 if table.number is None else table.number
    if not 1 <= number <= len(own):
        times = "once" if len(own) == 1 else f"{len(own)} times"
        raise StudyError(
            f"there is no change {number}: the {kind} '{owner}' changes '{variable.name}' {times}",
            where=where("number"),
            fix="leave it out" if len(own) == 1 else f"give 1 to {len(own)}",
        )
    change, at = own[number - 1]
    units = "Dmnl" if change.operation == "scale" else variable.units
    named = f"the change of '{variable.name}' in the {kind} '{owner}'"
    check_units(table.units, units, named, where("units"))
    distribution = read_distribution(table, where, change.value, named)
    factor = Factor(
        f"{owner}: {variable.name}" + (f" {number}" if number > 1 else ""),
        "change",
        variable.name,
        units,
        change.value,
        distribution,
        distribution.text,
        reason_of(table),
    )
    return factor, at


def _owner(table: UncertainChange, where: Callable[..., str], owned: Owned) -> tuple[str, str]:
    given = {"policy": table.policy, "scenario": table.scenario}
    kinds = [(kind, name) for kind, name in given.items() if name is not None]
    if len(kinds) != 1:
        raise StudyError(
            "there is both 'policy' and 'scenario'" if kinds else "the key 'policy' is missing",
            where=where(),
            fix="name the policy or the scenario whose change is uncertain",
        )
    kind, name = kinds[0]
    known = [id_ for what, id_ in owned if what == kind]
    if not known:
        raise StudyError(f"this study has no {kind}s", where=where(kind), fix="take the table out")
    if "" not in known:
        check_names([name], known, kind, where(kind))
    return kind, name


def with_draws(members: Mapping[str, Member], places: Places, drawn: Drawn) -> dict[str, Member]:
    """Let uncertain changes have the values of the draws, also where a policy is extended."""
    return {
        name: replace(
            member,
            changes=tuple(
                replace(change, draw=drawn[at][0].name) if at in drawn else change
                for change, at in zip(member.changes, places[name], strict=True)
            ),
        )
        for name, member in members.items()
    }


def check_drawn_limits(
    model: Model,
    clock: Clock,
    policies: tuple[Mapping[str, Policy], Places],
    scenarios: tuple[Mapping[str, Scenario], Places],
    drawn: Drawn,
) -> None:
    """Check the outermost values of uncertain changes, all else at its base, as base values are.

    Args:
        model: What the changes apply to.
        clock: Writes the times.
        policies: By id, and the places of their changes.
        scenarios: The same.
        drawn: The uncertain values.

    Raises:
        StudyError: With some of them a variable leaves the limits of the model.
    """
    problems = Problems()
    for at, (factor, where) in drawn.items():
        ends = factor.quantile(np.array([SMALLEST, LARGEST]))
        for key, end in zip(("low", "high"), ends, strict=True):
            with problems.collect():
                for changes, title in _members_with(at, factor, float(end), policies, scenarios):
                    for breach in find_breaches(model, changes):
                        raise breach_error(breach, where(key), title, clock)
    problems.raise_first()


def _members_with(
    at: str,
    factor: Factor,
    value: float,
    policies: tuple[Mapping[str, Policy], Places],
    scenarios: tuple[Mapping[str, Scenario], Places],
) -> Iterator[tuple[list[Change], str]]:
    """Yield the changes of the variable in each member that has an uncertain one at a value."""
    for world in (None, *scenarios[0].values()):
        first = (
            [] if world is None else list(zip(world.changes, scenarios[1][world.id], strict=True))
        )
        for policy in policies[0].values():
            both = [*first, *zip(policy.changes, policies[1][policy.id], strict=True)]
            own = [one for one in both if one[0].variable == factor.variable]
            if any(place == at for _, place in own):
                title = member_title(policy.id, None if world is None else world.id)
                yield (
                    [replace(one, value=value) if place == at else one for one, place in own],
                    title,
                )
