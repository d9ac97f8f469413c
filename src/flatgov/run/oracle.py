"""Simulate through PySD: one fresh model a run, stepping around PySD's known defects.

PySD runs with SAVEPER = TIME STEP and all variables (else SAMPLE IF TRUE and DELAY FIXED read
half-updated inputs), on an exact time grid, with floats throughout and fast lookups.
"""

from __future__ import annotations

import functools
import re
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import xarray as xr

from flatgov.changes import FloatArray, apply, values_over_time
from flatgov.draws import Draws
from flatgov.errors import FlatgovError, RunError
from flatgov.model import Change, Model, TimeSettings, Variable
from flatgov.names import canonical
from flatgov.reading.control import check_time
from flatgov.run.grid import check_change, count_points, step_times
from flatgov.run.pysd_code import Code, build, load

_DEEPEST_CHAIN = 6000


def simulate(
    model: Model,
    changes: Sequence[Change] = (),
    time: TimeSettings | None = None,
    draws: Draws | None = None,
) -> dict[str, FloatArray]:
    """Run a model once through PySD.

    Args:
        model: The model.
        changes: Changes of constants, initial values of stocks and lookups, applied in order.
        time: In place of the model's own time settings.
        draws: What one draw gives: `Draws.count` is 1.

    Returns:
        Every variable but lookups by its name: float64, with the points of
        `flatgov.run.grid.time_points` first, then the variable's subscripts in their order. NaN
        and infinity stay.

    Raises:
        ModelError: A change does not fit the model, or the model cannot be run.
        RunError: The run failed; the message has the variable and the time.
        ValueError: There is more than one draw.
    """
    time = time or model.time
    draws = draws or Draws()
    if draws.count != 1:
        raise ValueError(f"PySD runs one draw at a time, not {draws.count}")
    check_time(time)
    by_variable = _group(model, _with_draw(changes, draws, time), time)
    code = build(model)
    _allow_deep_recursion()
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        pysd_model: Any = None
        try:
            pysd_model = load(code)
            _set_time(pysd_model, time, code)
            _make_floats(pysd_model)
            _make_lookups_fast(pysd_model)
            _shape_lookups(pysd_model, model, draws, code)
            _apply_changes(pysd_model, by_variable, time, code)
            return _run(pysd_model, model, time, code)
        except FlatgovError:
            raise
        except Exception as error:
            raise _run_error(error, pysd_model, model, code) from error


def _with_draw(changes: Sequence[Change], draws: Draws, time: TimeSettings) -> list[Change]:
    """Put what a draw gives before the changes, and into those whose value it gives."""
    first = [
        Change(name, "set", float(values[0]), time.initial) for name, values in draws.values.items()
    ]
    return first + [
        replace(change, value=float(draws.changes[change.draw][0]))
        if change.draw in draws.changes
        else change
        for change in changes
    ]


def _group(
    model: Model, changes: Sequence[Change], time: TimeSettings
) -> list[tuple[Variable, list[Change]]]:
    """Gather the changes of each variable, refusing those that no run can make."""
    groups: dict[str, tuple[Variable, list[Change]]] = {}
    for change in changes:
        variable = model.find(change.variable)
        check_change(change, variable, model, time)
        groups.setdefault(variable.name, (variable, []))[1].append(change)
    return list(groups.values())


def _set_time(pysd_model: Any, time: TimeSettings, code: Code) -> None:
    controls: dict[str, float] = {
        "initial_time": time.initial,
        "final_time": time.final,
        "time_step": time.step,
        "saveper": time.step,
    }
    for name, value in controls.items():
        pysd_model.components._control_vars[name] = lambda value=value: value
    clock = pysd_model.time
    clock._set_control_vars(**controls)

    def update(value: float) -> None:
        """Keep to the grid: sums of a step such as 0.1 drift off it."""
        clock._time = time.initial + round((value - time.initial) / time.step) * time.step

    clock.update = update
    if "saveper" in code.names:
        pysd_model.set_components({code.names["saveper"]: time.saveper})


