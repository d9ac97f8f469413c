"""When two names of base units mean the same: case, spaces, plurals, usual abbreviations.

Vensim itself takes names literally and gives every new model a list of synonyms such as ``$,
Dollar, Dollars`` and ``Person, People, Persons`` (Vensim Help, "Units Synonyms"). Here all regular
plurals are one name with their singular, so that a missing synonym is no false alarm.
"""

from __future__ import annotations

import functools
import re

_IRREGULAR = {
    "people": "person",
    "men": "man",
    "women": "woman",
    "children": "child",
    "feet": "foot",
    "mice": "mouse",
    "lives": "life",
    "leaves": "leaf",
    "wolves": "wolf",
    "calves": "calf",
    "halves": "half",
    "indices": "index",
    "matrices": "matrix",
    "vertices": "vertex",
    "crises": "crisis",
    "analyses": "analysis",
    "theses": "thesis",
    "hypotheses": "hypothesis",
    "axes": "axis",
    "basis": "bas",  # as `bases`, which is the plural of `base` too
    # Words of three letters are not shortened by rule: gas, bus, bps.
    "yrs": "yr",
    "hrs": "hr",
    "wks": "wk",
    "mos": "mo",
    "lbs": "lb",
    "kgs": "kg",
    "$s": "$",
}
# Singulars that end in s, besides those in -ss, -us and -is.
_SINGULAR = {"atlas", "bias", "canvas", "chaos", "lens", "news", "series", "siemens", "species"}

# By key; the key of each is that of the word on the right.
_SYNONYMS = {
    "yr": "year",
    "annum": "year",
    "mo": "month",
    "wk": "week",
    "hr": "hour",
    "min": "minute",
    "sec": "second",
    "s": "second",
    "年": "year",
    "季度": "quarter",
    "月": "month",
    "个月": "month",
    "周": "week",
    "星期": "week",
    "日": "day",
    "天": "day",
    "小时": "hour",
    "分钟": "minute",
    "秒": "second",
    "$": "dollar",
    "usd": "dollar",
    "metre": "meter",
    "litre": "liter",
    "ha": "hectare",
    "%": "percent",
    "pct": "percent",
    "per cent": "percent",
    "percentage": "percent",
    "百分比": "percent",
}
# The radian is a pure number in the SI too.
_DIMENSIONLESS = {
    *("1", "dmnl", "dmnless", "dimensionless", "dimension less", "unitless", "none", "no unit"),
    *("fraction", "ratio", "proportion", "probability", "nondimensional", "non dimensional"),
    *("pure number", "radian", "-", "–", "—", "无量纲", "无单位", "比例"),
}
# Words for "not given", which would read as units.
NOT_GIVEN = {"", "?", "??", "n/a", "na", "tbd", "unknown"}

# Symbols that differ from another one by the case of their prefix only: mW and MW.
_MILLI = re.compile(r"m(W|Wh|J|V|A|N|Pa|Hz)")


@functools.lru_cache(maxsize=1 << 14)
def key(name: str) -> str:
    """Give what is equal for all spellings of one base unit; ``""`` for a dimensionless one.

    Args:
        name: Without operators.
    """
    words = name.replace("_", " ").split()
    found = " ".join(
        "milli " + word[1:] if _MILLI.fullmatch(word) else _stem(word) for word in words
    )
    found = _SYNONYMS.get(found, found)
    if found in _DIMENSIONLESS or re.fullmatch(r"1(\.0*)?", found):
        return ""
    return found


def _stem(word: str) -> str:
    """Give one text for a word's singular and plural; it need not be a word."""
    if _MILLI.fullmatch(word):
        return "milli " + word[1:]
    lower = word.lower()
    if lower in _IRREGULAR:
        return _IRREGULAR[lower]
    plural = len(lower) > 3 and lower.endswith("s") and lower not in _SINGULAR
    if plural and not lower.endswith(("ss", "us", "is")):
        lower = lower[:-1]
    if lower.endswith("ie") and len(lower) > 3:
        return lower[:-2] + "y"
    if lower.endswith(("se", "xe", "ze", "che", "she", "oe")) and len(lower) > 3:
        return lower[:-1]  # boxes and box, cases and case, gases and gas
    return lower
