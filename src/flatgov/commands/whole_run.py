"""What `flatgov run` does once it knows what is asked: simulate, write, print, draw."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from flatgov.commands.printing import Interrupted, draw_into, list_paths, note, write_out
from flatgov.errors import RunError

if TYPE_CHECKING:
    import xarray as xr

    from flatgov.commands.run import DesignName
    from flatgov.model import Model
    from flatgov.run.place import Place
    from flatgov.study.study import Study


class Engine(StrEnum):
    """What simulates."""

    native = "native"
    pysd = "pysd"


@dataclass(frozen=True)
class Asked:
    """Which members of a study are asked for.

    Attributes:
        policies: Their ids; all by default.
        scenarios: Their ids; the default one by default.
        params: Values for every member, by variable.
        draws: How many, or the file of a table; None for a run at the values of the model only.
        seed: Of the draws, and of random numbers in the model.
        design: How draws are made, in place of what the study says.
    """

    policies: Sequence[str] | None
    scenarios: Sequence[str] | None
    params: Mapping[str, float]
    draws: int | Path | None
    seed: int
    design: DesignName | None


@dataclass(frozen=True)
class Goal:
    """Where everything goes.

    Attributes:
        folder: Of the results.
        pictures: Of the figures.
        command: The command line.
        save: The variables to store; None for what is usual.
    """

    folder: Place
    pictures: Place
    command: Sequence[str]
    save: list[str] | None


def run_whole_study(
    study: Study,
    asked: Asked,
    goal: Goal,
    engine: Engine,
    workers: int | None,
    cluster: str | None,
    resume: bool,
) -> None:
    """Run a study, with draws or without, and write and show what came of it."""
    from flatgov.figures import draw_figures, drawing_helper
    from flatgov.terminal import failed_draws_text, failures_text

    # It takes a process as long to get ready to draw as a run takes.
    with nullcontext() if asked.draws is None else drawing_helper() as helper:
        ds, draws = _run_and_write(study, asked, goal, engine, workers, cluster, resume)
        draw_into(
            goal.pictures,
            lambda new: draw_figures(ds, study, new, notice=note, draws=draws, helper=helper),
        )
    if draws is not None and draws.attrs["failed_members"]:
        note(failed_draws_text(draws))
    if ds.attrs["failed"] != "[]":
        # PySD's reasons begin with the place.
        where = study.model.path if engine is Engine.native else ""
        raise RunError(failures_text(ds), where=where)


def _run_and_write(
    study: Study,
    asked: Asked,
    goal: Goal,
    engine: Engine,
    workers: int | None,
    cluster: str | None,
    resume: bool,
) -> tuple[xr.Dataset, xr.Dataset | None]:
    """Run a study, write results, print the summary; give the runs without and with draws."""
    from flatgov.run.resume import claimed, working_folder
    from flatgov.run.store import check_folder, members_folder, read_results, write_results
    from flatgov.run.summary import study_summary
    from flatgov.terminal import study_text

    place = working_folder(goal.folder)
    if isinstance(place, Path):
        check_folder(place, "unfinished draws", "choose another --out")
    ds = _run_base(study, asked, goal, engine, workers, resume)
    with nullcontext() if asked.draws is None else claimed(place):
        if asked.draws is not None:
            _run_draws(study, asked, goal, place, workers, cluster, resume)
        written = write_results(
            ds,
            study,
            goal.folder,
            goal.command,
            save=goal.save,
            ensemble=None if asked.draws is None else place,
        )
    if isinstance(goal.folder, Path):
        shutil.rmtree(members_folder(goal.folder), ignore_errors=True)
    draws = None if asked.draws is None else read_results(goal.folder)
    write_out(study_text(study_summary(ds, study, draws), study))
    list_paths(written)
    return ds, draws


def _run_base(
    study: Study,
    asked: Asked,
    goal: Goal,
    engine: Engine,
    workers: int | None,
    resume: bool,
) -> xr.Dataset:
    """Run the members at the values of the model."""
    from flatgov.run.member_cache import set_aside
    from flatgov.run.store import check_folder, members_folder
    from flatgov.run.study_run import run_study
    from flatgov.terminal import progress

    native = engine is Engine.native
    members = None
    if not native and isinstance(goal.folder, Path):
        members = members_folder(goal.folder)
        check_folder(members, "finished members", "choose another --out")
    bars = progress(None if native else len(set(asked.scenarios or [""])))
    kept = nullcontext() if resume or members is None else set_aside(members)
    try:
        with kept, bars as show:
            return run_study(
                study,
                asked.policies,
                asked.scenarios,
                params=asked.params,
                seed=asked.seed,
                engine=engine.value,
                workers=workers or os.cpu_count() or 1,
                progress=show,
                cache=members,
            )
    except KeyboardInterrupt:
        line = "interrupted"
        if members is not None:
            line += "; `--resume` goes on with the members that are finished"
        raise Interrupted(line) from None


def _run_draws(
    study: Study,
    asked: Asked,
    goal: Goal,
    place: Place,
    workers: int | None,
    cluster: str | None,
    resume: bool,
) -> None:
    """Run the same members with draws, into the folder in which they grow."""
    from flatgov.run.ensemble_disk import run_to_store
    from flatgov.run.ensemble_run import make_ensemble, shown_variables
    from flatgov.run.members import choose_members
    from flatgov.terminal import progress

    chosen = choose_members(study, asked.policies, asked.scenarios, params=asked.params)
    job, layout = make_ensemble(
        study,
        chosen,
        asked.draws,
        seed=asked.seed,
        method=None if asked.design is None else asked.design.value,
        save=goal.save or shown_variables(study),
    )
    try:
        with progress(None) as show:
            run_to_store(
                study,
                chosen,
                job,
                layout,
                place,
                resume=resume,
                progress=show,
                workers=workers,
                cluster=cluster,
            )
    except KeyboardInterrupt:
        raise Interrupted(
            "interrupted; `--resume` goes on with the draws that are finished"
        ) from None


def run_bare_model(
    model: Model, params: Mapping[str, float], goal: Goal, seed: int, engine: Engine
) -> None:
    """Run a model by itself, and write and show what came of it."""
    from flatgov.figures import draw_model_apart, drawing_helper
    from flatgov.run.store import write_results
    from flatgov.run.summary import stock_summary
    from flatgov.terminal import failures_text, stocks_text

    with drawing_helper() as helper:  # It imports matplotlib while this process simulates.
        ds = model.run(params=params, engine=engine.value, seed=seed)
        write_out(stocks_text(stock_summary(ds), model))  # Who waits for it has it now.
        list_paths(write_results(ds, model, goal.folder, goal.command, save=goal.save))
        draw_into(goal.pictures, lambda new: draw_model_apart(ds, new, model.name, note, helper))
    if "failed" in ds.attrs:
        # PySD's reasons begin with the place.
        raise RunError(failures_text(ds), where=model.path if engine is Engine.native else "")
