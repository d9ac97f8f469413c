"""Find what a modeller gets wrong before a run does: each finding one line with its place."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from flatgov.errors import ModelError, Problems, nearest_names
from flatgov.model import Call, Equation, Expression, Reference, Table, Variable
from flatgov.names import canonical
from flatgov.reading.function_forms import call_form
from flatgov.reading.functions import EXTERNAL, FUNCTIONS, OPERATORS, TABLE_FUNCTIONS, wrong_count
from flatgov.reading.hints import function_form, variable_form
from flatgov.reading.parsed import CONTROL_NAMES, Definition, Definitions, as_written, place

if TYPE_CHECKING:
    from pysd.translators.structures.abstract_model import AbstractElement

# A definition as it stands in the file, and PySD's component of it.
Pair = tuple[Definition, Any]


def without_duplicates(
    element: AbstractElement, own: Sequence[Definition], file: str, problems: Problems
) -> list[Pair]:
    """Give the definitions of a variable with PySD's form of each.

    A second definition of the variable, or of the same part of it, is a problem and left out.
    """
    pairs: list[Pair] = []
    seen: dict[tuple[str, ...], int] = {}
    for definition, component in zip(own, element.components, strict=True):
        key = tuple(map(canonical, component.subscripts[0]))
        if key in seen or () in seen or (seen and not key):
            problems.found.append(
                ModelError(
                    f"the variable is already defined on line {seen.get(key, own[0].line)}",
                    where=place(file, definition.name, definition.line),
                    fix="remove one of the two",
                    text=definition.name,
                )
            )
            continue
        seen[key] = definition.line
        pairs.append((definition, component))
    return pairs


def check_own_names(
    definitions: Definitions,
    ranges: Mapping[str, Sequence[str]],
    times: Collection[str],
    file: str,
    lines: Mapping[str, int],
) -> Iterator[ModelError]:
    """Yield an error for each variable with the name of something else.

    Subscript ranges and their elements are variables to Vensim (its documentation, "Variable
    Types"), so that no other may have their names. In XMILE they are apart.

    Args:
        definitions: All definitions by canonical name.
        ranges: The elements of Vensim's subscript ranges.
        times: The canonical names of Time and the control variables.
        file: The model file, for the message.
        lines: The line of each range.
    """
    for name, elements in ranges.items():
        for one in (name, *elements):
            if canonical(one) in times:
                yield ModelError(
                    f"'{one}' is the name of a variable that every model has",
                    where=place(file, name, lines.get(name, 0)),
                    fix="give the subscript another name",
                    text=one,
                )
    taken = {"time": "the simulated time"}
    for name, elements in ranges.items():
        taken |= {canonical(one): f"an element of the subscript range '{name}'" for one in elements}
    taken |= {canonical(name): "a subscript range" for name in ranges}
    for key, own in definitions.items():
        if key in taken and not (key in times and key != "time"):
            yield ModelError(
                f"'{own[0].name}' is the name of {taken[key]}",
                where=place(file, own[0].name, own[0].line),
                fix="give the variable another name",
                text=own[0].name,
            )


# Each takes milliseconds in a large model.
_MOST_HINTS = 300


@dataclass(frozen=True)
class Names:
    """The names that the equations of a model or macro may use.

    Attributes:
        variables: The variables by name.
        others: Canonical names besides: control variables, subscripts, Time, those of variables
            that could not be read.
        macros: The inputs of each macro, by its name in capitals.
        xmile: Whether the model is XMILE, not Vensim.
    """

    variables: Mapping[str, Variable]
    others: Collection[str]
    macros: Mapping[str, Sequence[str]]
    xmile: bool

    @cached_property
    def known(self) -> frozenset[str]:
        """All names, canonical."""
        return frozenset((*map(canonical, self.variables), *self.others))

    @cached_property
    def shown(self) -> list[str]:
        """Names that a wrong one may have meant, in their own spelling."""
        return [*self.variables, "Time", *(name.upper() for name in CONTROL_NAMES)]

    @cached_property
    def callable(self) -> list[str]:
        """Functions, macros and lookups, in their own spelling."""
        lookups = [name for name, one in self.variables.items() if one.kind == "lookup"]
        return [*FUNCTIONS, *self.macros, *lookups]

    @cached_property
    def hints(self) -> Callable[[str], tuple[str, ...]]:
        """Gives the nearest variable; of very many wrong names only the first have one."""
        left = itertools.count(_MOST_HINTS, -1)
        return lambda name: nearest_names(name, self.shown) if next(left) > 0 else ()


def check_names(variables: Iterable[Variable], names: Names, file: str) -> Iterator[ModelError]:
    """Yield undefined variables, unknown functions and wrong numbers of arguments, once each.

    Args:
        variables: Those whose equations are checked.
        names: What they may use.
        file: The model file, for the message.
    """
    for variable in variables:
        told: set[tuple[int, str]] = set()
        for equation in variable.equations:
            for error in _equation_errors(equation, variable, names):
                if (equation.line, error.what) in told:
                    continue
                told.add((equation.line, error.what))
                yield ModelError(
                    error.what,
                    where=place(file, variable.name, equation.line),
                    nearest=error.nearest,
                    fix=error.fix,
                    text=error.text,
                )


def _equation_errors(equation: Equation, variable: Variable, names: Names) -> Iterator[ModelError]:
    """Yield the errors of an equation, without their place."""
    for part in walk(equation.expression):
        if isinstance(part, Reference):
            if canonical(part.name) not in names.known:
                yield _undefined(part.name, equation.text, names)
        elif isinstance(part, Table):
            yield from _table_errors(part, variable)
        elif isinstance(part, Call) and part.function not in OPERATORS:
            yield from _call_errors(part, equation.text, names, part is equation.expression)


def _undefined(name: str, text: str, names: Names) -> ModelError:
    written = as_written(name, text)
    if name.endswith("$") and canonical(name[:-1]) not in names.known:
        return ModelError(
            f"'{name}' is a variable of the model, which a macro cannot use",
            fix="give it as an argument",
            text=written,
        )
    shown = written.strip('"') or name.replace("_", " ")
    form = "" if names.xmile else variable_form(shown)
    return ModelError(
        f"the variable '{shown}' is not defined",
        nearest=() if form else names.hints(name),
        fix=form and f"write {form}",
        text=written,
    )


def _table_errors(table: Table, variable: Variable) -> Iterator[ModelError]:
    for left, right in itertools.pairwise(table.x):
        if left == right:
            what = f"the lookup has two points at x = {left:g}"
            yield ModelError(what, fix="remove or move one of them", text=f"{left:g}")
            return
    if len(table.x) < 2 and variable.kind != "data":
        yield ModelError("the lookup has only one point", fix="give two or more")


def _call_errors(call: Call, text: str, names: Names, whole: bool) -> Iterator[ModelError]:
    given = len(call.arguments)
    written = as_written(call.function, text)
    if call.function in names.macros:
        inputs = names.macros[call.function]
        if given != len(inputs):
            what = wrong_count(call.function, given, len(inputs), len(inputs))
            yield ModelError(what, fix=f"write {call.function}({', '.join(inputs)})", text=written)
    elif call.function in EXTERNAL:
        if not whole:
            what = f"{call.function} must be the whole equation"
            yield ModelError(what, fix="give it a variable of its own", text=written)
    elif call.function == "A FUNCTION OF":
        what = "the equation is incomplete (A FUNCTION OF)"
        yield ModelError(what, fix="write the equation", text=written)
    elif call.function not in FUNCTIONS:
        yield _unknown_function(call.function, written, names)
    else:
        least, most = FUNCTIONS[call.function]
        if call.function == "LOOKUP" and given > most and not written:
            yield _many_inputs(call, text)
        elif not least <= given <= most:
            what = wrong_count(call.function, given, least, most)
            yield ModelError(what, fix=call_form(call.function), text=written)
        elif call.function in TABLE_FUNCTIONS:
            yield from _no_table(call, text, names)


def _many_inputs(call: Call, text: str) -> ModelError:
    """Say that a lookup is called with more than its input."""
    table = call.arguments[0]
    written = as_written(table.name, text) if isinstance(table, Reference) else ""
    what = wrong_count(f"'{written}'", len(call.arguments) - 1, 1, 1)
    return ModelError(f"the lookup {what}", fix=f"write {written}(x)", text=written)


def _no_table(call: Call, text: str, names: Names) -> Iterator[ModelError]:
    """Yield an error where the first argument is a variable that is no lookup."""
    first = call.arguments[0]
    if not isinstance(first, Reference):
        if not isinstance(first, Table):
            written = as_written(call.function, text)
            what = f"the first argument of {call.function} is no lookup"
            yield ModelError(what, fix=call_form(call.function), text=written)
        return
    table = names.variables.get(first.name)
    if table is None or table.kind in ("lookup", "data"):
        return
    written = as_written(first.name, text)
    if call.function == "LOOKUP":
        yield ModelError(
            f"'{table.name}' is no lookup or function, but an argument follows it",
            fix="put an operator before the parenthesis",
            text=written,
        )
    else:
        what = f"'{table.name}' is no lookup or data variable, as {call.function} needs"
        yield ModelError(what, text=written)


def _unknown_function(function: str, written: str, names: Names) -> ModelError:
    if function.startswith("GET "):
        return ModelError(
            f"{function} is not supported",
            fix="save the values as .xlsx or .csv and use GET DIRECT CONSTANTS, DATA or LOOKUPS",
            text=written,
        )
    form = function_form(function, xmile=names.xmile)
    return ModelError(
        f"there is no function or lookup '{written or function}'",
        nearest=() if form else nearest_names(function, names.callable),
        fix=form,
        text=written,
    )


def with_known_functions(
    variables: Mapping[str, Variable], macros: Collection[str]
) -> dict[str, Variable]:
    """Leave out variables that call an unknown function: nobody knows what it needs when."""
    known = {*FUNCTIONS, *OPERATORS, *EXTERNAL, *macros}
    return {
        name: variable
        for name, variable in variables.items()
        if all(
            part.function in known
            for equation in variable.equations
            for part in walk(equation.expression)
            if isinstance(part, Call)
        )
    }


def walk(expression: Expression) -> Iterator[Expression]:
    """Yield an expression and all its parts."""
    pending = [expression]
    while pending:
        part = pending.pop()
        yield part
        if isinstance(part, Call):
            pending += part.arguments[::-1]
