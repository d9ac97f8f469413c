"""What a study does not know: its uncertain quantities, and how draws of them are made."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from flatgov.draws import Draws

FloatArray = NDArray[np.float64]

FactorKind = Literal["value", "strength", "slope", "change"]
Method = Literal["sobol", "lhs", "random", "table"]


@dataclass(frozen=True)
class Factor:
    """One uncertain quantity.

    Attributes:
        name: Unique. A constant or initial value goes by its variable's name, a table by
            ``NAME (strength)`` or ``NAME (slope)``, a change by ``POLICY: VARIABLE``.
        kind: ``value`` of a constant or initial value, ``strength`` or ``slope`` of a lookup, or
            the value of a ``change`` of a policy or scenario.
        variable: The variable, in the spelling of the model.
        units: Of the values.
        base: The value of a run without draws.
        quantile: (n,) probabilities inside 0 to 1 → (n,) values.
        text: The distribution in words, for tables: ``triangular 4, 7, 10``.
        reason: The source, or why this distribution.
        normal: The normal point of a lookup.
    """

    name: str
    kind: FactorKind
    variable: str
    units: str
    base: float
    quantile: Callable[[FloatArray], FloatArray]
    text: str
    reason: str = ""
    normal: tuple[float, float] = (0.0, 0.0)


@dataclass(frozen=True)
class Uncertainty:
    """All uncertain quantities of a study.

    Attributes:
        factors: In the order of the file.
        method: How draws are made unless a run says otherwise.
        correlation: (factor, factor) of the normal variables of a Gaussian copula; None if all
            are independent.
    """

    factors: tuple[Factor, ...]
    method: Method = "sobol"
    correlation: FloatArray | None = None


def unit_to_values(uncertainty: Uncertainty, unit: FloatArray) -> FloatArray:
    """Turn points of the unit cube into values of the uncertain quantities.

    Each row by itself: a row gives the same values, to the last bit, in every block.

    Args:
        uncertainty: The quantities.
        unit: (n, factor) independent and uniform between 0 and 1.

    Returns:
        (n, factor) values with the distributions and the correlations of the quantities.
    """
    # Column by column, so that every column stands side by side in memory.
    columns = [np.ascontiguousarray(column) for column in np.asarray(unit, dtype=np.float64).T]
    if uncertainty.correlation is not None:
        columns = _correlate(columns, uncertainty.correlation)
    values = np.empty((len(unit), len(columns)))
    for place, (factor, column) in enumerate(zip(uncertainty.factors, columns, strict=True)):
        values[:, place] = factor.quantile(column)
    return values


def draws_of(uncertainty: Uncertainty, sample: FloatArray, first: int = 0) -> Draws:
    """Sort sampled values into what a run takes.

    Args:
        uncertainty: The uncertain quantities.
        sample: (draw, factor) values.
        first: The number of the first of these draws in the whole run.
    """
    kinds: dict[FactorKind, dict[str, FloatArray]] = {
        "value": {},
        "strength": {},
        "slope": {},
        "change": {},
    }
    for factor, column in zip(uncertainty.factors, sample.T, strict=True):
        key = factor.name if factor.kind == "change" else factor.variable
        kinds[factor.kind][key] = np.ascontiguousarray(column)
    return Draws(
        count=len(sample),
        first=first,
        values=kinds["value"],
        strengths=kinds["strength"],
        slopes=kinds["slope"],
        normals={
            factor.variable: factor.normal
            for factor in uncertainty.factors
            if factor.kind in ("strength", "slope")
        },
        changes=kinds["change"],
    )


def normal_correlation(rank: float) -> float:
    """Give the correlation of two normal variables that have a rank correlation.

    It is 2 sin(pi rank / 6): Pearson (1907), On further methods of determining correlation.
    Discrete quantities made of the two have a somewhat weaker rank correlation, as they have ties.

    Args:
        rank: Spearman's rank correlation.
    """
    return 2.0 * math.sin(math.pi * rank / 6.0)


def _correlate(columns: list[FloatArray], correlation: FloatArray) -> list[FloatArray]:
    """Make independent uniform columns into those of a Gaussian copula.

    Sums are written out: a product of matrices is rounded differently for another number of rows
    or threads.
    """
    from scipy import special

    bound = [place for place, row in enumerate(correlation) if np.count_nonzero(row) > 1]
    lower = _cholesky(correlation[np.ix_(bound, bound)].tobytes(), len(bound))
    normal = [special.ndtri(np.clip(columns[place], 2.0**-54, 1.0 - 2.0**-53)) for place in bound]
    result = list(columns)
    for row, place in enumerate(bound):
        # The first of those that go together keeps its own column, to the last bit.
        if any(lower[row][:row]):
            mixed = np.zeros_like(columns[place])
            for weight, one in zip(lower[row], normal, strict=True):
                if weight != 0.0:
                    mixed = mixed + weight * one
            result[place] = np.asarray(special.ndtr(mixed), dtype=np.float64)
    return result


@functools.lru_cache(maxsize=4)  # Every block needs it.
def _cholesky(content: bytes, size: int) -> list[list[float]]:
    """Give the lower triangular L with L L' = matrix, row by row, the same on every machine."""
    matrix = np.frombuffer(content).reshape(size, size)
    lower = [[0.0] * size for _ in range(size)]
    for row in range(size):
        for column in range(row + 1):
            known = sum(lower[row][k] * lower[column][k] for k in range(column))
            rest = float(matrix[row, column]) - known
            lower[row][column] = math.sqrt(rest) if row == column else rest / lower[column][column]
    return lower
