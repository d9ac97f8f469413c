"""Names of variables as names of folders in a Zarr store, and back."""

from __future__ import annotations

import hashlib
import re
from urllib.parse import unquote

# What a store or a disk takes for something else: escapes, folders in folders, hidden files,
# control characters, and Zarr's own names (Zarr 3, section "Node names": no dots alone, nothing
# that starts with "__"; "zarr.json" is the metadata).
_SPECIAL = re.compile(r"[%/\\\x00-\x1f\x7f]|^\.|^_(?=_)|^z(?=arr\.json$)")
_LONGEST = 200  # bytes; disks hold names of 255


def to_file_name(name: str) -> str:
    """Write the name of a variable so that it can name a folder.

    Args:
        name: Any text.

    Returns:
        The name with special characters as ``%XX``. Of a long one a start and a hash, from
        which the name cannot be told; see `is_shortened`.
    """
    escaped = _SPECIAL.sub(lambda found: f"%{ord(found[0]):02X}", name)
    if len(escaped.encode()) <= _LONGEST:
        return escaped
    digest = hashlib.sha256(name.encode()).hexdigest()[:32]
    return f"{escaped.encode()[: _LONGEST - 40].decode(errors='ignore')}%{digest}"


def is_shortened(name: str) -> bool:
    """Tell whether `from_file_name` does not give a name again."""
    return from_file_name(to_file_name(name)) != name


def from_file_name(file: str) -> str:
    """Give the name that `to_file_name` wrote, if it was not shortened."""
    return unquote(file)
