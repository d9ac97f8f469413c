"""Blocks in threads and in processes: all of them once, whatever goes wrong."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from flatgov.errors import RunError
from flatgov.run.executors import run_blocks
from tools.blocks import Homebound, Toy

BLOCKS = [(first, 4) for first in range(0, 36, 4)] + [(36, 1)]
FIRSTS = [first for first, _ in BLOCKS]
EACH = [{"threads": 3}, {"workers": 2}]

needs_signals = pytest.mark.skipif(os.name == "nt", reason="Windows has no signals of this kind")


@pytest.mark.parametrize("where", [{}, {"threads": 1}, *EACH])
def test_each_block_is_done_once(tmp_path: Path, where: dict[str, int]) -> None:
    toy = Toy(tmp_path, 0.02)
    done = sorted((block.first, block.draws) for block in run_blocks(toy, BLOCKS, **where))
    assert done == BLOCKS
    assert toy.done() == sorted(toy.begun()) == FIRSTS


def test_no_blocks_are_no_work(tmp_path: Path) -> None:
    assert list(run_blocks(Toy(tmp_path), [], workers=2)) == []
    assert Toy(tmp_path).prepared() == []


def test_each_process_is_prepared_once(tmp_path: Path) -> None:
    toy = Toy(tmp_path, 0.05)
    list(run_blocks(toy, BLOCKS, workers=2))
    prepared = toy.prepared()
    assert prepared[0] == os.getpid()
    assert len(prepared) == len(set(prepared)) == 3
    assert toy.workers() == set(prepared[1:])


def test_no_more_processes_than_blocks(tmp_path: Path) -> None:
    list(run_blocks(Toy(tmp_path), BLOCKS[:1], workers=4))
    assert len(Toy(tmp_path).prepared()) == 2


@pytest.mark.parametrize("where", EACH)
def test_nothing_starts_where_the_preparation_fails(tmp_path: Path, where: dict[str, int]) -> None:
    class Unready(Toy):
        def prepare(self) -> None:
            raise RunError("not here")

    with pytest.raises(RunError, match="not here"):
        run_blocks(Unready(tmp_path), BLOCKS, **where)
    assert Toy(tmp_path).begun() == []


def test_threads_do_not_run_ahead_of_who_takes_the_blocks(tmp_path: Path) -> None:
    toy = Toy(tmp_path)
    blocks = run_blocks(toy, BLOCKS, threads=2)
    next(blocks)
    time.sleep(0.2)
    assert 1 <= len(toy.begun()) <= 5
    assert len(list(blocks)) == len(BLOCKS) - 1


@pytest.mark.parametrize("where", EACH)
@pytest.mark.parametrize(
    ("trouble", "message"),
    [
        ("wrong", "draw 8 is wrong; mend it"),
        ("broken", "draws 8 to 11 failed: ZeroDivisionError: a division by zero"),
    ],
)
def test_a_block_that_fails_ends_the_run_by_one_line(
    tmp_path: Path, where: dict[str, int], trouble: str, message: str
) -> None:
    toy = Toy(tmp_path, 0.02, {8: trouble})
    with pytest.raises(RunError) as caught:
        list(run_blocks(toy, BLOCKS, **where))
    assert str(caught.value) == message
    begun = toy.begun()
    assert len(begun) < len(BLOCKS)
    time.sleep(0.1)
    assert toy.begun() == begun


def test_one_draw_is_named_as_one(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="draw 36 failed: ZeroDivisionError"):
        list(run_blocks(Toy(tmp_path, trouble={36: "broken"}), BLOCKS))


@pytest.mark.parametrize("where", EACH)
def test_who_stops_early_leaves_nothing_behind(tmp_path: Path, where: dict[str, int]) -> None:
    toy = Toy(tmp_path, 0.05)
    long = [(first, 1) for first in range(1000)]
    blocks = run_blocks(toy, long, **where)
    next(blocks)
    blocks.close()
    begun = toy.begun()
    assert not any(is_alive(pid) for pid in toy.workers() - {os.getpid()})
    time.sleep(0.2)
    assert toy.begun() == begun


def test_blocks_in_threads_are_told_to_stop(tmp_path: Path) -> None:
    toy = Toy(tmp_path, 600.0, {1: "late"})  # Longer than the tests may take.
    with pytest.raises(RunError, match="draw 1 is late"):
        list(run_blocks(toy, [(0, 1), (1, 1)], threads=2))
    assert sorted(toy.begun()) == [0, 1]
    assert toy.done() == []


@needs_signals
def test_the_block_of_a_killed_process_is_done_again(tmp_path: Path) -> None:
    toy = Toy(tmp_path, 0.05, {8: "dies once", 20: "dies once"})
    done = sorted(block.first for block in run_blocks(toy, BLOCKS, workers=2))
    assert done == toy.done() == FIRSTS
    assert sorted(toy.begun()) == sorted([*FIRSTS, 8, 20])
    assert len(toy.workers()) >= 3


@needs_signals
def test_processes_killed_at_any_moment_lose_nothing(tmp_path: Path) -> None:
    toy = Toy(tmp_path, 0.2)
    stop = threading.Event()

    class Killer(threading.Thread):
        killed = 0

        def run(self) -> None:
            while not stop.wait(0.25):
                alive = [pid for pid in toy.prepared()[1:] if is_alive(pid)]
                if alive and self.killed < 2:
                    os.kill(alive[-1], signal.SIGKILL)
                    self.killed += 1

    killer = Killer()
    killer.start()
    try:
        done = [block.first for block in run_blocks(toy, BLOCKS, workers=2)]
    finally:
        stop.set()
        killer.join()
    assert killer.killed == 2
    assert sorted(done) == toy.done() == FIRSTS


@needs_signals
def test_a_block_that_kills_its_process_each_time_is_named(tmp_path: Path) -> None:
    toy = Toy(tmp_path, 0.02, {36: "dies"})
    with pytest.raises(RunError) as caught:
        list(run_blocks(toy, BLOCKS, workers=2))
    assert str(caught.value) == (
        "the worker process of draw 36 died 3 times, the last time with status -9, out of memory "
        "perhaps; use fewer workers and --resume"
    )
    assert toy.begun().count(36) == 3
    assert toy.done() == FIRSTS[:-1]


def test_work_that_cannot_be_done_elsewhere_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(RunError) as caught:
        list(run_blocks(Homebound(tmp_path), BLOCKS[:1], workers=1))
    assert str(caught.value) == "a worker process cannot begin: LookupError: not in this process"


SCRIPT = """
import sys
from pathlib import Path
from tools.blocks import Toy
from flatgov.errors import FlatgovError
from flatgov.run.executors import run_blocks

