"""Counts what a model will have, before any of it is made."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from flatgov import limits
from flatgov.model import Variable
from flatgov.names import canonical
from flatgov.reading.parsed import place


def check_elements(
    variables: Iterable[Variable], subscripts: Mapping[str, Sequence[str]], file: str
) -> None:
    """Refuse a model whose subscripted variables have too many elements in all.

    Args:
        variables: Those of the model.
        subscripts: The elements of each range.
        file: The path of the model, for the message.

    Raises:
        ModelError: There are too many; the message has the variable that is one too many.
    """
    lengths = {canonical(name): len(elements) for name, elements in subscripts.items()}
    total = 0
    for variable in variables:
        if variable.subscripts:
            total += math.prod(lengths.get(canonical(name), 1) for name in variable.subscripts)
            limits.check(
                "elements",
                total,
                f"the variables up to this one have {total:,} elements",
                where=place(file, variable.name, variable.line),
            )
