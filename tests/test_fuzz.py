"""A short, always equal piece of `tests/fuzz.py`."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytestmark = pytest.mark.skipif(os.name == "nt", reason="fuzz.py measures with Unix's means")
if os.name != "nt":
    from fuzz import try_one


@settings(max_examples=60, derandomize=True, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_only_errors_of_flatgov_come_out(seed: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        assert try_one(seed, Path(folder)).endswith(("right", "refused"))
