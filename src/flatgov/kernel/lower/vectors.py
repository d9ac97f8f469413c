"""Functions of vectors: selection and order; every element is an operation.

All is unrolled and free of branches, and a NaN that is used stays one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from flatgov.errors import ModelError
from flatgov.kernel.builder import Builder

_NAN = float("nan")


def pick(b: Builder, values: Sequence[int], index: int, otherwise: int) -> int:
    """Give the value at an index from 0, whose fraction is dropped.

    Args:
        b: Where operations go.
        values: What to pick from.
        index: The operation that gives the index; a NaN gives NaN.
        otherwise: The result for an index that is out of range.
    """
    whole = b.op("trunc", index)
    result = otherwise
    for position, value in enumerate(values):
        result = b.select(b.op("eq", whole, b.number(position)), value, result)
    return result


def vector_elm_map(
    b: Builder, values: Sequence[int], first: int, offset: int, outside: int | None = None
) -> int:
    """Give the element that lies `offset` after another one (VECTOR ELM MAP).

    Vensim counts through all elements of the variable, the last subscript fastest, and gives
    :NA: with an error message beyond them (vensim.com/documentation/fn_vector_elm_map.html).

    Args:
        b: Where operations go.
        values: All elements of the variable in row-major order.
        first: The position of the element that the call names.
        offset: The operation that gives the distance; its fraction is dropped.
        outside: The operation for a place outside of the variable; NaN by default.
    """
    otherwise = b.number(_NAN) if outside is None else outside
    index = b.add(b.number(first), b.op("trunc", offset))
    return pick(b, values, index, otherwise)


def vector_lookup(
    b: Builder, values: Sequence[int], x: int, low: int, high: int, *, extrapolate: bool
) -> int:
    """Interpolate between values at equal distances (VECTOR LOOKUP).

    Modes 0 and 3 of vensim.com/documentation/fn_vector_lookup.html.

    Args:
        b: Where operations go.
        values: Two or more; the first belongs to `low`, the last to `high`.
        x: Where the lookup is evaluated.
        low: The first x.
        high: The last x.
        extrapolate: Go on with the first and last slope beyond the ends, and do not hold.
    """
    zero, one = b.number(0.0), b.number(1.0)
    intervals = b.number(float(len(values) - 1))
    at = b.mul(b.div(b.sub(x, low), b.sub(high, low)), intervals)
    inside = b.op("max", zero, b.op("min", at, intervals))
    last = b.sub(intervals, one)
    index = b.op("min", b.op("floor", inside), last)
    nothing = b.number(_NAN)
    start = pick(b, values, index, nothing)
    end = pick(b, values[1:], index, nothing)
    share = b.sub(at if extrapolate else inside, index)
    # From the nearer end, so that each value is met exactly.
    forwards = b.add(start, b.mul(share, b.sub(end, start)))
    backwards = b.sub(end, b.mul(b.sub(one, share), b.sub(end, start)))
    return b.select(b.op("lt", share, b.number(0.5)), forwards, backwards)


def vector_reorder(b: Builder, values: Sequence[int], order: Sequence[int]) -> list[int]:
    """Put values into the order of a VECTOR SORT ORDER (VECTOR REORDER).

    Element k is the value with the index, from 0, that `order` has at k; NaN where there is
    none (vensim.com/documentation/fn_vector_reorder.html).
    """
    nothing = b.number(_NAN)
    return [pick(b, values, index, nothing) for index in order]


def vector_rank(b: Builder, values: Sequence[int], direction: int) -> list[int]:
    """Rank values from 1 (VECTOR RANK).

    The smallest is first if `direction` is above 0, else the largest
    (vensim.com/documentation/fn_vector_rank.html). Vensim leaves the order of equal values
    open; here it is theirs in the vector. One NaN makes all ranks NaN.
    """
    return [b.add(place, b.number(1)) for place in _places(b, values, direction)]


def vector_sort_order(b: Builder, values: Sequence[int], direction: int) -> list[int]:
    """Give the indices, from 0, of the values in ascending or descending order.

    As VECTOR SORT ORDER (vensim.com/documentation/fn_vector_sort_order.html); direction and
    equal values as in `vector_rank`.
    """
    places = _places(b, values, direction)
    return [_index_of(b, places, position) for position in range(len(values))]


def _places(b: Builder, values: Sequence[int], direction: int) -> list[int]:
    """Give the position from 0 of each value in the sorted vector."""
    upwards = b.op("gt", direction, b.number(0))
    keys = [b.select(upwards, value, b.op("neg", value)) for value in values]
    places = []
    for i, key in enumerate(keys):
        # Equal values keep their order: those before this one come first, those after do not.
        earlier = [
            b.op("le" if j < i else "lt", other, key) for j, other in enumerate(keys) if j != i
        ]
        places.append(b.sum(earlier))
    return places


def _index_of(b: Builder, places: Sequence[int], position: int) -> int:
    """Give the index of the element that is at a position; each position occurs once."""
    here = b.number(position)
    result = b.number(0)
    for index, place in enumerate(places):
        result = b.select(b.op("eq", place, here), b.number(index), result)
    return result


def vector_select(
    b: Builder,
    selection: Sequence[int],
    expression: Sequence[int],
    missing: int,
    numerical_action: int,
    error_action: int,
) -> int:
    """Combine the elements whose selection is not zero (VECTOR SELECT).

    The actions are those of vensim.com/documentation/fn_vector_select.html. With s the
    selection and e the expression, over the elements with s other than 0: 0 sum of s*e,
    1 product of s*e, 2 minimum of s*e, 3 maximum of s*e, 4 sum of s*e over their number,
    5 product of e^s, 6 to 10 like 0 to 4 with e alone (6 sum, 7 product, 8 minimum, 9 maximum,
    10 mean). For action 5 the page has s^e; Vensim itself computes e^s (output of the model
    `vector_select` in the test-models collection). What is not selected has no influence.

    An error action asks Vensim to stop the run: 1 if nothing is selected, 2 if more than one
    element is, 3 in both cases; here the value is NaN then.

    Args:
        b: Where operations go.
        selection: One for each element.
        expression: One for each element.
        missing: The result if nothing is selected.
        numerical_action: An operation; where it is no constant all actions are computed, and
            one that does not exist gives NaN.
        error_action: An operation that is a constant.

    Raises:
        ModelError: There is no such action, or the error action is not constant.
    """
    nothing = b.number(_NAN)
    zero, one = b.number(0), b.number(1)
    chosen = [b.op("ne", s, zero) for s in selection]
    count = b.sum(chosen)
    result = _act(b, selection, expression, chosen, count, numerical_action)
    result = b.select(b.op("gt", count, zero), result, missing)
    error = b.value(error_action)
    if error not in (0.0, 1.0, 2.0, 3.0):
        raise ModelError(
            f"the error action of VECTOR SELECT is {'not constant' if error is None else error}",
            fix="write 0, 1, 2 or 3",
        )
    if error in (1.0, 3.0):
        result = b.select(b.op("eq", count, zero), nothing, result)
    if error in (2.0, 3.0):
        result = b.select(b.op("gt", count, one), nothing, result)
    return result


def _act(
    b: Builder,
    selection: Sequence[int],
    expression: Sequence[int],
    chosen: Sequence[int],
    count: int,
    action: int,
) -> int:
    """Combine the chosen elements by an action that may be constant or not."""
    constant = b.value(action)
    if constant is not None and constant not in range(len(_COMBINATIONS)):
        raise ModelError(
            f"the numerical action {constant:g} of VECTOR SELECT does not exist",
            fix="write a whole number from 0 to 10",
        )
    result = b.number(_NAN)
    for number, (terms, combine) in enumerate(_COMBINATIONS):
        if constant is None or constant == number:
            items = [terms(b, s, e) for s, e in zip(selection, expression, strict=True)]
            value = combine(b, chosen, items, count)
            result = b.select(b.op("eq", action, b.number(number)), value, result)
    return result


def _fold(b: Builder, code: str, values: Sequence[int]) -> int:
    result, *rest = values
    for value in rest:
        result = b.op(code, result, value)
    return result


def _neutral(code: str, neutral: float) -> Callable[[Builder, Sequence[int], list[int], int], int]:
    """Combine by an operation, with its neutral element in place of what is not chosen."""

    def combine(b: Builder, chosen: Sequence[int], items: list[int], count: int) -> int:
        without = b.number(neutral)
        kept = [b.select(c, item, without) for c, item in zip(chosen, items, strict=True)]
        return _fold(b, code, kept)

    return combine


def _average(b: Builder, chosen: Sequence[int], items: list[int], count: int) -> int:
    return b.div(_SUM(b, chosen, items, count), count)


def _weighted(b: Builder, s: int, e: int) -> int:
    return b.mul(s, e)


def _power(b: Builder, s: int, e: int) -> int:
    return b.op("pow", e, s)


def _plain(b: Builder, s: int, e: int) -> int:
    return e


_SUM = _neutral("add", 0.0)
_PRODUCT = _neutral("mul", 1.0)
_MINIMUM = _neutral("min", float("inf"))
_MAXIMUM = _neutral("max", float("-inf"))
# What VECTOR SELECT combines and how, by its numerical action.
_COMBINATIONS = (
    *((_weighted, how) for how in (_SUM, _PRODUCT, _MINIMUM, _MAXIMUM, _average)),
    (_power, _PRODUCT),
    *((_plain, how) for how in (_SUM, _PRODUCT, _MINIMUM, _MAXIMUM, _average)),
)
