"""Every key that checks.toml may hold: accepted findings, and reality checks."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from flatgov.study.schema import ChangeTable, StrictFloat, Table


def _share(value: float) -> float:
    if not 0 <= value <= 1:
        percent = f"; write {value / 100:g} for {value:g} %" if 1 < value <= 100 else ""
        raise ValueError(f"{value:g} is no share, which is from 0 to 1{percent}")
    return value


class AcceptTable(Table):
    """A finding that stays as it is."""

    check: str
    """The id of the check."""
    variable: str = ""
    """Of the finding; left out, it means findings that have none."""
    reason: str
    """Why it is right here."""


class RealityTable(Table):
    """What must follow if something else is the case."""

    text: str
    """The statement in words."""
    changes: tuple[ChangeTable, ...] = ()
    """What is done to the model, as in policies.toml; the run with it is called ``when``."""
    when: tuple[str, ...] = ()
    """Or conditions: at every time at which all of them hold, all of `expect` must."""
    expect: Annotated[tuple[str, ...], Field(min_length=1)]
    """In the language of behaviour tests, ``'NAME' of when`` or ``'NAME' of base``."""
    policy: str | None = None
    """On top of which policy; the study's reference unless given."""
    share: Annotated[StrictFloat, AfterValidator(_share)] = 1.0
    """In which share of the draws it must hold at least."""
    source: str = ""
    """Where the statement comes from."""


class ChecksFile(Table):
    """The whole file."""

    accept: tuple[AcceptTable, ...] = ()
    reality: dict[str, RealityTable] = Field(default_factory=dict)
