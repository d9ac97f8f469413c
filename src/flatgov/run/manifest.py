"""The manifest of results: what they are of, what made them, and the hashes of their files."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from flatgov import __version__, limits
from flatgov.errors import StudyError
from flatgov.model import Model
from flatgov.run.place import Place, file_sizes, join, read_bytes, remove
from flatgov.run.summary import labels

if TYPE_CHECKING:
    import xarray as xr

    from flatgov.study.study import Study

MANIFEST = "manifest.json"
STORE = "results.zarr"
BASE = "base.zarr"  # the run without draws, where the results have draws
SUMMARY = "summary.csv"
STUDY_COPY = "study"

_PACKAGES = ("numpy", "pandas", "pysd", "scipy", "xarray", "zarr")


def make_manifest(
    ds: xr.Dataset,
    source: Study | Model,
    command: Sequence[str],
    data: Sequence[str],
    hashes: Mapping[str, str],
) -> dict[str, Any]:
    """Say what results are of.

    Args:
        ds: The run without draws.
        source: The study or the model that was run.
        command: The command line.
        data: The copies of files of data, by their paths in the results.
        hashes: The SHA-256 of what was written, by its path in the results.
    """
    return {
        "name": source.name,
        "kind": kind_of(source),
        "command": list(command),
        "created_at": ds.attrs["created_at"],
        "model_hash": ds.attrs["model_hash"],
        "study_hash": ds.attrs.get("study_hash"),
        "engine": ds.attrs["engine"],
        "seed": ds.attrs.get("seed", 0),
        "policies": labels(ds, "policy"),
        "scenarios": labels(ds, "scenario"),
        "data": list(data),
        "params": json.loads(ds.attrs.get("params", "{}")),
        "failed": json.loads(ds.attrs.get("failed", "[]")),
        "versions": {
            "flatgov": __version__,
            "python": platform.python_version(),
            **{package: version(package) for package in _PACKAGES},
        },
        "sha256": dict(hashes),
    }


def ensemble_entries(draws: xr.Dataset, sizes: Mapping[str, int]) -> dict[str, Any]:
    """Say what the manifest of an ensemble holds besides.

    Args:
        draws: The ensemble.
        sizes: The bytes of each file of its store.
    """
    entries = {key: draws.attrs[key] for key in ("seed", "draws", "design", "failed_members")}
    entries["factors"] = labels(draws, "factor")
    entries["sizes"] = {STORE: {"files": len(sizes), "bytes": sum(sizes.values())}}
    return entries


def kind_of(source: Study | Model) -> str:
    """Name what results are of: a ``model`` or a ``study``."""
    return "model" if isinstance(source, Model) else "study"


def read_manifest(folder: Place) -> dict[str, Any] | None:
    """Read the manifest of results; None if there is none, or one of some other program."""
    place = join(folder, MANIFEST)
    try:
        text = limits.read_file(place) if isinstance(place, Path) else read_bytes(place)
        manifest = json.loads(text)
    except (OSError, ValueError, RecursionError):
        return None
    if not isinstance(manifest, dict) or not isinstance(manifest.get("versions"), dict):
        return None
    return manifest if "model_hash" in manifest and "flatgov" in manifest["versions"] else None


def manifest_of_results(folder: Place) -> dict[str, Any]:
    """Read the manifest of results.

    Raises:
        StudyError: The folder holds no results.
    """
    manifest = read_manifest(folder)
    if manifest is None:
        missing = isinstance(folder, Path) and not folder.is_dir()
        what = "there is no such folder" if missing else "holds no results"
        raise StudyError(what, where=str(folder), fix="name a folder that `flatgov run` wrote")
    for key, kind in _KINDS.items():
        if not isinstance(manifest.get(key, kind()), kind):
            raise _broken(folder, key)
    if "draws" in manifest and not isinstance(manifest.get("sizes"), dict):
        raise _broken(folder, "sizes")
    if not all(isinstance(name, str) and _is_below(name) for name in manifest.get("data", [])):
        raise _broken(folder, "data")
    return manifest


# What is taken from a manifest, which anyone may have written.
_KINDS: Mapping[str, type] = {
    "sha256": dict,
    "sizes": dict,
    "data": list,
    "policies": list,
    "scenarios": list,
    "name": str,
    "kind": str,
}


def _broken(folder: Place, key: str) -> StudyError:
    return StudyError(
        f"'{key}' is not what flatgov writes", where=str(join(folder, MANIFEST)), fix="run again"
    )


def _is_below(name: str) -> bool:
    """Tell whether a path stays in the folder that it starts from."""
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts and "\\" not in name


def is_result(name: object) -> bool:
    """Tell whether flatgov may write something of this name in results, and so delete it.

    Args:
        name: A path in the results, with slashes, as a file says it.
    """
    if not isinstance(name, str):
        return False
    parts = PurePosixPath(name).parts
    copied = parts[:1] == (STUDY_COPY,) and len(parts) > 1 and ".." not in parts
    return copied or name in (MANIFEST, STORE, BASE, SUMMARY)


def withdraw(address: str) -> None:
    """Delete results at an address, the manifest first; what it does not list stays."""
    manifest = read_manifest(address)
    if manifest is None:
        return
    remove(join(address, MANIFEST))
    for name in manifest.get("sha256", {}):
        if is_result(name):  # whatever a manifest says
            remove(join(address, name))


def content_hash(place: Place, known: Mapping[str, str] | None = None) -> str:
    """Hash a file, or a folder by the names and contents of its files.

    Hidden files are left out: file managers put some wherever they go.

    Args:
        place: The file or folder.
        known: Hashes of files in the folder, by their paths in it, which are not read again.
    """
    if isinstance(place, Path) and place.is_file():
        return hashlib.sha256(place.read_bytes()).hexdigest()
    known = known or {}
    tree = [
        (name, known.get(name) or hashlib.sha256(read_bytes(join(place, name))).hexdigest())
        for name in sorted(file_sizes(place), key=PurePosixPath)
    ]
    return hashlib.sha256(json.dumps(tree, ensure_ascii=False).encode()).hexdigest()
