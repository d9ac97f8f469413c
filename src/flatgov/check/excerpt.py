"""The lines of a file that a finding speaks of, with the offending text underlined."""

from __future__ import annotations

import functools
import os
import re
from contextlib import suppress
from dataclasses import dataclass
from html import escape
from pathlib import Path

from flatgov.check.findings import Finding

# How far below the start of a definition its text is looked for.
_MOST_LINES = 80
_MOST_LINES_OF_TOML = 20
_TAB = "    "
_LONGEST = 160
# So long a text is the right one also where it begins or ends in the middle of a word.
_SURELY = 12
# Of a definition of Vensim: up to the bar that is in no name and no comment.
_DEFINITION = re.compile(r'(?:"(?:[^"\\\n]|\\.)*+"|\{[^}]*+\}|[^|])*+\|?')
_TAG = re.compile(r"<(?:\w+:)?(\w+)[^<>]*?(/?)>")
_VARIABLES = ("aux", "stock", "flow", "module", "macro", "dimensions", "sim_specs", "header")
_NEXT_KEY = re.compile(r"\n[ \t]*(?:\[|[\w.\"' -]+=)")
_NEXT_TABLE = re.compile(r"\n[ \t]*\[[\w.\"' \[-]+\]+[ \t]*(?:#|\n|$)")


@dataclass(frozen=True)
class Excerpt:
    """One line of a file.

    Attributes:
        line: Its number, from 1.
        shown: The line without tabs and control characters, cut to what is near the text.
        start: Where the offending text begins in `shown`.
        end: Where it ends; `start` if it was not found.
        column: Where it begins in the line of the file, in characters from 1; 0 if not found.
        end_column: The column after its last character in this line; 0 if not found.
    """

    line: int
    shown: str
    start: int
    end: int
    column: int = 0
    end_column: int = 0

    @property
    def before(self) -> str:
        """What stands left of the offending text."""
        return self.shown[: self.start]

    @property
    def marked(self) -> str:
        """The offending text."""
        return self.shown[self.start : self.end]


def excerpt(finding: Finding) -> Excerpt | None:
    """Find the line that a finding speaks of; None if there is none."""
    if not finding.line:
        return None
    lines = _lines(finding.file)
    if not 1 <= finding.line <= len(lines):
        return None
    first = finding.line - 1
    part = _definition(finding, "\n".join(lines[first : first + _MOST_LINES]))
    found = _find(finding.text, part)
    if found is None and finding.column:
        found = _at(finding.column - 1, lines[first])
    if found is None and finding.file.endswith(".toml"):
        found = _in_toml(finding.what, part)
    if found is None:
        return _shown(finding.line, lines[first], 0, 0)
    start, end = found
    above = part.count("\n", 0, start)
    begin = part.rfind("\n", 0, start) + 1
    line = lines[first + above]
    # Of a text that goes on in the next line, this line's part, without the sign of continuation.
    stop = min(end - begin, len(line.rstrip().removesuffix("\\").rstrip()))
    return _shown(finding.line + above, line, start - begin, max(stop, start - begin))


def _definition(finding: Finding, below: str) -> str:
    """Cut what stands from a line on to the definition, element or key that begins there."""
    ending = finding.file.rpartition(".")[2].lower()
    # Several may begin in one line: the name tells which is meant.
    named = _find(finding.variable, below.partition("\n")[0])
    begin = named[0] if named else 0
    begin -= below[:begin].endswith('"')
    if ending == "mdl":
        match = _DEFINITION.match(below, begin)
        end = match.end() if match else 0
        # A line that is no definition, such as one of a sketch, may hold bars.
        return (
            below[: max(end, len(below.partition("\n")[0]))] if "|" in finding.text else below[:end]
        )
    if ending == "toml":
        own = "\n".join(below.split("\n")[:_MOST_LINES_OF_TOML])
        following = (_NEXT_TABLE if own.lstrip().startswith("[") else _NEXT_KEY).search(own)
        return own[: following.start()] if following else own
    return below[: _end_of_element(below, begin)]


