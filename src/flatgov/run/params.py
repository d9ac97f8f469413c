"""New values of constants and initial values, as a user gives them by name."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from flatgov.changes import FloatArray, check_changeable, check_value
from flatgov.errors import ModelError
from flatgov.model import Model

_ALLOWED = "give one number, or a list of numbers"


def read_params(
    model: Model, params: Mapping[str, float | Sequence[float]]
) -> dict[str, FloatArray]:
    """Check new values of constants or initial values.

    Args:
        model: What they apply to.
        params: A number or a list of numbers by name, in any spelling.

    Returns:
        The values under the names of the model: no dimension for a number, one for a list.

    Raises:
        ModelError: There is no such variable, it cannot be set or is given twice, or a value is
            no number or leaves the limits.
    """
    if not isinstance(params, Mapping):
        raise ModelError(
            f"{params!r} are not values by name", where="params", fix='as in {"stay": 20.0}'
        )
    values: dict[str, FloatArray] = {}
    spelled: dict[str, str] = {}
    for name, value in params.items():
        numbers = _numbers(name, value)
        for number in numbers.flat:
            where = f"{name}={number:g}"
            variable = model.find(name, where)
            if variable.kind == "lookup":
                raise ModelError(
                    f"'{variable.name}' is a lookup table and cannot be set",
                    where=where,
                    fix="set constants or initial values; the policies of a study scale lookups",
                )
            check_changeable(variable, model, where)
            check_value(variable, "set", float(number), where)
        if variable.name in values:
            raise ModelError(
                f"'{variable.name}' is given twice",
                where=f"'{spelled[variable.name]}' and '{name}'",
                fix="keep one of them",
            )
        values[variable.name], spelled[variable.name] = numbers, name
    return values


def params_text(values: Mapping[str, FloatArray]) -> str:
    """Write the values for the attributes of a dataset, lists for draws."""
    return json.dumps({name: one.tolist() for name, one in values.items()}, ensure_ascii=False)


def _numbers(name: Any, value: Any) -> FloatArray:
    if not isinstance(name, str):
        raise ModelError(f"{name!r} is no name of a variable", where="params")
    shown = f"a {type(value).__name__}" if isinstance(value, Iterator) else repr(value)
    try:
        given = np.asarray(value)
        # NumPy would also read truth values, and texts that look like numbers.
        if given.dtype.kind not in "iuf" and any(
            isinstance(one, (bool, complex, str, bytes, type(None)))
            for one in given.ravel().tolist()
        ):
            raise TypeError
        numbers = given.astype(np.float64)
    except (TypeError, ValueError):
        raise ModelError(f"{shown} is not a number", where=f"'{name}'", fix=_ALLOWED) from None
    if numbers.ndim > 1 or numbers.size == 0:
        raise ModelError(f"{shown} is no list of numbers", where=f"'{name}'", fix=_ALLOWED)
    return numbers
