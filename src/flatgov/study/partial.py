"""A TOML file of a study with mistakes in it: what is right is kept, to be checked all the same."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from flatgov.errors import Problems
from flatgov.study.consequence import AnyName
from flatgov.study.toml import Keys, TomlFile, error_keys, read_toml, schema_errors

Schema = TypeVar("Schema", bound=BaseModel)

# Tables of tables of which a single key can be left out: their changes are worth a check.
_WITH_CHANGES = ("policies", "scenarios", "variants")
# Names for people, on which nothing else depends.
_LABELS = ("label", "title")
_DEFAULT: Keys = ("default",)


@dataclass(frozen=True)
class Part(Generic[Schema]):
    """What could be read of a file.

    Attributes:
        exists: Whether there is such a file.
        file: The file, or None where it is no TOML.
        content: What is right of it, or None.
        cut: The keys of all that is left out.
    """

    exists: bool
    file: TomlFile | None = None
    content: Schema | None = None
    cut: frozenset[Keys] = frozenset()

    @property
    def both(self) -> tuple[Schema, TomlFile] | None:
        """The content and its file, where there is something to check."""
        if self.content is None or self.file is None:
            return None
        return self.content, self.file

    def is_whole(self, *keys: str | int) -> bool:
        """Tell whether nothing is left out at these keys or below, but for labels."""
        # A part of them may stand in a misspelt table.
        return (
            self.content is not None
            and not self.has_unknown_tables
            and not any(one[: len(keys)] == keys and not _is_label(one) for one in self.cut)
        )

    def names(self, table: str) -> Collection[str]:
        """Give the names in a table of tables; also of those that are wrong in some other way."""
        if not self.exists:
            return ()
        if self.file is None or self.has_unknown_tables:
            return AnyName()
        inside = self.file.data.get(table, {})
        return inside if isinstance(inside, dict) else AnyName()

    def claims(self) -> Collection[int] | None:
        """Give the numbers of the claims; None where it is not known which there are."""
        if self.file is None or self.has_unknown_tables:
            return None
        claims = self.file.data.get("claims", [])
        if not isinstance(claims, list):
            return None
        numbers = [one.get("number") if isinstance(one, dict) else None for one in claims]
        known = {one for one in numbers if isinstance(one, int)}
        # Of two claims with one number, one has lost its own.
        return known if len(known) == len(numbers) else None

    @cached_property
    def has_unknown_tables(self) -> bool:
        """Tell whether a table was left out: a misspelt one may hold any names."""
        return any(len(keys) == 1 and keys != _DEFAULT for keys in self.cut)


def read_part(path: Path, schema: type[Schema], problems: Problems) -> Part[Schema]:
    """Read a file to its end in spite of mistakes.

    Args:
        path: The file; it may be missing.
        schema: What it may hold.
        problems: Collects what is wrong.
    """
    if not path.exists():
        return Part(exists=False)
    file = None
    with problems.collect():
        file = read_toml(path)
    if file is None:
        return Part(exists=True)
    try:
        return Part(True, file, schema.model_validate(file.data))
    except ValidationError as errors:
        problems.found += schema_errors(file, errors)
        return _right_part(file, schema, errors)


def _right_part(file: TomlFile, schema: type[Schema], errors: ValidationError) -> Part[Schema]:
    """Leave out what is wrong, and what cannot stand without it, until the rest is right."""
    cut = {_entry(file.data, error_keys(error)) for error in errors.errors()}
    while () not in cut:
        kept: dict[Keys, tuple[int, ...]] = {}
        data = _without(file.data, cut, (), kept)
        right = replace(file, kept=kept)
        try:
            return Part(True, right, schema.model_validate(data), frozenset(cut))
        except ValidationError as again:
            for error in again.errors():
                keys = _entry(file.data, right.original(error_keys(error)))
                while keys in cut and keys:
                    keys = keys[:-1]
                cut.add(keys)
    return Part(True, file, None, frozenset(cut))


def _entry(data: Any, keys: Keys) -> Keys:
    """Give the keys of what is left out for a mistake: a list's table, a table, or one key."""
    for length in range(1, len(keys) + 1):
        if _is_label(keys[:length]):
            return keys[:length]
    for length in range(len(keys), 0, -1):
        if isinstance(keys[length - 1], int) and isinstance(_at(data, keys[:length]), dict):
            return keys[:length]
    return keys[: 3 if keys[:1] and keys[0] in _WITH_CHANGES else 2]


def _is_label(keys: Keys) -> bool:
    named = len(keys) == 2 and keys[0] in ("study", "paths", "promises")
    return (named or len(keys) == 3) and keys[-1] in _LABELS


def _at(data: Any, keys: Keys) -> Any:
    for key in keys:
        inside = isinstance(data, dict) if isinstance(key, str) else isinstance(data, list)
        if not inside:
            return None
        data = data.get(key) if isinstance(data, dict) else data[int(key)]
    return data


def _without(data: Any, cut: Collection[Keys], at: Keys, kept: dict[Keys, tuple[int, ...]]) -> Any:
    """Copy data without what is cut; note which items of shortened lists are left."""
    if isinstance(data, dict):
        rest = {
            key: _without(value, cut, (*at, key), kept)
            for key, value in data.items()
            if (*at, key) not in cut
        }
        # What a table needs is replaced by something that is never shown.
        for key in (*_LABELS, *_DEFAULT):
            if (*at, key) in cut and ((*at, key) == _DEFAULT or _is_label((*at, key))):
                rest[key] = "?" if (*at, key) == _DEFAULT else {"en": "?", "zh": "?"}
        return rest
    if isinstance(data, list):
        left = tuple(index for index in range(len(data)) if (*at, index) not in cut)
        if len(left) < len(data):
            kept[at] = left
        return [_without(data[index], cut, (*at, index), kept) for index in left]
    return data
