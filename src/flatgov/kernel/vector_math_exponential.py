"""Exponential, logarithm and power.

All polynomials are interpolations at Chebyshev nodes, found with 60 digits; the tests compare
the functions with mpmath. The reductions of the arguments are those of W. J. Cody and W. Waite,
Software Manual for the Elementary Functions (1980).
"""

from __future__ import annotations

import math

from flatgov.kernel.vector_math_double import (
    Operations,
    Pair,
    full_sum,
    polynomial,
    product,
    product_of_pairs,
    quick_sum,
    quotient_of_pairs,
)
from flatgov.kernel.vector_ops import Value, bits_of

NAN, INFINITE = math.nan, math.inf

# x + ROUNDER - ROUNDER is the nearest whole number, which then also stands in the last bits.
ROUNDER = float.fromhex("0x1.8p52")
_ROUNDER_BITS = bits_of(ROUNDER)
_LOG2_E = 1.4426950408889634
# ln 2 in two parts. The first has 42 bits, so that its multiples up to 2047 are exact.
_LN2_HIGH, _LN2_LOW = float.fromhex("0x1.62e42fefa3800p-1"), float.fromhex("0x1.ef35793c76730p-45")
# (e**r - 1 - r) / r**2 for |r| <= ln(2) / 2.
_EXPONENTIAL = (
    0.5,
    0.1666666666666667,
    0.04166666666666667,
    0.008333333333326136,
    0.0013888888888883748,
    0.00019841269874820627,
    2.4801587325547743e-05,
    2.7557255400206422e-06,
    2.75572736431103e-07,
    2.5105217004720745e-08,
    2.0914686968086876e-09,
)
# With s = f / (2 + f) and z = s * s: (ln(1 + f) / s - 2) / z, and below the same without its
# first term, over z; for 1 + f from sqrt(1/2) to sqrt(2).
_LOGARITHM = (
    0.6666666666666666,
    0.4000000000000088,
    0.2857142857080323,
    0.2222222239180047,
    0.18181795630884753,
    0.15386240205813478,
    0.13268759668560612,
    0.13086767009948175,
)
_LOGARITHM_REST = (
    0.4,
    0.28571428571429364,
    0.22222222221655885,
    0.18181818335392802,
    0.1538459496251843,
    0.1333480469384731,
    0.11706236339491206,
    0.11723178623876518,
)
_TWO_THIRDS = 0.6666666666666666, 3.7007434154171883e-17
_ROOT_HALF_BITS = bits_of(math.sqrt(0.5))
_FRACTION = (1 << 52) - 1
_TINY, _TWO_54 = 2.2250738585072014e-308, 2.0**54
_TWO_52 = 2.0**52


def exp(o: Operations, x: Value) -> Value:
    """Give e**x."""
    near = o.select(x > 710.0, 710.0, o.select(x < -746.0, -746.0, x))
    shifted = near * _LOG2_E + ROUNDER
    count = shifted - ROUNDER
    high, low = near - count * _LN2_HIGH, count * _LN2_LOW
    r = high - low
    rest = r * r * polynomial(r, _EXPONENTIAL)
    result = scaled(o, 1.0 + (high + (rest - low)), shifted)
    return o.select(o.unordered(x, x), NAN, result)


def ln(o: Operations, x: Value) -> Value:
    """Give the natural logarithm."""
    exponent, fraction = split(o, x)
    f = fraction - 1.0
    s = f / (fraction + 1.0)
    z = s * s
    half_square = 0.5 * f * f
    rest = s * (half_square + z * polynomial(z, _LOGARITHM)) + exponent * _LN2_LOW
    result = exponent * _LN2_HIGH - ((half_square - rest) - f)
    result = o.select(o.equal(x, INFINITE), INFINITE, result)
    return o.select(x > 0.0, result, o.select(o.equal(x, 0.0), -INFINITE, NAN))


