"""Blocks on a Dask cluster: all of them once, one line for what goes wrong, and never a hang."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import distributed
import pytest
from distributed import LocalCluster

from flatgov.errors import RunError, StudyError
from flatgov.run import cluster
from flatgov.run.cluster_worker import check_versions, versions
from flatgov.run.executors import run_blocks
from tools.blocks import Homebound, Toy

BLOCKS = [(first, 4) for first in range(0, 36, 4)] + [(36, 1)]
FIRSTS = [first for first, _ in BLOCKS]

needs_signals = pytest.mark.skipif(os.name == "nt", reason="Windows has no signals of this kind")


@pytest.fixture(scope="module")
def local() -> Iterator[LocalCluster]:
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as cluster:
        yield cluster


@pytest.fixture
def address(local: LocalCluster) -> str:
    local.wait_for_workers(2, timeout=60)  # A killed one comes back.
    return local.scheduler_address


@pytest.fixture(autouse=True)
def _nothing_on_standard_error(capfd: pytest.CaptureFixture[str]) -> Iterator[None]:
    yield
    assert capfd.readouterr().err == ""


def test_each_block_is_done_once_on_all_workers(address: str, tmp_path: Path) -> None:
    toy = Toy(tmp_path, 0.05)
    done = sorted((block.first, block.draws) for block in run_blocks(toy, BLOCKS, cluster=address))
    assert done == BLOCKS
    assert toy.done() == sorted(toy.begun()) == FIRSTS
    here, *others = toy.prepared()
    assert here == os.getpid()
    assert len(others) == 2
    assert toy.workers() == set(others)


@pytest.mark.parametrize(
    ("trouble", "message"),
    [
        ("wrong", "draw 8 is wrong; mend it"),
        ("broken", "draws 8 to 11 failed: ZeroDivisionError: a division by zero"),
    ],
)
def test_a_block_that_fails_ends_the_run_by_one_line(
    address: str, tmp_path: Path, trouble: str, message: str
) -> None:
    toy = Toy(tmp_path, 0.02, {8: trouble})
    with pytest.raises(RunError) as caught:
        list(run_blocks(toy, BLOCKS, cluster=address))
    assert str(caught.value) == message
    assert len(toy.begun()) < len(BLOCKS)


@needs_signals
def test_the_block_of_a_killed_worker_is_done_again(address: str, tmp_path: Path) -> None:
    toy = Toy(tmp_path, 0.05, {8: "dies once"})
    done = sorted(block.first for block in run_blocks(toy, BLOCKS, cluster=address))
    assert done == toy.done() == FIRSTS
    assert toy.begun().count(8) == 2


@pytest.mark.slow
@needs_signals
def test_a_block_that_kills_each_worker_is_named(address: str, tmp_path: Path) -> None:
    toy = Toy(tmp_path, 0.02, {36: "dies"})
    with pytest.raises(RunError) as caught:
        list(run_blocks(toy, BLOCKS, cluster=address))
    # A block that waited for the same thread each time may be named too.
    assert re.fullmatch(
        r"4 workers that were given (draws \d+ to \d+ or )?draw 36 died, out of memory perhaps; "
        "give workers more memory or fewer threads, and use --resume",
        str(caught.value),
    )
    assert toy.begun().count(36) == 4


def test_who_stops_early_leaves_nothing_behind(address: str, tmp_path: Path) -> None:
    toy = Toy(tmp_path, 600.0, {4: "late"})  # Longer than the tests may take.
    with pytest.raises(RunError, match="draw 4 is late"):
        list(run_blocks(toy, BLOCKS[:2], cluster=address))
    assert sorted(toy.begun()) == [0, 4]
    # Both workers are free again.
    again = Toy(tmp_path)
    list(run_blocks(again, BLOCKS[2:], cluster=address))
    assert again.done() == FIRSTS[2:]


def test_a_worker_that_cannot_begin_is_named(address: str, tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"the worker tcp://.* cannot begin: its work cannot be ope"):
        list(run_blocks(Homebound(tmp_path), BLOCKS, cluster=address))


def test_no_client_is_left(address: str, tmp_path: Path) -> None:
    list(run_blocks(Toy(tmp_path), BLOCKS[:1], cluster=address))
    with pytest.raises(ValueError, match="No global client found"):
        distributed.get_client()


def test_other_versions_are_refused_before_anything_runs(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "versions", lambda: {**versions(), "numpy": "1.0"})
    with pytest.raises(RunError, match=r"the worker tcp://\S+ has numpy \S+ and not 1.0; install"):
        list(run_blocks(Toy(tmp_path), BLOCKS, cluster=address))
    assert Toy(tmp_path).begun() == []


def test_other_versions_of_a_worker_that_comes_late_are_refused(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "versions", lambda: {**versions(), "numpy": "1.0"})
    monkeypatch.setattr(cluster, "_check_workers", lambda *_: None)
    with pytest.raises(RunError, match=r"the worker tcp://\S+ has numpy \S+ and not 1.0; install"):
        list(run_blocks(Toy(tmp_path), BLOCKS, cluster=address))
    assert Toy(tmp_path).begun() == []


def test_every_other_version_is_named() -> None:
    own = {"flatgov": "1", "Python": "3.11", "numpy": "2"}
    check_versions("w", own, own)
    with pytest.raises(RunError) as caught:
        check_versions("w", {"flatgov": "2", "numpy": "2"}, own)
    assert str(caught.value) == (
        "the worker w has flatgov 2 and not 1, Python none and not 3.11; install the same versions "
        "everywhere"
    )


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("foo", "missing port number in address 'foo'"),
        ("foo://host:1", "unknown address scheme 'foo'"),
        ("", "missing port number in address ''"),
        ("tls://127.0.0.1:1", "needs TLS"),
    ],
)
def test_what_is_no_address(tmp_path: Path, address: str, message: str) -> None:
    with pytest.raises(StudyError) as caught:
        list(run_blocks(Toy(tmp_path), BLOCKS, cluster=address))
    assert str(caught.value).startswith(f"'{address}' ")
    assert message in str(caught.value)


def test_an_address_where_nobody_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "_PATIENCE", 0.5)
    with pytest.raises(RunError) as caught:
        list(run_blocks(Toy(tmp_path), BLOCKS, cluster="tcp://127.0.0.1:9"))
    assert str(caught.value) == (
        "no Dask scheduler answers at 'tcp://127.0.0.1:9': Timed out trying to connect to "
        "tcp://127.0.0.1:9 after 0.5 s; `dask scheduler` starts one and prints its address"
    )


def test_a_scheduler_without_workers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "_PATIENCE", 0.5)
    with LocalCluster(n_workers=0, dashboard_address=":0") as local:
        address = local.scheduler_address
        with pytest.raises(RunError) as caught:
            list(run_blocks(Toy(tmp_path), BLOCKS, cluster=address))
    assert str(caught.value) == (
        f"the Dask scheduler at '{address}' has no workers; `dask worker {address}` starts one"
    )


Start = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start a part of a cluster by its command."""
    started: list[subprocess.Popen[bytes]] = []
    path = os.pathsep.join(sys.path)

    def start(*arguments: Any) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "dask", *map(str, arguments), "--no-dashboard"]
        with (tmp_path / "log").open("a") as log:
            process = subprocess.Popen(
                command, env={**os.environ, "PYTHONPATH": path}, stdout=log, stderr=log
            )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()


