"""Keeps machine code between runs, so that an unchanged model is not compiled again.

An entry is loaded only from a folder that belongs to the user and that nobody else may write,
and only if its content has the digest that it begins with; anything else counts as missing.
"""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from pathlib import Path

from flatgov.cache_folder import cache_folder, trim

_DIGEST = 32
_MOST_ENTRIES = 256


def key(*parts: str) -> str:
    """Give the name of an entry for all that decides about its content."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(f"{len(part)}:".encode())
        digest.update(part.encode())
    return digest.hexdigest()


def read(name: str) -> bytes | None:
    """Read an entry; None if there is none, or if it is damaged."""
    folder = _folder()
    if folder is None:
        return None
    try:
        content = (folder / name).read_bytes()
    except OSError:
        return None
    digest, code = content[:_DIGEST], content[_DIGEST:]
    return code if hashlib.sha256(code).digest() == digest else None


def write(name: str, code: bytes) -> None:
    """Write an entry as a whole or not at all; a folder that cannot be written is no error."""
    folder = _folder()
    if folder is None:
        return
    try:
        handle, temporary = tempfile.mkstemp(dir=folder, prefix="new-")
        with os.fdopen(handle, "wb") as file:
            file.write(hashlib.sha256(code).digest() + code)
        os.replace(temporary, folder / name)
    except OSError:
        return
    trim(folder, _MOST_ENTRIES)


def _folder() -> Path | None:
    folder = cache_folder("kernels")
    if folder is None or not hasattr(os, "getuid"):
        return folder
    try:
        folder.chmod(0o700)
        state = folder.stat()
    except OSError:
        return None
    private = state.st_uid == os.getuid() and not state.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    return folder if private else None
