"""Why a token does not fit into an equation: what a modeller most likely meant to write."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flatgov.reading.vensim_tokens import (
    COMPARISONS,
    NUMBER,
    OPERATORS,
    Slip,
    Token,
    next_token,
    piece,
    shorten,
)


@dataclass(frozen=True)
class Language:
    """What the equations of Vensim and XMILE do not share.

    Attributes:
        operators: The signs and words between or before two operands.
        comparisons: Those of which only one may stand in a comparison.
        logic: The operators for "and", "or", "not" as other languages write them.
        spaces: How to write a name with spaces, if that is what two words side by side may be.
        points: Where the points of a lookup may stand.
    """

    operators: frozenset[str]
    comparisons: tuple[str, ...]
    logic: Mapping[str, str]
    spaces: str
    points: str


VENSIM = Language(
    OPERATORS,
    COMPARISONS,
    {"and": ":AND:", "or": ":OR:", "not": ":NOT:"},
    "",
    "write WITH LOOKUP(input, ((x, y), …))",
)
XMILE = Language(
    frozenset(("+", "-", "*", "/", "//", "^", "=", "<>", "<", "<=", ">", ">="))
    | {"AND", "OR", "NOT", "MOD", "IF", "THEN", "ELSE"},
    (),
    {},
    "'_' for the spaces in a name",
    "put them into a <gf>",
)
_POINT = re.compile(rf"\(\s*(?:[+-]\s*)?{NUMBER}\s*,\s*(?:[+-]\s*)?{NUMBER}\s*\)")
_INSTEAD = {"[": "write '('", "'": "write names in double quotes"}
_OPERANDS = ("number", "name", "text")


def misfit(
    text: str,
    before: Token | None,
    token: Token,
    opened: Sequence[Token],
    language: Language = VENSIM,
) -> Slip:
    """Say why a token cannot stand after another.

    Args:
        text: The whole definition.
        before: The token before it, if there is one.
        token: The first that does not fit.
        opened: The parentheses that are open there, each as the name before it or itself.
        language: The language of the equation.
    """
    dangling = before if before is not None and before.text in language.operators else None
    if token.kind == "end":
        return _at_end(text, dangling, opened)
    if dangling is not None and token.text in (")", "]", ",", ";"):
        return Slip(
            f"nothing stands between '{dangling.text}' and '{token.text}'",
            dangling.start,
            _between(text, dangling, token),
            "write what is missing, or remove the operator",
        )
    if token.text in ")]":
        return _closing(text, before, token, opened)
    if token.text in (",", ";"):
        return _separator(text, before, token, opened, language)
    if _ends_operand(before) and before is not None:
        return _after_operand(text, before, token, language)
    if token.text in language.operators:
        return _operator(text, before, dangling, token)
    fix = _INSTEAD.get(token.text[0], "")
    wrong = f"'{token.text[0]}'" if fix else f"'{shorten(token.text)}'"
    return Slip(f"{wrong} does not fit here", token.start, piece(text, token.start), fix)


def without_comma(before: str, after: str) -> str:
    """Say how to write a number that has a comma in it: of thousands or before decimals."""
    if len(before) <= 3 and len(after) == 3 and before.strip("0"):
        return f"write {before}{after}, or {before}.{after} if a decimal comma is meant"
    return f"write {before}.{after}"


def unclosed(text: str, opened: Token) -> Slip:
    """Say that a parenthesis is not closed; it is shown with what stands before and in it."""
    if opened.text == "[":
        return Slip("'[' is not closed", opened.start, piece(text, opened.start), "add ']'")
    name = opened.text if opened.text == "(" else f"{shorten(opened.text)}("
    return Slip(f"'{name}' is not closed", opened.start, piece(text, opened.start), "add ')'")


def _ends_operand(token: Token | None) -> bool:
    return token is not None and (token.kind in _OPERANDS or token.text in (")", "]", ":NA:"))


def _at_end(text: str, dangling: Token | None, opened: Sequence[Token]) -> Slip:
    if dangling is not None:
        return Slip(
            f"the equation ends with '{dangling.text}'",
            dangling.start,
            text[dangling.start : dangling.end],
            "write what follows it, or remove it",
        )
    if opened:
        return unclosed(text, opened[-1])
    return Slip("the equation is not complete", len(text.rstrip()), "")


def _closing(text: str, before: Token | None, token: Token, opened: Sequence[Token]) -> Slip:
    if opened and opened[-1].text == "[":
        if token.text == ")":
            return unclosed(text, opened[-1])
        return Slip("the brackets are empty", token.start, token.text, "name a subscript")
    if token.text == "]" or not opened:
        return Slip(f"'{token.text}' closes nothing", token.start, token.text, "remove it")
    if before is not None and before.text == ",":
        return _missing_argument(text, before, token)
    return Slip("the parentheses are empty", token.start, token.text, "write what is missing")


def _separator(
    text: str,
    before: Token | None,
    token: Token,
    opened: Sequence[Token],
    language: Language,
) -> Slip:
    if opened and token.text == "," and before is not None and before.text in ("(", ","):
        return _missing_argument(text, before, token)
    if opened and opened[-1].text == "(" and _POINT.match(text, opened[-1].start):
        what = "the points of a lookup cannot stand here"
        found = piece(text, opened[-1].start)
        return Slip(what, opened[-1].start, found, language.points)
    if before is not None and before.kind == "number" and before.text.isdigit():
        after = _peek(text, token.end)
        is_one = before.end == token.start and token.end == after.start
        if is_one and token.text == "," and after.kind == "number" and after.text.isdigit():
            return Slip(
                "a comma cannot stand in a number",
                before.start,
                _between(text, before, after),
                without_comma(before.text, after.text),
            )
    if opened and opened[-1].text == "(":
        return unclosed(text, opened[-1])
    return Slip(
        f"'{token.text}' stands outside of the arguments of a function",
        token.start,
        piece(text, token.start),
        "remove it, or look for a ')' too many before it",
    )


def _after_operand(text: str, before: Token, token: Token, language: Language) -> Slip:
    if token.text in language.comparisons:
        return Slip(
            f"a comparison follows another: '{token.text}'",
            token.start,
            token.text,
            "join two comparisons with :AND:",
        )
    if token.text == ":NOT:":
        fix = "write :AND: or :OR: before it"
    else:
        fix = "write an operator (+ - * / ^) or a comma between them"
        if language.spaces and before.kind == token.kind == "name":
            fix += f", or {language.spaces}"
        first = token.text.split()[0].lower()
        if token.kind == "name" and first in language.logic:
            fix = f"write {language.logic[first]} for '{token.text.split()[0]}'"
    if before.text in ")]" or token.text in "([":
        what = f"an operator is missing before '{shorten(piece(text, token.start))}'"
    else:
        what = (
            f"an operator is missing between '{shorten(before.text)}' and '{shorten(token.text)}'"
        )
    return Slip(what, token.start, piece(text, token.start), fix)


def _operator(text: str, before: Token | None, dangling: Token | None, token: Token) -> Slip:
    shown = text[token.start : token.end]
    if before is None:
        return Slip(
            f"the equation starts with '{token.text}'",
            token.start,
            shown,
            "write what stands before it, or remove it",
        )
    if dangling is not None:
        both = _between(text, before, token)
        return Slip(
            f"two operators follow each other: '{before.text} {token.text}'",
            before.start if "\n" not in text[before.start : token.end] else token.start,
            both,
            "remove one, or write what is missing between them",
        )
    return Slip(
        f"nothing stands between '{before.text}' and '{token.text}'",
        token.start,
        shown,
        "write what is missing, or remove the operator",
    )


def _missing_argument(text: str, before: Token, token: Token) -> Slip:
    return Slip(
        "an argument is missing",
        before.start,
        _between(text, before, token),
        "write it, or remove the comma",
    )


def _between(text: str, first: Token, last: Token) -> str:
    """Give two tokens as they stand, or the last alone where they are on two lines."""
    both = text[first.start : last.end]
    return last.text if "\n" in both else both


def _peek(text: str, position: int) -> Token:
    try:
        return next_token(text, position)
    except Slip:
        return Token("end", "", position, position)
