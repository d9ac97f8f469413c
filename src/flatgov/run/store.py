"""Results on disk: written whole or not at all, and read back."""

from __future__ import annotations

import atexit
import csv
import json
import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from flatgov import limits
from flatgov.errors import RunError, StudyError
from flatgov.model import Model
from flatgov.names import as_cell
from flatgov.run.ensemble_store import (
    GO_ON,
    check_complete,
    chunk_hashes,
    discard,
    open_ensemble,
)
from flatgov.run.folders import TEMPORARY, clear_up, files_under, replaced
from flatgov.run.manifest import (
    BASE,
    MANIFEST,
    STORE,
    STUDY_COPY,
    SUMMARY,
    content_hash,
    ensemble_entries,
    kind_of,
    make_manifest,
    manifest_of_results,
    read_manifest,
    withdraw,
)
from flatgov.run.place import (
    Place,
    file_sizes,
    in_one_line,
    join,
    put_folder,
    read_bytes,
    remove,
    write_bytes,
)
from flatgov.run.resume import is_begun
from flatgov.run.source_copy import copy_source
from flatgov.run.summary import SummaryRow, stock_summary, study_summary
from flatgov.run.zarr_store import with_file_names, with_own_names, write_zarr
from flatgov.study.load import find_model_file, open_study_or_model
from flatgov.study.toml import check_inside
from flatgov.zarr_check import check_store

if TYPE_CHECKING:
    import xarray as xr

    from flatgov.study.study import Study

_FIELDS = ["policy", "scenario", "variable", "units", "start", "observed", "end", "difference"]
# The columns of what the draws say at the end.
_DRAW_FIELDS = {
    "low": "end_5_percent",
    "middle": "end_median",
    "high": "end_95_percent",
    "better": "better",
    "draws": "draws",
    "failed": "failed",
}


def write_results(
    ds: xr.Dataset,
    source: Study | Model,
    folder: Place,
    command: Sequence[str] = (),
    *,
    save: Sequence[str] | None = None,
    ensemble: Place | None = None,
) -> list[Place]:
    """Write ``results.zarr``, ``summary.csv``, ``manifest.json`` and a copy of the study.

    Everything is written apart and moved into the folder at the end; if the process is killed
    meanwhile, whoever comes next moves everything back (see `clear_up`). What an earlier run wrote
    is replaced, edited or not: ``results.zarr``, ``base.zarr``, ``summary.csv``,
    ``manifest.json`` and the files of ``study/`` that the manifest lists. All other files stay, in
    ``study/`` and ``figures/`` too. At an address nothing can be moved: there the manifest is
    deleted first and written last.

    Args:
        ds: Results of `Study.run` or `Model.run`, without draws.
        source: The study or the model that was run.
        folder: Made if missing; results in it are replaced.
        command: The command line, for the manifest.
        save: The variables to store of `ds`; all by default. The summary has the headline
            variables whether they are stored or not.
        ensemble: The folder in which the same members with draws are finished: the
            `working_folder` of the results. Their store becomes ``results.zarr``, `ds` goes to
            ``base.zarr``, and the folder is deleted.

    Returns:
        The paths written.

    Raises:
        StudyError: The folder is not for these results; see `check_target`.
        RunError: Draws are missing; or there is no room for them or at an address, or it cannot
            be written. Draws stay where they are, to be resumed.
        OSError: The disk is full, and there are no draws.
    """
    check_target(folder, source)
    stored = ds if save is None else ds[list(save)]
    if isinstance(folder, Path):
        grown = ensemble if isinstance(ensemble, Path) else None
        # What is in the way of draws keeps them: they can be moved later.
        line = nullcontext() if ensemble is None else in_one_line(folder, GO_ON)
        with line, replaced(folder, grown) as new:
            _write_files(ds, stored, source, new, command, ensemble)
    else:
        fix = "run again" if ensemble is None else GO_ON
        with in_one_line(folder, fix), tempfile.TemporaryDirectory() as temporary:
            new = Path(temporary)
            _write_files(ds, stored, source, new, command, ensemble)
            if ensemble is None:
                withdraw(folder)
            manifest = (new / MANIFEST).read_bytes()
            (new / MANIFEST).unlink()
            put_folder(new, folder)
            write_bytes(join(folder, MANIFEST), manifest)
    if ensemble is not None:
        discard(ensemble)
    names = [STORE, *([] if ensemble is None else [BASE]), SUMMARY, MANIFEST]
    return [join(folder, name) for name in names]


