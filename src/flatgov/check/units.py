"""The check of units: every equation against the units that its variables declare."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from flatgov.check.findings import Finding, Outcome, Severity
from flatgov.check.static_equations import written_numbers
from flatgov.check.subject import Check, Subject
from flatgov.model import Call, Equation, Model, Number, Variable, references
from flatgov.names import canonical
from flatgov.units.algebra import DIMENSIONLESS, pair_of
from flatgov.units.causes import Cause, Causes, probable_unit, uses
from flatgov.units.equations import Mismatch, Use, check_equations, pure_inputs
from flatgov.units.parse import UnitsError, Vocabulary
from flatgov.units.scope import Scope, make_scope
from flatgov.units.show import underlined, written
from flatgov.units.trees import plain
from flatgov.units.wording import conversion, known_factor, mending, missing, named, sentence

ID = "units"
# In a model in which so many variables have units, one without is an oversight.
_MOSTLY = 0.8
_LISTED = 12
_ALSO = 2
# The rank of what is only worth a note.
_NOTED = 2
_BARE = "a bare number stands where units are needed"


@dataclass
class _Report:
    """The findings of one model as they are made."""

    subject: Subject
    scope: Scope
    wrong: dict[str, UnitsError]
    findings: list[Finding] = field(default_factory=list)
    # Variables whose units a finding doubts.
    doubted: set[str] = field(default_factory=set)

    def add(self, severity: Severity, variable: Variable | None, what: str, **more: Any) -> None:
        self.findings.append(self.subject.finding(ID, severity, variable, what, **more))

    def add_unreadable(self) -> None:
        for name, error in self.wrong.items():
            variable = self.subject.model.variables.get(name)
            text = variable.units if variable else self.subject.model.time.units
            what = f"the units '{text[:60]}' of '{name}' cannot be read: {error}"
            fix = "write them as products and quotients of names: Person/Month, 1/(Task*Hour)"
            self.add("warning", variable, what, text=text[:60], fix=fix)

    def add_missing(self, without: Sequence[Variable]) -> None:
        """Say once which variables have no units, with those that their equations suggest."""
        if not without:
            return
        total = len(self.subject.model.variables)
        if len(without) == total:
            what = "no variable has units, so that the equations cannot be checked for sense"
            self.add("note", None, what, fix="give every variable units, Dmnl for pure numbers")
            return
        names = ", ".join(f"'{variable.name}'" for variable in without[:3])
        more = f" and {len(without) - 3} more" if len(without) > 3 else ""
        have = "has" if len(without) == 1 else "have"
        self.add(
            "warning" if len(without) <= (1 - _MOSTLY) * total else "note",
            without[0],
            f"{names}{more} {have} no units, {total - len(without)} of {total} variables do",
            evidence=", ".join(self._suggested(without)),
            fix="give each its units, Dmnl for pure numbers",
        )

    def _suggested(self, without: Sequence[Variable]) -> Iterator[str]:
        used = uses(self.scope.variables)
        for variable in without[:_LISTED]:
            unit = probable_unit(canonical(variable.name), self.scope, used)
            yield f"'{variable.name}'" + (f" (its uses ask for {unit})" if unit else "")
        if len(without) > _LISTED:
            yield "…"

    def add_causes(self, causes: Iterable[Cause]) -> None:
        for cause in causes:
            count = len({(one.variable.name, one.equation) for one in cause.mismatches})
            equations = [f"'{one.variable.name}': {sentence(one)}" for one in cause.mismatches]
            evidence = "; ".join(equations[:_LISTED]) + ("; …" if len(equations) > _LISTED else "")
            if cause.variable:
                self._add_variable(cause, count, evidence)
            else:
                self._add_pair(cause, count, evidence)

    def _add_variable(self, cause: Cause, count: int, evidence: str) -> None:
        variable = self.scope.variables[cause.variable]
        unit = named(cause.unit)
        what = (
            f"'{variable.name}' is declared {variable.units}, but {count} equations"
            f" fit only if it is {unit}"
        )
        everything = "both" if count == 2 else f"all {count}"
        fix = f"give it the units {cause.unit}, or correct {everything} equations"
        if known := known_factor(cause.unit / (self.scope.units[cause.variable] or DIMENSIONLESS)):
            fix += f" ({known})"
        self.add("warning", variable, what, text=variable.units, evidence=evidence, fix=fix)

    def _add_pair(self, cause: Cause, count: int, evidence: str) -> None:
        pair = pair_of(cause.unit)
        assert pair is not None  # that is how such a cause is found
        first = cause.mismatches[0]
        known = known_factor(cause.unit)
        what = f"{count} equations take '{pair[1]}' for '{pair[0]}'"
        fix = (
            f"convert one to the other by a constant in {pair[0]}/{pair[1]} ({known})"
            if known
            else f"list them as synonyms if they mean the same, or convert by a constant in"
            f" {pair[0]}/{pair[1]}"
        )
        self.add("warning", first.variable, what, evidence=evidence, fix=fix)

    def add_singles(self, mismatches: Sequence[Mismatch], causes: Causes) -> None:
        """Add what has no common cause, once for each equation.

        Equations that lack one factor, or have a bare number, share a heading.
        """
        equations: dict[tuple[str, Equation], list[Mismatch]] = {}
        for one in sorted(mismatches, key=_rank):
            equations.setdefault((one.variable.name, one.equation), []).append(one)
        shared = Counter(_factor(own[0]) for own in equations.values() if _rank(own[0]) == 0)
        for one, *others in equations.values():
            if _rank(one) == _NOTED and self._told_elsewhere((one, *others)):
                continue
            factor = _factor(one)
            cause = f"a factor of {factor} is missing" if shared[factor] > 1 else ""
            fix = mending(one.factor)
            if number := conversion(one):
                cause = "units are converted by a bare number"
                fix = f"replace {number} by a constant with the units {one.factor}"
            elif one.problem.kind == "number":
                cause = _BARE
                fix = f"replace it by a constant with the units {one.problem.expected}"
            if not number and _rank(one) < _NOTED:
                fix += self._alternatives(one, causes)
            evidence = [missing(one), *(f"also: {sentence(other)}" for other in others[:_ALSO])]
            if len(others) > _ALSO:
                evidence.append(f"and {len(others) - _ALSO} more")
            self.add(
                "note" if _rank(one) == _NOTED else "warning",
                one.variable,
                f"'{one.variable.name}': {sentence(one)}",
                text=_wrong_text(one),
                evidence="; ".join(text for text in evidence if text),
                fix=fix,
                cause=cause,
                line=one.equation.line,
            )

    def _told_elsewhere(self, ones: Sequence[Mismatch]) -> bool:
        """Tell whether `embedded constants` and `time` note all these numbers of one equation."""
        start = self.subject.model.time.initial
        numbers = written_numbers(ones[0].variable, ones[0].equation, start)
        wrong = [one.problem.wrong for one in ones]
        return all(isinstance(part, Number) and part.value in numbers for part in wrong)

    def _alternatives(self, one: Mismatch, causes: Causes) -> str:
        """Say which variables could have other units instead, without harm elsewhere."""
        at = one.variable.equations.index(one.equation)
        repairs = [
            (self.scope.variables[name].name, unit)
            for name, unit, _ in causes.repairs((canonical(one.variable.name), at))
            if not causes.breaks(name, unit)
        ]
        known = set(self.scope.units.values())
        repairs.sort(key=lambda repair: (repair[1] not in known, len(repair[1].powers)))
        self.doubted |= {name for name, _ in repairs}
        others = [f"'{name}' the units {unit}" for name, unit in repairs]
        return f", or give {' or '.join(others[:2])}" if others else ""

    def add_inputs(self, scope: Scope, found: Sequence[Use]) -> None:
        """Say once which lookups have an input with units: they do not scale with it.

        Where one variable with other units would make several inputs pure numbers, it is the
        cause: a reference value that does not fit what it is compared with.
        """
        asking, mismatches = pure_inputs(scope, found)
        causes = Causes(asking, mismatches).found()
        self.add_causes([one for one in causes if one.variable and not one.unit.dimensionless])
        own = [use for use in found if not _doubtful(use, self)]
        if not own:
            return
        tables = {canonical(use.table): use for use in own}
        first = next(iter(tables.values()))
        count = f"{len(tables)} lookups have" if len(tables) > 1 else "a lookup has"
        self.add(
            "note",
            first.variable,
            f"{count} an input with units, so that the table is right for these units only",
            text=underlined(first.input, first.equation.text),
            evidence=", ".join(
                f"'{use.table}' of '{written(use.input)}' ({use.unit})"
                for use in list(tables.values())[:_LISTED]
            ),
            fix="divide the input by a reference value with the same units",
            line=first.equation.line,
        )


def _wrong_text(one: Mismatch) -> str:
    """Give what to underline: the operand, or the equation that is wrong as a whole."""
    found = underlined(one.problem.wrong, one.equation.text)
    whole = one.problem.kind == "equation" and found in (*references(one.problem.wrong), "")
    return one.equation.text if whole else found


def _rank(one: Mismatch) -> int:
    """Order what does not fit in one equation: operands, added numbers, other numbers.

    A number added to a quantity is a quantity; as a date, a bound or a threshold it is plain.
    """
    if one.problem.kind != "number":
        return 0
    return 1 if one.problem.function in ("+", "-") else _NOTED


def _factor(one: Mismatch) -> str:
    """Name what is missing in the same way whichever side it is missing on."""
    return min(str(one.factor), str(DIMENSIONLESS / one.factor), key=lambda text: (len(text), text))


def _is_further_result(variable: Variable, model: Model) -> bool:
    """Tell whether a macro's call gives a variable besides its own, so that no units stand by."""
    calls = [one.expression for one in variable.equations if isinstance(one.expression, Call)]
    return any(one.function in model.macros and ">" in one.function for one in calls)