def _make_floats(pysd_model: Any) -> None:
    """Let states start as floats: PySD's SMOOTH keeps the type of its first value."""
    for state in pysd_model._stateful_elements.values():
        if hasattr(state, "init_func"):
            state.init_func = _as_float(state.init_func)
        if hasattr(state, "order_func"):
            state.order_func = _as_int(state.order_func)


def _as_float(function: Callable[[], Any]) -> Callable[[], Any]:
    def value() -> Any:
        result = function()
        return result.astype(float) if isinstance(result, xr.DataArray) else float(result)

    return value


def _as_int(function: Callable[[], Any]) -> Callable[[], int]:
    return lambda: int(function())


def _make_lookups_fast(pysd_model: Any) -> None:
    """Let unsubscripted lookups use NumPy's interpolation; PySD's takes a millisecond a call."""
    for lookup in pysd_model._lookup_elements:
        if lookup.is_float and lookup.interp == "interpolate" and len(lookup.values) == 1:
            lookup._call = _fast_call(lookup)


def _fast_call(lookup: Any) -> Callable[..., Any]:
    def call(data: Any, x: Any, final_subs: Any = None) -> Any:
        points, values = table()
        if isinstance(x, xr.DataArray):
            return x.copy(data=np.interp(x.values, points, values))
        return float(np.interp(x, points, values))

    @functools.cache
    def table() -> tuple[FloatArray, FloatArray]:
        return lookup.data["lookup_dim"].values, lookup.data.values

    return call


def _apply_changes(
    pysd_model: Any,
    by_variable: Sequence[tuple[Variable, list[Change]]],
    time: TimeSettings,
    code: Code,
) -> None:
    times = step_times(time)
    for variable, changes in by_variable:
        name = code.names[canonical(variable.name)]
        if variable.kind == "stock":
            for state in _parts(pysd_model._stateful_elements, "_integ", name):
                state.init_func = _changed(state.init_func, changes)
        elif variable.kind == "lookup":
            for lookup in _parts(pysd_model.components._components, "_hardcodedlookup", name):
                factor = float(np.prod([change.value for change in changes]))
                lookup.values = [
                    (x, tuple(np.asarray(y) * factor), coords) for x, y, coords in lookup.values
                ]
        else:
            base = getattr(pysd_model.components, name)()
            values = values_over_time(base, changes, times, time.step)
            pysd_model.set_components({name: _component(values, pysd_model, time)})


def _shape_lookups(pysd_model: Any, model: Model, draws: Draws, code: Code) -> None:
    """Move the points of lookups so that they have a draw's strengths and slopes."""
    for given, (a, b) in draws.normals.items():
        strength = float(draws.strengths[given][0]) if given in draws.strengths else 1.0
        slope = float(draws.slopes[given][0]) if given in draws.slopes else 1.0
        name = code.names[canonical(model.find(given).name)]
        for lookup in _parts(pysd_model.components._components, "_hardcodedlookup", name):
            if slope <= 0.0 and lookup.interp not in ("interpolate", "extrapolate"):
                raise RunError(
                    f"PySD cannot give '{given}', which has steps, the slope {slope:g}",
                    where=model.path,
                    fix="use the engine native",
                )
            moved = []
            for x, y, coords in lookup.values:
                xs, ys = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
                if slope == 0.0:
                    ys = np.full_like(ys, np.interp(a, xs, ys))
                elif slope != 1.0:
                    xs = a + (xs - a) / slope
                if slope < 0.0:  # the points have to ascend
                    xs, ys = xs[::-1], ys[::-1]
                if strength != 1.0:
                    ys = b + strength * (ys - b)
                moved.append((xs.tolist(), ys.tolist(), coords))
            lookup.values = moved


def _parts(container: Any, prefix: str, name: str) -> Iterator[Any]:
    """Yield PySD's objects of a variable, one for each of its equations."""
    items = container if isinstance(container, dict) else vars(container)
    for key, item in items.items():
        if re.fullmatch(rf"{prefix}_{name}(_\d+)?", key):
            yield item


