"""`flatgov check`: what is wrong with a model or study, where, and how to mend it."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from flatgov.commands.options import DataFiles, Seed
from flatgov.commands.printing import write_out
from flatgov.errors import StudyError

DRAWS = 200


def check(
    context: typer.Context,
    target: Annotated[
        Path | None,
        typer.Argument(
            metavar="[STUDY|MODEL]",
            parser=_named,
            help="A study folder or a model file; by default the Longgang study.",
        ),
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Fail on warnings too.")] = False,
    notes: Annotated[
        bool, typer.Option("--notes", help="Write notes and accepted findings out as well.")
    ] = False,
    json_: Annotated[
        Path | None,
        typer.Option(
            "--json", metavar="FILE", help="Write the report as JSON; - is standard output."
        ),
    ] = None,
    html: Annotated[
        Path | None,
        typer.Option("--html", metavar="FILE", help="Write the report as one page to read."),
    ] = None,
    checks: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Reality checks and accepted findings. [checks.toml of the study]",
        ),
    ] = None,
    data: DataFiles = None,
    draws: Annotated[
        int, typer.Option(min=0, help="How many draws the checks of a study take.")
    ] = DRAWS,
    seed: Seed = 0,
) -> int:
    """Find what is wrong with a study or model, where, and how to mend it."""
    from flatgov.check.report import make_report
    from flatgov.check.text import report_text
    from flatgov.commands.output import STANDARD_OUTPUT, check_outputs, write_output
    from flatgov.study.bundled import longgang_folder

    path = longgang_folder() if target is None else target
    check_outputs((("--json", json_), ("--html", html)), _read_files(path, checks, *(data or ())))
    command = shlex.join(["flatgov", *context.obj])
    report = make_report(
        path, data or (), draws=draws, seed=seed, checks_file=checks, command=command
    )
    printed = STANDARD_OUTPUT in (json_, html)
    write_out(report_text(report, notes), file=sys.stderr if printed else sys.stdout)
    if json_ is not None:
        from flatgov.check.record import report_json

        record = report_json(report, strict)
        # On a terminal, a character that turns the direction of text would still do so.
        plain = json_ == STANDARD_OUTPUT
        text = json.dumps(record, ensure_ascii=plain, indent=1, allow_nan=False)
        write_output(json_, text + "\n")
    if html is not None:
        from flatgov.check.page import page_text

        write_output(html, page_text(report))
    return report.status(strict)


def _read_files(target: Path, *options: Path | None) -> list[Path]:
    """List what is read, as far as it can be told before it is."""
    own = [one for one in target.iterdir() if one.is_file()] if target.is_dir() else [target]
    texts = (".json", ".html", ".htm")  # An earlier report may be replaced.
    kept = [one for one in own if one == target or one.suffix.lower() not in texts]
    return [*kept, *(one for one in options if one is not None)]


def _named(text: str) -> Path:
    """Take the name of a study or model, which an unset variable of a shell leaves empty."""
    if not text.strip():
        raise StudyError("the name is empty", fix="name a study folder or a model file")
    return Path(text)
