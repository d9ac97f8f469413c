from __future__ import annotations

import math

import numpy as np
import pytest

from flatgov.changes import values_over_time
from flatgov.kernel.builder import Builder
from flatgov.kernel.emit import Integrator
from flatgov.kernel.execute import ADD, SCALE, SET, Batch
from flatgov.kernel.program import State
from flatgov.model import Change
from kernel.programs import Floats, make, run, same_bits

_CODES = {"set": SET, "add": ADD, "scale": SCALE}
_T0, _STEP, _STEPS = 2.0, 0.1, 60
_TIMES = _T0 + np.arange(_STEPS + 1) * _STEP


def _slots(members: list[list[Change]]) -> Floats:
    """Fill as many slots as the member with the most changes has."""
    most = max(map(len, members))
    slots = np.zeros((most, 5, len(members)))
    for member, changes in enumerate(members):
        for slot, change in enumerate(changes):
            end = math.inf if change.end is None else change.end
            numbers = (change.value, change.start, change.ramp, end)
            slots[slot, :, member] = (_CODES[change.operation], *numbers)
    return slots


def _random_members() -> list[list[Change]]:
    random = np.random.default_rng(5)
    members: list[list[Change]] = [[]]
    for _ in range(300):
        changes = []
        for _ in range(random.integers(1, 4)):
            # On the grid, between its points, before the start, and beyond the end.
            start = float(random.choice([random.choice(_TIMES), random.uniform(1.0, 9.0)]))
            ramp = float(random.choice([0.0, 0.05, 0.3, random.uniform(0, 4)]))
            end = None if random.random() < 0.5 else start + float(random.uniform(0.01, 3))
            operation = str(random.choice(["set", "add", "scale"]))
            changes.append(Change("p", operation, float(random.normal()), start, ramp, end))
        members.append(changes)
    return members


@pytest.mark.parametrize("lanes", [1, None])
def test_values_over_time_are_those_of_the_definition(lanes: int | None) -> None:
    members = _random_members()
    builder = Builder()
    now, first = builder.op("parameter", extra=1), builder.op("first parameter", extra=1)
    other = builder.op("parameter", extra=0)
    program = make(builder, bases=[1.0, 2.0], initial_time=_T0, time_step=_STEP)
    bases = np.random.default_rng(6).normal(size=len(members))
    slots = _slots(members)
    batch = Batch(
        len(members),
        np.vstack([np.full(len(members), 9.0), bases]),
        slot_parameters=np.full(len(slots), 1),
        slots=slots,
    )
    got = run(program, [now, first, other], _STEPS, batch, varying=[0, 1], dated=[1], lanes=lanes)
    for member, changes in enumerate(members):
        right = values_over_time(float(bases[member]), changes, _TIMES, _STEP)
        assert same_bits(got[0, :, member], right), changes
        assert same_bits(got[1, :, member], [right[0]] * len(right))
    assert (got[2] == 9.0).all()


def test_a_change_replaces_a_number_that_is_not_known() -> None:
    builder = Builder()
    now = builder.op("parameter", extra=0)
    slots = _slots([[Change("p", "set", 4.0, 2.0)], [Change("p", "add", 4.0, 2.0)]])
    batch = Batch(2, np.full((1, 2), np.nan), slot_parameters=np.array([0]), slots=slots)
    got = run(make(builder, bases=[1.0]), [now], 3, batch, varying=[0], dated=[0])[0]
    assert same_bits(got, [[np.nan, np.nan]] * 2 + [[4.0, np.nan]] * 2)


def test_slots_of_different_parameters_do_not_mix() -> None:
    builder = Builder()
    outputs = [builder.op("parameter", extra=index) for index in range(3)]
    slots = _slots([[Change("c", "add", 1.0, 1.0), Change("a", "scale", 3.0, 2.0)]])
    batch = Batch(1, np.array([[5.0], [6.0], [7.0]]), np.array([2, 0]), slots)
    got = run(make(builder, bases=[0.0] * 3), outputs, 3, batch, varying=[0, 1, 2], dated=[0, 2])
    assert got[:, :, 0].tolist() == [[5, 5, 15, 15], [6, 6, 6, 6], [7, 8, 8, 8]]


@pytest.mark.parametrize(("integrator", "order"), [("euler", 1), ("rk4", 4)], ids=["euler", "rk4"])
def test_the_order_stays_with_steps_and_ramps_on_the_grid(
    integrator: Integrator, order: int
) -> None:
    """y' = p(t) - y with p = 1, from t = 1 on 3, from t = 2 to 4 growing by 2, at 5 all undone."""

    def exact() -> float:
        y = 0.0
        for rate, slope, length in [(1, 0, 1), (3, 0, 1), (3, 1, 2), (5, 0, 1), (1, 0, 1)]:
            # y = c exp(-t) + (rate - slope) + slope t
            y = (y - rate + slope) * math.exp(-length) + rate - slope + slope * length
        return y

    errors = []
    for steps in (10, 20):
        builder = Builder()
        y, p = builder.op("state", extra=0), builder.op("parameter", extra=0)
        state = State("integral", builder.number(0.0), builder.op("sub", p, y))
        changes = [Change("p", "set", 3.0, 1.0, end=5.0), Change("p", "add", 2.0, 2.0, 2.0, 5.0)]
        batch = Batch(1, np.array([[1.0]]), np.array([0, 0]), _slots([changes]))
        program = make(builder, [state], bases=[1.0], time_step=1 / steps)
        got = run(program, [y], 6 * steps, batch, varying=[0], dated=[0], integrator=integrator)
        errors.append(abs(got[0, -1, 0] - exact()))
    assert np.log2(errors[0] / errors[1]) == pytest.approx(order, abs=0.15)
