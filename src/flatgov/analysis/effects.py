"""What policies change, and which is better: draw by draw, with the same random numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from flatgov.analysis import compare
from flatgov.analysis.compare import BoolArray, FloatArray
from flatgov.analysis.described import described
from flatgov.analysis.failures import left_out
from flatgov.analysis.proportion import wilson_interval
from flatgov.analysis.rows import Row, read_row, rows_of
from flatgov.errors import StudyError, nearest_names
from flatgov.names import canonical
from flatgov.run.ensemble import ABOVE, BELOW, INFINITE, NOT_A_NUMBER, OK

if TYPE_CHECKING:
    import xarray as xr

    from flatgov.study.study import Study

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
CONFIDENCE = 0.95
PROBLEMS = {
    NOT_A_NUMBER: "not a number",
    INFINITE: "infinite",
    BELOW: "below a limit",
    ABOVE: "above a limit",
}

# Results: their dimensions but those of the row and of the scenario, and what they are.
_OF_ROW = {
    "level": (("policy", "quantile", "time"), "value under the policy"),
    "effect": (("policy", "quantile", "time"), "value less that under the reference policy"),
    "beats": (("policy", "other", "time"), "share of draws in which the policy is better"),
    "beats_low": (("policy", "other", "time"), "lower end of the interval of beats"),
    "beats_high": (("policy", "other", "time"), "upper end of the interval of beats"),
    "ties": (("policy", "other", "time"), "share of draws in which the two are equal"),
    "regret": (("policy", "quantile"), "how far behind the best policy of the draw, at the end"),
    "rank_share": (("policy", "rank"), "share of draws in which the policy has the rank"),
    "reversals": (("policy", "other"), "share of draws in the opposite order of the medians"),
    "reversed_any": ((), "share of draws in which any two policies are reversed"),
}
_OF_SCENARIO = {
    "dominated": (("policy", "other"), "share of draws in which the other dominates the policy"),
    "nondominated": (("policy",), "share of draws in which no policy dominates this one"),
    "draws_paired": (("policy", "other"), "draws in which both ran"),
    "draws_used": (("policy",), "draws in which the policy ran"),
    "draws_left_out": (("policy", "problem"), "draws in which the policy failed"),
    "draws_complete": ((), "draws in which all policies ran"),
}


def effects(
    ds: xr.Dataset,
    study: Study,
    *,
    reference: str | None = None,
    variables: Sequence[str] | None = None,
    policies: Sequence[str] | None = None,
    quantiles: Sequence[float] = QUANTILES,
) -> xr.Dataset:
    """Compare the policies of an ensemble draw by draw.

    Only members that ran through count. A comparison of two policies takes the draws in which
    both did (`draws_paired`); regret, ranks, `reversed_any` and `nondominated`, which compare
    all, those in which all did (`draws_complete`). Two values that differ by less than a
    billionth are equal. Which policies there are decides what is best, so name them: `policies`.

    Args:
        ds: Results of `Study.run` with draws; they may be lazy, one variable is read at a time.
        study: Says which way a variable is better. Where it does not, "better" is higher, there
            is no regret, and the variable does not count for domination.
        reference: The policy that effects are differences from; by default that of the study.
        variables: In any spelling; by default the headline variables that the results have.
        policies: Those that are compared, the reference among them; by default all of the results.
        quantiles: Probabilities between 0 and 1, ascending.

    Returns:
        A float64 dataset. Dimensions are ``variable`` (elements of subscripted variables as
        ``name[A]``), ``policy``, ``other``, ``scenario`` if the results have it, ``quantile``,
        ``rank`` (from 1), ``problem`` and ``time``. Coordinates ``units`` and ``better`` go with
        the variable. It holds, where nothing is said at the last time only:

        - ``level`` and ``effect`` (policy less reference), quantiles at each time;
        - ``beats`` and ``ties`` at each time: shares of draws in which `policy` is strictly
          better than `other`, or equal; ``beats_low`` and ``beats_high`` are a 95 % interval
          (`wilson_interval`), for draws that were taken at random;
        - ``regret``: quantiles of the best of all policies in the draw less the own value, turned
          so that it is 0 or more, in the units of the variable;
        - ``rank_share``: rank 1 is the best; equal ones share the better rank;
        - ``reversals``: the share of draws in which the two stand in the opposite order of their
          medians; ``reversed_any``: in which at least two of all do. The medians and not the run
          at base values are the yardstick: they are the order that a table of these results
          shows, and that run is one more point, which need not lie in the middle. Equal medians
          have no order and are never reversed;
        - ``dominated``: shares of draws in which `other` is at least as good in all variables
          with a direction and better in one; ``nondominated``: in which no policy is;
        - ``draws_used``, ``draws_left_out`` by problem, ``draws_paired``, ``draws_complete``.

    Raises:
        StudyError: The results hold no draws, or there is no such policy or variable in them.
        RunError: A member that ran through has a value that is no finite number.
    """
    import xarray as xr

    if "draw" not in ds.dims:
        raise StudyError(
            "the results hold no draws, so nothing can be said about how sure an effect is",
            fix="run the study with draws, such as `--draws 1000`",
        )
    chosen = _chosen_policies(ds, policies)
    base = _check_policy(study.reference if reference is None else reference, chosen, reference)
    probabilities = _checked_quantiles(quantiles)
    rows = _rows(ds, study, variables)
    ds = ds if policies is None else ds.sel(policy=chosen)
    scenarios = ds["scenario"].values.tolist() if "scenario" in ds.dims else [None]
    parts = []
    for scenario in scenarios:
        world = ds if scenario is None else ds.sel(scenario=scenario)
        parts.append(_of_scenario(world, rows, chosen.index(base), probabilities))
    times = {"time": ds["time"], **({"date": ds["date"]} if "date" in ds.coords else {})}
    coordinates: dict[str, object] = {
        "variable": [row.name for row in rows],
        "units": ("variable", [row.units for row in rows]),
        "better": ("variable", [row.better for row in rows]),
        "policy": chosen,
        "other": chosen,
        "quantile": probabilities,
        "rank": np.arange(1.0, len(chosen) + 1),
        "problem": list(PROBLEMS.values()),
        **times,
    }
    if "scenario" in ds.coords:
        coordinates["scenario"] = ds["scenario"]
    result = xr.Dataset(
        {
            name: _assembled([part[name] for part in parts], dims, name in _OF_ROW, ds)
            for name, (dims, _) in (_OF_ROW | _OF_SCENARIO).items()
        },
        coordinates,
    )
    kept = {key: value for key, value in ds.attrs.items() if key != "failed"}
    about = {"study": study.name, "left_out": left_out(ds)}
    result.attrs = {**kept, **about, "reference": base, "confidence": CONFIDENCE}
    meanings = {
        name: (name.replace("_", " "), text) for name, (_, text) in (_OF_ROW | _OF_SCENARIO).items()
    }
    return described(result, meanings, {}, own=("level", "effect", "regret"))


def _of_scenario(
    ds: xr.Dataset, rows: Sequence[Row], base: int, probabilities: FloatArray
) -> dict[str, FloatArray]:
    """Compute everything under one scenario; results of rows have them as their first axis."""
    status = ds["status"].transpose("policy", "draw").values
    usable = status == OK
    found: dict[str, list[FloatArray]] = {name: [] for name in _OF_ROW}
    ends = []
    for row in rows:
        values = read_row(ds, row, usable)
        levels, differences = _bands(values, usable, base, probabilities)
        values *= row.sign
        one = {"level": levels, "effect": differences, **_duels(values, usable)}
        one |= _at_end(values[:, -1], usable, row, probabilities)
        for name, array in one.items():
            found[name].append(array)
        if row.better:
            ends.append(values[:, -1].copy())
        del values  # before the next is read
    return {
        **{name: np.stack(arrays) for name, arrays in found.items()},
        **_domination(ends, usable),
        "draws_used": usable.sum(axis=1).astype(np.float64),
        "draws_left_out": np.stack([(status == one).sum(axis=1) for one in PROBLEMS], axis=1),
        "draws_complete": np.asarray(usable.all(axis=0).sum()),
    }


def _bands(
    values: FloatArray, usable: BoolArray, base: int, probabilities: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Give the quantiles of levels and effects, each (policy, quantile, time)."""
    levels, differences = [], []
    for own, ran in zip(values, usable, strict=True):
        both = ran & usable[base]
        levels.append(compare.quantiles(own[:, ran], probabilities))
        paired = own[:, both] - values[base][:, both]
        differences.append(compare.quantiles(paired, probabilities))
    return np.stack(levels), np.stack(differences)


