"""Lookups that are read where it is known."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import flatgov as fg
from flatgov.check import lookup_domain_runs
from flatgov.check.findings import Outcome
from flatgov.check.lookup_domain import run
from flatgov.check.lookup_domain_calls import find_uses
from flatgov.check.subject import Subject
from flatgov.model import Model
from flatgov.reading import load_model
from flatgov.run.native import lowered
from flatgov.study.design import Design, sample
from flatgov.study.study import Study

Load = Callable[[str], Model]

# x is 0, 1, …, 8.
RAMP = "x = INTEG(1, 0) ~~|\n"
UNCERTAINTY = """\
[design]
method = "random"
[parameters.tasks]
distribution = "uniform"
low = 60.0
high = 360.0
units = "Task/Month"
reason = "A guess."
"""


@pytest.fixture
def load(tmp_path: Path) -> Load:
    def write(text: str) -> Model:
        path = tmp_path / "model.mdl"
        times = "INITIAL TIME = 0 ~~|\nFINAL TIME = 8 ~~|\nTIME STEP = 0.5 ~~|\nSAVEPER = 1 ~~|\n"
        path.write_text(f"{text}\n{times}", encoding="utf-8")
        return load_model(path)

    return write


def uses(outcome: Outcome) -> dict[tuple[str, str], dict[str, Any]]:
    return {(row["table"], row["variable"]): row for row in outcome.data["uses"]}


def test_a_lookup_that_is_left(load: Load) -> None:
    model = load(RAMP + "y = table(x) ~~|\ntable((0,1),(2,1),(6,3)) ~~|")
    outcome = run(Subject(model))
    (finding,) = outcome.findings
    assert (finding.severity, finding.variable, finding.line) == ("warning", "table", 3)
    assert finding.what == (
        "'y' reads 'table' at 8 (the model's own run, time 8), above its last point 6; there it "
        "keeps the value 3 of that point, though its curve does not level off"
    )
    row = uses(outcome)["table", "y"]
    assert row["alone"] == row["all"] == [0.0, 8.0]
    assert (row["members above"], row["members below"]) == (1.0, 0.0)
    assert row["time above"] == pytest.approx(2 / 9)
    assert row["quantiles"][0] == 0.0
    assert row["quantiles"][3] == 4.0
    assert row["quantiles"][-1] == 8.0


@pytest.mark.parametrize("last", [3, 3.5])
def test_an_end_that_is_flat_or_levels_off_is_a_note(load: Load, last: float) -> None:
    model = load(RAMP + f"y = table(x) ~~|\ntable((0,1),(2,3),(6,{last})) ~~|")
    (finding,) = run(Subject(model)).findings
    assert finding.severity == "note"
    assert finding.what.startswith("1 table is read beyond an end that is flat")
    assert "'y' reads 'table' at 8" in finding.evidence


def test_below_the_first_point(load: Load) -> None:
    model = load(RAMP + "y = table(x + 1) ~~|\ntable((3,1),(4,3),(9,3)) ~~|")
    (finding,) = run(Subject(model)).findings
    assert "'y' reads 'table' at 1 (the model's own run, time 0), below its first" in finding.what


def test_a_lookup_within_its_points(load: Load) -> None:
    model = load(RAMP + "y = table(x) ~~|\ntable((0,1),(2,3),(8,4)) ~~|")
    outcome = run(Subject(model))
    assert outcome.findings == ()
    assert outcome.summary == "1 use of lookups in 1 member: 0 go beyond an end"


def test_a_series_over_time_is_a_note(load: Load) -> None:
    model = load("y = table(Time / month) ~~|\nmonth = 1 ~~|\ntable((0,1),(2,3),(6,4)) ~~|")
    (finding,) = run(Subject(model)).findings
    assert finding.severity == "note"


def test_extrapolation_is_a_note(load: Load) -> None:
    text = RAMP + "y = LOOKUP EXTRAPOLATE(table, x) ~~|\ntable((0,1),(2,3),(6,4)) ~~|"
    (finding,) = run(Subject(load(text))).findings
    assert finding.severity == "note"


def test_a_table_that_is_hardly_used(load: Load) -> None:
    model = load(RAMP + "y = table(x) ~~|\ntable((0,1),(2,3),(100,4)) ~~|")
    (finding,) = run(Subject(model)).findings
    assert finding.severity == "note"
    assert finding.evidence == "'table': points 0 to 100, read 0 to 8"


def test_a_table_that_is_read_outside_only_is_told_of_once(load: Load) -> None:
    model = load(RAMP + "y = table(x) ~~|\ntable((20,1),(22,3),(100,3)) ~~|")
    (finding,) = run(Subject(model)).findings
    assert finding.severity == "warning"
    assert "below its first point 20" in finding.what


def test_every_place_where_a_table_is_read(load: Load) -> None:
    text = (
        """:MACRO: TWICE(a)
