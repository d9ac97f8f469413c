"""The lines of a file that a finding speaks of, with the offending text underlined."""

from __future__ import annotations

import functools
import os
import re
from dataclasses import dataclass
from html import escape
from pathlib import Path

from flatgov.check.findings import Finding

# How far below the start of a definition its text is looked for.
_MOST_LINES = 80
_TAB = "    "
_LONGEST = 160
_NEXT_KEY = re.compile(r"\n\s*(?:\[|[\w.\"' -]+=)")


@dataclass(frozen=True)
class Excerpt:
    """One line of a file.

    Attributes:
        line: Its number, from 1.
        shown: The line without tabs and control characters, cut to what is near the text.
        start: Where the offending text begins in `shown`.
        end: Where it ends; `start` if it was not found.
    """

    line: int
    shown: str
    start: int
    end: int

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
    part = "\n".join(lines[first : first + _MOST_LINES])
    found = _find(finding.text, part)
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


def _in_toml(what: str, part: str) -> tuple[int, int] | None:
    """Find what is wrong with a key of a TOML file: what the message quotes, or the value."""
    own = part[: following.start()] if (following := _NEXT_KEY.search(part)) else part
    for quoted in re.findall(r"'([^']+)'", what):
        if found := _find(quoted, own):
            return found
    value = re.match(r"[^=\n]*=[ \t]*([^\s#].*?)[ \t]*$", own, re.MULTILINE)
    return value.span(1) if value else None


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
    return None


def _shown(number: int, line: str, start: int, end: int) -> Excerpt:
    """Make a line fit to be shown: spaces for tabs, nothing that moves a cursor, not too long."""
    before, marked, after = (_plain(piece) for piece in (line[:start], line[start:end], line[end:]))
    marked = _cut(marked, _LONGEST)
    if len(before) + len(marked) > _LONGEST:
        before = "…" + before[len(before) + len(marked) - _LONGEST :]
    if not start:  # The whole line is meant.
        before = ""
    after = _cut(after, max(0, _LONGEST - len(before) - len(marked)))
    return Excerpt(number, before + marked + after, len(before), len(before) + len(marked))


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
    """Read the lines of a file that has not changed since."""
    text = Path(file).read_bytes().decode("utf-8", "replace")
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
