"""From a dataset to figure files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import xarray as xr
from matplotlib.figure import Figure

from flatgov.errors import RunError
from flatgov.figures import breakdown, end_state, headline, paths, promises, stocks
from flatgov.figures.common import NotDrawn, one_scenario, origin
from flatgov.figures.style import NoGlyph, check_format, draw, drawing, write
from flatgov.figures.text import Language, Text, check_language

if TYPE_CHECKING:
    from flatgov.study import Study

Notice = Callable[[str], None]


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

    Returns:
        The files written: ``NAME.FORMAT``, Chinese ones ``NAME_zh.FORMAT``.

    Raises:
        StudyError: A label of the study lacks the language, or the parts of a breakdown miss
            their total.
        FlatgovError: The language, the format or a font for it does not exist.
        RunError: A file cannot be written.
    """
    check_language(lang)
    check_format(format)
    _make(folder)
    pending = []
    suffix = "" if lang == "en" else f"_{lang}"  # both languages fit into one folder
    drawn, text = one_scenario(ds, study), Text(study, lang)
    if ds.sizes.get("scenario", 1) > 1:
        shown = drawn["scenario"].item()
        notice(f"figures show scenario '{shown}'; draw others with `flatgov run --scenario …`")
    with drawing(lang), ThreadPoolExecutor(1) as writer:
        for name, make in _figures(drawn, text):
            file = folder / f"{name}{suffix}.{format}"
            try:
                pending.append(writer.submit(draw(make(), file)))
            except NotDrawn as reason:
                notice(f"{file.name} is left out: {reason}")
        written = [future.result() for future in pending]
    if text.unlabelled:
        notice(
            f"figures.toml has no {lang} label for {', '.join(text.unlabelled)}; "
            "the figures show what the model calls them"
        )
    return written


def _figures(ds: xr.Dataset, text: Text) -> Iterator[tuple[str, Callable[[], Figure]]]:
    """List the figures of a study by file name."""
    yield "headline", partial(headline.figure, ds, text)
    if text.study.figures.paths is not None:
        chosen = text.study.figures.paths
        yield chosen.name, partial(paths.figure, ds, text, chosen)
    if text.study.figures.promises is not None:
        yield "promises", partial(promises.figure, ds, text)
    for name in text.study.figures.breakdowns:
        yield f"breakdown_{name}", partial(breakdown.figure, ds, text, name)
    yield "end_state", partial(end_state.figure, ds, text)


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
