"""Models that were read before: an unchanged file is not parsed again.

An entry is a JSON file in the user's cache folder, named by a hash of all that decides what is
read: the bytes of the model, the form of the file, the version of the readers. It holds its own
digest; one that is cut short, damaged or foreign is as good as none. Entries are data only.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import importlib.util
import json
import os
import tempfile
from pathlib import Path

from flatgov.cache_folder import cache_folder, trim
from flatgov.model import Model
from flatgov.reading.folder import unchanged
from flatgov.reading.plain import content, read_content

_MOST = 256


def load_cached(path: str, source: bytes) -> Model | None:
    """Find a model that was kept, if it and the files that it reads are the same still.

    Args:
        path: The model file.
        source: Its bytes.
    """
    entry = _entry(path, source)
    if entry is None:
        return None
    try:
        digest, _, payload = entry.read_bytes().partition(b"\n")
        if hashlib.sha256(payload).hexdigest().encode() != digest:
            return None
        model = read_content(json.loads(payload), Path(path).stem, path, source)
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None
    return model if unchanged(Path(path).parent, model.files) else None


def keep(model: Model) -> None:
    """Keep a model that was just read; where that fails, nothing happens."""
    entry = _entry(model.path, model.source)
    if entry is None:
        return
    # Written whole under another name first: another process may read or write the same entry.
    with contextlib.suppress(OSError, ValueError, RecursionError):
        payload = json.dumps(content(model), ensure_ascii=False, separators=(",", ":")).encode()
        number, name = tempfile.mkstemp(dir=entry.parent, suffix=".tmp")
        try:
            with os.fdopen(number, "wb") as file:
                file.write(hashlib.sha256(payload).hexdigest().encode() + b"\n" + payload)
            os.replace(name, entry)
        except OSError:
            os.unlink(name)
            raise
        trim(entry.parent, _MOST)


def _entry(path: str, source: bytes) -> Path | None:
    folder = cache_folder("models")
    if folder is None:
        return None
    key = hashlib.sha256(f"{_readers()}\0{Path(path).suffix.lower()}\0".encode())
    key.update(source)
    return folder / f"{key.hexdigest()}.json"


@functools.cache
def _readers() -> str:
    """Tell one state of the code that reads models from another: ours and PySD's."""
    files = modules()
    pysd = importlib.util.find_spec("pysd")
    if pysd is not None and pysd.origin is not None:
        files.append(Path(pysd.origin).with_name("_version.py"))
    stats = [(str(file), file.stat()) for file in files if file.exists()]
    return repr([(name, stat.st_size, stat.st_mtime_ns) for name, stat in stats])


def modules() -> list[Path]:
    """Give the files of all modules that decide what is read: readers, names, the lowering."""
    package = Path(__file__).parents[1]
    folders = (package, package / "reading", package / "kernel", package / "kernel" / "lower")
    return sorted(file for folder in folders for file in folder.glob("*.py"))
