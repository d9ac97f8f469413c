"""The measures of a sensitivity analysis → a dataset, with what a reader must know of them."""

from __future__ import annotations

import json
import textwrap
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from flatgov import __version__
from flatgov.analysis.described import described
from flatgov.analysis.failures import most_frequent
from flatgov.analysis.rank_correlation import ENOUGH, chance_limit, degrees_of_freedom, is_few
from flatgov.analysis.rows import Row
from flatgov.analysis.sensitivity_runs import Question
from flatgov.study.uncertainty import Factor

if TYPE_CHECKING:
    import xarray as xr

FloatArray = NDArray[np.float64]

# The half width of an interval above which an index is too vague to be of use.
VAGUE = 0.1

_MEANING = {
    "first": (
        "first-order index",
        "share of the variance that would go if the factor alone became known",
    ),
    "total": (
        "total index",
        "share of the variance that would stay if all but the factor became known",
    ),
    "interactions": (
        "interactions",
        "total less first: what the factor does together with others only",
    ),
    "first_sum": (
        "sum of the first-order indices",
        "over all factors: 1 if no factors act together",
    ),
    "mu": (
        "mean elementary effect",
        "mean change of the output over the whole range of the factor",
    ),
    "mu_star": (
        "mean absolute elementary effect",
        "mean size of the change of the output over the whole range of the factor",
    ),
    "sigma": (
        "spread of the elementary effects",
        "standard deviation of the elementary effects: how far they vary with other factors",
    ),
    "rho": (
        "Spearman's rank correlation",
        "correlation of the ranks of the output with those of the factor",
    ),
    "prcc": (
        "partial rank correlation",
        "rank correlation with the factor, all other factors accounted for linearly",
    ),
    "mean": ("mean", "mean of the output over the draws"),
    "sd": ("standard deviation", "of the output over the draws; 0 where it does not vary"),
    "rows_used": ("samples used", "rows, paths or draws without a failed member"),
}
_OWN = ("mu", "mu_star", "sigma", "mean", "sd")


def to_dataset(
    question: Question,
    factors: Sequence[Sequence[Factor]],
    rows: Sequence[Row],
    times: Mapping[str, xr.DataArray],
    measures: Mapping[str, FloatArray],
    used: FloatArray,
) -> xr.Dataset:
    """Put the measures into a dataset; see `sensitivity`.

    Args:
        question: What was analysed.
        factors: The quantities of each group.
        rows: The variables.
        times: The coordinates of time.
        measures: (group, row, time) or (row, time), by name.
        used: (group,) how many rows, paths or draws they rest on.
    """
    import xarray as xr

    dims = ("factor", "variable", "time")
    content = {name: (dims[-array.ndim :], array) for name, array in measures.items()}
    content["rows_used"] = (("factor",), used)
    coordinates = {
        "factor": [" + ".join(one.name for one in group) for group in factors],
        "distribution": ("factor", ["; ".join(one.text for one in group) for group in factors]),
        "reason": ("factor", ["; ".join(one.reason for one in group) for group in factors]),
        "variable": [row.name for row in rows],
        "units": ("variable", [row.units for row in rows]),
        **times,
    }
    first, *other = question.policies
    about = {
        "study": question.study.name,
        "flatgov_version": __version__,
        "model_hash": question.study.model.hash,
        "study_hash": question.study.hash,
        "policy": first,
        "against": other[0] if other else "",
        "scenario": question.scenario or "",
        "confidence": 0.95,
        "seed": question.seed,
    }
    return described(xr.Dataset(content, coordinates, about), _MEANING, {}, _OWN)


