"""The runs behind a sensitivity analysis: what is varied, and what comes out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from flatgov.analysis.failures import count_reasons
from flatgov.analysis.rows import Row, rows_of
from flatgov.analysis.sobol import REPEATS
from flatgov.errors import StudyError, nearest_names
from flatgov.limits import physical_memory
from flatgov.names import canonical
from flatgov.run.ensemble import OK
from flatgov.run.events import DrawsDone, Event
from flatgov.run.grid import count_points
from flatgov.run.members import choose_members
from flatgov.study.uncertainty import Factor, Uncertainty

if TYPE_CHECKING:
    import xarray as xr

    from flatgov.study.study import Study

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True)
class Question:
    """What depends on what.

    Attributes:
        study: The study.
        policies: One policy, or two whose difference is analysed: first less second.
        scenario: The scenario; None where the study has none.
        variables: Those that are analysed.
        uncertainty: The quantities that are varied; all others stay at their base values.
        groups: Their places, those that are correlated together.
        seed: Of the design, and of random numbers in the model.
    """

    study: Study
    policies: tuple[str, ...]
    scenario: str | None
    variables: tuple[str, ...]
    uncertainty: Uncertainty
    groups: tuple[tuple[int, ...], ...]
    seed: int

    @property
    def factors(self) -> tuple[Factor, ...]:
        """The quantities that are varied."""
        return self.uncertainty.factors

    def title(self, group: Sequence[int]) -> str:
        """Name a group by its quantities."""
        return " + ".join(self.factors[place].name for place in group)


@dataclass(frozen=True)
class Outputs:
    """What some runs gave.

    Attributes:
        values: (run, row, time) of the policy, or of the first less the second.
        usable: (run,) True where all members went through.
        scale: (row, time) the largest absolute value of a policy.
        rows: The variables, or elements of those with subscripts.
        times: The coordinates ``time`` and, with a calendar, ``date``.
        reasons: Why runs failed, and how many.
    """

    values: FloatArray
    usable: BoolArray
    scale: FloatArray
    rows: list[Row]
    times: dict[str, xr.DataArray]
    reasons: Counter[str]


def ask(
    study: Study,
    policy: str | None,
    against: str | None,
    scenario: str | None,
    variables: Sequence[str] | None,
    factors: Sequence[str] | None,
    seed: int,
) -> Question:
    """Check what a user asks for; see `sensitivity`.

    Raises:
        StudyError: The study has no such thing, or nothing is uncertain.
    """
    first = study.reference if policy is None else policy
    policies = (first,) if against is None else (first, against)
    if against == first:
        raise StudyError(
            f"policy '{first}' does not differ from itself", fix="compare it with another one"
        )
    names = list(study.headline if variables is None else variables)
    if isinstance(variables, str):
        names = [variables]
    if not names:
        raise StudyError(
            "no variable is named, and the study has no headline variables"
            if variables is None
            else "no variable is named",
            fix="name the variables to analyse",
        )
    spelling = {canonical(name): name for name in study.model.variables}
    for name in names:
        if canonical(name) not in spelling:
            raise StudyError(
                f"there is no variable '{name}'",
                where=study.model.path,
                nearest=nearest_names(name, study.model.variables),
            )
    chosen = choose_members(study, policies, None if scenario is None else [scenario], save=names)
    acting = {one.draw for member in chosen.members for one in member.changes}
    whole = study.uncertainty or Uncertainty(())
    if not any(acts(factor, acting) for factor in whole.factors):
        raise StudyError(
            "nothing is uncertain in this run, so nothing can be sensitive to it",
            where=str(study.folder),
            fix="write an uncertainty.toml",
        )
    uncertainty = _subset(whole, _wanted(whole, factors, acting))
    return Question(
        study,
        chosen.policies,
        chosen.scenarios[0],
        tuple(dict.fromkeys(spelling[canonical(name)] for name in names)),
        uncertainty,
        correlated_groups(uncertainty),
        seed,
    )


def acts(factor: Factor, acting: set[str]) -> bool:
    """Tell whether a quantity can matter: the value of a change only where the change is made.

    Args:
        factor: The quantity.
        acting: The names of the uncertain changes of the policies and scenarios that are run.
    """
    return factor.kind != "change" or factor.name in acting


def correlated_groups(uncertainty: Uncertainty) -> tuple[tuple[int, ...], ...]:
    """Sort quantities into groups that are independent of each other.

    Returns:
        The places of each group, in the order of their first ones.
    """
    from scipy.sparse.csgraph import connected_components

    count = len(uncertainty.factors)
    if uncertainty.correlation is None:
        return tuple((place,) for place in range(count))
    labels = connected_components(uncertainty.correlation != 0, directed=False)[1]
    groups: dict[int, list[int]] = {}
    for place, label in enumerate(labels):
        groups.setdefault(int(label), []).append(place)
    return tuple(tuple(group) for group in groups.values())


class Runs:
    """Runs a question with given values of its quantities, and tells how far it is.

    Args:
        question: What is run.
        total: The number of draws to come.
        progress: Called with an event as some of them end.
    """

    def __init__(
        self, question: Question, total: int, progress: Callable[[Event], None] | None
    ) -> None:
        self._question, self._total, self._progress = question, total, progress
        self._now = DrawsDone(0, total, 0, 0.0)

    def simulate(self, values: FloatArray, seed: int | None = None) -> xr.Dataset:
        """Simulate.

        Args:
            values: (draw, quantity).
            seed: Of random numbers in the model; by default that of the question.

        Returns:
            The results, without a dimension for scenarios.
        """
        import xarray as xr

        question, before = self._question, self._now
        names = [factor.name for factor in question.factors]
        table = xr.DataArray(values, dims=("draw", "factor"), coords={"factor": names})
        ds = question.study.run(
            list(question.policies),
            None if question.scenario is None else [question.scenario],
            draws=table,
            seed=question.seed if seed is None else seed,
            save=list(question.variables),
            progress=lambda event: self._tell(before, event),
        )
        return ds if question.scenario is None else ds.isel(scenario=0)

    def __call__(self, values: FloatArray, seed: int | None = None) -> Outputs:
        """Simulate, and read what is asked for; see `simulate`."""
        return read_outputs(self.simulate(values, seed), self._question)

    def _tell(self, before: DrawsDone, event: Event) -> None:
        if not isinstance(event, DrawsDone):
            return
        self._now = DrawsDone(
            before.done + event.done,
            self._total,
            before.failed + event.failed,
            before.seconds + event.seconds,
        )
        if self._progress is not None and (event.done > 0 or before.done == 0):
            self._progress(self._now)


def read_outputs(ds: xr.Dataset, question: Question) -> Outputs:
    """Read the results of one policy, or the difference of two.

    Args:
        ds: Results with draws in memory, of one scenario and one or two policies.
        question: What was run.
    """
    rows = rows_of(ds, question.study, question.variables)
    usable = (ds["status"].transpose("draw", "policy").values == OK).all(axis=1)
    shape = (ds.sizes["draw"], len(rows), ds.sizes["time"])
    values, scale = np.zeros(shape), np.zeros(shape[1:])
    for place, row in enumerate(rows):
        array = ds[row.variable].isel(row.element).transpose("policy", "draw", "time").values
        array = array[:, usable]
        values[usable, place] = array[0] if len(array) == 1 else array[0] - array[1]
        scale[place] = np.abs(array).max(axis=(0, 1), initial=0.0)
    return Outputs(values, usable, scale, rows, times_of(ds), reasons_of(ds))


def times_of(ds: xr.Dataset) -> dict[str, xr.DataArray]:
    """Give the coordinates of the time of a dataset."""
    return {name: ds[name] for name in ("time", "date") if name in ds.coords}


def reasons_of(ds: xr.Dataset) -> Counter[str]:
    """Count why members failed, of one scenario."""
    return count_reasons(
        f"policy '{policy}': {text}"
        for policy in ds["policy"].values
        for text in ds["reason"].sel(policy=policy).values
        if text
    )


def check_memory(question: Question, runs: int) -> None:
    """Refuse more runs at once than the machine's memory holds.

    Args:
        question: What is run.
        runs: Their number.

    Raises:
        StudyError: They are too many.
    """
    model = question.study.model
    elements = sum(
        int(np.prod([len(model.subscripts[one]) for one in model.variables[name].subscripts]))
        for name in question.variables
    )
    # The values of both policies and some six arrays like them, resamplings, and what is varied.
    points = count_points(model.time, model.time.saveper)
    need = 8 * runs * (8 * elements * points + 3 * REPEATS + 4 * len(question.factors))
    most = physical_memory()
    if most is not None and need > most:
        raise StudyError(
            f"{runs:,} samples of these variables take {need / 2**30:,.1f} GiB of memory, and "
            f"this machine has {most / 2**30:,.1f} GiB",
            fix="give fewer samples or fewer variables",
        )


def _wanted(uncertainty: Uncertainty, factors: Sequence[str] | None, acting: set[str]) -> list[int]:
    """Find the places of the quantities that a user names, in any spelling; else all that act."""
    if factors is None:
        return [place for place, factor in enumerate(uncertainty.factors) if acts(factor, acting)]
    places = {canonical(factor.name): place for place, factor in enumerate(uncertainty.factors)}
    if isinstance(factors, str) or not factors:
        raise StudyError(
            f"'{factors}' is text, not a list of names" if factors else "no factor is named",
            fix=f"give a list such as {[factor.name for factor in uncertainty.factors[:2]]}",
        )
    for name in factors:
        place = places.get(canonical(name))
        if place is None:
            raise StudyError(
                f"there is no factor '{name}'",
                nearest=nearest_names(name, [factor.name for factor in uncertainty.factors]),
                fix="name one of uncertainty.toml",
            )
        if not acts(uncertainty.factors[place], acting):
            raise StudyError(
                f"the factor '{uncertainty.factors[place].name}' plays no part in this run",
                fix="run the policy and the scenario that it belongs to",
            )
    return sorted({places[canonical(name)] for name in factors})


def _subset(uncertainty: Uncertainty, places: list[int]) -> Uncertainty:
    correlation = uncertainty.correlation
    if correlation is not None:
        correlation = correlation[np.ix_(places, places)]
    factors = tuple(uncertainty.factors[place] for place in places)
    return replace(uncertainty, factors=factors, correlation=correlation)
