"""What a study does not know: its uncertain quantities, and how draws of them are made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

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
