"""Members through the kernel: what each is given, which of it the kernel must know, the arrays."""

from __future__ import annotations

import functools
import threading
import weakref
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import astuple, dataclass, field
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from flatgov.changes import FloatArray
from flatgov.draws import Draws
from flatgov.errors import ModelError
from flatgov.kernel.execute import run_batch
from flatgov.kernel.jit import Kernel, compile_kernel, default_lanes
from flatgov.kernel.lower import lower
from flatgov.kernel.program import Program
from flatgov.model import FINAL_TIME, Change, Integrator, Model, Reference, TimeSettings
from flatgov.reading.control import MOST_STEPS, check_time
from flatgov.run.final_time import after_end, moves, without_steps_after
from flatgov.run.grid import count_points, time_points
from flatgov.run.inputs import Inputs, read_inputs
from flatgov.run.memory import check_memory
from flatgov.run.watch import FINITE, watched

T = TypeVar("T")

# Lowered programs, and kernels, that a process keeps of a model.
_KEPT = 32

# Operations in all steps of one member up to which fast code would not pay for its compilation.
_QUICK = 50_000_000


@dataclass(frozen=True)
class Results:
    """What came of a batch.

    Attributes:
        values: Float64 arrays (plan, draw, time, subscripts) by variable.
        failed: For each member (plan, draw) with a value that is no finite number: the first
            such variable and when.
        points: The number of points up to the end of the longest member; it is less than all
            only where FINAL TIME changes. What comes after the end of a member is NaN.
    """

    values: dict[str, FloatArray]
    failed: dict[tuple[int, int], str]
    points: int


@dataclass(frozen=True)
class _Run:
    """The values of a batch, and what they need to be read."""

    values: dict[str, FloatArray]
    undefined: Collection[tuple[str, int]]
    points: int
    after: NDArray[np.bool_] | None


def simulate_members(
    model: Model,
    plans: Sequence[Sequence[Change]],
    draws: Draws | None = None,
    time: TimeSettings | None = None,
    *,
    save: Sequence[str] | None = None,
    integrator: Integrator | None = None,
    seed: int = 0,
    threads: int | None = None,
    stop: NDArray[np.int32] | None = None,
) -> Results:
    """Simulate every plan with every draw, natively.

    Args:
        model: The model.
        plans: Changes, in order: what sets plans apart, such as policies under scenarios.
        draws: What draws give, before the changes of a plan and in place of the values of those
            that are drawn. Without them there is one draw, of the model's own numbers.
        time: In place of the model's own time settings.
        save: The names of the variables to keep; all but lookups by default.
        integrator: In place of the model's own.
        seed: Of random numbers; a draw has the same numbers in all plans.
        threads: How many; one a core by default. The numbers do not depend on it.
        stop: One number that makes the kernel return soon when it is set to other than 0.

    Raises:
        ModelError: A change does not fit the model, or the kernel does not know a function.
        CancelledError: `stop` was set.
    """
    time = time or model.time
    run = _simulate(model, plans, draws, time, save, integrator, seed, threads, stop)
    failed = _with_lines(find_failures(run.values, time, run.after, run.undefined), model)
    values = run.values if run.after is None else without_steps_after(run.values, run.after)
    return Results(values, failed, run.points)


def simulate_values(
    model: Model,
    plans: Sequence[Sequence[Change]],
    draws: Draws,
    *,
    save: Sequence[str] | None = None,
    seed: int = 0,
    threads: int | None = None,
    stop: NDArray[np.int32] | None = None,
) -> dict[str, FloatArray]:
    """Simulate as `simulate_members` does, without a search for members that failed.

    Returns:
        Arrays (plan, draw, time, subscripts) by variable, in the order of the model; and under
        `FINITE`, if it is in `save`, an array that is NaN wherever any variable of the model is
        no finite number, saved or not.
    """
    run = _simulate(model, plans, draws, model.time, save, None, seed, threads, stop)
    return run.values if run.after is None else without_steps_after(run.values, run.after)