TWICE = inner(a) * 2 ~~|
inner((0,0),(20,1)) ~~|
:END OF MACRO:
"""
        + RAMP
    )
    text += """
    area: north, south ~~|
    effect[area]((0,1),(10,2)) ~~|
    a[area] = effect[area](x * factor[area]) + 1 ~~|
    factor[area] = 0.5, 1.5 ~~|
    b = SMOOTH(effect[north](x / 4), 3) + a[north] ~~|
    c = WITH LOOKUP(x, ((0,0),(30,1))) ~~|
    d = TWICE(x + 2) ~~|
    stock = INTEG(effect[south](1), effect[north](3)) ~~|
    """
    model = load(text)
    outcome = run(Subject(model))
    found = {key: row["all"] for key, row in uses(outcome).items()}
    assert found["effect", "a"] == [0.0, 12.0]
    assert found["effect", "b"] == [0.0, 2.0]
    assert found["c", "c"] == [0.0, 8.0]
    assert found["inner", "d"] == [2.0, 10.0]
    assert set(found) == {("effect", "a"), ("effect", "b"), ("c", "c"), ("inner", "d")}


def test_what_a_variable_uses_is_not_its_own(load: Load) -> None:
    model = load(RAMP + "y = table(x) ~~|\nz = y + table(x / 2) ~~|\ntable((0,1),(9,3)) ~~|")
    program = lowered(model, model.time)
    found = find_uses(model, program)
    assert [(use.variable, len(use.operations)) for use in found] == [("y", 1), ("z", 1)]


@pytest.fixture
def uncertain(write_study: Callable[..., Path]) -> Study:
    """The tiny study with a table that is left where tasks per person are more than 2."""
    folder = write_study()
    (folder / "uncertainty.toml").write_text(UNCERTAINTY, encoding="utf-8")
    return fg.open_study(folder)


def test_the_share_of_draws_that_leave(uncertain: Study) -> None:
    draws = 64
    outcome = run(Subject(uncertain.model, uncertain, draws=draws, seed=3))
    ds = uncertain.run(draws=draws, seed=3, save=["load"])
    load = np.asarray(ds["load"])  # (policy, draw, time); a study of three policies
    own = np.asarray(uncertain.run(save=["load"])["load"])
    alone = np.asarray(uncertain.model.run()["load"])
    (row,) = uses(outcome).values()
    policies = [name for name in uncertain.policies if name != "now"]  # as the model alone
    kept = [list(uncertain.policies).index(name) for name in policies]
    members = [load[0], *load[kept]]
    above = [
        np.r_[(one > 2).any(axis=1), base.max() > 2]
        for one, base in zip(members, [alone, *own[kept]], strict=True)
    ]
    assert row["members"] == (draws + 1) * 3
    assert 0.2 < row["members above"] < 0.9
    assert row["members above"] == np.concatenate(above).mean()
    assert row["all"] == [min(load.min(), own.min()), max(load.max(), own.max())]
    assert row["alone"] == [alone.min(), alone.max()]
    (finding,) = outcome.findings
    assert finding.severity == "note"
    _, draw, time = np.unravel_index(load.argmax(), load.shape)
    assert f"at {load.max():g} (" in finding.what
    assert f"draw {draw}, time {time}" in finding.what
    assert uncertain.uncertainty is not None
    drawn = sample(uncertain.uncertainty, Design("random", draws, 3), 0, draws)
    assert drawn[draw, 0] == drawn.max()


def test_blocks_change_nothing(uncertain: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    subject = Subject(uncertain.model, uncertain, draws=40)
    whole = run(subject)
    monkeypatch.setattr(lookup_domain_runs, "_PASS_BYTES", 1)
    parts = run(subject)
    assert parts.findings == whole.findings
    assert parts.data == whole.data


def test_without_draws_policies_are_still_run(uncertain: Study) -> None:
    (row,) = uses(run(Subject(uncertain.model, uncertain, draws=0))).values()
    assert row["members"] == 3


def test_a_policy_that_leaves_at_model_values(
    write_study: Callable[..., Path],
) -> None:
    study = fg.open_study(write_study(policies=("value = 0.5", "value = 3")))
    outcome = run(Subject(study.model, study))
    (finding,) = outcome.findings
    assert finding.severity == "warning"
    assert "(policy 'both', time " in finding.what
    assert uses(outcome)["effect of load", "leaving"]["alone"][1] < 2


def test_a_model_without_lookups_and_one_that_cannot_run(load: Load) -> None:
    assert run(Subject(load(RAMP))).summary == "The model reads no lookups"
    assert run(Subject(load("x ~~|\ny = x + 1 ~~|"))).skipped.startswith("the model cannot be run")


@pytest.mark.parametrize(
    "start", ["0 / zero", "1 / zero", "IF THEN ELSE(Time < 4, Time, 0 / zero)"]
)
def test_what_is_no_number_is_left_out(load: Load, start: str) -> None:
    text = f"zero = 0 ~~|\nf((0,0),(8,8)) ~~|\nz = {start} ~~|\ny = f(z) ~~|\n{RAMP}"
    outcome = run(Subject(load(text)))
    assert not [one for one in outcome.findings if one.severity != "note"]
    (row,) = outcome.data["uses"]
    partly = start.startswith("IF")
    assert row["all"] == row["policies"] == row["alone"] == ([0, 3] if partly else [None, None])
    json.dumps(outcome.data, allow_nan=False)
