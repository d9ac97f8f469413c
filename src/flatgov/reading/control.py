"""The control variables: four numbers, which a model may write as simple expressions.

FINAL TIME may also change during the run, which ends at the first step whose Time has reached it
(reference output of ``dynamic_final_time``). It is a variable of the model then.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from difflib import get_close_matches

from flatgov.errors import ModelError, Place, Problems
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
# How alike a name must be to one of a control variable to be taken for it.
_NEAR = 0.85

_OPERATIONS: dict[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "^": math.pow,
    "MIN": min,
    "MAX": max,
}


def read_time(
    expressions: Mapping[str, Expression],
    parsed: Parsed,
    file: str,
    broken: Collection[str],
    problems: Problems,
) -> TimeSettings | None:
    """Evaluate INITIAL TIME, FINAL TIME, TIME STEP and SAVEPER.

    Args:
        expressions: The single equations of all unsubscripted variables by canonical name.
        parsed: The model file, for lines and units.
        file: Its path, for messages.
        broken: The canonical names of variables that could not be read.
        problems: Takes each that is missing, each but FINAL TIME that depends on more than
            constants, and those that do not fit together.

    Returns:
        The settings; where FINAL TIME changes it is INITIAL TIME.
    """
    values: dict[str, float] = {}
    told: set[str] = set()
    for name in CONTROL_NAMES:
        if name in broken:
            continue
        if name not in parsed.definitions:
            missing = _missing(name, parsed, file)
            problems.found += missing
            if missing:
                continue
        used = name if name in parsed.definitions else "time step"
        try:
            values[name] = _evaluate(Reference(used), expressions, frozenset())
        except (ValueError, ArithmeticError):
            if used != name or _leads_nowhere(used, expressions, {*broken, *told}):
                continue  # What is wrong is said of another variable.
            if used == "final time" and used in expressions and final_time_moves(expressions):
                values[name] = values.get("initial time", math.nan)
                continue
            told.add(used)
            problems.found.append(_no_number(used, parsed, file))
    definitions = {name: parsed.definitions.get(name, ()) for name in CONTROL_NAMES}
    places = {
        name: place(file, own[0].name, own[0].line) if own else place(file)
        for name, own in definitions.items()
    }
    found = len(problems.found)
    for error in time_errors({name: one for name, one in values.items() if one == one}, places):
        own = (
            definitions[canonical(error.where.variable)]
            if isinstance(error.where, Place) and error.where.variable
            else ()
        )
        error.text = own[0].text if own else ""
        problems.found.append(error)
    without = [name for name in CONTROL_NAMES if name not in values and definitions[name]]
    if without and not problems.found:  # It takes, say, an element of an array.
        problems.found.append(_no_number(without[0], parsed, file))
    if len(problems.found) > found or len(values) < len(CONTROL_NAMES):
        return None
    units = next(
        (
            definition.units
            for name in ("time step", "initial time", "final time")
            for definition in definitions[name]
            if definition.units
        ),
        "",
    )
    initial, final, step, saveper = (values[name] for name in CONTROL_NAMES)
    return TimeSettings(initial, final, step, saveper, units)


def _no_number(name: str, parsed: Parsed, file: str) -> ModelError:
    definition = parsed.definitions[name][0]
    return ModelError(
        f"{name.upper()} = '{definition.text}' has no fixed number as its value",
        where=place(file, definition.name, definition.line),
        fix="write it as a number or an expression of constants",
        text=definition.text,
    )


def _missing(name: str, parsed: Parsed, file: str) -> list[ModelError]:
    """Give the error of a control variable without definition: it may be misspelt.

    Where SAVEPER is missing it is TIME STEP, unless a name differs from it in a space only.
    """
    joined = {key.replace(" ", ""): key for key in parsed.definitions if key not in CONTROL_NAMES}
    own = name.replace(" ", "")
    near = [own] if own in joined else []
    if name != "saveper":
        near = near or get_close_matches(own, joined, n=1, cutoff=_NEAR)
    for one in near:
        wrong = parsed.definitions[joined[one]][0]
        return [
            ModelError(
                f"the control variable {name.upper()} is missing, and '{wrong.name}' is none",
                where=place(file, wrong.name, wrong.line),
                nearest=[name.upper()],
                text=wrong.name,
            )
        ]
    if name == "saveper":
        return []
    return [
        ModelError(
            f"the control variable {name.upper()} is missing",
            where=place(file),
            fix=f"add '{name.upper()} = … ~ … ~ |'",
        )
    ]


def _leads_nowhere(
    start: str, expressions: Mapping[str, Expression], broken: Collection[str]
) -> bool:
    """Tell whether a variable uses, also through others, one that is not defined or broken."""
    seen = {start}
    pending = [start]
    while pending:
        name = pending.pop()
        if name in broken or (name not in expressions and name != "time" and name != start):
            return True
        used = (
            {canonical(one) for one in references(expressions[name])} if name in expressions else ()
        )
        pending += [one for one in used if one not in seen]
        seen |= {*used}
    return False


def final_time_moves(expressions: Mapping[str, Expression]) -> bool:
    """Tell whether FINAL TIME depends on more than constants."""
    if "final time" not in expressions:
        return False
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

    own = model.variables[FINAL_TIME]
    where = place(model.path, FINAL_TIME, own.line)
    value = value_at_start(model, FINAL_TIME)
    if value is None:
        what = "FINAL TIME has no fixed value at the start of the run"
        raise ModelError(what, where=where, text=own.equation)
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
    values = dict(
        zip(CONTROL_NAMES, (time.initial, time.final, time.step, time.saveper), strict=True)
    )
    for error in time_errors(values, where or {}):
        raise error


def time_errors(values: Mapping[str, float], where: Mapping[str, str]) -> Iterator[ModelError]:
    """Yield what is wrong with time settings.

    Args:
        values: Those that are known, by canonical name.
        where: The place of each control variable, by its canonical name.
    """
    finite = {name: value for name, value in values.items() if math.isfinite(value)}
    for name, value in values.items():
        if name not in finite:
            what = f"{name.upper()} is {value:g}, not a finite number"
            at = where.get(name, where.get("time step", ""))
            yield ModelError(what, where=at, fix="write a number")
    initial, final, step, saveper = map(finite.get, CONTROL_NAMES)
    if initial is not None and final is not None and final < initial:
        yield ModelError(
            f"FINAL TIME {final:g} is before INITIAL TIME {initial:g}",
            where=where.get("final time", ""),
            fix=f"write a number above {initial:g}, or an earlier INITIAL TIME",
        )
        final = None
    if step is None:
        return
    if step <= 0:
        what = f"TIME STEP is {step:g}, not above zero"
        fix = f"write {-step:g}" if step < 0 else "write the length of a step, such as 0.25"
        yield ModelError(what, where=where.get("time step", ""), fix=fix)
        return
    if initial is not None and final is not None and (final - initial) / step > MOST_STEPS:
        yield ModelError(
            f"TIME STEP {step:g} makes more than {MOST_STEPS:g} steps from {initial:g} "
            f"to {final:g}",
            where=where.get("time step", ""),
            fix="use a larger TIME STEP or an earlier FINAL TIME",
        )
    if saveper is None:
        return
    ratio = saveper / step
    if ratio < 0.5 or not math.isfinite(ratio) or abs(ratio - round(ratio)) > 1e-6 * ratio:
        yield ModelError(
            f"SAVEPER {saveper:g} is no multiple of TIME STEP {step:g}",
            where=where.get("saveper", ""),
            fix=_multiple(saveper, step),
        )


def _multiple(saveper: float, step: float) -> str:
    """Advise the multiple of TIME STEP that is nearest to SAVEPER."""
    if not math.isfinite(saveper / step):
        return ""
    times = max(1, round(saveper / step))
    product = f"{times * step:.10g}"
    return f"use {product}" if times == 1 else f"use {times} times TIME STEP, {product}"


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
