"""Functions over subscripts: sums and the like over ``range!``, and whole vectors."""

from __future__ import annotations

from collections.abc import Callable

from flatgov.kernel.lower.scope import Scope
from flatgov.model import Call, Reference
from flatgov.names import canonical

Rule = Callable[[Scope, Call], int]


def _reduce(code: str) -> Rule:
    """SUM, PROD, VMIN, VMAX: from the left over all combinations of the marked ranges."""

    def rule(scope: Scope, call: Call) -> int:
        items = [one.lower(call.arguments[0]) for one in scope.over(call, call.arguments)]
        if code == "add":
            return scope.builder.sum(items)
        result, *rest = items
        for item in rest:
            result = scope.builder.op(code, result, item)
        return result

    return rule


def _elmcount(scope: Scope, call: Call) -> int:
    reference = call.arguments[0]
    ranges = scope.lowering.ranges
    if not isinstance(reference, Reference) or not ranges.is_range(canonical(reference.name)):
        raise scope.error("the argument of ELMCOUNT is no subscript range")
    return scope.number(float(len(ranges.elements[canonical(reference.name)])))


FUNCTIONS: dict[str, Rule] = {
    "SUM": _reduce("add"),
    "PROD": _reduce("mul"),
    "VMIN": _reduce("min"),
    "VMAX": _reduce("max"),
    "ELMCOUNT": _elmcount,
}
