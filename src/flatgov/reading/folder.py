"""The other files that a model reads: only those in its own folder, and what they held."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from flatgov import limits
from flatgov.errors import FlatgovError, ModelError


class UnreadableFile(ModelError):
    """A file that equations take their numbers from cannot be read; `text` is its name."""


def one_for_each_file(errors: Sequence[FlatgovError]) -> list[FlatgovError]:
    """Leave one error for each file that cannot be read, at the first equation that needs it."""
    uses = Counter(error.text for error in errors if isinstance(error, UnreadableFile))
    found: list[FlatgovError] = []
    for error in errors:
        if isinstance(error, UnreadableFile):
            others = uses.pop(error.text, 0) - 1
            if others < 0:
                continue
            if others:
                what = f"{error.what}; {others:,} more equation{'s' * (others > 1)} need it"
                error = UnreadableFile(what, where=error.where, fix=error.fix, text=error.text)
        found.append(error)
    return found


@dataclass(frozen=True)
class Folder:
    """The folder of a model.

    Attributes:
        path: The folder.
        files: SHA-256 of each file that was read, by its name in the model.
    """

    path: Path
    files: dict[str, str] = field(default_factory=dict)

    def open(self, name: str, where: str) -> Path:
        """Find a file and note its content.

        Raises:
            ModelError: It is missing, too large or no plain file, or lies elsewhere.
        """
        if name.startswith("?"):
            raise ModelError(
                f"'{name}' names its file indirectly, which is not supported",
                where=where,
                fix="write the name of the file",
            )
        path = self._find(name, where)
        try:
            content = limits.read_file(path, where=where)
        except OSError as error:
            raise UnreadableFile(
                f"the file '{name}' cannot be read: {error.strerror}",
                where=where,
                fix="put it beside the model",
                text=name,
            ) from None
        self.files[name] = hashlib.sha256(content).hexdigest()
        return path

    def _find(self, name: str, where: str) -> Path:
        """Follow all links, and refuse what then lies elsewhere."""
        try:
            root = self.path.resolve()
            path = (root / name.replace("\\", "/")).resolve()
        except (OSError, ValueError, RuntimeError):  # a circle of links, no name of a file
            raise ModelError(f"'{name}' is no name of a file", where=where) from None
        if not path.is_relative_to(root) and not limits.current().outside:
            raise ModelError(
                f"the file '{name}' is not in the model's folder",
                where=where,
                fix="put it beside the model and name it without a path, or allow it by "
                f'{limits.VARIABLE}="outside=1"',
            )
        return path


def unchanged(folder: Path, files: Mapping[str, str]) -> bool:
    """Tell whether the files of a model still have the content that was noted."""
    now = Folder(folder)
    try:
        for name in files:
            now.open(name, "")
    except ModelError:
        return False
    return now.files == files
