"""A TOML file with the place of every key, so that each error can say where it is."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from flatgov import limits
from flatgov.errors import Place, Problems, StudyError, nearest_names

Keys = tuple[str | int, ...]
Schema = TypeVar("Schema", bound=BaseModel)

_PART = r"""(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')"""
_DOTTED = rf"{_PART}(?:\s*\.\s*{_PART})*"
_HEADER = re.compile(rf"\s*(\[\[?)\s*({_DOTTED})\s*\]\]?\s*(?:#.*)?")
_KEY = re.compile(rf"\s*({_DOTTED})\s*=")
# Mistakes of one file for which right names are looked up: it takes time.
_MOST_COMPARED = 100
# Nobody mends more of one file before looking again.
_MOST_TOLD = 1000
_MUST_BE = {
    "string_type": "text in quotes",
    "float_type": "a number",
    "int_type": "a whole number",
    "tuple_type": "a list in brackets",
    "dict_type": "a table",
    "model_type": "a table",
}


@dataclass(frozen=True)
class TomlFile:
    """The content of a TOML file and where its keys stand.

    Attributes:
        path: As the user wrote it, for messages.
        text: The file.
        data: The file parsed.
        kept: Where something wrong was left out of a list, which of its items are still there.
    """

    path: str
    text: str
    data: dict[str, Any]
    kept: Mapping[Keys, tuple[int, ...]] = field(default_factory=dict)

    def where(self, *keys: str | int) -> Place:
        """Write the place of a key: file, line and the key's path, items counted from 1."""
        keys = self.original(keys)
        line = 0
        for length in range(len(keys), 0, -1):
            if line := self._lines.get(keys[:length], 0):
                break
        key = _written(keys)
        text = f"{self.path}:{line}" if line else self.path
        return Place(f"{text}: {key}" if keys else text, self.path, key, line)

    def original(self, keys: Keys) -> Keys:
        """Count the items of lists as the file does, those that were left out too."""
        if not self.kept:
            return keys
        found: Keys = ()
        for key in keys:
            found += (
                self.kept[found][key] if isinstance(key, int) and found in self.kept else key,
            )
        return found

    @cached_property
    def _lines(self) -> dict[Keys, int]:
        return _lines_of_keys(self.text)


def read_toml(path: Path) -> TomlFile:
    """Read a TOML file.

    Raises:
        StudyError: It cannot be read, is too large, lies elsewhere, is not UTF-8 or is not TOML;
            the message says the line.
    """
    check_inside(path)
    try:
        text = limits.read_file(path, error=StudyError).decode("utf-8-sig")
        _check_keys(text, path)
        data = tomllib.loads(text)
        _check_depth(data, path)
        return TomlFile(str(path), text, data)
    except OSError as error:
        raise StudyError(f"cannot be read: {error.strerror}", where=str(path)) from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        where = Place(f"{path}:{line}", str(path), line=line)
        raise StudyError("is not UTF-8 text", where=where, fix="save the file as UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        what, _, place = str(error).partition(" (at ")
        what = what.replace(r"Illegal character '\n'", "The line ends inside a text")
        line_column = ":".join(re.findall(r"\d+", place)) or str(text.count("\n") + 1)
        line = int(line_column.partition(":")[0])
        where = Place(f"{path}:{line_column}", str(path), line=line)
        raise StudyError(f"broken TOML: {what[:1].lower()}{what[1:]}", where=where) from None
    except RecursionError:
        raise StudyError("broken TOML: nested too deeply", where=str(path)) from None
    except ValueError as error:  # a whole number of thousands of digits
        raise StudyError(f"broken TOML: {error}", where=str(path)) from None


def check_inside(path: Path) -> None:
    """Refuse a link out of the folder in which a file of a study stands.

    Raises:
        StudyError: It leads elsewhere.
    """
    if not is_inside(path):
        raise StudyError(
            "is a link out of its folder",
            where=str(path),
            fix=f'put the file itself there, or allow it by {limits.VARIABLE}="outside=1"',
        )


def is_inside(path: Path) -> bool:
    """Tell whether a file is no link out of its folder, or such links are allowed."""
    if not path.is_symlink() or limits.current().outside:
        return True
    try:
        return path.resolve().is_relative_to(path.parent.resolve())
    except (OSError, RuntimeError):  # a circle of links
        return False


def _check_keys(text: str, path: Path) -> None:
    """Refuse keys of very many parts: `tomllib` takes the square of their number in time."""
    most = limits.current().nesting
    found = re.search(rf"(?<![\w-])(?:{_PART}[ \t]*\.[ \t]*){{{most + 1}}}", text)
    if found:
        line = text.count("\n", 0, found.start()) + 1
        count = most + 2
        what = f"a key has {count} or more parts"
        limits.check("nesting", count, what, where=f"{path}:{line}", error=StudyError)


def _check_depth(data: Any, path: Path) -> None:
    """Refuse tables and lists that are nested deep, and integers that TOML does not have."""
    level, depth = [data], 0
    while level:
        depth += 1
        what = "tables and lists are nested too deeply"
        limits.check("nesting", depth, what, where=str(path), error=StudyError)
        inner = [list(one.values()) if isinstance(one, dict) else one for one in level]
        values = [item for items in inner for item in items]
        if any(isinstance(one, int) and one.bit_length() > 63 for one in values):
            # TOML has none, and to write one out takes the square of its digits in time.
            raise StudyError("broken TOML: an integer is larger than 64 bits", where=str(path))
        level = [one for one in values if isinstance(one, (dict, list))]


def validate(file: TomlFile, schema: type[Schema]) -> Schema:
    """Check the keys and types of a file.

    Args:
        file: The file.
        schema: What it may hold.

    Returns:
        The content as frozen objects.

    Raises:
        StudyError: A key is unknown or missing, or a value has the wrong type.
    """
    try:
        return schema.model_validate(file.data)
    except ValidationError as errors:
        Problems([*schema_errors(file, errors)]).raise_first()
        raise  # Unreachable: a ValidationError holds at least one error.


def schema_errors(file: TomlFile, errors: ValidationError) -> list[StudyError]:
    """Say every mistake in the keys and types of a file, each with its place."""
    found = enumerate(errors.errors()[:_MOST_TOLD])
    return [_schema_error(file, error, compare=number < _MOST_COMPARED) for number, error in found]


def error_keys(error: ErrorDetails) -> Keys:
    """Give the keys of the value that is wrong."""
    # Of a wrong key of a table, pydantic puts a mark behind the key itself.
    keys = tuple(key for key in error["loc"] if key != "[key]")
    return (*keys, error["ctx"]["key"]) if error["type"] == "unknown_key" else keys


def _schema_error(file: TomlFile, error: ErrorDetails, *, compare: bool) -> StudyError:
    keys = error_keys(error)
    kind, context = error["type"], error.get("ctx", {})
    if kind == "unknown_key":
        known = context["keys"]
        return StudyError(
            f"'{context['key']}' is no key of this table",
            where=file.where(*keys),
            nearest=nearest_names(context["key"], known) if compare else (),
            fix=f"the keys are {', '.join(known)}",
        )
    if kind == "missing":
        return StudyError(f"the key '{keys[-1]}' is missing", where=file.where(*keys[:-1]))
    if kind == "literal_error":
        allowed = re.findall(r"'([^']*)'", context["expected"])
        return StudyError(
            f"'{error['input']}' is not one of {', '.join(allowed)}",
            where=file.where(*keys),
            nearest=nearest_names(str(error["input"]), allowed),
        )
    if kind == "value_error":
        return StudyError(str(context["error"]), where=file.where(*keys))
    if kind == "too_short":
        return StudyError("is empty", where=file.where(*keys), fix="write at least one")
    what = f"must be {_MUST_BE[kind]}, not {error['input']!r}" if kind in _MUST_BE else error["msg"]
    return StudyError(what, where=file.where(*keys))


def _written(keys: Keys) -> str:
    text, after_index = "", False
    for key in keys:
        if isinstance(key, int):
            text += f" #{key + 1}"
        else:
            text += (" " if after_index else "." if text else "") + key
        after_index = isinstance(key, int)
    return text


def _lines_of_keys(text: str) -> dict[Keys, int]:
    """Find the line of every table and key that stands on a line of its own."""
    lines: dict[Keys, int] = {}
    counts: dict[Keys, int] = {}
    table: Keys = ()
    in_text = False
    for number, line in enumerate(text.splitlines(), start=1):
        opens_or_closes = (line.count('"""') + line.count("'''")) % 2 == 1
        if not in_text and (header := _HEADER.fullmatch(line)):
            table = _open_table(_parts(header[2]), header[1] == "[[", counts)
            lines.setdefault(table[:1], number)  # [policies.now] also opens `policies`.
            lines.setdefault(table, number)
        elif not in_text and (key := _KEY.match(line)):
            lines.setdefault(table + _parts(key[1]), number)
        in_text ^= opens_or_closes
    return lines


def _open_table(parts: Keys, is_array: bool, counts: dict[Keys, int]) -> Keys:
    """Give the keys of a table with the index of every array of tables on the way."""
    table: Keys = ()
    for position, part in enumerate(parts):
        table += (part,)
        if is_array and position == len(parts) - 1:
            counts[table] = counts.get(table, 0) + 1
        if table in counts:
            table += (counts[table] - 1,)
    return table


def _parts(dotted: str) -> Keys:
    return tuple(part.strip("\"'") for part in re.findall(_PART, dotted))
