"""Simulates the blocks of an ensemble on the workers of a Dask scheduler."""

from __future__ import annotations

import pickle
import time
import uuid
import warnings
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError
from contextlib import contextmanager, suppress
from threading import Thread
from typing import TYPE_CHECKING, Any, TypeVar

from flatgov.errors import FlatgovError, RunError, StudyError
from flatgov.run.cluster_worker import Sent, check_versions, do_block, end, versions
from flatgov.run.work import Work, checked, name_draws

if TYPE_CHECKING:
    from distributed import Client, Future

    from flatgov.run.ensemble import BlockDone

T = TypeVar("T")

# How long the cluster may take to answer, in seconds.
_PATIENCE = 10.0
# And when the run has ended anyway.
_GOODBYE = 3.0
# How long it may be without any worker; in place of a killed one a new one soon starts.
_WITHOUT_WORKERS = 60.0
# Blocks that a worker has for each of its threads, so that it never waits for the next one.
_FOR_EACH_THREAD = 2
# How often a wait looks whether the cluster is still there.
_SECONDS = 1.0


class _Silence(Exception):
    """The cluster has not answered in time."""


def in_cluster(work: Work, blocks: Sequence[tuple[int, int]], address: str) -> Iterator[BlockDone]:
    """Do the work of all blocks on a cluster and yield each as it ends, in any order.

    The scheduler gives the blocks of a worker that dies to another one. Workers may come and go.

    Args:
        work: What to do; each worker gets it once.
        blocks: The first draw and the number of draws of each.
        address: Of the scheduler, as in ``tcp://host:8786``.

    Raises:
        FlatgovError: The work raised it, or raised something else; nobody answers at the
            address, or no longer; a worker has other versions of what decides the numbers.
    """
    with _connected(address) as client:
        _check_workers(client, address)
        yield from _Run(client, address, work).outcomes(deque(blocks))


@contextmanager
def _connected(address: str) -> Iterator[Client]:
    try:
        from distributed import Client
    except ImportError:
        raise RunError(
            "a cluster needs the package 'distributed'", fix="`pip install flatgov[cluster]`"
        ) from None
    _check_address(address)
    with _quiet():
        try:
            with warnings.catch_warnings():
                # Of other versions; those that matter are refused.
                warnings.simplefilter("ignore")
                client = Client(address, timeout=_PATIENCE, set_as_default=False)
        except OSError as error:
            raise RunError(
                f"no Dask scheduler answers at '{address}': {error}",
                fix="`dask scheduler` starts one and prints its address",
            ) from None
        try:
            yield client
        finally:
            # Whatever goes wrong here, the run has ended.
            with suppress(Exception):
                _within(_GOODBYE, client.close)
            # One that lost its scheduler may not take it for that, and hold up the process's end.
            client.status = "closed"


