"""A report as plain text, for a terminal or a log."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from unicodedata import east_asian_width

from flatgov.check.excerpt import excerpt
from flatgov.check.findings import Finding
from flatgov.check.report import Report

# How many places of findings with one cause are listed.
_MOST_PLACES = 8
# How many findings, those with one cause counted once, are written out.
_MOST_BLOCKS = 30


def report_text(report: Report, notes: bool = False) -> str:
    """Write what was found, the worst first, and one line on all of it.

    Args:
        report: The report.
        notes: Whether notes and accepted findings are written out too.
    """
    groups: list[list[Finding]] = []
    for severity in ("error", "warning", "note"):
        found = [one for one in report.findings if one.severity == severity and not one.accepted]
        if severity == "note" and not notes:
            continue
        groups += _by_cause(found)
    if notes:
        groups += [[one] for one in report.findings if one.accepted]
    blocks = [_block(group) for group in groups[:_MOST_BLOCKS]]
    if more := sum(map(len, groups[_MOST_BLOCKS:])):
        of_them = "finding" if more == 1 else "findings"
        blocks.append(f"and {more} more {of_them}; --json FILE has all")
    return "\n\n".join([*blocks, "\n".join(_summary(report, notes))])


def _by_cause(findings: Sequence[Finding]) -> Iterator[list[Finding]]:
    """Gather the findings of a check with the same cause or sentence; the order stays."""
    groups: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        groups.setdefault((finding.check, finding.cause or finding.what), []).append(finding)
    yield from groups.values()


def _block(group: Sequence[Finding]) -> str:
    first = group[0]
    if first.accepted:
        return _accepted(first)
    if len(group) == 1:
        return "\n".join(_lines(first))
    title = first.cause or first.what
    lines = [f"{first.severity}: {title} [{first.check}], {len(group)} times"]
    same = len({finding.fix for finding in group}) == 1
    for finding in group[:_MOST_PLACES]:
        own = [f"  {finding.what}", f"    {_place(finding)}"]
        lines += own if first.cause else [f"  {_place(finding)}"]
        if finding is first:
            lines += [f"  {line}" for line in (*_shown(first), *_nearest(first))]
        if finding.fix and not same:
            lines.append(f"    fix: {finding.fix}")
    if len(group) > _MOST_PLACES:
        lines.append(f"  and {len(group) - _MOST_PLACES} more")
    if first.fix and same:
        lines.append(f"  fix: {first.fix}")
    return "\n".join(lines)


def _lines(finding: Finding) -> Iterator[str]:
    yield f"{finding.severity}: {finding.what} [{finding.check}]"
    if place := _place(finding):
        yield f"  {place}"
    yield from _shown(finding)
    if finding.evidence:
        yield f"  {finding.evidence}"
    yield from _nearest(finding)
    if finding.fix:
        yield f"  fix: {finding.fix}"


def _shown(finding: Finding) -> Iterator[str]:
    """Write the line of the file, and underline the offending text."""
    if found := excerpt(finding):
        number = str(found.line)
        yield f"  {number} | {found.shown}"
        if found.marked:
            space = " " * _width(found.before)
            yield f"  {' ' * len(number)} | {space}{'^' * _width(found.marked)}"


def _nearest(finding: Finding) -> Iterator[str]:
    if finding.nearest:
        yield "  did you mean " + " or ".join(f"'{name}'" for name in finding.nearest) + "?"


def _place(finding: Finding) -> str:
    found = excerpt(finding)
    line = found.line if found else finding.line
    place = f"{finding.file}:{line}" if line else finding.file
    return f"{place}, '{finding.variable}'" if finding.variable else place


def _accepted(finding: Finding) -> str:
    return f"accepted: {finding.what} [{finding.check}]\n  {_place(finding)}\n  {finding.accepted}"


def _summary(report: Report, notes: bool) -> Iterator[str]:
    skipped = [outcome for outcome in report.outcomes if outcome.skipped]
    reasons: dict[str, list[str]] = {}
    for outcome in skipped:
        reasons.setdefault(outcome.skipped, []).append(f"'{report.checks[outcome.check].title}'")
    for reason, titles in reasons.items():
        yield f"not done: {', '.join(titles)}: {reason}"
    counts = [(report.count("error"), "error"), (report.count("warning"), "warning")]
    counts += [(report.count("note"), "note")]
    listed = ", ".join(f"{number} {word}{'' if number == 1 else 's'}" for number, word in counts)
    accepted = f", {report.accepted} accepted" if report.accepted else ""
    done = len(report.outcomes) - len(skipped)
    yield f"{report.path}: {listed}{accepted}; {done} check{'' if done == 1 else 's'} done"
    if not notes and (report.count("note") or report.accepted):
        kinds = Counter(
            one.check for one in report.findings if one.severity == "note" and not one.accepted
        )
        named = ", ".join(f"{name} ({number})" for name, number in kinds.items())
        yield f"notes: {named}; --notes shows them" if named else "--notes shows what is accepted"


def _width(text: str) -> int:
    """Count the columns that a text takes; Chinese characters take two."""
    return sum(2 if east_asian_width(one) in "WF" else 1 for one in text)
