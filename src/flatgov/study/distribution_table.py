"""A table of uncertainty.toml → a distribution, or an error that says which number is wrong."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from typing import Any

import numpy as np

from flatgov.errors import Problems, StudyError, nearest_names
from flatgov.study.distributions import (
    LARGEST,
    SMALLEST,
    Beta,
    Discrete,
    Distribution,
    Lognormal,
    Normal,
    Scipy,
    Triangular,
    Uniform,
    holds,
)
from flatgov.study.policies import check_claims
from flatgov.study.toml import Keys, TomlFile
from flatgov.study.uncertainty_schema import Correlation, DistributionTable
from flatgov.study.units import same_units

# The keys that each distribution needs, and those that it may have.
_KEYS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "uniform": (("low", "high"), ()),
    "triangular": (("low", "high"), ("mode",)),
    "normal": (("mean", "sd"), ("low", "high")),
    "lognormal": (("median", "sigma"), ("low", "high")),
    "beta": (("a", "b"), ("low", "high")),
    "discrete": (("values",), ("weights",)),
    "scipy": ((), ("args", "low", "high")),
}
_NUMBERS = tuple(dict.fromkeys(key for needed, free in _KEYS.values() for key in needed + free))
_ABOVE_ZERO = ("sd", "median", "sigma", "a", "b")
_LEAST_MASS = 1e-9  # Beyond that a cut leaves nothing of a distribution but its outermost tail.

Where = Callable[..., str]


def read_distribution(
    table: DistributionTable, where: Where, base: float, named: str
) -> Distribution:
    """Check the numbers of a distribution, and that it can give the base value.

    Args:
        table: As the file has it.
        where: Gives the place of a key of the table, or of the table.
        base: The value of a run without draws; NaN where it is not known.
        named: What has that value, for messages: ``'stay'``.

    Raises:
        StudyError: A number is missing, unknown or wrong.
    """
    kind = _kind(table.distribution, where)
    given = {key: value for key in _NUMBERS if (value := getattr(table, key)) is not None}
    _check_keys(kind, table.distribution, given, where)
    _check_numbers(given, where)
    if kind == "triangular" and "mode" not in given:
        if math.isnan(base):
            raise StudyError(
                f"the key 'mode' is missing, and the base value of {named} is no plain number",
                where=where(),
                fix="give the likeliest value",
            )
        _check_base(Uniform(given["low"], given["high"]), base, named, where)
        given["mode"] = base
    distribution = _MAKERS[kind](table.distribution, given, where)
    _check_finite(distribution, where)
    _check_base(distribution, base, named, where)
    return distribution


def _kind(name: str, where: Where) -> str:
    if name.startswith("scipy."):
        return "scipy"
    known = [kind for kind in _KEYS if kind != "scipy"]
    if name in known:
        return name
    # Of the names of SciPy only the same one, since it has more than a hundred.
    nearest = nearest_names(name, known) or tuple(
        f"scipy.{one}" for one in _scipy_names() if one == name
    )
    raise StudyError(
        f"there is no distribution '{name}'",
        where=where("distribution"),
        nearest=nearest,
        fix=f"there are {', '.join(known)} and scipy.NAME",
    )


def _check_keys(kind: str, name: str, given: Mapping[str, Any], where: Where) -> None:
    needed, free = _KEYS[kind]
    article = "an" if name[0] in "aeiou" else "a"
    for key in given:
        if key not in needed + free:
            raise StudyError(
                f"'{key}' is no key of {article} {name} distribution",
                where=where(key),
                nearest=nearest_names(key, needed + free),
                fix=f"its keys are {', '.join(needed + free)}",
            )
    for key in needed:
        if key not in given:
            raise StudyError(
                f"the key '{key}' is missing",
                where=where(),
                fix=f"{article} {name} distribution needs {' and '.join(needed)}",
            )


def _check_numbers(given: Mapping[str, Any], where: Where) -> None:
    for key, value in given.items():
        numbers = (
            value.values() if key == "args" else value if isinstance(value, tuple) else [value]
        )
        for number in numbers:
            if not math.isfinite(number):
                raise StudyError(
                    f"{number} is no value", where=where(key), fix="give a finite number"
                )
        if key in _ABOVE_ZERO and value <= 0:
            raise StudyError(f"'{key}' is {value:g}", where=where(key), fix="give more than 0")
    low, high = given.get("low", -math.inf), given.get("high", math.inf)
    if low >= high:
        raise StudyError(
            f"the range is empty: low is {low:g} and high is {high:g}",
            where=where("high"),
            fix="let high be more than low",
        )


def _uniform(name: str, given: Mapping[str, Any], where: Where) -> Distribution:
    return Uniform(given["low"], given["high"])


def _triangular(name: str, given: Mapping[str, Any], where: Where) -> Distribution:
    low, mode, high = given["low"], given["mode"], given["high"]
    if not low <= mode <= high:
        raise StudyError(
            f"the mode {mode:g} is outside of {low:g} to {high:g}",
            where=where("mode"),
            fix="let it be between low and high",
        )
    return Triangular(low, mode, high)


def _normal(name: str, given: Mapping[str, Any], where: Where) -> Distribution:
    return _with_mass(Normal(**given), where)


def _lognormal(name: str, given: Mapping[str, Any], where: Where) -> Distribution:
    for key in ("low", "high"):
        if given.get(key, 1.0) < 0.0:
            raise StudyError(
                f"'{key}' is {given[key]:g}, and a lognormal distribution has nothing below 0",
                where=where(key),
                fix="leave it out" if key == "low" else "give more than 0",
            )
    return _with_mass(Lognormal(**given), where)


def _beta(name: str, given: Mapping[str, Any], where: Where) -> Distribution:
    low, high = given.get("low", 0.0), given.get("high", 1.0)
    if low >= high:
        raise StudyError(
            f"the range is empty: low is {low:g} and high is {high:g}",
            where=where("low" if "low" in given else "high"),
            fix="give both low and high; they are 0 and 1 unless given",
        )
    return Beta(given["a"], given["b"], low, high)


def _discrete(name: str, given: Mapping[str, Any], where: Where) -> Distribution:
    values = given["values"]
    weights = given.get("weights", (1.0,) * len(values))
    if not values:
        raise StudyError("there is no value", where=where("values"), fix="write at least one")
    if len(weights) != len(values):
        raise StudyError(
            f"the number of weights is {len(weights)}, of values {len(values)}",
            where=where("weights"),
            fix="give one for each value",
        )
    for value in values:
        if values.count(value) > 1:
            raise StudyError(
                f"{value:g} is there {values.count(value)} times",
                where=where("values"),
                fix="give it once, with the weight of all",
            )
    for weight in weights:
        if weight <= 0:
            raise StudyError(
                f"a weight is {weight:g}",
                where=where("weights"),
                fix="give more than 0, or leave the value out",
            )
    # Ascending, so that a rank correlation with another quantity has a meaning.
    pairs = sorted(zip(values, weights, strict=True))
    return Discrete(tuple(value for value, _ in pairs), tuple(weight for _, weight in pairs))


def _scipy(name: str, given: Mapping[str, Any], where: Where) -> Distribution:
    from scipy import stats

    short = name.removeprefix("scipy.")
    known = _scipy_names()
    if short not in known:
        nearest = tuple(f"scipy.{one}" for one in nearest_names(short, known))
        raise StudyError(
            f"SciPy has no distribution '{short}' of one number",
            where=where("distribution"),
            nearest=nearest,
            fix="the names are those of scipy.stats",
        )
    kind = getattr(stats, short)
    args = given.get("args", {})
    whole = isinstance(kind, stats.rv_discrete)
    shapes = tuple(kind.shapes.split(", ")) if kind.shapes else ()
    allowed = (*shapes, "loc") if whole else (*shapes, "loc", "scale")
    for key in args:
        if key not in allowed:
            raise StudyError(
                f"'{key}' is no parameter of {name}",
                where=where("args"),
                nearest=nearest_names(key, allowed),
                fix=f"they are {', '.join(allowed)}",
            )
    for key in shapes:
        if key not in args:
            raise StudyError(
                f"the shape '{key}' of {name} is missing",
                where=where("args"),
                fix=f"write args = {{ {', '.join(f'{one} = …' for one in shapes)} }}",
            )
    for key in ("low", "high"):
        if whole and key in given:
            raise StudyError(
                f"{name} has separate values and cannot be cut",
                where=where(key),
                fix="use a discrete distribution with the values that are left",
            )
    cut = {key: given[key] for key in ("low", "high") if key in given}
    distribution = Scipy(short, tuple((key, args[key]) for key in allowed if key in args), **cut)
    with np.errstate(all="ignore"):
        if not math.isfinite(distribution.frozen.ppf(0.5)):
            raise StudyError(
                f"{name} does not exist for these args",
                where=where("args"),
                fix="see their ranges in the documentation of scipy.stats",
            )
    return distribution if whole else _with_mass(distribution, where)


_MAKERS: Mapping[str, Callable[[str, Mapping[str, Any], Where], Distribution]] = {
    "uniform": _uniform,
    "triangular": _triangular,
    "normal": _normal,
    "lognormal": _lognormal,
    "beta": _beta,
    "discrete": _discrete,
    "scipy": _scipy,
}


def _scipy_names() -> list[str]:
    from scipy import stats

    kinds = (stats.rv_continuous, stats.rv_discrete)
    return [name for name, one in vars(stats).items() if isinstance(one, kinds)]


def _with_mass(
    distribution: Normal | Lognormal | Scipy, where: Where
) -> Normal | Lognormal | Scipy:
    """Refuse a cut that leaves nothing."""
    if not distribution.mass >= _LEAST_MASS:
        low, high = distribution.low, distribution.high
        raise StudyError(
            f"the distribution has next to nothing ({distribution.mass:.1g}) between {low:g} and "
            f"{high:g}",
            where=where("low" if math.isfinite(low) else "high"),
            fix="move the cut, or the distribution",
        )
    return distribution


def _check_finite(distribution: Distribution, where: Where) -> None:
    with np.errstate(all="ignore"):
        ends = distribution(np.array([SMALLEST, LARGEST]))
    if not np.isfinite(ends).all():
        raise StudyError(
            f"the distribution reaches from {ends[0]:g} to {ends[1]:g}",
            where=where(),
            fix="give numbers that keep it finite",
        )


def _check_base(distribution: Distribution, base: float, named: str, where: Where) -> None:
    if math.isnan(base) or holds(distribution, base):
        return
    low, high = distribution.support
    if low <= base <= high:
        raise StudyError(
            f"the base value {base:g} of {named} is none of the values",
            where=where("distribution" if isinstance(distribution, Scipy) else "values"),
            fix="put it among them; a run without draws has it",
        )
    key = "low" if base < low else "high"
    raise StudyError(
        f"the base value {base:g} of {named} is outside of {low:g} to {high:g}",
        where=where("values" if isinstance(distribution, Discrete) else key),
        fix="let the distribution hold it; a run without draws has it",
    )


def check_reason(
    table: DistributionTable | Correlation,
    place: Keys,
    file: TomlFile,
    claims: Collection[int] | None,
    problems: Problems,
) -> None:
    """Refuse a table that does not say where its numbers come from, or names an unknown claim.

    Raises:
        StudyError: There is neither reason nor source.
    """
    if isinstance(table, DistributionTable):
        check_claims(table.claims, place, file, claims, problems)
    if not reason_of(table):
        raise StudyError(
            "there is neither 'reason' nor 'source'",
            where=file.where(*place),
            fix="say why this is assumed, or where it comes from",
        )


def reason_of(table: DistributionTable | Correlation) -> str:
    """Put reason and source together."""
    return "; ".join(text for text in (table.reason.strip(), table.source.strip()) if text)


def check_units(given: str | None, right: str, named: str, where: str) -> None:
    """Refuse units that are not those of the values.

    Raises:
        StudyError: They differ.
    """
    if given is not None and not same_units(given, right):
        raise StudyError(
            f"the units are '{given}' but {named} is in '{right}'",
            where=where,
            fix=f"give the values in '{right}'",
        )
