"""Mistakes put into right models, one at a time: what modellers do wrong, and what finds it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple


class Fault(NamedTuple):
    """One mistake.

    Attributes:
        kind: What the modeller did wrong.
        old: What stands in the right file, exactly once.
        new: What stands there instead.
        check: The id of the check that must find it.
        variable: The variable that the finding must name; empty where none is to blame.
        mark: What must be underlined, as it stands in `new`; empty if only the line counts.
        severity: What it must be at least.
    """

    kind: str
    old: str
    new: str
    check: str
    variable: str
    mark: str = ""
    severity: Literal["warning", "note"] = "warning"


Row = tuple[str, str, str, str]


def of_kinds(
    check: str,
    kinds: Mapping[str, Sequence[Row]],
    severity: Literal["warning", "note"] = "warning",
) -> tuple[Fault, ...]:
    """Make faults of one check from rows (old, new, variable, mark) by kind."""
    return tuple(
        Fault(kind, old, new, check, variable, mark, severity)
        for kind, rows in kinds.items()
        for old, new, variable, mark in rows
    )


def placed(fault: Fault, text: str) -> str:
    """Put a fault into a file."""
    assert text.count(fault.old) == 1, f"{fault.old!r} stands {text.count(fault.old)} times"
    return text.replace(fault.old, fault.new)


def line_of(fault: Fault, text: str) -> int:
    """Give the line on which the mark of a fault stands, or else the definition; 0 for neither."""
    if fault.mark and fault.mark in fault.new:
        return _line(text, text.index(fault.new) + fault.new.index(fault.mark))
    name = re.escape(fault.variable)
    starts = rf'<\w+ name="{name}"|\[{name}\]|{name}[ \t]*(?:\[[^]]*\][ \t]*)?(?:[=＝(]|\n)'
    found = re.search(rf"^[ \t]*({starts})", text, re.MULTILINE | re.IGNORECASE)
    if not fault.variable or found is None:
        return 0
    at = found.start(1)
    return _line(text, text.lower().index(fault.mark.lower(), at) if fault.mark else at)


def _line(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1
