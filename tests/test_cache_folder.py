"""The folder for what can be computed again."""

import os
from pathlib import Path

import pytest

from flatgov.cache_folder import cache_folder, trim


def test_the_variable_names_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLATGOV_CACHE_DIR", str(tmp_path / "a" / "b"))
    assert cache_folder("models") == tmp_path / "a" / "b" / "models"
    assert (tmp_path / "a" / "b" / "models").is_dir()


def test_empty_it_means_no_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLATGOV_CACHE_DIR", "")
    assert cache_folder("models") is None


def test_a_folder_that_cannot_be_made_is_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("FLATGOV_CACHE_DIR", str(tmp_path / "file"))
    assert cache_folder("models") is None


def test_trim_removes_the_oldest(tmp_path: Path) -> None:
    for age, name in enumerate(["new", "old", "older"]):
        (tmp_path / name).write_text("")
        os.utime(tmp_path / name, (1000 - age, 1000 - age))
    trim(tmp_path, 2)
    assert {path.name for path in tmp_path.iterdir()} == {"new", "old"}
    trim(tmp_path / "missing", 2)
