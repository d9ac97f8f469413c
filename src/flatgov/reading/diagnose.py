"""Find what a modeller gets wrong before a run does: each finding one line with its place."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from flatgov.errors import ModelError, nearest_names
from flatgov.model import Call, Equation, Expression, Reference, Table, Variable
from flatgov.names import canonical
from flatgov.reading.functions import (
    EXTERNAL,
    FUNCTIONS,
    INITIAL_ARGUMENTS,
    OPERATORS,
    STEP_ARGUMENTS,
    wrong_count,
)
from flatgov.reading.parsed import CONTROL_NAMES, Definitions, place

if TYPE_CHECKING:
    from pysd.translators.structures.abstract_model import AbstractElement

Phase = Literal["step", "initial"]


def check_duplicates(
    elements: Sequence[AbstractElement], definitions: Definitions, file: str
) -> None:
    """Refuse a second definition of a variable, or of the same part of it."""
    for element in elements:
        own = definitions[canonical(element.name)]
        seen: dict[tuple[str, ...], int] = {}
        for definition, component in zip(own, element.components, strict=True):
            key = tuple(map(canonical, component.subscripts[0]))
            whole = () in seen or (seen and not key)
            if key in seen or whole:
                raise ModelError(
                    f"the variable is already defined on line {own[0].line}",
                    where=place(file, definition.name, definition.line),
                    fix="remove one of the two",
                )
            seen[key] = definition.line


def check_own_names(
    definitions: Definitions, ranges: Mapping[str, Sequence[str]], times: Collection[str], file: str
) -> None:
    """Refuse a variable with the name of something else.

    Subscript ranges and their elements are variables to Vensim (its documentation, "Variable
    Types"), so that no other may have their names. In XMILE they are apart.

    Args:
        definitions: All definitions by canonical name.
        ranges: The elements of Vensim's subscript ranges.
        times: The canonical names of Time and the control variables.
        file: The model file, for the message.
    """
    for name, elements in ranges.items():
        for one in (name, *elements):
            if canonical(one) in times:
                raise ModelError(
                    f"'{one}' is the name of a variable that every model has",
                    where=place(file, name),
                    fix="give the subscript another name",
                )
    taken = {"time": "the simulated time"}
    for name, elements in ranges.items():
        taken |= {canonical(one): f"an element of the subscript range '{name}'" for one in elements}
    taken |= {canonical(name): "a subscript range" for name in ranges}
    for key, own in definitions.items():
        if key in taken:
            raise ModelError(
                f"'{own[0].name}' is the name of {taken[key]}",
                where=place(file, own[0].name, own[0].line),
                fix="give the variable another name",
            )


def check_names(
    variables: Mapping[str, Variable], others: set[str], macros: set[str], file: str
) -> None:
    """Refuse undefined variables, unknown functions and wrong numbers of arguments.

    Args:
        variables: All variables by name.
        others: Canonical names that may be used besides: control variables, subscripts, Time.
        macros: The functions that the model defines, in capitals.
        file: The model file, for the message.
    """
    known = {canonical(name) for name in variables} | others
    names = [*variables, "Time", *(name.upper() for name in CONTROL_NAMES)]
    for variable in variables.values():
        for equation in variable.equations:
            where = place(file, variable.name, equation.line)
            for part in walk(equation.expression):
                if isinstance(part, Reference) and canonical(part.name) not in known:
                    if part.name.endswith("$"):
                        raise ModelError(
                            f"'{part.name}' is a variable of the model, which a macro cannot use",
                            where=where,
                            fix="give it as an argument",
                        )
                    raise ModelError(
                        f"the variable '{part.name.replace('_', ' ')}' is not defined",
                        where=where,
                        nearest=nearest_names(part.name, names),
                    )
                if isinstance(part, Table):
                    _check_table(part, variable, where)
                if isinstance(part, Call) and part.function not in macros:
                    _check_call(part, variables, where)


def _check_table(table: Table, variable: Variable, where: str) -> None:
    for left, right in itertools.pairwise(table.x):
        if left == right:
            raise ModelError(f"the lookup has two points at x = {left:g}", where=where)
    if len(table.x) < 2 and variable.kind != "data":
        raise ModelError("the lookup has only one point", where=where, fix="give two or more")


def _check_call(call: Call, variables: Mapping[str, Variable], where: str) -> None:
    if call.function in OPERATORS:
        return
    if call.function == "LOOKUP" and isinstance(call.arguments[0], Reference):
        table = variables.get(call.arguments[0].name)
        if table is not None and table.kind not in ("lookup", "data"):
            raise ModelError(
                f"'{table.name}' is no lookup or function, but an argument follows it",
                where=where,
                fix="put an operator before the parenthesis",
            )
    if call.function == "A FUNCTION OF":
        raise ModelError("the equation is incomplete (A FUNCTION OF)", where=where)
    if call.function in EXTERNAL:
        raise ModelError(f"{call.function} must be the whole equation", where=where)
    if call.function not in FUNCTIONS and call.function.startswith("GET "):
        raise ModelError(
            f"{call.function} is not supported",
            where=where,
            fix="save the values as .xlsx or .csv and use GET DIRECT CONSTANTS, DATA or LOOKUPS",
        )
    if call.function not in FUNCTIONS:
        raise ModelError(
            f"there is no function or lookup '{call.function}'",
            where=where,
            nearest=nearest_names(call.function, [*FUNCTIONS, *_lookups(variables)]),
        )
    least, most = FUNCTIONS[call.function]
    if not least <= len(call.arguments) <= most:
        raise ModelError(wrong_count(call.function, len(call.arguments), least, most), where=where)


def _lookups(variables: Mapping[str, Variable]) -> list[str]:
    return [name for name, variable in variables.items() if variable.kind == "lookup"]


def check_cycles(variables: Mapping[str, Variable], file: str) -> None:
    """Refuse variables that need their own value within a step or for their initial value.

    A variable with several equations is left out: its parts may use each other rightly.
    """
    phases: tuple[tuple[Phase, str, str], ...] = (
        ("step", "definition", "put a stock or a delay into the loop"),
        ("initial", "initial value", "start one of them from a number"),
    )
    for phase, what, fix in phases:
        graph = {
            name: [
                used
                for equation in variable.equations
                for used in needed(equation, phase)
                if used in variables and len(variables[used].equations) == 1
                if not (used == name and _holds_itself(variable))
            ]
            for name, variable in variables.items()
            if len(variable.equations) == 1
        }
        if cycle := _find_cycle(graph):
            first = variables[cycle[0]]
            raise ModelError(
                f"circular {what}: {' → '.join(cycle)}",
                where=place(file, first.name, first.line),
                fix=fix,
            )


def _holds_itself(variable: Variable) -> bool:
    """Tell whether a variable's own name means its last value: ``SAMPLE IF TRUE(x > m, x, x)``."""
    expression = variable.equations[0].expression
    return isinstance(expression, Call) and expression.function == "SAMPLE IF TRUE"


def needed(equation: Equation, phase: Phase) -> Iterator[str]:
    """Yield the variables whose value of the same moment a variable's value needs."""
    table = STEP_ARGUMENTS if phase == "step" else INITIAL_ARGUMENTS
    pending = [equation.expression]
    while pending:
        part = pending.pop()
        if isinstance(part, Reference):
            yield part.name
        elif isinstance(part, Call):
            positions = table.get(part.function, range(len(part.arguments)))
            pending += [part.arguments[i] for i in positions if i < len(part.arguments)]


def walk(expression: Expression) -> Iterator[Expression]:
    """Yield an expression and all its parts."""
    pending = [expression]
    while pending:
        part = pending.pop(0)
        yield part
        if isinstance(part, Call):
            pending = [*part.arguments, *pending]


def _find_cycle(graph: Mapping[str, list[str]]) -> list[str] | None:
    """Give the names of one cycle, the first again at the end.

    Without recursion: chains of a thousand auxiliaries exist.
    """
    done: set[str] = set()
    for start in graph:
        path: list[str] = []
        on_path: set[str] = set()
        pending = [(start, True)]
        while pending:
            name, entering = pending.pop()
            if not entering:
                done.add(path.pop())
                on_path.discard(name)
                continue
            if name in on_path:
                return [*path[path.index(name) :], name]
            if name in done:
                continue
            path.append(name)
            on_path.add(name)
            pending.append((name, False))
            pending += [(used, True) for used in graph.get(name, [])]
    return None
