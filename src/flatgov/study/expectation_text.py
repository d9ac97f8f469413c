"""The text of an expectation → conditions; `flatgov.study.expectation` describes the language."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from typing import NoReturn

from flatgov.errors import Place, StudyError, nearest_names
from flatgov.study.expectation import (
    MOMENTS,
    TRENDS,
    Comparison,
    Condition,
    Constant,
    Course,
    Function,
    Operation,
    Scope,
    Term,
    Trend,
    over_time,
)
from flatgov.study.policies import check_names

MOST_CHARACTERS, MOST_TOKENS, MOST_NESTED = 2000, 500, 30

_COMPARE = ("<", "<=", ">", ">=")
_END = "the end of the text"
_TOKEN = re.compile(
    r"""\s*(?:(?P<date>\d{4}-\d{2}(?:-\d{2})?(?![\w.]))
    |(?P<number>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?(?!\w))
    |(?P<text>'[^']*'|"[^"]*")
    |(?P<word>[^\W\d]\w*)
    |(?P<symbol><=|>=|[-+*/<>(),])
    |(?P<wrong>\S+))""",
    re.VERBOSE,
)


def parse_expectation(text: str, scope: Scope, where: str = "") -> tuple[Condition, ...]:
    """Read an expectation.

    Args:
        text: As the module describes it.
        scope: What names and moments mean.
        where: The place of the text, for messages.

    Returns:
        Conditions which must all hold. One with ``every stock`` stands there once a stock.

    Raises:
        StudyError: The text is not of this language, or a name or time does not exist.
    """
    _check_size(len(text), MOST_CHARACTERS, "characters", where)
    tokens = [
        _Token(str(match.lastgroup), match[match.lastgroup or 0], match.start(match.lastgroup or 0))
        for match in _TOKEN.finditer(text)
    ]
    _check_size(len(tokens), MOST_TOKENS, "words, numbers and signs", where)
    tokens.append(_Token("end", _END, len(text)))
    repeated = any(one.text == "every" and one.kind == "word" for one in tokens)
    stocks = scope.stocks if repeated else (None,)
    # A model without stocks: read it all the same, for what is wrong in it.
    found = [_Parser(tokens, scope, where, stock).parse() for stock in stocks or (None,)]
    return tuple(dict.fromkeys(condition for conditions in found for condition in conditions))


def _check_size(size: int, most: int, what: str, where: str) -> None:
    if size > most:
        raise StudyError(
            f"an expectation has at most {most:,} {what}, this one has {size:,}",
            where=where,
            fix="split it",
        )


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    start: int


class _Parser:
    """Reads tokens from left to right, one method for each rule of the grammar."""

    def __init__(
        self, tokens: list[_Token], scope: Scope, where: str, stock: Course | None
    ) -> None:
        self.tokens, self.scope, self.where, self.stock = tokens, scope, where, stock
        self.place = self.depth = 0

    @property
    def next(self) -> _Token:
        return self.tokens[self.place]

    def parse(self) -> list[Condition]:
        conditions = [self.condition()]
        while self.took("and"):
            conditions.append(self.condition())
        if self.next.kind != "end":
            self.refuse(
                f"'{self.next.text}' is not expected here",
                fix="conditions end, or go on with `and`",
            )
        return conditions

    def condition(self) -> Condition:
        token = self.next
        if token.kind == "word" and token.text in TRENDS:
            self.place += 1
            return Trend(token.text, *self.arguments(token))
        sides, symbols = [self.number()], []
        while self.next.text in _COMPARE:
            symbols.append(self.take().text)
            sides.append(self.number())
        if not symbols:
            self.refuse(
                f"{self.shown()} where a comparison is expected", fix="write one of < <= > >="
            )
        return Comparison(tuple(symbols), tuple(sides))

    def number(self) -> Term:
        """Read one side of a comparison."""
        token, term = self.next, self.sum()
        if over_time(term) and not self.scope.whole_courses:
            self.refuse(
                "this is a whole course over time, and only numbers can be compared",
                token,
                fix="make it a number: at(…, MOMENT), or min, max or mean(…, FIRST, LAST)",
            )
        return term

    def sum(self) -> Term:
        self.depth += 1
        if self.depth > MOST_NESTED:
            self.refuse(
                f"more than {MOST_NESTED} brackets or signs inside each other", fix="simplify it"
            )
        term = self.product()
        while self.next.text in ("+", "-"):
            term = Operation(self.take().text, term, self.product())
        self.depth -= 1
        return term

    def product(self) -> Term:
        term = self.factor()
        while self.next.text in ("*", "/"):
            term = Operation(self.take().text, term, self.factor())
        return term

    def factor(self) -> Term:
        signs = 0
        while self.took("-"):
            signs += 1
        term = self.atom()
        return Operation("*", Constant(-1.0), term) if signs % 2 else term

    def atom(self) -> Term:
        token = self.take()
        if token.kind == "number":
            return Constant(self.finite(token))
        if token.kind == "text":
            return self.course(token)
        if token.text == "(":
            term = self.sum()
            self.expect(")")
            return term
        if token.kind == "date":
            self.refuse(
                f"the date {token.text} is no number",
                token,
                fix="a date stands in a function, as in at(…, 2020-01); put spaces around a minus",
            )
        if token.text == "every":
            return self.every_stock(token)
        if token.kind == "word" and self.next.text == "(":
            return self.function(token)
        if token.text[0] in "'\"":
            self.refuse("the quote is not closed", token, fix=f"write {token.text[0]} at its end")
        fix = "write a number, a function, or 'NAME' of POLICY"
        if token.kind == "word" and self.next.text == "of":
            fix = f"put the name of a variable in quotes: '{token.text}' of …"
        self.refuse(f"{self.shown(token)} where a value is expected", token, fix=fix)

    def function(self, token: _Token) -> Function:
        if token.text in TRENDS:
            self.refuse(
                f"{token.text}(…) is true or false, and no number",
                token,
                fix="let it stand by itself, joined to others with `and`",
            )
        if token.text not in MOMENTS:
            self.refuse(
                f"there is no function '{token.text}'",
                token,
                nearest=nearest_names(token.text, MOMENTS),
                fix=f"there are {', '.join(MOMENTS)}",
            )
        return Function(token.text, *self.arguments(token))

    def arguments(self, name: _Token) -> tuple[Term, int, int]:
        """Read what stands in the brackets of a function: a term, then moments."""
        self.expect("(")
        token, term = self.next, self.sum()
        moments = []
        while self.took(","):
            moments.append(self.moment())
        self.expect(")")
        allowed = MOMENTS[name.text]
        if len(moments) not in allowed:
            numbers = " or ".join(map(str, allowed))
            self.refuse(
                f"{name.text}(…) takes {numbers} moment{'' if allowed == (1,) else 's'} after its "
                f"first argument, not {len(moments)}",
                name,
                fix=_usage(name.text),
            )
        if name.text != "abs" and not over_time(term):
            self.refuse(
                f"{name.text}(…) needs a course over time, and this is one number",
                token,
                fix=_usage(name.text),
            )
        first, last = (moments[0], moments[-1]) if moments else (0, len(self.scope.times) - 1)
        if first > last:
            self.refuse("the period ends before it starts", name, fix="exchange the two moments")
        if first == last and name.text in (*TRENDS, "drift"):
            self.refuse(
                "the period has one moment only, so nothing can change in it",
                name,
                fix="give a longer one",
            )
        return term, first, last

    def course(self, token: _Token) -> Course:
        course = self.scope.course(token.text[1:-1], self.at(token))
        return replace(course, policy=self.policy())

    def every_stock(self, token: _Token) -> Course:
        if not self.took("stock"):
            self.refuse(
                f"{self.shown(token)} is not expected here",
                token,
                fix="write every stock of POLICY",
            )
        if self.stock is None:
            self.refuse("the model has no stocks", token)
        return replace(self.stock, policy=self.policy())

    def policy(self) -> str:
        if not self.took("of"):
            self.refuse(
                f"{self.shown()} where `of POLICY` is expected", fix="write 'NAME' of POLICY"
            )
        token = self.take()
        if token.kind not in ("word", "text"):
            self.refuse(f"{self.shown(token)} where a policy is expected", token)
        name = token.text[1:-1] if token.kind == "text" else token.text
        check_names([name], self.scope.policies, "policy", self.at(token))
        return self.scope.policies[name]

    def moment(self) -> int:
        """Read a moment and give its place among the times that are kept."""
        token, sign = self.next, -1.0 if self.took("-") else 1.0
        token = self.take()
        if token.text in ("start", "end") and sign > 0:
            return 0 if token.text == "start" else len(self.scope.times) - 1
        if token.kind != "number" and (token.kind != "date" or sign < 0):
            self.refuse(
                f"{self.shown(token)} where a moment is expected",
                token,
                fix="write a date as 2020-01, model time as a number, `start` or `end`",
            )
        moment = token.text if token.kind == "date" else sign * self.finite(token)
        return self.scope.place(moment, self.at(token))

    def finite(self, token: _Token) -> float:
        value = float(token.text)
        if not math.isfinite(value):
            self.refuse(f"the number {token.text} is too large", token)
        return value

    def take(self) -> _Token:
        token = self.next
        self.place += token.kind != "end"
        return token

    def took(self, text: str) -> bool:
        found = self.next.text == text and self.next.kind in ("word", "symbol")
        self.place += found
        return found

    def expect(self, symbol: str) -> None:
        if not self.took(symbol):
            self.refuse(f"{self.shown()} where '{symbol}' is expected")

    def shown(self, token: _Token | None = None) -> str:
        token = token or self.next
        return token.text if token.kind in ("end", "text") else f"'{token.text}'"

    def at(self, token: _Token) -> str:
        character = f"character {token.start + 1}"
        text = f"{self.where}, {character}" if self.where else character
        if not isinstance(self.where, Place):
            return text
        return Place(text, self.where.file, self.where.variable, self.where.line)

    def refuse(
        self,
        what: str,
        token: _Token | None = None,
        *,
        nearest: tuple[str, ...] = (),
        fix: str = "",
    ) -> NoReturn:
        raise StudyError(what, where=self.at(token or self.next), nearest=nearest, fix=fix)


def _usage(name: str) -> str:
    if name == "at":
        return "write at('NAME' of POLICY, MOMENT)"
    if name == "abs":
        return "write abs(VALUE)"
    return f"write {name}('NAME' of POLICY, FIRST, LAST), or no moments for the whole run"
