"""Made-up blocks of an ensemble, for tests of what keeps them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from flatgov.reading import load_model
from flatgov.run.ensemble import Block, Job, Layout
from flatgov.run.ensemble_store import begin, write_block
from flatgov.run.grid import count_points
from flatgov.run.place import Place, file_sizes, join, read_bytes
from flatgov.run.resume import run_mark
from flatgov.run.trouble import BELOW, NOT_A_NUMBER
from flatgov.study import Study
from flatgov.study.design import Design
from flatgov.study.uncertainty import Factor, Uncertainty

MODEL = """{UTF-8}
place: town, village ~~|
people[place] = 100 ~ Person ~ |
"cost per 1/2 year" = SUM(people[place!]) ~ MYuan [0,?] ~ |
stay = 20 ~ Month ~ |
INITIAL TIME = 0 ~ Month ~ |
FINAL TIME = 6 ~ Month ~ |
TIME STEP = 1 ~ Month ~ |
SAVEPER = 1 ~ Month ~ |
"""
ATTRS = {"study_hash": "s", "seed": 1, "draws": 40, "design": "sobol"}


def make_job(folder: Path) -> Job:
    """Give an ensemble of two plans and two uncertain quantities."""
    path = folder / "town.mdl"
    path.write_text(MODEL, encoding="utf-8")
    factors = tuple(
        Factor(name, "value", name, "Month", 20.0, lambda p: p, "uniform 0, 1")
        for name in ("stay", "other")
    )
    model = load_model(path)
    save = tuple(name for name in model.variables if "cost" in name or name == "people")
    return Job(model, ((), ()), Uncertainty(factors), Design("sobol", 40, 1), save, 1)


# Three policies, two of one content; 40 draws, so that the last block is not full.
LAYOUT = Layout(("a", "b", "c"), None, "calm", (0, 1, 0), 40, 16)
BY_SCENARIO = replace(
    LAYOUT,
    policies=("a", "b"),
    scenarios=("calm", "busy"),
    scenario=None,
    plan_of=(0, 1, 1, 0),
)


def make_block(job: Job, number: int, layout: Layout = LAYOUT) -> Block:
    """Give a block of random numbers; draw 3 of plan 1 failed, and draw 39 of plan 0."""
    first, count = layout.blocks()[number]
    random = np.random.default_rng(number)
    points = count_points(job.model.time, job.model.time.saveper)
    values = {
        name: random.normal(
            size=(2, count, points, *([2] if job.model.variables[name].subscripts else []))
        )
        for name in job.save
    }
    status = np.zeros((2, count), np.uint8)
    variable = np.full((2, count), -1, np.int32)
    time = np.full((2, count), np.nan)
    names = list(job.model.variables)
    for plan, draw, kind, name in ((1, 3, NOT_A_NUMBER, "people"), (0, 39, BELOW, job.save[1])):
        if first <= draw < first + count:
            at = (plan, draw - first)
            status[at], variable[at], time[at] = kind, names.index(name), 2.5
    return Block(first, values, random.normal(size=(count, 2)), status, variable, time)


def put(place: Place, layout: Layout, block: Block) -> None:
    """Write a block as a worker of the run of the place does."""
    write_block(place, layout, block, run_mark(place))


def fill(place: Place, job: Job, study: Study, layout: Layout = LAYOUT) -> None:
    """Write a whole run."""
    begin(place, job, layout, study, ATTRS, resume=False)
    for number in range(len(layout.blocks())):
        put(place, layout, make_block(job, number, layout))


def contents(place: Place) -> dict[str, bytes]:
    """Give every file of a place; of the moment of a run nothing is left in them."""
    found = {name: read_bytes(join(place, name)) for name in file_sizes(place)}
    return {name: _without_moment(data) for name, data in found.items()}


def _without_moment(data: bytes) -> bytes:
    before, key, after = data.partition(b'"created_at": "')
    return before + key + after.partition(b'"')[2] if key else data
