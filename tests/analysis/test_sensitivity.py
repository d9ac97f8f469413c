"""Sensitivity of a linear stock-flow model, whose variance decomposition is known on paper."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from numpy.typing import NDArray

from flatgov.analysis import sensitivity_runs
from flatgov.analysis.sensitivity import rank_sensitivity, sensitivity
from flatgov.errors import RunError, StudyError
from flatgov.run.events import DrawsDone, Event
from flatgov.study.study import Study
from tools.staff_study import MODEL, UNCERTAINTY, open_staff

CORRELATION = """\
[[correlations]]
factors = ["skill", "will"]
rank = 0.5
reason = "They go together."
"""

SCENARIOS = """\
default = "calm"
[scenarios.calm]
label = { en = "Calm", zh = "平静" }
[scenarios.busy]
label = { en = "Busy", zh = "忙" }
[[scenarios.busy.changes]]
variable = "hiring"
operation = "add"
value = 2.0
"""

BUSY = """\
[[changes]]
scenario = "busy"
variable = "hiring"
distribution = "uniform"
low = 1.0
high = 3.0
reason = "Nobody knows."
"""

Q = 1 - 0.5 / 20
VARIANCE = {"staff": 40**2 / 12, "hiring": 1.5, "change": 4**2 / 12, "skill": 1 / 12}


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return open_staff(tmp_path_factory.mktemp("staff"))


@pytest.fixture(scope="module")
def found(study: Study) -> xr.Dataset:
    return sensitivity(study, samples=1024, seed=2)


def parts_of_staff() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The variance of Staff at each month that comes from staff and from hiring."""
    left = Q ** (2 * np.arange(13.0))
    return VARIANCE["staff"] * left**2, VARIANCE["hiring"] * (20 * (1 - left)) ** 2


def covers(ds: xr.Dataset, name: str, truth: NDArray[np.float64]) -> NDArray[np.bool_]:
    return (ds[f"{name}_low"].values <= truth) & (truth <= ds[f"{name}_high"].values)


def test_shares_of_a_stock_over_time(found: xr.Dataset) -> None:
    staff, hiring = parts_of_staff()
    one = found.sel(variable="Staff")
    for name, part in (("Staff", staff), ("hiring", hiring)):
        share = part / (staff + hiring)
        factor = one.sel(factor=name)
        assert covers(factor, "first", share).all()
        assert covers(factor, "total", share).all()
        np.testing.assert_allclose(factor["first"], share, atol=0.03)
        np.testing.assert_allclose(factor["total"], share, atol=0.03)
    np.testing.assert_allclose(one["sd"], np.sqrt(staff + hiring), rtol=0.02)
    left = Q ** (2 * np.arange(13.0))
    np.testing.assert_allclose(one["mean"], 100 * left + 5 * 20 * (1 - left), rtol=0.01)
    assert covers(one, "first_sum", np.ones(13)).all()
    assert (one.sel(factor=["skill", "will"])["total"] == 0).all()
    # At the start, hiring has done nothing yet, and that is no matter of chance.
    assert one.sel(factor="hiring")["total"].values[0] == 0


def test_a_product_has_interactions(found: xr.Dataset) -> None:
    # service = Staff * skill: first Var(S) E(k)^2 and E(S)^2 Var(k), together Var(S) Var(k) more.
    staff, hiring = parts_of_staff()
    left = Q ** (2 * np.arange(13.0))
    mean = 100 * left + 100 * (1 - left)
    skill = mean**2 * VARIANCE["skill"]
    both = (staff + hiring) * VARIANCE["skill"]
    whole = staff + hiring + skill + both
    one = found.sel(variable="service")
    assert covers(one.sel(factor="skill"), "first", skill / whole).all()
    assert covers(one.sel(factor="skill"), "total", (skill + both) / whole).all()
    assert covers(one.sel(factor="Staff"), "first", staff / whole).all()
    assert covers(one.sel(factor="Staff"), "total", staff * (1 + VARIANCE["skill"]) / whole).all()
    assert covers(one, "first_sum", 1 - both / whole).all()
    gap = one.sel(factor="skill")["total"] - one.sel(factor="skill")["first"]
    np.testing.assert_array_equal(one.sel(factor="skill")["interactions"], gap)


