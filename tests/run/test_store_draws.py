"""Results with draws, and results at an address."""

import csv
import errno
import json
import os
import subprocess
import sys

import pytest
import xarray as xr

import flatgov as fg
from flatgov.run.ensemble_disk import run_to_store
from flatgov.run.ensemble_run import make_ensemble
from flatgov.run.manifest import content_hash, withdraw
from flatgov.run.members import choose_members
from flatgov.run.place import file_sizes, join, read_bytes, remove, write_bytes
from flatgov.run.resume import working_folder
from flatgov.run.store import check_target, read_base, read_results, read_source, write_results


@pytest.fixture
def study(write_study):
    return fg.open_study(write_study())


@pytest.fixture
def ds(study):
    return study.run()


def read_summary(folder):
    text = (folder / "summary.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


@pytest.fixture
def office(write_study):
    folder = write_study("office")
    (folder / "uncertainty.toml").write_text(UNCERTAINTY, encoding="utf-8")
    return fg.open_study(folder)


UNCERTAINTY = """\
[parameters.stay]
distribution = "uniform"
low = 10.0
high = 30.0
reason = "Nobody has asked."
"""


@pytest.fixture(params=["here", "memory"])
def out(request, tmp_path):
    if request.param == "here":
        yield tmp_path / "results" / "office"
    else:
        yield "memory://flatgov-tests/results/office"
        remove("memory://flatgov-tests")


def grow(study, folder, draws=40, resume=False):
    """Simulate draws into the folder that they grow in, and give it."""
    chosen = choose_members(study, None, None, save=["Staff", "load"])
    job, layout = make_ensemble(study, chosen, draws, seed=1, save=chosen.save)
    place = working_folder(folder)
    run_to_store(study, chosen, job, layout, place, resume=resume)
    return place


def write_draws(study, folder, draws=40, resume=False):
    place = grow(study, folder, draws, resume)
    return write_results(study.run(), study, folder, ensemble=place)


def undated(ds):
    return ds.assign_attrs(created_at="")


def test_draws_are_written_and_read_back(office, out):
    paths = write_draws(office, out)
    names = ["results.zarr", "base.zarr", "summary.csv", "manifest.json"]
    assert paths == [join(out, name) for name in names]
    read = read_results(out, verify=True)
    expected = office.run(draws=40, seed=1, save=["Staff", "load"])
    assert read["Staff"].chunks is not None
    xr.testing.assert_identical(undated(read.compute()), undated(expected))
    for name, variable in expected.variables.items():
        assert read[name].dtype == variable.dtype
    xr.testing.assert_identical(undated(read_base(out)), undated(office.run()))
    assert read_source(out).hash == office.hash
    left = {name.partition("/")[0] for name in file_sizes(out)}
    assert left == {*names, "study"}


def test_the_manifest_of_draws(office, out):
    write_draws(office, out)
    manifest = json.loads(read_bytes(join(out, "manifest.json")))
    store = join(out, "results.zarr")
    sizes = file_sizes(store)
    expected = {
        "draws": 40,
        "design": "sobol",
        "seed": 1,
        "failed_members": 0,
        "factors": ["stay"],
        "sizes": {"results.zarr": {"files": len(sizes), "bytes": sum(sizes.values())}},
    }
    assert {key: manifest[key] for key in expected} == expected
    assert manifest["sha256"]["results.zarr"] == content_hash(store)
    assert manifest["sha256"]["base.zarr"] == content_hash(join(out, "base.zarr"))


def test_the_summary_of_draws(office, tmp_path):
    write_draws(office, tmp_path / "out")
    row = read_summary(tmp_path / "out")[2]
    draws = read_results(tmp_path / "out")["Staff"].sel(policy="hire").isel(time=-1)
    assert (row["policy"], row["variable"]) == ("hire", "Staff")
    assert float(row["end_median"]) == float(draws.compute().median())
    assert (row["draws"], row["failed"], row["better_than_now"]) == ("40", "0", "")


def test_results_at_an_address(ds, study):
    out = "memory://flatgov-tests/plain"
    write_results(ds, study, out)
    xr.testing.assert_identical(read_results(out), ds)
    write_results(ds[["load"]], study, out)
    assert list(read_results(out).data_vars) == ["load"]
    assert not any("tasks" in name for name in file_sizes(out))
    assert read_source(out).hash == study.hash
    remove(out)


def test_one_kind_of_results_replaces_the_other(office, out):
    write_draws(office, out)
    base = office.run()
    write_results(base, office, out)
    xr.testing.assert_identical(undated(read_results(out)), undated(base))
    assert not any(name.startswith("base.zarr") for name in file_sizes(out))
    write_draws(office, out, 20)
    assert read_results(out).sizes["draw"] == 20


def test_a_file_of_draws_that_is_missing_or_cut_off(office, tmp_path):
    write_draws(office, tmp_path / "out")
    store = tmp_path / "out" / "results.zarr"
    chunk = store / "Staff" / "c.0.1.0"
    data = chunk.read_bytes()
    chunk.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    line = f"{store}: is not as flatgov wrote it, so it was changed or damaged; run again"
    with pytest.raises(fg.RunError) as caught:
        read_results(tmp_path / "out", verify=True)
    assert str(caught.value) == line
    chunk.unlink()
    with pytest.raises(fg.RunError) as caught:
        read_results(tmp_path / "out")
    assert str(caught.value) == line


@pytest.mark.parametrize("stuck", ["results.zarr", "base.zarr", "manifest.json"])
@pytest.mark.parametrize("earlier", [True, False])
def test_draws_that_cannot_be_moved_can_be_moved_later(
    office, tmp_path, monkeypatch, stuck, earlier
):
    folder = tmp_path / "out"
    if earlier:
        write_draws(office, folder, 20)
    place = grow(office, folder)
    rename = os.rename

    def fail(source, goal):
        if (source.name, source.parent.name, goal.parent) == (stuck, "new", folder):
            raise OSError(errno.EIO, "Input/output error")
        rename(source, goal)

    with monkeypatch.context() as patch:
        patch.setattr(os, "rename", fail)
        with pytest.raises(fg.RunError) as caught:
            write_results(office.run(), office, folder, ensemble=place)
    assert str(caught.value) == (
        f"{folder}: cannot be written: Input/output error; use --resume to go on"
    )
    if earlier:
        assert read_results(folder, verify=True).sizes["draw"] == 20
    assert folder.exists() == earlier
    write_results(office.run(), office, folder, ensemble=place)
    assert read_results(folder, verify=True).sizes["draw"] == 40
    assert list(tmp_path.glob(".*")) == []


# Dies before a file of the results is moved.
KILLED = """
import os, sys
import flatgov.figures
from flatgov.cli import main
flatgov.figures.draw_figures = lambda *_, **__: None
rename, left = os.rename, int(sys.argv.pop(1))
def die(source, goal):
    global left
    if left == 0:
        os._exit(9)
    left -= 1
    rename(source, goal)
os.rename = die
main()
"""


def call(moves, *command):
    command = [sys.executable, "-c", KILLED, str(moves), *map(str, command)]
    return subprocess.run(command, check=False, timeout=60, capture_output=True).returncode


def chunks(folder):
    """Give the chunks of a variable, wherever they are: a file that is moved stays the same."""
    return {(path.stat().st_ino, path.stat().st_mtime_ns) for path in folder.rglob("Staff/c.*.?.0")}


@pytest.mark.slow
@pytest.mark.parametrize("moves", [1, 6, 18])
def test_a_run_that_is_killed_while_results_are_moved_goes_on(office, tmp_path, moves):
    folder = tmp_path / "results" / "office"
    old = write_draws(office, folder, 20)
    before = chunks(tmp_path)
    command = ["run", office.folder, "--draws", "40", "--out", folder]
    assert call(moves, *command) == 9
    if not (folder / "manifest.json").exists():
        with pytest.raises(fg.StudyError, match="holds no results"):
            read_results(folder)
    grown = chunks(tmp_path) - before
    assert len(grown) == 3
    assert call(1000, *command, "--resume") == 0
    assert read_results(folder, verify=True).sizes["draw"] == 40
    assert chunks(tmp_path) == grown
    assert not list(folder.parent.rglob(".*"))
    assert all(path.exists() for path in old)


@pytest.mark.parametrize("moves", [1, 9])
def test_draws_are_not_simulated_again_when_they_were_not_moved(
    office, tmp_path, monkeypatch, moves
):
    folder = tmp_path / "out"
    write_draws(office, folder, 20)
    grow(office, folder)
    rename, left = os.rename, [None] * moves

    def die(source, goal):
        if not left:
            raise SystemExit
        left.pop()
        rename(source, goal)

    with monkeypatch.context() as patch:
        patch.setattr(os, "rename", die)
        with pytest.raises(SystemExit):
            write_results(office.run(), office, folder, ensemble=working_folder(folder))
    check_target(folder, office)  # as the command does first
    assert read_results(folder, verify=True).sizes["draw"] == 20

    def refuse(*_, **__):
        raise AssertionError("simulated again")

    monkeypatch.setattr("flatgov.run.ensemble_disk.simulate_block", refuse)
    write_draws(office, folder, resume=True)
    assert read_results(folder, verify=True).sizes["draw"] == 40
    assert list(tmp_path.rglob(".*")) == []


def test_draws_that_are_missing_are_not_published(office, out):
    write_draws(office, out, 20)
    place = grow(office, out)
    remove(join(place, "results.zarr/status/c.0.1"))
    with pytest.raises(fg.RunError) as caught:
        write_results(office.run(), office, out, ensemble=place)
    assert str(caught.value) == (
        f"{place}: 16 of 40 draws are missing; use --resume to simulate them"
    )
    if place != out:
        assert read_results(out, verify=True).sizes["draw"] == 20
    write_draws(office, out, resume=True)
    assert read_results(out, verify=True).sizes["draw"] == 40


def test_an_address_of_something_else_is_left_alone(ds, study):
    out = "memory://flatgov-tests/thesis"
    write_bytes(join(out, "thesis.txt"), b"years of work")
    with pytest.raises(fg.StudyError) as caught:
        write_results(ds, study, out)
    assert str(caught.value) == (
        f"{out}: the folder is not empty and holds no results of flatgov; choose another --out"
    )
    remove(out)


def test_an_address_that_cannot_be_written(ds, study, monkeypatch):
    def refuse(place, data):
        raise PermissionError("Access Denied")

    monkeypatch.setattr("flatgov.run.store.write_bytes", refuse)
    with pytest.raises(fg.StudyError) as caught:
        write_results(ds, study, "memory://flatgov-tests/no")
    assert str(caught.value) == (
        "memory://flatgov-tests/no: cannot be written: Access Denied; choose another --out"
    )


def test_a_manifest_of_someone_else_deletes_nothing_but_results():
    out = "memory://flatgov-tests/odd"
    for name in ("mine.txt", "study/a.toml", "study/b.toml"):
        write_bytes(join(out, name), b"")
    hashes = dict.fromkeys(["mine.txt", "study/a.toml", "study/../mine.txt", "../odd/mine.txt"])
    manifest = {"model_hash": "m", "versions": {"flatgov": "1"}, "sha256": hashes}
    write_bytes(join(out, "manifest.json"), json.dumps(manifest).encode())
    withdraw(out)
    assert set(file_sizes(out)) == {"mine.txt", "study/b.toml"}
    remove(out)
