"""What is known of an expression's unit, and what does not fit in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from flatgov.model import Expression
from flatgov.units.algebra import DIMENSIONLESS, Unit

# equation: the value and the declared unit; operands: two that must agree; argument: what a
# function asks for; number: a bare number where a unit is needed; exponent: a power whose unit
# is not fixed; input: a lookup that is used with inputs of several units; macro: operands in its
# body, with the arguments of a call.
Kind = Literal["equation", "operands", "argument", "number", "exponent", "input", "macro"]


@dataclass(frozen=True)
class Quantity:
    """What is known of an expression's unit.

    Attributes:
        unit: None where it is unknown or fits anything.
        bare: Whether only numbers gave it, so that it may have a hidden unit.
    """

    unit: Unit | None
    bare: bool = False


UNKNOWN = Quantity(None)
BARE = Quantity(DIMENSIONLESS, bare=True)


@dataclass(frozen=True)
class Problem:
    """Two units that differ and should not.

    Attributes:
        kind: What was compared.
        wrong: The operand that does not fit.
        unit: Its unit.
        expected: The unit that its place asks for.
        against: The operand that has the expected unit, or None.
        function: The function or operator that it stands in.
    """

    kind: Kind
    wrong: Expression
    unit: Unit
    expected: Unit
    against: Expression | None = None
    function: str = ""
