"""The Longgang study and its runs, made once for all tests of this folder."""

from __future__ import annotations

from pathlib import Path

import pytest
import xarray as xr

import flatgov as fg
from flatgov.model import Model
from flatgov.study import Study

STUDY = Path(__file__).parents[2] / "sd_models" / "longgang"


@pytest.fixture(scope="session")
def study() -> Study:
    return fg.open_study(STUDY)


@pytest.fixture(scope="session")
def model(study: Study) -> Model:
    return study.model


@pytest.fixture(scope="session")
def runs(study: Study) -> xr.Dataset:
    """Every policy under both scenarios."""
    return study.run(scenarios=["fieldwork", "official"], workers=2)


@pytest.fixture(scope="session")
def fieldwork(runs: xr.Dataset) -> xr.Dataset:
    return runs.sel(scenario="fieldwork")
