"""Lists of numbers and points of lookups as they stand in Vensim's equations."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence

from flatgov.model import Array, Table
from flatgov.reading.vensim_tokens import NUMBER, Slip, next_token, piece, shorten

_SIGNED = rf"(?:[+-]\s*)?{NUMBER}"
_ARRAY = re.compile(r"\s*[-+0-9.][-+0-9.eE\s]*[,;][-+0-9.eE\s,;]*")
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(?:,\d{3})+(?:\.\d*)?")
_PAIR = rf"\(\s*{_SIGNED}\s*,\s*{_SIGNED}\s*\)"
_AXES = re.compile(r"\(\s*(?:\[[^\]]*\]\s*,\s*)?")
_POINTS = re.compile(rf"{_PAIR}(?:\s*,\s*{_PAIR})*")
_CLOSED = re.compile(r"\s*,?\s*\)")
_XY = re.compile(rf"\(\s*({_SIGNED})\s*,\s*({_SIGNED})\s*\)")
_LISTED = re.compile(rf"\(\s*{_SIGNED}(?:\s*,\s*{_SIGNED})*\s*\)")
_NUMBERS = re.compile(_SIGNED)


def read_array(text: str, start: int, subscripted: bool) -> Array | None:
    """Read a right-hand side that is a list of numbers; nothing if it is no list.

    Raises:
        Slip: The rows differ in length, something in the list is no number, or the left-hand side
            has no subscripts.
    """
    match = _ARRAY.fullmatch(text, start)
    if match is None:
        return None
    if not subscripted:
        first = len(text) - len(text[start:].lstrip())
        what = "it is given a list of numbers and has no subscripts"
        fix = "write a decimal point for a decimal comma, or give it subscripts"
        if thousands := _THOUSANDS.fullmatch(text[first:].strip()):
            number = thousands[0].replace(",", "")
            decimal = thousands[0].replace(",", ".")
            fix = f"write {number}"
            if decimal.count(".") == 1:
                fix += f", or {decimal} if a decimal comma is meant"
        raise Slip(what, first, piece(text, first), fix)
    rows: list[list[float]] = [[]]
    position = start
    for item in re.split(r"([,;])", text[start:]):
        if item == ";":
            rows.append([])
        elif item != ",":
            found = item.strip()
            if found or position + len(item) < len(text.rstrip()):
                rows[-1].append(_number(found, position + len(item) - len(item.lstrip())))
        position += len(item)
    rows = [row for row in rows if row]
    if len(set(map(len, rows))) > 1:
        where = start + len(text[start:]) - len(text[start:].lstrip())
        raise Slip("the rows of the array differ in length", where, piece(text, where))
    return array(rows)


def array(rows: Sequence[Sequence[float]]) -> Array:
    """Make an array of rows; a single row or column has one dimension."""
    shape = tuple(size for size in (len(rows), len(rows[0])) if size > 1)
    return Array(tuple(itertools.chain.from_iterable(rows)), shape)


def tabbed(text: str, start: int, end: int) -> Array:
    """Read the numbers inside ``TABBED ARRAY(…)``, a row on each line.

    Raises:
        Slip: Something there is no number, or the rows differ in length.
    """
    rows: list[list[float]] = []
    position = start
    for line in text[start:end].split("\n"):
        row = [
            _number(found.group(), position + found.start()) for found in re.finditer(r"\S+", line)
        ]
        position += len(line) + 1
        if row:
            rows.append(row)
    if not rows:
        raise Slip("the table is empty", start, text[start - 1 : end + 1])
    if len(set(map(len, rows))) > 1:  # continued lines: the left-hand side tells the form
        rows = [list(itertools.chain.from_iterable(rows))]
    return array(rows)


def points_end(text: str, start: int) -> int:
    """Find the end of the points of a lookup, after the parenthesis that closes them.

    Raises:
        Slip: They are not of the form ``((x, y), (x, y))``.
    """
    first = start + len(text[start:]) - len(text[start:].lstrip())
    axes = _AXES.match(text, first)
    if axes is None:
        raise _wrong_points(text, first, first)
    points = _POINTS.match(text, axes.end())
    if points is None:
        raise _wrong_points(text, axes.end(), first)
    closed = _CLOSED.match(text, points.end())
    if closed is None:
        raise _wrong_points(text, points.end(), first)
    return closed.end()


def read_points(text: str, start: int, end: int) -> Table:
    """Read the points of a lookup, in rising order of x.

    Vensim takes them in falling order too (test model ``subscripted_lookups`` of SDXorg).

    Raises:
        Slip: A number is too large, or the points neither rise nor fall in x.
    """
    first = _AXES.match(text, start + len(text[start:]) - len(text[start:].lstrip()))
    assert first is not None
    pairs = [
        (_number(match[1], match.start(1)), _number(match[2], match.start(2)), match)
        for match in _XY.finditer(text, first.end(), end)
    ]
    _check_order([(x, match.start(), match.group()) for x, _, match in pairs])
    ordered = sorted(((x, y) for x, y, _ in pairs), key=lambda pair: pair[0])
    x, y = zip(*ordered, strict=True)
    return Table(x, y)


def read_lookup(text: str, start: int) -> Table:
    """Read the right-hand side of a lookup: its points, or all x and then all y.

    Raises:
        Slip: It is neither.
    """
    listed = _LISTED.fullmatch(text.rstrip(), start)
    if listed is None:
        end = points_end(text, start)
        rest = text[end:].strip()
        if rest:
            raise _after_points(text, end)
        return read_points(text, start, end)
    numbers = [_number(found.group(), found.start()) for found in _NUMBERS.finditer(text, start)]
    half, odd = divmod(len(numbers), 2)
    if odd:
        raise Slip(
            f"the lookup has {len(numbers)} numbers, not as many y as x",
            start,
            piece(text, start),
        )
    _check_order([(x, start, shorten(text[start:])) for x in numbers[:half]])
    ordered = sorted(zip(numbers[:half], numbers[half:], strict=True), key=lambda pair: pair[0])
    x, y = zip(*ordered, strict=True)
    return Table(x, y)


def _check_order(points: Sequence[tuple[float, int, str]]) -> None:
    steps = [right[0] - left[0] for left, right in itertools.pairwise(points)]
    falling = bool(steps) and all(step <= 0 for step in steps)
    for step, left, right in zip(steps, points, points[1:], strict=False):
        if step < 0 and not falling:
            raise Slip(
                f"the points of the lookup are out of order: x = {right[0]:g} after {left[0]:g}",
                right[1],
                right[2],
                "put them in order of x",
            )


def _number(found: str, position: int) -> float:
    if not _NUMBERS.fullmatch(found):
        what = f"'{shorten(found)}' is not a number"
        raise Slip(what, position, found, "write numbers with commas between")
    value = float("".join(found.split()))
    if abs(value) == float("inf"):
        what = f"'{found}' is too large for a number"
        raise Slip(what, position, found, "write a number below 1e308")
    return value


def _after_points(text: str, position: int) -> Slip:
    token = next_token(text, position)
    if token.text == ")":
        return Slip("')' closes nothing", token.start, ")", "remove it")
    return Slip(
        f"'{shorten(piece(text, token.start))}' follows the points of the lookup",
        token.start,
        piece(text, token.start),
        "remove it",
    )


def _wrong_points(text: str, position: int, start: int) -> Slip:
    """Find where points stop to be ``(x, y)`` with commas between."""
    token = next_token(text, position)  # a wrong sign is said there
    if position > start and token.text == "," and position == token.start:
        token = next_token(text, token.end)
    if token.kind == "end":
        return Slip("the points of the lookup are not closed", start, piece(text, start), "add ')'")
    found = piece(text, token.start)
    if token.text == "[":
        end = text.find("]", token.start)
        if end < 0:
            return Slip("'[' is not closed", token.start, found, "close it with ']'")
        token = next_token(text, end + 1)
        found = piece(text, token.start)
    if token.text != "(":
        return Slip(f"'{shorten(found)}' is no point of a lookup", token.start, found, _FORM)
    if _XY.match(text, token.start):
        return Slip("a comma is missing before the point", token.start, found, _FORM)
    end = text.find(")", token.start)
    inside = text[token.start : end + 1] if end >= 0 else ""
    parts = _NUMBERS.findall(inside)
    for sign in re.finditer(r"[^-+0-9.eE,;()\s]", inside):
        next_token(text, token.start + sign.start())
    if not inside or "(" in inside[1:]:
        return Slip("the point of the lookup is not closed", token.start, found, _FORM)
    if len(parts) == 2 and "," not in inside:
        return Slip("a comma is missing in the point", token.start, inside, _FORM)
    return Slip(f"'{shorten(inside)}' is no point of a lookup", token.start, inside, _FORM)


_FORM = "write each point as (x, y), with commas between"
