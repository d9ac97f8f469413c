"""`flatgov timing`: a policy that starts earlier or later, over all draws."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flatgov.commands.options import (
    FigureFormat,
    Format,
    Lang,
    Language,
    Out,
    Scenario,
    Seed,
    StudyFolder,
)
from flatgov.commands.printing import draw_into, list_paths, note, write_out

if TYPE_CHECKING:  # Everything heavy is imported where it is used, so that --help answers at once.
    import xarray as xr

    from flatgov.analysis.compare import FloatArray
    from flatgov.study.calendar import Clock
    from flatgov.study.study import Study


STARTS = ("2022-01", "2028-01", 6.0)
SHARE = 0.95


def timing(
    policy: Annotated[str, typer.Option("-p", "--policy", help="The policy whose start moves.")],
    study: StudyFolder = None,
    first: Annotated[
        str, typer.Option("--from", metavar="DATE", help="The first start: a date or model time.")
    ] = STARTS[0],
    last: Annotated[str, typer.Option("--to", metavar="DATE", help="The last start.")] = STARTS[1],
    every: Annotated[
        float, typer.Option(metavar="TIME", help="From one start to the next, in model time.")
    ] = STARTS[2],
    variable: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="What is to come back. [the first headline variable that is better when more]",
        ),
    ] = None,
    against: Annotated[
        str | None,
        typer.Option(
            metavar="POLICY",
            help="The policy whose value it is to reach. [the first of the study, if that is "
            "neither the reference policy nor the one that moves]",
        ),
    ] = None,
    share: Annotated[
        float, typer.Option(help="How much of that value is enough, at most 2.")
    ] = SHARE,
    scenario: Scenario = None,
    draws: Annotated[int, typer.Option(min=1, help="How many draws.")] = 1000,
    seed: Seed = 0,
    out: Out = None,
    lang: Lang = Language.en,
    format_: FigureFormat = Format.png,
) -> None:
    """Move the start of a policy; tell until when it still brings a variable back."""
    from flatgov.analysis import timing as analysis
    from flatgov.analysis.timing_question import start_times
    from flatgov.commands.analysis_files import (
        check_out,
        open_named_study,
        write_analysis,
    )
    from flatgov.figures import draw_timing
    from flatgov.run.place import join
    from flatgov.study.calendar import Clock
    from flatgov.terminal import progress

    opened = open_named_study(study)
    place = check_out(out, Path("results") / opened.name / "timing")
    clock = Clock(opened.model.time, opened.calendar)
    begin, end = (
        _moment(text, clock, where) for text, where in ((first, "--from"), (last, "--to"))
    )
    with progress(None) as show:
        found = analysis.timing(
            opened,
            policy,
            start_times(begin, end, every),
            variable=variable,
            against=against,
            share=share,
            scenario=scenario,
            draws=draws,
            seed=seed,
            progress=show,
        )
    write_out("\n\n".join(texts(found, opened)))
    name = _name(found, opened, (first, last, every))
    list_paths(write_analysis(place, name, *table(found, opened), found))
    draw_into(
        join(place, "figures", name),
        lambda new: draw_timing(found, opened, new, lang.value, format_.value, notice=note),
    )


def _name(found: xr.Dataset, study: Study, starts: tuple[str, str, float]) -> str:
    """Name the question, without what is usual."""
    from flatgov.commands.analysis_files import question_name

    told = found.attrs
    scenario = str(found["scenario"].item()) if "scenario" in found.coords else None
    against = None if told["against"] == next(iter(study.policies)) else told["against"]
    share = None if told["share"] == SHARE else f"share {told['share']:g}"
    moved = None if starts == STARTS else f"{starts[0]}..{starts[1]} every {starts[2]:g}"
    return question_name(
        "timing", told["policy"], told["variable"], against, scenario, share, moved
    )


def texts(found: xr.Dataset, study: Study) -> Iterator[str]:
    """Write a table for each moment, and what follows from it in words.

    Args:
        found: Of `flatgov.analysis.timing.timing`.
        study: For dates.
    """
    from flatgov.commands.tables import ONLY_DRAWS
    from flatgov.study.calendar import Clock

    clock = Clock(study.model.time, study.calendar)
    told = found.attrs
    units = f" [{told['units']}]" if told["units"] else ""
    enough = f"at least {100 * told['share']:g} % of"
    if told["better"] == "less":
        enough = f"at most {100 / told['share']:.4g} % of"
    world = f" under {found['scenario'].item()}" if "scenario" in found.coords else ""
    yield textwrap.fill(
        f"{told['policy']}{world}: {told['variable']}{units}, {_draws_text(found)}. back: the "
        f"share of draws in which {told['variable']} under {told['policy']} is {enough} its value "
        f"under {told['against']} in the same draw at the same time; without: the same of its "
        f"value under {told['without']}. last: the share of draws in which no later one of these "
        f"starts brings it back. {ONLY_DRAWS}",
        width=96,
    )
    passed = f"{_duration(told['after'], study)} after the start"
    titles = {"end": f"at the end ({clock.show(study.model.time.final)})", "after": passed}
    for moment, title in titles.items():
        one = found.sel(moment=moment)
        yield f"{title}\n{_moment_text(one, clock)}"
        yield textwrap.fill(" ".join(_conclusions(one, clock)), width=96)


def _draws_text(found: xr.Dataset) -> str:
    """Say how many draws were used, and why the others were not."""
    from flatgov.analysis.failures import main_reason

    draws, counted = found.sizes["draw"], int(found["counted"].sum().item())
    if counted == draws:
        return f"{draws:,} draws, none left out"
    return (
        f"{counted:,} of {draws:,} draws are used for last, and for each start those that it says; "
        f"the others are left out as runs failed, most often {main_reason(found.attrs)}"
    )


def _duration(time: float, study: Study) -> str:
    """Write a time with its unit in words: ``21 minutes``."""
    from flatgov.study.calendar import known_unit

    unit = study.model.time.units if study.calendar is None else study.calendar.unit
    known = known_unit(unit)
    name = unit if known is None and not unit.isascii() else (known or unit).lower()
    if name.isascii() and name.isalpha() and time != 1:
        name = name.removesuffix("s") + "s"
    return f"{time:g} {name}".rstrip()


def _moment_text(found: xr.Dataset, clock: Clock) -> str:
    from flatgov.commands.tables import aligned, decimals, number, percent

    levels = found["level"].sel(quantile=[0.5, 0.05, 0.95])
    places = decimals(levels.values.flat)
    lines = [
        ["start", "median", "5 %", "95 %", "back", "95 % interval", "without", "last", "draws"]
    ]
    for start in found["start"].values:
        one = found.sel(start=start)
        low, high = (100 * one[f"back_{side}"].item() for side in ("low", "high"))
        lines.append(
            [
                clock.show(float(start)),
                *(number(value, places) for value in levels.sel(start=start).values),
                percent(one["back"].item()),
                "-" if math.isnan(low) else f"{low:.1f}-{high:.1f}",
                percent(one["back_without"].item()),
                percent(one["last_share"].item()),
                f"{one['draws_paired'].item():,.0f}",
            ]
        )
    return aligned([*lines, ["none", *[""] * 6, percent(found["never"].item()), ""]])


def _conclusions(found: xr.Dataset, clock: Clock) -> Iterator[str]:
    """Say what the starts tell, and nothing about starts that were not simulated."""
    from flatgov.commands.tables import percent

    first, last = (clock.show(float(found["start"][place])) for place in (0, -1))
    said = []
    for level in found["probability"].values:
        until = found["falls_below"].sel(probability=level).item()
        limit = f"{100 * level:g} %"
        if math.isnan(until):
            said.append(_unsteady(found["back"].values, level, clock, found["start"].values))
        elif math.isinf(until):
            said.append(f"{'at least' if until > 0 else 'below'} {limit} at every start")
        else:
            said.append(f"below {limit} after a start at {clock.show(until)}")
    period = f"starts from {first} to {last}" if first != last else f"a start at {first}"
    yield f"Probability of being back, {period}: {'; '.join(said)}."
    lost = 1 - found["steady"].item()
    if lost > 0:
        yield (
            f"In {percent(lost)} of the draws a later start brings it back where an earlier one "
            "does not."
        )


def _unsteady(back: FloatArray, level: float, clock: Clock, starts: FloatArray) -> str:
    """Say how a probability lies about a level that it does not fall below once for good."""
    enough = back >= level
    if any(math.isnan(one) for one in back):
        return f"not known against {100 * level:g} %"
    if enough[enough.argmax() :].all():
        return f"below {100 * level:g} % before a start at {clock.show(starts[enough.argmax()])}"
    return f"now below {100 * level:g} %, now not"


def table(found: xr.Dataset, study: Study) -> tuple[list[str], Iterator[list[object]]]:
    """Put everything but single draws into a table.

    Args:
        found: Of `flatgov.analysis.timing.timing`.
        study: For dates.

    Returns:
        The titles, and a row for each moment and start.
    """
    from flatgov.study.calendar import Clock

    clock = Clock(study.model.time, study.calendar)
    shares = ["back", "back_low", "back_high", "back_without", "last_share"]
    levels = [f"level {100 * value:g}%" for value in found["quantile"].values]
    titles = ["moment", "start", "model time", "draws used", *levels, *shares]

    def rows() -> Iterator[list[object]]:
        for moment in found["moment"].values:
            for start in found["start"].values:
                one = found.sel(moment=moment, start=start)
                yield [
                    str(moment),
                    clock.show(float(start)),
                    float(start),
                    int(one["draws_paired"].item()),
                    *one["level"].values.tolist(),
                    *(one[name].item() for name in shares),
                ]

    return titles, rows()


def _moment(text: str, clock: Clock, where: str) -> float:
    """Read a date, or model time as a number."""
    try:
        return clock.time(float(text), where)
    except ValueError:
        return clock.time(text, where)
