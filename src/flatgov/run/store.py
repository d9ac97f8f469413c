"""Results on disk: written whole or not at all, and read back."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import platform
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import fields, replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from flatgov import __version__
from flatgov.errors import RunError, StudyError
from flatgov.model import Model
from flatgov.run.source_copy import copy_source
from flatgov.run.summary import SummaryRow, labels, stock_summary, study_summary
from flatgov.run.zarr_store import with_file_names, with_own_names, write_zarr
from flatgov.study.load import find_model_file, open_study_or_model

if TYPE_CHECKING:
    import xarray as xr

    from flatgov.study.study import Study

MANIFEST = "manifest.json"
STORE = "results.zarr"
SUMMARY = "summary.csv"
STUDY_COPY = "study"
_TEMPORARY = ".flatgov-"


def write_results(
    ds: xr.Dataset,
    source: Study | Model,
    folder: Path,
    command: Sequence[str] = (),
    *,
    save: Sequence[str] | None = None,
) -> list[Path]:
    """Write ``results.zarr``, ``summary.csv``, ``manifest.json`` and a copy of the study.

    Everything is written apart and moved into the folder at the end. What an earlier run wrote is
    replaced, edited or not: ``results.zarr``, ``summary.csv``, ``manifest.json`` and the files of
    ``study/`` that the manifest lists. All other files stay, in ``study/`` and ``figures/`` too.

    Args:
        ds: Results of `Study.run` or `Model.run`.
        source: The study or the model that was run.
        folder: Made if missing; results in it are replaced.
        command: The command line, for the manifest.
        save: The variables to store; all of the dataset by default. The summary has the headline
            variables whether they are stored or not.

    Returns:
        The paths written.

    Raises:
        StudyError: The folder is not for these results; see `check_target`.
        OSError: The disk is full.
    """
    check_target(folder, source)
    with replaced(folder) as new:
        write_zarr(with_file_names(ds if save is None else ds[list(save)]), new / STORE)
        if isinstance(source, Model):
            columns = {name: name for name in ("variable", "units", "start", "end")}
            _write_summary(stock_summary(ds), columns, new / SUMMARY)
        else:
            columns = {field.name: field.name for field in fields(SummaryRow)}
            columns["difference"] = f"difference_from_{source.reference}"
            _write_summary(study_summary(ds, source), columns, new / SUMMARY)
        data = copy_source(source, new / STUDY_COPY)
        text = json.dumps(_manifest(ds, source, command, new, data), indent=2, ensure_ascii=False)
        (new / MANIFEST).write_text(text + "\n", encoding="utf-8")
    return [folder / name for name in (STORE, SUMMARY, MANIFEST)]


def read_results(folder: Path) -> xr.Dataset:
    """Read the dataset of a results folder into memory.

    Raises:
        StudyError: The folder holds no results.
        RunError: The results are not as they were written, or cannot be read.
    """
    import xarray as xr

    hashes = _manifest_of_results(folder).get("sha256", {})
    if content_hash(folder / STORE) != hashes.get(STORE):
        # Zarr reads what is missing as NaN, which would pass for a failed run.
        raise RunError(
            "is not as flatgov wrote it, so it was changed or damaged",
            where=str(folder / STORE),
            fix="run again",
        )
    try:
        with xr.open_zarr(folder / STORE) as stored:
            ds: xr.Dataset = stored.load()
    except Exception as error:
        reason = " ".join(str(error).split())
        raise RunError(f"cannot be read: {reason}", where=str(folder / STORE)) from None
    return with_own_names(ds)


def read_source(folder: Path) -> Study | Model:
    """Open the copy of the study, or of the bare model, that results were made from.

    Returns:
        It, under the name that it was run by: the copy lies in a folder of another name.

    Raises:
        StudyError: The folder holds no results, or the copy of the study is broken.
        ModelError: The copy of the model is broken.
    """
    manifest = _manifest_of_results(folder)
    copy = folder / STUDY_COPY
    is_study = (copy / "policies.toml").exists()
    data = [folder / name for name in manifest.get("data", [])]
    source = open_study_or_model(copy if is_study else find_model_file(copy), data)
    if isinstance(source, Model):
        return source
    name = str(manifest["name"])
    # A study without a title is called by its folder.
    untitled = set(source.title.values()) == {source.name}
    title = dict.fromkeys(source.title, name) if untitled else source.title
    return replace(source, name=name, title=title)


def check_target(folder: Path, source: Study | Model) -> None:
    """Refuse to write results where they cannot be, or over anything but results of this kind.

    Args:
        folder: Where the results go; may be missing.
        source: What they are results of.

    Raises:
        StudyError: It is a file, it cannot be written, or it holds something else.
    """
    fix = "choose another --out"
    check_folder(folder, "results", fix)
    manifest = _manifest_in(folder)
    if manifest is None:
        found = folder.iterdir() if folder.is_dir() else ()
        if any(not path.name.startswith(_TEMPORARY) for path in found):
            raise StudyError(
                "the folder is not empty and holds no results of flatgov",
                where=str(folder),
                fix=fix,
            )
    elif manifest.get("kind", _kind(source)) != _kind(source):
        raise StudyError(
            f"the folder holds results of a {manifest['kind']}, and this is a {_kind(source)}",
            where=str(folder),
            fix=fix,
        )


def check_folder(folder: Path, what: str, fix: str) -> None:
    """Refuse a folder that cannot be made or written; nothing is made.

    Args:
        folder: May be missing.
        what: What is to go there, in the plural.
        fix: What to do about it.

    Raises:
        StudyError: It, or a folder above it, is a file or not writable.
    """
    place = folder
    while not os.path.exists(place) and place != place.parent:
        place = place.parent
    if not place.is_dir():
        raise StudyError(f"is a file, and {what} need a folder", where=str(place), fix=fix)
    try:
        with tempfile.TemporaryFile(dir=place):
            pass
    except OSError as error:
        raise StudyError(
            f"cannot be written: {error.strerror}", where=str(folder), fix=fix
        ) from None


@contextmanager
def replaced(folder: Path) -> Iterator[Path]:
    """Give a new folder whose content replaces old results when the block ends without an error.

    Args:
        folder: Made if missing. See `write_results` for what in it is replaced and what stays.

    Yields:
        An empty folder. If its content cannot be moved, the old results are moved back.
    """
    target = folder.resolve()
    temporary = _temporary_folder(target)
    new, old = temporary / "new", temporary / "old"
    new.mkdir()
    old.mkdir()
    try:
        yield new
        if target.exists():
            _swap(new, target, old)
        else:
            os.rename(new, target)
        shutil.rmtree(old, ignore_errors=True)
    finally:
        shutil.rmtree(new, ignore_errors=True)
        # Not by force: old results that could not be moved back are not thrown away.
        for path in (old, temporary):
            with suppress(OSError):
                path.rmdir()


def _swap(new: Path, target: Path, old: Path) -> None:
    """Move the results of `target` to `old`, and those of `new` to `target`; all or none."""
    listed = (_manifest_in(target) or {}).get("sha256", {}).keys()
    copies = {path.relative_to(new).as_posix() for path in _files(new / STUDY_COPY)}
    # Nothing but files in the folder of copies, whatever a manifest says.
    earlier = listed & {path.relative_to(target).as_posix() for path in _files(target / STUDY_COPY)}
    results = [MANIFEST, STORE, SUMMARY]
    leaving = [*results, *sorted(copies | earlier)]
    # The manifest goes first and comes last, so it never stands beside results of another run.
    coming = [*sorted(copies), *reversed(results)]
    there = [target / name for name in leaving if (target / name).exists()]
    moves = [(path, old / str(number)) for number, path in enumerate(there)]
    moves += [(new / name, target / name) for name in coming]
    with ExitStack() as undo:
        for source, goal in moves:
            goal.parent.mkdir(parents=True, exist_ok=True)
            os.rename(source, goal)
            undo.callback(os.rename, goal, source)
        undo.pop_all()


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


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
    return Path(tempfile.mkdtemp(prefix=_TEMPORARY, dir=place))


def members_folder(folder: Path) -> Path:
    """Give the folder that keeps the finished members of a run until its results are written."""
    target = folder.resolve()
    return target.parent / f".{target.name}.members"


def _write_summary(rows: Sequence[SummaryRow], columns: Mapping[str, str], path: Path) -> None:
    """Write the fields of rows as CSV, each under its column name; what does not exist is empty."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns.values())
        for row in rows:
            cells = [getattr(row, field) for field in columns]
            # NaN is the one value that differs from itself.
            writer.writerow(["" if cell != cell else cell for cell in cells])


