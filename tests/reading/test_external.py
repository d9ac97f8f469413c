"""Values that a model takes from spreadsheets and text tables."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from openpyxl.workbook.defined_name import DefinedName

from flatgov.errors import ModelError
from flatgov.model import Array, Model, Number, Reference, Table

Load = Callable[..., Model]


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """Write a spreadsheet: times in row 1 and column A, a 2 × 3 table at B2, gaps in it."""
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    assert sheet is not None
    sheet.title = "In"
    rows = [
        [None, 0, 1, 2, 4],
        [0, 10, 11, None, 13],
        [5, 20, 21, 22, 23],
        [None, None, None, None, None],
        ["x", "y", "z"],
    ]
    for row in rows:
        sheet.append(row)
    workbook.defined_names["scale"] = DefinedName("scale", attr_text="In!$C$3")
    workbook.create_sheet("Empty")
    path = tmp_path / "numbers.xlsx"
    workbook.save(path)
    return path


def equations(model: Model, name: str) -> list[tuple[tuple[str, ...], object]]:
    return [(e.subscripts, e.expression) for e in model.variables[name].equations]


def test_constants_become_numbers_and_arrays(load: Load, book: Path) -> None:
    model = load(
        "D: p, q ~~|\nE: r, s ~~|\n"
        "one = GET DIRECT CONSTANTS('numbers.xlsx', 'In', 'C3') ~~|\n"
        "named = GET XLS CONSTANTS('numbers.xlsx', 'in', 'scale') ~~|\n"
        "row[E] = GET DIRECT CONSTANTS('numbers.xlsx', 'In', 'B2') ~~|\n"
        "down[E] = GET DIRECT CONSTANTS('numbers.xlsx', 'In', 'B2*') ~~|\n"
        "table[D, E] = GET DIRECT CONSTANTS('numbers.xlsx', 'In', 'B2') ~~|\n"
        "turned[D, E] = GET DIRECT CONSTANTS('numbers.xlsx', 'In', 'B2*') ~~|\n"
        "part[p, E] = GET DIRECT CONSTANTS('numbers.xlsx', 'In', 'B2') ~~|\npart[q, E] = 1, 2 ~~|\n"
    )
    assert equations(model, "one") == equations(model, "named") == [((), Number(21.0))]
    assert equations(model, "row") == [(("E",), Array((10.0, 11.0), (2,)))]
    assert equations(model, "down") == [(("E",), Array((10.0, 20.0), (2,)))]
    assert equations(model, "table") == [(("D", "E"), Array((10.0, 11.0, 20.0, 21.0), (2, 2)))]
    assert equations(model, "turned") == [(("D", "E"), Array((10.0, 20.0, 11.0, 21.0), (2, 2)))]
    assert equations(model, "part")[0] == (("p", "E"), Array((10.0, 11.0), (2,)))
    assert {v.kind for v in model.variables.values()} == {"constant"}
    assert model.files == {"numbers.xlsx": hashlib.sha256(book.read_bytes()).hexdigest()}


@pytest.mark.parametrize(
    ("keyword", "interpolation"),
    [
        ("", "interpolate"),
        (":INTERPOLATE:", "interpolate"),
        (":LOOK FORWARD:", "look forward"),
        (":hold backward:", "hold backward"),
        (":RAW:", "raw"),
    ],
)
def test_data_become_tables_without_the_missing_points(
    load: Load, book: Path, keyword: str, interpolation: str
) -> None:
    model = load(
        f"x{keyword} := GET XLS DATA('numbers.xlsx', 'In', '1', 'B2') ~~|\ny = x * 2 ~~|\n"
    )
    table = Table((0.0, 1.0, 4.0), (10.0, 11.0, 13.0), interpolation)
    assert equations(model, "x") == [((), table)]
    assert [v.kind for v in model.variables.values()] == ["data", "auxiliary"]
    assert "Reference(name='x'" in repr(model.variables["y"].equations[0].expression)


def test_subscripted_series_become_one_equation_an_element(load: Load, book: Path) -> None:
    model = load(
        "D: p, q ~~|\n"
        "f[D]( GET DIRECT LOOKUPS('numbers.xlsx', 'In', '1', 'B2') ) ~~|\n"
        "g[D] = GET DIRECT LOOKUPS('numbers.xlsx', 'In', 'A', 'B2') ~~|\n"
        "h[D] :EXCEPT: [q] := GET DIRECT DATA('numbers.xlsx', 'In', '1', 'B2') ~~|\n"
        "y = f[p](3) ~~|\n"
    )
    first = Table((0.0, 1.0, 4.0), (10.0, 11.0, 13.0))
    second = Table((0.0, 1.0, 2.0, 4.0), (20.0, 21.0, 22.0, 23.0))
    assert equations(model, "f") == [(("p",), first), (("q",), second)]
    assert equations(model, "g") == [
        (("p",), Table((0.0, 5.0), (10.0, 20.0))),
        (("q",), Table((0.0, 5.0), (11.0, 21.0))),
    ]
    assert equations(model, "h") == [(("p",), first)]
    assert [v.kind for v in model.variables.values()] == ["lookup", "lookup", "data", "auxiliary"]


def test_subscripts_from_a_file_are_plain_elements(load: Load, book: Path) -> None:
    model = load(
        "D: GET XLS SUBSCRIPT('numbers.xlsx', 'In', 'A5', 'C5', 'e') -> F ~~|\n"
        "F: f1, f2, f3 ~~|\nv[D] = 1, 2, 3 ~~|\n"
    )
    assert model.subscripts["D"] == ("ex", "ey", "ez")
    assert model.mappings == {"D": {"F": ("f1", "f2", "f3")}}
    assert model.variables["v"].subscripts == ("D",)
    assert list(model.files) == ["numbers.xlsx"]


def test_text_tables(load: Load, tmp_path: Path) -> None:
    (tmp_path / "down.csv").write_text("t,a,b\n1,4,5\n2,6,7\n")
    model = load("x := GET DIRECT DATA('down.csv', ',', 'A', 'C2') ~~|")
    assert equations(model, "x") == [((), Table((1.0, 2.0), (5.0, 7.0)))]


def test_a_data_variable_may_have_no_equation(load: Load) -> None:
    model = load("sales ~ Euro ~ From elsewhere. |\nD: p, q ~~|\nstaff[D]:RAW: ~~|\ny = sales ~~|")
    assert (model.variables["sales"].kind, model.variables["sales"].units) == ("data", "Euro")
    assert model.variables["staff"].kind == "data"
    assert model.variables["y"].equations[0].expression == Reference("sales")


@pytest.mark.parametrize(
    ("equation", "message"),
    [
        ("= GET DIRECT CONSTANTS('none.xlsx', 'In', 'B2')",
         "'x', line 2: the file 'none.xlsx' cannot be read: No such file or directory; put it"),
        ("= GET DIRECT CONSTANTS('../numbers.xlsx', 'In', 'B2')",
         "'x', line 2: the file '../numbers.xlsx' is not in the model's folder; put it beside"),
        ("= GET DIRECT CONSTANTS('/etc/hostname', ',', 'B2')", "is not in the model's folder"),
        ("= GET DIRECT CONSTANTS('?book', 'In', 'B2')", "'?book' names its file indirectly"),
        ("= GET DIRECT CONSTANTS('numbers.xlsx', 'Out', 'B2')",
         "'x', line 2: 'numbers.xlsx', sheet 'Out', 'B2' cannot be read (ValueError: Worksheet"),
        ("= GET DIRECT CONSTANTS('numbers.xlsx', 'In', 'nowhere')",
         "'numbers.xlsx', sheet 'In', 'nowhere' cannot be read (AttributeError: The cellrange"),
        ("= GET DIRECT CONSTANTS('numbers.xlsx', 'In', 'D2')",
         "'numbers.xlsx', sheet 'In', 'D2' has a cell without a number; fill in the cell"),
        ("= GET DIRECT CONSTANTS('numbers.xlsx', 'In', 'Z99')", "The cells are empty"),
        (":= GET DIRECT DATA('numbers.xlsx', 'In', '1', 'B4')",
         "'numbers.xlsx', sheet 'In', '1', 'B4' has no numbers; check the cells"),
        ("= GET DIRECT CONSTANTS('plain.csv', '(a+)+$', 'B2')",
         "the separator '(a+)+$' of 'plain.csv' is not one character; give ','"),
        ("= 2 * GET DIRECT CONSTANTS('numbers.xlsx', 'In', 'B2')",
         "'x', line 2: GET DIRECT CONSTANTS must be the whole equation"),
        ("= GET 123 CONSTANTS('numbers.wks', 'In', 'B2')",
         "'x', line 2: GET 123 CONSTANTS is not supported; save the values as .xlsx or .csv"),
    ],
)  # fmt: skip
def test_what_cannot_be_read(
    load: Load, book: Path, tmp_path: Path, equation: str, message: str
) -> None:
    (tmp_path / "plain.csv").write_text("1,2\n")
    with pytest.raises(ModelError) as caught:
        load(f"a = 1 ~~|\nx {equation} ~~|")
    assert message in str(caught.value)
    assert str(tmp_path) not in caught.value.what


def test_a_damaged_spreadsheet(load: Load, tmp_path: Path) -> None:
    (tmp_path / "bad.xlsx").write_bytes(b"no spreadsheet")
    with pytest.raises(ModelError, match=r"'x', line 1: 'bad\.xlsx', sheet 'In', 'B2' cannot be"):
        load("x = GET DIRECT CONSTANTS('bad.xlsx', 'In', 'B2') ~~|")


def test_the_hash_of_a_model_covers_its_files(load: Load, tmp_path: Path) -> None:
    text = "x := GET DIRECT DATA('d.csv', ',', 'A', 'B1') ~~|"
    (tmp_path / "d.csv").write_text("1,2\n2,4\n")
    before = load(text)
    (tmp_path / "d.csv").write_text("1,3\n2,4\n")
    after = load(text)
    assert equations(after, "x") == [((), Table((1.0, 2.0), (3.0, 4.0)))]
    assert before.hash != after.hash
