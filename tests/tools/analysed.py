"""Made-up datasets of analyses, for the study of tests/figures: nothing is simulated."""

from __future__ import annotations

import dataclasses

import matplotlib as mpl
import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from flatgov.study import Study
from flatgov.study.schema import BehaviourTest, EvidenceFile
from flatgov.study.uncertainty import Factor, FactorKind, Uncertainty

DESCRIBED = {"flatgov_version": "0.1.0", "model_hash": "3f2a9c1d5e6b7a80", "seed": 7}
GROUP = "cadre morale + total hours + community autonomy"


def _factor(name: str, variable: str, kind: FactorKind = "value") -> Factor:
    return Factor(name, kind, variable, "Dmnl", 1.0, lambda u: u, "uniform 0, 2", "A guess.")


def uncertain_study(study: Study) -> Study:
    """Give the study something uncertain, and three behaviour tests."""
    plain = [name for name in study.model.variables if name not in ("middle layer role",)]
    factors = (
        *(_factor(name, name) for name in plain),
        _factor("middle layer role (strength)", "middle layer role", "strength"),
        _factor("middle layer role (slope)", "middle layer role", "slope"),
        _factor("full: work pressure", "work pressure", "change"),
        _factor("official: work pressure 2", "work pressure", "change"),
    )
    tests = {
        "P1": BehaviourTest(text="Layers fall: in month 70.", label={"zh": "层级减少"}),
        "P2": BehaviourTest(text="Costs rise.", label={"en": "costs go up", "zh": "成本上升"}),
        "P10": BehaviourTest(text="People are drawn upward: " + "long " * 40, label={"zh": "上调"}),
    }
    return dataclasses.replace(
        study, uncertainty=Uncertainty(factors), evidence=EvidenceFile(tests=tests)
    )


def names_of(study: Study) -> list[str]:
    """Give the factors of a Sobol analysis: three are correlated."""
    assert study.uncertainty is not None
    alone = [one.name for one in study.uncertainty.factors if one.name not in GROUP.split(" + ")]
    return [GROUP, *alone]


def sensitivity_of(study: Study, method: str, against: str = "actual") -> xr.Dataset:
    """Make indices that fall off from factor to factor; nothing varies before 2024 (month 96)."""
    names = names_of(study)
    time = np.arange(0.0, 181.0, 4.0)
    acts = time >= 96
    weights = 0.5 ** np.arange(1, len(names) + 1)
    shape = (len(names), 2, len(time))
    lead = np.broadcast_to(weights[:, None, None], shape) * np.where(acts, 1.0, np.nan)
    signs = np.where(np.arange(len(names)) % 2, -1.0, 1.0)[:, None, None]
    dims = ("factor", "variable", "time")
    sd = np.where(acts, 2.0, 0.0) * np.ones((2, 1))
    if method == "sobol":
        found = {"total": lead + 0.05, "first": 0.8 * lead}
        found |= {"total_low": lead, "total_high": lead + 0.1}
        found |= {"first_low": 0.7 * lead, "first_high": 0.9 * lead}
    elif method == "morris":
        found = {"mu_star": np.nan_to_num(lead), "sigma": np.nan_to_num(0.5 * lead)}
        found |= {"mu_star_low": 0.9 * found["mu_star"], "mu_star_high": 1.1 * found["mu_star"]}
    else:
        found = {"prcc": signs * lead, "rho": 0.5 * signs * lead}
        found |= {f"{name}_{end}": found[name] for name in ("prcc", "rho") for end in ("low",)}
        found |= {f"{name}_high": found[name] + 0.02 for name in ("prcc", "rho")}
    ds = xr.Dataset(
        {name: (dims, values) for name, values in found.items()}
        | {"rows_used": ("factor", np.full(len(names), 256.0))},
        coords={
            "factor": names,
            "distribution": ("factor", ["uniform 0, 2"] * len(names)),
            "reason": ("factor", ["A guess."] * len(names)),
            "variable": ["cadre morale", "administrative cost"],
            "units": ("variable", ["Dmnl", "MYuan/Month"]),
            "time": ("time", time, {"units": "Month"}),
            "scenario": "fieldwork",
        },
        attrs=DESCRIBED
        | {"method": method, "policy": "full", "against": against, "scenario": "fieldwork"}
        | {"confidence": 0.95, "samples": 256, "notes": "[]"},
    )
    assert study.calendar is not None
    ds = ds.assign_coords(date=("time", study.calendar.dates(time).astype("datetime64[s]")))
    if method != "morris":
        ds["sd"] = (("variable", "time"), sd)
    if method == "sobol":
        for end, change in (("", 0.0), ("_low", -0.1), ("_high", 0.1)):
            ds[f"first_sum{end}"] = ds["first"].sum("factor", skipna=False) + change
    return ds


