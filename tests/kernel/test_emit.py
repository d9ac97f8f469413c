from __future__ import annotations

import ctypes

import numpy as np
import pytest

from flatgov.kernel import jit
from flatgov.kernel.builder import Builder
from flatgov.kernel.emit import Integrator, emit
from flatgov.kernel.execute import Batch, run_batch
from flatgov.kernel.program import Program, State
from flatgov.kernel.schedule import schedule
from flatgov.model import Table
from kernel.programs import make, oscillator, run, same_bits

INTEGRATORS: tuple[Integrator, ...] = ("euler", "rk4")


@pytest.mark.parametrize(("integrator", "order"), [("euler", 1), ("rk4", 4)])
def test_the_error_falls_with_the_order_of_the_method(integrator: Integrator, order: int) -> None:
    errors = []
    for steps in (200, 400):
        program, outputs = oscillator(steps)
        x, v = run(program, outputs, steps, integrator=integrator)[:, -1, 0]
        errors.append(np.hypot(x - 1.0, v))
    assert np.log2(errors[0] / errors[1]) == pytest.approx(order, abs=0.05)


def test_euler_and_rk4_have_the_bits_of_their_formulas() -> None:
    builder = Builder()
    y = builder.op("state", extra=0)
    rate = builder.op("sub", builder.op("time"), builder.mul(y, y))
    h, t0 = 0.3, 1.1
    program = make(
        builder, [State("integral", builder.number(0.7), rate)], initial_time=t0, time_step=h
    )

    def f(t: float, value: float) -> float:
        return t - value * value

    euler, rk4 = [0.7], [0.7]
    for i in range(20):
        at, mid, end = (t0 + (i + part) * h for part in (0.0, 0.5, 1.0))
        euler.append(euler[-1] + f(at, euler[-1]) * h)
        z = rk4[-1]
        k1 = f(at, z)
        k2 = f(mid, z + h / 2 * k1)
        k3 = f(mid, z + h / 2 * k2)
        k4 = f(end, z + h * k3)
        rk4.append(z + h / 6 * (((k1 + 2 * k2) + 2 * k3) + k4))
    assert same_bits(run(program, [y], 20)[0, :, 0], euler)
    assert same_bits(run(program, [y], 20, integrator="rk4")[0, :, 0], rk4)


def test_states_that_exchange_their_values_do_so_at_once() -> None:
    builder = Builder()
    a, b = builder.op("state", extra=0), builder.op("state", extra=1)
    states = [State("held", builder.number(1.0), b), State("held", builder.number(2.0), a)]
    got = run(make(builder, states), [a, b], 3)[:, :, 0]
    assert got.tolist() == [[1, 2, 1, 2], [2, 1, 2, 1]]


def _mixed() -> tuple[Program, list[int]]:
    """Use every kind of state, list and source at once."""
    builder = Builder()
    x, held, old = (builder.op("state", extra=index) for index in range(3))
    own = builder.op("state", extra=3)
    time, begin = builder.op("time"), builder.op("held time")
    p, q = builder.op("parameter", extra=0), builder.op("parameter", extra=1)
    fixed = builder.op("exp", p)
    curve = builder.op("lookup", time, extra=Table((0.0, 2.0, 5.0), (0.0, 1.0, -1.0)))
    noise = builder.op("random", builder.number(1.0), extra=0)
    rate = builder.sum([builder.mul(fixed, curve), held, builder.mul(old, q), noise])
    start = builder.op("changed initial", builder.add(fixed, time), extra=0)
    length = builder.op("max", builder.number(1.0), builder.op("floor", builder.add(p, p)))
    states = [
        State("integral", start, rate),
        State("held", fixed, builder.op("max", x, begin)),
        State("delay", builder.number(3.0), builder.add(x, curve), length=length),
        State("delay", fixed, builder.mul(x, time), length=builder.number(3.0)),
    ]
    shown = builder.op("sqrt", builder.add(x, builder.mul(begin, own)))
    outputs = [x, held, old, rate, shown, fixed, time, noise, own, p, q]
    program = make(builder, states, bases=[0.5, 0.1], stocks=1, initial_time=0.5, time_step=0.25)
    return program, outputs


def _members(count: int) -> Batch:
    random = np.random.default_rng(3)
    parameters = np.vstack([random.uniform(0.1, 3.0, count), random.normal(size=count)])
    return Batch(
        count,
        parameters,
        slot_parameters=np.array([1]),
        slots=np.array([[[2.0], [0.5], [1.0], [2.0], [4.0]]]).repeat(count, axis=2),
        initial=np.array([[[1.5], [0.25]]]).repeat(count, axis=2),
        streams=np.arange(count, dtype=np.uint64),
    )


