"""What a study is refused with."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import flatgov as fg


@pytest.fixture
def refusal(write_study: Callable[..., Path]) -> Callable[..., str]:
    """Write a wrong study and give the message, its folder as the start left out."""

    def message(**replacements: tuple[str, str]) -> str:
        folder = write_study(**replacements)
        with pytest.raises(fg.StudyError) as caught:
            fg.open_study(folder)
        line = str(caught.value)
        assert line.startswith(f"{folder}/")
        return line.removeprefix(f"{folder}/").replace(str(folder), "{folder}")

    return message
