"""Accuracy against mpmath, and what happens at the edges."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import mpmath
import numpy as np
import pytest
from numpy.typing import NDArray

from flatgov.kernel.vector_math import evaluate
from flatgov.kernel.vector_math_large_angle import WORDS

Floats = NDArray[np.float64]
COUNT = 500
INF, NAN = math.inf, math.nan
LARGEST, SMALLEST = 1.7976931348623157e308, 5e-324

REFERENCE: dict[str, Callable[..., mpmath.mpf]] = {
    "exp": mpmath.exp,
    "ln": mpmath.log,
    "pow": mpmath.power,
    "sin": mpmath.sin,
    "cos": mpmath.cos,
    "tan": mpmath.tan,
    "arcsin": mpmath.asin,
    "arccos": mpmath.acos,
    "arctan": mpmath.atan,
    "sinh": mpmath.sinh,
    "cosh": mpmath.cosh,
    "tanh": mpmath.tanh,
    "gamma ln": mpmath.loggamma,
    "normal distribution": lambda x: mpmath.erfc(-x / mpmath.sqrt(2)) / 2,
}


def uniform(low: float, high: float, count: int = COUNT) -> Floats:
    return np.random.default_rng(1).uniform(low, high, count)


def any_size(low: float, high: float, count: int = COUNT) -> Floats:
    """Numbers of either sign whose sizes are spread over powers of ten."""
    rng = np.random.default_rng(2)
    return rng.choice([-1.0, 1.0], count) * 10.0 ** rng.uniform(low, high, count)


def near_one() -> Floats:
    return 1.0 + np.clip(any_size(-15.9, -0.2), -0.5, 0.5)


def near_quarter_turns() -> Floats:
    """The float64 next to multiples of pi/2, up to 1e300: there most digits cancel."""
    rng = np.random.default_rng(3)
    with mpmath.workprec(1200):
        counts = [*range(1, 200), *(int(10.0 ** rng.uniform(2, 300)) for _ in range(300))]
        return np.array([float(count * mpmath.pi / 2) for count in counts])


# The float64 that comes nearest to a multiple of pi/2: J.-M. Muller, Elementary Functions (2016),
# 11.3.2; and the ends of the ranges.
HARD_ANGLES = np.array([6381956970095103.0 * 2.0**797, 2.0**20, 2.0**20 + 2.0**-32, 1e9, LARGEST])


def cases() -> Iterator[tuple[str, str, tuple[Floats, ...], int]]:
    yield "exp", "all", (uniform(-745.1, 709.78),), 100
    yield "exp", "around 0", (uniform(-1.5, 1.5),), 100
    yield "exp", "tiny", (any_size(-300, 0),), 100
    yield "exp", "subnormal", (uniform(-745.1, -708.0),), 100
    yield "ln", "all", (np.abs(any_size(-323, 308)),), 100
    yield "ln", "around 1", (uniform(0.5, 2.0),), 120
    yield "ln", "close to 1", (near_one(),), 150
    with np.errstate(divide="ignore"):
        for name, base in [
            ("all", np.abs(any_size(-300, 300))),
            ("around 1", uniform(0.5, 2.0)),
            ("close to 1", near_one()),
        ]:
            base = base[base != 1.0]
            exponents = uniform(-744.0, 709.0, len(base)) / np.log(base)
            yield "pow", name, (base, exponents), 200
            ends = np.where(np.arange(len(base)) % 2, 709.7, -708.0) / np.log(base)
            yield "pow", f"{name}, ends", (base, ends), 200
    yield "pow", "usual", (uniform(0.0, 100.0), uniform(-3.0, 3.0)[::-1]), 100
    for code in ("sin", "cos", "tan"):
        yield code, "small", (uniform(-1.6, 1.6),), 100
        yield code, "usual", (uniform(-1000.0, 1000.0),), 120
        yield code, "first million", (uniform(0.0, 2.0**20),), 120
        yield code, "tiny", (any_size(-300, 0),), 100
        yield code, "large", (any_size(6, 308),), 1300
        yield code, "near quarter turns", (near_quarter_turns(),), 1400
        yield code, "hard", (HARD_ANGLES,), 1300
    for code in ("arcsin", "arccos"):
        yield code, "all", (uniform(-1.0, 1.0),), 120
        yield code, "around 1/2", (uniform(0.48, 0.52),), 120
        yield code, "tiny", (any_size(-300, 0),), 120
        yield code, "close to 1", (1.0 - np.abs(any_size(-15.9, -0.1)),), 150
    yield "arctan", "all", (any_size(-300, 300),), 120
    yield "arctan", "around 1", (uniform(-5.0, 5.0, 2 * COUNT),), 120
    for code, precision in (("sinh", 150), ("cosh", 150), ("tanh", 300)):
        yield code, "small", (uniform(-2.0, 2.0, 2 * COUNT),), precision
        yield code, "usual", (uniform(-24.0, 24.0),), precision
        yield code, "tiny", (any_size(-12, 0),), precision
    for code in ("sinh", "cosh"):
        yield code, "large", (uniform(-710.4, 710.4),), 150
    for name, x in [
        ("around 1", uniform(0.4, 1.6)),
        ("around 2", uniform(1.4, 2.6)),
        ("close to 1", near_one()),
        ("close to 2", near_one() + 1.0),
        ("small", uniform(0.0, 9.0)),
        ("all", np.abs(any_size(-300, 305))),
    ]:
        yield "gamma ln", name, (x,), 150
    yield "normal distribution", "tail", (uniform(-38.4, 0.0),), 150
    yield "normal distribution", "middle", (uniform(-3.0, 8.0),), 150
    yield "normal distribution", "around 0", (uniform(-0.8, 0.2),), 150


CASES = list(cases())
# In units in the last place; half a unit is the best there can be. All others are below 1.
BOUNDS = {"normal distribution": 2.6, "gamma ln": 2.8}


def errors(code: str, arguments: tuple[Floats, ...], precision: int) -> Floats:
    """Measure errors in units in the last place of the exact value."""
    reference = REFERENCE[code]
    found: list[float] = []
    with mpmath.workprec(precision):
        for result, *given in zip(evaluate(code, *arguments), *arguments, strict=True):
            exact = reference(*(mpmath.mpf(float(x)) for x in given))
            unit = mpmath.mpf(2) ** (max(mpmath.frexp(exact)[1] - 1, -1022) - 52)
            found.append(float(abs(mpmath.mpf(float(result)) - exact) / unit))
    return np.array(found)


@pytest.mark.parametrize(
    ("code", "arguments", "precision"),
    [pytest.param(code, given, bits, id=f"{code}, {name}") for code, name, given, bits in CASES],
)
def test_results_are_close_to_exact(
    code: str, arguments: tuple[Floats, ...], precision: int
) -> None:
    assert errors(code, arguments, precision).max() < BOUNDS.get(code, 1.0)


def test_quantiles() -> None:
    tails = 10.0 ** uniform(-300.0, -1.0, 300), 1.0 - 10.0 ** uniform(-15.0, -1.0, 300)
    for p in np.concatenate([uniform(0.0, 1.0, 300), *tails]):
        x = float(evaluate("normal quantile", p))
        with mpmath.workprec(150):
            exact = mpmath.mpf(x)
            for _ in range(2):  # Newton
                excess = mpmath.erfc(-exact / mpmath.sqrt(2)) / 2 - mpmath.mpf(float(p))
                exact -= excess * mpmath.sqrt(2 * mpmath.pi) * mpmath.exp(exact * exact / 2)
            assert abs(x - exact) < 5 * math.ulp(x), p


def test_the_bits_of_two_over_pi() -> None:
    with mpmath.workprec(1300):
        whole = int(mpmath.floor(mpmath.ldexp(2 / mpmath.pi, 1184)))
    assert WORDS[:2] == (0, 0)
    assert sum(word << (1184 - 32 * i) for i, word in enumerate(WORDS[2:], 1)) == whole


EDGES = [
    ("exp", 0.0, 1.0),
    ("exp", -0.0, 1.0),
    ("exp", 709.782712893384, math.exp(709.782712893384)),
    ("exp", 709.7827128933841, INF),
    ("exp", LARGEST, INF),
    ("exp", -745.13321910194, SMALLEST),
    ("exp", -745.13321910195, 0.0),
    ("exp", -LARGEST, 0.0),
    ("exp", INF, INF),
    ("exp", -INF, 0.0),
    ("exp", SMALLEST, 1.0),
    ("ln", 1.0, 0.0),
    ("ln", 0.0, -INF),
    ("ln", -0.0, -INF),
    ("ln", -SMALLEST, NAN),
    ("ln", -INF, NAN),
    ("ln", INF, INF),
    ("ln", SMALLEST, -744.4400719213812),
    ("ln", LARGEST, 709.782712893384),
    ("sin", 0.0, 0.0),
    ("sin", -0.0, -0.0),
    ("sin", -SMALLEST, -SMALLEST),
    ("sin", INF, NAN),
    ("sin", -INF, NAN),
    ("cos", 0.0, 1.0),
    ("cos", -0.0, 1.0),
    ("cos", SMALLEST, 1.0),
    ("cos", INF, NAN),
    ("tan", 0.0, 0.0),
    ("tan", -0.0, -0.0),
    ("tan", SMALLEST, SMALLEST),
    ("tan", -INF, NAN),
    ("arcsin", 0.0, 0.0),
    ("arcsin", -0.0, -0.0),
    ("arcsin", 1.0, math.pi / 2),
    ("arcsin", -1.0, -math.pi / 2),
    ("arcsin", 1.0000000000000002, NAN),
    ("arcsin", -INF, NAN),
    ("arccos", 1.0, 0.0),
    ("arccos", -1.0, math.pi),
    ("arccos", 0.0, math.pi / 2),
    ("arccos", -1.0000000000000002, NAN),
    ("arccos", INF, NAN),
    ("arctan", 0.0, 0.0),
    ("arctan", -0.0, -0.0),
    ("arctan", SMALLEST, SMALLEST),
    ("arctan", INF, math.pi / 2),
    ("arctan", -INF, -math.pi / 2),
    ("arctan", -LARGEST, -math.pi / 2),
    ("arctan", 1.0, math.pi / 4),
    ("sinh", 0.0, 0.0),
    ("sinh", -0.0, -0.0),
    ("sinh", SMALLEST, SMALLEST),
    ("sinh", -INF, -INF),
    ("sinh", 710.5, INF),
    ("cosh", 0.0, 1.0),
    ("cosh", -INF, INF),
    ("cosh", -LARGEST, INF),
    ("tanh", -0.0, -0.0),
    ("tanh", SMALLEST, SMALLEST),
    ("tanh", INF, 1.0),
    ("tanh", -LARGEST, -1.0),
    ("gamma ln", 1.0, 0.0),
    ("gamma ln", 2.0, 0.0),
    ("gamma ln", 3.0, math.log(2.0)),
    ("gamma ln", 0.0, INF),
    ("gamma ln", -SMALLEST, NAN),
    ("gamma ln", -INF, NAN),
    ("gamma ln", INF, INF),
    ("gamma ln", LARGEST, INF),
    ("gamma ln", SMALLEST, 744.4400719213812),
    ("normal distribution", 0.0, 0.5),
    ("normal distribution", -0.0, 0.5),
    ("normal distribution", -INF, 0.0),
    ("normal distribution", INF, 1.0),
    ("normal quantile", 0.5, 0.0),
    ("normal quantile", 0.0, -INF),
    ("normal quantile", -0.0, -INF),
    ("normal quantile", 1.0, INF),
    ("normal quantile", -SMALLEST, NAN),
    ("normal quantile", 1.0000000000000002, NAN),
]


def same(a: float, b: float) -> bool:
    return np.float64(a).view(np.int64) == np.float64(b).view(np.int64)


@pytest.mark.parametrize(("code", "x", "value"), EDGES)
def test_edges(code: str, x: float, value: float) -> None:
    assert same(evaluate(code, x), value)


POWERS = [
    (2.0, 0.0, 1.0),
    (0.0, 0.0, 1.0),
    (-INF, -0.0, 1.0),
    (1.0, INF, 1.0),
    (-1.0, -INF, 1.0),
    (1.0, LARGEST, 1.0),
    (-1.0, 3.0, -1.0),
    (-1.0, LARGEST, 1.0),
    (-1.0, 2.0**52 + 1.0, -1.0),
    (-1.0, 2.0**53, 1.0),
    (-2.0, 3.0, -8.0),
    (-2.0, 4.0, 16.0),
    (-2.0, -3.0, -0.125),
    (-2.0, 0.5, NAN),
    (-2.0, SMALLEST, NAN),
    (-INF, 0.5, NAN),
    (0.0, 0.5, 0.0),
    (0.0, -0.5, INF),
    (-0.0, 3.0, -0.0),
    (-0.0, 2.0, 0.0),
    (-0.0, 0.5, 0.0),
    (-0.0, -3.0, -INF),
    (-0.0, -2.0, INF),
    (0.0, INF, 0.0),
    (0.0, -INF, INF),
    (INF, 2.0, INF),
    (INF, 0.5, INF),
    (INF, -SMALLEST, 0.0),
    (-INF, 3.0, -INF),
    (-INF, 2.0, INF),
    (-INF, -3.0, -0.0),
    (INF, INF, INF),
    (INF, -INF, 0.0),
    (2.0, INF, INF),
    (-2.0, INF, INF),
    (2.0, -INF, 0.0),
    (0.5, INF, 0.0),
    (0.5, -INF, INF),
    (2.0, 1023.0, 2.0**1023),
    (2.0, 1024.0, INF),
    (2.0, -1074.0, SMALLEST),
    (2.0, -1076.0, 0.0),
    (-2.0, 1025.0, -INF),
    (-2.0, -1077.0, -0.0),
    (1.0000000000000002, LARGEST, INF),
    (0.9999999999999999, LARGEST, 0.0),
    (LARGEST, 1.0, LARGEST),
    (SMALLEST, 1.0, SMALLEST),
    (SMALLEST, -1.0, INF),
    (LARGEST, SMALLEST, 1.0),
    (SMALLEST, 0.5, 2.0**-537),
    (NAN, 0.0, NAN),
    (1.0, NAN, NAN),
    (NAN, NAN, NAN),
]


@pytest.mark.parametrize(("a", "b", "value"), POWERS)
def test_powers_at_the_edges(a: float, b: float, value: float) -> None:
    assert same(evaluate("pow", a, b), value)


@pytest.mark.parametrize("code", [*REFERENCE, "normal quantile"])
def test_every_nan_gives_the_one_nan(code: str) -> None:
    payloads = np.array([0x7FF8 << 48, 0xFFF8 << 48, 0x7FF0000000000001, 2**64 - 1], np.uint64)
    nans = payloads.view(np.float64)
    arguments = [(nans, 2.0), (2.0, nans)] if code == "pow" else [(nans,)]
    for given in arguments:
        assert all(same(result, NAN) for result in evaluate(code, *given))


def test_powers_that_are_whole_numbers_are_exact() -> None:
    bases, exponents, values = [], [], []
    for base in [*range(3, 200), 10**6, 3**11, 94906265]:
        exponent = 1
        while base**exponent <= 2**53:
            bases += [base, -base]
            exponents += [exponent] * 2
            values += [base**exponent, (-base) ** exponent]
            exponent += 1
    np.testing.assert_array_equal(evaluate("pow", bases, exponents), np.array(values, float))
    roots = evaluate("pow", np.square(np.arange(1.0, 2000.0)), 0.5)
    np.testing.assert_array_equal(roots, np.arange(1.0, 2000.0))


def test_first_and_second_powers_are_rounded_as_products() -> None:
    x = np.concatenate([any_size(-323, 308, 5000), uniform(-3.0, 3.0, 5000)])
    np.testing.assert_array_equal(evaluate("pow", x, 1.0), x)
    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(evaluate("pow", x, 2.0), x * x)


@pytest.mark.parametrize("code", ["sin", "tan", "arcsin", "arctan", "sinh", "tanh"])
def test_odd_functions_are_odd_to_the_bit(code: str) -> None:
    x = np.concatenate([any_size(-300, 300), uniform(-1.0, 1.0)])
    np.testing.assert_array_equal(evaluate(code, -x), -evaluate(code, x))


def test_shapes_are_broadcast() -> None:
    result = evaluate("pow", np.array([[2.0], [3.0]]), np.array([1.0, 2.0, 3.0]))
    np.testing.assert_array_equal(result, [[2.0, 4.0, 8.0], [3.0, 9.0, 27.0]])
    assert evaluate("exp", 0.0).shape == ()
    assert evaluate("exp", np.array([])).shape == (0,)
