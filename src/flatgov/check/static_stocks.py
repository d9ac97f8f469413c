"""Checks of stocks and their flows: control of outflows, named flows, loops without a stock."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from flatgov.check.findings import Finding, Outcome
from flatgov.check.static_pieces import listed, net_flows, plural, signed_terms
from flatgov.check.subject import Check, Subject
from flatgov.graph import Link, links
from flatgov.model import Call, Equation, Expression, Model, Number, Reference, Variable
from flatgov.names import canonical
from flatgov.reading.diagnose import walk

Causes = Mapping[str, Sequence[str]]

# Functions of an input and a delay time.
_DELAYS = frozenset(
    {"DELAY FIXED", "DELAY INFORMATION", "DELAY MATERIAL", "DELAY1", "DELAY1I", "DELAY3"}
    | {"DELAY3I", "DELAY N", "SMOOTH", "SMOOTHI", "SMOOTH3", "SMOOTH3I", "SMOOTH N"}
)


def _outflow_control(subject: Subject) -> Outcome:
    """Find outflows that go on when their stock is empty.

    What leaves a stock through a delay of what entered it is controlled too.
    """
    variables = subject.model.variables
    running = [link for link in links(subject.model) if not link.initial]
    now = _into(link for link in running if not link.delayed)
    soon = _into(link for link in running if variables[link.effect].kind != "stock")
    ever = _into(running)
    findings = []
    count = 0
    for stock in variables.values():
        inflows, outflows = _flows(stock)
        for flow in outflows:
            if flow not in variables or _zero(variables[flow]):
                continue
            count += 1
            if stock.name in _upstream(flow, now, until=stock.name):
                continue
            late = _upstream(flow, soon)
            if not late.isdisjoint(inflows):
                continue
            if stock.name in late:
                how = "depends on it only through a delay"
            elif stock.name in _upstream(flow, ever, until=stock.name):
                how = "depends on it only through other stocks"
            else:
                how = "does not depend on it"
            findings.append(_uncontrolled(subject, stock, flow, how))
    summary = f"{count - len(findings)} of {plural(count, 'outflow')} stop with their stock"
    return Outcome("outflow control", tuple(findings), summary, {"outflows": count})


def _uncontrolled(subject: Subject, stock: Variable, flow: str, how: str) -> Finding:
    low = stock.limits[0]
    forbidden = low is not None and low >= 0 and how == "does not depend on it"
    return subject.finding(
        "outflow control",
        "warning" if forbidden else "note",
        stock,
        f"'{flow}' drains '{stock.name}' and {how}, so that the stock can fall below zero",
        text=flow,
        evidence=f"the lower limit of '{stock.name}' is {low:g}" if forbidden else "",
        fix=f"let the outflow go to zero with the stock, such as MIN(…, {stock.name} / a time)",
        cause="" if forbidden else "outflows that an empty stock does not stop",
    )


def _flows(stock: Variable) -> tuple[list[str], list[str]]:
    """Give the names of a stock's inflows and outflows."""
    flows: dict[int, dict[str, None]] = {1: {}, -1: {}}
    for net_flow, _ in net_flows(equation.expression for equation in stock.equations):
        for sign, term in signed_terms(net_flow):
            if isinstance(term, Reference):
                flows[sign][term.name] = None
    return list(flows[1]), list(flows[-1])


def _zero(variable: Variable) -> bool:
    return all(equation.expression == Number(0.0) for equation in variable.equations)


def _into(chosen: Iterable[Link]) -> dict[str, list[str]]:
    causes: dict[str, list[str]] = {}
    for link in chosen:
        causes.setdefault(link.effect, []).append(link.cause)
    return causes


def _upstream(start: str, causes: Causes, until: str = "") -> set[str]:
    """Give a variable and all that act on it; no more once `until` is among them."""
    seen = {start}
    pending = [start]
    while pending and until not in seen:
        new = [cause for cause in causes.get(pending.pop(), ()) if cause not in seen]
        seen.update(new)
        pending += new
    return seen


