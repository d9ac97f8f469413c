"""Reality checks: statements of the form "when this is so, that must follow".

The idea is that of the reality check equations of Peterson and Eberlein (1994): a model must
respond to an extreme or a special case as everybody knows that the real thing does. A statement
either changes the model and looks at the run that follows, or names conditions, and looks at every
time at which they hold.

    [reality.no-residents]
    text = "Without residents nobody brings matters"
    changes = [{ variable = "initial population", operation = "set", value = 0.0 }]
    expect = ["max('resident matters' of when) <= 0"]

    [reality.pressure]
    text = "Whoever has more work than time is worn out in the end"
    when = ["'work pressure' of base > 1.2"]
    expect = ["'cadre morale' of base < 0.7"]
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from flatgov.check.checks_file import ChecksFile, RealityTable
from flatgov.check.findings import Finding, Outcome
from flatgov.check.subject import Check, Subject
from flatgov.errors import Place, Problems, StudyError
from flatgov.study.behaviour import Expectation
from flatgov.study.calendar import Clock
from flatgov.study.changes import resolve_changes
from flatgov.study.expectation import Comparison, Scope, Whenever
from flatgov.study.expectation_text import parse_expectation
from flatgov.study.policies import Policy, check_names
from flatgov.study.toml import TomlFile, read_toml, validate

if TYPE_CHECKING:
    from flatgov.analysis.verdicts import Verdicts
    from flatgov.study.study import Study

ID = "reality"

# Of draws that cannot be judged, the share above which it is a warning.
_LEFT_OUT = 0.05


@dataclass(frozen=True)
class Statement:
    """A reality check whose names and times all exist.

    Attributes:
        id: Its key in the file.
        table: As the file has it.
        where: Its place.
        policies: The runs that it looks at, by id: as they are, and with its changes.
        expectations: What must hold.
    """

    id: str
    table: RealityTable
    where: Place
    policies: dict[str, Policy]
    expectations: tuple[Expectation, ...]


def read_statements(file: TomlFile, study: Study) -> list[Statement]:
    """Read the reality checks of a file.

    Raises:
        StudyError: A name, date, value or expectation is wrong.
    """
    problems, statements = Problems(), []
    for name, table in validate(file, ChecksFile).reality.items():
        with problems.collect():
            statements.append(_read(name, table, file, study))
    problems.raise_first()
    return statements


def _read(name: str, table: RealityTable, file: TomlFile, study: Study) -> Statement:
    owner = ("reality", name)
    if bool(table.changes) == bool(table.when):
        what = "both `changes` and `when`" if table.changes else "neither `changes` nor `when`"
        raise StudyError(
            f"the check has {what}", where=file.where(*owner), fix="give it one of them"
        )
    policy = study.reference if table.policy is None else table.policy
    check_names([policy], study.policies, "policy", file.where(*owner, "policy"))
    base = study.policies[policy]
    policies, meaning = {policy: base}, {"base": policy}
    clock = Clock(study.model.time, study.calendar)
    if table.changes:
        wrong = Problems()
        own = resolve_changes(
            table.changes, owner, file, study.model, clock, wrong, start_required=False
        )
        wrong.raise_first()
        changed = f"reality {name}"
        policies[changed] = replace(base, id=changed, changes=(*base.changes, *own))
        meaning["when"] = changed
    scope = Scope(study.model, clock, meaning, whole_courses=bool(table.when))
    when = _parsed(table.when, (*owner, "when"), file, scope)
    expect = _parsed(table.expect, (*owner, "expect"), file, scope)
    if table.when:
        joined = Expectation("; ".join(table.expect), (_whenever(when, expect, file, owner),))
        expect = (joined,)
    return Statement(name, table, file.where(*owner), policies, expect)


def _parsed(
    texts: Sequence[str], keys: tuple[str, ...], file: TomlFile, scope: Scope
) -> tuple[Expectation, ...]:
    problems, found = Problems(), []
    for number, text in enumerate(texts):
        with problems.collect():
            where = file.where(*keys, number)
            found.append(Expectation(text, parse_expectation(text, scope, where)))
    problems.raise_first()
    return tuple(found)


def _whenever(
    when: Sequence[Expectation],
    expect: Sequence[Expectation],
    file: TomlFile,
    owner: tuple[str, str],
) -> Whenever:
    sides: list[tuple[Comparison, ...]] = []
    for expectations in (when, expect):
        conditions = [condition for one in expectations for condition in one.conditions]
        comparisons = [one for one in conditions if isinstance(one, Comparison)]
        if len(comparisons) < len(conditions):
            raise StudyError(
                "rising and falling are no conditions of a single time",
                where=file.where(*owner),
                fix="compare values: < <= > >=",
            )
        sides.append(tuple(comparisons))
    return Whenever(*sides)


def judge_statements(subject: Subject) -> Outcome:
    """Run the reality checks of a subject, at the values of the model and over its draws."""
    if subject.checks_file is None:
        return Outcome(ID, skipped="there is no checks.toml with reality checks")
    study = subject.study or study_of(subject)
    statements = read_statements(read_toml(subject.checks_file), study)
    if not statements:
        return Outcome(ID, skipped=f"'{subject.checks_file}' has no reality checks")
    base, draws = _judge(statements, study, subject)
    findings, rows, first = [], [], 0
    for statement in statements:
        own = slice(first, first + len(statement.expectations))
        first = own.stop
        row = _row(statement, base, draws, own)
        rows.append(row)
        findings += _findings(statement, row, base, own)
    return Outcome(ID, tuple(findings), _summary(rows, subject.draws), {"statements": rows})


def _summary(rows: Sequence[dict[str, Any]], draws: int) -> str:
    tested = [row for row in rows if not row["the condition never arises at the values"]]
    hold = sum(row["holds at the values of the model"] for row in tested)
    summary = f"{hold} of {len(rows)} statements hold at the values of the model"
    if len(tested) < len(rows):
        summary += f", where the condition of {len(rows) - len(tested)} never arises"
    drawn = [row for row in rows if "draws" in row]
    if drawn:
        enough = sum(row.get("share", -1.0) >= row["asked share"] for row in drawn)
        given = any(row["draws without the condition"] for row in drawn)
        summary += f", {enough} in as many of {draws} draws as they ask for"
        summary += " (of the draws in which their condition arises)" if given else ""
    if left := sum(bool(row["draws left out"]) for row in drawn):
        summary += f"; {left} cannot be judged in some draws"
    return summary


def _judge(
    statements: Sequence[Statement], study: Study, subject: Subject
) -> tuple[Verdicts, Verdicts | None]:
    """Run all statements together: one kernel serves them."""
    from flatgov.analysis.verdicts import judge_base, judge_draws

    runs = {name: policy for one in statements for name, policy in one.policies.items()}
    full = replace(study, policies={**study.policies, **runs})
    expectations = [one for statement in statements for one in statement.expectations]
    worlds = None if study.default_scenario is None else [study.default_scenario]
    base = judge_base(full, expectations, worlds)
    if study.uncertainty is None or not subject.draws:
        return base, None
    found = judge_draws(full, expectations, worlds, subject.draws, seed=subject.seed)
    return base, found.verdicts


def _row(
    statement: Statement, base: Verdicts, draws: Verdicts | None, own: slice
) -> dict[str, Any]:
    """Put the verdicts on a statement together; `own` are its expectations."""
    import numpy as np

    from flatgov.analysis.proportion import wilson_interval
    from flatgov.run.ensemble import OK

    table = statement.table
    without = bool(np.isposinf(base.margin[own]).all())
    row: dict[str, Any] = {
        "id": statement.id,
        "text": table.text,
        "source": table.source,
        "expect": list(table.expect),
        "holds at the values of the model": bool(base.held[own].all()),
        "the condition never arises at the values": without,
        "the condition never arises": without,
        "asked share": table.share,
    }
    if draws is None:
        return row
    margin = np.asarray(draws.margin)[own, 0]
    # What looks at a number that there is not is as little judged as a run that failed.
    judged = (np.asarray(draws.status)[own, 0] == OK).all(axis=0) & ~np.isnan(margin).any(axis=0)
    arises = judged & ~np.isposinf(margin).all(axis=0)
    held = np.asarray(np.asarray(draws.held)[own, 0].all(axis=0))
    count, passed = int(arises.sum()), int(held[arises].sum())
    row |= {
        "the condition never arises": without and not count,
        "draws": count,
        "draws that pass": passed,
        "draws left out": int((~judged).sum()),
        "draws without the condition": int(judged.sum()) - count,
    }
    if count:
        low, high = wilson_interval(np.array(passed), np.array(count))
        row |= {"share": passed / count, "low": float(low), "high": float(high)}
    return row


def _findings(
    statement: Statement, row: dict[str, Any], base: Verdicts, own: slice
) -> list[Finding]:
    table = statement.table
    found: list[Finding] = []

    def warn(what: str, evidence: str, fix: str) -> None:
        place = statement.where
        found.append(
            Finding(
                check=ID,
                severity="warning",
                what=what,
                file=place.file,
                variable=place.variable,
                line=place.line,
                evidence=evidence,
                fix=fix,
            )
        )

    broken = [
        (one.text, margin != margin)  # NaN: there is no number to compare
        for one, holds, margin in zip(
            statement.expectations, base.held[own, 0, 0], base.margin[own, 0, 0], strict=True
        )
        if not holds
    ]
    if broken and all(no_number for _, no_number in broken):
        warn(
            f"'{table.text}' cannot be judged at the values of the model, as it looks at a value "
            "that is no number",
            "; ".join(text for text, _ in broken),
            "guard the equations, or let the statement look at what there always is",
        )
    elif broken:
        warn(
            f"the model contradicts '{table.text}'",
            f"does not hold: {'; '.join(text for text, no_number in broken if not no_number)}",
            "mend the equations, or the statement if the model is right",
        )
    elif "share" in row and row["share"] < table.share:
        given = " in which its condition arises" if row["draws without the condition"] else ""
        warn(
            f"'{table.text}' holds in {row['share']:.1%} of the draws{given} and should in "
            f"{table.share:.1%}",
            f"{row['draws that pass']} of {row['draws']} draws, 95 % interval "
            f"{row['low']:.1%} to {row['high']:.1%}",
            "look at the draws in which it fails, or state the share that is enough",
        )
    left = row.get("draws left out", 0)
    total = left + row.get("draws", 0) + row.get("draws without the condition", 0)
    if left > _LEFT_OUT * total:
        some = f"in {left} of {total} draws" if left < total else f"in any of {total} draws"
        warn(
            f"'{table.text}' could not be judged {some}",
            "a value of their runs is no finite number or leaves its limits, or the statement "
            "looks at a number that there is not",
            "narrow the ranges of the draws, or mend what fails in them",
        )
    if row["the condition never arises"]:
        warn(
            f"the condition of '{table.text}' never arises, so nothing was tested",
            "; ".join(table.when),
            "choose a condition that the model meets, or change the model by `changes`",
        )
    return found


def study_of(subject: Subject) -> Study:
    """Put a bare model into a study with one policy, `base`, that changes nothing."""
    from pathlib import Path

    from flatgov.study.schema import EvidenceFile, FiguresFile
    from flatgov.study.study import Study

    model = subject.model
    label = {"en": "base", "zh": "base"}
    return Study(
        name=model.name,
        folder=Path(model.path).parent,
        title={"en": model.name, "zh": model.name},
        model=model,
        calendar=None,
        policies={"base": Policy("base", label, "", (), ())},
        scenarios={},
        default_scenario=None,
        reference="base",
        observed=None,
        headline=(),
        better={},
        evidence=EvidenceFile(),
        figures=FiguresFile(),
        hash=model.hash,
    )


CHECKS = (
    Check(
        ID,
        "What everybody knows follows",
        "Does the model respond to special cases as the real thing is known to, at its own values "
        "and in its draws? The statements stand in checks.toml.",
        judge_statements,
        ("peterson_eberlein1994",),
    ),
)