@pytest.mark.parametrize("integrator", INTEGRATORS)
def test_bits_do_not_depend_on_how_the_code_is_cut(integrator: Integrator) -> None:
    program, outputs = _mixed()
    how = {"varying": [0, 1], "dated": [1], "changed_stocks": [0], "outputs": outputs}
    kernel = jit.compile_kernel(program, integrator=integrator, **how)
    whole = run_batch(kernel, _members(11), 30, 1)
    plan = schedule(program, **how)
    module = emit(plan, integrator=integrator, lanes=4, permutes=False, piece=2)
    engine = jit.load(module.text)
    code = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p)(engine.get_function_address("run"))
    cut = jit.Kernel(code, plan, module, 4, integrator, engine)
    assert same_bits(run_batch(cut, _members(11), 30, 1), whole)
    assert np.isfinite(whole).all()


@pytest.mark.parametrize("integrator", INTEGRATORS)
def test_outputs_do_not_depend_on_what_else_is_saved(integrator: Integrator) -> None:
    program, outputs = _mixed()
    how = {"varying": [0, 1], "dated": [1], "changed_stocks": [0], "integrator": integrator}
    together = run(program, outputs, 20, _members(5), **how)
    for index, output in enumerate(outputs):
        batch = _members(5)
        assert same_bits(run(program, [output], 20, batch, **how)[0], together[index])


@pytest.mark.parametrize("integrator", INTEGRATORS)
def test_a_delay_gives_what_was_there_as_many_steps_ago(integrator: Integrator) -> None:
    builder = Builder()
    p, time = builder.op("parameter", extra=0), builder.op("time")
    lengths = [builder.number(1.0), builder.number(4.0), builder.number(1e12), p]
    states = [State("delay", builder.number(-7.0), time, length=length) for length in lengths]
    outputs = [builder.op("state", extra=index) for index in range(4)]
    members = np.array([[1.0, 2.0, 3.0, 50.0, 1e300, np.nan]])
    program = make(builder, states, bases=[0.0], time_step=0.5)
    got = run(program, outputs, 12, Batch(6, members), varying=[0], integrator=integrator)
    times = 0.5 * np.arange(13)

    def late(steps: float) -> list[float]:
        return [-7.0 if i < steps else times[i - int(steps)] for i in range(13)]

    for index, steps in enumerate((1.0, 4.0, 1e12)):
        assert same_bits(got[index], np.repeat(np.array(late(steps))[:, None], 6, axis=1))
    for member, steps in enumerate(members[0, :5]):
        assert same_bits(got[3, :, member], late(steps))
    assert np.isnan(got[3, :, 5]).all()


def test_initial_values_are_scaled_and_moved_or_replaced() -> None:
    builder = Builder()
    start = builder.op("changed initial", builder.op("parameter", extra=0), extra=0)
    x = builder.op("state", extra=0)
    program = make(builder, [State("integral", start, builder.number(1.0))], bases=[3.0], stocks=1)
    initial = np.array([[[1.0, 2.0, 0.0, 0.0], [0.0, 0.5, 7.0, 8.0]]])
    parameters = np.array([[3.0, 3.0, 3.0, np.nan]])
    batch = Batch(4, parameters, initial=initial)
    got = run(program, [x], 1, batch, varying=[0], changed_stocks=[0])
    assert got[0].tolist() == [[3.0, 6.5, 7.0, 8.0], [4.0, 7.5, 8.0, 9.0]]


def test_time_is_computed_not_summed() -> None:
    builder = Builder()
    outputs = [builder.op("time"), builder.op("held time"), builder.op("step")]
    program = make(builder, initial_time=0.1, time_step=0.1)
    got = run(program, outputs, 1000, every=7, lanes=2)[:, :, 0]
    steps = np.arange(0, 1001, 7)
    assert same_bits(got, [0.1 + steps * 0.1, 0.1 + steps * 0.1, steps.astype(float)])


def test_every_nan_has_the_same_bits() -> None:
    builder = Builder()
    p = builder.op("parameter", extra=0)
    zero = builder.number(0.0)
    outputs = [
        p,
        builder.op("neg", p),
        builder.div(p, zero),
        builder.op("sqrt", builder.number(-1)),
    ]
    got = run(
        make(builder, bases=[1.0]), outputs, 0, Batch(2, np.array([[np.nan, 0.0]])), varying=[0]
    )
    assert set(got[np.isnan(got)].view(np.int64)) == {np.array(np.nan).view(np.int64)[()]}


def test_a_delay_keeps_the_initial_value_and_length_of_the_start() -> None:
    builder = Builder()
    time = builder.op("time")
    start = builder.op("exp", time)
    length = builder.add(
        builder.number(2.0), builder.op("floor", builder.op("random", time, extra=0))
    )
    old = builder.op("state", extra=0)
    program = make(builder, [State("delay", start, start, length=length)])
    got = run(program, [old, start, length], 5)[:, :, 0]
    assert same_bits(got[0], [1.0, 1.0, *got[1, :-2][:4]])
