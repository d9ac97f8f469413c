"""What a model may be made of, and what of it a run may change."""

import dataclasses

import numpy as np
import pytest

from flatgov import ModelError
from flatgov.model import Number


def last(load, text, name="y", **settings):
    return float(load(text, **settings).run()[name][-1])


def test_long_rows_of_terms(load):
    assert last(load, f"x = Time ~~| y = {' + '.join(['x'] * 3000)} ~~|", final=2) == 6000
    factors = " * ".join(["x"] * 400)
    assert last(load, f"x = Time ~~| y = {factors} / 4 ~~|", final=2) == 2.0**398


def test_a_deep_chain_of_variables_needs_no_deep_recursion(load):
    chain = "".join(f"x{i} = x{i - 1} + 1 ~~| " for i in range(1, 3000))
    assert last(load, f"x0 = Time ~~| {chain}", "x2999", final=1) == 3000


def test_an_equation_that_is_nested_too_deeply_is_one_line(load):
    with pytest.raises(ModelError, match="'y', line 1: the equation is nested 101 deep"):
        load(f"y = {'MAX(1,' * 400}Time{')' * 400} ~~| ", final=1).run()


def test_a_mark_of_an_inner_sum_is_its_own(load):
    text = (
        "D: d1, d2, d3 ~~| E: e1, e2 ~~| a[D] = 1, 2, 3 ~~| b[D,E] = 1, 2; 3, 4; 5, 6; ~~|"
        "y = SUM(a[D!] * SUM(b[D!,E!])) ~~|"
    )
    assert last(load, text) == (1 + 2 + 3) * 21


def test_elements_are_defined_once(load):
    with pytest.raises(ModelError, match=r"\[d2\] is already defined on line 2; take it out"):
        load("D: d1, d2 ~~|\na[d2] = 5 ~~|\na[D] = 1 ~~|")
    except_it = load("D: d1, d2 ~~|\na[d2] = 5 ~~|\na[D] :EXCEPT: [d2] = 1 ~~|")
    np.testing.assert_array_equal(except_it.run()["a"][0], [1, 5])


@pytest.mark.parametrize(
    "text",
    [
        ":MACRO: F(x)\nF = F(x - 1) ~~|\n:END OF MACRO:\n",
        ":MACRO: F(x)\nF = G(x) ~~|\n:END OF MACRO:\n:MACRO: G(x)\nG = F(x) ~~|\n:END OF MACRO:\n",
    ],
)
def test_macros_that_call_themselves_are_refused(load, text):
    with pytest.raises(ModelError):
        load(f"{text}y = F(Time) ~~|").run()


def test_a_lookup_may_be_handed_on(load):
    text = (
        ":MACRO: INNER(t, x)\nINNER = t(x) ~~|\n:END OF MACRO:\n"
        ":MACRO: OUTER(u, z)\nOUTER = INNER(u, z) ~~|\n:END OF MACRO:\n"
        "table((0,0),(10,20)) ~~| y = OUTER(table, Time) ~~|"
    )
    assert last(load, text, final=3) == 6


def test_a_macro_named_almost_like_a_function_is_itself(load):
    text = ":MACRO: DELAYN(x)\nDELAYN = 2 * x ~~|\n:END OF MACRO:\ny = DELAYN(Time) ~~|"
    assert last(load, text, final=3) == 6


def test_a_sample_may_use_its_own_last_value_and_hold_another(load):
    highest = load("x = SIN(Time) ~~| y = SAMPLE IF TRUE(x > y, x, -1) ~~|", final=12).run()
    np.testing.assert_array_equal(highest["y"], np.maximum.accumulate(highest["x"].values))
    text = "y = SAMPLE IF TRUE(Time > 3, SAMPLE IF TRUE(Time > 5, Time, 0), 7) ~~|"
    values = load(text, final=7, step=1).run()["y"]
    np.testing.assert_array_equal(values, [7, 7, 7, 7, 0, 0, 6, 7])


@pytest.mark.parametrize(
    "equation",
    ["GROW(0.1, 100)", "TREND(5, 3, 0.1)", "FORECAST(5, 3, 1)", "SAMPLE IF TRUE(1, 2, 3)"],
)
def test_what_remembers_is_no_constant(load, equation):
    macro = ":MACRO: GROW(rate, start)\nGROW = INTEG(GROW * rate, start) ~~|\n:END OF MACRO:\n"
    model = load(f"{macro}y = {equation} ~~|")
    with pytest.raises(ModelError, match="'y' is an auxiliary and cannot be changed"):
        model.run(params={"y": 5.0})


def test_what_decides_the_time_settings_cannot_be_changed(tmp_path):
    from flatgov import load_model

    path = tmp_path / "own.mdl"
    path.write_text(
        "k = 0.5 ~~| n = 2 * m ~~| m = 3 ~~| other = 1 ~~|\nINITIAL TIME = 0 ~~|\n"
        "FINAL TIME = n ~~|\nTIME STEP = k ~~|\nSAVEPER = TIME STEP ~~|"
    )
    for _ in ("parsed", "from the cache"):
        model = load_model(path)
        assert model.time_constants == {"k", "m", "n"}
        with pytest.raises(ModelError, match="'k' decides the time settings and cannot be"):
            model.run(params={"k": 0.25})
        assert len(model.run(params={"other": 2.0})["time"]) == 13


@pytest.mark.parametrize("seed", [-1, 2**32, 1.5, None, "a", True])
def test_seeds_are_whole_numbers(load, seed):
    with pytest.raises(ModelError, match="is no seed; give a whole number"):
        load("y = 1 ~~|").run(seed=seed)


def test_another_model_from_the_same_file_is_run_as_it_is(load):
    model = load("c = 2 ~~| y = 10 * c ~~|")
    assert float(model.run()["y"][0]) == 20
    c = model.variables["c"]
    changed = dataclasses.replace(
        c, equations=(dataclasses.replace(c.equations[0], expression=Number(5.0)),)
    )
    other = dataclasses.replace(model, variables={**model.variables, "c": changed})
    assert float(other.run()["y"][0]) == 50
    assert float(model.run()["y"][0]) == 20


def test_an_inverse_is_made_once_and_not_for_large_matrices(load):
    text = (
        "r: (r1-r3) ~~| c: (c1-c3) ~~| m[r,c] = 2, 0, 1; 0, 3, 0; 1, 0, 1; ~~|"
        "i[r,c] = INVERT MATRIX(m[r,c], 3) ~~|"
    )
    inverse = load(text).run()["i"][0].values
    np.testing.assert_allclose(inverse, np.linalg.inv([[2, 0, 1], [0, 3, 0], [1, 0, 1]]))
    large = load(
        "r: (r1-r21) ~~| c: (c1-c21) ~~| m[r,c] = 1 ~~| i[r,c] = INVERT MATRIX(m[r,c], 21) ~~|"
    )
    with pytest.raises(ModelError, match="INVERT MATRIX of size 21 is not supported"):
        large.run()
