"""The look that all figures share, and writing them so that equal figures are equal files."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from flatgov.errors import FlatgovError, RunError, nearest_names
from flatgov.figures.fonts import ENGLISH, font_families
from flatgov.figures.palette import GREY_INK, INK, RULE

FORMATS = ("png", "svg", "pdf")
DPI = 150  # a page is 8 inches wide: 1200 pixels, the width of a README
TITLE, HEADING, TEXT, SMALL = 13.0, 9.5, 8.5, 8.0  # points

_SETTINGS: dict[str, Any] = {
    "font.size": TEXT,
    "text.color": INK,
    "text.parse_math": False,  # a dollar sign in a label is a dollar sign
    "axes.edgecolor": RULE,
    "axes.labelcolor": GREY_INK,
    "axes.labelsize": SMALL,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.axisbelow": True,
    "axes.titlesize": HEADING,
    "axes.titlelocation": "left",
    "axes.titley": 1.0,  # nothing stands above an axis, so its place need not be looked for
    "grid.color": "#E6E6E6",
    "grid.linewidth": 0.7,
    "xtick.color": RULE,
    "ytick.color": RULE,
    "xtick.labelcolor": GREY_INK,
    "ytick.labelcolor": GREY_INK,
    "xtick.labelsize": SMALL,
    "ytick.labelsize": SMALL,
    "ytick.major.size": 0.0,
    "lines.solid_capstyle": "butt",
    "lines.scale_dashes": True,
    "figure.dpi": DPI,
    "savefig.dpi": "figure",
    "svg.fonttype": "path",  # shows on machines without the font
    "svg.hashsalt": "flatgov",  # equal figures are equal files
    "pdf.fonttype": 42,
}
_FREQUENT = 128  # colours of a PNG that are kept as they are
_METADATA: dict[str, dict[str, str | None]] = {
    "svg": {"Creator": "flatgov", "Date": None},
    "pdf": {"Creator": "flatgov", "Producer": "flatgov", "CreationDate": None},
}


@contextmanager
def _no_word_of_weights() -> Iterator[None]:
    """Keep matplotlib from saying for each bold text that a CJK font has no bold weight."""
    log = logging.getLogger("matplotlib.font_manager")
    level = log.level
    log.setLevel(logging.ERROR)
    try:
        yield
    finally:
        log.setLevel(level)


class NoGlyph(FlatgovError):
    """A label has a character that no font at hand can draw."""


@contextmanager
def drawing(lang: str) -> Iterator[None]:
    """Set the look and the font while figures are made and written; put everything back after.

    The user's own matplotlib settings do not reach the figures. A character without a glyph
    is an error, so that no file ever shows empty boxes.

    Args:
        lang: ``"en"`` or ``"zh"``.

    Raises:
        FlatgovError: There is no font for the language.
        NoGlyph: A character has no glyph in the fonts.
    """
    families = font_families(lang)
    with mpl.rc_context(), warnings.catch_warnings(), _no_word_of_weights():
        mpl.rcdefaults()
        settings: Any = {**_SETTINGS, "font.family": families}
        mpl.rcParams.update(settings)
        warnings.filterwarnings("error", message="Glyph .* missing from")
        try:
            yield
        except UserWarning as missing:
            if "missing from" not in str(missing):
                raise
            raise NoGlyph(
                f"a label cannot be drawn: {str(missing).rstrip('.')}",
                fix="install a font with this character or change the label",
            ) from None


def bold() -> str:
    """The weight of emphasised text inside `drawing`; CJK fonts often come without a bold one."""
    return "bold" if mpl.rcParams["font.family"][0] == ENGLISH else "normal"


def minus() -> str:
    """The minus sign inside `drawing`; the proper one is as wide as a character in CJK fonts."""
    return "−" if mpl.rcParams["font.family"][0] == ENGLISH else "–"


def check_format(format: str) -> None:
    """Refuse a file format that figures are not written in.

    Raises:
        FlatgovError: The format is not one of `FORMATS`.
    """
    if format not in FORMATS:
        raise FlatgovError(
            f"figures cannot be written as '{format}'",
            nearest=nearest_names(format, FORMATS),
            fix=f"choose one of {', '.join(FORMATS)}",
        )


def write(figure: Figure, path: Path) -> Path:
    """Write a figure in the format of its file name; the same figure gives the same bytes.

    Args:
        figure: Made inside `drawing`, and written inside it.
        path: Ends in one of `FORMATS`; its folder exists.

    Returns:
        The path.

    Raises:
        RunError: The file cannot be written.
    """
    return draw(figure, path)()


def draw(figure: Figure, path: Path) -> Callable[[], Path]:
    """Draw a figure, and give what then writes it; as `write`, but in two parts.

    Of a PNG the second part is to find the colours and to compress, which takes a third of the
    time and can be done by another thread while the next figure is drawn.
    """
    kind = path.suffix.lstrip(".")
    if kind != "png":
        with _one_line(path):
            figure.savefig(path, format=kind, metadata=_METADATA[kind])
        return lambda: path
    canvas: Any = FigureCanvasAgg(figure)
    canvas.draw()
    picture = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")
    return partial(_write_png, picture, figure.dpi, path)


def _write_png(picture: Image.Image, dpi: float, path: Path) -> Path:
    """Write a PNG of 256 colours: a third of the size, and no difference to the eye."""
    information = PngInfo()
    information.add_text("Software", "flatgov")
    few = _few_colours(picture)
    with _one_line(path):
        few.save(path, format="png", compress_level=6, dpi=(dpi, dpi), pnginfo=information)
    return path


def _few_colours(picture: Image.Image) -> Image.Image:
    """Reduce a picture to 256 colours: the most frequent ones, and others that cover the rest.

    The methods of Pillow alone give the few pixels of a small mark the colour of another policy,
    or turn grey lines pink.
    """
    red, green, blue = np.moveaxis(np.asarray(picture).astype(np.uint32), -1, 0)
    codes = red << 16 | green << 8 | blue
    found, counts = np.unique(codes, return_counts=True)
    colours = np.stack([found >> 16, found >> 8 & 255, found & 255], axis=1).astype(np.float32)
    frequent = colours[np.argsort(-counts, kind="stable")[:_FREQUENT]]
    cover = picture.quantize(256 - _FREQUENT, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    others = np.array(cover.getpalette(), dtype=np.float32).reshape(-1, 3)
    palette = np.concatenate([frequent, others])[:256]
    # Nearest by |a - b|^2, without |a|^2, which is the same for all b.
    nearest = ((palette**2).sum(axis=1) - 2 * colours @ palette.T).argmin(axis=1)
    table = np.zeros(1 << 24, dtype=np.uint8)
    table[found] = nearest
    few = Image.frombytes("P", picture.size, table[codes].tobytes())
    few.putpalette(palette.astype(np.uint8).tobytes())
    return few


@contextmanager
def _one_line(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise RunError(
            f"the figure cannot be written: {error.strerror or error}",
            where=str(path),
            fix="choose a folder that you may write to",
        ) from None
