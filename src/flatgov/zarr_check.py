"""Looks through a Zarr store before it is opened: it may come from anyone.

Zarr decodes chunks with whatever codec the metadata name, Python's pickle among them, and takes
the room that metadata and headers of compressed chunks ask for. So a store may hold plain files
only, arrays of numbers and text only, in the few codecs below, and chunks that unpack to what
the metadata say (Zarr 3 core specification; RFC 8878, section 3.1.1.1, for Zstandard's header).
"""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flatgov import limits
from flatgov.errors import FlatgovError, RunError

_METADATA = ("zarr.json", ".zarray", ".zgroup", ".zattrs", ".zmetadata")
_PACKED = ("zstd", "blosc")
_MOST_CHUNKS = 1_000_000
_ZSTD = b"\x28\xb5\x2f\xfd"


@dataclass(frozen=True)
class _Array:
    """What the metadata say of an array."""

    name: str
    shape: tuple[int, ...]
    chunk: tuple[int, ...]
    item: int  # bytes; 0 for text
    packing: str  # "zstd", "blosc" or ""


def check_store(
    store: Path, *, memory: int | None = None, error: type[FlatgovError] = RunError
) -> None:
    """Refuse a store of this machine that is not plain data.

    Args:
        store: Its folder; nothing happens if it is missing.
        memory: The bytes that all its arrays may take, where they are read at once.
        error: What is raised.

    Raises:
        FlatgovError: There is a link or a device, a codec that is not allowed, or more data than
            there should be.
    """
    if not store.is_dir():
        return
    try:
        arrays: dict[str, list[_Array]] = {}
        files = list(_files(store))
        for path in files:
            if path.name in _METADATA:
                folder = path.parent.relative_to(store).as_posix()
                for array in _arrays(_json(path, error), folder):
                    arrays.setdefault(array.name, []).append(array)
        for path in files:
            for array in arrays.get(_array_of(path.relative_to(store).as_posix(), arrays), []):
                _check_chunk(path, array)
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError) as problem:
        raise error(f"cannot be read: {problem}", where=str(store)) from None
    largest = {name: max(map(_size, found)) for name, found in arrays.items()}
    size = sum(largest.values())
    if memory is not None and size > memory:
        raise error(
            f"its arrays take {size / 2**30:,.1f} GiB of memory, and there are "
            f"{memory / 2**30:,.1f} GiB",
            where=str(store),
        )


def _files(folder: Path) -> Iterator[Path]:
    """Yield the plain files; any other thing is refused."""
    with os.scandir(folder) as found:
        entries = list(found)
    for entry in entries:
        if entry.is_symlink() and not limits.current().outside:
            raise ValueError(f"'{entry.name}' is a link")
        if entry.is_dir():
            yield from _files(Path(entry.path))
        elif entry.is_file():
            yield Path(entry.path)
        else:
            raise ValueError(f"'{entry.name}' is no plain file")


def _json(path: Path, error: type[FlatgovError]) -> Any:
    if path.name in (".zgroup", ".zattrs"):
        return {}
    try:
        return json.loads(limits.read_file(path, error=error))
    except RecursionError:
        raise ValueError(f"'{path.name}' is nested too deeply") from None


def _arrays(content: Mapping[str, Any], folder: str) -> Iterator[_Array]:
    """Yield the arrays that metadata describe, those of consolidated metadata too."""
    if "consolidated_metadata" in content and content["consolidated_metadata"] is not None:
        for name, one in content["consolidated_metadata"]["metadata"].items():
            yield from _arrays(one, _inside(folder, name))
    if "metadata" in content and "zarr_consolidated_format" in content:
        for name, one in content["metadata"].items():
            if name.endswith(".zarray"):
                yield from _arrays(one, _inside(folder, name.removesuffix(".zarray")))
    if content.get("node_type") == "array":
        chunk = content["chunk_grid"]["configuration"]["chunk_shape"]
        yield _array(folder, content, chunk, content["data_type"], *_pipeline(content))
    elif "chunks" in content and "dtype" in content:
        yield _array(folder, content, content["chunks"], content["dtype"], *_filters(content))


def _inside(folder: str, name: str) -> str:
    parts = [part for part in f"{folder}/{name}".split("/") if part not in ("", ".")]
    if ".." in parts or name.startswith("/") or "\\" in name:
        raise ValueError(f"'{name}' is no name in it")
    return "/".join(parts) or "."