def _duels(values: FloatArray, usable: BoolArray) -> dict[str, FloatArray]:
    wins = compare.count_wins(values)
    pairs = np.broadcast_to(compare.count_pairs(usable)[..., None], wins.shape)
    known = np.where(pairs > 0, pairs, np.nan)
    low, high = wilson_interval(wins, pairs, CONFIDENCE)
    return {
        "beats": wins / known,
        "beats_low": low,
        "beats_high": high,
        "ties": (pairs - wins - wins.transpose(1, 0, 2)) / known,
    }


def _at_end(
    values: FloatArray, usable: BoolArray, row: Row, probabilities: FloatArray
) -> dict[str, FloatArray]:
    complete = values[:, usable.all(axis=0)]
    draws = complete.shape[1]
    behind = compare.regrets(complete) if draws and row.better else complete[:, :0]
    reversed_any = compare.reversed_pairs(complete).any(axis=(0, 1))
    return {
        "regret": compare.quantiles(behind, probabilities).T,
        "rank_share": compare.rank_shares(complete),
        "reversals": compare.reversal_shares(values),
        "reversed_any": np.asarray(reversed_any.mean() if draws else np.nan),
    }


def _domination(ends: Sequence[FloatArray], usable: BoolArray) -> dict[str, FloatArray]:
    """Compare in all variables with a direction at once; NaN if there are none."""
    pairs = compare.count_pairs(usable)
    complete = usable.all(axis=0)
    dominated, nondominated = np.full(pairs.shape, np.nan), np.full(len(pairs), np.nan)
    if ends:
        over = compare.dominates(np.stack(ends))
        dominated = over.sum(axis=-1).T / np.where(pairs > 0, pairs, np.nan)
        if complete.any():
            nondominated = 1.0 - np.asarray(over.any(axis=0))[:, complete].mean(axis=1)
    return {
        "dominated": dominated,
        "nondominated": nondominated,
        "draws_paired": pairs.astype(np.float64),
    }


