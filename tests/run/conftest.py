"""Small hand-made models to simulate."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from flatgov.model import Model
from flatgov.reading import load_model


@pytest.fixture
def load(tmp_path: Path) -> Callable[..., Model]:
    """Write a Vensim model with the given time settings and read it."""

    def load_text(
        text: str, final: float = 10, step: float = 0.5, saveper: float | None = None
    ) -> Model:
        path = tmp_path / "model.mdl"
        path.write_text(
            f"{text}\nINITIAL TIME = 0 ~ Month ~ |\nFINAL TIME = {final} ~ Month ~ |\n"
            f"TIME STEP = {step} ~ Month ~ |\nSAVEPER = {saveper or step} ~ Month ~ |\n",
            encoding="utf-8",
        )
        return load_model(path)

    return load_text
