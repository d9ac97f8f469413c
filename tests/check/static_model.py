"""Small models for the tests of static checks, and what the checks find in them."""

from importlib import import_module
from pathlib import Path

from flatgov.check.findings import Finding, Outcome
from flatgov.check.subject import Check, Subject
from flatgov.reading import load_model
from flatgov.study.study import Study

MODULES = ("text", "names", "equations", "use", "stocks", "lookups", "values", "inventory")
CONTROLS = (
    "INITIAL TIME = 0 ~ Month ~|\nFINAL TIME = 9 ~ Month ~|\n"
    "TIME STEP = 0.5 ~ Month ~|\nSAVEPER = 1 ~ Month ~|\n"
)
STATIC: dict[str, Check] = {
    check.id: check
    for module in MODULES
    for check in import_module(f"flatgov.check.static_{module}").CHECKS
}


def subject_of(folder: Path, text: str, name: str = "model.mdl") -> Subject:
    """Write a model, read it; control variables follow unless it has its own."""
    path = folder / name
    own = "TIME STEP =" in text or path.suffix != ".mdl"
    path.write_text(text if own else text + CONTROLS, encoding="utf-8")
    return Subject(load_model(path))


def in_study(study: Study) -> Subject:
    return Subject(study.model, study)


def outcome(check: str, subject: Subject) -> Outcome:
    made = STATIC[check].run(subject)
    assert made.check == check
    assert all(finding.check == check for finding in made.findings)
    assert made.summary
    return made


def found(check: str, folder: Path, text: str) -> tuple[Finding, ...]:
    return outcome(check, subject_of(folder, text)).findings


def places(findings: tuple[Finding, ...]) -> list[tuple[str, str, int, str]]:
    """Give the severity, variable, line and text of each finding."""
    return [(one.severity, one.variable, one.line, one.text) for one in findings]
