"""Random numbers of Vensim's distributions, each from one uniform number by inversion.

Arguments and truncation are those of vensim.com/documentation/fn_random.html. A distribution is
stretched, then shifted, and only then cut to what lies between the minimum and the maximum, with
the share of what is left scaled up to 1: Vensim draws again until a number fits. Where no number
can fit (Vensim reports an error), and for a negative stretch, the result is NaN. A stretch of 0
gives the shift, cut to the limits.

The numbers themselves are not Vensim's: the uniform number is that of the operation ``random``.
A distribution without a simple inverse is not here: RANDOM BETA, BINOMIAL, GAMMA, LOOKUP,
NEGATIVE BINOMIAL, PINK NOISE and POISSON.
"""

from __future__ import annotations

import math

from flatgov.kernel.builder import Builder

# Lanczos's approximation of the gamma function for g = 7 with nine terms, as tabulated by
# P. Godfrey (2001); the relative error is a few 1e-15.
_LANCZOS_G = 7.0
_LANCZOS = (
    0.99999999999980993,
    676.5203681218851,
    -1259.1392167224028,
    771.32342877765313,
    -176.61502916214059,
    12.507343278686905,
    -0.13857109526572012,
    9.9843695780195716e-6,
    1.5056327351493116e-7,
)


def random_0_1(b: Builder, place: int) -> int:
    """RANDOM 0 1(): the same as RANDOM UNIFORM(0, 1, 0).

    Args:
        b: Where operations go.
        place: The number of the place in the model, one for each call and element.
    """
    return _uniform(b, place, b.number(0))


def random_uniform(b: Builder, place: int, minimum: int, maximum: int, seed: int) -> int:
    """RANDOM UNIFORM(min, max, seed): between min and max."""
    uniform = _uniform(b, place, seed)
    value = b.add(minimum, b.mul(b.sub(maximum, minimum), uniform))
    return _between(b, value, minimum, maximum)


def random_normal(
    b: Builder, place: int, minimum: int, maximum: int, mean: int, deviation: int, seed: int
) -> int:
    """RANDOM NORMAL(min, max, mean, deviation, seed), cut to min and max."""
    left, right = _standard(b, minimum, mean, deviation), _standard(b, maximum, mean, deviation)
    # The distribution function is exact to the left of the mean only, so what lies mostly to
    # the right of it is mirrored.
    mirrored = b.op("gt", left, b.op("neg", right))
    lower = b.select(mirrored, b.op("neg", right), left)
    upper = b.select(mirrored, b.op("neg", left), right)
    at_lower, at_upper = (b.op("normal distribution", x) for x in (lower, upper))
    share = b.mul(_uniform(b, place, seed), b.sub(at_upper, at_lower))
    # In both cases the result grows with the uniform number.
    part = b.select(mirrored, b.sub(at_upper, share), b.add(at_lower, share))
    quantile = b.op("normal quantile", part)
    standard = b.select(mirrored, b.op("neg", quantile), quantile)
    return _scaled(b, standard, minimum, maximum, mean, deviation)


def random_exponential(
    b: Builder, place: int, minimum: int, maximum: int, shift: int, stretch: int, seed: int
) -> int:
    """RANDOM EXPONENTIAL(min, max, shift, stretch, seed): from 0 on with mean 1, scaled and cut."""
    lower = b.op("max", _standard(b, minimum, shift, stretch), b.number(0))
    upper = _standard(b, maximum, shift, stretch)
    standard = _exponential_between(b, place, seed, lower, upper)
    return _scaled(b, standard, minimum, maximum, shift, stretch)


def random_weibull(
    b: Builder,
    place: int,
    minimum: int,
    maximum: int,
    shape: int,
    shift: int,
    stretch: int,
    seed: int,
) -> int:
    """RANDOM WEIBULL(min, max, shape, shift, stretch, seed): from 0 on with mean 1, scaled, cut.

    With the mean 1 its scale is 1 over the gamma function at 1 + 1/shape; the power `shape` of
    the value over that scale has the exponential distribution.
    """
    one, zero = b.number(1), b.number(0)
    inverse = b.div(one, shape)
    mean = _gamma(b, b.add(one, inverse))
    lower = b.op("max", _standard(b, minimum, shift, stretch), zero)
    # A maximum below the shift leaves nothing: -1 stands for it, as a power would be NaN.
    upper = _standard(b, maximum, shift, stretch)
    above = b.op("pow", b.mul(b.op("max", upper, zero), mean), shape)
    above = b.select(b.op("lt", upper, zero), b.number(-1), above)
    below = b.op("pow", b.mul(lower, mean), shape)
    power = _exponential_between(b, place, seed, below, above)
    standard = b.div(b.op("pow", power, inverse), mean)
    return _scaled(b, standard, minimum, maximum, shift, stretch)


