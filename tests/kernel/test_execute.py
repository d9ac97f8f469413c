from __future__ import annotations

import signal
import threading
from concurrent.futures import CancelledError
from dataclasses import replace

import numpy as np
import pytest

from flatgov.kernel.builder import Builder
from flatgov.kernel.emit import Integrator
from flatgov.kernel.execute import ADD, Batch, run_batch
from flatgov.kernel.jit import Kernel, compile_kernel
from flatgov.kernel.program import State
from flatgov.model import Table
from kernel.programs import Floats, make, oscillator, same_bits

_COUNT = 41


def _kernel(integrator: Integrator = "euler", lanes: int | None = None) -> Kernel:
    builder = Builder()
    x, old = builder.op("state", extra=0), builder.op("state", extra=1)
    p, q = builder.op("parameter", extra=0), builder.op("parameter", extra=1)
    noise = builder.op("random", builder.number(3.0), extra=1)
    table = Table((0.0, 1.0, 2.5, 7.0), (0.5, 1.0, -1.0, 0.1))
    curve = builder.op("lookup", x, extra=table)
    rate = builder.add(builder.mul(p, curve), builder.mul(q, builder.add(noise, old)))
    states = [
        State("integral", builder.op("changed initial", p, extra=0), rate),
        State("delay", q, builder.op("exp", builder.op("neg", x)), length=builder.number(5.0)),
    ]
    program = make(builder, states, bases=[1.0, 1.0], stocks=1, time_step=0.1)
    return compile_kernel(
        program,
        varying=[0, 1],
        dated=[1],
        changed_stocks=[0],
        outputs=[x, rate, q],
        integrator=integrator,
        lanes=lanes,
    )


def _batch(members: np.ndarray | None = None) -> Batch:
    """Give some of the members 0 to 40; each is the same in every batch."""
    random = np.random.default_rng(1)
    parameters = random.normal(size=(2, _COUNT))
    parameters[0, 7] = np.nan
    parameters[1, 12] = 1e308
    slots = np.empty((2, 5, _COUNT))
    slots[:, 0] = random.choice([0, ADD], size=(2, _COUNT))
    slots[:, 1:] = random.uniform(0.5, 5, size=(2, 4, _COUNT))
    initial = random.normal(size=(1, 2, _COUNT))
    chosen = np.arange(_COUNT) if members is None else members
    return Batch(
        len(chosen),
        parameters[:, chosen],
        np.array([1, 1]),
        slots[..., chosen],
        initial[..., chosen],
        chosen.astype(np.uint64),
    )


@pytest.fixture(scope="module", params=["euler", "rk4"])
def results(request: pytest.FixtureRequest) -> tuple[Integrator, Floats]:
    integrator: Integrator = request.param
    return integrator, run_batch(_kernel(integrator), _batch(), 60, 3, threads=1)


def test_the_shape_is_output_save_member(results: tuple[Integrator, Floats]) -> None:
    assert results[1].shape == (3, 21, _COUNT)
    assert results[1].dtype == np.float64
    assert np.isnan(results[1][0, :, 7]).all()
    assert np.isfinite(results[1][0, :, 0]).all()


@pytest.mark.parametrize("lanes", [1, 2, 4, 8, 16])
def test_bits_do_not_depend_on_lanes(lanes: int, results: tuple[Integrator, Floats]) -> None:
    integrator, expected = results
    assert same_bits(run_batch(_kernel(integrator, lanes), _batch(), 60, 3), expected)


@pytest.mark.parametrize(("threads", "chunk"), [(1, 1), (2, None), (3, 8), (2, 16), (7, 1000)])
def test_bits_do_not_depend_on_threads_or_chunks(
    threads: int, chunk: int | None, results: tuple[Integrator, Floats]
) -> None:
    integrator, expected = results
    got = run_batch(_kernel(integrator), _batch(), 60, 3, threads=threads, chunk=chunk)
    assert same_bits(got, expected)


def test_bits_do_not_depend_on_the_other_members(results: tuple[Integrator, Floats]) -> None:
    integrator, expected = results
    kernel = _kernel(integrator)
    order = np.random.default_rng(2).permutation(_COUNT)
    assert same_bits(run_batch(kernel, _batch(order), 60, 3), expected[..., order])
    for member in (0, 7, 12, 40):
        alone = run_batch(kernel, _batch(np.array([member])), 60, 3)
        assert same_bits(alone, expected[..., [member]])


def test_saved_points_are_those_of_the_steps(results: tuple[Integrator, Floats]) -> None:
    integrator, expected = results
    kernel = _kernel(integrator)
    assert same_bits(run_batch(kernel, _batch(), 60, 1)[:, ::3], expected)
    # A last stretch that is shorter than the distance of saved points is not saved.
    assert same_bits(run_batch(kernel, _batch(), 11, 3), expected[:, :4])


def _endless() -> tuple[Kernel, int]:
    program, outputs = oscillator(100)
    return compile_kernel(program, outputs=outputs), 2**40


def test_a_stop_from_outside_ends_the_run() -> None:
    kernel, steps = _endless()
    stop = np.zeros(1, dtype=np.int32)

    def set_stop() -> None:
        stop[0] = 1

    timer = threading.Timer(0.1, set_stop)
    timer.start()
    with pytest.raises(CancelledError):
        run_batch(kernel, Batch(20), steps, steps, threads=1, chunk=8, stop=stop)
    timer.join()


def test_the_user_can_interrupt() -> None:
    kernel, steps = _endless()
    main = threading.main_thread().ident
    assert main is not None
    timer = threading.Timer(0.1, signal.pthread_kill, (main, signal.SIGINT))
    before = threading.active_count()
    # A shell starts what runs in its background with interruptions ignored.
    handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        timer.start()
        with pytest.raises(KeyboardInterrupt):
            run_batch(kernel, Batch(40), steps, steps, threads=2, chunk=8)
    finally:
        signal.signal(signal.SIGINT, handler)
    timer.join()
    # The threads have ended, not only the wait for them.
    assert threading.active_count() == before


def test_no_members_give_no_results() -> None:
    assert run_batch(_kernel(), _batch(np.array([], dtype=np.int64)), 6, 3).shape == (3, 3, 0)


@pytest.mark.parametrize(
    "change",
    [
        {"parameters": np.zeros((1, _COUNT))},
        {"parameters": np.zeros((2, _COUNT - 1))},
        {"initial": np.zeros((1, 1, _COUNT))},
        {"slots": np.zeros((1, 5, _COUNT))},
        {"slot_parameters": np.array([0, 1])},
        {"streams": np.zeros(3, dtype=np.uint64)},
    ],
)
def test_a_batch_that_does_not_fit_is_refused(change: dict[str, Floats]) -> None:
    with pytest.raises(ValueError, match=r"shape|dated"):
        run_batch(_kernel(), replace(_batch(), **change), 6, 3)


@pytest.mark.parametrize(("steps", "every"), [(-1, 1), (3, 0)])
def test_steps_that_make_no_sense_are_refused(steps: int, every: int) -> None:
    with pytest.raises(ValueError, match="steps"):
        run_batch(_kernel(), _batch(), steps, every)