def run():
    where = {{"{option}": 2}}
    try:
        list(run_blocks(Toy(Path(sys.argv[1]), {seconds}), [(0, 1), (1, 1), (2, 1)], **where))
    except FlatgovError as error:
        print(error)
    except KeyboardInterrupt:
        sys.exit(130)
{start}
"""
GUARDED = 'if __name__ == "__main__":\n    run()'


def start_script(folder: Path, **fields: Any) -> subprocess.Popen[str]:
    script = folder / "script.py"
    script.write_text(SCRIPT.format(**fields))
    return subprocess.Popen(
        [sys.executable, str(script), str(folder)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def wait_until_two_begin(toy: Toy) -> None:
    end = time.monotonic() + 60
    while len(toy.begun()) < 2 and time.monotonic() < end:
        time.sleep(0.02)


@needs_signals
@pytest.mark.parametrize("option", ["threads", "workers"])
def test_an_interrupt_ends_everything(tmp_path: Path, option: str) -> None:
    started = start_script(tmp_path, option=option, seconds=600, start=GUARDED)
    wait_until_two_begin(Toy(tmp_path))
    os.killpg(started.pid, signal.SIGINT)
    out, err = started.communicate(timeout=30)
    assert (started.returncode, out, err) == (130, "", "")
    assert nobody_is_left(started.pid)


@pytest.mark.slow
@needs_signals
def test_an_interrupt_while_processes_start_is_as_quiet(tmp_path: Path) -> None:
    started = start_script(tmp_path, option="workers", seconds=600, start=GUARDED)
    toy = Toy(tmp_path)
    end = time.monotonic() + 60
    while not toy.prepared() and time.monotonic() < end:
        time.sleep(0.001)
    time.sleep(0.1)
    os.killpg(started.pid, signal.SIGINT)
    out, err = started.communicate(timeout=30)
    assert (started.returncode, out, err) == (130, "", "")
    assert nobody_is_left(started.pid)


@needs_signals
def test_the_processes_of_a_killed_main_process_end(tmp_path: Path) -> None:
    started = start_script(tmp_path, option="workers", seconds=600, start=GUARDED)
    wait_until_two_begin(Toy(tmp_path))
    started.kill()
    _, err = started.communicate(timeout=30)
    assert err == ""
    assert nobody_is_left(started.pid)


@pytest.mark.slow
def test_a_script_without_a_guard_is_told_so(tmp_path: Path) -> None:
    started = start_script(tmp_path, option="workers", seconds=0, start="run()")
    out, _ = started.communicate(timeout=60)
    assert out == (
        "a worker process died as it started, with status 1; in a script put the call under "
        '`if __name__ == "__main__":`\n'
    )


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def nobody_is_left(group: int) -> bool:
    for _ in range(100):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.1)
    return False