def with_notes(
    ds: xr.Dataset,
    method: str,
    samples: int,
    reasons: Counter[str],
    more: Sequence[str] = (),
) -> xr.Dataset:
    """Add how the dataset was made, and what a reader must know of it.

    Args:
        ds: Measures.
        method: How they were made.
        samples: The number of rows, paths or draws.
        reasons: Why runs failed, and how many.
        more: What else a reader must know.
    """
    few = _too_few(ds) if method == "sobol" else []
    notes = [*more, *_left_out(ds, samples, reasons), *few]
    told = json.dumps(notes, ensure_ascii=False)
    failed = most_frequent(reasons)
    return ds.assign_attrs(method=method, samples=samples, notes=told, failed_mostly=failed)


def ranking(ds: xr.Dataset, draws: int, varied: int) -> dict[str, str]:
    """Choose the rank correlation that sorts factors, and say how much chance is in it.

    Args:
        ds: Rank correlations.
        draws: Their number, n.
        varied: The number of factors that vary in them, k.

    Returns:
        ``sorts``: ``prcc``, the partial correlation, or ``rho``, Spearman's, where there is no
        partial one or `is_few` holds; ``chance``: why, and what the largest correlation with
        factors that do nothing stays below, in words.
    """
    if not varied:
        return {"sorts": "rho", "chance": "No factor varies in these draws."}
    free = degrees_of_freedom(draws, varied)
    partial, plain = chance_limit(draws, varied, varied - 1), chance_limit(draws, varied)
    none = f"Of {varied} factor{'s' if varied > 1 else ''} without effect, the largest"
    stays = "in 95 of 100 such analyses stays below"
    if not (free > 0 and bool(np.isfinite(ds["prcc"]).any())) and bool((ds["sd"] > 0).any()):
        why = "as one depends linearly on others"
        if free <= 0:
            why = f"which need {varied + 3:,} (3 more than factors)"
        return {
            "sorts": "rho",
            "chance": f"{draws:,} draws give no partial rank correlations of {varied} factors, "
            f"{why}: sorted by Spearman's. {none} Spearman's {stays} {plain:.2f}.",
        }
    if is_few(draws, varied):
        return {
            "sorts": "rho",
            "chance": f"{draws:,} draws are few for partial rank correlations of {varied} factors "
            f"({free} residual degrees of freedom; {(ENOUGH + 1) * varied + 2:,} draws would do): "
            f"sorted by Spearman's. {none} partial one {stays} {partial:.2f} only, Spearman's "
            f"{plain:.2f}.",
        }
    return {"sorts": "prcc", "chance": f"{none} partial one {stays} {partial:.2f}."}


def _left_out(ds: xr.Dataset, samples: int, reasons: Counter[str]) -> list[str]:
    """Count what failed."""
    lost = samples - ds["rows_used"].values
    if not lost.any():
        return []
    worst = int(lost.argmax())
    where = (
        "" if (lost == lost[0]).all() else f", {int(lost[worst])} of '{ds.factor.values[worst]}'"
    )
    count = int(lost.min()) if where else int(lost[0])
    reason = most_frequent(reasons)
    return [
        f"{count} of {samples} samples are left out, as members failed{where}; most often {reason}"
    ]


def _too_few(ds: xr.Dataset) -> list[str]:
    """Say which variables need more samples, by their indices at the end."""
    end = ds.isel(time=-1)
    notes = []
    for name in end["variable"].values:
        one = end.sel(variable=name)
        if not float(one["sd"]) > 0:
            continue
        half = (one["first_high"] - one["first_low"]).values / 2
        place = int(np.argmax(np.where(np.isnan(half), -1.0, half)))
        if half[place] > VAGUE:
            factor = textwrap.shorten(str(one.factor.values[place]), 60, placeholder=" …")
            notes.append(
                f"'{name}': the first-order index of '{factor}' is known within {half[place]:.2f} "
                "only; four times the samples halve that"
            )
        low, high = float(one["first_sum_low"]), float(one["first_sum_high"])
        if low > 1:
            notes.append(
                f"'{name}': the first-order indices add to {float(one['first_sum']):.2f} "
                f"[{low:.2f}, {high:.2f}], more than 1: the samples are too few"
            )
    return notes
