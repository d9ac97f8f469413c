"""`flatgov check`: what it prints, writes and how it ends."""

from __future__ import annotations

import json
import os
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
    assert page.lower().startswith("<!doctype html>")
    assert "emptying time" in page


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("no.mdl",), "there is no file or folder 'no.mdl'"),
        (("tank.mdl", "--json", "nowhere/x.json"), "there is no folder 'nowhere'"),
        (("tank.mdl", "--html", "."), "is a folder"),
        (("tank.mdl", "--checks", "no.toml"), "no.toml: cannot be read"),
        (("",), "the name is empty"),
        (("tank.mdl", "--json", "x.json", "--html", "nowhere/y"), "there is no folder 'nowhere'"),
        (("tank.mdl", "--json", "x", "--html", "./x"), "is given twice"),
        (("tank.mdl", "--json", "-", "--html", "-"), "is given twice"),
    ],
)
def test_wrong_arguments_are_one_line(
    flatgov: Flatgov, tank: Path, arguments: tuple[str, ...], message: str
) -> None:
    status, out, err = flatgov("check", *arguments)
    assert status == 2
    assert message in out + err
    assert "Traceback" not in err


def test_nothing_is_written_or_checked_if_one_file_is_refused(
    flatgov: Flatgov, tank: Path, tmp_path: Path
) -> None:
    status, out, _ = flatgov("check", tank, "--json", "x.json", "--html", "nowhere/y.html")
    assert (status, out) == (2, "")
    assert not (tmp_path / "x.json").exists()


@pytest.mark.parametrize("option", ["--json", "--html"])
@pytest.mark.parametrize(
    "name",
    ["tank.mdl", "link.json", "hard.json", "policies.toml", "data.csv", "checks", "more.tab"],
)
def test_no_file_that_is_read_is_replaced(
    flatgov: Flatgov, tank: Path, tmp_path: Path, option: str, name: str
) -> None:
    (tmp_path / "link.json").symlink_to("tank.mdl")
    (tmp_path / "hard.json").hardlink_to(tank)
    (tmp_path / "checks").write_text("", encoding="utf-8")
    for other in ("policies.toml", "data.csv", "more.tab"):
        (tmp_path / other).write_text("x", encoding="utf-8")
    before = (tmp_path / name).read_bytes()
    status, out, err = flatgov("check", tank, "--checks", "checks", option, name)
    assert (status, out) == (2, "")
    assert f"{option}: '{name}' " in err
    assert (tmp_path / name).read_bytes() == before
    assert (tmp_path / "link.json").is_symlink()


def test_no_file_of_the_study_is_replaced_but_an_earlier_report(
    flatgov: Flatgov, write_study: Callable[..., Path]
) -> None:
    folder = write_study()
    (folder / "README").write_text("x", encoding="utf-8")
    assert flatgov("check", folder, "--draws", 0, "--json", folder / "README")[0] == 2
    assert (folder / "README").read_text(encoding="utf-8") == "x"
    (folder / "report.json").write_text("old", encoding="utf-8")
    flatgov("check", folder, "--draws", 0, "--json", folder / "report.json")
    assert json.loads((folder / "report.json").read_text(encoding="utf-8"))["schema"] == 1


def test_what_is_no_plain_file_stays(flatgov: Flatgov, tank: Path, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    (tmp_path / "link").symlink_to("pipe")
    for name in ("pipe", "link"):
        status, _, err = flatgov("check", tank, "--json", name)
        assert status == 2
        assert "is no plain file; name a file, or write - for standard output" in err
    assert pipe.is_fifo()
    assert (tmp_path / "link").is_symlink()


def test_a_link_stays_and_its_file_is_written(flatgov: Flatgov, tank: Path, tmp_path: Path) -> None:
    (tmp_path / "link.json").symlink_to("real.json")
    assert flatgov("check", tank, "--json", "link.json")[0] == 0
    assert (tmp_path / "link.json").is_symlink()
    assert json.loads((tmp_path / "real.json").read_text(encoding="utf-8"))["status"] == 0


def test_a_record_on_standard_output(flatgov: Flatgov, tank: Path, tmp_path: Path) -> None:
    status, out, err = flatgov("check", tank, "--json", "-")
    assert status == 0
    assert json.loads(out)["counts"]["error"] == 0
    assert f"{tank}: 0 errors" in err
    assert not (tmp_path / "-").exists()


def test_the_status_in_the_record_is_that_of_the_command(
    flatgov: Flatgov, tank: Path, tmp_path: Path
) -> None:
    tank.write_text(CLEAN.replace("Litre/Hour", "Hour/Litre"), encoding="utf-8")
    for options, wanted in (((), 0), (("--strict",), 1)):
        assert flatgov("check", tank, "--json", "x.json", *options)[0] == wanted
        record = json.loads((tmp_path / "x.json").read_text(encoding="utf-8"))
        assert (record["schema"], record["status"]) == (1, wanted)


def test_a_link_to_nothing(flatgov: Flatgov, tmp_path: Path) -> None:
    (tmp_path / "dead.mdl").symlink_to("gone.mdl")
    status, out, _ = flatgov("check", "dead.mdl")
    assert status == 2
    assert "'dead.mdl' is a link to 'gone.mdl', which is not there" in out
    assert "did you mean" not in out


@pytest.mark.usefixtures("tank")
def test_the_command_exists_in_help(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    assert "check" in capsys.readouterr().out
