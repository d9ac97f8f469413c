"""The bytes of a Vensim model → text: which encoding, and which files are no such model at all."""

from __future__ import annotations

import codecs
import re

from flatgov.errors import ModelError
from flatgov.reading.parsed import place

_AS_TEXT = "save the model as .mdl text in Vensim"
_XMILE = "give the file the ending .xmile"
# What a file starts with → what it is and what to do; signatures of the formats' specifications.
_KINDS: tuple[tuple[bytes, str, str], ...] = (
    (b"\xd0\xcf\x11\xe0", "an old Excel, Word or other Office file", _AS_TEXT),
    (b"PK\x05\x06", "an empty zip archive", "give the .mdl file that was to be in it"),
    (b"\x1f\x8b", "packed with gzip", "unpack it and give the .mdl file"),
    (b"BZh", "packed with bzip2", "unpack it and give the .mdl file"),
    (b"\xfd7zXZ", "packed with xz", "unpack it and give the .mdl file"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", "unpack it and give the .mdl file"),
    (b"Rar!", "a RAR archive", "unpack it and give the .mdl file"),
    (b"%PDF", "a PDF document", "give the model itself, a .mdl file"),
    (b"{\\rtf", "an RTF document", "save it as plain text"),
    (b"\x89PNG", "a picture", "give the model itself, a .mdl file"),
    (b"SQLite format 3", "a database", _AS_TEXT),
    # The start of the results of a run, after simlin's description of the format.
    (b"\x7f\xf7\x17\x52", "a file of results of Vensim (.vdf), not a model", _AS_TEXT),
)
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_HEAD = re.compile(rb"\s*\{([\w.-]+)\}")
_HIGH = re.compile(rb"[\x80-\xff][\x40-\xff]?(?:[\x80-\xff][\x40-\xff])*")


def decode(source: bytes, file: str) -> tuple[str, bool]:
    """Turn the bytes of a model file into text.

    A byte order mark decides, then the encoding that the first line names in braces, then UTF-8.
    A file that is none of these is read as GB18030, which a Chinese Windows writes, if its bytes
    look like Chinese throughout. What is left may be of any of many encodings with one byte for a
    letter: it is read as Windows-1252, and the caller must refuse it if a name has such a letter.

    Returns:
        The text, with line feeds only, and whether its letters beyond ASCII are a mere guess.

    Raises:
        ModelError: The file is empty, binary, of another kind, or in another encoding than it
            says.
    """
    if not source.strip():
        raise ModelError("the file is empty", where=file, fix="give a Vensim or XMILE model")
    _check_kind(source, file)
    mark = next((name for start, name in _MARKS if source.startswith(start)), None)
    if mark is None and b"\0" in source:
        raise ModelError("the file is binary, not text", where=file, fix=_AS_TEXT)
    head = _HEAD.match(source)
    declared = head.group(1).decode("ascii", "replace") if head else ""
    guess = False
    try:
        text = source.decode(mark or _known(declared) or "utf-8")
    except (UnicodeError, LookupError) as error:
        if mark or _known(declared):
            raise _not_in(mark or declared, source, error, file) from None
        if _looks_chinese(source):
            text = source.decode("gb18030")
        else:
            text, guess = source.decode("cp1252", "replace"), True
    _check_text(text, file)
    return text.replace("\r\n", "\n").replace("\r", "\n"), guess


def _check_kind(source: bytes, file: str) -> None:
    for start, kind, fix in _KINDS:
        if source.startswith(start):
            raise ModelError(f"the file is {kind}", where=file, fix=fix)
    if source.startswith(b"PK\x03\x04"):
        excel = b"xl/" in source
        kind = "an Excel workbook" if excel else "a zip archive"
        fix = _AS_TEXT if excel else "unpack it and give the .mdl file"
        raise ModelError(f"the file is {kind}", where=file, fix=fix)


def _check_text(text: str, file: str) -> None:
    start = text[:2000].lstrip().lower()
    if "\0" in text:
        raise ModelError("the file is binary, not text", where=file, fix=_AS_TEXT)
    if start.startswith(("<!doctype html", "<html")):
        fix = "download the file itself, not the page that shows it"
        raise ModelError("the file is a web page", where=file, fix=fix)
    if "<xmile" in start:
        raise ModelError("the file is an XMILE model", where=file, fix=_XMILE)
    if start.startswith("<?xml"):
        raise ModelError("the file is XML, no Vensim model", where=file, fix=_AS_TEXT)
    if re.match(r"(?:#.*\n\s*)*(?:model|library)\s*\{\s*\n?\s*name\s+\S", start):
        fix = "give a model of Vensim; both programs use the ending .mdl"
        raise ModelError("the file is a Simulink model", where=file, fix=fix)


def _known(declared: str) -> str:
    """Give the encoding that a first line names, ``""`` if it is none of text."""
    try:
        info = codecs.lookup(declared) if declared else None
    except (LookupError, ValueError):
        return ""
    return info.name if info and getattr(info, "_is_text_encoding", True) else ""


def _not_in(name: str, source: bytes, error: Exception, file: str) -> ModelError:
    start = getattr(error, "start", 0)
    return ModelError(
        f"the text is not {name.upper().removesuffix('-SIG')}",
        where=place(file, line=source.count(b"\n", 0, start) + 1),
        fix="save the file as UTF-8",
    )


def _looks_chinese(source: bytes) -> bool:
    """Tell whether all bytes beyond ASCII are likely to be Chinese in GB18030.

    Letters with accents stand alone or in twos between others, and those of small letters stand
    for rare signs in GB2312. Chinese has its signs in rows, and nearly all are punctuation (rows
    A1 to A9) or among its 3755 common ones (rows B0 to D7).
    """
    try:
        source.decode("gb18030")
    except UnicodeError:
        return False
    runs = [run for run in _HIGH.findall(source) if run]
    leads = [run[i] for run in runs for i in range(0, len(run), 2)]
    common = sum(0xA1 <= lead <= 0xA9 or 0xB0 <= lead <= 0xD7 for lead in leads)
    in_rows = sum(len(run) for run in runs if len(run) >= 4)
    return common >= 0.85 * len(leads) and in_rows >= 0.6 * sum(map(len, runs))
