"""One mistake, one error: what follows from a mistake that is told elsewhere is told to nobody."""

from __future__ import annotations

from flatgov.errors import StudyError


class Consequence(StudyError):
    """Something that cannot be checked since what it needs is wrong, which is told there.

    It ends a check as any error does, but `Problems.collect` takes nothing from it.
    """

    def __init__(self) -> None:
        super().__init__("this cannot be checked because of another mistake")
        self.all = ()


class AnyName(dict[str, str]):
    """The names in a file that cannot be read: any name may be among them, and means itself."""

    def __contains__(self, name: object) -> bool:
        """Tell that it may be."""
        return True

    def __missing__(self, name: str) -> str:
        """Give the name itself."""
        return name