def check_units(subject: Subject) -> Outcome:
    """Compare the units of all equations with those that the variables declare."""
    model = subject.model
    scope, wrong = make_scope(model, Vocabulary(model.unit_synonyms))
    report = _Report(subject, scope, wrong)
    without = [
        variable
        for key, variable in scope.variables.items()
        if scope.units[key] is None
        and variable.name not in wrong
        and not _is_further_result(variable, model)
    ]
    found: list[Mismatch] = []
    report.add_unreadable()
    report.add_missing(without)
    if len(without) < len(scope.variables):
        found, lookups = check_equations(scope)
        mended = _explain(report, found)
        if mended is not scope:
            lookups = check_equations(mended)[1]
        pure = (DIMENSIONLESS, scope.time)
        report.add_inputs(mended, [use for use in lookups if use.unit not in pure])
    order = {name: at for at, name in enumerate(model.variables)}
    findings = sorted(report.findings, key=lambda one: (order.get(one.variable, -1), one.line))
    return Outcome(
        ID,
        tuple(findings),
        _summary(scope, found),
        {
            "with units": len(scope.variables) - len(without) - len(wrong),
            "without units": [variable.name for variable in without],
            "mismatches": len(found),
        },
    )


def _explain(report: _Report, found: Sequence[Mismatch]) -> Scope:
    """Report few causes first, then what has none in common with others.

    Returns:
        The scope with the units that the causes ask for.
    """
    causes = Causes(report.scope, found)
    report.add_causes(causes.found())
    report.add_singles(causes.left, causes)
    return causes.scope


def _doubtful(use: Use, report: _Report) -> bool:
    """Tell whether the unit of a lookup's input comes from a variable that has a finding."""
    doubted = report.doubted | {one.variable for one in report.findings}
    return not doubted.isdisjoint((use.variable.name, *references(use.input)))


def _summary(scope: Scope, found: Sequence[Mismatch]) -> str:
    equations = [
        equation
        for variable in scope.variables.values()
        for equation in variable.equations
        if not plain(equation.expression)
    ]
    wrong = len({(one.variable.name, one.equation) for one in found})
    return f"{len(equations)} equations, {wrong} of them with units that do not fit"


CHECKS = (
    Check(
        ID,
        "The units of every equation fit",
        "Do both sides of each equation have the same units, and can what is added or compared be"
        " added or compared? A wrong unit is often a forgotten factor or a wrong variable.",
        check_units,
        ("forrester_senge1980", "barlas1996"),
    ),
)
