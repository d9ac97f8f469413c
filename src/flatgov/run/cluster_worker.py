"""What a worker of a Dask cluster does: it opens the work of a run once and does its blocks."""

from __future__ import annotations

import pickle
import platform
from collections.abc import Mapping
from concurrent.futures import CancelledError
from dataclasses import dataclass, field
from importlib.metadata import version
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from flatgov import __version__
from flatgov.errors import FlatgovError, RunError
from flatgov.run.work import Work, as_error, attempt

if TYPE_CHECKING:
    from flatgov.run.ensemble import BlockDone

# The runs whose work a worker keeps.
_KEPT = 8


@dataclass(frozen=True)
class Sent:
    """What a run sends to each worker.

    Attributes:
        token: Names the run.
        payload: Its work, pickled, so that a worker makes one object of it for all its blocks.
        versions: Of the process that runs it.
    """

    token: str
    payload: bytes
    versions: Mapping[str, str]


@dataclass
class _Opened:
    """What this worker has of a run.

    Attributes:
        opening: Held while the work is opened.
        work: The same object for all blocks, as kernels are kept with the model in it.
        stop: Ends the blocks under way when it is set.
        running: How many there are.
    """

    opening: Lock = field(default_factory=Lock)
    work: Work | None = None
    stop: NDArray[np.int32] = field(default_factory=lambda: np.zeros(1, dtype=np.int32))
    running: int = 0


_RUNS: dict[str, _Opened] = {}
_LOCK = Lock()


def versions() -> dict[str, str]:
    """Give the versions of what decides the numbers, in this process."""
    return {
        "flatgov": __version__,
        "Python": ".".join(platform.python_version_tuple()[:2]),
        **{name: version(name) for name in ("numpy", "scipy")},
    }


def check_versions(worker: str, theirs: Mapping[str, str], own: Mapping[str, str]) -> None:
    """Refuse a worker whose versions differ from those of the process that runs everything."""
    differences = [
        f"{name} {theirs.get(name, 'none')} and not {own[name]}"
        for name in own
        if theirs.get(name) != own[name]
    ]
    if differences:
        raise RunError(
            f"the worker {worker} has {', '.join(differences)}",
            fix="install the same versions everywhere",
        )


def do_block(sent: Sent, first: int, count: int) -> BlockDone | FlatgovError:
    """Do the work of a block and give what is wrong instead of raising it."""
    run = _run(sent.token)
    with _LOCK:
        run.running += 1
    try:
        return attempt(_open(run, sent), first, count, run.stop)
    except FlatgovError as error:
        return error
    except CancelledError:
        return RunError("the run has ended")
    finally:
        with _LOCK:
            run.running -= 1


def end(token: str) -> int:
    """Tell the blocks of a run to end, and give the number of those that still go on."""
    run = _run(token)
    run.stop[0] = 1
    return run.running


def _run(token: str) -> _Opened:
    with _LOCK:
        if token not in _RUNS and len(_RUNS) >= _KEPT:
            del _RUNS[next(iter(_RUNS))]
        return _RUNS.setdefault(token, _Opened())


def _open(run: _Opened, sent: Sent) -> Work:
    """Give the work of a run, ready for blocks."""
    from distributed import get_worker

    address = get_worker().address
    with run.opening:
        if run.stop[0]:
            raise CancelledError
        if run.work is None:
            check_versions(address, versions(), sent.versions)
            try:
                work: Work = pickle.loads(sent.payload)
                work.prepare()
            except Exception as error:
                reason = as_error(error, "its work cannot be opened")
                raise RunError(f"the worker {address} cannot begin: {reason}") from None
            run.work = work
    return run.work