def start_scheduler(start: Start, folder: Path) -> tuple[subprocess.Popen[bytes], str]:
    file = folder / "scheduler.json"
    process = start("scheduler", "--host", "127.0.0.1", "--port", 0, "--scheduler-file", file)
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if file.exists() and file.read_text():
            break
        time.sleep(0.05)
    return process, json.loads(file.read_text())["address"]


@pytest.mark.slow
@needs_signals
@pytest.mark.parametrize(
    ("number", "reason"), [(signal.SIGKILL, "its tasks are gone"), (signal.SIGSTOP, "silent for 3")]
)
def test_a_lost_scheduler(
    start: Start,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    number: signal.Signals,
    reason: str,
) -> None:
    scheduler, address = start_scheduler(start, tmp_path)
    start("worker", address, "--nthreads", 1, "--no-nanny")
    toy = Toy(tmp_path, 0.1)
    blocks = run_blocks(toy, [(first, 1) for first in range(1000)], cluster=address)
    next(blocks)
    monkeypatch.setattr(cluster, "_PATIENCE", 3.0)
    scheduler.send_signal(number)
    begun = time.monotonic()
    with pytest.raises(RunError) as caught:
        list(blocks)
    assert str(caught.value).startswith(f"the Dask scheduler at '{address}' is lost: {reason}")
    assert str(caught.value).endswith("; start it and use --resume")
    assert time.monotonic() - begun < 60


@pytest.mark.slow
@needs_signals
def test_workers_that_go_and_come(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, address = start_scheduler(start, tmp_path)
    first = start("worker", address, "--nthreads", 1, "--no-nanny")
    toy = Toy(tmp_path, 0.1)
    blocks = run_blocks(toy, [(number, 1) for number in range(60)], cluster=address)
    done = [next(blocks).first]
    first.kill()
    start("worker", address, "--nthreads", 2, "--no-nanny")
    done += [next(blocks).first for _ in range(50)]
    monkeypatch.setattr(cluster, "_WITHOUT_WORKERS", 1.0)
    for pid in toy.workers():
        if pid != first.pid:
            os.kill(pid, signal.SIGKILL)
    with pytest.raises(RunError) as caught:
        done += [block.first for block in blocks]
    assert len(set(done)) == len(done) >= 51
    assert str(caught.value) == (
        f"the Dask scheduler at '{address}' has no workers any more; `dask worker {address}` "
        "starts one; then use --resume"
    )


def test_nothing_of_dask_is_imported_for_threads(tmp_path: Path) -> None:
    script = (
        "import sys; from flatgov.run.executors import run_blocks; list(run_blocks(None, []));"
        "sys.exit('dask' in sys.modules or 'distributed' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
