"""How often the model shows the patterns that a study expects: in which share of its draws."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from flatgov import __version__
from flatgov.analysis.expectation import BoolArray, FloatArray, judge
from flatgov.analysis.proportion import wilson_interval
from flatgov.errors import StudyError
from flatgov.run.ensemble import OK, Block, BlockDone, Job, Layout, simulate_block
from flatgov.run.ensemble_run import count_failed, follow, make_ensemble, prepare
from flatgov.run.events import Event
from flatgov.run.members import choose_members
from flatgov.run.study_run import run_study
from flatgov.run.trouble import named_variables, reason_text
from flatgov.study.behaviour import Pattern
from flatgov.study.expectation import Course
from flatgov.study.policies import check_names

if TYPE_CHECKING:
    import xarray as xr

    from flatgov.study.study import Study

_LISTED = 100  # failed members that the attributes list


def behaviour(
    study: Study,
    *,
    scenarios: Sequence[str] | None = None,
    draws: int = 1000,
    seed: int = 0,
    tests: Sequence[str] | None = None,
    threads: int | None = None,
    progress: Callable[[Event], None] | None = None,
) -> xr.Dataset:
    """Evaluate the behaviour tests of a study at the values of its model and over its draws.

    Memory does not grow with what is simulated: each block of draws is judged and let go. A draw
    in which a member failed that the test looks at is left out of the test's share.

    Args:
        study: Its evidence.toml has tests with `expect`.
        scenarios: Their ids; all by default.
        draws: How many; 0 for the run at the values of the model only.
        seed: Of the draws, and of random numbers in the model.
        tests: Their ids; by default all that have `expect`.
        threads: How many; one a core by default. The numbers do not depend on it.
        progress: Called with an event as each block of draws ends.

    Returns:
        A dataset with the dimensions ``test``, ``scenario`` if the study has any, and ``draw``:

        - ``passed (test, scenario, draw)``: whether all of the test holds; False for a draw that
          is left out. ``margin``: the smallest distance of two compared numbers as a share of the
          larger one, positive where the test holds (`analysis.expectation.judge`). ``status``: 0,
          or why the draw is left out (`Study.run`).
        - ``share (test, scenario)`` of the draws that pass, ``share_low`` and ``share_high``, its
          95 % interval (`wilson_interval`); ``draws_used`` and ``draws_left_out``.
        - ``base`` and ``base_margin (test, scenario)``: of the run at the values of the model.

        ``text (test)`` is the pattern in words, ``sample (draw, factor)`` what was drawn. The
        attribute ``failed`` lists the first members that failed, as JSON.

    Raises:
        StudyError: There is no such test or scenario, or nothing to evaluate or to draw.
    """
    patterns = _choose(study, tests)
    if scenarios is None and study.scenarios:
        scenarios = list(study.scenarios)
    full = replace(study, policies={**study.policies, **study.behaviour.variants})
    shape = len(patterns), 1 if scenarios is None else len(dict.fromkeys(scenarios))
    base = _Verdicts.empty((*shape, 1))
    ensembles = []
    for part in _parts(patterns, full):
        _judge_base(full, part, scenarios, base)
        if draws:
            chosen = choose_members(full, part.policies, scenarios, save=part.save)
            made = make_ensemble(full, chosen, draws, seed=seed, save=part.save)
            ensembles.append(_Ensemble(part, *made))
    if not ensembles:
        return _dataset(study, patterns, scenarios, base, None)
    first = ensembles[0]
    sample = np.empty((draws, len(first.job.uncertainty.factors)))
    work = _Judge(tuple(ensembles), _Verdicts.empty((*shape, draws)), sample)
    layout = replace(first.layout, block=min(one.layout.block for one in ensembles))
    follow(work, layout.blocks(), layout, progress, threads=threads)
    return _dataset(study, patterns, scenarios, base, work)


def _choose(study: Study, tests: Sequence[str] | None) -> dict[str, Pattern]:
    patterns = study.behaviour.patterns
    where = str(study.folder / "evidence.toml")
    if not patterns:
        raise StudyError(
            "the study has no behaviour test that can be evaluated",
            where=where,
            fix="give a test `expect`, a list of what must hold",
        )
    if tests is None:
        return dict(patterns)
    check_names(tests, study.evidence.tests, "test", where)
    for name in tests:
        if name not in patterns:
            raise StudyError(
                f"the test '{name}' cannot be evaluated: it has no `expect`",
                where=where,
                fix=f"there are {', '.join(patterns)}",
            )
    return {name: patterns[name] for name in dict.fromkeys(tests)}


@dataclass
class _Verdicts:
    """What became of each test: arrays (test, scenario, draw)."""

    passed: BoolArray
    margin: FloatArray
    status: NDArray[np.uint8]

    @classmethod
    def empty(cls, shape: tuple[int, int, int]) -> _Verdicts:
        return cls(np.zeros(shape, np.bool_), np.full(shape, np.nan), np.zeros(shape, np.uint8))

    def judge(
        self, tests: Mapping[int, Pattern], draws: slice, members: Callable[[Course], FloatArray]
    ) -> None:
        """Try tests on the results of some draws.

        Args:
            tests: By their places here.
            draws: Which.
            members: Gives (scenario, draw, time, subscripts) values of a variable under a policy.
        """
        for place, pattern in tests.items():
            shape = self.passed[place, :, draws].shape
            self.passed[place, :, draws], self.margin[place, :, draws] = judge(
                pattern.conditions, partial(_element, members), shape
            )


def _element(members: Callable[[Course], FloatArray], course: Course) -> FloatArray:
    values = members(course)
    for place in reversed(course.element):
        values = values[..., place]
    return values


@dataclass(frozen=True)
class _Part:
    """Tests that share their runs.

    Attributes:
        tests: By their places among all tests.
        policies: All that the tests look at.
        save: The variables that they look at.
    """

    tests: Mapping[int, Pattern]
    policies: tuple[str, ...]
    save: tuple[str, ...]

    @classmethod
    def of(cls, tests: Mapping[int, Pattern], study: Study) -> _Part:
        courses = [course for pattern in tests.values() for course in pattern.courses]
        policies = {course.policy for course in courses}
        variables = {course.variable for course in courses}
        return cls(
            tests,
            tuple(name for name in study.policies if name in policies),
            tuple(name for name in study.model.variables if name in variables),
        )


def _parts(patterns: Mapping[str, Pattern], study: Study) -> list[_Part]:
    """Share runs out: tests of every stock need many variables, but of few policies."""
    stocks = {one.name for one in study.model.variables.values() if one.kind == "stock"}
    groups: tuple[dict[int, Pattern], dict[int, Pattern]] = ({}, {})
    for place, pattern in enumerate(patterns.values()):
        everything = stocks <= {course.variable for course in pattern.courses}
        groups[everything][place] = pattern
    return [_Part.of(group, study) for group in groups if group]


def _judge_base(
    study: Study, part: _Part, scenarios: Sequence[str] | None, verdicts: _Verdicts
) -> None:
    """Try tests on the runs at the values of the model."""
    ds = run_study(study, part.policies, scenarios, save=part.save)

    def members(course: Course) -> FloatArray:
        values: FloatArray = ds[course.variable].sel(policy=course.policy).values
        return values[None, None] if scenarios is None else values[:, None]

    verdicts.judge(part.tests, slice(None), members)


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
class _Judge:
    """Simulates blocks, tries the tests on them and keeps the verdicts only."""

    ensembles: tuple[_Ensemble, ...]
    verdicts: _Verdicts
    sample: FloatArray
    failed: list[tuple[int, str, str | None, str]] = field(default_factory=list)

    def prepare(self) -> None:
        for one in self.ensembles:
            prepare(one.job)

    def __call__(self, first: int, count: int, stop: NDArray[np.int32] | None = None) -> BlockDone:
        begun, failed = time.perf_counter(), 0
        draws = slice(first, first + count)
        for one in self.ensembles:
            block = simulate_block(one.job, first, count, stop=stop)
            failed += count_failed(block, one.layout)
            self.sample[draws] = block.sample
            plans = dict(zip(one.part.policies, one.plans, strict=True))

            def members(
                course: Course, block: Block = block, plans: Mapping[str, Any] = plans
            ) -> FloatArray:
                values: FloatArray = block.values[course.variable][plans[course.policy]]
                return values

            self.verdicts.judge(one.part.tests, draws, members)
            self._leave_out(one, block, plans)
        return BlockDone(first, count, failed, time.perf_counter() - begun)

    def _leave_out(
        self, one: _Ensemble, block: Block, plans: Mapping[str, NDArray[np.int64]]
    ) -> None:
        """Mark the draws in which a member failed that a test looks at, and say why."""
        draws = slice(block.first, block.first + block.status.shape[1])
        for place, pattern in one.part.tests.items():
            status = self.verdicts.status[place, :, draws]
            for policy in {course.policy: None for course in pattern.courses}:
                np.copyto(status, block.status[plans[policy]], where=status == OK)
            self.verdicts.passed[place, :, draws] &= status == OK
        named = named_variables(one.job.model)
        found = []
        for policy, own in plans.items():
            for scenario, plan in zip(one.layout.scenarios or (None,), own, strict=True):
                for draw in np.flatnonzero(block.status[plan] != OK):
                    at = plan, draw
                    reason = reason_text(
                        named, int(block.status[at]), int(block.variable[at]), float(block.time[at])
                    )
                    found.append((block.first + int(draw), policy, scenario, reason))
        self.failed += sorted(found, key=lambda each: each[0])[:_LISTED]


def _dataset(
    study: Study,
    patterns: Mapping[str, Pattern],
    scenarios: Sequence[str] | None,
    base: _Verdicts,
    work: _Judge | None,
) -> xr.Dataset:
    """Put verdicts and shares together."""
    import xarray as xr

    def per_run(
        values: NDArray[Any], what: str
    ) -> tuple[tuple[str, ...], NDArray[Any], dict[str, str]]:
        """Leave out the dimension of scenarios where the study has none."""
        dims = ("test", "scenario", "draw")[: values.ndim]
        if scenarios is None:
            return (
                tuple(one for one in dims if one != "scenario"),
                values[:, 0],
                {"long_name": what},
            )
        return dims, values, {"long_name": what}

    ds = xr.Dataset(
        {
            "base": per_run(
                base.passed[..., 0], "whether the run at the values of the model passes"
            ),
            "base_margin": per_run(
                base.margin[..., 0], "how narrowly, as a share of what is compared"
            ),
        },
        coords={"test": list(patterns), "text": ("test", [one.text for one in patterns.values()])},
        attrs={
            "flatgov_version": __version__,
            "model_hash": study.model.hash,
            "study_hash": study.hash,
        },
    )
    if scenarios is not None:
        ds = ds.assign_coords(scenario=list(dict.fromkeys(scenarios)))
    if work is None:
        return ds
    found, job = work.verdicts, work.ensembles[0].job
    used = (found.status == OK).sum(axis=-1)
    passed = found.passed.sum(axis=-1)
    low, high = wilson_interval(passed, used)
    share = passed / np.where(used > 0, used, np.nan)
    ds = ds.assign(
        passed=per_run(found.passed, "whether the draw passes"),
        margin=per_run(found.margin, "how narrowly, as a share of what is compared"),
        status=per_run(found.status, "0, or why the draw is left out"),
        share=per_run(share, "share of the draws that pass"),
        share_low=per_run(low, "lower end of the 95 % interval"),
        share_high=per_run(high, "upper end of the 95 % interval"),
        draws_used=per_run(used, "draws that count"),
        draws_left_out=per_run(job.design.draws - used, "draws with a failed member"),
    )
    ds = ds.assign_coords(
        draw=np.arange(job.design.draws),
        factor=[factor.name for factor in job.uncertainty.factors],
        sample=(("draw", "factor"), work.sample),
    )
    listed = sorted(set(work.failed), key=lambda one: (one[0], one[1], one[2] or ""))[:_LISTED]
    names = ("draw", "policy", "scenario", "reason")
    ds.attrs |= {
        "seed": job.seed,
        "draws": job.design.draws,
        "design": job.design.method,
        "failed": json.dumps(
            [dict(zip(names, one, strict=True)) for one in listed], ensure_ascii=False
        ),
    }
    return ds
