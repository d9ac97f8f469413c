"""An ensemble on disk: a Zarr store that is described first and filled block by block.

All policies and scenarios of a block of draws stand in one chunk of each array, so that a block
is a handful of files that no other block touches. A block counts from the moment on which its
marker is there, which is written last.
"""

from __future__ import annotations

import hashlib
import json
import math
import tempfile
import warnings
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numcodecs import Zstd
from numpy.typing import NDArray

from flatgov.errors import RunError
from flatgov.model import Model
from flatgov.run.ensemble import Block, Job, Layout, element_shape
from flatgov.run.file_names import is_shortened, to_file_name
from flatgov.run.grid import count_points
from flatgov.run.place import (
    Place,
    file_sizes,
    in_one_line,
    join,
    put_folder,
    read_bytes,
    write_bytes,
)
from flatgov.run.resume import RUN, fingerprint, write_fingerprint
from flatgov.run.zarr_store import LEVEL, NAME, with_file_names

if TYPE_CHECKING:
    import xarray as xr

    from flatgov.study.study import Study

STORE = "results.zarr"
MARKERS = "done"
SAMPLE, STATUS = "sample", "status"
# Of a failed member: its variable, by its place in the model, and the time in model time.
WHAT, WHEN = "reason_variable", "reason_time"

_NEVER = 255  # The status of a member that no block has written: none that a member can have.
_FILLS = {STATUS: _NEVER, WHAT: -1}
_GO_ON = "use --resume to go on"


def create(
    place: Place, job: Job, layout: Layout, study: Study, attrs: Mapping[str, object]
) -> None:
    """Describe the store of an ensemble, and say at last, in ``run.json``, which run it is of.

    Blocks that are there already stay.

    Args:
        place: The folder of the run; made if missing. The store is ``results.zarr`` in it.
        job: What is simulated.
        layout: Of the members and blocks.
        study: The study, for the calendar.
        attrs: Attributes of the dataset, besides those that every dataset has.

    Raises:
        ModelError: A variable has the name of a dimension or coordinate.
        RunError: There is no room, or the place cannot be written.
    """
    ds, arrays = _plan(job, layout, study, attrs)
    with in_one_line(place, _GO_ON), tempfile.TemporaryDirectory() as folder:
        new = Path(folder) / STORE
        describe_zarr(ds, arrays, new)
        put_folder(new, join(place, STORE))
        write_fingerprint(place, fingerprint(job, layout, study.hash))


def write_block(place: Place, layout: Layout, block: Block) -> None:
    """Write the chunks of a block, and its marker last.

    Several workers may write at once, even the same block.

    Args:
        place: The folder of the run, as `create` made it.
        layout: Of the members and blocks.
        block: Draws that are a block of the layout.

    Raises:
        RunError: There is no such run, no room, or the place cannot be written.
    """
    number = block.first // layout.block
    members: dict[str, NDArray[Any]]
    members = {to_file_name(name): array for name, array in block.values.items()}
    members |= {STATUS: block.status, WHAT: block.variable, WHEN: block.time}
    shape = _member_shape(layout)
    files: dict[str, tuple[int, str]] = {}

    def keep(name: str, array: NDArray[Any], axis: int) -> None:
        key = ["c", *("0" * array.ndim)]
        key[1 + axis] = str(number)
        path = f"{name}/{'.'.join(key)}"
        data = encode_chunk(array, axis, layout.block, _FILLS.get(name, math.nan))
        write_bytes(join(place, STORE, path), data)
        files[path] = (len(data), hashlib.sha256(data).hexdigest())

    with in_one_line(place, _GO_ON):
        require_run(place)
        for name, array in members.items():
            whole = array[list(layout.plan_of)].reshape(*shape, *array.shape[1:])
            keep(name, whole, len(shape))
        if block.sample.shape[1]:
            keep(SAMPLE, block.sample, 0)
        marker = json.dumps({"block": number, "files": files}, indent=1)
        write_bytes(join(place, MARKERS, str(number)), marker.encode())


def finished(place: Place, layout: Layout) -> set[int]:
    """Give the numbers of the blocks that are complete.

    Args:
        place: The folder of the run.
        layout: Of the members and blocks.

    Returns:
        Blocks whose files have the sizes that the marker tells, and on this machine the content:
        reading it back costs a second a GB here, but a transfer from an address.
    """
    sizes = file_sizes(join(place, STORE))
    marked = file_sizes(join(place, MARKERS)).keys()
    numbers = [n for n in range(len(layout.blocks())) if str(n) in marked]
    with ThreadPoolExecutor() as pool:
        whole = list(pool.map(lambda number: _is_whole(place, number, sizes), numbers))
    return {number for number, one in zip(numbers, whole, strict=True) if one}