def power(o: Operations, a: Value, b: Value) -> Value:
    """Give a**b; 1 for b = 0, NaN for a < 0 with a broken b, NaN for NaN."""
    size = o.absolute(a)
    high, low = logarithm_pair(o, size)
    edge = o.equal(size, 0.0) | o.equal(size, INFINITE)
    high = o.select(edge, o.select(size > 1.0, INFINITE, -INFINITE), high)
    top, lost = product(o, b, high)
    inside = o.absolute(top) < 800.0
    bounded = o.select(inside, top, o.select(top > 0.0, 800.0, -800.0))
    (one, rest), shifted = exponential_pair((bounded, o.select(inside, lost + b * low, 0.0)))
    result = scaled(o, one + rest, shifted)
    result = o.select(o.equal(b, 2.0), size * size, result)
    result = o.select(o.equal(b, 0.0) | o.equal(size, 1.0), 1.0, result)
    whole = o.equal(o.floor(b), b)
    odd = whole & (o.floor(0.5 * b) < 0.5 * b)
    result = o.select(odd, o.with_sign(result, a), result)
    no_number = o.unordered(a, b) | ((a < 0.0) & (o.floor(b) < b))
    return o.select(no_number, NAN, result)


def exponential_pair(x: Pair) -> tuple[Pair, Value]:
    """Give e**(high + low) as a pair and the power of two to scale it by.

    Args:
        x: A pair; its high part is from -800 to 800.

    Returns:
        The pair near 1, and the number for `scaled`.
    """
    (high, low), shifted = exponential_less_one(x)
    one, rest = quick_sum(1.0, high)
    return (one, rest + low), shifted


def exponential_less_one(x: Pair) -> tuple[Pair, Value]:
    """Do as `exponential_pair`, with 1 taken off the pair."""
    shifted = x[0] * _LOG2_E + ROUNDER
    count = shifted - ROUNDER
    r, lost = full_sum(x[0] - count * _LN2_HIGH, x[1] - count * _LN2_LOW)
    high, low = quick_sum(r, r * r * polynomial(r, _EXPONENTIAL))
    return (high, low + (lost + r * lost)), shifted


def scaled(o: Operations, x: Value, shifted: Value) -> Value:
    """Multiply by 2**n for n from -1150 to 1150, rounding once; `shifted` is n + ROUNDER."""
    exponents = o.bits(shifted) - (_ROUNDER_BITS - 2046)
    first = o.shift_right(exponents, 1)
    second = exponents - first
    return x * o.real(first << 52) * o.real(second << 52)


def power_of_two(o: Operations, shifted: Value) -> Value:
    """Give 2**n for n from -1022 to 1023; `shifted` is n + ROUNDER."""
    return o.real((o.bits(shifted) - (_ROUNDER_BITS - 1023)) << 52)


def split(o: Operations, x: Value) -> Pair:
    """Write a positive number as 2**exponent * fraction, from sqrt(1/2) to sqrt(2)."""
    tiny = x < _TINY
    bits = o.bits(o.select(tiny, x * _TWO_54, x)) - _ROOT_HALF_BITS
    biased = o.real(o.shift_right(bits + (1023 << 52), 52) | bits_of(_TWO_52))
    exponent = biased - o.select(tiny, _TWO_52 + 1077.0, _TWO_52 + 1023.0)
    return exponent, o.real((bits & _FRACTION) + _ROOT_HALF_BITS)


def logarithm_pair(o: Operations, x: Value) -> Pair:
    """Give the logarithm of a positive number as a pair, to about 2**-64 of it."""
    exponent, fraction = split(o, x)
    f = fraction - 1.0
    below = fraction + 1.0
    s = quotient_of_pairs(o, (f, 0.0), (below, fraction - (below - 1.0)))
    z = product_of_pairs(o, s, s)
    top, lost = quick_sum(_TWO_THIRDS[0], z[0] * polynomial(z[0], _LOGARITHM_REST))
    cube = product_of_pairs(o, product_of_pairs(o, s, z), (top, lost + _TWO_THIRDS[1]))
    high, low = quick_sum(2.0 * s[0], cube[0])
    low = low + (2.0 * s[1] + cube[1])
    total, lost = quick_sum(exponent * _LN2_HIGH, high)
    return quick_sum(total, lost + (low + exponent * _LN2_LOW))
