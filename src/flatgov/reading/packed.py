"""Looks through a spreadsheet before it is read: a small file can unpack to one that fills memory.

The libraries that read spreadsheets take every row as wide as the widest, fill up what a file
leaves out, repeat what it says to repeat, and expand XML entities. So all parts of a file are
unpacked here in pieces, and counted, first (ECMA-376 part 1, section 18.3.1; OpenDocument 1.3
part 3, section 9.1).
"""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path
from typing import Any
from xml.parsers import expat

from flatgov import limits
from flatgov.errors import ModelError

_PIECE = 1 << 16
_MOST_PARTS = 10_000


def check_spreadsheet(path: Path, where: str) -> None:
    """Refuse a spreadsheet that unpacks to more than the limits allow, or defines entities.

    Args:
        path: The file, of any ending; what is no zip archive is left to its reader.
        where: The place of the equation, for messages.

    Raises:
        ModelError: It is too large, or broken.
    """
    if path.suffix.lower() == ".xlsb":
        raise ModelError(f"'{path.name}' is a binary workbook", where=where, fix="save it as .xlsx")
    if not zipfile.is_zipfile(path):
        return
    name = f"'{path.name}'"
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
            if len(parts) > _MOST_PARTS:
                raise ModelError(f"{name} has more than {_MOST_PARTS:,} parts", where=where)
            size = sum(part.file_size for part in parts)
            limits.check("unpacked", size, f"{name} unpacks to {size:,} bytes", where=where)
            for part in parts:
                with archive.open(part) as content:
                    cells = _read_part(content, f"{name}, {part.filename},", where)
                limits.check("cells", cells, f"{name} has {cells:,} cells", where=where)
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError) as error:
        raise ModelError(f"{name} cannot be unpacked: {error}", where=where) from None
    except (RuntimeError, NotImplementedError) as error:  # a password, an unknown packing
        raise ModelError(f"{name} cannot be unpacked: {error}", where=where) from None


def check_text_table(content: bytes, separator: str, name: str, where: str) -> None:
    """Refuse a text table that has more cells than the limit if all rows are as wide as the widest.

    Raises:
        ModelError: It is too large.
    """
    lines = content.decode("utf-8", "replace").splitlines()
    width = 1 + max((line.count(separator) for line in lines), default=0)
    cells = width * len(lines)
    limits.check("cells", cells, f"'{name}' has {cells:,} cells", where=where)


class _Counter:
    """Counts the cells of a part as its readers will have them, all rows as wide as the widest."""

    def __init__(self, name: str, where: str) -> None:
        self.name, self.where = name, where
        self.rows = self.width = 0
        self._depth = 0
        self._column = 0
        self._repeat = 1
        self._filled = False

    @property
    def cells(self) -> int:
        return self.rows * self.width

    def doctype(self, *_: object) -> None:
        raise ModelError(f"{self.name} has a document type, which is not allowed", where=self.where)

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        limits.check("nesting", self._depth, f"{self.name} is nested {self._depth} deep")
        tag = tag.rpartition(":")[2]
        given = {key.rpartition(":")[2]: value for key, value in attributes.items()}
        if tag == "row":
            self.rows = max(self.rows + 1, _number(given.get("r")))
            self._column = 0
        elif tag == "c":
            self._column = max(self._column + 1, _column(given.get("r", "")))
            self.width = max(self.width, self._column)
        elif tag == "table-row":
            self._column, self._filled = 0, False
            self._repeat = max(1, _number(given.get("number-rows-repeated")))
            self.rows += 1
        elif tag in ("table-cell", "covered-table-cell"):
            self._column += max(1, _number(given.get("number-columns-repeated")))
            if "value-type" in given or "value" in given:  # empty ones at the end are left out
                self.width, self._filled = max(self.width, self._column), True

    def end(self, tag: str) -> None:
        self._depth -= 1
        if tag.rpartition(":")[2] == "table-row" and self._filled:
            self.rows += self._repeat - 1


def _read_part(content: Any, name: str, where: str) -> int:
    """Give the number of cells of a part that is XML; 0 for any other."""
    counter = _Counter(name, where)
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = counter.doctype
    parser.StartElementHandler = counter.start
    parser.EndElementHandler = counter.end
    is_xml = True
    while piece := content.read(_PIECE):
        if is_xml:
            try:
                parser.Parse(piece)
            except expat.ExpatError:  # a picture, or broken: whoever reads it will say
                is_xml = False
    return counter.cells


def _number(text: str | None) -> int:
    digits = (text or "").strip()
    return int(digits) if digits.isdecimal() and len(digits) < 18 else 0


def _column(reference: str) -> int:
    """Give the column of a cell such as ``AB12``, from 1."""
    column = 0
    for letter in reference.strip().upper()[:8]:
        if not "A" <= letter <= "Z":
            break
        column = column * 26 + ord(letter) - ord("A") + 1
    return column
