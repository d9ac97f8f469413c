"""Datasets of any kind are read back as they were written."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from flatgov.run.zarr_store import write_zarr

NUMBERS = np.arange(6.0).reshape(2, 3) - 2.5
DIMS = ("policy", "time")


def written(ds: xr.Dataset, folder: Path) -> xr.Dataset:
    write_zarr(ds, folder / "some.zarr")
    return xr.open_zarr(folder / "some.zarr").load()


@pytest.mark.parametrize("first", ["number", "whole", "text"])
def test_each_type_is_kept(tmp_path: Path, first: str) -> None:
    arrays = {
        "number": NUMBERS,
        "other": NUMBERS * np.nan,
        "whole": NUMBERS.astype(np.int64) + 2**60 + 1,  # no float64
        "small": NUMBERS.astype(np.float32) / 3,
        "flag": NUMBERS > 0,
        "status": np.abs(NUMBERS).astype(np.uint8),
        "text": NUMBERS.astype(str).astype(object),
        "date": np.datetime64("2020-01-01", "ns") + NUMBERS.astype("timedelta64[D]"),
        "swapped": NUMBERS.astype(">f8"),
    }
    order = [first, *(name for name in arrays if name != first)]
    ds = xr.Dataset({name: (DIMS, arrays[name], {"long_name": name}) for name in order})
    found = written(ds, tmp_path)
    for name, array in arrays.items():
        np.testing.assert_array_equal(found[name].values, array)
        assert found[name].attrs == {"long_name": name}
        assert name == "text" or found[name].dtype == array.dtype.newbyteorder("=")


@pytest.mark.parametrize("way", ["plain", "lazy", "read before"])
def test_large_arrays_are_one_chunk(tmp_path: Path, way: str) -> None:
    numbers = np.random.default_rng(1).random((1200, 900))  # Zarr would cut them.
    ds = xr.Dataset({name: (DIMS, place + numbers) for place, name in enumerate("abc")})
    before = ds.copy()
    if way == "lazy":
        ds = ds.chunk(time=400)
    if way == "read before":
        ds["a"].encoding = {"chunks": (100, 100), "scale_factor": 2.0, "dtype": "int16"}
    xr.testing.assert_identical(written(ds, tmp_path), before)
    for name in "abc":
        text = (tmp_path / "some.zarr" / name / "zarr.json").read_text(encoding="utf-8")
        assert json.loads(text)["chunk_grid"]["configuration"]["chunk_shape"] == [1200, 900]


def test_nothing_and_single_numbers(tmp_path: Path) -> None:
    ds = xr.Dataset({"a": (DIMS, np.ones((0, 3))), "b": (DIMS, np.ones((0, 3))), "c": ((), 1.5)})
    xr.testing.assert_identical(written(ds, tmp_path), ds)
