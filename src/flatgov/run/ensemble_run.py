"""Draws of a study: from what a user asks for to a job, and from its blocks to a dataset."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from flatgov.changes import FloatArray
from flatgov.errors import ModelError, StudyError
from flatgov.limits import current, how_to_raise
from flatgov.model import Model
from flatgov.run.ensemble import (
    LEAST_DRAWS,
    Block,
    BlockDone,
    Job,
    Layout,
    element_shape,
    simulate_block,
)
from flatgov.run.ensemble_store import block_size
from flatgov.run.events import DrawsDone, Event
from flatgov.run.executors import run_blocks
from flatgov.run.grid import count_points
from flatgov.run.members import Chosen
from flatgov.run.native import check_seed, uses_random_numbers
from flatgov.run.trouble import OK, named_variables, reason_texts
from flatgov.study.changes import as_study_error
from flatgov.study.design import Design
from flatgov.study.uncertainty import Method, Uncertainty

if TYPE_CHECKING:
    import xarray as xr

    from flatgov.study.study import Study

MOST_DRAWS = 100_000_000
_LISTED = 100  # failed members that the attributes of a dataset list


def make_ensemble(
    study: Study,
    chosen: Chosen,
    draws: Any,
    *,
    seed: int = 0,
    method: Method | None = None,
    save: Sequence[str],
) -> tuple[Job, Layout]:
    """Settle everything that decides the numbers of an ensemble.

    Args:
        study: The study.
        chosen: Its members.
        draws: How many, or a table of them; see `Study.run`.
        seed: Of the draws, and of random numbers in the model.
        method: How draws are made, in place of what the study says.
        save: The variables to keep, in the order of the model.

    Raises:
        StudyError: The study has nothing that draws could vary, or the table does not fit.
    """
    with as_study_error():
        check_seed(seed)
    uncertainty, design = _with_params(*_design(study, draws, seed, method), chosen)
    plans = tuple(dict.fromkeys(member.changes for member in chosen.members))
    job = Job(study.model, plans, uncertainty, design, tuple(save), seed)
    scenarios = tuple(str(one) for one in chosen.scenarios) if chosen.with_scenarios else None
    layout = Layout(
        chosen.policies,
        scenarios,
        None if chosen.with_scenarios else chosen.scenarios[0],
        tuple(plans.index(member.changes) for member in chosen.members),
        design.draws,
        block_size(study.model, save, len(chosen.members), design.draws),
    )
    return job, layout


def run_in_memory(
    study: Study,
    chosen: Chosen,
    job: Job,
    layout: Layout,
    *,
    threads: int | None = None,
    progress: Callable[[Event], None] | None = None,
) -> xr.Dataset:
    """Simulate an ensemble into memory.

    Args:
        study: The study.
        chosen: Its members.
        job: The ensemble.
        layout: Its policies, scenarios and blocks.
        threads: How many; one a core by default. The numbers do not depend on it.
        progress: Called with an event as each block ends.

    Returns:
        See `Study.run`.

    Raises:
        StudyError: The machine has too little memory, or the model cannot be run.
    """
    with as_study_error():
        _check_memory(job, layout)
    work = _Keep.empty(job, layout)
    with as_study_error():
        follow(work, layout.blocks(), layout, progress, threads=threads)
    from flatgov.run.dataset import make_dataset
    from flatgov.run.study_run import leading_dimensions, with_coordinates

    leading = {**leading_dimensions(chosen), "draw": range(layout.draws)}
    sizes = [len(labels) for labels in leading.values()]
    values = {
        name: _of_members(array, layout).reshape(*sizes, *array.shape[2:])
        for name, array in work.values.items()
    }
    ds = make_dataset(study.model, values, study.model.time, "native", leading)
    ds = with_coordinates(ds, study, chosen)
    status, variable, when = (
        _of_members(array, layout).reshape(sizes)
        for array in (work.status, work.variable, work.time)
    )
    ds = ds.assign_coords(
        factor=[factor.name for factor in job.uncertainty.factors],
        sample=(("draw", "factor"), work.sample),
        status=(tuple(leading), status),
        reason=(tuple(leading), reason_texts(named_variables(study.model), status, variable, when)),
    )
    ds.attrs |= ensemble_attributes(study, chosen, job) | failure_attributes(ds)
    return ds


def shown_variables(study: Study) -> list[str]:
    """Give what a run with draws keeps unless it is told: what its summary and figures show."""
    names = [*study.headline]
    if study.figures.paths is not None:
        names += [study.figures.paths.x, study.figures.paths.y]
    if study.figures.promises is not None:
        names += [item.variable for item in study.figures.promises.items]
    names += [breakdown.total for breakdown in study.figures.breakdowns.values()]
    wanted = set(names)
    return [name for name in study.model.variables if name in wanted]


def follow(
    work: Any,
    blocks: Sequence[tuple[int, int]],
    layout: Layout,
    progress: Callable[[Event], None] | None,
    **where: Any,
) -> int:
    """Run blocks and tell of each as it ends.

    Args:
        work: What simulates and keeps a block.
        blocks: Those to run; the others of the layout are finished.
        layout: Of the ensemble.
        progress: Called with an event as each block ends.
        where: In threads, processes or on a cluster; see `run_blocks`.

    Returns:
        The number of failed members in these blocks.
    """
    tell = progress or (lambda event: None)
    begun = time.perf_counter()
    done, failed = layout.draws - sum(count for _, count in blocks), 0
    tell(DrawsDone(done, layout.draws, failed, 0.0))
    for block in run_blocks(work, blocks, **where):
        done += block.draws
        failed += block.failed
        tell(DrawsDone(done, layout.draws, failed, time.perf_counter() - begun))
    return failed


def ensemble_attributes(study: Study, chosen: Chosen, job: Job) -> dict[str, str | int]:
    """Give what the dataset of an ensemble says of its origin, besides what every dataset says."""
    return {
        "study_hash": study.hash,
        "params": chosen.params,
        "seed": job.seed,
        "draws": job.design.draws,
        "design": job.design.method,
    }


def failure_attributes(ds: xr.Dataset) -> dict[str, str | int]:
    """Count the failed members of a dataset with a status, and list the first of them."""
    wrong = np.argwhere(ds["status"].values != OK)
    dims = ds["status"].dims
    listed = [
        {
            **{dim: ds[dim].values[at].item() for dim, at in zip(dims, place, strict=True)},
            "reason": str(ds["reason"].values[tuple(place)]),
        }
        for place in wrong[:_LISTED]
    ]
    return {"failed": json.dumps(listed, ensure_ascii=False), "failed_members": len(wrong)}


@dataclass
class _Keep:
    """Simulates blocks and keeps them in memory."""

    job: Job
    layout: Layout
    values: dict[str, FloatArray]
    sample: FloatArray
    status: NDArray[np.uint8]
    variable: NDArray[np.int32]
    time: FloatArray
    shared: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def empty(cls, job: Job, layout: Layout) -> _Keep:
        shape = (len(job.plans), layout.draws)
        points = count_points(job.model.time, job.model.time.saveper)
        return cls(
            job,
            layout,
            {
                name: np.empty((*shape, points, *element_shape(job.model, name)))
                for name in job.save
            },
            np.empty((layout.draws, len(job.uncertainty.factors))),
            np.empty(shape, np.uint8),
            np.empty(shape, np.int32),
            np.empty(shape),
        )

    def prepare(self) -> None:
        prepare(self.job)

    def __call__(self, first: int, count: int, stop: NDArray[np.int32] | None = None) -> BlockDone:
        begun = time.perf_counter()
        block = simulate_block(self.job, first, count, stop=stop)
        part = slice(first, first + count)
        for name, array in block.values.items():
            self.values[name][:, part] = array
        self.sample[part] = block.sample
        self.status[:, part] = block.status
        self.variable[:, part] = block.variable
        self.time[:, part] = block.time
        return BlockDone(
            first, count, count_failed(block, self.layout), time.perf_counter() - begun
        )


def prepare(job: Job) -> None:
    """Compile the kernel of a job, with as many draws as fill a vector."""
    simulate_block(job, 0, min(job.design.draws, LEAST_DRAWS))


def count_failed(block: Block, layout: Layout) -> int:
    """Count the failed members of a block; policies of one content count each."""
    return int((block.status[list(layout.plan_of)] != OK).sum())


def _of_members(array: NDArray[Any], layout: Layout) -> NDArray[Any]:
    """Give the results of each policy under each scenario; without a copy where plans are those."""
    if layout.plan_of == tuple(range(len(array))):
        return array
    return array[list(layout.plan_of)]


def _elements(model: Model, save: Sequence[str]) -> int:
    return sum(int(np.prod(element_shape(model, name))) for name in save)


def _check_memory(job: Job, layout: Layout) -> None:
    points = count_points(job.model.time, job.model.time.saveper)
    need = 8 * _elements(job.model, job.save) * points * len(layout.plan_of) * layout.draws
    most = current().memory
    if need > most:
        raise ModelError(
            f"the results of this run take {need / 2**30:,.1f} GiB of memory, and the limit "
            f"memory is {most / 2**30:,.1f} GiB",
            where=job.model.path,
            fix="save fewer variables, let the command `flatgov run` write them to disk, or "
            + how_to_raise("memory", need),
        )


@dataclass(frozen=True)
class _Always:
    """The quantile function of a quantity that is no longer uncertain."""

    value: float

    def __call__(self, unit: FloatArray) -> FloatArray:
        return np.full(len(unit), self.value)


def _with_params(
    uncertainty: Uncertainty, design: Design, chosen: Chosen
) -> tuple[Uncertainty, Design]:
    """Let quantities that every member is given a value of have this value in every draw.

    They stay in the sample, which says what the members ran with, and the others are drawn as
    without them.
    """
    given = {change.variable: change.value for change in chosen.first}
    fixed = {
        place: given[factor.variable]
        for place, factor in enumerate(uncertainty.factors)
        if factor.kind == "value" and factor.variable in given
    }
    factors = [
        replace(factor, quantile=_Always(fixed[place]), text="given") if place in fixed else factor
        for place, factor in enumerate(uncertainty.factors)
    ]
    if design.table is not None and fixed:
        table = design.table.copy()
        table[:, list(fixed)] = list(fixed.values())
        design = replace(design, table=table)
    return replace(uncertainty, factors=tuple(factors)), design


def _design(
    study: Study, draws: Any, seed: int, method: Method | None
) -> tuple[Uncertainty, Design]:
    """Tell a number of draws from a table of them."""
    if isinstance(draws, (int, np.integer)) and not isinstance(draws, bool):
        if not 1 <= draws <= MOST_DRAWS:
            raise StudyError(
                f"{draws:,} draws cannot be run", fix=f"give a number from 1 to {MOST_DRAWS:,}"
            )
        uncertainty = study.uncertainty
        if uncertainty is None:
            if not uses_random_numbers(study.model):
                raise StudyError(
                    "there is nothing to draw: the study has no uncertainty.toml and its model no "
                    "random numbers",
                    where=str(study.folder),
                    fix="write one, or leave out the draws",
                )
            uncertainty = Uncertainty(())
        return uncertainty, Design(method or uncertainty.method, int(draws), seed)
    from flatgov.study.draws_table import read_table

    uncertainty, table = read_table(study, draws)
    return uncertainty, Design("table", len(table), seed, table)
