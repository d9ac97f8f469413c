"""The behaviour tests of evidence.toml: texts → conditions, variants → policies."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from flatgov.errors import Problems, StudyError
from flatgov.model import Change
from flatgov.study.calendar import Clock
from flatgov.study.changes import resolve_changes
from flatgov.study.consequence import AnyName, Consequence
from flatgov.study.expectation import Condition, Course, Scope, courses
from flatgov.study.expectation_text import parse_expectation
from flatgov.study.limits import check_study_limits
from flatgov.study.moved import moved
from flatgov.study.partial import Part
from flatgov.study.policies import Policy, check_claims, check_names, lineage
from flatgov.study.schema import EvidenceFile, PoliciesFile, VariantTable
from flatgov.study.toml import TomlFile

if TYPE_CHECKING:
    from flatgov.study.study import Study


@dataclass(frozen=True)
class Expectation:
    """One line of `expect`.

    Attributes:
        text: As the file has it.
        conditions: All of them must hold.
    """

    text: str
    conditions: tuple[Condition, ...]

    @property
    def courses(self) -> tuple[Course, ...]:
        """What it looks at, each once."""
        return tuple(dict.fromkeys(one for each in self.conditions for one in courses(each)))


@dataclass(frozen=True)
class Pattern:
    """A behaviour test that can be evaluated.

    Attributes:
        text: The pattern in words.
        expectations: All of them must hold.
    """

    text: str
    expectations: tuple[Expectation, ...]


@dataclass(frozen=True)
class Behaviour:
    """What a study expects of its model.

    Attributes:
        patterns: By the id of the test; tests without expectations are not among them.
        variants: Policies that only they use, by id.
    """

    patterns: Mapping[str, Pattern] = field(default_factory=dict)
    variants: Mapping[str, Policy] = field(default_factory=dict)


def resolve_behaviour(
    part: Part[EvidenceFile],
    policies: Part[PoliciesFile],
    study: Study,
    clock: Clock,
    problems: Problems,
) -> Behaviour:
    """Check the behaviour tests of a study and the policies that only they use.

    Args:
        part: evidence.toml as far as it is right.
        policies: policies.toml as far as it is right: what extends what.
        study: All of the study but this, as far as it is right.
        clock: Dates and horizon.
        problems: Collects what is wrong with variants and expectations.
    """
    if part.both is None:
        return Behaviour()
    content, file = part.both
    variants: dict[str, Policy] = {}
    for name, table in content.variants.items():
        with problems.collect():
            variants[name] = _variant(name, table, part, policies, study, clock)
        check_claims(table.claims, ("variants", name), file, part.claims(), problems)
    with problems.collect():
        _check_limits(variants, file, study, clock)
    scope = Scope(study.model, clock, _known(policies.names("policies"), part.names("variants")))
    patterns: dict[str, Pattern] = {}
    for name, test in content.tests.items():
        expectations = []
        for index, text in enumerate(test.expect or ()):
            with problems.collect():
                where = file.where("tests", name, "expect", index)
                expectations.append(Expectation(text, parse_expectation(text, scope, where)))
        if test.expect is not None:
            patterns[name] = Pattern(test.text, tuple(expectations))
    return Behaviour(patterns, variants)


def _known(*names: Collection[str]) -> dict[str, str]:
    known = AnyName() if any(isinstance(some, AnyName) for some in names) else dict[str, str]()
    known.update({name: name for some in names for name in some})
    return known


def _variant(
    name: str,
    table: VariantTable,
    part: Part[EvidenceFile],
    policies: Part[PoliciesFile],
    study: Study,
    clock: Clock,
) -> Policy:
    owner = ("variants", name)
    assert part.file is not None
    file, wrong, known = part.file, Problems(), policies.names("policies")
    if name in known and not isinstance(known, AnyName):
        raise StudyError(
            f"'{name}' is also the name of a policy", where=file.where(*owner), fix="rename it"
        )
    with wrong.collect():
        check_names(table.extends, known, "policy", file.where(*owner, "extends"))
    own = resolve_changes(table.changes, owner, file, study.model, clock, wrong)
    start, where = None, file.where(*owner, "start")
    with wrong.collect():
        start = None if table.start is None else clock.time(table.start, where)
    wrong.raise_first()
    is_whole = len(own) == len(table.changes) and part.is_whole(*owner)
    start_is_known = table.start is None or (
        start is not None and study.reference in study.policies
    )
    if not is_whole or not start_is_known or not set(table.extends) <= set(study.policies):
        raise Consequence
    assert policies.both is not None or not table.extends
    inherited: list[Change] = []
    if policies.both is not None:
        inherited = _inherited(table.extends, *policies.both, study)
    label = table.label or {"en": name, "zh": name}
    policy = Policy(name, label, table.description, table.claims, (*inherited, *own))
    if start is None:
        return policy
    try:
        return moved(policy, study, start)
    except StudyError as error:
        raise StudyError(error.what, where=where, nearest=error.nearest, fix=error.fix) from None


def _inherited(
    extends: Sequence[str], content: PoliciesFile, file: TomlFile, study: Study
) -> list[Change]:
    ancestors = dict.fromkeys(
        one for parent in extends for one in lineage(parent, content.policies, file)
    )
    # A policy's own changes are the last of all that it has.
    return [
        change
        for ancestor in ancestors
        for change in study.policies[ancestor].changes[
            len(study.policies[ancestor].changes) - len(content.policies[ancestor].changes) :
        ]
    ]


def _check_limits(
    variants: Mapping[str, Policy], file: TomlFile, study: Study, clock: Clock
) -> None:
    """Refuse a variant that leaves the limits of the model, by itself or under a scenario."""
    places = {
        name: [file.where("variants", name)] * len(variants[name].changes) for name in variants
    }
    # The scenarios by themselves were found right before.
    worlds = {name: [""] * len(one.changes) for name, one in study.scenarios.items()}
    check_study_limits(study.model, clock, (variants, places), (study.scenarios, worlds))
