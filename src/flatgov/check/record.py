"""A report as JSON, for machines."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

from flatgov.check.excerpt import excerpt
from flatgov.check.findings import Finding
from flatgov.check.report import Report
from flatgov.check.sources import SOURCES


def report_json(report: Report) -> dict[str, Any]:
    """Give a report as what JSON can hold.

    Returns:
        ``path``, ``created_at``, ``command``, ``versions``, ``model_hash``, ``study_hash``,
        ``seed``, ``draws``, ``counts`` by severity, and ``checks``: for each its ``id``,
        ``title``, ``asks``, ``sources``, ``skipped``, ``summary``, ``data``, ``seconds`` and
        ``findings`` with the place of the offending text (``column`` from 1, 0 if unknown).
    """
    subject = report.subject
    study = subject.study if subject else None
    return {
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
                "data": _finite(dict(outcome.data)),
                "seconds": round(report.seconds.get(outcome.check, 0.0), 3),
                "findings": [_finding(one) for one in outcome.findings],
            }
            for outcome in report.outcomes
        ],
    }


def _finite(value: Any) -> Any:
    """Put None for every number that is none, which JSON has no word for."""
    match value:
        case float():
            return value if math.isfinite(value) else None
        case dict():
            return {key: _finite(one) for key, one in value.items()}
        case list() | tuple():
            return [_finite(one) for one in value]
    return value


def _finding(finding: Finding) -> dict[str, Any]:
    found = excerpt(finding)
    return {
        **asdict(finding),
        "line": found.line if found else finding.line,
        "column": found.start + 1 if found and found.marked else 0,
    }
