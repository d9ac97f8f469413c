"""`flatgov run`: a study or a model, its draws, a summary and figures."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from contextlib import nullcontext
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flatgov.commands.printing import Interrupted, draw_into, list_paths, note
from flatgov.errors import RunError, StudyError

if TYPE_CHECKING:  # Everything heavy is imported where it is used, so that --help answers at once.
    from flatgov.model import Model


class Engine(StrEnum):
    """What simulates."""

    native = "native"
    pysd = "pysd"


def run(
    context: typer.Context,
    target: Annotated[
        Path | None,
        typer.Argument(
            metavar="[STUDY|MODEL]",
            help="A study folder or a model file; by default the Longgang study.",
        ),
    ] = None,
    policy: Annotated[
        list[str] | None,
        typer.Option("-p", "--policy", help="A policy of the study; may be repeated. [all]"),
    ] = None,
    scenario: Annotated[
        list[str] | None,
        typer.Option(help="A scenario of the study; may be repeated. [the default one]"),
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="NAME=VALUE",
            help="A new value of a constant or initial value, in every member; may be repeated.",
        ),
    ] = None,
    data: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE",
            help="A .tab or .csv file with data of the model's data variables; may be repeated.",
        ),
    ] = None,
    save: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="A variable to store; may be repeated. [all]"),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Where results go. [results/NAME]")
    ] = None,
    figures: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Where figures go. [the figures folder of the results]"),
    ] = None,
    engine: Annotated[
        Engine, typer.Option(help="What simulates: machine code, or PySD as a check.")
    ] = Engine.native,
    workers: Annotated[
        int | None,
        typer.Option(min=1, help="The number of threads, with PySD of processes. [one a core]"),
    ] = None,
    resume: Annotated[
        bool,
        typer.Option(
            "--resume", help="With PySD: go on with an interrupted run of the same results."
        ),
    ] = False,
) -> None:
    """Run a study or a model; write results, a summary and figures."""
    from flatgov.figures import draw_figures
    from flatgov.model import Model
    from flatgov.run.member_cache import set_aside
    from flatgov.run.members import saved_names
    from flatgov.run.store import check_folder, check_target, members_folder, write_results
    from flatgov.run.study_run import run_study
    from flatgov.run.summary import study_summary
    from flatgov.study.bundled import longgang_folder
    from flatgov.study.load import open_study_or_model
    from flatgov.terminal import failures_text, progress, study_text

    source = open_study_or_model(longgang_folder() if target is None else target, data or ())
    model = source if isinstance(source, Model) else source.model
    folder = out or Path("results") / source.name
    pictures = figures or folder / "figures"
    check_target(folder, source)
    check_folder(pictures, "figures", "choose another --figures")
    params = _parameters(set_ or [])
    stored = None if save is None else saved_names(model, save)
    command = ["flatgov", *context.obj]
    if isinstance(source, Model):
        if policy or scenario:
            raise StudyError(
                f"{'--policy' if policy else '--scenario'} needs a study, and this is a bare model",
                where=source.path,
                fix="name a study folder; `flatgov new DIR` makes one",
            )
        _run_model(source, params, stored, folder, pictures, engine, command)
        return
    members = members_folder(folder)
    check_folder(members, "finished members", "choose another --out")
    bars = progress(None if engine is Engine.native else len(set(scenario or [""])))
    try:
        with nullcontext() if resume else set_aside(members), bars as show:
            ds = run_study(
                source,
                policy,
                scenario,
                params=params,
                engine=engine.value,
                workers=workers or os.cpu_count() or 1,
                progress=show,
                cache=members,
            )
    except KeyboardInterrupt:
        line = "interrupted"
        if engine is Engine.pysd:
            line += "; `--resume` goes on with the members that are finished"
        raise Interrupted(line) from None
    written = write_results(ds, source, folder, command, save=stored)
    shutil.rmtree(members, ignore_errors=True)
    print(study_text(study_summary(ds, source), source))
    list_paths(written)
    draw_into(pictures, lambda new: draw_figures(ds, source, new, notice=note))
    if ds.attrs["failed"] != "[]":
        # PySD's reasons begin with the place.
        raise RunError(failures_text(ds), where=model.path if engine is Engine.native else "")


def _run_model(
    model: Model,
    params: dict[str, float],
    stored: list[str] | None,
    folder: Path,
    pictures: Path,
    engine: Engine,
    command: list[str],
) -> None:
    from flatgov.figures import draw_model_figures
    from flatgov.run.store import write_results
    from flatgov.run.summary import stock_summary
    from flatgov.terminal import failures_text, stocks_text

    ds = model.run(params=params, engine=engine.value)
    written = write_results(ds, model, folder, command, save=stored)
    print(stocks_text(stock_summary(ds), model))
    list_paths(written)
    draw_into(pictures, lambda new: draw_model_figures(ds, new, name=model.name, notice=note))
    if "failed" in ds.attrs:
        # PySD's reasons begin with the place.
        raise RunError(failures_text(ds), where=model.path if engine is Engine.native else "")


def _parameters(settings: Sequence[str]) -> dict[str, float]:
    """Read the NAME=VALUE of --set."""
    params: dict[str, float] = {}
    for setting in settings:
        name, _, text = setting.rpartition("=")
        name = name.strip()
        try:
            value = float(text)
        except ValueError:
            name = ""
        if not name:
            raise StudyError(
                f"'{setting}' is no NAME=VALUE with a number", where="--set", fix='as in "stay=20"'
            )
        if name in params:  # Other spellings are found where the names are looked up.
            raise StudyError(f"'{name}' is given twice", where="--set", fix="keep one of them")
        params[name] = value
    return params
