"""Morris screening: how far an output moves when one uncertain quantity moves a long step.

Morris (1991), Technometrics 33, 161-174; the mean of the absolute effects and groups of quantities
that move together: Campolongo, Cariboni and Saltelli (2007), Environ. Model. Softw. 22, 1509-1518.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

CONFIDENCE = 0.95
LEVELS = 4
STEP = 0.5  # in probability: half of the levels


@dataclass(frozen=True)
class Trajectories:
    """Paths through the unit cube on which one group of quantities moves at a time.

    Attributes:
        points: (path, group + 1, quantity) between 0 and 1.
        order: (path, group) the group that moves to the next point.
        signs: (path, quantity) 1.0 where the quantity moves up, -1.0 where it moves down.
    """

    points: FloatArray
    order: IntArray
    signs: FloatArray

    def part(self, start: int, end: int) -> Trajectories:
        """Give the paths from one place to before another."""
        cut = slice(start, end)
        return Trajectories(self.points[cut], self.order[cut], self.signs[cut])


@dataclass(frozen=True)
class Effects:
    """What elementary effects add up to; those of more paths can be added.

    Attributes:
        count: (group,) the number of effects.
        total: (group, ...) their sum.
        absolute: (group, ...) the sum of their absolute values.
        deviations: (group, ...) the sum of the squares of their deviations from their mean.
    """

    count: IntArray
    total: FloatArray
    absolute: FloatArray
    deviations: FloatArray

    def __add__(self, other: Effects) -> Effects:
        """Add the effects of other paths.

        Deviations are added as in Chan, Golub and LeVeque (1983), Am. Stat. 37, 242-247: a
        difference of large sums of squares would be lost in rounding.
        """
        trailing = (1,) * (self.total.ndim - 1)
        one, two = (part.count.reshape(-1, *trailing).astype(float) for part in (self, other))
        apart = self.total / np.maximum(one, 1) - other.total / np.maximum(two, 1)
        between = apart**2 * one * two / np.maximum(one + two, 1)
        return Effects(
            self.count + other.count,
            self.total + other.total,
            self.absolute + other.absolute,
            self.deviations + other.deviations + between,
        )


@dataclass(frozen=True)
class Screening:
    """The measures of Morris, (group, ...) each, in units of the output.

    An elementary effect is the change of the output divided by the step in probability, 0.5: what
    a move over the whole range of the quantity would bring at that rate.

    Attributes:
        mu: Mean effect; NaN for a group of several quantities, which move in different directions.
        mu_star: Mean absolute effect.
        mu_star_low: Lower end of its 95 % interval.
        mu_star_high: Upper end.
        sigma: Standard deviation of the effects: large if they hang on the other quantities or are
            not linear; NaN for a group of several quantities.
    """

    mu: FloatArray
    mu_star: FloatArray
    mu_star_low: FloatArray
    mu_star_high: FloatArray
    sigma: FloatArray


def trajectories(
    groups: Sequence[Sequence[int]], count: int, seed: int, discrete: Sequence[int] = ()
) -> Trajectories:
    """Draw paths at random.

    The levels are the middles of four equally probable parts of a distribution, 1/8, 3/8, 5/8 and
    7/8, and not its ends, which an unbounded distribution does not have. Those of a discrete one
    lie anywhere within the parts, at random, as the middles would never meet a value of little
    weight, whatever it does; so every value is met as often as its weight says.

    Args:
        groups: The columns of the quantities of each group; every column once.
        count: How many paths. Those of fewer are the first of those of more.
        seed: Of the random numbers.
        discrete: The columns of the quantities with a discrete distribution.
    """
    quantities = sum(len(group) for group in groups)
    points = np.empty((count, len(groups) + 1, quantities))
    order = np.empty((count, len(groups)), dtype=np.int64)
    signs = np.empty((count, quantities))
    generator = np.random.default_rng(seed)
    # Numbers of its own: the paths of all others do not depend on which are discrete.
    within = np.full((count, quantities), 0.5)
    within[:, list(discrete)] = np.random.default_rng([seed, 1]).random((count, len(discrete)))
    for path in range(count):
        # Half of the levels lie a step below another one, the other half a step above.
        level = generator.integers(LEVELS // 2, size=quantities)
        up = generator.integers(2, size=quantities)
        order[path] = generator.permutation(len(groups))
        signs[path] = np.where(up, 1.0, -1.0)
        here = (level + within[path]) / LEVELS + np.where(up, 0.0, STEP)
        points[path, 0] = here
        for place, group in enumerate(order[path]):
            columns = list(groups[group])
            here[columns] += STEP * signs[path, columns]
            points[path, place + 1] = here
    return Trajectories(points, order, signs)


def elementary_effects(
    paths: Trajectories,
    groups: Sequence[Sequence[int]],
    outputs: FloatArray,
    usable: BoolArray,
) -> Effects:
    """Sum up the elementary effects of some paths.

    Args:
        paths: The paths.
        groups: The columns of the quantities of each group.
        outputs: (path, group + 1, ...) at the points.
        usable: (path, group + 1) True where the run went through; an effect needs both its ends.
    """
    trailing = (1,) * (outputs.ndim - 2)
    both = usable[:, 1:] & usable[:, :-1]
    # The direction of a group of several is that of its first one; only sizes are used then.
    leaders = np.array([group[0] for group in groups])
    steps = STEP * np.take_along_axis(paths.signs, leaders[paths.order], axis=1)
    kept = np.where(usable.reshape(*usable.shape, *trailing), outputs, 0.0)
    effects = np.diff(kept, axis=1) / steps.reshape(*steps.shape, *trailing)
    places = np.argsort(paths.order, axis=1)
    effects = np.take_along_axis(effects, places.reshape(*places.shape, *trailing), axis=1)
    both = np.take_along_axis(both, places, axis=1)
    counts, there = both.sum(axis=0), both.reshape(*both.shape, *trailing)
    effects = np.where(there, effects, 0.0)
    total = effects.sum(axis=0)
    mean = total / np.maximum(counts, 1).reshape(-1, *trailing)
    deviations = (np.where(there, effects - mean, 0.0) ** 2).sum(axis=0)
    return Effects(counts, total, np.abs(effects).sum(axis=0), deviations)


def screening(effects: Effects, groups: Sequence[Sequence[int]]) -> Screening:
    """Give the measures of Morris.

    The interval of mu_star is that of a mean of independent paths, by Student's t.

    Args:
        effects: The sums over all paths.
        groups: The columns of the quantities of each group.
    """
    from scipy.special import stdtrit

    trailing = (1,) * (effects.total.ndim - 1)
    count = effects.count.reshape(-1, *trailing).astype(np.float64)
    alone = np.array([len(group) == 1 for group in groups]).reshape(-1, *trailing)
    with np.errstate(divide="ignore", invalid="ignore"):  # Too few effects give NaN.
        mu, mu_star = effects.total / count, effects.absolute / count
        variance = effects.deviations / (count - 1)
        # About the mean absolute effect in place of the mean effect.
        folded = np.maximum(variance + (mu**2 - mu_star**2) * count / (count - 1), 0.0)
        error = np.sqrt(folded / count)
        half = stdtrit(np.where(count > 1, count - 1, np.nan), 0.5 + CONFIDENCE / 2) * error
    return Screening(
        np.where(alone, mu, np.nan),
        mu_star,
        np.maximum(mu_star - half, 0.0),
        mu_star + half,
        np.where(alone, np.sqrt(variance), np.nan),
    )