def _check_address(address: str) -> None:
    """Refuse what is no address: a client that stumbles over it keeps the process from its end."""
    from distributed.comm.addressing import resolve_address
    from distributed.security import Security

    try:
        scheme = resolve_address(address).partition("://")[0]
        safe = Security().get_connection_args("client")["ssl_context"] is not None
    except (OSError, ValueError) as error:
        raise StudyError(
            f"'{address}' is no address of a Dask scheduler: {error}",
            fix="give one such as tcp://host:8786",
        ) from None
    if scheme in ("tls", "wss") and not safe:
        raise StudyError(
            f"'{address}' needs TLS, and Dask has no certificates for it",
            fix="name them in Dask's configuration, under distributed.comm.tls",
        )


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the log of the cluster off standard error; what matters is told as an error."""
    import logging

    names = ("distributed", "distributed.client", "tornado.application", "asyncio")
    loggers = [logging.getLogger(name) for name in names]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


def _within(seconds: float, call: Callable[[], T]) -> T:
    """Give what a call gives, unless it takes too long: some of the cluster's may take for ever.

    Raises:
        _Silence: It takes longer.
    """
    found: list[T] = []
    wrong: list[BaseException] = []

    def work() -> None:
        try:
            found.append(call())
        except BaseException as error:
            wrong.append(error)

    thread = Thread(target=work, daemon=True)
    thread.start()
    thread.join(seconds)
    if wrong:
        raise wrong[0]
    if not found:
        raise _Silence
    return found[0]


def _check_workers(client: Client, address: str) -> None:
    """Refuse a cluster without workers, and one whose programs are not those of this process."""
    own = versions()
    try:
        client.wait_for_workers(1, timeout=_PATIENCE)
        all_versions = _within(_PATIENCE, lambda: client.run(versions, on_error="return"))
        _within(_PATIENCE, lambda: client.run_on_scheduler(versions))
    except TimeoutError:
        raise RunError(
            f"the Dask scheduler at '{address}' has no workers",
            fix=f"`dask worker {address}` starts one",
        ) from None
    except _Silence:
        raise RunError(f"the workers of '{address}' do not answer", fix="restart them") from None
    except ImportError as error:
        raise _lacking(f"the Dask scheduler at '{address}'", error) from None
    except OSError as error:
        raise _lost(address, error) from None
    for worker, found in all_versions.items():
        if isinstance(found, ImportError):
            raise _lacking(f"the worker {worker}", found)
        if isinstance(found, dict):
            check_versions(worker, found, own)


class _Run:
    """One run on a cluster: what was sent for it, and what it waits for."""

    def __init__(self, client: Client, address: str, work: Work) -> None:
        self._client = client
        self._address = address
        self._token = uuid.uuid4().hex
        # The result of a task, so that the scheduler makes it anew where it is lost.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # It may be large.
            self._sent = client.submit(
                Sent, self._token, pickle.dumps(work), versions(), key=f"flatgov-{self._token}"
            )
        self._running: dict[Future[Any], tuple[tuple[int, int], str]] = {}
        self._threads: Mapping[str, int] = {}
        self._asked = self._alive = time.monotonic()

    def outcomes(self, waiting: deque[tuple[int, int]]) -> Iterator[BlockDone]:
        """Submit blocks, two for each thread of the workers at a time, and yield what is done."""
        try:
            self._look()
            while waiting or self._running:
                for worker in self._free():
                    if waiting:
                        self._submit(waiting.popleft(), worker)
                for future in self._with_news():
                    yield checked(self._outcome(future))
                if time.monotonic() - self._asked > _SECONDS:
                    self._look()
        except BaseException:
            self._stop()
            raise

    def _free(self) -> list[str]:
        """Name each worker as often as it can take a block, the idle ones first.

        Left to itself the scheduler gives the worker that holds the work most of the blocks.
        """
        given = Counter(worker for _, worker in self._running.values())
        rounds = max(self._threads.values(), default=0) * _FOR_EACH_THREAD
        return [
            worker
            for number in range(rounds)
            for worker, threads in self._threads.items()
            if given[worker] <= number < threads * _FOR_EACH_THREAD
        ]

    def _submit(self, block: tuple[int, int], worker: str) -> None:
        key = f"flatgov-{self._token}-{block[0]}"
        where: dict[str, Any] = {"workers": [worker], "allow_other_workers": True}
        future = self._client.submit(do_block, self._sent, *block, key=key, pure=False, **where)
        self._running[future] = block, worker

    def _with_news(self) -> list[Future[Any]]:
        from distributed import wait

        if not self._running:
            time.sleep(_SECONDS)
            return []
        # The futures of a lost scheduler are cancelled.
        with suppress(TimeoutError, CancelledError), self._client.as_current():
            wait(list(self._running), timeout=_SECONDS, return_when="FIRST_COMPLETED")
        return [future for future in self._running if future.status != "pending"]

    def _outcome(self, future: Future[Any]) -> BlockDone | FlatgovError:
        from distributed.scheduler import KilledWorker

        block, _ = self._running[future]
        draws = name_draws(*block)
        try:
            outcome: BlockDone | FlatgovError = future.result(timeout=_PATIENCE)
        except KilledWorker as error:
            killed = [name_draws(*self._running[one][0]) for one in self._with_news()]
            return RunError(
                f"{error.allowed_failures + 1} workers that were given {' or '.join(killed)} died, "
                "out of memory perhaps",
                fix="give workers more memory or fewer threads, and use --resume",
            )
        except CancelledError:
            return _lost(self._address, "its tasks are gone")
        except Exception as error:
            return RunError(f"{draws} failed: {type(error).__name__}: {error}")
        del self._running[future]
        return outcome

    def _look(self) -> None:
        """Count the threads of the workers, which tells whether the cluster is still there."""
        try:
            counts = _within(_PATIENCE, self._client.nthreads)
        except _Silence:
            raise _lost(self._address, f"silent for {_PATIENCE:g} seconds") from None
        except Exception as error:
            raise _lost(self._address, error) from None
        now = time.monotonic()
        self._threads, self._asked = counts, now
        self._alive = now if counts else self._alive
        if now - self._alive > _WITHOUT_WORKERS:
            raise RunError(
                f"the Dask scheduler at '{self._address}' has no workers any more",
                fix=f"`dask worker {self._address}` starts one; then use --resume",
            )

    def _stop(self) -> None:
        """End the blocks under way: nobody writes results of a run that has ended."""
        for future in self._running:
            future.release()
        deadline = time.monotonic() + _PATIENCE
        with suppress(Exception):  # No more can be done.
            while self._client.status == "running" and time.monotonic() < deadline:
                left = _within(_GOODBYE, lambda: self._client.run(end, self._token))
                if not any(left.values()):
                    return
                time.sleep(0.1)


def _lost(address: str, reason: Any) -> RunError:
    return RunError(
        f"the Dask scheduler at '{address}' is lost: {reason}", fix="start it and use --resume"
    )


def _lacking(who: str, error: ImportError) -> RunError:
    return RunError(f"{who} cannot import flatgov: {error}", fix="install it there")
