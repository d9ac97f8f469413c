"""A report as JSON, for machines."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from flatgov.check.excerpt import excerpt
from flatgov.check.findings import Finding
from flatgov.check.report import Report
from flatgov.check.sources import SOURCES

# Of the keys of the record: a number that rises when one of them changes its meaning or goes.
SCHEMA = 1


def report_json(report: Report, strict: bool = False) -> dict[str, Any]:
    """Give a report as what JSON can hold.

    Args:
        report: The report.
        strict: Whether warnings fail too.

    Returns:
        ``schema`` (1), ``status`` (0, 1 or 2, see `Report.status`), ``path`` (as the user typed
        it), ``created_at``, ``command``, ``versions``, ``model_hash``, ``study_hash``, ``seed``,
        ``draws``, ``counts`` by severity, and ``checks``: for each its ``id``, ``title``,
        ``asks``, ``sources``, ``skipped``, ``summary``, ``data``, ``seconds`` and ``findings``.
        A finding has the keys of `Finding`; its ``line``, ``column`` and ``end_column`` (the one
        after its last character) are those of the offending text in the file, in characters from
        1; 0 where they are not known. A number that is not finite is None.
    """
    subject = report.subject
    study = subject.study if subject else None
    record = {
        "schema": SCHEMA,
        "status": report.status(strict),
        "path": report.path,
        "created_at": report.created_at,
        "command": report.command,
        "versions": dict(report.versions),
        "model_hash": subject.model.hash if subject else None,
        "study_hash": study.hash if study else None,
        "seed": subject.seed if subject else None,
        "draws": subject.draws if subject else None,
        "counts": {
            "error": report.count("error"),
            "warning": report.count("warning"),
            "note": report.count("note"),
            "accepted": report.accepted,
        },
        "checks": [
            {
                "id": outcome.check,
                "title": report.checks[outcome.check].title,
                "asks": report.checks[outcome.check].asks,
                "sources": [SOURCES[key] for key in report.checks[outcome.check].sources],
                "skipped": outcome.skipped,
                "summary": outcome.summary,
                "data": outcome.data,
                "seconds": round(report.seconds.get(outcome.check, 0.0), 3),
                "findings": [_finding(one) for one in outcome.findings],
            }
            for outcome in report.outcomes
        ],
    }
    finite: dict[str, Any] = _finite(record)
    return finite


def _finite(value: Any) -> Any:
    """Make of whatever checks know what JSON has a word for: no NaN, no array of numpy."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    match value:
        case float():
            return value if math.isfinite(value) else None
        case Mapping():
            return {str(key): _finite(one) for key, one in value.items()}
        case list() | tuple():
            return [_finite(one) for one in value]
        case set() | frozenset():
            return sorted(map(_finite, value), key=str)
        case str() | int() | None:
            return value
    return str(value)


def _finding(finding: Finding) -> dict[str, Any]:
    found = excerpt(finding)
    return {
        **asdict(finding),
        "line": found.line if found else finding.line,
        "column": found.column if found else 0,
        "end_column": found.end_column if found else 0,
    }
