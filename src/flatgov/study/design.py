"""Designs: where in the space of what is not known the draws lie."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from flatgov.study.uncertainty import Method

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Design:
    """How the draws of a run are made.

    Attributes:
        method: ``sobol`` and ``random`` give the same first draws however many are asked for;
            ``lhs`` does not; ``table`` takes the values of `table`.
        draws: How many.
        seed: Of the scrambling or of the random numbers.
        table: (draw, factor) values of a user's table.
    """

    method: Method
    draws: int
    seed: int = 0
    table: FloatArray | None = None
