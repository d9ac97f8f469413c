"""The command line from outside: exit status, standard output, standard error, files."""

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import pytest

from flatgov.cli import main


@dataclass
class Result:
    status: int
    out: str
    err: str


@pytest.fixture
def flatgov(capsys, monkeypatch, tmp_path):
    """Run the command line in an empty folder that holds the tiny study, if it was written."""
    monkeypatch.chdir(tmp_path)
    handler = signal.getsignal(signal.SIGTERM)

    def call(*arguments):
        capsys.readouterr()
        with pytest.raises(SystemExit) as stopped:
            main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return Result(stopped.value.code, captured.out, captured.err)

    yield call
    signal.signal(signal.SIGTERM, handler)


@pytest.fixture
def no_figures(monkeypatch):
    """Spare the time that figures take: one empty file stands for them."""

    def draw(ds, *rest, name="", notice=None, draws=None, helper=None):
        folder, format_ = next(p for p in rest if isinstance(p, Path)), rest[-1]
        ending = format_ if isinstance(format_, str) else "png"
        path = folder / f"drawn.{ending}"
        path.write_text(",".join(ds.data_vars))
        return [path]

    monkeypatch.setattr("flatgov.figures.draw_figures", draw)
    for name in ("draw_model_apart", "draw_model_figures"):
        monkeypatch.setattr(f"flatgov.figures.{name}", draw)
    monkeypatch.setattr("flatgov.figures.drawing_helper", nullcontext)


SUMMARY = """\
Staff [Person]
  policy  2020-01  2020-07  2022-01  end less now
  now       100.0    100.0    100.0           0.0
  hire      100.0    100.0    152.4         +52.4
  both      100.0    100.0    152.4         +52.4

load [Task/(Person*Month)]
  policy  2020-01  2020-07  2022-01  end less now
  now       1.000    1.000    1.000         0.000
  hire      1.000    1.000    0.656        -0.344
  both      1.000    1.000    0.656        -0.344
"""


def test_run_a_study(flatgov, write_study):
    write_study()
    result = flatgov("run", "office", "--workers", 1)
    assert (result.status, result.out) == (0, SUMMARY)
    lines = result.err.splitlines()
    assert lines[0].rpartition(":")[0] == "3 members"
    written = ["results.zarr", "summary.csv", "manifest.json", "figures"]
    wrote = [f"wrote results/office/{name}" for name in written]
    assert lines[1:] == [*wrote[:3], "drawing figures", wrote[3]]
    assert all(Path("results", "office", name).exists() for name in written)
    assert Path("results/office/figures/headline.png").stat().st_size > 10_000
    assert os.listdir("results") == ["office"]
    manifest = json.loads(Path("results/office/manifest.json").read_text(encoding="utf-8"))
    assert manifest["command"] == ["flatgov", "run", "office", "--workers", "1"]


def test_options_of_run(flatgov, write_study, no_figures):
    write_study()
    result = flatgov(
        *("run", "office", "-p", "hire", "--policy", "now", "--scenario", "busy"),
        *("--scenario", "calm", "--set", "TASKS=90", "--save", "staff", "--save", "tasks"),
        *("--out", "mine", "--figures", "gallery", "--engine", "pysd", "--workers", "1"),
    )
    assert result.status == 0
    assert "  hire    busy " in result.out
    assert "  now     calm " in result.out
    assert Path("gallery/drawn.png").read_text().startswith("Staff,hiring,")
    assert not Path("mine/figures").exists()
    kept = {path.name for path in Path("mine/results.zarr").iterdir() if path.is_dir()}
    assert kept == {"Staff", "tasks", "policy", "scenario", "time", "date"}
    assert not Path("results").exists()


def test_run_a_bare_model(flatgov, write_study, no_figures):
    write_study()
    result = flatgov("run", "office/office.mdl", "--set", "stay=25")
    assert result.status == 0
    assert result.out == "  stock  units       0     24\n  Staff  Person  100.0  115.5\n"
    assert Path("results/office/figures/drawn.png").exists()
    assert flatgov("figures", "results/office", "--format", "pdf").status == 0
    assert Path("results/office/figures/drawn.pdf").exists()
    result = flatgov("figures", "results/office", "--lang", "zh")
    line = "error: results/office: figures of a bare model are in English only; leave out --lang\n"
    assert (result.status, result.err) == (2, line)


