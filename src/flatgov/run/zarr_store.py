"""A dataset → a Zarr store of hundreds of small arrays, in tenths of a second.

Zarr takes milliseconds to describe an array, and the arrays of a study differ in name, attributes
and values only. So xarray writes the coordinates and one array of each shape, in its own
conventions; the others are written after its pattern.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numcodecs import Zstd

from flatgov.run.file_names import from_file_name, is_shortened, to_file_name

if TYPE_CHECKING:
    import xarray as xr

LEVEL = 0  # of Zstandard: its own default
NAME = "name"  # the attribute of a variable whose name is too long for the disk
# A chunk lies beside the description of its array, and not in folders of its own.
_KEYS = {"name": "default", "separator": "."}


def with_file_names(ds: xr.Dataset) -> xr.Dataset:
    """Name everything in a dataset so that it can be a folder, and make text storable."""
    # Text of variable length: Zarr has no standard for fixed lengths.
    texts = {name: c.astype(object) for name, c in ds.coords.items() if c.dtype.kind == "U"}
    ds = ds.assign_coords(texts)
    files = {str(name): to_file_name(str(name)) for name in ds.variables}
    for name in filter(is_shortened, files):
        ds[name] = ds[name].assign_attrs({NAME: name})
    return ds.rename({name: file for name, file in files.items() if name != file})


def with_own_names(ds: xr.Dataset) -> xr.Dataset:
    """Give variables the names that they had before `with_file_names`."""
    names = {
        file: variable.attrs.pop(NAME, from_file_name(str(file)))
        for file, variable in ds.variables.items()
    }
    return ds.rename({file: name for file, name in names.items() if file != name})


def write_zarr(ds: xr.Dataset, path: Path) -> None:
    """Write a dataset of float64 variables whose names are names of folders.

    Args:
        ds: The dataset.
        path: Made; it must not exist.
    """
    import zarr
    from zarr.codecs import ZstdCodec

    variables = {str(name): ds.variables[name] for name in ds.data_vars}
    # A variable of each set of dimensions.
    patterns = {one.dims: name for name, one in reversed(variables.items())}
    form = {"compressors": (ZstdCodec(level=LEVEL),), "chunk_key_encoding": _KEYS}
    encoding = dict.fromkeys(patterns.values(), form)
    with warnings.catch_warnings():
        # Readers look for consolidated metadata first; Zarr warns that its standard lacks them.
        warnings.filterwarnings("ignore", message="Consolidated metadata")
        first = ds[list(patterns.values())].assign_coords(ds.coords)
        first.to_zarr(path, zarr_format=3, consolidated=False, mode="w", encoding=encoding)
        for dims, pattern in patterns.items():
            description = _description(path / pattern, variables[pattern])
            for name, variable in variables.items():
                if variable.dims == dims and name != pattern:
                    _write_like(description, path / name, variable)
        zarr.consolidate_metadata(str(path), zarr_format=3)


def _description(folder: Path, variable: xr.Variable) -> dict[str, Any]:
    """Read how an array is stored, without the variable's own attributes."""
    description: dict[str, Any] = json.loads((folder / "zarr.json").read_text(encoding="utf-8"))
    attributes = description["attributes"]
    description["attributes"] = {
        key: value for key, value in attributes.items() if key not in variable.attrs
    }
    return description


def _write_like(description: Mapping[str, Any], folder: Path, variable: xr.Variable) -> None:
    """Write an array of one chunk (Zarr 3, section "Default chunk key encoding")."""
    folder.mkdir()
    numbers = np.ascontiguousarray(variable.values, dtype="<f8")
    chunk = folder / ".".join(["c", *"0" * variable.ndim])
    chunk.write_bytes(Zstd(level=LEVEL).encode(numbers))
    attributes = {**variable.attrs, **description["attributes"]}
    text = json.dumps({**description, "attributes": attributes})
    (folder / "zarr.json").write_text(text, encoding="utf-8")
