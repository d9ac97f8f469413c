"""`Model.run`: one simulation, or one for each value of the parameters."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import xarray as xr

from flatgov.changes import FloatArray
from flatgov.draws import Draws
from flatgov.errors import ModelError, RunError
from flatgov.model import Change, Integrator, Model, TimeSettings, Variable
from flatgov.reading.control import check_time
from flatgov.run.dataset import check_dimensions, make_dataset, saved_variables
from flatgov.run.final_time import refuse_moving
from flatgov.run.grid import count_points, time_points
from flatgov.run.params import params_text, read_params

ENGINES = ("native", "pysd")
INTEGRATORS: tuple[Integrator, ...] = ("euler", "rk4")


def run_model(
    model: Model,
    params: Mapping[str, float | Sequence[float]],
    *,
    save: Sequence[str] | None = None,
    time_step: float | None = None,
    saveper: float | None = None,
    final_time: float | None = None,
    integrator: Integrator | None = None,
    engine: str = "native",
    seed: int = 0,
) -> xr.Dataset:
    """Simulate a model; see `Model.run`.

    Raises:
        ModelError: A name, value or time setting does not fit the model.
        RunError: With the engine pysd: the only run failed, or all of them did.
    """
    method = _method(model, integrator, engine)
    if engine == "pysd":
        refuse_moving(model, "the engine pysd")
    if final_time is not None:
        refuse_moving(model, "a run to another final_time")
    time = _time_settings(model, time_step, saveper, final_time)
    saved = saved_variables(model, save)
    kept = [variable.name for variable in saved]
    params_given = read_params(model, params)
    count = _count_draws(model, params_given)
    check_dimensions(model, saved, ("time",) if count is None else ("draw", "time"))
    points = count_points(time, time.saveper)
    if engine == "native":
        values, failed, points = _run_native(model, params_given, count, time, kept, method, seed)
    elif count is None:
        values = simulate_once(model, _changes(params_given, 0, time), time)
        values, failed = {name: values[name] for name in kept}, {}
    else:
        values, failed = _run_draws(model, params_given, count, time, kept)
    leading = {} if count is None else {"draw": range(count)}
    ds = make_dataset(model, values, time, engine, leading).isel(time=slice(points))
    ds.attrs |= {"seed": seed, "params": params_text(params_given)}
    if failed:
        ds.attrs["failed"] = json.dumps(failed, ensure_ascii=False)
    return ds


def _method(model: Model, integrator: str | None, engine: str) -> Integrator:
    """Settle the integration method: that asked for, or the model's own."""
    if engine not in ENGINES:
        raise ModelError(
            f"there is no engine '{engine}'", where=model.path, fix=f"use {' or '.join(ENGINES)}"
        )
    method = integrator or model.integrator
    if method == "rk4" and engine == "pysd":
        raise ModelError(
            "the engine pysd integrates by Euler's method only",
            where=model.path,
            fix="use the engine native, or integrator='euler' with a smaller time_step",
        )
    for known in INTEGRATORS:
        if method == known:
            return known
    raise ModelError(
        f"there is no integrator '{method}'",
        where=model.path,
        fix=f"use {' or '.join(INTEGRATORS)}",
    )


def simulate_once(
    model: Model, changes: Sequence[Change], time: TimeSettings
) -> dict[str, FloatArray]:
    """Simulate through PySD, which takes most of a second to import."""
    from flatgov.run.oracle import simulate

    return simulate(model, changes, time)


def _run_native(
    model: Model,
    params: Mapping[str, FloatArray],
    count: int | None,
    time: TimeSettings,
    kept: Sequence[str],
    method: Integrator,
    seed: int,
) -> tuple[dict[str, FloatArray], dict[int, str], int]:
    from flatgov.run.native import simulate_members

    size = count or 1
    given = {name: np.broadcast_to(value, (size,)) for name, value in params.items()}
    draws = Draws(size, values=given)
    results = simulate_members(model, [()], draws, time, save=kept, integrator=method, seed=seed)
    failed = {draw: reason for (_, draw), reason in results.failed.items()}
    only = 0 if count is None else slice(None)
    values = {name: results.values[name][0, only] for name in kept}
    return values, failed, results.points


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
) -> tuple[dict[str, FloatArray], dict[int, str]]:
    """Run every draw through PySD; one that fails does not stop the others."""
    arrays = {
        name: np.full((count, *_shape(model, model.variables[name], time)), np.nan) for name in kept
    }
    failed: dict[int, str] = {}
    for draw in range(count):
        try:
            member = simulate_once(model, _changes(values, draw, time), time)
        except RunError as error:
            failed[draw] = str(error)
            continue
        for name in kept:
            arrays[name][draw] = member[name]
    if len(failed) == count:
        raise RunError(f"all {count} draws failed, the first with: {failed[0]}")
    return arrays, failed


def _shape(model: Model, variable: Variable, time: TimeSettings) -> tuple[int, ...]:
    lengths = (len(model.subscripts[name]) for name in variable.subscripts)
    return (len(time_points(time)), *lengths)
