"""Whether two texts mean the same units."""

from __future__ import annotations

import re
from collections import Counter

_NOTHING = {"", "1", "dmnl", "dimensionless"}


def same_units(one: str, other: str) -> bool:
    """Compare units, ignoring case, spaces and the order of factors.

    Args:
        one: Such as ``MYuan/Month``.
        other: Such as ``Task/(Person*Month)``.

    Returns:
        Whether both are the same product of factors.
    """
    return _factors(one) == _factors(other)


def _factors(text: str) -> dict[str, int]:
    """Give the power of each factor."""
    powers: Counter[str] = Counter()
    open_signs = [1]
    sign = 1
    for token in re.findall(r"[*/()]|[^*/()]+", text.lower()):
        factor = " ".join(token.replace("_", " ").split())
        if factor == "*":
            sign = open_signs[-1]
        elif factor == "/":
            sign = -open_signs[-1]
        elif factor == "(":
            open_signs.append(sign)
        elif factor == ")":
            if len(open_signs) > 1:
                open_signs.pop()
        else:
            powers[factor] += sign
    return {factor: power for factor, power in powers.items() if power and factor not in _NOTHING}
