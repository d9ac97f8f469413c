"""A model with a switch for each feedback loop: one link of it, cut while the switch is on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from flatgov.model import Call, Equation, Expression, Model, Number, Reference, Variable
from flatgov.names import canonical

# Functions whose arguments have to stay plain references.
_WHOLE = ("VECTOR ", "ALLOCATE ", "INVERT MATRIX", "GET DATA ", "TIME SHIFT", "DATA")

Link = tuple[str, str]  # cause, effect


@dataclass(frozen=True)
class CutModel:
    """A model in which links can be cut.

    Attributes:
        model: The model with a constant for each link: 0 leaves it, to the last bit, 1 cuts it.
        switches: The name of this constant, by link.
    """

    model: Model
    switches: dict[Link, str]


def loop_links(loop: Sequence[str]) -> list[Link]:
    """Give the links of a loop in which each variable feeds the next, the last the first."""
    return list(zip(loop, [*loop[1:], *loop[:1]], strict=True))


def choose_links(model: Model, loops: Sequence[Sequence[str]]) -> list[Link | None]:
    """Choose the link of each loop whose cut leaves the others alone as far as possible.

    It is the link that is in the fewest loops. Of several, one into a stock is taken last: a stock
    that no longer sees its flow makes or loses what flows.

    Args:
        model: The model.
        loops: Their variables.

    Returns:
        For each loop a link, or None where none can be cut.
    """
    count = Counter(link for loop in loops for link in dict.fromkeys(loop_links(loop)))

    def order(link: Link) -> tuple[int, bool]:
        return count[link], model.variables[link[1]].kind == "stock"

    chosen: list[Link | None] = []
    for loop in loops:
        links = [link for link in loop_links(loop) if _can_be_cut(model, link)]
        chosen.append(min(links, key=order, default=None))
    return chosen


def cut_model(model: Model, links: Sequence[Link]) -> CutModel:
    """Give each link a switch.

    With the switch on, the effect sees its cause as it was at the start of the run, throughout
    the run: ``IF THEN ELSE(switch > 0.5, INITIAL(cause), cause)`` stands in the place of the
    cause.

    Args:
        model: The model.
        links: From `choose_links`, each once.
    """
    variables = dict(model.variables)
    taken = {canonical(name) for name in variables}
    switches: dict[Link, str] = {}
    for number, link in enumerate(links, start=1):
        name = f"link {number} is cut"
        while canonical(name) in taken:
            name += " here"
        switches[link] = name
        cause, effect = link
        variables[effect] = replace(
            variables[effect],
            equations=tuple(
                replace(one, expression=_cut(one.expression, canonical(cause), name))
                for one in variables[effect].equations
            ),
        )
    for name in switches.values():
        equation = Equation(Number(0.0), "0", 0)
        variables[name] = Variable(name, "constant", "", (None, None), "", (equation,))
    return CutModel(replace(model, variables=variables), switches)


def _can_be_cut(model: Model, link: Link) -> bool:
    """Tell whether the effect uses its cause, and only where any expression may stand."""
    cause = canonical(link[0])
    subscripted = bool(model.variables[link[0]].subscripts)
    found = False
    waiting: list[tuple[Expression, bool]] = [
        (one.expression, True) for one in model.variables[link[1]].equations
    ]
    while waiting:
        expression, free = waiting.pop()
        if isinstance(expression, Reference) and canonical(expression.name) == cause:
            if not free:
                return False
            found = True
        elif isinstance(expression, Call):
            # A macro may give the reference that it is handed other subscripts.
            bound = expression.function in model.macros and subscripted
            free = free and not bound and not expression.function.startswith(_WHOLE)
            waiting += [(argument, free) for argument in expression.arguments]
    return found


def _cut(expression: Expression, cause: str, switch: str) -> Expression:
    if isinstance(expression, Reference) and canonical(expression.name) == cause:
        on = Call(">", (Reference(switch), Number(0.5)))
        return Call("IF THEN ELSE", (on, Call("INITIAL", (expression,)), expression))
    if isinstance(expression, Call):
        arguments = tuple(_cut(argument, cause, switch) for argument in expression.arguments)
        return replace(expression, arguments=arguments)
    return expression
