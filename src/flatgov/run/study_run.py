"""A study → a dataset: settles the members, simulates each once, puts them side by side."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from flatgov.errors import RunError, StudyError
from flatgov.model import Model
from flatgov.run.events import Event, MemberDone, MemberStarted
from flatgov.run.member_cache import MemberCache
from flatgov.run.members import Chosen, Member, choose_members
from flatgov.run.workers import Outcome, Task, simulate_all
from flatgov.study.changes import as_study_error
from flatgov.study.policies import member_title
from flatgov.study.uncertainty import Method

if TYPE_CHECKING:
    import xarray as xr

    from flatgov.study.study import Study


def run_study(
    study: Study,
    policies: Sequence[str] | None = None,
    scenarios: Sequence[str] | None = None,
    *,
    save: Sequence[str] | None = None,
    params: Mapping[str, float] | None = None,
    draws: Any = None,
    seed: int = 0,
    design: Method | None = None,
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
        draws: How many, or a table of them; none by default.
        seed: Of the draws, and of random numbers in the model.
        design: How draws are made, in place of what the study says.
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
    chosen = choose_members(study, policies, scenarios, save=save, params=params, engine=engine)
    members, names = chosen.members, chosen.save
    if draws is not None:
        if engine != "native":
            raise StudyError("draws need the engine native", fix="leave out the draws")
        from flatgov.run.dataset import saved_variables
        from flatgov.run.ensemble_run import make_ensemble, run_in_memory

        save = [one.name for one in saved_variables(study.model, names)]
        job, layout = make_ensemble(study, chosen, draws, seed=seed, method=design, save=save)
        return run_in_memory(study, chosen, job, layout, threads=workers, progress=progress)
    if engine == "native":
        outcomes = _simulate_natively(study.model, members, names, seed, workers, progress)
    else:
        outcomes = _simulate(study.model, members, workers or 1, progress, MemberCache(cache))
    failed = [member for member in members if outcomes[member.key].failed is not None]
    if all(outcome.values is None for outcome in outcomes.values()):
        reason = outcomes[failed[0].key].failed
        others = f" (and {len(failed) - 1} more)" if len(failed) > 1 else ""
        raise RunError(
            f"{member_title(failed[0].policy, failed[0].scenario)} failed{others}: {reason}"
        )
    ds = _assemble(study, chosen, outcomes, engine)
    ds = ds if names is None else ds[names]
    ds.attrs |= {
        "study_hash": study.hash,
        "params": chosen.params,
        "seed": seed,
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


def _simulate_natively(
    model: Model,
    members: Sequence[Member],
    save: Sequence[str] | None,
    seed: int,
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
        results = simulate_members(
            model, list(plans.values()), save=save, seed=seed, threads=threads
        )
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
    study: Study, chosen: Chosen, outcomes: Mapping[str, Outcome], engine: str
) -> xr.Dataset:
    """Put the members side by side: dimensions policy, scenario, time, subscripts."""
    from flatgov.run.dataset import make_dataset

    leading = leading_dimensions(chosen)
    sizes = [len(labels) for labels in leading.values()]
    found = [outcomes[member.key].values for member in chosen.members]
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
    return with_coordinates(ds, study, chosen)


def leading_dimensions(chosen: Chosen) -> dict[str, Sequence[object]]:
    """Give the dimensions of a dataset before draws and time."""
    leading: dict[str, Sequence[object]] = {"policy": chosen.policies}
    if chosen.with_scenarios:
        leading["scenario"] = chosen.scenarios
    return leading


def with_coordinates(ds: xr.Dataset, study: Study, chosen: Chosen) -> xr.Dataset:
    """Say of a dataset which scenario it has, if one only, and which date each time is."""
    if not chosen.with_scenarios and chosen.scenarios != (None,):
        ds = ds.assign_coords(scenario=chosen.scenarios[0])
    if study.calendar is not None:
        ds = ds.assign_coords(date=("time", study.calendar.dates(ds["time"].values)))
    return ds
