"""Thousands of draws of many policies, block by block: each block by itself, in any order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from flatgov.changes import FloatArray
from flatgov.model import Change, Model
from flatgov.study.design import Design
from flatgov.study.uncertainty import Uncertainty

OK, NOT_A_NUMBER, INFINITE, BELOW, ABOVE = range(5)


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
