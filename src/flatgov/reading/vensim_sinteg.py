"""SINTEG of Vensim: a stock that stays within limits.

Its form is that of Vensim's reference manual, "SINTEG": after the net flow and the initial value
follow lowest and highest value, a unit of which the stock is a multiple, a special value, and how
near to that the stock has to be to take it; each may be ``:NA:``.
"""

from __future__ import annotations

from flatgov.model import NA, Call, Expression, Number, Reference
from flatgov.reading.vensim_left import Left
from flatgov.reading.vensim_tokens import Slip


def without_limits(tree: Expression, left: Left, position: int) -> Expression:
    """Write ``SINTEG(flow, initial, low, high, :NA:, :NA:, :NA:)`` as an INTEG.

    The flow is what one step leaves of it between the limits:
    ``(MIN(MAX(x + flow * TIME STEP, low), high) - x) / TIME STEP``. Euler's method then stops at a
    limit; RK4 comes near to it in a few steps, and does not pass it either.

    Args:
        tree: The right-hand side.
        left: The left-hand side.
        position: Where the right-hand side starts, for messages.

    Raises:
        Slip: It is a SINTEG that is not supported.
    """
    if not isinstance(tree, Call) or tree.function != "SINTEG":
        return tree
    if len(tree.arguments) != 7:
        what = f"SINTEG is given {len(tree.arguments)} arguments and takes 7"
        raise Slip(what, position, "SINTEG")
    flow, initial, low, high, *others = tree.arguments
    if any(other != Number(NA) for other in others):
        raise Slip(
            "only the limits of SINTEG are supported",
            position,
            "SINTEG",
            "write :NA: for the arguments after the first four",
        )
    if low == high == Number(NA):
        return Call("INTEG", (flow, initial))
    stock = Reference(left.name, tuple(left.subscripts))
    step = Reference("TIME STEP")
    moved = _between(Call("+", (stock, Call("*", (flow, step)))), low, high)
    net = Call("/", (Call("-", (moved, stock)), step))
    return Call("INTEG", (net, _between(initial, low, high)))


def _between(tree: Expression, low: Expression, high: Expression) -> Expression:
    if low != Number(NA):
        tree = Call("MAX", (tree, low))
    return tree if high == Number(NA) else Call("MIN", (tree, high))
