"""figures.toml: what the figures show beside the headline variables, checked against the model."""

from __future__ import annotations

from collections.abc import Collection

from flatgov.errors import Problems, StudyError, nearest_names
from flatgov.model import Model
from flatgov.study.calendar import Clock
from flatgov.study.changes import find_variable
from flatgov.study.partial import Part
from flatgov.study.policies import check_claims, check_names
from flatgov.study.schema import Breakdown, FiguresFile, Paths, Promises
from flatgov.study.toml import TomlFile
from flatgov.study.units import same_units


def resolve_figures(
    part: Part[FiguresFile],
    model: Model,
    clock: Clock,
    policies: Collection[str],
    claims: Collection[int] | None,
    problems: Problems,
) -> FiguresFile | None:
    """Check all names and dates of the file.

    Args:
        part: figures.toml as far as it is right.
        model: The model of the study.
        clock: Dates and horizon.
        policies: The ids of the study's policies.
        claims: The numbers in evidence.toml; None where there is no such file.
        problems: Collects a name that does not exist, a date outside the horizon.

    Returns:
        What is right, with variables in the spelling of the model and moments as model time.
    """
    if part.both is None:
        return None
    content, file = part.both
    events = []
    for index, event in enumerate(content.events):
        with problems.collect():
            time = clock.time(event.date, file.where("events", index, "date"))
            events.append(event.model_copy(update={"date": time}))
    labels = {}
    for name, label in content.labels.items():
        with problems.collect():
            labels[find_variable(model, name, file.where("labels", name)).name] = label
    for units in content.units:
        with problems.collect():
            _check_units(units, model, file.where("units", units))
    paths = content.paths
    if paths is not None:
        paths = _resolve_paths(paths, file, model, problems)
    breakdowns = {
        name: _resolve_breakdown(name, breakdown, file, model, policies, problems)
        for name, breakdown in content.breakdowns.items()
    }
    promises = content.promises
    if promises is not None:
        for index, item in enumerate(promises.items):
            check_claims(item.claims, ("promises", "items", index), file, claims, problems)
        promises = _resolve_promises(promises, file, model, clock, problems)
    return content.model_copy(
        update={
            "events": tuple(events),
            "labels": labels,
            "paths": paths,
            "breakdowns": breakdowns,
            "promises": promises,
        }
    )


def _check_units(units: str, model: Model, where: str) -> None:
    known = list(dict.fromkeys(variable.units for variable in model.variables.values()))
    if not any(same_units(units, other, model.unit_synonyms) for other in known):
        raise StudyError(
            f"no variable of the model is in '{units}'",
            where=where,
            nearest=nearest_names(units, known),
            fix="take it out or spell it as in the model",
        )


def _resolve_paths(paths: Paths, file: TomlFile, model: Model, problems: Problems) -> Paths:
    names = {}
    for axis, name in (("x", paths.x), ("y", paths.y)):
        with problems.collect():
            names[axis] = find_variable(model, name, file.where("paths", axis)).name
    return paths.model_copy(update=names)


def _resolve_breakdown(
    name: str,
    breakdown: Breakdown,
    file: TomlFile,
    model: Model,
    policies: Collection[str],
    problems: Problems,
) -> Breakdown:
    place = ("breakdowns", name)
    with problems.collect():
        check_names(breakdown.policies, policies, "policy", file.where(*place, "policies"))
    total, parts = breakdown.total, []
    with problems.collect():
        total = find_variable(model, total, file.where(*place, "total")).name
    for one in breakdown.parts:
        with problems.collect():
            parts.append(find_variable(model, one, file.where(*place, "parts")).name)
    return breakdown.model_copy(update={"total": total, "parts": tuple(parts)})


def _resolve_promises(
    promises: Promises, file: TomlFile, model: Model, clock: Clock, problems: Problems
) -> Promises:
    items, moments = [], {}
    for index, item in enumerate(promises.items):
        with problems.collect():
            where = file.where("promises", "items", index, "variable")
            name = find_variable(model, item.variable, where).name
            items.append(item.model_copy(update={"variable": name}))
    for key, moment in (("before", promises.before), ("after", promises.after)):
        with problems.collect():
            moments[key] = clock.time(moment, file.where("promises", key))
    return promises.model_copy(update={**moments, "items": tuple(items)})