def _array(
    folder: str, content: Mapping[str, Any], chunk: Any, dtype: Any, text: bool, packing: str
) -> _Array:
    shape = tuple(map(int, content["shape"]))
    chunk = tuple(map(int, chunk))
    if len(chunk) != len(shape) or min((*shape, 0)) < 0 or min((*chunk, 1)) < 1:
        raise ValueError(f"'{folder}' has the shape {shape} in chunks of {chunk}")
    chunks = math.prod(-(-size // part) for size, part in zip(shape, chunk, strict=True))
    if chunks > _MOST_CHUNKS:
        raise ValueError(f"'{folder}' has {chunks:,} chunks, more than {_MOST_CHUNKS:,}")
    return _Array(folder, shape, chunk, 0 if text else _item(dtype), packing)


def _pipeline(content: Mapping[str, Any]) -> tuple[bool, str]:
    """Check the codecs of Zarr 3: whether it is text, and how it is packed."""
    names = [codec["name"] if isinstance(codec, dict) else codec for codec in content["codecs"]]
    if content.get("storage_transformers"):
        raise ValueError("storage transformers are not allowed")
    if names and names[0] == "transpose":
        names.pop(0)
    first, *packing = names
    if first not in ("bytes", "vlen-utf8") or len(packing) > 1 or not {*packing} <= {*_PACKED}:
        raise ValueError(f"the codecs {', '.join(map(str, names))} are not allowed")
    return first == "vlen-utf8", packing[0] if packing else ""


def _filters(content: Mapping[str, Any]) -> tuple[bool, str]:
    """Check the filters and the compressor of Zarr 2, as `_pipeline`."""
    filters = [one["id"] for one in content.get("filters") or ()]
    packing = (content.get("compressor") or {"id": ""})["id"]
    if filters not in ([], ["vlen-utf8"]) or packing not in ("", *_PACKED):
        names = [*filters, packing]
        raise ValueError(f"the codecs {', '.join(map(str, names))} are not allowed")
    return bool(filters), str(packing)


def _item(dtype: Any) -> int:
    """Give the bytes of an item: of ``float64``, ``<f8``, ``<U12`` or of text of fixed length."""
    if isinstance(dtype, dict):
        length = int(dtype["configuration"]["length_bytes"])
        if dtype["name"] not in ("fixed_length_utf32", "null_terminated_bytes"):
            raise ValueError(f"the type {dtype['name']} is not allowed")
        return length
    if dtype == "bool":
        return 1
    if match := re.fullmatch(r"(?:u?int|float|complex)(\d{1,3})", str(dtype)):
        return int(match[1]) // 8
    if match := re.fullmatch(r"[<>|]([biufcSU])(\d{1,6})", str(dtype)):
        return int(match[2]) * (4 if match[1] == "U" else 1)
    if match := re.fullmatch(r"[<>]M8\[\w+\]", str(dtype)):
        return 8
    raise ValueError(f"the type {dtype} is not allowed")


def _size(array: _Array) -> int:
    return math.prod(array.shape) * (array.item or 64)


def _array_of(path: str, arrays: Mapping[str, object]) -> str:
    """Find the array that a file lies in; nothing for metadata and what is none of an array."""
    folder, _, name = path.rpartition("/")
    if name in _METADATA:
        return ""
    while folder and folder not in arrays:
        folder = folder.rpartition("/")[0]
    return folder or "."


def _check_chunk(path: Path, array: _Array) -> None:
    """Refuse a chunk that unpacks to another size than that of its array."""
    with path.open("rb") as file:
        head = file.read(18)
    count = math.prod(array.chunk)
    size = _unpacked(head, array.packing, path)
    if array.item:
        if size != count * array.item:
            raise ValueError(f"'{array.name}' has a chunk of {size:,} bytes in '{path.name}'")
        return
    limits.check("unpacked", size, f"'{array.name}' unpacks to {size:,} bytes", error=RunError)
    if size < 4 or _first_number(path, array.packing) != count:
        raise ValueError(f"'{array.name}' has a chunk with another number of texts")


def _unpacked(head: bytes, packing: str, path: Path) -> int:
    if packing == "blosc":
        return int.from_bytes(head[4:8], "little")
    if packing == "zstd":
        return _zstd_size(head)
    return path.stat().st_size


def _zstd_size(head: bytes) -> int:
    """Give the content size that the header of a Zstandard frame tells."""
    if head[:4] != _ZSTD or len(head) < 5:
        raise ValueError("a chunk is not packed as the metadata say")
    descriptor = head[4]
    single = descriptor >> 5 & 1
    start = 5 + (1 - single) + (0, 1, 2, 4)[descriptor & 3]
    length = (single, 2, 4, 8)[descriptor >> 6]
    if not length:
        raise ValueError("a chunk does not tell its size")
    size = int.from_bytes(head[start : start + length], "little")
    return size + 256 if length == 2 else size


def _first_number(path: Path, packing: str) -> int:
    """Give the number of texts of a chunk, whose unpacked size is known to be small."""
    from numcodecs import Blosc, Zstd

    content = path.read_bytes()
    if packing:
        content = bytes((Zstd() if packing == "zstd" else Blosc()).decode(content))
    return int.from_bytes(content[:4], "little")
