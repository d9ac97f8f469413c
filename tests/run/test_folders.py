"""New content of a folder comes whole or not at all, whenever the process is killed."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from flatgov.run.folders import clear_up, merged_into, replaced

OLD = {
    "manifest.json": json.dumps(
        {
            "model_hash": "m",
            "versions": {"flatgov": "1"},
            "sha256": {"study/old.toml": "", "study/both.toml": ""},
        }
    ),
    "summary.csv": "old",
    "base.zarr/a": "old",
    "results.zarr/a/c.0": "old",
    "study/old.toml": "old",
    "study/both.toml": "old",
}
MINE = {"notes.txt": "mine", "study/mine.toml": "mine"}
NEW = {
    "manifest.json": "new",
    "summary.csv": "new",
    "base.zarr/a": "new",
    "study/both.toml": "new",
    "study/deep/new.toml": "new",
}
DRAWS = {"results.zarr/a/c.0": "draws", "run.json": "{}", "done/0": "{}"}
CHANGES = ("mkdir", "rename", "replace", "rmdir", "unlink")


def fill(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def tree(folder: Path) -> dict[str, str]:
    """Give all that is in a folder: the files with their texts, and folders that are empty."""
    return {
        path.relative_to(folder).as_posix(): path.read_text() if path.is_file() else "a folder"
        for path in folder.rglob("*")
        if path.is_file() or not any(path.iterdir())
    }


class KilledError(BaseException):
    """Stands for the end of the process."""


@contextmanager
def killed_before(change: int) -> Iterator[list[str]]:
    """Let a process make so many changes to files and none from then on, whatever it tries."""
    made: list[str] = []

    def dying(name: str) -> Any:
        original = getattr(os, name)

        def make(*args: Any, **more: Any) -> Any:
            if len(made) >= change:
                raise KilledError
            made.append(name)
            return original(*args, **more)

        return make

    with pytest.MonkeyPatch.context() as patch:
        for name in CHANGES:
            patch.setattr(os, name, dying(name))
        yield made


class Stage:
    """A folder of results, with those of an earlier run or not, and new ones to come."""

    def __init__(self, folder: Path, *, earlier: bool, draws: bool) -> None:
        self.folder = folder
        self.target, self.draws = folder / "out", folder / ".out.draws" if draws else None
        if earlier:
            fill(self.target, OLD | MINE)
        if self.draws:
            fill(self.draws, DRAWS)
        self.before = tree(folder)
        store = "draws" if draws else "new"
        new = NEW | {"results.zarr/a/c.0": store}
        if not draws:
            del new["base.zarr/a"]
        self.new = new
        self.after = {f"out/{name}": text for name, text in new.items()}
        if earlier:
            self.after |= {f"out/{name}": text for name, text in MINE.items()}

    def publish(self) -> None:
        with replaced(self.target, self.draws) as new:
            files = self.new.items()
            fill(new, {k: v for k, v in files if self.draws is None or "results" not in k})


@pytest.mark.parametrize("earlier", [True, False])
@pytest.mark.parametrize("draws", [True, False])
def test_new_results_replace_old_ones(tmp_path: Path, earlier: bool, draws: bool) -> None:
    stage = Stage(tmp_path, earlier=earlier, draws=draws)
    stage.publish()
    clear_up(stage.target)
    assert tree(tmp_path) == stage.after


@pytest.mark.parametrize("earlier", [True, False])
@pytest.mark.parametrize("draws", [True, False])
def test_whenever_a_run_is_killed_all_of_it_comes_or_none(
    tmp_path: Path, earlier: bool, draws: bool
) -> None:
    ends = []
    for change in range(200):
        stage = Stage(tmp_path / str(change), earlier=earlier, draws=draws)
        with killed_before(change) as made:
            try:
                stage.publish()
                break
            except KilledError:
                pass
        assert len(made) == change
        clear_up(stage.target)
        left = {name: text for name, text in tree(stage.folder).items() if name != "out"}
        ends.append(left == stage.after)
        assert ends[-1] or left == stage.before
        if not ends[-1]:
            stage.publish()
            clear_up(stage.target)
            assert tree(stage.folder) == stage.after
    # Until some change nothing has come, and from then on all has.
    assert ends == sorted(ends)
    assert ends.count(False) > 15
    assert True in ends


def test_who_moves_things_back_can_be_killed_too(tmp_path: Path) -> None:
    moments = 0
    for change in range(10, 200, 3):
        for again in range(200):
            stage = Stage(tmp_path / f"{change} {again}", earlier=True, draws=True)
            with killed_before(change):
                try:
                    stage.publish()
                    return
                except KilledError:
                    pass
            with killed_before(again):
                try:
                    clear_up(stage.target)
                    break
                except KilledError:
                    moments += 1
            clear_up(stage.target)
            assert tree(stage.folder) in (stage.before, stage.after)
    pytest.fail(f"{moments} moments were not enough")


def test_draws_that_were_begun_anew_since_are_not_overwritten(tmp_path: Path) -> None:
    stage = Stage(tmp_path, earlier=True, draws=True)
    with killed_before(30), pytest.raises(KilledError):
        stage.publish()
    assert not (tmp_path / ".out.draws" / "results.zarr").exists()
    fill(tmp_path / ".out.draws", {"results.zarr/a/c.0": "newer", "run.json": "newer"})
    clear_up(stage.target)
    left = tree(tmp_path)
    assert left[".out.draws/results.zarr/a/c.0"] == left[".out.draws/run.json"] == "newer"
    assert {name: left[name] for name in left if name.startswith("out/")} == {
        name: text for name, text in stage.before.items() if name.startswith("out/")
    }


def test_what_cannot_be_moved_back_now_can_be_later(tmp_path: Path) -> None:
    stage = Stage(tmp_path, earlier=True, draws=True)
    with killed_before(30), pytest.raises(KilledError):
        stage.publish()
    rename = os.rename

    def fail(source: Path, goal: Path) -> None:
        if goal.name == "summary.csv":
            raise OSError(errno.EIO, "Input/output error")
        rename(source, goal)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "rename", fail)
        with pytest.raises(OSError, match="Input/output error"):
            clear_up(stage.target)
    clear_up(stage.target)
    assert tree(tmp_path) == stage.before


def test_what_a_killed_drawing_left_goes_with_the_next(tmp_path: Path) -> None:
    (tmp_path / ".flatgov-abc" / "new").mkdir(parents=True)
    (tmp_path / ".flatgov-abc" / "lock").touch()
    (tmp_path / ".flatgov-draws").mkdir()
    with merged_into(tmp_path) as new:
        (new / "a.png").touch()
    assert {path.name for path in tmp_path.iterdir()} == {"a.png", ".flatgov-draws"}


def test_pictures_replace_those_of_the_same_name_only(tmp_path: Path) -> None:
    gallery = tmp_path / "gallery"
    gallery.mkdir()
    (gallery / "a.png").write_text("old")
    (gallery / "README.md").write_text("mine")
    with merged_into(gallery) as new:
        (new / "a.png").write_text("new")
    found = {path.name: path.read_text() for path in gallery.iterdir()}
    assert found == {"a.png": "new", "README.md": "mine"}
