"""The time axis: dates when the dataset has them, model time otherwise; reform dates on it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np
import numpy.typing as npt
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from flatgov.figures.labels import spread
from flatgov.figures.layout import Key, badge_style, size_in_points
from flatgov.figures.numbers import draw_ticks
from flatgov.figures.palette import GREY_INK
from flatgov.figures.text import Text, date_text, word
from flatgov.figures.words import WORDS

if TYPE_CHECKING:
    from flatgov.study import Study
    from flatgov.study.schema import Event

_HALF_MONTH = {"Day": 15.0, "Week": 2.0, "Month": 0.5, "Year": 1 / 24}  # in model time
_BADGE = 12.0  # points: the size of such a number
BADGES = 15.0  # points that the numbers of the reform dates need above a panel


@dataclass(frozen=True)
class Timeline:
    """The time points of a dataset as places on an axis.

    Attributes:
        x: Decimal years when there are dates, else model time; increasing.
        time: The same points in model time.
        dates: The dates, or ``None``.
        label: The label of the axis, with its unit.
        lang: The language of labels.
    """

    x: npt.NDArray[np.float64]
    time: npt.NDArray[np.float64]
    dates: npt.NDArray[np.datetime64] | None
    label: str
    lang: str

    def place(self, time: float) -> float:
        """Give the place of a model time on the axis."""
        return float(np.interp(time, self.time, self.x))

    def covers(self, time: float) -> bool:
        """Tell whether a model time lies within the run."""
        return bool(self.time[0] <= time <= self.time[-1])

    def index(self, time: float) -> int:
        """Give the position of the time point nearest to a model time."""
        return int(np.argmin(np.abs(self.time - time)))

    def show(self, time: float) -> str:
        """Write a model time as its month and year, or as the number it is."""
        if self.dates is None:
            return word(self.lang, "moment", time=f"{time:g}")
        # Half a day covers what rounding to seconds may take from the first of a month.
        seconds = np.interp(time, self.time, self.dates.astype("datetime64[s]").astype(float))
        return date_text(self.lang, np.datetime64(int(seconds) + 43_200, "s"))


def timeline(ds: xr.Dataset, lang: str) -> Timeline:
    """Read the time axis of a dataset.

    Args:
        ds: With a coordinate ``time``, and ``date`` over it when there is a calendar.
        lang: ``"en"`` or ``"zh"``.

    Returns:
        The timeline.
    """
    time = ds["time"].to_numpy().astype(float)
    if "date" in ds.coords:
        dates = ds["date"].to_numpy().astype("datetime64[s]")
        return Timeline(_decimal_years(dates), time, dates, word(lang, "year"), lang)
    units = str(ds["time"].attrs.get("units", "")).strip()
    # Vensim writes Month or Months; both are one word here.
    key = units.capitalize().removesuffix("s")
    unit = WORDS[key][lang] if key in WORDS else units or word(lang, "no units")
    return Timeline(
        time, time, None, word(lang, "heading", name=word(lang, "time"), unit=unit), lang
    )


def _decimal_years(dates: npt.NDArray[np.datetime64]) -> npt.NDArray[np.float64]:
    year = dates.astype("datetime64[Y]")
    first, following = year.astype("datetime64[s]"), (year + 1).astype("datetime64[s]")
    share = ((dates - first) / (following - first)).astype(float)
    return np.asarray(1970 + year.astype(float) + share)


def draw_time_axis(axes: Axes, line: Timeline) -> None:
    """Set limits, ticks and label of the time axis of a panel."""
    low, high = float(line.x[0]), float(line.x[-1])
    axes.set_xlim(low, high if high > low else low + 1)
    axes.set_xlabel(line.label, loc="right", labelpad=1)
    if line.dates is None:
        draw_ticks(axes.xaxis, low, high, 5)
        return
    if high - low > 3:
        years = MaxNLocator(4, integer=True, steps=[1, 2, 5, 10]).tick_values(low, high)
        found = [(float(year), f"{year:.0f}") for year in years]
    else:
        first = int(low)
        span = (low - first) * 12, (high - first) * 12
        months = MaxNLocator(4, integer=True, steps=[1, 3, 6, 10]).tick_values(*span)
        found = [
            (first + month / 12, f"{first + month // 12:.0f}-{month % 12 + 1:02.0f}")
            for month in months
        ]
    inside = [(x, text) for x, text in found if low <= x <= high]
    axes.set_xticks([x for x, _ in inside], [text for _, text in inside])


@dataclass(frozen=True)
class Mark:
    """A reform date: the number that figures show for it, and what it means."""

    badge: str
    time: float
    label: str


def marks(text: Text, line: Timeline, policies: Collection[str]) -> list[Mark]:
    """Number the events of the study that lie within the run and concern what is drawn.

    Args:
        text: The study's labels.
        line: The time axis.
        policies: The policies drawn. An event at which only other policies do something is left
            out; one at which none does is from outside, and stays.

    Returns:
        The marks in the order of time; the number of an event is the same in every figure.
    """
    events = sorted(text.study.figures.events, key=lambda event: _time(event))
    return [
        Mark(
            str(number),
            _time(event),
            text.label(event.label, f"figures.toml: events[{number}].label"),
        )
        for number, event in enumerate(events, 1)
        if line.covers(_time(event)) and _concerns(text.study, _time(event), policies)
    ]


def _concerns(study: Study, time: float, policies: Collection[str]) -> bool:
    """Tell whether an event is that of a drawn policy, or of none at all."""
    near = _HALF_MONTH[study.calendar.unit] if study.calendar else 0.0
    acting = {
        policy.id
        for policy in study.policies.values()
        if any(abs(change.start - time) <= near + 1e-9 for change in policy.changes)
    }
    return not acting or not acting.isdisjoint(policies)


def _time(event: Event) -> float:
    """Give the moment of an event; in an opened study it is model time."""
    return float(cast(float, event.date))


def mark_keys(text: Text, line: Timeline, events: Sequence[Mark]) -> list[Key]:
    """Say what the numbers mean, for the row under a title."""
    return [
        Key(text.word("event", date=line.show(event.time), label=event.label), badge=event.badge)
        for event in events
    ]


def draw_marks(axes: Axes, line: Timeline, events: Sequence[Mark], *, numbers: bool = True) -> None:
    """Draw the reform dates as vertical lines, with their numbers above the panel or without."""
    width = size_in_points(axes)[0]
    low, high = axes.get_xlim()
    wanted = [(line.place(event.time) - low) / (high - low) * width for event in events]
    places = spread(wanted, [_BADGE] * len(wanted), -_BADGE / 2, width + _BADGE / 2)
    for event, start, place in zip(events, wanted, places, strict=True):
        axes.axvline(line.place(event.time), color=GREY_INK, linewidth=0.7, dashes=(2, 2), zorder=2)
        if not numbers:
            continue
        axes.annotate(
            event.badge,
            (start / width, 1.0),
            xycoords="axes fraction",
            xytext=(place - start, 7.0),
            textcoords="offset points",
            annotation_clip=False,
            gid="reform date",
            **badge_style(),
        )
