"""Changes of a policy or scenario: TOML tables → checked `Change`s in model time."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import combinations

from flatgov.changes import check_changeable, check_value
from flatgov.errors import ModelError, Problems, StudyError
from flatgov.model import Change, Model, Variable
from flatgov.study.calendar import Clock
from flatgov.study.consequence import Consequence
from flatgov.study.schema import ChangeTable
from flatgov.study.toml import TomlFile
from flatgov.study.units import same_units


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
            change = _resolve(table, place, file, model, clock, start_required)
            changes.append((index, change))
    for (_, earlier), (index, later) in combinations(changes, 2):
        with problems.collect():
            _check_overlap(earlier, later, file.where(*owner, "changes", index), clock)
    return tuple(change for _, change in changes)


def _resolve(
    table: ChangeTable,
    place: tuple[str | int, ...],
    file: TomlFile,
    model: Model,
    clock: Clock,
    start_required: bool,
) -> Change:
    problems = Problems()
    variable = start = end = None
    with problems.collect():
        variable = _changed_variable(table, place, file, model, problems)
    with problems.collect():
        if table.start is None and start_required:
            raise StudyError("the key 'start' is missing", where=file.where(*place))
        start = clock.settings.initial
        if table.start is not None:
            start = clock.time(table.start, file.where(*place, "start"))
    with problems.collect():
        end = math.inf
        if table.end is not None:
            end = clock.time(table.end, file.where(*place, "end"))
    with problems.collect():
        _check_ramp(table.ramp, file.where(*place, "ramp"))
    problems.raise_first()
    if variable is None or start is None or end is None:
        raise Consequence
    last = None if table.end is None else end
    change = Change(variable.name, table.operation, table.value, start, table.ramp, last)
    _check_interval(change, place, file, clock)
    if variable.kind != "constant":
        _check_start_only(change, variable, place, file, clock)
    return change


def _changed_variable(
    table: ChangeTable,
    place: tuple[str | int, ...],
    file: TomlFile,
    model: Model,
    problems: Problems,
) -> Variable:
    """Find what is changed; check the units and the value as well."""
    variable = find_variable(model, table.variable, file.where(*place, "variable"))
    with as_study_error():
        check_changeable(variable, model, file.where(*place, "variable"))
    with problems.collect():
        units = table.units
        if units is not None and not same_units(units, variable.units, model.unit_synonyms):
            raise StudyError(
                f"the units are '{units}' but '{variable.name}' is in '{variable.units}'",
                where=file.where(*place, "units"),
                fix=f"give the value in '{variable.units}'",
            )
        # A value in other units says nothing about limits.
        with as_study_error():
            check_value(variable, table.operation, table.value, file.where(*place, "value"))
    return variable


def find_variable(model: Model, name: str, where: str) -> Variable:
    """Look a variable up for a study.

    Raises:
        StudyError: There is no such variable.
    """
    with as_study_error():
        return model.find(name, where)


@contextmanager
def as_study_error() -> Iterator[None]:
    """Say what is wrong with a name or value as the mistake of a study, not of its model."""
    try:
        yield
    except ModelError as error:
        raise StudyError(
            error.what, where=error.where, nearest=error.nearest, fix=error.fix
        ) from None


def _check_ramp(ramp: float, where: str) -> None:
    if not math.isfinite(ramp) or ramp < 0:
        raise StudyError(
            f"the ramp is {ramp:g}", where=where, fix="give its length in model time, 0 or more"
        )


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
