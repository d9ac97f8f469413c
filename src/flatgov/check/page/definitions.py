"""The variables of a model, sector by sector, as the page shows them."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup, escape

from flatgov.changes import FloatArray
from flatgov.check.page.lookups import inputs as table_inputs
from flatgov.check.page.lookups import plots as table_plots
from flatgov.check.page.plots import course_plot
from flatgov.check.page.safe import number, visible
from flatgov.check.page.tables import Shown, shown
from flatgov.check.page.typeset import Typesetter
from flatgov.model import (
    Array,
    Equation,
    Model,
    Variable,
    references,
)
from flatgov.names import canonical

# Of a subscripted variable with an equation for each element, so many are shown at once, so many
# at all; and so many plots of tables, users of a variable, and letters of documentation.
_MOST_EQUATIONS, _ALL_EQUATIONS = 6, 60
_MOST_PLOTS, _ALL_PLOTS = 4, 24
_MOST_LETTERS = 1500
_MOST_ARRAY = 400

_CLAIM = re.compile(r"\[C(\d{1,6})\]")
KINDS = ("stock", "flow", "auxiliary", "constant", "lookup", "data")


@dataclass(frozen=True)
class Link:
    """A name with the place on the page where it is defined."""

    anchor: str
    name: str


@dataclass(frozen=True)
class Entry:
    """One variable, ready to be shown; texts are those of the file."""

    anchor: str
    name: str
    kind: str
    units: str
    limits: str
    equations: tuple[Markup, ...]
    more_equations: tuple[Markup, ...]
    left_out: int
    course: Markup
    value: str
    plots: tuple[Markup, ...]
    more_plots: tuple[Markup, ...]
    arrays: tuple[Shown, ...]
    documentation: Markup
    more_documentation: Markup
    uncertain: str
    users: tuple[Link, ...]
    line: int


@dataclass(frozen=True)
class Sector:
    """A Vensim group, with its variables."""

    anchor: str
    name: str
    entries: tuple[Entry, ...]

    @property
    def counts(self) -> str:
        """How many of each kind there are."""
        found = Counter(entry.kind for entry in self.entries)
        return ", ".join(
            f"{found[kind]} {plural(kind, found[kind])}" for kind in KINDS if found[kind]
        )


@dataclass(frozen=True)
class Known:
    """What of a report the definitions need.

    Attributes:
        model: The model.
        claims: The numbers of the claims that documentation may cite.
        base: The model's own run, or nothing where it cannot run.
        normals: The normal points of tables that a study gives.
        visited: The lowest and highest input of each table in all runs that were made.
        uncertain: The distribution of uncertain quantities in words, by variable.
    """

    model: Model
    claims: Collection[int]
    base: Mapping[str, FloatArray]
    normals: Mapping[str, tuple[float, float]]
    visited: Mapping[str, tuple[float, float]]
    uncertain: Mapping[str, str]


def anchors(model: Model) -> dict[str, str]:
    """Give the place on the page of each variable and macro, by canonical name."""
    places = {canonical(name): f"v{place}" for place, name in enumerate(model.variables)}
    macros = {f"macro {canonical(name)}": f"m{place}" for place, name in enumerate(model.macros)}
    return places | macros


def plural(kind: str, count: int) -> str:
    """Name a kind of variables."""
    if kind == "data":
        return "data variable" if count == 1 else "data variables"
    if kind == "auxiliary":
        return kind if count == 1 else "auxiliaries"
    if kind == "lookup":
        return "table" if count == 1 else "tables"
    return kind if count == 1 else kind + "s"


def sectors(known: Known, typesetter: Typesetter) -> list[Sector]:
    """Arrange the variables of a model by sector, in the order of the file.

    Args:
        known: The model, and what else is known of it.
        typesetter: Typesets the equations.
    """
    model = known.model
    groups: dict[str, list[Variable]] = {}
    for variable in model.variables.values():
        groups.setdefault(variable.group, []).append(variable)
    users, inputs = _users(model), table_inputs(model)
    return [
        Sector(
            f"g{place}",
            name,
            tuple(_entry(one, known, typesetter, users, inputs) for one in variables),
        )
        for place, (name, variables) in enumerate(groups.items())
    ]


def _entry(
    variable: Variable,
    known: Known,
    typesetter: Typesetter,
    users: Mapping[str, list[str]],
    inputs: Mapping[str, tuple[str, str]],
) -> Entry:
    name, own = variable.name, variable.subscripts
    equations = [typesetter.equation(name, one, own) for one in variable.equations[:_ALL_EQUATIONS]]
    plots = list(table_plots(variable, known, inputs))
    values = known.base.get(name)
    moves = variable.kind in ("stock", "flow", "auxiliary") and values is not None
    text = visible(variable.documentation.strip())
    places = typesetter.anchors
    return Entry(
        anchor=places[canonical(name)],
        name=name,
        kind=plural(variable.kind, 1),
        units=variable.units,
        limits=_limits(variable),
        equations=tuple(equations[:_MOST_EQUATIONS]),
        more_equations=tuple(equations[_MOST_EQUATIONS:]),
        left_out=max(0, len(variable.equations) - _ALL_EQUATIONS),
        course=course_plot(values, name, _elements(variable, known.model))
        if moves and values is not None
        else Markup(""),
        value=_course(values, variable.units) if moves and values is not None else "",
        plots=tuple(plots[:_MOST_PLOTS]),
        more_plots=tuple(plots[_MOST_PLOTS:_ALL_PLOTS]),
        arrays=tuple(
            _array(one, known.model)
            for one in variable.equations
            if isinstance(one.expression, Array)
        )[:_MOST_PLOTS],
        documentation=linked(text[:_MOST_LETTERS], known.claims),
        more_documentation=linked(text[_MOST_LETTERS:], known.claims),
        uncertain=known.uncertain.get(name, ""),
        users=tuple(Link(places[canonical(one)], one) for one in users.get(canonical(name), ())),
        line=variable.line,
    )


def linked(text: str, claims: Collection[int]) -> Markup:
    """Turn citations of claims, ``[C14]``, into links to them; all else stays text."""
    result, end = Markup(""), 0
    for found in _CLAIM.finditer(text):
        if int(found[1]) in claims:
            result += escape(text[end : found.start()])
            result += Markup('<a href="#c{}">[C{}]</a>').format(int(found[1]), int(found[1]))
            end = found.end()
    return result + escape(text[end:])


def _users(model: Model) -> dict[str, list[str]]:
    """Give the variables that use each variable, by its canonical name."""
    users: dict[str, list[str]] = {}
    for variable in model.variables.values():
        used = {canonical(n) for one in variable.equations for n in references(one.expression)}
        for name in used:
            users.setdefault(name, []).append(variable.name)
    return users


def _elements(variable: Variable, model: Model) -> list[str]:
    """Name the elements of a variable, in the order of its values."""
    own = [model.subscripts.get(name, (name,)) for name in variable.subscripts]
    return [", ".join(each) for each in itertools.islice(itertools.product(*own), 7)]


def _limits(variable: Variable) -> str:
    low, high = variable.limits
    if low is None and high is None:
        return ""
    if high is None:
        return f"at least {number(low)}"
    if low is None:
        return f"at most {number(high)}"
    return f"{number(low)} to {number(high)}"


def _course(values: FloatArray, units: str) -> str:
    """Say where a run starts, ends and lies in between."""
    finite = values[np.isfinite(values)]
    unit = f" {units}" if units and units.lower() != "dmnl" else ""
    if finite.size == 0:
        return "not a number"
    low, high = float(finite.min()), float(finite.max())
    lost = "" if finite.size == values.size else "; in part not a number"
    if high - low <= 1e-9 * max(abs(low), abs(high)):
        return f"{number(low)}{unit} all the time{lost}"
    if values.size > len(values):
        return f"{number(low)} to {number(high)}{unit} over all elements{lost}"
    first, last = float(values.flat[0]), float(values.flat[-1])
    ends = f"{number(first)} at the start, {number(last)}{unit} at the end"
    inside = {low, high} <= {first, last}
    between = "" if inside else f"; between {number(low)} and {number(high)}"
    return ends + between + lost


def _array(equation: Equation, model: Model) -> Shown:
    """Show the numbers of an array, with the elements that they belong to."""
    array = equation.expression
    assert isinstance(array, Array)
    labels = [
        model.subscripts.get(name, (name,))
        for name in equation.subscripts
        if len(model.subscripts.get(name, (name,))) > 1
    ]
    fits = tuple(map(len, labels)) == array.shape
    if not fits or len(array.shape) > 2 or len(array.values) > _MOST_ARRAY:
        listed = list(array.values[:_MOST_ARRAY])
        more = len(array.values) - len(listed)
        return Shown(text=f"{shown(listed).text}{f' and {more} more' if more else ''}")
    if len(array.shape) == 1:
        return shown([dict(zip(labels[0], array.values, strict=True))])
    width = array.shape[1]
    return shown(
        [
            {
                "": row,
                **dict(zip(labels[1], array.values[i * width : (i + 1) * width], strict=True)),
            }
            for i, row in enumerate(labels[0])
        ]
    )


@dataclass(frozen=True)
class MacroEntry:
    """A macro, ready to be shown."""

    anchor: str
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    equations: tuple[Markup, ...]


def macros(model: Model, typesetter: Typesetter) -> list[MacroEntry]:
    """List the macros of a model; the names inside are their own."""
    entries = []
    for name, macro in model.macros.items():
        own = {place: id for place, id in typesetter.anchors.items() if place.startswith("macro ")}
        inside = Typesetter(own, typesetter.used)
        equations = tuple(
            inside.equation(variable.name, one, variable.subscripts)
            for variable in macro.variables.values()
            for one in variable.equations
        )
        anchor = typesetter.anchors[f"macro {canonical(name)}"]
        entries.append(MacroEntry(anchor, name, macro.inputs, macro.outputs, equations))
    return entries


def kind_counts(model: Model) -> list[tuple[int, str]]:
    """Count the variables of each kind."""
    found = Counter[str](variable.kind for variable in model.variables.values())
    return [(found[kind], plural(kind, found[kind])) for kind in KINDS if found[kind]]
