"""`load_model`: parse, convert, diagnose; `translate`: the same parse for PySD.

PySD and its libraries take most of a second to import: only a file that is not in the cache needs
them.
"""

from __future__ import annotations

import copy
import functools
import math
import os
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flatgov import limits
from flatgov.errors import FlatgovError, ModelError, Place, Problems
from flatgov.model import Model
from flatgov.reading.cache import keep, load_cached
from flatgov.reading.data_files import with_data
from flatgov.reading.folder import one_for_each_file
from flatgov.reading.parsed import place

if TYPE_CHECKING:
    from pysd.translators.structures.abstract_model import AbstractModel

    from flatgov.reading.parsed import Parsed

_READERS = {
    ".mdl": ("vensim", "parse_vensim"),
    ".xmile": ("xmile", "parse_xmile"),
    ".stmx": ("xmile", "parse_xmile"),
}

_LISTS_ALL = "`flatgov check FILE`"

# Frames of Python's stack: those around a reader, those of a level of parentheses, and as many as
# are safe.
_FRAMES, _FRAMES_OF_A_LEVEL, _MOST_FRAMES = 1000, 25, 10_000


def load_model(path: str | os.PathLike[str], data: Sequence[str | os.PathLike[str]] = ()) -> Model:
    """Read a Vensim (.mdl) or XMILE (.xmile, .stmx) model.

    Args:
        path: The model file. Nothing is written beside it.
        data: Tables for the data variables that have no equation: .tab or .csv files as Vensim
            exports them, with the time down or across, under the names of the variables.

    Returns:
        The model, checked: every name is defined, no definition is circular.

    Raises:
        ModelError: The file cannot be read or the model is wrong; the message has the file,
            the variable and the line of the first mistake, `FlatgovError.all` has every one.
    """
    file = os.fspath(path)
    source = _read(Path(file))
    model = load_cached(file, source)
    if model is None:
        with _not_too_deep(file):
            model = _read_model(source, file)
        keep(model)
    if data:
        model = with_data(model, data)
    return model


def translate(model: Model) -> AbstractModel:
    """Give PySD's form of a model, read from `Model.source`; the caller may change it.

    Raises:
        ModelError: The source cannot be read.
    """
    ending = Path(model.path).suffix.lower()
    if ending == ".mdl":
        with _not_too_deep(model.path):
            abstract: AbstractModel = _imported("vensim_pysd").read_for_pysd(
                model.source, model.path
            )
        return abstract
    parsed, found = _parse(model.source, ending, model.path)
    Problems([*found]).raise_first(_LISTS_ALL)
    assert parsed is not None
    return copy.deepcopy(parsed.abstract)


@contextmanager
def _not_too_deep(file: str) -> Iterator[None]:
    """Make room for as many levels as the limit allows; say in one line where it is not enough."""
    before = sys.getrecursionlimit()
    wanted = _FRAMES + _FRAMES_OF_A_LEVEL * limits.current().nesting
    wanted = min(wanted, _MOST_FRAMES)
    if wanted > before:
        sys.setrecursionlimit(wanted)
    try:
        yield
    except RecursionError:
        raise ModelError(
            "an equation is nested too deeply, or a sum too long",
            where=place(file),
            fix="split it into several variables",
        ) from None
    finally:
        if wanted > before:
            sys.setrecursionlimit(before)


def _read_model(source: bytes, file: str) -> Model:
    """Read a file to its end, and raise what is wrong with it together."""
    parsed, found = _parse(source, Path(file).suffix.lower(), file)
    problems = Problems([*found])
    model: Model | None = None
    if parsed is not None:
        with problems.collect():
            model = _imported("convert").to_model(parsed, Path(file).stem, file, source, problems)
    problems.found = one_for_each_file(sorted(problems.found, key=_order))
    problems.raise_first(_LISTS_ALL)
    assert model is not None
    return model


@functools.lru_cache(maxsize=8)
def _parse(source: bytes, ending: str, file: str) -> tuple[Parsed | None, tuple[FlatgovError, ...]]:
    """Give what could be read of a file, and what is wrong with the rest."""
    module, function = _READERS[ending]
    parse: Callable[[bytes, str, Problems], Parsed] = getattr(_imported(module), function)
    problems = Problems()
    parsed = None
    with problems.collect():
        parsed = parse(source, file, problems)
    return parsed, tuple(problems.found)


def _order(error: FlatgovError) -> float:
    """Put errors in the order of the file, those of the whole file last."""
    line = error.where.line if isinstance(error.where, Place) else 0
    return line or math.inf


def _imported(module: str) -> Any:
    with warnings.catch_warnings():  # PySD imports a deprecated module of chardet
        warnings.simplefilter("ignore")
        return import_module(f"flatgov.reading.{module}")


def _read(path: Path) -> bytes:
    if path.suffix.lower() not in _READERS:
        endings = ", ".join(_READERS)
        raise ModelError(
            f"'{path.suffix}' is no ending of a model file",
            where=str(path),
            fix=f"give one of {endings}",
        )
    try:
        return limits.read_file(path)
    except FileNotFoundError:
        raise ModelError("there is no such file", where=str(path)) from None
    except OSError as error:
        raise ModelError(f"cannot be read: {error.strerror}", where=str(path)) from None
