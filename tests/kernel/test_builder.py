from __future__ import annotations

import itertools
import math
from collections.abc import Callable

import numpy as np
import pytest

from flatgov.kernel import vector_math
from flatgov.kernel.builder import Builder, fold, look_up
from flatgov.kernel.program import BINARY, UNARY, Operation
from flatgov.model import Interpolation, Table

NAN, INF = math.nan, math.inf
SPECIAL = [
    *(0.0, 1.0, 0.5, 1.5, 2.0, 3.0, 0.1, 1e-3, 7.25, 1e16, 2.0**52 + 0.5, 1e300),
    *(math.pi, math.ulp(0.0), 2.0**-1022, math.nextafter(1.0, 2.0), 1.7976931348623157e308, INF),
]
GRID = np.array([*SPECIAL, *(-x for x in SPECIAL), NAN])
NUMBERS: list[float] = GRID.tolist()
# Their bits are those of our own functions.
ELEMENTARY = {
    *("exp", "ln", "pow", "sin", "cos", "tan", "arcsin", "arccos", "arctan"),
    *("sinh", "cosh", "tanh", "normal quantile", "normal distribution", "gamma ln"),
}
ONE: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "neg": np.negative,
    "abs": np.abs,
    "sqrt": np.sqrt,
    "floor": np.floor,
    "trunc": np.trunc,
    "not": lambda x: (x == 0).astype(float),
}
TWO: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "div": np.divide,
    # Of zeros with two signs the second counts, as in a kernel; NumPy leaves it open.
    "min": lambda a, b: np.where(a < b, a, b),
    "max": lambda a, b: np.where(a > b, a, b),
    "lt": np.less,
    "le": np.less_equal,
    "gt": np.greater,
    "ge": np.greater_equal,
    "eq": np.equal,
    "ne": np.not_equal,
    "and": lambda a, b: (a != 0) & (b != 0),
    "or": lambda a, b: (a != 0) | (b != 0),
}


def same_bits(found: float | None, expected: float) -> bool:
    if found is None:
        return False
    return (math.isnan(found) and math.isnan(expected)) or found.hex() == float(expected).hex()


def fold_operation(code: str, *values: float) -> float | None:
    b = Builder()
    return b.value(b.op(code, *(b.number(value) for value in values)))


def test_every_code_is_folded_or_left_to_the_kernel() -> None:
    assert {*ONE, *TWO, *ELEMENTARY} == {*UNARY, *BINARY}


@pytest.mark.parametrize("code", sorted(ONE))
def test_unary_operations_fold_to_the_bits_of_numpy(code: str) -> None:
    with np.errstate(all="ignore"):
        expected = np.where(np.isnan(GRID), NAN, ONE[code](GRID))
    for x, result in zip(NUMBERS, expected, strict=True):
        assert same_bits(fold_operation(code, x), result), (code, x)


@pytest.mark.parametrize("code", sorted(TWO))
def test_binary_operations_fold_to_the_bits_of_numpy(code: str) -> None:
    a, b = (part.ravel() for part in np.meshgrid(GRID, GRID))
    with np.errstate(all="ignore"):
        decided = [~np.isnan(one) & ((one != 0) == (code == "or")) for one in (a, b)]
        settled = (decided[0] | decided[1]) & (code in ("and", "or"))
        unknown = (np.isnan(a) | np.isnan(b)) & ~settled
        expected = np.where(unknown, NAN, TWO[code](a, b))
    for x, y, result in zip(a.tolist(), b.tolist(), expected, strict=True):
        assert same_bits(fold_operation(code, x, y), result), (code, x, y)


@pytest.mark.parametrize(
    ("condition", "chosen"), [(1.0, 7.0), (-0.5, 7.0), (INF, 7.0), (0.0, NAN), (-0.0, NAN)]
)
def test_select_takes_what_is_chosen_only(condition: float, chosen: float) -> None:
    assert same_bits(fold_operation("select", condition, 7.0, NAN), chosen)
    assert math.isnan(fold_operation("select", NAN, 7.0, 8.0) or 0.0)


