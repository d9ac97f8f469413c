"""A marker is trusted for nothing that it cannot know."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import flatgov as fg
from conftest import FILES
from flatgov.run.ensemble import Job
from flatgov.run.ensemble_store import begin, finished
from flatgov.run.manifest import STORE
from flatgov.run.place import remove
from flatgov.study import Study
from flatgov.study.design import Design
from tools.ensembles import ATTRS, LAYOUT, contents, fill, make_block, make_job, put


@pytest.fixture
def study(tmp_path: Path) -> Study:
    folder = tmp_path / "study"
    folder.mkdir()
    for name, text in FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    return fg.open_study(folder)


@pytest.fixture
def job(tmp_path: Path) -> Job:
    return make_job(tmp_path)


@pytest.fixture
def run(tmp_path: Path, job: Job, study: Study) -> Path:
    fill(tmp_path / "run", job, study)
    return tmp_path / "run"


def go_on(run: Path, job: Job, study: Study) -> None:
    done = begin(run, job, LAYOUT, study, ATTRS, resume=True)
    for number in {0, 1, 2} - done:
        put(run, LAYOUT, make_block(job, number))


@pytest.mark.parametrize("without", ["all chunks", "no chunk"])
def test_a_marker_that_was_copied_vouches_for_nothing(
    run: Path, job: Job, study: Study, without: str
) -> None:
    before = contents(run)
    if without == "all chunks":
        for name in ("people", "sample", "status"):
            for chunk in (run / STORE / name).glob("c.*"):
                if "2" in chunk.name.split("."):
                    chunk.unlink()
    shutil.copy(run / "done" / "1", run / "done" / "2")
    shutil.copy(run / "done" / "1", run / "done" / "77")
    assert begin(run, job, LAYOUT, study, ATTRS, resume=True) == {0, 1}
    assert sorted(path.name for path in (run / "done").iterdir()) == ["0", "1"]
    put(run, LAYOUT, make_block(job, 2))
    assert contents(run) == before


@pytest.mark.parametrize("change", ["none", "fewer", "more"])
def test_a_marker_lists_all_files_of_its_block(
    run: Path, job: Job, study: Study, change: str
) -> None:
    path = run / "done" / "1"
    marker = json.loads(path.read_bytes())
    if change == "none":
        marker["files"] = {}
    elif change == "fewer":
        marker["files"].popitem()
    else:
        other = json.loads((run / "done" / "0").read_bytes())["files"]
        marker["files"].update(other)
    path.write_text(json.dumps(marker))
    assert begin(run, job, LAYOUT, study, ATTRS, resume=True) == {0, 2}


def test_a_block_of_another_run_is_not_taken(
    run: Path, tmp_path: Path, job: Job, study: Study
) -> None:
    other = tmp_path / "other"
    fill(other, replace(job, design=Design("sobol", 40, 2)), study)
    block = make_block(job, 1)  # of other numbers than those of this run
    put(other, LAYOUT, replace(block, status=block.status + np.uint8(1)))
    for array in (other / STORE).iterdir():
        for chunk in array.glob("c.*") if array.is_dir() else ():
            shutil.copy(chunk, run / STORE / array.name / chunk.name)
    for number in ("0", "1", "2"):
        shutil.copy(other / "done" / number, run / "done" / number)
    assert begin(run, job, LAYOUT, study, ATTRS, resume=True) == set()


@pytest.mark.parametrize("what", ["chunk", "marker", "fingerprint", "array"])
def test_a_folder_in_the_place_of_a_file(run: Path, job: Job, study: Study, what: str) -> None:
    paths = {
        "chunk": run / STORE / "people" / "c.0.1.0.0",
        "marker": run / "done" / "1",
        "fingerprint": run / "run.json",
    }
    here = "a folder, and a file has"
    if what == "array":
        path, here = run / STORE / "people", "a file, and a folder has"
        shutil.rmtree(path)
        path.touch()
    else:
        path = paths[what]
        path.unlink()
        path.mkdir()
    with pytest.raises(fg.RunError) as caught:
        go_on(run, job, study)
    assert str(caught.value) == (
        f"{path}: is {here} to be there; remove it and use --resume to go on"
    )
    remove(path)
    go_on(run, job, study)
    assert finished(run, LAYOUT) == {0, 1, 2}
