from __future__ import annotations

import difflib
import random
from pathlib import Path

import pytest

from flatgov import FlatgovError
from flatgov.cli import main
from flatgov.commands.printing import note, write_out
from flatgov.errors import nearest_names
from flatgov.names import as_cell, canonical, printable

STEERING = "a\x1b[2Jb\u202ec\x07d\x9be\u2066\ufeff"


@pytest.mark.parametrize("write", [note, write_out])
def test_what_is_written_cannot_steer_a_terminal(
    write: object, capsys: pytest.CaptureFixture[str]
) -> None:
    assert callable(write)
    write(f"{STEERING}\tof\n两行")
    captured = capsys.readouterr()
    text = captured.out + captured.err
    assert text == "a\\x1b[2Jb\\u202ec\\x07d\\x9be\\u2066\\ufeff\tof\n两行\n"


def test_describe_and_errors_cannot_steer_a_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "m.mdl"
    control = "\n".join(
        f"{name} = 1 ~ ~ |" for name in ("INITIAL TIME", "FINAL TIME", "TIME STEP", "SAVEPER")
    )
    path.write_text('{UTF-8}\n"x\u202ey" = 1 ~ \x1b[2J ~ \x1b]0;t\x07 |\n' + control)
    for arguments in (["describe", str(path)], ["check", str(path)], ["describe", f"{path}\x1b"]):
        with pytest.raises(SystemExit):
            main(arguments)
        captured = capsys.readouterr()
        text = captured.out + captured.err
        assert text
        assert printable(text) == text


def test_messages_are_bounded() -> None:
    assert len(str(FlatgovError("x" * 1_000_000, where="y" * 1_000_000))) < 5000


def test_cells_are_no_formulas() -> None:
    assert as_cell("=1+1") == "'=1+1"
    assert as_cell("@x") == "'@x"
    assert as_cell("-1.5") == "-1.5"
    assert as_cell(-1.5) == -1.5


def test_nearest_names_are_those_of_difflib() -> None:
    chance = random.Random(5)
    words = ["population", "birth", "rate", "capital", "food", "land", "time", "effect", "table"]
    names = sorted({" ".join(chance.choices(words, k=chance.randint(1, 4))) for _ in range(3000)})
    assert len(names) > 1000
    for _ in range(30):
        letters = list(chance.choice(names))
        letters[chance.randrange(len(letters))] = chance.choice("abcxyz")
        wrong = canonical("".join(letters))
        for count in (1, 3):
            right = difflib.get_close_matches(wrong, names, n=count, cutoff=0.6)
            assert nearest_names(wrong, names, count) == tuple(right)