def _end_of_element(below: str, begin: int) -> int:
    """Find where the variable of XMILE ends that begins in a line, or that the line is in."""
    tag = _TAG.search(below, max(below.rfind("<", 0, begin), 0))
    if tag and tag[2] and tag[1] in _VARIABLES:
        return tag.end()
    own = tag[1] if tag and tag[1] in ("gf", *_VARIABLES) else "|".join(_VARIABLES)
    closing = re.compile(rf"</(?:\w+:)?(?:{own})\s*>").search(below, begin)
    return closing.end() if closing else len(below)


def _in_toml(what: str, part: str) -> tuple[int, int] | None:
    """Find what is wrong with a key of a TOML file: what the message quotes, or the value."""
    own = part[: following.start()] if (following := _NEXT_KEY.search(part)) else part
    for quoted in re.findall(r"'([^']+)'", what):
        if found := _find(quoted, own):
            return found
    value = re.match(r"[^=\n]*=[ \t]*([^\s#].*?)[ \t]*$", own, re.MULTILINE)
    return value.span(1) if value else None


def _at(start: int, line: str) -> tuple[int, int] | None:
    """Mark what stands at a place, up to the next spaces; beyond the end of a line its last."""
    begins = [word for word in re.finditer(r"\S+", line) if word.start() <= start]
    return begins[-1].span() if begins else None


def _find(text: str, part: str) -> tuple[int, int] | None:
    """Find a text as models spell it: in any case, broken anywhere, spaces or underscores."""
    words = re.split(r"[\s_]+", text.strip())
    if not any(words):
        return None
    for spelled in (words, [escape(word) for word in words]):  # XMILE writes &lt; for <
        pattern = r"(?:[\s_]|\\\n)+".join(re.escape(word) for word in spelled)
        head = r"(?<!\w)" if re.match(r"\w", spelled[0]) else ""
        tail = r"(?!\w)" if re.search(r"\w$", spelled[-1]) else ""
        if found := re.search(head + pattern + tail, part, re.IGNORECASE):
            return found.span()
        if len(text) >= _SURELY and (found := re.search(pattern, part, re.IGNORECASE)):
            return found.span()
    return None


def _shown(number: int, line: str, start: int, end: int) -> Excerpt:
    """Make a line fit to be shown: spaces for tabs, nothing that moves a cursor, not too long."""
    columns = (start + 1, end + 1) if end > start else (0, 0)
    before, marked, after = (_plain(piece) for piece in (line[:start], line[start:end], line[end:]))
    marked = _cut(marked, _LONGEST)
    if len(before) + len(marked) > _LONGEST:
        before = "…" + before[len(before) + len(marked) - _LONGEST :]
    if not start:  # The whole line is meant.
        before = ""
    after = _cut(after, max(0, _LONGEST - len(before) - len(marked)))
    begin = len(before)
    return Excerpt(number, before + marked + after, begin, begin + len(marked), *columns)


def _plain(text: str) -> str:
    return "".join(
        character if character.isprintable() else "·" for character in text.replace("\t", _TAB)
    )


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[:length] + "…"


def _lines(file: str) -> list[str]:
    try:
        status = os.stat(file)
        return _read(file, status.st_size, status.st_mtime_ns)
    except OSError:
        return []


@functools.lru_cache(maxsize=8)
def _read(file: str, size: int, changed: int) -> list[str]:
    """Read the lines of a file that has not changed since, in the encoding of its model."""
    source = Path(file).read_bytes()
    text = source.decode("utf-8-sig", "replace")
    if "\ufffd" in text and not file.lower().endswith(".toml"):
        from flatgov.errors import ModelError
        from flatgov.reading.vensim_bytes import decode

        with suppress(ModelError):  # The reader has said that it is no text.
            text, _ = decode(source, file)
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
