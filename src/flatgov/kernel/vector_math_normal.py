"""The standard normal distribution and its inverse."""

from __future__ import annotations

from flatgov.kernel.vector_math_double import (
    Operations,
    full_sum,
    polynomial,
    product,
    product_of_pairs,
    quotient_of_pairs,
)
from flatgov.kernel.vector_math_exponential import NAN, exponential_pair, ln, scaled
from flatgov.kernel.vector_ops import Value

_INFINITE = float("inf")
# Below -x the distribution is e**(-x*x/2) / (x + 5) times a polynomial in (x - 5) / (x + 5), for
# x from 0 to 39: interpolated at Chebyshev nodes with 60 digits.
_TAIL_CENTRE, _TAIL_END = 5.0, 39.0
_TAIL = (
    0.769193049750063,
    -0.6653825028900568,
    0.4953056159699761,
    -0.31353315667128745,
    0.16502036617040713,
    -0.06911863870687814,
    0.020795066799260343,
    -0.002993376761868743,
    -0.0007978693892958589,
    0.0005448989927584027,
    -5.9375807358891235e-05,
    -4.976245616870157e-05,
    1.6681639595174005e-05,
    3.97980489932909e-06,
    -2.7707204135122383e-06,
    -3.345738518771817e-07,
    4.362925568222539e-07,
    4.0177962891473734e-08,
    -7.014220631960926e-08,
    -8.555696628254633e-09,
    1.0797345335746256e-08,
    2.220848621773149e-09,
    -1.160886448380309e-09,
    -3.81618035300424e-10,
)
# Up to 1/2 it is 1/2 + x times a polynomial in x**2.
_MIDDLE_END = 0.5
_MIDDLE = (
    0.3989422804014327,
    -0.06649038006690493,
    0.009973557009992359,
    -0.0011873282140890187,
    0.0001154346657240991,
    -9.444469021757833e-06,
    6.650804015179832e-07,
    -3.9018012361270666e-08,
)
# M. J. Wichura, Algorithm AS 241: the percentage points of the normal distribution, Applied
# Statistics 37 (1988), PPND16: numerators and denominators of three rational functions.
_CENTRE = (
    (
        3.3871328727963666080,
        133.14166789178437745,
        1971.5909503065514427,
        13731.693765509461125,
        45921.953931549871457,
        67265.770927008700853,
        33430.575583588128105,
        2509.0809287301226727,
    ),
    (
        1.0,
        42.313330701600911252,
        687.18700749205790830,
        5394.1960214247511077,
        21213.794301586595867,
        39307.895800092710610,
        28729.085735721942674,
        5226.4952788528545610,
    ),
)
_SHOULDER = (
    (
        1.42343711074968357734,
        4.63033784615654529590,
        5.76949722146069140550,
        3.64784832476320460504,
        1.27045825245236838258,
        0.241780725177450611770,
        0.0227238449892691845833,
        7.74545014278341407640e-4,
    ),
    (
        1.0,
        2.05319162663775882187,
        1.67638483018380384940,
        0.689767334985100004550,
        0.148103976427480074590,
        0.0151986665636164571966,
        5.47593808499534494600e-4,
        1.05075007164441684324e-9,
    ),
)
_FAR = (
    (
        6.65790464350110377720,
        5.46378491116411436990,
        1.78482653991729133580,
        0.296560571828504891230,
        0.0265321895265761230930,
        0.00124266094738807843860,
        2.71155556874348757815e-5,
        2.01033439929228813265e-7,
    ),
    (
        1.0,
        0.599832206555887937690,
        0.136929880922735805310,
        0.0148753612908506148525,
        7.86869131145613259100e-4,
        1.84631831751005468180e-5,
        1.42151175831644588870e-7,
        2.04426310338993978564e-15,
    ),
)


def distribution(o: Operations, x: Value) -> Value:
    """Give the probability that a standard normal number is at most x."""
    size = o.absolute(x)
    tail = _tail(o, o.select(size < _TAIL_END, size, _TAIL_END))
    middle = 0.5 + x * polynomial(x * x, _MIDDLE)
    outside = o.select(x > 0.0, 1.0 - tail, tail)
    result = o.select(size < _MIDDLE_END, middle, outside)
    return o.select(o.unordered(x, x), NAN, result)


def _tail(o: Operations, x: Value) -> Value:
    """Give the probability that a standard normal number is at most -x, for x from 0 to 39."""
    square, lost = product(o, x, x)
    exponential, shifted = exponential_pair((-0.5 * square, -0.5 * lost))
    below = full_sum(x, _TAIL_CENTRE)
    y = quotient_of_pairs(o, full_sum(x, -_TAIL_CENTRE), below)
    # The first two terms keep their rounding errors, the rest is small beside them.
    straight, lost = product(o, y[0], _TAIL[1])
    total, lost_again = full_sum(_TAIL[0], straight)
    bend = y[0] * y[0] * polynomial(y[0], _TAIL[2:])
    high, low = full_sum(total, bend)
    ratio = high, low + (lost_again + (lost + y[1] * _TAIL[1]))
    high, low = quotient_of_pairs(o, product_of_pairs(o, exponential, ratio), below)
    return scaled(o, high + low, shifted)


def quantile(o: Operations, p: Value) -> Value:
    """Give the number below which a standard normal number is with probability p.

    Minus infinity for 0, infinity for 1, NaN beyond them.
    """
    q = p - 0.5
    central = o.absolute(q) <= 0.425
    rare = o.select(q < 0.0, p, 1.0 - p)
    depth = o.sqrt(-ln(o, rare))
    far = depth > 5.0
    r = o.select(central, 0.180625 - q * q, depth - o.select(far, 5.0, 1.6))
    above, below = (
        polynomial(
            r, [o.select(central, a, o.select(far, c, b)) for a, b, c in zip(*part, strict=True)]
        )
        for part in zip(_CENTRE, _SHOULDER, _FAR, strict=True)
    )
    ratio = above / below
    result = o.select(central, q * ratio, o.with_sign(ratio, q))
    result = o.select(o.equal(rare, 0.0), o.with_sign(_INFINITE, q), result)
    return o.select((p >= 0.0) & (p <= 1.0), result, NAN)
