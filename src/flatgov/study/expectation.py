"""The little language of behaviour tests: text → conditions, with every name and time checked.

    at('cadre morale' of actual, 2021-11) < 0.8 * at('cadre morale' of actual, 2019-09)

``'NAME' of POLICY`` is the course of a variable over the run, ``every stock of POLICY`` that of
each stock in turn. Courses and numbers take + - * / and ``abs(…)``. ``at(COURSE, MOMENT)``,
``min``, ``max``, ``mean`` and ``drift(COURSE, FIRST, LAST)`` make a number of a course;
``rising`` and ``falling(COURSE, FIRST, LAST)`` are true or false. Numbers are compared with
< <= > >=, chained where wanted, and conditions are joined with ``and``. A moment is a date, model
time, ``start`` or ``end``; without FIRST and LAST the whole run is meant. A condition on a number
that does not exist, such as a division by zero, does not hold. Nothing of the text is ever
executed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from flatgov.changes import FloatArray
from flatgov.errors import StudyError
from flatgov.model import Model
from flatgov.names import canonical
from flatgov.run.grid import time_points
from flatgov.study.calendar import Clock
from flatgov.study.changes import find_variable
from flatgov.study.policies import check_names

TRENDS = ("rising", "falling")
# How many moments each function takes after its first argument.
MOMENTS = {"abs": (0,), "at": (1,), **dict.fromkeys(("min", "max", "mean", "drift"), (0, 2))}
MOMENTS |= dict.fromkeys(TRENDS, (0, 2))


@dataclass(frozen=True)
class Constant:
    """A number of the text."""

    value: float


@dataclass(frozen=True)
class Course:
    """A variable under a policy, over the whole run.

    Attributes:
        variable: In the spelling of the model.
        element: The place in each of its subscripts; empty where it has none.
        policy: The id of a policy or variant.
    """

    variable: str
    element: tuple[int, ...]
    policy: str


@dataclass(frozen=True)
class Operation:
    """``+``, ``-``, ``*`` or ``/`` of two numbers or courses."""

    symbol: str
    left: Term
    right: Term


@dataclass(frozen=True)
class Function:
    """A function of a course, or ``abs`` of anything.

    Attributes:
        name: A key of `MOMENTS`, and no trend.
        term: What it is of.
        first: The place of the first time among those kept.
        last: The place of the last one, which belongs to the period.
    """

    name: str
    term: Term
    first: int
    last: int


@dataclass(frozen=True)
class Trend:
    """``rising`` or ``falling``: each kept value is above, or below, the one before it."""

    name: str
    term: Term
    first: int
    last: int


@dataclass(frozen=True)
class Comparison:
    """Numbers with one of < <= > >= between each two neighbours."""

    symbols: tuple[str, ...]
    sides: tuple[Term, ...]


@dataclass(frozen=True)
class Whenever:
    """At every kept time at which all of `when` hold, all of `expect` hold.

    Sides of these comparisons may be courses, which are compared time by time.
    """

    when: tuple[Comparison, ...]
    expect: tuple[Comparison, ...]


Term = Constant | Course | Operation | Function
Condition = Comparison | Trend | Whenever


@dataclass(frozen=True)
class Scope:
    """What names and moments of an expectation may mean.

    Attributes:
        model: Has the variables.
        clock: Reads dates.
        policies: What may stand after ``of``, with the id of the policy or variant that it means.
        whole_courses: Whether courses may be compared with each other, time by time.
    """

    model: Model
    clock: Clock
    policies: Mapping[str, str]
    whole_courses: bool = False

    @cached_property
    def times(self) -> FloatArray:
        """The times that a run keeps."""
        return time_points(self.model.time)

    @cached_property
    def stocks(self) -> tuple[Course, ...]:
        """Every stock of the model, element by element; the policy is still open."""
        return tuple(
            Course(one.name, element, "")
            for one in self.model.variables.values()
            if one.kind == "stock"
            for element in np.ndindex(*(len(self.model.subscripts[s]) for s in one.subscripts))
        )

    def course(self, name: str, where: str) -> Course:
        """Find a variable, or one element of it: ``name[element]``; the policy is still open.

        Raises:
            StudyError: There is no such variable or element, or it has no course.
        """
        subscripts = self.model.subscripts
        bare, bracket, inside = name.strip().partition("[")
        variable = find_variable(self.model, bare, where)
        if variable.kind == "lookup":
            raise StudyError(
                f"'{variable.name}' is a lookup table, which has no course", where=where
            )
        elements = inside.rstrip("] ").split(",") if bracket else []
        if len(elements) != len(variable.subscripts):
            first = ", ".join(subscripts[one][0] for one in variable.subscripts)
            raise StudyError(
                f"'{variable.name}' has {len(variable.subscripts)} subscripts, not {len(elements)}",
                where=where,
                fix=f"write '{variable.name}[{first}]'" if first else "leave out the brackets",
            )
        places = []
        for element, dimension in zip(elements, variable.subscripts, strict=True):
            known = {canonical(one): place for place, one in enumerate(subscripts[dimension])}
            if canonical(element) not in known:
                check_names([element.strip()], subscripts[dimension], "element", where)
            places.append(known[canonical(element)])
        return Course(variable.name, tuple(places), "")

    def place(self, moment: float | str, where: str) -> int:
        """Find a moment among the times that a run keeps.

        Raises:
            StudyError: It is no date, or not among them.
        """
        time = self.clock.time(moment, where)
        place = int(np.abs(self.times - time).argmin())
        nearest = float(self.times[place])
        if abs(nearest - time) > 1e-9 * max(1.0, abs(time)):
            raise StudyError(
                f"no results are kept at {self.clock.show(time)}",
                where=where,
                fix=f"the nearest moment is {self.clock.show(nearest)}",
            )
        return place


def courses(term: Term | Condition) -> Iterator[Course]:
    """Yield every course that a term or condition is made of, repeats included."""
    match term:
        case Course():
            yield term
        case Operation(_, left, right):
            yield from courses(left)
            yield from courses(right)
        case Function(_, inner) | Trend(_, inner):
            yield from courses(inner)
        case Comparison(_, sides):
            for side in sides:
                yield from courses(side)
        case Whenever(when, expect):
            for comparison in (*when, *expect):
                yield from courses(comparison)


def over_time(term: Term) -> bool:
    """Tell a course over time from a number."""
    match term:
        case Course():
            return True
        case Operation(_, left, right):
            return over_time(left) or over_time(right)
        case Function("abs", inner):
            return over_time(inner)
    return False
