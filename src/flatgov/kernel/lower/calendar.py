"""GET TIME VALUE and TIME BASE: Time as a date.

The date of time 0 and the unit of time come from the settings of a Vensim model. In years, quarters
and months Vensim counts 360 days a year, and in the smaller units real days
(vensim.com/documentation/fn_get_time_value.html). Real dates follow the Gregorian calendar; year
and month come from the number of the day by H. Hinnant's rule (howardhinnant.github.io,
"date_algorithms"), in which a year begins in March, so that its last day is the leap day.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from flatgov.kernel.builder import Builder
from flatgov.kernel.lower.scope import Scope
from flatgov.model import BaseDate, Call

Rule = Callable[[Scope, Call], int]

# Days a unit, of a year of 360 days.
_LONG_UNITS = {"year": 360.0, "quarter": 90.0, "month": 30.0}
# Days a unit and units a day.
_SHORT_UNITS = {
    "week": (7.0, 1.0),
    "day": (1.0, 1.0),
    "hour": (1.0, 24.0),
    "minute": (1.0, 1440.0),
    "second": (1.0, 86400.0),
}
# Day 0 is 1 January of year 0, that of `datetime.date.toordinal` 31 December.
_DAYS_BEFORE_YEAR_1 = 366
_MARCH_OF_YEAR_0 = 60.0


def _get_time_value(scope: Scope, call: Call) -> int:
    """GET TIME VALUE(relative to, offset, measure): of Time, not of the start or a clock."""
    relative = scope.steady(call.arguments[0], "the first argument of GET TIME VALUE")
    measure = scope.steady(call.arguments[2], "the third argument of GET TIME VALUE")
    if relative != 0:
        # Vensim takes 1 for 0, other than its manual says (github.com/SDXorg/pysd/issues/332).
        raise scope.error(
            f"GET TIME VALUE({relative:g}, …) is not supported",
            fix="only GET TIME VALUE(0, …), relative to Time, is",
        )
    time = scope.builder.add(scope.time(), scope.lower(call.arguments[1]))
    if measure == 0:
        return time
    base = scope.lowering.model.base_date
    if base is None:
        raise scope.error(
            "GET TIME VALUE needs the date of time 0, and the model's settings have none",
            fix="set it in Vensim's Model>Settings>Time Bounds",
        )
    found = _measured(scope.builder, time, base, measure)
    if found is None:
        raise scope.error(
            f"GET TIME VALUE(0, …, {measure:g}) is not supported where time is in {base.unit}s",
            fix="its measures are 0 to 4 and 7 to 9, in weeks and shorter units also 5 and 6",
        )
    return found


def _measured(b: Builder, time: int, base: BaseDate, measure: float) -> int | None:
    """Give a measure of a time; None for one that is not known."""
    if base.unit in _LONG_UNITS:
        days, per_day = b.mul(time, b.number(_LONG_UNITS[base.unit])), 1.0
        first = float((base.year * 12 + base.month - 1) * 30 + base.day - 1)
        parts = _commercial_date(b, b.op("floor", b.add(days, b.number(first))))
    else:
        length, per_day = _SHORT_UNITS[base.unit]
        days = b.mul(time, b.number(length))
        ordinal = date(base.year, base.month, base.day).toordinal()
        whole = b.op("floor", b.div(days, b.number(per_day)))
        parts = _real_date(b, b.add(whole, b.number(float(ordinal - 1 + _DAYS_BEFORE_YEAR_1))))

    def clock(parts_a_day: float) -> int:
        """Give the time of the day in hours, minutes or seconds; the days count too."""
        return b.div(b.mul(days, b.number(parts_a_day)), b.number(per_day))

    if measure == 7:
        return _modulo(b, b.op("floor", clock(24.0)), 24.0)
    if measure == 8:
        return _modulo(b, b.op("floor", clock(1440.0)), 60.0)
    if measure == 9:
        return _modulo(b, clock(86400.0), 60.0)
    return parts.get(measure)


def _commercial_date(b: Builder, day: int) -> dict[float, int]:
    """Give the measures of a day, of twelve months of 30 days a year."""
    one = b.number(1.0)
    return {
        1.0: _quotient(b, day, 360.0),
        2.0: b.add(_modulo(b, _quotient(b, day, 90.0), 4.0), one),
        3.0: b.add(_modulo(b, _quotient(b, day, 30.0), 12.0), one),
        4.0: b.add(_modulo(b, day, 30.0), one),
    }


def _real_date(b: Builder, day: int) -> dict[float, int]:
    """Give the measures of a day of the Gregorian calendar, counted from 1 January of year 0."""
    one = b.number(1.0)
    since = b.sub(day, b.number(_MARCH_OF_YEAR_0))
    era = _quotient(b, since, 146097.0)
    in_era = b.sub(since, b.mul(era, b.number(146097.0)))
    leap = b.add(
        b.sub(_quotient(b, in_era, 36524.0), _quotient(b, in_era, 1460.0)),
        b.op("neg", _quotient(b, in_era, 146096.0)),
    )
    year = _quotient(b, b.add(in_era, leap), 365.0)
    before = b.add(
        b.mul(year, b.number(365.0)), b.sub(_quotient(b, year, 4.0), _quotient(b, year, 100.0))
    )
    in_year = b.sub(in_era, before)
    fives = b.add(b.mul(in_year, b.number(5.0)), b.number(2.0))
    month = _quotient(b, fives, 153.0)  # from 0, of March
    days_before = _quotient(b, b.add(b.mul(month, b.number(153.0)), b.number(2.0)), 5.0)
    new_year = b.op("ge", month, b.number(10.0))
    month = b.add(b.sub(month, b.select(new_year, b.number(12.0), b.number(0.0))), b.number(3.0))
    year = b.add(b.add(year, b.mul(era, b.number(400.0))), new_year)
    return {
        1.0: year,
        2.0: b.add(_quotient(b, b.sub(month, one), 3.0), one),
        3.0: month,
        4.0: b.add(b.sub(in_year, days_before), one),
        5.0: _modulo(b, b.sub(day, one), 7.0),  # day 0 is a Saturday
        6.0: day,
    }


def _quotient(b: Builder, x: int, divisor: float) -> int:
    return b.op("floor", b.div(x, b.number(divisor)))


def _modulo(b: Builder, x: int, divisor: float) -> int:
    return b.sub(x, b.mul(b.number(divisor), _quotient(b, x, divisor)))


def _time_base(scope: Scope, call: Call) -> int:
    """TIME BASE(start, slope): start + Time * slope; fn_time_base.html."""
    start, slope = scope.arguments(call)
    return scope.builder.add(start, scope.builder.mul(scope.time(), slope))


FUNCTIONS: dict[str, Rule] = {"GET TIME VALUE": _get_time_value, "TIME BASE": _time_base}
