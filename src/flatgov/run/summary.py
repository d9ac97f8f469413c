"""The headline variables of a run at start, at the fieldwork and at the end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from flatgov.analysis.compare import exceeds
from flatgov.run.trouble import OK

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
        low: The value that 5 percent of the draws end below.
        middle: The median of the draws at the end.
        high: The value that 5 percent of the draws end above.
        better: The share of the draws that end better than with the reference policy.
        draws: The number of draws that these rest on; failed members are left out.
        failed: The number of draws in which this policy failed under this scenario.
    """

    policy: str
    scenario: str
    variable: str
    units: str
    start: float
    observed: float
    end: float
    difference: float = float("nan")
    low: float = float("nan")
    middle: float = float("nan")
    high: float = float("nan")
    better: float = float("nan")
    draws: int | None = None
    failed: int | None = None


def study_summary(
    ds: xr.Dataset, study: Study, draws: xr.Dataset | None = None
) -> list[SummaryRow]:
    """Summarise the headline variables of every policy and scenario.

    Args:
        ds: Results of the study, without draws. Headline variables that it lacks are left out.
        study: The study.
        draws: Results of the same policies and scenarios with draws.

    Returns:
        A row for each policy, scenario and variable, in this order.
    """
    rows = _rows(ds, [name for name in study.headline if name in ds], study.observed)
    ends = {(row.scenario, row.variable): row.end for row in rows if row.policy == study.reference}
    rows = [
        replace(row, difference=row.end - ends.get((row.scenario, row.variable), float("nan")))
        for row in rows
    ]
    return rows if draws is None else _with_draws(rows, draws, study)


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
    """Yield the values over time, or over the draws of one time, of each element of a variable."""
    one = _chosen(array, policy, scenario)
    over = "draw" if "draw" in one.dims else "time"
    one = (one.squeeze("time", drop=True) if over == "draw" else one).transpose(over, ...)
    numbers = one.values
    for index in np.ndindex(one.shape[1:]):
        elements = [
            str(one[dim].values[position])
            for dim, position in zip(one.dims[1:], index, strict=True)
        ]
        name = f"{array.name}[{','.join(elements)}]" if elements else str(array.name)
        yield name, numbers[(slice(None), *index)]


def _chosen(array: xr.DataArray, policy: str, scenario: str) -> xr.DataArray:
    chosen = {"policy": policy, "scenario": scenario}
    return array.sel({dim: label for dim, label in chosen.items() if dim in array.dims})


def _with_draws(rows: Sequence[SummaryRow], draws: xr.Dataset, study: Study) -> list[SummaryRow]:
    """Add to each row what the draws of its policy, scenario and variable say."""
    ends: dict[tuple[str, str, str], npt.NDArray[np.float64]] = {}
    right: dict[tuple[str, str], npt.NDArray[np.bool_]] = {}
    names = [name for name in study.headline if name in draws]
    # Read once: every file of a store holds all policies and times of some draws.
    last = [draws[name].isel(time=[-1]).compute() for name in names]
    for policy in labels(draws, "policy"):
        for scenario in labels(draws, "scenario") or [""]:
            right[policy, scenario] = _chosen(draws["status"], policy, scenario).values == OK
            for array in last:
                for element, values in _series(array, policy, scenario):
                    ends[policy, scenario, element] = values
    return [_with_spread(row, ends, right, study) for row in rows]


def _with_spread(
    row: SummaryRow,
    ends: Mapping[tuple[str, str, str], npt.NDArray[np.float64]],
    right: Mapping[tuple[str, str], npt.NDArray[np.bool_]],
    study: Study,
) -> SummaryRow:
    own = ends.get((row.policy, row.scenario, row.variable))
    if own is None:
        return row
    good = right[row.policy, row.scenario]
    row = replace(row, draws=int(good.sum()), failed=int((~good).sum()))
    if not good.any():
        return row
    low, middle, high = np.quantile(own[good], [0.05, 0.5, 0.95])
    better = float("nan")
    way = study.better.get(row.variable.partition("[")[0])
    other = ends.get((study.reference, row.scenario, row.variable))
    if way is not None and other is not None and row.policy != study.reference:
        both = good & right[study.reference, row.scenario]
        pair = (own[both], other[both]) if way == "more" else (other[both], own[both])
        better = float(exceeds(*pair).mean()) if both.any() else float("nan")
    return replace(row, low=float(low), middle=float(middle), high=float(high), better=better)
