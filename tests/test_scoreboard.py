from __future__ import annotations

from pathlib import Path

import pytest

import scoreboard

MODEL = """{UTF-8}
side: left, right ~ ~ |
Stock = INTEG(flow, 10) ~ ~ |
flow = 0.5 ~ ~ |
part[side] = Stock * weight[side] ~ ~ |
weight[left] = 1 ~ ~ |
weight[right] = 2 ~ ~ |
FINAL TIME = 2 ~ Year ~ |
INITIAL TIME = 0 ~ Year ~ |
TIME STEP = 1 ~ Year ~ |
SAVEPER = TIME STEP ~ Year ~ |
"""
RIGHT = 'Time,flow,"part[right]",Stock\n0,0.5,20,10\n1,,21,10.5\n2,,22,11.00001\n'


def run(
    folder: Path, table: str, capsys: pytest.CaptureFixture[str], model: str = MODEL
) -> tuple[int, str]:
    """Give the exit status and what is printed."""
    (folder / "model.mdl").write_text(model, encoding="utf-8")
    (folder / "output.csv").write_text(table, encoding="utf-8")
    status = scoreboard.main([str(folder)])
    return status, capsys.readouterr().out


def test_a_model_that_meets_its_reference_is_right(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, printed = run(tmp_path, RIGHT, capsys)
    assert status == 0
    assert printed.startswith("right         model.mdl  [3 columns]\n")


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("11.00001", "11.0002", "Stock (output.csv): at 2 expected 11.0002, got 11; 1 of 3 times"),
        ("20", "10", "part[right] (output.csv): at 0 expected 10, got 20; 1 of 3 times"),
        ("Stock", "Stack", "Stack (output.csv): no variable of this name in the model"),
        ("right", "up", "part[up] (output.csv): 'up' is no element of side in the model"),
        ("\n2,", "\n3,", "Stock (output.csv): at 3 expected 11.00001, got nan; 1 of 3 times"),
        ("0.5,", "0.4,", "flow (output.csv): at 0 expected 0.4, got 0.5; 3 of 3 times"),
    ],
)
def test_what_is_off_is_shown(
    old: str, new: str, line: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, printed = run(tmp_path, RIGHT.replace(old, new), capsys)
    assert status == 1
    assert line in printed


def test_a_refusal_is_no_failure(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, printed = run(tmp_path, RIGHT, capsys, MODEL.replace("0.5", "missing"))
    assert status == 0
    assert printed.startswith("refused       model.mdl  [0 columns] model.mdl, 'flow', line 4: ")


def test_random_numbers_are_not_compared(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    chance = MODEL.replace("flow = 0.5", "flow = RANDOM UNIFORM(0, 1, 1)")
    status, printed = run(tmp_path, RIGHT, capsys, chance)
    assert status == 0
    assert printed.startswith("not compared  model.mdl  [0 columns]")
    assert "left out: Stock (output.csv): it depends on random numbers" in printed
