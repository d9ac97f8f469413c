"""A user's own table of draws: rows are draws, columns uncertain quantities."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from flatgov import limits
from flatgov.changes import check_changeable, limit_passed, range_text
from flatgov.errors import FlatgovError, StudyError, nearest_names
from flatgov.names import canonical
from flatgov.study.changes import as_study_error
from flatgov.study.limits import plain_bases
from flatgov.study.toml import check_inside
from flatgov.study.uncertainty import Factor, Uncertainty
from flatgov.zarr_check import check_store

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from flatgov.study.study import Study

FloatArray = NDArray[np.float64]

_ENDINGS = ".csv, .parquet, .zarr or .nc"


def read_table(
    study: Study, table: str | os.PathLike[str] | pd.DataFrame | xr.DataArray | Mapping[str, Any]
) -> tuple[Uncertainty, FloatArray]:
    """Read draws that a user made.

    Args:
        study: What they are for.
        table: A file (CSV, Parquet, Zarr or netCDF), or a pandas DataFrame, an xarray DataArray
            with the dimensions ``draw, factor``, or arrays by name. Columns are factors of the
            study, or constants or initial values that have no distribution, in any spelling. What
            has no column stays at its base value. Of an xarray Dataset, such as the results of an
            ensemble, the coordinate ``sample`` is taken.

    Returns:
        A factor for each column, without a distribution, and the values, (draw, factor).

    Raises:
        StudyError: A column is unknown or there twice, a value is no number or leaves the limits
            of the model, or there is nothing.
    """
    name = "the table of draws"
    content: Any = table
    if isinstance(table, (str, os.PathLike)):
        name = os.fspath(table)
        content = _read_file(Path(table))
    columns = _without_count(_columns(content, name), study)
    if not columns:
        raise StudyError("there is no column of values", where=name, fix="give one for each factor")
    factors: list[Factor] = []
    values: list[FloatArray] = []
    for given, column in columns:
        factor = _factor(study, given, name)
        if factor in factors:
            raise StudyError(
                f"'{factor.name}' is there twice", where=name, fix="keep one of the columns"
            )
        factors.append(factor)
        values.append(_numbers(column, factor, study, name))
    lengths = [len(one) for one in values]
    if len(set(lengths)) > 1:
        shown = ", ".join(f"'{f.name}' {n}" for f, n in zip(factors, lengths, strict=True))
        raise StudyError(f"columns differ in length: {shown}", where=name, fix="fill them up")
    if lengths[0] == 0:
        raise StudyError("there is no row", where=name, fix="give one row for each draw")
    return Uncertainty(tuple(factors), "table"), np.column_stack(values)


def no_distribution(unit: FloatArray) -> FloatArray:
    """Refuse to draw what a table gives; the quantile of its factors."""
    raise StudyError("draws of a table have no distribution", fix="name a factor of the study")


def _read_file(path: Path) -> Any:
    """Read a file by its ending; nothing in it is run."""
    if not path.exists():
        siblings = path.parent.iterdir() if path.parent.is_dir() else ()
        raise StudyError(
            f"there is no file '{path}'",
            nearest=nearest_names(path.name, [one.name for one in siblings]),
            fix=f"name a table of draws ({_ENDINGS})",
        )
    readers = {
        ".csv": _read_csv,
        ".parquet": _read_parquet,
        ".zarr": _read_zarr,
        ".nc": _read_netcdf,
    }
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise StudyError(
            f"'{path.suffix}' is no ending of a table of draws",
            where=str(path),
            fix=f"give a file that ends in {_ENDINGS}",
        )
    try:
        return reader(path)
    except ImportError:
        missing = "pyarrow" if path.suffix.lower() == ".parquet" else "h5netcdf"
        raise StudyError(
            f"reading it needs {missing}, which is not there",
            where=str(path),
            fix=f"`pip install {missing}`, or give a .csv",
        ) from None
    except FlatgovError as error:
        if error.where:
            raise
        raise StudyError(error.what, where=str(path), fix=error.fix) from None
    except Exception as error:  # Each library has its own, and the file may be of anyone.
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise StudyError(f"cannot be read: {reason}", where=str(path)) from None


def _read_csv(path: Path) -> list[tuple[str, list[str]]]:
    """Read a CSV file as texts, so that what is no number can be shown as it is."""
    import csv

    text = limits.read_file(path, error=StudyError).decode("utf-8-sig")
    _check_size(text.count("\n") - 1, 1)
    rows = [row for row in csv.reader(text.splitlines(keepends=True)) if row]
    if not rows:
        return []
    _check_size(len(rows) - 1, len(rows[0]))
    for number, row in enumerate(rows[1:], start=1):
        if len(row) != len(rows[0]):
            raise StudyError(
                f"row {number} has {len(row)} values for {len(rows[0])} columns",
                where=str(path),
                fix="give one for each column",
            )
    return [(head, [row[place] for row in rows[1:]]) for place, head in enumerate(rows[0])]


def _read_parquet(path: Path) -> pd.DataFrame:
    import pandas as pd

    import_module("pyarrow")
    parquet: Any = import_module("pyarrow.parquet")
    if path.stat().st_size > limits.current().file_size:
        limits.read_file(path, error=StudyError)  # which refuses it
    with parquet.ParquetFile(path) as file:
        about, schema = file.metadata, file.schema_arrow
    _check_size(about.num_rows, about.num_columns)
    size = sum(about.row_group(n).total_byte_size for n in range(about.num_row_groups))
    limits.check("unpacked", size, f"it unpacks to {size:,} bytes", error=StudyError)
    for field in schema:
        # Text of a few bytes in a file may fill all memory.
        if not re.fullmatch(r"u?int\d+|float|double|halffloat", str(field.type)):
            raise StudyError(
                f"the column '{field.name}' is of the type {field.type}",
                where=str(path),
                fix="write numbers",
            )
    return pd.read_parquet(path, engine="pyarrow")


def _read_zarr(path: Path) -> xr.Dataset:
    import xarray as xr

    check_inside(path)
    check_store(path, error=StudyError)
    dataset: xr.Dataset = xr.open_zarr(path, chunks=None, consolidated=False)
    return _sample_only(dataset)


def _read_netcdf(path: Path) -> xr.Dataset:
    import xarray as xr

    try:
        _check_netcdf(path)
        # A file that is broken could not be let go where it is mapped; a large one has to be.
        mapped = not _is_classic(path) or path.stat().st_size > limits.current().file_size
        more: dict[str, Any] = {} if mapped else {"engine": "scipy", "mmap": False}
        with xr.open_dataset(path, **more) as opened:
            return _sample_only(opened).load()
    except ValueError as error:  # xarray's own text has several lines, with links.
        if "dependencies may not be installed" in str(error):
            raise ImportError from None
        if "did not find a match" in str(error):
            raise StudyError(
                "is no netCDF file, or one of version 4, which needs h5netcdf",
                where=str(path),
                fix=f"give a file that ends in {_ENDINGS} and holds what its ending says",
            ) from None
        raise


def _is_classic(path: Path) -> bool:
    """Tell whether it is a netCDF file of a version before 4."""
    with path.open("rb") as file:
        return file.read(3) == b"CDF"


def _check_netcdf(path: Path) -> None:
    """Refuse a file of version 4 (HDF5) that takes its numbers from other files."""
    if not path.is_file():
        raise OSError("it is no plain file")
    with path.open("rb") as file:
        if file.read(8) != b"\x89HDF\r\n\x1a\n":
            return
    h5py: Any = import_module("h5py")

    def refuse(name: str, item: object) -> None:
        if isinstance(item, h5py.Dataset) and (item.external or item.is_virtual):
            raise StudyError(f"'{name}' takes its numbers from another file", where=str(path))

    with h5py.File(path, "r") as opened:
        opened.visititems(refuse)
        links: list[str] = []
        opened.visititems_links(
            lambda name, link: links.append(name) if isinstance(link, h5py.ExternalLink) else None
        )
        if links:
            raise StudyError(f"'{links[0]}' is a link to another file", where=str(path))


def _sample_only(dataset: xr.Dataset) -> xr.Dataset:
    """Keep what a table of draws is read from, and refuse one that is too large."""
    if "sample" not in dataset.variables:
        return dataset[[]]
    sample = dataset[["sample"]]
    draws = sample["sample"].sizes.get("draw", 1)
    _check_size(draws, math.ceil(sample["sample"].size / max(draws, 1)))
    return sample


def _check_size(draws: int, columns: int) -> None:
    limits.check("draws", draws, f"it has {draws:,} rows", error=StudyError)
    size = draws * columns * 8
    limits.check("unpacked", size, f"it unpacks to {size:,} bytes", error=StudyError)


def _columns(table: Any, name: str) -> list[tuple[str, Any]]:
    """Give the columns of a table of any form, in order."""
    import pandas as pd
    import xarray as xr

    if isinstance(table, xr.Dataset):
        if "sample" not in table.variables:
            raise StudyError(
                "there is no variable 'sample' with the dimensions draw and factor", where=name
            )
        table = table["sample"]
    if isinstance(table, xr.DataArray):
        if set(table.dims) != {"draw", "factor"} or "factor" not in table.coords:
            raise StudyError(
                f"the dimensions are {', '.join(map(str, table.dims))}",
                where=name,
                fix="give draw and factor, and the names as the coordinate factor",
            )
        array = table.transpose("draw", "factor").values
        return [(str(one), array[:, n]) for n, one in enumerate(table["factor"].values)]
    if isinstance(table, pd.DataFrame):
        return [(str(one), table.iloc[:, n].to_numpy()) for n, one in enumerate(table.columns)]
    if isinstance(table, Mapping):
        return [(str(one), values) for one, values in table.items()]
    if isinstance(table, list):
        return table
    raise StudyError(
        f"a {type(table).__name__} is no table of draws",
        where=name,
        fix="give a file, a DataFrame, a DataArray or arrays by name",
    )


def _without_count(columns: list[tuple[str, Any]], study: Study) -> list[tuple[str, Any]]:
    """Leave out a column ``draw`` that counts the draws from 0, as the tables of results have."""
    if "draw" in {canonical(name) for name in study.model.variables}:
        return columns
    return [
        (name, values)
        for name, values in columns
        if canonical(name) != "draw"
        or [str(one) for one in values] != [str(n) for n in range(len(values))]
    ]


def _factor(study: Study, given: str, where: str) -> Factor:
    own = study.uncertainty.factors if study.uncertainty is not None else ()
    for factor in own:
        if canonical(factor.name) == canonical(given):
            return replace(factor, quantile=no_distribution, text="table", reason="")
    variables = {canonical(name): one for name, one in study.model.variables.items()}
    variable = variables.get(canonical(given))
    if variable is None:
        free = [one.name for one in variables.values() if one.kind in ("constant", "stock")]
        raise StudyError(
            f"there is no factor, constant or stock '{given}'",
            where=where,
            nearest=nearest_names(given, [factor.name for factor in own] + free),
            fix="a column has the name of one",
        )
    if variable.kind == "lookup":
        raise StudyError(
            f"'{variable.name}' is a lookup table and has no one value",
            where=where,
            nearest=[one.name for one in own if one.variable == variable.name],
            fix="give its strength or slope, which uncertainty.toml must have",
        )
    with as_study_error():
        check_changeable(variable, study.model, where)
    bases = plain_bases(variable)
    base = bases[0] if len(bases) == 1 else math.nan
    return Factor(
        variable.name, "value", variable.name, variable.units, base, no_distribution, "table"
    )


def _numbers(column: Any, factor: Factor, study: Study, where: str) -> FloatArray:
    """Check a column, and give it as numbers."""
    if not isinstance(column, Sequence | np.ndarray) or np.ndim(column) != 1:
        raise StudyError(
            f"the column '{factor.name}' is no list of numbers", where=where, fix="give one a draw"
        )
    place = f"{where}, column '{factor.name}', row"
    if isinstance(column, np.ndarray) and column.dtype.kind == "f":
        values = column.astype(np.float64)  # Analyses hand over millions of them.
    else:
        values = np.array([_number(one) for one in column], dtype=np.float64)
    wrong = np.flatnonzero(~np.isfinite(values))
    if wrong.size:
        one = column[wrong[0]]
        shown = repr(str(one)) if isinstance(one, str) else str(one)
        raise StudyError(
            f"{shown} is no number", where=f"{place} {wrong[0] + 1}", fix="give a finite number"
        )
    variable = study.model.variables[factor.variable]
    if values.size == 0:
        return values
    passed = any(limit_passed(variable, end) for end in (values.min(), values.max()))
    if passed and _limited(factor, study):
        row = next(row for row, value in enumerate(values) if limit_passed(variable, value))
        raise StudyError(
            f"'{variable.name}' would be {values[row]:g}, {limit_passed(variable, values[row])}",
            where=f"{place} {row + 1}",
            fix=f"keep it {range_text(variable)}",
        )
    return values


def _number(given: Any) -> float:
    """Read a number; NaN for what is none. A truth value is none."""
    if isinstance(given, bool | np.bool_):
        return math.nan
    try:
        return float(given)
    except (TypeError, ValueError):
        return math.nan


def _limited(factor: Factor, study: Study) -> bool:
    """Tell whether the values of a factor are values of its variable, not summands or factors."""
    changes = [one for policy in study.policies.values() for one in policy.changes]
    changes += [one for scenario in study.scenarios.values() for one in scenario.changes]
    setting = any(one.draw == factor.name and one.operation == "set" for one in changes)
    return factor.kind == "value" or (factor.kind == "change" and setting)
