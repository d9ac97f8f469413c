"""Every equation of a model against the units that its variables declare."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from flatgov.model import Call, Equation, Expression, Variable
from flatgov.names import canonical
from flatgov.units.algebra import DIMENSIONLESS, Unit, pair_of
from flatgov.units.infer import Inference
from flatgov.units.quantity import Kind, Problem
from flatgov.units.scope import Scope
from flatgov.units.trees import plain


@dataclass(frozen=True)
class Mismatch:
    """A problem in its equation.

    Attributes:
        variable: Whose equation it is.
        equation: The equation.
        problem: What does not fit.
    """

    variable: Variable
    equation: Equation
    problem: Problem

    @property
    def factor(self) -> Unit:
        """What the wrong operand would have to be multiplied by."""
        return self.problem.expected / self.problem.unit

    @property
    def exchanged(self) -> tuple[str, str] | None:
        """The base unit that is wanted and the one that stands in its place, if that is all."""
        expected = {key for key, _ in self.problem.expected.powers}
        # Where both are wanted, both are missing; and a rate for a pure number is no exchange.
        if not expected or all(key in expected for key, _ in self.factor.powers):
            return None
        return pair_of(self.factor)


@dataclass(frozen=True)
class Use:
    """A named lookup with its input."""

    table: str
    input: Expression
    unit: Unit
    variable: Variable
    equation: Equation


def check_equation(
    variable: Variable, equation: Equation, scope: Scope, uses: list[Use] | None = None
) -> list[Problem]:
    """Give what does not fit in one equation.

    Args:
        variable: Whose equation it is.
        equation: All of it or its part for some subscripts.
        scope: The units of the names in it.
        uses: Where the lookups that it calls are noted.
    """
    tree = equation.expression
    if plain(tree):
        return []
    declared = scope.units.get(canonical(variable.name))
    inference = Inference(scope)
    try:
        problems = _compared(tree, declared, inference, scope)
    except RecursionError:  # thousands of nested brackets: unknown
        return []
    if uses is not None:
        uses += [Use(*use, variable, equation) for use in inference.inputs]
    return _once([*inference.problems, *problems])


def _once(problems: Iterable[Problem]) -> list[Problem]:
    """Leave out what is said of the same operand and the same unit already."""
    seen = {(problem.wrong, problem.expected): problem for problem in reversed(list(problems))}
    return list(reversed(seen.values()))


def _compared(
    tree: Expression, declared: Unit | None, inference: Inference, scope: Scope
) -> Iterable[Problem]:
    if declared is None or not (isinstance(tree, Call) and tree.function == "INTEG"):
        found = inference.of(tree, declared)
        if declared is None or found.unit is None or found.unit == declared:
            return []
        kind: Kind = "number" if found.bare else "equation"
        return [Problem(kind, tree, found.unit, declared)]
    flow, initial = tree.arguments
    problems = []
    if scope.time is not None:
        rate = declared / scope.time
        found = inference.of(flow, rate)
        if found.unit is not None and found.unit != rate:
            kind = "number" if found.bare else "argument"
            problems.append(Problem(kind, flow, found.unit, rate, None, "INTEG"))
    else:
        inference.of(flow)
    found = inference.of(initial, declared)
    if found.unit is not None and not found.bare and found.unit != declared:
        problems.append(Problem("argument", initial, found.unit, declared, None, "initial value"))
    return problems


def check_equations(scope: Scope) -> tuple[list[Mismatch], list[Use]]:
    """Give what does not fit, in the order of the file, and the inputs of the lookups."""
    found, uses = _all_equations(scope)
    scope.inputs = _agreed_inputs(uses)
    return _all_equations(scope) if scope.inputs else (found, uses)


def _all_equations(scope: Scope) -> tuple[list[Mismatch], list[Use]]:
    mismatches: list[Mismatch] = []
    uses: list[Use] = []
    for variable in scope.variables.values():
        seen: set[Problem] = set()
        for equation in variable.equations:
            for problem in check_equation(variable, equation, scope, uses):
                if problem not in seen:  # once for all parts of a subscripted variable
                    seen.add(problem)
                    mismatches.append(Mismatch(variable, equation, problem))
    return mismatches, uses


def _agreed_inputs(uses: Iterable[Use]) -> dict[str, tuple[Unit, Expression | None]]:
    """Give the input unit of each lookup that has several: that of most uses, or dimensionless."""
    tables: dict[str, list[Use]] = {}
    for use in uses:
        tables.setdefault(canonical(use.table), []).append(use)
    agreed: dict[str, tuple[Unit, Expression | None]] = {}
    for table, own in tables.items():
        units = [use.unit for use in own]
        if len(set(units)) > 1:
            right = max(dict.fromkeys(units), key=lambda u: (units.count(u), u.dimensionless))
            agreed[table] = right, next(use.input for use in own if use.unit == right)
    return agreed


def pure_inputs(scope: Scope, uses: Iterable[Use]) -> tuple[Scope, list[Mismatch]]:
    """Ask for dimensionless inputs of the lookups of some uses.

    Returns:
        The scope that asks for it, and the uses as mismatches.
    """
    own = list(uses)
    pure: tuple[Unit, Expression | None] = (DIMENSIONLESS, None)
    asking = replace(scope, inputs={canonical(use.table): pure for use in own})
    return asking, [
        Mismatch(
            use.variable,
            use.equation,
            Problem("input", use.input, use.unit, DIMENSIONLESS, None, use.table),
        )
        for use in own
    ]


def with_unit(scope: Scope, name: str, unit: Unit) -> Scope:
    """Give the same scope with another unit for one variable."""
    units = {**scope.units, canonical(name): unit}
    return replace(scope, units=units, inferred={})
