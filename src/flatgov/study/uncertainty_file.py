"""uncertainty.toml: what the study does not know, checked against its model."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from functools import partial
from typing import Literal

import numpy as np

from flatgov.changes import check_changeable, limit_passed, range_text
from flatgov.errors import Place, Problems, StudyError
from flatgov.model import Model, Table, Variable
from flatgov.names import canonical
from flatgov.study.changes import as_study_error, find_variable
from flatgov.study.consequence import AnyName, Consequence
from flatgov.study.correlations import resolve_correlations
from flatgov.study.distribution_table import (
    check_reason,
    check_units,
    read_distribution,
    reason_of,
)
from flatgov.study.distributions import Distribution
from flatgov.study.limits import plain_bases
from flatgov.study.partial import Part
from flatgov.study.toml import Keys, TomlFile
from flatgov.study.uncertain_changes import Drawn, Owned, read_change
from flatgov.study.uncertainty import Factor, Uncertainty
from flatgov.study.uncertainty_schema import (
    DistributionTable,
    ParameterTable,
    UncertainLookup,
    UncertaintyFile,
)

# A strength or slope may be negative in fewer draws than this: a normal one has long tails.
_RARE = 1e-3


def resolve_uncertainty(
    part: Part[UncertaintyFile],
    model: Model,
    owned: Owned,
    claims: Collection[int] | None,
    problems: Problems,
) -> tuple[Uncertainty | None, Drawn]:
    """Check everything in the file against the model, the policies and the scenarios.

    Args:
        part: uncertainty.toml as far as it is right.
        model: The model of the study.
        owned: The changes that stand in each policy and scenario itself.
        claims: The numbers in evidence.toml; None where there is no such file.
        problems: Collects what is wrong.

    Returns:
        The uncertain quantities that are right, and those of them that are values of changes.
    """
    if part.both is None:
        return None, {}
    content, file = part.both
    factors: list[tuple[Factor, Keys]] = []
    drawn: dict[str, tuple[Factor, Callable[..., str]]] = {}
    for name, table in content.parameters.items():
        place: Keys = ("parameters", name)
        with problems.collect():
            check_reason(table, place, file, claims, problems)
        with problems.collect():
            factors.append((_parameter(name, table, place, file, model), place))
    for name, lookup in content.lookups.items():
        with problems.collect():
            factors += _lookup(name, lookup, file, model, claims, problems)
    for index, change in enumerate(content.changes):
        place = ("changes", index)
        with problems.collect():
            check_reason(change, place, file, claims, problems)
        with problems.collect():
            factor, where = read_change(change, place, file, model, owned)
            factors.append((factor, place))
            drawn[where] = (factor, partial(file.where, *place))
    _check_once(factors, file, problems)
    if not any(file.data.get(key) for key in ("parameters", "lookups", "changes")):
        with problems.collect():
            if not part.is_whole():  # A misspelt table.
                raise Consequence
            raise StudyError(
                "there is no uncertain quantity",
                where=file.where(),
                fix="write a table such as [parameters.NAME], or take the file away",
            )
    found = [factor for factor, _ in factors]
    correlation = None
    with problems.collect():
        unknown = _wrong_factors(part, file, found)
        complete = part.is_whole("correlations")
        correlation = resolve_correlations(
            content.correlations, found, file, unknown, complete=complete
        )
    return Uncertainty(tuple(found), content.design.method, correlation), drawn


def _wrong_factors(
    part: Part[UncertaintyFile], file: TomlFile, found: list[Factor]
) -> Collection[str]:
    """Give the names of factors that the file has but that are wrong in some other way."""
    tables = {key: file.data.get(key, {}) for key in ("parameters", "lookups")}
    changes = file.data.get("changes", [])
    is_known = isinstance(changes, list) and not part.has_unknown_tables
    if not is_known or not all(isinstance(one, dict) for one in tables.values()):
        return AnyName()
    names = [*tables["parameters"]]
    names += [f"{name} ({kind})" for name in tables["lookups"] for kind in ("strength", "slope")]
    for one in changes:
        owner = one.get("policy", one.get("scenario")) if isinstance(one, dict) else None
        if owner is None or "variable" not in one:
            return AnyName()
        number = one.get("number", 1)
        names.append(f"{owner}: {one['variable']}" + (f" {number}" if number != 1 else ""))
    return {canonical(name) for name in names} - {canonical(one.name) for one in found}


def _parameter(
    name: str, table: ParameterTable, place: Keys, file: TomlFile, model: Model
) -> Factor:
    where = partial(file.where, *place)
    variable = find_variable(model, name, where())
    if variable.kind == "lookup":
        raise StudyError(
            f"'{variable.name}' is a lookup table and has no one value",
            where=where(),
            fix=f'scale it: write [lookups."{variable.name}"]',
        )
    with as_study_error():
        check_changeable(variable, model, where())
    check_units(table.units, variable.units, f"'{variable.name}'", where("units"))
    bases = plain_bases(variable)
    if len(bases) > 1:
        raise StudyError(
            f"the elements of '{variable.name}' have {len(bases)} different values, and one "
            "factor sets all of them",
            where=where(),
            fix="let a constant of its own scale them in the model, and draw that",
        )
    distribution = read_distribution(table, where, bases[0], f"'{variable.name}'")
    _check_support(distribution, variable, where)
    return Factor(
        variable.name,
        "value",
        variable.name,
        variable.units,
        bases[0],
        distribution,
        distribution.text,
        reason_of(table),
    )


def _check_support(distribution: Distribution, variable: Variable, where: partial[Place]) -> None:
    """Refuse a distribution that reaches beyond the limits of the variable."""
    for end, key, limit in zip(distribution.support, ("low", "high"), variable.limits, strict=True):
        if limit is not None and math.isinf(end):
            side = "lower" if key == "low" else "upper"
            raise StudyError(
                f"the distribution has no {side} end, but '{variable.name}' has the {side} limit "
                f"{limit:g} of the model",
                where=where(),
                fix=f"cut it: {key} = {limit:g}",
            )
        if passed := limit_passed(variable, end):
            raise StudyError(
                f"'{variable.name}' could be {end:g}, {passed}",
                where=where(key),
                fix=f"keep it {range_text(variable)}",
            )


def _lookup(
    name: str,
    table: UncertainLookup,
    file: TomlFile,
    model: Model,
    claims: Collection[int] | None,
    problems: Problems,
) -> list[tuple[Factor, Keys]]:
    where = partial(file.where, "lookups", name)
    variable = find_variable(model, name, where())
    if variable.kind != "lookup":
        raise StudyError(
            f"'{variable.name}' is no lookup table but of the kind {variable.kind}",
            where=where(),
            fix=f'write [parameters."{variable.name}"]'
            if variable.kind in ("constant", "stock")
            else "name a lookup table",
        )
    normal = (table.normal[0], table.normal[1])
    with problems.collect():
        _check_normal(variable, normal, where("normal"))
    if table.strength is None and table.slope is None:
        raise StudyError(
            "there is neither 'strength' nor 'slope'",
            where=where(),
            fix="say how uncertain the effect is: strength = { distribution = … }",
        )
    parts: tuple[tuple[Literal["strength", "slope"], DistributionTable | None], ...]
    parts = (("strength", table.strength), ("slope", table.slope))
    factors: list[tuple[Factor, Keys]] = []
    for kind, part in parts:
        if part is not None:
            place: Keys = ("lookups", name, kind)
            with problems.collect():
                check_reason(part, place, file, claims, problems)
            with problems.collect():
                factors.append((_scaling(kind, part, variable, normal, place, file), place))
    return factors


def _scaling(
    kind: Literal["strength", "slope"],
    part: DistributionTable,
    variable: Variable,
    normal: tuple[float, float],
    place: Keys,
    file: TomlFile,
) -> Factor:
    named = f"the {kind} of '{variable.name}'"
    distribution = read_distribution(part, partial(file.where, *place), 1.0, named)
    low = float(distribution(np.array([_RARE]))[0])
    if low < 0:
        raise StudyError(
            f"{named} may well be {low:.3g}, which would turn its effect round",
            where=file.where(*place),
            fix="let it be 0 or more: 0 is no effect, 1 the table as it is",
        )
    return Factor(
        f"{variable.name} ({kind})",
        kind,
        variable.name,
        "Dmnl",
        1.0,
        distribution,
        distribution.text,
        reason_of(part),
        normal,
    )


def _check_normal(variable: Variable, normal: tuple[float, float], where: str) -> None:
    """Refuse a normal point that is not on the table, on that of each element."""
    x, y = normal
    for equation in variable.equations:
        table = equation.expression
        if not isinstance(table, Table) or not table.x:
            raise StudyError(f"the table of '{variable.name}' cannot be read", where=where)
        if not table.x[0] <= x <= table.x[-1]:
            raise StudyError(
                f"the normal point is at {x:g}, outside of the table",
                where=where,
                fix=f"'{variable.name}' goes from {table.x[0]:g} to {table.x[-1]:g}",
            )
        there = _look_up(table, x)
        if not math.isclose(y, there, rel_tol=1e-9, abs_tol=1e-9):
            raise StudyError(
                f"the normal point ({x:g}, {y:g}) is not on the table of '{variable.name}'",
                where=where,
                fix=f"at {x:g} the table gives {there:.10g}",
            )


def _look_up(table: Table, x: float) -> float:
    """Give the output of a table at a point between its ends."""
    if table.interpolation == "hold backward":
        return table.y[int(np.searchsorted(table.x, x, side="right")) - 1]
    if table.interpolation == "look forward":
        return table.y[int(np.searchsorted(table.x, x, side="left"))]
    return float(np.interp(x, table.x, table.y))


def _check_once(factors: list[tuple[Factor, Keys]], file: TomlFile, problems: Problems) -> None:
    seen: dict[str, str] = {}
    for factor, place in factors:
        key = canonical(factor.name)
        with problems.collect():
            if key in seen:
                raise StudyError(
                    f"'{factor.name}' is given twice, also at {seen[key]}",
                    where=file.where(*place),
                    fix="keep one of them",
                )
        seen[key] = file.where(*place)
