from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from scipy import stats

from flatgov.kernel import vector_math
from flatgov.kernel.random_stream import threefry, uniform
from flatgov.kernel.vector_ops import ArrayOperations
from kernel.vector_machine import PLAIN, compile_random

# Random123, tests/kat_vectors, lines "threefry2x64 20": counter, key, answer.
KNOWN_ANSWERS = [
    "0000000000000000 0000000000000000 0000000000000000 0000000000000000 "
    "c2b6e3a8c2c69865 6f81ed42f350084d",
    "ffffffffffffffff ffffffffffffffff ffffffffffffffff ffffffffffffffff "
    "e02cb7c4d95d277a d06633d0893b8b68",
    "243f6a8885a308d3 13198a2e03707344 a4093822299f31d0 082efa98ec4e6c89 "
    "263c7d30bb0f0af1 56be8361d3311526",
]
COUNT = 40_000


@pytest.mark.parametrize("line", KNOWN_ANSWERS)
def test_the_generator_gives_the_published_answers(line: str) -> None:
    words = [np.array([int(word, 16)], np.uint64).view(np.int64) for word in line.split()]
    answer = threefry(ArrayOperations(), (words[0], words[1]), (words[2], words[3]))
    np.testing.assert_array_equal(answer, words[4:])


def series() -> dict[str, np.ndarray]:
    many = np.arange(COUNT)
    return {
        "steps": vector_math.evaluate_random(0, 0, 0.0, many),
        "next stream": vector_math.evaluate_random(1, 0, 0.0, many),
        "next place": vector_math.evaluate_random(0, 1, 0.0, many),
        "next seed": vector_math.evaluate_random(0, 0, 1.0, many),
        "streams": vector_math.evaluate_random(many, 3, 7.0, 5),
        "places": vector_math.evaluate_random(3, many, 8.0, 5),
        "seeds": vector_math.evaluate_random(3, 5, many.astype(float), 6),
    }


@pytest.mark.parametrize("name", list(series()))
def test_numbers_are_uniform_and_do_not_follow_from_each_other(name: str) -> None:
    numbers = series()[name]
    assert stats.kstest(numbers, "uniform").pvalue > 1e-4
    assert stats.chisquare(np.histogram(numbers, 256, (0.0, 1.0))[0]).pvalue > 1e-4
    for lag in (1, 2, 7):
        assert abs(stats.pearsonr(numbers[:-lag], numbers[lag:]).statistic) < 4 / COUNT**0.5
    pairs = np.histogram2d(numbers[::2], numbers[1::2], 16, ((0, 1), (0, 1)))[0]
    assert stats.chisquare(pairs.ravel()).pvalue > 1e-4


def test_streams_places_and_seeds_are_independent() -> None:
    for (_, a), (_, b) in combinations(series().items(), 2):
        assert abs(stats.pearsonr(a, b).statistic) < 4 / COUNT**0.5
        assert len(np.intersect1d(a, b)) == 0


def test_the_bits_of_the_numbers_are_even() -> None:
    bits = (series()["steps"] * 2.0**53).astype(np.int64)
    assert (bits % 2 == 1).all()
    shares = np.array([((bits >> place) & 1).mean() for place in range(1, 53)])
    assert abs(shares - 0.5).max() < 4.5 * 0.5 / COUNT**0.5


def test_zero_and_one_never_come() -> None:
    class Word(ArrayOperations):
        """Scrambles to a given word: the last step of `uniform` alone."""

        def __init__(self, word: int) -> None:
            self.word = word

        def shift_right(self, bits: np.ndarray, count: int) -> np.ndarray:
            return np.full(1, self.word) if count == 12 else super().shift_right(bits, count)

    zero = np.zeros(1, np.int64)
    for word, number in ((0, 2.0**-53), (2**52 - 1, 1.0 - 2.0**-53)):
        assert uniform(Word(word), zero, zero, np.zeros(1), zero)[0] == number


def test_seeds() -> None:
    assert vector_math.evaluate_random(1, 2, 0.0, 3) == vector_math.evaluate_random(1, 2, -0.0, 3)
    assert np.isnan(vector_math.evaluate_random(1, 2, np.nan, 3))
    assert vector_math.evaluate_random(1, 2, 5e-324, 3) != vector_math.evaluate_random(1, 2, 0, 3)


@pytest.mark.parametrize("cpu", [None, PLAIN])
@pytest.mark.parametrize("lanes", [1, 4, 8])
def test_machine_code_gives_the_same_bits(lanes: int, cpu: str | None) -> None:
    rng = np.random.default_rng(2)
    streams = rng.integers(-(2**63), 2**63 - 1, 1024)
    seeds = np.where(np.arange(1024) % 9, rng.normal(size=1024), np.nan)
    compiled = compile_random(lanes, cpu)
    for place, step in ((0, 0), (17, 40_000), (2**62, -1)):
        want = vector_math.evaluate_random(streams, place, seeds, step)
        got = compiled(streams, seeds, np.array([place]), np.array([step]))
        np.testing.assert_array_equal(got.view(np.int64), want.view(np.int64))
