"""Thousands of draws of many policies, block by block: each block by itself, in any order."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from flatgov.changes import FloatArray
from flatgov.draws import Draws
from flatgov.model import Change, Model
from flatgov.run.grid import count_points
from flatgov.run.native import evaluation_order, simulate_values, undefined_elements
from flatgov.run.trouble import ABOVE, BELOW, INFINITE, NOT_A_NUMBER, OK, Trouble, find_trouble
from flatgov.run.watch import FINITE
from flatgov.study.design import Design, sample
from flatgov.study.uncertainty import Uncertainty, draws_of

__all__ = ["ABOVE", "BELOW", "INFINITE", "NOT_A_NUMBER", "OK"]

# What the values of the draws that are simulated at once may take, in bytes.
_PASS_BYTES = 48_000_000
LEAST_DRAWS = 8  # a vector of members


@dataclass(frozen=True)
class Job:
    """Everything that decides the numbers of an ensemble.

    Attributes:
        model: What is simulated.
        plans: The changes of each different combination of policy and scenario.
        uncertainty: The uncertain quantities.
        design: How their draws are made.
        save: The variables to keep, in the order of the model.
        seed: Of random numbers in the model.
    """

    model: Model
    plans: tuple[tuple[Change, ...], ...]
    uncertainty: Uncertainty
    design: Design
    save: tuple[str, ...]
    seed: int = 0


@dataclass(frozen=True)
class Block:
    """The results of all plans for some draws.

    Attributes:
        first: The number of the first draw.
        values: Float64 (plan, draw, time, subscripts) by variable, in the order of `Job.save`.
        sample: (draw, factor) values of the uncertain quantities.
        status: (plan, draw) one of `OK`, `NOT_A_NUMBER`, `INFINITE`, `BELOW` and `ABOVE`, the
            last two for a value beyond the limits of the model.
        variable: (plan, draw) the first variable that is wrong, as its place in
            `Model.variables`; -1 where nothing is.
        time: (plan, draw) when it is, in model time; NaN where nothing is.
    """

    first: int
    values: dict[str, FloatArray]
    sample: FloatArray
    status: NDArray[np.uint8]
    variable: NDArray[np.int32]
    time: FloatArray


@dataclass(frozen=True)
class Layout:
    """Which plan is which policy under which scenario, and how draws are cut into blocks.

    Attributes:
        policies: Their ids.
        scenarios: Their ids; None where the results have no such dimension.
        scenario: The id of the only scenario where they have none.
        plan_of: For each policy, and under it for each scenario, the number of its plan.
        draws: How many.
        block: The number of draws of a block; the last one may have fewer.
    """

    policies: tuple[str, ...]
    scenarios: tuple[str, ...] | None
    scenario: str | None
    plan_of: tuple[int, ...]
    draws: int
    block: int

    def blocks(self) -> list[tuple[int, int]]:
        """Give the first draw and the number of draws of each block."""
        starts = range(0, self.draws, self.block)
        return [(first, min(self.block, self.draws - first)) for first in starts]


@dataclass(frozen=True)
class BlockDone:
    """A block has been simulated and kept.

    Attributes:
        first: The number of its first draw.
        draws: The number of its draws.
        failed: The number of its failed members, over all policies and scenarios.
        seconds: How long it took its worker.
    """

    first: int
    draws: int
    failed: int
    seconds: float


def simulate_block(
    job: Job, first: int, count: int, *, stop: NDArray[np.int32] | None = None
) -> Block:
    """Simulate all plans with some draws, in one thread.

    The numbers depend neither on the other blocks nor on where this one is simulated.

    Args:
        job: The ensemble.
        first: The number of the first draw.
        count: How many.
        stop: Makes the kernel return soon when its number is set to other than 0.

    Raises:
        ModelError: The kernel does not know a function of the model, or cannot change a variable.
        CancelledError: `stop` was set.
    """
    model, plans = job.model, len(job.plans)
    drawn = sample(job.uncertainty, job.design, first, count)
    limited = limited_variables(job)
    wanted = [FINITE, *dict.fromkeys([*job.save, *limited])]
    points = count_points(model.time, model.time.saveper)
    values = {
        name: np.empty((plans, count, points, *element_shape(model, name))) for name in job.save
    }
    trouble = Trouble.none(plans, count)
    size = draws_at_once(model, wanted[1:], plans, points)
    for start in range(0, count, size):
        part = slice(start, start + size)
        draws = draws_of(job.uncertainty, drawn[part], first + start)
        found = _simulate(job, draws, wanted, stop)
        for name in job.save:
            values[name][:, part] = found[name]
        bad = np.asarray(np.isnan(found.pop(FINITE)).any(axis=2))
        trouble.put(_find(job, found, limited, draws.count), slice(None), part)
        _name_first(job, trouble, part, draws, bad, limited, stop)
    return Block(first, values, drawn, trouble.status, trouble.variable, trouble.time)


def _simulate(
    job: Job, draws: Draws, save: list[str] | None, stop: NDArray[np.int32] | None
) -> dict[str, FloatArray]:
    return simulate_values(
        job.model, job.plans, draws, save=save, seed=job.seed, threads=1, stop=stop
    )


def _find(job: Job, values: dict[str, FloatArray], limited: list[str], draws: int) -> Trouble:
    ordered = {name: values[name] for name in evaluation_order(job.model) if name in values}
    members = len(job.plans), draws
    return find_trouble(job.model, ordered, limited, undefined_elements(job.model), members=members)


def _name_first(
    job: Job,
    trouble: Trouble,
    part: slice,
    draws: Draws,
    bad: NDArray[np.bool_],
    limited: list[str],
    stop: NDArray[np.int32] | None,
) -> None:
    """Find out what was no finite number first, of members in which something was.

    They run once more with all variables, a few draws of a plan at a time; this is rare.

    Args:
        job: The ensemble.
        trouble: Of the block; what is found is put into it.
        part: The draws in it.
        draws: Their values.
        bad: (plan, draw) where any variable was no finite number.
        limited: The variables whose limits are to be kept.
        stop: As in `simulate_block`.
    """
    for number, of_plan in enumerate(bad):
        alone = replace(job, plans=job.plans[number : number + 1])
        for start in range(0, draws.count, LEAST_DRAWS):
            few = draws.part(start, start + LEAST_DRAWS)
            if of_plan[start : start + few.count].any():
                closer = _find(alone, _simulate(alone, few, None, stop), limited, few.count)
                first = part.start + start
                trouble.put(closer, slice(number, number + 1), slice(first, first + few.count))


def draws_at_once(model: Model, names: list[str], plans: int, points: int) -> int:
    """Count the draws whose values fit into the memory that a thread may take."""
    elements = 1 + sum(int(np.prod(element_shape(model, name))) for name in names)
    return max(_PASS_BYTES // (8 * elements * plans * points), LEAST_DRAWS)


def limited_variables(job: Job) -> list[str]:
    """Give the variables whose limits every member must keep, saved or not.

    They are all that the model computes and limits, and of its constants those that a policy or
    scenario adds to or scales, as what comes of it depends on the draw; all others were checked
    before.
    """
    moved = {change.variable for plan in job.plans for change in plan if change.operation != "set"}
    return [
        name
        for name, one in job.model.variables.items()
        if one.limits != (None, None)
        and (
            one.kind in ("stock", "flow", "auxiliary") or (one.kind == "constant" and name in moved)
        )
    ]


def element_shape(model: Model, name: str) -> tuple[int, ...]:
    """Give the number of elements in each subscript of a variable."""
    return tuple(len(model.subscripts[one]) for one in model.variables[name].subscripts)
