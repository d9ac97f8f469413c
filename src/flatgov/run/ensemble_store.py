"""An ensemble on disk: a Zarr store that is described first and filled block by block.

All policies and scenarios of a block of draws stand in one chunk of each array, so that a block
is a handful of files that no other block touches. A block counts from the moment on which its
marker is there, which is written last.
"""

from __future__ import annotations

import hashlib
import json
import math
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from flatgov.errors import RunError
from flatgov.model import Model
from flatgov.run.ensemble import Block, Job, Layout, element_shape
from flatgov.run.file_names import to_file_name
from flatgov.run.grid import count_points
from flatgov.run.manifest import STORE, withdraw
from flatgov.run.markers import ChunkedArray, chunked_arrays, is_whole, marked_files, write_marker
from flatgov.run.place import (
    Place,
    file_sizes,
    in_one_line,
    join,
    put_folder,
    read_bytes,
    remove,
    remove_parts,
    write_bytes,
)
from flatgov.run.resume import (
    MARKERS,
    RUN,
    check_same,
    fingerprint,
    is_begun,
    run_mark,
    write_fingerprint,
)
from flatgov.run.trouble import OK, named_variables, reason_texts
from flatgov.run.zarr_store import StoredArray, describe_zarr, encode_chunk, with_own_names

if TYPE_CHECKING:
    import xarray as xr

    from flatgov.study.study import Study

SAMPLE, STATUS = "sample", "status"
# Of a failed member: its variable, by its place in the model, and the time in model time.
WHAT, WHEN = "reason_variable", "reason_time"

_BLOCK_BYTES = 1 << 24
_SMALLEST, _LARGEST = 16, 4096
_EXTRA = (STATUS, WHAT, WHEN, SAMPLE)
_NEVER = 255  # The status of a member that no block has written: none that a member can have.
_FILLS = {STATUS: _NEVER, WHAT: -1}
GO_ON = "use --resume to go on"


