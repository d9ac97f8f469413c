from __future__ import annotations

from flatgov.kernel.builder import Builder
from flatgov.kernel.program import State
from flatgov.kernel.schedule import schedule
from kernel.programs import make


def test_parameters_that_no_member_gives_are_folded() -> None:
    builder = Builder()
    p, q = builder.op("parameter", extra=0), builder.op("parameter", extra=1)
    out = builder.mul(p, builder.add(q, builder.number(1.0)))
    program = make(builder, bases=[2.0, 3.0])
    plan = schedule(program, outputs=[out])
    assert plan.operations[plan.outputs[0]].extra == 8.0
    plan = schedule(program, varying=[1], outputs=[out])
    codes = [plan.operations[number].code for number in plan.before]
    assert codes == ["add", "mul"]
    assert plan.save == plan.stage == ()


def test_functions_of_our_own_are_folded_with_their_bits() -> None:
    from flatgov.kernel import vector_math

    builder = Builder()
    out = builder.op("exp", builder.op("parameter", extra=0))
    plan = schedule(make(builder, bases=[0.3]), outputs=[out])
    assert plan.operations[plan.outputs[0]].extra == float(vector_math.evaluate("exp", [0.3])[0])


def test_what_nothing_needs_is_left_out() -> None:
    builder = Builder()
    used, unused = builder.op("state", extra=0), builder.op("state", extra=1)
    states = [
        State("integral", builder.number(1.0), builder.op("neg", used)),
        State("integral", builder.number(1.0), builder.op("sqrt", unused)),
    ]
    plan = schedule(make(builder, states), outputs=[used])
    assert len(plan.states) == 1
    assert [plan.operations[number].code for number in plan.stage] == ["neg"]


def test_lists_follow_what_changes_a_value() -> None:
    builder = Builder()
    time, held_time = builder.op("time"), builder.op("held time")
    p, q = builder.op("parameter", extra=0), builder.op("parameter", extra=1)
    x, held = builder.op("state", extra=0), builder.op("state", extra=1)
    once = builder.op("sqrt", p)
    steady = builder.op("mul", held, held_time)
    rate = builder.add(builder.mul(once, q), builder.mul(steady, x))
    next_held = builder.op("abs", time)
    shown = builder.op("floor", x)
    start = builder.op("trunc", time)
    states = [State("integral", start, rate), State("held", p, next_held)]
    plan = schedule(
        make(builder, states, bases=[1.0, 1.0]), varying=[0, 1], dated=[1], outputs=[shown]
    )

    def codes(numbers: tuple[int, ...]) -> list[str]:
        return [plan.operations[number].code for number in numbers]

    assert codes(plan.before) == ["sqrt"]
    assert codes(plan.initial) == ["trunc"]
    assert codes(plan.steady) == ["mul"]
    assert sorted(codes(plan.stage)) == ["add", "mul", "mul"]
    assert codes(plan.held) == ["abs"]
    assert codes(plan.save) == ["floor"]
    assert plan.dated == (1,)


def test_the_first_value_of_a_dated_parameter_is_read_once() -> None:
    builder = Builder()
    first = builder.op("first parameter", extra=0)
    now = builder.op("parameter", extra=0)
    out = builder.op("sub", now, first)
    plan = schedule(make(builder, bases=[1.0]), varying=[0], dated=[0], outputs=[out])
    assert [plan.operations[number].code for number in plan.before] == ["first parameter"]
    plan = schedule(make(builder, bases=[1.0]), varying=[0], outputs=[out])
    assert [plan.operations[number].code for number in plan.before] == ["sub"]


def test_integrals_come_before_held_values_and_delays() -> None:
    builder = Builder()
    one = builder.number(1.0)
    numbers = [builder.op("state", extra=index) for index in range(3)]
    states = [
        State("delay", one, numbers[1], length=one, name="a"),
        State("held", one, numbers[2], name="b"),
        State("integral", one, one, name="c"),
    ]
    plan = schedule(make(builder, states), outputs=[numbers[0]])
    assert [state.name for state in plan.states] == ["c", "b", "a"]
    assert plan.operations[plan.outputs[0]].extra == 2


def test_an_unchanged_initial_value_is_its_argument() -> None:
    builder = Builder()
    start = builder.op("parameter", extra=0)
    changed = builder.op("changed initial", start, extra=0)
    x = builder.op("state", extra=0)
    program = make(builder, [State("integral", changed, x)], bases=[4.0], stocks=1)
    plan = schedule(program, outputs=[x])
    assert plan.operations[plan.states[0].initial].extra == 4.0
    plan = schedule(program, changed_stocks=[0], outputs=[x])
    assert plan.operations[plan.states[0].initial].code == "changed initial"
