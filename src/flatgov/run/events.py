"""What a run tells while it goes on; the command line draws it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class MemberStarted:
    """The simulation of a member has started.

    Attributes:
        policy: Its id.
        scenario: Its id, or None where the study has no scenarios.
        total: The number of members of the run.
    """

    policy: str
    scenario: str | None
    total: int


@dataclass(frozen=True)
class MemberDone:
    """A member has ended.

    Attributes:
        policy: Its id.
        scenario: Its id, or None where the study has no scenarios.
        count: The number of members that have ended, this one included.
        total: The number of members of the run.
        seconds: How long the simulation took; 0 where a result was there already.
        failed: The reason, or None for success.
    """

    policy: str
    scenario: str | None
    count: int
    total: int
    seconds: float
    failed: str | None = None


@dataclass(frozen=True)
class DrawsDone:
    """Draws have ended, over all policies and scenarios. The first such event comes before any.

    Attributes:
        done: The number of draws that have ended, those of an interrupted run included.
        total: The number of draws of the run.
        failed: The number of members among them that failed.
        seconds: The time since the first such event.
    """

    done: int
    total: int
    failed: int
    seconds: float


MemberEvent = MemberStarted | MemberDone
Event = MemberEvent | DrawsDone
