"""Morris screening against functions with known effects."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from flatgov.analysis.morris import (
    LEVELS,
    STEP,
    Effects,
    elementary_effects,
    screening,
    trajectories,
)

FloatArray = NDArray[np.float64]
WEIGHTS = np.array([3.0, -2.0, 0.5, 0.0])
ALONE = [(0,), (1,), (2,), (3,)]


def curved(points: FloatArray) -> FloatArray:
    return points @ WEIGHTS + 4 * points[..., 0] * points[..., 1] + points[..., 2] ** 2


def all_usable(shape: tuple[int, ...]) -> NDArray[np.bool_]:
    return np.ones(shape, dtype=np.bool_)


def test_a_linear_function_is_exact() -> None:
    paths = trajectories(ALONE, 10, 1)
    outputs = np.stack([7 + paths.points @ WEIGHTS, 1e6 - paths.points @ WEIGHTS], axis=-1)
    found = screening(elementary_effects(paths, ALONE, outputs, all_usable((10, 5))), ALONE)
    np.testing.assert_allclose(found.mu[:, 0], WEIGHTS, atol=1e-12)
    np.testing.assert_allclose(found.mu_star[:, 0], np.abs(WEIGHTS), atol=1e-12)
    np.testing.assert_allclose(found.sigma[:, 0], 0, atol=1e-12)
    np.testing.assert_allclose(found.mu_star_low[:, 0], np.abs(WEIGHTS), atol=1e-12)
    np.testing.assert_allclose(found.mu_star_high[:, 0], np.abs(WEIGHTS), atol=1e-12)
    np.testing.assert_allclose(found.mu[:, 1], -WEIGHTS, atol=1e-8)


def test_paths_move_one_quantity_at_a_time_by_one_step() -> None:
    paths = trajectories(ALONE, 200, 2)
    moves = np.diff(paths.points, axis=1)
    assert ((np.abs(moves) > 0).sum(axis=2) == 1).all()
    np.testing.assert_allclose(np.abs(moves).sum(axis=2), STEP, rtol=1e-12)
    np.testing.assert_array_equal(np.abs(moves).argmax(axis=2), paths.order)
    assert set(np.unique(paths.points)) == {(n + 0.5) / LEVELS for n in range(LEVELS)}
    # Every level and every direction is as likely as another, for each quantity.
    for place in range(4):
        shares = np.unique(paths.points[:, 0, place], return_counts=True)[1] / 200
        np.testing.assert_allclose(shares, 0.25, atol=0.1)
        assert abs(paths.signs[:, place].mean()) < 0.25
    fewer = trajectories(ALONE, 20, 2)
    np.testing.assert_array_equal(fewer.points, paths.points[:20])


def test_levels_of_a_discrete_quantity_reach_all_of_it() -> None:
    paths, plain = trajectories(ALONE, 400, 2, [3]), trajectories(ALONE, 400, 2)
    # The others move as they do without it.
    np.testing.assert_array_equal(paths.points[..., :3], plain.points[..., :3])
    np.testing.assert_array_equal(paths.order, plain.order)
    fewer = trajectories(ALONE, 20, 2, [3])
    np.testing.assert_array_equal(fewer.points, paths.points[:20])
    own = paths.points[..., 3]
    shares = np.histogram(own, bins=16, range=(0, 1))[0] / own.size
    np.testing.assert_allclose(shares, 1 / 16, atol=0.04)
    moves = np.diff(paths.points, axis=1)[..., 3]
    np.testing.assert_allclose(np.abs(moves).sum(axis=1), STEP, rtol=1e-12)


def test_same_numbers_as_salib() -> None:
    from SALib.analyze import morris as salib

    paths = trajectories(ALONE, 40, 3)
    outputs = curved(paths.points)
    found = screening(elementary_effects(paths, ALONE, outputs, all_usable((40, 5))), ALONE)
    # SALib's levels are 0, 1/3, 2/3 and 1, so that its step is 2/3 for the same move.
    levels = (paths.points.reshape(-1, 4) * LEVELS - 0.5) / (LEVELS - 1)
    problem = {"num_vars": 4, "names": list("abcd"), "bounds": [[0.0, 1.0]] * 4}
    other = salib.analyze(problem, levels, outputs.ravel(), num_levels=LEVELS, seed=1)
    ratio = (2 / 3) / STEP
    np.testing.assert_allclose(found.mu, ratio * np.array(other["mu"]), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(found.mu_star, ratio * np.array(other["mu_star"]), rtol=1e-9)
    np.testing.assert_allclose(found.sigma, ratio * np.array(other["sigma"]), rtol=1e-9, atol=1e-12)


def test_parts_add_up_to_the_whole() -> None:
    paths = trajectories(ALONE, 30, 4)
    outputs = 1e9 + np.stack([curved(paths.points), paths.points @ WEIGHTS], axis=-1)
    usable = np.random.default_rng(1).random((30, 5)) > 0.1
    whole = elementary_effects(paths, ALONE, outputs, usable)
    parts: Effects | None = None
    for start in range(0, 30, 7):
        some = slice(start, start + 7)
        part = elementary_effects(paths.part(start, start + 7), ALONE, outputs[some], usable[some])
        parts = part if parts is None else parts + part
    assert parts is not None
    np.testing.assert_array_equal(parts.count, whole.count)
    np.testing.assert_allclose(parts.total, whole.total, rtol=1e-12)
    np.testing.assert_allclose(parts.absolute, whole.absolute, rtol=1e-12)
    np.testing.assert_allclose(parts.deviations, whole.deviations, rtol=1e-9, atol=1e-9)


def test_an_effect_needs_both_its_ends() -> None:
    paths = trajectories(ALONE, 25, 5)
    outputs = curved(paths.points)
    usable = np.random.default_rng(2).random((25, 5)) > 0.2
    spoilt = np.where(usable, outputs, np.nan)
    found = elementary_effects(paths, ALONE, spoilt, usable)
    for group in range(4):
        effects = []
        for path in range(25):
            place = list(paths.order[path]).index(group)
            step = STEP * paths.signs[path, group]
            if usable[path, place] and usable[path, place + 1]:
                effects.append((outputs[path, place + 1] - outputs[path, place]) / step)
        assert found.count[group] == len(effects) < 25
        assert found.total[group] == pytest.approx(sum(effects), rel=1e-12)
        assert screening(found, ALONE).sigma[group] == pytest.approx(
            np.std(effects, ddof=1), rel=1e-9, abs=1e-12
        )


def test_a_group_moves_together_and_has_no_direction() -> None:
    groups = [(0, 2), (1,), (3,)]
    paths = trajectories(groups, 50, 6)
    moves = np.diff(paths.points, axis=1)
    for path in range(50):
        for place, group in enumerate(paths.order[path]):
            assert tuple(np.flatnonzero(moves[path, place])) == groups[group]
    found = screening(
        elementary_effects(paths, groups, paths.points @ WEIGHTS, all_usable((50, 4))), groups
    )
    assert np.isnan(found.mu[0])
    assert np.isnan(found.sigma[0])
    # The two move in the same or in opposite directions: 3.5 or 2.5.
    assert found.mu_star[0] == pytest.approx(
        np.where(paths.signs[:, 0] == paths.signs[:, 2], 3.5, 2.5).mean(), rel=1e-12
    )
    assert found.mu[1] == pytest.approx(-2.0)


def test_intervals_of_the_mean_effect_cover() -> None:
    # On these levels the mean absolute effects can be summed up exactly.
    levels = (np.arange(LEVELS) + 0.5) / LEVELS
    truth = [
        np.mean([abs(3 + 4 * other) for other in levels]),
        np.mean([abs(-2 + 4 * other) for other in levels]),
        np.mean([abs(0.5 + low + high) for low, high in zip(levels[:2], levels[2:], strict=True)]),
    ]
    hits = []
    for seed in range(60):
        paths = trajectories(ALONE, 30, seed)
        effects = elementary_effects(paths, ALONE, curved(paths.points), all_usable((30, 5)))
        found = screening(effects, ALONE)
        ends = zip(found.mu_star_low, truth, found.mu_star_high, strict=False)
        hits.append([low <= true <= high for low, true, high in ends])
    assert 0.9 <= np.mean(hits) <= 0.99


def test_one_effect_has_no_spread() -> None:
    paths = trajectories([(0,)], 1, 1)
    found = screening(
        elementary_effects(paths, [(0,)], paths.points[..., 0], all_usable((1, 2))), [(0,)]
    )
    assert found.mu[0] == pytest.approx(1.0)
    assert np.isnan(found.sigma[0])
    assert np.isnan(found.mu_star_low[0])
