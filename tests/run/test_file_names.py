from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from flatgov.reading import load_model
from flatgov.run.file_names import from_file_name, is_shortened, to_file_name
from flatgov.run.store import read_results, write_results

ODD = [".", "..", ".hidden", "zarr.json", "__reserved", "a\\b", "a/b", "%2F", "%", "a\tb"]


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=400))
def test_names_are_safe_and_come_back(name: str) -> None:
    file = to_file_name(name)
    assert len(file.encode()) <= 200
    assert not set(file) & set("/\\\0\n")
    assert not file.startswith((".", "__"))
    assert is_shortened(name) or from_file_name(file) == name


def test_plain_names_stay() -> None:
    names = ["Staff", "人口", "hiring rate", "zarr.json2", "a.b"]
    assert [to_file_name(name) for name in names] == names


def test_long_names_stay_apart() -> None:
    assert to_file_name("a" * 300) != to_file_name("a" * 299 + "b")
    assert is_shortened("a" * 300)


@pytest.mark.parametrize("as_dimension", [False, True])
def test_a_store_gives_odd_names_again(tmp_path: Path, as_dimension: bool) -> None:
    path = tmp_path / "model.mdl"
    path.write_text(
        "Stock = INTEG(1, 0) ~ One ~ |\nINITIAL TIME = 0 ~ Month ~ |\nFINAL TIME = 2 ~ Month ~ |\n"
        "TIME STEP = 1 ~ Month ~ |\nSAVEPER = 1 ~ Month ~ |\n"
    )
    model = load_model(path)
    ds = model.run()
    for place, name in enumerate([*ODD, "long " * 60, "长" * 100]):
        if as_dimension:
            ds[f"v{place}"] = ((name, "time"), np.full((2, 3), float(place)), {"kind": "auxiliary"})
            ds = ds.assign_coords({name: ["a", "b"]})
        else:
            ds[name] = ("time", np.full(3, float(place)), {"kind": "flow"})
    write_results(ds, model, tmp_path / "out")
    xr.testing.assert_identical(read_results(tmp_path / "out"), ds)
