"""The parts of a parsed model, as PySD's classes of the same names have them.

PySD's own take most of a second to import, with all that they need.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass
class AbstractComponent:
    """One definition of a variable: its subscripts and its right-hand side, `ast`."""

    subscripts: tuple[list[str], list[list[str]]]
    ast: Any


@dataclass
class AbstractUnchangeableConstant(AbstractComponent):
    """A constant defined by ``==``."""


@dataclass
class AbstractLookup(AbstractComponent):
    """A lookup."""


@dataclass
class AbstractData(AbstractComponent):
    """A series of data, and how it is interpolated."""

    keyword: str | None = None


@dataclass
class AbstractElement:
    """A variable: all definitions of it."""

    name: str
    components: list[Any]


@dataclass
class AbstractControlElement(AbstractElement):
    """A control variable."""


@dataclass
class AbstractSubscriptRange:
    """A subscript range: elements, the name of another range, or where they are in a file."""

    name: str
    subscripts: Any
    mapping: list[str]


@dataclass
class AbstractSection:
    """The model or a macro."""

    name: str
    path: Path
    type: str
    params: list[str]
    returns: list[str]
    subscripts: list[Any]
    elements: list[Any]
    constraints: list[Any]
    test_inputs: list[Any]
    split: bool
    views_dict: dict[str, Any] | None


@dataclass
class AbstractModel:
    """All sections, that of the model first."""

    original_path: Path
    sections: tuple[Any, ...]
