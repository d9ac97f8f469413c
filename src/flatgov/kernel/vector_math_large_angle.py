"""Large angles: what is left of them after whole quarter turns, for every finite float64.

The angle is a whole number times a power of two, so only some bits of 2/pi matter: those before
give whole turns, those after are too small. M. Payne and R. Hanek, Radian reduction for
trigonometric functions, SIGNUM Newsletter 18 (1983).
"""

from __future__ import annotations

from flatgov.kernel.vector_math_double import (
    Operations,
    full_sum,
    product_of_pairs,
    quick_sum,
)
from flatgov.kernel.vector_math_exponential import ROUNDER
from flatgov.kernel.vector_ops import Value, bits_of

HALF_PI = 1.5707963267948966, 6.123233995736766e-17  # a pair

# The first 1184 bits of 2/pi, in words of 32 bits, after two words of zeros.
_TWO_OVER_PI = (
    "a2f9836e4e441529fc2757d1f534ddc0db6295993c439041fe5163abdebbc561b7246e3a42"
    "4dd2e006492eea09d1921cfe1deb1cb129a73ee88235f52ebb4484e99c7026b45f7e413991"
    "d639835339f49c845f8bbdf9283b1ff897ffde05980fef2f118b5a0a6d1f6d367ecf27cb09"
    "b74f463f669e5fea2d7527bac7ebe5f17b3d0739f78a5292ea6bfb5fb11f8d5d0856033046"
)
WORDS = (0, 0, *(int(_TWO_OVER_PI[i : i + 8], 16) for i in range(0, len(_TWO_OVER_PI), 8)))
_WORD = (1 << 32) - 1
_COLUMNS = 5  # of 32 bits: 2 bits of the quarter, 61 that may cancel, 64 of the result, a spare


def quarter_turns(o: Operations, angle: Value) -> tuple[Value, Value, Value]:
    """Take whole quarter turns off an angle.

    Args:
        o: The back end.
        angle: Finite, at least 2**20.

    Returns:
        The rest, from -pi/4 to pi/4, as a pair; and a whole number (int64) that is the number
        of quarters, up to a multiple of four.
    """
    fraction = _fraction_of_turn(o, angle)
    quarters = o.shift_right(fraction[0] + (1 << 29), 30)
    parts = [fraction[0] - (quarters << 30), *fraction[1:4]]
    rounder = bits_of(ROUNDER)
    terms = [
        (o.real(part + rounder) - ROUNDER) * 2.0 ** (-30 - 32 * i) for i, part in enumerate(parts)
    ]
    high, low = full_sum(terms[0], terms[1])
    next_high, next_low = full_sum(terms[2], terms[3])
    total, lost = full_sum(high, next_high)
    rest = product_of_pairs(o, quick_sum(total, lost + (low + next_low)), HALF_PI)
    return (*rest, quarters)


def _fraction_of_turn(o: Operations, angle: Value) -> list[Value]:
    """Give the fraction of angle / (2 pi) as four words of 32 bits and a rough fifth."""
    bits = o.bits(angle)
    # angle = mantissa * 2**(exponent - 52); the two words of zeros add 64, a turn's quarters 2.
    exponent = o.shift_right(bits, 52) - 1023 - 54 + 64
    mantissa = (bits & ((1 << 52) - 1)) | (1 << 52)
    first, shift = o.shift_right(exponent, 5), exponent & 31
    low = (mantissa & _WORD) << shift
    middle = (o.shift_right(mantissa, 32) << shift) + o.shift_right(low, 32)
    factors = [low & _WORD, middle & _WORD, o.shift_right(middle, 32)]
    words = [o.item(WORDS, first + i) for i in range(_COLUMNS + 2)]
    columns: list[Value] = [0] * (_COLUMNS + 1)
    for place, factor in enumerate(factors):
        for column in range(1, _COLUMNS + 1):
            term = factor * words[column - 1 + place]
            columns[column] = (term & _WORD) + columns[column]
            columns[column - 1] = o.shift_right(term, 32) + columns[column - 1]
    result: list[Value] = []
    carry: Value = 0
    for column in range(_COLUMNS, 0, -1):
        total = columns[column] + carry
        carry = o.shift_right(total, 32)
        result.insert(0, total & _WORD)
    return result
