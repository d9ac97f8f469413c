"""The line of a finding, with the offending text underlined."""

from __future__ import annotations

from pathlib import Path

import pytest

from flatgov.check.excerpt import Excerpt, excerpt
from flatgov.check.findings import Finding

MODEL = """{UTF-8}
first stock=
\tINTEG(in flow - \\
\t\tout_flow, 人口 * starting  value)
\t~\tPerson
\t~\tSays `a < b`. |
<eqn>if a &lt; b then 1 else 2</eqn>
"""


def shown(tmp_path: Path, line: int, text: str, content: str = MODEL) -> Excerpt | None:
    file = tmp_path / "model.mdl"
    file.write_text(content, encoding="utf-8")
    return excerpt(Finding("reading", "error", "wrong", str(file), "x", line, text))


@pytest.mark.parametrize(
    ("text", "line", "marked"),
    [
        ("in flow", 3, "in flow"),
        ("out flow", 4, "out_flow"),
        ("OUT_FLOW", 4, "out_flow"),
        ("starting value", 4, "starting  value"),
        ("人口", 4, "人口"),
        ("in flow - out flow", 3, "in flow -"),  # goes on in the next line
        ("flow", 3, "flow"),
        ("low", 2, ""),  # only as a part of other words
        ("", 2, ""),
    ],
)
def test_the_text_is_found_from_the_line_on(
    tmp_path: Path, text: str, line: int, marked: str
) -> None:
    found = shown(tmp_path, 2, text)
    assert found is not None
    assert (found.line, found.marked) == (line, marked)
    assert "\t" not in found.shown


def test_a_sign_that_xml_escapes(tmp_path: Path) -> None:
    found = shown(tmp_path, 7, "a < b")
    assert found is not None
    assert found.marked == "a &lt; b"


def test_a_place_outside_the_file_shows_nothing(tmp_path: Path) -> None:
    assert shown(tmp_path, 0, "x") is None
    assert shown(tmp_path, 99, "x") is None
    assert excerpt(Finding("reading", "error", "wrong", str(tmp_path / "no"), "x", 3)) is None


def test_nothing_that_moves_a_cursor_is_shown(tmp_path: Path) -> None:
    found = shown(tmp_path, 1, "x", "a\x1b[31m\u202e\x07 = x ~ ~ |")
    assert found is not None
    assert found.shown == "a·[31m·· = x ~ ~ |"


def test_long_lines_are_cut_around_the_text(tmp_path: Path) -> None:
    found = shown(tmp_path, 1, "wrong", "a + " * 100 + "wrong" + " + b" * 100)
    assert found is not None
    assert len(found.shown) < 170
    assert found.marked == "wrong"
    assert found.shown.startswith("…")


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    assert shown(tmp_path, 1, "a", "a = 1 ~ ~ |") != shown(tmp_path, 1, "a", "longer a = 1 ~ ~ |")
