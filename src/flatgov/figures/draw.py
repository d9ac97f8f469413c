"""From a dataset to figure files."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import partial
from itertools import count, islice
from pathlib import Path
from typing import TYPE_CHECKING, cast

import xarray as xr
from matplotlib.figure import Figure

from flatgov.errors import RunError
from flatgov.figures import (
    beating,
    breakdown,
    cloud,
    effects,
    end_state,
    headline,
    paths,
    promises,
    ranks,
    stocks,
)
from flatgov.figures.bands import Draws, cloud_pair, reduced
from flatgov.figures.common import NotDrawn, one_scenario, origin, policies_of, with_elements
from flatgov.figures.style import NoGlyph, check_format, draw, drawing, write
from flatgov.figures.text import Language, Text, check_language

if TYPE_CHECKING:
    from flatgov.study import Study

Notice = Callable[[str], None]
_LONGEST = 60  # characters of a variable in a file name


def _say_nothing(note: str) -> None:
    pass


def draw_figures(
    ds: xr.Dataset,
    study: Study,
    folder: Path,
    lang: Language = "en",
    format: str = "png",
    *,
    notice: Notice = _say_nothing,
    draws: xr.Dataset | None = None,
    helper: Executor | None = None,
) -> list[Path]:
    """Draw the figures of a study and write them to a folder, over older ones.

    A figure whose policies or variables the dataset lacks is left out.

    Args:
        ds: As `Study.run` gives it; all of it or a part.
        study: The study that the dataset comes from.
        folder: Made if it is not there.
        lang: ``"en"`` or ``"zh"``.
        format: ``"png"``, ``"svg"`` or ``"pdf"``.
        notice: Called with a line for each figure that is left out, saying why; with a line
            when there are more scenarios than the one drawn; and with a line when variables or
            units have no label in the language.
        draws: The same policies and scenarios with draws, as `Study.run` gives it or as
            `read_results` opens it. With it the figures show how sure they are, and there are
            further ones: ``effects_VARIABLE``, ``beating``, ``ranks`` and ``cloud``. Members
            that failed are left out.
        helper: Draws half of the figures at the same time; see `drawing_helper`. The files are
            the same with it and without.

    Returns:
        The files written: ``NAME.FORMAT``, Chinese ones ``NAME_zh.FORMAT``.

    Raises:
        StudyError: A label of the study lacks the language, or the parts of a breakdown miss
            their total.
        FlatgovError: The language, the format or a font for it does not exist.
        RunError: A file cannot be written, or a draw that is marked as good is not.
    """
    check_language(lang)
    check_format(format)
    _make(folder)
    drawn, shown = with_elements(one_scenario(ds, study), study)
    sure = None if draws is None else _reduced(draws, study, drawn)
    if ds.sizes.get("scenario", 1) > 1:
        scenario = drawn["scenario"].item()
        notice(f"figures show scenario '{scenario}'; draw others with `flatgov run --scenario …`")
    suffix = "" if lang == "en" else f"_{lang}"  # both languages fit into one folder
    names = [name for name, _ in _figures(drawn, Text(shown, lang), sure)]
    files = {name: folder / f"{name}{suffix}.{format}" for name in names}
    page = partial(_draw_some, drawn, shown, sure, lang)
    theirs = {} if helper is None else {name: files[name] for name in names[1::2]}
    half = _hand_over(helper, page, theirs)
    done = page({name: file for name, file in files.items() if name not in theirs})
    if theirs:
        done = _together(done, _result(half, partial(page, theirs)))
    for name in names:
        if name in done.left_out:
            notice(f"{files[name].name} is left out: {done.left_out[name]}")
    if done.unlabelled:
        notice(
            f"figures.toml has no {lang} label for {', '.join(done.unlabelled)}; "
            "the figures show what the model calls them"
        )
    return [files[name] for name in names if name not in done.left_out]


@dataclass(frozen=True)
class _Done:
    """What came of some figures: why those that are missing are, and what has no label."""

    left_out: dict[str, str]
    unlabelled: tuple[str, ...]


def _draw_some(
    ds: xr.Dataset,
    study: Study,
    draws: Draws | None,
    lang: Language,
    files: Mapping[str, Path],
) -> _Done:
    """Draw figures, by name, into their files."""
    text = Text(study, lang)
    left_out, pending = {}, []
    with drawing(lang), ThreadPoolExecutor(1) as writer:
        for name, make in _figures(ds, text, draws):
            if name in files:
                try:
                    pending.append(writer.submit(draw(make(), files[name])))
                except NotDrawn as reason:
                    left_out[name] = str(reason)
        for future in pending:
            future.result()
    return _Done(left_out, tuple(text.unlabelled))


def _hand_over(
    helper: Executor | None, page: Callable[[dict[str, Path]], _Done], files: dict[str, Path]
) -> Future[_Done] | None:
    """Hand figures to the other process; nothing if it was killed."""
    if helper is None or not files:
        return None
    try:
        return helper.submit(page, files)
    except BrokenProcessPool:
        return None


def _result(half: Future[_Done] | None, again: Callable[[], _Done]) -> _Done:
    """Wait for the other process; if it was killed, draw its figures here."""
    try:
        return again() if half is None else half.result()
    except BrokenProcessPool:
        return again()


def _together(one: _Done, other: _Done) -> _Done:
    unlabelled = dict.fromkeys([*one.unlabelled, *other.unlabelled])
    return _Done(one.left_out | other.left_out, tuple(unlabelled))


def _reduced(draws: xr.Dataset, study: Study, drawn: xr.Dataset) -> Draws | None:
    """Take from the draws what the figures of the drawn policies need."""
    promises = study.figures.promises
    times = [] if promises is None else [promises.before, promises.after]
    ensemble, shown = with_elements(one_scenario(draws, study), study)
    policies = [policy for policy in policies_of(ensemble) if policy in policies_of(drawn)]
    return reduced(ensemble, shown, policies, cast(list[float], times)) if policies else None


def _figures(
    ds: xr.Dataset, text: Text, draws: Draws | None
) -> Iterator[tuple[str, Callable[[], Figure]]]:
    """List the figures of a study by file name."""
    yield "headline", partial(headline.figure, ds, text, draws)
    if text.study.figures.paths is not None:
        chosen = text.study.figures.paths
        yield chosen.name, partial(paths.figure, ds, text, chosen, draws)
    if text.study.figures.promises is not None:
        yield "promises", partial(promises.figure, ds, text, draws)
    for name in text.study.figures.breakdowns:
        yield f"breakdown_{name}", partial(breakdown.figure, ds, text, name, draws)
    yield "end_state", partial(end_state.figure, ds, text, draws)
    if draws is not None and len(policies_of(ds)) > 1:
        yield from _figures_of_draws(ds, text, draws)


def _figures_of_draws(
    ds: xr.Dataset, text: Text, draws: Draws
) -> Iterator[tuple[str, Callable[[], Figure]]]:
    """List the figures that need draws, and more than one policy."""
    variables = [name for name in text.study.headline if draws.has(name)]
    for variable, name in zip(variables, file_names(variables), strict=True):
        yield f"effects_{name}", partial(effects.figure, ds, text, draws, variable)
    yield "beating", partial(beating.figure, ds, text, draws)
    yield "ranks", partial(ranks.figure, ds, text, draws)
    if cloud_pair(text.study) is not None:
        yield "cloud", partial(cloud.figure, ds, text, draws)


def file_names(variables: Sequence[str]) -> list[str]:
    """Write names of variables so that they can be parts of file names, each another one."""
    names: list[str] = []
    for variable in variables:
        name = re.sub(r"\W+", "_", variable).strip("_")[:_LONGEST] or "variable"
        taken = {other.lower() for other in names}  # some disks take a for A
        others = (f"{name}_{number}" for number in count(2))
        names.append(
            next(one for one in (name, *islice(others, len(names))) if one.lower() not in taken)
        )
    return names


def draw_model_figures(
    ds: xr.Dataset,
    folder: Path,
    format: str = "png",
    *,
    name: str = "the model",
    notice: Notice = _say_nothing,
) -> list[Path]:
    """Draw the stocks of a model's run over time, in English.

    Args:
        ds: As `Model.run` gives it; dimensions besides ``time`` become lines.
        folder: Made if it is not there.
        format: ``"png"``, ``"svg"`` or ``"pdf"``.
        name: What the titles call the model.
        notice: Called with a line for each figure that is left out: there is nothing to draw,
            or no font has the characters of a name.

    Returns:
        The files written: ``stocks``, or ``stocks_1``, ``stocks_2``, … for many stocks.

    Raises:
        FlatgovError: The format does not exist.
        RunError: A file cannot be written.
    """
    check_format(format)
    _make(folder)
    caption = origin(ds, "en", model="unknown")
    try:
        pages = stocks.figures(ds, name, caption)
    except NotDrawn as reason:
        notice(f"stocks.{format} is left out: {reason}")
        return []
    written = []
    for number, page in enumerate(pages, 1):
        file = folder / f"stocks{f'_{number}' if len(pages) > 1 else ''}.{format}"
        try:
            with drawing("en"):
                written.append(write(page(), file))
        except NoGlyph as reason:
            notice(f"{file.name} is left out: {reason}")
    return written


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunError(
            f"the folder for figures cannot be made: {error.strerror or error}",
            where=str(folder),
            fix="choose a folder that you may write to",
        ) from None
