"""The numbers that draws give a run: one array a quantity, one number a draw."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Draws:
    """Values of the uncertain quantities of a run, the same for all policies and scenarios.

    A table y = f(x) with the normal point (a, b) becomes y = b + strength * (f(a + slope *
    (x - a)) - b): it keeps its normal point and its shape; with 1 and 1 it is the table, to the
    last bit.

    Attributes:
        count: The number of draws.
        first: The number of the first of them in the whole run; random numbers follow it.
        values: (draw,) of constants and initial values from the start, by variable; scenarios
            and policies come on top.
        strengths: (draw,) by lookup.
        slopes: (draw,) by lookup.
        normals: The normal point of each lookup that has a strength or a slope.
        changes: (draw,) by the name that a `Change` has in its `draw`, in place of its value.
    """

    count: int = 1
    first: int = 0
    values: Mapping[str, FloatArray] = field(default_factory=dict)
    strengths: Mapping[str, FloatArray] = field(default_factory=dict)
    slopes: Mapping[str, FloatArray] = field(default_factory=dict)
    normals: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    changes: Mapping[str, FloatArray] = field(default_factory=dict)

    def part(self, start: int, end: int) -> Draws:
        """Give the draws from one position to before another."""
        end = min(end, self.count)
        cut = slice(start, end)
        return replace(
            self,
            count=end - start,
            first=self.first + start,
            values={name: array[cut] for name, array in self.values.items()},
            strengths={name: array[cut] for name, array in self.strengths.items()},
            slopes={name: array[cut] for name, array in self.slopes.items()},
            changes={name: array[cut] for name, array in self.changes.items()},
        )