def test_the_difference_of_two_policies(study: Study) -> None:
    # From month 6 on: (new hiring - hiring) stay (1 - q^n), whatever the first staff.
    ds = sensitivity(
        study, policy="hire", against="now", variables=["staff"], samples=512, seed=1
    ).sel(variable="Staff")
    assert list(ds.factor.values) == ["Staff", "hiring", "skill", "will", "hire: hiring"]
    assert ds.attrs["policy"] == "hire"
    assert ds.attrs["against"] == "now"
    # Before, the two do not differ, so nothing is sensitive.
    assert (ds["sd"].values[:7] == 0).all()
    assert np.isnan(ds["first"].values[:, :7]).all()
    assert np.isnan(ds["first_sum"].values[:7]).all()
    whole = VARIANCE["hiring"] + VARIANCE["change"]
    later = ds.isel(time=slice(7, None))
    for name, part in (("hiring", "hiring"), ("hire: hiring", "change")):
        share = np.full(6, VARIANCE[part] / whole)
        assert covers(later.sel(factor=name), "first", share).all()
        assert covers(later.sel(factor=name), "total", share).all()
    np.testing.assert_allclose(later.sel(factor="Staff")["total"], 0, atol=1e-20)
    left = Q ** (2 * np.arange(1.0, 7.0))
    np.testing.assert_allclose(later["mean"], 5 * 20 * (1 - left), rtol=0.02)


def test_correlated_quantities_are_one_factor(tmp_path: Path) -> None:
    study = open_staff(tmp_path / "study", UNCERTAINTY + CORRELATION)
    ds = sensitivity(study, variables=["temper", "service"], samples=512, seed=1)
    assert list(ds.factor.values) == ["Staff", "hiring", "skill + will"]
    assert ds["distribution"].values[2] == "uniform 0.5, 1.5; uniform 0.5, 1.5"
    assert ds["reason"].values[2] == "A guess.; Another guess."
    end = ds.isel(time=-1)
    temper = end.sel(variable="temper", factor="skill + will")
    assert temper["first"].item() == pytest.approx(1.0, abs=0.05)
    assert temper["total"].item() == pytest.approx(1.0, abs=0.05)
    # 9 + 4 + 2 * 3 * 2 * 0.5 twelfths: for uniform quantities the rank correlation is Pearson's.
    sd = math.sqrt(19 / 12)
    assert end.sel(variable="temper")["sd"].item() == pytest.approx(sd, rel=0.02)
    screened = sensitivity(study, method="morris", variables=["temper"], samples=8).isel(time=-1)
    both = screened.sel(variable="temper", factor="skill + will")
    assert both["mu_star"].item() > 1
    assert math.isnan(both["mu"].item())


def test_elements_of_a_variable_are_rows(tmp_path: Path) -> None:
    model = MODEL.replace(
        "INITIAL TIME",
        "place: north, south ~~|\nweight[place] = 1, 3 ~ Dmnl ~ |\n"
        "part[place] = Staff * weight[place] ~ Person ~ |\nINITIAL TIME",
        1,
    )
    study = open_staff(tmp_path / "study", model=model)
    ds = sensitivity(study, variables=["part", "Staff"], samples=64)
    assert list(ds["variable"].values) == ["part[north]", "part[south]", "Staff"]
    assert list(ds["units"].values) == ["Person"] * 3
    for name in ("part[north]", "part[south]"):
        np.testing.assert_allclose(
            ds["total"].sel(variable=name), ds["total"].sel(variable="Staff"), rtol=1e-9
        )
    south, staff = (ds["sd"].sel(variable=name).values for name in ("part[south]", "Staff"))
    np.testing.assert_allclose(south, 3 * staff, rtol=1e-9)


