"""The errors that a user can cause, each printed as one line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

from flatgov.names import canonical


class FlatgovError(Exception):
    """Anything wrong with what the user gave: what, where, nearest name, how to fix.

    Args:
        what: The problem, with the offending text in it.
        where: File, then key or variable, then line: the place to look at.
        nearest: The right names that the wrong one may have meant, best first.
        fix: What to do, as an imperative sentence without a full stop.
    """

    def __init__(
        self, what: str, *, where: str = "", nearest: Sequence[str] = (), fix: str = ""
    ) -> None:
        self.what, self.where, self.nearest, self.fix = what, where, tuple(nearest), fix
        line = f"{where}: {what}" if where else what
        if nearest:
            line += "; did you mean " + " or ".join(f"'{name}'" for name in nearest) + "?"
        if fix:
            line += ("" if line.endswith("?") else ";") + f" {fix}"
        super().__init__(" ".join(line.split()))


class ModelError(FlatgovError):
    """The model file cannot be read or run as it stands."""


class StudyError(FlatgovError):
    """A policy, scenario or other file of a study is wrong."""


class RunError(FlatgovError):
    """A simulation or the writing of its results failed."""


def nearest_names(wrong: str, names: Iterable[str], count: int = 1) -> tuple[str, ...]:
    """Find the right names closest to a wrong one, in their own spelling.

    Args:
        wrong: The name as the user wrote it.
        names: The names that exist.
        count: The largest number of names returned.

    Returns:
        Up to ``count`` names, best first; none when nothing is close.
    """
    spelling = {canonical(name): name for name in names}
    close = get_close_matches(canonical(wrong), spelling, n=count, cutoff=0.6)
    return tuple(spelling[key] for key in close)
