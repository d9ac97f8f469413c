"""The process that draws half of the figures."""

from __future__ import annotations

import multiprocessing
import os
from pathlib import Path

import pytest
import xarray as xr

from flatgov.figures import draw_figures, drawing_helper
from flatgov.study import Study


def few(ds: xr.Dataset) -> xr.Dataset:
    return ds.sel(policy=["actual", "full"])


def test_files_and_notices_are_the_same_with_a_helper_and_without(
    ds: xr.Dataset, ensemble: xr.Dataset, study: Study, tmp_path: Path
) -> None:
    drawn: list[list[Path]] = []
    said: list[list[str]] = []
    with drawing_helper() as helper:
        for number, hand in enumerate((None, helper)):
            notices: list[str] = []
            files = draw_figures(
                few(ds),
                study,
                tmp_path / str(number),
                notice=notices.append,
                draws=few(ensemble),
                helper=hand,
            )
            drawn.append(files)
            said.append(notices)
    assert [file.name for file in drawn[0]] == [file.name for file in drawn[1]]
    assert len(drawn[0]) > 8
    for one, other in zip(*drawn, strict=True):
        assert one.read_bytes() == other.read_bytes(), one.name
    assert said[0] == said[1]
    assert not multiprocessing.active_children()


def test_the_figures_of_a_helper_that_died_are_drawn_all_the_same(
    ds: xr.Dataset, study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with drawing_helper() as helper:
        if helper is None:
            pytest.skip("this machine has one processor, so there is no helper")
        died = helper.submit(os._exit, 1)
        assert died.exception() is not None
        files = draw_figures(few(ds), study, tmp_path, helper=helper)
    assert all(file.exists() for file in files)
    assert len(files) > 3
