"""Sums and products whose rounding errors are kept: pairs of float64 (double-double).

A pair (high, low) stands for high + low, with `low` at most about half a unit in the last place
of `high`. No fused multiply-add is used, so that every machine gives the same bits. Rules: T. J.
Dekker, A floating-point technique for extending the available precision, Numerische Mathematik
18 (1971); D. E. Knuth, The Art of Computer Programming 2, 4.2.2.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flatgov.kernel.vector_ops import Value

Pair = tuple[Value, Value]
Operations = Any  # ArrayOperations or TextOperations

# Keeps the upper 26 of the 53 bits of a float64.
_UPPER_HALF = -(1 << 27)


def polynomial(x: Value, coefficients: Sequence[float]) -> Value:
    """Evaluate a polynomial, the lowest coefficient first, in pairs (Estrin's scheme).

    There are a few operations more than in Horner's scheme but fewer that wait for each other.
    """
    terms: list[Value] = list(coefficients)
    power = x
    while len(terms) > 1:
        pairs = [terms[i] + terms[i + 1] * power for i in range(0, len(terms) - 1, 2)]
        terms = pairs + terms[2 * len(pairs) :]
        if len(terms) > 1:
            power = power * power
    return terms[0]


def quick_sum(a: Value, b: Value) -> Pair:
    """Add two numbers exactly, where a is 0 or not smaller than b (leaving signs aside)."""
    total = a + b
    return total, b - (total - a)


def full_sum(a: Value, b: Value) -> Pair:
    """Add two numbers exactly, whichever is larger."""
    total = a + b
    other = total - a
    return total, (a - (total - other)) + (b - other)


def product(o: Operations, a: Value, b: Value) -> Pair:
    """Multiply two numbers; what is lost is below 2**-105 of the product."""
    a_high, b_high = (o.real(o.bits(x) & _UPPER_HALF) for x in (a, b))
    a_low, b_low = a - a_high, b - b_high
    high = a * b
    return high, ((a_high * b_high - high) + (a_high * b_low + a_low * b_high)) + a_low * b_low


def product_of_pairs(o: Operations, a: Pair, b: Pair) -> Pair:
    """Multiply two pairs, to about 2**-102."""
    high, low = product(o, a[0], b[0])
    return quick_sum(high, low + (a[0] * b[1] + a[1] * b[0]))


def quotient_of_pairs(o: Operations, a: Pair, b: Pair) -> Pair:
    """Divide two pairs, to about 2**-102."""
    high = a[0] / b[0]
    back, lost = product(o, high, b[0])
    rest = (((a[0] - back) - lost) + a[1]) - high * b[1]
    return quick_sum(high, rest / b[0])
