"""Changes of a policy or scenario: TOML tables → checked `Change`s in model time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import combinations

from flatgov.errors import ModelError, StudyError
from flatgov.model import (
    Array,
    Call,
    Change,
    Expression,
    Model,
    Number,
    Operation,
    Variable,
    references,
)
from flatgov.study.calendar import Clock
from flatgov.study.schema import ChangeTable
from flatgov.study.toml import Problems, TomlFile
from flatgov.study.units import same_units

_CHANGEABLE = ("constant", "stock", "lookup")


def resolve_changes(
    tables: Sequence[ChangeTable],
    owner: tuple[str, str],
    file: TomlFile,
    model: Model,
    clock: Clock,
    problems: Problems,
    *,
    start_required: bool = True,
) -> tuple[Change, ...]:
    """Check the changes of one policy or scenario and put them into model time.

    Args:
        tables: As the file has them.
        owner: The keys of the policy or scenario, such as ``("policies", "digital")``.
        file: The file, for messages.
        model: What the changes apply to.
        clock: Dates and horizon.
        problems: Collects what is wrong.
        start_required: Whether a change must have a start; without one it starts with the run.

    Returns:
        The changes that are right, in order.
    """
    changes: list[tuple[int, Change]] = []
    for index, table in enumerate(tables):
        place = (*owner, "changes", index)
        with problems.collect():
            if table.start is None and start_required:
                raise StudyError("the key 'start' is missing", where=file.where(*place))
            changes.append((index, _resolve(table, place, file, model, clock)))
    for (_, earlier), (index, later) in combinations(changes, 2):
        with problems.collect():
            _check_overlap(earlier, later, file.where(*owner, "changes", index), clock)
    return tuple(change for _, change in changes)


def _resolve(
    table: ChangeTable, place: tuple[str | int, ...], file: TomlFile, model: Model, clock: Clock
) -> Change:
    variable = find_variable(model, table.variable, file.where(*place, "variable"))
    check_changeable(variable, file.where(*place, "variable"))
    if table.units is not None and not same_units(table.units, variable.units):
        raise StudyError(
            f"the units are '{table.units}' but '{variable.name}' is in '{variable.units}'",
            where=file.where(*place, "units"),
            fix=f"give the value in '{variable.units}'",
        )
    check_value(variable, table.operation, table.value, file.where(*place, "value"))
    initial = clock.settings.initial
    start = initial if table.start is None else clock.time(table.start, file.where(*place, "start"))
    end = None if table.end is None else clock.time(table.end, file.where(*place, "end"))
    change = Change(variable.name, table.operation, table.value, start, table.ramp, end)
    _check_interval(change, place, file, clock)
    if variable.kind != "constant":
        _check_start_only(change, variable, place, file, clock)
    return change


def find_variable(model: Model, name: str, where: str) -> Variable:
    """Look a variable up for a study.

    Raises:
        StudyError: There is no such variable.
    """
    try:
        return model.find(name, where)
    except ModelError as error:
        raise StudyError(
            error.what, where=error.where, nearest=error.nearest, fix=error.fix
        ) from None


def check_changeable(variable: Variable, where: str) -> None:
    """Refuse a variable that an equation computes.

    Raises:
        StudyError: It is neither a constant, nor a stock, nor a lookup.
    """
    if variable.kind in _CHANGEABLE:
        return
    used = dict.fromkeys(
        name for equation in variable.equations for name in references(equation.expression)
    )
    fix = "change a constant, the initial value of a stock or a lookup table"
    if used:
        fix += f", such as one of those that it uses: {', '.join(used)}"
    article = "an" if variable.kind[0] in "aeiou" else "a"
    raise StudyError(
        f"'{variable.name}' is {article} {variable.kind} and cannot be changed",
        where=where,
        fix=fix,
    )


def check_value(variable: Variable, operation: Operation, value: float, where: str) -> None:
    """Refuse a value that is not finite, does not fit the kind, or leaves the limits.

    Args:
        variable: A constant, stock or lookup.
        operation: What the value does.
        value: The value, the summand or the factor.
        where: The place of the value, for the message.

    Raises:
        StudyError: The value does not fit.
    """
    if not math.isfinite(value):
        raise StudyError(f"{value} is no value", where=where, fix="give a finite number")
    if variable.kind == "lookup":
        if operation != "scale":
            raise StudyError(
                f"'{variable.name}' is a lookup table and cannot be {operation}",
                where=where,
                fix='use operation = "scale"; it multiplies the outputs',
            )
        return
    low, high = variable.limits
    for result in _results(variable, operation, value):
        if low is not None and result < low:
            beyond = f"below the lower limit {low:g}"
        elif high is not None and result > high:
            beyond = f"above the upper limit {high:g}"
        else:
            continue
        how = "" if operation == "set" else f" ({operation} {value:g})"
        raise StudyError(
            f"'{variable.name}' would be {result:g}{how}, {beyond} of the model",
            where=where,
            fix=f"give a value that keeps it {_range_text(low, high)}",
        )


def _results(variable: Variable, operation: Operation, value: float) -> tuple[float, ...]:
    """Give the values after the change, where the values before are plain numbers."""
    if operation == "set":
        return (value,)
    bases = [
        base for equation in variable.equations for base in _plain_numbers(equation.expression)
    ]
    return tuple(base + value if operation == "add" else base * value for base in bases)


def _plain_numbers(expression: Expression) -> tuple[float, ...]:
    match expression:
        case Number(value):
            return (value,)
        case Array(values):
            return values
        case Call("negative", (inner,)):
            return tuple(-value for value in _plain_numbers(inner))
        case Call("INTEG", (_, initial)):
            return _plain_numbers(initial)
    return ()


def _range_text(low: float | None, high: float | None) -> str:
    if low is None:
        return f"at most {high:g}"
    if high is None:
        return f"at least {low:g}"
    return f"between {low:g} and {high:g}"


def _check_interval(
    change: Change, place: tuple[str | int, ...], file: TomlFile, clock: Clock
) -> None:
    if change.end is not None and change.end <= change.start:
        raise StudyError(
            f"the interval is empty: it ends at {clock.show(change.end)} and starts at "
            f"{clock.show(change.start)}",
            where=file.where(*place, "end"),
            fix="let it end after its start",
        )
    if not math.isfinite(change.ramp) or change.ramp < 0:
        raise StudyError(
            f"the ramp is {change.ramp:g}",
            where=file.where(*place, "ramp"),
            fix="give its length in model time, 0 or more",
        )
    if change.end is not None and change.ramp > change.end - change.start:
        raise StudyError(
            f"the ramp takes {change.ramp:g} but the interval from {clock.show(change.start)} to "
            f"{clock.show(change.end)} only {change.end - change.start:g}",
            where=file.where(*place, "ramp"),
            fix="shorten the ramp or move the end",
        )


def _check_start_only(
    change: Change, variable: Variable, place: tuple[str | int, ...], file: TomlFile, clock: Clock
) -> None:
    what = "the initial value of a stock" if variable.kind == "stock" else "a lookup table"
    initial = clock.settings.initial
    if change.start != initial:
        raise StudyError(
            f"{what} can only be changed at the start of the run, '{variable.name}' is changed at "
            f"{clock.show(change.start)}",
            where=file.where(*place, "start"),
            fix=f"let it start at {clock.show(initial)}",
        )
    for key, given in (("ramp", change.ramp != 0), ("end", change.end is not None)):
        if given:
            raise StudyError(
                f"{what} cannot have `{key}`, and '{variable.name}' is one",
                where=file.where(*place, key),
                fix="leave it out",
            )


def _check_overlap(earlier: Change, later: Change, where: str, clock: Clock) -> None:
    """Refuse two changes of one variable at one time: which of them holds would be a guess."""
    if earlier.variable != later.variable:
        return
    first, second = sorted((earlier, later), key=lambda change: change.start)
    if first.end is not None and first.end <= second.start:
        return
    fix = f"give the one that starts at {clock.show(first.start)} an `end` of "
    fix += f"{clock.show(second.start)} or earlier"
    raise StudyError(
        f"two changes of '{later.variable}' overlap from {clock.show(second.start)}",
        where=where,
        fix=fix if first.start < second.start else "keep one of them",
    )
