"""The units of expressions, and what does not fit in them.

Unknown swallows: where a unit is not known, nothing is said of what it meets. The number 0 fits any
unit; every other number is dimensionless, and `Quantity.bare` remembers that nobody said so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction

from flatgov.model import NA, Array, Call, Expression, Macro, Number, Reference, Table, Text
from flatgov.names import canonical
from flatgov.units.algebra import DIMENSIONLESS, MOST, Unit
from flatgov.units.quantity import BARE, UNKNOWN, Kind, Problem, Quantity
from flatgov.units.rules import rules
from flatgov.units.scope import Scope, macro_scope
from flatgov.units.trees import factors, terms

_LOOKUPS = {"LOOKUP", "LOOKUP BACKWARD", "LOOKUP EXTRAPOLATE", "LOOKUP FORWARD"}


class Inference:
    """Works out one expression's unit and notes what does not fit in it.

    Args:
        scope: The names.
    """

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.problems: list[Problem] = []
        # For each named lookup: its input and that input's unit.
        self.inputs: list[tuple[str, Expression, Unit]] = []

    def of(self, expression: Expression, wanted: Unit | None = None) -> Quantity:
        """Give the unit of an expression.

        Args:
            expression: The tree.
            wanted: The unit that its place asks for: who is right where operands differ.
        """
        match expression:
            case Number(value):
                return UNKNOWN if value in (0.0, NA) else BARE
            case Reference(name):
                return self._named(name)
            case Call(function, arguments):
                return self._call(expression, function, arguments, wanted)
            case Text() | Table() | Array():
                return UNKNOWN

    def _named(self, name: str) -> Quantity:
        """Give the unit that a name stands for, from its equation where none is declared."""
        key = canonical(name)
        known = self.scope.known(key)
        if known is not None:
            return known
        self.scope.inferred[key] = UNKNOWN  # for whoever comes back here within its definition
        variable = self.scope.variables[key]
        if variable.kind not in ("constant", "lookup", "data"):
            found = Inference(self.scope).of(variable.equations[0].expression)
            if not found.bare:
                self.scope.inferred[key] = found
        return self.scope.inferred[key]

    def _macro(self, call: Call, macro: Macro) -> Quantity:
        """Infer the first result of a macro; what follows from the arguments counts most."""
        arguments = [self.of(argument) for argument in call.arguments]
        key = (macro.name, *(argument.unit for argument in arguments))
        if key not in self.scope.results:
            self.scope.results[key] = UNKNOWN, ()  # a macro that calls itself
            self.scope.results[key] = self._macro_result(macro, arguments)
        result, inside = self.scope.results[key]
        given = dict(zip(map(canonical, macro.inputs), call.arguments, strict=False))
        for one in inside:
            wrong = one.wrong
            if isinstance(wrong, Reference):  # an input: what is given for it
                wrong = given.get(canonical(wrong.name), wrong)
            self._note("macro", call, one.unit, one.expected, macro.name, wrong)
        return result

    def _macro_result(
        self, macro: Macro, arguments: Sequence[Quantity]
    ) -> tuple[Quantity, tuple[Problem, ...]]:
        """Infer the first result, and what does not fit in the body with these arguments."""
        inner = macro_scope(self.scope, macro, arguments)
        inner.results = self.scope.results
        output = canonical(macro.outputs[0])
        declared = inner.units.pop(output, None)
        found = Inference(inner)._named(output)
        body = Inference(inner)
        for variable in inner.variables.values():
            for equation in variable.equations:
                body.of(equation.expression)
        # Numbers and other macros in the body are not the caller's.
        inside = tuple(one for one in body.problems if one.kind in ("operands", "argument"))
        return (found if found.unit is not None else Quantity(declared)), inside[:1]

    def _call(
        self, call: Call, function: str, arguments: Sequence[Expression], wanted: Unit | None
    ) -> Quantity:
        if function in ("+", "-"):
            return self._same(list(terms(call)), wanted, function)
        if function in ("*", "/"):
            return self._product(call)
        if function in ("^", "POWER"):
            return self._power(*arguments)
        if function in self.scope.macros:
            return self._macro(call, self.scope.macros[function])
        special: Callable[..., Quantity] | None = _SPECIAL.get(function)
        if special is not None:
            return special(self, *arguments)
        if function in rules():
            return self._rule(call, wanted)
        for argument in arguments:
            self.of(argument)
        return UNKNOWN

    def _product(self, call: Call) -> Quantity:
        result: Unit | None = DIMENSIONLESS
        bare = True
        for sign, factor in factors(call):
            found = self.of(factor)
            bare = bare and found.bare
            result = None if result is None or found.unit is None else result * found.unit**sign
        return Quantity(result, bare and result is not None)

    def _same(
        self,
        operands: Sequence[Expression],
        wanted: Unit | None,
        function: str,
        tolerant: Sequence[bool] = (),
    ) -> Quantity:
        """Give the unit that all operands have, and note those which differ from most."""
        found = [(operand, self.of(operand, wanted)) for operand in operands]
        spoken = [(o, q.unit) for o, q in found if q.unit is not None and not q.bare]
        if not spoken:
            known = [q for _, q in found if q.bare]
            return Quantity(DIMENSIONLESS, all(q.bare for _, q in found)) if known else UNKNOWN
        units = Counter(unit for _, unit in spoken)
        right = _chosen(units, wanted, any(quantity.bare for _, quantity in found))
        against = next((operand for operand, q in found if q.unit == right), None)
        for at, (operand, quantity) in enumerate(found):
            if quantity.unit is None or quantity.unit == right:
                continue
            if not quantity.bare:
                self._note("operands", operand, quantity.unit, right, function, against)
            elif not (tolerant and tolerant[at]):
                self._note("number", operand, quantity.unit, right, function, against)
        return Quantity(right) if set(units) == {right} else UNKNOWN

    def _note(
        self,
        kind: Kind,
        wrong: Expression,
        unit: Unit,
        expected: Unit,
        function: str,
        against: Expression | None = None,
    ) -> None:
        self.problems.append(Problem(kind, wrong, unit, expected, against, function))

    def _power(self, below: Expression, above: Expression) -> Quantity:
        self._must_be(above, DIMENSIONLESS, "^")
        found = self.of(below)
        if found.unit is None or found.unit.dimensionless:
            return found
        exponent = self.scope.value(above)
        if exponent is None:
            self._note("exponent", below, found.unit, DIMENSIONLESS, "^", above)
            return UNKNOWN
        if abs(exponent) > MOST:
            return UNKNOWN
        return Quantity(found.unit ** Fraction(exponent).limit_denominator(MOST))

    def _root(self, below: Expression) -> Quantity:
        found = self.of(below)
        return Quantity(None if found.unit is None else found.unit ** Fraction(1, 2), found.bare)

    def _must_be(
        self, argument: Expression, unit: Unit | None, function: str, tolerant: bool = False
    ) -> None:
        """Note an argument whose unit is not the one that a function asks for."""
        found = self.of(argument, unit)
        if unit is None or found.unit is None or found.unit == unit:
            return
        if not found.bare:
            self._note("argument", argument, found.unit, unit, function)
        elif not tolerant:
            self._note("number", argument, found.unit, unit, function)

    def _rule(self, call: Call, wanted: Unit | None) -> Quantity:
        value, places = rules()[call.function]
        shared: dict[str, Unit | None] = {}
        numbers: set[str] = set()
        for letter in ("x", "y"):
            own = [
                (argument, place.startswith("~"))
                for argument, place in zip(call.arguments, places, strict=False)
                if place.lstrip("~") == letter
            ]
            if not own:
                continue
            operands, tolerant = zip(*own, strict=True)
            hope = wanted if value == letter else None
            found = self._same(operands, hope, call.function, tolerant)
            shared[letter] = found.unit
            if found.bare:
                numbers.add(letter)
        for argument, place in zip(call.arguments, places, strict=False):
            name = place.lstrip("~")
            if name == "?":
                self.of(argument)
            elif name not in ("x", "y"):
                self._must_be(argument, self._meaning(name, shared), call.function, "~" in place)
        for argument in call.arguments[len(places) :]:
            self.of(argument)
        if value not in ("x", "y") and "x" in value and "x" in numbers:
            return UNKNOWN  # a slope without units has those that its place asks for
        return Quantity(self._meaning(value, shared), value in numbers)

    def _meaning(self, text: str, shared: Mapping[str, Unit | None]) -> Unit | None:
        """Give the unit that a text of the rules stands for."""
        known = {"1": DIMENSIONLESS, "T": self.scope.time, **shared}
        for operator in "*/":
            left, found, right = text.partition(operator)
            if found:
                first, second = known.get(left), known.get(right)
                if first is None or second is None:
                    return None
                return first * second if operator == "*" else first / second
        return known.get(text)

    def _stock(self, flow: Expression, initial: Expression) -> Quantity:
        """Take the stock's unit from its initial value: no declared one is at hand."""
        start = self.of(initial)
        if start.unit is not None and not start.bare and self.scope.time is not None:
            self._must_be(flow, start.unit / self.scope.time, "INTEG")
            return start
        found = self.of(flow)
        if found.unit is None or found.bare or self.scope.time is None:
            return UNKNOWN
        return Quantity(found.unit * self.scope.time)

    def _quotient(self, above: Expression, below: Expression, *other: Expression) -> Quantity:
        """ZIDZ and XIDZ; the third argument has the unit of the quotient."""
        ratio = Call("/", (above, below))
        if not other:
            return self.of(ratio)
        return self._same([ratio, *other], None, "XIDZ", [False, True])

    def _lookup(self, table: Expression, at: Expression) -> Quantity:
        found = self.of(at)
        if not isinstance(table, Reference):
            return UNKNOWN
        if found.unit is not None and not found.bare:
            self.inputs.append((table.name, at, found.unit))
            right, against = self.scope.inputs.get(canonical(table.name), (found.unit, None))
            if found.unit != right:
                self._note("input", at, found.unit, right, table.name, against)
        return self._named(table.name)

    def _inverse(self, table: Expression, value: Expression) -> Quantity:
        given = self.of(table)
        self._must_be(value, given.unit, "LOOKUP INVERT")
        return UNKNOWN

    def _with_lookup(self, at: Expression, table: Expression) -> Quantity:
        self.of(at)
        return UNKNOWN  # a table inside an equation has the unit that the equation should have

    def _pulse(self, size: Expression, *times: Expression) -> Quantity:
        """XMILE's PULSE puts the whole size into one time step."""
        found = self.of(size)
        for argument in times:
            self._must_be(argument, self.scope.time, "PULSE")
        if found.unit is None or found.bare or self.scope.time is None:
            return UNKNOWN
        return Quantity(found.unit / self.scope.time)

    def _train(self, first: Expression, size: Expression, interval: Expression) -> Quantity:
        return self._pulse(size, first, interval)

    def _prod(self, factor: Expression) -> Quantity:
        found = self.of(factor)
        return found if found.unit == DIMENSIONLESS else UNKNOWN


_SPECIAL: dict[str, Callable[..., Quantity]] = {
    "SQRT": Inference._root,
    "ZIDZ": Inference._quotient,
    "XIDZ": Inference._quotient,
    "INTEG": Inference._stock,
    "WITH LOOKUP": Inference._with_lookup,
    "LOOKUP INVERT": Inference._inverse,
    "XMILE PULSE": Inference._pulse,
    "XMILE PULSE TRAIN": Inference._train,
    "PROD": Inference._prod,
    **dict.fromkeys(_LOOKUPS, Inference._lookup),
}


def _chosen(units: Counter[Unit], wanted: Unit | None, numbers: bool) -> Unit:
    """Decide who is right where operands differ: what is asked for, else most of them."""
    if wanted is not None and (wanted in units or (numbers and wanted.dimensionless)):
        return wanted
    return units.most_common(1)[0][0]


def unit_of(expression: Expression, scope: Scope) -> Unit | None:
    """Give the unit of an expression; None where it is unknown."""
    return Inference(scope).of(expression).unit
