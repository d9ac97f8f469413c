"""Results on disk: written whole or not at all, and read back."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import platform
import shutil
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from flatgov import __version__
from flatgov.errors import RunError, StudyError
from flatgov.model import Model
from flatgov.run.summary import SummaryRow, labels, stock_summary, study_summary
from flatgov.study.load import find_model_file

if TYPE_CHECKING:
    import xarray as xr

    from flatgov.model import Model
    from flatgov.study.study import Study

MANIFEST = "manifest.json"
STORE = "results.zarr"
SUMMARY = "summary.csv"
STUDY_COPY = "study"
FIGURES = "figures"
_OURS = (STORE, SUMMARY, MANIFEST, STUDY_COPY, FIGURES)


def write_results(
    ds: xr.Dataset,
    source: Study | Model,
    folder: Path,
    command: Sequence[str] = (),
    *,
    save: Sequence[str] | None = None,
) -> list[Path]:
    """Write ``results.zarr``, ``summary.csv``, ``manifest.json`` and a copy of the study.

    Everything is written beside the folder and moved into its place at the end. Files in the
    folder that are no results stay.

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
        StudyError: The folder holds something else than results.
        OSError: The disk is full or the folder cannot be written.
    """
    check_target(folder)
    with replaced(folder) as new:
        _write_zarr(ds if save is None else ds[list(save)], new / STORE)
        if isinstance(source, Model):
            columns = {name: name for name in ("variable", "units", "start", "end")}
            _write_summary(stock_summary(ds), columns, new / SUMMARY)
            _copy_source(Path(source.path), new / STUDY_COPY)
        else:
            columns = {field.name: field.name for field in fields(SummaryRow)}
            columns["difference"] = f"difference_from_{source.reference}"
            _write_summary(study_summary(ds, source), columns, new / SUMMARY)
            _copy_source(source.folder, new / STUDY_COPY)
        text = json.dumps(_manifest(ds, source.name, command, new), indent=2, ensure_ascii=False)
        (new / MANIFEST).write_text(text + "\n", encoding="utf-8")
    return [folder / name for name in (STORE, SUMMARY, MANIFEST)]


def read_results(folder: Path) -> xr.Dataset:
    """Read the dataset of a results folder into memory.

    Raises:
        StudyError: The folder holds no results.
        RunError: The results cannot be read.
    """
    import xarray as xr

    if not (folder / MANIFEST).is_file():
        what = "holds no results" if folder.is_dir() else "there is no such folder"
        raise StudyError(what, where=str(folder), fix="name a folder that `flatgov run` wrote")
    try:
        with xr.open_zarr(folder / STORE) as stored:
            ds: xr.Dataset = stored.load()
    except Exception as error:
        reason = " ".join(str(error).split())
        raise RunError(f"cannot be read: {reason}", where=str(folder / STORE)) from None
    ds = ds.rename({name: _unescaped(str(name)) for name in ds.variables if "%" in str(name)})
    for name, coordinate in ds.coords.items():
        if coordinate.dtype.kind in "OT":
            text = np.array(coordinate.values.tolist(), dtype=str)
            ds = ds.assign_coords({name: (coordinate.dims, text)})
        elif coordinate.dtype.kind == "M":
            ds = ds.assign_coords({name: coordinate.astype("datetime64[s]")})
    return ds


def check_target(folder: Path) -> None:
    """Refuse to replace a folder that holds something else than results.

    Raises:
        StudyError: It is a file, or a folder with other things and no manifest.
    """
    if folder.exists() and not folder.is_dir():
        raise StudyError(
            "is a file, and results need a folder", where=str(folder), fix="choose another --out"
        )
    if folder.is_dir() and any(folder.iterdir()) and not (folder / MANIFEST).is_file():
        raise StudyError(
            "the folder is not empty and holds no results of flatgov",
            where=str(folder),
            fix="choose another --out",
        )


@contextmanager
def replaced(folder: Path) -> Iterator[Path]:
    """Give a new folder that takes the place of `folder` when the block ends without an error.

    Args:
        folder: May exist; what it holds beside results is kept.

    Yields:
        An empty folder beside it.
    """
    target = folder.resolve()
    target.parent.mkdir(parents=True, exist_ok=True)
    new = target.parent / f".{target.name}.new-{os.getpid()}"
    old = target.parent / f".{target.name}.old-{os.getpid()}"
    new.mkdir()
    try:
        yield new
        if target.exists():
            os.rename(target, old)
        os.rename(new, target)
        if old.exists():
            for path in old.iterdir():
                if path.name not in _OURS:
                    os.rename(path, target / path.name)
            shutil.rmtree(old)
    finally:
        shutil.rmtree(new, ignore_errors=True)


@contextmanager
def merged_into(folder: Path) -> Iterator[Path]:
    """Give a new folder whose files replace those of `folder` when the block ends without an error.

    Args:
        folder: Made if missing; its other files stay.

    Yields:
        An empty folder beside it.
    """
    target = folder.resolve()
    target.parent.mkdir(parents=True, exist_ok=True)
    new = target.parent / f".{target.name}.new-{os.getpid()}"
    new.mkdir()
    try:
        yield new
        target.mkdir(exist_ok=True)
        for path in new.iterdir():
            os.replace(path, target / path.name)
    finally:
        shutil.rmtree(new, ignore_errors=True)


def source_of(folder: Path) -> Path:
    """Give the copy of the study, or of the bare model, that results were made from."""
    copy = folder / STUDY_COPY
    return copy if (copy / "policies.toml").exists() else find_model_file(copy)


def members_folder(folder: Path) -> Path:
    """Give the folder that keeps the finished members of a run until its results are written."""
    target = folder.resolve()
    return target.parent / f".{target.name}.members"


def _write_zarr(ds: xr.Dataset, path: Path) -> None:
    # Text of variable length: Zarr has no standard for fixed lengths.
    texts = {name: c.astype(object) for name, c in ds.coords.items() if c.dtype.kind == "U"}
    ds = ds.assign_coords(texts).rename({name: _escaped(str(name)) for name in ds.data_vars})
    with warnings.catch_warnings():
        # Readers look for consolidated metadata first; Zarr warns that its standard lacks them.
        warnings.filterwarnings("ignore", message="Consolidated metadata")
        ds.to_zarr(path, zarr_format=3, consolidated=True, mode="w")


def _escaped(name: str) -> str:
    """Write a variable name as the name of a folder: a slash would make a folder in a folder."""
    return name.replace("%", "%25").replace("/", "%2F")


def _unescaped(name: str) -> str:
    return name.replace("%2F", "/").replace("%25", "%")


def _write_summary(rows: Sequence[SummaryRow], columns: Mapping[str, str], path: Path) -> None:
    """Write the fields of rows as CSV, each under its column name; what does not exist is empty."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns.values())
        for row in rows:
            cells = [getattr(row, field) for field in columns]
            # NaN is the one value that differs from itself.
            writer.writerow(["" if cell != cell else cell for cell in cells])