def test_a_model_and_a_study_of_one_name_need_different_folders(flatgov, write_study, no_figures):
    write_study()
    assert flatgov("run", "office/office.mdl").status == 0
    result = flatgov("run", "office", "--workers", 1)
    assert (result.status, result.out) == (2, "")
    assert result.err == (
        "error: results/office: the folder holds results of a model, and this is a study; "
        "choose another --out\n"
    )


def test_damaged_results_are_not_drawn(flatgov, write_study, no_figures):
    write_study()
    flatgov("run", "office", "--workers", 1)
    shutil.rmtree("results/office/results.zarr/load")
    result = flatgov("figures", "results/office")
    assert result.status == 1
    assert "results.zarr: is not as flatgov wrote it" in result.err
    assert result.err.count("\n") == 1


def test_figures_carry_the_name_of_a_study_without_a_title(flatgov, write_study, monkeypatch):
    write_study(policies=('title = { en = "A tiny office", zh = "小机关" }\n', ""))
    titles = []
    monkeypatch.setattr(
        "flatgov.figures.draw_figures", lambda ds, study, *_, **__: titles.append(study.title["zh"])
    )
    flatgov("run", "office", "--workers", 1, "--out", "mine")
    flatgov("figures", "mine")
    assert titles == ["office", "office"]


def test_results_are_said_to_be_written_when_the_figures_fail(flatgov, write_study, monkeypatch):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device", "headline.png")

    monkeypatch.setattr("flatgov.figures.draw_figures", full)
    write_study()
    result = flatgov("run", "office", "--workers", 1)
    assert result.status == 1
    assert result.err.splitlines()[-3:] == [
        "wrote results/office/manifest.json",
        "drawing figures",
        "error: results/office/figures: the disk is full; make room and draw them again",
    ]


