"""Models of a few lines, run by the native engine."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from flatgov.model import Model
from flatgov.reading import load_model

CONTROLS = """
INITIAL TIME = 0 ~ Month ~ |
FINAL TIME = {final} ~ Month ~ |
TIME STEP = {step} ~ Month ~ |
SAVEPER = TIME STEP ~ Month ~ |
"""


def write(folder: Path, text: str, data: str = "", final: float = 8, step: float = 1) -> Model:
    """Write equations, each with its ``~~|``, and data of their variables; read the model."""
    path, table = folder / "model.mdl", folder / "data.tab"
    path.write_text(text + CONTROLS.format(final=final, step=step), encoding="utf-8")
    table.write_text(data)
    return load_model(path, data=[table] if data else [])


def check(ds: xr.Dataset, expected: dict[str, list[float]]) -> None:
    """Compare whole variables, to a few bits."""
    for name, values in expected.items():
        wanted: NDArray[np.float64] = np.broadcast_to(np.array(values, float), ds["time"].shape)
        np.testing.assert_allclose(ds[name], wanted, rtol=1e-15, atol=0, err_msg=name)
