"""Effects against plain loops over draws, and against a model with a known answer."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from flatgov.analysis.effects import PROBLEMS, effects
from flatgov.analysis.proportion import wilson_interval
from flatgov.errors import RunError, StudyError
from flatgov.model import Model
from flatgov.reading import load_model

BETTER = {"cost": "less", "morale": "more"}


@dataclass(frozen=True)
class StudyStub:
    """What `effects` asks of a study."""

    name: str = "stub"
    reference: str = "p0"
    headline: tuple[str, ...] = ("cost", "morale", "size")
    better: dict[str, str] = field(default_factory=lambda: dict(BETTER))
    model: Model | None = None


def dataset(values: dict[str, np.ndarray], status: np.ndarray) -> xr.Dataset:
    """Make an ensemble of arrays (policy, draw, time) and a status (policy, draw)."""
    policies, draws, times = next(iter(values.values())).shape
    dims = ("policy", "draw", "time")
    return xr.Dataset(
        {name: (dims, array, {"units": f"u{name}"}) for name, array in values.items()},
        {
            "policy": [f"p{number}" for number in range(policies)],
            "draw": np.arange(draws),
            "time": np.arange(float(times)),
            "status": (("policy", "draw"), status.astype(np.uint8)),
            "reason": (("policy", "draw"), np.where(status > 0, "bad", "").astype(object)),
        },
        {"seed": 7, "failed": "[]"},
    )


# Few different values, so that ties and equal medians are common.
NUMBERS = st.sampled_from([-2.0, -1.0, 0.0, 0.5, 1.0, 3.0])


@st.composite
def ensembles(draw: st.DrawFn) -> xr.Dataset:
    shape = (draw(st.integers(1, 4)), draw(st.integers(1, 7)), draw(st.integers(1, 3)))
    values = {
        name: np.array(
            draw(st.lists(NUMBERS, min_size=math.prod(shape), max_size=math.prod(shape)))
        ).reshape(shape)
        for name in StudyStub().headline
    }
    members = shape[0] * shape[1]
    status = draw(
        st.lists(st.sampled_from([0, 0, 0, 0, 1, 2, 3, 4]), min_size=members, max_size=members)
    )
    matrix = np.array(status).reshape(shape[:2])
    for array in values.values():
        array[matrix == 1] = np.nan
        array[matrix == 2] = np.inf
    return dataset(values, matrix)


def one_quantile(values: list[float], probability: float) -> float:
    """Interpolate between the two nearest of the sorted values."""
    if not values:
        return math.nan
    ordered = sorted(values)
    place = probability * (len(ordered) - 1)
    below = math.floor(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])


def share(hits: list[bool]) -> float:
    return sum(hits) / len(hits) if hits else math.nan


def plain(ds: xr.Dataset, name: str, policy: int, draw: int, time: int = -1) -> float:
    return float(ds.variables[name].values[policy, draw, time])


def better(name: str, one: float, other: float) -> bool:
    return one < other if BETTER.get(name) == "less" else one > other


@settings(max_examples=60, deadline=None)
@given(ensembles())
def test_the_same_as_plain_loops(ds: xr.Dataset) -> None:
    found = effects(ds, StudyStub())
    policies, draws = ds["status"].shape
    ran = [[d for d in range(draws) if ds["status"].values[p, d] == 0] for p in range(policies)]
    everywhere = [d for d in range(draws) if all(d in own for own in ran)]
    assert found["draws_complete"].item() == len(everywhere)

    arrays = {name: (found[name].dims, found[name].values) for name in found.data_vars}
    places = {dim: {label: n for n, label in enumerate(found[dim].values)} for dim in found.dims}

    def same(name: str, expected: float, **place: object) -> None:
        dims, array = arrays[name]
        value = float(array[tuple(places[dim][place[dim]] for dim in dims)])
        assert value == pytest.approx(expected, rel=1e-12, abs=1e-12, nan_ok=True), (name, place)

    for p in range(policies):
        one = {"policy": f"p{p}"}
        same("draws_used", len(ran[p]), **one)
        for code, problem in PROBLEMS.items():
            count = sum(int(status) == code for status in ds["status"].values[p])
            same("draws_left_out", count, **one, problem=problem)
        undominated = []
        for d in everywhere:
            undominated.append(not any(is_dominated(ds, p, o, d) for o in range(policies)))
        same("nondominated", share(undominated), **one)
        for o in range(policies):
            both = [d for d in ran[p] if d in ran[o]]
            two = {**one, "other": f"p{o}"}
            same("draws_paired", len(both), **two)
            same("dominated", share([is_dominated(ds, p, o, d) for d in both]), **two)
    for name in ds.data_vars:
        compare_row(ds, str(name), ran, everywhere, same)


def is_dominated(ds: xr.Dataset, policy: int, other: int, draw: int) -> bool:
    pairs = [(n, plain(ds, n, policy, draw), plain(ds, n, other, draw)) for n in BETTER]
    worse = any(better(name, own, its) for name, own, its in pairs)
    return not worse and any(better(name, its, own) for name, own, its in pairs)


def compare_row(ds, name, ran, everywhere, same) -> None:
    policies = len(ran)
    times = ds.sizes["time"]

    def value(p, d, t=-1):
        return plain(ds, name, p, d, t)

    def middle(p, draws):
        return median(value(p, d) for d in draws)

    def is_reversed(p, o, d, draws):
        first, second = middle(p, draws), middle(o, draws)
        if better(name, first, second):
            return better(name, value(o, d), value(p, d))
        return better(name, second, first) and better(name, value(p, d), value(o, d))

    for p in range(policies):
        one = {"variable": name, "policy": f"p{p}"}
        for q in (0.05, 0.25, 0.5, 0.75, 0.95):
            for t in range(times):
                at = {**one, "quantile": q, "time": float(t)}
                same("level", one_quantile([value(p, d, t) for d in ran[p]], q), **at)
                paired = [value(p, d, t) - value(0, d, t) for d in ran[p] if d in ran[0]]
                same("effect", one_quantile(paired, q), **at)
            turned = -1 if BETTER.get(name) == "less" else 1
            behind = [
                max(turned * value(o, d) for o in range(policies)) - turned * value(p, d)
                for d in everywhere
            ]
            expected = one_quantile(behind, q) if name in BETTER else math.nan
            same("regret", expected, **one, quantile=q)
        ranks = [
            1 + sum(better(name, value(o, d), value(p, d)) for o in range(policies))
            for d in everywhere
        ]
        for rank in range(1, policies + 1):
            same("rank_share", share([own == rank for own in ranks]), **one, rank=float(rank))
        for o in range(policies):
            both = [d for d in ran[p] if d in ran[o]]
            two = {**one, "other": f"p{o}"}
            for t in range(times):
                wins = [better(name, value(p, d, t), value(o, d, t)) for d in both]
                draws = [value(p, d, t) == value(o, d, t) for d in both]
                same("beats", share(wins), **two, time=float(t))
                same("ties", share(draws), **two, time=float(t))
                low, high = wilson_interval(sum(wins), len(both))
                same("beats_low", float(low), **two, time=float(t))
                same("beats_high", float(high), **two, time=float(t))
            same("reversals", share([is_reversed(p, o, d, both) for d in both]), **two)
    somewhere = [
        any(is_reversed(p, o, d, everywhere) for p in range(policies) for o in range(policies))
        for d in everywhere
    ]
    same("reversed_any", share(somewhere), variable=name)


def example(policies: int = 3, draws: int = 2500, times: int = 2) -> xr.Dataset:
    rng = np.random.default_rng(3)
    shape = (policies, draws, times)
    names = StudyStub().headline
    status = (rng.random((policies, draws)) < 0.01).astype(int)
    return dataset({name: rng.normal(size=shape) for name in names}, status)


@pytest.mark.parametrize("block", [700, 5000])
def test_lazy_results_give_the_same(block: int) -> None:
    ds = example()
    xr.testing.assert_identical(
        effects(ds.chunk(draw=block, policy=1), StudyStub()), effects(ds, StudyStub())
    )


def test_scenarios_stand_side_by_side() -> None:
    calm, busy = example(), example() + 1.0
    busy["status"] = calm["status"].copy()
    busy["status"][:, :100] = 3
    both = xr.concat([calm, busy], dim="scenario").assign_coords(scenario=["calm", "busy"])
    both["status"] = both["status"].transpose("policy", "scenario", "draw")
    both = both.transpose("policy", "scenario", "draw", "time")
    found = effects(both, StudyStub())
    assert found["level"].dims == ("variable", "policy", "scenario", "quantile", "time")
    for name, ds in (("calm", calm), ("busy", busy)):
        alone = effects(ds, StudyStub()).drop_attrs()
        xr.testing.assert_equal(found.sel(scenario=name, drop=True).drop_attrs(), alone)


def test_company_changes_no_comparison_of_two() -> None:
    ds = example(4)
    whole, two = effects(ds, StudyStub()), effects(ds, StudyStub(), policies=["p0", "p2"])
    chosen = whole.sel(policy=["p0", "p2"], other=["p0", "p2"])
    for name in ("level", "effect", "beats", "ties", "reversals", "dominated", "draws_paired"):
        xr.testing.assert_equal(chosen[name], two[name])


def towns(tmp_path: Path) -> Model:
    path = tmp_path / "towns.mdl"
    path.write_text(
        "town: A, B, C ~~|\nbank: left, right ~~|\nstaff[A] = 1 ~~|\nstaff[B] = 2 ~~|\n"
        "post[town, left] = 3 ~~|\npost[B, right] = 4 ~~|\nINITIAL TIME = 0 ~~|\n"
        "FINAL TIME = 1 ~~|\nTIME STEP = 1 ~~|\nSAVEPER = 1 ~~|\n",
        encoding="utf-8",
    )
    return load_model(path)


def with_towns(ds: xr.Dataset) -> xr.Dataset:
    values = np.stack([ds["cost"], ds["cost"] + 1, ds["cost"] * np.nan], axis=-1)
    ds["staff"] = (("policy", "draw", "time", "town"), values, {"units": "Person"})
    return ds.assign_coords(town=["A", "B", "C"])


def test_elements_are_rows_and_undefined_ones_are_not(tmp_path: Path) -> None:
    ds = with_towns(example())
    study = StudyStub(better={"staff": "less"}, model=towns(tmp_path))
    found = effects(ds, study, variables=["STAFF", "cost"])
    assert found["variable"].values.tolist() == ["staff[A]", "staff[B]", "cost"]
    assert found["better"].values.tolist() == ["less", "less", ""]
    assert found["units"].values.tolist() == ["Person", "Person", "ucost"]
    level = found["level"]
    gap = level.sel(variable="staff[B]") - level.sel(variable="staff[A]")
    np.testing.assert_allclose(gap, 1.0, rtol=1e-12)
    assert not found["nondominated"].isnull().any()


def test_elements_that_failed_everywhere_are_rows(tmp_path: Path) -> None:
    ds = with_towns(example(draws=5)) * np.nan
    ds["status"] = ds["status"] * 0 + 1
    study = StudyStub(better={"staff": "less"}, model=towns(tmp_path))
    found = effects(ds, study, variables=["staff"])
    assert found["variable"].values.tolist() == ["staff[A]", "staff[B]"]
    assert found["level"].isnull().all()
    assert (found["draws_left_out"].sel(problem="not a number") == 5).all()


def test_elements_of_two_dimensions_keep_their_places(tmp_path: Path) -> None:
    ds = with_towns(example())
    values = np.ones((*ds["cost"].shape, 3, 2))
    ds["post"] = (("policy", "draw", "time", "town", "bank"), values, {})
    ds = ds.assign_coords(bank=["left", "right"]).transpose("bank", "town", ...)
    names = effects(ds, StudyStub(model=towns(tmp_path)), variables=["post"])["variable"]
    assert sorted(names.values.tolist()) == sorted(
        ["post[left,A]", "post[left,B]", "post[left,C]", "post[right,B]"]
    )
    some = effects(ds.sel(town=["C", "B"]), StudyStub(model=towns(tmp_path)), variables=["staff"])
    assert some["variable"].values.tolist() == ["staff[B]"]


def test_without_a_direction_nothing_wins() -> None:
    found = effects(example(), StudyStub(better={}))
    assert found["regret"].isnull().all()
    assert found["dominated"].isnull().all()
    assert found["nondominated"].isnull().all()
    assert not found["beats"].isnull().any()


def test_rounding_is_no_effect() -> None:
    values = np.full((2, 5, 1), 0.3)
    values[1] = 0.1 + 0.2
    ds = dataset({"morale": values}, np.zeros((2, 5), dtype=int))
    found = effects(ds, StudyStub())
    assert found["beats"].values.tolist() == [[[[0.0], [0.0]], [[0.0], [0.0]]]]
    assert (found["ties"] == 1.0).all()
    assert found["rank_share"].sel(rank=1.0).values.tolist() == [[1.0, 1.0]]


def test_attributes_tell_what_was_compared() -> None:
    found = effects(example(), StudyStub(), reference="p2", quantiles=[0.5])
    assert found.attrs["reference"] == "p2"
    assert found.attrs["seed"] == 7
    assert found.attrs["confidence"] == 0.95
    assert "failed" not in found.attrs
    assert (found["effect"].sel(policy="p2") == 0).all()
    assert found["effect"].sizes["quantile"] == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"reference": "p9"}, "policy 'p9' is not among the policies that are compared"),
        ({"policies": ["p1"]}, "the reference policy 'p0' of the study is not among"),
        ({"variables": ["morals"]}, "no variable 'morals'; did you mean 'morale'?"),
        ({"quantiles": [1.5]}, "are no probabilities"),
    ],
)
def test_mistakes_are_one_line(options: dict, message: str) -> None:
    with pytest.raises(StudyError) as error:
        effects(example(), StudyStub(), **options)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_results_without_draws_or_headline_are_refused() -> None:
    with pytest.raises(StudyError, match="hold no draws"):
        effects(example().isel(draw=0), StudyStub())
    with pytest.raises(StudyError, match="none of the headline variables"):
        effects(example()[["size"]], StudyStub(headline=("cost",)))


def test_a_good_member_with_nan_is_refused() -> None:
    ds = dataset({"cost": np.array([[[1.0], [np.nan]]])}, np.zeros((1, 2), dtype=int))
    with pytest.raises(RunError, match="'cost' under policy 'p0' is no finite number in draw 1"):
        effects(ds, StudyStub())
