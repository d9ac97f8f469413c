"""checks.toml: findings that the authors of a model keep, each with its reason."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import ValidationError

from flatgov.check.checks_file import AcceptTable, ChecksFile
from flatgov.check.findings import Finding
from flatgov.errors import Place, Problems, StudyError, nearest_names
from flatgov.names import canonical
from flatgov.study.toml import TomlFile, read_toml, validate


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

    def useless(self, findings: Sequence[Finding]) -> Finding:
        """Say that there is nothing to accept, or an error, which nobody can accept."""
        of = f" of '{self.variable}'" if self.variable else ""
        what = f"an accepted finding{of} does not exist any more"
        fix = "remove it"
        if any(self.fits(finding) for finding in findings):
            what, fix = f"the error{of} cannot be accepted", "mend it, and remove this"
        return Finding(
            check=self.check,
            severity="warning",
            what=what,
            file=self.where.file,
            variable=self.where.variable,
            line=self.where.line,
            fix=fix,
        )


def read_acceptances(
    path: Path | None, checks: Collection[str], problems: Problems
) -> tuple[Acceptance, ...]:
    """Read the accepted findings, those that are right although others are not.

    Args:
        path: The file, if there is one.
        checks: The ids of all checks.
        problems: Takes what is wrong with the file: it cannot be read, a key or value is wrong,
            a name is that of no check, a reason is empty.
    """
    found: list[Acceptance] = []
    if path is None:
        return ()
    with problems.collect():
        file = read_toml(path)
        with problems.collect():
            validate(file, ChecksFile)
        for number, table in enumerate(_tables(file)):
            with problems.collect():
                if table is not None:
                    found.append(_acceptance(table, file, number, checks))
    return tuple(found)


def _tables(file: TomlFile) -> Iterator[AcceptTable | None]:
    """Give each table that has the right keys; None for others."""
    tables = file.data.get("accept")
    for table in tables if isinstance(tables, list) else ():
        try:
            yield AcceptTable.model_validate(table)
        except ValidationError:
            yield None


def _acceptance(
    table: AcceptTable, file: TomlFile, number: int, checks: Collection[str]
) -> Acceptance:
    if table.check not in checks:
        nearest = nearest_names(table.check, checks)
        raise StudyError(
            f"there is no check '{table.check}'",
            where=file.where("accept", number, "check"),
            nearest=nearest,
            fix="" if nearest else f"there are {', '.join(checks)}",
            text=table.check,
        )
    if not table.reason.strip():
        raise StudyError(
            "the reason is empty",
            where=file.where("accept", number, "reason"),
            fix="say why the finding is right here",
        )
    return Acceptance(table.check, table.variable, table.reason, file.where("accept", number))


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
