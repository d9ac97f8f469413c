"""What commands print besides their results: notes on standard error, and the end of a run."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path


class Interrupted(Exception):
    """The user interrupted a command that has more to say about it."""


def note(line: str) -> None:
    """Write a line on standard error."""
    print(line, file=sys.stderr)


def list_paths(paths: Sequence[Path | str]) -> None:
    """Say what was written."""
    for path in paths:
        note(f"wrote {path}")


def draw_into(pictures: Path, draw: Callable[[Path], object]) -> None:
    """Draw into a new folder, and move what was drawn into that of the pictures."""
    from flatgov.run.folders import merged_into

    note("drawing figures")
    with merged_into(pictures) as new:
        draw(new)
    list_paths([pictures])
