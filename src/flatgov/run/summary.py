"""The headline variables of a run at start, at the fieldwork and at the end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import xarray as xr

    from flatgov.study.study import Study


@dataclass(frozen=True)
class SummaryRow:
    """A variable under a policy and scenario; what does not exist is NaN or empty.

    Attributes:
        policy: Its id.
        scenario: Its id.
        variable: Its name, with the element if it has subscripts.
        units: Of all the values.
        start: The first value.
        observed: The value at the time of the fieldwork.
        end: The last value.
        difference: `end` less that of the reference policy under the same scenario.
    """

    policy: str
    scenario: str
    variable: str
    units: str
    start: float
    observed: float
    end: float
    difference: float = float("nan")


def study_summary(ds: xr.Dataset, study: Study) -> list[SummaryRow]:
    """Summarise the headline variables of every policy and scenario.

    Args:
        ds: Results of the study. Headline variables that it lacks are left out.
        study: The study.

    Returns:
        A row for each policy, scenario and variable, in this order.
    """
    rows = _rows(ds, [name for name in study.headline if name in ds], study.observed)
    ends = {(row.scenario, row.variable): row.end for row in rows if row.policy == study.reference}
    return [
        replace(row, difference=row.end - ends.get((row.scenario, row.variable), float("nan")))
        for row in rows
    ]


def stock_summary(ds: xr.Dataset) -> list[SummaryRow]:
    """Summarise the stocks of a run of a bare model."""
    stocks = [str(name) for name, one in ds.data_vars.items() if one.attrs["kind"] == "stock"]
    return _rows(ds, stocks, None)


def _rows(ds: xr.Dataset, names: Sequence[str], observed: float | None) -> list[SummaryRow]:
    times = ds["time"].values
    return [
        SummaryRow(
            policy,
            scenario,
            variable,
            ds[name].attrs["units"],
            float(values[0]),
            float("nan") if observed is None else float(np.interp(observed, times, values)),
            float(values[-1]),
        )
        for policy in labels(ds, "policy") or [""]
        for scenario in labels(ds, "scenario") or [""]
        for name in names
        for variable, values in _series(ds[name], policy, scenario)
    ]


def labels(ds: xr.Dataset, coordinate: str) -> list[str]:
    """Give the labels of a coordinate, also of a scalar one; none if there is no such."""
    if coordinate not in ds.coords:
        return []
    return [str(label) for label in np.atleast_1d(ds[coordinate].values)]


def _series(
    array: xr.DataArray, policy: str, scenario: str
) -> Iterator[tuple[str, npt.NDArray[np.float64]]]:
    """Yield the values over time of a variable, one for each element if it has subscripts."""
    chosen = {"policy": policy, "scenario": scenario}
    one = array.sel({dim: label for dim, label in chosen.items() if dim in array.dims})
    one = one.transpose("time", ...)
    for index in np.ndindex(one.shape[1:]):
        elements = [
            str(one[dim].values[position])
            for dim, position in zip(one.dims[1:], index, strict=True)
        ]
        name = f"{array.name}[{','.join(elements)}]" if elements else str(array.name)
        yield name, one.values[(slice(None), *index)]
