"""What the command line shows: progress on standard error, tables as plain text."""

from __future__ import annotations

import json
import math
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from flatgov.names import printable
from flatgov.run.events import DrawsDone, Event, MemberDone, MemberEvent
from flatgov.study.calendar import Clock

if TYPE_CHECKING:
    import xarray as xr
    from rich.progress import Progress, ProgressColumn, TaskID

    from flatgov.model import Model
    from flatgov.run.summary import SummaryRow
    from flatgov.study.study import Study

# Field of a row → column title.
Columns = Mapping[str, str]

# Off a terminal, how long the progress of draws is silent after a line.
_SILENCE = 5.0


@contextmanager
def progress(scenarios: int | None) -> Iterator[Callable[[Event], None]]:
    """Show the progress of a run on standard error.

    Args:
        scenarios: The number of members of each policy; None where all members run together.

    Yields:
        A function that takes the events of the run: on a terminal it draws a bar for each policy,
        elsewhere it writes a line for each member. Of members that run together it writes one
        line, and one for each that failed. Draws have one bar, or a line every few seconds.
    """
    with _members(scenarios) as show_member, _draws() as show_draws:

        def show(event: Event) -> None:
            if isinstance(event, DrawsDone):
                show_draws(event)
            else:
                show_member(event)

        yield show


