"""The tables [study] and [calendar] of policies.toml, checked against the model."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from flatgov.errors import Problems, StudyError
from flatgov.model import Model, TimeSettings
from flatgov.study.calendar import Calendar, Clock, known_unit, parse_date
from flatgov.study.changes import find_variable
from flatgov.study.partial import Part
from flatgov.study.policies import check_names
from flatgov.study.schema import CalendarTable, PoliciesFile
from flatgov.study.toml import TomlFile
from flatgov.study.units import same_units

MOST_STOCKS = 6  # as many as a summary shows when the study does not choose
_YEAR_1000 = parse_date("1000-01")


@dataclass(frozen=True)
class Summary:
    """What the summary of a study shows; see `Study`.

    Attributes:
        reference: The policy that differences are taken from.
        observed: The model time of the fieldwork.
        headline: The variables, in order.
        better: Which way each of them is better, where the study says so.
    """

    reference: str = ""
    observed: float | None = None
    headline: tuple[str, ...] = ()
    better: dict[str, Literal["less", "more"]] = field(default_factory=dict)


def resolve_calendar(part: Part[PoliciesFile], time: TimeSettings, problems: Problems) -> Clock:
    """Read the calendar, if there is one.

    Args:
        part: policies.toml as far as it is right.
        time: The horizon of the model.
        problems: Collects what is wrong.

    Returns:
        A clock; where the calendar is wrong, one that passes over dates.
    """
    if part.both is None or not part.is_whole("calendar"):
        return Clock(time, lost=True)
    content, file = part.both
    if content.calendar is None:
        return Clock(time)
    with problems.collect():
        return Clock(time, _calendar(content.calendar, file, time))
    return Clock(time, lost=True)


def _calendar(table: CalendarTable, file: TomlFile, time: TimeSettings) -> Calendar:
    """Refuse a calendar that the model's time cannot mean."""
    where = file.where("calendar", "epoch")
    wrong = Problems()
    epoch = None
    with wrong.collect():
        epoch = _epoch(table, where)
    with wrong.collect():
        _check_unit(table, file, time)
    wrong.raise_first()
    assert epoch is not None
    calendar = Calendar(epoch, table.unit)
    if table.unit == "Year" and 1000 < time.initial < 3000 and epoch >= _YEAR_1000:
        raise StudyError(
            f"the run would start in {calendar.show(time.initial)}",
            where=where,
            fix="`epoch` is the date of model time 0; for a model that counts calendar years "
            'write epoch = "0000-01"',
        )
    return calendar


def _epoch(table: CalendarTable, where: str) -> np.datetime64:
    if isinstance(table.epoch, float):
        raise StudyError(
            f"{table.epoch:g} is no date", where=where, fix="write a month as 2016-01 in quotes"
        )
    try:
        return parse_date(str(table.epoch))
    except ValueError as error:
        raise StudyError(str(error), where=where) from None


def _check_unit(table: CalendarTable, file: TomlFile, time: TimeSettings) -> None:
    own_unit = known_unit(time.units)
    if own_unit != table.unit and not same_units(time.units, ""):
        raise StudyError(
            f"the unit is '{table.unit}' but the model's time is in '{time.units}'",
            where=file.where("calendar", "unit"),
            fix=f'write unit = "{own_unit}"'
            if own_unit
            else f"leave [calendar] out, or give the model's TIME STEP the units {table.unit}",
        )


def resolve_summary(
    part: Part[PoliciesFile], model: Model, clock: Clock, problems: Problems
) -> Summary:
    """Check the [study] table.

    Args:
        part: policies.toml as far as it is right.
        model: The model of the study.
        clock: Dates and horizon.
        problems: Collects what is wrong.

    Returns:
        What is right.
    """
    if part.both is None:
        return Summary()
    content, file = part.both
    table = content.study
    reference = table.reference or next(iter(content.policies))
    with problems.collect():
        where = file.where("study", "reference")
        check_names([reference], part.names("policies"), "policy", where)
    observed = None
    if table.observed is not None:
        with problems.collect():
            observed = clock.time(table.observed, file.where("study", "observed"))
    headline = _headline(part, model, problems)
    better = _better(part, model, headline, problems)
    return Summary(reference, observed, headline or (), better)


def _headline(part: Part[PoliciesFile], model: Model, problems: Problems) -> tuple[str, ...] | None:
    """Give the headline variables in the spelling of the model, or None if one is wrong."""
    assert part.both is not None
    content, file = part.both
    names = content.study.headline
    if names is None:
        stocks = [one.name for one in model.variables.values() if one.kind == "stock"]
        return tuple(stocks[:MOST_STOCKS]) if part.is_whole("study") else None
    headline: list[str] = []
    for name in names:
        with problems.collect():
            where = file.where("study", "headline")
            variable = find_variable(model, name, where)
            if variable.kind == "lookup":
                raise StudyError(f"'{variable.name}' is a lookup table, not a result", where=where)
            headline.append(variable.name)
    return tuple(headline) if len(headline) == len(names) else None


def _better(
    part: Part[PoliciesFile],
    model: Model,
    headline: tuple[str, ...] | None,
    problems: Problems,
) -> dict[str, Literal["less", "more"]]:
    """Check which way headline variables are better; their names in the spelling of the model."""
    assert part.both is not None
    content, file = part.both
    better: dict[str, Literal["less", "more"]] = {}
    for given, way in content.study.better.items():
        where = file.where("study", "better", given)
        with problems.collect():
            name = find_variable(model, given, where).name
            if headline is not None:
                check_names([name], headline, "headline variable", where)
            if name in better:
                raise StudyError(f"'{name}' is given twice", where=where, fix="keep one of them")
            better[name] = way
    return {name: better[name] for name in headline or () if name in better}
