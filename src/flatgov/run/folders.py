"""New content of a folder, moved in at the end: all of it or none.

While results are moved, a note beside them says what is moved. A process that is killed leaves the
note; whoever comes next moves everything back, and so finds the folder, and the draws that were to
be moved in, as they were before. Without a note nothing but rubbish is left.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from flatgov.errors import RunError
from flatgov.run.manifest import (
    BASE,
    MANIFEST,
    STORE,
    STUDY_COPY,
    SUMMARY,
    is_result,
    read_manifest,
)
from flatgov.run.place import write_bytes
from flatgov.run.resume import DRAWS, MARKERS, RUN, claimed, working_folder

TEMPORARY = ".flatgov-"
_NOTE = "moves.json"

_Moves = list[tuple[Path, Path]]


@dataclass(frozen=True)
class _Note:
    """What is moved.

    Attributes:
        leaving: Old results, by their paths in the folder.
        coming: New ones.
        draws: Whether the new ones include draws, which come from where they grew.
    """

    leaving: Sequence[str]
    coming: Sequence[str]
    draws: bool


@contextmanager
def replaced(folder: Path, draws: Path | None = None) -> Iterator[Path]:
    """Give a new folder whose content replaces old results when the block ends without an error.

    Args:
        folder: Made if missing. See `write_results` for what in it is replaced and what stays.
        draws: The `working_folder` of `folder` with a finished store, which becomes
            ``results.zarr``; what else is of use there only to be resumed goes.

    Yields:
        An empty folder. If its content cannot be moved, the old results are moved back, and so
        are the draws.
    """
    target = folder.resolve()
    with _temporary_folder(target) as temporary:
        new = temporary / "new"
        new.mkdir()
        yield new
        note = _plan(new, target, with_draws=draws is not None)
        write_bytes(temporary / _NOTE, json.dumps(asdict(note)).encode())
        try:
            for source, goal in _moves(note, target, temporary, draws or target):
                goal.parent.mkdir(parents=True, exist_ok=True)
                os.rename(source, goal)
        except BaseException:
            # What cannot be moved back now stays with its note, and is not thrown away.
            with suppress(OSError):
                _undo(note, target, temporary, draws or target)
            raise
        (temporary / _NOTE).unlink()  # From here on the new results are those of the folder.


def clear_up(folder: Path) -> None:
    """Undo what killed runs had begun to move into a folder, and delete what they left.

    What belongs to a run that is going on stays.

    Args:
        folder: Of results; may be missing.

    Raises:
        OSError: Something cannot be moved back; it stays where it is.
    """
    target = folder.resolve()
    for temporary in sorted(target.glob(f"{TEMPORARY}*")):
        if temporary.name == DRAWS or temporary.is_symlink() or not temporary.is_dir():
            continue
        with suppress(RunError), claimed(temporary):
            if (temporary / _NOTE).exists():
                note = _read_note(temporary)
                if note is None:  # Not ours, or damaged: nobody knows what lies here.
                    continue
                _undo(note, target, temporary, _draws_of(target))
            shutil.rmtree(temporary, ignore_errors=True)
    draws = _draws_of(target)
    if draws.is_dir() and not (draws / RUN).exists():  # So nothing in it can be gone on with.
        with suppress(RunError), claimed(draws):
            shutil.rmtree(draws, ignore_errors=True)


def _plan(new: Path, target: Path, *, with_draws: bool) -> _Note:
    listed = (read_manifest(target) or {}).get("sha256", {}).keys()
    copies = {path.relative_to(new).as_posix() for path in files_under(new / STUDY_COPY)}
    # Nothing but files in the folder of copies, whatever a manifest says.
    earlier = listed & {
        path.relative_to(target).as_posix() for path in files_under(target / STUDY_COPY)
    }
    # The manifest goes first and comes last, so it never stands beside results of another run.
    leaving = [MANIFEST, STORE, BASE, SUMMARY, *sorted(copies | earlier)]
    results = [SUMMARY, *([BASE] if with_draws else []), STORE, MANIFEST]
    return _Note(
        [name for name in leaving if (target / name).exists()],
        [*sorted(copies), *results],
        with_draws,
    )


def _moves(note: _Note, target: Path, temporary: Path, draws: Path) -> _Moves:
    """Say in order what is moved from where to where."""
    new, old = temporary / "new", temporary / "old"
    moves = [(draws / STORE, new / STORE)] if note.draws else []
    moves += [(target / name, old / name) for name in note.leaving]
    moves += [(new / name, target / name) for name in note.coming]
    if note.draws:
        moves += [(draws / name, temporary / name) for name in (RUN, MARKERS)]
    return moves


def _undo(note: _Note, target: Path, temporary: Path, draws: Path) -> None:
    """Move back what was moved; whoever is killed at this, too, can be followed by another."""
    still_old = {target / name for name in note.leaving if not (temporary / "old" / name).exists()}
    for source, goal in reversed(_moves(note, target, temporary, draws)):
        if goal.exists() and goal not in still_old and not source.exists():
            source.parent.mkdir(parents=True, exist_ok=True)
            os.rename(goal, source)
    for name in note.coming:
        for above in (target / name).parents[: name.count("/")]:
            with suppress(OSError):  # Others may have files there.
                above.rmdir()
    (temporary / _NOTE).unlink()


def _read_note(temporary: Path) -> _Note | None:
    """Read a note; None if it would have anything moved but results."""
    try:
        note = _Note(**json.loads((temporary / _NOTE).read_bytes()))
        names = [*note.leaving, *note.coming]
    except (ValueError, TypeError):
        return None
    return note if all(is_result(name) for name in names) else None


def _draws_of(target: Path) -> Path:
    place = working_folder(target)
    assert isinstance(place, Path)
    return place


@contextmanager
def merged_into(folder: Path) -> Iterator[Path]:
    """Give a new folder whose files replace those of `folder` when the block ends without an error.

    Args:
        folder: Made if missing; its files of other names stay.

    Yields:
        An empty folder.
    """
    target = folder.resolve()
    with _temporary_folder(target) as temporary:
        new = temporary / "new"
        new.mkdir()
        yield new
        for path in new.iterdir():
            os.replace(path, target / path.name)


@contextmanager
def _temporary_folder(target: Path) -> Iterator[Path]:
    """Make a folder in `target`, so on its disk, that `clear_up` leaves alone while it is used."""
    target.mkdir(parents=True, exist_ok=True)
    try:
        clear_up(target)
        temporary = Path(tempfile.mkdtemp(prefix=TEMPORARY, dir=target))
        with claimed(temporary):
            try:
                yield temporary
            finally:
                if not (temporary / _NOTE).exists():
                    shutil.rmtree(temporary, ignore_errors=True)
    finally:
        with suppress(OSError):
            target.rmdir()


def files_under(folder: Path) -> list[Path]:
    """List the files of a folder and those below it."""
    return sorted(path for path in folder.rglob("*") if path.is_file())
