"""Random models: the same numbers in three engines, the same bits however a batch is run."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from flatgov.errors import RunError
from flatgov.model import Integrator, Model
from flatgov.reading import load_model
from flatgov.run import oracle
from tools import array_interpreter, native
from tools.random_models import model_texts

FloatArray = NDArray[np.float64]
Results = Mapping[str, FloatArray]
CLOSE = 1e-9
# What PySD cannot do: memory in a subscripted variable of an input with fewer subscripts, and
# :AND: or :OR: of a condition with subscripts and one without; a stock that starts from one number
# and flows by a power of elements holds arrays of arrays.
PYSD_CANNOT = (
    *("could not broadcast", "different number of dimensions", "loop of ufunc"),
    "setting an array element with a sequence",
)


def examples(count: int) -> settings:
    """Draw always the same examples; nothing is timed, and failures are shown as drawn."""
    return settings(
        max_examples=count,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    )


@pytest.fixture
def deep_recursion() -> Iterator[None]:
    """Set the limit that a run through PySD sets before Hypothesis notes what it was."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(oracle._DEEPEST_CHAIN)
    yield
    sys.setrecursionlimit(before)


def read(text: str, folder: Path) -> Model:
    path = folder / "random.mdl"
    path.write_text(text, encoding="utf-8")
    return load_model(path)


def distance(one: Results, other: Results) -> float:
    """Give the largest difference of any variable, relative to the variable's largest value."""
    assert one.keys() == other.keys()
    worst = 0.0
    for name, values in one.items():
        assert np.isfinite(values).all(), name
        assert values.shape == other[name].shape, name
        scale = max(np.abs(values).max(), 1e-3)
        worst = max(worst, float(np.abs(values - other[name]).max() / scale))
    return worst


def interpret(model: Model, integrator: Integrator = "euler") -> Results:
    """Run the interpreter, and skip the example where rounding alone would move the results."""
    results = array_interpreter.simulate(model, integrator=integrator)
    shaken = array_interpreter.simulate(model, integrator=integrator, noise=1e-13)
    assume(distance(results, shaken) < CLOSE)
    return results


def check_native(text: str, folder: Path, integrator: Integrator) -> None:
    model = read(text, folder)
    expected = interpret(model, integrator)
    assert distance(expected, native.simulate(model, integrator=integrator)) < CLOSE


@examples(20)
@given(text=model_texts())
def test_native_is_the_interpreter_with_euler(text: str, tmp_path: Path) -> None:
    check_native(text, tmp_path, "euler")


@examples(15)
@given(text=model_texts())
def test_native_is_the_interpreter_with_rk4(text: str, tmp_path: Path) -> None:
    check_native(text, tmp_path, "rk4")


@examples(4)
@given(text=model_texts(every=True), integrator=st.sampled_from(["euler", "rk4"]))
def test_every_function_is_the_interpreter_s(
    text: str, integrator: Integrator, tmp_path: Path
) -> None:
    check_native(text, tmp_path, integrator)


def check_three(text: str, folder: Path) -> None:
    model = read(text, folder)
    expected = interpret(model)
    try:
        pysd = oracle.simulate(model)
    except RunError as error:
        assume(not any(words in str(error) for words in PYSD_CANNOT))
        raise
    assert distance(expected, pysd) < CLOSE
    assert distance(pysd, native.simulate(model)) < CLOSE


@pytest.mark.usefixtures("deep_recursion")
@examples(8)
@given(text=model_texts())
def test_three_engines_agree(text: str, tmp_path: Path) -> None:
    check_three(text, tmp_path)


@pytest.mark.usefixtures("deep_recursion")
@examples(2)
@given(text=model_texts(every=True, dimensions=[()]))
def test_three_engines_agree_on_every_function(text: str, tmp_path: Path) -> None:
    check_three(text, tmp_path)


