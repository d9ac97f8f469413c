"""Checks of single equations: numbers inside them, how much they use, how they use the time."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from flatgov.check.findings import Finding, Outcome
from flatgov.check.static_pieces import as_written, control_line, listed, plural
from flatgov.check.subject import Check, Subject
from flatgov.model import NA, Call, Equation, Expression, Number, Reference, Variable, references
from flatgov.names import canonical
from flatgov.reading.diagnose import walk

# More causes than this, and nobody sees at a glance what the equation does. Richardson's rule of
# three, which SDM-Doc counts by, half of all good models break.
_MOST_INPUTS = 7

# Arguments that say how a function works, not what a model assumes, by position.
_SETTINGS: dict[str, tuple[int, ...]] = {
    "^": (1,),
    "DELAY N": (3,),
    "GET DATA AT TIME": (1,),
    "GET TIME VALUE": (0, 1, 2),
    "LOG": (1,),
    "LOOKUP SLOPE": (2,),
    "MODULO": (1,),
    "POWER": (1,),
    "QUANTUM": (1,),
    "SMOOTH N": (3,),
    "VECTOR RANK": (1,),
    "VECTOR SELECT": (2, 3, 4),
    "VECTOR SORT ORDER": (1,),
    "XIDZ": (2,),
}

# Arguments that are moments, by position.
_MOMENTS: dict[str, tuple[int, ...]] = {
    "PULSE": (0,),
    "PULSE TRAIN": (0, 3),
    "RAMP": (1, 2),
    "STEP": (1,),
    "XMILE PULSE": (1,),
    "XMILE PULSE TRAIN": (1,),
}
_COMPARISONS = frozenset({"=", "<>", "<", "<=", ">", ">="})


# The kinds of variables whose equations should have names in place of numbers.
_EMBEDS = ("auxiliary", "flow")


def _embedded(subject: Subject) -> Outcome:
    findings = []
    for variable in subject.model.variables.values():
        if variable.kind not in _EMBEDS:
            continue
        found: dict[str, Equation] = {}
        for equation in variable.equations:
            for value in _parameters(equation.expression):
                found.setdefault(f"{value:g}", equation)
        if not found:
            continue
        first, equation = next(iter(found.items()))
        numbers = ", ".join(found)
        findings.append(
            subject.finding(
                "embedded constants",
                "note",
                variable,
                f"'{variable.name}' has {numbers} in its equation",
                text=as_written(float(first), equation.text),
                line=equation.line,
                fix="make it a constant with a name, units and a source",
                cause="numbers inside equations",
            )
        )
    summary = f"{plural(len(findings), 'equation')} with numbers other than 0 and 1"
    return Outcome("embedded constants", tuple(findings), summary)


def _parameters(expression: Expression) -> Iterator[float]:
    """Yield the numbers in an equation that look like parameters of the model."""
    pending = [expression]
    while pending:
        part = pending.pop()
        if isinstance(part, Number):
            if part.value not in (0.0, 1.0, -1.0, NA):
                yield part.value
        elif isinstance(part, Call) and not part.function.startswith("RANDOM"):
            skipped = _SETTINGS.get(part.function, ()) + _MOMENTS.get(part.function, ())
            kept = [a for i, a in enumerate(part.arguments) if i not in skipped]
            if part.function in _COMPARISONS:  # A code (`switch = 2`) or a moment.
                kept = [a for a in kept if not isinstance(a, Number)]
            if part.function in ("*", "/"):  # Percent.
                kept = [a for a in kept if a != Number(100.0)]
            pending += reversed(kept)


def _inputs(subject: Subject) -> Outcome:
    findings = []
    most = 0
    for variable in subject.model.variables.values():
        if variable.kind not in ("auxiliary", "flow"):
            continue
        # A subscripted variable has an equation for each part; the longest counts.
        used = max(
            (list(dict.fromkeys(references(e.expression))) for e in variable.equations), key=len
        )
        most = max(most, len(used))
        if len(used) > _MOST_INPUTS:
            findings.append(
                subject.finding(
                    "too many inputs",
                    "note",
                    variable,
                    f"'{variable.name}' has {len(used)} inputs",
                    evidence=listed(used),
                    fix="give parts of the equation a name of their own",
                    cause=f"equations with more than {_MOST_INPUTS} inputs",
                )
            )
    summary = f"no equation has more than {plural(most, 'input')}"
    return Outcome("too many inputs", tuple(findings), summary, {"most": most})


def _time(subject: Subject) -> Outcome:
    findings = [*_dates(subject), *_time_step(subject)]
    summary = f"{plural(len(findings), 'place')} with a moment or a TIME STEP written as a number"
    return Outcome("time", tuple(findings), summary if findings else "no moment is written as one")


def _dates(subject: Subject) -> Iterator[Finding]:
    for variable in subject.model.variables.values():
        if variable.kind in ("constant", "lookup", "data"):
            continue
        for equation in variable.equations:
            moments = dict.fromkeys(_moments(equation.expression, subject.model.time.initial))
            if not moments:
                continue
            numbers = ", ".join(f"{moment:g}" for moment in moments)
            yield subject.finding(
                "time",
                "note",
                variable,
                f"'{variable.name}' has the moment {numbers} in its equation",
                text=as_written(next(iter(moments)), equation.text),
                line=equation.line,
                fix="make the moment a constant, so that it can be moved and is documented",
                cause="moments inside equations",
            )
            break


def written_numbers(variable: Variable, equation: Equation, initial: float) -> set[float]:
    """Give the numbers of an equation that `embedded constants` and `time` tell of."""
    moments = {*_moments(equation.expression, initial)}
    embeds = variable.kind in _EMBEDS
    return moments | {*_parameters(equation.expression)} if embeds else moments


def _moments(expression: Expression, initial: float) -> Iterator[float]:
    for part in walk(expression):
        if not isinstance(part, Call):
            continue
        arguments: tuple[Expression, ...] = ()
        if part.function in _COMPARISONS:
            if any(
                isinstance(a, Reference) and canonical(a.name) == "time" for a in part.arguments
            ):
                arguments = part.arguments
        else:
            positions = _MOMENTS.get(part.function, ())
            arguments = tuple(a for i, a in enumerate(part.arguments) if i in positions)
        for argument in arguments:
            if isinstance(argument, Number) and argument.value not in (0.0, initial):
                yield argument.value


def _time_step(subject: Subject) -> Iterator[Finding]:
    """Find a TIME STEP that float64 cannot hold: the sum of many steps then misses the moments."""
    step = subject.model.time.step
    if Fraction(step).denominator <= 1 << 20:
        return
    yield subject.finding(
        "time",
        "note",
        None,
        f"TIME STEP is {step:g}, which is no sum of powers of two, so that times are not exact",
        line=control_line(subject.model, "TIME STEP"),
        text="TIME STEP",
        fix=f"take {_power_of_two_below(step):g}",
    )


def _power_of_two_below(step: float) -> float:
    power = 1.0
    while power > step:
        power /= 2
    while power * 2 <= step:
        power *= 2
    return power


CHECKS: tuple[Check, ...] = (
    Check(
        "embedded constants",
        "No numbers are hidden inside equations",
        "Do equations use numbers other than 0, 1, exponents and 100 for percent? A number without "
        "a name has no units and no source, and no policy or test can change it.",
        _embedded,
        ("lai_wahba2001", "sterman2000"),
    ),
    Check(
        "too many inputs",
        "Equations are simple",
        f"Does an equation use more than {_MOST_INPUTS} variables? Parts with a name can be read, "
        "documented and checked on their own.",
        _inputs,
        ("sterman2000", "martinez_moyano2012"),
    ),
    Check(
        "time",
        "Moments are named and the TIME STEP is exact",
        "Are moments written into equations as numbers, and is TIME STEP a number that a computer "
        "holds exactly? Moments that are constants can be moved; an exact TIME STEP meets them.",
        _time,
        ("sterman2000", "lai_wahba2001"),
    ),
)
