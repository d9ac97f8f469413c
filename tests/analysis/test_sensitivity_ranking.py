"""Which rank correlation sorts factors, and what is said of chance."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from flatgov.analysis.sensitivity import rank_sensitivity, sensitivity
from tools.staff_study import MODEL, UNCERTAINTY, open_staff


def test_ranks_by_spearman_where_draws_are_few(tmp_path: Path) -> None:
    study = open_staff(tmp_path / "staff")
    # Four factors act: partial correlations need seven draws, and 14 to be relied on.
    whole = study.run(["now"], draws=64, seed=1, save=["Staff"])
    many = rank_sensitivity(whole, study, variables=["Staff"])
    assert many.attrs["sorts"] == "prcc"
    assert many.attrs["chance"].startswith("Of 4 factors without effect, the largest partial one")
    few = rank_sensitivity(whole.isel(draw=slice(16)), study, variables=["Staff"])
    assert few.attrs["sorts"] == "prcc"
    wide = "\n".join(
        f'[parameters."extra {place}"]\ndistribution = "uniform"\nlow = 0.5\nhigh = 1.5\n'
        'reason = "It does nothing."'
        for place in range(16)
    )
    constants = "\n".join(f"extra {place} = 1 ~ Dmnl ~ |" for place in range(16))
    model = MODEL.replace("skill = 1", f"{constants}\nskill = 1")
    for draws, said in ((22, "22 draws give no partial"), (61, "61 draws are few"), (62, "Of 20")):
        crowd = open_staff(tmp_path / f"crowd {draws}", UNCERTAINTY + wide, model)
        found = sensitivity(crowd, method="rank", samples=draws, variables=["Staff"])
        assert found.attrs["sorts"] == ("prcc" if draws == 62 else "rho")
        assert found.attrs["chance"].startswith(said)
        assert bool(np.isfinite(found["prcc"]).any()) == (draws > 22)
        assert np.isfinite(found["rho"].isel(time=-1)).all()
