"""What the checks found, as the page shows it: the verdict, and each check with its findings."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath

import numpy as np
from markupsafe import Markup, escape

from flatgov.changes import FloatArray
from flatgov.check.excerpt import Excerpt, excerpt
from flatgov.check.findings import Finding, Outcome
from flatgov.check.page.definitions import anchors
from flatgov.check.page.safe import count, visible
from flatgov.check.page.tables import Shown, shown, words
from flatgov.check.report import Report
from flatgov.check.sources import SOURCES
from flatgov.names import canonical

# Of findings with one cause, so many are shown at once; the others are folded, up to a bound.
_MOST_SHOWN, _MOST_FINDINGS = 4, 400
# Summaries of checks that had nothing to look at.
_EMPTY = re.compile(
    r"0 of 0 (?!within)|0 constants and stocks have limits|0 remarks on 0 "
    r"|0 (?:uses|loops removed|names of 0)\b|0 variables with limits and 0 stocks"
    r"|0 inputs at 0 extremes"
)
_DOI = re.compile(r"doi:(10\.\S+)$")


@dataclass(frozen=True)
class Found:
    """A finding, with its place and the line of the file."""

    severity: str
    what: str
    place: str
    variable: str
    anchor: str
    excerpt: Excerpt | None
    evidence: str
    nearest: tuple[str, ...]
    fix: str
    accepted: str


@dataclass(frozen=True)
class Group:
    """Findings of a check with one cause, of one severity.

    Those that are `folded` are not shown at once; `fix` is what mends all of them, if one thing
    does.
    """

    severity: str
    cause: str
    shown: tuple[Found, ...]
    folded: tuple[Found, ...]
    left_out: int
    fix: str


@dataclass(frozen=True)
class Result:
    """A check with what came of it.

    Attributes:
        anchor: Its place on the page.
        id: Its id.
        title: For people.
        asks: The question.
        sources: Publications.
        state: ``passed``, ``error``, ``warning``, ``note``, ``accepted``,
            ``empty`` (there was nothing to look at) or ``not-done``.
        said: The state in words.
        summary: What was looked at, or why not.
        groups: The findings.
        data: Further results by name.
    """

    anchor: str
    id: str
    title: str
    asks: str
    sources: tuple[str, ...]
    state: str
    said: str
    summary: str
    groups: tuple[Group, ...]
    data: tuple[tuple[str, Shown], ...]


def results(report: Report) -> list[Result]:
    """Arrange all checks, in the order of the report."""
    outcomes = {outcome.check: outcome for outcome in report.outcomes}
    places = anchors(report.subject.model) if report.subject else {}
    return [
        _result(place, check_id, report, outcomes.get(check_id), places)
        for place, check_id in enumerate(report.checks)
    ]


def _result(
    place: int,
    check_id: str,
    report: Report,
    outcome: Outcome | None,
    places: Mapping[str, str],
) -> Result:
    check = report.checks[check_id]
    if outcome is None:
        outcome = Outcome(check_id, skipped="the model cannot be read")
    state, said = _state(outcome)
    return Result(
        anchor=f"k{place}",
        id=check.id,
        title=check.title,
        asks=check.asks,
        sources=check.sources,
        state=state,
        said=said,
        summary=_sentence(outcome.skipped or outcome.summary),
        groups=tuple(_groups(outcome.findings, places)),
        data=tuple((words(key), shown(value)) for key, value in outcome.data.items()),
    )


def _state(outcome: Outcome) -> tuple[str, str]:
    if outcome.skipped:
        return "not-done", "not done"
    counts = [
        (kind, sum(one.severity == kind and not one.accepted for one in outcome.findings))
        for kind in ("error", "warning", "note")
    ]
    said = [count(number, kind) for kind, number in counts if number]
    accepted = sum(bool(one.accepted) for one in outcome.findings)
    if accepted:
        said.append(f"{accepted} accepted")
    if not said and _EMPTY.match(outcome.summary):
        return "empty", "nothing to check"
    worst = next((kind for kind, number in counts if number), "accepted" if accepted else "passed")
    return worst, ", ".join(said) or "passed"


def _groups(findings: Sequence[Finding], places: Mapping[str, str]) -> list[Group]:
    """Gather findings by cause, the worst and what is not accepted first."""
    order = {"error": 0, "warning": 1, "note": 2}
    gathered: dict[tuple[object, ...], list[Finding]] = {}
    ranked = sorted(findings, key=lambda one: (bool(one.accepted), order[one.severity]))
    for number, finding in enumerate(ranked):
        cause = finding.cause or f"\0{number}"
        gathered.setdefault((finding.severity, bool(finding.accepted), cause), []).append(finding)
    groups, room = [], _MOST_FINDINGS
    for own in gathered.values():
        taken = [_found(one, places) for one in own[:room]]
        room -= len(taken)
        cause = own[0].cause if len(own) > 1 else ""
        severity = "accepted" if own[0].accepted else own[0].severity
        first = _MOST_SHOWN if len(taken) > _MOST_SHOWN + 1 else len(taken)
        fixes = {one.fix for one in own}
        fix = own[0].fix if len(own) > 1 and len(fixes) == 1 and severity != "accepted" else ""
        groups.append(
            Group(
                severity,
                cause,
                tuple(taken[:first]),
                tuple(taken[first:]),
                len(own) - len(taken),
                fix,
            )
        )
    return groups


def _found(finding: Finding, places: Mapping[str, str]) -> Found:
    found = excerpt(finding)
    line = found.line if found else finding.line
    # The file alone: where it lay on somebody's machine tells a reader nothing.
    place = PurePath(finding.file).name
    place += f", line {line}" if line else ""
    return Found(
        finding.severity,
        finding.what,
        place.removeprefix(", "),
        finding.variable,
        places.get(canonical(finding.variable), ""),
        found,
        finding.evidence,
        finding.nearest,
        finding.fix,
        finding.accepted,
    )


def verdict(report: Report) -> str:
    """Say in a sentence what the checks found."""
    if report.subject is None:
        return f"The model cannot be read: {count(report.count('error'), 'error')}."
    errors, warnings = report.count("error"), report.count("warning")
    found = f"{count(errors, 'error')}, {count(warnings, 'warning')}"
    found += f" and {count(report.count('note'), 'note')}"
    done = [outcome for outcome in report.outcomes if not outcome.skipped]
    text = f"{count(len(done), 'check')} found {found}"
    if report.accepted:
        more = "is" if report.accepted == 1 else "are"
        text += f"; {count(report.accepted, 'further finding')} {more} accepted with a reason"
    left = len(report.checks) - len(done)
    if left:
        text += f"; {count(left, 'check')} could not be done"
    return text[0].upper() + text[1:] + "."


def lost(base: Mapping[str, FloatArray], broken: str) -> str:
    """Say that numbers cannot be had: no run, or values in it that are no numbers; else ``""``.

    Args:
        base: The model's own run.
        broken: Why there is none.
    """
    if broken:
        return "The model cannot be run: this page has no numbers of it."
    bad = sum(not np.isfinite(values).all() for values in base.values())
    if not bad:
        return ""
    them = "their results" if bad > 1 else "its results"
    return (
        f"In the model’s own run {bad:,} of {count(len(base), 'variable')} come to infinity or to "
        f"no number at all: {them}, and what is made of them, cannot be relied on."
    )


def citation(key: str) -> Markup:
    """Write a publication, its DOI as a link."""
    text = SOURCES.get(key, key)
    found = _DOI.search(text)
    if found is None:
        return escape(visible(text))
    link = Markup('<a href="https://doi.org/{}">doi:{}</a>').format(found[1], found[1])
    return escape(text[: found.start()]) + link


def short_citation(key: str) -> str:
    """Write a publication as it is cited in a text: ``Forrester & Senge 1980``."""
    found = re.match(r"(.+?) \((\d{4})\)", SOURCES.get(key, ""))
    if found is None:
        return key
    names = [re.sub(r" [A-Z]+$", "", one) for one in found[1].split(", ")]
    return f"{' & '.join(names)} {found[2]}"


def _sentence(text: str) -> str:
    """Give a text a capital and a full stop."""
    text = text.strip()
    if not text:
        return ""
    return text[0].upper() + text[1:] + ("" if text[-1] in ".!?" else ".")
