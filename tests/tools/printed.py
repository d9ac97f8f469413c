"""Compare a computed number with one printed somewhere, to every digit that is printed."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
from numpy.typing import ArrayLike


def agrees(value: ArrayLike, printed: str) -> bool:
    """Tell whether a number, rounded to the digits of a printed one, is that number.

    Args:
        value: One number, as a float or an array without dimensions.
        printed: As it stands in the source; commas between thousands are allowed.
    """
    number = Decimal(printed.replace(",", ""))
    exponent = number.as_tuple().exponent
    assert isinstance(exponent, int), printed
    half_of_last_digit = Decimal(5).scaleb(exponent - 1)
    return abs(Decimal(float(np.asarray(value))) - number) <= half_of_last_digit
