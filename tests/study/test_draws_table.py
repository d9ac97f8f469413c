"""A user's own draws, from files and from memory."""

import sys

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import flatgov as fg
from flatgov.study.draws_table import read_table

TABLE = {"STAY": [20.0, 21.5], "effect_of load (Strength)": [1.0, 0.7], "hiring rate": [5.0, 6.0]}
NAMES = ["stay", "effect of load (strength)", "hiring rate"]


@pytest.fixture
def study(uncertain_study):
    return fg.open_study(uncertain_study())


def as_array() -> xr.DataArray:
    return xr.DataArray(
        np.array(list(TABLE.values())).T,
        dims=("draw", "factor"),
        coords={"factor": list(TABLE), "draw": [0, 1]},
        name="sample",
    )


IN_MEMORY = {
    "dict": lambda: TABLE,
    "frame": lambda: pd.DataFrame(TABLE),
    "frame with a count": lambda: pd.DataFrame({"draw": [0, 1], **TABLE}),
    "array": as_array,
    "array, turned": lambda: as_array().transpose(),
    "dataset": lambda: xr.Dataset(coords={"sample": as_array()}),
}

WRITERS = {
    "csv": lambda path: pd.DataFrame(TABLE).to_csv(path, index=False),
    "parquet": lambda path: pd.DataFrame(TABLE).to_parquet(path),
    "zarr": lambda path: (
        as_array()
        .to_dataset()
        .assign_coords(factor=np.array(list(TABLE), dtype=object))
        .to_zarr(path, consolidated=False)
    ),
    "nc": lambda path: as_array().to_dataset().to_netcdf(path, engine="scipy"),
}


def check(found) -> None:
    uncertainty, values = found
    assert [one.name for one in uncertainty.factors] == NAMES
    assert [one.kind for one in uncertainty.factors] == ["value", "strength", "value"]
    assert uncertainty.method == "table"
    assert uncertainty.correlation is None
    assert values.dtype == np.float64
    assert values.tolist() == [[20.0, 1.0, 5.0], [21.5, 0.7, 6.0]]


@pytest.mark.parametrize("make", IN_MEMORY.values(), ids=IN_MEMORY)
def test_from_memory(study, make) -> None:
    check(read_table(study, make()))


@pytest.mark.parametrize("ending", WRITERS)
def test_from_a_file(study, tmp_path, ending: str) -> None:
    if ending == "parquet":
        pytest.importorskip("pyarrow")
    path = tmp_path / f"draws.{ending}"
    WRITERS[ending](path)
    check(read_table(study, path))
    check(read_table(study, str(path)))


def test_a_factor_keeps_what_the_study_knows_of_it(study) -> None:
    uncertainty, _ = read_table(study, TABLE)
    strength = uncertainty.factors[1]
    assert (strength.normal, strength.base, strength.text) == ((1.0, 1.0), 1.0, "table")
    assert uncertainty.factors[2].base == 5.0
    with pytest.raises(fg.StudyError) as caught:
        strength.quantile(np.array([0.5]))
    assert str(caught.value) == (
        "draws of a table have no distribution; name a factor of the study"
    )


def test_a_study_without_uncertainty_takes_constants(write_study) -> None:
    uncertainty, values = read_table(
        fg.open_study(write_study()), {"Tasks": [1, 2], "staff": [3, 4]}
    )
    assert [(one.name, one.base) for one in uncertainty.factors] == [
        ("tasks", 100.0),
        ("Staff", 100.0),
    ]
    assert values.tolist() == [[1.0, 3.0], [2.0, 4.0]]


