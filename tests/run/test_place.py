"""Files here and at an address."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

import flatgov as fg
from flatgov.run.place import (
    Place,
    file_sizes,
    in_one_line,
    join,
    put_folder,
    read_bytes,
    remove,
    remove_parts,
    to_place,
    write_bytes,
)


@pytest.fixture(params=["here", "memory"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    if request.param == "here":
        yield tmp_path / "there"
    else:
        yield "memory://flatgov-places/there"
        remove("memory://flatgov-places")


def test_a_file_is_written_read_listed_and_deleted(place: Place) -> None:
    assert file_sizes(place) == {}
    write_bytes(join(place, "a/b/c.0"), b"123")
    write_bytes(join(place, "a/b", "c.0"), b"12345")
    write_bytes(join(place, "d"), b"")
    write_bytes(join(place, "a/.hidden"), b"1")
    assert read_bytes(join(place, "a/b/c.0")) == b"12345"
    assert file_sizes(place) == {"a/b/c.0": 5, "d": 0}
    remove(join(place, "d"))
    remove(join(place, "d"))
    assert file_sizes(place) == {"a/b/c.0": 5}
    remove(place)
    assert file_sizes(place) == {}
    with pytest.raises(FileNotFoundError):
        read_bytes(join(place, "d"))


def test_a_folder_is_put_as_it_is(place: Place, tmp_path: Path) -> None:
    (tmp_path / "made" / "deep").mkdir(parents=True)
    (tmp_path / "made" / "deep" / "a").write_bytes(b"1")
    (tmp_path / "made" / "b").write_bytes(b"2")
    put_folder(tmp_path / "made", place)
    assert file_sizes(place) == {"b": 1, "deep/a": 1}
    assert read_bytes(join(place, "deep/a")) == b"1"


def test_a_file_is_there_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_bytes(tmp_path / "a", b"old")

    def die(source: Path, goal: Path) -> None:
        assert source.read_bytes() == b"new"
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", die)
    with pytest.raises(KeyboardInterrupt):
        write_bytes(tmp_path / "a", b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    assert (tmp_path / "a").read_bytes() == b"old"


def test_what_a_killed_writer_left(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / ".part-1").touch()
    (tmp_path / "deep" / "c.part-1").touch()
    remove_parts(tmp_path)
    assert list(file_sizes(tmp_path)) == ["deep/c.part-1"]
    assert not (tmp_path / "deep" / ".part-1").exists()


def test_what_a_user_may_give(tmp_path: Path) -> None:
    assert to_place("results/a") == Path("results/a")
    assert to_place((tmp_path / "a").as_uri()) == tmp_path / "a"
    assert to_place("memory://a/b/") == "memory://a/b"
    with pytest.raises(fg.StudyError) as caught:
        to_place("carrier-pigeon://a")
    assert str(caught.value) == (
        "carrier-pigeon://a: Protocol not known: carrier-pigeon; choose another address"
    )


def test_an_error_without_words() -> None:
    with (
        pytest.raises(fg.RunError, match=r"^a: cannot be written: OSError; run again$"),
        in_one_line("a", "run again"),
    ):
        raise OSError
