"""The runs that the numerical checks share: the model with other time steps and methods.

They save every state, also those inside delays and smooths, which results do not show.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, TypeVar

import numpy as np

from flatgov.changes import FloatArray
from flatgov.check.findings import Outcome
from flatgov.check.subject import Subject
from flatgov.errors import FlatgovError
from flatgov.kernel.program import Program
from flatgov.model import FINAL_TIME, Call, Integrator, Macro, Model, TimeSettings, Variable
from flatgov.reading.diagnose import walk

T = TypeVar("T")

# Beyond so many operations, over all runs, or so many saved numbers, the runs are not made: some
# ten seconds and 400 MB.
MOST_WORK = 5_000_000_000
MOST_NUMBERS = 50_000_000

# The work of all runs in terms of the base run: h, h/2, h/4, and the other method.
_RUNS = {"euler": 1 + 2 + 4 + 4, "rk4": 4 + 8 + 16 + 1}


class TooLarge(Exception):
    """The runs would take too long; the text says why."""


@dataclass(frozen=True)
class StateName:
    """What a state is to people.

    Attributes:
        index: In `Program.states`.
        variable: The stock, or the variable with a delay or smooth in it.
        label: Its name with its element: ``x[a,b]``, or ``a delay or smooth in 'x'``.
        stock: Whether it is an element of a stock.
    """

    index: int
    variable: Variable
    label: str
    stock: bool


@dataclass(frozen=True)
class Path:
    """One run.

    Attributes:
        program: What was run.
        time: Its time settings.
        method: The integration method.
        times: (point,).
        states: (state, point): those of `Runs.states`.
        rates: (state, point): their net flows, or nothing where they were not saved.
        headline: (element, point): those of `Runs.headline`.
        finite: (point,): whether all variables were finite numbers; of the base run only.
    """

    program: Program
    time: TimeSettings
    method: Integrator
    times: FloatArray
    states: FloatArray
    rates: FloatArray
    headline: FloatArray
    finite: np.ndarray


@dataclass(frozen=True)
class Runs:
    """The base run at every step, and what is compared with it at the saved times.

    Attributes:
        model: The model.
        states: The integrals: stocks, and levels inside delays and smooths.
        others: How many states are no integrals: pipelines and samples, which change in steps.
        headline: The names of the headline elements, (variable, label).
        base: As the model asks for, saved in every step.
        every: Steps of the base run from one saved time to the next.
        seed: Of random numbers.
    """

    model: Model
    states: tuple[StateName, ...]
    others: int
    headline: tuple[tuple[Variable, str], ...]
    base: Path
    every: int
    seed: int
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @cached_property
    def _more(self) -> tuple[Path, Path, Path]:
        """The runs with h/2 and h/4, and that by the other method."""
        time, method = self.base.time, self.base.method
        half = self._half_time
        quarter = replace(time, step=time.step / 4)
        other: Integrator = "rk4" if method == "euler" else "euler"
        every = self.every
        jobs = [(half, 2 * every, method), (quarter, 4 * every, method), (time, 1, other)]

        def make(job: tuple[TimeSettings, int, Integrator]) -> Path:
            return _run(self.model, self.states, self.headline, *job, self.seed)

        # LLVM works on one while Python writes the next.
        with ThreadPoolExecutor(len(jobs)) as pool:
            first, second, third = pool.map(make, jobs)
        return first, second, third

    @property
    def _half_time(self) -> TimeSettings:
        return replace(self.base.time, step=self.base.time.step / 2)

    @property
    def half_program(self) -> Program:
        """What the model is with half the TIME STEP."""
        from flatgov.run.native import lowered

        return lowered(self.model, self._half_time)

    @property
    def half(self) -> Path:
        """With half the TIME STEP, at the saved times."""
        return self._made()[0]

    @property
    def quarter(self) -> Path:
        """With a quarter of the TIME STEP, at the saved times."""
        return self._made()[1]

    @property
    def other(self) -> Path:
        """By RK4 in place of Euler's method, or the other way round, in every step."""
        return self._made()[2]

    @cached_property
    def other_half(self) -> Path:
        """By the other method with half the TIME STEP, at the saved times."""
        job = self._half_time, 2 * self.every, self.other.method
        return _run(self.model, self.states, self.headline, *job, self.seed)

    def _made(self) -> tuple[Path, Path, Path]:
        with self._lock:
            return self._more

    @property
    def saved(self) -> FloatArray:
        """The saved times."""
        return self.base.times[:: self.every]