WRONG = {
    "unknown": (
        {"sty": [1.0]},
        "the table of draws: there is no factor, constant or stock 'sty'; did you mean 'stay'? a "
        "column has the name of one",
    ),
    "a flow": (
        {"hiring": [1.0]},
        "the table of draws: 'hiring' is a flow and cannot be changed; change a constant, the "
        "initial value of a stock or a lookup table, such as one of those that it uses: hiring "
        "rate",
    ),
    "a lookup": (
        {"effect of load": [1.0]},
        "the table of draws: 'effect of load' is a lookup table and has no one value; did you "
        "mean 'effect of load (strength)' or 'effect of load (slope)'? give its strength or "
        "slope, which uncertainty.toml must have",
    ),
    "twice": (
        {"stay": [1.0], "Stay": [1.0]},
        "the table of draws: 'stay' is there twice; keep one of the columns",
    ),
    "a text": (
        {"stay": [20.0, "many"]},
        "the table of draws, column 'stay', row 2: 'many' is no number; give a finite number",
    ),
    "not a number": (
        {"stay": [20.0, float("nan")]},
        "the table of draws, column 'stay', row 2: nan is no number; give a finite number",
    ),
    "a truth value": (
        {"stay": [True]},
        "the table of draws, column 'stay', row 1: True is no number; give a finite number",
    ),
    "beyond a limit": (
        {"stay": [20.0, 0.5, 0.1]},
        "the table of draws, column 'stay', row 2: 'stay' would be 0.5, below the lower limit 1 "
        "of the model; keep it at least 1",
    ),
    "a change beyond a limit": (
        {"hire: hiring rate": [20.0, 21.0]},
        "the table of draws, column 'hire: hiring rate', row 2: 'hiring rate' would be 21, above "
        "the upper limit 20 of the model; keep it between 0 and 20",
    ),
    "lengths": (
        {"stay": [20.0], "tasks": [1.0, 2.0]},
        "the table of draws: columns differ in length: 'stay' 1, 'tasks' 2; fill them up",
    ),
    "no column": (
        {},
        "the table of draws: there is no column of values; give one for each factor",
    ),
    "no row": ({"stay": []}, "the table of draws: there is no row; give one row for each draw"),
    "one number": (
        {"stay": 20.0},
        "the table of draws: the column 'stay' is no list of numbers; give one a draw",
    ),
    "a count that does not count": (
        {"draw": [1, 2], "stay": [20.0, 21.0]},
        "the table of draws: there is no factor, constant or stock 'draw'; a column has the name "
        "of one",
    ),
    "no table": (
        3.5,
        "the table of draws: a float is no table of draws; give a file, a DataFrame, a DataArray "
        "or arrays by name",
    ),
    "other dimensions": (
        xr.DataArray(np.zeros((2, 2)), dims=("draw", "x")),
        "the table of draws: the dimensions are draw, x; give draw and factor, and the names as "
        "the coordinate factor",
    ),
    "other dataset": (
        xr.Dataset({"x": 1.0}),
        "the table of draws: there is no variable 'sample' with the dimensions draw and factor",
    ),
}


@pytest.mark.parametrize("case", WRONG.values(), ids=WRONG)
def test_wrong_tables(study, case) -> None:
    table, line = case
    with pytest.raises(fg.StudyError) as caught:
        read_table(study, table)
    assert str(caught.value) == line


FILES = {
    "a text": (
        "stay,tasks\n20,1\n21,x\n",
        ", column 'tasks', row 2: 'x' is no number; give a finite number",
    ),
    "an empty cell": (
        "stay,tasks\n20,\n",
        ", column 'tasks', row 1: '' is no number; give a finite number",
    ),
    "a short row": (
        "stay,tasks\n20,1\n21\n",
        ": row 2 has 1 values for 2 columns; give one for each column",
    ),
    "no row": ("stay,tasks\n", ": there is no row; give one row for each draw"),
    "empty": ("", ": there is no column of values; give one for each factor"),
}


@pytest.mark.parametrize("case", FILES.values(), ids=FILES)
def test_wrong_files(study, tmp_path, case) -> None:
    path = tmp_path / "draws.csv"
    path.write_text(case[0])
    with pytest.raises(fg.StudyError) as caught:
        read_table(study, path)
    assert str(caught.value) == f"{path}{case[1]}"


def test_no_such_file(study, tmp_path) -> None:
    (tmp_path / "draws.csv").touch()
    with pytest.raises(fg.StudyError) as caught:
        read_table(study, tmp_path / "draw.csv")
    assert str(caught.value) == (
        f"there is no file '{tmp_path}/draw.csv'; did you mean 'draws.csv'? name a table of draws "
        "(.csv, .parquet, .zarr or .nc)"
    )


def test_another_ending(study, tmp_path) -> None:
    path = tmp_path / "draws.xlsx"
    path.touch()
    with pytest.raises(fg.StudyError) as caught:
        read_table(study, path)
    assert str(caught.value) == (
        f"{path}: '.xlsx' is no ending of a table of draws; give a file that ends in .csv, "
        ".parquet, .zarr or .nc"
    )


def test_parquet_without_pyarrow(study, tmp_path, monkeypatch) -> None:
    path = tmp_path / "draws.parquet"
    path.touch()
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(fg.StudyError) as caught:
        read_table(study, path)
    assert str(caught.value) == (
        f"{path}: reading it needs pyarrow, which is not there; `pip install pyarrow`, or give a "
        ".csv"
    )


@pytest.mark.parametrize("ending", ["csv", "parquet", "nc", "zarr"])
def test_what_is_no_such_file(study, tmp_path, ending: str) -> None:
    path = tmp_path / f"draws.{ending}"
    path.write_bytes(b"\xff\xfe\x00 nothing of the kind")
    with pytest.raises(fg.StudyError) as caught:
        read_table(study, path)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)


def test_what_is_no_netcdf_is_said_in_plain_words(study, tmp_path) -> None:
    path = tmp_path / "draws.nc"
    path.write_text("no")
    with pytest.raises(fg.StudyError) as error:
        read_table(study, path)
    assert str(error.value) == (
        f"{path}: is no netCDF file, or one of version 4, which needs h5netcdf; give a file that "
        "ends in .csv, .parquet, .zarr or .nc and holds what its ending says"
    )
