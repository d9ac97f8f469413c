"""Which bytes are a Vensim model, and in which encoding."""

from __future__ import annotations

import gzip
import io
import zipfile
from pathlib import Path

import pytest

from flatgov.errors import ModelError
from flatgov.reading import load_model

CONTROLS = "\nINITIAL TIME = 0 ~~|\nFINAL TIME = 9 ~~|\nTIME STEP = 1 ~~|\nSAVEPER = 1 ~~|\n"


def names(folder: Path, source: bytes) -> list[str]:
    path = folder / "model.mdl"
    path.write_bytes(source)
    return list(load_model(path).variables)


def problem(folder: Path, source: bytes) -> str:
    with pytest.raises(ModelError) as caught:
        names(folder, source)
    return str(caught.value).removeprefix(str(folder / "model.mdl"))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "gb18030", "gbk"])
def test_chinese_names(tmp_path: Path, encoding: str) -> None:
    text = "常住人口 = INTEG(出生率 - 死亡率, 100) ~ 人 ~ 每年的人口 |\n出生率 = GDP增长率 ~~|\n"
    text += "死亡率 = 1 ~~|\nGDP增长率 = 2 ~~|" + CONTROLS
    expected = ["常住人口", "出生率", "死亡率", "GDP增长率"]
    assert names(tmp_path, text.encode(encoding)) == expected


def test_a_mark_of_utf_8_comes_before_the_named_encoding(tmp_path: Path) -> None:
    text = "\ufeff{UTF-8}\nété = 1 ~~|" + CONTROLS
    assert names(tmp_path, text.encode()) == ["été"]
    named = "{windows-1252}\nété = 1 ~~|" + CONTROLS
    assert names(tmp_path, named.encode("cp1252")) == ["été"]


@pytest.mark.parametrize("name", ["été", "Größe", "população", "POPULAÇÃO", "Énergie", "señal"])
def test_names_in_an_encoding_that_is_not_named_are_refused(tmp_path: Path, name: str) -> None:
    text = f"a = 1 ~~|\nb = a * \n {name} ~~|\n{name} = 2 ~~|" + CONTROLS
    message = problem(tmp_path, text.encode("cp1252"))
    assert message.startswith(", line 3: the letters beyond ASCII are in an encoding that the file")
    assert "{windows-1252}" in message


def test_comments_in_an_encoding_that_is_not_named_are_read(tmp_path: Path) -> None:
    text = "a = {é} 1 ~ °C ~ café |" + CONTROLS
    assert names(tmp_path, text.encode("cp1252")) == ["a"]
    variable = load_model(tmp_path / "model.mdl").variables["a"]
    assert (variable.units, variable.documentation) == ("°C", "café")


def test_line_ends_of_old_macs(tmp_path: Path) -> None:
    text = ("a = 1 ~~|\nb = 2 + ~~|" + CONTROLS).replace("\n", "\r")
    assert problem(tmp_path, text.encode()).startswith(", 'b', line 2: the equation ends with '+'")


def zipped(name: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(name, "x")
    return packed.getvalue()


@pytest.mark.parametrize(
    ("source", "kind", "fix"),
    [
        (zipped("model.mdl"), "a zip archive", "unpack it"),
        (zipped("xl/workbook.xml"), "an Excel workbook", "save the model as .mdl text"),
        (gzip.compress(b"a = 1 ~~|"), "packed with gzip", "unpack it"),
        (b"\xd0\xcf\x11\xe0rest", "an old Excel, Word or other Office file", "save the model"),
        (b"\x7f\xf7\x17\x52rest", "a file of results of Vensim (.vdf)", "save the model"),
        (b"%PDF-1.7", "a PDF document", "give the model itself"),
        (b"\n<!DOCTYPE html>\n<html>", "a web page", "download the file itself"),
        (b'<?xml version="1.0"?>\n<xmile version="1.0">', "an XMILE model", "give the file the"),
        (b"<?xml version='1.0'?><a/>", "XML, no Vensim model", "save the model"),
        ('<?xml version="1.0"?><xmile>'.encode("utf-16"), "an XMILE model", "give the file the"),
        (b'Model {\n  Name\t"vdp"\n', "a Simulink model", "give a model of Vensim"),
        (b"a = 1 ~~|\0", "binary, not text", "save the model as .mdl text"),
    ],
)
def test_other_files(tmp_path: Path, source: bytes, kind: str, fix: str) -> None:
    message = problem(tmp_path, source)
    assert message.startswith(f": the file is {kind}")
    assert f"; {fix}" in message


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (b"", ": the file is empty; give a Vensim or XMILE model"),
        (b" \r\n\t", ": the file is empty; give a Vensim or XMILE model"),
        (b"{UTF-8}\n{ only a comment }\n", ": the file defines no variable"),
        (b"\\\\\\---/// Sketch information\nV300\n*View 1\n", ": the file defines no variable"),
        (b"{UTF-8}\na = 1 ~~|\nb\xff = 2 ~~|", ", line 3: the text is not UTF-8; save the file"),
        (b"\xff\xfea\x00\x00\xd8", ", line 1: the text is not UTF-16; save the file as UTF-8"),
    ],
)
def test_files_without_a_model(tmp_path: Path, source: bytes, message: str) -> None:
    assert problem(tmp_path, source).startswith(message)