def test_a_scenario(tmp_path: Path) -> None:
    folder = tmp_path / "study"
    folder.mkdir()
    (folder / "scenarios.toml").write_text(SCENARIOS, encoding="utf-8")
    study = open_staff(folder, UNCERTAINTY + BUSY)
    calm = sensitivity(study, samples=64, variables=["Staff"])
    busy = sensitivity(study, samples=64, variables=["Staff"], scenario="busy")
    assert (calm.attrs["scenario"], busy.attrs["scenario"]) == ("calm", "busy")
    assert "busy: hiring" not in calm["factor"].values
    last = busy.sel(variable="Staff").isel(time=-1)
    # The change is uniform from 1 to 3, the hiring that it adds to has a variance of 1.5.
    ratio = last["total"].sel(factor="busy: hiring") / last["total"].sel(factor="hiring")
    assert ratio.item() == pytest.approx((4 / 12) / 1.5, rel=0.15)
    ranked = sensitivity(study, method="rank", samples=64, variables=["Staff"], scenario="busy")
    whole = study.run(["now"], ["calm", "busy"], draws=64)
    again = rank_sensitivity(whole, study, variables=["Staff"], scenario="busy")
    xr.testing.assert_identical(ranked, again)
    one = whole.sel(scenario="busy")
    xr.testing.assert_identical(ranked, rank_sensitivity(one, study, variables=["Staff"]))


def test_what_does_not_act_is_left_out_of_its_group(tmp_path: Path) -> None:
    tied = CORRELATION.replace('"will"', '"other: skill"')
    study = open_staff(tmp_path / "study", UNCERTAINTY + tied)
    now = sensitivity(study, samples=16, variables=["service"])
    assert list(now["factor"].values) == ["Staff", "hiring", "skill", "will"]
    other = sensitivity(study, samples=16, variables=["service"], policy="other", against="now")
    assert list(other["factor"].values) == ["Staff", "hiring", "skill + other: skill", "will"]


def test_chosen_factors_and_the_rest_at_base(study: Study) -> None:
    ds = sensitivity(study, factors=["HIRING", "skill"], samples=256, variables=["Staff"])
    assert list(ds.factor.values) == ["hiring", "skill"]
    one = ds.sel(variable="Staff")
    # The first staff is 100 in every draw.
    assert one["sd"].values[0] == 0
    assert one["mean"].values[0] == 100
    hiring = one.sel(factor="hiring").isel(time=slice(1, None))
    np.testing.assert_allclose(hiring["total"], 1.0, atol=0.05)
    assert covers(hiring, "first", np.ones(12)).all()


def test_screening_of_a_linear_stock_is_exact(study: Study) -> None:
    ds = sensitivity(study, method="morris", variables=["Staff"], samples=16).sel(variable="Staff")
    left = Q ** (2 * np.arange(13.0))
    staff = ds.sel(factor="Staff")
    np.testing.assert_allclose(staff["mu"], 40 * left, rtol=1e-9)
    np.testing.assert_allclose(staff["mu_star"], 40 * left, rtol=1e-9)
    np.testing.assert_allclose(staff["sigma"], 0, atol=1e-9)
    assert (ds.sel(factor=["skill", "will"])["mu_star"] == 0).all()
    assert (ds["rows_used"] == 16).all()


def test_screening_meets_values_of_little_weight(tmp_path: Path) -> None:
    discrete = 'distribution = "discrete"\nvalues = [0.5, 1.0, 1.5]\nweights = [{}]\n'
    wide = 'distribution = "uniform"\nlow = 0.5\nhigh = 1.5\n'
    for weights, seen in (("1, 8, 1", True), ("1, 9998, 1", False)):
        uncertainty = UNCERTAINTY.replace(wide, discrete.format(weights), 1)
        study = open_staff(tmp_path / weights, uncertainty)
        ds = sensitivity(study, method="morris", variables=["temper"], samples=64, seed=1)
        skill = ds.sel(variable="temper", factor="skill").isel(time=-1)
        if seen:
            # Two of five steps of 0.5 in probability lead to a tail: 3 * 0.5 / 0.5 each.
            assert 0.5 < skill["mu_star_low"] <= 1.2 <= skill["mu_star_high"]
            assert json.loads(ds.attrs["notes"]) == []
        else:
            assert skill["mu_star"] == 0
            (note,) = json.loads(ds.attrs["notes"])
            assert note.startswith("'skill' never takes 0.5, 1.5, of little weight")


