"""Distributions of uncertain quantities, each as its quantile function.

All of them are plain frozen data, so that they travel to worker processes, and each value depends
on its own probability alone, so that the same draw is the same number in every block.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

# Probabilities stay off 0 and 1, where the quantile of an unbounded distribution is infinite.
SMALLEST, LARGEST = 2.0**-54, 1.0 - 2.0**-53


@dataclass(frozen=True)
class Uniform:
    """Every value from `low` to `high` alike."""

    low: float
    high: float

    @property
    def support(self) -> tuple[float, float]:
        """Lowest and highest value."""
        return self.low, self.high

    @property
    def text(self) -> str:
        """The distribution in words."""
        return f"uniform {self.low:g}, {self.high:g}"

    def __call__(self, u: FloatArray) -> FloatArray:
        """Give the values of probabilities (n,)."""
        return np.clip(self.low + inside(u) * (self.high - self.low), self.low, self.high)


@dataclass(frozen=True)
class Triangular:
    """A density that rises from `low` to `mode` and falls to `high`, both in a straight line."""

    low: float
    mode: float
    high: float

    @property
    def support(self) -> tuple[float, float]:
        """Lowest and highest value."""
        return self.low, self.high

    @property
    def text(self) -> str:
        """The distribution in words."""
        return f"triangular {self.low:g}, {self.mode:g}, {self.high:g}"

    def __call__(self, u: FloatArray) -> FloatArray:
        """Give the values of probabilities (n,): the inverse of its two parabolas."""
        u = inside(u)
        width, rise, fall = self.high - self.low, self.mode - self.low, self.high - self.mode
        rising = self.low + np.sqrt(u * width * rise)
        falling = self.high - np.sqrt((1.0 - u) * width * fall)
        return np.clip(np.where(u * width < rise, rising, falling), self.low, self.high)


@dataclass(frozen=True)
class Normal:
    """Normal by mean and standard deviation, within `low` to `high`."""

    mean: float
    sd: float
    low: float = -math.inf
    high: float = math.inf

    @property
    def support(self) -> tuple[float, float]:
        """Lowest and highest value."""
        return self.low, self.high

    @property
    def text(self) -> str:
        """The distribution in words."""
        return f"normal {self.mean:g}, {self.sd:g}" + _range_text(self.low, self.high)

    @property
    def mass(self) -> float:
        """The probability within the range before it is cut to it."""
        return _mass(_StandardNormal(), self._standard(self.low), self._standard(self.high))

    def __call__(self, u: FloatArray) -> FloatArray:
        """Give the values of probabilities (n,)."""
        range_ = self._standard(self.low), self._standard(self.high)
        z = _cut_quantiles(_StandardNormal(), inside(u), *range_)
        return np.clip(self.mean + self.sd * z, self.low, self.high)

    def _standard(self, value: float) -> float:
        return (value - self.mean) / self.sd


@dataclass(frozen=True)
class Lognormal:
    """The logarithm is normal: ``log(median)`` is its mean, `sigma` its standard deviation.

    `sigma` has no units: two thirds of the values lie within the median divided and multiplied by
    ``exp(sigma)``. The values lie within `low` to `high`.
    """

    median: float
    sigma: float
    low: float = 0.0
    high: float = math.inf

    @property
    def support(self) -> tuple[float, float]:
        """Lowest and highest value."""
        return self.low, self.high

    @property
    def text(self) -> str:
        """The distribution in words."""
        low = -math.inf if self.low == 0.0 else self.low
        return f"lognormal {self.median:g}, {self.sigma:g}" + _range_text(low, self.high)

    @property
    def mass(self) -> float:
        """The probability within the range before it is cut to it."""
        return _mass(_StandardNormal(), self._standard(self.low), self._standard(self.high))

    def __call__(self, u: FloatArray) -> FloatArray:
        """Give the values of probabilities (n,)."""
        range_ = self._standard(self.low), self._standard(self.high)
        z = _cut_quantiles(_StandardNormal(), inside(u), *range_)
        return np.clip(self.median * np.exp(self.sigma * z), self.low, self.high)

    def _standard(self, value: float) -> float:
        if value <= 0.0:
            return -math.inf
        return (math.log(value) - math.log(self.median)) / self.sigma


@dataclass(frozen=True)
class Beta:
    """Beta with shapes `a` and `b`, stretched from 0 and 1 to `low` and `high`."""

    a: float
    b: float
    low: float = 0.0
    high: float = 1.0

    @property
    def support(self) -> tuple[float, float]:
        """Lowest and highest value."""
        return self.low, self.high

    @property
    def text(self) -> str:
        """The distribution in words."""
        return f"beta {self.a:g}, {self.b:g}" + _range_text(self.low, self.high)

    def __call__(self, u: FloatArray) -> FloatArray:
        """Give the values of probabilities (n,)."""
        from scipy import special

        share = np.asarray(special.betaincinv(self.a, self.b, inside(u)), dtype=np.float64)
        return np.clip(self.low + share * (self.high - self.low), self.low, self.high)


@dataclass(frozen=True)
class Discrete:
    """Some values, ascending, each with its own weight."""

    values: tuple[float, ...]
    weights: tuple[float, ...]

    @property
    def support(self) -> tuple[float, float]:
        """Lowest and highest value."""
        return self.values[0], self.values[-1]

    @property
    def text(self) -> str:
        """The distribution in words, with the probability of each value."""
        total = math.fsum(self.weights)
        pairs = zip(self.values, self.weights, strict=True)
        return "discrete " + ", ".join(f"{one:g} ({100 * w / total:.3g} %)" for one, w in pairs)

    def __call__(self, u: FloatArray) -> FloatArray:
        """Give the values of probabilities (n,)."""
        total = math.fsum(self.weights)
        # The probability of all values up to each, the last left out: nothing is beyond it.
        steps = [math.fsum(self.weights[:n]) / total for n in range(1, len(self.weights))]
        places = np.searchsorted(np.array(steps), inside(u), side="right")
        return np.array(self.values, dtype=np.float64)[places]


@dataclass(frozen=True)
class Scipy:
    """A distribution of `scipy.stats`, within `low` to `high`.

    Attributes:
        name: Its name there.
        args: Names and values of its shapes, `loc` and `scale`.
        low: Lowest value.
        high: Highest value.
    """

    name: str
    args: tuple[tuple[str, float], ...] = ()
    low: float = -math.inf
    high: float = math.inf

    @property
    def support(self) -> tuple[float, float]:
        """Lowest and highest value."""
        low, high = self.frozen.support()
        return max(self.low, float(low)), min(self.high, float(high))

    @property
    def text(self) -> str:
        """The distribution in words."""
        args = ", ".join(f"{name} = {value:g}" for name, value in self.args)
        return f"scipy.{self.name} {args}".strip() + _range_text(self.low, self.high)

    @property
    def mass(self) -> float:
        """The probability within the range before it is cut to it."""
        return _mass(self.frozen, self.low, self.high)

    @property
    def frozen(self) -> Any:
        """The distribution as SciPy has it, with its parameters."""
        from scipy import stats

        return getattr(stats, self.name)(**dict(self.args))

    def __call__(self, u: FloatArray) -> FloatArray:
        """Give the values of probabilities (n,)."""
        with np.errstate(all="ignore"):
            values = _cut_quantiles(self.frozen, inside(u), self.low, self.high)
        return np.clip(values, self.low, self.high)


Distribution = Uniform | Triangular | Normal | Lognormal | Beta | Discrete | Scipy


def inside(u: FloatArray) -> FloatArray:
    """Keep probabilities off 0 and 1, contiguous.

    NumPy may round an exponential differently where numbers do not stand side by side, and a draw
    must not depend on how a block was cut.
    """
    return np.ascontiguousarray(np.clip(u, SMALLEST, LARGEST))


def holds(distribution: Distribution, value: float) -> bool:
    """Tell whether a distribution can give a value; rounding of bounds is forgiven."""
    if isinstance(distribution, Discrete):
        return any(math.isclose(value, one, rel_tol=1e-9) for one in distribution.values)
    if isinstance(distribution, Scipy) and hasattr(distribution.frozen, "pmf"):
        return bool(distribution.frozen.pmf(value) > 0.0)
    low, high = distribution.support
    slack = 1e-9 * abs(value)
    return low - slack <= value <= high + slack


class _StandardNormal:
    """The standard normal by the names of `scipy.stats`, which takes a second to import."""

    def cdf(self, x: float) -> float:
        from scipy import special

        return float(special.ndtr(x))

    def sf(self, x: float) -> float:
        return self.cdf(-x)

    def ppf(self, p: FloatArray) -> FloatArray:
        from scipy import special

        return np.asarray(special.ndtri(p), dtype=np.float64)

    def isf(self, p: FloatArray) -> FloatArray:
        return -self.ppf(p)


def _cut_quantiles(distribution: Any, u: FloatArray, low: float, high: float) -> FloatArray:
    """Give the quantiles within a range: the inverse of F at F(low) + u (F(high) - F(low)).

    Above the median the same is done from the upper end, where 1 - F keeps its digits.
    """
    if low == -math.inf and high == math.inf:
        return np.asarray(distribution.ppf(u), dtype=np.float64)
    below = float(distribution.cdf(low))
    # Only 0 and 1 are kept off: far in a tail all of the probability is less than `SMALLEST`.
    if below <= 0.5:
        share = below + u * (float(distribution.cdf(high)) - below)
        values = distribution.ppf(np.clip(share, math.ulp(0.0), LARGEST))
    else:
        above = float(distribution.sf(low))
        share = above - u * (above - float(distribution.sf(high)))
        values = distribution.isf(np.clip(share, math.ulp(0.0), LARGEST))
    return np.asarray(values, dtype=np.float64)


def _mass(distribution: Any, low: float, high: float) -> float:
    """Give the probability of a range, from the side on which it keeps its digits."""
    if float(distribution.cdf(low)) <= 0.5:
        return float(distribution.cdf(high)) - float(distribution.cdf(low))
    return float(distribution.sf(low)) - float(distribution.sf(high))


def _range_text(low: float, high: float) -> str:
    if low == -math.inf and high == math.inf:
        return ""
    if low == -math.inf:
        return f", at most {high:g}"
    if high == math.inf:
        return f", at least {low:g}"
    return f", within {low:g} to {high:g}"
