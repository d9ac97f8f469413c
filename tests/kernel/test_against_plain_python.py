"""Kernels against a reading of `flatgov.kernel.program` in plain Python, one member at a time."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pytest

from flatgov.kernel import jit, vector_math
from flatgov.kernel.builder import Builder, fold
from flatgov.kernel.emit import Integrator
from flatgov.kernel.execute import Batch
from flatgov.kernel.program import Program, State
from flatgov.kernel.schedule import ELEMENTARY
from flatgov.model import Table
from kernel.programs import Floats, make, run, same_bits


@dataclass
class Moment:
    """Values at one stage."""

    program: Program
    parameters: Sequence[float]
    stream: int
    states: Sequence[float]
    step: int
    held: float
    time: float
    known: dict[int, float] = field(default_factory=dict)

    def value(self, number: int) -> float:
        if number not in self.known:
            self.known[number] = self._compute(number)
        return self.known[number]

    def _compute(self, number: int) -> float:
        code, arguments, extra = self.program.operations[number]
        if code == "number":
            return float(extra)
        if code in ("parameter", "first parameter"):
            return self.parameters[extra]
        if code == "state":
            return self.states[extra]
        if code in ("time", "held time", "step"):
            return {"time": self.time, "held time": self.held, "step": float(self.step)}[code]
        values = [self.value(argument) for argument in arguments]
        if code == "random":
            drawn = vector_math.evaluate_random([self.stream], extra, [values[0]], self.step)
            return float(drawn[0])
        if code in ELEMENTARY:
            return float(vector_math.evaluate(code, *([value] for value in values))[0])
        folded = fold(code, values, extra)
        assert folded is not None
        return folded


def simulate(
    program: Program,
    outputs: Sequence[int],
    steps: int,
    parameters: Sequence[float],
    stream: int,
    integrator: Integrator,
) -> Floats:
    t0, h, states = program.initial_time, program.time_step, program.states
    start = Moment(program, parameters, stream, (), 0, t0, t0)
    now = [start.value(state.initial) for state in states]
    first = list(now)
    lengths = [start.value(s.length) if s.kind == "delay" else 0 for s in states]
    past: list[list[float]] = [[] for _ in states]
    saved = []
    for i in range(steps + 1):
        held = t0 + i * h

        def moment(values: Sequence[float], part: float, i: int = i, held: float = held) -> Moment:
            return Moment(program, parameters, stream, values, i, held, t0 + (i + part) * h)

        def rates(at: Moment) -> list[float]:
            return [at.value(s.value) if s.kind == "integral" else 0.0 for s in states]

        def moved(share: float, k: Sequence[float], now: Sequence[float] = now) -> list[float]:
            return [
                y + share * rate if s.kind == "integral" else y
                for y, rate, s in zip(now, k, states, strict=True)
            ]

        begin = moment(now, 0.0)
        saved.append([begin.value(number) for number in outputs])
        values = [begin.value(state.value) for state in states]
        k1 = rates(begin)
        after = moved(h, k1)
        if integrator == "rk4":
            k2 = rates(moment(moved(h / 2, k1), 0.5))
            k3 = rates(moment(moved(h / 2, k2), 0.5))
            k4 = rates(moment(moved(h, k3), 1.0))
            stages = zip(k1, k2, k3, k4, strict=True)
            after = moved(h / 6, [((a + 2 * b) + 2 * c) + d for a, b, c, d in stages])
        for place, state in enumerate(states):
            past[place].append(values[place])
            if state.kind == "held":
                after[place] = values[place]
            elif state.kind == "delay":
                due = i + 1 - int(lengths[place])
                after[place] = past[place][due] if due >= 0 else first[place]
        now = after
    return np.array(saved).T


def _random_program(seed: int) -> tuple[Program, list[int]]:
    """Join sources and operations at random."""
    random = np.random.default_rng(seed)
    builder = Builder()
    values = [builder.op("state", extra=index) for index in range(5)]
    values += [builder.op("parameter", extra=index) for index in range(2)]
    values += [builder.op(code) for code in ("time", "held time", "step")]
    values.append(builder.op("random", builder.number(float(seed)), extra=0))
    early = [n for n in values if builder.operations[n].code != "state"]
    table = Table((-1.0, 0.0, 0.5, 2.0), (0.3, -0.2, 0.9, 1.0))
    for target in (early, values):
        for _ in range(25):
            a, b, c = (int(x) for x in random.choice(target[-12:], size=3))
            code = str(random.choice(["add", "mul", "max", "select", "lookup", "sin", "lt", "not"]))
            if code == "select":
                target.append(builder.select(a, b, c))
            elif code in ("lookup", "sin", "not"):
                given = table if code == "lookup" else None
                target.append(builder.op(code, a, extra=given))
            else:
                target.append(builder.op(code, a, b))
    small = [builder.op("sin", number) for number in values[-10:]]
    length = builder.add(builder.number(1.0), builder.op("floor", builder.op("abs", values[5])))
    starts = [int(x) for x in random.choice(early, size=5)]
    rates = [int(x) for x in random.choice(small, size=5)]
    states = [
        State("integral", starts[0], rates[0]),
        State("held", starts[1], rates[1]),
        State("delay", starts[2], rates[2], length=builder.number(3.0)),
        State("delay", starts[3], rates[3], length=length),
        State("integral", starts[4], rates[4]),
    ]
    outputs = [*values[:11], *early[-5:], *values[-15:]]
    return make(builder, states, bases=[0.0, 0.0], initial_time=-0.7, time_step=0.3), outputs


@pytest.mark.parametrize("integrator", ["euler", "rk4"])
@pytest.mark.parametrize("seed", range(6))
def test_bits_are_those_of_the_definition(integrator: Integrator, seed: int) -> None:
    program, outputs = _random_program(seed)
    parameters = np.random.default_rng(seed).normal(size=(2, 3)) * 3
    streams = np.array([0, 5, 2**40], dtype=np.uint64)
    batch = Batch(3, parameters, streams=streams)
    got = run(program, outputs, 12, batch, varying=[0, 1], integrator=integrator)
    assert np.isfinite(got).mean() > 0.9
    for member in range(3):
        given = [float(x) for x in parameters[:, member]]
        expected = simulate(program, outputs, 12, given, int(streams[member]), integrator)
        assert same_bits(got[..., member], expected)


@pytest.mark.skipif(platform.machine() != "x86_64", reason="names processors of this family")
def test_bits_do_not_depend_on_the_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    def simulated() -> list[Floats]:
        for function in (jit.machine, jit.default_lanes):
            function.cache_clear()
        return [
            run(*_random_program(seed), 12, varying=[0, 1], batch=Batch(9, members))
            for seed in range(3)
        ]

    members = np.random.default_rng(9).normal(size=(2, 9))
    own = simulated()
    # The oldest of its kind: vectors of two, no rounding instructions.
    monkeypatch.setattr(jit, "_host", lambda: ("x86-64", ""))
    plain = simulated()
    assert jit.default_lanes() == 2
    assert all(same_bits(a, b) for a, b in zip(own, plain, strict=True))
    monkeypatch.undo()
    for function in (jit.machine, jit.default_lanes):
        function.cache_clear()
