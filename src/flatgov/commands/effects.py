"""`flatgov effects`: what policies change and which is better, over all draws of a run."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flatgov.commands.options import Out
from flatgov.commands.printing import list_paths, write_out
from flatgov.errors import StudyError

if TYPE_CHECKING:  # Everything heavy is imported where it is used, so that --help answers at once.
    import xarray as xr

    from flatgov.study.study import Study


def effects(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="Results of `flatgov run` with draws.")
    ],
    reference: Annotated[
        str | None,
        typer.Option(help="The policy that effects are differences from. [that of the study]"),
    ] = None,
    policy: Annotated[
        list[str] | None,
        typer.Option(
            "-p",
            "--policy",
            help="A policy to compare, the reference among them; may be repeated. [all]",
        ),
    ] = None,
    variable: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="A variable; may be repeated. [the headline variables]"),
    ] = None,
    scenario: Annotated[str | None, typer.Option(help="A scenario of the results. [all]")] = None,
    out: Out = None,
) -> None:
    """Compare policies draw by draw: effects, who beats whom, regret, domination."""
    from flatgov.analysis import effects as analysis
    from flatgov.commands.analysis_files import check_out, question_name, write_analysis
    from flatgov.model import Model
    from flatgov.run.store import read_results, read_source

    source = read_source(folder)
    if isinstance(source, Model):
        raise StudyError(
            "these are results of a bare model, which has no policies to compare",
            where=str(folder),
            fix="name results of a study",
        )
    place = check_out(out, folder / "effects")
    ds = read_results(folder)
    if "draw" not in ds.dims:
        raise StudyError(
            "these are results without draws, so nothing tells how sure an effect is",
            where=str(folder),
            fix="run again with `--draws 1000`",
        )
    ds = _of_scenario(ds, scenario, folder)
    try:
        found = analysis.effects(
            ds, source, reference=reference, variables=variable, policies=policy
        )
    except StudyError as error:
        raise StudyError(
            error.what, where=str(folder), nearest=error.nearest, fix=error.fix
        ) from None
    worlds = _scenarios(found)
    blocks = []
    for world, one in worlds:
        blocks += [f"scenario: {world}"] if len(worlds) > 1 else []
        blocks += texts(one, source)
    write_out("\n\n".join(blocks))
    other = f"minus {reference}" if reference not in (None, source.reference) else None
    name = question_name("effects", other, scenario, *(policy or []), *(variable or []))
    list_paths(write_analysis(place, name, *table(found), found))


def texts(found: xr.Dataset, study: Study) -> Iterator[str]:
    """Write a table for each variable, and one for all of them together.

    Args:
        found: Of `flatgov.analysis.effects.effects`, of one scenario.
        study: For the date of the end.
    """
    from flatgov.commands.tables import ONLY_DRAWS
    from flatgov.study.calendar import Clock

    end = Clock(study.model.time, study.calendar).show(float(found["time"][-1]))
    reference = str(found.attrs["reference"])
    for name in found["variable"].values:
        row = found.sel(variable=name)
        way = f"{row['better'].item()} is better" if row["better"].item() else "no direction"
        units = f" [{row['units'].item()}]" if row["units"].item() else ""
        title = f"{name}{units}, {way}, at the end ({end})"
        yield "\n".join([title, _variable_text(row, reference), *_left_out_text(found)])
    directed = [str(name) for name in found["variable"].values[found["better"].values != ""]]
    if directed:
        yield "\n".join(
            [
                f"together at the end ({end}): {', '.join(directed)}",
                _domination_text(found),
                *_left_out_text(found),
            ]
        )
    lost = "shares are of those that ran" if any(_left_out_text(found)) else "none is left out"
    yield textwrap.fill(
        f"Draws: {found.attrs['draws']:,}, the same for all policies; {lost}. minus {reference}: "
        "within each draw; the median, and 90 % of the draws lie between 5 % and 95 %. interval: "
        "95 %, of the share before it. best: the share of draws in which no other policy is "
        f"better. regret: how far behind the best of these {found.sizes['policy']} policies in the "
        f"same draw; the median and the 95 % quantile. {ONLY_DRAWS}",
        width=96,
    )


def _left_out_text(found: xr.Dataset) -> Iterator[str]:
    """Say how many draws were used of one scenario, if some failed."""
    from flatgov.analysis.failures import left_out_texts

    world = str(found["scenario"].item()) if "scenario" in found.coords else ""
    lost = list(left_out_texts(found.attrs, world))
    if lost:
        draws, complete = found.attrs["draws"], int(found["draws_complete"].item())
        yield textwrap.fill(
            f"{complete:,} of {draws:,} draws are used, those in which all policies ran, and for "
            f"two policies those in which both did; left out as runs failed: {'; '.join(lost)}",
            width=96,
            initial_indent="  ",
            subsequent_indent="  ",
        )


def _variable_text(row: xr.Dataset, reference: str) -> str:
    from flatgov.commands.tables import aligned, decimals, number, percent

    end = row.isel(time=-1)
    level = end["level"].sel(quantile=0.5)
    spread = end["effect"].sel(quantile=[0.5, 0.05, 0.95])
    regret = end["regret"].sel(quantile=[0.5, 0.95])
    places = decimals([*level.values, *spread.values.flat, *regret.values.flat])
    best = "best" if row["better"].item() else "highest"
    beats = f"beats {reference}" if row["better"].item() else f"above {reference}"
    titles = ["policy", "median", f"minus {reference}", "5 %", "95 %", beats, "interval", best]
    lines = [[*titles, "regret", "95 %"]]
    for policy in row["policy"].values:
        duel = end.sel(policy=policy, other=reference)
        low, high = (100 * duel[f"beats_{side}"].item() for side in ("low", "high"))
        against = [
            *(number(value, places, signed=True) for value in spread.sel(policy=policy).values),
            percent(duel["beats"].item()),
            "-" if math.isnan(low) else f"{low:.1f}-{high:.1f}",
        ]
        lines.append(
            [
                str(policy),
                number(level.sel(policy=policy).item(), places),
                *(["-"] * len(against) if policy == reference else against),
                percent(end["rank_share"].sel(policy=policy, rank=1.0).item()),
                *(number(value, places) for value in regret.sel(policy=policy).values),
            ]
        )
    return aligned(lines)


def _domination_text(found: xr.Dataset) -> str:
    from flatgov.commands.tables import aligned, percent

    lines = [["policy", "most often dominated by", "not dominated", "draws"]]
    for policy in found["policy"].values:
        one = found.sel(policy=policy)
        by = one["dominated"].fillna(0.0)
        worst = by.isel(other=int(by.values.argmax()))
        other = f"{worst['other'].item()} ({percent(worst.item())})" if worst > 0 else "-"
        free, draws = one["nondominated"].item(), one["draws_used"].item()
        lines.append([str(policy), other, percent(free), f"{draws:,.0f}"])
    return aligned(lines, left=2)


def table(found: xr.Dataset) -> tuple[list[str], Iterator[list[object]]]:
    """Put what is known at the end of the run into a table.

    Args:
        found: Of `flatgov.analysis.effects.effects`.

    Returns:
        The titles, and a row for each variable, scenario and policy.
    """
    names = [f"{100 * value:g}%" for value in found["quantile"].values]
    reference = found.attrs["reference"]
    titles = ["variable", "units", "better", "scenario", "policy", "draws used"]
    titles += [f"level {name}" for name in names]
    titles += [f"minus {reference} {name}" for name in names]
    duels = ["beats", "beats_low", "beats_high", "ties", "reversals"]
    titles += [f"{name} {reference}" for name in duels]
    titles += ["best", *(f"regret {name}" for name in names), "not dominated"]

    def rows() -> Iterator[list[object]]:
        for name in found["variable"].values:
            row = found.sel(variable=name).isel(time=-1)
            for world, here in _scenarios(row):
                for policy in found["policy"].values:
                    one = here.sel(policy=policy)
                    duel = one.sel(other=reference)
                    yield [
                        name,
                        row["units"].item(),
                        row["better"].item(),
                        world,
                        policy,
                        int(one["draws_used"].item()),
                        *one["level"].values.tolist(),
                        *one["effect"].values.tolist(),
                        *(duel[title].item() for title in duels),
                        one["rank_share"].sel(rank=1.0).item(),
                        *one["regret"].values.tolist(),
                        one["nondominated"].item(),
                    ]

    return titles, rows()


def _scenarios(ds: xr.Dataset) -> list[tuple[str, xr.Dataset]]:
    """Give the part of each scenario; the whole where there is no such dimension."""
    if "scenario" not in ds.dims:
        return [(str(ds["scenario"].item()) if "scenario" in ds.coords else "", ds)]
    return [(str(name), ds.sel(scenario=name)) for name in ds["scenario"].values]


def _of_scenario(ds: xr.Dataset, scenario: str | None, folder: Path) -> xr.Dataset:
    if scenario is None:
        return ds
    from flatgov.run.summary import labels
    from flatgov.study.policies import check_names

    check_names([scenario], labels(ds, "scenario"), "scenario", str(folder))
    return ds.sel(scenario=scenario) if "scenario" in ds.dims else ds
