"""Folders of results that someone else made."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

import flatgov as fg
from hostile.routes import CONTROL


def zarr_of_pickle(folder: Path) -> None:
    """Write a Zarr 2 store with a chunk that runs code where it is unpickled."""
    from hostile.studies import PICKLED

    array = folder / "sample"
    array.mkdir(parents=True)
    (folder / ".zgroup").write_text('{"zarr_format": 2}', encoding="utf-8")
    meta = {
        "zarr_format": 2,
        "shape": [1, 1],
        "chunks": [1, 1],
        "dtype": "|O",
        "compressor": None,
        "fill_value": None,
        "order": "C",
        "filters": [{"id": "pickle", "protocol": 5}],
    }
    (array / ".zarray").write_text(json.dumps(meta), encoding="utf-8")
    dims = {"_ARRAY_DIMENSIONS": ["draw", "factor"]}
    (array / ".zattrs").write_text(json.dumps(dims), encoding="utf-8")
    (array / "0.0").write_bytes(PICKLED)


def results(folder: Path) -> Path:
    """Write results of a small model."""
    from flatgov.run.store import write_results

    path = folder / "model.mdl"
    text = "{UTF-8}\ns = INTEG(1, 0) ~ ~ |\nx = s * 2 ~ ~ |"
    path.write_text(text + CONTROL, encoding="utf-8")
    model = fg.load_model(path)
    write_results(model.run(), model, folder / "out")
    return folder / "out"


def _read(folder: Path) -> None:
    from flatgov.run.manifest import content_hash
    from flatgov.run.store import read_base, read_results, read_source

    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    if isinstance(manifest, dict) and isinstance(manifest.get("sha256"), dict):
        # A forger knows how to hash.
        if (folder / "results.zarr").is_dir() and not (folder / "results.zarr").is_symlink():
            manifest["sha256"]["results.zarr"] = content_hash(folder / "results.zarr")
        (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    read_source(folder)
    read_results(folder)
    read_base(folder)


def _good(folder: Path) -> None:
    _read(results(folder))


def _manifest(change: Callable[[dict[str, Any]], None], folder: Path) -> None:
    out = results(folder)
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    change(manifest)
    (out / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    _read(out)


def _set(key: str, value: Any) -> Callable[[dict[str, Any]], None]:
    return lambda manifest: manifest.update({key: value})


def _text(text: str, folder: Path) -> None:
    from flatgov.run.store import read_results

    out = results(folder)
    (out / "manifest.json").write_text(text, encoding="utf-8")
    read_results(out)


def _pickle(folder: Path) -> None:
    out = results(folder)
    shutil.rmtree(out / "results.zarr")
    zarr_of_pickle(out / "results.zarr")
    _read(out)


def _array(change: Callable[[dict[str, Any]], None], folder: Path) -> None:
    """Change the metadata of an array, where it stands and in the group."""
    store = results(folder) / "results.zarr"
    for path in (store / "x" / "zarr.json", store / "zarr.json"):
        about = json.loads(path.read_text(encoding="utf-8"))
        change(
            about["consolidated_metadata"]["metadata"]["x"]
            if about.get("consolidated_metadata")
            else about
        )
        path.write_text(json.dumps(about), encoding="utf-8")
    _read(store.parent)


def _codec(name: str) -> Callable[[dict[str, Any]], None]:
    return lambda about: about["codecs"].append({"name": name, "configuration": {}})


def _shape(shape: list[int], chunk: list[int]) -> Callable[[dict[str, Any]], None]:
    def change(about: dict[str, Any]) -> None:
        about["shape"] = shape
        about["chunk_grid"]["configuration"]["chunk_shape"] = chunk

    return change


def _chunk(content: bytes, folder: Path) -> None:
    store = results(folder) / "results.zarr"
    chunk = next(path for path in (store / "x").iterdir() if path.name != "zarr.json")
    chunk.write_bytes(content)
    _read(store.parent)


def _zstd_bomb() -> bytes:
    from numcodecs import Zstd

    return bytes(Zstd(level=19).encode(np.zeros(100 * 2**20, dtype="u1")))


def _link(name: str, folder: Path) -> None:
    out = results(folder)
    shutil.rmtree(out / name)
    (out / name).symlink_to(folder.parent, target_is_directory=True)
    _read(out)


def _linked_chunk(folder: Path) -> None:
    store = results(folder) / "results.zarr"
    chunk = next(path for path in (store / "x").iterdir() if path.name != "zarr.json")
    chunk.unlink()
    chunk.symlink_to(folder.parent / "secret.csv")
    _read(store.parent)


def _pipe(folder: Path) -> None:
    store = results(folder) / "results.zarr"
    chunk = next(path for path in (store / "x").iterdir() if path.name != "zarr.json")
    chunk.unlink()
    os.mkfifo(chunk)
    _read(store.parent)


def _manifest_pipe(folder: Path) -> None:
    from flatgov.run.store import read_results

    out = results(folder)
    (out / "manifest.json").unlink()
    os.mkfifo(out / "manifest.json")
    read_results(out)


def _hidden_name(folder: Path) -> None:
    store = results(folder) / "results.zarr"
    path = store / "zarr.json"
    about = json.loads(path.read_text(encoding="utf-8"))
    arrays = about["consolidated_metadata"]["metadata"]
    arrays["../../../secret"] = arrays["x"]
    path.write_text(json.dumps(about), encoding="utf-8")
    _read(store.parent)


CASES: dict[str, Callable[[Path], object]] = {
    "results: good": _good,
    "results: pickle": _pickle,
    "results: codec pickle": partial(_array, _codec("numcodecs.pickle")),
    "results: codec twice": partial(_array, _codec("zstd")),
    "results: unknown codec": partial(_array, _codec("x")),
    "results: large shape": partial(_array, _shape([10**15], [10**15])),
    "results: many chunks": partial(_array, _shape([10**12], [1])),
    "results: negative shape": partial(_array, _shape([-1], [3])),
    "results: shape of text": partial(_array, _set("shape", "x")),
    "results: type of objects": partial(_array, _set("data_type", "object")),
    "results: compressed bomb": lambda folder: _chunk(_zstd_bomb(), folder),
    "results: chunk of pickle": partial(_chunk, b"\x80\x05cos\nsystem\n."),
    "results: empty chunk": partial(_chunk, b""),
    "results: chunk of a cut header": partial(_chunk, b"\x28\xb5\x2f\xfd"),
    "results: store is a link": partial(_link, "results.zarr"),
    "results: study is a link": partial(_link, "study"),
    "results: chunk is a link": _linked_chunk,
    "results: chunk is a pipe": _pipe,
    "results: manifest is a pipe": _manifest_pipe,
    "results: array elsewhere": _hidden_name,
    "results: data elsewhere": partial(_manifest, _set("data", ["../../secret.csv"])),
    "results: data at an absolute path": partial(_manifest, _set("data", ["/etc/passwd"])),
    "results: data of numbers": partial(_manifest, _set("data", [1])),
    "results: no hashes": partial(_manifest, _set("sha256", 1)),
    "results: no sizes": partial(_manifest, _set("draws", 5)),
    "results: sizes of text": partial(
        _manifest, lambda manifest: manifest.update(draws=5, sizes={"results.zarr": "x"})
    ),
    "results: name of numbers": partial(_manifest, _set("name", [1])),
    "results: kind of text": partial(_manifest, _set("kind", "x")),
    "results: deep manifest": partial(_text, "[" * 100_000),
    "results: large number in the manifest": partial(_text, '{"seed": ' + "9" * 100_000 + "}"),
    "results: manifest of a list": partial(_text, "[]"),
}
