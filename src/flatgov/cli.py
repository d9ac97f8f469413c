"""The command line: parse, call, print; every mistake of the user is one line."""

from __future__ import annotations

import io
import os
import shlex
import shutil
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flatgov import __version__
from flatgov.errors import FlatgovError, RunError, StudyError

if TYPE_CHECKING:  # Everything heavy is imported where it is used, so that --help answers at once.
    from flatgov.model import Model

# The base of all mistakes in options and arguments; Typer does not export it.
_UsageError: type[typer.BadParameter] = typer.BadParameter.__mro__[1]

app = typer.Typer(
    help="Run stock-flow models of flattened local government under reform policies.",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    no_args_is_help=False,
)


class _Interrupted(Exception):
    """The user interrupted a command that has more to say about it."""


class Engine(StrEnum):
    """What simulates."""

    native = "native"
    pysd = "pysd"


class Language(StrEnum):
    """The language of figures."""

    en = "en"
    zh = "zh"


class Format(StrEnum):
    """The format of figures."""

    png = "png"
    svg = "svg"
    pdf = "pdf"


@app.callback(invoke_without_command=True)
def _flatgov(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    if version:
        print(f"flatgov {__version__}")
    elif context.invoked_subcommand is None:
        print(context.get_help())


@app.command()
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
        raise _Interrupted(line) from None
    written = write_results(ds, source, folder, command, save=stored)
    shutil.rmtree(members, ignore_errors=True)
    print(study_text(study_summary(ds, source), source))
    _list_paths(written)
    _draw(pictures, lambda new: draw_figures(ds, source, new, notice=_note))
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
    _list_paths(written)
    _draw(pictures, lambda new: draw_model_figures(ds, new, name=model.name, notice=_note))
    if "failed" in ds.attrs:
        # PySD's reasons begin with the place.
        raise RunError(failures_text(ds), where=model.path if engine is Engine.native else "")


def _draw(pictures: Path, draw: Callable[[Path], object]) -> None:
    """Draw into a new folder, and move what was drawn into that of the pictures."""
    from flatgov.run.store import merged_into

    _note("drawing figures")
    with merged_into(pictures) as new:
        draw(new)
    _list_paths([pictures])


@app.command()
def describe(
    target: Annotated[
        Path, typer.Argument(metavar="MODEL|STUDY", help="A model file or a study folder.")
    ],
) -> None:
    """List the variables: units, kind, equation, documentation."""
    from flatgov.reading import load_model
    from flatgov.study.load import find_model_file
    from flatgov.terminal import model_text

    print(model_text(load_model(target if target.is_file() else find_model_file(target))))


@app.command()
def figures(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Results of `flatgov run`.")],
    lang: Annotated[Language, typer.Option(help="The language of the figures.")] = Language.en,
    format_: Annotated[
        Format, typer.Option("--format", help="The format of the figures.")
    ] = Format.png,
) -> None:
    """Draw the figures of results again."""
    from flatgov.figures import draw_figures, draw_model_figures
    from flatgov.model import Model
    from flatgov.run.store import check_folder, read_results, read_source

    source = read_source(folder)
    if isinstance(source, Model) and lang != Language.en:
        raise StudyError(
            "figures of a bare model are in English only", where=str(folder), fix="leave out --lang"
        )
    pictures = folder / "figures"
    check_folder(pictures, "figures", "make room for them")
    ds = read_results(folder)
    if isinstance(source, Model):
        _draw(
            pictures,
            lambda new: draw_model_figures(ds, new, format_.value, name=source.name, notice=_note),
        )
    else:
        _draw(
            pictures,
            lambda new: draw_figures(ds, source, new, lang.value, format_.value, notice=_note),
        )


@app.command()
def new(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new or empty folder.")],
) -> None:
    """Copy the Longgang study, to start a study of your own from."""
    from flatgov.run.store import check_folder
    from flatgov.study.bundled import copy_longgang

    check_folder(folder, "the files of a study", "name another folder")
    _list_paths(copy_longgang(folder))
    _note(f"run it with `flatgov run {shlex.quote(str(folder))}`")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit: 0 done, 1 the work failed, 2 the input is wrong.

    Args:
        arguments: In place of those of the process.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # A console without Chinese still gets the rest.
    # Ends worker processes with this one, as an interrupt does.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        status = _status(list(sys.argv[1:] if arguments is None else arguments))
    except SystemExit:  # of the signal
        status = 143
    jit = sys.modules.get("flatgov.kernel.jit")
    if jit is not None and jit.is_compiling():  # which nothing but the end of the process stops
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
    sys.exit(status)


def _status(arguments: list[str]) -> int:
    try:
        status = app(arguments, prog_name="flatgov", standalone_mode=False, obj=arguments)
    except FlatgovError as error:
        return _fail(str(error), 1 if isinstance(error, RunError) else 2)
    except _UsageError as error:
        return _fail(error.format_message().replace("Value error, ", ""), 2)
    except _Interrupted as interruption:
        return _fail(str(interruption), 130)
    except (KeyboardInterrupt, typer.Abort):
        return _fail("interrupted", 130)
    except OSError as error:
        return _fail(
            ": ".join(map(str, filter(None, (error.filename, error.strerror or error)))), 1
        )
    except MemoryError:
        return _fail("out of memory; use fewer --workers, or --save fewer variables", 1)
    if status == 130:  # Typer takes an interruption for the end of a command.
        return _fail("interrupted", 130)
    return status if isinstance(status, int) else 0


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


def _note(line: str) -> None:
    print(line, file=sys.stderr)


def _list_paths(paths: Sequence[Path]) -> None:
    for path in paths:
        _note(f"wrote {path}")


def _fail(line: str, status: int) -> int:
    print(f"error: {' '.join(line.split())}", file=sys.stderr)
    return status
