"""Runs of a study → verdicts on what it expects of them, block by block of draws."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from flatgov.analysis.expectation import BoolArray, FloatArray, judge
from flatgov.run.ensemble import OK, Block, BlockDone, Job, Layout, simulate_block
from flatgov.run.ensemble_run import count_failed, follow, make_ensemble, prepare
from flatgov.run.events import Event
from flatgov.run.members import choose_members
from flatgov.run.study_run import run_study
from flatgov.run.trouble import named_variables, reason_text
from flatgov.study.behaviour import Expectation
from flatgov.study.expectation import Course

if TYPE_CHECKING:
    from flatgov.study.study import Study

LISTED = 100  # failed members of which the reason is kept


@dataclass
class Verdicts:
    """What became of each expectation, in arrays (expectation, scenario, draw).

    Attributes:
        held: Whether it holds; False where a member failed that it looks at.
        margin: By how much; see `flatgov.analysis.expectation.judge`.
        status: `OK`, or what is wrong with such a member.
    """

    held: BoolArray
    margin: FloatArray
    status: NDArray[np.uint8]

    @classmethod
    def empty(cls, shape: tuple[int, int, int]) -> Verdicts:
        """Give verdicts to be filled."""
        return cls(np.zeros(shape, np.bool_), np.full(shape, np.nan), np.zeros(shape, np.uint8))

    def judge(
        self,
        expectations: Mapping[int, Expectation],
        draws: slice,
        members: Callable[[Course], FloatArray],
    ) -> None:
        """Judge the results of some draws.

        Args:
            expectations: By their places here.
            draws: Which.
            members: Gives (scenario, draw, time, subscripts) values of a variable under a policy.
        """
        for place, one in expectations.items():
            shape = self.held[place, :, draws].shape
            self.held[place, :, draws], self.margin[place, :, draws] = judge(
                one.conditions, partial(_element, members), shape
            )


def _element(members: Callable[[Course], FloatArray], course: Course) -> FloatArray:
    values = members(course)
    for place in reversed(course.element):
        values = values[..., place]
    return values


@dataclass(frozen=True)
class _Part:
    """Expectations that share their runs.

    Attributes:
        expectations: By their places among all.
        policies: All that they look at.
        save: The variables that they look at.
    """

    expectations: Mapping[int, Expectation]
    policies: tuple[str, ...]
    save: tuple[str, ...]

    @classmethod
    def of(cls, expectations: Mapping[int, Expectation], study: Study) -> _Part:
        courses = [course for one in expectations.values() for course in one.courses]
        policies = {course.policy for course in courses}
        variables = {course.variable for course in courses}
        return cls(
            expectations,
            tuple(name for name in study.policies if name in policies),
            tuple(name for name in study.model.variables if name in variables),
        )


def _parts(expectations: Sequence[Expectation], study: Study) -> list[_Part]:
    """Share runs out: `every stock` needs many variables, but of few policies."""
    stocks = {one.name for one in study.model.variables.values() if one.kind == "stock"}
    groups: tuple[dict[int, Expectation], dict[int, Expectation]] = ({}, {})
    for place, one in enumerate(expectations):
        groups[stocks <= {course.variable for course in one.courses}][place] = one
    return [_Part.of(group, study) for group in groups if group]


def judge_base(
    study: Study, expectations: Sequence[Expectation], scenarios: Sequence[str] | None
) -> Verdicts:
    """Judge the runs at the values of the model.

    Args:
        study: Has all policies that the expectations name.
        expectations: What to judge.
        scenarios: Their ids; None for a study without any.

    Returns:
        Verdicts on one draw.
    """
    verdicts = Verdicts.empty((len(expectations), len(scenarios or (None,)), 1))
    for part in _parts(expectations, study):
        ds = run_study(study, part.policies, scenarios, save=part.save)

        def members(course: Course, ds: Any = ds) -> FloatArray:
            values: FloatArray = ds[course.variable].sel(policy=course.policy).values
            return values[None, None] if scenarios is None else values[:, None]

        verdicts.judge(part.expectations, slice(None), members)
    return verdicts


def judge_draws(
    study: Study,
    expectations: Sequence[Expectation],
    scenarios: Sequence[str] | None,
    draws: int,
    *,
    seed: int = 0,
    threads: int | None = None,
    progress: Callable[[Event], None] | None = None,
) -> Judgement:
    """Judge the runs of many draws.

    Args:
        study: Has all policies that the expectations name.
        expectations: What to judge.
        scenarios: Their ids; None for a study without any.
        draws: How many.
        seed: Of the draws, and of random numbers in the model.
        threads: How many; one a core by default.
        progress: Called with an event as each block of draws ends.

    Raises:
        StudyError: There is nothing to draw.
    """
    ensembles = []
    for part in _parts(expectations, study):
        chosen = choose_members(study, part.policies, scenarios, save=part.save)
        made = make_ensemble(study, chosen, draws, seed=seed, save=part.save)
        ensembles.append(_Ensemble(part, *made))
    job, layout = ensembles[0].job, ensembles[0].layout
    verdicts = Verdicts.empty((len(expectations), len(scenarios or (None,)), draws))
    work = Judgement(tuple(ensembles), verdicts, np.empty((draws, len(job.uncertainty.factors))))
    layout = replace(layout, block=min(one.layout.block for one in ensembles))
    follow(work, layout.blocks(), layout, progress, threads=threads)
    return work


@dataclass(frozen=True)
class _Ensemble:
    """The draws of a part."""

    part: _Part
    job: Job
    layout: Layout

    @property
    def plans(self) -> NDArray[np.int64]:
        """(policy, scenario) the number of the plan."""
        return np.array(self.layout.plan_of).reshape(len(self.part.policies), -1)


@dataclass
class Judgement:
    """Simulates blocks, judges them and keeps the verdicts only.

    Attributes:
        ensembles: What is simulated.
        verdicts: On all draws that were simulated.
        sample: (draw, factor) values of the uncertain quantities.
        failed: Draw, policy, scenario and reason of the first failed members of each block.
    """

    ensembles: tuple[_Ensemble, ...]
    verdicts: Verdicts
    sample: FloatArray
    failed: list[tuple[int, str, str | None, str]] = field(default_factory=list)

    @property
    def job(self) -> Job:
        """What decides the draws."""
        return self.ensembles[0].job

    def prepare(self) -> None:
        """Compile."""
        for one in self.ensembles:
            prepare(one.job)

    def __call__(self, first: int, count: int, stop: NDArray[np.int32] | None = None) -> BlockDone:
        """Simulate and judge a block; see `flatgov.run.work.Work`."""
        begun, failed = time.perf_counter(), 0
        draws = slice(first, first + count)
        for one in self.ensembles:
            block = simulate_block(one.job, first, count, stop=stop)
            plans = dict(zip(one.part.policies, one.plans, strict=True))

            def members(
                course: Course, block: Block = block, plans: Mapping[str, Any] = plans
            ) -> FloatArray:
                values: FloatArray = block.values[course.variable][plans[course.policy]]
                return values

            self.verdicts.judge(one.part.expectations, draws, members)
            self._leave_out(one.part, block, plans)
            self.failed += _failures(one, block, plans)
            self.sample[draws] = block.sample
            failed += count_failed(block, one.layout)
        return BlockDone(first, count, failed, time.perf_counter() - begun)

    def _leave_out(self, part: _Part, block: Block, plans: Mapping[str, NDArray[np.int64]]) -> None:
        """Mark the draws in which a member failed that an expectation looks at."""
        draws = slice(block.first, block.first + block.status.shape[1])
        for place, one in part.expectations.items():
            status = self.verdicts.status[place, :, draws]
            for policy in dict.fromkeys(course.policy for course in one.courses):
                np.copyto(status, block.status[plans[policy]], where=status == OK)
            self.verdicts.held[place, :, draws] &= status == OK


def _failures(
    one: _Ensemble, block: Block, plans: Mapping[str, NDArray[np.int64]]
) -> list[tuple[int, str, str | None, str]]:
    """Give draw, policy, scenario and reason of the first failed members of a block."""
    named, found = named_variables(one.job.model), []
    for policy, own in plans.items():
        for scenario, plan in zip(one.layout.scenarios or (None,), own, strict=True):
            for draw in np.flatnonzero(block.status[plan] != OK):
                status, variable, when = (
                    array[plan, draw].item() for array in (block.status, block.variable, block.time)
                )
                reason = reason_text(named, status, variable, when)
                found.append((block.first + int(draw), policy, scenario, reason))
    return sorted(found, key=lambda each: each[0])[:LISTED]
