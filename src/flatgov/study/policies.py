"""Policies and scenarios: TOML tables → objects with all their changes resolved."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from flatgov import limits
from flatgov.errors import Problems, StudyError, nearest_names
from flatgov.model import Change, Model
from flatgov.study.calendar import Clock
from flatgov.study.changes import resolve_changes
from flatgov.study.consequence import Consequence
from flatgov.study.partial import Part
from flatgov.study.schema import PoliciesFile, PolicyTable, ScenariosFile
from flatgov.study.toml import TomlFile

# The place of the value of each change, by the id of the policy or scenario, for messages.
Places = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Policy:
    """What decision makers do.

    Attributes:
        id: As `-p` and the dataset name it.
        label: Its name in each language.
        description: What it means.
        claims: The numbers of the claims that it rests on.
        changes: Those of the policies that it extends, then its own, in model time.
    """

    id: str
    label: Mapping[str, str]
    description: str
    claims: tuple[int, ...]
    changes: tuple[Change, ...]


@dataclass(frozen=True)
class Scenario:
    """What the world does; its changes come before those of a policy.

    Attributes:
        id: As `--scenario` and the dataset name it.
        label: Its name in each language.
        description: What it means.
        claims: The numbers of the claims that it rests on.
        changes: In model time.
    """

    id: str
    label: Mapping[str, str]
    description: str
    claims: tuple[int, ...]
    changes: tuple[Change, ...]


def member_title(policy: str, scenario: str | None) -> str:
    """Name a policy, and the scenario if there is one, for a message."""
    return f"policy '{policy}'" + ("" if scenario is None else f" under '{scenario}'")


def resolve_policies(
    part: Part[PoliciesFile],
    model: Model,
    clock: Clock,
    claims: Collection[int] | None,
    problems: Problems,
) -> tuple[dict[str, Policy], Places]:
    """Check all policies and put together the changes of each.

    Args:
        part: policies.toml as far as it is right.
        model: What the changes apply to.
        clock: Dates and horizon.
        claims: The numbers in evidence.toml; None where there is no such file.
        problems: Collects what is wrong.

    Returns:
        The policies that are right by id, in the order of the file, and the places of their
        changes. A policy that extends one that is wrong is not among them.
    """
    if part.both is None:
        return {}, {}
    content, file = part.both
    own: dict[str, tuple[Change, ...]] = {}
    for name, table in content.policies.items():
        owner = ("policies", name)
        check_claims(table.claims, owner, file, claims, problems)
        changes = resolve_changes(table.changes, owner, file, model, clock, problems)
        with problems.collect():
            check_names(
                table.extends, part.names("policies"), "policy", file.where(*owner, "extends")
            )
        if len(changes) == len(table.changes) and part.is_whole(*owner):
            own[name] = changes
    lineages = _lineages(content.policies, file, problems)
    policies: dict[str, Policy] = {}
    places: dict[str, list[str]] = {}
    for name, ancestors in lineages.items():
        if not set(ancestors) <= set(own):
            continue
        table = content.policies[name]
        changes = tuple(change for ancestor in ancestors for change in own[ancestor])
        policies[name] = Policy(name, table.label, table.description, table.claims, changes)
        places[name] = [
            file.where("policies", ancestor, "changes", index, "value")
            for ancestor in ancestors
            for index in range(len(own[ancestor]))
        ]
    return policies, places


def _lineages(
    policies: Mapping[str, PolicyTable], file: TomlFile, problems: Problems
) -> dict[str, tuple[str, ...]]:
    """Give each policy with those that it extends; one circle of them is one mistake."""
    found: dict[str, tuple[str, ...]] = {}
    told: set[str] = set()
    for name in policies:
        try:
            found[name] = tuple(dict.fromkeys(lineage(name, policies, file)))
        except StudyError as error:
            above = _above(name, policies)
            if not told & above:
                problems.found += error.all
            told |= above
    return found


def _above(name: str, policies: Mapping[str, PolicyTable]) -> set[str]:
    """Give a policy and all that it extends, however they do."""
    above, new = set[str](), [name]
    while new:
        one = new.pop()
        if one not in above:
            above.add(one)
            new += policies[one].extends if one in policies else ()
    return above


def resolve_scenarios(
    part: Part[ScenariosFile],
    model: Model,
    clock: Clock,
    claims: Collection[int] | None,
    problems: Problems,
) -> tuple[dict[str, Scenario], Places]:
    """Check all scenarios; see `resolve_policies`."""
    if part.both is None:
        return {}, {}
    content, file = part.both
    scenarios: dict[str, Scenario] = {}
    for name, table in content.scenarios.items():
        owner = ("scenarios", name)
        check_claims(table.claims, owner, file, claims, problems)
        changes = resolve_changes(
            table.changes, owner, file, model, clock, problems, start_required=False
        )
        if len(changes) == len(table.changes) and part.is_whole(*owner):
            scenarios[name] = Scenario(name, table.label, table.description, table.claims, changes)
    with problems.collect():
        if not part.is_whole("default"):
            raise Consequence
        check_names([content.default], part.names("scenarios"), "scenario", file.where("default"))
    places = {
        name: [
            file.where("scenarios", name, "changes", index, "value")
            for index in range(len(scenario.changes))
        ]
        for name, scenario in scenarios.items()
    }
    return scenarios, places


def check_names(names: Sequence[str], known: Collection[str], what: str, where: str) -> None:
    """Refuse names that do not exist.

    Args:
        names: The names as given.
        known: The names that exist.
        what: What they name, for the message: ``policy``.
        where: The place of the names.

    Raises:
        StudyError: For the first unknown name, with the nearest right one; `all` has every one.
    """
    problems = Problems()
    for name in names:
        if name not in known:
            problems.found.append(
                StudyError(
                    f"there is no {what} '{name}'",
                    where=where,
                    nearest=nearest_names(name, known),
                    fix=f"there are {', '.join(known)}",
                )
            )
    problems.raise_first()


def check_claims(
    numbers: Sequence[int],
    owner: tuple[str | int, ...],
    file: TomlFile,
    known: Collection[int] | None,
    problems: Problems,
) -> None:
    """Refuse the number of a claim that evidence.toml does not have."""
    for number in numbers:
        if known is not None and number not in known:
            nearest = sorted(known, key=lambda claim: abs(claim - number))[:2]
            problems.found.append(
                StudyError(
                    f"there is no claim {number} in evidence.toml",
                    where=file.where(*owner, "claims"),
                    fix=f"the nearest are {', '.join(map(str, sorted(nearest)))}"
                    if nearest
                    else "",
                )
            )


def lineage(
    name: str,
    policies: Mapping[str, PolicyTable],
    file: TomlFile,
    below: tuple[str, ...] = (),
    seen: set[str] | None = None,
) -> Iterator[str]:
    """Yield the policies that a policy extends, farthest first, then the policy itself.

    Args:
        name: The policy.
        policies: As the file has them.
        file: The file, for messages.
        below: The policies that led to this one.
        seen: Those that were given already; none is given twice.

    Raises:
        StudyError: Policies extend each other in a circle.
    """
    if name in below:
        circle = " → ".join((*below[below.index(name) :], name))
        raise StudyError(
            f"the policies extend each other in a circle: {circle}",
            where=file.where("policies", below[-1], "extends"),
            fix=f"take '{name}' out",
        )
    depth = len(below)
    what = f"policies extend each other {depth} deep"
    where = file.where("policies", name, "extends")
    limits.check("nesting", depth, what, where=where, error=StudyError)
    seen = set() if seen is None else seen
    for parent in policies[name].extends if name in policies else ():
        if parent not in seen:
            yield from lineage(parent, policies, file, (*below, name), seen)
    seen.add(name)
    yield name
