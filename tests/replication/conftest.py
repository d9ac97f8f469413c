"""Running the replicated models."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import xarray as xr

from flatgov import load_model

Run = Callable[..., xr.Dataset]


@pytest.fixture(scope="session")
def run() -> Run:
    """Simulate a model of this folder with some values set; further names go to `Model.run`."""

    def simulate(name: str, params: dict[str, Any] | None = None, **options: Any) -> xr.Dataset:
        return load_model(Path(__file__).with_name(f"{name}.mdl")).run(params, **options)

    return simulate
