"""The cache of models that were read before."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from flatgov.model import Number, Table
from flatgov.reading import cache, load, load_model

Write = Callable[..., Path]

MODEL = """{UTF-8}
:MACRO: HALF(x)
HALF = x / two ~ x ~ |
two = 2 ~~|
:END OF MACRO:
D: d1, d2 -> E ~~|
E: e1, e2 ~~|
s[D] = INTEG(HALF(f(Time)) - g[D], 1) ~ People [0,?] ~ A "stock" – 人. |
f((0,1),(9,2)) ~~|
g[D] :EXCEPT: [d1] = :NA: * -1e-300 ~~|
g[d1] = WITH LOOKUP(Time, ((0,1),(2,3))) ~~|
t[D, E] = 1, 2; 3, 4; ~~|
c := GET DIRECT DATA('c.csv', ',', 'A', 'B1') ~~|
plain = 0.1 ~~|
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "c.csv").write_text("0,1\n2,4\n")
    monkeypatch.setenv("FLATGOV_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache" / "models"


@pytest.fixture
def parses(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note every file that is parsed."""
    seen: list[str] = []
    original = load._parse.__wrapped__

    def parse(source: bytes, ending: str, file: str) -> object:
        seen.append(file)
        return original(source, ending, file)

    monkeypatch.setattr(load, "_parse", parse)
    return seen


def entries(folder: Path) -> list[Path]:
    return sorted(folder.glob("*"))


def test_a_kept_model_is_the_same_to_the_last_bit(
    write: Write, folder: Path, parses: list[str]
) -> None:
    path = write(MODEL)
    first, second = load_model(path), load_model(path)
    assert len(parses) == 1
    assert len(entries(folder)) == 1
    # repr has every field and bit; equality would take NaN for different.
    assert repr(second) == repr(first)
    assert second.source == first.source
    assert second.hash == first.hash
    assert second.files.keys() == {"c.csv"}
    assert second.macros["HALF"].variables["two"].equations[0].expression == Number(2.0)
    assert second.mappings == {"D": {"E": ("e1", "e2")}}


def test_another_name_or_folder_shares_the_entry(
    write: Write, parses: list[str], tmp_path: Path
) -> None:
    load_model(write("a = 1 ~~|"))
    (tmp_path / "b").mkdir()
    moved = tmp_path / "b" / "other.mdl"
    moved.write_bytes((tmp_path / "model.mdl").read_bytes())
    model = load_model(moved)
    assert (model.name, model.path) == ("other", str(moved))
    assert len(parses) == 1


def test_a_changed_model_is_read_again(write: Write, parses: list[str]) -> None:
    load_model(write("a = 1 ~~|"))
    model = load_model(write("a = 2 ~~|"))
    assert model.variables["a"].equations[0].expression == Number(2.0)
    assert len(parses) == 2


def test_a_changed_file_that_the_model_reads_is_read_again(write: Write, tmp_path: Path) -> None:
    path = write(MODEL)
    load_model(path)
    (tmp_path / "c.csv").write_text("0,1\n2,5\n")
    model = load_model(path)
    assert model.variables["c"].equations[0].expression == Table((0.0, 2.0), (1.0, 5.0))
    (tmp_path / "c.csv").unlink()
    with pytest.raises(Exception, match=r"'c\.csv' cannot be read"):
        load_model(path)


@pytest.mark.parametrize(
    "damage",
    [
        lambda good: b"",
        lambda good: good[: len(good) // 2],
        lambda good: good[:-10] + b"0123456789",
        lambda good: b"[1, 2]",
        lambda good: b"\x80\x04" + good,
    ],
)
def test_a_damaged_entry_is_written_anew(
    write: Write, folder: Path, parses: list[str], damage: Callable[[bytes], bytes]
) -> None:
    path = write(MODEL)
    load_model(path)
    (entry,) = entries(folder)
    good = entry.read_bytes()
    entry.write_bytes(damage(good))
    assert list(load_model(path).variables) == ["s", "f", "g", "t", "c", "plain"]
    assert len(parses) == 2
    assert entries(folder) == [entry]
    assert entry.read_bytes() == good


def test_an_entry_of_another_form_is_ignored(write: Write, folder: Path, parses: list[str]) -> None:
    path = write("a = 1 ~~|")
    load_model(path)
    (entry,) = entries(folder)
    for payload in (b"{}", b"[]", b'{"variables": [1]}', b"[" * 100_000):
        entry.write_bytes(hashlib.sha256(payload).hexdigest().encode() + b"\n" + payload)
        assert list(load_model(path).variables) == ["a"]
    assert len(parses) == 5


def test_a_wrong_model_is_not_kept(write: Write, folder: Path) -> None:
    path = write("a = b ~~|")
    messages = []
    for _ in range(2):
        with pytest.raises(Exception, match="'b' is not defined") as caught:
            load_model(path)
        messages.append(str(caught.value))
    assert messages[0] == messages[1]
    assert entries(folder) == []


def test_without_a_folder_models_are_read_all_the_same(
    write: Write, parses: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = write("a = 1 ~~|")
    monkeypatch.setenv("FLATGOV_CACHE_DIR", "")
    assert [list(load_model(path).variables) for _ in range(2)] == [["a"], ["a"]]
    monkeypatch.setenv("FLATGOV_CACHE_DIR", str(tmp_path / "c.csv"))
    assert list(load_model(path).variables) == ["a"]
    assert len(parses) == 3


def test_a_full_disk_leaves_no_litter(
    write: Write, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(source: object, target: object) -> None:
        raise OSError("full")

    monkeypatch.setattr(os, "replace", fail)
    assert list(load_model(write("a = 1 ~~|")).variables) == ["a"]
    assert entries(folder) == []


def test_the_oldest_entries_go(write: Write, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "_MOST", 2)
    for value in range(4):
        load_model(write(f"a = {value} ~~|"))
    assert len(entries(folder)) == 2


HEAVY = ("pysd", "pandas", "parsimonious", "lxml", "xarray", "openpyxl")


def test_processes_share_entries_and_need_no_parser_for_them(write: Write, folder: Path) -> None:
    path = write(MODEL)
    code = (
        "import sys, flatgov\n"
        "model = flatgov.load_model(sys.argv[1])\n"
        f"print(len(model.variables), [name for name in {HEAVY!r} if name in sys.modules])"
    )
    run = [sys.executable, "-c", code, str(path)]
    pair = [subprocess.Popen(run, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    assert all(one.communicate()[0].startswith("6 ['pysd'") for one in pair)
    assert len(entries(folder)) == 1
    last = subprocess.run(run, capture_output=True, text=True, check=True)
    assert last.stdout == "6 []\n"


# FINAL TIME that changes is lowered to find its first value.
USES_ALL = """
:MACRO: M(x) M = x ~~| :END OF MACRO:
D: d1, d2 ~~| f((0,1),(9,2)) ~~| c := GET DIRECT DATA('c.csv', ',', 'A', 'B1') ~~|
a[D] = M(f(Time)) ~~| b = SUM(a[D!]) ~~|
INITIAL TIME = 0 ~~| TIME STEP = 1 ~~| SAVEPER = 1 ~~|
FINAL TIME = IF THEN ELSE(Time > 3, 4, 9) ~~|
"""
OWN_MODULES = """
import sys, flatgov
from flatgov.reading.cache import modules
flatgov.load_model(sys.argv[1])
known = {str(path) for path in modules()}
used = [module.__file__ for name, module in sys.modules.items() if name.startswith("flatgov")]
print(len(used), [path for path in used if path not in known])
"""


def test_the_key_covers_every_module_that_reading_uses(write: Write) -> None:
    run = [sys.executable, "-c", OWN_MODULES, str(write(USES_ALL))]
    done = subprocess.run(run, capture_output=True, text=True, check=True)
    count, missing = done.stdout.split(" ", 1)
    assert int(count) > 40
    assert missing == "[]\n"


def test_another_state_of_a_module_has_another_key(
    write: Write, folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = write("a = 1 ~~|")
    load_model(path)
    changed = tmp_path / "names.py"
    changed.write_text("other")
    files = [changed if one.name == "names.py" else one for one in cache.modules()]
    monkeypatch.setattr(cache, "modules", lambda: files)
    cache._readers.cache_clear()
    load_model(path)
    cache._readers.cache_clear()
    assert len(entries(folder)) == 2
