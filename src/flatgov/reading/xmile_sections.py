"""Sections and their variables in the form that the readers of all formats hand on."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pysd.translators.structures.abstract_model import (
    AbstractComponent,
    AbstractElement,
    AbstractLookup,
    AbstractSection,
    AbstractSubscriptRange,
)

from flatgov.reading.xmile_dimensions import Dimension
from flatgov.reading.xmile_model import Entry
from flatgov.reading.xmile_stocks import Part


def section(
    name: str,
    parameters: list[str],
    elements: list[Any],
    dimensions: Mapping[str, Dimension],
) -> AbstractSection:
    """Make a section of the model (``__main__``) or of a macro."""
    return AbstractSection(
        name=name,
        path=Path("model.py" if name == "__main__" else "macro.py"),
        type="main" if name == "__main__" else "macro",
        params=parameters,
        returns=[],
        subscripts=[
            AbstractSubscriptRange(dimension.name, list(dimension.labels), [])
            for dimension in dimensions.values()
        ],
        elements=elements,
        constraints=[],
        test_inputs=[],
        split=False,
        views_dict=None,
    )


def element(entry: Entry, parts: list[Part]) -> AbstractElement:
    """Make the structure of a variable."""
    make = AbstractLookup if entry.kind == "gf" and not entry.source else AbstractComponent
    components = [make((list(part.labels), []), part.structure) for part in parts]
    return AbstractElement(entry.name, components)
