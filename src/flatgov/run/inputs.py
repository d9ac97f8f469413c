"""Changes and draws → the numbers of each member, in the form that a kernel takes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from flatgov.changes import FloatArray, check_changeable
from flatgov.draws import Draws
from flatgov.errors import ModelError
from flatgov.kernel.execute import ADD, NONE, SCALE, SET, Batch
from flatgov.kernel.program import Program, Role
from flatgov.model import Change, Model, TimeSettings, Variable
from flatgov.run.grid import check_change

_OPERATIONS = {"set": SET, "add": ADD, "scale": SCALE}
_NO_CHANGE = (float(NONE), 0.0, 0.0, 0.0, math.inf)
_VALUE = 1  # the place of the value among the five numbers of a slot


@dataclass
class Inputs:
    """What the members of a batch give: member = plan * draws + draw.

    Attributes:
        plans: How many.
        draws: What they give.
        values: The members' values of each varying parameter, by its number in the program.
        slots: The dated changes of a parameter for each plan.
        initial: Factor and summand of each member for each changed stock.
    """

    plans: int
    draws: Draws
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
        members = self.plans * self.draws.count
        varying = self.varying
        numbers, slots = self._slot_arrays()
        first = self.draws.first
        draw = np.tile(np.arange(first, first + self.draws.count, dtype=np.uint64), self.plans)
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
        rows: list[FloatArray] = []
        for number, changes in self.slots.items():
            for place in range(max(map(len, changes))):
                numbers.append(number)
                row = np.empty((5, self.plans, self.draws.count))
                for index, plan in enumerate(changes):
                    row[:, index] = np.array(_NO_CHANGE)[:, None]
                    if place < len(plan):
                        row[:, index] = np.array(_slot(plan[place]))[:, None]
                        row[_VALUE, index] = _value(plan[place], self.draws)
                rows.append(row)
        array = np.array(rows, dtype=np.float64)
        return numbers, array.reshape(len(rows), 5, self.plans * self.draws.count)


def read_inputs(
    model: Model,
    program: Program,
    plans: Sequence[Sequence[Change]],
    draws: Draws,
    time: TimeSettings,
) -> Inputs:
    """Sort what members change into what a kernel takes.

    Args:
        model: The model.
        program: What it was lowered to.
        plans: Changes, in order.
        draws: What draws give from the start, before the changes of a plan.
        time: The time settings.

    Raises:
        ModelError: A change or a drawn quantity does not fit the model.
    """
    _check_lengths(draws)
    inputs = Inputs(len(plans), draws)
    drawn = _drawn_values(model, draws)
    changes: dict[str, list[list[Change]]] = {}
    for place, plan in enumerate(plans):
        for change in plan:
            variable = model.find(change.variable)
            check_change(change, variable, model, time)
            lists = changes.setdefault(variable.name, [[] for _ in plans])
            lists[place].append(change)
    nothing: list[list[Change]] = [[] for _ in plans]
    elements = _elements(program)
    _set_shapes(inputs, program, model)
    for name in dict.fromkeys([*drawn, *changes]):
        variable = model.variables[name]
        own = changes.get(name, nothing)
        if variable.kind == "stock":
            for stock in elements["stock"].get(name, []):
                inputs.initial[stock] = _initial(inputs, drawn.get(name), own)
            continue
        numbers = elements["parameter"].get(name, [])
        if not numbers and variable.kind == "constant":
            raise ModelError(
                f"'{variable.name}' is computed from what is not a number and cannot be changed",
                where=f"{model.path}, '{variable.name}'",
            )
        for number in numbers:
            _set_parameter(inputs, program, number, drawn.get(name), own, time)
            if number in program.fixed:
                _check_fixed(inputs, program, number, variable, model)
    return inputs


def _check_lengths(draws: Draws) -> None:
    for arrays in (draws.values, draws.strengths, draws.slopes, draws.changes):
        for name, array in arrays.items():
            if np.shape(array) != (draws.count,):
                raise ValueError(f"'{name}' has {np.shape(array)} values for {draws.count} draws")


def _drawn_values(model: Model, draws: Draws) -> dict[str, FloatArray]:
    """Give the drawn constants and initial values by the name that the model writes."""
    drawn = {}
    for name, values in draws.values.items():
        variable = model.find(name)
        where = f"{model.path}, '{variable.name}'"
        check_changeable(variable, model, where)
        if variable.kind == "lookup":
            raise ModelError(
                f"'{variable.name}' is a lookup table and has no value to draw",
                where=where,
                fix="draw its strength or its slope",
            )
        drawn[variable.name] = np.asarray(values, dtype=np.float64)
    return drawn


def _set_shapes(inputs: Inputs, program: Program, model: Model) -> None:
    """Give the strengths and slopes of lookups, the same ones in all plans."""
    drawn: dict[tuple[str, Role], FloatArray] = {}
    roles: tuple[tuple[Role, Mapping[str, FloatArray]], ...] = (
        ("strength", inputs.draws.strengths),
        ("slope", inputs.draws.slopes),
    )
    for role, arrays in roles:
        for name, array in arrays.items():
            variable = model.find(name)
            if variable.kind != "lookup":
                raise ModelError(
                    f"'{variable.name}' is no lookup table and has no {role} to draw",
                    where=f"{model.path}, '{variable.name}'",
                )
            if name not in inputs.draws.normals:
                raise ValueError(f"the {role} of '{name}' is drawn, which has no normal point")
            drawn[variable.name, role] = np.asarray(array, dtype=np.float64)
    for number, parameter in enumerate(program.parameters):
        values = drawn.get((parameter.variable, parameter.role))
        if values is not None:
            inputs.values[number] = np.tile(values, inputs.plans)
            if number in program.fixed:
                _check_fixed(inputs, program, number, model.variables[parameter.variable], model)


def _elements(program: Program) -> dict[str, dict[str, list[int]]]:
    """Give the numbers of the parameters and stocks of each variable."""
    found: dict[str, dict[str, list[int]]] = {"parameter": {}, "stock": {}}
    for number, parameter in enumerate(program.parameters):
        if parameter.role == "value":
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
    count = inputs.draws.count
    base = np.full(count, program.parameters[number].base) if drawn is None else drawn
    values, dated = [], []
    for plan in changes:
        value, rest = base, list(plan)
        while rest and _from_start(rest[0], time):
            change = rest.pop(0)
            value = _changed(value, change, inputs.draws)
        values.append(value)
        dated.append(rest)
    inputs.values[number] = np.concatenate(values)
    if any(dated):
        inputs.slots[number] = dated


def _changed(values: FloatArray, change: Change, draws: Draws) -> FloatArray:
    """Change a value of each draw by all of a change."""
    by = _value(change, draws)
    if change.operation == "set":
        return by
    return values + by if change.operation == "add" else values * by


def _value(change: Change, draws: Draws) -> FloatArray:
    """Give the value of a change in each draw."""
    drawn = draws.changes.get(change.draw) if change.draw else None
    return np.full(draws.count, change.value) if drawn is None else np.asarray(drawn)


def _from_start(change: Change, time: TimeSettings) -> bool:
    """Tell whether a change holds in full from the first step to the last."""
    return change.end is None and change.start + change.ramp <= time.initial + 1e-9 * time.step


def _initial(inputs: Inputs, drawn: FloatArray | None, changes: list[list[Change]]) -> FloatArray:
    """Compose the changes of an initial value into a factor and a summand for each member."""
    parts = []
    count = inputs.draws.count
    for plan in changes:
        factor = np.full(count, 1.0 if drawn is None else 0.0)
        summand = np.zeros(count) if drawn is None else drawn
        for change in plan:
            summand = _changed(summand, change, inputs.draws)
            if change.operation == "set":
                factor = np.zeros(count)
            elif change.operation == "scale":
                factor = _changed(factor, change, inputs.draws)
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
