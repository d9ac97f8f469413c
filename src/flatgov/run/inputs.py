"""Changes and draws → the numbers of each member, in the form that a kernel takes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from flatgov.changes import FloatArray, apply
from flatgov.errors import ModelError
from flatgov.kernel.execute import ADD, NONE, SCALE, SET, Batch
from flatgov.kernel.program import Program
from flatgov.model import Change, Model, TimeSettings, Variable
from flatgov.run.grid import check_change

_OPERATIONS = {"set": SET, "add": ADD, "scale": SCALE}
_NO_CHANGE = (float(NONE), 0.0, 0.0, 0.0, math.inf)


@dataclass
class Inputs:
    """What the members of a batch give: member = plan * draws + draw.

    Attributes:
        plans: How many.
        draws: How many.
        values: The members' values of each varying parameter, by its number in the program.
        slots: The dated changes of a parameter for each plan.
        initial: Factor and summand of each member for each changed stock.
    """

    plans: int
    draws: int
    values: dict[int, FloatArray] = field(default_factory=dict)
    slots: dict[int, list[list[Change]]] = field(default_factory=dict)
    initial: dict[int, FloatArray] = field(default_factory=dict)

    @property
    def varying(self) -> tuple[int, ...]:
        """The parameters that members give."""
        return tuple(self.values)

    @property
    def dated(self) -> tuple[int, ...]:
        """Those of them with dated changes."""
        return tuple(self.slots)

    @property
    def stocks(self) -> tuple[int, ...]:
        """The stocks with changed initial values."""
        return tuple(self.initial)

    def batch(self, seed: int) -> Batch:
        """Give the arrays of a kernel.

        Args:
            seed: Of the random numbers, below 2^32; a draw has the same ones in every plan.
        """
        members = self.plans * self.draws
        varying = self.varying
        numbers, slots = self._slot_arrays()
        draw = np.tile(np.arange(self.draws, dtype=np.uint64), self.plans)
        return Batch(
            members=members,
            parameters=np.array([self.values[number] for number in varying]).reshape(-1, members),
            slot_parameters=np.array([varying.index(one) for one in numbers], dtype=np.int64),
            slots=slots,
            initial=np.array(list(self.initial.values())).reshape(-1, 2, members),
            streams=draw + (np.uint64(seed) << np.uint64(32)),
        )

    def _slot_arrays(self) -> tuple[list[int], FloatArray]:
        numbers: list[int] = []
        rows: list[list[tuple[float, ...]]] = []
        for number, changes in self.slots.items():
            for place in range(max(map(len, changes))):
                numbers.append(number)
                rows.append(
                    [_slot(plan[place]) if place < len(plan) else _NO_CHANGE for plan in changes]
                )
        array = np.array(rows, dtype=np.float64).reshape(len(rows), self.plans, 5)
        return numbers, np.repeat(array.transpose(0, 2, 1), self.draws, axis=2)


def read_inputs(
    model: Model,
    program: Program,
    plans: Sequence[Sequence[Change]],
    draws: Mapping[str, FloatArray],
    time: TimeSettings,
) -> Inputs:
    """Sort what members change into what a kernel takes.

    Args:
        model: The model.
        program: What it was lowered to.
        plans: Changes, in order.
        draws: Values from the start, before the changes of a plan: arrays of one length.
        time: The time settings.

    Raises:
        ModelError: A change does not fit the model.
    """
    lengths = {len(values) for values in draws.values()}
    if len(lengths) > 1:
        raise ValueError("draws differ in length")
    inputs = Inputs(len(plans), lengths.pop() if lengths else 1)
    changes: dict[str, list[list[Change]]] = {}
    for place, plan in enumerate(plans):
        for change in plan:
            variable = model.find(change.variable)
            check_change(change, variable, model, time)
            lists = changes.setdefault(variable.name, [[] for _ in plans])
            lists[place].append(change)
    nothing: list[list[Change]] = [[] for _ in plans]
    elements = _elements(program)
    for name in dict.fromkeys([*draws, *changes]):
        variable = model.find(name)
        own = changes.get(variable.name, nothing)
        if variable.kind == "stock":
            for stock in elements["stock"].get(variable.name, []):
                inputs.initial[stock] = _initial(inputs, draws.get(name), own)
            continue
        numbers = elements["parameter"].get(variable.name, [])
        if not numbers and variable.kind == "constant":
            raise ModelError(
                f"'{variable.name}' is computed from what is not a number and cannot be changed",
                where=f"{model.path}, '{variable.name}'",
            )
        for number in numbers:
            _set_parameter(inputs, program, number, draws.get(name), own, time)
            if number in program.fixed:
                _check_fixed(inputs, program, number, variable, model)
    return inputs


def _elements(program: Program) -> dict[str, dict[str, list[int]]]:
    """Give the numbers of the parameters and stocks of each variable."""
    found: dict[str, dict[str, list[int]]] = {"parameter": {}, "stock": {}}
    for number, parameter in enumerate(program.parameters):
        found["parameter"].setdefault(parameter.variable, []).append(number)
    for number, stock in enumerate(program.stocks):
        found["stock"].setdefault(stock.variable, []).append(number)
    return found


def _set_parameter(
    inputs: Inputs,
    program: Program,
    number: int,
    drawn: FloatArray | None,
    changes: list[list[Change]],
    time: TimeSettings,
) -> None:
    """Apply what holds for the whole run; what does not is left to the kernel."""
    base = np.full(inputs.draws, program.parameters[number].base) if drawn is None else drawn
    values, dated = [], []
    for plan in changes:
        value, rest = base, list(plan)
        while rest and _from_start(rest[0], time):
            change = rest.pop(0)
            value = np.asarray(apply(change.operation, value, change.value, 1.0))
        values.append(value)
        dated.append(rest)
    inputs.values[number] = np.concatenate(values)
    if any(dated):
        inputs.slots[number] = dated


def _from_start(change: Change, time: TimeSettings) -> bool:
    """Tell whether a change holds in full from the first step to the last."""
    return change.end is None and change.start + change.ramp <= time.initial + 1e-9 * time.step


def _initial(inputs: Inputs, drawn: FloatArray | None, changes: list[list[Change]]) -> FloatArray:
    """Compose the changes of an initial value into a factor and a summand for each member."""
    parts = []
    for plan in changes:
        factor = np.full(inputs.draws, 1.0 if drawn is None else 0.0)
        summand = np.zeros(inputs.draws) if drawn is None else drawn
        for change in plan:
            if change.operation == "set":
                factor, summand = factor * 0.0, np.full(inputs.draws, change.value)
            elif change.operation == "add":
                summand = summand + change.value
            else:
                factor, summand = factor * change.value, summand * change.value
        parts.append(np.stack([factor, summand]))
    return np.concatenate(parts, axis=1)


def _slot(change: Change) -> tuple[float, ...]:
    end = math.inf if change.end is None else change.end
    return (float(_OPERATIONS[change.operation]), change.value, change.start, change.ramp, end)


def _check_fixed(
    inputs: Inputs, program: Program, number: int, variable: Variable, model: Model
) -> None:
    """Refuse another value of a parameter that decided what was lowered."""
    base = program.parameters[number].base
    if number in inputs.slots or (inputs.values[number] != base).any():
        raise ModelError(
            f"'{variable.name}' is the order or type of a function and cannot be changed in a run",
            where=f"{model.path}, '{variable.name}'",
            fix="change it in the model file",
        )
