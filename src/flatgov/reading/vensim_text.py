"""Split the text of a Vensim model into its definitions, keeping line numbers and groups.

Where a definition is not closed, the next line that starts like a definition starts one: all the
others are still read, and each mistake is one error.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field

from flatgov.errors import ModelError, Problems
from flatgov.limits import check
from flatgov.reading.parsed import display_name, place
from flatgov.reading.vensim_scan import Fields, Scan, next_start
from flatgov.reading.vensim_tokens import PERHAPS_QUOTED, QUOTED, piece

_SKETCH = re.compile(r"\\{2,3}---///")
_MARKER = r"\\\---/// Sketch information - do not modify anything except names"
# The lines after the marker, in front of which it is missing or not whole.
_UNMARKED = re.compile(
    r"^(?:[^\n~|]*Sketch information[^\n]*\n)?(?:V\d+ [^\n]*\n)?\*[^\n]*\n\$\d[^\n]*\|\d+\|",
    re.MULTILINE,
)
_STARS = "***"  # around the name of a group
_NEW_GROUP = re.compile(r"\{\s*\*\*(.*?)\*\*\s*\}", re.DOTALL)
_MACRO = re.compile(r"\s*:MACRO:\s*([^(]+?)\s*\(([^)]*)\)", re.IGNORECASE)
_END_OF_MACRO = re.compile(r"\s*:END OF MACRO:", re.IGNORECASE)
_CONTINUED = re.compile(r"\\(?=[ \t]*\n)")
_MOST_AGAIN = 20
_CLOSE = "end every definition with '|'"


@dataclass(frozen=True)
class Macro:
    """The head of a macro: its name, inputs and further outputs."""

    name: str
    parameters: tuple[str, ...]
    returns: tuple[str, ...]


@dataclass(frozen=True)
class Entry:
    """One definition: its fields between the ``~`` as written, comments blanked.

    Attributes:
        equation: The left and right-hand side with line breaks kept.
        line: The line on which `equation` starts.
        macro: The macro that it stands in, or nothing.
    """

    equation: str
    units: str
    documentation: str
    line: int
    group: str
    macro: Macro | None

    @property
    def name(self) -> str:
        """The name that it defines, as well as it can be told."""
        return guess_name(self.equation)

    def line_at(self, position: int) -> int:
        """Give the line of the file on which a position of `equation` stands."""
        return self.line + self.equation.count("\n", 0, max(position, 0))


@dataclass
class Split:
    """A model text in its parts.

    Attributes:
        entries: The definitions in the order of the file.
        broken: The names of those that cannot be read.
        stopped: What makes it useless to look further: a macro that is not closed, whose end no
            reading can tell, or too many definitions that are not.
        ends_open: Whether the text ends within a definition.
    """

    entries: list[Entry] = field(default_factory=list)
    broken: set[str] = field(default_factory=set)
    stopped: ModelError | None = None
    ends_open: bool = False


def guess_name(equation: str) -> str:
    """Give the name that a definition starts with, also when it cannot be parsed."""
    match = re.match(rf"\s*({QUOTED}|[^=\[(:<~|＝［（：]*)", equation)
    name = match.group(1).strip() if match else ""
    if name.count('"') == 1:
        name = name.replace('"', "")  # It is not closed.
    if not re.search("[=＝]", equation):  # The sign is forgotten: what follows is the equation.
        name = name.partition("\n")[0]
    return display_name("".join(one for one in name if unicodedata.category(one) != "Cf"))


def split_entries(text: str, file: str, problems: Problems) -> Split:
    """Find the definitions of a model text; groups and macro heads are taken in.

    Args:
        text: The whole file.
        file: Its path, for messages.
        problems: Takes definitions, comments and quotes that are not closed.
    """
    text = _without_sketch(_SKETCH.split(text, maxsplit=1)[0], file, problems)
    split = Split()
    group, macro, line, seen, opened = "", None, 1, 0, 0
    for fields in _closed(Scan(text), text, file, problems):
        split.ends_open = not fields.is_closed
        line += text.count("\n", seen, fields.start)
        seen = fields.start
        for start, end in fields.comments:
            if heading := _NEW_GROUP.fullmatch(text[start:end]):
                group = display_name(heading.group(1))
        equation, at = _skip_space(fields.equation(text), line)
        if ending := _END_OF_MACRO.match(equation):
            macro = None
            equation, at = _skip_space(equation[ending.end() :], at)
        if head := _MACRO.match(equation):
            macro, opened = _read_macro(head), at
            at += equation.count("\n", 0, head.end())
            equation, at = _skip_space(equation[head.end() :], at)
        title = equation.strip()
        if title.startswith(_STARS) and title.endswith(_STARS):
            group = display_name(title.strip("*").strip().removeprefix("."))
            continue
        if not equation:
            continue
        units, documentation = (fields.text(text, number) for number in (1, 2))
        entry = Entry(equation, " ".join(units.split()), _join(documentation), at, group, macro)
        if _is_sound(fields, text, entry, file, problems):
            split.entries.append(entry)
            count = len(split.entries)
            check("definitions", count, f"the file has {count} definitions", where=file)
        else:
            split.broken.add(entry.name)
    if macro is not None:
        split.stopped = ModelError(
            f"the macro {macro.name} is not closed",
            where=place(file, macro.name, opened),
            fix="write ':END OF MACRO:' after its last definition",
            text=":MACRO:",
        )
    return split


def _without_sketch(text: str, file: str, problems: Problems) -> str:
    """Cut a sketch off whose marker is not there; report it."""
    found = _UNMARKED.search(text)
    if found is None:
        return text
    first = found[0].split("\n", 1)[0]
    where = "in its place" if "Sketch information" in first else "before it"
    problems.found.append(
        ModelError(
            "a sketch starts without its first line",
            where=place(file, "", text.count("\n", 0, found.start()) + 1),
            fix=rf"write '{_MARKER}' {where}",
            text=piece(first, 0),
        )
    )
    return text[: found.start()]


def _closed(scan: Scan, text: str, file: str, problems: Problems) -> Iterator[Fields]:
    """Yield the definitions; where one is not closed, close it before the next that starts.

    Raises:
        ModelError: So many are not closed that the text would have to be read over and over.
    """
    position, again = 0, 0
    while position < len(text):
        fields = scan.fields(position)
        start = next_start(text, fields)
        if start is None:
            position = fields.end
            if not fields.is_closed and len(fields.spans) == 1 and _is_empty(fields, text):
                continue
        else:
            again += fields.end - start
            if again > _MOST_AGAIN * len(text) + 1_000_000:
                line = text.count("\n", 0, start) + 1
                raise ModelError("too many definitions are not closed", where=place(file, "", line))
            fields = fields.cut(start)
            position = start
        if fields.open_comment is None and (start is not None or not fields.is_sound):
            equation, line = _skip_space(
                fields.equation(text), text.count("\n", 0, fields.start) + 1
            )
            name = guess_name(_END_OF_MACRO.sub("", equation))
            problems.found.append(
                ModelError(
                    "the definition is not closed",
                    where=place(file, name, line),
                    fix=_CLOSE,
                    text=piece(equation, 0),
                )
            )
        yield fields


def _is_empty(fields: Fields, text: str) -> bool:
    """Tell whether there is nothing but space, comments or the end of a macro."""
    bare = _END_OF_MACRO.sub("", fields.equation(text)).strip()
    return not bare and fields.open_comment is None


def _is_sound(fields: Fields, text: str, entry: Entry, file: str, problems: Problems) -> bool:
    """Report what is wrong with the fields; tell whether the equation can be read."""
    where = place(file, entry.name, entry.line)
    if fields.open_comment is not None:
        line = text.count("\n", 0, fields.open_comment) + 1
        problems.found.append(
            ModelError(
                "a comment is not closed",
                where=place(file, "", line),
                fix="end it with '}', one for each '{' in it",
                text=piece(text, fields.open_comment),
            )
        )
        return False
    quotes = re.finditer(PERHAPS_QUOTED, entry.equation)
    quote = next((found.start() for found in quotes if not found[1]), -1)
    if quote >= 0:
        problems.found.append(
            ModelError(
                "a quote is not closed",
                where=place(file, entry.name, entry.line_at(quote)),
                fix='write names as "name"',
                text=piece(entry.equation, quote),
            )
        )
        return False
    size = len(entry.equation)
    check("definition", size, f"the definition has {size:,} characters", where=where)
    size = len(entry.documentation)
    check("documentation", size, f"the documentation has {size:,} characters", where=where)
    if len(fields.spans) == 1 and fields.is_closed and not re.search("[=＝(:]", entry.equation):
        problems.found.append(
            ModelError(
                "it is no definition: it has no '=' and no '~'",
                where=where,
                fix="take the '|' before it out of the comment, if it is the end of one",
                text=piece(entry.equation, 0),
            )
        )
        return False
    if len(fields.spans) == 1 and fields.is_closed:
        problems.found.append(
            ModelError(
                "the definition has no '~'",
                where=where,
                fix="write it as 'name = equation ~ units ~ comment |'",
                text=piece(entry.equation, 0),
            )
        )
    return True


def _read_macro(head: re.Match[str]) -> Macro:
    inputs, _, outputs = head.group(2).partition(":")
    return Macro(
        name=head.group(1),
        parameters=tuple(name.strip() for name in inputs.split(",") if name.strip()),
        returns=tuple(name.strip() for name in outputs.split(",") if name.strip()),
    )


def _skip_space(text: str, line: int) -> tuple[str, int]:
    bare = text.lstrip()
    return bare, line + text.count("\n", 0, len(text) - len(bare))


def _join(documentation: str) -> str:
    return " ".join(_CONTINUED.sub(" ", documentation).split())
