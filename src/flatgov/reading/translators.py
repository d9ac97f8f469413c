"""PySD's translator made safe: a model file is data and never runs as code.

PySD evaluates the numbers and strings that it finds in a model with Python's ``eval``; inside
`safe_translators` it gets `read_literal` in its place. There it also reads ``-3 ^ 2`` as
``-(3 ^ 2)``, as it does for variables.
"""

from __future__ import annotations

import re
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from pysd.translators.structures.abstract_expressions import ArithmeticStructure
from pysd.translators.vensim import vensim_element

from flatgov.model import NA
from flatgov.reading.safe import NUMBER, UNSIGNED, UnreadableText, read_literal, read_number

_SUM = re.compile(rf"{NUMBER}(?:\s*[+-]\s*{UNSIGNED})+")
_lock = threading.RLock()


def _visit_minus(visitor: Any, node: Any, children: list[str]) -> str:
    """Note a minus before a number as before a variable, so that a power comes first."""
    identifier = children[2]
    if children[0] == "-":
        visitor.negatives.add(identifier)
    return identifier


def _visit_na(visitor: Any, node: Any, children: list[str]) -> str:
    """Take :NA: for the number that it is in Vensim; PySD takes it for NaN."""
    return str(visitor.add_element(NA))


def _visit_range(visitor: Any, node: Any, children: list[str]) -> None:
    """Take a numeric range as it is; `flatgov.reading.ranges` reads it."""
    visitor.subscripts.append(node.text.strip())


def _visit_array(visitor: Any, node: Any, children: list[str]) -> str:
    """Read an array's numbers, and ``5 - 3``, which PySD's grammar takes for one, as a sum."""
    text = node.text.strip()
    if _SUM.fullmatch(text):
        first, *rest = re.findall(NUMBER, text)
        terms = (read_number(first), *(read_number(term[1:]) for term in rest))
        return str(visitor.add_element(ArithmeticStructure([term[0] for term in rest], terms)))
    if "," not in text and ";" not in text:
        return str(visitor.add_element(read_number(text)))
    rows = [
        [read_number(number) for number in row.split(",")] for row in text.strip(";").split(";")
    ]
    if len(set(map(len, rows))) > 1:
        raise UnreadableText("the rows of the array differ in length")
    return str(visitor.add_element(np.squeeze(np.array(rows))))


# What stands in for a method of PySD's while it parses.
_METHODS: tuple[tuple[Any, str, Any], ...] = (
    (vensim_element.EquationVisitor, "visit_neg_expr", _visit_minus),
    (vensim_element.EquationVisitor, "visit_nan", _visit_na),
    (vensim_element.EquationVisitor, "visit_array", _visit_array),
    (vensim_element.ElementsComponentVisitor, "visit_subscript_range", _visit_range),
)


@contextmanager
def safe_translators() -> Iterator[None]:
    """Keep PySD's translator from evaluating text or warning, one thread at a time."""
    with _lock, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        before = [getattr(visitor, name) for visitor, name, _ in _METHODS]
        module: Any = vensim_element
        module.eval = read_literal
        for visitor, name, method in _METHODS:
            setattr(visitor, name, method)
        try:
            yield
        finally:
            del module.eval
            for (visitor, name, _), method in zip(_METHODS, before, strict=True):
                setattr(visitor, name, method)
