"""Split the text of a Vensim model into its definitions, keeping line numbers and groups."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass

from flatgov.errors import ModelError
from flatgov.reading.parsed import display_name, place

_SKETCH = re.compile(r"\\{2,3}---///")
_QUOTED = re.compile(r'"(?:\\.|[^"\\\n])*"')
_BRACE = re.compile(r"[{}]")
_GROUP = re.compile(r"\*{3,}\s*\.?(.*?)\s*\*{3,}", re.DOTALL)
_NEW_GROUP = re.compile(r"\{\s*\*\*(.*?)\*\*\s*\}", re.DOTALL)
_SPECIAL = re.compile(r'["{]|:(?:and|or|not|na):', re.IGNORECASE)
_MACRO = re.compile(r"\s*:MACRO:\s*([^(]+?)\s*\(([^)]*)\)", re.IGNORECASE)
_END_OF_MACRO = re.compile(r"\s*:END OF MACRO:", re.IGNORECASE)


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
    def clean_equation(self) -> str:
        """The equation on one line, which is what PySD's grammars take."""
        return " ".join(self.equation.split())

    def line_at(self, characters: int) -> int:
        """Find the line of the file after so many characters other than white space."""
        seen = 0
        for position, character in enumerate(self.equation):
            if not character.isspace():
                if seen == characters:
                    return self.line + self.equation.count("\n", 0, position)
                seen += 1
        return self.line + self.equation.count("\n")


def guess_name(equation: str) -> str:
    """Give the name that a definition starts with, also when it cannot be parsed."""
    match = re.match(r'\s*("(?:\\.|[^"\\\n])*"|[^=\[(:<~|]*)', equation)
    return display_name(match.group(1)) if match else ""


def decode(source: bytes, file: str) -> str:
    """Turn the bytes of a model file into text.

    Raises:
        ModelError: The file is empty, binary, or in another encoding than it says.
    """
    if not source.strip():
        raise ModelError("the file is empty", where=file, fix="give a Vensim or XMILE model")
    if b"\0" in source:
        raise ModelError(
            "the file is binary, not text", where=file, fix="save the model as .mdl text in Vensim"
        )
    head = re.match(rb"(?:\xef\xbb\xbf)?\s*\{([\w.-]+)\}", source)
    declared = head.group(1).decode("ascii", "replace") if head else "utf-8"
    try:
        encoding = codecs.lookup(declared).name
    except LookupError:
        encoding = "utf-8"
    try:
        text = source.decode("utf-8-sig" if encoding == "utf-8" else encoding)
    except UnicodeError as error:
        start = getattr(error, "start", 0)
        raise ModelError(
            f"the text is not {declared.upper()}",
            where=place(file, line=source.count(b"\n", 0, start) + 1),
            fix="save the file as UTF-8",
        ) from None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def split_entries(text: str, file: str) -> Iterator[Entry]:
    """Yield the definitions of a model text in order; groups and macro heads are taken in.

    Raises:
        ModelError: A definition is not closed by ``|`` or has too many fields, or a comment is
            not closed.
    """
    text = _SKETCH.split(text, maxsplit=1)[0]
    group, macro = "", None
    for start, fields in _split_fields(text, file):
        line = text.count("\n", 0, start) + 1
        for name in _NEW_GROUP.findall(fields[0]):
            group = display_name(name)
        equation, line = _skip_space(_blank_comments(fields[0]), line)
        if end := _END_OF_MACRO.match(equation):
            macro = None
            equation, line = _skip_space(equation[end.end() :], line)
        if head := _MACRO.match(equation):
            macro = _read_macro(head)
            line += equation.count("\n", 0, head.end())
            equation, line = _skip_space(equation[head.end() :], line)
        if heading := _GROUP.fullmatch(equation.strip()):
            group = display_name(heading.group(1))
            continue
        if not equation:
            continue
        _check_fields(fields, equation, place(file, guess_name(equation), line))
        yield Entry(
            equation=equation,
            units=" ".join(fields[1].split()),
            documentation=_join_lines(fields[2]) if len(fields) > 2 else "",
            line=line,
            group=group,
            macro=macro,
        )


def _split_fields(text: str, file: str) -> Iterator[tuple[int, list[str]]]:
    """Yield where each entry starts and its fields; the last one only if it is not closed."""
    start = field_start = position = 0
    fields: list[str] = []
    while position < len(text):
        character = text[position]
        if character in '"{' and not fields:  # only names protect their ~ and |
            end = _find_end(text, position)
            if end is None:
                raise ModelError(
                    "a comment is not closed",
                    where=place(file, line=text.count("\n", 0, position) + 1),
                    fix="end it with '}', one for each '{' in it",
                )
            position = end
            continue
        if character in "~|":
            fields.append(text[field_start:position])
            field_start = position + 1
            if character == "|":
                yield start, fields
                start, fields = field_start, []
        position += 1
    rest = _END_OF_MACRO.sub("", _blank_comments(text[field_start:]))
    if fields or rest.strip():
        yield start, [*fields, text[field_start:], _UNCLOSED]


_UNCLOSED = "\0unclosed"  # no file has it: `decode` refuses NUL


def _check_fields(fields: list[str], equation: str, where: str) -> None:
    if fields[-1] == _UNCLOSED or len(fields) > 4:
        raise ModelError(
            "the definition is not closed", where=where, fix="end every definition with '|'"
        )
    if len(fields) == 1:
        raise ModelError(
            "the definition has no '~'",
            where=where,
            fix="write it as 'name = equation ~ units ~ comment |'",
        )
    if equation.count('"') % 2:
        raise ModelError("a quote is not closed", where=where, fix='write names as "name"')


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


def _find_end(text: str, start: int) -> int | None:
    """Find the end of a quoted name or a comment; nothing if the comment is not closed.

    Comments may hold others. A quote that is not closed is one character.
    """
    if text[start] == '"':
        quoted = _QUOTED.match(text, start)
        return quoted.end() if quoted else start + 1
    depth = 0
    for brace in _BRACE.finditer(text, start):
        depth += 1 if brace[0] == "{" else -1
        if not depth:
            return brace.end()
    return None


def _blank_comments(equation: str) -> str:
    """Put white space in the place of comments and continued lines; line breaks stay.

    Keywords such as ``:and:`` become capitals, the only form that PySD knows.
    """
    parts, position = [], 0
    while special := _SPECIAL.search(equation, position):
        start, end = special.span()
        parts.append(equation[position:start])
        if special[0] in '"{':
            end = _find_end(equation, start) or len(equation)
        text = equation[start:end]
        if text[0] == "{":
            text = re.sub(r"[^\n]", " ", text)
        parts.append(text if text[0] == '"' else text.upper())
        position = end
    parts.append(equation[position:])
    return re.sub(r"\\(?=[ \t]*\n)", " ", "".join(parts))


def _join_lines(documentation: str) -> str:
    return " ".join(re.sub(r"\\(?=[ \t]*\n)", " ", documentation).split())