def _changed(initial: Callable[[], Any], changes: Sequence[Change]) -> Callable[[], Any]:
    def value() -> Any:
        result = initial()
        for change in changes:
            result = apply(change.operation, result, change.value, 1.0)
        return result

    return value


def _component(values: Sequence[Any], pysd_model: Any, time: TimeSettings) -> Any:
    """Give what PySD puts in a constant's place: a value for each step, or one for all."""
    first = values[0]
    if all(np.array_equal(value, first) for value in values):
        return first if isinstance(first, xr.DataArray) else float(first)
    clock = pysd_model.time

    def value_now() -> Any:
        return values[round((clock() - time.initial) / time.step)]

    return value_now


def _run(pysd_model: Any, model: Model, time: TimeSettings, code: Code) -> dict[str, FloatArray]:
    kept = [variable for variable in model.variables.values() if variable.kind != "lookup"]
    names = {variable.name: code.names[canonical(variable.name)] for variable in kept}
    table = pysd_model.run(return_columns=list(names.values()), flatten_output=False)
    points = count_points(time, time.saveper)
    every = round(time.saveper / time.step)
    return {
        variable.name: _column(table[names[variable.name]].iloc[::every][:points], variable, model)
        for variable in kept
    }


def _column(column: Any, variable: Variable, model: Model) -> FloatArray:
    shape = tuple(len(model.subscripts[dimension]) for dimension in variable.subscripts)
    if not shape:
        return np.asarray(column, dtype=np.float64)
    arrays = [
        value.transpose(*variable.subscripts).values if isinstance(value, xr.DataArray) else value
        for value in column
    ]
    return np.stack([np.asarray(array, dtype=np.float64).reshape(shape) for array in arrays])


def _allow_deep_recursion() -> None:
    """Allow long chains of auxiliaries: PySD computes each by a call of the one before.

    The limit is the whole process's. It is never lowered again, as another thread may be deep in
    a run, or may have raised it further.
    """
    if sys.getrecursionlimit() < _DEEPEST_CHAIN:
        sys.setrecursionlimit(_DEEPEST_CHAIN)


def _run_error(error: Exception, pysd_model: Any, model: Model, code: Code) -> RunError:
    """Say which variable failed when, in the model's own names."""
    known = {code.names[canonical(name)]: name for name in model.variables}
    name = _failing_variable(error, code, known)
    where = f"{model.path}, '{name}'" if name else model.path
    if name:
        where += f", line {model.variables[name].line}"
    if unknown := re.fullmatch(r"Not implemented function '(\w+)'", str(error)):
        function = unknown[1].replace("_", " ").upper()
        return RunError(
            f"PySD does not support {function}", where=where, fix="use the engine native"
        )
    clock = getattr(pysd_model, "time", None)
    moment = clock() if clock is not None and pysd_model.time.stage == "Run" else None
    when = f" at time {moment:g}" if moment is not None else " at the start"
    if isinstance(error, ZeroDivisionError):
        what = "division by zero"
    elif isinstance(error, RecursionError):
        what = "circular definition, or too long a chain of variables"
    elif isinstance(error, OverflowError):
        what = "a number is too large"
    else:
        text = re.sub(r"\bv\d+\b", lambda match: known.get(match[0], match[0]), str(error))
        what = f"{type(error).__name__}: {text}"
    return RunError(what + when, where=where)


def _failing_variable(error: Exception, code: Code, known: Mapping[str, str]) -> str | None:
    """Find the variable whose code was running: the nearest heading above the failing line."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if frame.filename.endswith("model.py") and "flatgov-" in frame.filename:
            lines = code.files["model.py"].splitlines()[: frame.lineno]
            for line in reversed(lines):
                match = re.match(r"(?:def |_[a-z]+_)(v\d+)\b|_[a-z]+_(v\d+)_\d+ ", line)
                if match:
                    return known.get(match.group(1) or match.group(2))
    return None