def chunk_hashes(place: Place, layout: Layout) -> dict[str, str]:
    """Give the SHA-256 of every chunk of a finished ensemble, by its path in the store."""
    return {
        path: digest
        for number in range(len(layout.blocks()))
        for path, (_, digest) in _marker(place, number).items()
    }


def _marker(place: Place, number: int) -> dict[str, tuple[int, str]]:
    marker = json.loads(read_bytes(join(place, MARKERS, str(number))))
    return {path: (size, digest) for path, (size, digest) in marker["files"].items()}


def _is_whole(place: Place, number: int, sizes: Mapping[str, int]) -> bool:
    try:
        files = _marker(place, number)
    except (OSError, ValueError, KeyError, TypeError):  # A power cut can leave anything.
        return False
    if any(sizes.get(path) != size for path, (size, _) in files.items()):
        return False
    return not isinstance(place, Path) or all(
        hashlib.sha256((place / STORE / path).read_bytes()).hexdigest() == digest
        for path, (_, digest) in files.items()
    )


def require_run(place: Place) -> None:
    """Refuse to write where the run is not: a worker on another machine may not see its folder."""
    try:
        read_bytes(join(place, RUN))
    except FileNotFoundError:
        raise RunError(
            "there is no such run here",
            where=str(place),
            fix="give --out an address that all workers can reach",
        ) from None


def _member_shape(layout: Layout) -> tuple[int, ...]:
    if layout.scenarios is None:
        return (len(layout.policies),)
    return (len(layout.policies), len(layout.scenarios))


def _plan(
    job: Job, layout: Layout, study: Study, attrs: Mapping[str, object]
) -> tuple[xr.Dataset, dict[str, StoredArray]]:
    """Make the coordinates of an ensemble, and say how its arrays are stored."""
    from flatgov.run.dataset import check_dimensions, make_dataset

    model = job.model
    check_dimensions(
        model,
        [model.variables[name] for name in job.save],
        ["policy", "scenario", "draw", "time", "date", "factor", SAMPLE, STATUS, WHAT, WHEN],
    )
    shape = _member_shape(layout)
    leading: dict[str, Sequence[object]] = {"policy": layout.policies}
    if layout.scenarios is not None:
        leading["scenario"] = layout.scenarios
    points = count_points(model.time, model.time.saveper)
    empty = {name: np.empty((*shape, 0, points, *element_shape(model, name))) for name in job.save}
    ds = make_dataset(model, empty, model.time, "native", {**leading, "draw": []})

    def stored(
        dims: tuple[str, ...], dtype: str, fill: float | str, attributes: Mapping[str, Any]
    ) -> StoredArray:
        sizes = {**ds.sizes, "factor": len(job.uncertainty.factors), "draw": layout.draws}
        whole = tuple(sizes[dim] for dim in dims)
        chunk = tuple(layout.block if dim == "draw" else sizes[dim] for dim in dims)
        return StoredArray(dims, whole, chunk, dtype, fill, attributes)

    arrays = {
        str(name): stored(tuple(map(str, one.dims)), "float64", "NaN", one.attrs)
        for name, one in ds.data_vars.items()
    }
    member = (*leading, "draw")
    arrays[STATUS] = stored(member, "uint8", _NEVER, {})
    arrays[WHAT] = stored(member, "int32", -1, {"variables": json.dumps(named_variables(model))})
    arrays[WHEN] = stored(member, "float64", "NaN", {"units": model.time.units})
    coordinates: dict[str, Any] = {"draw": np.arange(layout.draws)}
    if job.uncertainty.factors:
        coordinates["factor"] = [factor.name for factor in job.uncertainty.factors]
        arrays[SAMPLE] = stored(("draw", "factor"), "float64", "NaN", {})
    if layout.scenario is not None:
        coordinates["scenario"] = layout.scenario
    if study.calendar is not None:
        coordinates["date"] = ("time", study.calendar.dates(ds["time"].values))
    ds = ds.drop_vars(list(ds.data_vars)).drop_vars("draw").assign_coords(coordinates)
    return ds.assign_attrs(attrs), arrays


