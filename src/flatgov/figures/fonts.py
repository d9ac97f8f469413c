"""Which font draws the words: matplotlib's own for English, a CJK font for Chinese."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from matplotlib import font_manager

from flatgov.errors import FlatgovError

ENGLISH = "DejaVu Sans"  # comes with matplotlib, so that figures look the same everywhere
CHINESE = (  # simplified Chinese first; the others have the glyphs in another region's shapes
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "Source Han Sans SC",
    "Source Han Sans CN",
    "PingFang SC",
    "Hiragino Sans GB",
    "Microsoft YaHei",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "SimHei",
    "Heiti SC",
    "STHeiti",
    "Droid Sans Fallback",
    "Arial Unicode MS",
    "Noto Sans CJK JP",
    "Noto Sans CJK TC",
    "Source Han Sans",
    "Source Han Sans TC",
)
# Starts of the file names of the families above, for fonts that were installed after
# matplotlib made its list.
_FILES = (
    "notosanscjk",
    "notosanssc",
    "sourcehansans",
    "pingfang",
    "msyh",
    "wqy",
    "simhei",
    "stheiti",
    "droidsansfallback",
)
_PACKAGED = "fonts/NotoSansCJKsc-Regular.otf"  # inside the package mplfonts


def font_families(lang: str) -> list[str]:
    """Give the families that can draw a language, best first.

    Args:
        lang: ``"en"`` or ``"zh"``.

    Returns:
        Family names that matplotlib knows. What the first has no sign for is drawn with the
        others: a model may have Chinese names in English figures too.

    Raises:
        FlatgovError: The language is Chinese and no font has its glyphs.
    """
    chinese = _known_family() or _family_of_new_system_font() or _packaged_family()
    if lang == "en":
        return [ENGLISH] if chinese is None else [ENGLISH, chinese]
    if chinese is None:
        raise FlatgovError(
            "no font with Chinese characters was found",
            fix="pip install 'flatgov[zh]' or install a CJK font such as Noto Sans CJK SC",
        )
    return [chinese, ENGLISH]


def _known_family() -> str | None:
    known = {font.name for font in font_manager.fontManager.ttflist}
    return next((family for family in CHINESE if family in known), None)


def _family_of_new_system_font() -> str | None:
    for path in sorted(font_manager.findSystemFonts()):
        if Path(path).name.lower().replace("-", "").startswith(_FILES):
            font_manager.fontManager.addfont(path)
    return _known_family()


def _packaged_family() -> str | None:
    # The package is located, not imported: importing it changes matplotlib's settings.
    spec = find_spec("mplfonts")
    for folder in (spec and spec.submodule_search_locations) or ():
        path = Path(folder) / _PACKAGED
        if path.is_file():
            font_manager.fontManager.addfont(path)
    return _known_family()
