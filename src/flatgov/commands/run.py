"""`flatgov run`: a study or a model, its draws, a summary and figures."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flatgov.commands.options import DataFiles, Seed
from flatgov.commands.whole_run import Asked, Engine, Goal, run_bare_model, run_whole_study
from flatgov.errors import StudyError

if TYPE_CHECKING:  # Everything heavy is imported where it is used, so that --help answers at once.
    from flatgov.study.study import Study

DRAWS = 1000


class DesignName(StrEnum):
    """How draws are made."""

    sobol = "sobol"
    lhs = "lhs"
    random = "random"


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
    data: DataFiles = None,
    save: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="A variable to store; may be repeated. [all; of draws, what summary and figures "
            "show]",
        ),
    ] = None,
    draws: Annotated[
        str | None,
        typer.Option(
            metavar="N|FILE",
            help="How many draws of what uncertainty.toml lists, or a table of them (CSV, Parquet, "
            "netCDF or Zarr); 0 for none. [1000 where a study has that file]",
        ),
    ] = None,
    seed: Seed = 0,
    design: Annotated[
        DesignName | None,
        typer.Option(help="How draws are made, in place of what uncertainty.toml says."),
    ] = None,
    out: Annotated[
        str | None,
        typer.Option(
            metavar="DIR", help="Where results go, also an address of fsspec. [results/NAME]"
        ),
    ] = None,
    figures: Annotated[
        str | None,
        typer.Option(metavar="DIR", help="Where figures go. [the figures folder of the results]"),
    ] = None,
    engine: Annotated[
        Engine, typer.Option(help="What simulates: machine code, or PySD as a check.")
    ] = Engine.native,
    workers: Annotated[
        int | None,
        typer.Option(min=1, help="Simulate in so many processes. [threads, one a core]"),
    ] = None,
    cluster: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS", help="Simulate draws by the workers of a Dask scheduler, tcp://…"
        ),
    ] = None,
    resume: Annotated[
        bool,
        typer.Option("--resume", help="Go on with an interrupted run of the same results."),
    ] = False,
) -> None:
    """Run a study or a model; write results, a summary and figures."""
    from flatgov.model import Model
    from flatgov.run.members import saved_names
    from flatgov.run.place import join, to_place
    from flatgov.run.store import check_folder, check_target
    from flatgov.study.bundled import longgang_folder
    from flatgov.study.load import open_study_or_model

    source = open_study_or_model(longgang_folder() if target is None else target, data or ())
    model = source if isinstance(source, Model) else source.model
    folder = Path("results") / source.name if out is None else to_place(out)
    pictures = join(folder, "figures") if figures is None else to_place(figures)
    check_target(folder, source)
    if isinstance(pictures, Path):
        check_folder(pictures, "figures", "choose another --figures")
    if workers is not None and cluster is not None:
        raise StudyError("--workers and --cluster exclude each other", fix="keep one of them")
    params = _parameters(set_ or [])
    stored = None if save is None else saved_names(model, save)
    goal = Goal(folder, pictures, ["flatgov", *context.obj], stored)
    if isinstance(source, Model):
        given = {"--policy": policy, "--scenario": scenario, "--draws": draws}
        for option in (name for name, value in given.items() if value):
            raise StudyError(
                f"{option} needs a study, and this is a bare model",
                where=source.path,
                fix="name a study folder; `flatgov new DIR` makes one",
            )
        run_bare_model(source, params, goal, seed, engine)
        return
    number = _draws(draws, source, engine)
    if design is not None and not isinstance(number, int):
        what = "a table of draws has no design" if number else "there are no draws to design"
        raise StudyError(what, where="--design", fix="leave it out")
    if cluster is not None and number is None:
        raise StudyError(
            "a cluster runs draws, and there are none", where="--cluster", fix="leave it out"
        )
    asked = Asked(policy, scenario, params, number, seed, design)
    run_whole_study(source, asked, goal, engine, workers, cluster, resume)


def _draws(text: str | None, study: Study, engine: Engine) -> int | Path | None:
    """Read what is asked of --draws: a number, a file, or nothing."""
    native = engine is Engine.native
    if text is None:
        return DRAWS if study.uncertainty is not None and native else None
    if text != "0" and not native:
        raise StudyError(
            f"the engine {engine.value} runs no draws", where="--draws", fix="leave one of them out"
        )
    if text.lstrip("+-").replace("_", "").isdigit():
        number = int(text)
        if number < 0:
            raise StudyError(f"{number} draws cannot be run", where="--draws", fix="give 0 or more")
        return number or None
    path = Path(text)
    if not path.exists():
        raise StudyError(
            f"'{text}' is no number, and there is no such file",
            where="--draws",
            fix="as in `--draws 1000` or `--draws table.csv`",
        )
    return path


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
