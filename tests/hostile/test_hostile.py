"""No hostile file does harm: each ends in one line, or in right numbers, within bounds.

Most cases take little and run here, in this process. The heavy ones run with ``-m slow``, as do
all once more, each in a process of its own with bounded memory and time.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from flatgov import FlatgovError

if os.name == "nt":
    pytest.skip("the cases make pipes and links", allow_module_level=True)

from hostile.expected import HEAVY, REFUSED
from hostile.routes import CANARY
from hostile.runner import CASES

_TESTS = Path(__file__).parents[1]
_GIB = 2**30
_SECONDS = 10  # of processor time for a light case; the slowest takes less than one


@pytest.fixture
def hurried() -> Iterator[None]:
    """End a case that hangs."""

    def end(number: int, frame: FrameType | None) -> None:
        raise TimeoutError(f"more than {_SECONDS} s")

    before = signal.signal(signal.SIGPROF, end)
    signal.setitimer(signal.ITIMER_PROF, _SECONDS)
    yield
    signal.setitimer(signal.ITIMER_PROF, 0)
    signal.signal(signal.SIGPROF, before)


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize("name", [name for name in CASES if name not in HEAVY])
def test_light(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "case"
    place.mkdir()
    (tmp_path / "secret.csv").write_text("0,s3cret\n1,2\n", encoding="utf-8")
    monkeypatch.chdir(place)
    says = ""
    try:
        CASES[name](place)
    except FlatgovError as error:
        says = str(error)
    assert not (tmp_path / CANARY).exists()
    _check(name, says)


@pytest.fixture(scope="module")
def ends() -> dict[str, dict[str, Any]]:
    """Run all cases in one go, each in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "hostile.runner"],
        cwd=_TESTS,
        capture_output=True,
        text=True,
        check=True,
    )
    found = map(json.loads, done.stdout.splitlines())
    return {one["name"]: one for one in found}


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_bounded(name: str, ends: dict[str, dict[str, Any]]) -> None:
    found = ends[name]
    assert found["end"] in ("right", "refused"), found
    assert not found["canary"]
    assert found["memory"] < _GIB, found
    _check(name, found["says"])


def _check(name: str, says: str) -> None:
    """A case is refused for what it is about, in one line without signs that steer a terminal."""
    assert bool(says) == (name in REFUSED), says[:1000]
    assert REFUSED.get(name, "") in says, says[:1000]
    assert "s3cret" not in says
    assert says.isprintable()


def test_there_are_enough_cases() -> None:
    assert len(CASES) >= 300
    assert CASES.keys() >= REFUSED.keys() | HEAVY
    assert len(HEAVY) < 60
