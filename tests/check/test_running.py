"""Whether a model can be run, and what the other checks say if it cannot."""

from __future__ import annotations

from pathlib import Path

import pytest

from flatgov.check.excerpt import excerpt
from flatgov.check.report import Report, make_report
from flatgov.check.running import CANNOT_RUN
from flatgov.kernel.lower.functions import FUNCTIONS

MODEL = """{UTF-8}
tank = INTEG(inflow, 1) ~ ~ |
inflow = tank * 2 ~ ~ |
INITIAL TIME = 0 ~ Hour ~ |
FINAL TIME = 24 ~ Hour ~ |
TIME STEP = 0.5 ~ Hour ~ |
SAVEPER = 1 ~ Hour ~ |
"""


def checked(tmp_path: Path, model: str, *data: Path) -> Report:
    file = tmp_path / "m.mdl"
    file.write_text(model, encoding="utf-8")
    return make_report(file, data)


def test_a_model_that_runs(tmp_path: Path) -> None:
    whole = checked(tmp_path, MODEL)
    (found,) = [one for one in whole.outcomes if one.check == "running"]
    assert found.findings == ()
    assert found.summary == "it runs from time 0 to 24, saved 25 times"


def test_data_that_are_missing_are_one_error_for_each_variable(tmp_path: Path) -> None:
    model = MODEL.replace("tank * 2", "rain + snow") + "rain ~ ~ |\nsnow ~ ~ |\n"
    whole = checked(tmp_path, model)
    assert whole.status() == 1
    found = [one for one in whole.findings if one.severity == "error"]
    assert [(one.check, one.variable, one.line) for one in found] == [
        ("running", "rain", 8),
        ("running", "snow", 9),
    ]
    assert {one.cause for one in found} == {"no data are given for data variables"}
    assert found[0].fix == "give a file of its data with --data FILE"
    shown = excerpt(found[0])
    assert shown is not None
    assert shown.marked == "rain"
    skipped = {one.check: one.skipped for one in whole.outcomes if one.skipped}
    assert skipped.pop("reality").startswith("there is no checks.toml")
    assert {"not finite", "step size", "extreme conditions"} <= set(skipped)
    assert set(skipped.values()) == {CANNOT_RUN}
    data = tmp_path / "data.tab"
    data.write_text("Time\train\tsnow\n0\t1\t1\n", encoding="utf-8")
    assert checked(tmp_path, model, data).status() == 0


def test_a_bar_in_a_comment_makes_a_variable_that_nobody_uses(tmp_path: Path) -> None:
    model = MODEL.replace("* 2 ~ ~ |", "* 2 ~ ~ Litres | per hour ~ and more. |")
    (found,) = [one for one in checked(tmp_path, model).findings if one.severity == "error"]
    assert (found.check, found.variable) == ("running", "per hour")
    assert found.fix.startswith("remove the '|' in the comment before it")


def test_a_data_variable_that_nobody_uses_is_one_all_the_same(tmp_path: Path) -> None:
    model = MODEL.replace("* 2 ~ ~ |", "* 2 ~ ~ Litres per hour |\nrain ~ ~ Measured. |")
    (found,) = [one for one in checked(tmp_path, model).findings if one.severity == "error"]
    assert (found.variable, found.fix) == ("rain", "give a file of its data with --data FILE")


def test_what_the_kernel_does_not_know_is_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(FUNCTIONS, "SINH")
    whole = checked(tmp_path, MODEL.replace("tank * 2", "SINH(tank)"))
    (found,) = [one for one in whole.findings if one.check == "running"]
    assert (found.severity, found.variable, found.line) == ("warning", "inflow", 3)
    shown = excerpt(found)
    assert shown is not None
    assert shown.marked == "SINH"
    assert found.what == "SINH is not supported here, so no check that needs a run was done"
    assert [whole.status(strict) for strict in (False, True)] == [0, 1]