def _copy_source(source: Path, target: Path) -> None:
    """Copy the files of a study, or a model file, so that results can be read by themselves."""
    target.mkdir()
    for path in sorted(source.iterdir()) if source.is_dir() else [source]:
        if path.is_file() and not path.name.startswith("."):
            shutil.copyfile(path, target / path.name)


def _manifest(ds: xr.Dataset, name: str, command: Sequence[str], folder: Path) -> dict[str, Any]:
    packages = ("numpy", "pandas", "pysd", "xarray", "zarr")
    return {
        "name": name,
        "command": list(command),
        "created_at": ds.attrs["created_at"],
        "model_hash": ds.attrs["model_hash"],
        "study_hash": ds.attrs.get("study_hash"),
        "engine": ds.attrs["engine"],
        "seed": ds.attrs.get("seed", 0),
        "policies": labels(ds, "policy"),
        "scenarios": labels(ds, "scenario"),
        "failed": json.loads(ds.attrs.get("failed", "[]")),
        "versions": {
            "flatgov": __version__,
            "python": platform.python_version(),
            **{package: version(package) for package in packages},
        },
        "sha256": {path.name: content_hash(path) for path in sorted(folder.iterdir())},
    }


def content_hash(path: Path) -> str:
    """Hash a file, or a folder by the names and contents of all files in it."""
    if path.is_file():
        return hashlib.sha256(path.read_bytes()).hexdigest()
    tree = [
        (file.relative_to(path).as_posix(), content_hash(file))
        for file in sorted(path.rglob("*"))
        if file.is_file()
    ]
    return hashlib.sha256(json.dumps(tree, ensure_ascii=False).encode()).hexdigest()
