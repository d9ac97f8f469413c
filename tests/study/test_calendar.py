import datetime

import numpy as np
import pytest

from flatgov.study.calendar import Calendar, known_unit, parse_date


@pytest.mark.parametrize("unit", ["Day", "Week", "Month", "Year"])
@pytest.mark.parametrize("day", ["2016-02", "2020-02-29", "2015-12-31", "2030-12", "2019-09-15"])
def test_a_date_survives_the_way_to_model_time_and_back(unit, day):
    calendar = Calendar(parse_date("2016-01-15"), unit)
    assert calendar.show(calendar.time(parse_date(day))) == day


@pytest.mark.parametrize(
    ("unit", "day", "time"),
    [
        ("Month", "2016-01", 0),
        ("Month", "2021-11", 70),
        ("Month", "2016-02-15", 1 + 14 / 29),
        ("Year", "2017-07", 1.5),
        ("Week", "2016-01-15", 2),
        ("Day", "2016-03-01", 60),
    ],
)
def test_model_time_of_a_date(unit, day, time):
    assert Calendar(parse_date("2016-01"), unit).time(parse_date(day)) == pytest.approx(time)


def test_dates_of_fractional_months():
    dates = Calendar(parse_date("2016-01"), "Month").dates([0.0, 0.5, 179.0])
    expected = ["2016-01-01T00:00:00", "2016-01-16T12:00:00", "2030-12-01T00:00:00"]
    assert dates.dtype == "datetime64[s]"
    assert (dates == np.array(expected, dtype="datetime64[s]")).all()


@pytest.mark.parametrize("text", ["2024-13", "2024-02-30", "24-01", "2024", "January 2024", ""])
def test_bad_date_text(text):
    with pytest.raises(ValueError, match="is no date; write a month as 2016-01"):
        parse_date(text)


def test_year_0_lets_model_time_count_calendar_years():
    calendar = Calendar(parse_date("0000-01"), "Year")
    assert calendar.show(2018.5) == "2018-07"
    assert calendar.time(parse_date("2018-07")) == 2018.5
    months = calendar.dates(2016 + np.arange(240) / 12)
    assert (months == np.arange("2016-01", "2036-01", dtype="datetime64[M]")).all()


def test_a_date_object_is_an_epoch_too():
    assert Calendar(datetime.date(2016, 1, 1), "Month").show(1) == "2016-02"


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        *[("Month", "Month"), ("months", "Month"), ("mo", "Month"), ("月", "Month")],
        *[("YEARS", "Year"), ("yr", "Year"), (" day", "Day"), ("Weeks", "Week")],
        *[("", None), ("Minute", None), ("fortnight", None)],
    ],
)
def test_units_of_a_model_s_time(text, unit):
    assert known_unit(text) == unit
