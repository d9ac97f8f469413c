"""Every mistake of a model file, in the form that tests compare."""

from __future__ import annotations

from pathlib import Path

import pytest

from flatgov.errors import FlatgovError, Place
from flatgov.reading import load_model

Mistake = tuple[int, str, str, str]


def mistakes(path: Path) -> list[Mistake]:
    """Give line, variable, message and offending text of each; the text must stand in the file."""
    with pytest.raises(FlatgovError) as caught:
        load_model(path)
    lines = path.read_text(encoding="utf-8").splitlines()
    found = []
    for error in caught.value.all:
        assert isinstance(error.where, Place), error
        assert error.where.file == str(path)
        where = error.where
        assert error.text in "\n".join(lines[max(where.line - 1, 0) :]), error
        message = str(error).removeprefix(f"{where}: ")
        found.append((where.line, where.variable, message, error.text))
    return found
