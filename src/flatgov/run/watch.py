"""One more output of a program: whether all variables of a step are finite numbers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from flatgov.kernel.program import Operation, Program
from flatgov.model import Model

# The name of the output; no variable has it.
FINITE = ""


def watched(program: Program, model: Model) -> Program:
    """Add the output `FINITE`: 0 where all variables are finite numbers, else NaN.

    So a member is known to have failed by all variables, whichever of them are saved, for hardly
    more time: x - x is 0 for a finite x and NaN for any other, and so is the sum of all such.

    Args:
        program: The program. What no equation defines, and constants, are not looked at.
        model: The model that it was lowered from.
    """
    numbers = dict.fromkeys(
        int(number)
        for name, elements in program.outputs.items()
        if model.variables[name].kind != "constant"
        for place, number in enumerate(elements.flat)
        if (name, place) not in program.undefined
    )
    operations = [*program.operations, Operation("number", extra=0.0)]
    parts = [len(program.operations)]
    for number in numbers:
        parts.append(len(operations))
        operations.append(Operation("sub", (number, number)))
    # In pairs: a long chain of sums would have to wait for each.
    while len(parts) > 1:
        pairs = [(parts[place], parts[place + 1]) for place in range(0, len(parts) - 1, 2)]
        rest = parts[2 * len(pairs) :]
        parts = [len(operations) + place for place in range(len(pairs))] + rest
        operations += [Operation("add", pair) for pair in pairs]
    outputs = {**program.outputs, FINITE: np.array(parts[0])}
    return replace(program, operations=tuple(operations), outputs=outputs)
