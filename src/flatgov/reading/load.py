"""`load_model`: parse, convert, diagnose; `translate`: the same parse for PySD."""

from __future__ import annotations

import copy
import functools
import os
from collections.abc import Callable
from pathlib import Path

from pysd.translators.structures.abstract_model import AbstractModel

from flatgov.errors import ModelError
from flatgov.model import Model
from flatgov.reading.convert import to_model
from flatgov.reading.parsed import Parsed
from flatgov.reading.vensim import parse_vensim
from flatgov.reading.xmile import parse_xmile

_READERS: dict[str, Callable[[bytes, str], Parsed]] = {
    ".mdl": parse_vensim,
    ".xmile": parse_xmile,
    ".stmx": parse_xmile,
}


def load_model(path: str | os.PathLike[str]) -> Model:
    """Read a Vensim (.mdl) or XMILE (.xmile, .stmx) model.

    Args:
        path: The model file. Nothing is written beside it.

    Returns:
        The model, checked: every name is defined, no definition is circular.

    Raises:
        ModelError: The file cannot be read or the model is wrong; the message has the file,
            the variable and the line.
    """
    file = os.fspath(path)
    source = _read(Path(file))
    parsed = _parse(source, Path(file).suffix.lower(), file)
    return to_model(parsed, Path(file).stem, file, source)


def translate(model: Model) -> AbstractModel:
    """Give PySD's form of a model, read from `Model.source`; the caller may change it.

    Raises:
        ModelError: The source cannot be read.
    """
    parsed = _parse(model.source, Path(model.path).suffix.lower(), model.path)
    return copy.deepcopy(parsed.abstract)


@functools.lru_cache(maxsize=8)
def _parse(source: bytes, ending: str, file: str) -> Parsed:
    return _READERS[ending](source, file)


def _read(path: Path) -> bytes:
    if path.suffix.lower() not in _READERS:
        endings = ", ".join(_READERS)
        raise ModelError(
            f"'{path.suffix}' is no ending of a model file",
            where=str(path),
            fix=f"give one of {endings}",
        )
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise ModelError("there is no such file", where=str(path)) from None
    except OSError as error:
        raise ModelError(f"cannot be read: {error.strerror}", where=str(path)) from None