def test_rank_correlations_are_those_of_the_draws(study: Study) -> None:
    ds = sensitivity(study, method="rank", policy="hire", against="now", samples=128, seed=4)
    whole = study.run(["now", "hire", "other"], draws=128, seed=4, save=["Staff", "service"])
    again = rank_sensitivity(whole, study, policy="hire", against="now")
    xr.testing.assert_identical(ds, again)
    lazy = rank_sensitivity(whole.chunk(draw=50), study, policy="hire", against="now")
    xr.testing.assert_identical(ds, lazy)
    one = ds.sel(variable="Staff").isel(time=-1)
    assert one.sel(factor="hire: hiring")["prcc"].item() > 0.95
    assert one.sel(factor="hiring")["prcc"].item() < -0.95
    assert abs(one.sel(factor="Staff")["rho"].item()) < 0.3
    assert np.isnan(ds["rho"].sel(variable="Staff").values[:, :7]).all()


def failing(folder: Path) -> Study:
    """Staff below the floor has no margin: 0 / 0 where it is the floor, 0 below it."""
    model = MODEL.replace("floor = 0", "floor = 70").replace("Staff - floor, 0", "Staff - floor, 1")
    model = model.replace(
        "margin = MAX(Staff - floor, 1) / (Staff - floor)", "margin = LN(Staff - floor)"
    )
    return open_staff(folder, UNCERTAINTY.replace("low = 80.0", "low = 60.0"), model)


def test_samples_with_a_failed_member_are_left_out_and_counted(tmp_path: Path) -> None:
    study = failing(tmp_path / "study")
    ds = sensitivity(study, samples=128, seed=3, variables=["margin", "Staff"])
    used = ds["rows_used"]
    assert 16 < used.max() < 128
    # A row needs A and B; exchanging the first staff of A for that of B adds no new failure.
    assert used.sel(factor="skill") == used.max()
    assert np.isfinite(ds["first"].values[:, :, -1]).all()
    (line,) = (one for one in json.loads(ds.attrs["notes"]) if "left out" in one)
    assert "of 128 samples are left out" in line
    assert line.endswith("most often policy 'now': 'margin' (line 10) is not a number")
    assert ds.attrs["failed_mostly"] == "policy 'now': 'margin' (line 10) is not a number"
    screened = sensitivity(study, method="morris", samples=16, variables=["margin"])
    assert screened["rows_used"].min() < 16
    ranked = sensitivity(study, method="rank", samples=128, variables=["margin"])
    assert (ranked["rows_used"] < 128).all()
    assert np.isfinite(ranked["prcc"].values[:, 0, 1:]).any()


def test_a_study_in_which_nothing_runs_is_an_error(tmp_path: Path) -> None:
    model = MODEL.replace("floor = 0", "floor = 500")
    model = model.replace("MAX(Staff - floor, 0) / (Staff - floor)", "LN(Staff - floor)")
    study = open_staff(tmp_path / "study", model=model)
    line = (
        "only 0 of 16 samples went through; most often policy 'now': 'margin' (line 10) "
        "is not a number; correct the model or narrow the distributions"
    )
    for method in ("sobol", "morris", "rank"):
        with pytest.raises(RunError) as error:
            sensitivity(study, method=method, samples=16, variables=["margin"])
        assert str(error.value) == line


def test_more_samples_than_memory_are_refused(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sensitivity_runs, "physical_memory", lambda: 2**26)
    with pytest.raises(StudyError, match=r"65,536 samples of these .* take .* GiB of memory"):
        sensitivity(study, samples=2**16)


def test_few_samples_are_told(study: Study) -> None:
    notes = json.loads(sensitivity(study, samples=16, seed=1).attrs["notes"])
    assert any("is known within" in one and "four times the samples" in one for one in notes)


def test_more_samples_need_fewer_words(found: xr.Dataset) -> None:
    assert json.loads(found.attrs["notes"]) == []
    width = (found["first_high"] - found["first_low"]).isel(time=-1).max().item()
    assert width < 0.2


