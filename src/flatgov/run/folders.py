"""New content of a folder, moved in at the end: all of it or none."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from flatgov.run.manifest import BASE, MANIFEST, STORE, STUDY_COPY, SUMMARY, read_manifest

TEMPORARY = ".flatgov-"


@contextmanager
def replaced(folder: Path, store: Path | None = None) -> Iterator[Path]:
    """Give a new folder whose content replaces old results when the block ends without an error.

    Args:
        folder: Made if missing. See `write_results` for what in it is replaced and what stays.
        store: A finished store on the same disk, which becomes ``results.zarr``.

    Yields:
        An empty folder. If its content cannot be moved, the old results are moved back, and so is
        the store.
    """
    target = folder.resolve()
    temporary = _temporary_folder(target)
    new, old = temporary / "new", temporary / "old"
    new.mkdir()
    old.mkdir()
    try:
        yield new
        moves = [] if store is None else [(store, new / STORE)]
        # A new folder comes as a whole.
        moves = _swaps(new, target, old, store) if target.exists() else [*moves, (new, target)]
        with ExitStack() as undo:
            for source, goal in moves:
                goal.parent.mkdir(parents=True, exist_ok=True)
                os.rename(source, goal)
                undo.callback(os.rename, goal, source)
            undo.pop_all()
        shutil.rmtree(old, ignore_errors=True)
    finally:
        shutil.rmtree(new, ignore_errors=True)
        # Not by force: old results that could not be moved back are not thrown away.
        for path in (old, temporary):
            with suppress(OSError):
                path.rmdir()


def _swaps(new: Path, target: Path, old: Path, store: Path | None) -> list[tuple[Path, Path]]:
    """Plan how the results of `target` go to `old`, and those of `new` to `target`."""
    listed = (read_manifest(target) or {}).get("sha256", {}).keys()
    copies = {path.relative_to(new).as_posix() for path in files_under(new / STUDY_COPY)}
    # Nothing but files in the folder of copies, whatever a manifest says.
    earlier = listed & {
        path.relative_to(target).as_posix() for path in files_under(target / STUDY_COPY)
    }
    results = [MANIFEST, STORE, BASE, SUMMARY]
    leaving = [*results, *sorted(copies | earlier)]
    # The manifest goes first and comes last, so it never stands beside results of another run.
    coming = {name: new / name for name in [*sorted(copies), *reversed(results)]}
    if store is not None:
        coming[STORE] = store
    else:
        del coming[BASE]
    there = [target / name for name in leaving if (target / name).exists()]
    moves = [(path, old / str(number)) for number, path in enumerate(there)]
    return [*moves, *((source, target / name) for name, source in coming.items())]


def is_half_replaced(folder: Path) -> bool:
    """Tell whether results were being moved into a folder when the process was killed."""
    return any(any(folder.glob(f"{TEMPORARY}*/{what}")) for what in ("old/*", f"new/{MANIFEST}"))


@contextmanager
def merged_into(folder: Path) -> Iterator[Path]:
    """Give a new folder whose files replace those of `folder` when the block ends without an error.

    Args:
        folder: Made if missing; its files of other names stay.

    Yields:
        An empty folder.
    """
    target = folder.resolve()
    new = _temporary_folder(target)
    try:
        yield new
        target.mkdir(exist_ok=True)
        for path in new.iterdir():
            os.replace(path, target / path.name)
    finally:
        shutil.rmtree(new, ignore_errors=True)


def _temporary_folder(target: Path) -> Path:
    """Make a folder on the disk of `target`: in it, which may be a mount point, or beside it."""
    place = target if target.is_dir() else target.parent
    place.mkdir(parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(prefix=TEMPORARY, dir=place))


def files_under(folder: Path) -> list[Path]:
    """List the files of a folder and those below it."""
    return sorted(path for path in folder.rglob("*") if path.is_file())
