from __future__ import annotations

import math
import os
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from flatgov.commands.tables import aligned, decimals, number, percent, write_analysis


def test_text_to_the_left_and_numbers_to_the_right() -> None:
    lines = [["policy", "end", "share"], ["a", "10.5", "3 %"], ["longer", "7", "-"]]
    assert aligned(lines) == (
        "  policy   end  share\n"  #
        "  a       10.5    3 %\n"
        "  longer     7      -"
    )


def test_text_in_the_last_column_has_no_spaces_behind() -> None:
    assert aligned([["a", "b"], ["1", "longer"], ["2", "x"]], left=2).splitlines()[2] == "  2  x"


@pytest.mark.parametrize(
    ("values", "places"),
    [
        ([0.0], 3),
        ([], 3),
        ([math.nan, math.inf], 3),
        ([0.25], 3),
        ([9.0, -1.0], 3),
        ([10.0], 2),
        ([-1234.0], 0),
        ([1e9], 0),
    ],
)
def test_decimals_show_four_figures_of_the_largest(values: list[float], places: int) -> None:
    assert decimals(values) == places


def test_numbers() -> None:
    assert number(1234.5678, 1) == "1,234.6"
    assert number(0.5, 2, signed=True) == "+0.50"
    assert number(-0.001, 2, signed=True) == "0.00"
    assert number(0.001, 2, signed=True) == "0.00"
    assert number(math.nan, 2) == "-"
    assert number(-math.inf, 2) == "-inf"


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0.0, "0 %"),
        (1e-9, "<1 %"),
        (0.01, "1 %"),
        (0.5, "50 %"),
        (0.99, "99 %"),
        (0.9999, ">99 %"),
        (1.0, "100 %"),
        (math.nan, "-"),
    ],
)
def test_only_none_is_0_percent_and_only_all_is_100(share: float, text: str) -> None:
    assert percent(share) == text


def write(folder: Path, value: float) -> list[Path]:
    ds = xr.Dataset({"share": ("policy", [value, math.nan])}, {"policy": ["a", "政策"]})
    return write_analysis(folder, "one", ["policy", "share"], [["a", value], ["b", math.nan]], ds)


def test_a_table_and_a_dataset_are_written(tmp_path: Path) -> None:
    paths = write(tmp_path / "new" / "folder", 0.1)
    assert paths == [tmp_path / "new" / "folder" / name for name in ("one.csv", "one.zarr")]
    assert paths[0].read_text(encoding="utf-8") == "policy,share\na,0.1\nb,\n"
    with xr.open_zarr(paths[1]) as stored:
        assert stored["policy"].values.tolist() == ["a", "政策"]
        np.testing.assert_array_equal(stored["share"], [0.1, np.nan])


def test_what_cannot_be_replaced_stays_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, 0.1)
    rename = os.rename

    def failing(source: Path, goal: Path) -> None:
        if goal == tmp_path / "one.zarr" and "old" not in source.name:
            raise OSError("no room")
        rename(source, goal)

    monkeypatch.setattr(os, "rename", failing)
    with pytest.raises(OSError, match="no room"):
        write(tmp_path, 0.2)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one.csv", "one.zarr"]
    assert "0.1" in (tmp_path / "one.csv").read_text(encoding="utf-8")
    with xr.open_zarr(tmp_path / "one.zarr") as stored:
        assert stored["share"].values[0] == 0.1
