"""The line of a finding, with the offending text underlined."""

from __future__ import annotations

from pathlib import Path

import pytest

from flatgov.check.excerpt import Excerpt, excerpt
from flatgov.check.findings import Finding, from_error
from flatgov.errors import StudyError
from flatgov.study.toml import read_toml

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


@pytest.mark.parametrize(
    ("content", "line", "text", "columns"),
    [
        ("a =\n\t\tb + wrong ~ ~ |", 1, "wrong", (2, 7, 12)),
        ("a = " + "b + " * 100 + "wrong", 1, "wrong", (1, 405, 410)),
        ("\ufeffwrong = 1", 1, "wrong", (1, 1, 6)),
        ("a = b", 1, "wrong", (1, 0, 0)),
    ],
)
def test_columns_are_those_of_the_file(
    tmp_path: Path, content: str, line: int, text: str, columns: tuple[int, int, int]
) -> None:
    found = shown(tmp_path, line, text, content)
    assert found is not None
    assert (found.line, found.column, found.end_column) == columns


VENSIM = """capacity = 5e ~ ~ |
other = e + "e|f" + last ~ ~ |
"e|f" = {a | b} last ~ ~ | last = e ~ ~ |
"""
XMILE = """<aux name="a"><eqn>1</eqn>
 <gf><ypts>1</ypts></gf><units>q</units></aux>
<aux name="b"/> <aux name="c">
 <eqn>q</eqn></aux>
<aux name="q"/>
"""
TOML = """[a]
one = [
  "x", ["y"],
]
two = "q"
[[b]]
three = "y"
"""


@pytest.mark.parametrize(
    ("ending", "content", "name", "line", "text", "marked"),
    [
        ("mdl", VENSIM, "capacity", 1, "e", None),
        ("mdl", VENSIM, "other", 2, "last", 2),
        ("mdl", VENSIM, "other", 2, "a", None),
        ("mdl", VENSIM, "e|f", 3, "last", 3),
        ("mdl", VENSIM, "last", 3, "e", 3),
        ("xmile", XMILE, "a", 1, "q", 2),
        ("xmile", XMILE, "a", 1, "c", None),
        ("xmile", XMILE, "b", 3, "q", None),
        ("xmile", XMILE, "c", 3, "q", 4),
        ("xmile", XMILE, "c", 4, "q", 4),
        ("toml", TOML, "a.one", 2, "y", 3),
        ("toml", TOML, "a.one", 2, "q", 2),  # the value
        ("toml", TOML, "b", 6, "q", None),
        ("toml", TOML, "a", 1, "q", 5),
        ("toml", TOML, "a", 1, "three", None),
    ],
)
def test_the_text_is_looked_for_in_its_definition_only(
    tmp_path: Path, ending: str, content: str, name: str, line: int, text: str, marked: int | None
) -> None:
    file = tmp_path / f"model.{ending}"
    file.write_text(content, encoding="utf-8")
    found = excerpt(Finding("reading", "error", "wrong", str(file), name, line, text))
    assert found is not None
    assert (found.line, bool(found.column)) == (marked or line, marked is not None)


def test_a_text_that_ends_within_a_word(tmp_path: Path) -> None:
    found = shown(tmp_path, 1, "(birth rate * popul", "births = (birth rate * population ~ ~ |")
    assert found is not None
    assert found.marked == "(birth rate * popul"


@pytest.mark.parametrize(
    ("content", "marked"),
    [("a = 1\nb = 1,5 # c", "1,5"), ('a = 1\nb "c', '"c'), ("a = 1\nb = \nc = 1", "=")],
)
def test_broken_toml_is_marked_where_it_breaks(tmp_path: Path, content: str, marked: str) -> None:
    file = tmp_path / "checks.toml"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(StudyError) as caught:
        read_toml(file)
    found = excerpt(from_error(caught.value, "reading"))
    assert found is not None
    assert (found.line, found.marked) == (2, marked)


@pytest.mark.parametrize("encoding", ["gb18030", "utf-16"])
def test_a_model_in_another_encoding(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "model.mdl"
    file.write_bytes("人口 = 出生率 + 死亡率 ~ ~ |".encode(encoding))
    found = excerpt(Finding("reading", "error", "wrong", str(file), "人口", 1, "死亡率"))
    assert found is not None
    assert (found.marked, found.column) == ("死亡率", 12)


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    assert shown(tmp_path, 1, "a", "a = 1 ~ ~ |") != shown(tmp_path, 1, "a", "longer a = 1 ~ ~ |")