@pytest.mark.slow
@pytest.mark.usefixtures("deep_recursion")
@examples(200)
@given(text=model_texts())
def test_three_engines_agree_on_many_models(text: str, tmp_path: Path) -> None:
    check_three(text, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("integrator", ["euler", "rk4"])
def test_native_is_the_interpreter_on_many_models(integrator: Integrator, tmp_path: Path) -> None:
    @examples(500)
    @given(text=model_texts())
    def check(text: str) -> None:
        check_native(text, tmp_path, integrator)

    check()


# The same bits


def members_of(ready: native.Compiled, count: int, seed: int) -> FloatArray:
    """Give members whose parameters lie around those of the model."""
    base = np.array([ready.program.parameters[index].base for index in ready.varying])
    factors = np.random.default_rng(seed).uniform(0.8, 1.2, (len(base), count))
    return base[:, None] * factors


def same_bits(one: Results, other: Results) -> bool:
    return all(
        np.array_equal(values.view(np.int64), np.ascontiguousarray(other[name]).view(np.int64))
        for name, values in one.items()
    )


@examples(6)
@given(text=model_texts(), integrator=st.sampled_from(["euler", "rk4"]), data=st.data())
def test_bits_do_not_depend_on_how_a_batch_is_run(
    text: str, integrator: Integrator, data: st.DataObject, tmp_path: Path
) -> None:
    model = read(text, tmp_path)
    widest = native.compiled(model, integrator=integrator, varied=True)
    parameters = members_of(widest, 21, seed=1)
    expected = pieces(widest.run(parameters))
    for lanes in (1, 2, 4, 8):
        ready = native.compiled(model, integrator=integrator, varied=True, lanes=lanes)
        assert same_bits(expected, pieces(ready.run(parameters))), lanes
    for threads, chunk in ((1, 1), (2, 3), (3, 8), (2, None)):
        found = pieces(widest.run(parameters, threads=threads, chunk=chunk))
        assert same_bits(expected, found), (threads, chunk)
    order = data.draw(st.permutations(range(21)))
    shuffled = widest.run(parameters[:, order])
    assert same_bits(
        pieces({name: values[:, :, order] for name, values in expected.items()}), pieces(shuffled)
    )
    alone = widest.run(parameters[:, 5:6])
    assert same_bits(
        pieces({name: values[:, :, 5:6] for name, values in expected.items()}), pieces(alone)
    )


@examples(5)
@given(text=model_texts(), data=st.data())
def test_bits_do_not_depend_on_what_is_saved(
    text: str, data: st.DataObject, tmp_path: Path
) -> None:
    model = read(text, tmp_path)
    everything = native.compiled(model, varied=True)
    parameters = members_of(everything, 5, seed=2)
    expected = pieces(everything.run(parameters))
    some = data.draw(st.sets(st.sampled_from(everything.names), min_size=1, max_size=3))
    rarely = replace(model.time, saveper=3 * model.time.step)
    ready = native.compiled(model, time=rarely, varied=True, names=sorted(some))
    found = pieces(ready.run(parameters))
    assert found.keys() == some
    assert same_bits(found, pieces({name: expected[name][:, ::3] for name in found}))


def pieces(results: Results) -> Results:
    """Lay the numbers out one after the other, so that their bits can be seen."""
    return {name: np.ascontiguousarray(values) for name, values in results.items()}


# Order of the methods


def errors_of(model: Model, integrator: Integrator, steps: tuple[float, ...]) -> FloatArray:
    """Give the largest errors of the stocks at the end, for each step, against a fine RK4."""

    def ends(integrator: Integrator, step: float) -> FloatArray:
        time = replace(model.time, final=2.0, step=step, saveper=2.0)
        results = native.simulate(model, time, integrator)
        stocks = [name for name in results if model.variables[name].kind == "stock"]
        return np.concatenate([results[name][-1].ravel() for name in stocks])

    exact = ends("rk4", 2.0**-10)
    return np.array([np.abs(ends(integrator, step) - exact).max() for step in steps])


@examples(8)
@given(text=model_texts(smooth=True))
def test_the_error_of_euler_halves_with_the_step(text: str, tmp_path: Path) -> None:
    errors = errors_of(read(text, tmp_path), "euler", (2.0**-6, 2.0**-7, 2.0**-8))
    assume(errors[-1] > 1e-6)  # else errors of different sign cancel, or there is none
    assert np.allclose(errors[:-1] / errors[1:], 2, rtol=0.02), errors


@examples(8)
@given(text=model_texts(smooth=True))
def test_the_error_of_rk4_falls_sixteenfold(text: str, tmp_path: Path) -> None:
    errors = errors_of(read(text, tmp_path), "rk4", (2.0**-4, 2.0**-5, 2.0**-6))
    assume(errors[-1] > 1e-12)  # else rounding shows
    assert np.allclose(errors[:-1] / errors[1:], 16, rtol=0.08), errors


SAMPLE = """{UTF-8}
sample = SAMPLE IF TRUE(Time >= 1.25, Time + 1, 0.526) ~ ~ |
INITIAL TIME = 0 ~ ~ |
FINAL TIME = 3 ~ ~ |
TIME STEP = 0.25 ~ ~ |
SAVEPER = 0.25 ~ ~ |
"""


@pytest.mark.parametrize("integrator", ["euler", "rk4"])
def test_a_held_value_is_saved_as_it_is_now(integrator: Integrator, tmp_path: Path) -> None:
    found = native.simulate(read(SAMPLE, tmp_path), integrator=integrator)["sample"]
    time = np.arange(13) / 4
    assert np.array_equal(found, np.where(time >= 1.25, time + 1, 0.526))