def undefined_elements(model: Model) -> frozenset[tuple[str, int]]:
    """Give the elements of variables that no equation defines, as variable and position."""
    return _any_program(model).undefined


def evaluation_order(model: Model) -> list[str]:
    """Give the variables in the order in which a step computes them: causes before effects.

    Of two that are the same number, the one that only repeats the other comes after it.
    """
    outputs = _any_program(model).outputs

    def place(name: str) -> tuple[int, bool]:
        equations = model.variables[name].equations
        repeats = all(isinstance(one.expression, Reference) for one in equations)
        return int(outputs[name].min()), repeats

    return sorted(outputs, key=place)


def uses_random_numbers(model: Model) -> bool:
    """Tell whether members depend on the seed of random numbers."""
    return any(one.code == "random" for one in _any_program(model).operations)


def _simulate(
    model: Model,
    plans: Sequence[Sequence[Change]],
    draws: Draws | None,
    time: TimeSettings,
    save: Sequence[str] | None,
    integrator: Integrator | None,
    seed: int,
    threads: int | None,
    stop: NDArray[np.int32] | None,
) -> _Run:
    check_time(time)
    check_seed(seed)
    draws = draws or Draws()
    program = lowered(model, time, draws.normals)
    if save is not None and FINITE in save:
        key = (*_program_key(time, draws.normals), FINITE)
        program = _kept(_made_of(model).watched, key, functools.partial(watched, program, model))
    moving = moves(model)
    kept = [name for name in program.outputs if save is None or name in save]
    wanted = [name for name in program.outputs if name in kept or (moving and name == FINAL_TIME)]
    inputs = read_inputs(model, program, plans, draws, time)
    kernel = _compiled(model, program, time, inputs, tuple(wanted), integrator or model.integrator)
    # A SAVEPER past the end keeps the first point only, however far it is past it.
    every = min(round(time.saveper / time.step), MOST_STEPS)
    steps = (count_points(time, time.saveper) - 1) * every
    if moving:  # The end may lie between two points that are kept, or after the last one.
        steps = max(steps, count_points(time, time.step) - 1)
    each = 1 if moving else every
    check_memory(kernel, inputs.plans * draws.count, steps, each, threads, model.path)
    saved = run_batch(kernel, inputs.batch(seed), steps, each, threads=threads, stop=stop)
    values = {}
    first = 0
    for name in wanted:
        numbers = program.outputs[name]
        block = saved[first : first + numbers.size]
        first += numbers.size
        block = block.reshape(*numbers.shape, saved.shape[1], len(plans), draws.count)
        axes = numbers.ndim
        values[name] = block.transpose(axes + 1, axes + 2, axes, *range(axes))
    if not moving:
        return _Run(values, program.undefined, count_points(time, time.saveper), None)
    after = after_end(values[FINAL_TIME], time, model.path)[..., ::every]
    values = {name: values[name][:, :, ::every] for name in kept}
    return _Run(values, program.undefined, int((~after).sum(axis=-1).max()), after)


def check_seed(seed: int) -> None:
    """Refuse what cannot be told from another seed."""
    whole = isinstance(seed, (int, np.integer)) and not isinstance(seed, bool)
    if not whole or not 0 <= seed < 1 << 32:
        raise ModelError(
            f"{seed!r} is no seed", where="seed", fix=f"give a whole number from 0 to {2**32 - 1}"
        )


def find_failures(
    values: Mapping[str, FloatArray],
    time: TimeSettings,
    after: NDArray[np.bool_] | None = None,
    undefined: Collection[tuple[str, int]] = (),
) -> dict[tuple[int, int], tuple[str, str]]:
    """Find the members with a value that is no finite number.

    Args:
        values: Arrays (plan, draw, time, subscripts) by variable, in the order of the model.
        time: The time settings.
        after: (plan, draw, time) True after the end of a member, where anything may stand.
        undefined: Elements, as variable and position, that no equation defines.

    Returns:
        For each such member the first variable and what it was when, the earliest time first.
    """
    found: dict[tuple[int, int], tuple[int, str, str]] = {}
    for name, whole in values.items():
        array = _without(whole, [place for variable, place in undefined if variable == name])
        bad = np.asarray(~np.isfinite(array).all(axis=tuple(range(3, array.ndim))))
        if after is not None:
            bad &= ~after
        for plan, draw in np.argwhere(bad.any(axis=2)):
            at = int(bad[plan, draw].argmax())
            member = (int(plan), int(draw))
            if member not in found or at < found[member][0]:
                numbers = array[plan, draw, at]
                what = "not a number" if np.isnan(numbers).any() else "infinite"
                found[member] = (at, name, what)
    times = time_points(time)
    return {
        member: (name, f"{what} at time {times[at]:g}")
        for member, (at, name, what) in sorted(found.items())
    }