def finite_points(*arrays: FloatArray) -> int:
    """Count the points of arrays (row, point) before the first value that is no finite number."""
    ok = np.ones(arrays[0].shape[-1], dtype=bool)
    for array in arrays:
        ok &= np.asarray(np.isfinite(array).all(axis=0))
    return len(ok) if ok.all() else int(np.argmin(ok))


def runs(subject: Subject) -> Runs:
    """Give the runs of a subject; the second call gives those of the first.

    Raises:
        FlatgovError: The model uses what the kernel does not know.
        TooLarge: They would take too long.
    """
    return shared(subject, "runs", lambda: _runs(subject))


_SHARED: dict[int, tuple[weakref.ref[Subject], dict[str, Any]]] = {}
_sharing = threading.RLock()


def shared(subject: Subject, name: str, make: Callable[[], T]) -> T:
    """Give what was made of a subject under a name, or make it; kept as long as the subject."""
    key = id(subject)
    with _sharing:
        if key not in _SHARED or _SHARED[key][0]() is not subject:
            _SHARED[key] = (weakref.ref(subject, lambda _: _SHARED.pop(key, None)), {})
        kept = _SHARED[key][1]
        if name not in kept:
            kept[name] = make()
        value: T = kept[name]
        return value


def guarded(check: str, work: Callable[[Subject], Outcome]) -> Callable[[Subject], Outcome]:
    """Make a check of a function: what no run can be made of is skipped, with the reason."""

    def run(subject: Subject) -> Outcome:
        try:
            return work(subject)
        except FlatgovError as error:
            return Outcome(check, skipped=f"the model cannot be run: {error.what}")
        except TooLarge as reason:
            return Outcome(check, skipped=str(reason))

    return run


def _runs(subject: Subject) -> Runs:
    from flatgov.run.native import lowered

    model = subject.model
    time = _up_to_the_end(subject)
    program = lowered(model, time)
    states = state_names(model, program)
    steps = _steps(time)
    work = len(program.operations) * steps * _RUNS[model.integrator]
    numbers = 3 * (len(program.states) + len(states) + 1) * steps
    if work > MOST_WORK or numbers > MOST_NUMBERS:
        raise TooLarge(
            f"{len(program.operations):,} operations in {steps:,} steps are too much for the "
            "repeated runs that this check needs"
        )
    names = subject.study.headline if subject.study else ()
    headline = tuple(
        (model.variables[name], label)
        for name in names
        for label in element_labels(model, model.variables[name])
    )
    base = _run(model, states, headline, time, 1, model.integrator, subject.seed, watch=True)
    others = sum(state.kind != "integral" for state in program.states)
    return Runs(
        model, states, others, headline, base, round(time.saveper / time.step), subject.seed
    )


def _up_to_the_end(subject: Subject) -> TimeSettings:
    """Give the time settings; where FINAL TIME changes, those of the base run as it was."""
    from flatgov.run.final_time import moves
    from flatgov.run.grid import time_points

    model = subject.model
    if not moves(model):
        return model.time
    there = np.flatnonzero(np.isfinite(subject.base[FINAL_TIME]))
    last = float(time_points(model.time)[there[-1]]) if len(there) else model.time.initial
    return replace(model.time, final=last)


def _steps(time: TimeSettings) -> int:
    """Count the steps up to the last saved time."""
    from flatgov.run.grid import count_points

    return (count_points(time, time.saveper) - 1) * round(time.saveper / time.step)


