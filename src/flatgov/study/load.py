"""A study folder → `Study`, or an error that says which file and key is wrong."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from flatgov.errors import Problems, StudyError, nearest_names
from flatgov.study.behaviour import resolve_behaviour
from flatgov.study.calendar import Calendar, Clock, known_unit, parse_date
from flatgov.study.changes import find_variable
from flatgov.study.evidence import resolve_evidence
from flatgov.study.figures_file import resolve_figures
from flatgov.study.limits import check_study_limits
from flatgov.study.policies import (
    Places,
    Scenario,
    check_names,
    resolve_policies,
    resolve_scenarios,
)
from flatgov.study.schema import (
    CalendarTable,
    EvidenceFile,
    FiguresFile,
    PoliciesFile,
    ScenariosFile,
)
from flatgov.study.study import Study
from flatgov.study.toml import TomlFile, check_inside, read_toml, validate
from flatgov.study.uncertain_changes import check_drawn_limits, owned_changes, with_draws
from flatgov.study.uncertainty_file import resolve_uncertainty
from flatgov.study.uncertainty_schema import UncertaintyFile
from flatgov.study.units import same_units

if TYPE_CHECKING:
    from flatgov.model import Model, TimeSettings

MOST_STOCKS = 6  # as many as a summary shows when the study does not choose
MODEL_ENDINGS = (".mdl", ".xmile", ".stmx")
_YEAR_1000 = parse_date("1000-01")


def open_study(
    folder: str | os.PathLike[str], data: Sequence[str | os.PathLike[str]] = ()
) -> Study:
    """Read a study and check everything in it against its model.

    Args:
        folder: Holds one model file (``.mdl``, ``.xmile``, ``.stmx``), ``policies.toml`` and, where
            wanted, ``scenarios.toml``, ``uncertainty.toml``, ``evidence.toml`` and
            ``figures.toml``.
        data: Files for the data variables of the model; see `load_model`.

    Returns:
        The study.

    Raises:
        StudyError: A file is missing or wrong; the message says the file, the line and the key.
        ModelError: The model file is wrong.
    """
    folder = Path(folder)
    model_file = find_model_file(folder)
    policies_file = _read(folder / "policies.toml")
    if policies_file is None:
        raise StudyError(
            "there is no policies.toml",
            where=str(folder),
            fix=f"write one (`flatgov new DIR` copies an example), or run {model_file} by itself",
        )
    content = validate(policies_file, PoliciesFile)
    scenarios_file = _read(folder / "scenarios.toml")
    evidence_file = _read(folder / "evidence.toml")
    figures_file = _read(folder / "figures.toml")
    uncertainty_file = _read(folder / "uncertainty.toml")

    model = _load_model(model_file, data)
    calendar = _calendar(content.calendar, policies_file, model.time)
    clock = Clock(model.time, calendar)
    evidence = EvidenceFile()
    claims = None
    if evidence_file is not None:
        evidence = resolve_evidence(validate(evidence_file, EvidenceFile), evidence_file, model)
        claims = [claim.number for claim in evidence.claims]
    policies, policy_places = resolve_policies(content, policies_file, model, clock, claims)
    scenarios: dict[str, Scenario] = {}
    scenario_places: Places = {}
    default = None
    if scenarios_file is not None:
        worlds = validate(scenarios_file, ScenariosFile)
        scenarios, scenario_places = resolve_scenarios(worlds, scenarios_file, model, clock, claims)
        default = worlds.default
    check_study_limits(model, clock, (policies, policy_places), (scenarios, scenario_places))
    uncertainty = None
    if uncertainty_file is not None:
        counts = {name: len(table.changes) for name, table in content.policies.items()}
        owned = {
            **owned_changes("policy", policies, policy_places, counts),
            **owned_changes("scenario", scenarios, scenario_places),
        }
        uncertainty, drawn = resolve_uncertainty(
            validate(uncertainty_file, UncertaintyFile), uncertainty_file, model, owned, claims
        )
        both = (policies, policy_places), (scenarios, scenario_places)
        check_drawn_limits(model, clock, *both, drawn)
        policies = with_draws(policies, policy_places, drawn)
        scenarios = with_draws(scenarios, scenario_places, drawn)
    figures = FiguresFile()
    if figures_file is not None:
        figures = resolve_figures(
            validate(figures_file, FiguresFile), figures_file, model, clock, policies, claims
        )
    reference, observed, headline = _summary(content, policies_file, model, clock)
    better = _better(content, policies_file, model, headline)
    study = Study(
        name=folder.resolve().name,
        folder=folder,
        title=content.study.title or dict.fromkeys(("en", "zh"), folder.resolve().name),
        model=model,
        calendar=calendar,
        policies=policies,
        scenarios=scenarios,
        default_scenario=default,
        reference=reference,
        observed=observed,
        headline=headline,
        better=better,
        evidence=evidence,
        figures=figures,
        hash=_hash(model, policies_file, scenarios_file, uncertainty_file),
        uncertainty=uncertainty,
    )
    if evidence_file is None:
        return study
    return replace(study, behaviour=resolve_behaviour(evidence, evidence_file, content, study))


def open_study_or_model(path: Path, data: Sequence[Path] = ()) -> Study | Model:
    """Open a study folder, or read a model file.

    Args:
        path: The folder or file.
        data: Files for the data variables of the model.

    Raises:
        StudyError: There is nothing of that name, or the study is wrong.
        ModelError: The model file or a file of data is wrong.
    """
    if path.is_file():
        return _load_model(path, data)
    return open_study(path, data)


def find_model_file(folder: Path) -> Path:
    """Find the one model file of a study folder.

    Raises:
        StudyError: The folder is missing, or holds no model file or several.
    """
    if not folder.is_dir():
        if folder.exists():
            raise StudyError(f"'{folder}' is no folder", fix="name the folder of the study")
        siblings = folder.parent.iterdir() if folder.parent.is_dir() else ()
        raise StudyError(
            f"there is no file or folder '{folder}'",
            nearest=nearest_names(folder.name, [path.name for path in siblings]),
            fix="name a study folder or a model file; `flatgov new DIR` makes a study",
        )
    found = sorted(path for path in folder.iterdir() if path.suffix.lower() in MODEL_ENDINGS)
    if len(found) != 1:
        names = ", ".join(path.name for path in found)
        raise StudyError(
            f"a study has one model file, this folder has {len(found)}: {names}"
            if found
            else "there is no model file in this folder",
            where=str(folder),
            fix="keep one of them" if found else f"put one here ({', '.join(MODEL_ENDINGS)})",
        )
    check_inside(found[0])
    return found[0]


def _read(path: Path) -> TomlFile | None:
    return read_toml(path) if path.exists() else None


def _load_model(path: Path, data: Sequence[str | os.PathLike[str]]) -> Model:
    from flatgov.reading import load_model  # Imports PySD, which takes most of a second.

    return load_model(path, data)


def _calendar(table: CalendarTable | None, file: TomlFile, time: TimeSettings) -> Calendar | None:
    """Read the calendar, and refuse one that the model's time cannot mean."""
    if table is None:
        return None
    where = file.where("calendar", "epoch")
    if isinstance(table.epoch, float):
        raise StudyError(
            f"{table.epoch:g} is no date", where=where, fix="write a month as 2016-01 in quotes"
        )
    own_unit = known_unit(time.units)
    if own_unit != table.unit and not same_units(time.units, ""):
        raise StudyError(
            f"the unit is '{table.unit}' but the model's time is in '{time.units}'",
            where=file.where("calendar", "unit"),
            fix=f'write unit = "{own_unit}"'
            if own_unit
            else f"leave [calendar] out, or give the model's TIME STEP the units {table.unit}",
        )
    try:
        epoch = parse_date(str(table.epoch))
    except ValueError as error:
        raise StudyError(str(error), where=where) from None
    calendar = Calendar(epoch, table.unit)
    if table.unit == "Year" and 1000 < time.initial < 3000 and epoch >= _YEAR_1000:
        raise StudyError(
            f"the run would start in {calendar.show(time.initial)}",
            where=where,
            fix="`epoch` is the date of model time 0; for a model that counts calendar years "
            'write epoch = "0000-01"',
        )
    return calendar


