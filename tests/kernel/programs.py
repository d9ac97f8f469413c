"""Small programs, and running them in a line."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from flatgov.kernel.builder import Builder
from flatgov.kernel.emit import Integrator
from flatgov.kernel.execute import Batch, run_batch
from flatgov.kernel.jit import compile_kernel
from flatgov.kernel.program import Parameter, Program, State, Stock

Floats = NDArray[np.float64]

SPECIAL = [0.0, -0.0, 1.0, -1.0, 0.5, -2.5, 3.0, 1e-310, -1e300, np.inf, -np.inf, np.nan]


def make(
    builder: Builder,
    states: Sequence[State] = (),
    *,
    bases: Sequence[float] = (),
    stocks: int = 0,
    initial_time: float = 0.0,
    time_step: float = 1.0,
) -> Program:
    """Make a program of what a builder holds."""
    return Program(
        tuple(builder.operations),
        tuple(Parameter(f"p{index}", 0, base) for index, base in enumerate(bases)),
        tuple(Stock(f"s{index}", 0) for index in range(stocks)),
        tuple(states),
        {},
        initial_time,
        time_step,
    )


def run(
    program: Program,
    outputs: Sequence[int],
    steps: int,
    batch: Batch | None = None,
    *,
    varying: Sequence[int] = (),
    dated: Collection[int] = (),
    changed_stocks: Sequence[int] = (),
    integrator: Integrator = "euler",
    lanes: int | None = None,
    **how: Any,
) -> Floats:
    """Compile and run; (output, step, member)."""
    kernel = compile_kernel(
        program,
        varying=varying,
        dated=dated,
        changed_stocks=changed_stocks,
        outputs=outputs,
        integrator=integrator,
        lanes=lanes,
    )
    return run_batch(kernel, batch or Batch(1), steps, how.pop("every", 1), **how)


def same_bits(a: Any, b: Any) -> bool:
    """Tell whether two arrays are equal to the bit; one NaN is like another."""
    a, b = (np.ascontiguousarray(x, dtype=np.float64) for x in (a, b))
    equal = (a.view(np.int64) == b.view(np.int64)) | (np.isnan(a) & np.isnan(b))
    return bool(a.shape == b.shape and equal.all())


def oscillator(steps_in_period: int) -> tuple[Program, list[int]]:
    """Make x' = v, v' = -x from x = 1, v = 0."""
    builder = Builder()
    x, v = builder.op("state", extra=0), builder.op("state", extra=1)
    states = [
        State("integral", builder.number(1.0), v),
        State("integral", builder.number(0.0), builder.op("neg", x)),
    ]
    return make(builder, states, time_step=2 * np.pi / steps_in_period), [x, v]
