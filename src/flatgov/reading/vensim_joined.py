"""Names that are none: two of them with no operator between, texts in double quotes."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from difflib import get_close_matches

from flatgov.model import Call, Expression, Reference
from flatgov.names import canonical
from flatgov.reading.functions import EXTERNAL, FUNCTIONS, OPERATORS
from flatgov.reading.parsed import as_written, display_name
from flatgov.reading.vensim_tokens import Slip

_MOST_WORDS = 40
_FUNCTIONS = frozenset(map(canonical, FUNCTIONS))


def check_joined(tree: Expression, text: str, start: int, known: Collection[str]) -> None:
    """Refuse ``a b`` and ``a f(x)`` where `a` and `b`, or `f`, are known and ``a b`` is not.

    Args:
        tree: A right-hand side, with names as written.
        text: The whole definition.
        start: Where the right-hand side starts.
        known: The canonical names of all variables, ranges and macros.

    Raises:
        Slip: An operator is missing.
    """
    for name, others in _names(tree):
        words = canonical(name).split()
        if (
            not 1 < len(words) < _MOST_WORDS
            or " ".join(words) in known
            or " ".join(words) in others
        ):
            continue
        for count in range(len(words) - 1, 0, -1):
            left, right = " ".join(words[:count]), " ".join(words[count:])
            right_known = right in known or right in others or _is_number(right)
            if left in known and right_known and not _is_misspelt(" ".join(words), known):
                found = as_written(name, text[start:])
                raise Slip(
                    f"an operator is missing between '{left}' and '{right}'",
                    max(text.find(found, start), start),
                    found,
                    "write one (+ - * / ^)",
                )


def check_texts(tree: object, text: str, start: int) -> None:
    """Refuse names as arguments of a function that reads a file.

    Args:
        tree: A right-hand side, with names as written.
        text: The whole definition.
        start: Where the right-hand side starts.

    Raises:
        Slip: One is a name, mostly a text in double quotes.
    """
    if isinstance(tree, Call) and tree.function in EXTERNAL:
        for part in tree.arguments:
            if isinstance(part, Reference):
                found = as_written(part.name, text[start:])
                what = f"an argument of {tree.function} is a name, not a text"
                fix = f"write texts in single quotes: '{display_name(part.name)}'"
                raise Slip(what, max(text.find(found, start), start), found, fix)


def _is_misspelt(name: str, known: Collection[str]) -> bool:
    """Tell whether one known name is so near that it was meant, with its words."""
    near = get_close_matches(name, [one for one in known if " " in one], n=1, cutoff=0.85)
    return bool(near)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _names(tree: Expression) -> Iterator[tuple[str, Collection[str]]]:
    """Yield each name with what else it may be: functions where arguments follow."""
    pending = [tree]
    while pending:
        part = pending.pop()
        if isinstance(part, Reference):
            yield part.name, ()
        elif isinstance(part, Call):
            if part.function not in OPERATORS:
                yield part.function, _FUNCTIONS
            pending += part.arguments
