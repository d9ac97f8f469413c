"""Equations of XMILE → the structures that the readers of all formats hand on."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from pysd.translators.structures import abstract_expressions as ae

from flatgov.errors import nearest_names
from flatgov.names import canonical
from flatgov.reading.function_forms import call_form
from flatgov.reading.functions import wrong_count
from flatgov.reading.hints import function_form
from flatgov.reading.xmile_expression import Apply, ExpressionError, Literal, Name, Node
from flatgov.reading.xmile_functions import (
    FUNCTIONS,
    UNSUPPORTED,
    arithmetic,
    call,
    chain,
    compare,
    modulo,
    previous,
    safe_division,
)
from flatgov.reading.xmile_model import Entry
from flatgov.reading.xmile_scope import Scope, marks, reference
from flatgov.reading.xmile_table import has_points, read_table

_LOGIC = {"and": ":AND:", "or": ":OR:", **{s: s for s in ("=", "<>", "<", "<=", ">", ">=")}}
# Functions over arrays, under the names that they have in PySD's structures.
_REDUCERS = {"sum": "sum", "prod": "prod", "min": "vmin", "max": "vmax"}


def emit(node: Node, scope: Scope) -> Any:
    """Convert an expression.

    What is unknown or not supported in it goes to `scope.errors`, and a number stands in its
    place. Of a part with something wrong inside nothing more is said.

    Raises:
        NeedsElementsError: It differs between the elements of the left-hand side in a way that
            subscripts cannot express.
    """
    before = len(scope.errors)
    try:
        return _emit(node, scope)
    except ExpressionError as error:
        if len(scope.errors) == before:
            scope.errors.append(error)
        return 0.0


def _emit(node: Node, scope: Scope) -> Any:
    if isinstance(node, Literal):
        return node.value
    if isinstance(node, Name):
        return reference(node, scope)
    if node.function in ("+", "-"):
        return _sum(node, scope)
    if node.function not in _OPERATORS:
        return _function(node, scope)
    return _operation(node.function, [emit(part, scope) for part in node.arguments], scope)


def _operation(sign: str, values: list[Any], scope: Scope) -> Any:
    if sign in _LOGIC:
        return compare(_LOGIC[sign], *values)
    if sign == "not":
        return ae.LogicStructure([":NOT:"], tuple(values))
    if sign == "if":
        return call("if_then_else", *values)
    if sign == "mod":
        return modulo(values[0], values[1], scope.vensim)
    if sign == "//":
        return safe_division(values[0], values[1], 0.0, scope.vensim)
    if sign == "negative":
        (value,) = values
        plain = isinstance(value, float)
        return -value if plain else ae.ArithmeticStructure(["negative"], (value,))
    return arithmetic(sign, *values)


_OPERATORS = frozenset({*_LOGIC, "not", "if", "mod", "//", "negative", "*", "/", "^"})


def _sum(node: Node, scope: Scope) -> ae.ArithmeticStructure:
    """Keep a chain of plus and minus as one structure: chains of hundreds of terms exist."""
    signs: list[str] = []
    terms: list[Node] = []
    while isinstance(node, Apply) and node.function in ("+", "-"):
        signs.append(node.function)
        terms.append(node.arguments[1])
        node = node.arguments[0]
    values = [emit(term, scope) for term in (node, *reversed(terms))]
    return ae.ArithmeticStructure(signs[::-1], tuple(values))


def _function(node: Apply, scope: Scope) -> Any:
    """Convert a call: of a graphical function, a macro, a function over arrays, another one."""
    name, arguments = node.function, node.arguments
    if not arguments:
        return reference(Name(name), scope)
    if name == "lookup" and len(arguments) == 2 and isinstance(arguments[0], Name):
        table = _table_call(arguments[0].text, arguments[1:], scope)
        if table is None:
            what = f"'{arguments[0].text}' is no graphical function"
            raise ExpressionError(what, text=arguments[0].text)
        return table
    table = _table_call(name, arguments, scope)
    if table is not None:
        return table
    if name in scope.contents.macros:
        return call(name.replace(" ", "_"), *(emit(part, scope) for part in arguments))
    entry = scope.contents.find(name, scope.entry.model)
    if entry is not None and (entry.broken or _without_points(entry)):
        return 0.0  # What is wrong is said of that variable.
    if entry is not None:
        raise ExpressionError(
            f"'{name}' is no graphical function or function, but an argument follows it",
            text=name,
            fix="put an operator before the parenthesis",
        )
    if len(arguments) == 1 and name in (*_REDUCERS, "mean", "size"):
        return _over_array(name, arguments[0], scope)
    if name in ("sum", "prod", "mean", "size"):
        what = wrong_count(name.upper(), len(arguments), 1, 1)
        raise ExpressionError(what, text=name, fix=call_form(name.upper(), xmile=True))
    if name == "previous" and len(arguments) == 2:
        return previous(
            emit(arguments[0], replace(scope, previous=True)), emit(arguments[1], scope)
        )
    return _plain_call(name, arguments, scope)


def _without_points(entry: Entry) -> bool:
    return entry.table is not None and not has_points(entry.table)


def _plain_call(name: str, arguments: tuple[Node, ...], scope: Scope) -> Any:
    shown = name.upper()
    if name in UNSUPPORTED:
        raise ExpressionError(f"the function {shown} is not supported", text=name)
    values = [emit(part, scope) for part in arguments]
    if name not in FUNCTIONS:
        form = function_form(name, xmile=True)
        nearest = () if form else nearest_names(name, map(str.upper, FUNCTIONS))
        what = f"there is no function '{shown}'"
        scope.errors.append(ExpressionError(what, text=name, nearest=nearest, fix=form))
        return 0.0
    least, most, rule = FUNCTIONS[name]
    if not least <= len(arguments) <= most:
        what = wrong_count(shown, len(arguments), least, most)
        form = call_form(shown, xmile=True)
        scope.errors.append(ExpressionError(what, text=name, fix=form))
        return 0.0
    return rule(*values, vensim=scope.vensim)


def _table_call(name: str, arguments: tuple[Node, ...], scope: Scope) -> Any:
    """Convert a call of a graphical function, or give None if there is none of that name."""
    contents, model = scope.contents, scope.entry.model
    entry = contents.find(name, model)
    local = canonical(f"{model}.{name}") if model else canonical(name)
    key = canonical(entry.name) if entry is not None else local
    if key not in contents.tables or len(arguments) != 1:
        return None
    argument = emit(arguments[0], scope)
    if entry is not None and entry.kind == "gf":
        return call(entry.name, argument)
    return ae.InlineLookupsStructure(argument, read_table(contents.tables[key]))


def _over_array(name: str, argument: Node, scope: Scope) -> Any:
    """Convert SUM, PROD, MIN, MAX, MEAN or SIZE of one array."""
    dimension = scope.contents.dimensions.get(
        canonical(argument.text) if isinstance(argument, Name) else ""
    )
    if name == "size" and dimension is not None:
        return float(len(dimension.labels))
    inside = replace(scope, reducing=True)
    parts = [emit(part, inside) for part in _written_out(argument, scope)]
    count = len(parts) * math.prod(
        len(scope.contents.dimensions[canonical(dimension)].labels)
        for dimension in {*marks(parts[0])}
    )
    if len(parts) == 1 and not any(marks(parts[0])):
        if _is_broken(argument, scope):
            return 0.0  # What is wrong is said of the array.
        more = "give it more arguments, or an array" if name in ("min", "max") else ""
        what = f"{name.upper()} has no array to run over"
        raise ExpressionError(what, text=name, fix=more)
    if name == "size":
        return float(count)
    function = _REDUCERS.get(name, "sum")
    reduced = [call(function, part) if any(marks(part)) else part for part in parts]
    if name == "mean":
        return arithmetic("/", arithmetic("+", *reduced), float(count))
    if name in ("min", "max"):
        return chain(name, *reduced)
    return arithmetic("+" if name == "sum" else "*", *reduced)


def _is_broken(node: Node, scope: Scope) -> bool:
    """Tell whether an expression names an array of which something is wrong."""
    if isinstance(node, Name):
        entry = scope.contents.find(node.text, scope.entry.model)
        return entry is not None and entry.broken
    return isinstance(node, Apply) and any(_is_broken(part, scope) for part in node.arguments)


def _written_out(node: Node, scope: Scope) -> list[Node]:
    """Write the argument out for each element of its ranges such as ``A[2:4]``, in step."""
    lengths = {last - first + 1 for first, last in _ranges(node)}
    if not lengths:
        return [node]
    if len(lengths) > 1 or min(lengths) < 1:
        raise ExpressionError("the ranges of elements do not have one length", text=":")
    return [_at(node, place) for place in range(lengths.pop())]


def _ranges(node: Node) -> Iterator[tuple[int, int]]:
    """Yield the first and the last element of each range in an expression."""
    if isinstance(node, Name):
        for subscript in node.subscripts or ():
            if isinstance(subscript, Apply) and subscript.function == ":":
                first, last = subscript.arguments
                if not (isinstance(first, Literal) and isinstance(last, Literal)):
                    what = "a range of elements needs two numbers, as in A[1:3]"
                    raise ExpressionError(what, text=node.text)
                yield int(first.value), int(last.value)
    elif isinstance(node, Apply):
        for argument in node.arguments:
            yield from _ranges(argument)


def _at(node: Node, place: int) -> Node:
    """Put the element at a place of each range in place of the range."""
    if isinstance(node, Apply):
        return Apply(node.function, tuple(_at(part, place) for part in node.arguments))
    if not isinstance(node, Name) or node.subscripts is None:
        return node
    return replace(
        node,
        subscripts=tuple(
            Literal(first.value + place)
            if isinstance(subscript, Apply)
            and subscript.function == ":"
            and isinstance(first := subscript.arguments[0], Literal)
            else subscript
            for subscript in node.subscripts
        ),
    )
