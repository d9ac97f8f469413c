"""Any operations of a lowered model as outputs of a batch, with one kernel for all batches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flatgov.changes import FloatArray
from flatgov.draws import Draws
from flatgov.kernel.execute import run_batch
from flatgov.kernel.jit import Kernel, compile_kernel, default_lanes
from flatgov.kernel.program import Program
from flatgov.model import Change, Model
from flatgov.reading.control import MOST_STEPS
from flatgov.run.grid import count_points
from flatgov.run.inputs import read_inputs
from flatgov.run.memory import check_memory

# Operations times steps times members below which a kernel takes longer to compile than to run.
_QUICK = 2_000_000_000


@dataclass
class Batches:
    """Runs of one model of which more is wanted than variables at the saved times.

    Attributes:
        model: The model.
        program: What it was lowered to.
        operations: The operations to save.
        kernel: Compiled for the first batch; all others must change the same variables.
    """

    model: Model
    program: Program
    operations: Sequence[int]
    kernel: Kernel | None = None

    def __call__(
        self,
        plans: Sequence[Sequence[Change]],
        draws: Draws,
        steps: int,
        every: int,
        seed: int,
    ) -> FloatArray:
        """Simulate every plan with every draw.

        Args:
            plans: Changes, in order.
            draws: What draws give.
            steps: The number of time steps.
            every: Steps from one saved point to the next.
            seed: Of random numbers.

        Returns:
            (operation, point, plan, draw)

        Raises:
            ModelError: A change does not fit the model, or there is too little memory.
        """
        inputs = read_inputs(self.model, self.program, plans, draws, self.model.time)
        if self.kernel is None:
            members = len(plans) * draws.count
            self.kernel = compile_kernel(
                self.program,
                varying=inputs.varying,
                dated=inputs.dated,
                changed_stocks=inputs.stocks,
                outputs=self.operations,
                integrator=self.model.integrator,
                lanes=min(default_lanes(), 1 << (members - 1).bit_length()),
                once=len(self.program.operations) * steps * members < _QUICK,
            )
        check_memory(self.kernel, len(plans) * draws.count, steps, every, None, self.model.path)
        saved = run_batch(self.kernel, inputs.batch(seed), steps, every)
        return saved.reshape(*saved.shape[:2], len(plans), draws.count)


def saved_steps(model: Model) -> tuple[int, int]:
    """Count the steps of a run, and those from one saved point to the next."""
    time = model.time
    every = min(round(time.saveper / time.step), MOST_STEPS)
    return (count_points(time, time.saveper) - 1) * every, every