def _write_files(
    ds: xr.Dataset,
    stored: xr.Dataset,
    source: Study | Model,
    new: Path,
    command: Sequence[str],
    ensemble: Place | None,
) -> None:
    """Write all results but the store of an ensemble."""
    store = STORE if ensemble is None else BASE
    write_zarr(with_file_names(stored), new / store)
    draws = None
    if ensemble is not None:
        draws = open_ensemble(join(ensemble, STORE))
        check_complete(draws, ensemble)
    if isinstance(source, Model):
        columns = {name: name for name in ("variable", "units", "start", "end")}
        _write_summary(stock_summary(ds), columns, new / SUMMARY)
    else:
        columns = {field: field for field in _FIELDS}
        columns["difference"] = f"difference_from_{source.reference}"
        if draws is not None:
            columns |= _DRAW_FIELDS | {"better": f"better_than_{source.reference}"}
        _write_summary(study_summary(ds, source, draws), columns, new / SUMMARY)
    data = [path.relative_to(new).as_posix() for path in copy_source(source, new / STUDY_COPY)]
    written = [new / store, new / SUMMARY, *files_under(new / STUDY_COPY)]
    hashes = {path.relative_to(new).as_posix(): content_hash(path) for path in written}
    if ensemble is not None and draws is not None:
        # Nobody reads the chunks again: whoever wrote them has noted their hashes.
        hashes = {STORE: content_hash(join(ensemble, STORE), chunk_hashes(ensemble)), **hashes}
    manifest = make_manifest(ds, source, command, data, hashes)
    if ensemble is not None and draws is not None:
        manifest |= ensemble_entries(draws, file_sizes(join(ensemble, STORE)))
    text = json.dumps(manifest, indent=2, ensure_ascii=False)
    (new / MANIFEST).write_text(text + "\n", encoding="utf-8")


def read_results(folder: Place, *, verify: bool = False) -> xr.Dataset:
    """Read the dataset of a results folder: into memory, or with draws as they are used.

    Args:
        folder: Of `write_results`.
        verify: Whether the content of an ensemble is compared with its hash, at about a GB a
            second; without it, that no file is missing or cut off. All else is always compared.

    Raises:
        StudyError: The folder holds no results.
        RunError: The results are not as they were written, or cannot be read.
    """
    manifest = manifest_of_results(folder)
    store = join(folder, STORE)
    if "draws" not in manifest:
        return _read_store(folder, STORE, manifest)
    _check_store(folder, store)
    sizes = file_sizes(store)
    found = {"files": len(sizes), "bytes": sum(sizes.values())}
    if found != manifest["sizes"].get(STORE) or (
        verify and content_hash(store) != manifest.get("sha256", {}).get(STORE)
    ):
        raise _damaged(store)
    with _readable(store):
        return open_ensemble(store)


def read_base(folder: Place) -> xr.Dataset:
    """Read the run without draws of a results folder into memory.

    Raises:
        StudyError: The folder holds no results.
        RunError: The results are not as they were written, or cannot be read.
    """
    manifest = manifest_of_results(folder)
    return _read_store(folder, BASE if "draws" in manifest else STORE, manifest)


def _read_store(folder: Place, name: str, manifest: Mapping[str, Any]) -> xr.Dataset:
    import xarray as xr

    store = join(folder, name)
    _check_store(folder, store, limits.physical_memory())
    # Zarr reads what is missing as NaN, which would pass for a failed run.
    if content_hash(store) != manifest.get("sha256", {}).get(name):
        raise _damaged(store)
    with _readable(store), xr.open_zarr(str(store)) as stored:
        return with_own_names(stored.load())