def _unnamed(subject: Subject) -> Outcome:
    findings = []
    stocks = 0
    for stock in subject.model.variables.values():
        stocks += stock.kind == "stock"
        for equation in stock.equations:
            terms = [
                term
                for flow, _ in net_flows([equation.expression])
                for _, term in signed_terms(flow)
            ]
            # A stock whose whole flow is a number has a finding of `isolated`.
            if all(isinstance(term, (Reference, Number)) for term in terms) and not (
                len(terms) > 1 and any(isinstance(term, Number) for term in terms)
            ):
                continue
            findings.append(
                subject.finding(
                    "unnamed flows",
                    "note",
                    stock,
                    f"the stock '{stock.name}' changes by an expression, not by named flows",
                    text="INTEG",
                    line=equation.line,
                    evidence=equation.text,
                    fix="make each flow a variable with units, so that it can be seen and checked",
                    cause="stocks with expressions for flows",
                )
            )
            break
    summary = f"{stocks - len(findings)} of {plural(stocks, 'stock')} change by named flows only"
    return Outcome("unnamed flows", tuple(findings), summary)


def _without_stock(subject: Subject) -> Outcome:
    """Find loops whose only states are delays of one TIME STEP.

    Loops without any state are errors, which reading finds.
    """
    model = subject.model
    direct = _into(one for one in links(model) if not one.initial and not one.delayed)
    lags = {name: list(_lagged(variable, model)) for name, variable in model.variables.items()}
    lags = {name: inputs for name, inputs in lags.items() if inputs}
    causes = {name: [*direct.get(name, ()), *lags.get(name, ())] for name in model.variables}
    findings = []
    for name, inputs in lags.items():
        for cause in inputs:
            before = _upstream(cause, causes)
            if name in before:
                around = [one for one in model.variables if one in before]
                around = [one for one in around if name in _upstream(one, causes)]
                findings.append(_step_loop(subject, model.variables[name], around))
                break
    summary = f"{plural(len(findings), 'loop')} with no state but a delay of one TIME STEP"
    return Outcome("loops without a stock", tuple(findings), summary)


def _step_loop(subject: Subject, variable: Variable, around: Sequence[str]) -> Finding:
    return subject.finding(
        "loops without a stock",
        "warning",
        variable,
        f"the loop through '{variable.name}' has no state but a delay of one TIME STEP, so that "
        "its speed can depend on TIME STEP",
        text="TIME STEP",
        evidence=f"in the loop: {listed(around)}",
        fix="put a stock or a delay with a time of its own into the loop",
    )


def _lagged(variable: Variable, model: Model) -> Iterator[str]:
    """Yield the inputs of a variable's delays of one TIME STEP."""
    for equation in variable.equations:
        yield from _lagged_in(equation, model)


def _lagged_in(equation: Equation, model: Model) -> Iterator[str]:
    for part in walk(equation.expression):
        if isinstance(part, Call) and part.function in _DELAYS and _is_step(part.arguments[1]):
            for inner in walk(part.arguments[0]):
                if isinstance(inner, Reference) and inner.name in model.variables:
                    yield inner.name


def _is_step(delay: Expression) -> bool:
    return isinstance(delay, Reference) and canonical(delay.name) == "time step"


CHECKS: tuple[Check, ...] = (
    Check(
        "outflow control",
        "No stock is drained when it is empty",
        "Does each outflow go to zero with its stock? What is not there cannot leave; without this "
        "control stocks of people, goods and tasks become negative.",
        _outflow_control,
        ("sterman2000", "lai_wahba2001"),
    ),
    Check(
        "unnamed flows",
        "Stocks change by named flows",
        "Is the net flow of each stock a sum of variables? A flow without a name has no units and "
        "no comment, and no diagram shows it.",
        _unnamed,
        ("sterman2000",),
    ),
    Check(
        "loops without a stock",
        "Every loop has a state of its own",
        "Is there a loop that only a delay of one TIME STEP opens? Its speed is that of the "
        "computation, not of the world.",
        _without_stock,
        ("sterman2000",),
    ),
)
