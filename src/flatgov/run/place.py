"""Where results go: a folder of this machine, or an address such as ``s3://bucket/results``.

A file is written whole or not at all: here under another name first, there in one call. Addresses
are those of fsspec; what stands behind them must not show a file before it is complete, as object
stores do.
"""

from __future__ import annotations

import errno
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flatgov.errors import RunError, StudyError

Place = Path | str

# How the name of a file begins until it is complete. Hidden, so that no hash takes it in.
PART = ".part-"


def to_place(text: str) -> Place:
    """Read what a user gave for a folder.

    Args:
        text: A path, or an address with ``://``; that of a local file is a path.

    Raises:
        StudyError: Nothing that is installed knows addresses of this kind.
    """
    if "://" not in text:
        return Path(text)
    import fsspec

    try:
        system, path = fsspec.core.url_to_fs(text)
    except (ImportError, ValueError) as error:
        raise StudyError(str(error), where=text, fix="choose another address") from None
    local = "file" in ((system.protocol,) if isinstance(system.protocol, str) else system.protocol)
    return Path(path) if local else text.rstrip("/")


def join(place: Place, *names: str) -> Place:
    """Give the place of a file or folder under another; names may hold slashes."""
    if isinstance(place, Path):
        return place.joinpath(*names)
    return "/".join([place, *names])


def read_bytes(place: Place) -> bytes:
    """Read a file.

    Raises:
        FileNotFoundError: There is none.
    """
    if isinstance(place, Path):
        # Opening a pipe can wait for ever; of a folder the system itself says what it is.
        if place.exists() and not (place.is_file() or place.is_dir()):
            raise FileNotFoundError(errno.ENOENT, "is no plain file", str(place))
        return place.read_bytes()
    system, path = _system(place)
    return bytes(system.cat_file(path))


def write_bytes(place: Place, data: bytes) -> None:
    """Write a file in place of any earlier one: whole, or not at all.

    Args:
        place: The folder is made if it is missing.
        data: The content.

    Raises:
        OSError: There is no room, or writing fails.
    """
    if isinstance(place, Path):
        _write_here(place, data)
        return
    system, path = _system(place)
    try:
        system.pipe_file(path, data)
    except FileNotFoundError:  # Object stores have no folders, others want them made.
        system.makedirs(path.rpartition("/")[0], exist_ok=True)
        system.pipe_file(path, data)


def _write_here(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    # Two workers may write one block: a scheduler that loses sight of one asks another.
    part = path.with_name(f"{PART}{uuid.uuid4().hex}")
    try:
        part.write_bytes(data)
        os.replace(part, path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def file_sizes(place: Place) -> dict[str, int]:
    """Give the bytes of each file under a folder, by its path below it; none if it is missing.

    Hidden files are left out: file managers put some wherever they go.
    """
    if isinstance(place, Path):
        found = {
            path.relative_to(place).as_posix(): path.stat().st_size
            for path in place.rglob("*")
            if path.is_file()
        }
    else:
        system, path = _system(place)
        system.invalidate_cache()  # of listings, which others may have outdated
        below = len(path.rstrip("/")) + 1
        try:
            listed: dict[str, dict[str, Any]] = system.find(path, detail=True)
        except FileNotFoundError:
            listed = {}
        found = {name[below:]: int(about["size"]) for name, about in listed.items()}
    visible = (name for name in sorted(found) if not name.rpartition("/")[2].startswith("."))
    return {name: found[name] for name in visible}


def remove(place: Place) -> None:
    """Delete a file, or a folder with all that is in it; nothing happens if it is missing."""
    if isinstance(place, Path):
        if place.is_dir():
            shutil.rmtree(place)
        else:
            place.unlink(missing_ok=True)
        return
    system, path = _system(place)
    system.invalidate_cache()
    if system.exists(path):
        system.rm(path, recursive=True)


def remove_parts(place: Place) -> None:
    """Delete what writers that were killed left of files."""
    if isinstance(place, Path):
        for part in place.rglob(f"{PART}*"):
            part.unlink(missing_ok=True)


def put_folder(folder: Path, place: Place) -> None:
    """Write the files of a local folder to an address, hidden ones left out.

    Raises:
        OSError: There is no room, or writing fails.
    """
    files = {name: (folder / name).read_bytes() for name in file_sizes(folder)}
    if isinstance(place, Path):
        for name, data in files.items():
            write_bytes(place / name, data)
        return
    system, path = _system(place)
    for name in {name.rpartition("/")[0] for name in files}:
        system.makedirs("/".join(filter(None, [path, name])), exist_ok=True)
    system.pipe({f"{path}/{name}": data for name, data in files.items()})


@contextmanager
def in_one_line(place: Place, fix: str) -> Iterator[None]:
    """Say in one line why a place cannot be written.

    Args:
        place: Named in the message.
        fix: What to do, besides making room.

    Raises:
        RunError: In place of an OSError of the block.
    """
    try:
        yield
    except (IsADirectoryError, FileExistsError) as error:
        here, there = "a file", "a folder"
        if isinstance(error, IsADirectoryError):
            here, there = there, here
        raise RunError(
            f"is {here}, and {there} has to be there",
            where=str(error.filename2 or error.filename or place),
            fix=f"remove it and {fix}",
        ) from None
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        reason = error.strerror or " ".join(str(error).split()) or type(error).__name__
        raise RunError(
            "the disk is full" if full else f"cannot be written: {reason}",
            where=str(place),
            fix=f"make room and {fix}" if full else fix,
        ) from None


def _system(address: str) -> tuple[Any, str]:
    """Give what reaches an address (fsspec keeps and shares it), and the path there."""
    import fsspec

    system, path = fsspec.core.url_to_fs(address)
    return system, str(path)
