"""Hyperbolic functions, from e**x - 1 and 1 - e**-x with their rounding errors kept."""

from __future__ import annotations

from flatgov.kernel.vector_math_double import Operations, Pair, full_sum, quotient_of_pairs
from flatgov.kernel.vector_math_exponential import (
    NAN,
    exponential_less_one,
    exponential_pair,
    power_of_two,
    scaled,
)
from flatgov.kernel.vector_ops import Value

_ALONE = 22.0  # from here e**-x is too small to count beside e**x
_LARGEST = 712.0


def sinh(o: Operations, x: Value) -> Value:
    """Give (e**x - e**-x) / 2."""
    size = o.absolute(x)
    high, low = _sine_and_cosine(o, size)[0]
    result = o.select(size > _ALONE, _half_exponential(o, size), high + low)
    return o.select(o.unordered(x, x), NAN, o.with_sign(result, x))


def cosh(o: Operations, x: Value) -> Value:
    """Give (e**x + e**-x) / 2."""
    size = o.absolute(x)
    high, low = _sine_and_cosine(o, size)[1]
    result = o.select(size > _ALONE, _half_exponential(o, size), high + low)
    return o.select(o.unordered(x, x), NAN, result)


def tanh(o: Operations, x: Value) -> Value:
    """Give sinh(x) / cosh(x)."""
    size = o.absolute(x)
    high, low = quotient_of_pairs(o, *_sine_and_cosine(o, size))
    result = o.with_sign(o.select(size > _ALONE, 1.0, high + low), x)
    return o.select(o.unordered(x, x), NAN, result)


def _sine_and_cosine(o: Operations, x: Value) -> tuple[Pair, Pair]:
    """Give sinh and cosh as pairs; for x from 0 to `_ALONE`, beyond it some number."""
    near = o.select(x > _ALONE, _ALONE, x)
    (high, low), shifted = exponential_less_one((near, 0.0))
    scale = power_of_two(o, shifted)
    gain, lost = full_sum(scale - 1.0, scale * high)
    gain_low = lost + scale * low
    grown, lost = full_sum(1.0, gain)
    loss, loss_low = quotient_of_pairs(o, (gain, gain_low), (grown, lost + gain_low))
    total, lost = full_sum(gain, loss)
    sine = 0.5 * total, 0.5 * (lost + (gain_low + loss_low))
    excess, lost = full_sum(gain, -loss)
    total, lost_again = full_sum(1.0, 0.5 * excess)
    return sine, (total, lost_again + 0.5 * (lost + (gain_low - loss_low)))


def _half_exponential(o: Operations, x: Value) -> Value:
    near = o.select(x < _LARGEST, x, _LARGEST)
    (one, rest), shifted = exponential_pair((near, 0.0))
    return scaled(o, one + rest, shifted - 1.0)
