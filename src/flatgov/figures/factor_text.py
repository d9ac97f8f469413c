"""Names and distributions of uncertain quantities, in the language of a figure."""

from __future__ import annotations

import re

from flatgov.figures.layout import measure, wrap
from flatgov.figures.text import Text
from flatgov.study.uncertainty import Factor

_ALL_NAMED = 2  # of a group of so many every quantity is named, of a larger one only the first
_RANGE = re.compile(r", (within|at least|at most) (\S+)(?: to (\S+))?$")
_KINDS = ("triangular", "uniform", "normal", "lognormal", "beta", "discrete")


def factor_name(name: str, text: Text) -> str:
    """Name an uncertain quantity, or a group of correlated ones.

    Args:
        name: As datasets have it: of a group ``a + b + c``.
        text: The study's labels.

    Returns:
        The label; of a large group the first and how many more.
    """
    labels = _labels(name, text)
    if len(labels) <= _ALL_NAMED:
        return " + ".join(labels)
    return text.word("and others", names=labels[0], count=len(labels) - 1)


def group_size(name: str, text: Text) -> int:
    """Count the quantities of a group; a single one counts as 1."""
    return len(_labels(name, text))


def all_members(name: str, text: Text) -> list[str]:
    """Give the labels of a group of which `factor_name` does not name all; else nothing."""
    labels = _labels(name, text)
    return labels if len(labels) > _ALL_NAMED else []


def distribution_text(distribution: str, text: Text) -> str:
    """Write the distribution of one quantity in the language.

    Args:
        distribution: Of `Factor.text`, such as ``triangular 4, 7, 10``.
        text: The study's labels.
    """
    kind, _, values = distribution.partition(" ")
    if kind not in _KINDS:
        return distribution
    found = _RANGE.search(values)
    ends = ""
    if found:
        values = values[: found.start()]
        low, high = found[2], found[3]
        if found[1] == "at most":
            low, high = "", found[2]
        ends = text.word(f"range {found[1]}", low=low, high=high)
    return f"{text.word(f'distribution {kind}')} {values}{ends}"


def clipped(label: str, width: float, size: float, lines: int, weight: str = "normal") -> list[str]:
    """Break a label into lines as `wrap` does; what needs more than so many ends in dots."""
    found = wrap(label, width, size, weight)
    if len(found) <= lines:
        return found
    last = found[lines - 1]
    while last and measure(last + " …", size, weight) > width:
        last = last[:-1]
    return [*found[: lines - 1], last.rstrip(" ,，") + " …"]


def _labels(name: str, text: Text) -> list[str]:
    factors = () if text.study.uncertainty is None else text.study.uncertainty.factors
    known = {factor.name: factor for factor in factors}
    members = [name] if name in known else name.split(" + ")
    return [_single(known[one], text) if one in known else one for one in members]


def _single(factor: Factor, text: Text) -> str:
    variable = text.variable(factor.variable)
    if factor.kind in ("strength", "slope"):
        return text.word(factor.kind, name=variable)
    if factor.kind == "value":
        return variable
    owner, _, rest = factor.name.partition(": ")
    label = text.policy(owner) if owner in text.study.policies else text.scenario(owner)
    number = rest[len(factor.variable) :].strip()
    if number:
        return text.word("change number", owner=label, name=variable, number=number)
    return text.word("change of", owner=label, name=variable)
