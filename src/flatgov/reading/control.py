"""The control variables: four numbers, which a model may write as simple expressions.

FINAL TIME may also change during the run, which ends at the first step whose Time has reached it
(reference output of ``dynamic_final_time``). It is a variable of the model then.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import replace

from flatgov.errors import ModelError
from flatgov.model import (
    FINAL_TIME,
    Call,
    Equation,
    Expression,
    Model,
    Number,
    Reference,
    TimeSettings,
    Variable,
    references,
)
from flatgov.names import canonical
from flatgov.reading.parsed import CONTROL_NAMES, Parsed, place

# A run of so many steps takes minutes even if a step takes as little as it can.
MOST_STEPS = 10**9

_OPERATIONS: dict[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "^": math.pow,
    "MIN": min,
    "MAX": max,
}


def read_time(expressions: Mapping[str, Expression], parsed: Parsed, file: str) -> TimeSettings:
    """Evaluate INITIAL TIME, FINAL TIME, TIME STEP and SAVEPER.

    Args:
        expressions: The single equations of all unsubscripted variables by canonical name.
        parsed: The model file, for lines and units.
        file: Its path, for messages.

    Returns:
        The settings; where FINAL TIME changes it is INITIAL TIME.

    Raises:
        ModelError: One is missing, one but FINAL TIME depends on more than constants, or the four
            do not fit.
    """
    values: dict[str, float] = {}
    for name in CONTROL_NAMES:
        if name not in expressions and name != "saveper":
            raise ModelError(
                f"the control variable {name.upper()} is missing",
                where=file,
                fix=f"add '{name.upper()} = … ~ … ~ |'",
            )
        used = name if name in expressions else "time step"
        try:
            values[name] = _evaluate(expressions[used], expressions, frozenset([used]))
        except (ValueError, ArithmeticError):
            if used == "final time" and final_time_moves(expressions):
                values[name] = values["initial time"]
                continue
            definition = parsed.definitions[used][0]
            raise ModelError(
                f"{used.upper()} = '{definition.text}' has no fixed number as its value",
                where=place(file, definition.name, definition.line),
                fix="write it as a number or an expression of constants",
            ) from None
    units = next(
        (
            definition.units
            for name in ("time step", "initial time", "final time")
            for definition in parsed.definitions[name]
            if definition.units
        ),
        "",
    )
    initial, final, step, saveper = (values[name] for name in CONTROL_NAMES)
    time = TimeSettings(initial, final, step, saveper, units)
    check_time(time, where={name: _where(parsed, name, file) for name in CONTROL_NAMES})
    return time


def final_time_moves(expressions: Mapping[str, Expression]) -> bool:
    """Tell whether FINAL TIME depends on more than constants."""
    try:
        _evaluate(expressions["final time"], expressions, frozenset(["final time"]))
    except ArithmeticError:
        return False
    except ValueError:
        return True
    return False


def final_time_variable(expression: Expression, parsed: Parsed) -> Variable:
    """Make a variable of a FINAL TIME that changes."""
    own = parsed.definitions["final time"][0]
    equations = (Equation(expression, own.text, own.line),)
    return Variable(
        *(FINAL_TIME, "auxiliary", own.units, own.limits, own.documentation),
        equations,
        group=own.group,
    )


def with_first_final_time(model: Model) -> Model:
    """Take the value that a changing FINAL TIME has at the start for the end of the time grid.

    Raises:
        ModelError: It has none that is the same in every run, or it does not fit.
    """
    from flatgov.kernel.lower import value_at_start  # Nothing else here needs the kernel.

    where = place(model.path, FINAL_TIME, model.variables[FINAL_TIME].line)
    value = value_at_start(model, FINAL_TIME)
    if value is None:
        raise ModelError("FINAL TIME has no fixed value at the start of the run", where=where)
    time = replace(model.time, final=value)
    check_time(time, where={"final time": where, "time step": where})
    return replace(model, time=time)


def check_time(time: TimeSettings, where: Mapping[str, str] | None = None) -> None:
    """Refuse time settings that no run can follow.

    Args:
        time: The settings.
        where: The place of each control variable, by its canonical name, for the message.

    Raises:
        ModelError: The step is not positive, the end is before the start, the steps are too many,
            or SAVEPER is no multiple of TIME STEP.
    """
    places = where or {}
    settings = {
        "INITIAL TIME": time.initial,
        "FINAL TIME": time.final,
        "TIME STEP": time.step,
        "SAVEPER": time.saveper,
    }
    for name, value in settings.items():
        if not math.isfinite(value):
            where_it_is = places.get(name.lower(), places.get("time step", ""))
            raise ModelError(f"{name} is {value:g}, not a finite number", where=where_it_is)
    if time.step <= 0:
        raise ModelError(
            f"TIME STEP is {time.step:g}, not above zero", where=places.get("time step", "")
        )
    if time.final < time.initial:
        raise ModelError(
            f"FINAL TIME {time.final:g} is before INITIAL TIME {time.initial:g}",
            where=places.get("final time", ""),
        )
    if (time.final - time.initial) / time.step > MOST_STEPS:
        raise ModelError(
            f"TIME STEP {time.step:g} makes more than {MOST_STEPS:g} steps from {time.initial:g} "
            f"to {time.final:g}",
            where=places.get("time step", ""),
            fix="use a larger TIME STEP or an earlier FINAL TIME",
        )
    ratio = time.saveper / time.step
    if ratio < 0.5 or not math.isfinite(ratio) or abs(ratio - round(ratio)) > 1e-6 * ratio:
        raise ModelError(
            f"SAVEPER {time.saveper:g} is no multiple of TIME STEP {time.step:g}",
            where=places.get("saveper", ""),
            fix=_multiple(time),
        )


def _multiple(time: TimeSettings) -> str:
    """Advise the multiple of TIME STEP that is nearest to SAVEPER."""
    if not math.isfinite(time.saveper / time.step):
        return ""
    times = max(1, round(time.saveper / time.step))
    product = f"{times * time.step:.10g}"
    return f"use {product}" if times == 1 else f"use {times} times TIME STEP, {product}"


def _where(parsed: Parsed, name: str, file: str) -> str:
    definitions = parsed.definitions.get(name, ())
    return place(file, definitions[0].name, definitions[0].line) if definitions else file


def _evaluate(
    expression: Expression, expressions: Mapping[str, Expression], using: frozenset[str]
) -> float:
    """Compute a constant expression; ValueError when it is none."""
    match expression:
        case Number(value):
            return value
        case Reference(name, ()) if canonical(name) in expressions and canonical(name) not in using:
            key = canonical(name)
            return _evaluate(expressions[key], expressions, using | {key})
        case Call("negative", (argument,)):
            return -_evaluate(argument, expressions, using)
        case Call(function, (left, right)) if function in _OPERATIONS:
            return _OPERATIONS[function](
                _evaluate(left, expressions, using), _evaluate(right, expressions, using)
            )
    raise ValueError


def time_constants(
    expressions: Mapping[str, Expression], variables: Mapping[str, Variable]
) -> frozenset[str]:
    """Find the constants that INITIAL TIME, TIME STEP, SAVEPER and a fixed FINAL TIME use.

    Args:
        expressions: As for `read_time`.
        variables: The model's, by name.
    """
    names = {canonical(name): name for name in variables}
    moving = {"final time"} if final_time_moves(expressions) else set()
    pending = [name for name in CONTROL_NAMES if name in expressions and name not in moving]
    seen = set(pending)
    while pending:
        for name in map(canonical, references(expressions[pending.pop()])):
            if name in expressions and name not in seen:
                seen.add(name)
                pending.append(name)
    return frozenset(names[name] for name in seen if name in names)
