"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

StudyFolder = Annotated[
    Path | None,
    typer.Argument(metavar="[STUDY]", help="A study folder; by default the Longgang study."),
]
Scenario = Annotated[str | None, typer.Option(help="A scenario of the study. [the default one]")]
Seed = Annotated[int, typer.Option(min=0, max=2**32 - 1, help="The seed of the draws.")]
Out = Annotated[Path | None, typer.Option(metavar="DIR", help="Where results go.")]
