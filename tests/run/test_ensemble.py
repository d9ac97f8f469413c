"""Draws of a study: who shares what with whom, and members that fail."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import flatgov as fg
from flatgov.model import Change
from flatgov.run import ensemble, ensemble_run
from flatgov.run.members import choose_members
from flatgov.study import Study
from flatgov.study.policies import Policy

UNCERTAINTY = """\
[parameters.stay]
distribution = "triangular"
low = 10.0
high = 30.0
reason = "Nobody has asked."
[parameters."hiring rate"]
distribution = "uniform"
low = 2.0
high = 8.0
reason = "The last ten years."
[lookups."effect of load"]
normal = [1.0, 1.0]
strength = { distribution = "uniform", low = 0.5, high = 1.5, reason = "A guess." }
slope = { distribution = "uniform", low = 0.8, high = 1.25, reason = "A guess." }
[[changes]]
policy = "hire"
variable = "hiring rate"
distribution = "uniform"
low = 8.0
high = 12.0
reason = "The budget is not settled."
"""
SAVE = ["Staff", "load"]


@pytest.fixture
def office(write_study: Callable[..., Path]) -> Study:
    folder = write_study()
    (folder / "uncertainty.toml").write_text(UNCERTAINTY, encoding="utf-8")
    return fg.open_study(folder)


def with_policies(study: Study, **changes: tuple[Change, ...]) -> Study:
    own = study.policies["now"].changes
    made = {
        name: Policy(name, {"en": name, "zh": name}, "", (), (*own, *added))
        for name, added in changes.items()
    }
    return replace(study, policies={**study.policies, **made})


def assert_same(one: xr.Dataset, other: xr.Dataset) -> None:
    for name in SAVE:
        np.testing.assert_array_equal(one[name].values, other[name].values, err_msg=name)


def test_a_dataset_of_draws_has_the_promised_form(office: Study) -> None:
    ds = office.run(["hire", "now"], ["busy", "calm"], draws=40, seed=3, save=SAVE)
    assert ds["Staff"].dims == ("policy", "scenario", "draw", "time")
    assert list(ds["policy"].values) == ["hire", "now"]
    assert ds["sample"].dims == ("draw", "factor")
    assert list(ds["factor"].values) == [
        "stay",
        "hiring rate",
        "effect of load (strength)",
        "effect of load (slope)",
        "hire: hiring rate",
    ]
    assert (ds["status"] == ensemble.OK).all()
    assert set(ds["reason"].values.ravel()) == {""}
    assert (ds.attrs["draws"], ds.attrs["seed"], ds.attrs["design"]) == (40, 3, "sobol")
    assert ds.attrs["study_hash"] == office.hash
    assert json.loads(ds.attrs["failed"]) == []
    assert "date" in ds.coords
    alone = office.run(["now"], draws=40, seed=3, save=SAVE)
    assert alone["Staff"].dims == ("policy", "draw", "time")
    assert_same(alone, ds.sel(policy=["now"], scenario="calm"))


def test_each_draw_is_the_run_with_its_values(office: Study) -> None:
    """Against a run of its own, without the ensemble; tables by changed points (PySD)."""
    from flatgov.draws import Draws
    from flatgov.run.oracle import simulate

    ds = office.run(["hire"], ["busy"], draws=6, seed=5, save=SAVE).sel(
        policy="hire", scenario="busy"
    )
    changes = (*office.scenarios["busy"].changes, *office.policies["hire"].changes)
    for draw in range(6):
        row = {
            str(name): np.array([value])
            for name, value in zip(ds["factor"].values, ds["sample"].values[draw], strict=True)
        }
        draws = Draws(
            values={name: row[name] for name in ("stay", "hiring rate")},
            strengths={"effect of load": row["effect of load (strength)"]},
            slopes={"effect of load": row["effect of load (slope)"]},
            normals={"effect of load": (1.0, 1.0)},
            changes={"hire: hiring rate": row["hire: hiring rate"]},
        )
        alone = simulate(office.model, changes, office.model.time, draws)
        for name in SAVE:
            np.testing.assert_allclose(ds[name].values[draw], alone[name], rtol=1e-12)


def test_more_draws_begin_with_the_same_ones(office: Study) -> None:
    few = office.run(["hire"], draws=37, seed=1, save=SAVE)
    many = office.run(["hire"], draws=500, seed=1, save=SAVE)
    assert_same(few, many.isel(draw=slice(0, 37)))
    np.testing.assert_array_equal(few["sample"], many["sample"][:37])
    other = office.run(["hire"], draws=37, seed=2, save=SAVE)
    assert (other["sample"] != few["sample"]).any()


def test_blocks_threads_and_passes_do_not_change_a_bit(
    office: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = office.run(draws=100, seed=1, save=SAVE, workers=1)
    monkeypatch.setattr(ensemble_run, "block_size", lambda *_: 16)
    assert_same(whole, office.run(draws=100, seed=1, save=SAVE, workers=3))
    monkeypatch.setattr(ensemble, "_PASS_BYTES", 1)
    assert_same(whole, office.run(draws=100, seed=1, save=SAVE, workers=2))


def test_policies_without_effect_equal_the_reference_bit_for_bit(office: Study) -> None:
    study = with_policies(
        office,
        nothing_added=(Change("hiring rate", "add", 0.0, 6.0),),
        scaled_by_one=(Change("hiring rate", "scale", 1.0, 6.0, ramp=3.0),),
        never=(Change("hiring rate", "set", 20.0, 1e6),),
        undone=(Change("hiring rate", "add", 5.0, 3.0, end=3.0),),
        table=(Change("effect of load", "scale", 1.0, 0.0),),
    )
    ds = study.run(draws=64, seed=1, save=SAVE)
    for name in ("nothing_added", "scaled_by_one", "never", "undone", "table"):
        assert_same(ds.sel(policy=name), ds.sel(policy="now"))
    assert (ds["Staff"].sel(policy="hire") != ds["Staff"].sel(policy="now")).any()


def test_a_policy_leaves_all_earlier_times_as_they_were(office: Study) -> None:
    study = with_policies(
        office,
        late=(Change("hiring rate", "set", 20.0, 9.5),),
        slow=(Change("tasks", "scale", 2.0, 9.5, ramp=4.0),),
    )
    ds = study.run(draws=64, seed=1, save=SAVE)
    before = ds.sel(time=slice(0, 9))
    for name in ("late", "slow"):
        assert_same(before.sel(policy=name), before.sel(policy="now"))
        after = ds["load"].sel(policy=[name, "now"], time=12)
        assert (after[0] != after[1]).all()


def test_order_and_company_change_nothing(office: Study) -> None:
    together = office.run(["now", "hire", "both"], ["calm", "busy"], draws=50, seed=1, save=SAVE)
    turned = office.run(["both", "hire", "now"], ["busy", "calm"], draws=50, seed=1, save=SAVE)
    chosen = {"policy": together["policy"], "scenario": together["scenario"]}
    assert_same(together, turned.sel(chosen))
    alone = office.run(["hire"], ["busy"], draws=50, seed=1, save=SAVE)
    assert_same(together.sel(policy=["hire"], scenario=["busy"]), alone)
    stored = office.run(["hire"], ["busy"], draws=50, seed=1, save=["load"])
    np.testing.assert_array_equal(stored["load"], alone["load"])


def test_two_names_of_one_content_share_one_result(office: Study) -> None:
    study = replace(
        office,
        policies={**office.policies, "again": replace(office.policies["hire"], id="again")},
    )
    chosen = choose_members(study, None, ["calm", "busy"])
    job, layout = ensemble_run.make_ensemble(study, chosen, 10, save=SAVE)
    assert len(layout.plan_of) == 8
    assert len(job.plans) == 6
    ds = study.run(draws=10, save=SAVE)
    assert_same(ds.sel(policy="again"), ds.sel(policy="hire"))


def test_two_policies_of_one_name_do_not(office: Study) -> None:
    """Results go by content, whatever ran under a name before."""
    first = with_policies(office, mine=(Change("tasks", "scale", 2.0, 3.0),))
    second = with_policies(office, mine=(Change("tasks", "scale", 3.0, 3.0),))
    results = [study.run(["mine"], draws=8, save=SAVE) for study in (first, second)]
    assert (results[0]["load"] != results[1]["load"]).any()


def test_an_uncertain_change_belongs_to_its_own_policy(office: Study) -> None:
    """`both` extends `hire` and has its change; `now` has not."""
    ds = office.run(draws=32, seed=1)
    rate = ds["hiring rate"].isel(time=-1)
    drawn = ds["sample"].sel(factor="hire: hiring rate", drop=True)
    np.testing.assert_array_equal(rate.sel(policy="hire"), drawn)
    np.testing.assert_array_equal(rate.sel(policy="both"), drawn)
    base = ds["sample"].sel(factor="hiring rate", drop=True)
    np.testing.assert_array_equal(rate.sel(policy="now"), base)


def test_a_table_of_draws(office: Study) -> None:
    table: Mapping[str, list[float]] = {"STAY": [10.0, 20.0, 25.0], "tasks": [80.0, 90.0, 100.0]}
    ds = office.run(["now"], draws=table, save=[*SAVE, "stay", "hiring rate"])
    assert list(ds["factor"].values) == ["stay", "tasks"]
    np.testing.assert_array_equal(ds["stay"].isel(policy=0, time=0), [10, 20, 25])
    assert set(ds["hiring rate"].values.ravel()) == {5.0}
    single = office.model.run(params={"stay": 20.0, "tasks": 90.0})
    np.testing.assert_array_equal(ds["Staff"].isel(policy=0, draw=1), single["Staff"])


def test_draws_at_the_base_values_equal_the_run_without_draws(office: Study) -> None:
    assert office.uncertainty is not None
    table = {factor.name: [factor.base] for factor in office.uncertainty.factors}
    ds = office.run(draws=table)
    base = office.run()
    for name in base.data_vars:
        np.testing.assert_array_equal(ds[name].isel(draw=0).values, base[name].values)


FAILING = """{UTF-8}
Stock = INTEG(flow, 1) ~ Unit ~ |
flow = hidden ~ Unit/Month ~ |
hidden = IF THEN ELSE(Time < breaks, 0, 1 / nothing - 1 / nothing) ~ Unit/Month ~ |
nothing = Time - Time ~ Month ~ |
breaks = 5 ~ Month ~ |
Level = INTEG(rise, 0) ~ Unit [0,10] ~ |
rise = 0.5 ~ Unit/Month ~ |
shown = Stock + 1 ~ Unit ~ |
grows = IF THEN ELSE(power > 300, EXP(power * Time), 1) ~ Unit ~ |
power = 1 ~ Dmnl ~ |
INITIAL TIME = 0 ~ Month ~ |
FINAL TIME = 8 ~ Month ~ |
TIME STEP = 0.5 ~ Month ~ |
SAVEPER = 1 ~ Month ~ |
"""


@pytest.fixture
def fragile(tmp_path: Path) -> Study:
    (tmp_path / "fragile.mdl").write_text(FAILING, encoding="utf-8")
    (tmp_path / "policies.toml").write_text(
        '[policies.now]\nlabel = { en = "Now", zh = "现" }\n', encoding="utf-8"
    )
    return fg.open_study(tmp_path)


def test_members_that_fail_are_recorded_with_their_cause_and_the_others_go_on(
    fragile: Study,
) -> None:
    table = {
        "breaks": [99.0, 5.0, 99.0, 99.0, 99.0],
        "rise": [0.5, 0.5, 2.0, -1.0, 0.5],
        "power": [1.0, 1.0, 1.0, 1.0, 400.0],
    }
    ds = fragile.run(draws=table, save=["shown", "grows"])
    status = list(ds["status"].values[0])
    assert status == [
        ensemble.OK,
        ensemble.NOT_A_NUMBER,
        ensemble.ABOVE,
        ensemble.BELOW,
        ensemble.INFINITE,
    ]
    assert list(ds["reason"].values[0]) == [
        "",
        "'hidden' (line 4) is not a number at time 5",
        "'Level' (line 7) is above its upper limit 10 at time 6",
        "'Level' (line 7) is below its lower limit 0 at time 1",
        "'grows' (line 10) is infinite at time 2",
    ]
    assert ds.attrs["failed_members"] == 4
    listed = json.loads(ds.attrs["failed"])
    assert [one["draw"] for one in listed] == [1, 2, 3, 4]
    assert listed[0]["reason"] == "'hidden' (line 4) is not a number at time 5"
    whole = fragile.run(draws={name: values[:1] for name, values in table.items()})
    np.testing.assert_array_equal(ds["shown"].values[0, 0], whole["shown"].values[0, 0])
    assert np.isnan(ds["shown"].values[0, 1, -1])


def test_what_is_saved_does_not_decide_who_failed(fragile: Study) -> None:
    """`grows` reaches no stock and no saved variable; `Level` is limited and not saved."""
    table = {"power": [1.0, 400.0, 1.0, 400.0], "rise": [0.5, 0.5, 2.0, 2.0], "breaks": [99.0] * 4}
    whole = fragile.run(draws=table)
    part = fragile.run(draws=table, save=["shown"])
    np.testing.assert_array_equal(part["status"], whole["status"])
    np.testing.assert_array_equal(part["reason"], whole["reason"])
    assert list(part["status"].values[0]) == [
        ensemble.OK,
        ensemble.INFINITE,
        ensemble.ABOVE,
        ensemble.INFINITE,
    ]


def test_the_seed_counts_without_draws_too(tmp_path: Path) -> None:
    (tmp_path / "noise.mdl").write_text(
        "Noise = RANDOM UNIFORM(0, 1, 0) ~ Dmnl ~ |\nS = INTEG(Noise, 0) ~ Dmnl ~ |\n"
        "INITIAL TIME = 0 ~~|\nFINAL TIME = 5 ~~|\nTIME STEP = 1 ~~|\nSAVEPER = 1 ~~|\n",
        encoding="utf-8",
    )
    (tmp_path / "policies.toml").write_text(
        '[policies.now]\nlabel = { en = "Now", zh = "现" }\n', encoding="utf-8"
    )
    study = fg.open_study(tmp_path)
    one, two = study.run(seed=1), study.run(seed=2)
    assert (one["S"].values[:, 1:] != two["S"].values[:, 1:]).all()
    assert (one.attrs["seed"], two.attrs["seed"]) == (1, 2)
    alone = study.model.run(seed=2)
    np.testing.assert_array_equal(two["S"].values[0], alone["S"].values)
    draws = study.run(draws=3, seed=2)
    np.testing.assert_array_equal(draws["S"].values[0, 0], alone["S"].values)
    assert len(np.unique(draws["S"].values[0, :, -1])) == 3


def test_what_cannot_be_drawn_is_refused(office: Study, fragile: Study) -> None:
    with pytest.raises(fg.StudyError, match="nothing to draw"):
        fragile.run(draws=10)
    for draws in (0, -5):
        with pytest.raises(fg.StudyError, match="draws cannot be run"):
            office.run(draws=draws)
    with pytest.raises(fg.StudyError, match="'5 ' is no seed"):
        office.run(draws=5, seed="5 ")
