"""Running the native engine's kernel itself on a model, for tests of its numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from flatgov.kernel.execute import Batch, run_batch
from flatgov.kernel.jit import Kernel, compile_kernel
from flatgov.kernel.lower import lower
from flatgov.kernel.program import Program
from flatgov.model import Integrator, Model, TimeSettings

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Compiled:
    """A kernel that saves some variables of a program, and how to run it.

    Attributes:
        program: The lowered model.
        varying: The parameters that members give.
        names: The saved variables.
        kernel: Of these.
        steps: The number of time steps.
        every: Steps between saved points.
    """

    program: Program
    varying: tuple[int, ...]
    names: tuple[str, ...]
    kernel: Kernel
    steps: int
    every: int

    def run(
        self,
        parameters: FloatArray,
        streams: NDArray[np.uint64] | None = None,
        *,
        threads: int | None = None,
        chunk: int | None = None,
    ) -> dict[str, FloatArray]:
        """Simulate members, whose parameters are (varying parameter, member).

        Returns:
            Each variable: (element, saved point, member).
        """
        batch = Batch(parameters.shape[1], parameters, streams=streams)
        out = run_batch(self.kernel, batch, self.steps, self.every, threads=threads, chunk=chunk)
        counts = [self.program.outputs[name].size for name in self.names]
        parts = np.split(out, np.cumsum(counts)[:-1])
        return dict(zip(self.names, parts, strict=True))


def compiled(
    model: Model,
    *,
    time: TimeSettings | None = None,
    integrator: Integrator = "euler",
    varied: bool = False,
    names: Sequence[str] | None = None,
    lanes: int | None = None,
) -> Compiled:
    """Lower and compile a model.

    Args:
        model: The model.
        time: In place of its own time settings.
        integrator: The integration method.
        varied: Whether members give all the parameters that they may.
        names: The variables to save; by default all but lookups.
        lanes: Members in a vector.
    """
    time = time or model.time
    program = lower(model, time)
    names = tuple(program.outputs if names is None else names)
    free = [index for index in range(len(program.parameters)) if index not in program.fixed]
    varying = tuple(free) if varied else ()
    kernel = compile_kernel(
        program,
        varying=varying,
        outputs=[int(number) for name in names for number in program.outputs[name].ravel()],
        integrator=integrator,
        lanes=lanes,
    )
    steps = int(np.floor((time.final - time.initial) / time.step + 1e-6))
    return Compiled(program, varying, names, kernel, steps, round(time.saveper / time.step))


def simulate(
    model: Model, time: TimeSettings | None = None, integrator: Integrator = "euler"
) -> dict[str, FloatArray]:
    """Run a model as it is: each variable with time first, then its subscripts."""
    ready = compiled(model, time=time, integrator=integrator)
    results = ready.run(np.empty((0, 1)))
    return {
        name: np.moveaxis(values[:, :, 0], 1, 0).reshape(-1, *ready.program.outputs[name].shape)
        for name, values in results.items()
    }
