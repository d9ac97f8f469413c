"""Work on blocks for tests of what runs them: it leaves a file, waits, fails or dies."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Mapping
from concurrent.futures import CancelledError
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from flatgov.errors import RunError
from flatgov.run.ensemble import BlockDone


@dataclass(frozen=True)
class Toy:
    """Leaves a file for each block in its folder, named by its first draw.

    Attributes:
        folder: Where the files go.
        seconds: How long a block takes.
        trouble: What happens in the block of a first draw: ``"wrong"``, ``"late"`` (wrong once
            another block is under way), ``"broken"``, ``"dies"`` or ``"dies once"``.
    """

    folder: Path
    seconds: float = 0.0
    trouble: Mapping[int, str] = field(default_factory=dict)

    def prepare(self) -> None:
        with (self.folder / "prepared").open("a") as file:
            file.write(f"{os.getpid()}\n")

    def __call__(self, first: int, count: int, stop: NDArray[np.int32] | None = None) -> BlockDone:
        with (self.folder / "begun").open("a") as file:
            file.write(f"{first} {os.getpid()}\n")
        self._fail(self.trouble.get(first, ""), first)
        end = time.monotonic() + self.seconds
        while time.monotonic() < end:
            time.sleep(0.005)
            if stop is not None and stop[0]:
                raise CancelledError
        (self.folder / str(first)).write_text(f"{count}")
        return BlockDone(first, count, 1, self.seconds)

    def _fail(self, trouble: str, first: int) -> None:
        if trouble == "wrong":
            raise RunError(f"draw {first} is wrong", fix="mend it")
        if trouble == "late":
            while len(self.begun()) < 2:
                time.sleep(0.01)
            raise RunError(f"draw {first} is late")
        if trouble == "broken":
            raise ZeroDivisionError("a division\nby zero")
        times = self.begun().count(first)
        if trouble == "dies" or (trouble == "dies once" and times == 1):
            os.kill(os.getpid(), signal.SIGKILL)

    def done(self) -> list[int]:
        """Give the first draws of the blocks that have left their file."""
        return sorted(int(file.name) for file in self.folder.iterdir() if file.name.isdigit())

    def begun(self) -> list[int]:
        """Give the first draw of each block each time that it was begun."""
        return [int(line.split()[0]) for line in self._lines("begun")]

    def workers(self) -> set[int]:
        """Give the processes that have begun blocks."""
        return {int(line.split()[1]) for line in self._lines("begun")}

    def prepared(self) -> list[int]:
        """Give the process of each preparation."""
        return [int(line) for line in self._lines("prepared")]

    def _lines(self, name: str) -> list[str]:
        file = self.folder / name
        return file.read_text().splitlines() if file.exists() else []


class Homebound(Toy):
    """Cannot be done in another process."""

    def __reduce__(self) -> Any:
        return _refuse, ()


def _refuse() -> None:
    raise LookupError("not in this process")
