"""What every figure does first: choose the scenario, look for its variables, write the caption."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

import flatgov
from flatgov.analysis.rows import rows_of
from flatgov.errors import StudyError, nearest_names
from flatgov.figures.palette import LineStyle, policy_styles
from flatgov.figures.text import Text, word

if TYPE_CHECKING:
    from flatgov.study import Study

_HASH = 10  # characters of the model's hash in a caption


class NotDrawn(Exception):
    """A figure that this dataset cannot show; its text says why."""


def one_scenario(ds: xr.Dataset, study: Study) -> xr.Dataset:
    """Reduce a dataset of a study to what the figures draw.

    Args:
        ds: As `Study.run` gives it; with or without the dimensions ``policy`` and ``scenario``.
        study: The study that the dataset comes from.

    Returns:
        The dataset with the dimension ``policy`` and, where there was a scenario, the default
        scenario (the first one if that was not run) as a scalar coordinate.

    Raises:
        StudyError: The dataset has no policy, or one that the study does not know.
    """
    if "scenario" in ds.dims:
        present = [str(scenario) for scenario in ds["scenario"].to_numpy()]
        default = study.default_scenario
        ds = ds.sel(scenario=default if default in present else present[0])
    if "policy" not in ds.coords:
        raise StudyError(
            "the results have no policies to draw", fix="draw results of `flatgov run STUDY`"
        )
    if "policy" not in ds.dims:
        ds = ds.expand_dims("policy")
    for policy in policies_of(ds):
        if policy not in study.policies:
            raise StudyError(
                f"the results have a policy '{policy}' that the study does not know",
                where="policies.toml",
                nearest=nearest_names(policy, study.policies),
                fix="run the study again",
            )
    return ds


def with_elements(ds: xr.Dataset, study: Study) -> tuple[xr.Dataset, Study]:
    """Give every element of a headline variable with subscripts as a variable of its own.

    Args:
        ds: Results, with draws or without.
        study: The study that they come from.

    Returns:
        The dataset, in which elements that no equation defines are missing, and the study with
        ``staff[A]``, ``staff[B]`` in place of ``staff`` among its headline variables.
    """
    rows = rows_of(ds, study, [name for name in study.headline if name in ds])
    elements = {row.name: row for row in rows if row.element}
    if not elements:
        return ds, study
    found = {name: ds[row.variable].isel(row.element, drop=True) for name, row in elements.items()}
    headline = tuple(row.name for row in rows)
    better = {name: study.better[row.variable] for name, row in elements.items() if row.better}
    shown = dataclasses.replace(study, headline=headline, better={**study.better, **better})
    return ds.assign(found), shown


def policies_of(ds: xr.Dataset) -> list[str]:
    """List the policies of a dataset, in its order."""
    return [str(policy) for policy in ds["policy"].to_numpy()]


def styles(study: Study) -> dict[str, LineStyle]:
    """Give the line of every policy of a study."""
    return policy_styles(list(study.policies), study.reference)


def require(ds: xr.Dataset, names: Iterable[str]) -> None:
    """Stop a figure whose variables are not all in the dataset as one value a time.

    Raises:
        NotDrawn: A variable is missing or has subscripts; the reason names all that are.
    """
    names = list(names)
    missing = [name for name in names if name not in ds]
    if missing:
        raise NotDrawn("the results lack " + ", ".join(f"'{name}'" for name in missing))
    several = [name for name in names if not is_single(ds[name])]
    if several:
        raise NotDrawn(", ".join(f"'{name}'" for name in several) + " has subscripts")


def is_single(variable: xr.DataArray) -> bool:
    """Tell whether a variable has one value a time, and not one for each subscript."""
    return {"policy", "scenario", "draw", "time"}.issuperset(variable.dims)


def require_policy(ds: xr.Dataset, policy: str) -> None:
    """Stop a figure whose policy is not in the dataset.

    Raises:
        NotDrawn: The policy was not run.
    """
    if policy not in policies_of(ds):
        raise NotDrawn(f"the results lack the policy '{policy}'")


def series(ds: xr.Dataset, variable: str, policy: str) -> np.ndarray:
    """Take the values of a variable over time under one policy."""
    return ds[variable].sel(policy=policy).to_numpy().astype(float)


def caption(ds: xr.Dataset, text: Text, note: str = "") -> str:
    """Write the line below a figure: sources, version, model, scenario, changed parameters.

    Args:
        ds: The results.
        text: The study's labels.
        note: Sentences that go first, such as what bands are.
    """
    sources = text.study.figures.sources
    # A run without the dimension is one of the default scenario.
    scenario = (
        str(ds["scenario"].item()) if "scenario" in ds.coords else text.study.default_scenario
    )
    return origin(
        ds,
        text.lang,
        sources="".join(
            text.word("sources", text=sentence)
            for sentence in (
                note,
                text.label(sources.text, "figures.toml: sources.text") if sources else "",
            )
            if sentence
        ),
        model=text.study.model.hash,
        scenario=text.word("scenario", label=text.scenario(scenario)) if scenario else "",
    )


def origin(ds: xr.Dataset, lang: str, *, model: str, sources: str = "", scenario: str = "") -> str:
    """Say what a dataset was computed with; a run with other parameters says which.

    Args:
        ds: With the attributes of a run.
        lang: ``"en"`` or ``"zh"``.
        model: The hash of the model, for datasets that do not say it.
        sources: A sentence that goes first.
        scenario: What to say of the scenario.

    Returns:
        The caption.
    """
    params = json.loads(ds.attrs.get("params") or "{}")
    values = [
        word(lang, "param", name=name, value=_number(value)) for name, value in params.items()
    ]
    return word(
        lang,
        "caption",
        sources=sources,
        version=ds.attrs.get("flatgov_version", flatgov.__version__),
        model=str(ds.attrs.get("model_hash", model))[:_HASH],
        scenario=scenario,
        params=word(lang, "params", values=word(lang, "comma").join(values)) if values else "",
    )


def _number(value: float | list[float]) -> str:
    """Write a parameter as short as it can be; one for each element stands in brackets."""
    if isinstance(value, list):
        return f"[{', '.join(map(_number, value))}]"
    return f"{value:.10g}"
