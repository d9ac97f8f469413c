"""Lowers expressions, with the subscripts of the element that they are evaluated for."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from flatgov import limits
from flatgov.errors import ModelError
from flatgov.kernel.builder import Builder
from flatgov.kernel.lower.core import Instance, Lowering, Phase, Place
from flatgov.kernel.lower.equations import equation_of
from flatgov.kernel.lower.ranges import SubscriptError
from flatgov.model import (
    Array,
    Call,
    Equation,
    Expression,
    Number,
    Reference,
    Table,
    Text,
    Variable,
)
from flatgov.names import canonical
from flatgov.reading.functions import wrong_count
from flatgov.reading.parsed import place as place_in_file


@dataclass(frozen=True)
class Scope:
    """Where an expression is evaluated.

    Attributes:
        lowering: The state of the lowering.
        place: The element of the variable whose equation it is, and the phase.
        equation: That equation.
        bound: The element of each subscript range that is held, by canonical names.
    """

    lowering: Lowering
    place: Place
    equation: Equation
    bound: Mapping[str, str] = field(default_factory=dict)

    @property
    def builder(self) -> Builder:
        """Where operations are put."""
        return self.lowering.builder

    @property
    def phase(self) -> Phase:
        """``initial`` or ``step``."""
        return self.place.phase

    @cached_property
    def initial(self) -> Scope:
        """The same in the initial phase."""
        return replace(self, place=self.place._replace(phase="initial"))

    @cached_property
    def step(self) -> Scope:
        """The same in the step phase."""
        return replace(self, place=self.place._replace(phase="step"))

    def key(self, call: Call, *more: object) -> tuple[object, ...]:
        """Identify a call at this element in either phase: what belongs to it is made once."""
        bound = tuple(sorted(self.bound.items()))
        place = (self.place.instance, self.place.variable, self.place.element)
        return (*place, id(call), bound, *more)

    def number(self, value: float) -> int:
        """Give a constant."""
        return self.builder.number(value)

    def lower(self, expression: Expression) -> int:
        """Give the operation of an expression.

        Raises:
            Missing: A value that it needs is not lowered yet.
            ModelError: It cannot be evaluated.
        """
        match expression:
            case Number(value):
                return self.builder.number(value)
            case Reference():
                return self._reference(expression)
            case Call():
                return self._call(expression)
            case Table():
                return self.look_up(expression, self.held_time())
            case Array():
                return self.number(self._array_element(expression))
            case Text(value):
                raise self.error(f"the text '{value}' is no number")

    def time(self) -> int:
        """Give Time."""
        if self.phase == "initial":
            return self.number(self.lowering.time.initial)
        return self.builder.op("time")

    def held_time(self) -> int:
        """Give the time at which the step began, which a step of RK4 holds."""
        return self.time() if self.phase == "initial" else self.builder.op("held time")

    def look_up(self, table: Table, x: int) -> int:
        """Evaluate a table at an operation."""
        return self.builder.op("lookup", x, extra=table)

    def error(self, what: str, fix: str = "") -> ModelError:
        """Make an error with the place of the equation."""
        name = self.place.instance.variables[self.place.variable].name
        macro = self.place.instance.name
        shown = f"{macro}: {name}" if macro else name
        where = place_in_file(self.lowering.model.path, shown, self.equation.line)
        return ModelError(what, where=where, fix=fix)

    def constant(self, expression: Expression, what: str) -> float:
        """Evaluate an argument that has to be a fixed number."""
        value = self.lowering.fixed(self.initial.lower(expression))
        if value is None:
            raise self.error(f"{what} must be a number that does not change")
        return value

    def steady(self, expression: Expression, what: str) -> float:
        """Evaluate an argument that has to be the same number throughout the run."""
        if self.lowering.changes(self.step.lower(expression)):
            raise self.error(f"{what} must be a number that does not change")
        return self.constant(expression, what)

    # References

    def _reference(self, reference: Reference) -> int:
        name = canonical(reference.name)
        instance = self.place.instance
        if name in instance.inputs:
            outer, expression = instance.inputs[name]
            outer = outer.initial if self.phase == "initial" else outer.step
            if isinstance(expression, Reference) and reference.subscripts:
                expression = replace(expression, subscripts=reference.subscripts)
            return outer.lower(expression)
        if name in instance.variables:
            return self.element(reference, instance.variables[name])
        control = self._control(name)
        if control is not None:
            return control
        ranges = self.lowering.ranges
        if ranges.is_range(name) or ranges.is_element(name):
            try:
                return self.number(float(ranges.number(name, self.bound)))
            except SubscriptError as error:
                raise self.error(str(error)) from None
        raise self.error(f"'{reference.name}' is not defined")

    def _control(self, name: str) -> int | None:
        time = self.lowering.time
        values = {
            "initial time": time.initial,
            "final time": time.final,
            "time step": time.step,
            "saveper": time.saveper,
        }
        if name == "time":
            return self.time()
        if name in self.lowering.main.variables and name in values:  # one that changes
            return self.lowering.value(Place(self.lowering.main, name, 0, self.phase))
        return self.number(values[name]) if name in values else None

    def element(self, reference: Reference, variable: Variable) -> int:
        """Give the value of the element of a variable that a reference means."""
        place = self.referred(reference, variable)
        if variable.kind == "lookup":
            raise self.error(
                f"the lookup '{variable.name}' is used without an argument",
                fix=f"write {variable.name}(x)",
            )
        if variable.kind == "data" and self.is_table(place):
            # Vensim holds data within a step of RK4 (vensim.com/documentation/rungekutta.html).
            return self.look_up(self.table(place), self.held_time())
        return self.lowering.value(place)

    def is_table(self, place: Place) -> bool:
        """Tell whether an element of a data variable is data, and not an equation."""
        expression = equation_of(self.lowering, place)[0].expression
        return isinstance(expression, Table) or (
            isinstance(expression, Call) and expression.function == "DATA"
        )

    def referred(self, reference: Reference, variable: Variable) -> Place:
        """Find the element of a variable that a reference means.

        Without subscripts it is the element that the left-hand side is at ("apply to all", XMILE
        1.0, section 4.1.4).
        """
        dimensions = tuple(map(canonical, variable.subscripts))
        try:
            elements = [
                self.lowering.ranges.element(subscript, self.bound)
                for subscript in reference.subscripts or variable.subscripts
            ]
            element = self.lowering.ranges.flat(elements, dimensions)
        except SubscriptError as error:
            if not reference.subscripts:
                raise self._without_subscripts(variable) from None
            raise self.error(f"'{variable.name}': {error}") from None
        return Place(self.place.instance, canonical(reference.name), element, self.phase)

    def _without_subscripts(self, variable: Variable) -> ModelError:
        ranges = self.lowering.ranges
        one = ", ".join(
            ranges.shown(ranges.elements[canonical(name)][0]) for name in variable.subscripts
        )
        names = ", ".join(variable.subscripts)
        return self.error(
            f"'{variable.name}' stands without its subscripts [{names}]",
            fix=f"write {variable.name}[{names}] and give the left-hand side the same, or name an "
            f"element, as in {variable.name}[{one}]",
        )

    def table(self, place: Place) -> Table:
        """Give the table of a lookup or data variable."""
        equation, _ = equation_of(self.lowering, place)
        if not isinstance(equation.expression, Table):
            raise self.no_data(place)
        return equation.expression

    def no_data(self, place: Place) -> ModelError:
        """Make an error for a data variable without data."""
        return self.error(
            f"'{self.lowering.label(place)}' is a data variable, and no data are given for it",
            fix="give a file that has it: data=[…] in Python, --data FILE of flatgov run and check",
        )

    # Functions

    def _call(self, call: Call) -> int:
        from flatgov.kernel.lower.functions import FUNCTIONS  # which use scopes themselves

        if call.function in CHAINED:
            return self._chain(call)
        if call.function in self.lowering.model.macros:
            return self._macro(call)
        function = FUNCTIONS.get(call.function)
        if function is None:
            raise self.error(
                f"{call.function} is not supported", fix="write it in terms of other functions"
            )
        return function(self, call)

    def _chain(self, call: Call) -> int:
        """Lower a + b + c + … from the left, without recursion: there may be thousands."""
        rest: list[tuple[str, Expression]] = []
        first: Expression = call
        while isinstance(first, Call) and first.function in CHAINED:
            code = CHAINED[first.function]
            first, right = first.arguments
            rest.append((code, right))
        result = self.lower(first)
        for code, right in reversed(rest):
            result = self.builder.op(code, result, self.lower(right))
        return result

    def arguments(self, call: Call) -> list[int]:
        """Lower all arguments."""
        return [self.lower(argument) for argument in call.arguments]

    def _macro(self, call: Call) -> int:
        macro = self.lowering.model.macros[call.function]
        within = self.place.instance.within | {macro.name}
        depth = len(within)
        if depth > limits.current().nesting:
            raise self.error(f"macros call each other {depth} deep", "call fewer of them")
        if len(within) == len(self.place.instance.within):
            raise self.error(f"the macro {macro.name} calls itself")
        if len(call.arguments) != len(macro.inputs):
            wanted = len(macro.inputs)
            raise self.error(wrong_count(call.function, len(call.arguments), wanted, wanted))

        def make() -> Instance:
            self.builder.count(_INSTANCE + len(macro.variables))
            variables = {canonical(name): one for name, one in macro.variables.items()}
            names = map(canonical, macro.inputs)
            inputs = {
                name: (self, argument) for name, argument in zip(names, call.arguments, strict=True)
            }
            return Instance(macro.name, variables, inputs, within)

        instance = self.lowering.once(self.key(call), make)
        output = canonical(macro.outputs[0])
        if output not in instance.variables:
            raise self.error(f"the macro {macro.name} does not define '{macro.outputs[0]}'")
        return self.lowering.value(Place(instance, output, 0, self.phase))

    # Subscripts

    def over(self, call: Call, arguments: Sequence[Expression]) -> list[Scope]:
        """Give a scope for each combination of the elements of the ranges written ``range!``."""
        # A mark of an outer function is not that of this one, though it may have the same name.
        marked = dict.fromkeys(name for one in arguments for name in _marked(one))
        if not marked:
            raise self.error(
                f"{call.function} has no subscript to run over", fix="mark one as in x[range!]"
            )
        choices = []
        for name in marked:
            elements = self.lowering.ranges.elements.get(name[:-1])
            if elements is None:
                raise self.error(f"the subscript range '{name[:-1]}' is not defined")
            choices.append(elements)
        count = math.prod(map(len, choices))
        limits.check(
            "elements",
            count,
            f"{call.function} runs over {count:,} elements",
            where=self.error("").where,
        )
        return [
            replace(self, bound={**self.bound, **dict(zip(marked, elements, strict=True))})
            for elements in itertools.product(*choices)
        ]

    def _array_element(self, array: Array) -> float:
        """Find the element's number in a list that covers the ranges of the left-hand side."""
        ranges = self.lowering.ranges
        held = [name for name in map(canonical, self.equation.subscripts) if ranges.is_range(name)]
        shape = ranges.shape(held)
        if len(array.values) != _length(shape):
            raise self.error(f"{len(array.values)} numbers are given for {_length(shape)} elements")
        return array.values[ranges.flat([self.bound[name] for name in held], held)]


# Operators that are written in long rows.
CHAINED = {"+": "add", "-": "sub", "*": "mul", "/": "div", ":AND:": "and", ":OR:": "or"}
# What a macro's call counts for, in steps of the lowering.
_INSTANCE = 100
_REDUCERS = ("SUM", "PROD", "VMIN", "VMAX", "VECTOR SELECT")


def _marked(expression: Expression) -> Iterator[str]:
    """Yield the subscripts ``range!`` of an expression, not those that a function inside binds."""
    if isinstance(expression, Reference):
        for subscript in map(canonical, expression.subscripts):
            if subscript.endswith("!"):
                yield subscript
    elif isinstance(expression, Call) and expression.function not in _REDUCERS:
        for argument in expression.arguments:
            yield from _marked(argument)


def _length(shape: Sequence[int]) -> int:
    length = 1
    for one in shape:
        length *= one
    return length
