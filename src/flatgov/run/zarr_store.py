"""A dataset → a Zarr store of hundreds of small arrays, in tenths of a second.

xarray writes one array after the other, each in several steps that wait for one another. Here
xarray writes the coordinates, in its own conventions, and Zarr all data variables at once, in
memory; the files are written at the end.
"""

from __future__ import annotations

import asyncio
import math
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import xarray as xr


def write_zarr(ds: xr.Dataset, path: Path) -> None:
    """Write a dataset of float64 variables whose names are names of folders.

    Args:
        ds: The dataset.
        path: Made; it must not exist.
    """
    import zarr
    from zarr.core.sync import sync
    from zarr.storage import MemoryStore

    content: dict[str, Any] = {}
    store = MemoryStore(content)
    with warnings.catch_warnings():
        # Readers look for consolidated metadata first; Zarr warns that its standard lacks them.
        warnings.filterwarnings("ignore", message="Consolidated metadata")
        ds.drop_vars(ds.data_vars).to_zarr(store, zarr_format=3, consolidated=False, mode="w")
        sync(_write_variables(ds, store))
        zarr.consolidate_metadata(store, zarr_format=3)
    made = set()
    for key, value in content.items():
        file = path / key
        if file.parent not in made:
            file.parent.mkdir(parents=True, exist_ok=True)
            made.add(file.parent)
        file.write_bytes(value.to_bytes())


async def _write_variables(ds: xr.Dataset, store: Any) -> None:
    from zarr.api.asynchronous import open_group

    group = await open_group(store, mode="r+", zarr_format=3)

    async def write(name: str, variable: xr.DataArray) -> None:
        array = await group.create_array(
            name,
            shape=variable.shape,
            chunks=tuple(max(length, 1) for length in variable.shape),
            dtype=variable.dtype,
            fill_value=math.nan,
            attributes=dict(variable.attrs),
            dimension_names=[str(name) for name in variable.dims],
        )
        await array.setitem((slice(None),) * variable.ndim, variable.values)

    await asyncio.gather(*(write(str(name), one) for name, one in ds.data_vars.items()))
