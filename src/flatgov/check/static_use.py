"""Checks of how the variables of a model hang together: what is used, what stands alone."""

from __future__ import annotations

import re
from collections.abc import Iterator

from flatgov.check.findings import Finding, Outcome
from flatgov.check.static_pieces import listed, net_flows, plural
from flatgov.check.subject import Check, Subject
from flatgov.graph import links
from flatgov.model import Call, Model, Number, Table, Variable, references
from flatgov.names import canonical
from flatgov.reading.diagnose import walk

# Vensim takes it as the seed of all random numbers that have none of their own.
_SEED = "noise seed"
_UNUSED = {
    "constant": "change or remove it: whatever its value, nothing follows",
    "lookup": "use it in an equation or remove it",
}


def _unused(subject: Subject) -> Outcome:
    """Find constants and lookups that nothing uses, and results that no part of a study names."""
    model = subject.model
    used = {
        canonical(name)
        for variables in (model.variables, *(macro.variables for macro in model.macros.values()))
        for variable in variables.values()
        for equation in variable.equations
        for name in references(equation.expression)
    }
    used |= {_SEED, *map(canonical, model.time_constants)}
    ends = [one for one in model.variables.values() if canonical(one.name) not in used]
    ends = [one for one in ends if not (one.kind == "constant" and _copied(one, model))]
    findings = [
        subject.finding(
            "unused",
            "warning",
            one,
            f"nothing uses the {one.kind} '{one.name}'",
            text=one.name,
            fix=_UNUSED[one.kind],
        )
        for one in ends
        if one.kind in _UNUSED
    ]
    results = [one for one in ends if one.kind in ("auxiliary", "flow")]
    if subject.study is not None:
        named = _named_in_study(subject)
        findings += [
            subject.finding(
                "unused",
                "note",
                one,
                f"nothing in the model or the study uses '{one.name}'",
                text=one.name,
                fix="remove it, or name it in the evidence or the figures",
                cause="results that nobody asks for",
            )
            for one in results
            if canonical(one.name) not in named
        ]
    unused = sum(one.kind in _UNUSED for one in ends)
    summary = (
        f"{unused} constants and lookups without a use; "
        f"{plural(len(results), 'result')} at the end of the chain"
    )
    data = {"results": [one.name for one in results]}
    return Outcome("unused", tuple(findings), summary, data)


def _copied(constant: Variable, model: Model) -> bool:
    """Tell whether other equations hold a copy of the table of a constant.

    In XMILE `LOOKUP(name, x)` reads the table of a variable that has an equation too.
    """
    own = set(_tables(constant))
    return bool(own) and any(
        not own.isdisjoint(_tables(one))
        for one in model.variables.values()
        if one.name != constant.name
    )


def _tables(variable: Variable) -> Iterator[Table]:
    for equation in variable.equations:
        if isinstance(equation.expression, Call):
            yield from (part for part in walk(equation.expression) if isinstance(part, Table))


def _named_in_study(subject: Subject) -> set[str]:
    """Give every text of a study's files that may be the name of a variable."""
    study = subject.study
    if study is None:
        return set()
    pending: list[object] = [study.evidence.model_dump(), study.figures.model_dump()]
    texts = [*study.headline, *study.better]
    while pending:
        part = pending.pop()
        if isinstance(part, dict):
            pending += [*part.keys(), *part.values()]
        elif isinstance(part, (list, tuple, set, frozenset)):
            pending += part
        elif isinstance(part, str):
            texts += [part, *re.findall(r"'([^']+)'", part)]
    return {canonical(text) for text in texts}


def _isolated(subject: Subject) -> Outcome:
    findings = [*_alone(subject), *_parts(subject)]
    summary = f"{plural(len(findings), 'part')} without a connection to the rest"
    return Outcome(
        "isolated", tuple(findings), summary if findings else "all variables are connected"
    )


def _alone(subject: Subject) -> Iterator[Finding]:
    for variable in subject.model.variables.values():
        flows = [flow for flow, _ in net_flows(e.expression for e in variable.equations)]
        if flows and all(isinstance(flow, Number) for flow in flows):
            still = all(flow == Number(0.0) for flow in flows)
            yield subject.finding(
                "isolated",
                "note",
                variable,
                f"the stock '{variable.name}' has no flow"
                + (": it never changes" if still else ", only a number"),
                text="INTEG",
                fix="make it a constant" if still else "give the flow a name and units",
            )


def _parts(subject: Subject) -> Iterator[Finding]:
    """Find parts of the model that share no variable with its largest part."""
    variables = subject.model.variables
    groups = _connected(subject)
    if len(groups) < 2:
        return
    for group in groups[1:]:
        first = variables[group[0]]
        if len(group) == 1 and not _stands_alone(first):
            continue
        what = (
            f"'{first.name}' is connected to nothing"
            if len(group) == 1
            else f"{len(group)} variables from '{first.name}' on are connected only to each other"
        )
        yield subject.finding(
            "isolated",
            "note",
            first,
            what,
            text=first.name,
            evidence=listed(group) if len(group) > 1 else "",
            fix="connect them to the rest, or keep them in a model of their own",
            cause="parts without a connection to the rest",
        )


def _stands_alone(variable: Variable) -> bool:
    """Tell whether a single variable without links is found by no other check, and no data."""
    return variable.kind in ("auxiliary", "flow", "stock")


def _connected(subject: Subject) -> list[list[str]]:
    """Give the names of each connected part in the order of the file, the largest first."""
    neighbours: dict[str, list[str]] = {name: [] for name in subject.model.variables}
    for link in links(subject.model):
        neighbours[link.cause].append(link.effect)
        neighbours[link.effect].append(link.cause)
    order = {name: number for number, name in enumerate(neighbours)}
    groups: list[list[str]] = []
    seen: set[str] = set()
    for start in neighbours:
        if start in seen:
            continue
        seen.add(start)
        group = [start]
        for name in group:  # Grows while it is walked.
            new = [one for one in dict.fromkeys(neighbours[name]) if one not in seen]
            seen.update(new)
            group += new
        groups.append(sorted(group, key=order.__getitem__))
    return sorted(groups, key=len, reverse=True)


CHECKS: tuple[Check, ...] = (
    Check(
        "unused",
        "Everything in the model is used",
        "Are there constants and lookups that no equation uses? Who changes one sees no effect and "
        "may take that for a result.",
        _unused,
        ("martinez_moyano2012",),
    ),
    Check(
        "isolated",
        "The parts of the model are connected",
        "Is there a variable or a group of them without a link to the rest, or a stock that "
        "nothing fills or drains? It is left over, or a link was forgotten.",
        _isolated,
        ("sterman2000",),
    ),
)
