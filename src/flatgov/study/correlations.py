"""The correlations of uncertainty.toml → one matrix that quantities can have."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import numpy as np
from numpy.typing import NDArray

from flatgov.errors import Problems, StudyError, nearest_names
from flatgov.names import canonical
from flatgov.study.distribution_table import check_reason
from flatgov.study.toml import TomlFile
from flatgov.study.uncertainty import Factor, normal_correlation
from flatgov.study.uncertainty_schema import Correlation

FloatArray = NDArray[np.float64]

_LEAST_EIGENVALUE = 1e-8  # Below it a quantity is decided by the others but for rounding.


def resolve_correlations(
    tables: tuple[Correlation, ...], factors: list[Factor], file: TomlFile
) -> FloatArray | None:
    """Put the pairs together to the correlation of the normal variables of a copula.

    Args:
        tables: As the file has them.
        factors: All uncertain quantities.
        file: The file, for messages.

    Returns:
        (factor, factor), or None where there is no pair.

    Raises:
        StudyError: A name or number is wrong, or no quantities can have all the correlations.
    """
    if not tables:
        return None
    problems = Problems()
    places = {canonical(factor.name): place for place, factor in enumerate(factors)}
    ranks: dict[tuple[int, int], tuple[float, int]] = {}
    for index, table in enumerate(tables):
        where = partial(file.where, "correlations", index)
        with problems.collect():
            check_reason(table, ("correlations", index), file, None, problems)
            one, other = (_place(name, places, factors, where("factors")) for name in table.factors)
            pair = (min(one, other), max(one, other))
            if one == other:
                raise StudyError(
                    f"'{factors[one].name}' is correlated with itself",
                    where=where("factors"),
                    fix="name two factors",
                )
            if pair in ranks:
                raise StudyError(
                    f"'{factors[one].name}' and '{factors[other].name}' are given twice",
                    where=where("factors"),
                    fix="keep one of them",
                )
            if not -1.0 < table.rank < 1.0:
                raise StudyError(
                    f"the rank correlation is {table.rank:g}",
                    where=where("rank"),
                    fix="give a number above -1 and below 1",
                )
            ranks[pair] = (table.rank, index)
    problems.raise_first()
    matrix = _matrix(ranks, len(factors), 1.0)
    _check_definite(matrix, ranks, factors, file)
    return matrix


def _place(name: str, places: Mapping[str, int], factors: list[Factor], where: str) -> int:
    if (key := canonical(name)) in places:
        return places[key]
    raise StudyError(
        f"there is no factor '{name}'",
        where=where,
        nearest=nearest_names(name, [factor.name for factor in factors]),
        fix="factors are called NAME, NAME (strength), NAME (slope) or POLICY: NAME",
    )


def _matrix(
    ranks: Mapping[tuple[int, int], tuple[float, int]], size: int, share: float
) -> FloatArray:
    matrix = np.eye(size)
    for (one, other), (rank, _) in ranks.items():
        matrix[one, other] = matrix[other, one] = normal_correlation(share * rank)
    return matrix


def _check_definite(
    matrix: FloatArray,
    ranks: Mapping[tuple[int, int], tuple[float, int]],
    factors: list[Factor],
    file: TomlFile,
) -> None:
    """Refuse correlations that no quantities can have all at once."""
    values, vectors = np.linalg.eigh(matrix)
    if values[0] > _LEAST_EIGENVALUE:
        return
    # The pair that takes most from the smallest eigenvalue v' R v.
    direction = vectors[:, 0]
    worst = min(
        ranks, key=lambda pair: float(direction[pair[0]] * direction[pair[1]] * matrix[pair])
    )
    fits = next(
        share
        for share in range(99, -1, -1)
        if np.linalg.eigvalsh(_matrix(ranks, len(factors), share / 100))[0] > _LEAST_EIGENVALUE
    )
    names = " and ".join(f"'{factors[place].name}'" for place in worst)
    raise StudyError(
        f"no quantities can have all these correlations at once (smallest eigenvalue "
        f"{values[0]:.2g}); the one of {names} fits least",
        where=file.where("correlations", ranks[worst][1], "rank"),
        fix=f"bring it nearer to what the others imply, or multiply all of them by {fits / 100:g}",
    )