def test_figures_are_drawn_from_results_alone(flatgov, write_study, no_figures):
    folder = write_study()
    assert flatgov("run", "office", "--workers", 1).status == 0
    folder.rename(folder.parent / "elsewhere")
    result = flatgov("figures", "results/office", "--lang", "zh", "--format", "svg")
    assert (result.status, result.out) == (0, "")
    assert result.err == "drawing figures\nwrote results/office/figures\n"
    assert Path("results/office/figures/drawn.svg").exists()


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["run", "office", "-p", "hre"], "office: there is no policy 'hre'; did you mean 'hire'?"),
        (["run", "office", "--scenario", "bussy"], "there is no scenario 'bussy'; did you mean"),
        (
            ["run", "office", "--set", "stya=3"],
            "'stya' is not a variable of office/office.mdl; did",
        ),
        (["run", "office", "--set", "stay=0"], "'stay' would be 0, below the lower limit 1"),
        (["run", "office", "--set", "stay"], "--set: 'stay' is no NAME=VALUE with a number"),
        (["run", "office", "--set", "=3"], "--set: '=3' is no NAME=VALUE with a number"),
        (
            ["run", "office", "--set", "stay=1", "--set", "stay = 2"],
            "--set: 'stay' is given twice; keep one of them",
        ),
        (["run", "office", "--save", "lod"], "'lod' is not a variable of office/office.mdl; did"),
        (["run", "office/office.mdl", "--set", "stya=3"], "'stya' is not a variable of"),
        (["run", "office/office.mdl", "-p", "hire"], "--policy needs a study, and this is a bare"),
        (["run", "ofice"], "there is no file or folder 'ofice'; did you mean 'office'?"),
        (["run", "office/policies.toml"], "'.toml' is no ending of a model file; give one of .mdl"),
        (["run", "office", "--out", "office"], "the folder is not empty and holds no results"),
        (
            ["run", "office", "--figures", "office/office.mdl"],
            "office/office.mdl: is a file, and figures need a folder; choose another --figures",
        ),
        (
            ["run", "office/office.mdl", "--figures", "office/office.mdl/a"],
            "office/office.mdl: is a file, and figures need a folder; choose another --figures",
        ),
        (["run", "office", "--polcy", "hire"], "--polcy (Possible options: --policy)"),
        (["run", "office", "--engine", "fast"], "'fast' is not one of 'native', 'pysd'"),
        (["run", "office", "--workers", "0"], "Invalid value for '--workers'"),
        (["rnu"], "No such command 'rnu'. Did you mean 'run'?"),
        (["describe"], "Missing argument"),
        (["describe", "ofice"], "there is no file or folder 'ofice'; did you mean 'office'?"),
        (["figures", "office"], "office: holds no results; name a folder that `flatgov run` wrote"),
        (["figures", "office", "--lang", "fr"], "'fr' is not one of 'en', 'zh'"),
        (["new", "office"], "office: is not empty; name a new folder"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_mistake_is_one_line_and_status_2(flatgov, write_study, arguments, line):
    write_study()
    result = flatgov(*arguments)
    assert (result.status, result.out) == (2, "")
    assert result.err.startswith("error: ")
    assert line in result.err
    assert result.err.count("\n") == 1
    assert not Path("results").exists()


def test_a_broken_study_or_model_is_one_line_too(flatgov, write_study):
    write_study("a", policies=("value = 10.0", "value = "))
    assert flatgov("run", "a").err == "error: a/policies.toml:22:9: broken TOML: invalid value\n"
    write_study("b", office=("= tasks / Staff", "= tsks / Staff"))
    result = flatgov("run", "b")
    assert (result.status, result.err.count("\n")) == (2, 1)
    assert "tsks" in result.err
    assert "'tasks'" in result.err


WITHOUT_STAY = {
    "office": ("stay = 20 ~ Month [1,?]", "stay = 20 ~ Month"),
    "policies": (
        'variable = "hiring rate"\noperation = "set"\nvalue = 10.0\nunits = "Person/Month"',
        'variable = "stay"\noperation = "set"\nvalue = 0.0\nunits = "Month"',
    ),
}


def test_a_failed_member_is_status_1_and_the_others_are_written(flatgov, write_study, no_figures):
    """With a stay that goes down to 0, people leave ever faster, in the end infinitely so."""
    write_study(**WITHOUT_STAY)
    result = flatgov("run", "office")
    assert result.status == 1
    reason = "'leaving' (line 5) is infinite at time 12"
    last = f"error: office/office.mdl: policy 'hire' under 'calm' failed: {reason} (and 1 more)"
    assert result.err.splitlines()[-1] == last
    assert "  now       100.0    100.0    100.0           0.0\n" in result.out
    assert "  hire      100.0    100.0        -             -\n" in result.out
    manifest = json.loads(Path("results/office/manifest.json").read_text())
    assert manifest["failed"] == [
        {"policy": policy, "scenario": "calm", "reason": reason} for policy in ("hire", "both")
    ]
    assert Path("results/office/figures/drawn.png").exists()


def test_a_member_that_fails_in_pysd_is_a_line_of_the_table_without_numbers(
    flatgov, write_study, no_figures
):
    write_study(**WITHOUT_STAY)
    result = flatgov("run", "office", "--engine", "pysd", "--workers", 1)
    assert result.status == 1
    assert "  hire          -        -        -             -\n" in result.out
    assert "division by zero at time 12 (and 1 more)" in result.err.splitlines()[-1]


def test_a_full_disk_is_one_line_and_status_1(flatgov, write_study, monkeypatch):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device", "results.zarr")

    monkeypatch.setattr("flatgov.run.store.write_results", full)
    write_study()
    result = flatgov("run", "office", "--workers", 1)
    assert (result.status, result.out) == (1, "")
    assert result.err.splitlines()[-1] == "error: results.zarr: No space left on device"


PYSD = ("--engine", "pysd", "--workers", 1)


@pytest.fixture
def interrupted(flatgov, write_study, monkeypatch, no_figures):
    """Interrupt a run at its second member; give the list that counts the simulations."""
    from flatgov.run import oracle

    simulate, calls = oracle.simulate, []

    def stop_at_the_second(model, changes, time):
        calls.append(changes)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return simulate(model, changes, time)

    monkeypatch.setattr(oracle, "simulate", stop_at_the_second)
    write_study()
    result = flatgov("run", "office", *PYSD)
    assert result.status == 130
    last = "error: interrupted; `--resume` goes on with the members that are finished"
    assert result.err.splitlines()[-1] == last
    assert not Path("results/office").exists()
    return calls


def test_an_interrupted_run_is_resumed(flatgov, interrupted):
    assert flatgov("run", "office", *PYSD, "--resume").out == SUMMARY
    assert len(interrupted) == 4
    assert os.listdir("results") == ["office"]


def test_without_resume_a_run_starts_afresh(flatgov, interrupted):
    assert flatgov("run", "office", *PYSD).out == SUMMARY
    assert len(interrupted) == 5
    assert os.listdir("results") == ["office"]


@pytest.mark.parametrize("mistake", [("--set", "stya=3"), ("-p", "hre"), ("--scenario", "bussy")])
def test_a_mistake_does_not_cost_the_members_of_an_interrupted_run(flatgov, interrupted, mistake):
    assert flatgov("run", "office", *mistake, *PYSD).status == 2
    assert flatgov("run", "office", *PYSD, "--resume").out == SUMMARY
    assert len(interrupted) == 4
    assert os.listdir("results") == ["office"]


def test_describe(flatgov, write_study):
    folder = write_study()
    result = flatgov("describe", folder / "office.mdl")
    assert (result.status, result.err) == (0, "")
    blocks = result.out.split("\n\n")
    assert blocks[0] == (
        "Staff [Person] stock\n    = INTEG(hiring - leaving, 100)\n    People at work."
    )
    assert [block.partition(" [")[0] for block in blocks][-1] == "effect of load"
    assert len(blocks) == 8
    assert flatgov("describe", folder).out == result.out


def test_new_copies_the_longgang_study(flatgov, monkeypatch, tmp_path):
    from flatgov.study.bundled import longgang_folder

    result = flatgov("new", "mine/study")
    assert (result.status, result.out) == (0, "")
    source = longgang_folder()
    names = {path.name for path in source.iterdir() if path.is_file()}
    assert {path.name for path in Path("mine/study").iterdir()} == names
    assert all((Path("mine/study") / n).read_bytes() == (source / n).read_bytes() for n in names)
    assert result.err.splitlines()[-1] == "run it with `flatgov run mine/study`"


@pytest.mark.skipif(
    not os.path.isdir("/proc/self"), reason="there is no /proc, the folder that nobody can write in"
)
@pytest.mark.parametrize(
    ("arguments", "fix"),
    [
        (("new", "/proc/x"), "name another folder"),
        (("run", "office", "--out", "/proc/x"), "choose another --out"),
    ],
)
def test_a_folder_that_cannot_be_made_is_a_mistake(flatgov, write_study, arguments, fix):
    write_study()
    result = flatgov(*arguments)
    assert result.status == 2
    assert result.err.startswith("error: /proc/x: cannot be written: ")
    assert result.err.endswith(f"; {fix}\n")


def test_the_command_that_new_gives_can_be_pasted(flatgov):
    result = flatgov("new", "a b/x")
    assert result.err.splitlines()[-1] == "run it with `flatgov run 'a b/x'`"


def test_without_an_argument_the_study_under_this_folder_runs(flatgov, write_study, no_figures):
    folder = write_study()
    Path("sd_models").mkdir()
    folder.rename("sd_models/longgang")
    assert flatgov("run", "--workers", 1).out == SUMMARY
    assert Path("results/longgang/manifest.json").exists()


def test_version_and_help(flatgov):
    from flatgov import __version__

    assert flatgov("--version").out == f"flatgov {__version__}\n"
    result = flatgov()
    assert (result.status, result.err) == (0, "")
    assert all(command in result.out for command in ("run", "describe", "figures", "new"))
    assert flatgov("--help").out == result.out


def test_help_imports_nothing_heavy():
    heavy = {"numpy", "pysd", "xarray", "pandas", "matplotlib", "pydantic", "zarr"}
    code = f"import sys, flatgov.cli; print(sorted({heavy} & set(sys.modules)))"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
