"""Where a model reads its lookups, found in the lowered program."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flatgov.kernel.program import Program
from flatgov.model import Call, Equation, Expression, Macro, Model, Reference, Table, Variable
from flatgov.names import canonical

# Functions that read a lookup at their second argument.
_READS = ("LOOKUP", "LOOKUP FORWARD", "LOOKUP BACKWARD", "LOOKUP EXTRAPOLATE")

_TIMES = ("time", "held time")
# What an operation that follows the clock alone cannot come from.
_OTHERS = ("state", "random", "lookup", "changed initial")

Points = tuple[tuple[float, ...], tuple[float, ...]]


@dataclass(frozen=True)
class Use:
    """A lookup in the equations of a variable; it may be read there more than once.

    Attributes:
        table: The name of the lookup; of one that stands in an equation the variable's.
        variable: Whose equations read it, also through a macro.
        points: The table.
        operations: What it is read at: their numbers in the program.
        over_time: Whether it is read at what comes from Time and constants alone: it is a series.
    """

    table: str
    variable: str
    points: Table
    operations: tuple[int, ...]
    over_time: bool = False


def find_uses(model: Model, program: Program) -> list[Use]:
    """Find the uses of all lookups, in macros too, in the order of the model.

    What a lookup with an uncertain slope is read at is what its table sees: the slope is in it.

    Args:
        model: The model.
        program: What it was lowered to.
    """
    owners = _owners(model, program)
    found = []
    for variable in model.variables.values():
        if variable.kind in ("lookup", "data") or variable.name not in program.outputs:
            continue
        names = {
            (table.x, table.y): name for name, table in _tables(variable.equations, model, {}, ())
        }
        if not names:
            continue
        reads: dict[Points, tuple[Table, dict[int, None]]] = {}
        for number in _reads(variable.name, program, owners):
            operation = program.operations[number]
            points = operation.extra.x, operation.extra.y
            if points in names:
                _, arguments = reads.setdefault(points, (operation.extra, {}))
                arguments[operation.arguments[0]] = None
        found += [
            Use(
                names[points] or variable.name,
                variable.name,
                table,
                tuple(arguments),
                all(_only_time(one, program) for one in arguments),
            )
            for points, (table, arguments) in reads.items()
        ]
    return found


def _owners(model: Model, program: Program) -> dict[int, set[str]]:
    """Give the variables whose values operations are; constants need no equation."""
    owners: dict[int, set[str]] = {}
    for name, numbers in program.outputs.items():
        if model.variables[name].kind != "constant":
            for number in numbers.flat:
                owners.setdefault(int(number), set()).add(name)
    return owners


def _reads(name: str, program: Program, owners: dict[int, set[str]]) -> Iterator[int]:
    """Yield the operations of a variable's own equations that read a table."""
    waiting = [int(number) for number in program.outputs[name].flat]
    seen = set(waiting)
    while waiting:
        number = waiting.pop()
        code, arguments, extra = program.operations[number]
        if code == "lookup":
            yield number
        if name not in owners.get(number, {name}):  # Another variable, with its own equations.
            continue
        inputs = list(arguments)
        if code == "state" and program.states[extra].name == name:
            inputs += [program.states[extra].initial, program.states[extra].value]
        waiting += [one for one in inputs if one not in seen]
        seen.update(inputs)


def _only_time(operation: int, program: Program) -> bool:
    """Tell whether an operation comes from Time and constants alone."""
    codes, waiting, seen = set(), [operation], {operation}
    while waiting:
        code, arguments, _ = program.operations[waiting.pop()]
        if code in _OTHERS:
            return False
        codes.add(code)
        waiting += [one for one in arguments if one not in seen]
        seen.update(arguments)
    return not codes.isdisjoint(_TIMES)


def _tables(
    equations: tuple[Equation, ...],
    model: Model,
    inputs: dict[str, str],
    within: tuple[str, ...],
) -> Iterator[tuple[str, Table]]:
    """Yield the tables that equations read, with their names; ``""`` for one without."""
    macro = model.macros[within[-1]] if within else None
    for equation in equations:
        waiting: list[Expression] = [equation.expression]
        while waiting:
            one = waiting.pop()
            if not isinstance(one, Call):
                continue
            waiting += one.arguments
            if one.function in _READS and isinstance(one.arguments[0], Reference):
                name = canonical(one.arguments[0].name)
                yield from _named(inputs.get(name, name), model, macro)
            elif one.function == "WITH LOOKUP":
                yield from (("", part) for part in one.arguments if isinstance(part, Table))
            elif one.function in model.macros and one.function not in within:
                yield from _tables_of_macro(model.macros[one.function], one, model, inputs, within)


def _tables_of_macro(
    macro: Macro, call: Call, model: Model, inputs: dict[str, str], within: tuple[str, ...]
) -> Iterator[tuple[str, Table]]:
    handed = {}
    for name, argument in zip(macro.inputs, call.arguments, strict=False):
        if isinstance(argument, Reference):
            given = canonical(argument.name)
            handed[canonical(name)] = inputs.get(given, given)
    for variable in macro.variables.values():
        yield from _tables(variable.equations, model, handed, (*within, macro.name))


def _named(name: str, model: Model, macro: Macro | None) -> Iterator[tuple[str, Table]]:
    """Yield the tables of the elements of a lookup, of the macro or of the model."""
    variables: list[Variable] = [*(macro.variables.values() if macro else ())]
    variables += model.variables.values()
    for variable in variables:
        if canonical(variable.name) == name:
            for equation in variable.equations:
                if isinstance(equation.expression, Table) and variable.kind == "lookup":
                    yield variable.name, equation.expression
            return