def _manifest(
    ds: xr.Dataset,
    source: Study | Model,
    command: Sequence[str],
    folder: Path,
    data: Sequence[Path],
) -> dict[str, Any]:
    packages = ("numpy", "pandas", "pysd", "xarray", "zarr")
    written = [folder / STORE, folder / SUMMARY, *_files(folder / STUDY_COPY)]
    return {
        "name": source.name,
        "kind": _kind(source),
        "command": list(command),
        "created_at": ds.attrs["created_at"],
        "model_hash": ds.attrs["model_hash"],
        "study_hash": ds.attrs.get("study_hash"),
        "engine": ds.attrs["engine"],
        "seed": ds.attrs.get("seed", 0),
        "policies": labels(ds, "policy"),
        "scenarios": labels(ds, "scenario"),
        "data": [path.relative_to(folder).as_posix() for path in data],
        "params": json.loads(ds.attrs.get("params", "{}")),
        "failed": json.loads(ds.attrs.get("failed", "[]")),
        "versions": {
            "flatgov": __version__,
            "python": platform.python_version(),
            **{package: version(package) for package in packages},
        },
        "sha256": {path.relative_to(folder).as_posix(): content_hash(path) for path in written},
    }


def _kind(source: Study | Model) -> str:
    return "model" if isinstance(source, Model) else "study"


def _manifest_in(folder: Path) -> dict[str, Any] | None:
    """Read the manifest of results; None if there is none, or one of some other program."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if not isinstance(manifest, dict) or not isinstance(manifest.get("versions"), dict):
        return None
    return manifest if "model_hash" in manifest and "flatgov" in manifest["versions"] else None


def _manifest_of_results(folder: Path) -> dict[str, Any]:
    manifest = _manifest_in(folder)
    if manifest is None:
        what = "holds no results" if folder.is_dir() else "there is no such folder"
        raise StudyError(what, where=str(folder), fix="name a folder that `flatgov run` wrote")
    return manifest


def content_hash(path: Path) -> str:
    """Hash a file, or a folder by the names and contents of its files.

    Hidden files are left out: file managers put some wherever they go.
    """
    if path.is_file():
        return hashlib.sha256(path.read_bytes()).hexdigest()
    tree = [
        (file.relative_to(path).as_posix(), content_hash(file))
        for file in sorted(path.rglob("*"))
        if file.is_file() and not file.name.startswith(".")
    ]
    return hashlib.sha256(json.dumps(tree, ensure_ascii=False).encode()).hexdigest()
