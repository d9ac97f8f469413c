"""Few causes for many mismatches: a variable with wrong units, one unit under two names.

A variable is the cause if one other unit for it makes two or more wrong equations right and no
right one wrong. The unit is found by giving the variable an unknown base unit and solving for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from flatgov.model import Equation, Variable, references
from flatgov.names import canonical
from flatgov.units.algebra import Unit, base
from flatgov.units.equations import Mismatch, check_equation, with_unit
from flatgov.units.quantity import Problem
from flatgov.units.scope import Scope
from flatgov.units.wording import conversion

# Of models with more wrong equations only so many are looked at: the work stays bounded.
_MOST_EQUATIONS = 100
_UNKNOWN = "\0unknown"

# A place in a model: the canonical name of a variable and the number of its equation.
Place = tuple[str, int]


@dataclass(frozen=True)
class Cause:
    """One explanation of several mismatches.

    Attributes:
        variable: The canonical name of the variable whose units are wrong; "" for two names of
            one unit.
        unit: The units that it should have; for two names: their quotient.
        mismatches: What it explains.
    """

    variable: str
    unit: Unit
    mismatches: tuple[Mismatch, ...]


class Causes:
    """Looks for causes.

    Args:
        scope: The units of the model.
        mismatches: What does not fit.
    """

    def __init__(self, scope: Scope, mismatches: Sequence[Mismatch]) -> None:
        self.scope = scope
        self.left = list(mismatches)
        self.used = uses(scope.variables)

    def found(self) -> Iterator[Cause]:
        """Yield causes, each with the most mismatches that are left, until none has two."""
        while len(self.left) > 1:
            best = max([*self._variables(), *self._pairs()], key=self._weight, default=None)
            if best is None:
                return
            if best.variable:
                self.scope = with_unit(self.scope, best.variable, best.unit)
            self.left = [one for one in self.left if one not in best.mismatches]
            yield best

    def _weight(self, cause: Cause) -> tuple[int, bool, bool]:
        """Prefer what explains most, then a single variable, then units that the model knows."""
        known = cause.unit in self.scope.units.values()
        return len(_places(cause.mismatches)), bool(cause.variable), known

    def _variables(self) -> Iterator[Cause]:
        wanted: dict[tuple[str, Unit], list[Mismatch]] = {}
        for place in list(_places(self.left))[:_MOST_EQUATIONS]:
            here = [one for one in self.left if _place(one) == place]
            for name, unit, still in self.repairs(place):
                mended = [one for one in here if one.problem not in still]
                wanted.setdefault((name, unit), []).extend(mended)
        for (name, unit), mended in wanted.items():
            certain = any(one.problem.kind != "number" for one in mended)
            if certain and len(_places(mended)) > 1 and not self.breaks(name, unit):
                yield Cause(name, unit, tuple(mended))

    def repairs(self, place: Place) -> Iterator[tuple[str, Unit, list[Problem]]]:
        """Yield variables with other units that mend an equation, and what they leave of it."""
        name, at = place
        variable = self.scope.variables[name]
        equation = variable.equations[at]
        before = check_equation(variable, equation, self.scope)
        for candidate in dict.fromkeys([name, *map(canonical, references(equation.expression))]):
            declared = self.scope.units.get(candidate)
            if declared is None:
                continue
            unit = needed(candidate, variable, equation, self.scope)
            if unit is not None and unit != declared:
                changed = with_unit(self.scope, candidate, unit)
                still = check_equation(variable, equation, changed)
                if set(still) < set(before):
                    yield candidate, unit, still

    def breaks(self, name: str, unit: Unit) -> bool:
        """Tell whether other units for a variable make an equation wrong that is right."""
        wrong = _places(self.left)
        changed = with_unit(self.scope, name, unit)
        for place in self.used.get(name, ()):
            if place in wrong:
                continue
            variable = self.scope.variables[place[0]]
            equation = variable.equations[place[1]]
            more = check_equation(variable, equation, changed)
            if len(more) > len(check_equation(variable, equation, self.scope)):
                return True
        return False

    def _pairs(self) -> Iterator[Cause]:
        """Yield pairs of base units that stand in each other's place; nothing else is time."""
        of_time = {key for key, _ in self.scope.time.powers} if self.scope.time else set()
        groups: dict[frozenset[str], list[Mismatch]] = {}
        for one in self.left:
            pair = one.exchanged
            if not pair or not of_time.isdisjoint(key for key, _ in one.factor.powers):
                continue
            if one.problem.kind != "number" and not conversion(one):
                groups.setdefault(frozenset(pair), []).append(one)
        for own in groups.values():
            if len(_places(own)) > 1:
                yield Cause("", own[0].factor, tuple(own))


def uses(variables: Mapping[str, Variable]) -> dict[str, list[Place]]:
    """List the equations in which each variable stands, its own among them."""
    found: dict[str, list[Place]] = {}
    for key, variable in variables.items():
        for at, equation in enumerate(variable.equations):
            for name in {key, *map(canonical, references(equation.expression))}:
                found.setdefault(name, []).append((key, at))
    return found


def needed(name: str, variable: Variable, equation: Equation, scope: Scope) -> Unit | None:
    """Solve an equation for the unit of one of its variables; None if it does not decide it."""
    unknown = base(_UNKNOWN, "?")
    solutions = set()
    for problem in check_equation(variable, equation, with_unit(scope, name, unknown)):
        factor = problem.expected / problem.unit
        power = dict(factor.powers).get(_UNKNOWN)
        if power:
            solutions.add((factor / unknown**power) ** (Fraction(-1) / power))
    return solutions.pop() if len(solutions) == 1 else None


def probable_unit(
    name: str, scope: Scope, used: Mapping[str, Sequence[Place]], most: int = 20
) -> Unit | None:
    """Infer the unit of a variable that declares none from the equations in which it stands."""
    found = set()
    for key, at in used.get(name, ())[:most]:
        variable = scope.variables[key]
        unit = needed(name, variable, variable.equations[at], scope)
        if unit is not None:
            found.add(unit)
    return found.pop() if len(found) == 1 else None


def _place(mismatch: Mismatch) -> Place:
    at = next(i for i, one in enumerate(mismatch.variable.equations) if one is mismatch.equation)
    return canonical(mismatch.variable.name), at


def _places(mismatches: Sequence[Mismatch]) -> dict[Place, None]:
    return dict.fromkeys(map(_place, mismatches))