def timing_of(study: Study, *, dated: bool = True, starts: int = 5) -> xr.Dataset:
    """Make a policy that is back in ever fewer draws at the end, in all after the start."""
    start = 72.0 + 12 * np.arange(starts)
    back = np.stack([np.linspace(0.95, 0.3, starts), np.full(starts, 1.0)], axis=1)
    levels = back[..., None] * np.array([0.5, 0.7, 0.8, 0.9, 1.0])
    last = np.zeros((starts, 2))
    last[:, 0] = 0.8 / starts
    last[-1, 1] = 1.0
    below = np.array([[72.0, np.inf], [84.0, np.inf], [np.inf, np.inf]])
    ds = xr.Dataset(
        {
            "level": (("start", "moment", "quantile"), levels),
            "back": (("start", "moment"), back),
            "back_low": (("start", "moment"), back - 0.05),
            "back_high": (("start", "moment"), np.minimum(back + 0.05, 1.0)),
            "back_without": (("start", "moment"), np.full((starts, 2), 0.1)),
            "last_share": (("start", "moment"), last),
            "never": ("moment", [0.2, 0.0]),
            "falls_below": (("probability", "moment"), below),
            "counted": ("draw", np.array([1.0, 1.0, 0.0, 1.0])),
        },
        coords={
            "start": ("start", start, {"units": "Month"}),
            "moment": ["end", "after"],
            "quantile": [0.05, 0.25, 0.5, 0.75, 0.95],
            "probability": [0.9, 0.5, 0.1],
            "draw": np.arange(4),
            "scenario": "official",
        },
        attrs=DESCRIBED
        | {"policy": "full", "variable": "cadre morale", "units": "Dmnl", "better": "more"}
        | {"against": "town", "share": 0.95, "after": 36.0, "without": "actual"}
        | {"confidence": 0.95},
    )
    if not dated:
        return ds
    assert study.calendar is not None
    return ds.assign_coords(date=("start", study.calendar.dates(start).astype("datetime64[s]")))


def behaviour_of(study: Study) -> xr.Dataset:
    """Three tests; the run at the values of the model fails under the second scenario."""
    tests = study.evidence.tests
    shares = np.array([[0.5, 0.997], [0.25, 0.0], [1.0, 0.75]])
    return xr.Dataset(
        {
            "share": (("test", "scenario"), shares),
            "share_low": (("test", "scenario"), np.maximum(shares - 0.05, 0.0)),
            "share_high": (("test", "scenario"), np.minimum(shares + 0.05, 1.0)),
            "base": (("test", "scenario"), np.array([[True, False]] * 3)),
            "draws_left_out": (("test", "scenario"), np.array([[0, 3], [0, 0], [1, 0]])),
        },
        coords={
            "test": list(tests),
            "text": ("test", [one.text for one in tests.values()]),
            "scenario": ["fieldwork", "official"],
        },
        attrs=DESCRIBED | {"draws": 1000, "design": "sobol", "failed": "[]"},
    )


def written(figure: Figure) -> list[str]:
    """Give the visible texts of a figure."""
    found = figure.findobj(mpl.text.Text)
    return [str(one.get_text()) for one in found if one.get_text().strip() and one.get_visible()]
