"""A study folder → `Study`, or an error that says which file and key is wrong."""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flatgov.errors import FlatgovError, Place, Problems, StudyError, nearest_names
from flatgov.study.behaviour import resolve_behaviour
from flatgov.study.calendar import NoCalendar
from flatgov.study.evidence import resolve_evidence
from flatgov.study.figures_file import resolve_figures
from flatgov.study.limits import check_study_limits
from flatgov.study.partial import Part, read_part
from flatgov.study.policies import resolve_policies, resolve_scenarios
from flatgov.study.schema import EvidenceFile, FiguresFile, PoliciesFile, ScenariosFile
from flatgov.study.study import Study
from flatgov.study.summary import resolve_calendar, resolve_summary
from flatgov.study.toml import TomlFile, check_inside
from flatgov.study.uncertain_changes import check_drawn_limits, owned_changes, with_draws
from flatgov.study.uncertainty_file import resolve_uncertainty
from flatgov.study.uncertainty_schema import UncertaintyFile

if TYPE_CHECKING:
    from flatgov.model import Model

MODEL_ENDINGS = (".mdl", ".xmile", ".stmx")
# In the order in which mistakes are told.
_FILES = ("policies.toml", "scenarios.toml", "uncertainty.toml", "evidence.toml", "figures.toml")


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

    Either is the first mistake of all; `FlatgovError.all` has every one, by file and line. What
    only follows from another mistake is none.
    """
    folder = Path(folder)
    problems = Problems()
    model = None
    if not folder.is_dir():
        find_model_file(folder)
    with problems.collect():
        model = _load_model(find_model_file(folder), data)
    files = _Files(
        read_part(folder / "policies.toml", PoliciesFile, problems),
        read_part(folder / "scenarios.toml", ScenariosFile, problems),
        read_part(folder / "uncertainty.toml", UncertaintyFile, problems),
        read_part(folder / "evidence.toml", EvidenceFile, problems),
        read_part(folder / "figures.toml", FiguresFile, problems),
    )
    if not files.policies.exists:
        with problems.collect():
            raise StudyError(
                "there is no policies.toml",
                where=str(folder),
                fix="write one (`flatgov new DIR` copies an example), or run "
                f"{'the model' if model is None else model.path} by itself",
            )
        files = replace(files, policies=Part(exists=True))  # Nobody is told what misses them.
    study = None if model is None else _resolve(folder, model, files, problems)
    problems.found.sort(key=_order)
    dates = [error for error in problems.found if isinstance(error, NoCalendar)]
    problems.found = [error for error in problems.found if error not in dates[1:]]
    problems.raise_first()
    assert study is not None
    hashed = (files.policies.file, files.scenarios.file, files.uncertainty.file)
    return replace(study, hash=_hash(study.model, *hashed))


@dataclass(frozen=True)
class _Files:
    policies: Part[PoliciesFile]
    scenarios: Part[ScenariosFile]
    uncertainty: Part[UncertaintyFile]
    evidence: Part[EvidenceFile]
    figures: Part[FiguresFile]


def _resolve(folder: Path, model: Model, files: _Files, problems: Problems) -> Study:
    """Check all that is right of the files against the model; what comes of it may lack parts."""
    clock = resolve_calendar(files.policies, model.time, problems)
    evidence = resolve_evidence(files.evidence, model, problems)
    claims = files.evidence.claims()
    own = model, clock, claims, problems
    policies, policy_places = resolve_policies(files.policies, *own)
    scenarios, scenario_places = resolve_scenarios(files.scenarios, *own)
    both = (policies, policy_places), (scenarios, scenario_places)
    with problems.collect():
        check_study_limits(model, clock, *both)
    owned = {
        **owned_changes(
            "policy", *both[0], files.policies.names("policies"), _own_counts(files.policies)
        ),
        **owned_changes("scenario", *both[1], files.scenarios.names("scenarios")),
    }
    uncertainty, drawn = resolve_uncertainty(files.uncertainty, model, owned, claims, problems)
    with problems.collect():
        check_drawn_limits(model, clock, *both, drawn)
    policies = with_draws(policies, policy_places, drawn)
    scenarios = with_draws(scenarios, scenario_places, drawn)
    known = files.policies.names("policies")
    figures = resolve_figures(files.figures, model, clock, known, claims, problems)
    summary = resolve_summary(files.policies, model, clock, problems)
    content, worlds = files.policies.content, files.scenarios.content
    title = content.study.title if content is not None else None
    study = Study(
        name=folder.resolve().name,
        folder=folder,
        title=title or dict.fromkeys(("en", "zh"), folder.resolve().name),
        model=model,
        calendar=clock.calendar,
        policies=policies,
        scenarios=scenarios,
        default_scenario=None if worlds is None else worlds.default,
        reference=summary.reference,
        observed=summary.observed,
        headline=summary.headline,
        better=summary.better,
        evidence=evidence or EvidenceFile(),
        figures=figures or FiguresFile(),
        hash="",  # of a study that is right
        uncertainty=uncertainty,
    )
    behaviour = resolve_behaviour(files.evidence, files.policies, study, clock, problems)
    return replace(study, behaviour=behaviour)


def _own_counts(part: Part[PoliciesFile]) -> dict[str, int]:
    policies = {} if part.content is None else part.content.policies
    return {name: len(table.changes) for name, table in policies.items()}


def _order(error: FlatgovError) -> tuple[int, float]:
    """Put errors in the order of the files, the model first, and then of the lines."""
    place = error.where if isinstance(error.where, Place) else Place(error.where, error.where)
    name = Path(place.file).name.partition(":")[0]
    return _FILES.index(name) + 1 if name in _FILES else 0, place.line or math.inf


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


def _load_model(path: Path, data: Sequence[str | os.PathLike[str]]) -> Model:
    from flatgov.reading import load_model  # Imports PySD, which takes most of a second.

    return load_model(path, data)


def _hash(model: Model, *files: TomlFile | None) -> str:
    """Hash what decides the numbers: the model and the files of policies, scenarios and draws."""
    content: list[Any] = [model.hash, *(file.data if file else None for file in files)]
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()
