"""A Vensim model in PySD's own form, for PySD to run: another reading of the same file.

Reading and running a model does not need it; what PySD computes from it is what ours is compared
with.
"""

from __future__ import annotations

import re
from typing import Any

import parsimonious
from pysd.translators.structures import abstract_model as structures
from pysd.translators.vensim.vensim_element import Component, Element, SubscriptRange

from flatgov.errors import ModelError, Problems
from flatgov.names import canonical
from flatgov.reading.parsed import place
from flatgov.reading.ranges import read_range
from flatgov.reading.translators import safe_translators
from flatgov.reading.vensim import Part, abstract_model, read_entries
from flatgov.reading.vensim_left import read_left
from flatgov.reading.vensim_macros import plain_macros
from flatgov.reading.vensim_points import parse_right_hand_side
from flatgov.reading.vensim_text import Entry
from flatgov.reading.vensim_tokens import NUMBER, QUOTED

_PLAIN = re.compile(r"(\w[\w\s\'$]*)=(?!=)(.*)")
_NAME = r'((?:"(?:\\.|[^"\\\n])*"|[\w\s\'$]+)(?:\[[^\]]*\])?)\s*'
_BARE = re.compile(_NAME)
_LISTED = re.compile(_NAME + rf"\((\s*[-+]?\s*{NUMBER}\s*(?:,\s*[-+]?\s*{NUMBER}\s*)+)\)\s*")
_OTHER = re.compile(rf"{QUOTED}|:(?:and|or|not|na):", re.IGNORECASE)


def read_for_pysd(source: bytes, file: str) -> structures.AbstractModel:
    """Give PySD's form of a model that is read without mistakes.

    Raises:
        ModelError: PySD's grammar does not take something of it.
    """
    problems = Problems()
    _, split = read_entries(source, file, problems)
    entries = plain_macros(split.entries, file, problems)
    problems.raise_first()
    with safe_translators():
        parts = [
            _part(entry, file) for entry in entries if read_left(entry.equation).kind != "check"
        ]
    macros = {canonical(entry.macro.name): entry.macro for entry in entries if entry.macro}
    model: structures.AbstractModel = abstract_model(parts, macros.values(), structures)
    return model


def _part(entry: Entry, file: str) -> Part:
    """Give PySD's component or subscript range for one definition."""
    equation = _OTHER.sub(_plain, " ".join(entry.equation.split()))
    bare = _BARE.fullmatch(equation)
    try:
        component = _left_hand_side(f"{equation} :RAW:" if bare else equation)
        if bare:  # data from elsewhere, under no keyword of its own
            component.keyword = None
        if isinstance(component, SubscriptRange):
            _read_range(component, equation)
            return Part(entry, component.name, "", component.get_abstract_subscript_range())
        parse_right_hand_side(component)
        return Part(entry, component.name, "", component.get_abstract_component())
    except (
        *(parsimonious.ParseError, parsimonious.VisitationError, ValueError, TypeError),
        *(KeyError, IndexError, RecursionError, AttributeError),
    ):
        raise ModelError(
            "PySD cannot read the definition", where=place(file, entry.name, entry.line)
        ) from None


def _plain(match: re.Match[str]) -> str:
    found = match.group()
    return found if found[0] == '"' else found.upper()


def _left_hand_side(equation: str) -> Any:
    """Give PySD's component; most are of the plain form, for which its grammar is slow."""
    plain = _PLAIN.fullmatch(equation)
    if plain:
        component = Component(plain[1].strip(), ([], []), plain[2].strip())
        component.units, component.limits, component.documentation = "", None, ""
        return component
    return Element(_as_points(equation), "", "").parse()


def _as_points(equation: str) -> str:
    """Write a lookup that gives all x and then all y, ``f(0, 1, 5, 6)``, as points."""
    match = _LISTED.fullmatch(equation)
    if not match:
        return equation
    numbers = match[2].split(",")
    half = len(numbers) // 2
    points = zip(numbers[:half], numbers[half:], strict=True)
    return f"{match[1]}({','.join(f'({x},{y})' for x, y in points)})"


def _read_range(component: Any, equation: str) -> None:
    """Read a range again: PySD takes what it is mapped to for elements of its own."""
    if isinstance(component.definition, str):  # a range equal to another
        return
    text = read_range(equation[equation.index(":", len(component.name)) + 1 :])
    if isinstance(component.definition, list):
        component.definition = list(text.elements)
    component.mapping = list(text.mappings)
