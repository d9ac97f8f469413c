"""Data variables without an equation: their values from the tables that Vensim exports.

A table is tab-separated (.tab) or comma-separated (.csv). Its first cell is ``Time``; either the
times go down and each column is a variable, or they go across and each row is one. An element is
headed ``name[A,B]``. An empty cell is no point of the data.
"""

from __future__ import annotations

import csv
import hashlib
import itertools
import math
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import cast

from flatgov import limits
from flatgov.errors import ModelError
from flatgov.model import Call, Equation, Interpolation, Model, Table, Text, Variable
from flatgov.names import canonical
from flatgov.reading.packed import check_text_table

_SEPARATORS = {".tab": "\t", ".csv": ","}

# A series is named by its variable and elements; its points are times and values.
_Key = tuple[str, ...]
_Points = tuple[tuple[float, ...], tuple[float, ...]]


def with_data(model: Model, files: Sequence[str | os.PathLike[str]]) -> Model:
    """Give a model's data variables the values that stand in files.

    Args:
        model: The model.
        files: Tables, .tab or .csv. Series that the model has no data variable for are ignored.

    Returns:
        The model, with tables in place of the data; its hash takes in the files' content. A data
        variable that no file has stays without data.

    Raises:
        ModelError: A file cannot be read, has no series that the model needs, or one that
            another has too.
    """
    needed = {key for variable in model.variables.values() for key in _needed(model, variable)}
    series: dict[_Key, _Points] = {}
    origin: dict[_Key, str] = {}
    hashes = dict(model.files)
    for name, hashed_as in zip(files, data_names(files), strict=True):
        path = Path(name)
        content = _read(path)
        hashes[hashed_as] = hashlib.sha256(content).hexdigest()
        found = dict(_series(_rows(content, path), needed, str(path)))
        if not found:
            raise ModelError(
                f"no series in it is a data variable of {model.path} without an equation",
                where=str(path),
                fix="head each column with the name of a variable, as in Vensim's exports",
            )
        for key in found.keys() & series.keys():
            raise ModelError(f"'{_label(key)}' is also in {origin[key]}", where=str(path))
        series |= found
        origin |= dict.fromkeys(found, str(path))
    variables = {
        name: replace(variable, equations=tuple(_filled(model, variable, series)))
        if variable.kind == "data"
        else variable
        for name, variable in model.variables.items()
    }
    return replace(
        model, variables=variables, files=hashes, data=tuple(str(Path(name)) for name in files)
    )


def data_names(files: Sequence[str | os.PathLike[str]]) -> list[str]:
    """Give the names of files of data in `Model.files`; where they lie makes no difference."""
    return [f"data {number}: {Path(name).name}" for number, name in enumerate(files, 1)]


def _needed(model: Model, variable: Variable) -> Iterator[_Key]:
    for equation in variable.equations:
        if _is_open(equation):
            for elements in _elements(model, equation):
                yield _key(variable, elements)


def _is_open(equation: Equation) -> bool:
    expression = equation.expression
    return isinstance(expression, Call) and expression.function == "DATA"


def _key(variable: Variable, elements: Sequence[str]) -> _Key:
    return (canonical(variable.name), *map(canonical, elements))


def _label(key: _Key) -> str:
    name, *elements = key
    return f"{name}[{','.join(elements)}]" if elements else name


def _elements(model: Model, equation: Equation) -> Iterator[tuple[str, ...]]:
    """Yield the elements that an equation is for."""
    ranges = {canonical(name): elements for name, elements in model.subscripts.items()}

    def product(names: Sequence[str]) -> Iterator[tuple[str, ...]]:
        return itertools.product(*(ranges.get(canonical(name), (name,)) for name in names))

    excluded = {elements for group in equation.excluded for elements in product(group)}
    yield from (elements for elements in product(equation.subscripts) if elements not in excluded)


def _filled(model: Model, variable: Variable, series: Mapping[_Key, _Points]) -> Iterator[Equation]:
    """Yield the equations of a data variable, with tables where a series is given."""
    for equation in variable.equations:
        if not _is_open(equation):
            yield equation
            continue
        kind = cast(Interpolation, _keyword(equation))
        for elements in _elements(model, equation):
            points = series.get(_key(variable, elements))
            table = equation.expression if points is None else Table(*points, kind)
            yield replace(equation, expression=table, subscripts=elements, excluded=())


def _keyword(equation: Equation) -> str:
    """Give how data are interpolated: linearly where the model does not say."""
    expression = equation.expression
    if isinstance(expression, Call) and expression.arguments:
        keyword = expression.arguments[0]
        if isinstance(keyword, Text):
            return keyword.value
    return "interpolate"


def _read(path: Path) -> bytes:
    if path.suffix.lower() not in _SEPARATORS:
        raise ModelError(
            f"'{path.suffix}' is no ending of a file of data",
            where=str(path),
            fix="export the data as .tab or .csv",
        )
    try:
        return limits.read_file(path)
    except OSError as error:
        raise ModelError(f"cannot be read: {error.strerror}", where=str(path)) from None


def _rows(content: bytes, path: Path) -> list[list[str]]:
    separator = _SEPARATORS[path.suffix.lower()]
    check_text_table(content, separator, path.name, str(path))
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")
    try:
        rows = list(csv.reader(text.splitlines(), delimiter=separator))
    except csv.Error as error:
        raise ModelError(f"cannot be read: {error}", where=str(path)) from None
    rows = [[cell.strip() for cell in row] for row in rows if any(map(str.strip, row))]
    if not rows or canonical(rows[0][0]) != "time":
        raise ModelError(
            "the first cell is not 'Time'",
            where=str(path),
            fix="export the data with the time in the first column or row",
        )
    return rows


def _series(rows: list[list[str]], needed: set[_Key], where: str) -> Iterator[tuple[_Key, _Points]]:
    """Yield the series that are needed, each once."""
    if not all(map(_is_number, rows[0][1:])):  # the times go down
        rows = [list(row) for row in itertools.zip_longest(*rows, fillvalue="")]
    seen = set()
    for row in rows[1:]:
        key = _heading(row[0])
        if key not in needed:
            continue
        if key in seen:
            raise ModelError(f"'{row[0]}' stands twice", where=where)
        seen.add(key)
        yield key, _points(rows[0][1:], row, where)


def _is_number(cell: str) -> bool:
    try:
        return math.isfinite(float(cell))
    except ValueError:
        return False


def _heading(text: str) -> _Key:
    """Split ``name[A,B]`` into the canonical name and its elements."""
    match = re.fullmatch(r"(.*?)\[([^\[\]]*)\]", text)
    name, elements = (match[1], match[2].split(",")) if match else (text, [])
    return (canonical(name), *map(canonical, elements))


def _points(times: Sequence[str], row: Sequence[str], where: str) -> _Points:
    name, *cells = row
    cells += [""] * (len(times) - len(cells))
    points = []
    for time, cell in zip(times, cells, strict=False):
        if not cell:
            continue
        if not (_is_number(time) and _is_number(cell)):
            raise ModelError(
                f"'{name}' has '{cell}' at time '{time}', which is not two numbers", where=where
            )
        points.append((float(time), float(cell)))
    if not points:
        raise ModelError(f"'{name}' has no values", where=where)
    limits.check("points", len(points), f"'{name}' has {len(points):,} points", where=where)
    x, y = zip(*points, strict=True)
    if any(a >= b for a, b in itertools.pairwise(x)):
        raise ModelError(f"the times of '{name}' do not ascend", where=where)
    return x, y
