"""What a check says: findings with their place and evidence, and the outcome of a check."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from flatgov.errors import FlatgovError, Place

# An error: the numbers cannot be had or are wrong. A warning: they may mislead. A note: worth
# knowing, and right in many models; it never fails a check.
Severity = Literal["error", "warning", "note"]

# Errors of broken TOML know no text, but the column: ``policies.toml:3:7``.
_COLUMN = re.compile(r":\d+:(\d+)$")


@dataclass(frozen=True)
class Finding:
    """One thing that a check found.

    Attributes:
        check: The id of the check.
        severity: How bad it is.
        what: One sentence without a full stop, names in single quotes, numbers in it.
        file: The file to mend.
        variable: The variable, or the key of a TOML file.
        line: Counted from 1; 0 where there is none.
        text: The offending piece as it stands in the file, to be underlined.
        evidence: The numbers or pieces that prove it, where `what` has no room for them.
        nearest: Right names that a wrong one may have meant.
        fix: What to do, as an imperative without a full stop.
        cause: Findings of one check with the same cause are shown together, under it.
        accepted: The reason why the authors of the model keep it; it does not count then.
        column: Where the piece begins in the line, from 1, if only that is known; else 0.
    """

    check: str
    severity: Severity
    what: str
    file: str = ""
    variable: str = ""
    line: int = 0
    text: str = ""
    evidence: str = ""
    nearest: tuple[str, ...] = ()
    fix: str = ""
    cause: str = ""
    accepted: str = ""
    column: int = 0


@dataclass(frozen=True)
class Outcome:
    """What came of one check.

    Attributes:
        check: The id of the check.
        findings: In the order of the file.
        summary: What was looked at and what came of it, in one sentence with numbers; also where
            nothing was found.
        data: Further results for the record: numbers, texts, lists and mappings that JSON can
            hold (NaN as None).
        skipped: Why the check was not done, or ``""``.
    """

    check: str
    findings: tuple[Finding, ...] = ()
    summary: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    skipped: str = ""


def from_error(error: FlatgovError, check: str) -> Finding:
    """Make a finding of what kept a file from being read."""
    place = error.where if isinstance(error.where, Place) else Place(error.where, error.where)
    return Finding(
        check=check,
        severity="error",
        what=error.what,
        file=place.file,
        variable=place.variable,
        line=place.line,
        text=error.text,
        column=int(column[1]) if (column := _COLUMN.search(place)) and place.line else 0,
        nearest=error.nearest,
        fix=error.fix,
    )
