"""checks.toml: findings that the authors of a model keep, each with its reason."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from flatgov.check.checks_file import ChecksFile
from flatgov.check.findings import Finding
from flatgov.errors import Place, Problems, StudyError
from flatgov.names import canonical
from flatgov.study.policies import check_names
from flatgov.study.toml import read_toml, validate


@dataclass(frozen=True)
class Acceptance:
    """An accepted finding, and where that is written."""

    check: str
    variable: str
    reason: str
    where: Place

    def fits(self, finding: Finding) -> bool:
        """Tell whether a finding is meant."""
        same = canonical(self.variable) == canonical(finding.variable)
        return self.check == finding.check and same

    def stale(self) -> Finding:
        """Say that nothing is left to accept."""
        what = f" of '{self.variable}'" if self.variable else ""
        return Finding(
            check=self.check,
            severity="warning",
            what=f"an accepted finding{what} does not exist any more",
            file=self.where.file,
            variable=self.where.variable,
            line=self.where.line,
            fix="remove it",
        )


def read_acceptances(path: Path | None, checks: Collection[str]) -> tuple[Acceptance, ...]:
    """Read the accepted findings.

    Args:
        path: The file, if there is one.
        checks: The ids of all checks.

    Raises:
        StudyError: The file cannot be read, names no check, or has no reason.
    """
    if path is None:
        return ()
    file = read_toml(path)
    found, problems = [], Problems()
    for number, table in enumerate(validate(file, ChecksFile).accept):
        with problems.collect():
            check_names([table.check], checks, "check", file.where("accept", number, "check"))
            if not table.reason.strip():
                raise StudyError(
                    "the reason is empty",
                    where=file.where("accept", number, "reason"),
                    fix="say why the finding is right here",
                )
            where = file.where("accept", number)
            found.append(Acceptance(table.check, table.variable, table.reason, where))
    problems.raise_first()
    return tuple(found)


def accept(
    findings: Sequence[Finding], acceptances: Sequence[Acceptance]
) -> tuple[tuple[Finding, ...], list[Acceptance]]:
    """Mark accepted findings; errors cannot be accepted.

    Returns:
        The findings, and the acceptances that were of use.
    """
    marked, used = [], []
    for finding in findings:
        fitting = [one for one in acceptances if one.fits(finding) and finding.severity != "error"]
        used += fitting
        marked.append(replace(finding, accepted=fitting[0].reason) if fitting else finding)
    return tuple(marked), used
