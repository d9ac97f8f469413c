"""What is checked, and the runs that several checks need."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from flatgov.changes import FloatArray
from flatgov.check.findings import Finding, Outcome, Severity
from flatgov.model import Model, Variable

if TYPE_CHECKING:
    from flatgov.study.study import Study


@dataclass(frozen=True)
class Subject:
    """A model, alone or in its study.

    Attributes:
        model: The model.
        study: The study that it stands in.
        draws: How many draws the checks of an ensemble take.
        seed: Of draws and random numbers.
        checks_file: Reality checks and accepted findings.
    """

    model: Model
    study: Study | None = None
    draws: int = 200
    seed: int = 0
    checks_file: Path | None = None

    @cached_property
    def base(self) -> dict[str, FloatArray]:
        """Arrays (time, subscripts) of all variables but lookups: the model's own run.

        The times are those of SAVEPER, `flatgov.run.grid.time_points(model.time)`.
        """
        from flatgov.run.native import simulate_members

        values = simulate_members(self.model, [()], seed=self.seed).values
        return {name: array[0, 0] for name, array in values.items()}

    def finding(
        self,
        check: str,
        severity: Severity,
        variable: Variable | None,
        what: str,
        *,
        text: str = "",
        evidence: str = "",
        fix: str = "",
        cause: str = "",
        line: int = 0,
    ) -> Finding:
        """Make a finding of a variable of the model, or of all of it."""
        return Finding(
            check=check,
            severity=severity,
            what=what,
            file=self.model.path,
            variable=variable.name if variable else "",
            line=line or (variable.line if variable else 0),
            text=text,
            evidence=evidence,
            fix=fix,
            cause=cause,
        )


@dataclass(frozen=True)
class Check:
    """One test of the catalogue.

    Attributes:
        id: Short and stable, in words: ``undocumented``, ``step size``. Files that accept
            findings name it.
        title: For people: ``Every variable is documented``.
        asks: The question that it answers and why it matters, in a sentence or two.
        run: What does it. It never raises for what is wrong with a model.
        sources: Keys of `flatgov.check.sources.SOURCES`.
        study: Whether it needs a study.
    """

    id: str
    title: str
    asks: str
    run: Callable[[Subject], Outcome] = field(repr=False)
    sources: tuple[str, ...] = ()
    study: bool = False
