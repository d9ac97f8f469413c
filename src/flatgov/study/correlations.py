"""The correlations of uncertainty.toml → one matrix that quantities can have."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import partial

import numpy as np
from numpy.typing import NDArray

from flatgov.errors import Problems, StudyError, nearest_names
from flatgov.names import canonical
from flatgov.study.consequence import Consequence
from flatgov.study.distribution_table import check_reason
from flatgov.study.toml import TomlFile
from flatgov.study.uncertainty import Factor, normal_correlation
from flatgov.study.uncertainty_schema import Correlation

FloatArray = NDArray[np.float64]

_LEAST_EIGENVALUE = 1e-8  # Below it a quantity is decided by the others but for rounding.


def resolve_correlations(
    tables: tuple[Correlation, ...],
    factors: list[Factor],
    file: TomlFile,
    wrong: Collection[str] = (),
    *,
    complete: bool = True,
) -> FloatArray | None:
    """Put the pairs together to the correlation of the normal variables of a copula.

    Args:
        tables: As the file has them.
        factors: All uncertain quantities.
        file: The file, for messages.
        wrong: The canonical names of further factors, which are wrong in some other way.
        complete: Whether `tables` are all that the file has; some of them alone may be impossible
            together where all are not.

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
        with problems.collect():
            if not -1.0 < table.rank < 1.0:
                raise StudyError(
                    f"the rank correlation is {table.rank:g}",
                    where=where("rank"),
                    fix="give a number above -1 and below 1",
                )
        with problems.collect():
            one, other = _pair(table, places, wrong, factors, where("factors"))
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
            ranks[pair] = (table.rank, index)
    problems.raise_first()
    if not complete or len(ranks) < len(tables):
        raise Consequence
    matrix = _matrix(ranks, len(factors), 1.0)
    _check_definite(matrix, ranks, factors, file)
    return matrix


def _pair(
    table: Correlation,
    places: Mapping[str, int],
    wrong: Collection[str],
    factors: list[Factor],
    where: str,
) -> tuple[int, int]:
    problems, found = Problems(), []
    for name in table.factors:
        key = canonical(name)
        if key in places:
            found.append(places[key])
        elif not _may_mean(key, wrong):
            problems.found.append(
                StudyError(
                    f"there is no factor '{name}'",
                    where=where,
                    nearest=nearest_names(name, [factor.name for factor in factors]),
                    fix="factors are called NAME, NAME (strength), NAME (slope) or POLICY: NAME",
                )
            )
    problems.raise_first()
    if len(found) < 2:
        raise Consequence
    return found[0], found[1]


def _may_mean(key: str, wrong: Collection[str]) -> bool:
    """Tell whether a name may be that of a factor that is wrong, also in its name."""
    owner, colon, _ = key.partition(":")
    if key in wrong or nearest_names(key, wrong):
        return True
    return bool(colon) and any(one.startswith(f"{owner}:") for one in wrong)


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
