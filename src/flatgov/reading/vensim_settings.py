"""What the settings behind the sketch of a Vensim model say: date of time 0, method, units."""

from __future__ import annotations

import re
from datetime import date

from flatgov.errors import ModelError
from flatgov.model import BaseDate, Integrator, TimeUnit
from flatgov.reading.parsed import place

_SETTINGS = re.compile(r"^///---\\+\s*$", re.MULTILINE)
_DATE = re.compile(r"^(37|38|39|40):(\d+)\s*$", re.MULTILINE)
_METHOD = re.compile(r"^15:\d+,\d+,\d+,(\d+)", re.MULTILINE)
_SYNONYMS = re.compile(r"^22:(.+)$", re.MULTILINE)
_UNITS: tuple[TimeUnit, ...] = (
    *("year", "quarter", "month", "week"),
    *("day", "hour", "minute", "second"),
)
# With "Auto" Vensim makes smaller steps where it has to; here every step is a TIME STEP.
_METHODS: dict[str, Integrator] = {"0": "euler", "1": "rk4", "5": "rk4"}


def read_base_date(text: str) -> BaseDate | None:
    """Read the date of time 0 and the unit of time from the settings behind the sketch.

    They are the numbered lines 37 to 40: year, month, day, unit. Vensim writes 2 for months, 3 for
    weeks, 4 for days, 6 for minutes, 7 for seconds, 0 for years (models of SDXorg/test-models).

    Returns:
        What is there, or None where a line is missing or holds no such date.
    """
    found = dict(_DATE.findall(_settings(text)))
    try:
        year, month, day, unit = (int(found[line]) for line in ("37", "38", "39", "40"))
        date(year, month, day)
        return BaseDate(year, month, day, _UNITS[unit])
    except (KeyError, IndexError, ValueError):
        return None


def read_integrator(text: str, file: str) -> Integrator:
    """Read the integration method: the fourth number of the line ``15:``.

    It is 0 for Euler's method, 1 and 5 for RK4 with and without automatic steps: published models
    reach the numbers of another engine only so. No such line means Euler's method.

    Raises:
        ModelError: It is another method.
    """
    found = _METHOD.search(_settings(text))
    method = found.group(1) if found else "0"
    if method not in _METHODS:
        raise ModelError(
            f"the integration method of number {method} in the settings is not supported",
            where=place(file, line=_line(text, found)),
            text=found.group() if found else "",
            fix="choose Euler or RK4 in Vensim's model settings",
        )
    return _METHODS[method]


def read_unit_synonyms(text: str) -> tuple[tuple[str, ...], ...]:
    """Read the groups of units that mean the same: the lines ``22:$,Dollar,Dollars,$s``.

    Returns:
        Each group as written, without repetitions; lines with less than two units say nothing.
    """
    groups = []
    for line in _SYNONYMS.findall(_settings(text)):
        group = dict.fromkeys(name for part in line.split(",") if (name := part.strip()))
        if len(group) > 1:
            groups.append(tuple(group))
    return tuple(dict.fromkeys(groups))


def _line(text: str, found: re.Match[str] | None) -> int:
    start = len(text) - len(_settings(text)) + (found.start() if found else 0)
    return text.count("\n", 0, start) + 1


def _settings(text: str) -> str:
    parts = _SETTINGS.split(text, maxsplit=1)
    return parts[1] if len(parts) > 1 else ""
