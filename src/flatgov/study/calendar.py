"""Dates and model time."""

from __future__ import annotations

import datetime
import math
import re
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from flatgov.errors import StudyError
from flatgov.model import TimeSettings
from flatgov.study.consequence import Consequence

TimeUnit = Literal["Day", "Week", "Month", "Year"]
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}(-[0-9]{2})?")
_DAYS = {"Day": 1, "Week": 7}
_MONTHS = {"Month": 1, "Year": 12}
_SECONDS_A_DAY = 86_400
_UNIT_WORDS: dict[str, TimeUnit] = {
    **dict.fromkeys(("day", "d", "天", "日"), "Day"),
    **dict.fromkeys(("week", "wk", "w", "周", "星期"), "Week"),
    **dict.fromkeys(("month", "mon", "mo", "mth", "月"), "Month"),
    **dict.fromkeys(("year", "yr", "y", "年"), "Year"),
}


def parse_date(text: str) -> np.datetime64:
    """Read ``2016-01`` (its first day) or ``2016-01-15``; there is a year 0.

    Args:
        text: The date.

    Returns:
        The day.

    Raises:
        ValueError: The text is no date; the message says what a date looks like.
    """
    try:
        if _DATE.fullmatch(text.strip()) is None:
            raise ValueError
        return np.datetime64(text.strip(), "D")
    except ValueError:
        raise ValueError(
            f"'{text}' is no date; write a month as 2016-01 or a day as 2016-01-15"
        ) from None


def known_unit(units: str) -> TimeUnit | None:
    """Read the units of time of a model: ``Months`` or ``mo`` are Month; None for any other."""
    word = units.strip().lower()
    return _UNIT_WORDS.get(word) or _UNIT_WORDS.get(word.removesuffix("s"))


@dataclass(frozen=True)
class Calendar:
    """What model time means.

    Attributes:
        epoch: The date of model time 0. With January of year 0, which `datetime.date` does not
            have, model time in years counts calendar years.
        unit: What one unit of model time is. Months and years are those of the calendar: a
            date within a month counts as that fraction of it.
    """

    epoch: datetime.date | np.datetime64
    unit: TimeUnit

    @property
    def _first(self) -> np.datetime64:
        return np.datetime64(str(self.epoch), "D")

    def time(self, day: np.datetime64) -> float:
        """Give the model time of a date, as `parse_date` gives it."""
        if self.unit in _DAYS:
            return int((day - self._first).astype(int)) / _DAYS[self.unit]
        (whole, part), (whole_0, part_0) = _months(day), _months(self._first)
        return (whole - whole_0 + (part - part_0)) / _MONTHS[self.unit]

    def dates(self, times: npt.ArrayLike) -> npt.NDArray[np.datetime64]:
        """Give the dates of model times, to the second.

        Args:
            times: Model times, any shape.

        Returns:
            ``datetime64[s]`` of the same shape.
        """
        dates: npt.NDArray[np.datetime64]
        time = np.asarray(times, dtype=float)
        if self.unit in _DAYS:
            seconds = np.rint(time * _DAYS[self.unit] * _SECONDS_A_DAY).astype("timedelta64[s]")
            dates = self._first.astype("datetime64[s]") + seconds
            return dates
        whole_0, part_0 = _months(self._first)
        months = time * _MONTHS[self.unit] + part_0
        whole = np.floor(months)
        month = (whole + whole_0).astype(int).astype("datetime64[M]")
        first = month.astype("datetime64[s]")
        length = (month + 1).astype("datetime64[s]") - first
        seconds = np.rint((months - whole) * length.astype(float)).astype("timedelta64[s]")
        dates = first + seconds
        return dates

    def show(self, time: float) -> str:
        """Write a model time as a date: the month alone when it is the month's first day."""
        day = str(self.dates(time).astype("datetime64[D]"))
        return day.removesuffix("-01") if day.endswith("-01") else day


def _months(day: np.datetime64) -> tuple[int, float]:
    """Count the whole months since January 1970, and the days as a fraction of their month."""
    month = day.astype("datetime64[M]")
    first, following = month.astype("datetime64[D]"), (month + 1).astype("datetime64[D]")
    length = int((following - first).astype(int))
    return int(month.astype(int)), int((day - first).astype(int)) / length


class NoCalendar(StudyError):
    """A date in a study without a calendar: one mistake, however many dates there are."""


@dataclass(frozen=True)
class Clock:
    """The horizon of a model and its calendar: turns moments of a TOML file into model time.

    Attributes:
        settings: The model's time settings.
        calendar: None where the study has none.
        lost: Whether its calendar is wrong, so that no date can be read.
    """

    settings: TimeSettings
    calendar: Calendar | None = None
    lost: bool = False

    def time(self, moment: float | str | datetime.date, where: str) -> float:
        """Give the model time of a moment.

        Args:
            moment: A date text, a date, or model time as a number.
            where: The place of the moment, for the message.

        Returns:
            Model time within the horizon.

        Raises:
            StudyError: It is no date, lies outside the horizon, or needs a calendar; a
                `Consequence` where the calendar is lost.
        """
        time = moment if isinstance(moment, float) else self._date_to_time(moment, where)
        if not math.isfinite(time):
            raise StudyError(f"{time} is no time", where=where, fix="give a finite number")
        if not self.settings.initial <= time <= self.settings.final:
            first, last = self.show(self.settings.initial), self.show(self.settings.final)
            shown = f"{moment:g}" if isinstance(moment, float) else str(moment)
            raise StudyError(
                f"{shown} is outside the model's horizon",
                where=where,
                fix=f"the model runs from {first} to {last}",
            )
        return time

    def show(self, time: float) -> str:
        """Write a model time as a date, or as a number where there is no calendar."""
        return self.calendar.show(time) if self.calendar else f"{time:g}"

    def _date_to_time(self, moment: str | datetime.date, where: str) -> float:
        try:
            date = parse_date(str(moment))
        except ValueError as error:
            raise StudyError(str(error), where=where) from None
        if self.lost:
            raise Consequence
        if self.calendar is None:
            raise NoCalendar(
                f"the date {moment} means nothing without a calendar",
                where=where,
                fix='add [calendar] with epoch = "2016-01" and unit = "Month", or give model time '
                "as a number",
            )
        return self.calendar.time(date)
