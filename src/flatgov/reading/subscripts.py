"""Find wrong subscripts: each wrong reference or left-hand side is one line with its place."""

from __future__ import annotations

import itertools
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from flatgov.errors import ModelError, nearest_names
from flatgov.kernel.lower.ranges import SubscriptError
from flatgov.model import Array, Call, Equation, Expression, Reference, Text, Variable
from flatgov.names import canonical
from flatgov.reading.arguments import argument_errors
from flatgov.reading.elements import REDUCERS, Choices, Elements, marks
from flatgov.reading.functions import OPERATORS, TABLE_FUNCTIONS
from flatgov.reading.parsed import as_written, place

# Functions of whole vectors, which run along ranges that need not stand on the left-hand side.
_VECTORS = frozenset(
    {
        *("ALLOC P", "ALLOCATE AVAILABLE", "ALLOCATE BY PRIORITY", "DEMAND AT PRICE"),
        *("FIND MARKET PRICE", "INVERT MATRIX", "MARKETP", "SUPPLY AT PRICE", "VECTOR ELM MAP"),
        *("VECTOR LOOKUP", "VECTOR RANK", "VECTOR REORDER", "VECTOR SORT ORDER"),
    }
)
# Other functions that may be handed a table or a text.
_HANDED = frozenset(
    {"DEPRECIATE BY SCHEDULE", "MESSAGE", "RANDOM LOOKUP", "SIMULTANEOUS", "TIME BASE"}
)
# So many combinations of the elements of ranges are tried for one reference.
_MOST_TRIED = 20_000


def check_subscripts(
    variables: Mapping[str, Variable],
    elements: Elements,
    broken: Collection[str],
    macros: Collection[str],
    file: str,
    *,
    all_ranges: bool = True,
) -> Iterator[ModelError]:
    """Yield what is wrong with the subscripts of the variables of a model.

    Args:
        variables: By name.
        elements: The ranges of the model.
        broken: The canonical names of variables that are not to blame.
        macros: The functions that the model defines, in capitals.
        file: The model file, for the messages.
        all_ranges: Whether all ranges could be read; if not, an unknown name may be one of those.
    """
    known = {
        canonical(name): variable
        for name, variable in variables.items()
        if canonical(name) not in broken
    }
    wrong = set()
    for variable in known.values():
        errors = list(_left_hand_side(variable, elements, file))
        if errors:
            wrong.add(canonical(variable.name))
        yield from errors
    known = {key: variable for key, variable in known.items() if key not in wrong}
    checker = _Checker(known, elements, frozenset(macros), all_ranges, {})
    for variable in known.values():
        told: set[tuple[int, str]] = set()
        for equation in variable.equations:
            for error in checker.equation(equation):
                if (equation.line, error.what) not in told:
                    told.add((equation.line, error.what))
                    yield ModelError(
                        error.what,
                        where=place(file, variable.name, equation.line),
                        nearest=error.nearest,
                        fix=error.fix,
                        text=error.text,
                    )


def _left_hand_side(variable: Variable, elements: Elements, file: str) -> Iterator[ModelError]:
    """Yield what is wrong with the left-hand sides of a variable."""
    seen: dict[int, int] = {}
    for equation in variable.equations:
        where = place(file, variable.name, equation.line)
        names = list(map(canonical, equation.subscripts))
        text = variable.name
        repeated = [n for n in names if names.count(n) > 1 and elements.ranges.is_range(n)]
        if repeated:
            yield ModelError(
                f"the range '{elements.ranges.shown(repeated[0])}' stands twice on the left-hand"
                " side",
                where=where,
                fix="define a second range of the same elements",
                text=text,
            )
            return
        if len(variable.equations) == 1 and not equation.excluded:
            continue  # The ranges of the variable are those of its only equation.
        for combination in elements.combinations(equation):
            try:
                position = elements.place(variable, combination)
            except SubscriptError as error:
                yield ModelError(str(error), where=where, nearest=error.nearest, text=text)
                return
            if seen.setdefault(position, equation.line) != equation.line:
                shown = ", ".join(map(elements.ranges.shown, combination))
                yield ModelError(
                    f"[{shown}] is already defined on line {seen[position]}",
                    where=where,
                    fix="take it out of one of the two with :EXCEPT:",
                    text=text,
                )
                break


