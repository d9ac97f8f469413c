"""The errors that a user can cause, each printed as one line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from difflib import get_close_matches

from flatgov.names import canonical, printable


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
        super().__init__(printable(" ".join(line.split())))


class ModelError(FlatgovError):
    """The model file cannot be read or run as it stands."""


class StudyError(FlatgovError):
    """A policy, scenario or other file of a study is wrong."""


class RunError(FlatgovError):
    """A simulation or the writing of its results failed."""


# Comparing two names takes the product of their lengths in time.
_LONGEST = 300
# Of more names only those are compared that start with the same letter.
_MANY = 1000


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

    def raise_first(self) -> None:
        """Raise the first problem, with the number of the others, if there is any."""
        if not self.found:
            return
        first, more = self.found[0], len(self.found) - 1
        what, fix = first.what, first.fix
        if more and fix:
            fix += f" (and {more} more)"
        elif more:
            what += f" (and {more} more)"
        error = type(first)(
            what, where=first.where, nearest=first.nearest, fix=fix, text=first.text
        )
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
    if len(spelling) > _MANY:
        spelling = {key: name for key, name in spelling.items() if key[:1] == canonical(wrong)[:1]}
    close = get_close_matches(canonical(wrong), spelling, n=count, cutoff=0.6)
    return tuple(spelling[key] for key in close)
