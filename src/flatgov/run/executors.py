"""Simulates the blocks of an ensemble: in threads, in processes or in a cluster.

The same work does the same blocks in all three, so that the numbers do not depend on the choice.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, ThreadPoolExecutor, wait
from itertools import islice
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from flatgov.errors import FlatgovError, RunError

if TYPE_CHECKING:
    from flatgov.run.ensemble import BlockDone

# How often a wait looks for an interruption; Windows interrupts no wait without an end.
_SECONDS = 0.2


class Work(Protocol):
    """What is to be done with each block; it travels to other processes, so it can be pickled.

    Paths in it are absolute, as other processes may have another working folder.
    """

    def prepare(self) -> None:
        """Do what all blocks need, such as compiling; called once in each process."""

    def reachable(self) -> bool:
        """Tell whether this machine sees the place to which the results of this very run go."""

    def __call__(self, first: int, count: int, stop: NDArray[np.int32] | None = None) -> BlockDone:
        """Simulate a block in one thread and keep its results.

        Args:
            first: The number of its first draw.
            count: The number of its draws.
            stop: One number; set to other than 0 it makes the block end soon, by
                `CancelledError` and with nothing kept.
        """


def run_blocks(
    work: Work,
    blocks: Sequence[tuple[int, int]],
    *,
    threads: int | None = None,
    workers: int | None = None,
    cluster: str | None = None,
) -> Iterator[BlockDone]:
    """Do the work of all blocks and yield each as it ends, in any order.

    When the caller stops early, by an interrupt for one, nothing goes on in the background.

    Args:
        work: What to do.
        blocks: The first draw and the number of draws of each.
        threads: How many; one a core by default.
        workers: The number of processes of one thread each, in place of threads.
        cluster: The address of a Dask scheduler whose workers do it, in place of both.

    Returns:
        What was done, block by block.

    Raises:
        FlatgovError: The work raised it, or raised something else, or its workers are lost. The
            blocks that were yielded are done all the same.
    """
    if not blocks:
        return iter(())
    work.prepare()
    return _in_threads(work, blocks, threads or _cores())


def attempt(
    work: Work, first: int, count: int, stop: NDArray[np.int32] | None = None
) -> BlockDone | FlatgovError:
    """Do the work of a block, and give what is wrong instead of raising it.

    Raises:
        CancelledError: `stop` was set.
    """
    try:
        return work(first, count, stop)
    except CancelledError:
        raise
    except Exception as error:
        return as_error(error, f"{name_draws(first, count)} failed")


def as_error(error: Exception, what: str) -> FlatgovError:
    """Make one line of any error; what is one already stays as it is."""
    if isinstance(error, FlatgovError):
        return error
    return RunError(f"{what}: {type(error).__name__}: {error}")


def name_draws(first: int, count: int) -> str:
    """Name the draws of a block."""
    return f"draw {first}" if count == 1 else f"draws {first} to {first + count - 1}"


def checked(outcome: BlockDone | FlatgovError) -> BlockDone:
    """Give what was done, or raise what is wrong."""
    if isinstance(outcome, FlatgovError):
        raise outcome
    return outcome


def _cores() -> int:
    """Count the processors that this process may use."""
    own = hasattr(os, "sched_getaffinity")
    return len(os.sched_getaffinity(0)) if own else os.cpu_count() or 1


def _in_threads(work: Work, blocks: Sequence[tuple[int, int]], threads: int) -> Iterator[BlockDone]:
    waiting = iter(blocks)
    stop = np.zeros(1, dtype=np.int32)
    running: set[Future[BlockDone | FlatgovError]] = set()
    pool = ThreadPoolExecutor(threads)
    try:
        while True:
            # As many again as run, so that no thread waits for this one.
            for first, count in islice(waiting, 2 * threads - len(running)):
                running.add(pool.submit(attempt, work, first, count, stop))
            if not running:
                return
            done, running = wait(running, _SECONDS, FIRST_COMPLETED)
            for future in done:
                yield checked(future.result())
    finally:
        stop[0] = 1
        pool.shutdown(cancel_futures=True)
