"""An ensemble on disk: what is written is read back, and a block is complete or absent."""

from __future__ import annotations

import errno
import resource
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import flatgov as fg
from conftest import FILES
from flatgov.run import place as places
from flatgov.run.ensemble import Job, Layout
from flatgov.run.ensemble_store import (
    add_attributes,
    begin,
    block_size,
    check_complete,
    chunk_hashes,
    discard,
    finished,
    open_ensemble,
    write_block,
)
from flatgov.run.manifest import STORE, content_hash
from flatgov.run.place import Place, file_sizes, join, remove
from flatgov.run.resume import run_mark
from flatgov.study import Study
from flatgov.study.design import Design
from flatgov.study.uncertainty import Uncertainty
from tools.ensembles import (
    ATTRS,
    BY_SCENARIO,
    LAYOUT,
    contents,
    fill,
    make_block,
    make_job,
    put,
)


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    folder = tmp_path_factory.mktemp("study")
    for name, text in FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    return fg.open_study(folder)


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> Job:
    return make_job(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def finished_run(tmp_path_factory: pytest.TempPathFactory, job: Job, study: Study) -> Path:
    folder = tmp_path_factory.mktemp("finished") / "run"
    fill(folder, job, study)
    return folder


@pytest.fixture
def run(tmp_path: Path, finished_run: Path) -> Path:
    """Give a run all of whose blocks are there, to be broken."""
    return shutil.copytree(finished_run, tmp_path / "run")


@pytest.fixture(params=["here", "memory"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    if request.param == "here":
        yield tmp_path / "run"
    else:
        yield "memory://flatgov-tests/run"
        remove("memory://flatgov-tests")


@pytest.mark.parametrize("layout", [LAYOUT, BY_SCENARIO])
def test_what_is_written_is_read_back(place: Place, job: Job, study: Study, layout: Layout) -> None:
    fill(place, job, study, layout)
    assert finished(place, layout) == {0, 1, 2}
    ds = open_ensemble(join(place, STORE))
    blocks = [make_block(job, number, layout) for number in range(3)]
    member = ("policy",) if layout.scenarios is None else ("policy", "scenario")
    shape = (3,) if layout.scenarios is None else (2, 2)
    assert set(ds.data_vars) == set(job.save)
    for name in job.save:
        whole = np.concatenate([block.values[name] for block in blocks], axis=1)
        whole = whole[list(layout.plan_of)].reshape(*shape, *whole.shape[1:])
        np.testing.assert_array_equal(ds[name].values, whole)
        assert ds[name].dtype == np.float64
        assert ds[name].attrs["units"] == job.model.variables[name].units
    assert ds["people"].dims == (*member, "draw", "time", "place")
    status = np.concatenate([block.status for block in blocks], axis=1)[list(layout.plan_of)]
    np.testing.assert_array_equal(ds["status"].values, status.reshape(*shape, 40))
    sample = np.concatenate([block.sample for block in blocks])
    np.testing.assert_array_equal(ds["sample"].values, sample)
    assert ds["factor"].values.tolist() == ["stay", "other"]
    assert ds["draw"].values.tolist() == list(range(40))
    assert ds["date"].values[1] == np.datetime64("2020-02-01")
    assert ds.attrs["draws"] == 40
    if layout.scenarios is None:
        assert ds["scenario"].item() == "calm"
        assert set(ds["reason"].values[[0, 2], 39]) == {
            "'cost per 1/2 year' (line 4) is below its lower limit 0 at time 2.5"
        }
        assert ds["reason"].values[1, 3] == "'people' (line 3) is not a number at time 2.5"
        assert (ds["reason"].values != "").sum() == 3


def test_any_reader_of_zarr_understands_it(finished_run: Path) -> None:
    with xr.open_zarr(finished_run / STORE) as ds:
        assert {"status", "sample", "reason_time", "date"} <= set(ds.coords)
        assert ds["people"].shape == (3, 40, 7, 2)
        assert not ds["people"].isnull().any()


def test_an_ensemble_is_read_as_it_is_used(finished_run: Path) -> None:
    ds = open_ensemble(finished_run / STORE)
    assert ds["people"].chunksizes["draw"] == (16, 16, 8)
    assert all(one.chunks is None for one in ds.coords.values())


def test_a_model_with_random_numbers_only_has_no_factors(
    tmp_path: Path, job: Job, study: Study
) -> None:
    job = replace(job, uncertainty=Uncertainty(()))
    begin(tmp_path / "run", job, LAYOUT, study, ATTRS, resume=False)
    block = replace(make_block(job, 0), sample=np.empty((16, 0)))
    put(tmp_path / "run", LAYOUT, block)
    ds = open_ensemble(tmp_path / "run" / STORE)
    assert (ds["sample"].shape, ds["factor"].shape) == ((40, 0), (0,))
    assert finished(tmp_path / "run", LAYOUT) == {0}


def test_what_is_not_there_yet_is_no_result(tmp_path: Path, job: Job, study: Study) -> None:
    begin(tmp_path / "run", job, LAYOUT, study, ATTRS, resume=False)
    put(tmp_path / "run", LAYOUT, make_block(job, 1))
    ds = open_ensemble(tmp_path / "run" / STORE)
    assert ds["people"].isnull().all(["policy", "time", "place"]).values.tolist() == (
        [True] * 16 + [False] * 16 + [True] * 8
    )
    assert (ds["status"].values[:, :16] == 255).all()
    assert (ds["reason"].values == "").all()


def test_the_order_of_blocks_and_where_they_are_written_change_no_byte(
    finished_run: Path, job: Job, study: Study
) -> None:
    other = "memory://flatgov-tests/other"
    begin(other, job, LAYOUT, study, ATTRS, resume=False)
    with ThreadPoolExecutor(4) as pool:  # Block 1 by three workers at once.
        list(pool.map(lambda n: put(other, LAYOUT, make_block(job, n)), [2, 1, 1, 0, 1]))
    assert contents(other) == contents(finished_run)
    remove(other)


def test_the_hash_of_a_store_needs_no_chunk_read_again(
    finished_run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = content_hash(finished_run / STORE)
    known = chunk_hashes(finished_run)
    read: list[str] = []
    original = places.read_bytes
    monkeypatch.setattr(
        "flatgov.run.manifest.read_bytes", lambda one: (read.append(str(one)), original(one))[1]
    )
    assert content_hash(finished_run / STORE, known) == whole
    assert len(known) == 3 * 6
    assert not any(name in one for one in read for name in known)


def damaged(place: Path, how: str) -> None:
    chunk = place / STORE / "people" / "c.0.1.0.0"
    marker = place / "done" / "1"
    if how == "missing":
        chunk.unlink()
    elif how == "cut off":
        chunk.write_bytes(chunk.read_bytes()[:-1])
    elif how == "changed":
        data = bytearray(chunk.read_bytes())
        data[-1] ^= 1
        chunk.write_bytes(data)
    elif how == "no marker":
        marker.unlink()
    else:
        marker.write_bytes(marker.read_bytes()[: {"empty": 0, "torn": 40}[how]])


@pytest.mark.parametrize("how", ["missing", "cut off", "changed", "no marker", "empty", "torn"])
def test_a_block_is_complete_or_absent(run: Path, job: Job, study: Study, how: str) -> None:
    before = contents(run)
    damaged(run, how)
    assert begin(run, job, LAYOUT, study, ATTRS, resume=True) == {0, 2}
    put(run, LAYOUT, make_block(job, 1))
    assert contents(run) == before


def test_draws_that_were_never_written_are_no_results(place: Place, job: Job, study: Study) -> None:
    begin(place, job, LAYOUT, study, ATTRS, resume=False)
    for number in (0, 2):
        put(place, LAYOUT, make_block(job, number))
    with pytest.raises(fg.RunError) as caught:
        check_complete(open_ensemble(join(place, STORE)), place)
    assert str(caught.value) == (
        f"{place}: 16 of 40 draws are missing; use --resume to simulate them"
    )
    put(place, LAYOUT, make_block(job, 1))
    check_complete(open_ensemble(join(place, STORE)), place)


def test_what_killed_writers_left_is_cleared_away(run: Path, job: Job, study: Study) -> None:
    part = run / STORE / "people" / ".part-123"
    part.write_bytes(b"half")
    before = contents(run)
    assert begin(run, job, LAYOUT, study, ATTRS, resume=True) == {0, 1, 2}
    assert not part.exists()
    assert contents(run) == before


def test_a_new_run_starts_from_nothing(place: Place, job: Job, study: Study) -> None:
    fill(place, job, study)
    assert begin(place, job, LAYOUT, study, ATTRS, resume=False) == set()
    assert not [name for name in file_sizes(place) if "/c.0.0" in name or "done" in name]


def test_blocks_that_no_run_vouches_for_are_not_gone_on_with(
    place: Place, job: Job, study: Study
) -> None:
    fill(place, job, study)
    remove(join(place, "run.json"))  # as when a new run was killed that had begun to clear up
    assert begin(place, job, LAYOUT, study, ATTRS, resume=True) == set()


def test_another_run_does_not_go_on(run: Path, job: Job, study: Study) -> None:
    before = contents(run)
    other = replace(job, design=Design("sobol", 40, 2))
    with pytest.raises(fg.StudyError, match="had seed 1, this one has seed 2; leave out --resume"):
        begin(run, other, LAYOUT, study, ATTRS, resume=True)
    assert contents(run) == before


@pytest.mark.parametrize("after", [0, 3, 6])
def test_a_full_disk_leaves_no_half_block(
    run: Path, job: Job, study: Study, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    whole = contents(run)
    for number in ("1", "2"):
        (run / "done" / number).unlink()
    original, count = Path.write_bytes, 0

    def full(path: Path, data: bytes) -> int:
        nonlocal count
        count += 1
        if count > after:
            original(path, data[:10])
            raise OSError(errno.ENOSPC, "No space left on device")
        return original(path, data)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", full)
        with pytest.raises(fg.RunError) as caught:
            put(run, LAYOUT, make_block(job, 1))
    assert str(caught.value) == (f"{run}: the disk is full; make room and use --resume to go on")
    assert not list(run.rglob(".part-*"))
    assert begin(run, job, LAYOUT, study, ATTRS, resume=True) == {0}
    for number in (1, 2):
        put(run, LAYOUT, make_block(job, number))
    assert contents(run) == whole


def test_a_file_that_may_not_grow(run: Path, job: Job) -> None:
    (run / "done" / "0").unlink()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
    try:
        with pytest.raises(fg.RunError) as caught:
            put(run, LAYOUT, make_block(job, 0))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert str(caught.value) == f"{run}: cannot be written: File too large; use --resume to go on"
    assert finished(run, LAYOUT) == {1, 2}
    assert not list(run.rglob(".part-*"))


def test_a_worker_that_does_not_see_the_run(place: Place, job: Job) -> None:
    with pytest.raises(fg.RunError) as caught:
        write_block(place, LAYOUT, make_block(job, 0), "a")
    assert str(caught.value) == (
        f"{place}: there is no such run here; give --out an address that all workers can reach"
    )
    assert file_sizes(place) == {}


def test_a_worker_of_an_earlier_run_writes_nothing(run: Path, job: Job, study: Study) -> None:
    mark = run_mark(run)
    other = replace(job, design=Design("sobol", 40, 2))
    begin(run, other, LAYOUT, study, ATTRS, resume=False)
    before = contents(run)
    with pytest.raises(fg.RunError) as caught:
        write_block(run, LAYOUT, make_block(job, 0), mark)
    assert str(caught.value) == f"{run}: another run has begun here"
    assert contents(run) == before


def test_attributes_that_are_known_at_the_end(place: Place, job: Job, study: Study) -> None:
    fill(place, job, study)
    add_attributes(place, {"failed": "[]", "failed_members": 3})
    attrs = open_ensemble(join(place, STORE)).attrs
    assert (attrs["failed_members"], attrs["draws"]) == (3, 40)


def test_what_is_kept_to_resume_goes_at_the_end(place: Place, job: Job, study: Study) -> None:
    fill(place, job, study)
    discard(place)
    left = {name.partition("/")[0] for name in file_sizes(place)}
    assert left == (set() if isinstance(place, Path) else {STORE})


def test_a_variable_with_the_name_of_a_coordinate(
    write_study: Callable[..., Path], tmp_path: Path, job: Job
) -> None:
    folder = write_study()
    mdl = folder / "office.mdl"
    mdl.write_text(
        mdl.read_text(encoding="utf-8").replace("INITIAL TIME", "status = 1 ~~|\nINITIAL TIME"),
        encoding="utf-8",
    )
    study = fg.open_study(folder)
    clashing = replace(job, model=study.model, save=("status",))
    with pytest.raises(fg.ModelError, match="'status' is also the name of a dimension or coord"):
        begin(tmp_path / "run", clashing, LAYOUT, study, ATTRS, resume=False)


@pytest.mark.parametrize(
    ("members", "draws", "block"),
    [(1, 100, 16), (1, 10_000, 2048), (1, 10**6, 4096), (12, 10**5, 4096), (10**4, 10**5, 16)],
)
def test_the_size_of_a_block(job: Job, members: int, draws: int, block: int) -> None:
    # A draw of one member has 7 points of 3 numbers: 168 bytes.
    assert block_size(job.model, job.save, members, draws) == block