def _summary(
    content: PoliciesFile, file: TomlFile, model: Model, clock: Clock
) -> tuple[str, float | None, tuple[str, ...]]:
    """Check the [study] table; give reference policy, observed model time, headline variables."""
    problems = Problems()
    table = content.study
    observed = None
    headline: list[str] = []
    reference = table.reference or next(iter(content.policies))
    with problems.collect():
        where = file.where("study", "reference")
        check_names([reference], content.policies, "policy", where)
    if table.observed is not None:
        with problems.collect():
            observed = clock.time(table.observed, file.where("study", "observed"))
    stocks = [variable.name for variable in model.variables.values() if variable.kind == "stock"]
    for name in stocks[:MOST_STOCKS] if table.headline is None else table.headline:
        with problems.collect():
            where = file.where("study", "headline")
            variable = find_variable(model, name, where)
            if variable.kind == "lookup":
                raise StudyError(f"'{variable.name}' is a lookup table, not a result", where=where)
            headline.append(variable.name)
    problems.raise_first()
    return reference, observed, tuple(headline)


def _better(
    content: PoliciesFile, file: TomlFile, model: Model, headline: Sequence[str]
) -> dict[str, Literal["less", "more"]]:
    """Check which way headline variables are better; their names in the spelling of the model."""
    better: dict[str, Literal["less", "more"]] = {}
    for given, way in content.study.better.items():
        where = file.where("study", "better", given)
        name = find_variable(model, given, where).name
        check_names([name], headline, "headline variable", where)
        if name in better:
            raise StudyError(f"'{name}' is given twice", where=where, fix="keep one of them")
        better[name] = way
    return {name: better[name] for name in headline if name in better}


def _hash(model: Model, *files: TomlFile | None) -> str:
    """Hash what decides the numbers: the model and the files of policies, scenarios and draws."""
    content: list[Any] = [model.hash, *(file.data if file else None for file in files)]
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()
