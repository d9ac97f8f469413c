"""A policy that starts earlier or later than its file says."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from flatgov.errors import StudyError
from flatgov.model import Change
from flatgov.study.policies import Policy

if TYPE_CHECKING:
    from flatgov.study.study import Study


def own_changes(policy: Policy, study: Study) -> tuple[Change, ...]:
    """Give the changes of a policy that the reference policy of its study does not have.

    `Policy.changes` also holds what the policies that it extends did before it, which is history
    and does not move with it.
    """
    history = Counter(study.policies[study.reference].changes)
    own = []
    for change in policy.changes:
        if history[change] > 0:
            history[change] -= 1
        else:
            own.append(change)
    return tuple(own)


def moved(policy: Policy, study: Study, start: float) -> Policy:
    """Let a policy start at another time: its own changes move together.

    Distances between them, their ramps and their lengths stay. What the reference policy does too
    stays where it is. A change that would come after the end of the run does not come.

    Args:
        policy: Of the study, or made up.
        study: Whose reference policy tells the policy's own changes from history.
        start: When the first of the policy's own changes is to start, in model time.

    Returns:
        The policy under the same id.

    Raises:
        StudyError: The policy does nothing of its own, changes an initial value or a table, which
            only the start of the run can do, or the start is outside the run.
    """
    own = own_changes(policy, study)
    where = f"policy '{policy.id}'"
    if not own:
        raise StudyError(
            f"it does nothing that '{study.reference}' does not do, so no start can be moved",
            where=where,
            fix="name a policy with changes of its own",
        )
    for change in own:
        if study.model.variables[change.variable].kind != "constant":
            raise StudyError(
                f"'{change.variable}' can only be changed at the start of the run, so the policy "
                "cannot be moved",
                where=where,
                fix="name a policy that changes constants only",
            )
    settings = study.model.time
    if not settings.initial <= start <= settings.final:
        raise StudyError(
            f"it cannot start at time {start:g}: the run is from {settings.initial:g} to "
            f"{settings.final:g}",
            where=where,
            fix="name a start within the run",
        )
    shift = start - min(change.start for change in own)
    remaining = Counter(own)
    changes = []
    for change in reversed(policy.changes):  # Of equal ones the last are the policy's own.
        if remaining[change] > 0:
            remaining[change] -= 1
            end = None if change.end is None else change.end + shift
            change = replace(change, start=change.start + shift, end=end)
        changes.append(change)
    return replace(policy, changes=tuple(reversed(changes)))
