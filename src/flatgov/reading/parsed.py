"""What the readers of both file formats hand on."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from flatgov.errors import Place
from flatgov.model import BaseDate, Integrator
from flatgov.names import canonical

if TYPE_CHECKING:
    from pysd.translators.structures.abstract_model import AbstractModel

CONTROL_NAMES = ("initial time", "final time", "time step", "saveper")


@dataclass(frozen=True)
class Definition:
    """One definition as it stands in the file.

    Attributes:
        name: In the spelling of the file, without quotes.
        text: The right-hand side, white space collapsed.
        line: The line on which the definition starts.
        units: Without the limits.
        limits: Lowest and highest value.
        documentation: The comment.
        group: The sector.
    """

    name: str
    text: str
    line: int
    units: str = ""
    limits: tuple[float | None, float | None] = (None, None)
    documentation: str = ""
    group: str = ""


Definitions = Mapping[str, tuple[Definition, ...]]


@dataclass(frozen=True)
class Parsed:
    """A model file after parsing.

    Attributes:
        abstract: PySD's form of it: the main section, then one for each macro.
        definitions: The definitions of the main section by canonical name; for each name in
            the order of the components of PySD's element.
        macros: The same for each macro, in the order of its sections.
        mappings: For each subscript range, the ranges that it is mapped to, with what its
            elements mean there: elements or ranges, or nothing where they go by position.
        range_lines: The line of each subscript range.
        integrator: The method that the file asks for.
        base_date: What the settings of the file have for the date of time 0.
        broken: The canonical names that a definition which could not be read would have defined:
            whoever uses one of them is not to blame.
        unit_synonyms: Groups of units that mean the same, as the file lists them; the first of
            each stands for all.
    """

    abstract: AbstractModel
    definitions: Definitions = field(default_factory=dict)
    macros: Sequence[Definitions] = ()
    mappings: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    range_lines: Mapping[str, int] = field(default_factory=dict)
    integrator: Integrator = "euler"
    base_date: BaseDate | None = None
    broken: frozenset[str] = frozenset()
    unit_synonyms: tuple[tuple[str, ...], ...] = ()


def display_name(name: str) -> str:
    """Give a name without its quotes and with single spaces, in its own case."""
    bare = " ".join(name.split())
    if len(bare) > 1 and bare[0] == bare[-1] == '"':
        bare = bare[1:-1].strip()
    return bare


def place(file: str, name: str = "", line: int = 0) -> Place:
    """Describe where something stands: file, variable, line."""
    parts = [file] + ([f"'{name}'"] if name else []) + ([f"line {line}"] if line else [])
    return Place(", ".join(parts), file, name, line)


def is_control(name: str) -> bool:
    """Tell whether a name is one of the four control variables."""
    return canonical(name) in CONTROL_NAMES


@functools.lru_cache(maxsize=1 << 12)  # a long sum has the same sign many times
def as_written(name: str, text: str) -> str:
    """Find a name in an equation: the piece of the text that means it, or ``""``."""
    words = r"[\s_]+".join(map(re.escape, canonical(name).split()))
    found = words and re.search(rf'"\s*{words}\s*"|(?<!\w){words}(?!\w)', text, re.IGNORECASE)
    return found[0] if found else ""
