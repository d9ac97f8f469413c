"""What the figures of sensitivity share: measures, what was analysed, where nothing varies."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from flatgov.figures.common import caption
from flatgov.figures.factor_text import all_members
from flatgov.figures.text import Text

FloatArray = NDArray[np.float64]

# A spread below this share of its largest over time is too little to be explained.
QUIET = 0.01


class Measures(NamedTuple):
    """The two measures of a method: the first one sorts and has an interval."""

    lead: str
    second: str


MEASURES = {
    "sobol": Measures("total", "first"),
    "morris": Measures("mu_star", "sigma"),
    "rank": Measures("prcc", "rho"),
}


def measures_of(ds: xr.Dataset) -> Measures:
    """Give the measures of an analysis; with few draws for many factors plain ranks lead."""
    found = MEASURES[ds.attrs["method"]]
    return found if ds.attrs.get("sorts", found.lead) == found.lead else Measures(*found[::-1])


def outcome(ds: xr.Dataset, text: Text, variable: str) -> str:
    """Say what was analysed of a variable: it under a policy, or the difference of two."""
    told, name = ds.attrs, text.variable(variable)
    policy = text.policy(told["policy"])
    if told["against"]:
        return text.word("less", name=name, policy=policy, against=text.policy(told["against"]))
    return text.word("under", name=name, policy=policy)


def as_array(ds: xr.Dataset, variable: str) -> xr.DataArray:
    """Give a variable by name and units only, as `Text.unit` and `Text.heading` take it."""
    units = str(ds["units"].sel(variable=variable).item())
    return xr.DataArray(0.0, name=variable, attrs={"units": units})


def quiet(ds: xr.Dataset, variable: str) -> NDArray[np.bool_]:
    """Tell at which times the outcome hardly varies.

    Args:
        ds: Of `flatgov.analysis.sensitivity.sensitivity`.
        variable: One of its variables.

    Returns:
        (time,): where the standard deviation, with the method of Morris the largest mean effect,
        is below `QUIET` of its largest over time.
    """
    one = ds.sel(variable=variable)
    found = one["sd"] if "sd" in one else one["mu_star"].max("factor")
    spread = np.nan_to_num(found.to_numpy())
    return np.asarray(spread <= QUIET * spread.max())


def made(ds: xr.Dataset, text: Text, shown: Iterable[str]) -> str:
    """Write the line below a figure.

    Args:
        ds: Of `flatgov.analysis.sensitivity.sensitivity`.
        text: The study's labels.
        shown: The factors that the figure names.

    Returns:
        The samples, what was left out, the members of large groups, and `caption`.
    """
    told = ds.attrs
    note = text.word(
        f"{told['method']} made",
        factors=ds.sizes["factor"],
        samples=f"{told['samples']:,}",
        seed=told["seed"],
    )
    lost = told["samples"] - ds["rows_used"].to_numpy()
    notes = [note]
    if (lost > 0).any():
        notes.append(text.word("rows left out", count=int(lost.max())))
    groups = (all_members(name, text) for name in dict.fromkeys(shown))
    notes += [text.word("group", members=text.word("comma").join(one)) for one in groups if one]
    return caption(ds, text, "".join(text.word("sources", text=one) for one in notes).strip())
