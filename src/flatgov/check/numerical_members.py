"""The members of a study: what goes wrong under other policies, scenarios and draws."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from flatgov.check.numerical_runs import shared
from flatgov.check.subject import Subject
from flatgov.model import Change
from flatgov.run.trouble import ABOVE, BELOW, Trouble, find_trouble

if TYPE_CHECKING:
    from flatgov.run.members import Chosen, Member
    from flatgov.study.study import Study


@dataclass(frozen=True)
class Failure:
    """One thing that is wrong in some members first.

    Attributes:
        name: The variable.
        what: ``is not a number``, ``is below its lower limit 0`` …
        beyond_limit: Whether it is a finite number, beyond the limits of the model.
        count: In how many members.
        of: Among how many.
        kind: What these are: ``combinations of policy and scenario``, or ``members with draws``.
        member: The first of them: policy, scenario and draw.
        time: When in that member.
    """

    name: str
    what: str
    beyond_limit: bool
    count: int
    of: int
    kind: str
    member: str
    time: float


@dataclass(frozen=True)
class Members:
    """What was looked at.

    Attributes:
        plans: How many policies under scenarios, at the values of the model.
        members: How many with draws.
        failures: What is wrong, those without draws first.
    """

    plans: int
    members: int
    failures: tuple[Failure, ...]


def members(subject: Subject) -> Members:
    """Run every policy under every scenario, at the model's values and with draws.

    Of each member what is wrong first counts, at the saved times.

    Raises:
        FlatgovError: The study cannot be run.
    """
    return shared(subject, "members", lambda: _members(subject))


def _members(subject: Subject) -> Members:
    from flatgov.run.members import choose_members
    from flatgov.run.native import evaluation_order, simulate_members, undefined_elements

    study, model = subject.study, subject.model
    if study is None:
        return Members(0, 0, ())
    chosen = choose_members(study, None, list(study.scenarios) or None)
    first: dict[tuple[Change, ...], Member] = {}
    for member in chosen.members:
        first.setdefault(member.changes, member)
    plans, one_each = list(first), list(first.values())
    values = simulate_members(model, plans, seed=subject.seed).values
    ordered = {name: values[name] for name in evaluation_order(model)}
    limited = [name for name, one in model.variables.items() if one.limits != (None, None)]
    undefined = undefined_elements(model)
    trouble = find_trouble(model, ordered, limited, undefined, members=(len(plans), 1))
    failures = list(_failures(subject, trouble, one_each, "combinations of policy and scenario"))
    if study.uncertainty is None or not subject.draws:
        return Members(len(plans), 0, tuple(failures))
    drawn = _with_draws(subject, study, chosen)
    failures += _failures(subject, drawn, one_each, "members with draws")
    return Members(len(plans), drawn.status.size, tuple(failures))


def _with_draws(subject: Subject, study: Study, chosen: Chosen) -> Trouble:
    """Run all different plans with draws, those of `flatgov run`, without keeping a value."""
    from concurrent.futures import ThreadPoolExecutor

    from flatgov.run.ensemble import simulate_block
    from flatgov.run.ensemble_run import make_ensemble

    any_one = next(iter(study.model.variables))
    job, _ = make_ensemble(study, chosen, subject.draws, seed=subject.seed, save=[any_one])
    job = replace(job, save=())
    size = -(-subject.draws // (os.cpu_count() or 1))
    starts = range(0, subject.draws, size)
    trouble = Trouble.none(len(job.plans), subject.draws)
    with ThreadPoolExecutor(len(starts)) as pool:
        blocks = pool.map(
            lambda first: simulate_block(job, first, min(size, subject.draws - first)), starts
        )
        for block in blocks:
            part = Trouble(block.status, block.variable, block.time)
            first = block.first
            trouble.put(part, slice(None), slice(first, first + block.status.shape[1]))
    return trouble


def _failures(
    subject: Subject, trouble: Trouble, plans: list[Member], kind: str
) -> Iterator[Failure]:
    """Count what is wrong by variable and kind."""
    from flatgov.run.trouble import named_variables, reason_text
    from flatgov.study.policies import member_title

    named = named_variables(subject.model)
    draws = trouble.status.shape[1]
    for variable, status in sorted(
        {(int(trouble.variable[at]), int(trouble.status[at])) for at in _wrong(trouble)}
    ):
        there = [
            at
            for at in _wrong(trouble)
            if (trouble.variable[at], trouble.status[at]) == (variable, status)
        ]
        first = there[0]
        member = plans[first[0]]
        title = member_title(member.policy, member.scenario)
        time = float(trouble.time[first])
        text = reason_text(named, status, variable, time)
        what = text[text.rindex(") ", 0, text.rindex(" at time ")) + 2 : text.rindex(" at time ")]
        yield Failure(
            named[variable][0],
            what,
            status in (BELOW, ABOVE),
            len(there),
            trouble.status.size,
            kind,
            f"{title}, draw {first[1]}" if draws > 1 else title,
            time,
        )


def _wrong(trouble: Trouble) -> list[tuple[int, int]]:
    return [(int(plan), int(draw)) for plan, draw in np.argwhere(trouble.status != 0)]
