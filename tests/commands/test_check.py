"""`flatgov check`: what it prints, writes and how it ends."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from flatgov.cli import main

Flatgov = Callable[..., tuple[int, str, str]]

CLEAN = """{UTF-8}
tank = INTEG(-outflow, first tank) ~ Litre [0,?] ~ Water in the tank. |
first tank = 100 ~ Litre [0,?] ~ Assumption, range 50 to 150. |
outflow = tank / emptying time ~ Litre/Hour ~ Water that runs out. |
emptying time = 8 ~ Hour [1,?] ~ Assumption, range 4 to 16. |
INITIAL TIME = 0 ~ Hour ~ |
FINAL TIME = 24 ~ Hour ~ |
TIME STEP = 0.0625 ~ Hour ~ |
SAVEPER = 1 ~ Hour ~ |
"""


@pytest.fixture
def tank(tmp_path: Path) -> Path:
    file = tmp_path / "tank.mdl"
    file.write_text(CLEAN, encoding="utf-8")
    return file


def test_a_clean_model(flatgov: Flatgov, tank: Path) -> None:
    status, out, err = flatgov("check", tank, "--strict")
    assert (status, err) == (0, "")
    assert f"{tank}: 0 errors, 0 warnings" in out


def test_all_mistakes_of_a_file_at_once_and_status_2(flatgov: Flatgov, tank: Path) -> None:
    text = CLEAN.replace("/ emptying time", "/ emptyin time").replace("-outflow", "-outflw")
    tank.write_text(text, encoding="utf-8")
    status, out, err = flatgov("check", tank)
    assert (status, err) == (2, "")
    assert "  2 | tank = INTEG(-outflw, first tank)" in out
    assert "    |               ^^^^^^\n  did you mean 'outflow'?" in out
    assert "did you mean 'emptying time'?" in out
    assert f"{tank}: 2 errors" in out


def test_warnings_fail_only_if_strict(flatgov: Flatgov, tank: Path) -> None:
    tank.write_text(CLEAN.replace("Litre/Hour", "Hour/Litre"), encoding="utf-8")
    status, out, _ = flatgov("check", tank)
    assert status == 0
    assert "warning: " in out
    assert flatgov("check", tank, "--strict")[0] == 1


def test_files_for_machines_and_people(flatgov: Flatgov, tank: Path, tmp_path: Path) -> None:
    status, _, err = flatgov("check", tank, "--json", "report.json", "--html", "report.html")
    assert (status, err) == (0, "wrote report.json\nwrote report.html\n")
    record = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert record["counts"]["error"] == 0
    assert record["command"].startswith("flatgov check ")
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>")
    assert "emptying time" in page


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("no.mdl",), "there is no file or folder 'no.mdl'"),
        (("tank.mdl", "--json", "nowhere/x.json"), "there is no folder 'nowhere'"),
        (("tank.mdl", "--html", "."), "is a folder"),
        (("tank.mdl", "--checks", "no.toml"), "no.toml: cannot be read"),
    ],
)
def test_wrong_arguments_are_one_line(
    flatgov: Flatgov, tank: Path, arguments: tuple[str, ...], message: str
) -> None:
    status, out, err = flatgov("check", *arguments)
    assert status == 2
    assert message in out + err
    assert "Traceback" not in err


@pytest.mark.usefixtures("tank")
def test_the_command_exists_in_help(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    assert "check" in capsys.readouterr().out
