"""Refuses a run that takes more memory than it may, before any is taken."""

from __future__ import annotations

from flatgov.errors import ModelError
from flatgov.kernel.execute import memory
from flatgov.kernel.jit import Kernel
from flatgov.limits import current, how_to_raise


def check_memory(
    kernel: Kernel, members: int, steps: int, every: int, threads: int | None, where: str
) -> None:
    """Refuse a run whose results, or whose memories of delays, are larger than the limit.

    Args:
        kernel: The compiled program.
        members: How many are simulated.
        steps: The number of time steps.
        every: Steps from one saved point to the next.
        threads: How many; nothing for one a core.
        where: The model, for the message.

    Raises:
        ModelError: They are; the message has the limit and how to raise it.
    """
    results, working = memory(kernel, members, steps, every, threads)
    most = current().memory
    if results + working <= most:
        return
    if results >= working:
        what, fix = "results", "save fewer variables, or use a larger SAVEPER or fewer draws"
    else:
        what, fix = "delays and dated changes", "use a larger TIME STEP or fewer threads"
    need = max(results, working)
    raise ModelError(
        f"the {what} of this run take {need / 2**30:,.1f} GiB of memory, and the limit memory is "
        f"{most / 2**30:,.1f} GiB",
        where=where,
        fix=f"{fix}, or {how_to_raise('memory', results + working)}",
    )
