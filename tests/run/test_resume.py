"""A run goes on with its own blocks only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import flatgov as fg
from flatgov.model import Change
from flatgov.run.ensemble import Job, Layout
from flatgov.run.resume import (
    check_same,
    claimed,
    fingerprint,
    read_fingerprint,
    run_mark,
    working_folder,
    write_fingerprint,
)
from flatgov.study.design import Design
from flatgov.study.uncertainty import Uncertainty
from tools.ensembles import LAYOUT, make_job


@pytest.fixture
def job(tmp_path: Path) -> Job:
    return make_job(tmp_path)


CASES: dict[str, tuple[Callable[[Job], Job], Callable[[Layout], Layout], str]] = {
    "seed": (
        lambda job: replace(job, design=Design("sobol", 40, 2), seed=2),
        lambda layout: layout,
        "the interrupted run had seed 1, this one has seed 2",
    ),
    "draws": (
        lambda job: replace(job, design=Design("sobol", 50, 1)),
        lambda layout: replace(layout, draws=50),
        "the interrupted run had 40 draws, this one has 50 draws",
    ),
    "design": (
        lambda job: replace(job, design=Design("lhs", 40, 1)),
        lambda layout: layout,
        "the interrupted run had the design sobol, this one has the design lhs",
    ),
    "table": (
        lambda job: replace(job, design=Design("sobol", 40, 1, np.ones((40, 2)))),
        lambda layout: layout,
        "the table of draws has other values",
    ),
    "time": (
        lambda job: replace(job, model=replace(job.model, time=replace(job.model.time, step=0.5))),
        lambda layout: layout,
        "the time settings have changed",
    ),
    "model": (
        lambda job: replace(job, model=replace(job.model, source=job.model.source + b" ")),
        lambda layout: layout,
        "the model has changed",
    ),
    "policies": (
        lambda job: job,
        lambda layout: replace(layout, policies=("a", "d", "e")),
        "this one has other policies: without 'b', 'c' and with 'd', 'e' more",
    ),
    "order": (
        lambda job: job,
        lambda layout: replace(layout, policies=("b", "a", "c")),
        "the policies stand in another order",
    ),
    "save": (
        lambda job: replace(job, save=job.save[:1]),
        lambda layout: layout,
        "this one has other saved variables: without 'cost per 1/2 year'",
    ),
    "factors": (
        lambda job: replace(job, uncertainty=Uncertainty(job.uncertainty.factors[:1])),
        lambda layout: layout,
        "this one has other uncertain quantities: without 'other'",
    ),
    "scenario": (
        lambda job: job,
        lambda layout: replace(layout, scenarios=("calm",)),
        "one of the two names its scenario and the other does not",
    ),
    "set": (
        lambda job: replace(job, plans=((Change("stay", "set", 3.0, 0.0),), ())),
        lambda layout: layout,
        "other values are given with --set",
    ),
    "blocks": (
        lambda job: job,
        lambda layout: replace(layout, block=32),
        "its blocks are cut in another way",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_another_run_does_not_go_on(tmp_path: Path, job: Job, case: str) -> None:
    run = tmp_path / "run"
    write_fingerprint(run, fingerprint(job, LAYOUT, "s"))
    other_job, other_layout, difference = CASES[case]
    with pytest.raises(fg.StudyError) as caught:
        check_same(run, fingerprint(other_job(job), other_layout(LAYOUT), "s"))
    assert str(caught.value) == (
        f"{run}: this is not the run that was interrupted: {difference}; leave out --resume to "
        "start anew, or run with the same input"
    )


def test_another_version_or_study_does_not_go_on(
    tmp_path: Path, job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = tmp_path / "run"
    write_fingerprint(run, fingerprint(job, LAYOUT, "s"))
    with pytest.raises(fg.StudyError, match="or uncertain quantities of the study have changed;"):
        check_same(run, fingerprint(job, LAYOUT, "t"))
    monkeypatch.setattr("flatgov.run.resume.__version__", "99")
    with pytest.raises(fg.StudyError, match="this one has flatgov 99;"):
        check_same(run, fingerprint(job, LAYOUT, "s"))


def test_all_differences_are_named(tmp_path: Path, job: Job) -> None:
    run = tmp_path / "run"
    write_fingerprint(run, fingerprint(job, LAYOUT, "s"))
    other = replace(job, design=Design("random", 40, 7))
    with pytest.raises(fg.StudyError) as caught:
        check_same(run, fingerprint(other, replace(LAYOUT, policies=("a", "b", "d")), "s"))
    for text in ("design random", "seed 7", "without 'c' and with 'd' more"):
        assert text in str(caught.value)


def test_the_same_run_goes_on_and_so_does_one_where_there_is_none(tmp_path: Path, job: Job) -> None:
    mark = fingerprint(job, LAYOUT, "s")
    check_same(tmp_path, mark)
    assert (read_fingerprint(tmp_path), run_mark(tmp_path)) == (None, "")
    write_fingerprint(tmp_path, mark)
    check_same(tmp_path, mark)
    assert read_fingerprint(tmp_path) == mark
    (tmp_path / "run.json").write_text("{")
    assert read_fingerprint(tmp_path) is None


def test_two_runs_do_not_write_to_one_folder(tmp_path: Path) -> None:
    run = tmp_path / "run"
    with claimed(run):
        with pytest.raises(fg.RunError) as caught, claimed(run):
            pass
        assert str(caught.value) == (
            f"{run}: another run is writing its draws here; "
            "wait until it ends, or choose another --out"
        )
    assert not run.exists()
    with claimed(run):
        (run / "run.json").touch()
    assert (run / "run.json").exists()


def test_where_an_ensemble_grows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert working_folder(tmp_path / "a") == tmp_path / ".a.draws"
    assert working_folder("memory://a/b") == "memory://a/b"
    monkeypatch.setattr("os.path.ismount", lambda path: path == tmp_path / "a")
    assert working_folder(tmp_path / "a") == tmp_path / "a" / ".flatgov-draws"
