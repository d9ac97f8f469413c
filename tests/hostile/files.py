"""Files that a model names: elsewhere, no files at all, or small ones that unpack to large ones."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import flatgov as fg
from hostile.models import run_mdl
from hostile.routes import CONTROL

_SHEET = (
    '<?xml version="1.0"?>{head}<worksheet xmlns="http://schemas.openxmlformats.org/'
    'spreadsheetml/2006/main"><sheetData>{rows}</sheetData></worksheet>'
)
_BOOK = {
    "[Content_Types].xml": '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/'
    'package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/><Default '
    'Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-'
    'officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>'
    "</Types>",
    "_rels/.rels": '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/'
    'package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/'
    'officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": '<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/'
    'spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/'
    'relationships"><sheets><sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": '<?xml version="1.0"?><Relationships xmlns="http://schemas.'
    'openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.'
    'openxmlformats.org/officeDocument/2006/relationships/worksheet" '
    'Target="worksheets/sheet1.xml"/></Relationships>',
}
_CELL = '<row r="1"><c r="A1"><v>7</v></c></row>'
_SPARSE = _CELL + '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
_ENTITIES = '<!DOCTYPE x [<!ENTITY a "7"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
_CONTENT = (
    '<?xml version="1.0"?><office:document-content xmlns:office="urn:oasis:names:tc:opendocument:'
    'xmlns:office:1.0" xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:text='
    '"urn:oasis:names:tc:opendocument:xmlns:text:1.0" office:version="1.2"><office:body><office:'
    'spreadsheet><table:table table:name="S"><table:table-row table:number-rows-repeated="{rows}">'
    '<table:table-cell table:number-columns-repeated="{columns}" office:value-type="float" '
    'office:value="7"><text:p>7</text:p></table:table-cell></table:table-row></table:table>'
    "</office:spreadsheet></office:body></office:document-content>"
)
_MANIFEST = (
    '<?xml version="1.0"?><manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:'
    'manifest:1.0"><manifest:file-entry manifest:full-path="/" manifest:media-type="application/'
    'vnd.oasis.opendocument.spreadsheet"/><manifest:file-entry manifest:full-path="content.xml" '
    'manifest:media-type="text/xml"/></manifest:manifest>'
)


def zipped(path: Path, parts: dict[str, str | bytes]) -> None:
    """Write a zip archive."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)


def book(path: Path, rows: str = _CELL, head: str = "", **more: str | bytes) -> None:
    """Write a workbook of one sheet, part by part."""
    sheet = {"xl/worksheets/sheet1.xml": _SHEET.format(rows=rows, head=head)}
    zipped(path, {**_BOOK, **sheet, **more})


def sheets(path: Path, rows: int, columns: int) -> None:
    """Write an OpenDocument sheet of one repeated cell."""
    parts = {
        "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
        "content.xml": _CONTENT.format(rows=rows, columns=columns),
        "META-INF/manifest.xml": _MANIFEST,
    }
    zipped(path, dict(parts))


def take(name: str, tab: str = "S", cell: str = "A1", folder: Path | None = None) -> float:
    """Take a constant from a file."""
    assert folder is not None
    model = run_mdl(f"x = GET DIRECT CONSTANTS('{name}', '{tab}', '{cell}') ~ ~ |", folder)
    return float(model.run(engine="native")["x"].values.flat[0])


def _named(name: str, folder: Path) -> None:
    """Name a file that is elsewhere; its content must not be had."""
    take(name, ",", "B1", folder)
    raise AssertionError("it was read")


def _at_home(folder: Path) -> None:
    """A path that a shell would take for one at home; a ~ cannot stand in a text of Vensim."""
    from flatgov.reading.folder import Folder

    before = os.environ.get("HOME", "")
    os.environ["HOME"] = str(folder.parent)
    try:
        Folder(folder).open("~/secret.csv", "x")
    finally:
        os.environ["HOME"] = before
    raise AssertionError("it was read")


def _link(folder: Path) -> None:
    (folder / "link.csv").symlink_to("../secret.csv")
    _named("link.csv", folder)


def _link_of_links(folder: Path) -> None:
    (folder / "a.csv").symlink_to("b.csv")
    (folder / "b.csv").symlink_to("a.csv")
    _named("a.csv", folder)


def _linked_folder(folder: Path) -> None:
    (folder / "in").symlink_to("..", target_is_directory=True)
    _named("in/secret.csv", folder)


def _folder_is_a_link(folder: Path) -> None:
    """A link to the model's folder itself is right."""
    real, link = folder / "real", folder / "link"
    real.mkdir()
    link.symlink_to(real, target_is_directory=True)
    (real / "a.csv").write_text("1,7\n", encoding="utf-8")
    assert take("a.csv", ",", "B1", link) == 7.0


def _pipe(folder: Path) -> None:
    os.mkfifo(folder / "pipe.csv")
    _named("pipe.csv", folder)


def _model_is_a_pipe(folder: Path) -> None:
    os.mkfifo(folder / "model.mdl")
    fg.load_model(folder / "model.mdl")


def _model_is_a_folder(folder: Path) -> None:
    (folder / "model.mdl").mkdir()
    fg.load_model(folder / "model.mdl")


def _model_is_a_device(folder: Path) -> None:
    (folder / "model.mdl").symlink_to("/dev/zero")
    fg.load_model(folder / "model.mdl")


