"""Data of variables without an equation, from files as Vensim exports them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from flatgov.cli import main
from flatgov.errors import ModelError
from flatgov.model import Model, Table
from flatgov.reading import load_model

Write = Callable[..., Path]

MODEL = """
D: p, q ~~|
E: r, s ~~|
Sales :HOLD BACKWARD: ~~|
"Price of it" ~~|
Shares[D, E] :LOOK FORWARD: ~~|
doubled = Sales * 2 ~~|
taken[D, E] = Shares[D, E] ~~|
"""
DOWN = """Time\tsales\t"Price of it"\tShares[p,r]\tShares[p,s]\tShares[q,r]\tShares[q,s]\tother
0\t1\t10\t1\t2\t3\t4\tx
5\t\t\t5\t6\t7\t8\t
10\t3\t20\t9\t9\t9\t9\t
"""


@pytest.fixture
def path(write: Write) -> Path:
    return write(MODEL)


def table_of(model: Model, name: str, *elements: str) -> object:
    equations = model.variables[name].equations
    return next(one.expression for one in equations if one.subscripts == elements)


def test_columns_become_tables_with_the_variables_own_interpolation(path: Path) -> None:
    (path.parent / "down.tab").write_text(DOWN)
    model = load_model(path, data=[path.parent / "down.tab"])
    assert table_of(model, "Sales") == Table((0.0, 10.0), (1.0, 3.0), "hold backward")
    assert table_of(model, "Price of it") == Table((0.0, 10.0), (10.0, 20.0), "interpolate")
    shares = table_of(model, "Shares", "q", "r")
    assert shares == Table((0.0, 5.0, 10.0), (3.0, 7.0, 9.0), "look forward")
    ds = model.run(time_step=2.5)
    np.testing.assert_array_equal(ds["doubled"], [2, 2, 2, 2, 6])
    np.testing.assert_array_equal(ds["Price of it"], [10, 12.5, 15, 17.5, 20])
    np.testing.assert_array_equal(ds["taken"].sel(D="q", E="r"), [3, 7, 7, 9, 9])


def test_times_may_go_across_and_data_may_stand_in_several_files(path: Path) -> None:
    across, more = path.parent / "across.csv", path.parent / "more.csv"
    across.write_text('Time,0,5\nSales,1,2\n"Shares[p,r]",4,\n')
    more.write_bytes("Time,Price of it,prix en €\n0,7,1\n".encode("cp1252"))
    model = load_model(path, data=[across, str(more)])
    assert table_of(model, "Sales") == Table((0.0, 5.0), (1.0, 2.0), "hold backward")
    assert table_of(model, "Shares", "p", "r") == Table((0.0,), (4.0,), "look forward")
    assert table_of(model, "Price of it") == Table((0.0,), (7.0,))
    with pytest.raises(
        ModelError, match=r"'Shares\[p, s\]' is a data variable.*data=\[…\].*--data FILE"
    ):
        model.run()


def test_the_hash_takes_in_the_data(path: Path) -> None:
    file = path.parent / "down.tab"
    file.write_text(DOWN)
    first = load_model(path, data=[file])
    file.write_text(DOWN.replace("20", "21"))
    assert len({load_model(path).hash, first.hash, load_model(path, data=[file]).hash}) == 3
    assert list(first.files) == ["data 1: down.tab"]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.txt", "Time\tSales\n0\t1\n", "'.txt' is no ending of a file of data"),
        ("a.tab", "Day\tSales\n0\t1\n", "the first cell is not 'Time'"),
        ("a.tab", "", "the first cell is not 'Time'"),
        ("a.tab", "Time\tdoubled\n0\t1\n", "no series in it is a data variable"),
        ("a.tab", "Time\tSales\tSALES\n0\t1\t1\n", "'SALES' stands twice"),
        ("a.tab", "Time\tSales\n0\tmany\n", "'Sales' has 'many' at time '0'"),
        ("a.tab", "Time\tSales\n0\tnan\n", "'Sales' has 'nan' at time '0'"),
        ("a.tab", "Time\tSales\nnow\t1\n", "'Sales' has '1' at time 'now'"),
        ("a.tab", "Time\tSales\n0\t\n", "'Sales' has no values"),
        ("a.tab", "Time\tSales\n1\t1\n0\t2\n", "the times of 'Sales' do not ascend"),
    ],
)
def test_a_file_that_is_wrong_is_refused(path: Path, name: str, text: str, message: str) -> None:
    file = path.parent / name
    file.write_text(text)
    with pytest.raises(ModelError, match=message):
        load_model(path, data=[file])


def test_a_series_in_two_files_or_a_missing_file_is_refused(path: Path) -> None:
    one, two = path.parent / "one.tab", path.parent / "two.tab"
    for file in (one, two):
        file.write_text("Time\tSales\n0\t1\n")
    with pytest.raises(ModelError, match=r"two\.tab: 'sales' is also in .*one\.tab"):
        load_model(path, data=[one, two])
    with pytest.raises(ModelError, match="cannot be read: No such file"):
        load_model(path, data=[path.parent / "three.tab"])


def test_the_command_line_takes_data(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(path.parent)
    (path.parent / "down.tab").write_text(DOWN)
    monkeypatch.setattr("flatgov.figures.draw_model_apart", lambda *_: None)
    with pytest.raises(SystemExit) as done:
        main(["run", "model.mdl", "--data", "down.tab"])
    assert done.value.code == 0
