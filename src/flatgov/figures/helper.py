"""A second process that draws half of the figures of a study, or all of a bare model."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import xarray as xr

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


def draw_model_apart(
    ds: xr.Dataset,
    folder: Path,
    name: str,
    notice: Callable[[str], None],
    helper: Executor | None,
) -> None:
    """Draw the figures of a bare model in the other process, which has matplotlib ready.

    Args:
        ds: As `Model.run` gives it.
        folder: Made if it is not there.
        name: What the titles call the model.
        notice: Called with a line for each figure that is left out.
        helper: Of `drawing_helper`; without it, or if it was killed, this process draws.

    Raises:
        RunError: A file cannot be written.
    """
    try:
        notices = (
            _draw_model(ds, folder, name)
            if helper is None
            else helper.submit(_draw_model, ds, folder, name).result()
        )
    except BrokenProcessPool:
        notices = _draw_model(ds, folder, name)
    for line in notices:
        notice(line)


def _draw_model(ds: xr.Dataset, folder: Path, name: str) -> list[str]:
    from flatgov.figures.draw import draw_model_figures

    notices: list[str] = []
    draw_model_figures(ds, folder, name=name, notice=notices.append)
    return notices