def _with_lines(
    failed: Mapping[tuple[int, int], tuple[str, str]], model: Model
) -> dict[tuple[int, int], str]:
    return {
        member: f"'{name}' (line {model.variables[name].line}) is {what}"
        for member, (name, what) in failed.items()
    }


def _without(array: FloatArray, places: Sequence[int]) -> FloatArray:
    """Leave out some elements, by their row-major position in the subscripts."""
    if not places:
        return array
    return np.delete(array.reshape(*array.shape[:3], -1), places, axis=3)


@dataclass(frozen=True)
class _Made:
    """What a process has made of a model; kept as long as the model itself."""

    model: weakref.ref[Model]
    programs: dict[tuple[object, ...], Program] = field(default_factory=dict)
    watched: dict[tuple[object, ...], Program] = field(default_factory=dict)
    kernels: dict[tuple[object, ...], Kernel] = field(default_factory=dict)


_MADE: dict[int, _Made] = {}
_making = threading.RLock()


def _made_of(model: Model) -> _Made:
    key = id(model)
    if key not in _MADE or _MADE[key].model() is not model:
        _MADE[key] = _Made(weakref.ref(model, lambda _: _MADE.pop(key, None)))
    return _MADE[key]


def lowered(
    model: Model, time: TimeSettings, normals: Mapping[str, tuple[float, float]] | None = None
) -> Program:
    """Lower a model, or give what an earlier call of this process lowered."""
    make = functools.partial(lower, model, time, normals)
    return _kept(_made_of(model).programs, _program_key(time, normals or {}), make)


def _program_key(
    time: TimeSettings, normals: Mapping[str, tuple[float, float]]
) -> tuple[object, ...]:
    return astuple(time), tuple(sorted(normals.items()))


def _any_program(model: Model) -> Program:
    """Give one of those that a model was lowered to; what time and draws decide may differ."""
    programs = _made_of(model).programs
    return next(iter(programs.values()), None) or lowered(model, model.time)


def _compiled(
    model: Model,
    program: Program,
    time: TimeSettings,
    inputs: Inputs,
    wanted: tuple[str, ...],
    method: Integrator,
) -> Kernel:
    normals = inputs.draws.normals
    # A few members do not fill a vector, whose other lanes would take as much memory.
    lanes = min(default_lanes(), 1 << (inputs.plans * inputs.draws.count - 1).bit_length())
    work = len(program.operations) * count_points(time, time.step)
    shape = (inputs.varying, inputs.dated, inputs.stocks, lanes)
    make = functools.partial(
        compile_kernel,
        program,
        varying=inputs.varying,
        dated=inputs.dated,
        changed_stocks=inputs.stocks,
        outputs=[int(number) for name in wanted for number in program.outputs[name].flat],
        integrator=method,
        lanes=lanes,
        once=lanes == 1 and work < _QUICK,
    )
    key = (_program_key(time, normals), shape, wanted, method)
    return _kept(_made_of(model).kernels, key, make)


def _kept(cache: dict[tuple[object, ...], T], key: tuple[object, ...], make: Callable[[], T]) -> T:
    """Give what is kept under a key, or make and keep it; the oldest of many is forgotten."""
    with _making:  # What several threads need at once is made once.
        if key not in cache:
            if len(cache) >= _KEPT:
                cache.pop(next(iter(cache)))
            cache[key] = make()
        return cache[key]
