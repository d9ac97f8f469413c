"""Finished members on disk, by the hash of their content, so that a run can be resumed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class MemberCache:
    """A folder with one file a member, each written whole or not at all.

    Attributes:
        folder: Made when the first member is saved; None keeps nothing.
    """

    folder: Path | None

    def load(self, key: str) -> dict[str, npt.NDArray[np.float64]] | None:
        """Give the values of a member, or None if it is not there or not readable."""
        if self.folder is None:
            return None
        try:
            with (self.folder / f"{key}.npz").open("rb") as file:
                arrays = np.load(file, allow_pickle=False)
                return {str(name): arrays[f"v{i}"] for i, name in enumerate(arrays["names"])}
        except Exception:  # Whatever is wrong with the file, the member is simulated again.
            return None

    def save(self, key: str, values: dict[str, npt.NDArray[np.float64]]) -> None:
        """Keep the values of a member."""
        if self.folder is None:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        # Numbered, as a variable may be called anything, `file` or `a/b` for instance.
        numbered = {f"v{i}": array for i, array in enumerate(values.values())}
        part = self.folder / f"{key}.part"
        with part.open("wb") as file:
            np.savez(file, allow_pickle=False, names=np.array(list(values)), **numbered)
        os.replace(part, self.folder / f"{key}.npz")


@contextmanager
def set_aside(folder: Path) -> Iterator[None]:
    """Hide the finished members of an earlier run from the block.

    Args:
        folder: Of a `MemberCache`. If the block keeps no members there, for a name that is wrong
            or an interrupt at once, the earlier ones come back; else they are deleted.
    """
    aside = folder.with_name(f"{folder.name}-earlier")
    shutil.rmtree(aside, ignore_errors=True)
    if folder.exists():
        os.rename(folder, aside)
    try:
        yield
    finally:
        if aside.exists() and not folder.exists():
            os.rename(aside, folder)
        shutil.rmtree(aside, ignore_errors=True)