@dataclass(frozen=True)
class _Checker:
    """Checks the references of equations.

    Attributes:
        variables: By canonical name, those whose left-hand sides are right.
        elements: The ranges of the model.
        macros: The functions that the model defines, in capitals.
        all_ranges: Whether all ranges could be read.
        tried: What is known of subscripts, see `_subscript`.
    """

    variables: Mapping[str, Variable]
    elements: Elements
    macros: frozenset[str]
    all_ranges: bool
    tried: dict[object, SubscriptError | None]

    def equation(self, equation: Equation) -> Iterator[ModelError]:
        """Yield the errors of an equation, without their place."""
        expression = equation.expression
        if isinstance(expression, Array):
            count = 1
            for name in map(canonical, equation.subscripts):
                count *= len(self.elements.ranges.elements.get(name, [name]))
            if count != len(expression.values):
                yield ModelError(
                    f"{_count(len(expression.values), 'number')} {_are(len(expression.values))}"
                    f" given for {_count(count, 'element')}",
                    text=equation.text,
                )
        elif isinstance(expression, (Reference, Call, Text)):
            yield from self._part(expression, equation, self.elements.choices(equation), "=")

    def _part(
        self, part: Expression, equation: Equation, held: Choices, around: str
    ) -> Iterator[ModelError]:
        """Yield the errors of a part of an equation that is an argument of the function around."""
        pending = [(part, held, around)]
        while pending:
            part, held, around = pending.pop()
            if isinstance(part, Reference):
                yield from self._reference(part, equation, held, around)
            elif isinstance(part, Text) and (around == "=" or around in OPERATORS):
                yield ModelError(f"the text '{part.value}' is no number", text=part.value)
            elif isinstance(part, Call):
                if part.function == "DATA":
                    continue
                inside, errors = self._inside(part, equation, held)
                errors += argument_errors(part, self.elements.ranges, equation.text)
                yield from errors
                if errors:
                    continue  # What is inside has no ranges to stand for.
                if part.function == "ELMCOUNT":
                    continue
                pending += [(one, inside, part.function) for one in reversed(part.arguments)]

    def _inside(
        self, call: Call, equation: Equation, held: Choices
    ) -> tuple[Choices, list[ModelError]]:
        """Give what is held inside a call: also ranges that the function itself runs over."""
        ranges = self.elements.ranges
        if call.function in _VECTORS:
            free = {
                name: ranges.elements[name]
                for argument in call.arguments
                if isinstance(argument, Reference)
                for name in map(canonical, argument.subscripts)
                if ranges.is_range(name)
            }
            return {**free, **held}, []
        if call.function not in REDUCERS:
            return held, []
        marked = dict.fromkeys(marks(call.arguments))
        text = as_written(call.function, equation.text)
        if not marked:
            what = f"{call.function} has no subscript to run over"
            return held, [ModelError(what, fix="mark one as in x[range!]", text=text)]
        unknown = [name for name in marked if not ranges.is_range(name[:-1])]
        errors = [
            ModelError(
                f"'{as_written(name[:-1], equation.text) or name[:-1]}' before '!' is no subscript"
                " range",
                nearest=nearest_names(name[:-1], map(ranges.shown, ranges.elements)),
                text=as_written(name[:-1], equation.text) or text,
            )
            for name in unknown
            if self.all_ranges or ranges.is_element(name[:-1])
        ]
        runs = {name: ranges.elements.get(name[:-1], ()) for name in marked}
        return {**held, **runs}, errors

    def _reference(
        self, reference: Reference, equation: Equation, held: Choices, around: str
    ) -> Iterator[ModelError]:
        ranges = self.elements.ranges
        key = canonical(reference.name)
        variable = self.variables.get(key)
        named = [*reference.subscripts, *(variable.subscripts if variable else ())]
        if variable is not None and variable.kind != "lookup" and not named:
            return  # as nearly always: to look for it in the text takes time
        text = _written(reference, equation.text)
        if variable is None:
            if ranges.is_range(key) and not reference.subscripts:
                error = self._subscript(reference.name, key, held)
                if error:
                    yield ModelError(str(error), nearest=error.nearest, text=text)
            return
        if around in self.macros and not reference.subscripts:
            return  # It is the macro that adds subscripts.
        table = around in TABLE_FUNCTIONS or around in _HANDED or around in self.macros
        if variable.kind == "lookup" and not table:
            yield ModelError(
                f"the lookup '{variable.name}' is used without an argument",
                fix=f"write {variable.name}(x)",
                text=text,
            )
            return
        if not reference.subscripts and not variable.subscripts:
            return
        given = reference.subscripts
        if not given:
            yield self._without(variable, held, text)
            return
        if len(given) != len(variable.subscripts):
            wanted = variable.subscripts
            yield ModelError(
                f"'{variable.name}': {_count(len(given), 'subscript')} {_are(len(given))} given"
                f" where there {_are(len(wanted))} {len(wanted)}",
                fix=f"write {variable.name}[{', '.join(wanted)}]"
                if wanted
                else f"write {variable.name} without brackets, or give its own equation subscripts",
                text=text,
            )
            return
        for subscript, dimension in zip(given, variable.subscripts, strict=True):
            error = self._subscript(subscript, canonical(dimension), held)
            if error:
                what = f"'{variable.name}': {error}"
                yield ModelError(what, nearest=error.nearest, text=text)
                return
        yield from self._undefined(reference, variable, equation, text)

    def _without(self, variable: Variable, held: Choices, text: str) -> ModelError:
        ranges = self.elements.ranges
        first = [ranges.elements[canonical(name)][0] for name in variable.subscripts]
        names = ", ".join(variable.subscripts)
        what = f"'{variable.name}' stands without its subscripts [{names}]"
        if {*map(canonical, variable.subscripts)} <= {*held}:
            return ModelError(what, fix=f"write {variable.name}[{names}]", text=text)
        return ModelError(
            what,
            fix=f"write {variable.name}[{names}] and give the left-hand side the same, or name an "
            f"element, as in {variable.name}[{', '.join(map(ranges.shown, first))}]",
            text=text,
        )

    def _subscript(self, subscript: str, dimension: str, held: Choices) -> SubscriptError | None:
        """Say why a subscript means no element of a dimension, if it does not."""
        key = (canonical(subscript), dimension, *held.items())
        if key not in self.tried:
            self.tried[key] = self._try(subscript, dimension, held)
        return self.tried[key]

    def _try(self, subscript: str, dimension: str, held: Choices) -> SubscriptError | None:
        ranges = self.elements.ranges
        name = canonical(subscript)
        if name in held:
            bounds: Iterator[dict[str, str]] = iter([{name: one} for one in held[name]])
        elif ranges.is_range(name):
            bounds = (
                dict(zip(held, combination, strict=True))
                for combination in itertools.islice(itertools.product(*held.values()), _MOST_TRIED)
            )
        elif name.endswith("!") and ranges.is_range(name[:-1]):
            functions = ", ".join(sorted(REDUCERS))
            return SubscriptError(f"'{subscript}' may only stand in {functions}")
        elif not ranges.is_element(name) and not self.all_ranges:
            return None
        else:
            bounds = iter([{}])
        try:
            for bound in bounds:
                ranges.position(ranges.element(subscript, bound), dimension)
        except SubscriptError as error:
            return error
        return None

    def _undefined(
        self, reference: Reference, variable: Variable, equation: Equation, text: str
    ) -> Iterator[ModelError]:
        """Yield an error where an element is used that no equation defines."""
        if len(variable.equations) == 1 and not variable.equations[0].excluded:
            return
        defined = self.elements.defined(variable)
        if len(defined) == self.elements.size(variable):
            return
        for _, bound in itertools.islice(self.elements.bounds(equation), _MOST_TRIED):
            try:
                for position in self.elements.meant(reference, variable, bound):
                    if position not in defined:
                        label = self.elements.label(variable, position)
                        yield ModelError(f"no equation defines {label}", text=text)
                        return
            except SubscriptError:  # as in functions of whole vectors
                return


def _written(reference: Reference, text: str) -> str:
    """Find a reference with its subscripts in an equation."""
    name = as_written(reference.name, text)
    if not name or not reference.subscripts:
        return name
    names = [r"[\s_]+".join(map(re.escape, canonical(one).split())) for one in reference.subscripts]
    inside = r"\s*,\s*".join(rf'"?{one}"?' for one in names)
    found = re.search(rf"{re.escape(name)}\s*\[\s*{inside}\s*\]", text, re.IGNORECASE)
    return found[0] if found else name


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _are(number: int) -> str:
    return "is" if number == 1 else "are"
