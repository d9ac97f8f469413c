"""The words and signs of Vensim's equations, and the plain message for each wrong one.

The signs are those of Vensim's reference manual, "Operators" and "Rules for Variable Names".
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

from flatgov.errors import nearest_names

NUMBER = r"(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
QUOTED = r'"(?:\\.|[^"\\\n])*"'
# The same, also where it is not closed: then group 1 is empty.
PERHAPS_QUOTED = r'"(?:\\.|[^"\\\n])*("?)'
_WORDS = r"[^\W\d][\w'$]*(?:\s+[\w'$]+)*"
# As on a left-hand side, where digits may come first. Each pattern has one way to match a text.
NAME = rf"(?:{QUOTED}|\w[\w'$]*(?:\s+[\w'$]+)*)"
_ITEM = rf"\s*{NAME}\s*(?:!\s*)?"
SUBSCRIPTS = rf"\[{_ITEM}(?:,{_ITEM})*\]"
_TOKENS = re.compile(
    rf"""(?P<space>[\s\\]+)
       | (?P<number>{NUMBER})
       | (?P<name>{QUOTED}|{_WORDS})
       | (?P<keyword>:[^\W\d][\w ]*:)
       | (?P<text>'[^'\n]*')
       | (?P<wrong>==|!=|\*\*|&&|\|\||=>|=<|><)
       | (?P<sign><=|>=|<>|[-+*/^<>=()\[\],;])""",
    re.VERBOSE,
)
KEYWORDS = (":AND:", ":OR:", ":NOT:", ":NA:", ":IGNORE:")
OPERATORS = frozenset(("+", "-", "*", "/", "^", "=", "<>", "<", "<=", ">", ">=", *KEYWORDS[:3]))
COMPARISONS = ("=", "<>", "<", "<=", ">", ">=")

# What other languages, or a word processor, write for Vensim's signs.
_MEANT = {
    **{
        "==": "=",
        "!=": "<>",
        "**": "^",
        "&&": ":AND:",
        "||": ":OR:",
        "=>": ">=",
        "=<": "<=",
        "><": "<>",
    },
    **{"≤": "<=", "≥": ">=", "≠": "<>", "×": "*", "÷": "/", "·": "*", "、": ",", "。": "."},
    **dict.fromkeys("−–—", "-"),
    **dict.fromkeys("“”„«»", '"'),
    **dict.fromkeys("‘’", "'"),
}
_LONGEST = 40
_OPEN_KEYWORD = re.compile(r":(?:AND|OR|NOT|NA)\b", re.IGNORECASE)
_WORD = re.compile(r"[^\s()]+")


class Slip(ValueError):
    """A place in an equation that does not fit.

    Args:
        what: The problem.
        position: Where in the equation it is.
        text: The piece of the equation that does not fit.
        fix: What to do.
    """

    def __init__(self, what: str, position: int, text: str, fix: str = "") -> None:
        super().__init__(what)
        self.what, self.position, self.text, self.fix = what, position, text, fix


def distinct(text: str, position: int, wrong: str) -> str:
    """Lengthen a wrong piece to the left until its line holds nothing like it before.

    What shows it looks for its first place: of ``a + b +`` the last sign is ``b +``.
    """
    start = text.rfind("\n", 0, position) + 1
    end = position + len(wrong)
    if not wrong or text[position:end] != wrong or text.find(wrong, start) == position:
        return wrong
    for word in reversed(list(_WORD.finditer(text, start, position))):
        if text.find(text[word.start() : end], start) == word.start():
            return text[word.start() : end]
    return wrong


class Token(NamedTuple):
    """One word or sign: ``number``, ``name``, ``keyword``, ``text``, ``sign`` or ``end``."""

    kind: str
    text: str
    start: int
    end: int


def next_token(text: str, position: int) -> Token:
    """Read the token at or after a position.

    Raises:
        Slip: What stands there is no part of an equation.
    """
    while position < len(text):
        match = _TOKENS.match(text, position)
        if match is None:
            raise wrong_sign(text, position)
        kind, found = str(match.lastgroup), match.group()
        if kind == "space":
            position = match.end()
            continue
        if kind == "wrong":
            raise wrong_sign(text, position, found)
        if kind == "keyword":
            found = " ".join(found.upper().split())
            if found not in KEYWORDS:
                raise Slip(
                    f"there is no operator '{match.group()}'",
                    position,
                    match.group(),
                    _instead(nearest_names(found, KEYWORDS)),
                )
        return Token(kind, found, position, match.end())
    return Token("end", "", len(text), len(text))


def _instead(nearest: tuple[str, ...]) -> str:
    return f"write {nearest[0]}" if nearest else "use :AND:, :OR: or :NOT:"


def piece(text: str, start: int, end: int | None = None) -> str:
    """Give what stands from a position on, on its line, as much as a message can hold."""
    line = text[start:end].split("\n", 1)[0].rstrip()
    return line if len(line) <= _LONGEST else line[:_LONGEST]


def shorten(text: str) -> str:
    """Give the start of a text on one line."""
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else line[:_LONGEST] + "…"


def sign_meant(sign: str) -> str:
    """Give the sign that a full-width or otherwise foreign one stands for, or ``""``."""
    plain = unicodedata.normalize("NFKC", sign)
    return _MEANT.get(sign) or (plain if plain != sign and plain.isascii() else "")


def wrong_sign(text: str, position: int, sign: str = "") -> Slip:
    """Say what is wrong with a sign that equations do not have."""
    sign = sign or text[position]
    if sign == '"':
        rest = piece(text, position)
        return Slip("a quote is not closed", position, rest, 'write names as "name"')
    if sign == "'":
        rest = piece(text, position)
        return Slip("a text in single quotes is not closed", position, rest, "end it with '")
    if sign == "{":
        return Slip("a comment is not closed", position, piece(text, position), "end it with '}'")
    if sign == "}":
        return Slip("'}' closes no comment", position, sign, "remove it or open one with '{'")
    if sign == "%":
        return Slip("there is no sign '%'", position, sign, "divide by 100 instead")
    if keyword := _OPEN_KEYWORD.match(text, position):
        closed = f"{keyword[0].upper()}:"
        return Slip(f"'{keyword[0]}' lacks its second ':'", position, keyword[0], f"write {closed}")
    if unicodedata.category(sign[0]) == "Cf":
        what = f"there is an invisible sign, U+{ord(sign[0]):04X}"
        return Slip(what, position, sign, "delete it and write its neighbours anew")
    meant = sign_meant(sign)
    if not meant:
        return Slip(
            f"the sign '{sign}' has no meaning here",
            position,
            sign,
            "put a name that holds it in double quotes",
        )
    kind = "is a full-width sign" if ord(sign[0]) > 0x2FFF else "is no sign of equations"
    fix = f"write '{meant}'" + ("" if sign.isascii() else ", or put a name that holds it in quotes")
    return Slip(f"'{sign}' {kind}", position, sign, fix)
