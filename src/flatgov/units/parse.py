"""Reads unit texts as users of Vensim and Stella write them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from fractions import Fraction

from flatgov.units.algebra import DIMENSIONLESS, MOST, Unit, base, product
from flatgov.units.names import NOT_GIVEN, key

_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
_POWER = re.compile(r"\^\s*(?:([-+]?\s*[\d.]+)|\(\s*([-+]?\s*[\d.]+(?:\s*/\s*\d+)?)\s*\))")
_TOKEN = re.compile(r"[*/()^]|[^*/()^]+")
_MEANINGLESS = re.compile(r"[=<>|~{}\[\];,!?&@\\]")
# Longer texts or deeper brackets are no units.
_LONGEST, _DEEPEST = 500, 40


class UnitsError(ValueError):
    """A text that is no unit.

    Args:
        what: The reason, with the offending piece in it.
        text: The offending piece.
    """

    def __init__(self, what: str, text: str = "") -> None:
        super().__init__(what)
        self.text = text


class Vocabulary:
    """The names of units of one model.

    Args:
        synonyms: Groups of units that mean the same; the first of each stands for all. One of a
            group may be a product of others (XMILE's unit equations): it then stands for all.
    """

    def __init__(self, synonyms: Sequence[Sequence[str]] = ()) -> None:
        self._known: dict[str, Unit] = {}
        self._read: dict[str, Unit | None] = {}
        self._spelling: dict[str, str] = {}
        for group in synonyms:
            self._add_group([name for name in group if name.strip()])

    def _add_group(self, group: Sequence[str]) -> None:
        meanings: list[Unit] = []
        for name in group:
            try:
                meanings.append(self.read(name) or DIMENSIONLESS)
            except UnitsError:
                continue  # a synonym that no text can use
        if not meanings:
            return
        single = re.compile(r"[^*/^()]+")
        meaning = next((m for m in meanings if len(m.powers) != 1), meanings[0])
        for name in group:
            if single.fullmatch(name) and (own := key(name)):
                self._known[own] = meaning
        self._read.clear()

    def define(self, name: str, unit: Unit) -> None:
        """Let a name stand for a unit, as the inputs of a macro do in the units of its body."""
        self._known[key(name)] = unit
        self._read.clear()

    def read(self, text: str) -> Unit | None:
        """Read a unit text.

        Returns:
            The unit, or None where the text says that none is given.

        Raises:
            UnitsError: The text is no unit.
        """
        if text not in self._read:
            self._read[text] = self._parse(text)
        return self._read[text]

    def _parse(self, text: str) -> Unit | None:
        plain = _normalised(text)
        if plain.lower() in NOT_GIVEN:
            return None
        if len(plain) > _LONGEST:
            raise UnitsError(f"{len(plain)} characters are too long for units", plain[:20])
        if found := _MEANINGLESS.search(plain):
            raise UnitsError(f"'{found[0]}' has no meaning in units", found[0])
        tokens = list(_tokens(plain))
        unit, rest = self._product(tokens, 0, 0)
        if rest < len(tokens):
            raise UnitsError("a ')' has no '('", ")")
        return unit

    def _product(self, tokens: list[str | Fraction], at: int, depth: int) -> tuple[Unit, int]:
        """Read factors up to a closing bracket or the end."""
        if depth > _DEEPEST:
            raise UnitsError(f"more than {_DEEPEST} brackets stand in each other", "(")
        unit, sign = DIMENSIONLESS, 1
        if at < len(tokens) and tokens[at] == "/":  # "/Month" is "1/Month"
            sign, at = -1, at + 1
        while True:
            factor, at = self._factor(tokens, at, depth)
            unit *= factor**sign
            if at == len(tokens) or tokens[at] == ")":
                return unit, at
            if tokens[at] not in ("*", "/"):
                raise UnitsError(f"an operator is missing before '{tokens[at]}'", str(tokens[at]))
            sign, at = (1 if tokens[at] == "*" else -1), at + 1

    def _factor(self, tokens: list[str | Fraction], at: int, depth: int) -> tuple[Unit, int]:
        token = tokens[at] if at < len(tokens) else ""
        if token == "(":
            unit, at = self._product(tokens, at + 1, depth + 1)
            if at == len(tokens):
                raise UnitsError("a '(' is not closed", "(")
            at += 1
        elif isinstance(token, Fraction) or token in ("", "*", "/", ")", "^"):
            before = str(tokens[at - 1]) if at else ""
            found = (
                f"nothing stands after '{before}'" if before else f"nothing stands before '{token}'"
            )
            raise UnitsError(found, before or str(token))
        else:
            unit, at = self._name(token), at + 1
        if at < len(tokens) and isinstance(power := tokens[at], Fraction):
            unit, at = unit**power, at + 1
        return unit, at

    def _name(self, name: str) -> Unit:
        """Read a name; one with hyphens is a product (``person-hour``), unless it is known."""
        whole = key(name.replace("-", " "))
        if whole in self._known:
            return self._known[whole]
        if not whole or not key(name):
            return DIMENSIONLESS
        parts = [part.strip() for part in name.split("-")]
        if len(parts) > 1:
            if not all(parts):
                raise UnitsError("a '-' stands alone", "-")
            return product(map(self._name, parts))
        spelling = self._spelling.setdefault(whole, " ".join(name.replace("_", " ").split()))
        return base(whole, spelling)


def parse_units(text: str, synonyms: Sequence[Sequence[str]] = ()) -> Unit | None:
    """Read a unit text.

    Args:
        text: Such as ``MYuan/Month``, ``Person*Hour/(Unit*Month)``, ``m^2``, ``Tasks per Month``,
            ``万元/月``, ``Dmnl``.
        synonyms: Groups of units that mean the same (`Model.unit_synonyms`).

    Returns:
        The unit, or None where the text says that none is given.

    Raises:
        UnitsError: The text is no unit.
    """
    return Vocabulary(synonyms).read(text)


def _normalised(text: str) -> str:
    """Write all operators in one way."""
    text = re.sub(r"[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+", lambda m: "^" + m[0].translate(_SUPERSCRIPTS), text)
    text = unicodedata.normalize("NFKC", text)  # full-width signs
    text = re.sub(r"[·•×∙⋅]", "*", text).replace("÷", "/").replace("**", "^").replace("−", "-")
    text = re.sub(r"\bper[ _-]?cent\b", "percent", text, flags=re.IGNORECASE)
    text = re.sub(r"(?:^|(?<=[\s)_]))per(?=[\s(_])", "/", text, flags=re.IGNORECASE)
    text = text.replace("每", "/").replace('"', "")
    return " ".join(text.split())


def _tokens(text: str) -> Iterator[str | Fraction]:
    """Yield operators and names as texts and powers as numbers."""
    at = 0
    while at < len(text):
        if power := _POWER.match(text, at):
            yield _exponent("".join((power[1] or power[2]).split()), power[0])
            at = power.end()
        else:
            token = _TOKEN.match(text, at)
            assert token is not None  # every character is an operator or none
            at = token.end()
            if name := token[0].strip():
                yield name


def _exponent(text: str, shown: str) -> Fraction:
    try:
        exponent = Fraction(text)
    except (ValueError, ZeroDivisionError):
        raise UnitsError(f"'{shown}' is no power", shown) from None
    if abs(exponent) > MOST or exponent.denominator > MOST:
        raise UnitsError(f"no units have the power {text}", shown)
    return exponent
