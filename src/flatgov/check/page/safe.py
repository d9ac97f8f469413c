"""Texts of files made fit for a page, and numbers for people."""

from __future__ import annotations

import math
import re

# What a reader cannot see, or what turns the order of letters round: control characters, marks
# and overrides of direction, invisible spaces, tags, halves of characters.
_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f"
    "\ud800-\udfff\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def visible(text: str) -> str:
    """Replace characters that hide, or that reorder a line, by their code: ``⟨U+202E⟩``.

    Args:
        text: Any text, from a file or not.
    """
    return _HIDDEN.sub(lambda found: f"⟨U+{ord(found[0]):04X}⟩", text.replace("\r\n", "\n"))


def number(value: float | None) -> str:
    """Write a result with four to six digits: ``459,123``, ``0.0125``, ``1.2×10⁻⁵``."""
    if value is None or math.isnan(value):
        return "not a number"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    size = abs(value)
    if value == 0 or 1e-3 <= size < 1000:
        return _minus(f"{value:.4g}")
    if 1000 <= size < 1e7:
        whole = float(f"{value:.6g}")
        return _minus(f"{whole:,.0f}" if size >= 1e4 else f"{whole:.1f}".removesuffix(".0"))
    return _power(f"{value:.4g}")


def exact(value: float) -> str:
    """Write a number of an equation, all of its digits."""
    if not math.isfinite(value):
        return number(value)
    text = repr(value).removesuffix(".0")
    if "e" in text:
        return _power(text)
    whole, point, part = text.partition(".")
    if len(whole.lstrip("-")) > 4:  # Not years.
        whole = f"{int(whole):,}"
    return _minus(whole + point + part)


def _power(text: str) -> str:
    digits, mark, power = text.partition("e")
    if not mark:
        return _minus(digits)
    return f"{_minus(digits)}×10{raised(int(power))}"


def raised(power: int) -> str:
    """Write the power of a number: ``⁻³``."""
    return str(power).translate(_RAISED)


def _minus(text: str) -> str:
    return text.replace("-", "−")


def count(number: int, singular: str, plural: str = "") -> str:
    """Write ``1 loop``, ``2 loops``, ``no loops``."""
    word = singular if number == 1 else plural or singular + "s"
    return f"{number:,} {word}" if number else f"no {word}"
