"""The files of an analysis: names, columns, places; all of them or none."""

from __future__ import annotations

import csv
import errno
import json
import math
import os
import uuid
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from flatgov.commands.analysis_files import check_out, question_name, write_analysis
from flatgov.errors import RunError, StudyError
from flatgov.run.place import Place, read_bytes, write_bytes


def write(folder: Path, value: float) -> list[Place]:
    ds = xr.Dataset({"share": ("policy", [value, math.nan])}, {"policy": ["a", "政策"]})
    return write_analysis(folder, "one", ["policy", "share"], [["a", value], ["b", math.nan]], ds)


def test_a_table_and_a_dataset_are_written(tmp_path: Path) -> None:
    paths = write(tmp_path / "new" / "folder", 0.1)
    assert paths == [tmp_path / "new" / "folder" / name for name in ("one.csv", "one.zarr")]
    assert paths[0].read_text(encoding="utf-8") == "policy,share\na,0.1\nb,\n"
    with xr.open_zarr(paths[1]) as stored:
        assert stored["policy"].values.tolist() == ["a", "政策"]
        np.testing.assert_array_equal(stored["share"], [0.1, np.nan])


def test_what_cannot_be_replaced_stays_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, 0.1)
    rename = os.rename

    def failing(source: Path, goal: Path) -> None:
        if goal == tmp_path / "one.zarr" and "old" not in source.name:
            raise OSError("no room")
        rename(source, goal)

    monkeypatch.setattr(os, "rename", failing)
    with pytest.raises(RunError, match="no room; run it again"):
        write(tmp_path, 0.2)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one.csv", "one.zarr"]
    assert "0.1" in (tmp_path / "one.csv").read_text(encoding="utf-8")
    with xr.open_zarr(tmp_path / "one.zarr") as stored:
        assert stored["share"].values[0] == 0.1


def test_a_table_says_what_was_asked(tmp_path: Path) -> None:
    about = {"study": "s", "policy": "a", "against": "", "seed": 3, "draws": 9, "model_hash": "m"}
    ds = xr.Dataset({"share": ("test", [1.0])}, {"scenario": "calm"}, about)
    table, store = write_analysis(tmp_path, "one", ["draws", "share"], [[8, 0.5]], ds)
    assert isinstance(table, Path)
    (row,) = csv.DictReader(table.read_text(encoding="utf-8").splitlines())
    # A column of the table's own stays what it is.
    assert row == {
        **{"draws": "8", "share": "0.5", "study": "s", "policy": "a", "against": ""},
        **{"scenario": "calm", "seed": "3", "model_hash": "m"},
    }
    with xr.open_zarr(store) as stored:
        assert stored.attrs["policy"] == "a"
        assert set(json.loads(stored.attrs["versions"])) >= {"flatgov", "python", "numpy"}


def test_names_tell_questions_apart_and_are_names_of_files() -> None:
    name = question_name("timing", "full", None, "cadre morale", "")
    assert name == "timing-full-cadre_morale"
    assert question_name("a", "x/y: z") == "a-x%2Fy:_z"
    long = [question_name("a", *(f"a long variable {n}" for n in range(most))) for most in (50, 51)]
    assert len(set(long)) == 2
    assert max(len(one.encode()) for one in long) < 240


def test_a_new_folder_is_gone_again_when_writing_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("flatgov.run.zarr_store.write_zarr", full)
    folder = tmp_path / "new" / "folder"
    with pytest.raises(RunError) as error:
        write(folder, 0.1)
    assert str(error.value) == f"{folder}: the disk is full; make room and run it again"
    assert list(tmp_path.iterdir()) == []
    # What was there stays.
    (tmp_path / "there").mkdir()
    with pytest.raises(RunError):
        write(tmp_path / "there", 0.1)
    assert list(tmp_path.iterdir()) == [tmp_path / "there"]
    assert list((tmp_path / "there").iterdir()) == []


def test_an_address_is_written_to_and_replaced(tmp_path: Path) -> None:
    address = f"memory://{uuid.uuid4().hex}/analysis"
    place = check_out(address, tmp_path)
    assert place == address
    ds = xr.Dataset({"share": (("policy", "more"), np.ones((2, 2)))}, {"policy": ["a", "b"]})
    write_analysis(place, "one", ["policy"], [["a"]], ds.assign(other=ds["share"]))
    paths = write_analysis(place, "one", ["policy"], [["b"]], 2 * ds)
    assert paths == [f"{address}/one.csv", f"{address}/one.zarr"]
    assert read_bytes(f"{address}/one.csv") == b"policy\nb\n"
    with xr.open_zarr(f"{address}/one.zarr") as stored:
        assert list(stored.data_vars) == ["share"]
        assert (stored["share"] == 2).all()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("file", "what"),
    [("policies.toml", "a study or a model"), ("a.MDL", "a study or"), ("zarr.json", "a Zarr")],
)
def test_a_folder_with_something_else_is_refused(tmp_path: Path, file: str, what: str) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / file).touch()
    with pytest.raises(StudyError, match=f"the folder holds {what}.*choose another --out"):
        check_out(str(folder), tmp_path / "usual")
    address = f"memory://{uuid.uuid4().hex}/mine"
    write_bytes(f"{address}/{file}", b"")
    with pytest.raises(StudyError, match=f"the folder holds {what}"):
        check_out(address, tmp_path / "usual")
    assert check_out(None, tmp_path / "usual") == tmp_path / "usual"


def test_an_unknown_kind_of_address_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="choose another address"):
        check_out("nowhere://x/y", tmp_path)


def test_names_are_no_formulas(tmp_path: Path) -> None:
    ds = xr.Dataset({"share": ("policy", [1.0])}, attrs={"policy": "@all"})
    table, _ = write_analysis(tmp_path, "one", ["test", "share"], [["=1+1", -0.5]], ds)
    assert isinstance(table, Path)
    assert table.read_text(encoding="utf-8") == "test,share,policy\n'=1+1,-0.5,'@all\n"
