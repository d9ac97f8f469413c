"""The left-hand sides of Vensim's definitions: what each defines and where its equation starts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from flatgov.errors import nearest_names
from flatgov.reading.parsed import display_name
from flatgov.reading.vensim_tokens import NAME, Slip, Token, next_token, piece, shorten

Kind = Literal["equation", "constant", "data", "lookup", "range", "same", "check"]

_ITEM = rf"\s*{NAME}\s*"
_LIST = rf"\[{_ITEM}(?:,{_ITEM})*\]"
_WORD = r":\s*[^\W\d]\w*(?:\s\w+)*\s*:"
_KEYWORD = re.compile(_WORD)
_LEFT = re.compile(
    rf"""\s*(?P<name>{NAME})
         (?:\s*(?P<subscripts>{_LIST}))?
         (?:\s*:\s*EXCEPT\s*:\s*(?P<excluded>{_LIST}(?:\s*,\s*{_LIST})*))?
         (?:\s*(?P<keyword>{_WORD}))?
         \s*(?P<sign>:=|==|=|\(|<->|:|\Z)""",
    re.VERBOSE | re.IGNORECASE,
)
_NAME = re.compile(rf"\s*{NAME}")
_CHECK = re.compile(
    rf"\s*(?P<name>{NAME})(?:\s*{_LIST})?\s*:\s*(?:THE\s*CONDITION|TEST\s*INPUT)\s*:",
    re.IGNORECASE,
)
_ITEMS = re.compile(_ITEM)
_LISTS = re.compile(_LIST)
_DATA = ("interpolate", "raw", "hold_backward", "look_forward")
_SIGNS: dict[str, Kind] = {"=": "equation", "==": "constant", "(": "lookup", ":=": "data"}


@dataclass(frozen=True)
class Left:
    """A left-hand side.

    Attributes:
        kind: ``check`` is a reality check or a test input, which no simulation uses.
        name: As written, in its quotes.
        subscripts: As written.
        excluded: Those after ``:EXCEPT:``, group by group.
        keyword: How data are interpolated, as PySD writes it, or nothing.
        right: Where the right-hand side starts; that of a lookup starts with its parenthesis.
    """

    kind: Kind
    name: str
    subscripts: tuple[str, ...]
    excluded: tuple[tuple[str, ...], ...]
    keyword: str | None
    right: int


def read_left(text: str) -> Left:
    """Read the left-hand side of a definition.

    Args:
        text: The whole definition.

    Raises:
        Slip: It is none, or has a keyword that is not known.
    """
    if check := _CHECK.match(text):
        return Left("check", check["name"], (), (), None, check.end())
    match = _LEFT.match(text)
    if match is None:
        raise _wrong_left(text)
    keyword = None
    if match["keyword"]:
        keyword = _plain(match["keyword"])
        _check_keyword(keyword, match["keyword"], match.start("keyword"))
    sign = match["sign"]
    kind: Kind
    if keyword:
        if sign not in (":=", ""):
            what = f"the keyword {match['keyword']} stands before '{sign}'"
            raise Slip(what, match.start("keyword"), match["keyword"], "write ':=' for data")
        kind = "data"
    elif sign == ":" and (other := _KEYWORD.match(text, match.start("sign"))):
        _check_keyword(_plain(other.group()), other.group(), other.start())
        found = piece(text, other.end()).strip()
        what = f"'{found}' follows the keyword {other.group()}"
        raise Slip(what, other.end(), found, "write ':=' for data")
    elif sign in ("<->", ":"):
        if match["subscripts"]:
            raise Slip("a subscript range has no subscripts", match.start("sign"), sign)
        kind = "range" if sign == ":" else "same"
    else:
        kind = _SIGNS.get(sign, "data")
    excluded = [one.group() for one in _LISTS.finditer(match["excluded"] or "")]
    return Left(
        kind,
        " ".join(match["name"].split()),
        _names(match["subscripts"]),
        tuple(_names(group) for group in excluded),
        keyword,
        match.start("sign") if sign == "(" else match.end(),
    )


def _names(listed: str | None) -> tuple[str, ...]:
    if not listed:
        return ()
    return tuple(" ".join(item.split()) for item in _ITEMS.findall(listed[1:-1]))


def _plain(keyword: str) -> str:
    return "_".join(keyword.strip().strip(":").lower().split())


def _check_keyword(keyword: str, text: str, start: int) -> None:
    if keyword in _DATA:
        return
    if keyword == "is":
        raise Slip("texts as values (:IS:) are not supported", start, text)
    if keyword == "except":
        raise Slip("what :EXCEPT: leaves out is no list", start, text, "write :EXCEPT: [name]")
    nearest = nearest_names(keyword, _DATA)
    fix = f"write :{nearest[0].replace('_', ' ').upper()}:" if nearest else ""
    raise Slip(f"there is no keyword {text}", start, text, fix)


def _wrong_left(text: str) -> Slip:
    """Find what does not fit in a left-hand side."""
    if re.match(r"\s*:MACRO:", text, re.IGNORECASE):
        fix = "write ':MACRO: NAME(input, input)'"
        return Slip("the head of the macro is wrong", 0, piece(text, 0), fix)
    match = _NAME.match(text)
    token = next_token(text, match.end() if match else 0)
    if not re.search(r"[=:]", text) or (match is None and token.text != "="):
        what = f"'{shorten(text)}' has no equation"
        if match is None:
            what = f"'{shorten(text)}' does not start with a name"
        return Slip(what, 0, piece(text, 0), "write it as 'name = equation'")
    if match is None:
        return Slip("there is no name before '='", token.start, "=", "write 'name = equation'")
    if token.text == "[":
        end = text.find("]", token.start)
        if end < 0 or end > text.find("=", token.start) > 0:
            found = piece(text, token.start)
            return Slip("'[' is not closed", token.start, found, "close it with ']'")
        inside = text[token.start : end + 1]
        if _LISTS.fullmatch(inside):
            return _after_subscripts(text, next_token(text, end + 1))
        for sign in re.finditer(r"[^\w\s'$!,\"\[\]]", inside):
            next_token(text, token.start + sign.start())
        what = f"the subscripts '{shorten(inside)}' are no list of names"
        return Slip(what, token.start, inside, "write them as [name, name]")
    name = display_name(text[: token.start])
    return Slip(
        f"'{token.text}' cannot stand in a name without quotes",
        token.start,
        piece(text, token.start),
        f"put the name in double quotes, or write '=' after '{name}'",
    )


def _after_subscripts(text: str, token: Token) -> Slip:
    found = piece(text, token.start)
    return Slip(f"'{shorten(found)}' follows the subscripts", token.start, found, "write '='")
