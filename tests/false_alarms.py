"""Checks every model below some folders and lists what is found, to be judged one by one.

    python tests/false_alarms.py FOLDER… [--notes] [--only TEXT] [--slow SECONDS]

For each model file (or each file named): what each check found as errors/warnings/notes, then
every error and warning in one line with its place; with ``--notes`` the notes too. At the end the
same numbers by check over all models, the files that cannot be read with the reason, and the
checks that took longer than ``--slow``. Published models are meant: what a check says of them is
either true or a false alarm, and a person has to read which. Exit status 1 if a check breaks.
"""

from __future__ import annotations

import argparse
import sys
import time
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import get_args

import flatgov as fg
from flatgov.check.findings import Finding, Severity
from flatgov.check.report import Report, make_report

ENDINGS = (".mdl", ".xmile", ".stmx")
SEVERITIES: tuple[str, ...] = get_args(Severity)


@dataclass
class Alarms:
    """What came of one model.

    Attributes:
        model: Its path.
        report: What flatgov says of it; None if something broke.
        broken: What broke.
        seconds: How long all of it took.
    """

    model: Path
    report: Report | None = None
    broken: str = ""
    seconds: float = 0.0
    slow: dict[str, float] = field(default_factory=dict)

    @property
    def unread(self) -> bool:
        """Tell whether there was nothing to check."""
        return self.report is not None and self.report.subject is None

    def counts(self) -> dict[str, Counter[str]]:
        """Count the findings by check and severity, in the order of the checks."""
        found: dict[str, Counter[str]] = {}
        for one in self.report.findings if self.report else ():
            found.setdefault(one.check, Counter())[one.severity] += 1
        return found


def check_model(path: Path, slow: float) -> Alarms:
    """Check one model file as `flatgov check` does."""
    alarms = Alarms(path)
    start = time.perf_counter()
    try:
        alarms.report = make_report(path)
        alarms.slow = {name: took for name, took in alarms.report.seconds.items() if took > slow}
    except fg.FlatgovError as error:
        alarms.broken = str(error)
    except Exception as error:  # The list must show what breaks, and go on.
        alarms.broken = f"{type(error).__name__}: {' '.join(str(error).split())}"
    alarms.seconds = time.perf_counter() - start
    return alarms


def models_of(folders: Sequence[Path], only: str) -> Iterator[Path]:
    """Yield the model files below folders, in the order of their paths."""
    for folder in folders:
        paths = sorted(folder.rglob("*")) if folder.is_dir() else [folder]
        for path in paths:
            if path.suffix.lower() in ENDINGS and only in path.as_posix():
                yield path


def print_alarms(alarms: Alarms, notes: bool) -> None:
    """Print a model's line, its checks that found something, and its findings."""
    report = alarms.report
    if report is None or alarms.unread:
        print(f"{alarms.model}: {'broken: ' + alarms.broken if alarms.broken else 'not read'}")
    elif report.subject is not None:
        number = len(report.subject.model.variables)
        all_of_it = Counter(one.severity for one in report.findings)
        print(f"{alarms.model}: {number} variables, {_triple(all_of_it)}, {alarms.seconds:.1f} s")
    for check, count in alarms.counts().items():
        print(f"    {check:24}{_triple(count):>12}")
    for outcome in report.outcomes if report else ():
        if outcome.skipped and outcome.skipped != "it needs a study":
            print(f"  not done: {outcome.check}: {outcome.skipped}")
    shown = SEVERITIES if notes else SEVERITIES[:2]
    for severity in shown:
        for one in report.findings if report else ():
            if one.severity == severity:
                print(f"  {_line(one)}")
    print()


def _line(finding: Finding) -> str:
    """Write a finding with its place, cause and evidence in one line."""
    place = f"{finding.line}, '{finding.variable}'" if finding.variable else str(finding.line)
    cause = f" <{finding.cause}>" if finding.cause else ""
    parts = [f"{finding.severity} [{finding.check}] {place}: {finding.what}", finding.evidence]
    return " | ".join(" ".join(part.split()) for part in parts if part) + cause


def _triple(count: Counter[str]) -> str:
    """Write errors/warnings/notes."""
    return "/".join(str(count[severity]) for severity in SEVERITIES)


def print_totals(found: Sequence[Alarms], seconds: float) -> None:
    """Print the numbers by check, what could not be read and what took long."""
    read = [one for one in found if one.report is not None and not one.unread]
    totals: dict[str, Counter[str]] = {}
    models: Counter[str] = Counter()
    for one in read:
        for check, count in one.counts().items():
            totals.setdefault(check, Counter()).update(count)
            models[check] += bool(count["error"] or count["warning"])
    known = read[0].report.checks if read and read[0].report else {}
    order = sorted(totals, key=list(known).index)
    print(
        f"{'check':24}{'errors':>8}{'warnings':>10}{'notes':>8}{'models with error or warning':>30}"
    )
    for check in order:
        numbers = totals[check]
        line = f"{check:24}{numbers['error']:8}{numbers['warning']:10}{numbers['note']:8}"
        print(f"{line}{models[check]:30}")
    everything = sum(totals.values(), Counter[str]())
    print(f"{len(read)} models checked, {_triple(everything)}; {seconds:.1f} s")
    for one in found:
        if one.unread and one.report is not None:
            errors = one.report.findings
            more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
            print(f"not read: {one.model}: {errors[0].what}{more}")
        if one.broken:
            print(f"broken: {one.model}: {one.broken}")
        for check, took in one.slow.items():
            print(f"slow: {one.model}: {check} took {took:.1f} s of {one.seconds:.1f} s")


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the lists; give the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("folders", type=Path, nargs="+", metavar="FOLDER")
    parser.add_argument("--notes", action="store_true", help="list notes too")
    parser.add_argument("--only", default="", help="models with this in their path")
    parser.add_argument("--slow", type=float, default=5.0, help="seconds of a check worth telling")
    options = parser.parse_args(arguments)
    warnings.simplefilter("ignore")
    start = time.perf_counter()
    found = []
    for path in models_of(options.folders, options.only):
        found.append(check_model(path, options.slow))
        print_alarms(found[-1], options.notes)
        sys.stdout.flush()
    print_totals(found, time.perf_counter() - start)
    return int(any(one.broken for one in found))


if __name__ == "__main__":
    sys.exit(main())
