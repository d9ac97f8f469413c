"""What commands print besides their results: notes on standard error, and the end of a run."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from flatgov.names import printable

if TYPE_CHECKING:
    from flatgov.run.place import Place


class Interrupted(Exception):
    """The user interrupted a command that has more to say about it."""


def note(line: str) -> None:
    """Write a line on standard error."""
    print(printable(line), file=sys.stderr)


def write_out(text: str, file: TextIO | None = None) -> None:
    """Write text, on standard output by default; what would steer a terminal is spelt out."""
    print(printable(text), file=file, flush=True)


def list_paths(paths: Sequence[Path | str]) -> None:
    """Say what was written."""
    for path in paths:
        note(f"wrote {path}")


def draw_into(pictures: Place, draw: Callable[[Path], object]) -> None:
    """Draw into a new folder, and move what was drawn into that of the pictures, or send it.

    Raises:
        RunError: There is no room, or it cannot be written.
    """
    from flatgov.run.folders import merged_into
    from flatgov.run.place import in_one_line, put_folder

    note("drawing figures")
    with in_one_line(pictures, "draw them again"):
        if isinstance(pictures, Path):
            with merged_into(pictures) as new:
                draw(new)
        else:
            with tempfile.TemporaryDirectory() as temporary:
                draw(Path(temporary))
                put_folder(Path(temporary), pictures)
    list_paths([pictures])
