"""No hostile file does harm: each ends in one line, or in right numbers, within bounds."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
if hasattr(os, "fork"):
    from hostile.runner import CASES
else:
    CASES = {}

_TESTS = Path(__file__).parents[1]
_GIB = 2**30


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
def test_hostile(name: str, ends: dict[str, dict[str, Any]]) -> None:
    found = ends[name]
    assert found["end"] in ("right", "refused"), found
    assert not found["canary"]
    assert "s3cret" not in found["says"]
    assert "\n" not in found["says"]
    assert "\x1b" not in found["says"]
    assert found["memory"] < _GIB, found


def test_there_are_enough_cases() -> None:
    assert len(CASES) >= 90