def _check_store(folder: Place, store: Place, memory: int | None = None) -> None:
    """Refuse a store that is not plain data; one at an address is that of whoever gave it."""
    if isinstance(folder, Path) and isinstance(store, Path):
        check_inside(store)
        check_store(store, memory=memory)


def _damaged(store: Place) -> RunError:
    return RunError(
        "is not as flatgov wrote it, so it was changed or damaged",
        where=str(store),
        fix="run again",
    )


@contextmanager
def _readable(store: Place) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        reason = " ".join(str(error).split())
        raise RunError(f"cannot be read: {reason}", where=str(store)) from None


def read_source(folder: Place) -> Study | Model:
    """Open the copy of the study, or of the bare model, that results were made from.

    Returns:
        It, under the name that it was run by: the copy lies in a folder of another name.

    Raises:
        StudyError: The folder holds no results, or the copy of the study is broken.
        ModelError: The copy of the model is broken.
    """
    manifest = manifest_of_results(folder)
    if not isinstance(folder, Path):
        folder = _fetched(folder, manifest)
    copy = folder / STUDY_COPY
    check_inside(copy)
    is_study = (copy / "policies.toml").exists()
    data = [folder / name for name in manifest.get("data", [])]
    source = open_study_or_model(copy if is_study else find_model_file(copy), data)
    if isinstance(source, Model):
        return source
    name = str(manifest.get("name", source.name))
    # A study without a title is called by its folder.
    untitled = set(source.title.values()) == {source.name}
    title = dict.fromkeys(source.title, name) if untitled else source.title
    return replace(source, name=name, title=title)


def _fetched(address: str, manifest: Mapping[str, Any]) -> Path:
    """Copy a study from an address, for as long as the process lives."""
    folder = Path(tempfile.mkdtemp(prefix=TEMPORARY))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    for name in manifest.get("sha256", {}):
        path = PurePosixPath(name)
        if path.parts[:1] == (STUDY_COPY,) and ".." not in path.parts:
            write_bytes(folder / path, read_bytes(join(address, name)))
    return folder


def check_target(folder: Place, source: Study | Model) -> None:
    """Refuse to write results where they cannot be, or over anything but results of this kind.

    What a killed run had begun to do to the folder is undone first; see `clear_up`.

    Args:
        folder: Where the results go; may be missing.
        source: What they are results of.

    Raises:
        StudyError: It is a file, it cannot be written, or it holds something else.
    """
    fix = "choose another --out"
    if isinstance(folder, Path):
        check_folder(folder, "results", fix)
        clear_up(folder)
    else:
        check_address(folder, fix)
    manifest = read_manifest(folder)
    if manifest is None:
        ours = not isinstance(folder, Path) and is_begun(folder)
        if not ours and _is_in_use(folder):
            raise StudyError(
                "the folder is not empty and holds no results of flatgov",
                where=str(folder),
                fix=fix,
            )
    elif manifest.get("kind", kind_of(source)) != kind_of(source):
        raise StudyError(
            f"the folder holds results of a {manifest['kind']}, and this is a {kind_of(source)}",
            where=str(folder),
            fix=fix,
        )


def _is_in_use(folder: Place) -> bool:
    if not isinstance(folder, Path):
        return bool(file_sizes(folder))
    found = folder.iterdir() if folder.is_dir() else ()
    return any(not path.name.startswith(TEMPORARY) for path in found)


def check_address(address: str, fix: str) -> None:
    """Refuse an address that cannot be written, before anything is simulated.

    Args:
        address: Of a folder.
        fix: What to do about it.

    Raises:
        StudyError: It cannot be written.
    """
    probe = join(address, f"{TEMPORARY}{uuid.uuid4().hex}")
    try:
        write_bytes(probe, b"")
        remove(probe)
    except Exception as error:  # Each kind of address has its own.
        reason = " ".join(str(error).split()) or type(error).__name__
        raise StudyError(f"cannot be written: {reason}", where=address, fix=fix) from None


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
            writer.writerow(["" if cell != cell else as_cell(cell) for cell in cells])
