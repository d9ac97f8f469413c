"""The files that an analysis leaves: where they go, their names, and what they say was asked."""

from __future__ import annotations

import csv
import json
import os
import platform
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from flatgov.errors import StudyError
from flatgov.names import as_cell

if TYPE_CHECKING:  # Everything heavy is imported where it is used, so that --help answers at once.
    import xarray as xr

    from flatgov.run.place import Place
    from flatgov.study.study import Study

# What a table says of itself in columns that are the same in every row, if the dataset knows it.
_SAME = (
    *("study", "method", "policy", "against", "reference", "scenario", "variable", "units"),
    *("share", "params", "seed", "draws", "samples", "design"),
    *("model_hash", "study_hash", "flatgov_version"),
)
_PACKAGES = ("numpy", "scipy", "xarray", "zarr")
_FIX = "choose another --out"


def check_out(out: str | None, usual: Path) -> Place:
    """Give the place where an analysis goes.

    Args:
        out: What the user gave: a folder, or an address of fsspec.
        usual: Where it goes by default.

    Raises:
        StudyError: It cannot be written, or it holds a study or a model, or the chunks of a store.
    """
    from flatgov.run.place import file_sizes, to_place
    from flatgov.run.store import check_address, check_folder
    from flatgov.study.load import MODEL_ENDINGS

    place = usual if out is None else to_place(out)
    if isinstance(place, Path):
        check_folder(place, "results", _FIX)
        names = [path.name for path in place.iterdir()] if place.is_dir() else []
    else:
        check_address(place, _FIX)
        names = [name for name in file_sizes(place) if "/" not in name]
    for name in sorted(names):
        if name in ("policies.toml", "zarr.json") or name.lower().endswith(MODEL_ENDINGS):
            what = "a Zarr store" if name == "zarr.json" else "a study or a model"
            raise StudyError(f"the folder holds {what}: {name}", where=str(place), fix=_FIX)
    return place


def open_named_study(folder: Path | None) -> Study:
    """Open the study that a command names; by default that of Longgang.

    Raises:
        StudyError: The folder holds results, or no study.
    """
    from flatgov.run.manifest import STUDY_COPY, read_manifest
    from flatgov.study.bundled import longgang_folder
    from flatgov.study.load import open_study

    if folder is not None and read_manifest(folder) is not None:
        raise StudyError(
            "these are results, and this command runs a study",
            where=str(folder),
            fix=f"name the study, or the copy that they were made from, {folder / STUDY_COPY}",
        )
    return open_study(longgang_folder() if folder is None else folder)


def question_name(*parts: str | None) -> str:
    """Name the files of an analysis after what was asked, so that other questions have others.

    Args:
        parts: The analysis, and what tells the question from others; None and "" are left out.

    Returns:
        A name of a file or folder, without an ending.
    """
    from flatgov.run.file_names import to_file_name

    return to_file_name("-".join(part.replace(" ", "_") for part in parts if part))


def write_analysis(
    place: Place,
    name: str,
    titles: Sequence[str],
    rows: Iterable[Sequence[object]],
    ds: xr.Dataset,
) -> list[Place]:
    """Write ``NAME.csv`` and ``NAME.zarr``; those of an earlier call are replaced, or stay whole.

    Args:
        place: A folder, made if missing, or an address.
        name: Of `question_name`.
        titles: Of the columns of the table; those of `told` come behind.
        rows: Cells; NaN becomes an empty one.
        ds: Of float64 variables.

    Returns:
        The paths written.

    Raises:
        RunError: There is no room, or it cannot be written; a new folder is gone again.
    """
    from flatgov.run.place import in_one_line, join, put_folder, remove

    files = [f"{name}.csv", f"{name}.zarr"]
    with in_one_line(place, "run it again"):
        if isinstance(place, Path):
            with _made(place), _temporary_folder(place) as new:
                _write_into(new, files, titles, rows, ds)
                _exchange(new, place, files)
        else:
            with _temporary_folder(None) as new:
                _write_into(new, files, titles, rows, ds)
                for file in files:  # Chunks of an earlier store are not all replaced.
                    remove(join(place, file))
                put_folder(new, place)
    return [join(place, file) for file in files]


def told(ds: xr.Dataset) -> dict[str, object]:
    """Give what a dataset as a whole says of itself, for the columns of its table."""
    found = {key: ds.attrs[key] for key in _SAME if key in ds.attrs}
    if "scenario" in ds.coords and ds["scenario"].ndim == 0:
        found["scenario"] = ds["scenario"].item()
    return {key: found[key] for key in _SAME if key in found}


def _write_into(
    folder: Path,
    files: Sequence[str],
    titles: Sequence[str],
    rows: Iterable[Sequence[object]],
    ds: xr.Dataset,
) -> None:
    from flatgov import __version__
    from flatgov.run.zarr_store import write_zarr

    table, store = files
    same = {key: value for key, value in told(ds).items() if key not in titles}
    with (folder / table).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([*titles, *same])
        for row in rows:
            # NaN is the one value that differs from itself.
            writer.writerow(["" if one != one else as_cell(one) for one in (*row, *same.values())])
    versions = {
        "flatgov": __version__,
        "python": platform.python_version(),
        **{package: version(package) for package in _PACKAGES},
    }
    texts = {key: one.astype(object) for key, one in ds.coords.items() if one.dtype.kind == "U"}
    stored = ds.assign_coords(texts).assign_attrs(versions=json.dumps(versions))
    write_zarr(stored, folder / store)


@contextmanager
def _made(folder: Path) -> Iterator[None]:
    """Make a folder and those above it; unmake them if the block ends with an error."""
    above = [one for one in (folder, *folder.parents) if not one.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield
    except BaseException:
        for one in above:  # Only empty ones go.
            with suppress(OSError):
                one.rmdir()
        raise


@contextmanager
def _temporary_folder(above: Path | None) -> Iterator[Path]:
    new = Path(tempfile.mkdtemp(prefix=".flatgov-", dir=above))
    try:
        yield new
    finally:
        shutil.rmtree(new, ignore_errors=True)


def _exchange(new: Path, target: Path, names: Sequence[str]) -> None:
    """Move files and folders of `new` to `target`, and the old ones to `new`; all or none."""
    there = [name for name in names if (target / name).exists()]
    moves = [(target / name, new / f"old {name}") for name in there]
    moves += [(new / name, target / name) for name in names]
    with ExitStack() as undo:
        for source, goal in moves:
            os.rename(source, goal)
            undo.callback(os.rename, goal, source)
        undo.pop_all()