def block_size(model: Model, save: Sequence[str], members: int, draws: int) -> int:
    """Choose the number of draws of a block.

    It follows from what is saved and not from the machine, so that the files of a run are the same
    everywhere. A block has about 16 MB; where there are fewer draws, about an eighth of them, so
    that several cores have something to do.

    Args:
        model: The model.
        save: The variables that are kept.
        members: The number of policies times that of scenarios.
        draws: The number of draws.

    Returns:
        A power of two from 16 to 4096.
    """
    elements = sum(math.prod(element_shape(model, name)) for name in save)
    draw_bytes = 8 * members * count_points(model.time, model.time.saveper) * elements
    fitting = 1 << max(_BLOCK_BYTES // draw_bytes, 1).bit_length() - 1
    share = 1 << (draws // 8).bit_length()
    return max(_SMALLEST, min(fitting, share, _LARGEST))


def begin(
    place: Place,
    job: Job,
    layout: Layout,
    study: Study,
    attrs: Mapping[str, object],
    *,
    resume: bool,
) -> set[int]:
    """Make the folder of a run ready for blocks.

    Args:
        place: The folder of the run; made if missing. See `working_folder`.
        job: What is simulated.
        layout: Of the members and blocks.
        study: The study, for the calendar.
        attrs: Attributes of the dataset, besides those that every dataset has.
        resume: Whether the blocks of a run that was interrupted stay.

    Returns:
        The numbers of the blocks that need not be simulated.

    Raises:
        ModelError: A variable has the name of a dimension or coordinate.
        StudyError: The interrupted run was another one; nothing is deleted.
        RunError: There is no room, or the place cannot be written.
    """
    with in_one_line(place, GO_ON):
        if resume and is_begun(place):
            check_same(place, fingerprint(job, layout, study.hash))
            remove_parts(place)
        else:
            if not isinstance(place, Path):
                withdraw(place)
            # First what says that there is a run, so that what is half deleted is none.
            for name in (RUN, MARKERS, STORE):
                remove(join(place, name))
        create(place, job, layout, study, attrs)
        done = finished(place, layout) if resume else set()
        for name in file_sizes(join(place, MARKERS)).keys() - {str(number) for number in done}:
            remove(join(place, MARKERS, name))  # Its hashes are nobody's.
        return done


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
    with in_one_line(place, GO_ON), tempfile.TemporaryDirectory() as folder:
        new = Path(folder) / STORE
        describe_zarr(ds, arrays, [name for name in _EXTRA if name in arrays], new)
        put_folder(new, join(place, STORE))
        write_fingerprint(place, fingerprint(job, layout, study.hash))


def write_block(place: Place, layout: Layout, block: Block, mark: str) -> None:
    """Write the chunks of a block, and its marker last.

    Several workers may write at once, even the same block.

    Args:
        place: The folder of the run, as `create` made it.
        layout: Of the members and blocks.
        block: Draws that are a block of the layout.
        mark: Of the run; see `run_mark`.

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
        path = ChunkedArray(name, array.ndim, axis).path(number)
        data = encode_chunk(array, axis, layout.block, _FILLS.get(name, math.nan))
        write_bytes(join(place, STORE, path), data)
        files[path] = (len(data), hashlib.sha256(data).hexdigest())

    with in_one_line(place, GO_ON):
        require_run(place, mark)
        for name, array in members.items():
            whole = array[list(layout.plan_of)].reshape(*shape, *array.shape[1:])
            keep(name, whole, len(shape))
        if block.sample.shape[1]:
            keep(SAMPLE, block.sample, 0)
        write_marker(place, mark, number, files)


def finished(place: Place, layout: Layout) -> set[int]:
    """Give the numbers of the blocks that are complete.

    Args:
        place: The folder of the run.
        layout: Of the members and blocks.

    Returns:
        Blocks with a marker of this run that lists every file of the block, and no other; these
        have the sizes that it tells, and on this machine the content: reading it back costs a
        second a GB here, but a transfer from an address.
    """
    sizes = file_sizes(join(place, STORE))
    marked = file_sizes(join(place, MARKERS)).keys()
    numbers = [n for n in range(len(layout.blocks())) if str(n) in marked]
    arrays = chunked_arrays(place) if numbers else []
    mark = run_mark(place)

    def check(number: int) -> bool:
        return is_whole(place, mark, number, {array.path(number) for array in arrays}, sizes)

    with ThreadPoolExecutor() as pool:
        whole = list(pool.map(check, numbers))
    return {number for number, one in zip(numbers, whole, strict=True) if one}


def add_attributes(place: Place, attrs: Mapping[str, object]) -> None:
    """Add attributes to the dataset of a run, such as what is known at its end only."""
    path = join(place, STORE, "zarr.json")
    group = json.loads(read_bytes(path))
    group["attributes"] |= attrs
    with in_one_line(place, GO_ON):
        write_bytes(path, json.dumps(group).encode())


def open_ensemble(store: Place) -> xr.Dataset:
    """Open an ensemble as `Study.run` gives it, but with values that are read when they are used.

    Args:
        store: The Zarr store, complete or not: what is missing reads as NaN, with a status that
            no member has.

    Returns:
        A dataset of Dask arrays, a chunk for each block; coordinates are in memory.
    """
    import xarray as xr

    ds = with_own_names(xr.open_zarr(str(store), chunks={}))
    named = json.loads(ds[WHAT].attrs["variables"])
    status, what, when = (ds[name].values for name in (STATUS, WHAT, WHEN))
    if "factor" not in ds.coords:
        ds = ds.assign_coords(factor=np.empty(0, "U1"))
        ds = ds.assign_coords({SAMPLE: (("draw", "factor"), np.empty((ds.sizes["draw"], 0)))})
    texts = reason_texts(named, np.where(status == _NEVER, OK, status), what, when)
    return ds.assign_coords(
        {
            "reason": (ds[STATUS].dims, texts),
            **{name: ds[name].compute() for name in (STATUS, SAMPLE)},
        }
    ).drop_vars([WHAT, WHEN])


def check_complete(draws: xr.Dataset, store: Place) -> None:
    """Refuse an ensemble some of whose draws were never written.

    Args:
        draws: As `open_ensemble` gives it.
        store: Where it lies, for the message.

    Raises:
        RunError: A member has the status that no block has written.
    """
    never = draws[STATUS] == _NEVER
    missing = int(never.any([dim for dim in never.dims if dim != "draw"]).sum())
    if missing:
        raise RunError(
            f"{missing:,} of {draws.sizes['draw']:,} draws are missing",
            where=str(store),
            fix="use --resume to simulate them",
        )


def discard(place: Place) -> None:
    """Delete what a run kept to be resumed; its results stay where they are at an address."""
    if isinstance(place, Path):
        shutil.rmtree(place, ignore_errors=True)
    else:
        for name in (RUN, MARKERS):
            remove(join(place, name))


def chunk_hashes(place: Place) -> dict[str, str]:
    """Give the SHA-256 of every chunk of the finished blocks, by its path in the store."""
    return {
        path: digest
        for number in file_sizes(join(place, MARKERS))
        for path, (_, digest) in marked_files(place, number).items()
    }


def require_run(place: Place, mark: str) -> None:
    """Refuse to write where the run is not.

    A worker on another machine may not see its folder; one that was left over by a run that was
    killed may find another run there.

    Raises:
        RunError: There is no run, or another one.
    """
    found = run_mark(place)
    if found == mark:
        return
    raise RunError(
        "another run has begun here" if found else "there is no such run here",
        where=str(place),
        fix="" if found else "give --out an address that all workers can reach",
    )


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
