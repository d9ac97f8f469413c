"""The report on a model or study: every check of the catalogue, in order, with what it found."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from flatgov import __version__
from flatgov.check.accept import Acceptance, accept, read_acceptances
from flatgov.check.catalogue import CHECKS, READING
from flatgov.check.findings import Finding, Outcome, Severity, from_error
from flatgov.check.subject import Check, Subject
from flatgov.errors import FlatgovError, Problems, StudyError
from flatgov.model import Model
from flatgov.study.load import find_model_file, open_study_or_model

# What decides the numbers of a report, besides flatgov itself.
_LIBRARIES = ("numpy", "llvmlite", "pysd", "xarray", "scipy")


@dataclass(frozen=True)
class Report:
    """What was checked, how, and what came of it.

    Attributes:
        path: The study or model, as the user named it.
        subject: What was checked, or None if it cannot be read.
        checks: All checks by id, in order; those that were not done too.
        outcomes: In the same order, those that were done or skipped.
        versions: Of flatgov, Python and the libraries that decide numbers.
        created_at: In UTC, ISO 8601.
        command: What makes the report again, or ``""``.
        seconds: How long each check took, by id.
    """

    path: str
    subject: Subject | None
    checks: Mapping[str, Check]
    outcomes: tuple[Outcome, ...]
    versions: Mapping[str, str] = field(default_factory=dict)
    created_at: str = ""
    command: str = ""
    seconds: Mapping[str, float] = field(default_factory=dict)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All findings, those that are accepted too."""
        return tuple(finding for outcome in self.outcomes for finding in outcome.findings)

    def count(self, severity: Severity) -> int:
        """Count the findings of a severity that are not accepted."""
        return sum(one.severity == severity and not one.accepted for one in self.findings)

    @property
    def unreadable(self) -> bool:
        """Tell whether the user's files are wrong, so that nothing or less than all was checked."""
        return any(one.check == READING.id for one in self.findings)

    @property
    def accepted(self) -> int:
        """The number of accepted findings."""
        return sum(bool(one.accepted) for one in self.findings)


def make_report(
    path: Path,
    data: Sequence[Path] = (),
    *,
    draws: int = 200,
    seed: int = 0,
    checks_file: Path | None = None,
    command: str = "",
) -> Report:
    """Check a study folder or a model file.

    Args:
        path: The folder or file.
        data: Files for the data variables of the model.
        draws: How many draws of the study's uncertainty the checks take.
        seed: Of the draws and of random numbers.
        checks_file: Reality checks and accepted findings, in place of the study's checks.toml.
        command: What the user typed, for the record.

    Returns:
        The report. What cannot be read is a finding of the check ``reading``.

    Raises:
        StudyError: There is nothing of that name, or the file of checks cannot be read.
        ModelError: The file is no model file.
    """
    subject, reading = _read(path, data, draws, seed)
    if checks_file is None and path.is_dir() and (path / "checks.toml").exists():
        checks_file = path / "checks.toml"
    if subject is not None:
        subject = replace(subject, checks_file=checks_file)
    checks = {check.id: check for check in (READING, *CHECKS)}
    acceptances = read_acceptances(checks_file, checks)
    outcomes, seconds = [reading], {}
    if subject is not None:
        for check in CHECKS:
            start = time.perf_counter()
            outcomes.append(_outcome(check, subject))
            seconds[check.id] = time.perf_counter() - start
    return Report(
        path=str(path),
        subject=subject,
        checks=checks,
        outcomes=tuple(_accepted(outcomes, acceptances)),
        versions=_versions(),
        created_at=datetime.now(UTC).isoformat(timespec="seconds"),
        command=command,
        seconds=seconds,
    )


def _read(
    path: Path, data: Sequence[Path], draws: int, seed: int
) -> tuple[Subject | None, Outcome]:
    """Read what can be read: of a study that is wrong, the model by itself."""
    problems = Problems()
    source = None
    with problems.collect():
        source = open_study_or_model(path, data)
    if source is None and path.is_dir():
        with Problems().collect():  # The first reading has said what is wrong.
            source = open_study_or_model(find_model_file(path), data)
    findings = tuple(from_error(error, READING.id) for error in problems.found)
    if source is None:
        return None, Outcome(READING.id, findings, f"'{path}' cannot be read")
    model, study = (source, None) if isinstance(source, Model) else (source.model, source)
    number = len(model.variables)
    what = f"{number} variables" + (f", {len(study.policies)} policies" if study else "")
    summary = f"{what}; the study cannot be read" if problems.found else f"read, {what}"
    return Subject(model, study, draws, seed), Outcome(READING.id, findings, summary)


def _outcome(check: Check, subject: Subject) -> Outcome:
    if check.study and subject.study is None:
        return Outcome(check.id, skipped="it needs a study")
    try:
        return check.run(subject)
    except StudyError as errors:  # In what the user wrote for the check, such as checks.toml.
        return Outcome(check.id, tuple(from_error(error, check.id) for error in errors.all))
    except FlatgovError as error:  # The kernel does not know a function of the model, say.
        return Outcome(check.id, skipped=str(error))


def _accepted(outcomes: Sequence[Outcome], acceptances: Sequence[Acceptance]) -> Iterator[Outcome]:
    """Mark what the authors accept, and find acceptances of nothing."""
    done = {outcome.check for outcome in outcomes if not outcome.skipped}
    for outcome in outcomes:
        marked, used = accept(outcome.findings, acceptances)
        stale = [one for one in acceptances if one.check == outcome.check and one not in used]
        extra = tuple(one.stale() for one in stale if outcome.check in done)
        yield replace(outcome, findings=marked + extra)


def _versions() -> dict[str, str]:
    import platform

    return {
        "flatgov": __version__,
        "Python": platform.python_version(),
        **{name: version(name) for name in _LIBRARIES},
    }
