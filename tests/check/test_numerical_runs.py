"""The runs that the numerical checks share."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from flatgov.check import numerical_runs
from flatgov.check.numerical import CHECKS
from flatgov.check.numerical_evaluate import evaluate, reachable
from flatgov.check.numerical_runs import runs
from flatgov.check.subject import Subject
from flatgov.reading import load_model
from flatgov.study import load as load_study
from kernel.lower.models import write

LONGGANG = Path(__file__).parents[2] / "sd_models" / "longgang"


def test_the_base_run_is_that_of_the_model(tmp_path: Path) -> None:
    text = "x = INTEG(y - x / 3, 1) ~~|\ny = SMOOTH3(RANDOM UNIFORM(0, x, 5), 2) ~~|\n"
    subject = Subject(write(tmp_path, text, step=0.25), seed=7)
    those = runs(subject)
    assert [one.label for one in those.states if one.stock] == ["'x'"]
    assert [one.variable.name for one in those.states if not one.stock] == ["y"] * 3
    at = [one.stock for one in those.states].index(True)
    np.testing.assert_array_equal(those.base.states[at][:: those.every], subject.base["x"])
    assert those.half.time.step == 0.125
    assert those.quarter.states.shape[1] == those.half.states.shape[1] == len(those.saved)


def test_a_state_inside_a_macro_belongs_to_what_calls_it(tmp_path: Path) -> None:
    text = """:MACRO: INNER(a)
INNER = level ~~|
level = INTEG(a - level, 1) ~~|
:END OF MACRO:
:MACRO: OUTER(a)
OUTER = INNER(a) ~~|
:END OF MACRO:
x = 1 ~~|
y = 2 * OUTER(x) ~~|
"""
    (state,) = runs(Subject(write(tmp_path, text))).states
    assert state.variable.name == "y"


def test_runs_are_made_once_for_a_subject(tmp_path: Path) -> None:
    model = write(tmp_path, "x = INTEG(-x, 1) ~~|\n")
    first, second = Subject(model), Subject(model)
    assert runs(first) is runs(first)
    assert runs(first) is not runs(second)
    key = id(first)
    del first
    assert key not in numerical_runs._SHARED


def test_a_final_time_that_moves_ends_the_runs(tmp_path: Path) -> None:
    path = tmp_path / "m.mdl"
    path.write_text(
        "x = INTEG(1, 0) ~~|\nFINAL TIME = 10 - x ~~|\nINITIAL TIME = 0 ~~|\n"
        "TIME STEP = 1 ~~|\nSAVEPER = 1 ~~|\n"
    )
    assert runs(Subject(load_model(path))).base.times[-1] == 5


def test_operations_in_numpy_are_those_of_the_kernel() -> None:
    model = load_model(LONGGANG / "longgang.mdl")
    subject = Subject(model)
    those = runs(subject)
    program, places = those.base.program, np.arange(0, 1441, 8)
    roots = [int(number) for numbers in program.outputs.values() for number in numbers.flat]
    states = np.zeros((len(program.states), len(places), 1))
    for position, one in enumerate(those.states):
        states[one.index, :, 0] = those.base.states[position, places]
    values = evaluate(
        program, states, those.base.times[places], places.astype(float), reachable(program, roots)
    )
    for name, numbers in program.outputs.items():
        (number,) = numbers.flat
        own = np.broadcast_to(values[int(number)], (len(places), 1))[:, 0]
        np.testing.assert_allclose(own, subject.base[name], rtol=1e-12, atol=1e-12, err_msg=name)


def test_longgang_has_no_error_and_no_warning() -> None:
    study = load_study.open_study(LONGGANG)
    subject = Subject(study.model, study, 16)
    for check in CHECKS:
        outcome = check.run(subject)
        assert not outcome.skipped, check.id
        assert outcome.summary
        assert {finding.severity for finding in outcome.findings} <= {"note"}, check.id


def test_a_model_that_cannot_be_run_is_skipped_with_the_reason(tmp_path: Path) -> None:
    subject = Subject(write(tmp_path, "x = price + 1 ~~|\nprice ~~|\n"))
    for check in CHECKS:
        assert check.run(subject).skipped.startswith("the model cannot be run: 'price'"), check.id


def test_a_level_of_a_macro_is_called_so(tmp_path: Path) -> None:
    text = """
:MACRO: HELD(in, tau)
HELD = lev / tau ~~|
lev = INTEG(in - HELD, in * tau) ~~|
:END OF MACRO:
o = HELD(flow, 4) ~~|
flow = 2 ~~|
"""
    (state,) = runs(Subject(write(tmp_path, text))).states
    assert (state.variable.name, state.stock) == ("o", False)
    assert state.label == "a level in a macro, 'lev'"
