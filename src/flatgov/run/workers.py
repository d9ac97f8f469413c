"""Simulates tasks, in this process or in several; the numbers are the same either way."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from flatgov.errors import FlatgovError
from flatgov.model import Change, Model, TimeSettings


@dataclass(frozen=True)
class Task:
    """A simulation to do.

    Attributes:
        key: The hash that its result is known by.
        model: What is simulated.
        changes: In order.
        time: The time settings.
    """

    key: str
    model: Model
    changes: tuple[Change, ...]
    time: TimeSettings


@dataclass(frozen=True)
class Outcome:
    """What came of a task.

    Attributes:
        values: Arrays (time points, subscripts) by variable; None if it failed.
        seconds: How long it took.
        failed: The reason, or None for success.
    """

    values: dict[str, npt.NDArray[np.float64]] | None
    seconds: float
    failed: str | None = None


def simulate_all(
    tasks: Sequence[Task], workers: int, started: Callable[[str], None]
) -> Iterator[tuple[str, Outcome]]:
    """Simulate tasks and yield each outcome as soon as it is there.

    Args:
        tasks: What to simulate.
        workers: The number of processes; 1 simulates in this one.
        started: Called with the key of each task as it starts.

    Yields:
        The key of a task and its outcome. A task that fails does not stop the others. When the
        caller stops early, by an interrupt for one, no process is left behind.
    """
    if workers == 1 or len(tasks) < 2:
        for task in tasks:
            started(task.key)
            yield task.key, _simulate(task)
        return
    before = multiprocessing.active_children()
    waiting = list(reversed(tasks))
    running: dict[Future[Outcome], str] = {}
    # Spawned, as forking a process that has threads can hang.
    pool = ProcessPoolExecutor(
        min(workers, len(tasks)), multiprocessing.get_context("spawn"), follow_main_process
    )
    try:
        while waiting or running:
            while waiting and len(running) < workers:
                task = waiting.pop()
                started(task.key)
                running[_submit(pool, task)] = task.key
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                yield running.pop(future), _outcome(future)
        pool.shutdown()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        for process in set(multiprocessing.active_children()) - set(before):
            process.terminate()


def _simulate(task: Task) -> Outcome:
    from flatgov.run.oracle import simulate  # Imports PySD, which takes most of a second.

    start = time.perf_counter()
    try:
        values = simulate(task.model, task.changes, task.time)
    except FlatgovError as error:
        return Outcome(None, time.perf_counter() - start, str(error))
    except Exception as error:  # A defect of the engine must not take the other members along.
        reason = f"{type(error).__name__}: {' '.join(str(error).split())}"
        return Outcome(None, time.perf_counter() - start, reason)
    return Outcome(values, time.perf_counter() - start)


def _submit(pool: ProcessPoolExecutor, task: Task) -> Future[Outcome]:
    try:
        return pool.submit(_simulate, task)
    except BrokenProcessPool as error:
        broken: Future[Outcome] = Future()
        broken.set_exception(error)
        return broken


def _outcome(future: Future[Outcome]) -> Outcome:
    try:
        return future.result()
    except BrokenProcessPool:
        return Outcome(
            None,
            0.0,
            "a worker process died, out of memory perhaps; use fewer workers, and in a script put "
            'the call under `if __name__ == "__main__":`',
        )


def follow_main_process() -> None:
    """Leave Ctrl-C to the main process, which ends its workers, and end when it is killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_main_process, daemon=True).start()


def _end_with_main_process() -> None:
    main = multiprocessing.parent_process()
    if main is not None:
        main.join()
        os._exit(1)
