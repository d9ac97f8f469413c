"""`flatgov check`: what is wrong with a model or study, where, and how to mend it."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Annotated

import typer

from flatgov.commands.options import Seed
from flatgov.commands.printing import note
from flatgov.errors import StudyError

DRAWS = 200


def check(
    context: typer.Context,
    target: Annotated[
        Path | None,
        typer.Argument(
            metavar="[STUDY|MODEL]",
            help="A study folder or a model file; by default the Longgang study.",
        ),
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Fail on warnings too.")] = False,
    notes: Annotated[
        bool, typer.Option("--notes", help="Write notes and accepted findings out as well.")
    ] = False,
    json_: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Write the report as JSON.")
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
    data: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE",
            help="A .tab or .csv file with data of the model's data variables; may be repeated.",
        ),
    ] = None,
    draws: Annotated[
        int, typer.Option(min=0, help="How many draws the checks of a study take.")
    ] = DRAWS,
    seed: Seed = 0,
) -> int:
    """Find what is wrong with a study or model, where, and how to mend it."""
    from flatgov.check.report import make_report
    from flatgov.check.text import report_text
    from flatgov.study.bundled import longgang_folder

    path = longgang_folder() if target is None else target
    command = shlex.join(["flatgov", *context.obj])
    report = make_report(
        path, data or (), draws=draws, seed=seed, checks_file=checks, command=command
    )
    print(report_text(report, notes))
    if json_ is not None:
        from flatgov.check.record import report_json

        record = json.dumps(report_json(report), ensure_ascii=False, indent=1, allow_nan=False)
        _write(json_, record + "\n")
    if html is not None:
        from flatgov.check.page import page_text

        _write(html, page_text(report))
    if report.unreadable:
        return 2
    return 1 if report.count("error") or (strict and report.count("warning")) else 0


def _write(path: Path, text: str) -> None:
    """Write a file whole or not at all.

    Raises:
        StudyError: It cannot be written there.
    """
    from flatgov.run.place import write_bytes

    if path.is_dir() or not path.parent.is_dir():
        what = "is a folder" if path.is_dir() else f"there is no folder '{path.parent}'"
        raise StudyError(what, where=str(path), fix="name a file in a folder that exists")
    write_bytes(path, text.encode())
    note(f"wrote {path}")
