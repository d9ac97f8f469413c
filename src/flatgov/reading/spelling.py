"""The spelling of names in expression trees: that of their definitions."""

from __future__ import annotations

from collections.abc import Mapping

from flatgov.model import Call, Expression, Reference
from flatgov.names import canonical
from flatgov.reading.functions import OPERATORS
from flatgov.reading.parsed import display_name

# Names under which PySD keeps functions of XMILE that differ from Vensim's; `xmile_functions`
# writes them, so that PySD can run the model too.
_OTHER_NAMES = {
    "xramp": "RAMP",
    "xpulse": "XMILE PULSE",
    "xpulse_train": "XMILE PULSE TRAIN",
}


def function_name(reference: str) -> str:
    """Give a function's Vensim name in capitals from PySD's form of it."""
    return _OTHER_NAMES.get(reference.lower(), canonical(reference).upper())


def respell(tree: Expression, spelling: Mapping[str, str]) -> Expression:
    """Give the names in a tree their own spelling; a call of a variable is one of a lookup."""
    rest = []  # Rows of terms may be thousands long; they group from the left.
    while isinstance(tree, Call) and tree.function in OPERATORS and len(tree.arguments) == 2:
        rest.append((tree.function, tree.arguments[1]))
        tree = tree.arguments[0]
    own = _respell_one(tree, spelling)
    for operator, right in reversed(rest):
        own = Call(operator, (own, respell(right, spelling)))
    return own


def _respell_one(tree: Expression, spelling: Mapping[str, str]) -> Expression:
    match tree:
        case Reference(name, subscripts):
            return Reference(spelling.get(canonical(name)) or display_name(name), subscripts)
        case Call(function, arguments):
            own = tuple(respell(argument, spelling) for argument in arguments)
            known = spelling.get(canonical(function))
            return Call("LOOKUP", (Reference(known), *own)) if known else Call(function, own)
    return tree
