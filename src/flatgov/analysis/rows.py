"""Rows of an ensemble: one for each variable, or for each element of one with subscripts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from flatgov.analysis.compare import BoolArray, FloatArray
from flatgov.errors import ModelError, RunError
from flatgov.run.native import undefined_elements

if TYPE_CHECKING:
    import xarray as xr

    from flatgov.study.study import Study

_BLOCK = 1000  # draws that are read at once where nothing else says how they are stored


@dataclass(frozen=True)
class Row:
    """A variable, or an element of one with subscripts.

    Attributes:
        name: ``staff`` or ``staff[A]``.
        variable: The variable.
        element: The place of the element in each subscript dimension.
        units: Of the values.
        better: ``less``, ``more``, or nothing where the study does not say.
    """

    name: str
    variable: str
    element: Mapping[str, int]
    units: str
    better: str

    @property
    def sign(self) -> float:
        """What turns the values so that more is better; without a direction more is more."""
        return -1.0 if self.better == "less" else 1.0


def rows_of(ds: xr.Dataset, study: Study, names: Sequence[str]) -> list[Row]:
    """Give the rows of variables of a dataset: one each, or one an element.

    Elements that no equation defines are left out.

    Args:
        ds: Results.
        study: Says which way a variable is better; its model, which elements are defined.
        names: Of variables of `ds`.
    """
    leading = {"policy", "scenario", "draw", "time"}
    dimensions = {name: [str(dim) for dim in ds[name].dims if dim not in leading] for name in names}
    missing = _undefined(study) if any(dimensions.values()) else set()
    rows = []
    for name, dims in dimensions.items():
        array = ds[name]
        units, better = array.attrs.get("units", ""), study.better.get(name, "")
        for place in np.ndindex(*(array.sizes[dim] for dim in dims)):
            element = dict(zip(dims, place, strict=True))
            labels = {dim: str(array[dim].values[index]) for dim, index in element.items()}
            title = f"{name}[{','.join(labels.values())}]" if labels else name
            if (name, frozenset(labels.items())) not in missing:
                rows.append(Row(title, name, element, units, better))
    return rows


def _undefined(study: Study) -> set[tuple[str, frozenset[tuple[str, str]]]]:
    """Give the elements that no equation defines: the variable, and the label in each dimension.

    Equations say so and not values: those of members that failed may all be NaN as well.
    """
    from flatgov.run.dataset import dimension_names

    model = study.model
    found: set[tuple[str, frozenset[tuple[str, str]]]] = set()
    try:
        undefined = undefined_elements(model)
    except ModelError:  # Only PySD can run it: all its elements are rows.
        return found
    for name, position in undefined:
        variable = model.variables[name]
        elements = [model.subscripts[one] for one in variable.subscripts]
        place = np.unravel_index(position, [len(one) for one in elements])
        labels = (one[int(index)] for one, index in zip(elements, place, strict=True))
        found.add((name, frozenset(zip(dimension_names(variable), labels, strict=True))))
    return found


def read_row(ds: xr.Dataset, row: Row, usable: BoolArray) -> FloatArray:
    """Read a row of an ensemble, block by block if it is lazy.

    Args:
        ds: Results with draws, of one scenario.
        row: The row.
        usable: (policy, draw) True where the member ran through.

    Returns:
        (policy, time, draw); members that failed are NaN.

    Raises:
        RunError: A member that ran through has a value that is no finite number.
    """
    array = ds[row.variable].isel(row.element).transpose("policy", "time", "draw")
    values = np.empty(array.shape, dtype=np.float64)
    blocks = dict(array.variable.chunksizes).get("draw") or (_BLOCK,) * -(
        -array.sizes["draw"] // _BLOCK
    )
    first = 0
    for size in blocks:
        here = slice(first, first + size)
        values[..., here] = array.isel(draw=here).values
        first += size
    for policy, own in enumerate(usable):
        values[policy][:, ~own] = np.nan
        wrong = np.asarray(own & ~np.isfinite(values[policy]).all(axis=0))
        if wrong.any():
            raise RunError(
                f"'{row.name}' under policy '{array['policy'].values[policy]}' is no finite number "
                f"in draw {array['draw'].values[wrong.argmax()]}, which is marked as good",
                fix="run again",
            )
    return values
