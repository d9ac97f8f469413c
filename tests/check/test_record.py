"""The report as JSON."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from flatgov import check
from flatgov.check.catalogue import CHECKS, READING
from flatgov.check.findings import Finding, Outcome
from flatgov.check.record import report_json
from flatgov.check.report import Report, make_report

BAD = (math.inf, -math.inf, math.nan, np.float64("nan"), np.float32("inf"))
INFINITE = """{UTF-8}
tank = INTEG(inflow, 0) ~ Litre ~ |
inflow = table(1 / nothing) ~ Litre/Hour ~ |
nothing = 0 ~ Hour ~ |
root = SQRT(-1 - nothing) ~ ~ |
table((0,0),(1,1)) ~ ~ |
INITIAL TIME = 0 ~ Hour ~ |
FINAL TIME = 24 ~ Hour ~ |
TIME STEP = 0.5 ~ Hour ~ |
SAVEPER = 1 ~ Hour ~ |
"""


@pytest.mark.parametrize("about", [READING, *CHECKS], ids=lambda one: one.id)
def test_every_number_of_every_check_is_finite_or_nothing(about: object) -> None:
    checks = {one.id: one for one in (READING, *CHECKS)}
    outcome = Outcome(
        next(key for key, one in checks.items() if one is about),
        (Finding("x", "note", "x", evidence="nan"),),
        data={
            "numbers": list(BAD),
            "array": np.array([1.0, np.nan]),
            "inner": {2: {"low": -math.inf}, "tuple": (math.nan, 1)},
            "scalars": [np.float64(1.5), np.int64(2), np.bool_(True), Path("x")],
            "set": {"b", "a"},
        },
    )
    report = Report("x", None, checks, (outcome,), seconds={outcome.check: math.nan})
    (record,) = json.loads(json.dumps(report_json(report), allow_nan=False))["checks"]
    assert record["seconds"] is None
    assert record["data"] == {
        "numbers": [None] * len(BAD),
        "array": [1.0, None],
        "inner": {"2": {"low": None}, "tuple": [None, 1]},
        "scalars": [1.5, 2, True, "x"],
        "set": ["a", "b"],
    }


def test_a_model_full_of_infinity_has_a_record(tmp_path: Path) -> None:
    file = tmp_path / "m.mdl"
    file.write_text(INFINITE, encoding="utf-8")
    record = report_json(make_report(file))
    assert record["status"] == 1
    assert len(json.loads(json.dumps(record, allow_nan=False))["checks"]) == len(CHECKS) + 1


def test_the_place_is_that_of_the_file(tmp_path: Path) -> None:
    file = tmp_path / "m.mdl"
    file.write_text(INFINITE.replace("= table", "=\n\t\ttabel"), encoding="utf-8")
    record = report_json(make_report(file))
    (found,) = record["checks"][0]["findings"]
    assert (found["line"], found["column"], found["end_column"]) == (4, 3, 8)
    assert (record["schema"], record["status"]) == (1, 2)


def test_a_place_that_is_not_known_is_zero() -> None:
    outcome = Outcome("reading", (Finding("reading", "error", "wrong", "no.mdl"),))
    report = Report("no.mdl", None, {"reading": READING}, (outcome,))
    (found,) = report_json(report)["checks"][0]["findings"]
    assert (found["line"], found["column"], found["end_column"]) == (0, 0, 0)
    warned = replace(outcome, findings=(Finding("reading", "warning", "odd"),))
    report = replace(report, outcomes=(warned,))
    assert [report_json(report, strict)["status"] for strict in (False, True)] == [0, 1]


def test_the_package_offers_what_makes_and_writes_reports(tmp_path: Path) -> None:
    file = tmp_path / "m.mdl"
    file.write_text(INFINITE, encoding="utf-8")
    report = check.make_report(file)
    assert isinstance(report, check.Report)
    assert check.report_json(report)["status"] == 1
    assert check.report_text(report).startswith("error: ")
    assert "<html" in check.page_text(report)
    with pytest.raises(AttributeError, match=r"'flatgov\.check' has no attribute 'no_such'"):
        check.no_such  # noqa: B018 (looking it up is the test)
