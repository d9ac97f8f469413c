"""The report on a model or study: every check of the catalogue, in order, with what it found."""

from __future__ import annotations

import os
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
from flatgov.check.reality import ID as REALITY
from flatgov.check.running import CANNOT_RUN
from flatgov.check.running import ID as RUNNING
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
        path: The study or model, as the user named it; the folder of the Longgang study if none
            was named.
        subject: What was checked, or None if it cannot be read.
        checks: All checks by id, in order; those that were not done too.
        outcomes: In the same order, those that were done or skipped.
        versions: Of flatgov, Python and the libraries that decide numbers, and the machine.
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
        return any(one.check == READING.id and one.severity == "error" for one in self.findings)

    def status(self, strict: bool = False) -> int:
        """Give the exit status of `flatgov check`.

        Args:
            strict: Whether warnings fail too.

        Returns:
            2 if a file of the user cannot be read, 1 if a check found an error, else 0.
        """
        if self.unreadable:
            return 2
        return int(bool(self.count("error") or (strict and self.count("warning"))))

    @property
    def accepted(self) -> int:
        """The number of accepted findings."""
        return sum(bool(one.accepted) for one in self.findings)


def make_report(
    path: str | os.PathLike[str],
    data: Sequence[str | os.PathLike[str]] = (),
    *,
    draws: int = 200,
    seed: int = 0,
    checks_file: str | os.PathLike[str] | None = None,
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
        StudyError: There is no such file of checks.
    """
    path = Path(path)
    own = Path(checks_file) if checks_file is not None else path / "checks.toml"
    if checks_file is not None and not own.exists():
        raise StudyError("cannot be read: there is no such file", where=str(own))
    statements = own if checks_file is not None or (path.is_dir() and own.exists()) else None
    checks = {check.id: check for check in (READING, *CHECKS)}
    problems = Problems()
    subject = _read(path, [Path(one) for one in data], draws, seed, problems)
    whole = not problems.found
    acceptances = read_acceptances(statements, checks, problems)
    outcomes: list[Outcome] = []
    seconds: dict[str, float] = {}
    if subject is not None:
        subject = replace(subject, checks_file=statements)
        outcomes = list(_outcomes(subject, whole, problems, seconds))
    outcomes.insert(0, _reading(path, subject, whole, problems))
    return Report(
        path=str(path),
        subject=subject,
        checks=checks,
        outcomes=tuple(_accepted(outcomes, acceptances, whole)),
        versions=_versions(),
        created_at=datetime.now(UTC).isoformat(timespec="seconds"),
        command=command,
        seconds=seconds,
    )


def _read(
    path: Path, data: Sequence[Path], draws: int, seed: int, problems: Problems
) -> Subject | None:
    """Read what can be read: of a study that is wrong, the model by itself."""
    source = None
    with problems.collect():
        if path.is_symlink() and not path.exists():
            target = os.readlink(path)
            raise StudyError(f"'{path}' is a link to '{target}', which is not there")
        source = open_study_or_model(path, data)
    if source is None and path.is_dir():
        with Problems().collect():  # The first reading has said what is wrong.
            source = open_study_or_model(find_model_file(path), data)
    if source is None:
        return None
    model, study = (source, None) if isinstance(source, Model) else (source.model, source)
    return Subject(model, study, draws, seed)


def _reading(path: Path, subject: Subject | None, whole: bool, problems: Problems) -> Outcome:
    """Say what was read, and what is wrong with the files."""
    findings = tuple(from_error(error, READING.id) for error in problems.found)
    if subject is None:
        return Outcome(READING.id, findings, f"'{path}' cannot be read")
    what = f"{len(subject.model.variables)} variables"
    what += f", {len(subject.study.policies)} policies" if subject.study else ""
    summary = f"read, {what}" if whole else f"{what}; the study cannot be read"
    return Outcome(READING.id, findings, summary)


def _outcomes(
    subject: Subject, whole: bool, problems: Problems, seconds: dict[str, float]
) -> Iterator[Outcome]:
    """Make every check; mistakes in checks.toml go to the problems."""
    runs = True
    for check in CHECKS:
        start = time.perf_counter()
        outcome = _outcome(check, subject, whole, problems)
        runs &= check.id != RUNNING or not outcome.findings
        if not runs and outcome.skipped.startswith(CANNOT_RUN):  # That check has said why.
            outcome = replace(outcome, skipped=CANNOT_RUN)
        yield outcome
        seconds[check.id] = time.perf_counter() - start


def _outcome(check: Check, subject: Subject, whole: bool, problems: Problems) -> Outcome:
    asks_study = check.study or (check.id == REALITY and subject.checks_file is not None)
    if asks_study and not whole:
        return Outcome(check.id, skipped="the study cannot be read")
    if check.study and subject.study is None:
        return Outcome(check.id, skipped="it needs a study")
    try:
        return check.run(subject)
    except StudyError as errors:
        if not all(_is_in(subject.checks_file, error) for error in errors.all):
            return Outcome(check.id, tuple(from_error(error, check.id) for error in errors.all))
        told = set(map(str, problems.found))
        problems.found += [error for error in errors.all if str(error) not in told]
        return Outcome(check.id, skipped=f"'{subject.checks_file}' has mistakes")
    except FlatgovError as error:  # The kernel does not know a function of the model, say.
        return Outcome(check.id, skipped=f"{CANNOT_RUN}: {error.what}")


def _is_in(file: Path | None, error: FlatgovError) -> bool:
    return file is not None and error.where.startswith(str(file))


def _accepted(
    outcomes: Sequence[Outcome], acceptances: Sequence[Acceptance], whole: bool
) -> Iterator[Outcome]:
    """Mark what the authors accept; find acceptances of nothing, if all was looked at."""
    for outcome in outcomes:
        marked, used = accept(outcome.findings, acceptances)
        others = [one for one in acceptances if one.check == outcome.check and one not in used]
        extra = [one.useless(marked) for one in others if whole and not outcome.skipped]
        yield replace(outcome, findings=(*marked, *extra))


def _versions() -> dict[str, str]:
    import platform

    return {
        "flatgov": __version__,
        "Python": platform.python_version(),
        "machine": f"{platform.machine()}, {platform.system()}",
        **{name: version(name) for name in _LIBRARIES},
    }
