"""How often the model shows the patterns that a study expects: in which share of its draws."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from flatgov import __version__
from flatgov.analysis.described import described
from flatgov.analysis.failures import count_reasons, most_frequent
from flatgov.analysis.proportion import wilson_interval
from flatgov.analysis.verdicts import LISTED, Judgement, Verdicts, judge_base, judge_draws
from flatgov.errors import StudyError
from flatgov.run.ensemble import OK
from flatgov.run.events import Event
from flatgov.study.behaviour import Pattern
from flatgov.study.policies import check_names

if TYPE_CHECKING:
    import xarray as xr

    from flatgov.study.study import Study

_NARROWLY = "how narrowly, as a share of what is compared"


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
        - ``expectation_share`` and ``expectation_base (expectation, scenario)``: the same of each
          line of the tests, to see which of them fails; ``expectation`` is ``P0 #1`` and so on.

        ``text (test)`` is the pattern in words, ``expectation_text`` the line, ``sample (draw,
        factor)`` what was drawn. The attribute ``failed`` lists the first members that failed.

    Raises:
        StudyError: There is no such test or scenario, or nothing to evaluate or to draw.
    """
    patterns = _choose(study, tests)
    if scenarios is None and study.scenarios:
        scenarios = list(study.scenarios)
    worlds = None if scenarios is None else list(dict.fromkeys(scenarios))
    full = replace(study, policies={**study.policies, **study.behaviour.variants})
    expectations = [one for pattern in patterns.values() for one in pattern.expectations]
    base = judge_base(full, expectations, worlds)
    if not draws:
        return _told(_of_base(study, patterns, worlds, base))
    found = judge_draws(
        full, expectations, worlds, draws, seed=seed, threads=threads, progress=progress
    )
    return _told(_with_draws(_of_base(study, patterns, worlds, base), patterns, found))


def _told(ds: xr.Dataset) -> xr.Dataset:
    """Give each variable a name in words."""
    about = {str(name): str(one.attrs["description"]) for name, one in ds.data_vars.items()}
    return described(ds, {name: (name.replace("_", " "), text) for name, text in about.items()}, {})


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


def _of_tests(verdicts: Verdicts, patterns: Mapping[str, Pattern]) -> Verdicts:
    """Put the verdicts on expectations together to those on tests."""
    ends = np.cumsum([len(one.expectations) for one in patterns.values()])[:-1]
    split = [np.split(one, ends) for one in (verdicts.held, verdicts.margin, verdicts.status)]
    held, margin, status = split
    return Verdicts(
        np.stack([one.all(axis=0) for one in held]),
        np.stack([one.min(axis=0) for one in margin]),
        # The first that is not 0.
        np.stack(
            [np.take_along_axis(one, (one != OK).argmax(axis=0)[None], 0)[0] for one in status]
        ),
    )


def _array(ds: xr.Dataset, first: str, values: NDArray[Any], what: str) -> Any:
    """Name the dimensions (first, scenario, draw) of an array; studies may lack scenarios."""
    dims = (first, "scenario", "draw")[: values.ndim]
    if "scenario" not in ds.coords:
        dims, values = tuple(one for one in dims if one != "scenario"), values[:, 0]
    return dims, values, {"description": what}


def _of_base(
    study: Study,
    patterns: Mapping[str, Pattern],
    scenarios: Sequence[str] | None,
    verdicts: Verdicts,
) -> xr.Dataset:
    import xarray as xr

    lines = {
        f"{name} #{number}": one.text
        for name, pattern in patterns.items()
        for number, one in enumerate(pattern.expectations, start=1)
    }
    coords = {
        "test": list(patterns),
        "text": ("test", [one.text for one in patterns.values()]),
        "expectation": list(lines),
        "expectation_text": ("expectation", list(lines.values())),
    }
    ds = xr.Dataset(
        coords=coords if scenarios is None else coords | {"scenario": list(scenarios)},
        attrs={
            "study": study.name,
            "flatgov_version": __version__,
            "model_hash": study.model.hash,
            "study_hash": study.hash,
        },
    )
    whole = _of_tests(verdicts, patterns)
    passes = "whether the run at the values of the model passes"
    return ds.assign(
        base=_array(ds, "test", whole.held[..., 0], passes),
        base_margin=_array(ds, "test", whole.margin[..., 0], _NARROWLY),
        expectation_base=_array(ds, "expectation", verdicts.held[..., 0], passes),
    )


def _with_draws(ds: xr.Dataset, patterns: Mapping[str, Pattern], found: Judgement) -> xr.Dataset:
    whole, draws = _of_tests(found.verdicts, patterns), found.job.design.draws
    used = (whole.status == OK).sum(axis=-1)
    low, high = wilson_interval(whole.held.sum(axis=-1), used)
    ds = ds.assign_coords(
        draw=np.arange(draws),
        factor=[factor.name for factor in found.job.uncertainty.factors],
        sample=(("draw", "factor"), found.sample),
    )
    failed = set(found.failed)
    listed = sorted(failed, key=lambda one: (one[0], one[1], one[2] or ""))[:LISTED]
    names = ("draw", "policy", "scenario", "reason")
    ds.attrs |= {
        "seed": found.job.seed,
        "draws": draws,
        "failed_mostly": most_frequent(count_reasons(reason for *_, reason in failed)),
        "design": found.job.design.method,
        "failed": json.dumps(
            [dict(zip(names, one, strict=True)) for one in listed], ensure_ascii=False
        ),
    }
    return ds.assign(
        passed=_array(ds, "test", whole.held, "whether the draw passes"),
        margin=_array(ds, "test", whole.margin, _NARROWLY),
        status=_array(ds, "test", whole.status, "0, or why the draw is left out"),
        share=_array(ds, "test", _share(whole), "share of the draws that pass"),
        share_low=_array(ds, "test", low, "lower end of the 95 % interval"),
        share_high=_array(ds, "test", high, "upper end of the 95 % interval"),
        draws_used=_array(ds, "test", used, "draws that count"),
        draws_left_out=_array(ds, "test", draws - used, "draws with a failed member"),
        expectation_share=_array(
            ds, "expectation", _share(found.verdicts), "share of the draws that pass"
        ),
    )


def _share(verdicts: Verdicts) -> NDArray[np.float64]:
    used = (verdicts.status == OK).sum(axis=-1)
    return np.asarray(verdicts.held.sum(axis=-1) / np.where(used > 0, used, np.nan))
