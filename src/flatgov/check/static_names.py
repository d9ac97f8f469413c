"""Checks of names: characters that mislead, names of functions and units, near twins."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from flatgov.check.findings import Finding, Outcome
from flatgov.check.static_pieces import plural
from flatgov.check.subject import Check, Subject
from flatgov.model import Variable
from flatgov.names import canonical
from flatgov.reading.functions import FUNCTIONS

# Characters that turn the direction of what follows them on the screen, not in the file.
_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")
_WORD = re.compile(r"[^\W\d_]+")
# Greek letters that no eye tells from Latin ones; others (Δt, μm) are meant.
_GREEK_TWINS = frozenset("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧονιυ")
# Shorter names are close by chance; longer ones would take memory.
_SHORTEST, _LONGEST = 8, 200


def _names(subject: Subject) -> Outcome:
    findings = [*_turned(subject)]
    units = _units(subject)
    for variable in subject.model.variables.values():
        findings += _unreadable(subject, variable)
        findings += _taken(subject, variable, units)
    findings += _twins(subject)
    summary = f"{plural(len(findings), 'name')} of {len(subject.model.variables)} may mislead"
    return Outcome("names", tuple(findings), summary)


def _turned(subject: Subject) -> Iterator[Finding]:
    """Find what makes the file look other than it reads (Boucher & Anderson 2021)."""
    text = subject.model.source.decode("utf-8", "replace")
    if found := _TURNING.search(text):
        yield subject.finding(
            "names",
            "warning",
            None,
            f"the invisible character {_code(found[0])} turns the direction of the text, so that "
            "the file reads other than it looks",
            line=text.count("\n", 0, found.start()) + 1,
            fix="remove it",
        )


def _unreadable(subject: Subject, variable: Variable) -> Iterator[Finding]:
    name = variable.name
    if name.isascii():
        return
    if hidden := next((one for one in name if _hidden(one)), ""):
        yield subject.finding(
            "names",
            "warning",
            variable,
            f"the name '{name}' has the invisible character {_code(hidden)} in it",
            text=name,
            fix="write the name anew, everywhere",
        )
    for word in _WORD.findall(name):
        if odd := _other_script(word):
            yield subject.finding(
                "names",
                "warning",
                variable,
                f"in the name '{name}' the letter '{odd}' is {_code(odd)}, not the Latin letter "
                "that it looks like",
                text=name,
                fix="write the name anew, everywhere",
            )
            return
    if wide := next((one for one in name if _wide(one)), ""):
        yield subject.finding(
            "names",
            "note",
            variable,
            f"the name '{name}' has the full-width character '{wide}'",
            text=name,
            fix=f"write '{unicodedata.normalize('NFKC', wide)}'",
        )


def _hidden(character: str) -> bool:
    return unicodedata.category(character) in ("Cf", "Cc") and not _TURNING.match(character)


def _wide(character: str) -> bool:
    return "\uff01" <= character <= "\uff5e" and unicodedata.normalize("NFKC", character).isalnum()


def _other_script(word: str) -> str:
    """Give the first letter of a word that comes from another script than its Latin letters."""
    if word.isascii() or not any("LATIN" in unicodedata.name(one, "") for one in word):
        return ""
    for one in word:
        if unicodedata.name(one, "").startswith("CYRILLIC") or one in _GREEK_TWINS:
            return one
    return ""


def _code(character: str) -> str:
    return f"U+{ord(character):04X} ({unicodedata.name(character, 'control').lower()})"


def _taken(subject: Subject, variable: Variable, units: set[str]) -> Iterator[Finding]:
    name = canonical(variable.name)
    what = "a function" if name.upper() in FUNCTIONS else ""
    if not what and name in units:
        what = "a unit of the model"
    if what:
        yield subject.finding(
            "names",
            "note",
            variable,
            f"'{variable.name}' is also the name of {what}",
            text=variable.name,
            fix="give it a name that says what it stands for",
        )


def _units(subject: Subject) -> set[str]:
    """Give the factors of all units in canonical form."""
    return {
        canonical(factor)
        for units in {one.units for one in subject.model.variables.values()}
        for factor in re.split(r"[*/()^\d]+", units)
        if factor.strip()
    }


def _twins(subject: Subject) -> Iterator[Finding]:
    """Find two names of which one may be a misspelling of the other.

    Names that differ in one letter inside a word, or in the s of a plural. Numbers, single
    letters and the first letter of a word tell names apart on purpose.
    """
    seen: dict[str, str] = {}
    for variable in subject.model.variables.values():
        name = canonical(variable.name)
        if not _SHORTEST <= len(name) <= _LONGEST:
            continue
        for form in _forms(name):
            other = seen.setdefault(form, name)
            if other != name and _close(name, other):
                yield subject.finding(
                    "names",
                    "note",
                    variable,
                    f"'{variable.name}' and '{subject.model.find(other).name}' are nearly the same",
                    text=variable.name,
                    fix="join them if they are one, or give them names that nobody mistakes",
                    cause="names that are easily mistaken",
                )
                break


def _forms(name: str) -> Iterator[str]:
    """Yield a name and all that is left of it without one letter: close names share one."""
    yield name
    for i in range(len(name)):
        yield name[:i] + name[i + 1 :]


def _close(one: str, other: str) -> bool:
    """Tell whether two names that are one letter apart differ inside one long word."""
    words, others = one.split(), other.split()
    if len(words) != len(others):
        return False
    pairs = [(a, b) for a, b in zip(words, others, strict=True) if a != b]
    if len(pairs) != 1:
        return False
    first, second = pairs[0]
    return (
        min(len(first), len(second)) >= 4
        and first[0] == second[0]
        and first.isalpha()
        and second.isalpha()
    )


CHECKS: tuple[Check, ...] = (
    Check(
        "names",
        "Names mean what they look like",
        "Are there names with invisible or foreign look-alike letters, names of functions or "
        "units, or two names that are one letter apart? Each lets an equation use another "
        "variable than its reader believes.",
        _names,
        ("lai_wahba2001", "boucher_anderson2021"),
    ),
)
