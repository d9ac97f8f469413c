"""Arrays of a run → an xarray dataset that says what everything in it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import numpy as np
import xarray as xr

from flatgov import __version__
from flatgov.changes import FloatArray
from flatgov.errors import ModelError
from flatgov.model import Model, TimeSettings, Variable
from flatgov.run.grid import time_points


def saved_variables(model: Model, save: Sequence[str] | None = None) -> list[Variable]:
    """Give the variables that a dataset holds, each once, in the order of the model.

    Args:
        model: The model.
        save: Their names in any spelling, or one name; all variables but lookups by default.

    Raises:
        ModelError: A name is not a variable of the model, or is a lookup.
    """
    if save is None:
        wanted = {variable.name for variable in model.variables.values()}
    else:
        names = [save] if isinstance(save, str) else save
        wanted = {_savable(model, name).name for name in names}
    return [
        variable
        for variable in model.variables.values()
        if variable.name in wanted and variable.kind != "lookup"
    ]


def check_dimensions(model: Model, saved: Sequence[Variable], dimensions: Sequence[str]) -> None:
    """Refuse a variable or subscript whose name a dataset has for a dimension or coordinate.

    Args:
        model: The model, for the message.
        saved: The variables of the dataset.
        dimensions: Its dimensions and coordinates other than subscripts.

    Raises:
        ModelError: Two things would have one name.
    """
    subscripts = dict.fromkeys(name for variable in saved for name in variable.subscripts)
    taken = {*dimensions, *subscripts}
    lines = {variable.name: variable.line for variable in saved if variable.name in taken}
    clash = next(iter(lines), None) or next((one for one in subscripts if one in dimensions), None)
    if clash is not None:
        raise ModelError(
            f"'{clash}' is also the name of a dimension or coordinate of the results",
            where=f"{model.path}:{lines[clash]}" if clash in lines else model.path,
            fix=f"rename the {'variable' if clash in lines else 'subscript range'} in the model",
        )


def make_dataset(
    model: Model,
    values: Mapping[str, FloatArray],
    time: TimeSettings,
    engine: str,
    leading: Mapping[str, Sequence[object]] | None = None,
) -> xr.Dataset:
    """Put the arrays of one or many runs into a dataset.

    Args:
        model: The model.
        values: Arrays (leading dimensions, time points, subscripts) by variable.
        time: The time settings of the runs.
        engine: What made the values.
        leading: The leading dimensions with their coordinates, in order.

    Returns:
        A float64 dataset in the order of `values`. Variables carry ``units``, ``long_name``,
        ``kind``, ``equation`` and ``description``.
    """
    dims = (*(leading or {}), "time")
    variables = {
        name: (
            (*dims, *dimension_names(model.variables[name])),
            np.asarray(array, dtype=np.float64),
            variable_attributes(model.variables[name]),
        )
        for name, array in values.items()
    }
    used = {
        dimension: name
        for one in values
        for dimension, name in zip(
            dimension_names(model.variables[one]), model.variables[one].subscripts, strict=True
        )
    }
    coordinates: dict[str, object] = {
        "time": ("time", time_points(time), {"units": time.units, "long_name": "Time"}),
        **{dimension: list(model.subscripts[name]) for dimension, name in used.items()},
        **{name: list(labels) for name, labels in (leading or {}).items()},
    }
    return xr.Dataset(variables, coordinates, dataset_attributes(model, engine))


def dimension_names(variable: Variable) -> tuple[str, ...]:
    """Give the dimensions of a variable: its subscripts, repeated ones numbered.

    Equations for parts, such as ``x[A, A']`` and ``x[B, B']``, may span one range twice, and
    xarray has no variable with two dimensions of one name: they are ``AB`` and ``AB 2``.
    """
    names = []
    for place, name in enumerate(variable.subscripts):
        times = variable.subscripts[: place + 1].count(name)
        names.append(name if times == 1 else f"{name} {times}")
    return tuple(names)


def variable_attributes(variable: Variable) -> dict[str, str]:
    """Give what a dataset says of a variable; `long_name` is short, since plots show it."""
    return {
        "units": variable.units,
        "long_name": variable.name,
        "kind": variable.kind,
        "equation": variable.equation,
        "description": variable.documentation,
    }


def dataset_attributes(model: Model, engine: str, seed: int = 0) -> dict[str, str | int]:
    """Give what a dataset says of its origin; a study puts its hash in."""
    return {
        "flatgov_version": __version__,
        "model_hash": model.hash,
        "study_hash": "",
        "seed": seed,
        "engine": engine,
        "params": "{}",
        "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _savable(model: Model, name: str) -> Variable:
    if not isinstance(name, str):
        raise ModelError(f"{name!r} is no name of a variable", where="save")
    variable = model.find(name, "save")
    if variable.kind == "lookup":
        raise ModelError(
            f"'{variable.name}' is a lookup table and has no values over time", where="save"
        )
    return variable