def test_same_seed_same_numbers(study: Study) -> None:
    one, two, other = (
        sensitivity(study, samples=32, seed=seed, variables=["Staff"]) for seed in (1, 1, 2)
    )
    xr.testing.assert_identical(one, two)
    assert not np.array_equal(one["first"].values, other["first"].values)


def test_progress_counts_all_runs_once(study: Study) -> None:
    events: list[Event] = []
    sensitivity(study, samples=16, variables=["Staff"], progress=events.append)
    draws = [one for one in events if isinstance(one, DrawsDone)]
    assert draws[0].done == 0
    assert [one.done for one in draws] == sorted({one.done for one in draws})
    assert draws[-1].done == draws[-1].total == 16 * (4 + 2)
    assert all(one.total == 96 for one in draws)
    seconds = [one.seconds for one in draws]
    assert seconds == sorted(seconds)


@pytest.mark.parametrize(
    ("asked", "line"),
    [
        ({"method": "sobel"}, "there is no method 'sobel'; use sobol, morris or rank"),
        (
            {"samples": 100},
            "100 samples would unbalance the Sobol sequence; give a power of two such as 64 or 128",
        ),
        ({"samples": 8}, "8 samples do not fit the method sobol; give from 16 to 1,048,576"),
        (
            {"method": "rank", "samples": True},
            "True samples do not fit the method rank; give from 16 to 1,048,576",
        ),
        ({"against": "now"}, "policy 'now' does not differ from itself; compare it with another"),
        ({"policy": "hir"}, "there is no policy 'hir'; did you mean 'hire'?"),
        ({"variables": ["staf"]}, "there is no variable 'staf'; did you mean 'Staff'?"),
        ({"factors": ["skil"]}, "there is no factor 'skil'; did you mean 'skill'?"),
        ({"variables": []}, "no variable is named; name the variables to analyse"),
        ({"factors": []}, "no factor is named; give a list such as ['Staff', 'hiring']"),
        ({"factors": "skill"}, "'skill' is text, not a list of names"),
        (
            {"factors": ["hire: hiring"]},
            "the factor 'hire: hiring' plays no part in this run; run the policy and the scenario",
        ),
    ],
)
def test_mistakes_are_one_line(study: Study, asked: dict[str, object], line: str) -> None:
    with pytest.raises(StudyError) as error:
        sensitivity(study, **asked)
    assert line in str(error.value)


def test_nothing_uncertain_is_refused(tmp_path: Path) -> None:
    study = replace(open_staff(tmp_path / "study"), uncertainty=None)
    with pytest.raises(StudyError, match="nothing is uncertain in this run, so nothing can"):
        sensitivity(study)


def test_a_table_of_draws_varies_what_it_likes(study: Study) -> None:
    rng = np.random.default_rng(8)
    table = {"skill": rng.random(40), "stay": 10 + rng.random(40), "will": rng.random(40)}
    ds = study.run(["now"], draws=table)
    found = rank_sensitivity(ds, study).isel(time=-1).sel(variable="Staff")
    assert list(found["factor"].values) == ["skill", "will", "stay"]
    assert list(found["distribution"].values) == ["uniform 0.5, 1.5"] * 2 + ["table"]
    assert found["rho"].sel(factor="stay").item() == pytest.approx(1.0)
    bare = rank_sensitivity(ds, replace(study, uncertainty=None), factors=["stay"])
    assert bare["rho"].values[0, 0, -1] == pytest.approx(1.0)
    with pytest.raises(StudyError, match="hold no factor 'hiring'; name one of skill, stay, will"):
        rank_sensitivity(ds, study, factors=["hiring"])


def test_results_must_hold_what_is_asked_for(study: Study) -> None:
    ds = study.run(["now"], draws=16, save=["Staff"])
    with pytest.raises(StudyError, match="hold no policy 'hire'; name one of now"):
        rank_sensitivity(ds, study, policy="hire", variables=["Staff"])
    with pytest.raises(StudyError, match="the results hold no variable 'service'; run it again"):
        rank_sensitivity(ds, study)
    with pytest.raises(StudyError, match="the results hold no draws"):
        rank_sensitivity(study.run(["now"]), study)
