"""Runs the same samples through flatgov and through EMA workbench with PySD, and compares.

    python tests/ema_comparison.py [STUDY_OR_MODEL] [--samples 100] [--policies ID,ID] [--stock 1]

Both run in one process on one core, EMA workbench one run after the other. Times are CPU times,
without imports and from cold caches. The samples are flatgov's, of the study's uncertain
constants. EMA workbench has no uncertain lookup tables, and no changes with dates, whose size
could be uncertain: those sizes and tables stay at their base values in both, and what a policy
makes of a constant over time is handed to PySD as a time series. PySD's own lookups take a
millisecond or more a call, so that most runs have them replaced by `numpy.interp`; the first
`--stock` samples also run with PySD as it comes, under the last policy. Of a model without a study
the constants are drawn within 5 % of their values. What both make of three mistakes comes first.
Exit status 1 if a number differs by more than 1e-9.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.metadata
import io
import os
import platform
import shutil
import statistics
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stderr
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from flatgov.errors import FlatgovError
from tools.ema import point, print_mistakes

TOLERANCE = 1e-9
REPEATS = 5
FEW = 8  # draws of the first run
LONGGANG = Path(__file__).parents[1] / "sd_models" / "longgang"
SHOWN = ("flatgov", "ema-workbench", "pysd", "numpy")
MODULES = (
    "ema_workbench.connectors.pysd_connector",
    "flatgov.kernel.jit",
    "flatgov.reading.load",
    "flatgov.run.ensemble_run",
    "flatgov.run.oracle",
    "flatgov.run.study_run",
    "flatgov.study.load",
    "pandas",
    "pysd.translators.vensim.vensim_file",
    "pysd.builders.python.python_model_builder",
    "scipy.stats",
    "xarray",
)

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Case:
    """What both run.

    Attributes:
        title: For the report.
        path: The model file.
        steps: The times of all steps.
        step: TIME STEP.
        samples: (sample) values by constant.
        plans: The changes of each policy.
        variables: The outcomes.
        left_out: What is uncertain in the study and stays at its base value here.
        run: Gives (policy, sample, time) by outcome, for the first samples.
    """

    title: str
    path: Path
    steps: FloatArray
    step: float
    samples: Mapping[str, FloatArray]
    plans: Mapping[str, tuple[Any, ...]]
    variables: tuple[str, ...]
    left_out: str
    run: Callable[[int], dict[str, FloatArray]]

    @property
    def count(self) -> int:
        """How many samples."""
        return len(next(iter(self.samples.values())))


def make_case(path: Path, samples: int, policies: Sequence[str] | None) -> Case:
    """Read a study or model and draw its samples."""
    from flatgov.study.load import find_model_file, open_study_or_model
    from flatgov.study.study import Study

    content = open_study_or_model(path)
    if isinstance(content, Study):
        case = _case_of_study(content, find_model_file(path), samples, policies)
    else:
        case = _case_of_model(content, path, samples)
    if case.path.suffix != ".mdl":
        raise SystemExit(f"{case.path.name}: EMA workbench reads Vensim models (.mdl) only")
    return case


def _case_of_study(study: Any, path: Path, samples: int, policies: Sequence[str] | None) -> Case:
    from flatgov.run.grid import step_times
    from flatgov.run.members import choose_members
    from flatgov.study.design import Design, sample

    if study.uncertainty is None:
        raise SystemExit(f"{study.name} has no uncertainty.toml: give its model file instead")
    drawn = sample(study.uncertainty, Design("sobol", samples, 1), 0, samples)
    kinds: dict[str, int] = {}
    values = {}
    for factor, column in zip(study.uncertainty.factors, drawn.T, strict=True):
        if factor.kind == "value" and _is_plain_constant(study.model, factor.variable):
            values[factor.variable] = np.ascontiguousarray(column)
        else:
            kinds[factor.kind] = kinds.get(factor.kind, 0) + 1
    policies = policies or [*dict.fromkeys([next(iter(study.policies)), study.reference])]
    chosen = choose_members(study, policies, None)
    plans = {one.policy: one.changes for one in chosen.members}
    for policy, plan in plans.items():
        for change in plan:
            if not _is_plain_constant(study.model, change.variable):
                raise SystemExit(f"{policy} changes '{change.variable}', which PySD cannot be told")

    def run(count: int) -> dict[str, FloatArray]:
        table = {name: column[:count] for name, column in values.items()}
        ds = study.run([*plans], draws=table, save=list(study.headline), workers=1)
        if ds.attrs["failed_members"]:
            print(f"failed: {ds.attrs['failed']}", file=sys.stderr)
        return {name: ds[name].values for name in study.headline}

    return Case(
        f"{study.name}, policies {', '.join(plans)}",
        path,
        step_times(study.model.time),
        study.model.time.step,
        values,
        plans,
        tuple(study.headline),
        ", ".join(f"{number} of kind {kind}" for kind, number in kinds.items()),
        run,
    )


def _case_of_model(model: Any, path: Path, samples: int) -> Case:
    from flatgov.run.grid import step_times
    from flatgov.study.limits import plain_bases

    names = [name for name in model.variables if _is_plain_constant(model, name)]
    bases = {name: plain_bases(model.variables[name])[0] for name in names}
    random = np.random.default_rng(1)
    values = {
        name: base * random.uniform(0.95, 1.05, samples)
        for name, base in bases.items()
        if np.isfinite(base) and name not in model.time_constants
    }
    stocks = [one for one in model.variables.values() if one.kind == "stock" and not one.subscripts]
    kept = tuple(one.name for one in stocks[:6])
    if not kept or not values:
        raise SystemExit(f"{path.name} has no stock or no constant without subscripts")

    def run(count: int) -> dict[str, FloatArray]:
        table = {name: column[:count] for name, column in values.items()}
        ds = model.run(table, save=list(kept))
        return {name: ds[name].values[None] for name in kept}

    plans: dict[str, tuple[Any, ...]] = {"base": ()}
    steps = step_times(model.time)
    return Case(model.name, path, steps, model.time.step, values, plans, kept, "", run)


def _is_plain_constant(model: Any, name: str) -> bool:
    variable = model.find(name)
    return variable.kind == "constant" and not variable.subscripts


def series_of(
    plan: Sequence[Any],
    sample: Mapping[str, float],
    bases: Mapping[str, float],
    steps: FloatArray,
    step: float,
) -> dict[str, Any]:
    """Make what a policy does to constants into time series for PySD.

    Args:
        plan: Its changes.
        sample: Values of constants; those not in it are at their bases.
        bases: Values of the model, at least of the constants that are changed.
        steps: The times of all steps.
        step: TIME STEP.

    Returns:
        A pandas Series, or a number, for each constant of the sample and of the plan.
    """
    import pandas as pd

    from flatgov.changes import values_over_time

    params: dict[str, Any] = dict(sample)
    for name in dict.fromkeys(change.variable for change in plan):
        start = sample[name] if name in sample else bases[name]
        changes = [change for change in plan if change.variable == name]
        params[name] = pd.Series(values_over_time(start, changes, steps, step), index=steps)
    return params


def run_ema(case: Case, *, fast: bool) -> tuple[dict[str, FloatArray], float, float]:
    """Run a case through EMA workbench.

    Args:
        case: What to run.
        fast: Replace PySD's lookups by `numpy.interp`.

    Returns:
        (policy, sample, time) by outcome; the seconds of reading and building, once a policy;
        the seconds of all else.
    """
    ema = importlib.import_module("ema_workbench")
    connector = importlib.import_module("ema_workbench.connectors.pysd_connector")
    built = 0.0

    class Dated(connector.PysdModel):
        """EMA's own model of PySD, with policies that have dates."""

        def model_init(self, policy: Any, **kwargs: Any) -> None:
            nonlocal built
            start = time.process_time()
            super().model_init(policy, **kwargs)
            changed = {change.variable for change in case.plans[policy.name]}
            self.bases = {name: float(self.model[name]) for name in changed}
            if fast:
                from flatgov.run.oracle import _make_lookups_fast

                _make_lookups_fast(self.model)
            built += time.process_time() - start

        def run_experiment(self, experiment: Any) -> Any:
            plan = case.plans[self.policy.name]
            sample = dict(experiment)
            return super().run_experiment(
                series_of(plan, sample, self.bases, case.steps, case.step)
            )

    # EMA wants identifiers for names, and the bounds of what it does not sample itself.
    keys = {f"p{number}": name for number, name in enumerate(case.samples)}
    outcomes = {f"y{number}": name for number, name in enumerate(case.variables)}
    with tempfile.TemporaryDirectory() as folder:
        model = Dated("model", mdl_file=str(shutil.copy(case.path, folder)))
        model.uncertainties = [
            ema.RealParameter(key, *_bounds(case.samples[name]), variable_name=[name])
            for key, name in keys.items()
        ]
        model.outcomes = [
            ema.TimeSeriesOutcome(key, variable_name=[name]) for key, name in outcomes.items()
        ]
        scenarios = [
            point("Scenario")(
                str(number),
                **{key: float(case.samples[name][number]) for key, name in keys.items()},
            )
            for number in range(case.count)
        ]
        policies = [point("Policy")(name) for name in case.plans]
        start = time.process_time()
        experiments, results = ema.perform_experiments(
            model, scenarios=scenarios, policies=policies, evaluator=ema.SequentialEvaluator(model)
        )
        taken = time.process_time() - start
    rows = _rows(experiments, case)
    return {name: results[key][rows] for key, name in outcomes.items()}, built, taken - built


