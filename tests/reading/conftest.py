"""Small hand-made models, written where a test may write."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from flatgov.model import Model
from flatgov.reading import load_model

CONTROLS = """
INITIAL TIME = 0 ~ Month ~ |
FINAL TIME = 10 ~ Month ~ |
TIME STEP = 0.5 ~ Month ~ |
SAVEPER = TIME STEP ~ Month ~ |
"""


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write a model; the control variables follow unless it has its own."""

    def write_model(text: str, name: str = "model.mdl") -> Path:
        path = tmp_path / name
        own = "FINAL TIME" in text or path.suffix != ".mdl"
        path.write_text(text if own else text + CONTROLS, encoding="utf-8")
        return path

    return write_model


@pytest.fixture
def load(write: Callable[..., Path]) -> Callable[..., Model]:
    """Write a model and read it."""
    return lambda text, name="model.mdl": load_model(write(text, name))
