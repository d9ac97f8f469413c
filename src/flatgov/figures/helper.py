"""A second process that draws half of the figures of a study."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager

_SECONDS = 5.0  # that a process may take to end


@contextmanager
def drawing_helper() -> Iterator[Executor | None]:
    """Start a process that gets ready to draw while this one still simulates.

    Yields:
        Where to hand figures in; nothing on a machine with one processor.
    """
    if (os.cpu_count() or 1) < 2:
        yield None
        return
    # Spawned, as forking a process that has threads can hang.
    context = multiprocessing.get_context("spawn")
    before = multiprocessing.active_children()
    pool = ProcessPoolExecutor(1, context, _get_ready)
    try:
        pool.submit(int)  # The first task starts the process.
        yield pool
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        for process in set(multiprocessing.active_children()) - set(before):
            process.terminate()
            process.join(_SECONDS)


def _get_ready() -> None:
    """Import what takes long, and end with the main process."""
    from flatgov.run.workers import follow_main_process

    follow_main_process()
    import flatgov.figures.draw  # noqa: F401 (imported for the time that it takes)
