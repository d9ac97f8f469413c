"""How much a file may ask for: the limits that keep a strange file from filling time or memory.

A limit is checked before the work that it bounds. Each may be changed for a process by the
environment variable ``FLATGOV_LIMITS="operations=5e6, file_size=1e9"``, or in Python for a while:

    with changed(operations=5_000_000):
        model = load_model("large.mdl")
"""

from __future__ import annotations

import functools
import math
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from pathlib import Path

from flatgov.errors import FlatgovError, ModelError, nearest_names

VARIABLE = "FLATGOV_LIMITS"


@dataclass(frozen=True)
class Limits:
    """The most that one file, or one model, may have.

    Attributes:
        file_size: Bytes of a file: model, study, data, results (of Zarr: one block or index).
        definitions: Definitions of a model, those of macros and subscript ranges too.
        definition: Characters of one definition, its units and documentation apart.
        documentation: Characters of the documentation of one definition.
        nesting: Levels of parentheses and calls in an equation, of elements in XML, of brackets
            and dotted keys in TOML.
        points: Points of one lookup table or series of data.
        elements: Elements of one subscript range, and of all subscripted variables together.
        operations: Scalar operations of the lowered model, those of a step and of the start.
        cells: Cells of a spreadsheet or text table that is read.
        unpacked: Bytes that a packed file (.xlsx, .ods, .npz) may unpack to.
        draws: Draws of a study or of a table of draws.
        memory: Bytes that the results and the delays of a run may take; by default half of the
            memory of this machine.
        outside: Whether the files of a study or model may lie outside of its folder: 0 or 1.
    """

    file_size: int = 64 * 2**20
    definitions: int = 30_000
    definition: int = 500_000
    documentation: int = 100_000
    nesting: int = 100
    points: int = 100_000
    elements: int = 250_000
    operations: int = 250_000
    cells: int = 5_000_000
    unpacked: int = 256 * 2**20
    draws: int = 1_000_000
    memory: int = field(default_factory=lambda: (physical_memory() or 2**36) // 2)
    outside: int = 0


_changes: list[Limits] = []


def current() -> Limits:
    """Give the limits that hold now, in all threads of this process.

    Raises:
        FlatgovError: The environment variable ``FLATGOV_LIMITS`` is wrong.
    """
    return _changes[-1] if _changes else _read(os.environ.get(VARIABLE, ""))


@contextmanager
def changed(**limits: int) -> Iterator[None]:
    """Let other limits hold inside the block, in all threads of this process.

    Args:
        limits: Whole numbers of 0 or more, by the names of `Limits`.

    Raises:
        FlatgovError: A name is none of a limit, or a number cannot be one.
    """
    new = replace(current(), **{name: _number(name, value) for name, value in limits.items()})
    _changes.append(new)
    try:
        yield
    finally:
        _changes.remove(new)


def check(
    limit: str,
    count: float,
    what: str,
    *,
    where: str = "",
    text: str = "",
    error: type[FlatgovError] = ModelError,
) -> None:
    """Refuse what has more than a limit allows.

    Args:
        limit: The name of the limit.
        count: How much there is.
        what: What has it, as the start of a sentence: ``the file has 7 bytes``.
        where: The place, for the message.
        text: The offending piece of the file.
        error: What is raised.

    Raises:
        FlatgovError: There is too much; the message has the limit and how to raise it.
    """
    most = getattr(current(), limit)
    if count > most:
        raise error(
            f"{what}, and the limit {limit} is {most:,}",
            where=where,
            text=text,
            fix=f"if it is meant, {how_to_raise(limit, count)}",
        )


def read_file(
    path: Path,
    *,
    where: str = "",
    limit: str = "file_size",
    error: type[FlatgovError] = ModelError,
) -> bytes:
    """Read a plain file that is no larger than the limit.

    A pipe or a device is refused before it is opened: opening a pipe can wait for ever.

    Args:
        path: The file.
        where: The place for the message; the file if empty.
        limit: The limit of its size.
        error: What is raised.

    Raises:
        FlatgovError: It is too large or no plain file.
        OSError: It cannot be read.
    """
    place = where or str(path)
    status = os.stat(path)
    if not stat.S_ISREG(status.st_mode):
        kind = "a folder" if stat.S_ISDIR(status.st_mode) else "no plain file"
        name = f"'{path.name}' is {kind}" if where else f"it is {kind}"
        raise error(name, where=place, fix="give a file")
    _check_size(path, status.st_size, limit, where, error)
    # Opened without waiting, should a pipe have taken its place meanwhile.
    number = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0))
    with os.fdopen(number, "rb") as file:
        content = file.read(getattr(current(), limit) + 1)  # files such as /proc's tell no size
    _check_size(path, len(content), limit, where, error)
    return content


def _check_size(path: Path, size: int, limit: str, where: str, error: type[FlatgovError]) -> None:
    name = f"'{path.name}'" if where else "the file"
    check(limit, size, f"{name} has {size:,} bytes", where=where or str(path), error=error)


def physical_memory() -> int | None:
    """Give the bytes of this machine's memory; nothing where the system does not tell."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        return None


def how_to_raise(limit: str, count: float) -> str:
    """Say how a limit is set so that it allows for a count."""
    return f'set {VARIABLE}="{limit}={_enough(count)}"'


def _enough(count: float) -> str:
    """Give a round number that is not below a count."""
    if count <= 1000 or not math.isfinite(count):
        return f"{count:g}"
    digits = 10 ** (len(str(int(count))) - 2)
    rounded = (math.ceil(count) + digits - 1) // digits * digits
    return f"{rounded:g}".replace("e+0", "e").replace("e+", "e")


@functools.lru_cache(maxsize=8)
def _read(text: str) -> Limits:
    """Read ``name=number, name=number``."""
    limits = {}
    for item in text.replace(";", ",").split(","):
        if item.strip():
            name, equals, value = map(str.strip, item.partition("="))
            if not equals:
                raise FlatgovError(
                    f"'{item.strip()}' is not of the form name=number",
                    where=VARIABLE,
                    fix='write it as "file_size=1e9, operations=5e6"',
                )
            limits[name] = _number(name, value, VARIABLE)
    return replace(Limits(), **limits)


def _number(name: str, value: object, where: str = "") -> int:
    names = [one.name for one in fields(Limits)]
    if name not in names:
        raise FlatgovError(
            f"there is no limit '{name}'",
            where=where,
            nearest=nearest_names(name, names),
            fix="" if nearest_names(name, names) else f"the limits are {', '.join(names)}",
        )
    try:
        number = float(value) if isinstance(value, (str, int, float)) else math.nan
    except (ValueError, OverflowError):
        number = math.nan
    if not (number >= 0 and number == math.floor(number) and number < 1e18):
        raise FlatgovError(
            f"the limit {name}={value} is no whole number from 0 to 1e18", where=where
        )
    return int(number)
