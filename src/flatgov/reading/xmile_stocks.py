"""Non-negative stocks: their outflows are limited to what the stock holds.

The rule is isee systems' (help for Stella, "Flow prioritization"), which XMILE 1.0 leaves to the
vendors (section 4.2): an outflow is at most stock / DT, plus the inflows of the step, minus the
outflows that the stock lists before it. So nothing leaves that was not there, and no mass is
created. Where this rule leaves open what happens the model is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pysd.translators.structures import abstract_expressions as ae

from flatgov.errors import ModelError, Problems
from flatgov.model import Integrator
from flatgov.names import canonical
from flatgov.reading.xmile_functions import arithmetic, call
from flatgov.reading.xmile_model import Contents, Entry

# Structures whose value is that of a state: what they use is not needed in the same step.
_STATES = (
    *(ae.IntegStructure, ae.SmoothStructure, ae.SmoothNStructure, ae.DelayStructure),
    *(ae.DelayNStructure, ae.DelayFixedStructure, ae.TrendStructure, ae.ForecastStructure),
)
_NOT_NEEDED = (*_STATES, ae.InitialStructure)


@dataclass(frozen=True)
class Part:
    """An equation of a variable.

    Attributes:
        labels: The elements or dimensions on its left-hand side.
        structure: The right-hand side.
        text: As in the file.
        line: The line of the file.
    """

    labels: tuple[str, ...]
    structure: Any
    text: str
    line: int


Parts = dict[str, list[Part]]


@dataclass(frozen=True)
class Stock:
    """A stock with the canonical names of its flows, in order of priority."""

    entry: Entry
    inflows: tuple[str, ...]
    outflows: tuple[str, ...]
    non_negative: bool


def limit_outflows(
    stocks: list[Stock],
    parts: Parts,
    uniflows: set[str],
    contents: Contents,
    integrator: Integrator,
    problems: Problems,
) -> Parts:
    """Put the limits of non-negative stocks into the equations of their outflows.

    Args:
        stocks: All stocks.
        parts: The equations of all variables by canonical name.
        uniflows: The canonical names of the non-negative flows.
        contents: The variables of the file.
        integrator: The integration method.
        problems: Takes each stock whose limits the rule does not define, with the reason.

    Returns:
        The equations with the limits.
    """
    limited = dict(parts)
    drained: dict[str, str] = {}
    refused: set[str] = set()
    for stock in stocks:
        try:
            _limit_flows(stock, stocks, drained, parts, limited, uniflows, contents, integrator)
        except ModelError as error:
            problems.found.append(error)
            refused.add(stock.entry.name)
    for stock in stocks:
        if stock.non_negative and stock.entry.name not in refused:
            with problems.collect():
                _check_loops(stock, limited, contents)
    return limited


def _limit_flows(
    stock: Stock,
    stocks: list[Stock],
    drained: dict[str, str],
    parts: Parts,
    limited: Parts,
    uniflows: set[str],
    contents: Contents,
    integrator: Integrator,
) -> None:
    """Put the limits of one stock into `limited`."""
    for name in stock.outflows:
        other = drained.setdefault(name, stock.entry.name)
        if other != stock.entry.name and (stock.non_negative or _limited(other, stocks)):
            raise _refusal(
                stock,
                contents,
                f"the flow '{contents.entries[name].name}' leaves both '{other}' and this"
                " stock, of which one may not be negative",
            )
    flows = (*stock.inflows, *stock.outflows)
    if not stock.non_negative or not flows or not all(name in parts for name in flows):
        return
    no_flow = any(contents.entries[name].kind != "flow" for name in flows)
    if set(stock.inflows) & set(stock.outflows) or (no_flow and not contents.source.vensim):
        return  # It is told where the stock is read.
    _check(stock, parts, uniflows, contents, integrator)
    for place, name in enumerate(stock.outflows):
        before = stock.outflows[:place]
        limited[name] = [
            replace(part, structure=_limit(part, stock, before, name in uniflows, contents))
            for part in limited[name]
        ]


def has_states(structure: Any) -> bool:
    """Tell whether an integration method makes a difference to a structure."""
    if isinstance(structure, (tuple, list)):
        return any(map(has_states, structure))
    if isinstance(structure, _STATES):
        return True
    inside = vars(structure).values() if isinstance(structure, ae.AbstractSyntax) else ()
    return any(map(has_states, inside))


def _limited(name: str, stocks: list[Stock]) -> bool:
    return any(stock.non_negative for stock in stocks if stock.entry.name == name)


def _refusal(stock: Stock, contents: Contents, why: str, fix: str = "") -> ModelError:
    return ModelError(
        f"the non-negative stock is not supported: {why}",
        where=contents.source.where(stock.entry.name, stock.entry.node),
        fix=fix or "write the limits into the equations of its flows",
        text=stock.entry.node.get("name", ""),
    )


def _check(
    stock: Stock,
    parts: Parts,
    uniflows: set[str],
    contents: Contents,
    integrator: Integrator,
) -> None:
    """Refuse what the rule does not cover."""
    if integrator != "euler":
        raise _refusal(
            stock,
            contents,
            "its limits hold for a step of DT, and the integration method is not Euler",
            'use method="Euler"',
        )
    for name in (*stock.inflows, *stock.outflows):
        flow = contents.entries[name]
        signed = name not in uniflows and not all(map(_is_positive, parts[name]))
        if signed and (name in stock.inflows or len(stock.outflows) > 1):
            raise _refusal(
                stock,
                contents,
                f"its flow '{flow.name}' may be negative, and then the order of flows is open",
                f"make '{flow.name}' non-negative",
            )
        if flow.dimensions != stock.entry.dimensions:
            raise _refusal(stock, contents, f"its flow '{flow.name}' has other dimensions")


def _is_positive(part: Part) -> bool:
    return isinstance(part.structure, float) and part.structure >= 0.0


def _limit(
    part: Part, stock: Stock, before: tuple[str, ...], uniflow: bool, contents: Contents
) -> Any:
    def at(entry: Entry) -> Any:
        inside = ae.SubscriptsReferenceStructure(list(part.labels)) if part.labels else None
        return ae.ReferenceStructure(entry.name, inside)

    held = arithmetic("/", at(stock.entry), ae.ReferenceStructure("time_step"))
    inflows = [at(contents.entries[name]) for name in stock.inflows]
    earlier = [at(contents.entries[name]) for name in before]
    signs = ["+"] * len(inflows) + ["-"] * len(earlier)
    left = ae.ArithmeticStructure(signs, (held, *inflows, *earlier)) if signs else held
    # Nothing is left where rounding gives a trace below zero.
    return call("min", part.structure, call("max", left, 0.0))


def _check_loops(stock: Stock, parts: Mapping[str, list[Part]], contents: Contents) -> None:
    """Refuse an outflow whose limit depends on itself within one step."""
    for name in stock.outflows:
        came_from: dict[str, str] = {}
        pending = [name]
        while pending:
            used = pending.pop()
            for other in {*_needed([part.structure for part in parts.get(used, [])])}:
                if other == name:
                    raise _refusal(stock, contents, _loop_text(name, used, came_from, contents))
                if other not in came_from:
                    came_from[other] = used
                    pending.append(other)


def _loop_text(name: str, last: str, came_from: dict[str, str], contents: Contents) -> str:
    path = [last]
    while path[-1] != name:
        path.append(came_from[path[-1]])
    names = [contents.entries[key].name for key in path[::-1]]
    return f"the limit of its outflow depends on itself: {' → '.join([*names, names[0]])}"


def _needed(structure: Any) -> Iterator[str]:
    """Yield the canonical names of the variables whose value of the same step is needed."""
    if isinstance(structure, ae.ReferenceStructure):
        yield canonical(structure.reference)
    elif isinstance(structure, (tuple, list)):
        for part in structure:
            yield from _needed(part)
    elif isinstance(structure, ae.AbstractSyntax) and not isinstance(structure, _NOT_NEEDED):
        yield from _needed(tuple(vars(structure).values()))
