"""The expressions of XMILE → small trees, after the grammar of its specification.

OASIS, XMILE 1.0, section 3.3: powers bind closest and group from the right, then the signs and
NOT, then ``* / MOD``, ``+ -``, ``< <= > >=``, ``= <>``, AND, OR. What Vensim writes differs in one
point: its NOT takes a whole comparison.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flatgov import limits
from flatgov.errors import FlatgovError
from flatgov.names import canonical
from flatgov.reading.hints import sign_form
from flatgov.reading.slips import XMILE, misfit
from flatgov.reading.vensim_tokens import Slip, Token, distinct, wrong_sign

_PIECES = re.compile(r'\.|"(?:\\.|[^"\\])*"?|[^."]+')


class ExpressionError(ValueError):
    """An equation that is not understood; the message says what and where in it.

    Args:
        what: The problem.
        text: The offending piece as it stands in the file.
        nearest: The right names that a wrong one may have meant.
        fix: What to do.
        line: The line, where it is not that of the equation.
    """

    def __init__(
        self,
        what: str,
        *,
        text: str = "",
        nearest: Sequence[str] = (),
        fix: str = "",
        line: int = 0,
    ) -> None:
        super().__init__(what)
        self.text, self.nearest, self.fix, self.line = text, tuple(nearest), fix, line


@dataclass(frozen=True)
class Literal:
    """A number."""

    value: float


@dataclass(frozen=True)
class Name:
    """A variable, a dimension or a function without arguments.

    Attributes:
        text: As written, without quotes; a dot stands between a module and its variable.
        subscripts: What stands in square brackets, or None.
        transposed: Whether an apostrophe follows.
    """

    text: str
    subscripts: tuple[Node, ...] | None = None
    transposed: bool = False


@dataclass(frozen=True)
class Apply:
    """An operator or a function with its arguments.

    Functions are in lower case; operators their sign (``"+"``, ``"mod"``, ``"//"``), with
    ``"negative"``, ``"not"``, ``"if"``. Among subscripts there are also ``"*"`` without arguments,
    ``":"`` (a range of elements) and ``"@"`` (a dimension of the left-hand side by its place).
    """

    function: str
    arguments: tuple[Node, ...]


Node = Literal | Name | Apply


_NAME = r'"(?:\\.|[^"\\])*"|[^\W\d][\w$]*'
_TOKENS = re.compile(
    rf"""(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)
       | (?P<name>\.?(?:{_NAME})(?:\.(?:{_NAME}|\d+))*)
       | (?P<sign><=|>=|<>|//|[-+*/^<>=()\[\],:@'])
       | (?P<space>\s+|\{{[^{{}}]*\}})""",
    re.VERBOSE,
)
_WORDS = frozenset({"and", "or", "not", "mod", "if", "then", "else"})


def parse(text: str, vensim: bool = False) -> Node:
    """Read one expression.

    Args:
        text: As in ``<eqn>``.
        vensim: Whether Vensim wrote the file: then ``NOT a = b`` is ``NOT (a = b)``.

    Raises:
        ExpressionError: It is no expression.
    """
    try:
        return _Parser(text, vensim).whole()
    except RecursionError:
        raise ExpressionError("the equation is nested too deeply") from None


def unescape(name: str) -> str:
    r"""Give a name without the escapes ``\n``, ``\"`` and ``\\``, with single spaces."""
    plain = re.sub(r"\\(.)", lambda match: " " if match[1] == "n" else match[1], name)
    return " ".join(plain.split())


class _Parser:
    def __init__(self, text: str, vensim: bool) -> None:
        self._text, self._vensim = text, vensim
        self._tokens = _split(text)
        self._position = 0
        self._depth = -1

    def whole(self) -> Node:
        node = self._or()
        if self._next.kind != "end":
            raise self._error()
        return node

    @property
    def _next(self) -> Token:
        return self._tokens[self._position]

    def _error(self) -> ExpressionError:
        return _syntax_error(self._text, self._tokens, self._position)

    def _accept(self, *texts: str) -> str | None:
        token = self._next
        if token.kind in ("sign", "word") and token.text in texts:
            self._position += 1
            return token.text
        return None

    def _expect(self, text: str) -> None:
        if not self._accept(text):
            raise self._error()

    def _from_left(self, operand: Callable[[], Node], *signs: str) -> Node:
        node = operand()
        while sign := self._accept(*signs):
            node = Apply(sign, (node, operand()))
        return node

    def _or(self) -> Node:
        self._depth += 1
        _check_depth(self._depth)
        node = self._from_left(self._and, "or")
        self._depth -= 1
        return node

    def _and(self) -> Node:
        return self._from_left(self._loose_not if self._vensim else self._equality, "and")

    def _loose_not(self) -> Node:
        if self._accept("not"):
            return Apply("not", (self._loose_not(),))
        return self._equality()

    def _equality(self) -> Node:
        return self._from_left(self._relation, "=", "<>")

    def _relation(self) -> Node:
        return self._from_left(self._sum, "<", "<=", ">", ">=")

    def _sum(self) -> Node:
        return self._from_left(self._product, "+", "-")

    def _product(self) -> Node:
        return self._from_left(self._signed, "*", "/", "//", "mod")

    def _signed(self) -> Node:
        signs = []
        while sign := self._accept("-", "+", "not"):
            signs.append(sign)
        node = self._power()
        for sign in reversed(signs):
            if sign != "+":
                node = Apply("negative" if sign == "-" else "not", (node,))
        return node

    def _power(self) -> Node:
        bases = [self._primary()]
        while self._accept("^"):
            # The sign of an exponent takes the powers that follow: 2^-3^2 is 2^-(3^2).
            if self._next.text in ("-", "+", "not"):
                bases.append(self._signed())
                break
            bases.append(self._primary())
        node = bases.pop()
        while bases:
            node = Apply("^", (bases.pop(), node))
        return node

    def _primary(self) -> Node:
        token = self._next
        if self._accept("("):
            node = self._or()
            self._expect(")")
            return node
        if self._accept("if"):
            return self._condition()
        if token.kind == "number":
            self._position += 1
            return _number(token.text)
        if token.kind == "name" or (token.text == "mod" and self._follows("(")):
            self._position += 1
            return self._name(token.text)
        raise self._error()

    def _follows(self, text: str) -> bool:
        return self._tokens[self._position + 1].text == text

    def _condition(self) -> Node:
        start = self._tokens[self._position - 1]
        if self._next.text == "then" and self._follows("else"):
            raise _no_function(self._text, start, self._tokens[self._position + 1])
        condition = self._or()
        self._expect_word("then", start)
        yes = self._or()
        self._expect_word("else", start)
        return Apply("if", (condition, yes, self._or()))

    def _expect_word(self, word: str, start: Token) -> None:
        if not self._accept(word):
            if self._next.kind != "end" and self._next.text not in ("then", "else", ")", ","):
                raise self._error()
            slip = Slip(
                f"IF has no {word.upper()}",
                start.start,
                self._text[start.start : start.end],
                "write IF condition THEN a ELSE b",
            )
            raise _from_slip(slip, self._text)

    def _name(self, text: str) -> Node:
        name = ".".join(unescape(_unquote(part)) for part in _parts(text))
        subscripts = None
        if self._accept("["):
            subscripts = self._list(self._subscript, "]")
        if subscripts is None and self._accept("("):
            empty = self._accept(")")
            return Apply(canonical(name), () if empty else self._list(self._or, ")"))
        return Name(name, subscripts, bool(self._accept("'")))

    def _list(self, item: Callable[[], Node], end: str) -> tuple[Node, ...]:
        items = [item()]
        while self._accept(","):
            items.append(item())
        self._expect(end)
        return tuple(items)

    def _subscript(self) -> Node:
        if self._next.text == "*" and not self._follows(":"):
            self._position += 1
            return Apply("*", ())
        if self._accept("@"):
            return Apply("@", (self._primary(),))
        first = self._or()
        return Apply(":", (first, self._or())) if self._accept(":") else first


def _split(text: str) -> list[Token]:
    tokens, position = [], 0
    while position < len(text):
        match = _TOKENS.match(text, position)
        if match is None:
            sign, form = sign_form(text[:position], text[position:])
            if sign:
                raise _wrong(text, position, sign, form)
            if text.startswith("???", position):
                what = "the equation is left open (???)"
                raise ExpressionError(what, text="???", fix="write it")
            raise _from_slip(wrong_sign(text, position), text)
        kind, found = str(match.lastgroup), match.group()
        if kind == "name" and found.lower() in _WORDS:
            kind, found = "word", found.lower()
        if kind != "space":
            tokens.append(Token(kind, found, match.start(), match.end()))
        position = match.end()
    return [*tokens, Token("end", "", len(text), len(text))]


def _check_depth(depth: int) -> None:
    try:
        limits.check("nesting", depth, f"the equation is nested {depth} deep")
    except FlatgovError as error:
        raise ExpressionError(error.what, fix=error.fix) from None


def _no_function(text: str, first: Token, last: Token) -> ExpressionError:
    name = " ".join(text[first.start : last.end].upper().split())
    return _from_slip(
        Slip(
            f"there is no function {name} in XMILE",
            first.start,
            text[first.start : last.end],
            "write IF condition THEN a ELSE b",
        ),
        text,
    )


def _syntax_error(text: str, tokens: Sequence[Token], position: int) -> ExpressionError:
    """Say why a token does not fit."""
    token = tokens[position]
    sign, form = sign_form(text[: token.start], text[token.start :])
    if sign:
        return _wrong(text, token.start, sign, form)
    opened: list[Token] = []
    for number, one in enumerate(tokens[:position]):
        if one.text in ("(", "["):
            name = tokens[number - 1] if number and one.text == "(" else one
            opened.append(name if name.kind == "name" or name.text == "if" else one)
        elif one.text in (")", "]") and opened:
            opened.pop()
    if token.text == "," and opened and opened[-1].text == "if":
        return _no_function(text, opened[-1], opened[-1])
    before = _shown(tokens[position - 1]) if position else None
    return _from_slip(misfit(text, before, _shown(token), opened, XMILE), text)


def _shown(token: Token) -> Token:
    """Give a word of the language in capitals, as a sign."""
    return token._replace(kind="sign", text=token.text.upper()) if token.kind == "word" else token


def _wrong(text: str, position: int, sign: str, form: str) -> ExpressionError:
    """Say what to write for a sign of another language."""
    start = position - 1 if text[position - 1 :].lower().startswith(sign) else position
    fix = f"write {form} for {sign}"
    if sign == "%" and not re.match(r"%\s*[\w(\"]", text[start:]):
        fix = "divide by 100 instead"
    what = f"'{sign}' is no sign of XMILE's equations"
    return _from_slip(Slip(what, start, text[start : start + len(sign)], fix), text)


def _from_slip(slip: Slip, text: str) -> ExpressionError:
    return ExpressionError(slip.what, text=distinct(text, slip.position, slip.text), fix=slip.fix)


def _number(text: str) -> Literal:
    value = float(text)
    if value == float("inf"):
        what = f"'{text}' is too large for a number"
        raise ExpressionError(what, text=text, fix="write a number below 1e308")
    return Literal(value)


def _parts(text: str) -> list[str]:
    """Split ``module.variable`` at the dots outside quotes; a leading dot gives an empty part."""
    parts = [""]
    for piece in _PIECES.findall(text):
        if piece == ".":
            parts.append("")
        else:
            parts[-1] += piece
    return parts


def _unquote(part: str) -> str:
    return part[1:-1] if part.startswith('"') else part
