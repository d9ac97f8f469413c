"""Which members a run of a study has, and what decides the numbers of each."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from itertools import product
from typing import TYPE_CHECKING

from flatgov import __version__
from flatgov.errors import StudyError
from flatgov.model import Change, Model
from flatgov.run.final_time import refuse_moving
from flatgov.run.params import read_params
from flatgov.study.calendar import Clock
from flatgov.study.changes import as_study_error
from flatgov.study.limits import breach_error, find_breaches
from flatgov.study.policies import check_names, member_title

if TYPE_CHECKING:
    from flatgov.study.study import Study


@dataclass(frozen=True)
class Member:
    """One simulated combination.

    Attributes:
        policy: Its id.
        scenario: Its id, or None where the study has no scenarios.
        changes: All that apply, in order.
        key: A hash of what decides the numbers; members with one key share one result.
    """

    policy: str
    scenario: str | None
    changes: tuple[Change, ...]
    key: str


@dataclass(frozen=True)
class Chosen:
    """The members that were asked for.

    Attributes:
        policies: Their ids, in order.
        scenarios: Their ids, in order; None stands for a study without any.
        with_scenarios: Whether the results have a dimension for them.
        first: The changes of every member from the start, before those of scenarios.
        members: For each policy, and under it for each scenario.
        save: The variables to keep; None for all but lookups.
    """

    policies: tuple[str, ...]
    scenarios: tuple[str | None, ...]
    with_scenarios: bool
    first: tuple[Change, ...]
    members: tuple[Member, ...]
    save: list[str] | None

    @property
    def params(self) -> str:
        """The values of every member from the start, for the attributes of a dataset."""
        values = {one.variable: one.value for one in self.first}
        return json.dumps(values, ensure_ascii=False)


def choose_members(
    study: Study,
    policies: Sequence[str] | None,
    scenarios: Sequence[str] | None,
    *,
    save: Sequence[str] | None = None,
    params: Mapping[str, float] | None = None,
    engine: str = "native",
) -> Chosen:
    """Check what a user asked for.

    Args:
        study: The study.
        policies: Their ids, repeats dropped; all by default.
        scenarios: Their ids, repeats dropped; by default the default scenario, without a
            dimension for it.
        save: The variables to keep; all but lookups by default.
        params: New values of constants or initial values, for every member.
        engine: What simulates; a part of the members' keys.

    Raises:
        StudyError: There is no such policy, scenario or variable, or a value does not fit.
    """
    refuse_moving(study.model, "a study")
    chosen_policies = _choose(policies, study.policies, "policy", study)
    chosen_scenarios: Sequence[str | None] = [study.default_scenario]
    if scenarios is not None:
        chosen_scenarios = _choose(scenarios, study.scenarios, "scenario", study)
    first = parameter_changes(study.model, {} if params is None else params)
    members = [
        _member(study, policy, scenario, first, engine)
        for policy, scenario in product(chosen_policies, chosen_scenarios)
    ]
    names = None if save is None else saved_names(study.model, save)
    _check_limits(study, members, first)
    _check_dimensions(study)
    return Chosen(
        tuple(chosen_policies),
        tuple(chosen_scenarios),
        scenarios is not None,
        first,
        tuple(members),
        names,
    )


def parameter_changes(model: Model, params: Mapping[str, float]) -> tuple[Change, ...]:
    """Check new values of constants or initial values, and make them changes from the start.

    Args:
        model: What they apply to.
        params: Values by name, in any spelling.

    Returns:
        The changes, in order.

    Raises:
        StudyError: There is no such variable, it cannot be changed, or the value does not fit.
    """
    with as_study_error():
        values = read_params(model, params)
    for name, value in values.items():
        if value.ndim:
            raise StudyError("a study takes one number, not a list", where=f"'{name}'")
    return tuple(
        Change(name, "set", float(value), model.time.initial) for name, value in values.items()
    )


def _check_limits(study: Study, members: Sequence[Member], first: Sequence[Change]) -> None:
    """Refuse members in which parameters, scenario and policy together leave the limits."""
    clock = Clock(study.model.time, study.calendar)
    given = {change.variable: f"{change.variable}={change.value:g}" for change in first}
    for member in members:
        for breach in find_breaches(study.model, member.changes):
            where = given.get(breach.variable.name, str(study.folder))
            raise breach_error(breach, where, member_title(member.policy, member.scenario), clock)


def _choose(
    asked: Sequence[str] | None, known: Mapping[str, object], what: str, study: Study
) -> list[str]:
    if asked is None:
        return list(known)
    if isinstance(asked, str) or not asked:
        raise StudyError(
            f"no {what} is asked for" if not asked else f"'{asked}' is text, not a list of names",
            fix=f"give a list such as {list(known)[:2]}",
        )
    if not known:
        raise StudyError(
            f"this study has no {what}s, so '{asked[0]}' cannot be run",
            where=str(study.folder),
            fix=f"add them in {'policies' if what == 'policy' else 'scenarios'}.toml",
        )
    check_names(asked, known, what, str(study.folder))
    return list(dict.fromkeys(asked))


def saved_names(model: Model, save: Sequence[str]) -> list[str]:
    """Check the names of variables to keep.

    Returns:
        Each once, in the spelling and the order of the model.

    Raises:
        StudyError: There is no such variable, or it is a lookup.
    """
    from flatgov.run.dataset import saved_variables

    with as_study_error():
        return [variable.name for variable in saved_variables(model, save)]


def _check_dimensions(study: Study) -> None:
    """Refuse a variable named like a dimension or coordinate of the dataset."""
    from flatgov.run.dataset import check_dimensions, saved_variables

    coordinates = ["policy", "time"]
    coordinates += ["scenario"] if study.scenarios else []
    coordinates += ["date"] if study.calendar else []
    with as_study_error():
        check_dimensions(study.model, saved_variables(study.model), coordinates)


def _member(
    study: Study, policy: str, scenario: str | None, first: tuple[Change, ...], engine: str
) -> Member:
    world = () if scenario is None else study.scenarios[scenario].changes
    changes = (*first, *world, *study.policies[policy].changes)
    return Member(policy, scenario, changes, member_key(study.model, changes, engine))


def member_key(model: Model, changes: Sequence[Change], engine: str) -> str:
    """Hash what decides the numbers of a member: names of policies are no part of it."""
    content = [
        __version__,
        engine,
        model.hash,
        astuple(model.time),
        [astuple(change) for change in changes],
    ]
    return hashlib.sha256(json.dumps(content, ensure_ascii=False).encode()).hexdigest()
