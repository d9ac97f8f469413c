"""Patterns vanish when the mechanism that the model gives for them is taken out.

A lookup is flattened to 1, or a constant set to 0, in a copy of the model file.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

import flatgov as fg
from flatgov.model import Change, Model
from flatgov.run.oracle import simulate
from flatgov.study import Study

FLAT = "([(0,0)-(9,2)],(0,1),(1,1),(9,1))"
Values = dict[str, np.ndarray]


def knocked_out(model: Model, name: str, folder: Path) -> Model:
    """Copy the model with one lookup flat at 1, or one constant 0."""
    text = model.source.decode("utf-8")
    kind = model.find(name).kind
    pattern = rf"(?m)^{re.escape(name)}" + (r"\([^~]*\)(?=\s*~)" if kind == "lookup" else r"=[^~]*")
    replacement = name + (FLAT if kind == "lookup" else "=\n\t0\n\t")
    changed, count = re.subn(pattern, replacement, text)
    assert count == 1, name
    path = folder / "knocked_out.mdl"
    path.write_text(changed, encoding="utf-8")
    return fg.load_model(path)


def morale_falls(values: Values) -> bool:
    return bool(values["cadre morale"][70] < 0.8 * values["cadre morale"][44])


def pressure_recovers(values: Values) -> bool:
    return bool(values["work pressure"][57] < 0.95 * values["work pressure"][48])


def districts_drift(values: Values) -> bool:
    role = values["middle layer role"]
    return bool(role[66] > role[44])


def people_are_drawn_up(values: Values) -> bool:
    return bool(values["frontline cadres"][70] < values["frontline cadres"][44])


def frontline_is_hurt_more(values: Values) -> bool:
    return bool(values["frontline morale"][70] < 0.97 * values["department morale"][70])


@pytest.mark.parametrize(
    ("pattern", "mechanisms"),
    [
        (morale_falls, ["effect of fatigue on morale"]),
        (pressure_recovers, ["super department saving", "effect of pressure on depth"]),
        (districts_drift, ["effect of pressure on delegation"]),
        (
            people_are_drawn_up,
            [
                "effect of department pressure on reassignment",
                "effect of department pressure on release",
            ],
        ),
        (frontline_is_hurt_more, ["sensitivity to promotion", "sensitivity to role conflict"]),
    ],
    ids=lambda item: item.__name__ if callable(item) else "",
)
def test_pattern_needs_its_mechanism(
    study: Study, tmp_path: Path, pattern: object, mechanisms: list[str]
) -> None:
    assert callable(pattern)
    changes = study.policies["actual"].changes
    assert pattern(simulate(study.model, changes))
    model = study.model
    for name in mechanisms:
        model = knocked_out(model, name, tmp_path)
    assert not pattern(simulate(model, changes))


def test_upper_level_tasks_cause_most_of_the_jump_of_2019(study: Study) -> None:
    """The numbers that the study's README gives."""

    def pressure_without(*names: str) -> float:
        kept = [c for c in study.policies["actual"].changes if c.variable not in names]
        return float(simulate(study.model, kept)["work pressure"][48])

    assert pressure_without() == pytest.approx(2.01, abs=0.005)
    assert pressure_without("sections", "upper offices per section") == pytest.approx(
        1.06, abs=0.005
    )
    assert pressure_without("grassroots units", "field departments") == pytest.approx(
        1.88, abs=0.005
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("matters per resident", 0.035),
        ("matters per resident", 0.01),
        ("autonomy granted", 0.2),
        ("comparable county staffing", 2500.0),
        ("hours per contact", 5.0),
        ("sections", 80.0),
        ("cost of full digitisation", 200.0),
    ],
)
def test_the_town_is_in_balance_whatever_it_is_assumed_to_be(
    model: Model, name: str, value: float
) -> None:
    """Ends of the assumed ranges, with a population that stands still."""
    settings = {name: value, "population growth fraction": 0.0}
    values = simulate(model, [Change(key, "set", number, 0.0) for key, number in settings.items()])
    for variable in model.variables.values():
        if variable.kind == "stock":
            series = values[variable.name]
            scale = abs(series[0]) or 1.0
            assert float(np.max(np.abs(series - series[0]))) / scale < 1e-6, variable.name
