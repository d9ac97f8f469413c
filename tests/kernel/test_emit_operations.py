from __future__ import annotations

import itertools

import numpy as np
import pytest

from flatgov.kernel import vector_math
from flatgov.kernel.builder import Builder, fold
from flatgov.kernel.execute import Batch
from flatgov.kernel.program import BINARY, UNARY
from flatgov.kernel.schedule import ELEMENTARY
from kernel.programs import SPECIAL, Floats, make, run, same_bits

_COUNTS = dict.fromkeys(UNARY, 1) | dict.fromkeys(BINARY, 2) | {"select": 3}


def _expected(code: str, columns: Floats) -> Floats:
    if code in ELEMENTARY:
        return vector_math.evaluate(code, *columns)
    values = [fold(code, [float(x) for x in row]) for row in columns.T]
    return np.array(values, dtype=np.float64)


@pytest.mark.parametrize("lanes", [1, 4, None])
def test_operations_have_the_bits_of_folding(lanes: int | None) -> None:
    builder = Builder()
    parameters = [builder.op("parameter", extra=index) for index in range(3)]
    outputs = [builder.op(code, *parameters[:count]) for code, count in _COUNTS.items()]
    members = np.array(list(itertools.product(SPECIAL, repeat=3))).T
    got = run(
        make(builder, bases=[0.0] * 3),
        outputs,
        0,
        Batch(members.shape[1], members),
        varying=[0, 1, 2],
        lanes=lanes,
    )
    for (code, count), values in zip(_COUNTS.items(), got[:, 0], strict=True):
        assert same_bits(values, _expected(code, members[:count])), code


@pytest.mark.parametrize("number", SPECIAL)
def test_operations_with_a_number_have_the_bits_of_folding(number: float) -> None:
    builder = Builder()
    x, constant = builder.op("parameter", extra=0), builder.number(number)
    members = np.array([SPECIAL])
    fixed = np.full_like(members, number)
    pairs, expected = [], []
    for code in sorted(BINARY - {"pow"}):
        pairs += [builder.op(code, x, constant), builder.op(code, constant, x)]
        expected += [
            _expected(code, np.vstack([members, fixed])),
            _expected(code, np.vstack([fixed, members])),
        ]
    got = run(make(builder, bases=[0.0]), pairs, 0, Batch(len(SPECIAL), members), varying=[0])
    for index, (values, right) in enumerate(zip(got[:, 0], expected, strict=True)):
        assert same_bits(values, right), (sorted(BINARY - {"pow"})[index // 2], number)


def test_truth_is_passed_on_and_stored() -> None:
    builder = Builder()
    a, b = builder.op("parameter", extra=0), builder.op("parameter", extra=1)
    less, alike = builder.op("lt", a, b), builder.op("eq", a, b)
    both = builder.op("and", builder.op("not", less), builder.op("or", alike, a))
    chosen = builder.select(both, builder.add(less, a), builder.op("max", alike, b))
    members = np.array(list(itertools.product(SPECIAL, repeat=2))).T
    got = run(
        make(builder, bases=[0.0, 0.0]),
        [less, both, chosen],
        0,
        Batch(members.shape[1], members),
        varying=[0, 1],
    )[:, 0]
    for a_value, b_value, *result in zip(*members, *got, strict=True):
        small = fold("lt", [a_value, b_value])
        same = fold("eq", [a_value, b_value])
        assert small is not None
        assert same is not None
        inner = fold("or", [same, a_value]), fold("not", [small])
        expected = fold("and", [x for x in inner if x is not None])
        assert expected is not None
        pick = fold("max", [same, b_value]) if expected == 0.0 else small + a_value
        right = [small, expected, np.nan if np.isnan(expected) else pick]
        assert same_bits(result, right)


def test_dividing_by_a_power_of_two_keeps_the_bits() -> None:
    builder = Builder()
    x = builder.op("parameter", extra=0)
    divisors = [2.0, -0.25, 2.0**-1022, 2.0**1023, 5e-324, 3.0]
    outputs = [builder.div(x, builder.number(divisor)) for divisor in divisors]
    members = np.array([[*SPECIAL, 1.7e308, 1e-300, 5e-324, 3e-323, 2.2250738585072011e-308]])
    got = run(make(builder, bases=[0.0]), outputs, 0, Batch(17, members), varying=[0])[:, 0]
    with np.errstate(all="ignore"):
        assert same_bits(got, members / np.array(divisors)[:, None])


def test_random_numbers_have_the_bits_of_the_generator() -> None:
    builder = Builder()
    seed = builder.op("parameter", extra=0)
    outputs = [builder.op("random", seed, extra=place) for place in (0, 3)]
    seeds = np.array([[1.0, 2.0, 1.0, np.nan, 1.0]])
    streams = np.array([7, 7, 2**63 + 5, 1, 7], dtype=np.uint64)
    program = make(builder, bases=[0.0])
    got = run(program, outputs, 4, Batch(5, seeds, streams=streams), varying=[0])
    for place, values in zip((0, 3), got, strict=True):
        for step in range(5):
            right = vector_math.evaluate_random(streams.view(np.int64), place, seeds[0], step)
            assert same_bits(values[step], np.where(np.isnan(seeds[0]), np.nan, right))
    assert same_bits(got[..., 0], got[..., 4])
    assert len(np.unique(got[..., :3])) == got[..., :3].size