def _rows(experiments: Any, case: Case) -> npt.NDArray[np.int64]:
    """Find the row of each policy and sample, by their names."""
    pairs = zip(experiments["policy"].astype(str), experiments["scenario"].astype(str), strict=True)
    places = {pair: place for place, pair in enumerate(pairs)}
    return np.array([[places[policy, str(n)] for n in range(case.count)] for policy in case.plans])


def _bounds(values: FloatArray) -> tuple[float, float]:
    low, high = float(values.min()), float(values.max())
    return low, high if high > low else np.nextafter(low, np.inf)


def largest_difference(ours: FloatArray, theirs: FloatArray) -> float:
    """Give the largest difference, number by number, relative to the larger of the two.

    Two numbers that are equal, or both NaN, differ by 0; one number and NaN by infinity.
    """
    both = np.isnan(ours) & np.isnan(theirs)
    with np.errstate(invalid="ignore", divide="ignore"):
        off = np.abs(ours - theirs) / np.maximum(np.abs(ours), np.abs(theirs))
    off = np.where((ours == theirs) | both, 0.0, np.where(np.isnan(off), np.inf, off))
    return float(off.max())


def compare(path: Path, samples: int, policies: Sequence[str] | None, stock: int) -> float:
    """Print the comparison, and give the largest relative difference."""
    start = time.process_time()
    case = make_case(path, samples, policies)
    case.run(min(FEW, samples))
    native_build = time.process_time() - start
    runs = case.count * len(case.plans)
    print(f"{case.title}: {case.count} samples of {len(case.samples)} constants, {runs} runs")
    if case.left_out:
        print(f"  at their base values, as EMA workbench has no such: {case.left_out}")
    taken = []
    for _ in range(REPEATS):
        start = time.process_time()
        ours = case.run(case.count)
        taken.append(time.process_time() - start)
    native = statistics.median(taken)
    theirs, build, other = run_ema(case, fast=True)
    off = {name: largest_difference(ours[name], theirs[name]) for name in case.variables}
    for name, value in off.items():
        print(f"  {name:40} largest relative difference {value:.2g}")
    times = "  {:44} read and build {:7.3g} s   a run {:9.4g} ms"
    print(times.format("flatgov, median of 5", native_build, native / runs * 1e3))
    print(times.format("EMA + PySD, lookups by np.interp", build, other / runs * 1e3))
    print(f"  a run, EMA + PySD / flatgov                  {other / native:.4g}")
    print(
        f"  all together, building and {runs} runs          "
        f"{(build + other) / (native_build + native):.4g}"
    )
    if stock:
        off["as PySD comes"] = _compare_stock(case, ours, min(stock, samples), native / runs)
    return max(off.values())


