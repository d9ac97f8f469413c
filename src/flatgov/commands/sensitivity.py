"""`flatgov sensitivity`: the assumptions that outputs, or differences of policies, depend on."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator, Sequence
from enum import StrEnum
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flatgov.commands.options import FigureFormat, Format, Lang, Language, Out, Scenario
from flatgov.commands.printing import draw_into, list_paths, note, write_out
from flatgov.errors import StudyError

if TYPE_CHECKING:  # Everything heavy is imported where it is used, so that --help answers at once.
    import xarray as xr

    from flatgov.study.study import Study

_SHOWN = 10  # factors of a variable
_WIDTH = 96
_NAME = 52
_ROUNDING = 1e-9


class MethodName(StrEnum):
    """How sensitivity is measured."""

    sobol = "sobol"
    morris = "morris"
    rank = "rank"


# The measures of each method that are shown, with what they are called; the first one sorts.
_SHOWS = {
    "sobol": {"total": "total", "first": "first order"},
    "morris": {"mu_star": "mu*", "sigma": "sigma"},
    "rank": {"prcc": "partial", "rho": "Spearman"},
}
_SAID = {
    "sobol": "total: the share of the variance that would stay if all but the factor became known. "
    "first order: the share that would go if the factor alone became known.",
    "morris": "mu*: the mean size of the effect of a factor over its whole range, in units of the "
    "variable. sigma: how far the effect varies with the other factors.",
    "rank": "partial: the rank correlation when all other factors are accounted for linearly. "
    "Spearman: the rank correlation.",
}


def sensitivity(
    study: Annotated[
        Path | None,
        typer.Argument(
            metavar="[STUDY|DIR]",
            help="A study folder, by default the Longgang study; with the method rank also "
            "results of `flatgov run` with draws.",
        ),
    ] = None,
    method: Annotated[
        MethodName,
        typer.Option(
            help="sobol: shares of the variance. morris: a quick screening. rank: rank "
            "correlations of plain draws."
        ),
    ] = MethodName.sobol,
    policy: Annotated[
        str | None,
        typer.Option("-p", "--policy", help="The policy. [the reference policy of the study]"),
    ] = None,
    against: Annotated[
        str | None,
        typer.Option(metavar="POLICY", help="Analyse by how much the policy differs from this."),
    ] = None,
    scenario: Scenario = None,
    variable: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="A variable; may be repeated. [the headline variables]"),
    ] = None,
    samples: Annotated[
        int | None,
        typer.Option(
            help="Rows (a power of two), paths or draws. [sobol 512, morris 64, rank 1024]"
        ),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(min=0, max=2**32 - 1, help="The seed of the samples. [0]"),
    ] = None,
    out: Out = None,
    lang: Lang = Language.en,
    format_: FigureFormat = Format.png,
) -> None:
    """Rank the uncertain quantities by what they do to the outputs."""
    from flatgov.analysis import sensitivity as analysis
    from flatgov.commands.analysis_files import check_out, write_analysis
    from flatgov.figures import draw_sensitivity
    from flatgov.run.place import join
    from flatgov.run.store import read_results
    from flatgov.study.bundled import longgang_folder
    from flatgov.study.load import open_study
    from flatgov.terminal import progress

    folder = longgang_folder() if study is None else study
    stored = _source_of_results(folder, method, samples, seed)
    opened = open_study(folder) if stored is None else stored
    own = Path("results") / opened.name if stored is None else folder
    place = check_out(out, own / "sensitivity")
    asked = {"policy": policy, "against": against, "scenario": scenario}
    if stored is not None:
        found = analysis.rank_sensitivity(read_results(folder), opened, variables=variable, **asked)
    else:
        with progress(None) as show:
            found = analysis.sensitivity(
                opened,
                method=method.value,
                variables=variable,
                samples=samples,
                seed=seed or 0,
                progress=show,
                **asked,
            )
    write_out("\n\n".join(texts(found, opened)))
    for line in json.loads(found.attrs["notes"]):
        note(line)
    name = _name(found, variable or [])
    list_paths(write_analysis(place, name, *table(found), found))
    draw_into(
        join(place, "figures", name),
        lambda new: draw_sensitivity(found, opened, new, lang.value, format_.value, notice=note),
    )


def _name(found: xr.Dataset, variables: Sequence[str]) -> str:
    from flatgov.commands.analysis_files import question_name

    told = found.attrs
    asked = [str(told[key]) for key in ("method", "policy", "against", "scenario")]
    return question_name("sensitivity", *asked, *variables)


def texts(found: xr.Dataset, study: Study) -> Iterator[str]:
    """Write the factors that matter most for each variable at the end of the run.

    Args:
        found: Of `flatgov.analysis.sensitivity.sensitivity`.
        study: For the date of the end.
    """
    from flatgov.commands.tables import ONLY_DRAWS
    from flatgov.study.calendar import Clock

    end = Clock(study.model.time, study.calendar).show(float(found["time"][-1]))
    told = found.attrs
    what = told["policy"] + (f" less {told['against']}" if told["against"] else "")
    what += f" under {told['scenario']}" if told["scenario"] else ""
    last = found.isel(time=-1)
    for name in found["variable"].values:
        one = last.sel(variable=name)
        units = f" [{one['units'].item()}]" if one["units"].item() else ""
        yield f"{name}{units}, {what}, at the end ({end})\n{_variable_text(one)}"
    said = [_samples_text(found), _SAID[told["method"]], told.get("chance", "")]
    said += ["Intervals hold with a probability of 95 %.", ONLY_DRAWS]
    yield textwrap.fill(" ".join(filter(None, said)), _WIDTH)


def _samples_text(found: xr.Dataset) -> str:
    """Say how many samples were used, and why the others were not."""
    told = found.attrs
    used, samples = found["rows_used"].values, told["samples"]
    counted = {"sobol": "rows", "morris": "paths", "rank": "draws"}[told["method"]]
    factors = f"{found.sizes['factor']} factor" + ("s" if found.sizes["factor"] > 1 else "")
    if (used == samples).all():
        return f"{samples:,} {counted}, none left out, {factors}."
    low, high = (f"{int(one):,}" for one in (used.min(), used.max()))
    number = low if low == high else f"{low} to {high}, by factor,"
    return (
        f"{number} of {samples:,} {counted} used, {factors}; the others are left out as runs "
        f"failed, most often {told['failed_mostly']}."
    )


def _variable_text(one: xr.Dataset) -> str:
    from flatgov.commands.tables import aligned, decimals, number

    shows = _SHOWS[one.attrs["method"]]
    if one.attrs.get("sorts") == "rho":
        shows = dict(reversed(shows.items()))
    lead = one[next(iter(shows))]
    sizes = abs(lead).fillna(-1.0)
    some = max(_ROUNDING * sizes.max().item(), 0.0)  # What rounding leaves is no effect.
    order = [place for place in (-sizes).argsort(kind="stable").values if sizes[place] > some]
    order = order[:_SHOWN]
    if not order:
        still = "sd" not in one or not one["sd"].item() > 0
        return "  does not vary in these draws" if still else "  no factor varies in these draws"
    places = 2
    if one.attrs["method"] == "morris":
        places = decimals(one[name].values[place] for name in shows for place in order)
    titles = ["factor"]
    for name, title in shows.items():
        titles += [title, *(["95 %"] if f"{name}_low" in one else [])]
    lines, below = [titles], []
    for place in order:
        factor = one.isel(factor=place)
        cells = [textwrap.shorten(str(factor["factor"].item()), _NAME, placeholder=" …")]
        for name in shows:
            cells.append(number(factor[name].item(), places))
            if f"{name}_low" in one:
                ends = (number(factor[f"{name}_{side}"].item(), places) for side in ("low", "high"))
                cells.append("-" if isnan(factor[f"{name}_low"].item()) else " to ".join(ends))
        lines.append(cells)
        about = f"{factor['distribution'].item()}: {factor['reason'].item()}"
        below.append("    " + textwrap.shorten(about, _WIDTH - 4, placeholder=" …"))
    head, *rows = aligned(lines).splitlines()
    text = [head, *(line for pair in zip(rows, below, strict=True) for line in pair)]
    if one.attrs["method"] == "sobol":
        low, high = (number(one[f"first_sum_{side}"].item(), 2) for side in ("low", "high"))
        total = number(one["first_sum"].item(), 2)
        spread = number(one["sd"].item(), decimals([one["sd"].item()]))
        text.append(
            f"  standard deviation {spread}; first-order indices of all factors add to {total} "
            f"({low} to {high})"
        )
    return "\n".join(text)


def table(found: xr.Dataset) -> tuple[list[str], Iterator[list[object]]]:
    """Put what is known at the end of the run into a table.

    Args:
        found: Of `flatgov.analysis.sensitivity.sensitivity`.

    Returns:
        The titles, and a row for each variable and factor.
    """
    measures = [str(name) for name in found.data_vars if "factor" in found[name].dims]
    titles = ["variable", "units", "factor", *measures, "distribution", "reason"]
    last = found.isel(time=-1)

    def rows() -> Iterator[list[object]]:
        for name in found["variable"].values:
            one = last.sel(variable=name)
            for factor in found["factor"].values:
                here = one.sel(factor=factor)
                yield [
                    name,
                    one["units"].item(),
                    factor,
                    *(here[measure].item() for measure in measures),
                    here["distribution"].item(),
                    here["reason"].item(),
                ]

    return titles, rows()


def _source_of_results(
    folder: Path, method: MethodName, samples: int | None, seed: int | None
) -> Study | None:
    """Give the study of results; None if the folder holds none."""
    from flatgov.model import Model
    from flatgov.run.manifest import read_manifest
    from flatgov.run.store import read_source

    if read_manifest(folder) is None:
        return None
    if seed is not None:
        raise StudyError(
            "these are results, which were drawn already, so a seed would change nothing",
            where=str(folder),
            fix="leave --seed out, or name a study folder",
        )
    if method is not MethodName.rank or samples is not None:
        raise StudyError(
            "these are results, which have the draws that they have",
            where=str(folder),
            fix="use --method rank without --samples, or name a study folder",
        )
    source = read_source(folder)
    if isinstance(source, Model):
        raise StudyError(
            "these are results of a bare model, which has no uncertain quantities",
            where=str(folder),
            fix="name results of a study",
        )
    return source
