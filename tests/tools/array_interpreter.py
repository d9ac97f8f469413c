"""A slow, plain interpreter of whole models: subscripts, memory, two integration methods.

A second opinion on the native engine, with which it shares no code. Every element of every
variable is worked out from its equation's tree, once for each point in time. Functions follow
Vensim's reference manual (vensim.com/documentation); what is not here raises NotImplementedError.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from flatgov.model import (
    Array,
    Call,
    Equation,
    Expression,
    Model,
    Number,
    Reference,
    Table,
    TimeSettings,
    Variable,
)
from flatgov.names import canonical
from tools.array_functions import FUNCTIONS, MEMORIES, REDUCTIONS, TIMED, Argument, look_up

FloatArray = NDArray[np.float64]
Binding = Mapping[str, str]  # The element that each subscript range stands for.
Element = tuple[str, ...]


@dataclass(frozen=True)
class Place:
    """Where an expression stands: a variable's element, and the way down its equation's tree."""

    variable: str
    element: Element
    path: tuple[int, ...]


@dataclass
class Moment:
    """What the values at one point in time depend on."""

    time: float
    step_began: float
    levels: Mapping[Place, Sequence[float]] | None  # None before the start


def simulate(
    model: Model,
    time: TimeSettings | None = None,
    integrator: Literal["euler", "rk4"] = "euler",
    noise: float = 0.0,
) -> dict[str, FloatArray]:
    """Run a model.

    Args:
        model: The model; it may have no macros.
        time: In place of the model's own settings; SAVEPER is a multiple of TIME STEP.
        integrator: The method.
        noise: Every result of a function is made this much, relatively, larger or smaller by
            chance: the difference that it makes tells how well conditioned the model is.

    Returns:
        Every variable but lookups: time first, then the variable's subscripts.
    """
    with np.errstate(all="ignore"):
        return _Run(model, time or model.time, noise).simulate(integrator)


class _Run:
    def __init__(self, model: Model, time: TimeSettings, noise: float) -> None:
        self.model, self.time = model, time
        self.ranges = {canonical(name): items for name, items in model.subscripts.items()}
        self.equations = dict(self._all_equations())
        self.memories = list(self._all_memories())
        self.noise, self.random = noise, np.random.default_rng(0)
        self.moment = Moment(time.initial, time.initial, None)
        self.known: dict[tuple[str, Element], float] = {}

    def simulate(self, integrator: str) -> dict[str, FloatArray]:
        dt, every = self.time.step, round(self.time.saveper / self.time.step)
        levels = {place: self._start(place, call) for place, call in self.memories}
        count = int(np.floor((self.time.final - self.time.initial) / dt + 1e-6))
        saved: list[dict[str, FloatArray]] = []
        for step in range(count + 1):
            now = self.time.initial + step * dt
            self._at(now, now, levels)
            if step % every == 0:
                saved.append({v.name: self._values(v) for v in self._shown()})
            method = self._runge_kutta if integrator == "rk4" else self._euler
            levels = method(now, levels)
        return {v.name: np.array([point[v.name] for point in saved]) for v in self._shown()}

    def _euler(self, now: float, levels: dict[Place, list[float]]) -> dict[Place, list[float]]:
        changes = self._changes()
        return self._moved(levels, changes, self.time.step, jump=changes)

    def _runge_kutta(
        self, now: float, levels: dict[Place, list[float]]
    ) -> dict[Place, list[float]]:
        """Classic, fourth order; what is held jumps by what the start of the step says."""
        dt = self.time.step
        first = self._changes()
        stages = [first]
        for share in (0.5, 0.5, 1.0):
            self._at(now + share * dt, now, self._moved(levels, stages[-1], share * dt))
            stages.append(self._changes())
        mean = {
            place: [
                (a + 2 * b + 2 * c + d) / 6
                for a, b, c, d in zip(*(stage[place] for stage in stages), strict=True)
            ]
            for place in levels
        }
        return self._moved(levels, mean, dt, jump=first)

    def _moved(
        self,
        levels: Mapping[Place, Sequence[float]],
        rates: Mapping[Place, Sequence[float]],
        dt: float,
        jump: Mapping[Place, Sequence[float]] | None = None,
    ) -> dict[Place, list[float]]:
        """Move levels on; those that are held stay, or take the values of `jump`."""
        result: dict[Place, list[float]] = {}
        for place, call in self.memories:
            if MEMORIES[call.function].held:
                result[place] = list((jump or levels)[place])
            else:
                pairs = zip(levels[place], rates[place], strict=True)
                result[place] = [level + dt * rate for level, rate in pairs]
        return result

    def _at(
        self, time: float, step_began: float, levels: Mapping[Place, Sequence[float]] | None
    ) -> None:
        self.moment = Moment(time, step_began, levels)
        self.known = {}

    # Variables

    def _shown(self) -> list[Variable]:
        return [v for v in self.model.variables.values() if v.kind not in ("lookup", "data")]

    def _elements(self, names: Sequence[str]) -> Iterator[Element]:
        """Yield all combinations of elements, in row-major order; an element is a range of one."""
        return itertools.product(*(self.ranges.get(canonical(name), (name,)) for name in names))

    def _all_equations(self) -> Iterator[tuple[tuple[str, Element], tuple[Equation, int]]]:
        """Yield for each element its equation, and its position among that equation's elements."""
        for variable in self.model.variables.values():
            for equation in variable.equations:
                for position, element in enumerate(self._elements(equation.subscripts)):
                    yield (canonical(variable.name), element), (equation, position)

    def _values(self, variable: Variable) -> FloatArray:
        shape = [len(self.ranges[canonical(name)]) for name in variable.subscripts]
        elements = self._elements(variable.subscripts)
        values = [self._value(canonical(variable.name), element) for element in elements]
        return np.array(values).reshape(shape)

    def _value(self, name: str, element: Element) -> float:
        if (name, element) not in self.known:
            equation, position = self.equations[name, element]
            expression = equation.expression
            if isinstance(expression, Array):
                value = expression.values[position]
            else:
                place = Place(name, element, ())
                value = self._evaluate(expression, place, self._binding(name, element))
            self.known[name, element] = value
        return self.known[name, element]

    def _binding(self, name: str, element: Element) -> dict[str, str]:
        equation, _ = self.equations[name, element]
        return dict(zip(map(canonical, equation.subscripts), element, strict=True))

    # Expressions

    def _evaluate(self, expression: Expression, place: Place, binding: Binding) -> float:
        if isinstance(expression, Number):
            return np.float64(expression.value)
        if isinstance(expression, Reference):
            return self._refer(expression, binding)
        assert isinstance(expression, Call), expression
        value = np.float64(self._call(expression, place, binding))
        return value * (1 + self.noise * self.random.uniform(-1, 1)) if self.noise else value

    def _refer(self, reference: Reference, binding: Binding) -> float:
        name = canonical(reference.name)
        own = {
            "time": self.moment.time,
            "time step": self.time.step,
            "initial time": self.time.initial,
            "final time": self.time.final,
            "saveper": self.time.saveper,
        }
        if name in own:
            return np.float64(own[name])
        return self._value(name, self._pointed_at(reference, binding))

    def _pointed_at(self, reference: Reference, binding: Binding) -> Element:
        return tuple(binding.get(canonical(name), name) for name in reference.subscripts)

    def _call(self, call: Call, place: Place, binding: Binding) -> float:
        name = call.function

        def argument(index: int) -> float:
            below = Place(place.variable, place.element, (*place.path, index))
            return self._evaluate(call.arguments[index], below, binding)

        if name in MEMORIES:
            levels = self.moment.levels
            memory = MEMORIES[name]
            if levels is None:
                return memory.output(argument, memory.start(argument, self.time.step))
            return memory.output(argument, levels[place])
        if name == "INITIAL":
            return self._at_start(lambda: argument(0))
        if name in REDUCTIONS:
            return REDUCTIONS[name](self._over(call.arguments[0], place, binding))
        if name in ("LOOKUP", "WITH LOOKUP"):
            table, x = (0, 1) if name == "LOOKUP" else (1, 0)
            return look_up(self._table(call.arguments[table], binding), argument(x))
        if name in TIMED:
            arguments = [argument(index) for index in range(len(call.arguments))]
            middle = self.moment.step_began + self.time.step / 2
            return TIMED[name](self.moment.step_began, middle, self.time.step, *arguments)
        if name == "IF THEN ELSE":
            condition = argument(0)
            return condition if np.isnan(condition) else argument(1 if condition else 2)
        if name not in FUNCTIONS:
            raise NotImplementedError(name)
        return FUNCTIONS[name](*(argument(index) for index in range(len(call.arguments))))

    def _over(self, expression: Expression, place: Place, binding: Binding) -> list[float]:
        """Evaluate for every combination of the elements of ranges marked with ``!``."""
        marked = list(dict.fromkeys(_marked(expression)))
        choices = self._elements([name.removesuffix("!") for name in marked])
        below = Place(place.variable, place.element, (*place.path, 0))
        return [
            self._evaluate(
                expression,
                below,
                {**binding, **dict(zip(map(canonical, marked), choice, strict=True))},
            )
            for choice in choices
        ]

    def _table(self, expression: Expression, binding: Binding) -> Table:
        if isinstance(expression, Reference):
            key = canonical(expression.name), self._pointed_at(expression, binding)
            expression = self.equations[key][0].expression
        assert isinstance(expression, Table), expression
        return expression

    # Memory

    def _all_memories(self) -> Iterator[tuple[Place, Call]]:
        """Yield every place of a function that remembers, for each element apart."""
        for (name, element), (equation, _) in self.equations.items():
            for path, part in _walk(equation.expression):
                if isinstance(part, Call) and part.function in MEMORIES:
                    yield Place(name, element, path), part

    def _argument(self, place: Place, call: Call) -> Argument:
        binding = self._binding(place.variable, place.element)

        def argument(index: int) -> float:
            below = Place(place.variable, place.element, (*place.path, index))
            return self._evaluate(call.arguments[index], below, binding)

        return argument

    def _start(self, place: Place, call: Call) -> list[float]:
        return MEMORIES[call.function].start(self._argument(place, call), self.time.step)

    def _changes(self) -> dict[Place, list[float]]:
        assert self.moment.levels is not None
        return {
            place: MEMORIES[call.function].change(
                self._argument(place, call), self.moment.levels[place]
            )
            for place, call in self.memories
        }

    def _at_start(self, value: Callable[[], float]) -> float:
        moment, known = self.moment, self.known
        self._at(self.time.initial, self.time.initial, None)
        try:
            return value()
        finally:
            self.moment, self.known = moment, known


def _walk(
    expression: Expression, path: tuple[int, ...] = ()
) -> Iterator[tuple[tuple[int, ...], Expression]]:
    yield path, expression
    if isinstance(expression, Call):
        for index, argument in enumerate(expression.arguments):
            yield from _walk(argument, (*path, index))


def _marked(expression: Expression) -> Iterator[str]:
    for _, part in _walk(expression):
        if isinstance(part, Reference):
            yield from (name for name in part.subscripts if name.endswith("!"))
