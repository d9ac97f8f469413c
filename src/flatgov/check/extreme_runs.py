"""Every trial as a draw of one batch, and what goes wrong in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from flatgov.changes import FloatArray
from flatgov.check.extreme_batch import Batches, saved_steps
from flatgov.check.extreme_trials import Trial, TrialBatch
from flatgov.model import Model, Variable
from flatgov.run.grid import count_points, time_points
from flatgov.run.native import evaluation_order, lowered, simulate_values, uses_random_numbers
from flatgov.run.watch import FINITE

Kind = Literal["not a number", "infinite", "negative", "below 0", "above 1"]

# What counts as rounding, as a share of the largest value so far, here or in the model's own run.
_ROUNDING = 1e-9
_AT_ONCE = 8  # trials: a vector of members
# The numbers in which it is looked for what failed first.
_MOST_NUMBERS = 20_000_000


@dataclass(frozen=True)
class Failure:
    """What went wrong in a trial, first of its kind.

    Attributes:
        kind: What a value became.
        variable: Whose; empty where it was not looked for, as too many failed.
        time: When, in model time; NaN where it was not looked for.
        value: The value then; NaN for what is no finite number.
    """

    kind: Kind
    variable: str
    time: float
    value: float = np.nan


def judge_trials(
    model: Model,
    inputs: Mapping[str, FloatArray],
    trials: Sequence[Trial],
    base: Mapping[str, FloatArray],
    seed: int,
) -> list[list[Failure]]:
    """Simulate all trials and find what is wrong with each.

    Judged are values that are no finite numbers, of all variables; stocks below zero that are
    never so in the model's own run, unless the input itself falls below zero; and shares, which
    are variables without unit whose limits are 0 and 1, outside of them. All of it is judged at
    the saved times.

    Args:
        model: The model.
        inputs: From `find_inputs`.
        trials: Each set off by itself.
        base: The model's own run, (time, subscripts) by variable.
        seed: Of random numbers.

    Returns:
        For each trial what went wrong, at most one of each kind.

    Raises:
        ModelError: The model cannot be simulated.
    """
    from flatgov.run.ensemble import draws_at_once

    batch = TrialBatch(model, inputs, trials, uses_random_numbers(model))
    floors = {
        one.name: _so_far(base[one.name])
        for one in model.variables.values()
        if _never_negative(one, base)
    }
    shares = [one.name for one in model.variables.values() if _is_share(one, base)]
    save = [FINITE, *dict.fromkeys([*floors, *shares])]
    size = draws_at_once(model, save[1:], 1, count_points(model.time, model.time.saveper))
    names, operations = _in_order(model)
    batches = Batches(model, lowered(model, model.time), operations)
    found: list[list[Failure]] = []
    for start in range(0, len(trials), size):
        part = range(start, min(start + size, len(trials)))
        plans, draws = batch.members(part)
        saved = simulate_values(model, plans, draws, save=save, seed=seed)
        values = {name: batch.of_trials(array, 0) for name, array in saved.items()}
        bad = np.isnan(values.pop(FINITE))
        closer = _name_first(names, batches, batch, part, bad, seed)
        for row, place in enumerate(part):
            trial = trials[place]
            of_trial = {name: array[row] for name, array in values.items()}
            failed = bool(bad[row].any())
            own = [closer.get(row, Failure("not a number", "", np.nan))] if failed else []
            # What becomes negative may also make others so; what was, made none so before.
            if not _turns_negative(trial, inputs[trial.variable.name]):
                own += _first("negative", of_trial, floors, trial, model)
            own += _outside(of_trial, shares, trial, model)
            found.append(own)
    return found


def _turns_negative(trial: Trial, values: FloatArray) -> bool:
    """Tell whether any element of an input is below zero in a trial, and not in the model."""
    tried = values * trial.factor + trial.summand
    return bool(((tried < 0.0) & (values >= 0.0)).any())


def _in_order(model: Model) -> tuple[list[str], list[int]]:
    """Give the operations of all elements of variables, causes before effects, and their names."""
    program = lowered(model, model.time)
    pairs = [
        (name, int(operation))
        for name in evaluation_order(model)
        for place, operation in enumerate(program.outputs[name].flat)
        if (name, place) not in program.undefined
    ]
    return [name for name, _ in pairs], [operation for _, operation in pairs]


def _never_negative(variable: Variable, base: Mapping[str, FloatArray]) -> bool:
    low = variable.limits[0]
    if variable.kind != "stock" or (low is not None and low < 0):
        return False
    return not (base[variable.name] < 0).any()


def _is_share(variable: Variable, base: Mapping[str, FloatArray]) -> bool:
    if variable.kind not in ("stock", "flow", "auxiliary") or variable.limits != (0.0, 1.0):
        return False
    if variable.units.strip().casefold() not in ("dmnl", "dimensionless", "1", "fraction"):
        return False
    values = base[variable.name]
    return not ((values < 0) | (values > 1)).any()


def _outside(
    values: Mapping[str, FloatArray], shares: Sequence[str], trial: Trial, model: Model
) -> list[Failure]:
    scales = dict.fromkeys(shares, np.ones(1))
    low = _first("below 0", values, scales, trial, model)
    mirrored = {name: 1.0 - values[name] for name in shares}
    high = _first("above 1", mirrored, scales, trial, model)
    return low + [Failure(one.kind, one.variable, one.time, 1.0 - one.value) for one in high]


def _so_far(array: FloatArray) -> FloatArray:
    """Give (time, elements) the largest size up to each time."""
    flat = np.abs(array.reshape(len(array), -1))
    return np.asarray(np.fmax.accumulate(np.where(np.isfinite(flat), flat, 0.0), axis=0))


def _first(
    kind: Kind,
    values: Mapping[str, FloatArray],
    scales: Mapping[str, FloatArray],
    trial: Trial,
    model: Model,
) -> list[Failure]:
    """Find the first variable below 0 by more than rounding: the earliest.

    What is rounding goes by the size of the variable so far, and at least by its `scales`.
    """
    best: tuple[int, str, float] | None = None
    for name, scale in scales.items():
        if name == trial.variable.name:  # What is set beyond a limit is not the model's doing.
            continue
        array = values[name].reshape(len(values[name]), -1)
        least = array.min(initial=np.inf)
        if not least < 0.0:
            continue
        wrong = array < -_ROUNDING * np.maximum(_so_far(array), scale)
        if not wrong.any():
            continue
        at = int(wrong.any(axis=1).argmax())
        if best is None or at < best[0]:
            best = (at, name, float(np.nanmin(array[at])))
    if best is None:
        return []
    return [Failure(kind, best[1], float(time_points(model.time)[best[0]]), best[2])]


def _name_first(
    names: Sequence[str],
    batches: Batches,
    batch: TrialBatch,
    part: range,
    bad: NDArray[np.bool_],
    seed: int,
) -> dict[int, Failure]:
    """Simulate failed trials once more, step by step, and name the variable that failed first.

    Args:
        names: Of the variable of each operation.
        batches: Of the operations of all variables, causes before effects.
        batch: All trials.
        part: The places of those that `bad` is about.
        bad: (trial, saved point) where any variable was no finite number.
        seed: Of random numbers.

    Returns:
        What failed, by row of `bad`.
    """
    model = batches.model
    found: dict[int, Failure] = {}
    _, every = saved_steps(model)
    failed = np.flatnonzero(bad.any(axis=1))
    for start in range(0, len(failed), _AT_ONCE):
        few = failed[start : start + _AT_ONCE]
        # No further than to where all of them have failed.
        steps = int(bad[few].argmax(axis=1).max()) * every
        # Step by step, or with gaps where that would be too much; what is no number remains so.
        gap = max(-(-(steps * len(few) * len(batches.operations)) // _MOST_NUMBERS), 1)
        steps = -(-steps // gap) * gap
        plans, draws = batch.members([part[int(row)] for row in few])
        values = batch.of_trials(batches(plans, draws, steps, gap, seed), 2)
        for place, row in enumerate(few):
            wrong = ~np.isfinite(values[:, :, place])
            if not wrong.any():
                continue
            point = int(wrong.any(axis=0).argmax())
            operation = int(wrong[:, point].argmax())
            undefined = np.isnan(values[operation, point, place])
            kind: Kind = "not a number" if undefined else "infinite"
            time = model.time.initial + point * gap * model.time.step
            found[int(row)] = Failure(kind, names[operation], time)
    return found
