"""From the dataset of an analysis to figure files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import xarray as xr
from matplotlib.figure import Figure

from flatgov.figures import behaviour, sensitivity_time, timing, tornado
from flatgov.figures.common import NotDrawn
from flatgov.figures.style import check_format, drawing, write
from flatgov.figures.text import Language, Text, check_language
from flatgov.run.file_names import to_file_name

if TYPE_CHECKING:
    from flatgov.study import Study

Notice = Callable[[str], None]
_Figures = Iterator[tuple[str, Callable[[], Figure]]]


def _say_nothing(note: str) -> None:
    pass


def draw_sensitivity(
    ds: xr.Dataset,
    study: Study,
    folder: Path,
    lang: Language = "en",
    format: str = "png",
    *,
    notice: Notice = _say_nothing,
) -> list[Path]:
    """Draw what decides each variable: at the end of the run, and over time.

    Args:
        ds: Of `flatgov.analysis.sensitivity.sensitivity`, with any method.
        study: The study that was analysed.
        folder: It exists.
        lang: ``"en"`` or ``"zh"``.
        format: ``"png"``, ``"svg"`` or ``"pdf"``.
        notice: Called with a line for each figure that is left out, saying why, and with a line
            when something has no label in the language.

    Returns:
        The files written: ``tornado-VARIABLE.FORMAT`` and ``sensitivity_time.FORMAT``, with
        ``_zh`` before the dot in Chinese.

    Raises:
        StudyError: A label of the study lacks the language.
        FlatgovError: The language, the format or a font for it does not exist.
        RunError: A file cannot be written.
    """
    text = Text(study, lang)

    def figures() -> _Figures:
        for variable in map(str, ds["variable"].to_numpy()):
            yield (
                f"tornado-{to_file_name(variable).replace(' ', '_')}",
                partial(tornado.figure, ds, text, variable),
            )
        yield "sensitivity_time", partial(sensitivity_time.figure, ds, text)

    return _write(figures(), text, folder, format, notice)


def draw_timing(
    ds: xr.Dataset,
    study: Study,
    folder: Path,
    lang: Language = "en",
    format: str = "png",
    *,
    notice: Notice = _say_nothing,
) -> list[Path]:
    """Draw until when a policy brings a variable back, as ``timing-POLICY.FORMAT``.

    Args:
        ds: Of `flatgov.analysis.timing.timing`.
        study: The study that was analysed.
        folder: As for `draw_sensitivity`; so are the others, what is returned and raised.
        lang: ``"en"`` or ``"zh"``.
        format: ``"png"``, ``"svg"`` or ``"pdf"``.
        notice: For what is left out.
    """
    text = Text(study, lang)
    name = f"timing-{to_file_name(ds.attrs['policy'])}"
    return _write(iter([(name, partial(timing.figure, ds, text))]), text, folder, format, notice)


def draw_behaviour(
    ds: xr.Dataset,
    study: Study,
    folder: Path,
    lang: Language = "en",
    format: str = "png",
    *,
    notice: Notice = _say_nothing,
) -> list[Path]:
    """Draw the share of draws that show each pattern, as ``behaviour.FORMAT``.

    Args:
        ds: Of `flatgov.analysis.behaviour.behaviour`.
        study: The study that was analysed.
        folder: As for `draw_sensitivity`; so are the others, what is returned and raised.
        lang: ``"en"`` or ``"zh"``.
        format: ``"png"``, ``"svg"`` or ``"pdf"``.
        notice: For what is left out.
    """
    text = Text(study, lang)
    figures = iter([("behaviour", partial(behaviour.figure, ds, text))])
    return _write(figures, text, folder, format, notice)


def _write(figures: _Figures, text: Text, folder: Path, format: str, notice: Notice) -> list[Path]:
    check_language(text.lang)
    check_format(format)
    suffix = "" if text.lang == "en" else f"_{text.lang}"  # both languages fit into one folder
    written = []
    with drawing(text.lang):
        for name, make in figures:
            file = folder / f"{name}{suffix}.{format}"
            try:
                written.append(write(make(), file))
            except NotDrawn as reason:
                notice(f"{file.name} is left out: {reason}")
    if text.unlabelled:
        notice(
            f"figures.toml has no {text.lang} label for {', '.join(text.unlabelled)}; "
            "the figures show what the model calls them"
        )
    return written
