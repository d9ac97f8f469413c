"""Designs: where in the space of what is not known the draws lie."""

from __future__ import annotations

import copy
import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from flatgov.errors import StudyError
from flatgov.study.uncertainty import Method, Uncertainty, unit_to_values

if TYPE_CHECKING:
    from scipy.stats import qmc

FloatArray = NDArray[np.float64]

_SOBOL_BITS = 30  # SciPy's: the sequence has 2^30 points


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


def sample(uncertainty: Uncertainty, design: Design, first: int, count: int) -> FloatArray:
    """Draw values of the uncertain quantities.

    Any block of draws is what the whole would have in its place, to the last bit.

    Args:
        uncertainty: The quantities.
        design: How draws are made.
        first: The number of the first draw.
        count: How many.

    Returns:
        (count, factor) values.

    Raises:
        StudyError: The design cannot give these draws.
    """
    if design.table is not None:
        return design.table[first : first + count]
    rows = unit_rows(design, len(uncertainty.factors), first, count)
    return unit_to_values(uncertainty, rows)


def unit_rows(design: Design, dimensions: int, first: int, count: int) -> FloatArray:
    """Give points of the unit cube.

    Args:
        design: Its method, its seed and, for ``lhs``, its number of draws decide them.
        dimensions: Of the cube.
        first: The number of the first point.
        count: How many.

    Returns:
        (count, dimensions) numbers, above 0 and below 1.

    Raises:
        StudyError: The design cannot give these points.
    """
    if design.seed < 0:
        raise StudyError(f"the seed is {design.seed}", fix="give a whole number, 0 or more")
    if dimensions == 0:  # Only the random numbers of the model differ between draws.
        return np.empty((count, 0))
    if design.method == "sobol":
        return _sobol(design.seed, dimensions, first, count)
    if design.method == "random":
        return _random(design.seed, dimensions, first, count)
    if design.method == "lhs":
        return _latin(design.seed, dimensions, design.draws)[first : first + count]
    raise StudyError(f"there is no design '{design.method}'", fix="use sobol, lhs or random")


def extendable(method: Method) -> bool:
    """Tell whether more draws of a method begin with the same ones.

    A Latin hypercube cuts each quantity into as many strata as there are draws, so that another
    number of draws is another sample; a table has the draws that it has.
    """
    return method in ("sobol", "random")


def _sobol(seed: int, dimensions: int, first: int, count: int) -> FloatArray:
    """Give points of a scrambled Sobol sequence.

    The points are whole multiples of 2^-30, 0 among them; the middles of their cells are taken.
    """
    if first + count > 2**_SOBOL_BITS:
        raise StudyError(
            f"a Sobol sequence has {2**_SOBOL_BITS} draws, not {first + count}",
            fix="use the design random",
        )
    sequence = copy.deepcopy(_scrambled(seed, dimensions))
    parts = []
    if first > 0:
        sequence.fast_forward(first)
    elif count > 0:
        # By itself, as SciPy warns when a first part has a length that is no power of 2.
        parts.append(sequence.random(1))
    rest = count - len(parts)
    if rest > 0:
        parts.append(sequence.random(rest))
    rows = np.concatenate(parts) if parts else np.empty((0, dimensions))
    return np.asarray(rows + 2.0 ** -(_SOBOL_BITS + 1), dtype=np.float64)


@functools.lru_cache(maxsize=4)  # Scrambling takes longer than drawing a block.
def _scrambled(seed: int, dimensions: int) -> qmc.Sobol:
    """Give a sequence before its first point; it moves with use, so that callers copy it."""
    from scipy.stats import qmc

    return qmc.Sobol(dimensions, scramble=True, rng=seed)


def _random(seed: int, dimensions: int, first: int, count: int) -> FloatArray:
    """Give independent points, each at its own place in the sequence of a counter-based generator.

    Philox makes four numbers for each value of its counter: Salmon et al. (2011), Parallel random
    numbers: as easy as 1, 2, 3.
    """
    steps = -(-dimensions // 4)
    generator = np.random.Philox(seed)
    generator.advance(first * steps)
    rows = np.random.Generator(generator).random((count, 4 * steps))[:, :dimensions]
    return np.maximum(rows, 2.0**-54)


@functools.lru_cache(maxsize=1)  # Every block needs all of it.
def _latin(seed: int, dimensions: int, draws: int) -> FloatArray:
    from scipy.stats import qmc

    rows = qmc.LatinHypercube(dimensions, rng=seed).random(draws)
    rows = np.clip(rows, 2.0**-54, 1.0 - 2.0**-53)
    rows.flags.writeable = False  # Shared by all callers.
    return np.asarray(rows, dtype=np.float64)