@contextmanager
def _members(scenarios: int | None) -> Iterator[Callable[[MemberEvent], None]]:
    if scenarios is None:
        yield _together()
        return
    if not sys.stderr.isatty():
        yield _print_line
        return
    from rich.progress import BarColumn, MofNCompleteColumn, TimeElapsedColumn

    columns = (_text(), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with _bars(*columns) as bars:
        tasks: dict[str, TaskID] = {}

        def show(event: MemberEvent) -> None:
            if event.policy not in tasks:
                tasks[event.policy] = bars.add_task(printable(event.policy), total=scenarios)
            if isinstance(event, MemberDone):
                bars.advance(tasks[event.policy])
                if event.failed:
                    bars.update(
                        tasks[event.policy], description=f"{printable(event.policy)} (failed)"
                    )

        yield show


def _print_line(event: MemberEvent) -> None:
    if isinstance(event, MemberDone):
        under = f", {event.scenario}" if event.scenario else ""
        how = f"failed: {event.failed}" if event.failed else f"{event.seconds:.1f} s"
        line = f"{event.count}/{event.total} {event.policy}{under}: {how}"
        print(printable(line), file=sys.stderr, flush=True)


def _together() -> Callable[[MemberEvent], None]:
    begun = time.perf_counter()

    def show(event: MemberEvent) -> None:
        if isinstance(event, MemberDone):
            if event.failed:
                _print_line(event)
            if event.count == event.total:
                what = "1 member" if event.total == 1 else f"{event.total} members"
                line = f"{what}: {time.perf_counter() - begun:.1f} s"
                print(line, file=sys.stderr, flush=True)

    return show


@contextmanager
def _draws() -> Iterator[Callable[[DrawsDone], None]]:
    """Show the progress of draws; nothing where there are none."""
    if not sys.stderr.isatty():
        yield _draw_lines()
        return
    from rich.progress import BarColumn

    with ExitStack() as stack:
        begun: list[tuple[int, Progress, TaskID]] = []

        def show(event: DrawsDone) -> None:
            if not begun:
                bar = stack.enter_context(_bars(BarColumn(), _text()))
                begun.append((event.done, bar, bar.add_task("", total=event.total)))
            before, bar, task = begun[0]
            bar.update(task, completed=event.done, description=_draws_text(event, before))

        yield show


def _draw_lines() -> Callable[[DrawsDone], None]:
    begun: int | None = None
    shown = 0.0

    def show(event: DrawsDone) -> None:
        nonlocal begun, shown
        first = begun is None
        begun = event.done if begun is None else begun
        # The first event is worth a line where draws of an interrupted run are there already.
        due = event.done > 0 if first else event.seconds - shown >= _SILENCE
        if due or event.done == event.total:
            shown = event.seconds
            print(_draws_text(event, begun), file=sys.stderr, flush=True)

    return show


def _draws_text(event: DrawsDone, before: int) -> str:
    """Say how far the draws are; the rate is that of this run, which `before` were before."""
    parts = [f"{event.done:,} of {event.total:,} draws"]
    if event.done > before and event.seconds > 0:
        rate = (event.done - before) / event.seconds
        parts.append(f"{float(f'{rate:.2g}'):,.10g} a second")
        left = (event.total - event.done) / rate
        parts.append(f"{_duration(left)} left" if left else _duration(event.seconds))
    if event.failed:
        parts.append("1 member failed" if event.failed == 1 else f"{event.failed:,} members failed")
    return ", ".join(parts)


def _duration(seconds: float) -> str:
    """Write a time that nobody needs to the second."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    if seconds < 99.5:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 99.5 * 60 else f"{seconds / 3600:.1f} h"


def _bars(*columns: ProgressColumn) -> Progress:
    from rich.console import Console
    from rich.progress import Progress

    return Progress(*columns, console=Console(stderr=True))


def _text() -> ProgressColumn:
    from rich.progress import TextColumn

    return TextColumn("{task.description}", markup=False)


def _heading(name: str, units: str) -> str:
    return f"{name} [{units}]" if units.strip() else name


def study_text(rows: Sequence[SummaryRow], study: Study) -> str:
    """Write a table for each headline variable, headed by its name and units.

    Args:
        rows: Of `study_summary`.
        study: The study, for dates and the reference policy.

    Returns:
        Lines of text; what does not exist is ``-``. With draws there are their quantiles at the end
        and the share of them in which a policy ends better than the reference.
    """
    clock = Clock(study.model.time, study.calendar)
    columns = {"policy": "policy"}
    if len({row.scenario for row in rows}) > 1:
        columns["scenario"] = "scenario"
    columns["start"] = clock.show(study.model.time.initial)
    if study.observed is not None:
        columns["observed"] = clock.show(study.observed)
    columns["end"] = clock.show(study.model.time.final)
    if any(row.draws for row in rows):
        columns |= {"low": "5 %", "middle": "median", "high": "95 %"}
    if study.reference in {row.policy for row in rows}:
        columns["difference"] = f"end less {study.reference}"
        if any(row.better == row.better for row in rows):
            columns["better"] = "better in"
    blocks = []
    for variable, units in dict.fromkeys((row.variable, row.units) for row in rows):
        own = [row for row in rows if row.variable == variable]
        blocks.append(f"{_heading(variable, units)}\n{_table(own, columns)}")
    if "low" in columns:
        blocks.append(_draws_footnote(rows, study, columns["end"]))
    return "\n\n".join(blocks)


def _draws_footnote(rows: Sequence[SummaryRow], study: Study, end: str) -> str:
    """Say which columns are of the draws, and how many draws they rest on."""
    used = [row.draws for row in rows if row.draws is not None]
    failed = max(row.failed or 0 for row in rows)
    draws = f"{min(used):,}" if min(used) == max(used) else f"{min(used):,} to {max(used):,}"
    lines = [
        "Columns with a date: the run at the model's own values.",
        f"5 %, median, 95 %: of {draws} draws at {end}.",
    ]
    if any(row.better == row.better for row in rows):
        lines.append(f"better in: the share of draws that end better than with {study.reference}.")
    if failed:
        lines.append(f"Up to {failed:,} draws of a policy failed and are left out.")
    return "\n".join(lines)


def stocks_text(rows: Sequence[SummaryRow], model: Model) -> str:
    """Write one table of the stocks of a bare model, each with decimals of its own."""
    start, end = (f"{moment:g}" for moment in (model.time.initial, model.time.final))
    columns = {"variable": "stock", "units": "units", "start": start, "end": end}
    return _table(rows, columns, own_digits=True) if rows else "the model has no stocks"


def failures_text(ds: xr.Dataset) -> str:
    """Say in one line which members of a run failed."""
    failed = json.loads(ds.attrs["failed"])
    if isinstance(failed, dict):  # a model's draws; on the command line there is one
        return str(next(iter(failed.values())))
    under = f" under '{failed[0]['scenario']}'" if failed[0]["scenario"] else ""
    others = f" (and {len(failed) - 1} more)" if len(failed) > 1 else ""
    return f"policy '{failed[0]['policy']}'{under} failed: {failed[0]['reason']}{others}"


def _table(rows: Sequence[SummaryRow], columns: Columns, own_digits: bool = False) -> str:
    """Align text to the left and numbers to the right."""
    everything = [getattr(row, field) for row in rows for field in columns if field != "better"]
    common = _digits([value for value in everything if isinstance(value, float)])
    lines = [list(columns.values())]
    for row in rows:
        values = [getattr(row, field) for field in columns]
        digits = _digits([v for v in values if isinstance(v, float)]) if own_digits else common
        lines.append(
            [
                _cell(field, value, digits) if isinstance(value, float) else value
                for field, value in zip(columns, values, strict=True)
            ]
        )
    widths = [max(len(line[i]) for line in lines) for i in range(len(columns))]
    is_number = [isinstance(getattr(rows[0], field), float) for field in columns]
    return "\n".join(
        "  "
        + "  ".join(
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(line, widths, is_number, strict=True)
        ).rstrip()
        for line in lines
    )


def _cell(field: str, value: float, digits: int) -> str:
    if field == "better":
        return "-" if math.isnan(value) else f"{100 * value:.0f} %"
    return _number(value, digits, signed=field == "difference")


def _digits(values: Sequence[float]) -> int:
    """Choose the decimals that give the largest value four digits, at most three decimals."""
    finite = [abs(value) for value in values if math.isfinite(value)]
    largest = max(finite, default=0.0)
    return 3 if largest == 0 else min(3, max(0, 3 - math.floor(math.log10(largest))))


def _number(value: float, digits: int, *, signed: bool) -> str:
    if math.isnan(value):
        return "-"
    text = f"{value:{'+' if signed else ''},.{digits}f}"
    zero = f"{0:.{digits}f}"
    return zero if text.lstrip("+-") == zero else text


def model_text(model: Model) -> str:
    """Write a block for each variable: name, units, kind, equation, documentation."""
    blocks = []
    for variable in model.variables.values():
        lines = [f"{_heading(variable.name, variable.units)} {variable.kind}"]
        lines += [f"    = {' '.join(variable.equation.split())}"]
        if variable.documentation:
            lines += [f"    {' '.join(variable.documentation.split())}"]
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks)


def failed_draws_text(draws: xr.Dataset) -> str:
    """Say in one line how many members of an ensemble failed, and of what most of them."""
    counts = Counter(
        str(reason).rpartition(" at time ")[0] for reason in draws["reason"].values.flat if reason
    )
    shown = "; ".join(f"{reason} in {count:,}" for reason, count in counts.most_common(3))
    more = f"; {len(counts) - 3} other reasons" if len(counts) > 3 else ""
    failed, members = draws.attrs["failed_members"], draws["status"].size
    return f"{failed:,} of {members:,} members failed and count in no statistic: {shown}{more}"
