"""What the variables of an analysis are, for those who open its files without flatgov."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import xarray as xr

_ENDS = {"_low": "lower", "_high": "upper"}


def described(
    ds: xr.Dataset,
    meanings: Mapping[str, tuple[str, str]],
    units: Mapping[str, str],
    own: Collection[str] = (),
) -> xr.Dataset:
    """Give every variable of a dataset its long name, units and description.

    Args:
        ds: The dataset.
        meanings: The long name and the description of each variable; not of the ends of
            intervals, ``…_low`` and ``…_high``, where their middle has them.
        units: Of variables that are neither shares nor numbers, which have the units ``1``.
        own: The variables in units of what was analysed, which the attribute or the coordinate
            ``units`` says; where these differ, the attribute refers to the coordinate.
    """
    if "units" in ds.coords:
        found = sorted(set(ds["units"].values.flat))
        same = str(found[0]) if len(found) == 1 else "see the coordinate units"
    else:
        same = str(ds.attrs.get("units", ""))
    for name in map(str, ds.data_vars):
        stem, side = _stem(name, meanings)
        long_name, description = meanings[stem]
        if side:
            long_name += f", {side} end"
            description = f"{side} end of the 95 % interval of {stem}: {description}"
        ds[name].attrs |= {
            "long_name": long_name,
            "units": same if stem in own else units.get(stem, "1"),
            "description": description,
        }
    return ds


def _stem(name: str, meanings: Mapping[str, tuple[str, str]]) -> tuple[str, str]:
    """Split the end of an interval into its middle and its side."""
    for ending, side in _ENDS.items():
        stem = name.removesuffix(ending)
        if name not in meanings and stem != name:
            return stem, side
    return name, ""
