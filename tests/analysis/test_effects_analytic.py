"""Effects against a linear model: the distribution of every effect is known on paper."""

from __future__ import annotations

import math

import numpy as np
import pytest
import xarray as xr
from scipy.stats import beta, binom

from flatgov.analysis.effects import effects
from flatgov.study.study import Study
from tools.known_studies import cost_study

DRAWS = 2000
SURE = 1e-6  # how unlikely a false alarm is, on either side


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return cost_study(tmp_path_factory.mktemp("costs"))


@pytest.fixture(scope="module")
def found(study: Study) -> xr.Dataset:
    return effects(study.run(draws=DRAWS, seed=5), study).sel(variable="Cost")


def uniform_quantile_bounds(probability: float, low: float, high: float) -> tuple[float, float]:
    """Bound a sample quantile of a uniform distribution by those of its order statistics."""
    place = probability * (DRAWS - 1) + 1
    below, above = math.floor(place), math.ceil(place)
    first = float(beta.ppf(SURE, below, DRAWS + 1 - below))
    last = float(beta.ppf(1 - SURE, above, DRAWS + 1 - above))
    return low + (high - low) * first, low + (high - low) * last


def share_bounds(probability: float) -> tuple[float, float]:
    low, high = (float(binom.ppf(p, DRAWS, probability)) for p in (SURE, 1 - SURE))
    return low / DRAWS, high / DRAWS


@pytest.mark.parametrize("quantile", [0.05, 0.25, 0.5, 0.75, 0.95])
@pytest.mark.parametrize("time", [1.0, 30.0, 60.0])
def test_quantiles_of_the_effect(found: xr.Dataset, quantile: float, time: float) -> None:
    # Cost is the integral of the rate, which `gamble` raises by a uniform number from -3 to 1.
    effect = found["effect"].sel(quantile=quantile, time=time)
    low, high = uniform_quantile_bounds(quantile, -3.0, 1.0)
    assert low * time <= effect.sel(policy="gamble").item() <= high * time
    # `save` lowers it by 1 in every draw, whatever the noise of the rate.
    assert effect.sel(policy="save").item() == pytest.approx(-time, rel=1e-9)


def test_levels_carry_the_noise_that_effects_do_not(found: xr.Dataset) -> None:
    def width(name: str, policy: str) -> float:
        end = found[name].sel(policy=policy).isel(time=-1)
        return float(end.sel(quantile=0.95) - end.sel(quantile=0.05))

    # 90 % of a normal distribution with a standard deviation of 20, over 60 months.
    assert width("level", "now") == pytest.approx(2 * 1.645 * 20 * 60, rel=0.1)
    assert width("effect", "save") == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize(
    ("policy", "other", "probability"),
    [("gamble", "now", 0.75), ("gamble", "save", 0.5), ("save", "now", 1.0), ("now", "save", 0.0)],
)
def test_probability_of_beating(
    found: xr.Dataset, policy: str, other: str, probability: float
) -> None:
    low, high = share_bounds(probability)
    duel = found.sel(policy=policy, other=other)
    assert (duel["beats"].values[1:] >= low).all()
    assert (duel["beats"].values[1:] <= high).all()
    # The order of the two is the same from the first step on, and at the start nobody has won.
    assert np.ptp(duel["beats"].values[1:]) == 0
    assert duel["beats"].values[0] == 0
    assert duel["ties"].values[0] == 1
    back = found.sel(policy=other, other=policy)
    np.testing.assert_allclose(back["beats"] + duel["beats"] + duel["ties"], 1.0, rtol=1e-12)


def test_regret_and_ranks(found: xr.Dataset) -> None:
    end = found.isel(time=-1)
    # Half of the draws `gamble` is best, and then `save` stays behind by U(0, 2) a month.
    behind = end["regret"].sel(policy="save")
    assert behind.sel(quantile=0.25).item() == 0
    low, high = uniform_quantile_bounds(0.75, -2.0, 2.0)
    assert low * 60 <= behind.sel(quantile=0.75).item() <= high * 60
    for policy, best in (("gamble", 0.5), ("save", 0.5), ("now", 0.0)):
        low, high = share_bounds(best)
        assert low <= end["rank_share"].sel(policy=policy, rank=1.0).item() <= high
    low, high = share_bounds(0.25)
    assert low <= end["rank_share"].sel(policy="gamble", rank=3.0).item() <= high
    np.testing.assert_allclose(end["rank_share"].sum("rank"), 1.0, rtol=1e-12)


def test_reversals_and_domination(found: xr.Dataset) -> None:
    # With one variable a policy is dominated where it is beaten.
    end = found.isel(time=-1)
    assert (end["dominated"] == end["beats"].values.T).all()
    best = end["rank_share"].sel(rank=1.0)
    np.testing.assert_allclose(end["nondominated"], best, rtol=1e-12)
    low, high = share_bounds(0.25)
    # In the medians `gamble` is better than `now`; in a quarter of the draws it is not.
    reversals = end["reversals"]
    assert low <= reversals.sel(policy="gamble", other="now").item() <= high
    assert reversals.sel(policy="save", other="now").item() == 0
    assert (end["reversed_any"] >= reversals.max()).all()


def test_the_interval_covers(study: Study) -> None:
    covered = 0
    for seed in range(40):
        one = effects(study.run(draws=200, seed=seed), study).isel(variable=0, time=-1)
        duel = one.sel(policy="gamble", other="now")
        covered += duel["beats_low"].item() <= 0.75 <= duel["beats_high"].item()
    # 95 % of 40 seeds, give or take what chance explains once in a million.
    assert covered >= binom.ppf(1e-6, 40, 0.95)
