"""Checks of given values against the limits that the file declares for them."""

from __future__ import annotations

from collections.abc import Iterator

from flatgov.check.findings import Finding, Outcome
from flatgov.check.static_pieces import as_written, net_flows
from flatgov.check.subject import Check, Subject
from flatgov.model import Array, Equation, Expression, Model, Number, Reference, Variable


def _limits(subject: Subject) -> Outcome:
    findings: list[Finding] = []
    count = 0
    for variable in subject.model.variables.values():
        if variable.limits == (None, None) or variable.kind not in ("constant", "stock"):
            continue
        count += 1
        for equation in variable.equations:
            for value in _given(variable, equation, subject.model):
                if said := _outside(value, variable.limits):
                    findings.append(_finding(subject, variable, equation, value, said))
                    break
    summary = f"{count} constants and stocks have limits; {len(findings)} lie outside them"
    return Outcome("limits", tuple(findings), summary, {"limited": count})


def given_outside(variable: Variable, model: Model) -> bool:
    """Tell whether the value of a constant, or that a stock starts from, is written beyond."""
    return variable.kind in ("constant", "stock") and any(
        _outside(value, variable.limits)
        for equation in variable.equations
        for value in _given(variable, equation, model)
    )


def _given(variable: Variable, equation: Equation, model: Model) -> Iterator[float]:
    """Yield the numbers of a constant or those that a stock starts from."""
    if variable.kind == "constant":
        yield from _numbers(equation.expression)
        return
    for _, initial in net_flows([equation.expression]):
        if isinstance(initial, Reference) and initial.name in model.variables:
            start = model.variables[initial.name]
            if start.kind == "constant" and not start.subscripts:
                yield from _numbers(start.equations[0].expression)
        else:
            yield from _numbers(initial)


def _numbers(expression: Expression) -> Iterator[float]:
    if isinstance(expression, Number):
        yield expression.value
    elif isinstance(expression, Array):
        yield from expression.values


def _outside(value: float, limits: tuple[float | None, float | None]) -> str:
    low, high = limits
    if low is not None and value < low:
        return f"below the lower limit {low:g}"
    if high is not None and value > high:
        return f"above the upper limit {high:g}"
    return ""


def _finding(
    subject: Subject, variable: Variable, equation: Equation, value: float, said: str
) -> Finding:
    what = "starts at" if variable.kind == "stock" else "is"
    units = f" {variable.units}" if variable.units else ""
    return subject.finding(
        "limits",
        "warning",
        variable,
        f"'{variable.name}' {what} {value:g}{units}, {said}",
        text=as_written(value, equation.text) or variable.name,
        line=equation.line,
        fix="correct the value or the limits",
    )


CHECKS: tuple[Check, ...] = (
    Check(
        "limits",
        "Values lie within their declared limits",
        "Do constants and the initial values of stocks lie between the limits that stand beside "
        "their units? One of the two is a slip.",
        _limits,
        ("sterman2000",),
    ),
)
