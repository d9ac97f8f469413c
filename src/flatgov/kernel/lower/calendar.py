"""GET TIME VALUE."""

from __future__ import annotations

from collections.abc import Callable

from flatgov.kernel.lower.scope import Scope
from flatgov.model import Call

Rule = Callable[[Scope, Call], int]


def _get_time_value(scope: Scope, call: Call) -> int:
    """GET TIME VALUE(relative to, offset, measure): only what needs no calendar or clock."""
    relative = scope.steady(call.arguments[0], "the first argument of GET TIME VALUE")
    measure = scope.steady(call.arguments[2], "the third argument of GET TIME VALUE")
    if relative != 0 or measure != 0:
        raise scope.error(
            f"GET TIME VALUE({relative:g}, …, {measure:g}) is not supported",
            fix="only GET TIME VALUE(0, offset, 0), which is Time + offset, is",
        )
    return scope.builder.add(scope.time(), scope.lower(call.arguments[1]))


def _time_base(scope: Scope, call: Call) -> int:
    """TIME BASE(start, slope): start + Time * slope; fn_time_base.html."""
    start, slope = scope.arguments(call)
    return scope.builder.add(start, scope.builder.mul(scope.time(), slope))


FUNCTIONS: dict[str, Rule] = {"GET TIME VALUE": _get_time_value, "TIME BASE": _time_base}
