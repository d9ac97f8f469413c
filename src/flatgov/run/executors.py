"""Simulates the blocks of an ensemble: in threads, in processes or in a cluster.

The same work does the same blocks in all three, so that the numbers do not depend on the choice.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from flatgov.errors import FlatgovError
from flatgov.run.work import Work, attempt, checked

if TYPE_CHECKING:
    from flatgov.run.ensemble import BlockDone

# How often a wait looks for an interruption; Windows interrupts no wait without an end.
_SECONDS = 0.2


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
    if cluster is not None:
        from flatgov.run.cluster import in_cluster

        return in_cluster(work, blocks, cluster)
    if workers is not None:
        from flatgov.run.processes import in_processes

        return in_processes(work, blocks, workers)
    return _in_threads(work, blocks, threads or _cores())


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
