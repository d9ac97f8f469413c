"""Whether the model can be run at all: what its file leaves open, or no kernel knows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from flatgov.check.excerpt import excerpt
from flatgov.check.findings import Finding, Outcome, from_error
from flatgov.check.subject import Check, Subject
from flatgov.errors import FlatgovError
from flatgov.model import Call, Expression, Model, Reference
from flatgov.names import canonical

ID = "running"
CANNOT_RUN = "the model cannot be run"

# How the kernel says that an equation is right and yet beyond it.
_BEYOND = "is not supported"
_GIVE = "give a file of its data with --data FILE"
_NO_DATA = "is a data variable, and no data are given for it"


def check_running(subject: Subject) -> Outcome:
    """Run the model once; the other checks that need numbers look at the same run."""
    try:
        values = subject.base
    except FlatgovError as error:
        missing = list(_without_data(subject))
        others = [one for one in error.all if not (missing and one.what.endswith(_NO_DATA))]
        return Outcome(ID, (*missing, *map(_finding, others)), CANNOT_RUN)
    time = subject.model.time
    points = len(next(iter(values.values()), ()))
    summary = f"it runs from time {time.initial:g} to {time.final:g}, saved {points} times"
    return Outcome(ID, summary=summary)


def _without_data(subject: Subject) -> Iterator[Finding]:
    """Find the data variables that have no data, all of them."""
    model = subject.model
    used = _used(model)
    for variable in model.variables.values():
        if variable.kind != "data" or all(_is_given(one.expression) for one in variable.equations):
            continue
        found = subject.finding(
            ID,
            "error",
            variable,
            f"'{variable.name}' {_NO_DATA}",
            text=variable.name,
            fix=_GIVE,
            cause="no data are given for data variables",
        )
        shown = excerpt(found)
        # A bar within a comment ends the definition, and what follows it seems a variable.
        if canonical(variable.name) not in used and shown and "|" in shown.before:
            fix = f"remove the '|' in the comment before it, if it is no variable; else {_GIVE}"
            found = replace(found, fix=fix, cause="")
        yield found


def _is_given(expression: Expression) -> bool:
    return not (isinstance(expression, Call) and expression.function == "DATA")


def _finding(error: FlatgovError) -> Finding:
    found = from_error(error, ID)
    if not error.what.endswith(_BEYOND):
        return found
    return replace(  # Other programs may run it; nothing is wrong with the model.
        found,
        severity="warning",
        what=f"{error.what} here, so no check that needs a run was done",
        text=error.what.removesuffix(_BEYOND).strip(),
    )


def _used(model: Model) -> set[str]:
    """Give the canonical names of all variables that equations use."""
    from flatgov.reading.diagnose import walk

    return {
        canonical(part.name)
        for variable in model.variables.values()
        for equation in variable.equations
        for part in walk(equation.expression)
        if isinstance(part, Reference)
    }


CHECKS = (
    Check(
        ID,
        "The model can be run",
        "Does every variable have what it needs, data too, and does the engine of this package "
        "know every function?",
        check_running,
    ),
)
