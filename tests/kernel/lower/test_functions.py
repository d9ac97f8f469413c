"""Functions that are operations of their own."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from kernel.lower.models import write


def test_gamma_ln(tmp_path: Path) -> None:
    text = "x = GAMMA LN(Time + 1) ~~|\nthree = EXP(GAMMA LN(4)) ~~|\nbelow = GAMMA LN(-Time) ~~|"
    ds = write(tmp_path, text, final=5).run()
    factorials = np.array([1.0, 1.0, 2.0, 6.0, 24.0, 120.0])
    np.testing.assert_allclose(ds["x"], np.log(factorials), rtol=1e-15)
    np.testing.assert_allclose(ds["three"], 6.0, rtol=1e-15)
    assert np.isinf(ds["below"][0])
    assert ds["below"][1:].isnull().all()
