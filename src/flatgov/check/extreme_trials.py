"""Which inputs a model has, and the extreme values that each is set to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from flatgov.changes import FloatArray, limit_passed
from flatgov.draws import Draws
from flatgov.kernel.program import Program
from flatgov.model import Call, Change, Model, Reference, Variable

FACTOR = 1e6

# In the order in which they are tried where there is no time for all.
Extreme = Literal["0", "lowest", "highest", "10^6 times"]
# Whether the limits of the input allow the value: ``open`` where it has none on that side.
Range = Literal["within", "open", "beyond"]


@dataclass(frozen=True)
class Trial:
    """One input at one extreme, from the start of the run.

    Attributes:
        variable: A constant, all elements of it, or a stock, whose initial value is meant.
        extreme: Which one.
        factor: What the value in the model is multiplied by ...
        summand: ... and what is added then.
        value: The value; of a subscripted input that of its first element.
        range: Whether the limits of the input allow it.
    """

    variable: Variable
    extreme: Extreme
    factor: float
    summand: float
    value: float
    range: Range

    @property
    def shown(self) -> str:
        """Say what is done: ``'staff' is 0``, ``the initial value of 'stock' is 10``."""
        name = f"'{self.variable.name}'"
        if self.variable.kind == "stock":
            name = f"the initial value of {name}"
        if self.variable.subscripts:
            name = f"all of {name}" if self.variable.kind != "stock" else name
        if self.extreme != "10^6 times" or not self.factor:
            return f"{name} is {self.value:g}"
        if self.variable.subscripts:
            return f"{name} is 10^6 times its value"
        return f"{name} is {self.value:g}, 10^6 times its value"


def find_inputs(
    model: Model, program: Program, base: Mapping[str, FloatArray]
) -> dict[str, FloatArray]:
    """Find what comes from outside: constants, and initial values of stocks.

    Left out are what decides the time settings, what decided how the model was lowered (the order
    of a delay), and the initial value of a stock that is nothing but a constant of the model,
    which is tried as that constant.

    Args:
        model: The model.
        program: What it was lowered to.
        base: Its own run, (time, subscripts) by variable.

    Returns:
        The values of the elements of each, in the order of the model.
    """
    found: dict[str, list[float]] = {}
    fixed = {program.parameters[number].variable for number in program.fixed}
    for parameter in program.parameters:
        variable = model.variables[parameter.variable]
        if parameter.role == "value" and variable.kind == "constant":
            found.setdefault(variable.name, []).append(parameter.base)
    values = {name: np.array(numbers) for name, numbers in found.items()}
    for name in dict.fromkeys(stock.variable for stock in program.stocks):
        if not _starts_from_constant(model.variables[name], model):
            start = base[name][0].ravel()
            values[name] = start[np.isfinite(start)]
    return {
        name: values[name]
        for name in model.variables
        if name in values and name not in fixed and name not in model.time_constants
    }


def _starts_from_constant(stock: Variable, model: Model) -> bool:
    for equation in stock.equations:
        match equation.expression:
            case Call("INTEG", (_, Reference(name))) if name in model.variables:
                if model.variables[name].kind != "constant":
                    return False
            case _:
                return False
    return True


def find_trials(model: Model, inputs: Mapping[str, FloatArray]) -> list[Trial]:
    """Set each input to 0, to the ends of its limits, and to 10^6 times its value.

    Forrester and Senge (1980) ask what a model does under extreme conditions. A 0 that the limits
    forbid, and a value that the input has anyway, are not tried; 10^6 itself stands for 10^6 times
    nothing.

    Args:
        model: The model.
        inputs: From `find_inputs`.

    Returns:
        The trials, all of one extreme after those of another.
    """
    found = [trial for name in inputs for trial in _trials_of(model.variables[name], inputs[name])]
    order = ("0", "lowest", "highest", "10^6 times")
    return sorted(found, key=lambda trial: order.index(trial.extreme))


def _trials_of(variable: Variable, values: FloatArray) -> Iterator[Trial]:
    if not values.size:
        return
    low, high = variable.limits
    plain: tuple[tuple[Extreme, float | None], ...] = (
        ("0", None if limit_passed(variable, 0.0) else 0.0),
        ("lowest", low),
        ("highest", high),
    )
    tried: set[float] = set()
    for extreme, value in plain:
        if value is None or value in tried or (values == value).all():
            continue
        tried.add(value)
        allowed: Range = "within" if extreme != "0" or low is not None else "open"
        yield Trial(variable, extreme, 0.0, value, value, allowed)
    nothing = not values.any()
    value = FACTOR if nothing else FACTOR * float(values[0])
    worst = [FACTOR] if nothing else [FACTOR * float(one) for one in values]
    beyond = any(limit_passed(variable, one) for one in worst)
    yield Trial(
        variable,
        "10^6 times",
        0.0 if nothing else FACTOR,
        FACTOR if nothing else 0.0,
        value,
        "beyond" if beyond else "open",
    )


@dataclass(frozen=True)
class TrialBatch:
    """Trials as the members of one batch, all with the random numbers of the model's own run.

    Every input is scaled by 1 and has 0 added to it, which leaves it as it is, but in the members
    that try it. So one kernel simulates all trials at once. Trials are draws of one plan; where
    there are random numbers, which follow the draw, they are plans of one draw.

    Attributes:
        model: The model.
        inputs: From `find_inputs`.
        trials: All of them.
        random: Whether the model has random numbers.
    """

    model: Model
    inputs: Mapping[str, FloatArray]
    trials: Sequence[Trial]
    random: bool

    def members(self, places: Sequence[int]) -> tuple[list[tuple[Change, ...]], Draws]:
        """Give plans and draws of some trials, by their places."""
        chosen = [self.trials[place] for place in places]
        if self.random:
            own = [self._changes(one.variable.name, one.factor, one.summand) for one in chosen]
            return [self._all(), *own], Draws()
        values: dict[str, FloatArray] = {}
        for name in self.inputs:
            values[f"{name} *"], values[f"{name} +"] = np.ones(len(chosen)), np.zeros(len(chosen))
        for place, trial in enumerate(chosen):
            values[f"{trial.variable.name} *"][place] = trial.factor
            values[f"{trial.variable.name} +"][place] = trial.summand
        return [self._all()], Draws(len(chosen), changes=values)

    def of_trials(self, array: NDArray[Any], first: int) -> NDArray[Any]:
        """Give the results of the trials from results with axes for plan and draw.

        Args:
            array: Results of `members`.
            first: The axis of the plans; that of the draws follows.

        Returns:
            The trials along the axis `first`.
        """
        plans = np.moveaxis(array, (first, first + 1), (0, 1))  # A view: results are large.
        trials = plans[1:, 0] if self.random else plans[0]
        return np.moveaxis(trials, 0, first)

    def _all(self) -> tuple[Change, ...]:
        return tuple(change for name in self.inputs for change in self._changes(name, 1.0, 0.0))

    def _changes(self, name: str, factor: float, summand: float) -> tuple[Change, Change]:
        start = self.model.time.initial
        return (
            Change(name, "scale", factor, start, draw=f"{name} *"),
            Change(name, "add", summand, start, draw=f"{name} +"),
        )