@pytest.mark.parametrize("code", sorted(ELEMENTARY))
def test_elementary_functions_fold_to_the_bits_of_a_kernel(code: str) -> None:
    grid = [0.0, -0.0, 0.5, 0.25, 0.999, -0.75, 1.0, 2.5, -3.0, 700.0, INF, -INF, NAN]
    for values in itertools.product(grid, repeat=2 if code in BINARY else 1):
        expected = vector_math.evaluate(code, *(np.array([value]) for value in values))[0]
        assert same_bits(fold_operation(code, *values), expected), (code, values)


def test_what_is_no_function_of_numbers_alone_is_not_folded() -> None:
    b = Builder()
    seed = b.number(1)
    random = b.op("random", seed, extra=3)
    changed = b.op("changed initial", seed, extra=0)
    assert b.operations[random] == Operation("random", (seed,), 3)
    assert b.operations[changed] == Operation("changed initial", (seed,), 0)


def apply(b: Builder, number: int, unknown: int, x: float) -> float:
    """Evaluate an operation of one unknown whose other arguments are numbers."""
    if number == unknown:
        return x
    code, arguments, extra = b.operations[number]
    known = [x if argument == unknown else b.value(argument) for argument in arguments]
    result = fold(code, [value for value in known if value is not None], extra)
    assert result is not None
    return result


@pytest.mark.parametrize("code", sorted(BINARY - ELEMENTARY))
def test_no_rewrite_with_one_number_changes_a_bit(code: str) -> None:
    for constant, left in itertools.product(NUMBERS, (True, False)):
        b = Builder()
        unknown, number = b.op("time"), b.number(constant)
        result = b.op(code, *((number, unknown) if left else (unknown, number)))
        for x in NUMBERS:
            expected = fold(code, (constant, x) if left else (x, constant))
            assert expected is not None
            assert same_bits(apply(b, result, unknown, x), expected), (code, constant, x)


def test_harmless_operations_vanish_and_others_stay() -> None:
    b = Builder()
    x, zero, minus, one = b.op("time"), b.number(0.0), b.number(-0.0), b.number(1.0)
    assert b.mul(x, one) == b.mul(one, x) == b.div(x, one) == b.sub(x, zero) == x
    # 0 + -0 is 0, 0 * x is NaN for infinite x, and so on.
    kept = [b.add(x, zero), b.add(x, minus), b.sub(x, minus), b.mul(x, zero), b.sub(x, x)]
    assert x not in kept
    assert all(b.value(number) is None for number in [*kept, b.div(x, x), b.op("eq", x, x)])


def test_a_known_condition_leaves_one_branch() -> None:
    b = Builder()
    x, y = b.op("time"), b.op("step")
    assert b.select(b.number(2.0), x, y) == x
    assert b.select(b.number(-0.0), x, y) == y
    assert b.operations[b.select(b.number(NAN), x, y)].code == "select"


def test_equal_operations_are_one() -> None:
    b = Builder()
    x, y = b.op("time"), b.op("step")
    assert b.add(x, y) == b.add(x, y)
    assert b.add(x, y) != b.add(y, x)
    assert b.number(NAN) == b.number(-NAN)
    assert b.number(0.0) != b.number(-0.0)
    assert b.op("random", x, extra=1) != b.op("random", x, extra=2)
    assert len(b.operations) == 9


def test_tables_that_differ_in_the_sign_of_zero_are_two() -> None:
    b = Builder()
    x = b.op("time")
    plus, minus = (Table((0.0, 1.0), (zero, zero)) for zero in (0.0, -0.0))
    assert b.op("lookup", x, extra=plus) == b.op("lookup", x, extra=plus)
    assert b.op("lookup", x, extra=plus) != b.op("lookup", x, extra=minus)


def test_sums_and_products_go_from_the_left() -> None:
    b = Builder()
    values = [1e16, 1.0, 1.0, -1e16, 3.0]
    numbers = [b.number(value) for value in values]
    assert b.value(b.sum(numbers)) == (((1e16 + 1.0) + 1.0) - 1e16) + 3.0
    factors = [b.number(value) for value in (1e300, 1e300, 1e-300)]
    assert b.value(b.product(factors)) == INF
    assert b.value(b.sum([])) == 0.0
    assert b.value(b.product([])) == 1.0
    x = b.op("time")
    assert b.sum([x]) == b.product([x]) == x


