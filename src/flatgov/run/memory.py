"""Refuses a run that this machine has no memory for, before any is taken."""

from __future__ import annotations

from flatgov.errors import ModelError
from flatgov.kernel.execute import memory
from flatgov.kernel.jit import Kernel
from flatgov.limits import physical_memory


def check_memory(
    kernel: Kernel, members: int, steps: int, every: int, threads: int | None, where: str
) -> None:
    """Refuse a run whose results, or whose memories of delays, are larger than all memory.

    Args:
        kernel: The compiled program.
        members: How many are simulated.
        steps: The number of time steps.
        every: Steps from one saved point to the next.
        threads: How many; nothing for one a core.
        where: The model, for the message.

    Raises:
        ModelError: The memory of this machine is too small.
    """
    results, working = memory(kernel, members, steps, every, threads)
    most = physical_memory()
    if most is None or results + working <= most:
        return
    if results >= working:
        what, fix = "results", "save fewer variables, or use a larger SAVEPER or fewer draws"
    else:
        what, fix = "delays and dated changes", "use a larger TIME STEP or fewer threads"
    need = max(results, working)
    raise ModelError(
        f"the {what} of this run take {need / 2**30:,.1f} GiB of memory, and this machine has "
        f"{most / 2**30:,.1f} GiB",
        where=where,
        fix=fix,
    )
