"""What decides an output, or whether one policy beats another: the weight of every assumption."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from flatgov.analysis import morris, sobol
from flatgov.analysis.failures import most_frequent
from flatgov.analysis.rank_correlation import rank_correlations
from flatgov.analysis.rows import read_row, rows_of
from flatgov.analysis.sensitivity_runs import (
    Question,
    Runs,
    ask,
    check_memory,
    reasons_of,
    times_of,
)
from flatgov.analysis.sensitivity_table import ranking, to_dataset, with_notes
from flatgov.errors import RunError, StudyError
from flatgov.run.ensemble import OK
from flatgov.run.events import Event
from flatgov.run.native import check_seed, uses_random_numbers
from flatgov.study.design import Design, sample
from flatgov.study.distributions import Discrete
from flatgov.study.draws_table import no_distribution
from flatgov.study.uncertainty import Factor, Uncertainty, unit_to_values

if TYPE_CHECKING:
    import xarray as xr

    from flatgov.study.study import Study

FloatArray = NDArray[np.float64]
Method = Literal["sobol", "morris", "rank"]
Progress = Callable[[Event], None] | None

SAMPLES: Mapping[Method, int] = {"sobol": 512, "morris": 64, "rank": 1024}
_LEAST: Mapping[Method, int] = {"sobol": 16, "morris": 4, "rank": 16}
_MOST = 2**20
_RUNS_AT_ONCE = 2048
_OTHER_STREAMS = 1 << 31  # the highest bit of a seed
_NOISE = (
    "the model draws random numbers, which are no factor: what they do alone is in no index, what "
    "they do together with a factor in its total index"
)


def sensitivity(
    study: Study,
    *,
    method: Method = "sobol",
    policy: str | None = None,
    against: str | None = None,
    scenario: str | None = None,
    variables: Sequence[str] | None = None,
    samples: int | None = None,
    seed: int = 0,
    factors: Sequence[str] | None = None,
    progress: Progress = None,
) -> xr.Dataset:
    """Say on which uncertain quantities the outputs depend, at every time at once.

    Args:
        study: The study, with uncertain quantities.
        method: ``"sobol"``: shares of the variance, in samples * (groups + 2) runs a policy.
            ``"morris"``: mean effects of long steps, in samples * (groups + 1) runs, to sort out
            what hardly matters. ``"rank"``: rank correlations in one ensemble of `samples` draws,
            those that `Study.run` makes.
        policy: Its id; by default the reference policy of the study.
        against: Another policy: then the difference of the two is analysed, draw by draw.
        scenario: Its id; by default the default scenario.
        variables: In any spelling; the headline variables by default.
        samples: How many rows (a power of two), paths or draws; 512, 64 or 1,024 by default.
        seed: Of the design and of the intervals. More samples begin with the same ones.
        factors: The quantities that are varied, by name; all by default. Others stay at base.
        progress: Called with an event as runs end.

    Returns:
        A float64 dataset with the dimensions ``factor``, ``variable`` (elements of subscripted
        variables as ``name[A]``) and ``time``; ``.isel(time=-1)`` is the end of the run. For
        Sobol and Morris, quantities that are correlated are one factor, ``a + b``: groups are
        independent, so that the joint index of a group is well defined. Uncertain changes of
        other policies and scenarios do nothing and are left out. It holds

        - Sobol: ``first``, ``total``, ``interactions`` (total less first), and over all factors
          ``first_sum``; NaN where the output does not vary (``sd`` is 0);
        - Morris: ``mu_star``, ``mu``, ``sigma`` in units of the variable;
        - rank: ``rho``, ``prcc``; NaN where the output or the factor does not vary;
        - Sobol and rank: ``mean`` and ``sd`` of the output;
        - ``rows_used``: the rows, paths or draws that a factor's measures rest on. Those with a
          failed member are left out; for Sobol and Morris of those factors that they concern.

        Of ``first``, ``total``, ``first_sum``, ``mu_star``, ``rho`` and ``prcc`` there are the
        ends of a 95 % interval, ``…_low`` and ``…_high``. Coordinates besides: ``units``,
        ``distribution`` and ``reason``. The attribute ``notes`` is a JSON list of what a reader
        must know: what was left out and why, and where the samples are too few; those of
        ranks, ``sorts`` and ``chance``, say which correlation orders factors, and how large chance
        alone makes the largest (`ranking`).

        The random numbers of a model are one more unknown for Sobol, of which no index is given:
        what they do alone is in no index, what they do together with a factor in its total one.

    Raises:
        StudyError: There is no such policy, scenario, variable or factor, nothing is uncertain, or
            the number of samples does not fit.
        ModelError: The seed is none.
        RunError: Too few runs went through.
    """
    if method not in SAMPLES:
        raise StudyError(f"there is no method '{method}'", fix="use sobol, morris or rank")
    count = _check_samples(method, SAMPLES[method] if samples is None else samples)
    check_seed(seed)
    question = ask(study, policy, against, scenario, variables, factors, int(seed))
    analyse = {"sobol": _sobol, "morris": _morris, "rank": _rank}[method]
    return analyse(question, count, progress)


def rank_sensitivity(
    ds: xr.Dataset,
    study: Study,
    *,
    policy: str | None = None,
    against: str | None = None,
    scenario: str | None = None,
    variables: Sequence[str] | None = None,
    factors: Sequence[str] | None = None,
) -> xr.Dataset:
    """Correlate the outputs of an ensemble that was run already with its uncertain quantities.

    Args:
        ds: Results with draws; they may be lazy, one variable is read at a time.
        study: What was run.
        policy: Its id; by default the reference policy of the study.
        against: Another policy: then the difference of the two is analysed, draw by draw.
        scenario: Its id; by default the only one of the results, or the default scenario.
        variables: In any spelling; the headline variables by default.
        factors: The quantities to correlate with; by default all that were drawn and act.

    Returns:
        The dataset of `sensitivity` with the method ``"rank"``.

    Raises:
        StudyError: The results lack something that was asked for.
        RunError: Too few draws went through.
    """
    if "draw" not in ds.dims:
        raise StudyError(
            "the results hold no draws, so nothing can be sensitive to them",
            fix="run the study with draws, such as `--draws 1000`",
        )
    alone = "scenario" in ds.coords and ds["scenario"].ndim == 0
    if scenario is None and alone:
        scenario = str(ds["scenario"].values)
    study = _with_columns(study, ds)
    question = ask(study, policy, against, scenario, variables, factors, int(ds.attrs["seed"]))
    if factors is not None:
        _check_there([one.name for one in question.factors], ds["factor"].values.tolist(), "factor")
    policies = list(question.policies)
    _check_there(policies, ds["policy"].values.tolist(), "policy")
    _check_there(question.variables, list(ds.data_vars), "variable")
    if question.scenario is not None and "scenario" in ds.coords:
        _check_there([question.scenario], np.atleast_1d(ds["scenario"].values).tolist(), "scenario")
    ds = ds.sel(policy=policies)
    return _ranks(ds.sel(scenario=question.scenario) if "scenario" in ds.dims else ds, question)


def _sobol(question: Question, count: int, progress: Progress) -> xr.Dataset:
    check_memory(question, count)
    groups = question.groups
    runs = Runs(question, count * (len(groups) + 2), progress)
    unit = sobol.saltelli_rows(len(question.factors), count, question.seed)
    one, two = (unit_to_values(question.uncertainty, rows) for rows in unit)
    # Random numbers of the model are like one more column: those of A are also those of A with a
    # column of B, and B has its own. Shared ones would count as an effect of every factor.
    a, b = runs(one), runs(two, question.seed ^ _OTHER_STREAMS)
    reasons = a.reasons + b.reasons
    usable = a.usable & b.usable
    _check_usable("sobol", int(usable.sum()), count, reasons)
    scale = np.maximum(a.scale, b.scale)
    pair = sobol.make_pair(a.values, b.values, usable, scale=scale, seed=question.seed)
    used, firsts = np.empty(len(groups)), np.zeros_like(pair.variance)
    first, total = np.empty((2, 3, len(groups), *pair.sd.shape))
    for place, group in enumerate(groups):
        mixed = one.copy()
        mixed[:, group] = two[:, group]
        outputs = runs(mixed)
        indices = sobol.sobol_indices(pair, outputs.values, outputs.usable)
        used[place] = indices.rows
        reasons += outputs.reasons
        firsts += indices.first
        first[:, place] = sobol.with_interval(indices.first)
        total[:, place] = sobol.with_interval(indices.total, lowest=0.0)
    found = {"interactions": total[0] - first[0]}
    sums = sobol.with_interval(firsts)
    for place, end in enumerate(("", "_low", "_high")):
        found |= {f"first{end}": first[place], f"total{end}": total[place]}
        found[f"first_sum{end}"] = sums[place]
    found |= {"mean": pair.centre, "sd": pair.sd}
    factors = [[question.factors[place] for place in group] for group in groups]
    ds = to_dataset(question, factors, a.rows, a.times, found, used)
    noisy = uses_random_numbers(question.study.model)
    return with_notes(ds, "sobol", count, reasons, [_NOISE] if noisy else [])


def _morris(question: Question, count: int, progress: Progress) -> xr.Dataset:
    if uses_random_numbers(question.study.model):
        raise StudyError(
            "the model draws random numbers, which would pass for effects of the factors",
            where=question.study.model.path,
            fix="use the method sobol or rank",
        )
    groups = question.groups
    runs = Runs(question, count * (len(groups) + 1), progress)
    discrete = _discrete(question)
    paths = morris.trajectories(groups, count, question.seed, list(discrete))
    at_once = max(_RUNS_AT_ONCE // (len(groups) + 1), 1)
    check_memory(question, at_once * (len(groups) + 1))
    parts: list[morris.Effects] = []
    reasons: Counter[str] = Counter()
    scale: FloatArray = np.zeros(())
    for start in range(0, count, at_once):
        some = paths.part(start, start + at_once)
        shape = some.points.shape[:2]
        points = some.points.reshape(-1, len(question.factors))
        values = unit_to_values(question.uncertainty, points)
        for place, untried in discrete.items():
            untried.difference_update(values[:, place].tolist())
        outputs = runs(values)
        reasons += outputs.reasons
        scale = np.maximum(scale, outputs.scale)
        results = outputs.values.reshape(*shape, *outputs.values.shape[1:])
        added = morris.elementary_effects(some, groups, results, outputs.usable.reshape(shape))
        parts.append(parts.pop() + added if parts else added)
    effects = parts[0]
    used = effects.count.astype(np.float64)
    _check_usable("morris", int(used.max()), count, reasons)
    measures = morris.screening(effects, groups)
    names = ("mu_star", "mu_star_low", "mu_star_high", "mu", "sigma")
    # What rounding leaves of large values is no effect.
    real = ~(measures.mu_star <= sobol.ROUNDING * scale)
    found = {name: np.where(real, getattr(measures, name), 0.0) for name in names}
    factors = [[question.factors[place] for place in group] for group in groups]
    ds = to_dataset(question, factors, outputs.rows, outputs.times, found, used)
    return with_notes(ds, "morris", count, reasons, _never_tried(question, discrete))


def _discrete(question: Question) -> dict[int, set[float]]:
    """Give the values of each quantity with a discrete distribution, by its place."""
    quantiles = [factor.quantile for factor in question.factors]
    return {
        place: set(quantile.values)
        for place, quantile in enumerate(quantiles)
        if isinstance(quantile, Discrete)
    }


def _never_tried(question: Question, untried: Mapping[int, set[float]]) -> list[str]:
    """Name the values of discrete quantities that no path came by."""
    return [
        f"'{question.factors[place].name}' never takes "
        f"{', '.join(f'{value:g}' for value in sorted(values))}, of little weight: what that does "
        "is not in its effect; give more samples"
        for place, values in untried.items()
        if values
    ]


def _rank(question: Question, count: int, progress: Progress) -> xr.Dataset:
    check_memory(question, count)
    # The draws of `Study.run`: all quantities are drawn, whichever are varied here.
    everything = question.study.uncertainty
    assert everything is not None  # `ask` has seen to it.
    drawn = sample(everything, Design(everything.method, count, question.seed), 0, count)
    places = [everything.factors.index(factor) for factor in question.factors]
    return _ranks(Runs(question, count, progress).simulate(drawn[:, places]), question)


def _ranks(ds: xr.Dataset, question: Question) -> xr.Dataset:
    there = {str(name): place for place, name in enumerate(ds["factor"].values)}
    drawn = [factor for factor in question.factors if factor.name in there]
    right = ds["status"].transpose("policy", "draw").values == OK
    usable = right.all(axis=0)
    reasons = reasons_of(ds)
    _check_usable("rank", int(usable.sum()), len(usable), reasons)
    values = np.asarray(ds["sample"].transpose("draw", "factor").values)
    values = values[np.ix_(usable, [there[factor.name] for factor in drawn])]
    rows = rows_of(ds, question.study, question.variables)
    names = ("rho", "rho_low", "rho_high", "prcc", "prcc_low", "prcc_high")
    shape = (len(rows), ds.sizes["time"])
    found = {name: np.empty((len(drawn), *shape)) for name in names}
    found |= {"mean": np.empty(shape), "sd": np.empty(shape)}
    for place, row in enumerate(rows):
        members = read_row(ds, row, right)[:, :, usable]
        outputs = (members[0] if len(members) == 1 else members[0] - members[1]).T
        sd = outputs.std(axis=0)
        constant = sd <= sobol.ROUNDING * np.abs(members).max(axis=(0, 2))
        found["mean"][place] = outputs.mean(axis=0)
        found["sd"][place] = np.where(constant, 0.0, sd)
        correlations = rank_correlations(values, outputs, constant)
        for name in names:
            found[name][:, place] = getattr(correlations, name)
    used = np.full(len(drawn), float(usable.sum()))
    ds = to_dataset(question, [[one] for one in drawn], rows, times_of(ds), found, used)
    varied = int((np.ptp(values, axis=0) > 0).sum())
    ds.attrs |= ranking(ds, int(usable.sum()), varied)
    return with_notes(ds, "rank", len(usable), reasons)


def _with_columns(study: Study, ds: xr.Dataset) -> Study:
    """Add what only the user's own table of draws varied to what the study has as uncertain."""
    own = () if study.uncertainty is None else study.uncertainty.factors
    names = {factor.name for factor in own}
    more = [
        Factor(str(name), "value", str(name), "", np.nan, no_distribution, "table")
        for name in ds["factor"].values
        if str(name) not in names
    ]
    return replace(study, uncertainty=Uncertainty((*own, *more)))


