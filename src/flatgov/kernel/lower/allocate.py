"""The allocation of a scarce supply: ALLOCATE AVAILABLE and ALLOCATE BY PRIORITY.

Every request has a curve that falls from the whole request to nothing as the price rises; the
market clears at the price at which the curves add up to the supply
(vensim.com/documentation/24330.html and 24335.html). That price is bracketed, first by the ends of
the linear curves, then by bisection, and between the two prices of the bracket every curve is
taken as linear, so that the allocations add up to the supply. For linear curves alone this is
exact; for others the bracket ends at 2^-26 of the range of prices, and the error, of the second
order in that, is below 1e-10 of the request as long as this range is below a thousand widths.

The normal curve is exact. Vensim's is not: its outputs agree with the three-term approximation
26.2.16 of Abramowitz and Stegun, which is off by up to 1e-5 of the request.

Undefined cases give NaN for every request: a negative request, a width that is not above 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from flatgov.errors import ModelError
from flatgov.kernel.builder import Builder

Shape = Literal["rectangular", "triangular", "normal", "exponential"]

_SHAPES: dict[float, Shape] = {
    1.0: "rectangular",
    2.0: "triangular",
    3.0: "normal",
    4.0: "exponential",
}
_REFUSED = {0.0: "fixed quantity", 5.0: "constant elasticity"}
# How many widths from its centre a curve is at 1 or 0, up to rounding: exp(-38) < 1e-16.
_REACH: dict[Shape, float] = {
    "rectangular": 0.5,
    "triangular": 0.5,
    "normal": 38.0,
    "exponential": 38.0,
}
# The bracket shrinks by 2^-26; what is left enters the result in the second order.
_BISECTIONS = 26


class _Curve(NamedTuple):
    """A request's curve: numbers of operations but for the shape."""

    shape: Shape
    request: int
    centre: int
    width: int


class _Bracket(NamedTuple):
    """Two prices around the one that clears the market, with what the curves add up to there."""

    low: int
    at_low: int
    high: int
    at_high: int


def allocate_available(
    b: Builder,
    requests: Sequence[int],
    profiles: Sequence[tuple[int, int, int, int]],
    available: int,
) -> list[int]:
    """Allocate by priority profiles (ALLOCATE AVAILABLE).

    If `available` reaches the sum of the requests, all are met and none is exceeded; if it is
    0 or less, nothing is given (vensim.com/documentation/fn_allocate_available.html).

    Args:
        b: Where operations go.
        requests: What each asks for, not negative.
        profiles: The ptype, ppriority, pwidth and pextra of each: 1 is rectangular, 2
            triangular (pwidth is the whole width), 3 normal (pwidth is the standard deviation),
            4 exponential (pwidth is the distance over which it falls by a factor e); each curve
            is the integral of that density, from above, around ppriority.
        available: What there is to give.

    Returns:
        What each gets.

    Raises:
        ModelError: A ptype is not constant, or none of those above.
    """
    curves = [
        _Curve(_shape(b.value(ptype)), request, centre, width)
        for request, (ptype, centre, width, _) in zip(requests, profiles, strict=True)
    ]
    return _clear(b, curves, available)


def allocate_by_priority(
    b: Builder, requests: Sequence[int], priorities: Sequence[int], width: int, supply: int
) -> list[int]:
    """Allocate by priority (ALLOCATE BY PRIORITY).

    A gap in priority of `width` or more means that the lower gets nothing before the higher is
    served (vensim.com/documentation/fn_allocate_by_priority.html). PySD lets a request start
    when the one before it has got the share gap/width of what it asked for, and gives in
    proportion to the requests to all that are being served. This is the market with
    rectangular curves of one width whose upper ends are the priorities.

    Args:
        b: Where operations go.
        requests: What each asks for, not negative.
        priorities: Of each; the highest comes first.
        width: Above 0.
        supply: What there is to give.

    Returns:
        What each gets.
    """
    half = b.mul(b.number(0.5), width)
    curves = [
        _Curve("rectangular", request, b.sub(priority, half), width)
        for request, priority in zip(requests, priorities, strict=True)
    ]
    return _clear(b, curves, supply)


def _shape(ptype: float | None) -> Shape:
    shape = _SHAPES.get(-1.0 if ptype is None else ptype)
    if shape is not None:
        return shape
    if ptype is None:
        what = "a ptype that is not constant"
    elif ptype >= 10.0:
        what = f"ptype {ptype:g} (whole numbers)"
    else:
        what = f"ptype {ptype:g} ({_REFUSED.get(ptype, 'unknown')})"
    raise ModelError(
        f"ALLOCATE AVAILABLE with {what} is not supported",
        fix="use 1 (rectangular), 2 (triangular), 3 (normal) or 4 (exponential)",
    )


