"""The other files that a model reads: only those in its own folder, and what they held."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from flatgov.errors import ModelError


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
            ModelError: It is missing, or lies elsewhere.
        """
        if name.startswith("?"):
            raise ModelError(
                f"'{name}' names its file indirectly, which is not supported",
                where=where,
                fix="write the name of the file",
            )
        root = self.path.resolve()
        path = (root / name.replace("\\", "/")).resolve()
        if not path.is_relative_to(root):
            raise ModelError(
                f"the file '{name}' is not in the model's folder",
                where=where,
                fix="put it beside the model and name it without a path",
            )
        try:
            self.files[name] = hashlib.sha256(path.read_bytes()).hexdigest()
        except OSError as error:
            raise ModelError(
                f"the file '{name}' cannot be read: {error.strerror}",
                where=where,
                fix="put it beside the model",
            ) from None
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
