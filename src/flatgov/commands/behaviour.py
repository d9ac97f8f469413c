"""`flatgov behaviour`: how often the model shows the patterns that its study expects."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flatgov.commands.options import FigureFormat, Format, Lang, Language, Out, Seed, StudyFolder
from flatgov.commands.printing import draw_into, list_paths, note, write_out

if TYPE_CHECKING:  # Everything heavy is imported where it is used, so that --help answers at once.
    import xarray as xr

_WIDTH = 96
_LEAST, _MOST = 20, 60  # letters of a pattern
_TITLES = ["test", "scenario", "line", "share", "low", "high", "draws used", "left out"]
_TITLES += ["base", "text"]


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
    from flatgov.commands.analysis_files import (
        check_out,
        open_named_study,
        question_name,
        write_analysis,
    )
    from flatgov.figures import draw_behaviour
    from flatgov.run.place import join
    from flatgov.terminal import progress

    opened = open_named_study(study)
    place = check_out(out, Path("results") / opened.name / "behaviour")
    with progress(None) as show:
        found = analysis.behaviour(
            opened, scenarios=scenario, draws=draws, seed=seed, tests=test, progress=show
        )
    write_out("\n\n".join(texts(found)))
    others = [name for name in opened.evidence.tests if name not in opened.behaviour.patterns]
    if others and test is None:
        note(f"not evaluated, as they have no `expect`: {', '.join(others)}")
    for one in json.loads(found.attrs.get("failed", "[]"))[:5]:
        under = f" under {one['scenario']}" if one["scenario"] else ""
        note(f"left out: draw {one['draw']} of {one['policy']}{under}: {one['reason']}")
    base = None if draws else "base"
    name = question_name("behaviour", base, *(test or []), *(scenario or []))
    stored = found.astype("float64")
    list_paths(write_analysis(place, name, _TITLES, rows(found), stored))
    if draws:
        draw_into(
            join(place, "figures", name),
            lambda new: draw_behaviour(found, opened, new, lang.value, format_.value, notice=note),
        )


def texts(found: xr.Dataset) -> Iterator[str]:
    """Write a table of the tests, and what its columns are.

    Args:
        found: Of `flatgov.analysis.behaviour.behaviour`.
    """
    from flatgov.commands.tables import ONLY_DRAWS, aligned, percent

    drawn, scenarios = "share" in found, _scenarios(found)
    lines = []
    for name in found["test"].values:
        one = found.sel(test=name)
        text = str(one["text"].item()).partition(":")[0]
        for place, scenario in enumerate(scenarios):
            cell = one.sel(scenario=scenario) if scenario else one
            cells = ["" if place else str(name), "" if place else text]
            cells += [scenario] if scenario else []
            cells.append("yes" if cell["base"].item() else "no")
            if drawn:
                low, high = cell["share_low"].item(), cell["share_high"].item()
                used = f"{int(cell['draws_used'].item()):,}"
                cells += [percent(cell["share"].item()), _interval(low, high), used]
            lines.append(cells)
    titles = ["test", "pattern", *(["scenario"] if scenarios[0] else []), "base"]
    titles += ["share", "95 % interval", "draws"] if drawn else []
    yield aligned(_fitted([titles, *lines]), left=len(titles) - (4 if drawn else 1))
    if drawn:
        lost = int(found["draws_left_out"].max())
        reason = found.attrs["failed_mostly"]
        yield textwrap.fill(
            "base: whether the run at the values of the model shows the pattern. share: of "
            "the draws of what is uncertain, those that show all of it, with a 95 % interval. "
            f"draws: used of {found.attrs['draws']:,}; "
            + (f"up to {lost:,} are left out as runs failed, most often {reason}. " if lost else "")
            + ("" if lost else "none is left out. ")
            + ONLY_DRAWS,
            width=_WIDTH,
        )


def _fitted(lines: list[list[str]]) -> list[list[str]]:
    """Shorten the patterns, the second column, so that the table fits a terminal."""
    widths = [max(len(cell) for cell in column) for column in zip(*lines, strict=True)]
    room = _WIDTH - 2 * len(widths) - sum(widths) + widths[1]
    most = min(max(room, _LEAST), _MOST)
    return [
        [one, textwrap.shorten(text, most, placeholder=" …"), *rest] for one, text, *rest in lines
    ]


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
