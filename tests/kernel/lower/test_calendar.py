"""GET TIME VALUE against Python's calendar."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from flatgov.errors import ModelError
from flatgov.model import BaseDate
from flatgov.reading import load_model
from kernel.lower.models import CONTROLS

MEASURES = (
    "units",
    "year",
    "quarter",
    "month",
    "day",
    "weekday",
    "days",
    "hour",
    "minute",
    "second",
)
SETTINGS = "\\\\\\---/// Sketch\nV300\n*View 1\n///---\\\\\\\n:L<%^E!@\n"


def values(
    folder: Path, start: str, unit: int, times: list[float], measures: range | tuple[int, ...]
) -> dict[str, np.ndarray]:
    """Run a model whose Time plus offset goes through some times."""
    year, month, day = start.split("-")
    base = f"37:{year}\n38:{int(month)}\n39:{int(day)}\n40:{unit}\n"
    points = ",".join(f"({at},{time!r})" for at, time in enumerate(times))
    text = f"offset = WITH LOOKUP(Time, ({points})) - Time ~~|\n"
    for measure in measures:
        text += f"{MEASURES[measure]} = GET TIME VALUE(0, offset, {measure}) ~~|\n"
    path = folder / "dates.mdl"
    path.write_text(text + CONTROLS.format(final=len(times) - 1, step=1) + SETTINGS + base)
    model = load_model(path)
    assert model.base_date is not None
    assert model.base_date.year == int(year)
    assert load_model(path) == model  # from the cache
    run = model.run()
    return {MEASURES[measure]: run[MEASURES[measure]].values for measure in measures}


# Ends of months, leap days, and turns of the century, before and after the base.
DAYS = [
    *(date(2000, 2, 28), date(2000, 2, 29), date(2000, 3, 1), date(1900, 2, 28), date(1900, 3, 1)),
    *(date(2023, 12, 31), date(2024, 1, 1), date(2100, 2, 28), date(2100, 3, 1), date(1, 1, 1)),
    *(date(1999, 12, 31), date(1600, 2, 29), date(2400, 12, 31), date(9999, 12, 31)),
    *(date(2015, month, 1) - timedelta(1) for month in range(1, 13)),
]


@pytest.mark.parametrize(("unit", "length"), [(4, 1.0), (3, 7.0)])
def test_days_and_weeks_are_real(tmp_path: Path, unit: int, length: float) -> None:
    start = date(2023, 8, 31)
    days = DAYS if unit == 4 else [start + timedelta(7 * weeks) for weeks in range(-300, 300, 7)]
    times = [(day - start).days / length for day in days]
    found = values(tmp_path, start.isoformat(), unit, times, range(10))
    np.testing.assert_array_equal(found["units"], times)
    np.testing.assert_array_equal(found["year"], [day.year for day in days])
    np.testing.assert_array_equal(found["quarter"], [(day.month + 2) // 3 for day in days])
    np.testing.assert_array_equal(found["month"], [day.month for day in days])
    np.testing.assert_array_equal(found["day"], [day.day for day in days])
    np.testing.assert_array_equal(found["weekday"], [day.isoweekday() % 7 for day in days])
    np.testing.assert_array_equal(found["days"], [day.toordinal() + 365 for day in days])
    for part in ("hour", "minute", "second"):
        np.testing.assert_array_equal(found[part], 0)


@pytest.mark.parametrize(("unit", "seconds"), [(5, 3600), (6, 60), (7, 1)])
def test_hours_minutes_and_seconds(tmp_path: Path, unit: int, seconds: int) -> None:
    start = datetime(2024, 2, 28)
    times = [0, 1, 23, 24, 25, 59, 60, 61, 1439, 1440, 3599, 3600, 86399, 86400, 172800, -1, -86401]
    moments = [start + timedelta(seconds=seconds * time) for time in times]
    found = values(tmp_path, "2024-02-28", unit, [float(time) for time in times], range(10))
    for part in ("month", "day", "hour", "minute", "second"):
        expected = [getattr(moment, part) for moment in moments]
        np.testing.assert_array_equal(found[part], expected, err_msg=part)


def test_parts_of_a_day(tmp_path: Path) -> None:
    found = values(tmp_path, "2000-01-01", 4, [0.5, 1.75, 2.0 + 1 / 64], (4, 7, 8, 9))
    np.testing.assert_array_equal(found["day"], [1, 2, 3])
    np.testing.assert_array_equal(found["hour"], [12, 18, 0])
    np.testing.assert_array_equal(found["minute"], [0, 0, 22])
    np.testing.assert_array_equal(found["second"], [0, 0, 30])


@pytest.mark.parametrize(("unit", "months"), [(0, 12), (1, 3), (2, 1)])
def test_years_quarters_and_months_have_360_days_a_year(
    tmp_path: Path, unit: int, months: int
) -> None:
    times = [-1.0, 0.0, 0.5, 1.0, 7.0, 11.0, 12.0, 30.0]
    found = values(tmp_path, "2016-11-16", unit, times, (1, 2, 3, 4, 7))
    # Half of a month after the 16th is the 1st of the next.
    month = np.floor(2016 * 12 + 10 + 0.5 + np.array(times) * months)
    np.testing.assert_array_equal(found["year"], month // 12)
    np.testing.assert_array_equal(found["quarter"], month % 12 // 3 + 1)
    np.testing.assert_array_equal(found["month"], month % 12 + 1)
    expected = (15 + np.array(times) * months * 30) % 30 + 1
    np.testing.assert_array_equal(found["day"], expected)
    np.testing.assert_array_equal(found["hour"], 0)


@pytest.mark.parametrize(
    ("call", "settings", "message"),
    [
        ("0, 0, 1", "", "needs the date of time 0, and the model's settings have none"),
        ("0, 0, 1", "37:2000\n38:13\n39:1\n40:2\n", "the model's settings have none"),
        ("0, 0, 5", "37:2000\n38:1\n39:1\n40:2\n", "5.* not supported where time is in months"),
        ("0, 0, 10", "37:2000\n38:1\n39:1\n40:4\n", "10.* not supported where time is in days"),
        ("0, 0, 1.5", "37:2000\n38:1\n39:1\n40:4\n", "1.5.* not supported where time is in days"),
        ("1, 0, 0", "", r"GET TIME VALUE\(1, …\) is not supported"),
        ("2, 0, 3", "", r"GET TIME VALUE\(2, …\) is not supported"),
        ("0, 0, Time", "", "the third argument of GET TIME VALUE must be a number that does not"),
    ],
)
def test_what_is_refused(tmp_path: Path, call: str, settings: str, message: str) -> None:
    path = tmp_path / "model.mdl"
    text = f"x = GET TIME VALUE({call}) ~~|" + CONTROLS.format(final=1, step=1)
    path.write_text(text + SETTINGS + settings)
    with pytest.raises(ModelError, match=message):
        load_model(path).run()


def test_the_base_date_is_read_behind_the_sketch_only(tmp_path: Path) -> None:
    path = tmp_path / "model.mdl"
    lines = "37:2020\n38:2\n39:29\n40:4\n"
    path.write_text("x = 1 ~~|" + CONTROLS.format(final=1, step=1) + lines)
    with pytest.raises(ModelError):
        load_model(path)
    path.write_text("x = 1 ~~|" + CONTROLS.format(final=1, step=1) + SETTINGS + lines)
    assert load_model(path).base_date == BaseDate(2020, 2, 29, "day")