def _large_model(folder: Path) -> None:
    with (folder / "model.mdl").open("wb") as file:
        file.truncate(10 * 2**30)  # takes no room on most disks
    fg.load_model(folder / "model.mdl")


def _large_table(folder: Path) -> None:
    with (folder / "large.csv").open("wb") as file:
        file.truncate(10 * 2**30)
    take("large.csv", ",", "B1", folder)


def _book(folder: Path, rows: str = _CELL, head: str = "", **more: str | bytes) -> None:
    book(folder / "a.xlsx", rows, head, **more)
    assert take("a.xlsx", folder=folder) == 7.0


def _bomb(folder: Path) -> None:
    _book(folder, **{"xl/media/image1.bin": b"\0" * (300 * 2**20)})


def _lying_bomb(folder: Path) -> None:
    """The directory of the archive tells a small size."""
    path = folder / "a.xlsx"
    book(path, **{"big": b"\0" * 10_000_000})
    content = path.read_bytes()
    size = (10_000_000).to_bytes(4, "little")
    path.write_bytes(content.replace(size, (100).to_bytes(4, "little")))
    take("a.xlsx", folder=folder)


def _many_parts(folder: Path) -> None:
    _book(folder, **{f"part{n}": "" for n in range(12_000)})


def _sheets(rows: int, columns: int, folder: Path) -> None:
    sheets(folder / "a.ods", rows, columns)
    assert take("a.ods", folder=folder) == 7.0


def _wide_text(folder: Path) -> None:
    text = "1" + ",1" * 100_000 + "\n" + "1\n" * 200_000
    (folder / "a.csv").write_text(text, encoding="utf-8")
    take("a.csv", ",", "B1", folder)


def _regular_expression(folder: Path) -> None:
    (folder / "a.csv").write_text("a" * 30 + "!\n", encoding="utf-8")
    take("a.csv", "(a+)+$", "B1", folder)


def _cell(cell: str, folder: Path) -> None:
    book(folder / "a.xlsx")
    take("a.xlsx", cell=cell, folder=folder)


def _data(text: str, folder: Path) -> None:
    """Give data by ``data=[…]``."""
    (folder / "model.mdl").write_text("{UTF-8}\nx ~ ~ |\ny = x ~ ~ |\n" + CONTROL, encoding="utf-8")
    (folder / "d.csv").write_text(text, encoding="utf-8")
    fg.load_model(folder / "model.mdl", data=[folder / "d.csv"])


_NAMED = (
    "../secret.csv",
    "..\\secret.csv",
    "in/../../secret.csv",
    "/etc/passwd",
    "/dev/zero",
    "/dev/stdin",
    "/proc/self/environ",
    "C:\\secret.csv",
    "\\\\host\\share\\secret.csv",
    "file:///etc/passwd",
    "http://localhost/secret.csv",
    "s3://bucket/secret.csv",
    "?secret.csv",
    "",
    ".",
    "model.mdl/secret.csv",
    "a" * 5000 + ".csv",
)
CASES: dict[str, Callable[[Path], object]] = {
    **{f"path: {name[:30]!r}": partial(_named, name) for name in _NAMED},
    "path: at home": _at_home,
    "path: link": _link,
    "path: circle of links": _link_of_links,
    "path: linked folder": _linked_folder,
    "path: folder is a link": _folder_is_a_link,
    "path: pipe": _pipe,
    "path: model is a pipe": _model_is_a_pipe,
    "path: model is a folder": _model_is_a_folder,
    "path: model is a device": _model_is_a_device,
    "file: large model": _large_model,
    "file: large table": _large_table,
    "file: workbook": _book,
    "file: cell far away": partial(_book, rows=_SPARSE),
    "file: cell far away by entities": partial(
        _book, rows=_CELL + '<row r="&#49;048576"><c r="&#88;FD1048576"><v>1</v></c></row>'
    ),
    "file: entities": partial(_book, head=_ENTITIES),
    "file: nested parts": partial(_book, rows="<row>" * 100_000 + "</row>" * 100_000),
    "file: zip bomb": _bomb,
    "file: zip bomb that lies": _lying_bomb,
    "file: many parts": _many_parts,
    "file: sheet of repeated cells": partial(_sheets, 1_000_000, 16_000),
    "file: sheet of few repeated cells": partial(_sheets, 10, 10),
    "file: wide text": _wide_text,
    "file: regular expression": _regular_expression,
    "file: far cell": partial(_cell, "XFD1048576"),
    "file: cell of a large number": partial(_cell, "A" + "9" * 5000),
    "file: cell of code": partial(_cell, '__import__("os")'),
    "file: name of a range": partial(_cell, "nothing"),
    "data: many columns": partial(
        _data,
        "Time" + "".join(f",x{n}" for n in range(300_000)) + "\n" + "0,1" + ",1" * 300_000,
    ),
    "data: large field": partial(_data, "Time,x\n0," + "1" * 500_000),
    "data: quote": partial(_data, 'Time,x\n0,"' + "1\n" * 500_000),
    "data: many rows": partial(_data, "Time,x\n" + "".join(f"{n},1\n" for n in range(200_000))),
    "data: no numbers": partial(_data, "Time,x\n0,nan\n1,inf\n2,0x10\n3,1_0\n"),
}
