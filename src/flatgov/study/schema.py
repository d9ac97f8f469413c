"""Every key that the TOML files of a study may hold.

The classes mirror the files; names, units and dates are checked against the model afterwards.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Collection
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    PlainValidator,
    ValidationError,
    model_validator,
)
from pydantic_core import ErrorDetails, InitErrorDetails, PydanticCustomError

from flatgov.errors import nearest_names
from flatgov.model import Operation


def _both_languages(label: dict[str, str]) -> dict[str, str]:
    missing = [language for language in ("en", "zh") if not label.get(language, "").strip()]
    if missing:
        raise ValueError(f"the label has no text for {' and '.join(missing)}")
    return _known_languages(label)


def _known_languages(label: dict[str, str]) -> dict[str, str]:
    unknown = sorted(set(label) - {"en", "zh"})
    if unknown:
        raise ValueError(f"'{unknown[0]}' is no language of a label; the languages are en and zh")
    return label


def _part_of_file_name(name: str) -> str:
    if not re.fullmatch(r"[\w-]+", name):
        raise ValueError(f"'{name}' becomes part of a file's name; use letters, digits, _ and -")
    return name


def _file_name(name: str) -> str:
    fixed = ("headline", "promises", "end_state", "beating", "ranks", "cloud")
    own = name.lower().removesuffix("_zh")  # Chinese figures end so, and some disks take a for A
    taken = own in fixed or own.startswith(("breakdown_", "effects_"))
    if taken or not re.fullmatch(r"[A-Za-z0-9_-]+", name):
        raise ValueError(
            f"'{name}' cannot name this figure; use letters, digits, _ and -, and no name of "
            "another figure"
        )
    return name


Label = Annotated[dict[str, str], AfterValidator(_both_languages)]
PartLabel = Annotated[dict[str, str], AfterValidator(_known_languages)]
# Strict, so that `true` and "9" are not taken for numbers.
StrictFloat = Annotated[float, Field(strict=True)]
StrictInt = Annotated[int, Field(strict=True)]


def _moment(value: object) -> float | str | datetime.date:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    if isinstance(value, str | datetime.date) and not isinstance(value, datetime.datetime):
        return value
    raise ValueError('write a month as "2016-01", a day as "2016-01-15" or model time as a number')


# A date text, a TOML date or model time as a number; `Clock` turns it into model time.
Moment = Annotated[float | str | datetime.date, PlainValidator(_moment)]


_MOST = 100  # unknown keys that are compared with the right ones


class Table(BaseModel):
    """A table of a TOML file: unknown keys are errors, values never change."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @model_validator(mode="wrap")
    @classmethod
    def _known_keys(cls, data: Any, validate: ModelWrapValidatorHandler[Self]) -> Self:
        """Refuse unknown keys so that the message can name the right ones; tell the rest too."""
        known = list(cls.model_fields)
        unknown = [key for key in data if key not in known] if isinstance(data, dict) else []
        if not unknown:
            return validate(data)
        errors = [
            InitErrorDetails(type=_unknown_key(key, known), loc=(), input=data) for key in unknown
        ]
        try:
            validate({key: value for key, value in data.items() if key in known})
        except ValidationError as others:
            meant = {near for key in unknown[:_MOST] for near in nearest_names(key, known)}
            errors += [_again(one) for one in others.errors() if not _is_missing(one, meant)]
        raise ValidationError.from_exception_data(cls.__name__, errors)


def _unknown_key(key: str, known: list[str]) -> PydanticCustomError:
    return PydanticCustomError("unknown_key", "unknown key", {"key": key, "keys": known})


def _is_missing(error: ErrorDetails, meant: Collection[str]) -> bool:
    """Tell a missing key of the table itself, or of one of which a part is under a wrong name."""
    keys = error["loc"]
    return error["type"] == "missing" and (len(keys) == 1 or keys[0] in meant)


def _again(error: ErrorDetails) -> InitErrorDetails:
    """Turn an error that was raised into one to be raised."""
    context = error.get("ctx", {})
    kind: str | PydanticCustomError = error["type"]
    if kind == "unknown_key":
        kind = _unknown_key(context["key"], context["keys"])
    return InitErrorDetails(type=kind, loc=error["loc"], input=error["input"], ctx=context)


class ChangeTable(Table):
    """A dated change of one variable."""

    variable: str
    """A constant, a stock (its initial value is changed) or a lookup table."""
    operation: Operation
    """``set`` to the value, ``add`` it, or ``scale`` by it."""
    value: StrictFloat
    units: str | None = None
    """The units of `value`; checked against the model's."""
    start: Moment | None = None
    """Date, or model time as a number; a scenario's change may leave it out: whole run."""
    ramp: StrictFloat = 0.0
    """The change grows linearly over this long, in model time."""
    end: Moment | None = None
    """The change is undone here."""
    reason: str = ""


class PolicyTable(Table):
    """What decision makers do."""

    label: Label
    description: str = ""
    claims: tuple[StrictInt, ...] = ()
    """Numbers in evidence.toml."""
    extends: tuple[str, ...] = ()
    """Policies applied first, in order."""
    changes: tuple[ChangeTable, ...] = ()