def _clear(b: Builder, curves: Sequence[_Curve], supply: int) -> list[int]:
    """Give what each gets at the price that clears the market."""
    zero = b.number(0)
    total = b.sum([curve.request for curve in curves])
    bracket = _bracket(b, curves, supply)
    if any(curve.shape != "rectangular" for curve in curves):
        bracket = _bisect(b, curves, supply, bracket)
    low, at_low, high, at_high = bracket
    # Where the curves are level between the prices, any price does.
    span = b.sub(at_low, at_high)
    weight = b.select(b.op("gt", span, zero), b.div(b.sub(supply, at_high), span), zero)
    weight = b.op("max", b.op("min", weight, b.number(1)), zero)
    valid = _valid(b, curves)
    enough, some = b.op("ge", supply, total), b.op("gt", supply, zero)
    given = []
    for curve in curves:
        least, most = _demand(b, curve, high), _demand(b, curve, low)
        scarce = b.add(least, b.mul(weight, b.sub(most, least)))
        amount = b.select(enough, curve.request, b.select(some, scarce, zero))
        given.append(b.select(valid, amount, b.number(float("nan"))))
    return given


def _valid(b: Builder, curves: Sequence[_Curve]) -> int:
    zero = b.number(0)
    valid = b.number(1)
    for curve in curves:
        valid = b.op("and", valid, b.op("ge", curve.request, zero))
        valid = b.op("and", valid, b.op("gt", curve.width, zero))
    return valid


def _ends(b: Builder, curve: _Curve) -> tuple[int, int]:
    """Give the prices at which a curve is all and nothing."""
    reach = b.mul(b.number(_REACH[curve.shape]), curve.width)
    return b.sub(curve.centre, reach), b.add(curve.centre, reach)


def _bracket(b: Builder, curves: Sequence[_Curve], supply: int) -> _Bracket:
    """Bracket the price by the outermost ends of all curves and all ends of linear ones."""
    ends = [_ends(b, curve) for curve in curves]
    low, high = ends[0]
    for left, right in ends[1:]:
        low, high = b.op("min", low, left), b.op("max", high, right)
    bracket = _Bracket(low, _total(b, curves, low), high, _total(b, curves, high))
    for curve, pair in zip(curves, ends, strict=True):
        if curve.shape == "rectangular":
            for price in pair:
                bracket = _narrow(b, curves, supply, bracket, price, inside=False)
    return bracket


def _bisect(b: Builder, curves: Sequence[_Curve], supply: int, bracket: _Bracket) -> _Bracket:
    half = b.number(0.5)
    for _ in range(_BISECTIONS):
        price = b.mul(half, b.add(bracket.low, bracket.high))
        bracket = _narrow(b, curves, supply, bracket, price, inside=True)
    return bracket


def _narrow(
    b: Builder,
    curves: Sequence[_Curve],
    supply: int,
    bracket: _Bracket,
    price: int,
    *,
    inside: bool,
) -> _Bracket:
    """Let a price replace that end of the bracket on whose side it is, if it lies `inside`."""
    demand = _total(b, curves, price)
    too_low = b.op("ge", demand, supply)
    lower, upper = too_low, b.op("not", too_low)
    if not inside:
        lower = b.op("and", lower, b.op("gt", price, bracket.low))
        upper = b.op("and", upper, b.op("lt", price, bracket.high))
    return _Bracket(
        b.select(lower, price, bracket.low),
        b.select(lower, demand, bracket.at_low),
        b.select(upper, price, bracket.high),
        b.select(upper, demand, bracket.at_high),
    )


def _total(b: Builder, curves: Sequence[_Curve], price: int) -> int:
    return b.sum([_demand(b, curve, price) for curve in curves])


def _demand(b: Builder, curve: _Curve, price: int) -> int:
    """Give what is asked for at a price."""
    distance = b.div(b.sub(curve.centre, price), curve.width)
    return b.mul(curve.request, _share(b, curve.shape, distance))


def _share(b: Builder, shape: Shape, distance: int) -> int:
    """Give the share of the request that is asked for `distance` widths below the priority.

    It is the integral of the density up to there: a box or a triangle from -1/2 to 1/2, the
    standard normal density, or exp(-|x|)/2.
    """
    zero, half, one = b.number(0), b.number(0.5), b.number(1)
    if shape == "normal":
        return b.op("normal distribution", distance)
    if shape == "exponential":
        tail = b.mul(half, b.op("exp", b.op("neg", b.op("abs", distance))))
        return b.select(b.op("gt", distance, zero), b.sub(one, tail), tail)
    lowest, highest = b.number(-0.5), half
    inside = b.op("max", b.op("min", distance, highest), lowest)
    if shape == "rectangular":
        return b.add(half, inside)
    slope = b.mul(b.number(2.0), b.sub(one, b.op("abs", inside)))
    return b.add(half, b.mul(inside, slope))
