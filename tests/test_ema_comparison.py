"""What the comparison with EMA workbench does on flatgov's side, without EMA workbench."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import ema_comparison
from flatgov.model import Change
from flatgov.reading.load import load_model
from flatgov.run.oracle import simulate
from tools.ema import FAILING, MISSPELT, REUSED, TINY, TINY_POLICIES, mistakes_in_flatgov

UNCERTAINTY = """\
[parameters."hiring rate"]
distribution = "uniform"
low = 4.0
high = 6.0
reason = "Nobody knows."
[parameters."stay"]
distribution = "uniform"
low = 10.0
high = 30.0
reason = "Nobody knows."
[lookups."effect of load"]
normal = [1.0, 1.0]
strength = { distribution = "uniform", low = 0.5, high = 1.5, reason = "Nobody knows." }
"""


def test_a_difference_is_relative_to_the_larger_number() -> None:
    ours = np.array([1.0, 0.0, math.nan, -2.0])
    assert ema_comparison.largest_difference(ours, ours.copy()) == 0.0
    assert ema_comparison.largest_difference(ours, np.array([1.0, 0.0, math.nan, -2.5])) == 0.2
    assert ema_comparison.largest_difference(ours, np.array([1.0, 1e-300, math.nan, -2.0])) == 1.0
    assert math.isinf(ema_comparison.largest_difference(ours, np.array([1.0, 0.0, 3.0, -2.0])))
    assert math.isinf(ema_comparison.largest_difference(ours, np.array([1.0, 0.0, math.inf, -2.0])))


def test_a_policy_becomes_a_series_that_starts_at_the_sample_or_the_base() -> None:
    steps = np.arange(0.0, 4.5, 0.5)
    plan = (
        Change("drawn", "scale", 2.0, 1.0),
        Change("fixed", "set", 5.0, 2.0, ramp=1.0),
        Change("fixed", "add", 1.0, 3.0, end=4.0),
    )
    found = ema_comparison.series_of(plan, {"drawn": 3.0, "other": 7.0}, {"fixed": 1.0}, steps, 0.5)
    assert found["other"] == 7.0
    assert found["drawn"].tolist() == [3.0] * 2 + [6.0] * 7
    assert found["fixed"].tolist() == [1.0] * 5 + [3.0, 6.0, 6.0, 5.0]
    assert found["fixed"].index.tolist() == steps.tolist()


def test_a_study_gives_the_samples_that_both_run(write_study: Callable[..., Path]) -> None:
    folder = write_study()
    (folder / "uncertainty.toml").write_text(UNCERTAINTY, encoding="utf-8")
    case = ema_comparison.make_case(folder, 4, ["now", "hire"])
    assert list(case.samples) == ["hiring rate", "stay"]
    assert case.left_out == "1 of kind strength"
    assert case.count == 4
    assert [len(plan) for plan in case.plans.values()] == [0, 1]
    found = case.run(3)["Staff"]
    assert found.shape == (2, 3, 25)
    # PySD gives the same, one sample of one policy.
    model = load_model(folder / "office.mdl")
    first = tuple(
        Change(name, "set", float(values[2]), 0.0) for name, values in case.samples.items()
    )
    theirs = simulate(model, first + case.plans["hire"])["Staff"]
    assert ema_comparison.largest_difference(found[1, 2], theirs) < ema_comparison.TOLERANCE
    assert not np.array_equal(found[0, 2], found[1, 2])


def test_the_first_policy_and_the_reference_run_unless_told(
    write_study: Callable[..., Path],
) -> None:
    folder = write_study(policies=('reference = "now"', 'reference = "both"'))
    (folder / "uncertainty.toml").write_text(UNCERTAINTY, encoding="utf-8")
    assert list(ema_comparison.make_case(folder, 2, None).plans) == ["now", "both"]


def test_constants_of_a_model_vary_by_5_percent(tmp_path: Path) -> None:
    path = tmp_path / "tiny.mdl"
    path.write_text(TINY, encoding="utf-8")
    case = ema_comparison.make_case(path, 50, None)
    assert list(case.samples) == ["hiring", "stay"]
    assert 19.0 <= case.samples["stay"].min() < case.samples["stay"].max() <= 21.0
    found = case.run(50)["Staff"]
    assert found.shape == (1, 50, 25)
    assert len(np.unique(found[0, :, -1])) == 50


def test_a_study_without_uncertainty_is_refused(write_study: Callable[..., Path]) -> None:
    with pytest.raises(SystemExit, match=r"office has no uncertainty.toml"):
        ema_comparison.make_case(write_study(), 4, None)


def test_flatgov_makes_none_of_the_mistakes(tmp_path: Path) -> None:
    (tmp_path / "tiny.mdl").write_text(TINY, encoding="utf-8")
    (tmp_path / "policies.toml").write_text(TINY_POLICIES, encoding="utf-8")
    found = mistakes_in_flatgov(tmp_path)
    # With hiring h and stay 20: 20 h + (100 - 20 h) 0.95^24.
    reform = 200.0 - 100.0 * 0.95**24
    assert found[REUSED] == f"100, then {reform:.6g}"
    assert "no factor, constant or stock 'stey'; did you mean 'stay'?" in found[MISSPELT]
    assert found[FAILING].startswith("100 nan 127.838, ")
    assert "'leaving' (line 4)" in found[FAILING]
