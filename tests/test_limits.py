"""The limits: their names, how they are changed, what refusals say."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from flatgov import FlatgovError, ModelError, limits
from flatgov.names import as_cell, printable


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("draw=5", "FLATGOV_LIMITS: there is no limit 'draw'; did you mean 'draws'?"),
        ("draws", "FLATGOV_LIMITS: 'draws' is not of the form name=number; write it as"),
        ("draws=many", "FLATGOV_LIMITS: the limit draws=many is no whole number from 0 to 1e18"),
        ("draws=-1", "FLATGOV_LIMITS: the limit draws=-1 is no whole number"),
        ("draws=1.5", "FLATGOV_LIMITS: the limit draws=1.5 is no whole number"),
        ("draws=nan", "FLATGOV_LIMITS: the limit draws=nan is no whole number"),
        ("draws=1e99", "FLATGOV_LIMITS: the limit draws=1e99 is no whole number"),
    ],
)
def test_a_wrong_variable_is_one_line(
    text: str, problem: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLATGOV_LIMITS", text)
    with pytest.raises(FlatgovError) as caught:
        limits.current()
    assert str(caught.value).startswith(problem)


def test_the_variable_changes_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLATGOV_LIMITS", "draws=2e3, nesting = 7;")
    assert (limits.current().draws, limits.current().nesting) == (2000, 7)
    assert limits.current().points == limits.Limits().points


def test_changes_hold_inside_the_block_only() -> None:
    before = limits.current()
    with limits.changed(draws=3):
        with limits.changed(points=4):
            assert (limits.current().draws, limits.current().points) == (3, 4)
        assert limits.current().points == before.points
    assert limits.current() == before
    with pytest.raises(FlatgovError, match="there is no limit 'drawn'"), limits.changed(drawn=1):
        pass


def test_a_refusal_says_how_to_raise_the_limit() -> None:
    with limits.changed(draws=1000), pytest.raises(ModelError) as caught:
        limits.check("draws", 123_456, "there are 123,456 rows", where="here")
    assert str(caught.value) == (
        "here: there are 123,456 rows, and the limit draws is 1,000; "
        'if it is meant, set FLATGOV_LIMITS="draws=130000"'
    )
    with limits.changed(draws=130_000):
        limits.check("draws", 123_456, "there are 123,456 rows")


def test_files_are_read_up_to_the_limit(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"12345")
    with limits.changed(file_size=5):
        assert limits.read_file(path) == b"12345"
    with limits.changed(file_size=4), pytest.raises(ModelError, match="the file has 5 bytes"):
        limits.read_file(path)
    with pytest.raises(ModelError, match="it is a folder"):
        limits.read_file(tmp_path)
    with pytest.raises(FileNotFoundError):
        limits.read_file(tmp_path / "b")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes")
def test_pipes_are_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ModelError, match="no plain file"):
        limits.read_file(tmp_path / "pipe")


def test_control_characters_are_written_out() -> None:
    assert printable("a\x1b[2J\u202eb\ud800 人\n\t") == "a\\x1b[2J\\u202eb\\ud800 人\n\t"
    assert str(FlatgovError("'\x1b]0;x\x07' is wrong")) == "'\\x1b]0;x\\x07' is wrong"


def test_names_are_no_formulas() -> None:
    assert as_cell("=1+1") == "'=1+1"
    assert as_cell("@SUM(A1)") == "'@SUM(A1)"
    assert [as_cell(one) for one in ("a=1", "-", "-1.5", -1.5, "")] == [
        "a=1",
        "-",
        "-1.5",
        -1.5,
        "",
    ]
