import csv
import errno
import hashlib
import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import flatgov as fg
from flatgov.run.folders import merged_into
from flatgov.run.manifest import content_hash
from flatgov.run.store import (
    check_folder,
    check_target,
    read_results,
    read_source,
    write_results,
)


@pytest.fixture
def study(write_study):
    return fg.open_study(write_study())


@pytest.fixture
def ds(study):
    """Made-up results: the value of a variable is its place in the model plus time."""
    times = np.arange(25.0)
    variables = {
        name: (
            ("policy", "time"),
            np.stack([place + factor * times for factor in (0, 1, 2)]),
            {"units": variable.units, "kind": variable.kind},
        )
        for place, (name, variable) in enumerate(study.model.variables.items())
    }
    coords = {
        "policy": ["now", "hire", "both"],
        "time": times,
        "scenario": "calm",
        "date": ("time", study.calendar.dates(times)),
    }
    attrs = {"created_at": "2026-01-01T00:00:00+00:00", "model_hash": "m", "engine": "pysd"}
    return xr.Dataset(variables, coords, attrs)


def read_summary(folder):
    text = (folder / "summary.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def test_what_is_written_is_read_back(ds, study, tmp_path):
    ds = ds.rename({"leaving": "leaving/100 %", "stay": "stay%2F"})
    folder = tmp_path / "results" / "office"
    paths = write_results(ds, study, folder)
    assert [path.name for path in paths] == ["results.zarr", "summary.csv", "manifest.json"]
    assert all(path.exists() for path in paths)
    xr.testing.assert_identical(read_results(folder), ds)
    assert read_results(folder)["policy"].dtype.kind == "U"


def test_the_summary(ds, study, tmp_path):
    write_results(ds, study, tmp_path / "out", save=["tasks"])
    rows = read_summary(tmp_path / "out")
    assert list(rows[0].values()) == ["now", "calm", "Staff", "Person", "0.0", "0.0", "0.0", "0.0"]
    assert rows[5] == {
        "policy": "both",
        "scenario": "calm",
        "variable": "load",
        "units": "Task/(Person*Month)",
        "start": "5.0",
        "observed": "17.0",
        "end": "53.0",
        "difference_from_now": "48.0",
    }
    assert len(rows) == 6
    assert list(read_results(tmp_path / "out").data_vars) == ["tasks"]


def test_no_difference_without_the_reference_policy(ds, study, tmp_path):
    write_results(ds.sel(policy=["hire"]), study, tmp_path / "out")
    first = read_summary(tmp_path / "out")[0]
    assert (first["end"], first["difference_from_now"]) == ("24.0", "")


def test_a_row_for_each_element_of_a_subscripted_variable(ds, study, tmp_path):
    staff = ds["Staff"].expand_dims({"place": ["town", "village"]}, -1)
    write_results(ds.assign(Staff=staff * [1, 10]), study, tmp_path / "out")
    rows = read_summary(tmp_path / "out")
    ends = {row["variable"]: row["end"] for row in rows if row["policy"] == "hire"}
    assert ends == {"Staff[town]": "24.0", "Staff[village]": "240.0", "load": "29.0"}


def test_the_manifest(ds, study, tmp_path):
    folder = tmp_path / "out"
    ds.attrs["params"] = '{"stay": 30.0}'
    write_results(ds, study, folder, ["flatgov", "run"])
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["command"] == ["flatgov", "run"]
    assert (manifest["policies"], manifest["scenarios"]) == (["now", "hire", "both"], ["calm"])
    assert {"flatgov", "python", "numpy", "xarray", "pysd", "pandas"} <= set(manifest["versions"])
    assert (manifest["model_hash"], manifest["seed"], manifest["failed"]) == ("m", 0, [])
    assert (manifest["name"], manifest["kind"], manifest["params"]) == (
        "office",
        "study",
        {"stay": 30.0},
    )
    copies = {f"study/{path.name}" for path in study.folder.iterdir()}
    assert set(manifest["sha256"]) == {"results.zarr", "summary.csv"} | copies
    summary = hashlib.sha256((folder / "summary.csv").read_bytes()).hexdigest()
    assert manifest["sha256"]["summary.csv"] == summary
    assert manifest["sha256"]["results.zarr"] == content_hash(folder / "results.zarr")


def test_the_hash_of_a_folder_sees_names_and_contents(tmp_path):
    (tmp_path / "a" / "deep").mkdir(parents=True)
    (tmp_path / "a" / "deep" / "one").write_text("1")
    before = content_hash(tmp_path / "a")
    assert content_hash(tmp_path / "a") == before
    (tmp_path / "a" / "deep" / "one").write_text("2")
    changed = content_hash(tmp_path / "a")
    (tmp_path / "a" / "deep" / "one").rename(tmp_path / "a" / "two")
    renamed = content_hash(tmp_path / "a")
    assert len({before, changed, renamed}) == 3
    (tmp_path / "a" / ".DS_Store").write_text("where the window was")
    assert content_hash(tmp_path / "a") == renamed


def test_results_hold_their_study(ds, study, tmp_path):
    write_results(ds, study, tmp_path / "out")
    copy = read_source(tmp_path / "out")
    assert (copy.hash, copy.name, copy.title) == (study.hash, "office", study.title)


def test_a_study_without_a_title_keeps_its_name_in_results(ds, write_study, tmp_path):
    title = 'title = { en = "A tiny office", zh = "小机关" }\n'
    study = fg.open_study(write_study("bureau", policies=(title, "")))
    write_results(ds, study, tmp_path / "out")
    copy = read_source(tmp_path / "out")
    assert (copy.name, copy.title) == ("bureau", {"en": "bureau", "zh": "bureau"})


def test_results_of_a_bare_model(study, tmp_path):
    write_results(study.model.run(), study.model, tmp_path / "out")
    text = (tmp_path / "out" / "summary.csv").read_text(encoding="utf-8")
    assert text == "variable,units,start,end\nStaff,Person,100.0,100.0\n"
    assert read_source(tmp_path / "out").hash == study.model.hash


def test_old_results_are_replaced_and_other_files_stay(ds, study, tmp_path):
    folder = tmp_path / "out"
    write_results(ds, study, folder)
    mine = [folder / name for name in ("notes.txt", "figures/poster.png", "study/notes.txt")]
    (folder / "figures").mkdir()
    for path in mine:
        path.write_text("mine")
    (study.folder / "evidence.toml").rename(study.folder / "README.md")
    (study.folder / "office.mdl").rename(study.folder / "bureau.mdl")
    write_results(ds[["load"]], study, folder)
    assert list(read_results(folder).data_vars) == ["load"]
    assert [path.read_text() for path in mine] == ["mine"] * 3
    copies = {path.name for path in study.folder.iterdir()}
    assert {path.name for path in (folder / "study").iterdir()} == copies | {"notes.txt"}
    assert list(tmp_path.rglob(".*")) == []


@pytest.mark.parametrize("stuck", ["results.zarr", "manifest.json", "summary.csv"])
def test_results_that_cannot_be_moved_leave_the_old_ones(ds, study, tmp_path, monkeypatch, stuck):
    folder = tmp_path / "out"
    write_results(ds, study, folder)
    rename = os.rename

    def fail(source, goal):
        if source.parent.name == "new" and source.name == stuck:
            raise OSError(errno.EIO, "Input/output error")
        rename(source, goal)

    monkeypatch.setattr(os, "rename", fail)
    with pytest.raises(OSError, match="Input/output error"):
        write_results(ds[["load"]], study, folder)
    xr.testing.assert_identical(read_results(folder), ds)
    assert read_source(folder).hash == study.hash
    assert list(tmp_path.rglob(".*")) == []


def test_old_results_that_cannot_be_moved_back_are_not_deleted(ds, study, tmp_path, monkeypatch):
    folder = tmp_path / "out"
    write_results(ds, study, folder)
    rename, calls = os.rename, []

    def fail(source, goal):
        calls.append(source)
        if len(calls) > 3:
            raise OSError(errno.EIO, "Input/output error")
        rename(source, goal)

    monkeypatch.setattr(os, "rename", fail)
    with pytest.raises(OSError, match="Input/output error"):
        write_results(ds[["load"]], study, folder)
    assert len(list(folder.glob(".flatgov-*/old/*.*"))) == 3
    monkeypatch.undo()
    check_target(folder, study)  # as any later run does first
    xr.testing.assert_identical(read_results(folder), ds)
    assert list(tmp_path.rglob(".*")) == []


def test_what_a_killed_run_left_is_in_nobodys_way(ds, study, tmp_path):
    folder = tmp_path / "out"
    for place in (tmp_path, folder):
        (place / ".flatgov-abc" / "new").mkdir(parents=True)
    write_results(ds, study, folder)
    assert list(folder.glob(".*")) == []
    for name in (".mine", ".flatgov-abc"):
        (folder / name).mkdir()
    write_results(ds, study, folder)
    xr.testing.assert_identical(read_results(folder), ds)
    assert [path.name for path in folder.glob(".*")] == [".mine"]


def test_what_a_run_that_goes_on_has_there_stays(ds, study, tmp_path):
    with merged_into(tmp_path / "out") as new:
        write_results(ds, study, tmp_path / "out")
        (new / "a.png").touch()
    xr.testing.assert_identical(read_results(tmp_path / "out"), ds)
    assert (tmp_path / "out" / "a.png").exists()


@pytest.mark.parametrize(
    "note",
    [
        '{"leaving": [], "coming": ["../mine.txt"], "draws": false}',
        '{"leaving": ["study/../../mine.txt"], "coming": [], "draws": false}',
        '{"leaving": [3], "coming": [], "draws": false}',
        '{"leaving": []',
        "[]",
    ],
)
def test_a_note_of_someone_else_moves_nothing(ds, study, tmp_path, note):
    folder = tmp_path / "out"
    shop = folder / ".flatgov-abc"
    for place in (shop / "old" / "study", shop / "new" / "study"):
        place.mkdir(parents=True)
    (tmp_path / "mine.txt").write_text("mine")
    (shop / "old" / "mine.txt").write_text("other")
    (shop / "moves.json").write_text(note)
    before = {path for path in tmp_path.rglob("*") if path.name != "lock"}
    write_results(ds, study, folder)
    assert before <= set(tmp_path.rglob("*"))
    assert (tmp_path / "mine.txt").read_text() == "mine"


def test_results_can_go_to_the_current_folder(ds, study, tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    for _ in range(2):
        write_results(ds, study, Path())
    assert Path("manifest.json").samefile(tmp_path / "here" / "manifest.json")


def test_a_folder_of_something_else_is_left_alone(ds, study, tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(fg.StudyError) as caught:
        write_results(ds, study, tmp_path)
    assert str(caught.value) == (
        f"{tmp_path}: the folder is not empty and holds no results of flatgov; choose another --out"
    )


@pytest.mark.parametrize(
    "manifest",
    [
        '{"name": "A web app", "icons": []}',
        '{"model_hash": "m", "versions": {"npm": "1"}}',
        '{"model_hash": "m", "versions": 3}',
        "[]",
        "{",
    ],
)
def test_a_folder_with_a_manifest_of_some_other_program(ds, study, tmp_path, manifest):
    app = tmp_path / "app"
    (app / "study").mkdir(parents=True)
    (app / "manifest.json").write_text(manifest)
    with pytest.raises(fg.StudyError, match="is not empty and holds no results of flatgov"):
        write_results(ds, study, app)
    with pytest.raises(fg.StudyError, match="app: holds no results"):
        read_results(app)
    assert (app / "manifest.json").read_text() == manifest


def test_results_of_a_model_and_of_a_study_do_not_replace_each_other(ds, study, tmp_path):
    write_results(ds, study, tmp_path / "a")
    write_results(study.model.run(), study.model, tmp_path / "b")
    with pytest.raises(fg.StudyError) as caught:
        write_results(study.model.run(), study.model, tmp_path / "a")
    assert str(caught.value) == (
        f"{tmp_path / 'a'}: the folder holds results of a study, and this is a model; "
        "choose another --out"
    )
    with pytest.raises(fg.StudyError, match="holds results of a model, and this is a study"):
        write_results(ds, study, tmp_path / "b")
    xr.testing.assert_identical(read_results(tmp_path / "a"), ds)


def test_a_folder_that_can_be_made_is_not_made_yet(tmp_path):
    check_folder(tmp_path / "a" / "b", "figures", "")
    assert list(tmp_path.iterdir()) == []


def test_a_file_above_the_folder(tmp_path):
    (tmp_path / "thesis.txt").touch()
    with pytest.raises(fg.StudyError) as caught:
        check_folder(tmp_path / "thesis.txt" / "b", "figures", "choose another --figures")
    assert str(caught.value) == (
        f"{tmp_path / 'thesis.txt'}: is a file, and figures need a folder; choose another --figures"
    )


@pytest.mark.skipif(
    not os.path.isdir("/proc/self"), reason="there is no /proc, the folder that nobody can write in"
)
def test_a_folder_that_cannot_be_written():
    with pytest.raises(fg.StudyError, match=r"^/proc/a/b: cannot be written: .*; choose another$"):
        check_folder(Path("/proc/a/b"), "figures", "choose another")


def test_a_file_in_the_place_of_the_folder(ds, study, tmp_path):
    (tmp_path / "out").touch()
    with pytest.raises(fg.StudyError, match="is a file, and results need a folder"):
        write_results(ds, study, tmp_path / "out")


def test_a_full_disk_leaves_the_old_results(ds, study, tmp_path, monkeypatch):
    folder = tmp_path / "out"
    write_results(ds, study, folder)
    before = (folder / "manifest.json").read_bytes()

    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("flatgov.run.store._write_summary", full)
    with pytest.raises(OSError, match="No space left"):
        write_results(ds[["load"]], study, folder)
    assert (folder / "manifest.json").read_bytes() == before
    xr.testing.assert_identical(read_results(folder), ds)
    assert list(tmp_path.glob(".*")) == []


def test_reading_what_is_not_there(tmp_path):
    with pytest.raises(fg.StudyError, match="holds no results; name a folder that `flatgov run`"):
        read_results(tmp_path)
    with pytest.raises(fg.StudyError, match="there is no such folder"):
        read_results(tmp_path / "no")


def test_changed_results(ds, study, tmp_path):
    write_results(ds, study, tmp_path / "out")
    store = tmp_path / "out" / "results.zarr"
    shutil.rmtree(store / "load")
    with pytest.raises(fg.errors.RunError) as caught:
        read_results(tmp_path / "out")
    assert str(caught.value) == (
        f"{store}: is not as flatgov wrote it, so it was changed or damaged; run again"
    )
    shutil.rmtree(store)
    with pytest.raises(fg.errors.RunError, match="was changed or damaged"):
        read_results(tmp_path / "out")


def test_broken_results(ds, study, tmp_path):
    write_results(ds, study, tmp_path / "out")
    (tmp_path / "out" / "results.zarr" / "zarr.json").write_text("{")
    manifest = tmp_path / "out" / "manifest.json"
    content = json.loads(manifest.read_text(encoding="utf-8"))
    content["sha256"]["results.zarr"] = content_hash(tmp_path / "out" / "results.zarr")
    manifest.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(fg.RunError, match=r"results\.zarr: cannot be read"):
        read_results(tmp_path / "out")