class ScenarioTable(Table):
    """What the world does."""

    label: Label
    description: str = ""
    claims: tuple[StrictInt, ...] = ()
    changes: tuple[ChangeTable, ...] = ()


class StudyTable(Table):
    """What the summary of the study shows."""

    title: Label | None = None
    """The folder's name unless given."""
    reference: str | None = None
    """The policy that differences are taken from; the first unless given."""
    observed: Moment | None = None
    """The time of the fieldwork; a column of the summary."""
    headline: tuple[str, ...] | None = None
    """The variables of the summary, in order; the first stocks unless given."""
    better: dict[str, Literal["less", "more"]] = {}
    """Which way a headline variable is better; policies are ranked by those that are here."""


class CalendarTable(Table):
    """What model time means."""

    epoch: Moment
    """The date of model time 0."""
    unit: Literal["Day", "Week", "Month", "Year"]
    """What one unit of model time is."""


class PoliciesFile(Table):
    """policies.toml."""

    study: StudyTable = StudyTable()
    calendar: CalendarTable | None = None
    policies: Annotated[dict[str, PolicyTable], Field(min_length=1)]


class ScenariosFile(Table):
    """scenarios.toml."""

    default: str
    scenarios: Annotated[dict[str, ScenarioTable], Field(min_length=1)]


class Source(Table):
    """A publication that claims come from."""

    citation: str
    trust: Literal["A", "B", "C"] | None = None
    """For facts from the web and the press: A official statistics or reports, B mainstream or
    Party press and refereed papers, C mirrors, blogs and pages without an author."""
    verified: bool = True
    """Whether the citation itself was checked."""


class Claim(Table):
    """A statement of the case, the variables that carry it, and how it is checked."""

    number: StrictInt
    text: str
    terms: tuple[str, ...] = ()
    """The key terms in the words of the source."""
    variables: tuple[str, ...] = ()
    test: str | None = None
    """A test of the file; either this or `reason`."""
    reason: str | None = None
    """Why no test can check the claim."""


class Loop(Table):
    """A feedback loop: each variable feeds the next, the last feeds the first."""

    label: Label
    polarity: Literal["reinforcing", "balancing"]
    variables: tuple[str, ...]
    claims: tuple[StrictInt, ...] = ()


class BehaviourTest(Table):
    """A pattern that the model should show."""

    text: str
    label: PartLabel = {}
    """What figures call it; in English what `text` says before its first colon, unless given."""
    claims: tuple[StrictInt, ...] = ()
    expect: Annotated[tuple[str, ...], Field(min_length=1)] | None = None
    """What must hold, all of it, in the language of `flatgov.study.expectation`; left out where
    something else than these data checks the pattern, which `text` then says."""


class VariantTable(PolicyTable):
    """A policy that only behaviour tests use."""

    label: Label = {}
    """The name of the table unless given."""
    start: Moment | None = None
    """When the first change that the reference policy does not have is to start; the others move
    with it."""


class EvidenceFile(Table):
    """evidence.toml."""

    sources: dict[str, Source] = {}
    claims: tuple[Claim, ...] = ()
    loops: dict[str, Loop] = {}
    variants: dict[str, VariantTable] = {}
    tests: dict[str, BehaviourTest] = {}


class VariableLabel(Table):
    """What figures call a variable."""

    en: str | None = None
    """The variable's name unless given."""
    zh: str | None = None
    unit: Label | None = None
    """What figures call its unit, where the unit alone says too little."""


class Event(Table):
    """A vertical line in time charts."""

    date: Moment
    label: Label


class Breakdown(Table):
    """A stacked chart of the parts of a total."""

    title: Label
    total: str
    parts: tuple[str, ...]
    policies: tuple[str, ...]


class Paths(Table):
    """The chart of two variables against each other, as paths through time."""

    x: str
    y: str
    title: Label
    name: Annotated[str, AfterValidator(_file_name)] = "paths"
    """The name of the file."""


class PromiseItem(Table):
    """What the reform promised of one variable."""

    variable: str
    promised: Literal["down", "up", "same"]
    tolerance: Annotated[float, Field(strict=True, ge=0, lt=1)] = 0.05
    """A relative change up to this counts as the same."""
    claims: tuple[StrictInt, ...] = ()


class Promises(Table):
    """The chart of what was promised against what happened."""

    title: Label
    before: Moment
    after: Moment
    items: tuple[PromiseItem, ...]


class Caption(Table):
    """The sources named under every figure."""

    text: Label


class FiguresFile(Table):
    """figures.toml; in an opened study every moment is model time."""

    events: tuple[Event, ...] = ()
    labels: dict[str, VariableLabel] = {}
    """Labels of variables."""
    units: dict[str, PartLabel] = {}
    """Labels of units."""
    paths: Paths | None = None
    breakdowns: dict[Annotated[str, AfterValidator(_part_of_file_name)], Breakdown] = {}
    promises: Promises | None = None
    sources: Caption | None = None
