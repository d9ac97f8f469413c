"""The study's numbers against three things that are not our engine.

A plain interpreter of the equations, pysimlin (which shares no code with PySD), and the same
run at half the TIME STEP.
"""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from flatgov.model import Call, Change, Model, Number
from flatgov.names import canonical
from flatgov.run.oracle import simulate
from flatgov.study import Study
from tools.interpreter import evaluate, right_hand_side


def changed(base: float, changes: list[Change], time: float) -> float:
    """Dated changes as the documentation defines them, written a second time."""
    value = base
    for change in changes:
        if time < change.start or (change.end is not None and time >= change.end):
            continue
        whole = change.ramp == 0 or time >= change.start + change.ramp
        share = 1.0 if whole else (time - change.start) / change.ramp
        if change.operation == "set":
            value = change.value if whole else value + (change.value - value) * share
        elif change.operation == "add":
            value += change.value * share
        else:
            value *= change.value if whole else 1 + (change.value - 1) * share
    return value


@pytest.mark.parametrize("policy", ["town", "actual", "full", "relayer"])
def test_every_equation_agrees_with_a_plain_interpreter(
    policy: str, model: Model, fieldwork: xr.Dataset
) -> None:
    def values(time: int) -> dict[str, float]:
        point = fieldwork.sel(policy=policy, time=time)
        return {canonical(str(name)): float(point[name]) for name in point.data_vars}

    start = values(0)
    for time in (0, 45, 46, 66, 96, 101, 180):
        state = values(time)
        for variable in model.variables.values():
            if variable.kind in ("auxiliary", "flow"):
                equation = right_hand_side(variable)
                frozen = isinstance(equation, Call) and equation.function == "INITIAL"
                value = evaluate(equation, start if frozen else state, model)
                assert math.isclose(
                    value, state[canonical(variable.name)], rel_tol=1e-12, abs_tol=1e-12
                ), (variable.name, time)


@pytest.mark.parametrize(
    ("policy", "scenario"),
    [
        ("town", "fieldwork"),
        ("actual", "fieldwork"),
        ("full", "fieldwork"),
        ("relayer", "fieldwork"),
        ("actual", "official"),
        ("full", "official"),
    ],
)
def test_stocks_agree_with_pysimlin(
    policy: str, scenario: str, study: Study, model: Model, runs: xr.Dataset
) -> None:
    simlin = pytest.importorskip("simlin", reason="pysimlin has no wheel for this machine")
    by_variable: dict[str, list[Change]] = {}
    for change in [*study.scenarios[scenario].changes, *study.policies[policy].changes]:
        by_variable.setdefault(change.variable, []).append(change)
    simulation = simlin.load(Path(model.path)).simulate()
    now = {}
    for name in by_variable:
        expression = model.find(name).equations[0].expression
        assert isinstance(expression, Number)
        now[name] = expression.value
    base = dict(now)
    for step in range(round(model.time.final / model.time.step) + 1):
        time = step * model.time.step
        due = {name: changed(base[name], by_variable[name], time) for name in by_variable}
        due = {name: value for name, value in due.items() if value != now[name]}
        if due and time > model.time.initial:
            simulation.run_to(time - model.time.step)
        if due:
            for name, value in due.items():
                simulation.set_value(name.replace(" ", "_"), value)
            now |= due
    simulation.run_to_end()
    results = simulation.get_run().results
    for variable in model.variables.values():
        if variable.kind == "stock":
            theirs = results[variable.name.replace(" ", "_")].to_numpy()
            ours = runs[variable.name].sel(policy=policy, scenario=scenario).to_numpy()
            np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-12, err_msg=variable.name)


def test_half_the_time_step_changes_little(model: Model, study: Study) -> None:
    changes = study.policies["actual"].changes
    coarse = simulate(model, changes)
    fine = simulate(model, changes, replace(model.time, step=model.time.step / 2))
    for name in ("administrative cost", "work pressure", "cadre morale", "community autonomy"):
        assert float(np.max(np.abs(fine[name] / coarse[name] - 1))) < 0.02, name


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # PySD's own
def test_stocks_agree_with_pysd_as_it_comes(model: Model, tmp_path: Path) -> None:
    """No patched lookups, no renamed variables: PySD's own way from file to numbers."""
    import pysd

    copy = tmp_path / "longgang.mdl"
    copy.write_bytes(model.source)
    theirs = pysd.read_vensim(copy).run(saveper=model.time.step)
    ours = model.run()
    for variable in model.variables.values():
        if variable.kind == "stock":
            np.testing.assert_allclose(
                ours[variable.name].to_numpy(),
                theirs[variable.name].to_numpy()[:: round(1 / model.time.step)],
                rtol=1e-12,
                atol=1e-12,
                err_msg=variable.name,
            )
