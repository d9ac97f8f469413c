"""The study as one frozen object."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from flatgov.model import Model
from flatgov.study.behaviour import Behaviour
from flatgov.study.calendar import Calendar
from flatgov.study.policies import Policy, Scenario
from flatgov.study.schema import EvidenceFile, FiguresFile
from flatgov.study.uncertainty import Method, Uncertainty

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from flatgov.run.events import Event


@dataclass(frozen=True)
class Study:
    """A model with its policies, scenarios and evidence. Immutable; runs never change it.

    Attributes:
        name: The name of its folder.
        folder: Where it was read from.
        title: In each language.
        model: What is simulated.
        calendar: What model time means; None where the study uses plain model time.
        policies: By id, in the order of the file.
        scenarios: By id, in the order of the file; empty where the study has none.
        default_scenario: The scenario of a run that names none.
        reference: The policy that differences are taken from.
        observed: The model time of the fieldwork.
        headline: The variables of the summary, in order.
        better: Which way each of them is better, where the study says so.
        evidence: Claims, loops and behaviour tests.
        figures: What the figures show; every moment is model time.
        hash: SHA-256 of the model, the policies, the scenarios and the uncertain quantities; names
            of files left out.
        uncertainty: The uncertain quantities; None where the study has none.
        behaviour: The behaviour tests that can be evaluated, and the policies that they use.
    """

    name: str
    folder: Path
    title: Mapping[str, str]
    model: Model
    calendar: Calendar | None
    policies: Mapping[str, Policy]
    scenarios: Mapping[str, Scenario]
    default_scenario: str | None
    reference: str
    observed: float | None
    headline: tuple[str, ...]
    better: Mapping[str, Literal["less", "more"]]
    evidence: EvidenceFile
    figures: FiguresFile
    hash: str
    uncertainty: Uncertainty | None = None
    behaviour: Behaviour = field(default_factory=Behaviour)

    def run(
        self,
        policies: Sequence[str] | None = None,
        scenarios: Sequence[str] | None = None,
        *,
        save: Sequence[str] | None = None,
        draws: int | pd.DataFrame | xr.DataArray | Mapping[str, Sequence[float]] | None = None,
        seed: int = 0,
        design: Method | None = None,
        engine: Literal["native", "pysd"] = "native",
        workers: int | None = None,
        progress: Callable[[Event], None] | None = None,
    ) -> xr.Dataset:
        """Simulate policies under scenarios.

        Args:
            policies: Their ids; all by default.
            scenarios: Their ids; by default the default scenario, without a dimension for it.
            save: The variables to keep, or one; all but lookups by default.
            draws: How many draws of the uncertain quantities, the same ones for every policy and
                scenario; or a table of them: a column for each factor, or for any constant or
                initial value, and a row for each draw. Without it there is one run, at the values
                of the model.
            seed: Of the draws, and of random numbers in the model.
            design: How draws are made, in place of what uncertainty.toml says: ``"sobol"``,
                ``"lhs"`` or ``"random"``.
            engine: ``"native"``: the model as machine code. ``"pysd"``: PySD in a fresh model for
                each member, slow, as a check.
            workers: The number of threads, one a core by default; with PySD of processes, one by
                default. More than one process needs the usual ``if __name__ == "__main__":``
                around the calling script.
            progress: Called with an event as each member starts and ends; with draws, as some
                of them end.

        Returns:
            A float64 dataset with dimensions ``policy, (scenario, draw,) time`` and the model's
            subscripts. Members with a value that is NaN or infinite stand in the attribute
            ``failed``, as JSON; those that PySD could not run are NaN. With draws there are the
            coordinates ``sample (draw, factor)``, the values drawn, and for each member
            ``status`` (0 for a member that is right) and ``reason``, which also name members
            with a value beyond the limits of the model. Both are looked for at the saved times
            only: what goes wrong between two of them and is right again is not seen.

        Raises:
            StudyError: There is no such policy, scenario or variable, or nothing to draw.
            RunError: The engine is PySD and every member failed.
        """
        from flatgov.run.study_run import run_study

        return run_study(
            self,
            policies,
            scenarios,
            save=save,
            draws=draws,
            seed=seed,
            design=design,
            engine=engine,
            workers=workers,
            progress=progress,
        )
