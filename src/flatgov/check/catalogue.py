"""All checks, in the order in which reports show them."""

from __future__ import annotations

from importlib import import_module

from flatgov.check.findings import Outcome
from flatgov.check.subject import Check

_MODULES = (
    "running",
    *("units", "static_text", "static_names", "static_equations", "static_use"),
    *("static_stocks", "static_lookups", "static_values", "static_inventory"),
    *("numerical", "extreme", "loop_removal", "lookup_domain", "reality"),
)


def _nothing(_: object) -> Outcome:
    """Stand for reading, which is done before there is anything to check."""
    return Outcome(READING.id)


READING = Check(
    "reading",
    "The files can be read",
    "Is everything defined, once, with the right number of arguments and subscripts, and without "
    "circles? All that is wrong is listed, not the first mistake only.",
    _nothing,
)

CHECKS: tuple[Check, ...] = tuple(
    check for name in _MODULES for check in import_module(f"flatgov.check.{name}").CHECKS
)
