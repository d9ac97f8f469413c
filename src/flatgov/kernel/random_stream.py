"""Random numbers that are a function of where they stand, with no state: Threefry-2x64-20.

A number depends on the member's stream, the place in the model, the seed and the step, and on
nothing else, so members, chunks and threads may come in any order. Generator, rotations and
parity constant: J. K. Salmon, M. A. Moraes, R. O. Dror, D. E. Shaw, Parallel random numbers: as
easy as 1, 2, 3 (SC11), and their Random123. It has only additions, rotations and exclusive ors
of 64 bits, and its 256 bits of input take all four arguments as they are.
"""

from __future__ import annotations

from flatgov.kernel.vector_math_double import Operations
from flatgov.kernel.vector_ops import Value, bits_of

_ROTATIONS = (16, 42, 12, 31, 16, 32, 24, 21)
_ROUNDS = 20
_PARITY = 0x1BD11BDAA9FC1A22
_ONE_BITS = bits_of(1.0)


def threefry(o: Operations, counter: tuple[Value, Value], key: tuple[Value, Value]) -> Value:
    """Scramble a counter under a key; all are int64.

    Returns:
        Two words.
    """
    keys = (key[0], key[1], key[0] ^ key[1] ^ _PARITY)
    a, b = counter[0] + keys[0], counter[1] + keys[1]
    for number in range(_ROUNDS):
        turn = _ROTATIONS[number % 8]
        a = a + b
        b = ((b << turn) | o.shift_right(b, 64 - turn)) ^ a
        if number % 4 == 3:
            injection = number // 4 + 1
            a = a + keys[injection % 3]
            b = b + keys[(injection + 1) % 3] + injection
    return a, b


def uniform(o: Operations, stream: Value, place: Value, seed: Value, step: Value) -> Value:
    """Give a number from the 2**52 odd multiples of 2**-53 between 0 and 1.

    Args:
        o: The back end.
        stream: int64: one number for each member.
        place: int64: the place in the model.
        seed: float64: any number; 0 and -0 are one. NaN gives NaN.
        step: int64: the number of the step.

    Returns:
        float64; neither 0 nor 1.
    """
    word, _ = threefry(o, (step, place), (stream, o.bits(seed + 0.0)))
    from_one_to_two = o.real(o.shift_right(word, 12) | _ONE_BITS)
    number = (from_one_to_two - 1.0) + 2.0**-53
    return o.select(o.unordered(seed, seed), float("nan"), number)
