"""Extreme conditions of models whose failures are known."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from flatgov.check.extreme import run
from flatgov.check.extreme_runs import judge_trials
from flatgov.check.extreme_trials import TrialBatch, find_inputs, find_trials
from flatgov.check.findings import Finding, Outcome
from flatgov.check.subject import Subject
from flatgov.model import Model
from flatgov.reading import load_model
from flatgov.run.native import lowered, simulate_members

Load = Callable[[str], Model]

CUP = """
cup = INTEG(-loss, 90) ~ Degree ~ |
loss = (cup - room) / time to cool ~ Degree/Month ~ |
room = 20 ~ Degree [0,40] ~ |
"""


@pytest.fixture
def load(tmp_path: Path) -> Load:
    def write(text: str) -> Model:
        path = tmp_path / "model.mdl"
        times = "INITIAL TIME = 0 ~~|\nFINAL TIME = 8 ~~|\nTIME STEP = 0.5 ~~|\nSAVEPER = 1 ~~|\n"
        path.write_text(f"{text}\n{times}", encoding="utf-8")
        return load_model(path)

    return write


def rows(outcome: Outcome) -> dict[tuple[str, str], dict[str, Any]]:
    return {(row["input"], row["extreme"]): row for row in outcome.data["trials"]}


def warnings(outcome: Outcome) -> list[Finding]:
    return [one for one in outcome.findings if one.severity == "warning"]


def test_what_is_tried(load: Load) -> None:
    model = load(CUP + "time to cool = 10 ~ Month [2,50] ~ |")
    outcome = run(Subject(model))
    values = {key: row["value"] for key, row in rows(outcome).items()}
    assert values == {
        ("cup", "0"): 0.0,
        ("cup", "10^6 times"): 9e7,
        ("room", "0"): 0.0,
        ("room", "highest"): 40.0,
        ("room", "10^6 times"): 2e7,
        ("time to cool", "lowest"): 2.0,
        ("time to cool", "highest"): 50.0,
        ("time to cool", "10^6 times"): 1e7,
    }
    ranges = {key: row["limits"] for key, row in rows(outcome).items()}
    assert ranges["cup", "0"] == "open"
    assert ranges["room", "0"] == ranges["time to cool", "lowest"] == "within"
    assert ranges["room", "10^6 times"] == "beyond"
    assert outcome.findings == ()


def test_a_division_by_what_may_be_zero(load: Load) -> None:
    model = load(CUP + "time to cool = 10 ~ Month [0,50] ~ |")
    outcome = run(Subject(model))
    (finding,) = outcome.findings
    assert (finding.severity, finding.variable, finding.line) == ("warning", "loss", 3)
    assert finding.what == (
        "'loss' is infinite at time 0 when 'time to cool' is 0, which its limits [0,50] allow"
    )
    assert "give 'time to cool' limits that forbid the value" in finding.fix
    (failure,) = rows(outcome)["time to cool", "0"]["failures"]
    assert failure == {"variable": "loss", "what": "infinite", "time": 0.0, "value": None}


def test_without_limits_it_is_one_note(load: Load) -> None:
    text = CUP + "time to cool = 10 ~~|\nx = 0 / a + 0 / b ~~|\na = 1 ~~|\nb = 2 ~~|"
    (finding,) = run(Subject(load(text))).findings
    assert (finding.severity, finding.variable) == ("note", "")
    assert finding.what == (
        "3 inputs that no limit keeps from 0 or from 10^6 times their value give a value that is "
        "no finite number 3 times"
    )
    assert "'x' is not a number at time 0 when 'b' is 0" in finding.evidence


def test_the_moment_of_failure_lies_between_saved_times(load: Load) -> None:
    text = """
    stock = INTEG(-drain, 10) ~~|
    drain = rate ~~|
    rate = 1 ~ 1/Month [0,4] ~ |
    root = SQRT(stock) ~~|
    """
    # At rate 4 the stock is 10, 8, …, 0 at 2.5, -2 at 3, which is the first saved time after it.
    outcome = run(Subject(load(text)))
    (failure, _) = rows(outcome)["rate", "highest"]["failures"]
    assert (failure["variable"], failure["time"]) == ("root", 3.0)
    shifted = run(Subject(load(text.replace("10)", "9)"))))
    assert rows(shifted)["rate", "highest"]["failures"][0]["time"] == 2.5


def test_a_stock_below_zero(load: Load) -> None:
    text = """
    stock = INTEG(-drain, 100) ~~|
    drain = rate ~~|
    rate = 1 ~ 1/Month [0,20] ~ |
    debt = INTEG(-rate, -5) ~~|
    """
    (finding,) = warnings(run(Subject(load(text))))
    # 100 - 20 * 6 is the first value below zero at a saved time.
    assert finding.what == (
        "'stock' falls below zero (-20) at time 6 when 'rate' is 20, which its limits [0,20] allow"
    )
    limited = text.replace("drain = rate", "drain = MIN(rate, stock / 2)")
    assert not warnings(run(Subject(load(limited))))


def test_what_is_negative_may_make_a_stock_so(load: Load) -> None:
    text = """
    warmth = INTEG((room - warmth) / 2, 20) ~~|
    room = 10 ~ Celsius [-30,30] ~ |
    """
    assert warnings(run(Subject(load(text)))) == []


def test_a_share_beyond_its_limits(load: Load) -> None:
    text = """
    share = part / whole ~ Dmnl [0,1] ~ |
    part = 3 ~ Person [0,12] ~ |
    whole = 10 ~ Person [1,20] ~ |
    """
    found = {one.what.split(" at ")[0]: one for one in warnings(run(Subject(load(text))))}
    assert set(found) == {"'share' leaves its limits 0 to 1 (3)"}
    (finding,) = found.values()
    assert finding.evidence == "also when 'part' is 12"


def test_elements_are_tried_together_and_others_stay(load: Load) -> None:
    text = """
    area: north, south ~~|
    size[area] = 2, 4 ~ Person [0,10] ~ |
    total = SUM(size[area!]) + other ~~|
    other = 7 ~~|
    inverse = 1 / (total - other) ~~|
    """
    model = load(text)
    outcome = run(Subject(model))
    assert rows(outcome)["size", "0"]["failures"][0]["variable"] == "inverse"
    assert rows(outcome)["size", "highest"]["failures"] == []
    assert rows(outcome)["other", "0"]["failures"] == []


def test_a_trial_is_a_run_with_that_value(load: Load) -> None:
    model = load(CUP + "time to cool = 10 ~ Month [2,50] ~ |")
    base = Subject(model).base
    inputs = find_inputs(model, lowered(model, model.time), base)
    assert {name: values.tolist() for name, values in inputs.items()} == {
        "cup": [90.0],
        "room": [20.0],
        "time to cool": [10.0],
    }
    trials = find_trials(model, inputs)
    for random in (False, True):
        batch = TrialBatch(model, inputs, trials, random)
        plans, draws = batch.members(range(len(trials)))
        cups = batch.of_trials(simulate_members(model, plans, draws).values["cup"], 0)
        for trial, cup in zip(trials, cups, strict=True):
            if trial.range != "beyond":
                alone = model.run({trial.variable.name: trial.value})["cup"]
                np.testing.assert_array_equal(cup, alone)


def test_chance_is_that_of_the_models_own_run(load: Load) -> None:
    text = """
    luck = RANDOM UNIFORM(0, 1, 3) ~~|
    lucky = IF THEN ELSE(luck > level, 0, 1) ~~|
    worst = 1 / lucky + 0 * size ~~|
    level = 0 ~~|
    size = 1 ~ Dmnl [0,5] ~ |
    """
    model = load(text.replace("level = 0", "level = 2"))
    base = Subject(model).base
    inputs = find_inputs(model, lowered(model, model.time), base)
    trials = find_trials(model, inputs)
    failures = judge_trials(model, inputs, trials, base, 0)
    failed = {
        (trial.variable.name, trial.extreme): [(one.variable, one.time) for one in own]
        for trial, own in zip(trials, failures, strict=True)
        if own
    }
    assert failed == {("level", "0"): [("worst", 0.0)]}


def test_what_cannot_be_judged_is_skipped(load: Load) -> None:
    nothing = run(Subject(load("x = 0 / y ~~|\ny = 0 * Time ~~|")))
    assert nothing.skipped == "'x' is no number in the model's own run"
    unknown = run(Subject(load("x ~~|\ny = x + 1 ~~|")))
    assert unknown.skipped.startswith("the model cannot be run")
    assert unknown.findings == ()


def test_the_constants_that_decide_the_lowering_are_left_alone(load: Load) -> None:
    text = "x = SMOOTH N(Time, 4, 0, order) ~~|\norder = 3 ~~|"
    assert "order" not in {key[0] for key in rows(run(Subject(load(text))))}


def test_a_stock_below_zero_in_small_units(load: Load) -> None:
    # 1e-10 kg, of which gg takes 1e-10 a year within its limits: empty after a year.
    text = "A = INTEG(-gg, 1e-10) ~ kg [0,?] ~ |\ngg = 1e-13 ~ kg/Year [0,1e-10] ~ |\n"
    (finding,) = warnings(run(Subject(load(text))))
    assert finding.what.startswith("'A' falls below zero (-1e-10) at time 2 when 'gg' is 1e-10")


def test_all_elements_count(load: Load) -> None:
    text = """
    kind: first, second, third ~~|
    A[kind] = INTEG(-o[kind], 10) ~~|
    o[kind] = b0[kind] ~~|
    b0[kind] = {0} ~ Dmnl [{1}] ~ |
    """
    outcome = run(Subject(load(text.format("0, 0.2, 0.3", "?,?"))))
    assert "when all of 'b0' is 10^6 times its value" in outcome.findings[0].evidence
    # Only the first element is negative, and more so: 25 a month empties a stock of 10.
    (finding,) = warnings(run(Subject(load(text.format("-1, 0.2, 0.3", "-5,25")))))
    assert finding.what.startswith("'A' falls below zero (-15) at time 1 when all of 'b0' is 25")


def test_what_is_negative_anyway_is_no_excuse(load: Load) -> None:
    text = "A = INTEG(in + 2, 10) ~~|\nin = gg + 0 ~~|\ngg = -1 ~ Dmnl [-5,0] ~ |\n"
    (finding,) = warnings(run(Subject(load(text))))
    assert finding.what.startswith("'A' falls below zero (-2) at time 4 when 'gg' is -5")
