"""Right-hand sides of Vensim's equations → expression trees, or the place that does not fit.

The order of operators is that of Vensim's reference manual, "Operators": powers, which group from
the right and bind closer than a sign, then ``* /``, ``+ -``, comparisons, ``:NOT:``, ``:AND:``,
``:OR:``.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable

from flatgov.limits import check
from flatgov.model import NA, Call, Expression, Number, Reference, Text
from flatgov.names import canonical
from flatgov.reading.slips import misfit, unclosed
from flatgov.reading.vensim_numbers import points_end, read_array, read_points, tabbed
from flatgov.reading.vensim_tokens import (
    COMPARISONS,
    OPERATORS,
    SUBSCRIPTS,
    Slip,
    Token,
    next_token,
    piece,
    shorten,
)

_LONGEST = 1000
_DEEPEST = 300  # All that goes through a tree calls itself once or twice for a level.
_SUBSCRIPTS = re.compile(SUBSCRIPTS)
_PART = re.compile(r'"(?:\\.|[^"\\])*"\s*!?|[^,\[\]]+')
_IF = re.compile(r"if\b.*\bthen\b", re.IGNORECASE | re.DOTALL)
# Functions that read what others do, from other places.
_SAME = {
    "GET XLS CONSTANTS": "GET DIRECT CONSTANTS",
    "GET XLS DATA": "GET DIRECT DATA",
    "GET XLS LOOKUPS": "GET DIRECT LOOKUPS",
}


def read_expression(text: str, start: int, subscripted: bool = True, where: str = "") -> Expression:
    """Read a right-hand side.

    Names stay as they are written; a call of a lookup without subscripts looks like one of a
    function.

    Args:
        text: The whole definition, with its line breaks.
        start: Where the right-hand side starts.
        subscripted: Whether the left-hand side has subscripts, so that it may be a list.
        where: The place of the definition, for a limit.

    Raises:
        Slip: It is no expression.
        FlatgovError: It is nested too deeply.
    """
    array = read_array(text, start, subscripted)
    if array is not None:
        return array
    try:
        tree = _Parser(text, start, where).whole()
        if len(text) - start > 2 * _DEEPEST and _depth(tree) > _DEEPEST:
            raise RecursionError
        return tree
    except RecursionError:
        raise Slip("the equation is nested too deeply", start, piece(text, start).strip()) from None


def _depth(tree: Expression) -> int:
    """Count the levels of a tree; a row of terms, which groups from the left, is one."""
    most, pending = 0, [(tree, 1)]
    while pending:
        part, depth = pending.pop()
        most = max(most, depth)
        if isinstance(part, Call) and part.arguments:
            same = part.function in OPERATORS
            pending.append((part.arguments[0], depth if same else depth + 1))
            pending += [(argument, depth + 1) for argument in part.arguments[1:]]
    return most


class _Parser:
    def __init__(self, text: str, start: int, where: str) -> None:
        self._text, self._where = text, where
        self._open: list[Token] = []  # the parentheses, each with the name before it
        self._before: Token | None = None
        self._next = next_token(text, start)

    def whole(self) -> Expression:
        if self._next.kind == "end":
            what, fix = "the right-hand side is empty", "write the equation after '='"
            raise Slip(what, len(self._text.rstrip()) - 1, "=", fix)
        tree = self._or()
        if self._next.kind != "end" and self._next.text != ":IGNORE:":  # causes without a use
            raise self._misfit()
        return tree

    def _misfit(self) -> Slip:
        return misfit(self._text, self._before, self._next, self._open)

    def _advance(self, position: int | None = None) -> Token:
        token = self._next
        end = token.end if position is None else position
        self._before, self._next = token, next_token(self._text, end)
        return token

    def _accept(self, *signs: str) -> str | None:
        if self._next.text in signs and self._next.kind in ("sign", "keyword"):
            return self._advance().text
        return None

    def _from_left(self, operand: Callable[[], Expression], *signs: str) -> Expression:
        tree = operand()
        while sign := self._accept(*signs):
            tree = Call(sign, (tree, operand()))
        return tree

    def _or(self) -> Expression:
        terms = [self._from_left(self._not, ":AND:")]
        while self._accept(":OR:"):
            terms.append(self._from_left(self._not, ":AND:"))
        return functools.reduce(lambda left, right: Call(":OR:", (left, right)), terms)

    def _not(self) -> Expression:
        if self._accept(":NOT:"):
            return Call(":NOT:", (self._not(),))
        left = self._sum()
        sign = self._accept(*COMPARISONS)
        return Call(sign, (left, self._sum())) if sign else left

    def _sum(self) -> Expression:
        return self._from_left(self._product, "+", "-")

    def _product(self) -> Expression:
        return self._from_left(self._power, "*", "/")

    def _power(self) -> Expression:
        """Read powers from the right; a sign before a base takes what follows too."""
        negative = self._accept("-", "+") == "-"
        tree = self._primary()
        if self._accept("^"):
            tree = Call("^", (tree, self._power()))
        if not negative:
            return tree
        return Number(-tree.value) if isinstance(tree, Number) else Call("negative", (tree,))

    def _primary(self) -> Expression:
        token = self._next
        if token.kind == "number":
            value = float(token.text)
            if value == float("inf"):
                what = f"'{token.text}' is too large for a number"
                raise Slip(what, token.start, token.text, "write a number below 1e308")
            self._advance()
            return Number(value)
        if token.kind == "name":
            return self._name()
        if token.text == "(":
            self._enter(self._advance())
            tree = self._or()
            self._leave()
            return tree
        if token.text == ":NA:":
            self._advance()
            return Number(NA)
        raise self._misfit()

    def _enter(self, token: Token) -> None:
        self._open.append(token)
        depth = len(self._open)
        what = f"the equation is nested {depth} deep"
        check("nesting", depth, what, where=self._where, text=piece(self._text, token.start))

    def _leave(self) -> None:
        if self._next.text != ")":
            raise self._misfit()
        self._open.pop()
        self._advance()

    def _name(self) -> Expression:
        token = self._advance()
        if len(token.text) > _LONGEST:
            what = f"a name has {len(token.text):,} characters"
            raise Slip(what, token.start, piece(self._text, token.start))
        subscripts: tuple[str, ...] = ()
        if self._next.text == "[":
            subscripts = self._subscripts()
        if self._next.text != "(":
            if token.text[:2].lower() == "if" and _IF.match(self._text, token.start):
                raise _no_if(token)
            return Reference(token.text, subscripts)
        if subscripts:
            return Call("LOOKUP", (Reference(token.text, subscripts), *self._arguments(token)))
        name = canonical(token.text).upper()
        if name == "IF":
            raise _no_if(token)
        if name == "WITH LOOKUP":
            return self._with_lookup(token)
        if name == "TABBED ARRAY":
            return self._tabbed(token)
        return Call(_SAME.get(name, name), self._arguments(token))

    def _subscripts(self) -> tuple[str, ...]:
        match = _SUBSCRIPTS.match(self._text, self._next.start)
        if match is None:
            raise _wrong_subscripts(self._text, self._next.start)
        self._advance(match.end())
        names = (part.strip() for part in _PART.findall(match.group()[1:-1]))
        return tuple(re.sub(r"\s*!$", "!", " ".join(name.split())) for name in names)

    def _arguments(self, name: Token) -> tuple[Expression, ...]:
        self._advance()
        self._enter(name)
        if self._accept(")"):
            self._open.pop()
            return ()
        arguments = [self._argument()]
        while self._accept(","):
            arguments.append(self._argument())
        self._leave()
        return tuple(arguments)

    def _argument(self) -> Expression:
        if self._next.kind == "text":
            return Text(self._advance().text[1:-1])
        return self._or()

    def _with_lookup(self, name: Token) -> Expression:
        self._advance()
        self._enter(name)
        argument = self._or()
        if self._next.text != ",":
            raise self._misfit()
        start = self._next.end
        end = points_end(self._text, start)
        table = read_points(self._text, start, end)
        self._advance(end)
        self._leave()
        return Call("WITH LOOKUP", (argument, table))

    def _tabbed(self, name: Token) -> Expression:
        start = self._next.end
        end = self._text.find(")", start)
        if end < 0:
            raise unclosed(self._text, name)
        table = tabbed(self._text, start, end)
        self._advance(end + 1)
        return table


def _no_if(token: Token) -> Slip:
    return Slip(
        "there is no IF in Vensim",
        token.start,
        token.text.split()[0],
        "write IF THEN ELSE(condition, value if true, value if false)",
    )


def _wrong_subscripts(text: str, start: int) -> Slip:
    end = text.find("]", start)
    if end < 0:
        return Slip("'[' is not closed", start, piece(text, start), "close it with ']'")
    inside = text[start + 1 : end]
    if not inside.strip():
        return Slip("the brackets are empty", start, text[start : end + 1], "name a subscript")
    for match in re.finditer(r"[^\w\s'$!,\"]", re.sub(r'"(?:\\.|[^"\\])*"', _blank, inside)):
        next_token(text, start + 1 + match.start())  # which says more of some signs
    found = piece(text, start, end + 1)
    return Slip(
        f"the subscripts '{shorten(found)}' are no list of names",
        start,
        found,
        "write them as [name, name]",
    )


def _blank(match: re.Match[str]) -> str:
    return "_" * len(match.group())