X, Y = (-1.0, 0.0, 0.5, 4.0), (2.0, 5.0, -1.0, 3.0)
BY_HAND: dict[Interpolation, dict[float, float]] = {
    "interpolate": {-9: 2, -1: 2, -0.5: 3.5, 0: 5, 0.25: 2, 0.5: -1, 2.25: 1, 4: 3, 9: 3, INF: 3},
    "extrapolate": {-2: -1, -1: 2, -0.5: 3.5, 0: 5, 2.25: 1, 4: 3, 7.5: 7},
    "look forward": {-9: 2, -1: 2, -0.9: 5, 0: 5, 0.1: -1, 0.5: -1, 0.6: 3, 4: 3, 9: 3, -INF: 2},
    "hold backward": {-9: 2, -1: 2, -0.1: 2, 0: 5, 0.4: 5, 0.5: -1, 3.9: -1, 4: 3, 9: 3, INF: 3},
    "raw": {-9: NAN, -1: 2, -0.5: NAN, 0: 5, 0.5: -1, 4: 3, 9: NAN},
}


@pytest.mark.parametrize("kind", sorted(BY_HAND))
def test_tables_by_hand(kind: Interpolation) -> None:
    table = Table(X, Y, kind)
    for x, y in BY_HAND[kind].items():
        np.testing.assert_allclose(look_up(table, x), y, rtol=1e-15, err_msg=str(x))
        b = Builder()
        np.testing.assert_equal(
            b.value(b.op("lookup", b.number(x), extra=table)), look_up(table, x)
        )
    assert math.isnan(look_up(table, NAN))


def test_linear_tables_are_those_of_numpy() -> None:
    random = np.random.default_rng(4)
    for size in (1, 2, 3, 20):
        x, y = np.sort(random.normal(size=size)), random.normal(size=size)
        table = Table(tuple(x), tuple(y))
        asked = np.concatenate([x, random.uniform(-4.0, 4.0, 200)])
        found = [look_up(table, at) for at in asked]
        np.testing.assert_allclose(found, np.interp(asked, x, y), rtol=1e-12, atol=1e-14)
        assert found[size - 1] == y[-1]


def test_extrapolation_goes_on_with_the_outer_slopes() -> None:
    table = Table((0.0, 1.0, 3.0), (1.0, 4.0, 2.0), "extrapolate")
    assert [look_up(table, x) for x in (-2.0, 5.0, 0.5)] == [-5.0, 0.0, 2.5]


@pytest.mark.parametrize("kind", sorted(BY_HAND))
def test_one_point(kind: Interpolation) -> None:
    table = Table((2.0,), (7.0,), kind)
    assert look_up(table, 2.0) == 7.0
    around = [look_up(table, 1.0), look_up(table, 3.0)]
    np.testing.assert_equal(around, [NAN, NAN] if kind == "raw" else [7.0, 7.0])


def test_a_step_at_one_x() -> None:
    x, y = (0.0, 1.0, 1.0, 2.0), (0.0, 1.0, 5.0, 6.0)
    linear, ahead = Table(x, y), Table(x, y, "look forward")
    assert [look_up(linear, at) for at in (0.5, 1.0, 1.5)] == [0.5, 5.0, 5.5]
    assert [look_up(ahead, at) for at in (0.5, 1.0, 1.5)] == [1.0, 1.0, 6.0]
    assert look_up(Table(x, y, "hold backward"), 1.0) == 5.0


def test_a_step_at_an_end_has_no_slope() -> None:
    first = Table((0.0, 0.0, 1.0), (3.0, 5.0, 6.0), "extrapolate")
    last = Table((0.0, 1.0, 1.0), (0.0, 1.0, 9.0), "extrapolate")
    assert [look_up(first, x) for x in (-1.0, 0.0, 2.0)] == [4.0, 5.0, 7.0]
    assert [look_up(last, x) for x in (-1.0, 0.5, 2.0)] == [-1.0, 0.5, 2.0]
