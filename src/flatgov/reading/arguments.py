"""Arguments that a function cannot take, whatever their values are during the run."""

from __future__ import annotations

from collections.abc import Iterator

from flatgov.errors import ModelError
from flatgov.kernel.lower.ranges import Ranges
from flatgov.model import Call, Number, Reference, Table
from flatgov.names import canonical
from flatgov.reading.parsed import as_written

# Functions that run along the last subscripts of their first argument: along how many.
_ALONG = {
    "ALLOCATE AVAILABLE": 1,
    "ALLOCATE BY PRIORITY": 1,
    "INVERT MATRIX": 2,
    "VECTOR RANK": 1,
    "VECTOR REORDER": 1,
    "VECTOR SORT ORDER": 1,
}
# The numbers that an argument may be, by function and position; the error and what mends it.
_ORDER = (range(1, 1001), "the order of {function} is {value:g}")
_ORDER_FIX = "give a whole number from 1 to 1000"
_CHOICES = {
    ("VECTOR SELECT", 3): (
        range(11),
        "the numerical action {value:g} of {function} does not exist",
        "write a whole number from 0 to 10",
    ),
    ("VECTOR SELECT", 4): (
        range(4),
        "the error action {value:g} of {function} does not exist",
        "write 0, 1, 2 or 3",
    ),
    ("GET DATA BETWEEN TIMES", 2): (
        range(-1, 2),
        "the mode {value:g} of {function} does not exist",
        "write -1, 0 or 1",
    ),
    ("DELAY N", 3): (*_ORDER, _ORDER_FIX),
    ("SMOOTH N", 3): (*_ORDER, _ORDER_FIX),
}

# Random numbers that are drawn anew until one is between the first two arguments.
_BOUNDED = frozenset(
    f"RANDOM {name}"
    for name in (
        *("BETA", "BINOMIAL", "EXPONENTIAL", "GAMMA", "NEGATIVE BINOMIAL", "NORMAL", "POISSON"),
        *("TRIANGULAR", "WEIBULL"),
    )
)


def argument_errors(call: Call, ranges: Ranges, text: str) -> Iterator[ModelError]:
    """Yield what is wrong with the arguments of a call, without its place.

    Args:
        call: The call, with the right number of arguments or not.
        ranges: The subscript ranges of the model.
        text: The equation as it stands in the file.
    """
    function, given = call.function, call.arguments
    written = as_written(function, text)
    for (name, position), (allowed, what, fix) in _CHOICES.items():
        if name == function and position < len(given):
            value = given[position]
            if isinstance(value, Number) and value.value not in allowed:
                shown = what.format(function=function, value=value.value)
                yield ModelError(shown, fix=fix, text=written)
    if not given:
        return
    first = given[0]
    if function in _BOUNDED and len(given) > 1:
        low, high = given[:2]
        if isinstance(low, Number) and isinstance(high, Number) and low.value > high.value:
            what = f"the lowest value of {function}, {low.value:g}, is above the highest, "
            what += f"{high.value:g}"
            yield ModelError(what, fix="give the lower one first", text=written)
    if function == "ELMCOUNT" and not (
        isinstance(first, Reference) and ranges.is_range(canonical(first.name))
    ):
        yield ModelError("the argument of ELMCOUNT is no subscript range", text=written)
    elif function == "WITH LOOKUP" and len(given) == 2 and not isinstance(given[1], Table):
        yield ModelError("WITH LOOKUP has no table", text=written)
    elif function in _ALONG:
        yield from _along(call, ranges, written)


def _along(call: Call, ranges: Ranges, written: str) -> Iterator[ModelError]:
    first, count = call.arguments[0], _ALONG[call.function]
    if not isinstance(first, Reference) or len(first.subscripts) < count:
        yield ModelError(
            f"the first argument of {call.function} is no variable with {count}"
            f" subscript{'s' * (count > 1)}",
            text=written,
        )
        return
    for subscript in first.subscripts[-count:]:
        if not ranges.is_range(canonical(subscript)):
            yield ModelError(
                f"'{subscript}' in {call.function} is no subscript range", text=written
            )
            return
