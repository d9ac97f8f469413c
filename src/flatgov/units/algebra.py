"""Units as products of powers of named base units, with exact exponents.

An own small algebra: models of social systems invent their units (``Puzzle``, ``MYuan``, ``Veg
equiv kg``), and pint would need each of them defined before it could multiply two. It serves as
the second way of the tests instead.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

# No model means a higher power; a text that asks for one is a mistake or an attack.
MOST = 100


@dataclass(frozen=True)
class Unit:
    """A product of powers of base units. Two are equal where their powers are.

    Attributes:
        powers: Base units by their key (`flatgov.units.names.key`) in ascending order, each with
            its exponent, which is not 0. None at all: dimensionless.
        names: How the model writes each base unit, by key.
    """

    powers: tuple[tuple[str, Fraction], ...] = ()
    names: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)

    @property
    def dimensionless(self) -> bool:
        """Whether it is a pure number."""
        return not self.powers

    def __mul__(self, other: Unit) -> Unit:
        """Multiply."""
        if not other.powers:
            return self
        if not self.powers:
            return other
        return _combined(self, other, 1)

    def __truediv__(self, other: Unit) -> Unit:
        """Divide."""
        return _combined(self, other, -1) if other.powers else self

    def __pow__(self, exponent: Fraction | int) -> Unit:
        """Raise to an exact power."""
        if not exponent:
            return DIMENSIONLESS
        raised = tuple((key, power * exponent) for key, power in self.powers)
        return Unit(raised, self.names)

    def replaced(self, replacements: Mapping[str, Unit]) -> Unit:
        """Put other units in the place of base units, by key."""
        result = DIMENSIONLESS
        for key, power in self.powers:
            part = replacements.get(key) or base(key, self.names.get(key, key))
            result *= part**power
        return result

    def __str__(self) -> str:
        """Write it as in a model: ``Person*Hour/(Month*Unit)``, ``1/Month``, ``Dmnl``."""
        if not self.powers:
            return "Dmnl"
        above = [self._factor(key, power) for key, power in self.powers if power > 0]
        below = [self._factor(key, -power) for key, power in self.powers if power < 0]
        text = "*".join(above) or "1"
        if below:
            text += "/" + (below[0] if len(below) == 1 else f"({'*'.join(below)})")
        return text

    def _factor(self, key: str, power: Fraction) -> str:
        name = self.names.get(key, key)
        if power == 1:
            return name
        return f"{name}^{power}" if power.denominator == 1 else f"{name}^({power})"


DIMENSIONLESS = Unit()


def base(key: str, name: str) -> Unit:
    """Make the unit that is one base unit."""
    return Unit(((key, Fraction(1)),), {key: name})


def product(units: Iterable[Unit]) -> Unit:
    """Multiply any number of units."""
    result = DIMENSIONLESS
    for unit in units:
        result *= unit
    return result


def pair_of(factor: Unit) -> tuple[str, str] | None:
    """Give the two names of a quotient of two base units, else None."""
    if len(factor.powers) != 2:
        return None
    (first, one), (second, other) = factor.powers
    if one != -other:
        return None
    names = factor.names.get(first, first), factor.names.get(second, second)
    return names if one > 0 else names[::-1]


def _combined(left: Unit, right: Unit, sign: int) -> Unit:
    powers = dict(left.powers)
    for key, power in right.powers:
        powers[key] = powers.get(key, Fraction(0)) + sign * power
    kept = tuple(sorted((key, power) for key, power in powers.items() if power))
    return Unit(kept, {**right.names, **left.names})
