"""Options that several commands share."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Language(StrEnum):
    """The language of figures."""

    en = "en"
    zh = "zh"


class Format(StrEnum):
    """The format of figures."""

    png = "png"
    svg = "svg"
    pdf = "pdf"


StudyFolder = Annotated[
    Path | None,
    typer.Argument(metavar="[STUDY]", help="A study folder; by default the Longgang study."),
]
Scenario = Annotated[str | None, typer.Option(help="A scenario of the study. [the default one]")]
Seed = Annotated[int, typer.Option(min=0, max=2**32 - 1, help="The seed of the draws.")]
Lang = Annotated[Language, typer.Option(help="The language of the figures.")]
FigureFormat = Annotated[Format, typer.Option("--format", help="The format of the figures.")]
Out = Annotated[
    str | None, typer.Option(metavar="DIR", help="Where results go, also an address of fsspec.")
]
DataFiles = Annotated[
    list[Path] | None,
    typer.Option(
        metavar="FILE",
        help="A .tab or .csv file with data of the model's data variables; may be repeated.",
    ),
]
