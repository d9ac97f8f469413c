"""The logarithm of the gamma function, for positive numbers.

Both polynomials are interpolations at Chebyshev nodes, found with 60 digits.
"""

from __future__ import annotations

from flatgov.kernel.vector_math_double import (
    Operations,
    Pair,
    full_sum,
    polynomial,
    product,
    quick_sum,
)
from flatgov.kernel.vector_math_exponential import INFINITE, NAN, logarithm_pair
from flatgov.kernel.vector_ops import Value

_FAR = 8.0
# ln(gamma(2 + t)) is t * (1 - Euler's constant) and t**2 times a polynomial, from -1/2 to 1/2.
_SLOPE = 0.42278433509846713, 4.942915152430645e-18
_NEAR_TWO = (
    0.3224670334241132,
    -0.0673523010531981,
    0.02058080842778457,
    -0.007385551028673995,
    0.002890510330738737,
    -0.001192753911701927,
    0.0005096695248853096,
    -0.00022315475852168894,
    9.945750909889392e-05,
    -4.49262349749866e-05,
    2.050726741605779e-05,
    -9.439514433031234e-06,
    4.374374916915131e-06,
    -2.038980289606216e-06,
    9.578663334114758e-07,
    -4.505513901600013e-07,
    2.0304806751615227e-07,
    -9.611311217528077e-08,
    6.379047507619774e-08,
    -3.0412068327913675e-08,
)
# What Stirling's series adds, times x, in 1/x**2, for x from 8: 1/12 - 1/(360 x**2) + ...
_STIRLING = (
    0.08333333333333333,
    -0.002777777777773988,
    0.0007936507897524059,
    -0.0005952365845057049,
    0.0008414700852503147,
    -0.001890382993887715,
    0.005065905360156132,
)
_CONSTANT = 0.4189385332046727  # (ln(2 pi) - 1) / 2


def gamma_ln(o: Operations, x: Value) -> Value:
    """Give ln(gamma(x)); infinity for 0 and NaN below it, where Vensim does not define it."""
    t, factor, factor_low = _near_two(o, x)
    far = x >= _FAR
    log, log_low = logarithm_pair(o, o.select(far, x, factor))
    log_low = log_low + o.select(far, 0.0, factor_low / factor)
    divided = x < 1.5
    log, log_low = o.select(divided, -log, log), o.select(divided, -log_low, log_low)
    straight, lost = product(o, t, _SLOPE[0])
    high, low = full_sum(log, straight)
    bend = t * t * polynomial(t, _NEAR_TWO)
    near = high + (low + (log_low + (lost + t * _SLOPE[1]) + bend))
    result = o.select(far, _stirling(o, x, (log, log_low)), near)
    result = o.select(o.equal(x, 0.0) | o.equal(x, INFINITE), INFINITE, result)
    return o.select(x >= 0.0, result, NAN)


def _near_two(o: Operations, x: Value) -> tuple[Value, Value, Value]:
    """Shift a number from 0 to 8 by whole numbers to 2 + t, with t from -1/2 to 1/2.

    Returns:
        t, and as a pair the product of the numbers passed by: gamma(x) is gamma(2 + t) times it,
        or divided by it for x < 3/2, by the rule gamma(x + 1) = x * gamma(x).
    """
    shifted, factor = x, o.select(x < 1.5, x, 1.0)
    for _ in range(int(_FAR) - 2):
        above = shifted > 2.5
        shifted = o.select(above, shifted - 1.0, shifted)
        factor = o.select(above, factor * shifted, factor)
    small = x < 0.5
    next_high, next_low = quick_sum(1.0, x)
    both, both_low = product(o, x, next_high)
    t = o.select(small, x, o.select(x < 1.5, x - 1.0, shifted - 2.0))
    return t, o.select(small, both, factor), o.select(small, both_low + x * next_low, 0.0)


def _stirling(o: Operations, x: Value, log: Pair) -> Value:
    less, lost = quick_sum(log[0], -1.0)
    half_less = x - 0.5
    high, low = product(o, half_less, less)
    rest = _CONSTANT + polynomial(1.0 / (x * x), _STIRLING) / x
    total = high + (low + (half_less * (lost + log[1]) + rest))
    return o.select(o.equal(high, INFINITE), high, total)
