"""What is done with each block of an ensemble, wherever it is done."""

from __future__ import annotations

from concurrent.futures import CancelledError
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from flatgov.errors import FlatgovError, RunError

if TYPE_CHECKING:
    from flatgov.run.ensemble import BlockDone


class Work(Protocol):
    """Simulates blocks and keeps their results.

    It travels to other processes, so it can be pickled. Paths in it are absolute, as a worker of
    a cluster has a working folder of its own.
    """

    def prepare(self) -> None:
        """Do once in each process what all blocks need: compile, find the place of the results.

        Raises:
            FlatgovError: The work cannot be done here; a worker of a cluster may not see the
                place, or another one of that name.
        """

    def __call__(self, first: int, count: int, stop: NDArray[np.int32] | None = None) -> BlockDone:
        """Simulate a block in one thread and keep its results.

        Args:
            first: The number of its first draw.
            count: The number of its draws.
            stop: One number; set to other than 0 it makes the block end soon, by
                `CancelledError` and with nothing kept.
        """


def attempt(
    work: Work, first: int, count: int, stop: NDArray[np.int32] | None = None
) -> BlockDone | FlatgovError:
    """Do the work of a block, and give what is wrong instead of raising it.

    Raises:
        CancelledError: `stop` was set.
    """
    try:
        return work(first, count, stop)
    except CancelledError:
        raise
    except Exception as error:
        return as_error(error, f"{name_draws(first, count)} failed")


def checked(outcome: BlockDone | FlatgovError) -> BlockDone:
    """Give what was done, or raise what is wrong."""
    if isinstance(outcome, FlatgovError):
        raise outcome
    return outcome


def as_error(error: BaseException, what: str) -> FlatgovError:
    """Make one line of any error; what is one already stays as it is."""
    if isinstance(error, FlatgovError):
        return error
    return RunError(f"{what}: {type(error).__name__}: {error}")


def name_draws(first: int, count: int) -> str:
    """Name the draws of a block, as in ``draws 0 to 255``."""
    return f"draw {first}" if count == 1 else f"draws {first} to {first + count - 1}"
