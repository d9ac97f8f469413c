"""The tables of a model as plots: what they are read at, their units, what runs came to."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from markupsafe import Markup

from flatgov.check.page.axes import Axes
from flatgov.check.page.plots import table_plot
from flatgov.check.page.safe import number, visible
from flatgov.model import Call, Expression, Model, Reference, Table, Variable
from flatgov.names import canonical

if TYPE_CHECKING:
    from flatgov.check.page.definitions import Known

_NUMBER = r"\s*(-?\d+(?:\.\d+)?)\s*"
_NORMAL = re.compile(rf"normal point (?:is )?\({_NUMBER},{_NUMBER}\)", re.IGNORECASE)


def walk(expression: Expression) -> Iterator[Expression]:
    """Yield an expression and all in it, without recursion."""
    pending = [expression]
    while pending:
        part = pending.pop()
        yield part
        if isinstance(part, Call):
            pending += reversed(part.arguments)


def inputs(model: Model) -> dict[str, tuple[str, str]]:
    """Give what each table is read at, and its unit, by canonical name, where that is one."""
    found: dict[str, set[tuple[str, str]]] = {}
    for variable in model.variables.values():
        for equation in variable.equations:
            for part in walk(equation.expression):
                if isinstance(part, Call) and part.function.startswith("LOOKUP"):
                    table, *rest = part.arguments
                    if isinstance(table, Reference) and rest:
                        those = found.setdefault(canonical(table.name), set())
                        those.add(_input(rest[0], model))
    return {name: next(iter(one)) for name, one in found.items() if len(one) == 1}


def _input(argument: Expression, model: Model) -> tuple[str, str]:
    """Name what a table is read at, with its unit."""
    if isinstance(argument, Reference):
        variable = model.variables.get(argument.name)
        return argument.name, variable.units if variable else model.time.units
    if isinstance(argument, Call) and argument.function in ("/", "*"):
        parts = [one for one in argument.arguments if isinstance(one, Reference)]
        if len(parts) == 2:
            sign = " × " if argument.function == "*" else " / "
            units = [_input(one, model)[1] for one in parts]
            # What is divided by its own unit has none.
            plain = argument.function == "/" and canonical(units[0]) == canonical(units[1])
            joined = "" if plain or not all(units) else _joined(units, sign.strip())
            return sign.join(one.name for one in parts), joined
    return "input", ""


def _joined(units: list[str], sign: str) -> str:
    """Write the unit of a product or quotient of two quantities."""
    first, second = (f"({one})" if re.search("[*/]", one) else one for one in units)
    return f"{units[0] if sign == '/' and '/' not in units[0] else first}{sign}{second}"


def plots(
    variable: Variable, known: Known, inputs: Mapping[str, tuple[str, str]]
) -> Iterator[Markup]:
    """Plot the tables of a variable, each with its points below.

    Args:
        variable: The variable.
        known: The model, and what else is known of it.
        inputs: What tables are read at, as `inputs` gives it.
    """
    for equation in variable.equations:
        of = f" ({', '.join(equation.subscripts)})" if len(variable.equations) > 1 else ""
        for table, at in _tables(equation.expression, known.model):
            own = isinstance(equation.expression, Table)
            x, x_units = at
            if own and variable.kind == "data":
                x, x_units = "Time", known.model.time.units
            elif own:
                x, x_units = inputs.get(canonical(variable.name), ("input", ""))
            axes = Axes(
                x,
                "output",
                _normal(variable, table, known) if own and variable.kind == "lookup" else None,
                known.visited.get(variable.name) if own else None,
                x_units,
                variable.units,
            )
            plot = table_plot(table, axes, f"plot of {variable.name}{of} over {x}")
            points = ", ".join(
                f"({number(a)}, {number(b)})" for a, b in zip(table.x[:60], table.y, strict=False)
            )
            more = f" and {len(table.x) - 60:,} more" if len(table.x) > 60 else ""
            caption = f"{of.strip()} {points}{more}".strip()
            yield plot + Markup("<figcaption>{}</figcaption>").format(visible(caption))


def _tables(expression: Expression, model: Model) -> Iterator[tuple[Table, tuple[str, str]]]:
    for part in walk(expression):
        if isinstance(part, Table) and part is expression:
            yield part, ("input", "")
        elif isinstance(part, Call):
            for place, one in enumerate(part.arguments):
                if isinstance(one, Table):
                    others = [other for other in part.arguments[:2] if other is not one]
                    yield one, _input(others[0], model) if place < 2 and others else ("input", "")


def _normal(variable: Variable, table: Table, known: Known) -> tuple[float, float] | None:
    """Give the normal point: as the study or the documentation says, or (1, 1)."""
    if variable.name in known.normals:
        return known.normals[variable.name]
    if found := _NORMAL.search(variable.documentation):
        return float(found[1]), float(found[2])
    return (1.0, 1.0) if (1.0, 1.0) in zip(table.x, table.y, strict=True) else None
