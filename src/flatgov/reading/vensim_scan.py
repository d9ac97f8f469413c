"""Where each definition of a Vensim model starts and ends, and its fields between the ``~``."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from flatgov.reading.vensim_tokens import PERHAPS_QUOTED, QUOTED

_QUOTED = re.compile(QUOTED)
_BRACE = re.compile(r"[{}]")
_SPECIAL = re.compile(r'["{~|]')
_SEPARATOR = re.compile(r"[~|]")
_END = re.compile(r"\|")
# A definition has up to four; what has so many more is none, and they are not told apart.
_MOST_FIELDS = 100
_CONTINUED = re.compile(r"\\(?=[ \t]*\n)")
_FLAG = re.compile(r"\s*(?::\s*[A-Za-z][\w ]*:?\s*)*")
# A line at whose start a definition, a heading or a macro seems to start.
_NAME = rf"(?:{QUOTED}[ \t]*|[^\W\d][\w '$\t]*)(?:\[[^\]\n]*\][ \t]*)?"
_START = re.compile(
    rf"^(?:{_NAME}(?:=|:=|\(\s*[\[(]|:(?!\w+:))|\*{{3,}}|:MACRO:|:END OF MACRO:)",
    re.MULTILINE | re.IGNORECASE,
)
_EQUATION = re.compile(rf"^{_NAME}=", re.MULTILINE)
_HEADS = re.compile(r":MACRO:[^(\n]*(?:\([^)]*\))?|:END OF MACRO:", re.IGNORECASE)
_HEADING = re.compile(r"^\*{3,}[ \t]*\n\s*\.[^\n]*\n\*{3,}", re.MULTILINE)
_GOES_ON = tuple("+-*/^=<>,([;:\\")


@dataclass(frozen=True)
class Fields:
    """One definition as positions in the text.

    Attributes:
        spans: Start and end of each field; the first holds the equation.
        end: Where the next definition starts.
        is_closed: Whether it ends with ``|``.
        comments: Start and end of each comment of the equation.
        open_comment: Where a comment starts that is not closed.
    """

    spans: tuple[tuple[int, int], ...]
    end: int
    is_closed: bool
    comments: tuple[tuple[int, int], ...]
    open_comment: int | None = None

    @property
    def start(self) -> int:
        """Where it starts."""
        return self.spans[0][0]

    def text(self, text: str, number: int) -> str:
        """Give a field, nothing if there is no such."""
        return text[slice(*self.spans[number])] if number < len(self.spans) else ""

    def equation(self, text: str) -> str:
        """Give the first field with white space for comments and for the sign of continuation."""
        start, end = self.spans[0]
        parts = []
        for opening, closing in self.comments:
            if opening < end:
                comment = re.sub(r"[^\n]", " ", text[opening:closing])
                parts += [text[start:opening], comment]
                start = closing
        parts.append(text[start:end])
        if self.open_comment is not None:
            return "".join(parts).replace("{", " ")
        return _CONTINUED.sub(" ", "".join(parts))

    @property
    def is_sound(self) -> bool:
        """Tell whether it is closed and has no more fields than it may."""
        return self.is_closed and len(self.spans) <= 4

    def cut(self, position: int) -> Fields:
        """Give what there is of it before a position."""
        spans = tuple((start, min(end, position)) for start, end in self.spans if start < position)
        return replace(self, spans=spans, end=position, is_closed=False)


class Scan:
    """The definitions of a text, found one at a time."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._comments = _comments(text)

    def fields(self, start: int) -> Fields:
        """Find the definition that starts at a position."""
        text, position = self._text, start
        spans: list[tuple[int, int]] = []
        comments: list[tuple[int, int]] = []
        field_start, no_quotes, opened = start, start, None
        filled = False  # whether something stands before a | of the equation
        while True:
            # Only names and comments protect their ~ and |, and only those of the equation.
            looked_for = _SEPARATOR if spans else _SPECIAL
            special = (looked_for if len(spans) < _MOST_FIELDS else _END).search(text, position)
            if special is None:
                spans.append((field_start, len(text)))
                return Fields(tuple(spans), len(text), False, tuple(comments), opened)
            position, sign = special.end(), special.group()
            if sign == '"' and special.start() >= no_quotes:
                quoted = _QUOTED.match(text, special.start())
                if quoted:
                    position = quoted.end()
                else:  # the rest of the line has no pair of quotes either
                    no_quotes = text.find("\n", position)
                    no_quotes = len(text) if no_quotes < 0 else no_quotes
            elif sign == "{":
                end = self._comments.get(special.start())
                if end is not None:
                    comments.append((special.start(), end))
                    position = end
                elif opened is None:
                    opened = special.start()
            elif sign == "|" and not spans and text.startswith("|", position):
                # The first of ``||``, which means :OR: in other languages.
                filled = filled or bool(text[field_start : position - 1].strip())
                if filled:
                    position += 1
                    continue
            if sign in "~|":
                spans.append((field_start, special.start()))
                field_start = position
            if sign == "|":
                return Fields(tuple(spans), position, True, tuple(comments), opened)


def next_start(text: str, fields: Fields) -> int | None:
    """Find where the next definition starts inside one that is not closed, if it does.

    There it starts a line; in the equation only a line without white space before it, after
    something complete, can be meant.
    """
    start, end = fields.spans[0]
    if _EQUATION.search(text, start + 1, end):
        within = _start_within(fields.equation(text))
        if within is not None:
            return start + within
    if len(fields.spans) > 2 and (heading := _HEADING.search(text, fields.spans[1][0], fields.end)):
        return heading.start()
    flagged = len(fields.spans) < 4 or _FLAG.fullmatch(fields.text(text, 3))
    if fields.is_closed and len(fields.spans) <= 4 and flagged:
        return None
    for number, (first, last) in enumerate(fields.spans[1:], 1):
        starts = [match.start() for match in _START.finditer(text, first, last)]
        starts = [one for one in starts if one > first]
        if starts and (number < len(fields.spans) - 1 or text[starts[0]] in ":*"):
            return starts[-1]
    return None


def _start_within(equation: str) -> int | None:
    """Find a second definition in the equation of one."""
    plain = _HEADS.sub(_blank, re.sub(PERHAPS_QUOTED, _blank, equation))
    depth, seen, last, defines = 0, 0, "", False
    for match in _EQUATION.finditer(equation, 1):
        passed = plain[seen : match.start()]
        seen = match.start()
        depth += passed.count("(") - passed.count(")")
        last = passed.rstrip()[-1:] or last
        defines = defines or any(sign in passed for sign in "=(:")
        if defines and not depth and last not in _GOES_ON:
            return match.start()
    return None


def _blank(match: re.Match[str]) -> str:
    """Give as many signs of no meaning as were found; line breaks stay."""
    return re.sub(r"[^\n]", " " if match.group()[0] == ":" else "_", match.group())


def _comments(text: str) -> dict[int, int]:
    """Find the end of each comment by its start; comments may hold others."""
    ends, opened = {}, []
    for brace in _BRACE.finditer(text):
        if brace[0] == "{":
            opened.append(brace.start())
        elif opened:
            ends[opened.pop()] = brace.end()
    return ends
