"""Sine, cosine, tangent and their inverses.

Angles are brought below pi/4 with pi/2 in four parts (W. J. Cody and W. Waite, Software Manual
for the Elementary Functions, 1980); large ones in `flatgov.kernel.vector_math_large_angle`. All
polynomials are interpolations at Chebyshev nodes, found with 60 digits.
"""

from __future__ import annotations

from flatgov.kernel.vector_math_double import (
    Operations,
    Pair,
    full_sum,
    polynomial,
    product,
    quick_sum,
    quotient_of_pairs,
)
from flatgov.kernel.vector_math_exponential import NAN, ROUNDER
from flatgov.kernel.vector_math_large_angle import HALF_PI, quarter_turns
from flatgov.kernel.vector_ops import Value

_QUARTERS_IN_ONE = 0.6366197723675814  # 2 / pi
# pi/2 in four parts; the first three have 33 bits, so that their multiples to 2**20 are exact.
_HALF_PI_PARTS = (
    1.5707963267341256,
    6.077100506303966e-11,
    2.0222662487111665e-21,
    8.4784276603689e-32,
)
_LARGE = 2.0**20
_INFINITE = float("inf")
# For z up to (pi/4)**2: (sin(x) - x) / x**3 and (cos(x) - 1 + x**2/2) / x**4 in z = x**2.
_SINE = (
    -0.16666666666666666,
    0.008333333333333331,
    -0.0001984126984126506,
    2.7557319219335453e-06,
    -2.5052106231157904e-08,
    1.605853141458901e-10,
    -7.586685070091267e-13,
)
_COSINE = (
    0.041666666666666664,
    -0.0013888888888887395,
    2.4801587298763433e-05,
    -2.7557317270560326e-07,
    2.0876146024689747e-09,
    -1.1382614868556325e-11,
)
# (arctan(x) - x) / x**3 in z = x**2, for z up to 1/16; the same of arcsin for z up to 1/4.
_ARCTANGENT = (
    -0.3333333333333333,
    0.19999999999998927,
    -0.1428571428525604,
    0.11111111035639964,
    -0.09090902851232828,
    0.07692017001111352,
    -0.06658669602454909,
    0.05752806754410611,
    -0.04102627176129059,
)
_ARCSINE = (
    0.16666666666666669,
    0.07499999999998425,
    0.04464285714637338,
    0.030381944137085216,
    0.022372173002005596,
    0.017352391265909227,
    0.013971235301124539,
    0.011478952690257387,
    0.010324318288744113,
    0.00545087818772055,
    0.017419357964884856,
    -0.014881409392818066,
    0.02877844261259304,
)
# The arctangents of 1/2, 1 and 2, as pairs.
_ARCTAN_HALF = 0.4636476090008061, 2.2698777452961687e-17
_ARCTAN_ONE = 0.7853981633974483, 3.061616997868383e-17
_ARCTAN_TWO = 1.1071487177940904, 9.40447137356638e-17


def sin(o: Operations, x: Value) -> Value:
    """Give the sine of an angle in radians."""
    angle, quarters = _reduced(o, o.absolute(x))
    result = _wave(o, angle, quarters)
    return _finished(o, x, o.real(o.bits(result) ^ o.bits(o.with_sign(0.0, x))))


def cos(o: Operations, x: Value) -> Value:
    """Give the cosine of an angle in radians."""
    angle, quarters = _reduced(o, o.absolute(x))
    return _finished(o, x, _wave(o, angle, quarters + 1))


def tan(o: Operations, x: Value) -> Value:
    """Give the tangent of an angle in radians."""
    angle, quarters = _reduced(o, o.absolute(x))
    sine, cosine = _sine(o, angle), _cosine(o, angle)
    odd = o.equal(quarters & 1, 1)
    above = tuple(o.select(odd, -c, s) for s, c in zip(sine, cosine, strict=True))
    below = tuple(o.select(odd, s, c) for s, c in zip(sine, cosine, strict=True))
    high, low = quotient_of_pairs(o, above, below)
    return _finished(o, x, o.real(o.bits(high + low) ^ o.bits(o.with_sign(0.0, x))))


def arctan(o: Operations, x: Value) -> Value:
    """Give the arctangent in radians."""
    # arctan(t) = arctan(c) + arctan((t - c) / (1 + c * t)), with c from 0, 1/2, 1, 2, infinity.
    size = o.absolute(x)
    t = o.select(size > 1e300, 1e300, size)
    steps = (t > 0.25, t > 0.6875, t > 1.4375, t > 4.0)
    above = _chosen(o, steps, t, (2.0 * t - 1.0, t - 1.0, t - 2.0, -1.0))
    below = full_sum(
        _chosen(o, steps, 1.0, (2.0, 1.0, 1.0, 0.0)), _chosen(o, steps, 0.0, (t, t, 2.0 * t, t))
    )
    known = (_ARCTAN_HALF, _ARCTAN_ONE, _ARCTAN_TWO, HALF_PI)
    base = _chosen(o, steps, 0.0, tuple(pair[0] for pair in known))
    base_low = _chosen(o, steps, 0.0, tuple(pair[1] for pair in known))
    q, q_low = quotient_of_pairs(o, (above, 0.0), below)
    z = q * q
    q, q_low = quick_sum(q, q_low + q * z * polynomial(z, _ARCTANGENT))
    high, low = full_sum(base, q)
    return _finished(o, x, o.with_sign(high + (low + (q_low + base_low)), x))


