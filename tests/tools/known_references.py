"""What the community's reference outputs have wrong, or have from another version of a model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Known:
    """Columns of a reference that cannot be met to the usual tolerance.

    Attributes:
        model: The path of the model in the folder, without its ending.
        endings: Of the model files that it holds for.
        file: The reference.
        columns: The variables, without elements.
        reason: Why.
        tolerance: The columns are compared to this, relative or absolute; None: not at all.
    """

    model: str
    endings: tuple[str, ...]
    file: str
    columns: tuple[str, ...]
    reason: str
    tolerance: float | None = None


_NORMAL = (
    "Vensim clears the market approximately: it hands out up to 0.002 more or less than there is, "
    "and its normal curve has an error of 0.2 %; the exact solution is met to 1e-11"
)

KNOWN = (
    Known(
        "samples/Roessler_Chaos/roessler_chaos",
        (".mdl",),
        "output.tab",
        ("x", "y", "z", "dxdt", "dydt", "dzdt"),
        "single precision in a chaotic system: the same steps in float32 give its digits",
        1e-2,
    ),
    Known(
        "samples/simple_harmonic_oscillator/simple_harmonic_oscillator",
        (".mdl",),
        "output.tab",
        ("position",),
        "single precision: 1.3e-5 off where an oscillation of amplitude 65 passes zero",
        2e-5,
    ),
    Known(
        "tests/active_initial/test_active_initial",
        (".stmx", ".xmile"),
        "output.tab",
        ("Stock A",),
        "only the Vensim version has ACTIVE INITIAL and starts at 45; output_stella.csv has 0",
    ),
    Known(
        "tests/allocate_available/test_allocate_available",
        (".mdl",),
        "output.tab",
        (
            "allocation1 sep",
            "allocation2",
            "allocation2 far",
            "allocation2 sep",
            "allocation4",
            "allocation4 far",
            "allocation4 sep",
        ),
        _NORMAL,
        6e-5,
    ),
    Known(
        "tests/allocate_available/test_allocate_available",
        (".mdl",),
        "output.tab",
        ("allocation3", "allocation3 far", "allocation3 sep", "allocation mixed"),
        _NORMAL,
        4e-3,
    ),
    Known(
        "tests/exponentiation/exponentiation",
        (".mdl",),
        "output_vensimdss63dp.csv",
        ("test",),
        "1 for 'associativity = 4' while associativity is -4 in the same file; output.tab has 0",
    ),
    Known(
        "tests/smooth_and_stock/test_smooth_and_stock",
        (".stmx", ".xmile"),
        "output.tab",
        ("Input", "Smoothed Input", "Smoothing Time"),
        "only the Vensim version of the model has it",
    ),
)


def find_known(
    model: str, file: str, column: str, spelling: Callable[[str], str] = str
) -> Known | None:
    """Find what is known of a column, given without elements."""
    stem, dot, ending = model.rpartition(".")
    for known in KNOWN:
        if (known.model, known.file) != (stem, file) or dot + ending not in known.endings:
            continue
        if spelling(column) in map(spelling, known.columns):
            return known
    return None