def _assembled(
    parts: Sequence[FloatArray], dims: Sequence[str], of_row: bool, ds: xr.Dataset
) -> xr.Variable:
    """Put the scenarios of one result side by side, in the order of dimensions of all results."""
    import xarray as xr

    own = (*(("variable",) if of_row else ()), *dims)
    if "scenario" not in ds.dims:
        return xr.Variable(own, np.asarray(parts[0], dtype=np.float64))
    order = ("variable", "policy", "other", "scenario", "quantile", "rank", "problem", "time")
    whole = xr.Variable(("scenario", *own), np.stack(parts).astype(np.float64))
    return whole.transpose(*(dim for dim in order if dim in whole.dims))


def _rows(ds: xr.Dataset, study: Study, variables: Sequence[str] | None) -> list[Row]:
    known = {canonical(str(name)): str(name) for name in ds.data_vars}
    if variables is None:
        names = [name for name in study.headline if name in ds]
    else:
        for name in variables:
            if canonical(name) not in known:
                raise StudyError(
                    f"the results have no variable '{name}'",
                    nearest=nearest_names(name, known.values()),
                    fix="run again with `--save` to store more variables",
                )
        names = list(dict.fromkeys(known[canonical(name)] for name in variables))
    if not names:
        raise StudyError(
            "the results have none of the headline variables", fix="name variables that they have"
        )
    return rows_of(ds, study, names)


def _chosen_policies(ds: xr.Dataset, policies: Sequence[str] | None) -> list[str]:
    known = [str(policy) for policy in ds["policy"].values]
    if policies is None:
        return known
    return list(dict.fromkeys(_check_policy(policy, known, policy) for policy in policies))


def _check_policy(policy: str, known: Sequence[str], asked: str | None) -> str:
    if policy in known:
        return policy
    what = f"policy '{policy}'" if asked else f"the reference policy '{policy}' of the study"
    raise StudyError(
        f"{what} is not among the policies that are compared",
        nearest=nearest_names(policy, known) if asked else (),
        fix=f"there are {', '.join(known)}" + ("" if asked else "; compare it too, or another"),
    )


def _checked_quantiles(quantiles: Sequence[float]) -> FloatArray:
    array = np.asarray(quantiles, dtype=np.float64)
    if array.ndim != 1 or not array.size or not ((array >= 0) & (array <= 1)).all():
        raise StudyError(f"{list(quantiles)} are no probabilities", fix="give numbers from 0 to 1")
    return array
