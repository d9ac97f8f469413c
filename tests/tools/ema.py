"""What EMA workbench and flatgov make of the same three mistakes."""

from __future__ import annotations

import importlib
import io
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import redirect_stderr
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

TINY = """{UTF-8}
Staff = INTEG(hiring - leaving, 100) ~ Person ~ |
hiring = 5 ~ Person/Month ~ |
leaving = Staff / stay ~ Person/Month ~ |
stay = 20 ~ Month ~ |
INITIAL TIME = 0 ~ Month ~ |
FINAL TIME = 24 ~ Month ~ |
TIME STEP = 1 ~ Month ~ |
SAVEPER = 1 ~ Month ~ |
"""
TINY_POLICIES = (
    '[study]\nreference = "reform"\n[policies.reform]\nlabel = { en = "Reform", zh = "改革" }\n'
)
REUSED = "a policy with hiring 5, then another of the same name with hiring 10"
MISSPELT = "a sample gives 'stey', 40"
FAILING = "samples with stay 20, 0 and 30, where 0 divides by zero"


FloatArray = npt.NDArray[np.float64]


def point(kind: str) -> Any:
    """Give EMA's class of scenarios or policies: both are `Sample` from its version 3 on."""
    ema = importlib.import_module("ema_workbench")
    return getattr(ema, "Sample", None) or getattr(ema, kind)


def print_mistakes() -> None:
    """Print what each makes of three mistakes, on a model whose right answers are known."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tiny.mdl"
        path.write_text(TINY, encoding="utf-8")
        (path.parent / "policies.toml").write_text(TINY_POLICIES, encoding="utf-8")
        flatgov = mistakes_in_flatgov(path.parent)
        with redirect_stderr(io.StringIO()):  # It logs the failing run at length.
            ema = mistakes_in_ema(path)
    print(
        "Staff after 24 months; with hiring 5 and stay 20 it is 100, with hiring 10 it is 170.801"
    )
    for what in flatgov:
        print(f"  {what}\n    EMA + PySD: {ema[what]}\n    flatgov:    {flatgov[what]}")


def mistakes_in_ema(path: Path) -> dict[str, str]:
    """Make the mistakes with a copy of `TINY`, and give the last numbers or what is said."""
    ema = importlib.import_module("ema_workbench")
    connector = importlib.import_module("ema_workbench.connectors.pysd_connector")

    def make() -> Any:
        model = connector.PysdModel("model", mdl_file=str(path))
        model.uncertainties = [ema.RealParameter("stay", 0.0, 50.0)]
        model.levers = [ema.RealParameter("hiring", 0.0, 20.0)]
        model.outcomes = [ema.TimeSeriesOutcome("Staff")]
        return model

    def last(model: Any, samples: Sequence[Mapping[str, float]], hiring: float = 5.0) -> str:
        scenarios = [point("Scenario")(str(n), **sample) for n, sample in enumerate(samples)]
        policies = [point("Policy")("reform", hiring=hiring)]
        try:
            _, found = ema.perform_experiments(model, scenarios=scenarios, policies=policies)
        except ema.EMAError as error:
            return f"no results: {str(error).splitlines()[-1]}"
        return _numbers(found["Staff"][:, -1])

    model = make()
    usual = {"stay": 20.0}
    return {
        REUSED: f"{last(model, [usual])}, then {last(model, [usual], 10.0)}",
        MISSPELT: last(make(), [{"stey": 40.0}]),
        FAILING: last(make(), [usual, {"stay": 0.0}, {"stay": 30.0}]),
    }


def mistakes_in_flatgov(folder: Path) -> dict[str, str]:
    """Make the mistakes with a study of `TINY`, and give the last numbers or what is said."""
    import flatgov as fg
    from flatgov.model import Change

    study = fg.open_study(folder)

    def last(draws: Mapping[str, Sequence[float]], hiring: float = 5.0) -> str:
        changes = (Change("hiring", "set", hiring, 0.0),)
        policy = replace(study.policies["reform"], changes=changes)
        try:
            ds = replace(study, policies={"reform": policy}).run(draws=draws)
        except fg.StudyError as error:
            return str(error).splitlines()[0]
        reasons = [text for text in ds["reason"].values.ravel().tolist() if text]
        return ", ".join([_numbers(ds["Staff"].values[0, :, -1]), *reasons])

    return {
        REUSED: f"{last({'stay': [20.0]})}, then {last({'stay': [20.0]}, 10.0)}",
        MISSPELT: last({"stey": [40.0]}),
        FAILING: last({"stay": [20.0, 0.0, 30.0]}),
    }


def _numbers(values: FloatArray) -> str:
    return " ".join(f"{value:.6g}" for value in values)
