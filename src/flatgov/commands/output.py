"""Files that a command writes where the user says, which must not be any that it reads."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from flatgov.commands.printing import note
from flatgov.errors import StudyError

# Of models, of the files of studies, and of the data of both.
_KEPT = (
    *(".mdl", ".xmile", ".stmx", ".toml", ".csv", ".tab", ".txt", ".dat", ".npz", ".nc"),
    *(".xls", ".xlsx", ".xlsm", ".xlsb", ".odf", ".ods", ".odt"),
)
STANDARD_OUTPUT = Path("-")


def check_outputs(targets: Iterable[tuple[str, Path | None]], read: Iterable[Path]) -> None:
    """Refuse files that must not or cannot be written, before any work is done.

    Args:
        targets: The name of each option, and what the user gave for it.
        read: The files that the command reads.

    Raises:
        StudyError: One is a file that is read, may be a part of a model or study, is no plain
            file, stands in no folder, or is given twice.
    """
    inputs = [path for path in read if path.exists()]
    seen: set[Path] = set()
    for option, path in targets:
        if path is None:
            continue
        target = path if path == STANDARD_OUTPUT else _target(option, path)
        if target in seen:
            raise StudyError(f"'{path}' is given twice", where=option, fix="name two files")
        seen.add(target)
        if target != STANDARD_OUTPUT and target.exists():
            _check_existing(option, path, target, inputs)


def _target(option: str, path: Path) -> Path:
    """Give the file that is written in the end, behind all links."""
    try:
        target = path.resolve()
    except (OSError, RuntimeError):
        raise StudyError(f"'{path}' is a circle of links", where=option) from None
    if target.is_dir() or not target.parent.is_dir():
        what = "is a folder" if target.is_dir() else f"there is no folder '{path.parent}'"
        raise StudyError(what, where=f"{option} {path}", fix="name a file in a folder that exists")
    if target.suffix.lower() in _KEPT:
        raise StudyError(
            f"'{path}' would be a file of a model, a study or data",
            where=option,
            fix="name a file with another ending, such as .json or .html",
        )
    return target


def _check_existing(option: str, path: Path, target: Path, inputs: Iterable[Path]) -> None:
    if not target.is_file():
        raise StudyError(
            f"'{path}' is no plain file",
            where=option,
            fix="name a file, or write - for standard output",
        )
    if any(os.path.samefile(target, one) for one in inputs):
        raise StudyError(
            f"'{path}' belongs to what is read, and would be lost",
            where=option,
            fix="name another file",
        )


def write_output(path: Path, text: str) -> None:
    """Write a file whole or not at all, through links, or to standard output.

    Args:
        path: As `check_outputs` found it right.
        text: The content, which ends its last line.

    Raises:
        OSError: It cannot be written.
    """
    from flatgov.run.place import write_bytes

    if path == STANDARD_OUTPUT:
        print(text, end="")
        return
    # A path of other bytes than UTF-8 has halves of characters in it.
    write_bytes(path.resolve(), text.encode(errors="backslashreplace"))
    note(f"wrote {path}")
