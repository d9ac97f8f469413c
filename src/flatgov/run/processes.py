"""Simulates the blocks of an ensemble in processes of this machine, any of which may be killed."""

from __future__ import annotations

import multiprocessing
import multiprocessing.resource_tracker
import pickle
import signal
import time
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import TYPE_CHECKING

from flatgov.errors import FlatgovError, RunError
from flatgov.run.work import Work, as_error, attempt, checked, name_draws
from flatgov.run.workers import follow_main_process

if TYPE_CHECKING:
    from flatgov.run.ensemble import BlockDone

BlockOfDraws = tuple[int, int]

# How often processes may die of one block, or one after the other before they have begun any.
_DEATHS = 3
# How often a wait looks for an interruption; Windows interrupts no wait without an end.
_SECONDS = 0.2
# How long processes that were told to end may take.
_PATIENCE = 5.0


@dataclass
class _Worker:
    """A process.

    Attributes:
        process: The process.
        connection: Takes the work once, then blocks; gives a sign of life, then outcomes.
        block: What it works on.
        begun: It has given its sign of life.
    """

    process: SpawnProcess
    connection: Connection
    block: BlockOfDraws | None = None
    begun: bool = False


def in_processes(work: Work, blocks: Sequence[BlockOfDraws], workers: int) -> Iterator[BlockDone]:
    """Do the work of all blocks in processes and yield each as it ends, in any order.

    A process that dies is replaced and its block is done again; the others go on.

    Args:
        work: What to do; each process gets it once.
        blocks: The first draw and the number of draws of each.
        workers: The number of processes.

    Raises:
        FlatgovError: The work raised it, or raised something else, or processes die again and
            again.
    """
    payload = pickle.dumps(work)
    waiting = deque(blocks)
    deaths: Counter[BlockOfDraws | None] = Counter()
    crew: list[_Worker] = []
    try:
        while waiting or _busy(crew):
            missing = min(workers, len(waiting) + _busy(crew)) - len(crew)
            crew += [_start() for _ in range(missing)]
            ended: list[BlockDone | FlatgovError] = []
            for worker in _with_news(crew):
                try:
                    outcome = worker.connection.recv()
                except (EOFError, OSError):  # It has died.
                    crew.remove(worker)
                    worker.connection.close()
                    deaths[worker.block] += 1
                    _check_deaths(worker, deaths[worker.block])
                    waiting.extendleft([worker.block] if worker.block else [])
                    continue
                if worker.begun:
                    ended.append(outcome)
                    worker.block = None
                else:
                    worker.begun, deaths[None] = True, 0
                    _send(worker, payload)
            _hand_out(waiting, crew)
            yield from map(checked, ended)
    finally:
        _end(crew)


def _busy(crew: Sequence[_Worker]) -> int:
    return sum(worker.block is not None for worker in crew)


def _with_news(crew: Sequence[_Worker]) -> list[_Worker]:
    news = wait([worker.connection for worker in crew], _SECONDS)
    return [worker for worker in crew if worker.connection in news]


def _hand_out(waiting: deque[BlockOfDraws], crew: Sequence[_Worker]) -> None:
    for worker in crew:
        if waiting and worker.begun and worker.block is None:
            worker.block = waiting.popleft()
            _send(worker, pickle.dumps(worker.block))


def _send(worker: _Worker, content: bytes) -> None:
    with suppress(OSError):  # of a process that has died, as the next look at it tells
        worker.connection.send_bytes(content)


def _check_deaths(worker: _Worker, deaths: int) -> None:
    """Refuse to go on with what kills its process again and again."""
    worker.process.join(_PATIENCE)
    status = worker.process.exitcode
    if worker.block is None:
        # Not killed by anybody: it cannot start.
        if deaths >= _DEATHS or (status is not None and status > 0):
            raise RunError(
                f"a worker process died as it started, with status {status}",
                fix='in a script put the call under `if __name__ == "__main__":`',
            )
    elif deaths >= _DEATHS:
        raise RunError(
            f"the worker process of {name_draws(*worker.block)} died {deaths} times, the last "
            f"time with status {status}, out of memory perhaps",
            fix="use fewer workers and --resume",
        )


def _start() -> _Worker:
    # Spawned, as forking a process that has threads can hang.
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_serve, args=(there,), daemon=True)
    with _interrupts_held_back():
        process.start()
    there.close()
    return _Worker(process, here)


@contextmanager
def _interrupts_held_back() -> Iterator[None]:
    """Let processes that start in here never see Ctrl-C, not even before their first own line."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    # Its own start, which is part of the first of a process, would let interrupts through again.
    multiprocessing.resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _serve(connection: Connection) -> None:
    """Do blocks until the main process ends this one."""
    follow_main_process()
    with suppress(EOFError, OSError):  # The main process has ended.
        connection.send(None)
        payload = connection.recv_bytes()
        try:
            work: Work = pickle.loads(payload)
            work.prepare()
        except Exception as error:
            connection.send(as_error(error, "a worker process cannot begin"))
            return
        while True:
            connection.send(attempt(work, *connection.recv()))


def _end(crew: Sequence[_Worker]) -> None:
    for worker in crew:
        worker.process.terminate()
    deadline = time.monotonic() + _PATIENCE
    for worker in crew:
        worker.process.join(max(deadline - time.monotonic(), 0))
        worker.process.kill()
        worker.connection.close()
