"""The behaviour tests of evidence.toml: texts → conditions, variants → policies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from flatgov.errors import Problems, StudyError
from flatgov.study.calendar import Clock
from flatgov.study.changes import resolve_changes
from flatgov.study.expectation import Condition, Course, Scope, courses
from flatgov.study.expectation_text import parse_expectation
from flatgov.study.limits import check_study_limits
from flatgov.study.moved import moved
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
    content: EvidenceFile, file: TomlFile, policies: PoliciesFile, study: Study
) -> Behaviour:
    """Check the behaviour tests of a study and the policies that only they use.

    Args:
        content: evidence.toml as validated.
        file: The file, for messages.
        policies: policies.toml as validated: what extends what.
        study: All of the study but this.

    Raises:
        StudyError: A variant or an expectation is wrong.
    """
    clock = Clock(study.model.time, study.calendar)
    problems = Problems()
    variants: dict[str, Policy] = {}
    for name, table in content.variants.items():
        with problems.collect():
            variants[name] = _variant(name, table, file, policies, study, clock)
        numbers = [claim.number for claim in content.claims]
        check_claims(table.claims, ("variants", name), file, numbers, problems)
    problems.raise_first()
    _check_limits(variants, file, study, clock)
    scope = Scope(study.model, clock, {name: name for name in (*study.policies, *variants)})
    patterns: dict[str, Pattern] = {}
    for name, test in content.tests.items():
        expectations = []
        for index, text in enumerate(test.expect or ()):
            with problems.collect():
                where = file.where("tests", name, "expect", index)
                expectations.append(Expectation(text, parse_expectation(text, scope, where)))
        if test.expect is not None:
            patterns[name] = Pattern(test.text, tuple(expectations))
    problems.raise_first()
    return Behaviour(patterns, variants)


def _variant(
    name: str,
    table: VariantTable,
    file: TomlFile,
    policies: PoliciesFile,
    study: Study,
    clock: Clock,
) -> Policy:
    owner = ("variants", name)
    if name in study.policies:
        raise StudyError(
            f"'{name}' is also the name of a policy", where=file.where(*owner), fix="rename it"
        )
    check_names(table.extends, study.policies, "policy", file.where(*owner, "extends"))
    wrong = Problems()
    own = resolve_changes(table.changes, owner, file, study.model, clock, wrong)
    wrong.raise_first()
    ancestors = dict.fromkeys(
        one for parent in table.extends for one in lineage(parent, policies.policies, file)
    )
    # A policy's own changes are the last of all that it has.
    inherited = [
        change
        for ancestor in ancestors
        for change in study.policies[ancestor].changes[
            len(study.policies[ancestor].changes) - len(policies.policies[ancestor].changes) :
        ]
    ]
    label = table.label or {"en": name, "zh": name}
    policy = Policy(name, label, table.description, table.claims, (*inherited, *own))
    if table.start is None:
        return policy
    where = file.where(*owner, "start")
    start = clock.time(table.start, where)
    try:
        return moved(policy, study, start)
    except StudyError as error:
        raise StudyError(error.what, where=where, nearest=error.nearest, fix=error.fix) from None


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