def arcsin(o: Operations, x: Value) -> Value:
    """Give the arcsine in radians; NaN beyond -1 and 1."""
    size = o.absolute(x)
    small = size <= 0.5
    root, root_low, bend = _half_angle(o, size, small)
    high, low = quick_sum(HALF_PI[0], -2.0 * root)
    far = high + (low + (HALF_PI[1] - 2.0 * (root_low + bend)))
    result = o.with_sign(o.select(small, size + bend, far), x)
    return o.select(size <= 1.0, result, NAN)


def arccos(o: Operations, x: Value) -> Value:
    """Give the arccosine in radians; NaN beyond -1 and 1."""
    size = o.absolute(x)
    small = size <= 0.5
    root, root_low, bend = _half_angle(o, size, small)
    near, rest = quick_sum(HALF_PI[0], -x)
    middle = near + (rest + (HALF_PI[1] - o.with_sign(bend, x)))
    right = 2.0 * (root + (root_low + bend))
    high, low = quick_sum(2.0 * HALF_PI[0], -2.0 * root)
    left = high + (low + 2.0 * (HALF_PI[1] - (root_low + bend)))
    result = o.select(small, middle, o.select(x > 0.0, right, left))
    return o.select(size <= 1.0, result, NAN)


def _half_angle(o: Operations, size: Value, small: Value) -> tuple[Value, Value, Value]:
    """Give the sine of half the arccosine as a pair, and arcsin(r) - r for an r.

    That is r = size if it is small, and else the sine: arccos(s) = 2 * arcsin(sine).
    """
    half = (1.0 - size) * 0.5
    root = o.sqrt(half)
    square, lost = product(o, root, root)
    rest = ((half - square) - lost) / (root + root)
    root_low = o.select(half > 0.0, rest, 0.0)
    z = o.select(small, size * size, half)
    r = o.select(small, size, root)
    return root, root_low, r * z * polynomial(z, _ARCSINE)


def _chosen(
    o: Operations, steps: tuple[Value, ...], first: Value, others: tuple[Value, ...]
) -> Value:
    result = first
    for step, other in zip(steps, others, strict=True):
        result = o.select(step, other, result)
    return result


def _finished(o: Operations, x: Value, result: Value) -> Value:
    """NaN for NaN; for the trigonometric functions, whose angle is then NaN, also for infinity."""
    return o.select(o.unordered(result, x), NAN, result)


def _reduced(o: Operations, t: Value) -> tuple[Pair, Value]:
    """Write an angle from 0 as a pair from -pi/4 to pi/4 and a number of quarter turns."""
    shifted = t * _QUARTERS_IN_ONE + ROUNDER
    count = shifted - ROUNDER
    first, second, third, fourth = (count * part for part in _HALF_PI_PARTS)
    rest, lost_1 = full_sum(t - first, -second)
    rest, lost_2 = full_sum(rest, -third)
    high, low = quick_sum(rest, (lost_1 + lost_2) - fourth)
    large = (t > _LARGE) & (t < _INFINITE)
    high, low, quarters = o.where_any(
        large,
        lambda: quarter_turns(o, o.select(large, t, 2.0 * _LARGE)),
        (high, low, o.bits(shifted)),
    )
    return (o.select(o.equal(t, _INFINITE), NAN, high), low), quarters


def _wave(o: Operations, angle: Pair, quarters: Value) -> Value:
    sine, cosine = _sine(o, angle), _cosine(o, angle)
    result = o.select(o.equal(quarters & 1, 1), cosine[0] + cosine[1], sine[0] + sine[1])
    return o.real(o.bits(result) ^ ((quarters & 2) << 62))


def _sine(o: Operations, angle: Pair) -> Pair:
    x, low = angle
    z = x * x
    return quick_sum(x, x * z * polynomial(z, _SINE) + low * (1.0 - 0.5 * z))


def _cosine(o: Operations, angle: Pair) -> Pair:
    x, low = angle
    z, z_low = product(o, x, x)
    one, lost = quick_sum(1.0, -0.5 * z)
    rest = (lost - 0.5 * z_low) - x * low
    return quick_sum(one, rest + z * z * polynomial(z, _COSINE))
