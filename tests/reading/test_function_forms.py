"""The forms of functions have as many arguments as the readers take."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from flatgov.reading.function_forms import call_form
from flatgov.reading.functions import FUNCTIONS
from flatgov.reading.xmile_functions import FUNCTIONS as IN_XMILE

_ARRAYS = {"sum": (1, 1), "prod": (1, 1), "mean": (1, 1), "size": (1, 1), "previous": (2, 2)}


def arguments(form: str) -> int:
    """Count what stands between the commas outside of inner brackets."""
    inside = form[form.index("(") + 1 : -1]
    depth, count = 0, 1
    for sign in inside:
        depth += (sign in "([") - (sign in ")]")
        count += sign == "," and not depth
    return count


@pytest.mark.parametrize(
    ("counts", "xmile", "least"),
    [
        ({name: (low, high) for name, (low, high) in FUNCTIONS.items()}, False, 75),
        ({**{name: own[:2] for name, own in IN_XMILE.items()}, **_ARRAYS}, True, 30),
    ],
)
def test_forms(counts: Mapping[str, tuple[int, int]], xmile: bool, least: int) -> None:
    forms = {name: call_form(name.upper(), xmile=xmile) for name in counts}
    forms = {name: form for name, form in forms.items() if form}
    assert len(forms) >= least
    for name, form in forms.items():
        assert form.startswith(f"write {name.upper()}(")
        assert counts[name][0] <= arguments(form) <= counts[name][1], form
