"""Markers of the finished blocks of an ensemble: each says of which run a block is, and its files.

A marker is trusted only as far as it fits: markers and chunks may have been copied by hand.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flatgov.run.manifest import STORE
from flatgov.run.place import Place, join, read_bytes, write_bytes
from flatgov.run.resume import MARKERS

Files = Mapping[str, tuple[int, str]]


@dataclass(frozen=True)
class ChunkedArray:
    """An array that has a chunk for each block of draws.

    Attributes:
        name: Of its folder in the store.
        dims: How many dimensions it has.
        axis: The one along which the draws lie.
    """

    name: str
    dims: int
    axis: int

    def path(self, number: int) -> str:
        """Give the path, in the store, of its chunk of a block."""
        key = ["c", *("0" * self.dims)]
        key[1 + self.axis] = str(number)
        return f"{self.name}/{'.'.join(key)}"


def chunked_arrays(place: Place) -> list[ChunkedArray]:
    """List the arrays of a run that blocks are written to, as its store describes them."""
    group = json.loads(read_bytes(join(place, STORE, "zarr.json")))
    described = group["consolidated_metadata"]["metadata"]
    dims: dict[str, list[str]] = {
        name: array.get("dimension_names") or [] for name, array in described.items()
    }
    # The numbers of the draws, too, lie along them, but are there from the start.
    return [
        ChunkedArray(name, len(one), one.index("draw"))
        for name, one in dims.items()
        if "draw" in one and name != "draw"
    ]


def write_marker(place: Place, mark: str, number: int, files: Files) -> None:
    """Say that a block is complete.

    Args:
        place: The folder of the run.
        mark: Of the run; see `flatgov.run.resume.run_mark`.
        number: Of the block.
        files: The bytes and the SHA-256 of each of its chunks, by path in the store.
    """
    marker = json.dumps({"run": mark, "block": number, "files": files}, indent=1)
    write_bytes(join(place, MARKERS, str(number)), marker.encode())


def marked_files(place: Place, name: str) -> Files:
    """Give the files that a marker lists; see `write_marker`."""
    return _files(json.loads(read_bytes(join(place, MARKERS, name))))


def is_whole(
    place: Place, mark: str, number: int, paths: set[str], sizes: Mapping[str, int]
) -> bool:
    """Tell whether a block is complete.

    Args:
        place: The folder of the run.
        mark: Of the run.
        number: Of the block, which has a marker.
        paths: Of all the chunks that the block has to have.
        sizes: The bytes of each file of the store.

    Returns:
        Whether the marker is of this block of this run and lists these chunks and no other, and
        they have the sizes that it tells and, on this machine, the content.
    """
    try:
        marker = json.loads(read_bytes(join(place, MARKERS, str(number))))
        files = _files(marker)
        fits = (marker["run"], marker["block"]) == (mark, number) and set(files) == paths
    # A power cut can leave anything.
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False
    if not fits or any(sizes.get(path) != size for path, (size, _) in files.items()):
        return False
    return not isinstance(place, Path) or all(
        hashlib.sha256((place / STORE / path).read_bytes()).hexdigest() == digest
        for path, (_, digest) in files.items()
    )


def _files(marker: Mapping[str, Any]) -> Files:
    return {path: (size, digest) for path, (size, digest) in marker["files"].items()}
