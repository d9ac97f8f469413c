"""The command line: parse, call, print; every mistake of the user is one line."""

from __future__ import annotations

import io
import os
import shlex
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from flatgov import __version__
from flatgov.commands.behaviour import behaviour
from flatgov.commands.check import check
from flatgov.commands.effects import effects
from flatgov.commands.options import FigureFormat, Format, Lang, Language
from flatgov.commands.printing import Interrupted, draw_into, list_paths, note, write_out
from flatgov.commands.run import run
from flatgov.commands.sensitivity import sensitivity
from flatgov.commands.timing import timing
from flatgov.errors import FlatgovError, RunError, StudyError

# Everything heavy is imported where it is used, so that --help answers at once.

# The base of all mistakes in options and arguments; Typer does not export it.
_UsageError: type[typer.BadParameter] = typer.BadParameter.__mro__[1]

app = typer.Typer(
    help="Run stock-flow models of flattened local government under reform policies.",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    no_args_is_help=False,
)


@app.callback(invoke_without_command=True)
def _flatgov(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    if version:
        print(f"flatgov {__version__}")
    elif context.invoked_subcommand is None:
        print(context.get_help())


for _command in (run, check, effects, timing, behaviour, sensitivity):
    app.command()(_command)


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

    write_out(model_text(load_model(target if target.is_file() else find_model_file(target))))


@app.command()
def figures(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Results of `flatgov run`.")],
    lang: Lang = Language.en,
    format_: FigureFormat = Format.png,
) -> None:
    """Draw the figures of results again."""
    from flatgov.figures import draw_figures, draw_model_figures
    from flatgov.model import Model
    from flatgov.run.store import check_folder, read_base, read_results, read_source

    source = read_source(folder)
    if isinstance(source, Model) and lang != Language.en:
        raise StudyError(
            "figures of a bare model are in English only", where=str(folder), fix="leave out --lang"
        )
    pictures = folder / "figures"
    check_folder(pictures, "figures", "make room for them")
    ds = read_results(folder)
    draws = ds if "draw" in ds.dims else None
    if isinstance(source, Model):
        draw_into(
            pictures,
            lambda new: draw_model_figures(ds, new, format_.value, name=source.name, notice=note),
        )
    else:
        base = ds if draws is None else read_base(folder)
        draw_into(
            pictures,
            lambda new: draw_figures(
                base, source, new, lang.value, format_.value, notice=note, draws=draws
            ),
        )


@app.command()
def new(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new or empty folder.")],
) -> None:
    """Copy the Longgang study, to start a study of your own from."""
    from flatgov.run.store import check_folder
    from flatgov.study.bundled import copy_longgang

    check_folder(folder, "the files of a study", "name another folder")
    list_paths(copy_longgang(folder))
    note(f"run it with `flatgov run {shlex.quote(str(folder))}`")


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
    except Interrupted as interruption:
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


def _fail(line: str, status: int) -> int:
    note(f"error: {' '.join(line.split())}")
    return status
