"""Sensitivity of models that draw random numbers."""

from __future__ import annotations

import json

import numpy as np
import pytest

from flatgov.analysis.sensitivity import sensitivity
from flatgov.errors import ModelError, StudyError
from flatgov.study.study import Study
from tools.staff_study import MODEL, UNCERTAINTY, open_staff

WILL = UNCERTAINTY[UNCERTAINTY.index("[parameters.will]") : UNCERTAINTY.index("[[changes]]")]


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    model = MODEL.replace("will = 1 ", "will = RANDOM UNIFORM(0, 1, 1) ").replace(
        "INITIAL TIME", "gamble = (skill - 1) * (will - 0.5) ~ Dmnl ~ |\nINITIAL TIME", 1
    )
    folder = tmp_path_factory.mktemp("chance") / "study"
    return open_staff(folder, UNCERTAINTY.replace(WILL, ""), model)


def test_effects_of_chance_are_not_screened(study: Study) -> None:
    with pytest.raises(StudyError, match=r"draws random numbers, .* use the method sobol or rank"):
        sensitivity(study, method="morris")


def test_chance_is_one_more_unknown(study: Study) -> None:
    variables = ["temper", "gamble", "Staff"]
    ds = sensitivity(study, samples=4096, seed=1, variables=variables)
    # temper = 3 skill + 2 chance: 9 and 4 twelfths. gamble = skill * chance, both about 0: the
    # mean under each skill is 0, and without skill nothing is left.
    exact = {"temper": (9 / 13, 9 / 13), "gamble": (0.0, 1.0)}
    for name, indices in exact.items():
        own = ds.sel(variable=name).isel(time=[0, 6, 12])
        for index, truth in zip(("first", "total"), indices, strict=True):
            np.testing.assert_allclose(own[index].sel(factor="skill"), truth, atol=0.1)
        assert (own["total"].sel(factor="Staff") == 0).all()
    np.testing.assert_allclose(ds["sd"].sel(variable="temper"), np.sqrt(13 / 12), rtol=0.05)
    (note,) = (one for one in json.loads(ds.attrs["notes"]) if "random numbers" in one)
    assert note.startswith("the model draws random numbers, which are no factor")
    part = ds.sel(variable="Staff").isel(time=-1)["first"].sel(factor=["Staff", "hiring"])
    assert part.sum().item() == pytest.approx(1.0, abs=0.05)


def test_the_same_seed_gives_the_same_chance(study: Study) -> None:
    one, two = (sensitivity(study, samples=32, seed=5, variables=["gamble"]) for _ in range(2))
    assert one.identical(two)
    last = sensitivity(study, samples=32, seed=2**32 - 1, variables=["gamble"])
    assert not np.array_equal(one["total"], last["total"])


@pytest.mark.parametrize("seed", [-1, 1.5, True, 2**32])
def test_what_is_no_seed_is_one_line(study: Study, seed: int) -> None:
    with pytest.raises(ModelError, match=r"^seed: .* is no seed; give a whole number"):
        sensitivity(study, samples=16, seed=seed)
