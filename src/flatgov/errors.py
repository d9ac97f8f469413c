"""The errors that a user can cause, each printed as one line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from functools import lru_cache
from heapq import nlargest
from typing import TYPE_CHECKING

from flatgov.names import canonical, printable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Place(str):
    """A place in a file: a text for people that can be taken apart again.

    Args:
        text: The whole place, as messages show it.
        file: The path.
        variable: The variable or the key, or ``""``.
        line: Counted from 1; 0 where it is not known.
    """

    file: str
    variable: str
    line: int

    def __new__(cls, text: str, file: str = "", variable: str = "", line: int = 0) -> Place:
        """Make the text and keep its parts."""
        new = super().__new__(cls, text)
        new.file, new.variable, new.line = file, variable, line
        return new

    def __reduce__(self) -> tuple[type[Place], tuple[str, str, str, int]]:
        """Give what makes the same place again in another process."""
        return Place, (str(self), self.file, self.variable, self.line)


# Of a message; real ones have a few hundred.
_MOST_LETTERS = 4000


class FlatgovError(Exception):
    """Anything wrong with what the user gave: what, where, nearest name, how to fix.

    Args:
        what: The problem, with the offending text in it.
        where: File, then key or variable, then line: the place to look at; a `Place` if known.
        nearest: The right names that the wrong one may have meant, best first.
        fix: What to do, as an imperative sentence without a full stop.
        text: The offending piece of the file as it stands there, so that it can be underlined.

    Attributes:
        all: Every error that was found, this one first; more than one where a file was read to
            its end in spite of errors.
    """

    def __init__(
        self,
        what: str,
        *,
        where: str = "",
        nearest: Sequence[str] = (),
        fix: str = "",
        text: str = "",
    ) -> None:
        self.what, self.where, self.nearest, self.fix = what, where, tuple(nearest), fix
        self.text = text
        self.all: tuple[FlatgovError, ...] = (self,)
        line = f"{where}: {what}" if where else what
        if nearest:
            line += "; did you mean " + " or ".join(f"'{name}'" for name in nearest) + "?"
        if fix:
            line += ("" if line.endswith("?") else ";") + f" {fix}"
        line = " ".join(line.split())
        if len(line) > _MOST_LETTERS:  # of a strange file
            line = f"{line[: _MOST_LETTERS // 2]} … {line[-_MOST_LETTERS // 2 :]}"
        super().__init__(printable(line))


class ModelError(FlatgovError):
    """The model file cannot be read or run as it stands."""


class StudyError(FlatgovError):
    """A policy, scenario or other file of a study is wrong."""


class RunError(FlatgovError):
    """A simulation or the writing of its results failed."""


# Comparing two names takes the product of their lengths in time.
_LONGEST = 300
# More names than any model has; of more, only those that start with the same letter.
_MANY = 20_000
# Difflib's measure from which two names count as close.
_CLOSE = 0.6


@dataclass
class Problems:
    """The problems found so far, so that one reading of a file finds them all."""

    found: list[FlatgovError] = field(default_factory=list)

    @contextmanager
    def collect(self) -> Iterator[None]:
        """Keep a problem raised inside, and go on after the block."""
        try:
            yield
        except FlatgovError as error:
            self.found += error.all

    def raise_first(self, lists_all: str = "") -> None:
        """Raise the first problem, with the number of the others, if there is any.

        Args:
            lists_all: What shows the others, for a user who sees the first only.
        """
        if not self.found:
            return
        first, more = self.found[0], len(self.found) - 1
        what, fix = first.what, first.fix
        others = f" (and {more} more{f'; {lists_all} lists all' if lists_all else ''})"
        if more and fix:
            fix += others
        elif more:
            what += others
        # A class with arguments of its own is raised as the one that it is a kind of.
        kinds = [one for one in type(first).__mro__ if issubclass(one, FlatgovError)]
        kind = next(one for one in kinds if "__init__" not in vars(one) or one is FlatgovError)
        error = kind(what, where=first.where, nearest=first.nearest, fix=fix, text=first.text)
        error.all = tuple(self.found)
        raise error


def nearest_names(wrong: str, names: Iterable[str], count: int = 1) -> tuple[str, ...]:
    """Find the right names closest to a wrong one, in their own spelling.

    Args:
        wrong: The name as the user wrote it.
        names: The names that exist.
        count: The largest number of names returned.

    Returns:
        Up to ``count`` names, best first; none when nothing is close.
    """
    if len(wrong) > _LONGEST:
        return ()
    spelling = {canonical(name): name for name in names if len(name) <= _LONGEST}
    word = canonical(wrong)
    if len(spelling) > _MANY:
        spelling = {key: name for key, name in spelling.items() if key[:1] == word[:1]}
    matcher = SequenceMatcher()
    matcher.set_seq2(word)
    best: list[tuple[float, str]] = []
    for bound, key in _bounds(word, tuple(spelling)):
        least = min(best)[0] if len(best) == count else _CLOSE
        if bound < least:
            break
        matcher.set_seq1(key)
        if (ratio := matcher.ratio()) >= least:
            best = nlargest(count, [*best, (ratio, key)])
    return tuple(spelling[key] for _, key in best)


def _bounds(word: str, names: tuple[str, ...]) -> list[tuple[float, str]]:
    """Give each name with the most that difflib's ratio can be, those with the most first.

    The ratio counts letters in common, which are at most those that both have in any order.
    """
    import numpy as np

    mine = _letters((word,))
    common = np.minimum(_letters(names), mine).sum(axis=1, dtype=float)
    bounds = 2 * common / np.maximum([len(word) + len(name) for name in names], 1)
    close = [at for at in np.argsort(-bounds, kind="stable") if bounds[at] >= _CLOSE]
    return [(float(bounds[at]), names[at]) for at in close]


@lru_cache(maxsize=4)
def _letters(names: tuple[str, ...]) -> NDArray[np.uint16]:
    """Count the letters of names, 64 kinds: those that fall together only raise the bound."""
    import numpy as np

    counts = np.zeros((len(names), 64), dtype=np.uint16)
    for row, name in enumerate(names):
        for letter, times in Counter(name).items():
            counts[row, ord(letter) % 64] += times
    return counts
