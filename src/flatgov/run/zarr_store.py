"""A dataset → a Zarr store of hundreds of arrays, in tenths of a second.

Zarr takes milliseconds to describe an array, and the arrays of a study differ in name, attributes
and values only. So xarray writes the coordinates and one float64 array of each shape, in its own
conventions; the others are written after its pattern. It writes arrays of other types itself.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numcodecs import Zstd
from numpy.typing import NDArray

from flatgov.run.file_names import from_file_name, is_shortened, to_file_name

if TYPE_CHECKING:
    import xarray as xr

_LEVEL = 0  # of Zstandard: its own default
_NAME = "name"  # the attribute of a variable whose name is too long for the disk
# A chunk lies beside the description of its array, and not in folders of its own.
_KEYS = {"name": "default", "separator": "."}


def with_file_names(ds: xr.Dataset) -> xr.Dataset:
    """Name everything in a dataset so that it can be a folder, and make text storable."""
    # Text of variable length: Zarr has no standard for fixed lengths.
    texts = {name: c.astype(object) for name, c in ds.coords.items() if c.dtype.kind == "U"}
    ds = ds.assign_coords(texts)
    files = {str(name): to_file_name(str(name)) for name in ds.variables}
    for name in filter(is_shortened, files):
        ds[name] = ds[name].assign_attrs({_NAME: name})
    return ds.rename({name: file for name, file in files.items() if name != file})


def with_own_names(ds: xr.Dataset) -> xr.Dataset:
    """Undo `with_file_names` in what was read, and give coordinates the types of results."""
    names = {
        file: variable.attrs.pop(_NAME, from_file_name(str(file)))
        for file, variable in ds.variables.items()
    }
    ds = ds.rename({file: name for file, name in names.items() if file != name})
    for name, coordinate in ds.coords.items():
        if coordinate.dtype.kind in "OT":
            text = np.array(coordinate.values.tolist(), dtype=str)
            ds = ds.assign_coords({name: (coordinate.dims, text)})
        elif coordinate.dtype.kind == "M":
            ds = ds.assign_coords({name: coordinate.astype("datetime64[s]").compute()})
    return ds


def write_zarr(ds: xr.Dataset, path: Path) -> None:
    """Write a dataset whose names are names of folders, each array in one chunk.

    Args:
        ds: The dataset, mostly of float64 variables. How they were stored before is of no matter.
        path: Made; it must not exist.
    """
    import zarr
    from zarr.codecs import ZstdCodec

    variables = {str(name): ds.variables[name] for name in ds.data_vars}
    numbers = {name: one for name, one in variables.items() if one.dtype == np.float64}
    # A variable of each set of dimensions.
    patterns = {one.dims: name for name, one in reversed(numbers.items())}
    by_xarray = [name for name in variables if name not in numbers or name in patterns.values()]
    form = {"compressors": (ZstdCodec(level=_LEVEL),), "chunk_key_encoding": _KEYS}
    # Zarr would cut large arrays into chunks.
    encoding = {
        name: {**form, "chunks": tuple(max(size, 1) for size in variables[name].shape)}
        for name in by_xarray
    }
    with warnings.catch_warnings():
        # Readers look for consolidated metadata first; Zarr warns that its standard lacks them.
        warnings.filterwarnings("ignore", message="Consolidated metadata")
        first = ds[by_xarray].drop_encoding().compute().assign_coords(ds.coords)
        first.to_zarr(path, zarr_format=3, consolidated=False, mode="w", encoding=encoding)
        for dims, pattern in patterns.items():
            description = _description(path / pattern, variables[pattern])
            for name, variable in numbers.items():
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
    """Write a float64 array of one chunk (Zarr 3, section "Default chunk key encoding")."""
    folder.mkdir()
    numbers = np.ascontiguousarray(variable.values, dtype="<f8")
    chunk = folder / ".".join(["c", *"0" * variable.ndim])
    chunk.write_bytes(Zstd(level=_LEVEL).encode(numbers))
    attributes = {**variable.attrs, **description["attributes"]}
    text = json.dumps({**description, "attributes": attributes})
    (folder / "zarr.json").write_text(text, encoding="utf-8")


@dataclass(frozen=True)
class StoredArray:
    """How an array is stored whose chunks are written one by one.

    Attributes:
        dims: Its dimensions.
        shape: Its size in each of them.
        chunk: That of a chunk.
        dtype: As Zarr calls it.
        fill: What stands where no chunk is.
        attributes: Of the variable.
    """

    dims: tuple[str, ...]
    shape: tuple[int, ...]
    chunk: tuple[int, ...]
    dtype: str
    fill: float | str
    attributes: Mapping[str, Any]


def describe_zarr(
    ds: xr.Dataset, arrays: Mapping[str, StoredArray], coordinates: Sequence[str], path: Path
) -> None:
    """Write a store with the coordinates and all metadata, but without a chunk of its arrays.

    Args:
        ds: Coordinates and attributes, under their own names.
        arrays: By name.
        coordinates: Those of the arrays that are coordinates.
        path: Made; it must not exist.
    """
    import zarr

    with_file_names(ds).to_zarr(path, zarr_format=3, consolidated=False)
    for name, array in arrays.items():
        folder = path / to_file_name(name)
        folder.mkdir()
        text = json.dumps(_array_metadata(name, array))
        (folder / "zarr.json").write_text(text, encoding="utf-8")
    group = json.loads((path / "zarr.json").read_text(encoding="utf-8"))
    # Where xarray looks for them, and lists those of the dataset.
    listed = [*group["attributes"].get("coordinates", "").split(), *coordinates]
    group["attributes"]["coordinates"] = " ".join(listed)
    (path / "zarr.json").write_text(json.dumps(group), encoding="utf-8")
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Consolidated metadata")
        zarr.consolidate_metadata(str(path), zarr_format=3)


def _array_metadata(name: str, array: StoredArray) -> dict[str, Any]:
    """Describe an array (Zarr 3, section "Array metadata")."""
    own_name = {_NAME: name} if is_shortened(name) else {}
    return {
        "zarr_format": 3,
        "node_type": "array",
        "shape": array.shape,
        "data_type": array.dtype,
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": array.chunk}},
        "chunk_key_encoding": {"name": "default", "configuration": {"separator": "."}},
        "fill_value": array.fill,
        "codecs": [
            {"name": "bytes", "configuration": {"endian": "little"}},
            {"name": "zstd", "configuration": {"level": _LEVEL, "checksum": False}},
        ],
        "attributes": {**array.attributes, **own_name},
        "dimension_names": [to_file_name(dim) for dim in array.dims],
        "storage_transformers": [],
    }


def encode_chunk(array: NDArray[Any], axis: int, length: int, fill: float) -> bytes:
    """Compress a chunk; the last one along an axis is filled up, as Zarr 3 wants it."""
    missing = length - array.shape[axis]
    if missing:
        rest = list(array.shape)
        rest[axis] = missing
        array = np.concatenate([array, np.full(rest, fill, dtype=array.dtype)], axis=axis)
    numbers = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
    return bytes(Zstd(level=_LEVEL).encode(numbers))