def _check_samples(method: Method, samples: int) -> int:
    """Refuse a number of samples that a method cannot use."""
    whole = isinstance(samples, (int, np.integer)) and not isinstance(samples, bool)
    if not whole or not _LEAST[method] <= samples <= _MOST:
        raise StudyError(
            f"{samples!r} samples do not fit the method {method}",
            fix=f"give from {_LEAST[method]} to {_MOST:,}",
        )
    if method == "sobol" and samples & (samples - 1):
        above = 1 << int(samples).bit_length()
        raise StudyError(
            f"{samples:,} samples would unbalance the Sobol sequence",
            fix=f"give a power of two such as {above // 2:,} or {above:,}",
        )
    return int(samples)


def _check_usable(method: Method, usable: int, samples: int, reasons: Counter[str]) -> None:
    if usable < _LEAST[method]:
        raise RunError(
            f"only {usable} of {samples} samples went through; most often {most_frequent(reasons)}",
            fix="correct the model or narrow the distributions",
        )


def _check_there(names: Sequence[str], there: Sequence[object], what: str) -> None:
    known = [str(one) for one in there]
    for name in names:
        if name not in known:
            raise StudyError(
                f"the results hold no {what} '{name}'",
                fix=f"name one of {', '.join(known)}" if what != "variable" else "run it again",
            )
