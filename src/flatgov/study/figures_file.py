"""figures.toml: what the figures show beside the headline variables, checked against the model."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from flatgov.errors import Problems, StudyError, nearest_names
from flatgov.model import Model
from flatgov.study.calendar import Clock
from flatgov.study.changes import find_variable
from flatgov.study.policies import check_claims, check_names
from flatgov.study.schema import Breakdown, FiguresFile, Paths, Promises
from flatgov.study.toml import TomlFile
from flatgov.study.units import same_units


def resolve_figures(
    content: FiguresFile,
    file: TomlFile,
    model: Model,
    clock: Clock,
    policies: Collection[str],
    claims: Collection[int] | None,
) -> FiguresFile:
    """Check all names and dates of the file.

    Args:
        content: figures.toml as validated.
        file: The file, for messages.
        model: The model of the study.
        clock: Dates and horizon.
        policies: The ids of the study's policies.
        claims: The numbers in evidence.toml; None where there is no such file.

    Returns:
        The content with variables in the spelling of the model and moments as model time.

    Raises:
        StudyError: A name does not exist, or a date is outside the horizon.
    """
    problems = Problems()
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
        with problems.collect():
            paths = _resolve_paths(paths, file, model)
    breakdowns = {}
    for name, breakdown in content.breakdowns.items():
        with problems.collect():
            breakdowns[name] = _resolve_breakdown(name, breakdown, file, model, policies)
    promises = content.promises
    if promises is not None:
        with problems.collect():
            promises = _resolve_promises(promises, file, model, clock)
        for index, item in enumerate(promises.items):
            check_claims(item.claims, ("promises", "items", index), file, claims, problems)
    problems.raise_first()
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


def _resolve_paths(paths: Paths, file: TomlFile, model: Model) -> Paths:
    names = {
        axis: find_variable(model, name, file.where("paths", axis)).name
        for axis, name in (("x", paths.x), ("y", paths.y))
    }
    return paths.model_copy(update=names)


def _resolve_breakdown(
    name: str, breakdown: Breakdown, file: TomlFile, model: Model, policies: Collection[str]
) -> Breakdown:
    place = ("breakdowns", name)
    check_names(breakdown.policies, policies, "policy", file.where(*place, "policies"))
    return breakdown.model_copy(
        update={
            "total": find_variable(model, breakdown.total, file.where(*place, "total")).name,
            "parts": _spelled(breakdown.parts, model, file.where(*place, "parts")),
        }
    )


def _resolve_promises(promises: Promises, file: TomlFile, model: Model, clock: Clock) -> Promises:
    items = []
    for index, item in enumerate(promises.items):
        where = file.where("promises", "items", index, "variable")
        name = find_variable(model, item.variable, where).name
        items.append(item.model_copy(update={"variable": name}))
    return promises.model_copy(
        update={
            "before": clock.time(promises.before, file.where("promises", "before")),
            "after": clock.time(promises.after, file.where("promises", "after")),
            "items": tuple(items),
        }
    )


def _spelled(names: Sequence[str], model: Model, where: str) -> tuple[str, ...]:
    return tuple(find_variable(model, name, where).name for name in names)