def _compare_stock(case: Case, ours: Mapping[str, FloatArray], count: int, native: float) -> float:
    """Time PySD with its own lookups on the first samples and the last policy."""
    policy = list(case.plans)[-1]
    few = replace(
        case,
        samples={name: values[:count] for name, values in case.samples.items()},
        plans={policy: case.plans[policy]},
    )
    theirs, _, taken = run_ema(few, fast=False)
    off = max(largest_difference(ours[n][-1:, :count], theirs[n]) for n in case.variables)
    print(
        f"  EMA + PySD as it comes, {count} of the runs: {taken / count:.3g} s a run, "
        f"ratio {taken / count / native:,.3g}, largest relative difference {off:.2g}"
    )
    return off


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the comparison; 1 if a number differs."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("path", type=Path, nargs="?", default=LONGGANG, metavar="STUDY_OR_MODEL")
    parser.add_argument("--samples", type=int, default=100)
    parser.add_argument(
        "--policies", help="ids, with commas between; the first and the reference if not given"
    )
    parser.add_argument("--stock", type=int, default=1, help="runs with PySD's own lookups")
    options = parser.parse_args(arguments)
    # Both read and compile anew, and nothing is imported while a clock runs.
    os.environ["FLATGOV_CACHE_DIR"] = ""
    warnings.simplefilter("ignore")
    with redirect_stderr(io.StringIO()):  # EMA warns of connectors that nobody asked for.
        for name in MODULES:
            try:
                importlib.import_module(name)
            except ImportError as error:
                raise SystemExit(f"{error}: pip install 'flatgov[ema]'") from None
    shown = [f"{name} {importlib.metadata.version(name)}" for name in SHOWN]
    print(f"{', '.join(shown)}, Python {platform.python_version()}; one core")
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    print_mistakes()
    chosen = options.policies.split(",") if options.policies else None
    try:
        off = compare(options.path, options.samples, chosen, options.stock)
    except FlatgovError as error:
        raise SystemExit(str(error)) from None
    if off > TOLERANCE:
        print(f"the results differ by {off:.3g}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
