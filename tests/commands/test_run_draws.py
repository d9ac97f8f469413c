"""`flatgov run` with draws, from outside."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from flatgov.cli import main
from flatgov.run.store import read_base, read_results

UNCERTAINTY = """\
[parameters.stay]
distribution = "triangular"
low = 10.0
high = 30.0
reason = "Nobody has asked."
[[changes]]
policy = "hire"
variable = "hiring rate"
distribution = "uniform"
low = 8.0
high = 12.0
reason = "The budget is not settled."
"""


@dataclass
class Result:
    status: int
    out: str
    err: str


@pytest.fixture
def flatgov(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    write_study: Callable[..., Path],
) -> Iterator[Callable[..., Result]]:
    """The command line in a folder with a study `office`, without the time that figures take."""
    folder = write_study()
    (folder / "uncertainty.toml").write_text(UNCERTAINTY, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("flatgov.figures.draw_figures", lambda *_, **__: [])
    monkeypatch.setattr("flatgov.figures.drawing_helper", nullcontext)
    handler = signal.getsignal(signal.SIGTERM)

    def call(*arguments: object) -> Result:
        capsys.readouterr()
        with pytest.raises(SystemExit) as stopped:
            main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return Result(int(stopped.value.code or 0), captured.out, captured.err)

    yield call
    signal.signal(signal.SIGTERM, handler)


def chunks(folder: Path) -> dict[str, bytes]:
    """The files of an ensemble, but for the time at which it was made."""
    found = {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted((folder / "results.zarr").rglob("*"))
        if path.is_file()
    }
    name = "results.zarr/zarr.json"
    group = json.loads(found[name])
    del group["attributes"]["created_at"]
    del group["consolidated_metadata"]
    return {**found, name: json.dumps(group).encode()}


def test_a_study_that_lists_what_it_does_not_know_is_drawn_1000_times(
    flatgov: Callable[..., Result],
) -> None:
    result = flatgov("run", "office")
    assert result.status == 0
    folder = Path("results/office")
    ds = read_results(folder)
    assert ds["Staff"].dims == ("policy", "draw", "time")
    assert ds.sizes["draw"] == 1000
    assert sorted(ds.data_vars) == ["Staff", "hiring", "load"]
    base = read_base(folder)
    assert "draw" not in base.dims
    assert "leaving" in base
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert (manifest["draws"], manifest["seed"], manifest["design"]) == (1000, 0, "sobol")
    assert (manifest["factors"], manifest["failed_members"]) == (["stay", "hire: hiring rate"], 0)
    assert "better in" not in result.out  # this study does not say what is better
    header = (folder / "summary.csv").read_text(encoding="utf-8").splitlines()[0]
    assert header.endswith("end_5_percent,end_median,end_95_percent,better_than_now,draws,failed")
    assert not list(Path("results").glob(".*"))


def test_what_the_summary_says_of_draws_is_in_the_results(flatgov: Callable[..., Result]) -> None:
    flatgov("run", "office", "--draws", 200, "--seed", 4)
    ds = read_results(Path("results/office"))
    table = Path("results/office/summary.csv").read_text(encoding="utf-8").splitlines()
    titles = table[0].split(",")
    row = next(line.split(",") for line in table if line.startswith("hire,calm,Staff"))
    end = ds["Staff"].sel(policy="hire").isel(time=-1).values
    found = [
        float(row[titles.index(f"end_{name}")]) for name in ("5_percent", "median", "95_percent")
    ]
    np.testing.assert_allclose(found, np.quantile(end, [0.05, 0.5, 0.95]), rtol=1e-15)


def test_no_draws(flatgov: Callable[..., Result]) -> None:
    assert flatgov("run", "office", "--draws", 0).status == 0
    assert "draw" not in read_results(Path("results/office")).dims
    assert not Path("results/office/base.zarr").exists()


def test_draws_go_and_come_in_one_folder(flatgov: Callable[..., Result]) -> None:
    for draws, there in ((20, True), (0, False), (20, True)):
        assert flatgov("run", "office", "--draws", draws).status == 0
        assert ("draw" in read_results(Path("results/office")).dims) == there
        assert Path("results/office/base.zarr").exists() == there


def test_seed_design_and_a_table(flatgov: Callable[..., Result]) -> None:
    def sample(*options: object) -> xr.DataArray:
        assert flatgov("run", "office", "--draws", *options).status == 0
        return read_results(Path("results/office"))["sample"].load()

    first = sample(40, "--seed", 1)
    np.testing.assert_array_equal(first, sample(40, "--seed", 1))
    assert (first.values != sample(40, "--seed", 2).values).all()
    latin = sample(40, "--seed", 1, "--design", "lhs")
    assert (first.values != latin.values).any()
    Path("mine.csv").write_text("stay,tasks\n10,90\n20,100\n", encoding="utf-8")
    mine = sample("mine.csv")
    assert list(mine["factor"].values) == ["stay", "tasks"]
    np.testing.assert_array_equal(mine, [[10, 90], [20, 100]])


def test_a_value_given_to_every_member_is_that_of_every_draw(
    flatgov: Callable[..., Result],
) -> None:
    flatgov("run", "office", "--draws", 40, "--out", "drawn")
    flatgov("run", "office", "--draws", 40, "--set", "Stay=12", "--out", "set", "--save", "stay")
    drawn, given = read_results(Path("drawn"))["sample"], read_results(Path("set"))
    assert set(given["stay"].values.ravel()) == {12.0}
    assert set(given["sample"].sel(factor="stay").values) == {12.0}
    other = "hire: hiring rate"
    np.testing.assert_array_equal(given["sample"].sel(factor=other), drawn.sel(factor=other))


def test_the_table_says_what_its_columns_are(flatgov: Callable[..., Result]) -> None:
    assert flatgov("run", "office", "--draws", 40).out.splitlines()[-2:] == [
        "Columns with a date: the run at the model's own values.",
        "5 %, median, 95 %: of 40 draws at 2022-01.",
    ]
    assert "Columns with a date" not in flatgov("run", "office", "--draws", 0).out


def test_a_run_that_never_began_leaves_nothing(flatgov: Callable[..., Result]) -> None:
    result = flatgov("run", "office", "--draws", 40, "--cluster", "tcp://")
    assert result.status == 2
    assert not list(Path().glob("results/.*"))


def test_threads_processes_and_one_thread_write_the_same_bytes(
    flatgov: Callable[..., Result],
) -> None:
    flatgov("run", "office", "--draws", 300, "--out", "threads")
    flatgov("run", "office", "--draws", 300, "--out", "processes", "--workers", 2)
    assert chunks(Path("threads")) == chunks(Path("processes"))


def test_results_can_go_to_an_address(flatgov: Callable[..., Result]) -> None:
    result = flatgov("run", "office", "--draws", 30, "--out", "memory://there/office")
    assert result.status == 0, result.err
    assert "wrote memory://there/office/results.zarr" in result.err
    flatgov("run", "office", "--draws", 30, "--out", "here")
    there, here = read_results("memory://there/office"), read_results(Path("here"))
    for name in here.data_vars:
        np.testing.assert_array_equal(there[name].values, here[name].values)


def test_another_run_is_not_gone_on_with(
    flatgov: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("flatgov.run.ensemble_disk.add_attributes", stop)
        result = flatgov("run", "office", "--draws", 40, "--seed", 1)
    assert result.status == 130
    assert result.err.splitlines()[-1] == (
        "error: interrupted; `--resume` goes on with the draws that are finished"
    )
    for options, difference in (
        (["--draws", 40, "--seed", 2], "the interrupted run had seed 1, this one has seed 2"),
        (["--draws", 41, "--seed", 1], "the interrupted run had 40 draws, this one has 41 draws"),
        (["--draws", 40, "--seed", 1, "-p", "now"], "this one has other policies"),
        (["--draws", 40, "--seed", 1, "--save", "load"], "this one has other saved variables"),
        (["--draws", 40, "--seed", 1, "--set", "stay=12"], "other values are given with --set"),
    ):
        refused = flatgov("run", "office", "--resume", *options)
        assert refused.status == 2, options
        assert difference in refused.err.splitlines()[-1]
        assert not Path("results/office").exists()
    result = flatgov("run", "office", "--draws", 40, "--seed", 1, "--resume")
    assert result.status == 0
    assert result.err.splitlines()[1].startswith("40 of 40 draws")


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (
            ["--draws", "many"],
            "--draws: 'many' is no number, and there is no such file; as in `--draws 1000` or "
            "`--draws table.csv`",
        ),
        (["--draws", "-3"], "--draws: -3 draws cannot be run; give 0 or more"),
        (
            ["--workers", "2", "--cluster", "tcp://127.0.0.1:1"],
            "--workers and --cluster exclude each other; keep one of them",
        ),
        (
            ["--draws", "10", "--engine", "pysd"],
            "--draws: the engine pysd runs no draws; leave one of them out",
        ),
        (
            ["--draws", "0", "--design", "lhs"],
            "--design: there are no draws to design; leave it out",
        ),
        (
            ["--draws", "office/uncertainty.toml", "--design", "lhs"],
            "--design: a table of draws has no design; leave it out",
        ),
        (
            ["--draws", "0", "--cluster", "tcp://127.0.0.1:1"],
            "--cluster: a cluster runs draws, and there are none; leave it out",
        ),
        (
            ["--out", "nowhere://x"],
            "nowhere://x: Protocol not known: nowhere; choose another address",
        ),
    ],
)
def test_one_line_for_a_mistake(
    flatgov: Callable[..., Result], arguments: list[str], line: str
) -> None:
    result = flatgov("run", "office", *arguments)
    assert result.status == 2
    assert result.err.splitlines()[-1] == f"error: {line}"


def test_a_bare_model_has_no_draws(flatgov: Callable[..., Result]) -> None:
    result = flatgov("run", "office/office.mdl", "--draws", "10")
    assert (result.status, result.err) == (
        2,
        "error: office/office.mdl: --draws needs a study, and this is a bare model; name a study "
        "folder; `flatgov new DIR` makes one\n",
    )