def random_triangular(
    b: Builder, place: int, minimum: int, maximum: int, start: int, peak: int, stop: int, seed: int
) -> int:
    """RANDOM TRIANGULAR(min, max, start, peak, stop, seed), cut to min and max."""
    zero, one = b.number(0), b.number(1)
    span = b.sub(stop, start)
    top = b.div(b.sub(peak, start), span)

    def below(value: int) -> int:
        """Give the share of the distribution below a value."""
        part = b.op("max", b.op("min", b.div(b.sub(value, start), span), one), zero)
        rest = b.sub(one, part)
        rising = b.div(b.mul(part, part), top)
        falling = b.sub(one, b.div(b.mul(rest, rest), b.sub(one, top)))
        share = b.select(b.op("lt", part, top), rising, falling)
        return b.select(b.op("ge", part, one), one, share)

    at_minimum, at_maximum = below(minimum), below(maximum)
    drawn = b.mul(_uniform(b, place, seed), b.sub(at_maximum, at_minimum))
    share = b.add(at_minimum, drawn)
    rising = b.op("sqrt", b.mul(share, top))
    falling = b.sub(one, b.op("sqrt", b.mul(b.sub(one, share), b.sub(one, top))))
    part = b.select(b.op("lt", share, top), rising, falling)
    value = b.add(start, b.mul(span, part))
    value = b.select(b.op("eq", span, zero), start, value)
    known = b.op("and", b.op("le", start, peak), b.op("le", peak, stop))
    overlap = b.op("and", b.op("le", minimum, stop), b.op("ge", maximum, start))
    nothing = b.number(math.nan)
    value = b.select(b.op("and", known, overlap), value, nothing)
    return _between(b, value, minimum, maximum)


def _uniform(b: Builder, place: int, seed: int) -> int:
    return b.op("random", seed, extra=place)


def _standard(b: Builder, value: int, shift: int, stretch: int) -> int:
    """Undo stretch and shift."""
    return b.div(b.sub(value, shift), stretch)


def _exponential_between(b: Builder, place: int, seed: int, lower: int, upper: int) -> int:
    """Draw from the exponential distribution between two values; NaN if upper < lower.

    What lies above `lower` has the same distribution from there on; with u uniform and d the
    distance of the two, -ln(1 - u (1 - exp(-d))) is the way from `lower`.
    """
    one = b.number(1)
    left_over = b.sub(one, b.op("exp", b.sub(lower, upper)))
    drawn = b.mul(_uniform(b, place, seed), left_over)
    value = b.sub(lower, b.op("ln", b.sub(one, drawn)))
    return b.select(b.op("lt", upper, lower), b.number(math.nan), value)


def _scaled(b: Builder, standard: int, minimum: int, maximum: int, shift: int, stretch: int) -> int:
    """Stretch and shift a number."""
    zero = b.number(0)
    value = b.add(shift, b.mul(stretch, standard))
    value = b.select(b.op("eq", stretch, zero), shift, value)
    value = b.select(b.op("lt", stretch, zero), b.number(math.nan), value)
    return _between(b, value, minimum, maximum)


def _between(b: Builder, value: int, minimum: int, maximum: int) -> int:
    """Cut what rounding put beyond the limits; NaN if these are the wrong way round."""
    cut = b.op("max", b.op("min", value, maximum), minimum)
    return b.select(b.op("le", minimum, maximum), cut, b.number(math.nan))


def _gamma(b: Builder, x: int) -> int:
    """Give the gamma function of x > 1/2."""
    below = b.sub(x, b.number(1))
    series = b.number(_LANCZOS[0])
    for place, weight in enumerate(_LANCZOS[1:], start=1):
        series = b.add(series, b.div(b.number(weight), b.add(below, b.number(place))))
    base = b.add(below, b.number(_LANCZOS_G + 0.5))
    power = b.op("pow", base, b.add(below, b.number(0.5)))
    scaled = b.mul(b.mul(power, b.op("exp", b.op("neg", base))), series)
    return b.mul(b.number(math.sqrt(2.0 * math.pi)), scaled)
