"""A study → a dataset: settles the members, simulates each once, puts them side by side."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple, dataclass
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from flatgov import __version__
from flatgov.errors import RunError, StudyError
from flatgov.model import Change, Model
from flatgov.run.events import Event, MemberDone, MemberStarted
from flatgov.run.final_time import refuse_moving
from flatgov.run.member_cache import MemberCache
from flatgov.run.params import read_params
from flatgov.run.workers import Outcome, Task, simulate_all
from flatgov.study.calendar import Clock
from flatgov.study.changes import as_study_error
from flatgov.study.limits import breach_error, find_breaches
from flatgov.study.policies import check_names, member_title

if TYPE_CHECKING:
    import xarray as xr

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


def run_study(
    study: Study,
    policies: Sequence[str] | None = None,
    scenarios: Sequence[str] | None = None,
    *,
    save: Sequence[str] | None = None,
    params: Mapping[str, float] | None = None,
    engine: Literal["native", "pysd"] = "native",
    workers: int | None = None,
    progress: Callable[[Event], None] | None = None,
    cache: Path | None = None,
) -> xr.Dataset:
    """Simulate policies under scenarios; see `Study.run`.

    Args:
        study: What to run.
        policies: Their ids, repeats dropped; all by default.
        scenarios: Their ids, repeats dropped; by default the default scenario, as a scalar
            coordinate instead of a dimension.
        save: The variables to keep; all but lookups by default.
        params: New values of constants or initial values, for every member, from the start;
            changes of scenarios and policies come on top.
        engine: ``"native"`` or ``"pysd"``.
        workers: The number of threads, or with PySD of processes; the numbers do not depend on it.
        progress: Called with an event as each member starts and ends.
        cache: A folder that keeps the members that PySD has finished, and gives those of an
            earlier run back; natively a member takes less time than a file.

    Returns:
        A float64 dataset with dimensions ``policy, (scenario,) time`` and the model's subscripts.
        The attribute ``failed`` lists the members with NaN or infinite values as JSON.

    Raises:
        StudyError: There is no such policy, scenario or variable, or a value does not fit.
        RunError: Every member failed.
    """
    if engine not in ("native", "pysd"):
        raise StudyError(f"there is no engine '{engine}'", fix="use native or pysd")
    whole = isinstance(workers, int) and not isinstance(workers, bool)
    if workers is not None and not (whole and workers >= 1):
        raise StudyError(f"{workers!r} workers cannot run anything", fix="give 1 or more")
    refuse_moving(study.model, "a study")
    chosen_policies = _choose(policies, study.policies, "policy", study)
    chosen_scenarios: Sequence[str | None] = [study.default_scenario]
    if scenarios is not None:
        chosen_scenarios = _choose(scenarios, study.scenarios, "scenario", study)
    names = None if save is None else saved_names(study.model, save)
    first = parameter_changes(study.model, {} if params is None else params)
    members = [
        _member(study, policy, scenario, first, engine)
        for policy, scenario in product(chosen_policies, chosen_scenarios)
    ]
    _check_limits(study, members, first)
    _check_dimensions(study)
    if engine == "native":
        outcomes = _simulate_natively(study.model, members, names, workers, progress)
    else:
        outcomes = _simulate(study.model, members, workers or 1, progress, MemberCache(cache))
    failed = [member for member in members if outcomes[member.key].failed is not None]
    if all(outcome.values is None for outcome in outcomes.values()):
        reason = outcomes[failed[0].key].failed
        others = f" (and {len(failed) - 1} more)" if len(failed) > 1 else ""
        raise RunError(
            f"{member_title(failed[0].policy, failed[0].scenario)} failed{others}: {reason}"
        )
    ds = _assemble(
        study, members, outcomes, chosen_policies, engine, with_scenarios=scenarios is not None
    )
    ds = ds if names is None else ds[names]
    ds.attrs |= {
        "study_hash": study.hash,
        "params": json.dumps({one.variable: one.value for one in first}, ensure_ascii=False),
        "failed": json.dumps(
            [
                {
                    "policy": member.policy,
                    "scenario": member.scenario,
                    "reason": outcomes[member.key].failed,
                }
                for member in failed
            ],
            ensure_ascii=False,
        ),
    }
    return ds


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


def _simulate_natively(
    model: Model,
    members: Sequence[Member],
    save: Sequence[str] | None,
    threads: int | None,
    progress: Callable[[Event], None] | None,
) -> dict[str, Outcome]:
    """Get the outcome of every key: all members at once, each content once."""
    from flatgov.run.native import simulate_members

    tell = progress or (lambda event: None)
    plans = {member.key: member.changes for member in members}
    for member in members:
        tell(MemberStarted(member.policy, member.scenario, len(members)))
    begun = time.perf_counter()
    with as_study_error():
        results = simulate_members(model, list(plans.values()), save=save, threads=threads)
    seconds = (time.perf_counter() - begun) / len(plans)
    outcomes = {}
    for place, key in enumerate(plans):
        values = {name: array[place, 0] for name, array in results.values.items()}
        outcomes[key] = Outcome(values, seconds, results.failed.get((place, 0)))
    for count, member in enumerate(members, start=1):
        failed = outcomes[member.key].failed
        tell(MemberDone(member.policy, member.scenario, count, len(members), seconds, failed))
    return outcomes


def _simulate(
    model: Model,
    members: Sequence[Member],
    workers: int,
    progress: Callable[[Event], None] | None,
    cache: MemberCache,
) -> dict[str, Outcome]:
    """Get the outcome of every key: from the cache, or by simulating once."""
    tell = progress or (lambda event: None)
    sharing: dict[str, list[Member]] = {}
    for member in members:
        sharing.setdefault(member.key, []).append(member)
    outcomes: dict[str, Outcome] = {}
    count = 0

    def started(key: str) -> None:
        for member in sharing[key]:
            tell(MemberStarted(member.policy, member.scenario, len(members)))

    def done(key: str, outcome: Outcome) -> None:
        nonlocal count
        outcomes[key] = outcome
        for member in sharing[key]:
            count += 1
            tell(
                MemberDone(
                    member.policy,
                    member.scenario,
                    count,
                    len(members),
                    outcome.seconds,
                    outcome.failed,
                )
            )

    tasks = []
    for key, sharers in sharing.items():
        values = cache.load(key)
        if values is None:
            tasks.append(Task(key, model, sharers[0].changes, model.time))
        else:
            started(key)
            done(key, Outcome(values, 0.0))
    for key, outcome in simulate_all(tasks, workers, started):
        if outcome.values is not None:
            cache.save(key, outcome.values)
        done(key, outcome)
    return outcomes


def _assemble(
    study: Study,
    members: Sequence[Member],
    outcomes: Mapping[str, Outcome],
    policies: Sequence[str],
    engine: str,
    *,
    with_scenarios: bool,
) -> xr.Dataset:
    """Put the members side by side: dimensions policy, scenario, time, subscripts."""
    from flatgov.run.dataset import make_dataset

    scenarios = list(dict.fromkeys(member.scenario for member in members))
    leading: dict[str, Sequence[object]] = {"policy": policies}
    if with_scenarios:
        leading["scenario"] = scenarios
    sizes = [len(labels) for labels in leading.values()]
    found = [outcomes[member.key].values for member in members]
    template = next(values for values in found if values is not None)

    def side_by_side(name: str) -> np.ndarray:
        shape = template[name].shape
        nothing = np.full(shape, np.nan)
        arrays = [nothing if values is None else values[name] for values in found]
        return np.stack(arrays).reshape(*sizes, *shape)

    values = {
        variable.name: side_by_side(variable.name)
        for variable in study.model.variables.values()
        if variable.name in template
    }
    ds = make_dataset(study.model, values, study.model.time, engine, leading)
    if not with_scenarios and scenarios != [None]:
        ds = ds.assign_coords(scenario=scenarios[0])
    if study.calendar is not None:
        ds = ds.assign_coords(date=("time", study.calendar.dates(ds["time"].values)))
    return ds
