"""Values that a model takes from spreadsheets and text tables: read with it, kept in it.

The readers are PySD's. A model reads only what lies in its own folder. Missing values of a series
are left out, so that its own interpolation bridges them, as Vensim does.
"""

from __future__ import annotations

import itertools
import threading
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from flatgov import limits
from flatgov.errors import ModelError
from flatgov.model import Array, Call, Expression, Interpolation, Number, Table, Text
from flatgov.names import canonical
from flatgov.reading.folder import Folder
from flatgov.reading.packed import check_spreadsheet, check_text_table

Coordinates = Mapping[str, Sequence[str]]

_SPREADSHEETS = (".xls", ".xlsx", ".xlsm", ".xlsb", ".odf", ".ods", ".odt")
_lock = threading.RLock()


def _readers() -> Any:
    """Give PySD's readers; it takes most of a second to import, and few models need them."""
    from pysd.py_backend import external

    return external


def read_values(
    call: Call, coordinates: Coordinates, keyword: str | None, folder: Folder, where: str
) -> dict[tuple[str, ...], Expression] | Expression:
    """Read what a ``GET … CONSTANTS``, ``DATA`` or ``LOOKUPS`` names.

    Args:
        call: The call, with texts as its arguments.
        coordinates: The elements of each subscript of the left-hand side, in order.
        keyword: The interpolation of data, as the model has it.
        folder: The folder of the model; the file is noted there.
        where: The place of the equation, for messages.

    Returns:
        Of constants a number or an array; of data and lookups a table, or one for each of the
        subscripts' elements.

    Raises:
        ModelError: The file, sheet or cell is missing or holds no numbers.
    """
    texts = [part.value for part in call.arguments if isinstance(part, Text)]
    if len(texts) != len(call.arguments):
        raise ModelError(f"the arguments of {call.function} are no texts", where=where)
    name, tab, *cells = texts
    coords = {dimension: list(elements) for dimension, elements in coordinates.items()}
    path = folder.open(name, where)
    _check_form(path, tab, where)
    with _reading(texts, where):
        if call.function == "GET DIRECT CONSTANTS":
            reader = _readers().ExtConstant(path, tab, cells[0], coords, folder.path, coords, "")
            reader.initialize()
            return _constants(np.asarray(reader.data, dtype=np.float64), texts, where)
        if call.function == "GET DIRECT DATA":
            interpolation = (keyword or "interpolate").replace("_", " ")
            reader = _readers().ExtData(
                path, tab, *cells, interpolation.replace(" ", "_"), coords, folder.path, coords, ""
            )
        else:
            interpolation = "interpolate"
            reader = _readers().ExtLookup(path, tab, *cells, coords, folder.path, coords, "")
        reader._fill_missing = lambda series, data: None
        reader.initialize()
        x, y = np.asarray(reader.data[reader.data.dims[0]], float), np.asarray(reader.data, float)
    kind = cast(Interpolation, interpolation)
    if not coords:
        return _table(x, y, kind, texts, where)
    return {
        elements: _table(x, y[:, *index], kind, texts, where)
        for elements, index in zip(
            itertools.product(*coords.values()), np.ndindex(y.shape[1:]), strict=True
        )
    }


def read_elements(arguments: Mapping[str, str], folder: Folder, where: str) -> list[str]:
    """Read the elements of a subscript range.

    Args:
        arguments: PySD's form of ``GET DIRECT SUBSCRIPT``: file, tab, firstcell, lastcell,
            prefix.
        folder: The folder of the model; the file is noted there.
        where: The place of the range, for messages.

    Raises:
        ModelError: The file, sheet or cell is missing, or there are none.
    """
    path = folder.open(arguments["file"], where)
    _check_form(path, arguments["tab"], where)
    with _reading(list(arguments.values()), where):
        found = _readers().ExtSubscript(path, *list(arguments.values())[1:], folder.path)
    elements = [" ".join(str(element).split()) for element in found.subscript]
    if not elements or len(set(map(canonical, elements))) < len(elements):
        raise ModelError(
            f"{_cells(list(arguments.values()))} has no elements, or one twice", where=where
        )
    return elements


def _check_form(path: Path, tab: str, where: str) -> None:
    """Refuse a file that is too large, and what pandas would take for a regular expression."""
    if path.suffix.lower() in _SPREADSHEETS:
        check_spreadsheet(path, where)
        return
    if len(tab) != 1:
        raise ModelError(
            f"the separator '{tab}' of '{path.name}' is not one character",
            where=where,
            fix="give ',' as the second argument",
        )
    check_text_table(limits.read_file(path, where=where), tab, path.name, where)


@contextmanager
def _reading(texts: Sequence[str], where: str) -> Iterator[None]:
    """Turn whatever the libraries for each format raise into one line; forget the file after."""
    with _lock, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        except ModelError:
            raise
        except Exception as error:
            reason = " ".join(str(error).split()).rpartition("File name:")[0] or str(error)
            raise ModelError(
                f"{_cells(texts)} cannot be read ({type(error).__name__}: {reason.strip()})",
                where=where,
                fix="check the sheet and the cells",
            ) from None
        finally:
            _readers().Excels.clean()


def _cells(texts: Sequence[str]) -> str:
    name, tab, *cells = texts
    return f"'{name}', sheet '{tab}', " + ", ".join(f"'{cell}'" for cell in cells if cell)


def _constants(values: NDArray[np.float64], texts: Sequence[str], where: str) -> Number | Array:
    if np.isnan(values).any():
        raise ModelError(
            f"{_cells(texts)} has a cell without a number",
            where=where,
            fix="fill in the cell, or check the place",
        )
    if values.size == 1:
        return Number(float(values.ravel()[0]))
    return Array(tuple(map(float, values.ravel())), np.squeeze(values).shape)


def _table(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    interpolation: Interpolation,
    texts: Sequence[str],
    where: str,
) -> Table:
    present = ~np.isnan(y)
    count = int(present.sum())
    if not count:
        raise ModelError(f"{_cells(texts)} has no numbers", where=where, fix="check the cells")
    limits.check("points", count, f"{_cells(texts)} has {count:,} points", where=where)
    return Table(tuple(map(float, x[present])), tuple(map(float, y[present])), interpolation)
