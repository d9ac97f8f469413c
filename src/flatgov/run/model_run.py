"""`Model.run`: one simulation, or one for each value of the parameters."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import xarray as xr

from flatgov.changes import FloatArray
from flatgov.errors import ModelError, RunError
from flatgov.model import Change, Model, TimeSettings, Variable
from flatgov.reading.control import check_time
from flatgov.run.dataset import check_dimensions, member_dataset, saved_variables
from flatgov.run.grid import time_points
from flatgov.run.oracle import simulate
from flatgov.run.params import params_text, read_params

ENGINES = ("pysd",)


def run_model(
    model: Model,
    params: Mapping[str, float | Sequence[float]],
    *,
    save: Sequence[str] | None = None,
    time_step: float | None = None,
    saveper: float | None = None,
    final_time: float | None = None,
    integrator: str = "euler",
    engine: str = "pysd",
) -> xr.Dataset:
    """Simulate a model; see `Model.run`.

    Returns:
        The dataset. Draws that failed among others are NaN throughout, and the attribute
        ``failed`` holds their messages by draw, as JSON.

    Raises:
        ModelError: A name, value or time setting does not fit the model.
        RunError: The only run failed, or all of them did.
    """
    _check_engine(model, integrator, engine)
    time = _time_settings(model, time_step, saveper, final_time)
    saved = saved_variables(model, save)
    kept = [variable.name for variable in saved]
    values = read_params(model, params)
    count = _count_draws(model, values)
    check_dimensions(model, saved, ("time",) if count is None else ("draw", "time"))
    if count is None:
        ds = member_dataset(model, simulate(model, _changes(values, 0, time), time), time, kept)
    else:
        ds = _run_draws(model, values, count, time, kept)
    ds.attrs["params"] = params_text(values)
    return ds


def _check_engine(model: Model, integrator: str, engine: str) -> None:
    if engine not in ENGINES:
        raise ModelError(
            f"there is no engine '{engine}'", where=model.path, fix=f"use {' or '.join(ENGINES)}"
        )
    if integrator == "rk4":
        raise ModelError(
            "the engine pysd integrates by Euler's method only",
            where=model.path,
            fix="use integrator='euler' with a smaller time_step",
        )
    if integrator != "euler":
        raise ModelError(
            f"there is no integrator '{integrator}'", where=model.path, fix="use euler"
        )


def _time_settings(
    model: Model, time_step: float | None, saveper: float | None, final_time: float | None
) -> TimeSettings:
    """Put the given settings in the place of the model's; SAVEPER follows if it is TIME STEP."""
    own = model.time
    step = own.step if time_step is None else _number("time_step", time_step)
    if saveper is None:
        saveper = step if own.saveper == own.step else own.saveper
    final = own.final if final_time is None else _number("final_time", final_time)
    time = replace(own, step=step, saveper=_number("saveper", saveper), final=final)
    check_time(time, {"time step": model.path, "final time": model.path, "saveper": model.path})
    return time


def _number(name: str, value: float) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        raise ModelError(f"{value!r} is not a number", where=name) from None


def _count_draws(model: Model, values: Mapping[str, FloatArray]) -> int | None:
    """Give the number of draws, or nothing when every parameter is one number."""
    lengths = {name: len(value) for name, value in values.items() if value.ndim}
    if len(set(lengths.values())) > 1:
        listed = ", ".join(f"'{name}' has {length}" for name, length in lengths.items())
        raise ModelError(
            f"the lists of values differ in length: {listed}",
            where=model.path,
            fix="give lists of one length",
        )
    return next(iter(lengths.values()), None)


def _changes(values: Mapping[str, FloatArray], draw: int, time: TimeSettings) -> list[Change]:
    return [
        Change(name, "set", float(value[draw] if value.ndim else value), time.initial)
        for name, value in values.items()
    ]


def _run_draws(
    model: Model,
    values: Mapping[str, FloatArray],
    count: int,
    time: TimeSettings,
    kept: Sequence[str],
) -> xr.Dataset:
    """Run every draw; one that fails does not stop the others."""
    members: list[dict[str, FloatArray] | None] = []
    failed: dict[int, str] = {}
    for draw in range(count):
        try:
            members.append(simulate(model, _changes(values, draw, time), time))
        except RunError as error:
            members.append(None)
            failed[draw] = str(error)
    if len(failed) == count:
        raise RunError(f"all {count} draws failed, the first with: {failed[0]}")
    nothing = {name: np.full(_shape(model, model.variables[name], time), np.nan) for name in kept}
    datasets = [member_dataset(model, member or nothing, time, kept) for member in members]
    draws: Any = xr.DataArray(np.arange(count), dims="draw", name="draw")
    dataset = xr.concat(datasets, draws, combine_attrs="override")
    if failed:
        dataset.attrs["failed"] = json.dumps(failed, ensure_ascii=False)
    return dataset


def _shape(model: Model, variable: Variable, time: TimeSettings) -> tuple[int, ...]:
    lengths = (len(model.subscripts[name]) for name in variable.subscripts)
    return (len(time_points(time)), *lengths)