def _run(
    model: Model,
    states: tuple[StateName, ...],
    headline: tuple[tuple[Variable, str], ...],
    time: TimeSettings,
    every: int,
    method: Integrator,
    seed: int,
    watch: bool = False,
) -> Path:
    """Simulate once; `watch` says whether any variable is no finite number."""
    from flatgov.kernel.execute import Batch, run_batch
    from flatgov.kernel.jit import compile_kernel
    from flatgov.run.native import lowered
    from flatgov.run.watch import FINITE, watched

    program = lowered(model, time)
    full = watched(program, model) if watch else program
    places = state_operations(program)
    names = dict.fromkeys(variable.name for variable, _ in headline)
    numbers = {
        "states": [places[one.index] for one in states],
        "rates": [program.states[one.index].value for one in states] if every == 1 else [],
        "headline": [int(number) for name in names for number in program.outputs[name].flat],
        "finite": [int(full.outputs[FINITE])] if watch else [],
    }
    outputs = [number for part in numbers.values() for number in part]
    steps = _steps(time)
    kernel = compile_kernel(full, outputs=outputs, integrator=method, lanes=1, once=True)
    batch = Batch(1, streams=np.array([seed << 32], dtype=np.uint64))
    values = run_batch(kernel, batch, steps, every, threads=1)[:, :, 0]
    ends = np.cumsum([len(part) for part in numbers.values()])
    found, rates, shown, finite = np.split(values, ends[:-1])
    times = time.initial + time.step * np.arange(0, steps + 1, every, dtype=np.float64)
    seen = np.isfinite(finite[0]) if watch else np.ones(len(times), dtype=bool)
    return Path(program, time, method, times, found, rates, shown, seen)


def state_operations(program: Program) -> dict[int, int]:
    """Give the number of the operation that reads each state that is used."""
    return {op.extra: place for place, op in enumerate(program.operations) if op.code == "state"}


def state_names(model: Model, program: Program) -> tuple[StateName, ...]:
    """Name the integrals of a program that anything uses."""
    operations = state_operations(program)
    stocks: dict[int, tuple[Variable, str]] = {}
    for name, numbers in program.outputs.items():
        variable = model.variables[name]
        if variable.kind == "stock":
            labels = element_labels(model, variable)
            for label, number in zip(labels, numbers.flat, strict=True):
                stocks.setdefault(int(number), (variable, label))
    named = []
    for index, state in enumerate(program.states):
        if state.kind != "integral" or index not in operations:
            continue
        stock = stocks.get(operations[index])
        if stock:
            named.append(StateName(index, *stock, True))
            continue
        own = model.variables.get(state.name)
        kind = "a delay or smooth in" if own else "a level in a macro,"
        inside = own or _caller(model, state.name)
        named.append(StateName(index, inside, f"{kind} '{state.name}'", False))
    return tuple(named)


def _caller(model: Model, name: str) -> Variable:
    """Give the first variable that calls, by itself or through others, a macro with a variable."""
    owners = {
        macro for macro, one in model.macros.items() if name in (*one.variables, *one.outputs)
    }
    while more := {macro for macro, one in model.macros.items() if _calls(one, owners)} - owners:
        owners |= more
    everyone = list(model.variables.values())
    return next((one for one in everyone if _called(one) & owners), everyone[0])


def _calls(macro: Macro, names: set[str]) -> bool:
    return any(_called(one) & names for one in macro.variables.values())


def _called(variable: Variable) -> set[str]:
    """Name the functions and macros that a variable's equations call."""
    parts = (part for one in variable.equations for part in walk(one.expression))
    return {part.function for part in parts if isinstance(part, Call)}


def percent(share: float) -> str:
    """Write a share with two digits, from 100 % on with all of them and no power of ten."""
    return f"{100 * share:.2g} %" if share < 0.995 else f"{100 * share:.0f} %"


def plain(label: str) -> str:
    """Give a label for machines: without the quotes around it."""
    return label[1:-1] if label.startswith("'") and label.endswith("'") else label


def element_labels(model: Model, variable: Variable) -> list[str]:
    """Name the elements of a variable in row-major order: ``'x[a,b]'``, in quotes."""
    if not variable.subscripts:
        return [f"'{variable.name}'"]
    ranges = [model.subscripts[name] for name in variable.subscripts]
    shape = tuple(len(one) for one in ranges)
    return [
        f"'{variable.name}[{','.join(ranges[axis][at] for axis, at in enumerate(place))}]'"
        for place in np.ndindex(shape)
    ]
