"""Every key that uncertainty.toml may hold; names and numbers are checked afterwards."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from flatgov.study.schema import StrictFloat, StrictInt, Table


def _two(pair: tuple[Any, ...]) -> tuple[Any, ...]:
    if len(pair) != 2:
        raise ValueError(f"must be two in brackets, not {len(pair)}")
    return pair


class DistributionTable(Table):
    """How likely each value is; which of the numbers it needs is up to `distribution`."""

    distribution: str
    """``uniform``, ``triangular``, ``normal``, ``lognormal``, ``beta``, ``discrete`` or
    ``scipy.NAME``."""
    low: StrictFloat | None = None
    """The lowest value; cuts a normal, a lognormal and those of SciPy off."""
    mode: StrictFloat | None = None
    """The likeliest value of a triangular one; the base value unless given."""
    high: StrictFloat | None = None
    """The highest value."""
    mean: StrictFloat | None = None
    """Of a normal one."""
    sd: StrictFloat | None = None
    """The standard deviation of a normal one."""
    median: StrictFloat | None = None
    """Of a lognormal one."""
    sigma: StrictFloat | None = None
    """The standard deviation of the logarithm of a lognormal one."""
    a: StrictFloat | None = None
    """The first shape of a beta one."""
    b: StrictFloat | None = None
    """The second shape of a beta one."""
    values: tuple[StrictFloat, ...] | None = None
    """Those of a discrete one."""
    weights: tuple[StrictFloat, ...] | None = None
    """How likely each of them is, up to a common factor; all alike unless given."""
    args: dict[str, StrictFloat] | None = None
    """The shapes, ``loc`` and ``scale`` of one of SciPy, by their names there."""
    reason: str = ""
    """Why this distribution; this or `source` is needed."""
    source: str = ""
    """Where it comes from."""
    claims: tuple[StrictInt, ...] = ()
    """Numbers in evidence.toml."""


class ParameterTable(DistributionTable):
    """An uncertain constant, or initial value of a stock."""

    units: str | None = None
    """The units of the values; checked against the model's."""


class UncertainLookup(Table):
    """An uncertain lookup table: it is scaled around its normal point."""

    normal: Annotated[tuple[StrictFloat, ...], AfterValidator(_two)]
    """A point of the table, x and y, which stays where it is."""
    strength: DistributionTable | None = None
    """How far the outputs move from the normal point, as a multiple; 1 is the table."""
    slope: DistributionTable | None = None
    """How fast the inputs move from the normal point, as a multiple; 1 is the table."""


class UncertainChange(ParameterTable):
    """The uncertain value of a change of a policy or a scenario."""

    policy: str | None = None
    """The policy that makes the change itself; either this or `scenario`."""
    scenario: str | None = None
    """The scenario that makes it."""
    variable: str
    """What it changes."""
    number: StrictInt | None = None
    """Which one, counted from 1, where the variable is changed more than once."""


class Correlation(Table):
    """Two uncertain quantities that go together."""

    factors: Annotated[tuple[str, ...], AfterValidator(_two)]
    """Their names: ``NAME``, ``NAME (strength)``, ``NAME (slope)``, ``POLICY: NAME``."""
    rank: StrictFloat
    """Spearman's rank correlation."""
    reason: str = ""
    """Why; this or `source` is needed."""
    source: str = ""
    """Where it comes from."""


class DesignTable(Table):
    """How draws are made unless a run says otherwise."""

    method: Literal["sobol", "lhs", "random"] = "sobol"


class UncertaintyFile(Table):
    """uncertainty.toml."""

    design: DesignTable = DesignTable()
    parameters: dict[str, ParameterTable] = Field(default={})
    lookups: dict[str, UncertainLookup] = Field(default={})
    changes: tuple[UncertainChange, ...] = ()
    correlations: tuple[Correlation, ...] = ()
