from __future__ import annotations

from pathlib import Path

import pytest

import false_alarms

CUP = """{UTF-8}
cup = INTEG(-loss, 80) ~ Degree ~ How warm it is. |
loss = (cup - room) / time to cool ~ Degree/Minute ~ Newton's law of cooling. |
room = 20 ~ Degree ~ Measured. |
time to cool = 10 ~ Minute ~ Measured. |
INITIAL TIME = 0 ~ Minute ~ |
FINAL TIME = 30 ~ Minute ~ |
TIME STEP = 0.125 ~ Minute ~ |
SAVEPER = 1 ~ Minute ~ |
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "cup.mdl").write_text(CUP)
    wrong = CUP.replace("room = 20 ~ Degree ~", "room = 20 ~ Degree [0,10] ~")
    (tmp_path / "warm.mdl").write_text(wrong + "spare = 3 ~ Dmnl ~ Nobody uses it. |\n")
    (tmp_path / "notes.txt").write_text("no model")
    return tmp_path


def test_every_model_below_the_folder_is_checked(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert false_alarms.main([str(folder)]) == 0
    printed = capsys.readouterr().out
    first, second = printed.split("\n\n")[:2]
    assert first.startswith(f"{folder}/below/cup.mdl: 4 variables, 0/0/")
    assert "warning [" not in first
    assert "note [" not in first
    assert f"{folder}/warm.mdl: 5 variables, 0/2/" in second
    assert "limits                         0/1/0" in second
    assert "warning [limits] 4, 'room': 'room' is 20 Degree, above the upper limit 10" in second
    assert "warning [unused] 10, 'spare'" in second


def test_totals_count_all_models(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    false_alarms.main([str(folder), "--notes"])
    printed = capsys.readouterr().out
    assert "  note [undocumented]" not in printed
    assert "  note [equilibrium start] 2, 'cup'" in printed
    rows = {line.split()[0]: line.split()[1:] for line in printed.splitlines() if line}
    assert rows["limits"] == ["0", "1", "0", "1"]
    assert rows["unused"] == ["0", "1", "0", "1"]
    assert "\n2 models checked, 0/2/" in printed


def test_what_cannot_be_read_or_breaks_is_listed(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "below" / "cup.mdl").write_text(CUP.replace("loss, 80", "los, 80"))
    assert false_alarms.main([str(folder), "--only", "cup"]) == 0
    printed = capsys.readouterr().out
    assert f"not read: {folder}/below/cup.mdl: the variable 'los' is not defined\n" in printed
    assert "0 models checked" in printed

    def broken(path: Path) -> None:
        raise ZeroDivisionError("a fault of the program")

    monkeypatch.setattr(false_alarms, "make_report", broken)
    assert false_alarms.main([str(folder), "--only", "warm"]) == 1
    assert "warm.mdl: ZeroDivisionError: a fault of the program" in capsys.readouterr().out
