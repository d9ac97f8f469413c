"""Where flatgov keeps what it can compute again: read models and machine code."""

from __future__ import annotations

import os
from pathlib import Path

from platformdirs import user_cache_dir

VARIABLE = "FLATGOV_CACHE_DIR"


def cache_folder(kind: str) -> Path | None:
    """Give a folder for cached files, making it where it is missing.

    The environment variable ``FLATGOV_CACHE_DIR`` takes the place of the user's cache folder;
    empty it means: no cache. Whatever lies in the folder may be deleted at any time.

    Args:
        kind: A folder name of its own for each kind of content.

    Returns:
        The folder, or None where there is none that can be written.
    """
    root = os.environ.get(VARIABLE)
    if root == "":
        return None
    folder = Path(user_cache_dir("flatgov") if root is None else root) / kind
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    return folder if os.access(folder, os.W_OK) else None


def trim(folder: Path, most: int) -> None:
    """Remove the oldest files of a folder beyond a number; others may do so at the same time."""
    try:
        with os.scandir(folder) as entries:  # closed also where a file is gone in between
            files = [(entry.stat().st_mtime, entry.path) for entry in entries]
    except OSError:
        return
    for _, path in sorted(files)[: max(len(files) - most, 0)]:
        try:
            os.unlink(path)
        except OSError:
            continue
