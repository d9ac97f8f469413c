"""Runs that are killed or find the disk full, for real: resumed, they end with the same bytes."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import flatgov as fg
from flatgov.run.ensemble_disk import run_to_store
from flatgov.run.ensemble_run import make_ensemble
from flatgov.run.manifest import STORE
from flatgov.run.members import choose_members
from flatgov.study import Study
from tools.ensembles import contents

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no signals of this kind")

UNCERTAINTY = """\
[parameters.stay]
distribution = "uniform"
low = 10.0
high = 30.0
reason = "Nobody has asked."
"""
DRAWS = 100_000
BLOCKS = 25
KILLS = 10


@pytest.fixture
def folder(write_study: Callable[..., Path]) -> Path:
    folder = write_study()
    (folder / "uncertainty.toml").write_text(UNCERTAINTY, encoding="utf-8")
    return folder


def start(folder: Path, out: str, *more: str, draws: int = DRAWS) -> subprocess.Popen[str]:
    command = ["run", folder.name, "--draws", str(draws), "--seed", "1", "--out", out, *more]
    return subprocess.Popen(
        [sys.executable, "-c", "from flatgov.cli import main; main()", *command],
        cwd=folder.parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def end(started: subprocess.Popen[str]) -> None:
    _, err = started.communicate(timeout=120)
    assert started.returncode == 0, err


def count_done(folder: Path, out: str) -> int:
    return len(list((folder.parent / f".{out}.draws" / "done").glob("[0-9]*")))


def results(folder: Path, out: str) -> dict[str, object]:
    """Give all that is the same whenever and from where a run is made."""
    files = contents(folder.parent / out)
    manifest = json.loads((folder.parent / out / "manifest.json").read_text(encoding="utf-8"))
    for key in ("created_at", "command"):
        del manifest[key]
    for name in ("results.zarr", "base.zarr"):  # which hold the moment of the run too
        del manifest["sha256"][name]
    kept = {name: data for name, data in files.items() if not name.startswith("figures/")}
    return {**kept, "manifest.json": manifest}


def assert_same(folder: Path, one: str, other: str) -> None:
    first, second = results(folder, one), results(folder, other)
    assert first.keys() == second.keys()
    assert [name for name in first if first[name] != second[name]] == []
    assert sum(re.search(r"results.zarr/Staff/c\.", name) is not None for name in first) == BLOCKS


@pytest.mark.slow
def test_a_run_that_is_killed_ten_times_ends_with_the_same_bytes(folder: Path) -> None:
    end(start(folder, "whole"))
    chance = random.Random(20)
    kills, seen = 0, []
    while kills < KILLS:
        started = start(folder, "killed", *(["--resume"] if kills else []))
        before = count_done(folder, "killed")
        # Eight kills while blocks are written, the others whenever, so also before and after.
        goal = before + chance.randint(1, 3) if kills % 5 else 0
        while started.poll() is None and count_done(folder, "killed") < goal:
            time.sleep(0.001)
        time.sleep(chance.uniform(0, 0.05) if goal else chance.uniform(0, 3))
        assert started.poll() is None, started.communicate()
        started.kill()
        started.communicate()
        assert started.returncode == -signal.SIGKILL
        assert not (folder.parent / "killed" / "manifest.json").exists()
        kills += 1
        seen.append(count_done(folder, "killed"))
    assert seen == sorted(seen)
    assert seen[-1] > 0
    end(start(folder, "killed", "--resume"))
    assert_same(folder, "whole", "killed")
    assert not [path for path in folder.parent.iterdir() if path.name.startswith(".")]


def workers_of(process: int) -> list[int]:
    """Give the worker processes of a process, without the one that keeps account for them."""
    children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    return [
        int(child)
        for child in children
        if b"spawn_main" in (line := Path(f"/proc/{child}/cmdline").read_bytes())
        and b"resource_tracker" not in line
    ]


@pytest.mark.slow
@pytest.mark.skipif(
    not os.path.isdir("/proc/self/task"), reason="there is no /proc to find workers"
)
def test_a_worker_that_is_killed_costs_no_draw(folder: Path) -> None:
    end(start(folder, "whole"))
    started = start(folder, "killed", "--workers", "2")
    while started.poll() is None and count_done(folder, "killed") < 2:
        time.sleep(0.001)
    os.kill(workers_of(started.pid)[0], signal.SIGKILL)
    end(started)
    assert_same(folder, "whole", "killed")


@pytest.mark.slow
def test_processes_and_threads_write_the_same_bytes(folder: Path) -> None:
    end(start(folder, "threads"))
    end(start(folder, "processes", "--workers", "2"))
    assert_same(folder, "threads", "processes")


@pytest.mark.slow
def test_an_interrupted_run_of_another_seed_is_refused(folder: Path) -> None:
    started = start(folder, "out")
    while started.poll() is None and count_done(folder, "out") < 1:
        time.sleep(0.001)
    started.kill()
    started.communicate()
    before = contents(folder.parent / ".out.draws")
    again = start(folder, "out", "--resume", "--seed", "2")
    out, err = again.communicate(timeout=60)
    assert (again.returncode, out) == (2, "")
    assert err.splitlines()[-1] == (
        f"error: {folder.parent / '.out.draws'}: this is not the run that was interrupted: the "
        "interrupted run had seed 1, this one has seed 2; leave out --resume to start anew, or "
        "run with the same input"
    )
    assert contents(folder.parent / ".out.draws") == before


def simulate(study: Study, place: Path, *, draws: int = 10_000, resume: bool = False) -> None:
    chosen = choose_members(study, None, None, save=["Staff", "load"])
    job, layout = make_ensemble(study, chosen, draws, seed=1, save=["Staff", "load"])
    run_to_store(study, chosen, job, layout, place, resume=resume)


def test_a_run_that_is_killed_goes_on(folder: Path, tmp_path: Path) -> None:
    started = start(folder, "out", "--save", "Staff", "--save", "load")
    while started.poll() is None and count_done(folder, "out") < 3:
        time.sleep(0.001)
    started.kill()
    started.communicate()
    assert started.returncode == -signal.SIGKILL
    run = tmp_path / ".out.draws"
    done = {path.name for path in (run / "done").glob("[0-9]*")}
    assert 3 <= len(done) < BLOCKS
    kept = {name: (run / "done" / name).stat().st_mtime_ns for name in done}
    study = fg.open_study(folder)
    simulate(study, run, draws=DRAWS, resume=True)
    simulate(study, tmp_path / "whole", draws=DRAWS)
    (run / "lock").unlink()
    assert contents(run) == contents(tmp_path / "whole")
    assert {name: (run / "done" / name).stat().st_mtime_ns for name in done} == kept


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Mount a disk of 3 MB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(disk)]
    if (
        shutil.which("mount") is None
        or subprocess.run(command, check=False, capture_output=True, timeout=10).returncode
    ):
        pytest.skip("mounting a small disk is not allowed here")
    yield disk
    subprocess.run(["umount", str(disk)], check=True, timeout=10)


def test_a_disk_that_runs_full_and_is_enlarged(
    folder: Path, tmp_path: Path, small_disk: Path
) -> None:
    study = fg.open_study(folder)
    simulate(study, tmp_path / "whole")
    place = small_disk / "run"
    with pytest.raises(fg.RunError) as caught:
        simulate(study, place)
    assert str(caught.value) == f"{place}: the disk is full; make room and use --resume to go on"
    blocks = len(list((tmp_path / "whole" / "done").iterdir()))
    done = {path.name for path in (place / "done").iterdir() if not path.name.startswith(".")}
    assert 0 < len(done) < blocks
    kept = {path: path.stat().st_mtime_ns for path in (place / STORE / "Staff").glob("c.*")}
    enlarge = ["mount", "-o", "remount,size=64m", str(small_disk)]
    subprocess.run(enlarge, check=True, timeout=10)
    simulate(study, place, resume=True)
    assert contents(place) == contents(tmp_path / "whole")
    again = {path for path, moment in kept.items() if path.stat().st_mtime_ns != moment}
    assert not {path.name.split(".")[2] for path in again} & done
