"""The state of a lowering: what is computed so far, and in which order the rest follows.

A variable's element has a value in two phases: ``initial``, before the run, with Time at INITIAL
TIME and stocks at their initial values; and ``step``. Values are lowered on demand: an expression
that needs one that is not there raises `Missing`, the missing one comes first, and the expression
is lowered again. So order, circles and depth are found without recursion from variable to variable.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeVar, cast

from flatgov.errors import ModelError
from flatgov.kernel.builder import Builder, fold
from flatgov.kernel.lower.ranges import Ranges
from flatgov.kernel.program import CHANGING, Parameter, Role, State, Stock
from flatgov.model import Expression, Model, TimeSettings, Variable
from flatgov.names import canonical
from flatgov.reading.parsed import place as place_in_file

if TYPE_CHECKING:
    from flatgov.kernel.lower.scope import Scope

Phase = Literal["initial", "step"]
T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Instance:
    """A set of equations: those of the model, or of a macro at one of its calls.

    Attributes:
        name: Of the macro; empty for the model itself.
        variables: By canonical name.
        inputs: What a macro's inputs stand for: expressions where the call stands.
        within: The macros in which the call stands.
    """

    name: str
    variables: Mapping[str, Variable]
    inputs: Mapping[str, tuple[Scope, Expression]] = field(default_factory=dict)
    within: frozenset[str] = frozenset()


class Place(NamedTuple):
    """An element of a variable in a phase."""

    instance: Instance
    variable: str
    element: int
    phase: Phase


class Missing(Exception):
    """A value that has to be lowered first."""

    def __init__(self, place: Place, *others: Place) -> None:
        super().__init__(place, *others)
        self.place = place
        self.others = others  # that are missing as well, so that all come in one go


class Lowering:
    """Everything that grows while a model is lowered.

    Args:
        model: The model.
        time: Its time settings, or others.
        equation: Lowers the equation of a place; may raise `Missing`.
        normals: The normal point (x, y) of each lookup that gets a strength and a slope.
    """

    def __init__(
        self,
        model: Model,
        time: TimeSettings,
        equation: Callable[[Lowering, Place], int],
        normals: Mapping[str, tuple[float, float]] | None = None,
    ) -> None:
        self.model, self.time = model, time
        self.normals = {canonical(name): point for name, point in (normals or {}).items()}
        self.builder = Builder()
        self.ranges = Ranges(model)
        self.main = Instance("", _by_canonical_name(model.variables))
        self.parameters: dict[tuple[str, int, Role], int] = {}
        self.parameter_list: list[Parameter] = []
        self.stocks: dict[tuple[str, int], int] = {}
        self.states: list[State | None] = []
        self.fixed_parameters: set[int] = set()
        self._places = 0
        self._equation = equation
        self._values: dict[Place, int] = {}
        self._fixed: dict[int, float | None] = {}
        self._memory: dict[object, object] = {}
        self._unfinished: list[tuple[int, Callable[[], State]]] = []

    def value(self, place: Place) -> int:
        """Give the operation of a place.

        Raises:
            Missing: It is not lowered yet.
        """
        self.builder.count()
        try:
            return self._values[place]
        except KeyError:
            raise Missing(place) from None

    def settle(self, task: Callable[[], T]) -> T:
        """Do something that may lack values, after lowering these.

        Raises:
            ModelError: Values need each other; the message has the circle.
        """
        # What each value waits for, and what is missing besides it.
        pending: dict[Place, list[Place]] = {}
        place: Place | None = None
        while True:
            try:
                if not pending:
                    return task()
                place = next(reversed(pending))
                self._values[place] = self._equation(self, place)
                others = pending.pop(place)
                while others:
                    other = others.pop()
                    if other not in self._values and other not in pending:
                        pending[other] = others
                        break
            except RecursionError:
                raise self._too_deep(place) from None
            except ModelError as error:
                if error.where:
                    raise
                raise ModelError(error.what, where=self._where(place), fix=error.fix) from None
            except Missing as missing:
                if missing.place in pending:
                    raise self._circle(list(pending), missing.place) from None
                pending[missing.place] = list(reversed(missing.others))

    @contextmanager
    def standing_for(self, place: Place, number: int) -> Iterator[None]:
        """Let a variable's own name mean an operation, such as its value of the step before."""
        before = self._values.get(place)
        self._values[place] = number
        try:
            yield
        finally:
            if before is None:
                del self._values[place]
            else:
                self._values[place] = before

    def finish(self) -> tuple[State, ...]:
        """Lower what the states become; that may bring new states."""
        while self._unfinished:
            index, define = self._unfinished.pop()
            self.states[index] = self.settle(define)
        return tuple(state for state in self.states if state is not None)

    def once(self, key: object, make: Callable[[], T]) -> T:
        """Make something the first time that a key is seen, and give the same afterwards."""
        if key not in self._memory:
            self._memory[key] = make()
        return cast(T, self._memory[key])

    def fixed(self, number: int) -> float | None:
        """Give the value of an operation on numbers and parameters that no member may change.

        The parameters that it uses are kept in `fixed_parameters`: an order of a delay, for
        one, decides what is lowered.
        """
        waiting = [number]
        while waiting:  # no recursion, and each operation once: they may share arguments
            one = waiting[-1]
            missing = [
                argument
                for argument in self.builder.operations[one].arguments
                if argument not in self._fixed
            ]
            waiting += missing
            if not missing:
                self._fixed[one] = self._fixed_value(one)
                waiting.pop()
        return self._fixed[number]

    def _fixed_value(self, number: int) -> float | None:
        """As `fixed`, where the arguments are known."""
        operation = self.builder.operations[number]
        if operation.code == "number":
            return float(operation.extra)
        if operation.code == "first parameter":
            self.fixed_parameters.add(operation.extra)
            return self.parameter_list[int(operation.extra)].base
        values = [self._fixed[argument] for argument in operation.arguments]
        known = [value for value in values if value is not None]
        if not values or len(known) < len(values):
            return None
        return fold(operation.code, known, operation.extra)

    def changes(self, number: int) -> bool:
        """Tell whether an operation changes within a run by itself."""
        seen: set[int] = set()
        waiting = [number]
        while waiting:
            code, arguments, _ = self.builder.operations[waiting.pop()]
            if code in CHANGING:
                return True
            waiting += [argument for argument in arguments if argument not in seen]
            seen.update(arguments)
        return False

    def new_place(self) -> int:
        """Give the number of a new place of random numbers."""
        self._places += 1
        return self._places

    def new_state(self, define: Callable[[], State]) -> int:
        """Give the number of a new state; `define` is called later and may raise `Missing`."""
        self.states.append(None)
        self._unfinished.append((len(self.states) - 1, define))
        return len(self.states) - 1

    def parameter(self, variable: str, element: int, base: float, role: Role = "value") -> int:
        """Give the number of a parameter."""
        key = (variable, element, role)
        if key not in self.parameters:
            self.parameters[key] = len(self.parameter_list)
            self.parameter_list.append(Parameter(variable, element, base, role))
        return self.parameters[key]

    def stock(self, variable: str, element: int) -> int:
        """Give the number of a stock's element whose initial value members may change."""
        return self.stocks.setdefault((variable, element), len(self.stocks))

    def stock_list(self) -> tuple[Stock, ...]:
        """Give the stocks in the order of their numbers."""
        return tuple(Stock(variable, element) for variable, element in self.stocks)

    def label(self, place: Place) -> str:
        """Name an element for a message: ``Staff[north]``, in a macro ``MACRO: output``."""
        variable = place.instance.variables[place.variable]
        name = variable.name
        if variable.subscripts:
            name += f"[{', '.join(self._subscripts(variable, place.element))}]"
        return f"{place.instance.name}: {name}" if place.instance.name else name

    def _subscripts(self, variable: Variable, element: int) -> list[str]:
        names = []
        for dimension in reversed(variable.subscripts):
            elements = self.model.subscripts[dimension]
            element, position = divmod(element, len(elements))
            names.append(elements[position])
        return names[::-1]

    def _too_deep(self, place: Place | None) -> ModelError:
        return ModelError(
            "the equation is nested too deeply",
            where=self._where(place),
            fix="split it into several variables",
        )

    def _where(self, place: Place | None) -> str:
        if place is None:
            return self.model.path
        variable = place.instance.variables[place.variable]
        return place_in_file(self.model.path, variable.name, variable.line)

    def _circle(self, pending: list[Place], again: Place) -> ModelError:
        circle = [*pending[pending.index(again) :], again]
        names = [self.label(place) for place in circle]
        shown = names if len(names) <= 12 else [*names[:8], "…", *names[-3:]]
        initial = again.phase == "initial"
        variable = again.instance.variables[again.variable]
        return ModelError(
            f"circular {'initial value' if initial else 'definition'}: {' → '.join(shown)}",
            where=place_in_file(self.model.path, variable.name, variable.line),
            fix="start one of them from a number" if initial else "put a stock or delay into it",
        )


def _by_canonical_name(variables: Mapping[str, Variable]) -> dict[str, Variable]:
    return {canonical(name): variable for name, variable in variables.items()}
