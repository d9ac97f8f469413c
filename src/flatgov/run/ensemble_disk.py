"""An ensemble on disk: begun, gone on with, and simulated block by block by whoever helps."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from flatgov.run.ensemble import BlockDone, Job, Layout, simulate_block
from flatgov.run.ensemble_run import (
    count_failed,
    ensemble_attributes,
    failure_attributes,
    follow,
    prepare,
)
from flatgov.run.ensemble_store import (
    add_attributes,
    begin,
    discard,
    finished,
    open_ensemble,
    require_run,
    write_block,
)
from flatgov.run.events import Event
from flatgov.run.manifest import STORE
from flatgov.run.members import Chosen
from flatgov.run.place import Place, join
from flatgov.run.resume import run_mark
from flatgov.study.changes import as_study_error

if TYPE_CHECKING:
    from flatgov.study.study import Study


@dataclass(frozen=True)
class ToStore:
    """Simulates blocks and writes them; it travels to other processes.

    Attributes:
        job: The ensemble.
        layout: Its blocks.
        place: The folder of the run, for every worker the same.
        mark: What tells the run from others that may begin there later.
    """

    job: Job
    layout: Layout
    place: Place
    mark: str

    def prepare(self) -> None:
        """Compile the kernel, and see whether the folder of the run can be reached from here."""
        require_run(self.place, self.mark)
        prepare(self.job)

    def __call__(self, first: int, count: int, stop: NDArray[np.int32] | None = None) -> BlockDone:
        """Simulate a block and write it."""
        begun = time.perf_counter()
        block = simulate_block(self.job, first, count, stop=stop)
        write_block(self.place, self.layout, block, self.mark)
        failed = count_failed(block, self.layout)
        return BlockDone(first, count, failed, time.perf_counter() - begun)


def run_to_store(
    study: Study,
    chosen: Chosen,
    job: Job,
    layout: Layout,
    place: Place,
    *,
    resume: bool = False,
    progress: Callable[[Event], None] | None = None,
    **where: Any,
) -> None:
    """Simulate an ensemble into a store, which is complete when this returns.

    Args:
        study: The study.
        chosen: Its members.
        job: The ensemble.
        layout: Its blocks.
        place: The folder of the run; see `flatgov.run.resume.working_folder`.
        resume: Go on with the blocks of an interrupted run instead of starting anew.
        progress: Called with an event as each block ends.
        where: In threads, processes or on a cluster; see `run_blocks`.

    Raises:
        StudyError: The interrupted run was another one, or the model cannot be run.
        RunError: There is no room, or workers were lost; the blocks written so far stay.
    """
    attrs = ensemble_attributes(study, chosen, job)
    done = begin(place, job, layout, study, attrs, resume=resume)
    blocks = [block for number, block in enumerate(layout.blocks()) if number not in done]
    try:
        with as_study_error():
            follow(ToStore(job, layout, place, run_mark(place)), blocks, layout, progress, **where)
    except BaseException:
        if not finished(place, layout):  # nothing to go on with
            discard(place)
        raise
    add_attributes(place, failure_attributes(open_ensemble(join(place, STORE))))
