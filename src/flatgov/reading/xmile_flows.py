"""The flows of a stock of an XMILE file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pysd.translators.structures import abstract_expressions as ae

from flatgov.errors import nearest_names
from flatgov.names import canonical
from flatgov.reading.xmile_equation import emit
from flatgov.reading.xmile_expression import ExpressionError, Name, parse
from flatgov.reading.xmile_file import children, tag_of
from flatgov.reading.xmile_model import Contents, Entry
from flatgov.reading.xmile_pieces import at, collapse
from flatgov.reading.xmile_scope import Scope

_OTHERS = {"stock": "a stock", "gf": "a graphical function", "aux": "an auxiliary"}


def flow_names(entry: Entry, tag: str, contents: Contents) -> tuple[str, ...]:
    """Give the canonical names of the flows that a stock lists, of those that are defined."""
    names = []
    for node in children(entry.node, tag):
        try:
            flow = contents.find(_flow(node, entry, contents).text, entry.model)
        except ExpressionError:
            continue
        if flow is not None:
            names.append(canonical(flow.name))
    return tuple(names)


def _flow(node: Any, entry: Entry, contents: Contents) -> Name:
    text = collapse(node)
    found = contents.find(text, entry.model)
    if found is not None:  # also where it ought to stand in quotes
        name = Name(text)
    else:
        parsed = parse(text)
        if not isinstance(parsed, Name):
            raise ExpressionError(f"<{tag_of(node)}> needs the name of a flow", text=text)
        name = parsed
        found = contents.find(name.text, entry.model)
    # Vensim exports flows as auxiliaries (test model `zeroled_decimals` of SDXorg).
    vensim = contents.source.vensim
    if found is not None and found.kind in _OTHERS and not (found.kind == "aux" and vensim):
        what = f"'{found.name}' in <{tag_of(node)}> is {_OTHERS[found.kind]}, not a flow"
        fix = "define it with <flow> if it is one" if found.kind == "aux" else ""
        raise ExpressionError(what, text=text, fix=fix)
    unknown = found is None and canonical(name.text) not in contents.parameters
    if unknown and canonical(name.text).partition(".")[0] not in contents.missing:
        flows = [one.name for one in contents.entries.values() if one.kind == "flow"]
        raise ExpressionError(
            f"the flow '{text}' of <{tag_of(node)}> is not defined",
            text=text,
            nearest=nearest_names(text, flows),
        )
    return name


def net_flow(entry: Entry, scope: Scope) -> Any:
    """Give the inflows of a stock less its outflows; what is wrong goes to `scope.errors`."""
    inflows, outflows = (list(_flows(entry, tag, scope)) for tag in ("inflow", "outflow"))
    if not inflows and not outflows:
        return 0.0
    if not inflows:
        inflows = [ae.ArithmeticStructure(["negative"], (outflows.pop(0),))]
    _check_both_ends(entry, scope)
    signs = ["+"] * (len(inflows) - 1) + ["-"] * len(outflows)
    terms = (*inflows, *outflows)
    return ae.ArithmeticStructure(signs, terms) if signs else terms[0]


def _check_both_ends(entry: Entry, scope: Scope) -> None:
    """Report each flow that leaves the stock which it enters."""
    enters = flow_names(entry, "inflow", scope.contents)
    for node in children(entry.node, "outflow"):
        flow = scope.contents.find(collapse(node).strip('"'), entry.model)
        if flow is not None and canonical(flow.name) in enters:
            error = ExpressionError(
                f"the flow '{flow.name}' is an inflow and an outflow of the same stock",
                text=collapse(node),
                fix="remove one of the two",
            )
            scope.errors.append(at(error, node.sourceline))


def _flows(entry: Entry, tag: str, scope: Scope) -> Iterator[Any]:
    seen: set[str] = set()
    for node in children(entry.node, tag):
        before = len(scope.errors)
        try:
            flow = _flow(node, entry, scope.contents)
            if canonical(flow.text) in seen:
                what = f"the flow '{flow.text}' stands twice in <{tag}>"
                raise ExpressionError(what, text=flow.text, fix="list it once")
            seen.add(canonical(flow.text))
            yield emit(flow, scope)
        except ExpressionError as error:
            scope.errors.append(error)
            yield 0.0
        for one in scope.errors[before:]:
            at(one, node.sourceline)
