"""`flatgov behaviour`: how often the model shows the patterns that its study expects."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flatgov.commands.options import FigureFormat, Format, Lang, Language, Out, Seed, StudyFolder
from flatgov.commands.printing import draw_into, list_paths, note

if TYPE_CHECKING:  # Everything heavy is imported where it is used, so that --help answers at once.
    import xarray as xr

_TITLES = ["test", "scenario", "line", "share", "low", "high", "draws", "left_out", "base", "text"]


def behaviour(
    study: StudyFolder = None,
    scenario: Annotated[
        list[str] | None,
        typer.Option(help="A scenario of the study; may be repeated. [all]"),
    ] = None,
    test: Annotated[
        list[str] | None,
        typer.Option(metavar="TEST", help="A test of evidence.toml; may be repeated. [all]"),
    ] = None,
    draws: Annotated[
        int, typer.Option(min=0, help="How many draws; 0 for the values of the model only.")
    ] = 1000,
    seed: Seed = 0,
    out: Out = None,
    lang: Lang = Language.en,
    format_: FigureFormat = Format.png,
) -> None:
    """Count the draws that show each pattern of evidence.toml."""
    from flatgov.analysis import behaviour as analysis
    from flatgov.commands.tables import write_analysis
    from flatgov.figures import draw_behaviour
    from flatgov.run.store import check_folder
    from flatgov.study.bundled import longgang_folder
    from flatgov.study.load import open_study
    from flatgov.terminal import progress

    opened = open_study(longgang_folder() if study is None else study)
    target = Path("results") / opened.name / "behaviour" if out is None else out
    check_folder(target, "results", "choose another --out")
    with progress(None) as show:
        found = analysis.behaviour(
            opened, scenarios=scenario, draws=draws, seed=seed, tests=test, progress=show
        )
    print("\n\n".join(texts(found)))
    others = [name for name in opened.evidence.tests if name not in opened.behaviour.patterns]
    if others and test is None:
        note(f"not evaluated, as they have no `expect`: {', '.join(others)}")
    for one in json.loads(found.attrs.get("failed", "[]"))[:5]:
        under = f" under {one['scenario']}" if one["scenario"] else ""
        note(f"left out: draw {one['draw']} of {one['policy']}{under}: {one['reason']}")
    list_paths(write_analysis(target, "behaviour", _TITLES, rows(found), found.astype("float64")))
    if draws:
        draw_into(
            target / "figures",
            lambda new: draw_behaviour(found, opened, new, lang.value, format_.value, notice=note),
        )


def texts(found: xr.Dataset) -> Iterator[str]:
    """Write a table of the tests, and what its columns are.

    Args:
        found: Of `flatgov.analysis.behaviour.behaviour`.
    """
    from flatgov.commands.tables import aligned, percent

    drawn = "share" in found
    titles = ["test", "pattern"]
    for scenario in _scenarios(found):
        titles += [f"{scenario}: base" if scenario else "base", "share", "95 %"][
            : 3 if drawn else 1
        ]
    lines = [titles]
    for name in found["test"].values:
        one = found.sel(test=name)
        text = textwrap.shorten(one["text"].item().partition(":")[0], 60, placeholder=" …")
        cells = [str(name), text]
        for scenario in _scenarios(found):
            cell = one.sel(scenario=scenario) if scenario else one
            cells.append("yes" if cell["base"].item() else "no")
            if drawn:
                low, high = cell["share_low"].item(), cell["share_high"].item()
                cells += [percent(cell["share"].item()), _interval(low, high)]
        lines.append(cells)
    yield aligned(lines, left=2)
    if drawn:
        left_out = int(found["draws_left_out"].max())
        yield textwrap.fill(
            "base: whether the run at the values of the model shows the pattern. share: of "
            f"{found.attrs['draws']:,} draws of what is uncertain, those that show all of it, with "
            "a 95 % interval."
            + (f" Up to {left_out} draws with a failed run are left out." if left_out else ""),
            width=96,
        )


def rows(found: xr.Dataset) -> Iterator[list[object]]:
    """Give the table: a row for each test and scenario, below it one for each of its lines.

    Args:
        found: Of `flatgov.analysis.behaviour.behaviour`.
    """
    for name in found["test"].values:
        for scenario in _scenarios(found):
            here = found.sel(scenario=scenario) if scenario else found
            one = here.sel(test=name)
            numbers = [
                one[key].item() if key in one else ""
                for key in ("share", "share_low", "share_high", "draws_used", "draws_left_out")
            ]
            yield [name, scenario, "", *numbers, one["base"].item(), one["text"].item()]
            for line in found["expectation"].values:
                test, _, number = str(line).rpartition(" #")
                if test == name:
                    own = here.sel(expectation=line)
                    share = own["expectation_share"].item() if "expectation_share" in own else ""
                    base, text = own["expectation_base"].item(), own["expectation_text"].item()
                    yield [name, scenario, number, share, "", "", "", "", base, text]


def _scenarios(found: xr.Dataset) -> list[str]:
    """Give the scenarios of results; an empty name where the study has none."""
    return [str(one) for one in found["scenario"].values] if "scenario" in found.coords else [""]


def _interval(low: float, high: float) -> str:
    return "-" if low != low else f"{100 * low:.1f} to {100 * high:.1f}"
