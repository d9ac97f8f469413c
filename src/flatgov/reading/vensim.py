"""Vensim's .mdl → the definitions and equations of a model; every mistake has its place.

Reality checks (``:THE CONDITION:``, ``:TEST INPUT:``) are left out: no simulation uses them.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flatgov.errors import FlatgovError, ModelError, Problems
from flatgov.limits import check
from flatgov.model import Call, Expression, Integrator
from flatgov.names import canonical
from flatgov.reading import structures
from flatgov.reading.parsed import (
    CONTROL_NAMES,
    Definition,
    Parsed,
    display_name,
    is_control,
    place,
)
from flatgov.reading.ranges import read_range
from flatgov.reading.safe import UnreadableText, read_number
from flatgov.reading.structures import (
    AbstractComponent,
    AbstractData,
    AbstractLookup,
    AbstractSubscriptRange,
    AbstractUnchangeableConstant,
)
from flatgov.reading.vensim_bytes import decode
from flatgov.reading.vensim_expression import read_expression
from flatgov.reading.vensim_joined import check_joined, check_texts
from flatgov.reading.vensim_left import Left, read_left
from flatgov.reading.vensim_macros import plain_macros
from flatgov.reading.vensim_numbers import read_lookup
from flatgov.reading.vensim_settings import read_base_date, read_integrator, read_unit_synonyms
from flatgov.reading.vensim_sinteg import without_limits
from flatgov.reading.vensim_text import Entry, Macro, Split, split_entries
from flatgov.reading.vensim_tokens import NUMBER, Slip, distinct, next_token, piece

_OUTSIDE = re.compile(r"\(\s*GET[\s_]", re.IGNORECASE)
# Arguments before the sign, as a function has them in mathematics.
_CAUSES = re.compile(r"\(\s*[^\W\d][^()\[\]=]*\)(?=\s*=)")
# A name, and a number on a line of its own.
_NO_SIGN = re.compile(rf"([^\n=:]+?)\s*\n\s*([+-]?{NUMBER})\s*")
_SUBSCRIPT = re.compile(r"\s*GET[\s_]+(?:XLS|DIRECT)[\s_]+SUBSCRIPT\s*\(([^)]*)\)", re.IGNORECASE)
_STRINGS = re.compile(r"'([^']*)'")
_RANGE = re.compile(r"""[^\w\s'$,()\->:"]|-(?=[^>\s\w])""")


@dataclass(frozen=True)
class Part:
    """One definition that was read.

    Attributes:
        name: As written, in its quotes.
        text: Its right-hand side on one line.
        item: The component of an element, or a subscript range, as PySD has it; in a
            component an expression tree stands for PySD's, unless it is PySD's own.
        mapped: To what a subscript range is mapped, as in `RangeText`.
    """

    entry: Entry
    name: str
    text: str
    item: Any
    mapped: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def is_range(self) -> bool:
        """Tell a subscript range from a variable."""
        return not hasattr(self.item, "ast")


def parse_vensim(source: bytes, file: str, problems: Problems) -> Parsed:
    """Parse the bytes of a .mdl file.

    Args:
        source: The content of the file.
        file: Its path, for messages only.
        problems: Takes every definition that cannot be read.

    Returns:
        What could be read.

    Raises:
        ModelError: Nothing can be read; the message says why.
    """
    text, split = read_entries(source, file, problems)
    integrator: Integrator = "euler"
    with problems.collect():
        integrator = read_integrator(text, file)
    entries = plain_macros(split.entries, file, problems)
    if split.ends_open and not {*CONTROL_NAMES[:3]} <= {canonical(one.name) for one in entries}:
        # What is missing is behind the end.
        split.broken.update(CONTROL_NAMES)
    known = _known_names(entries)
    parts, elements = [], 0
    for entry in entries:
        try:
            part = _read(entry, file, known)
        except FlatgovError as error:
            problems.found += error.all
            split.broken.add(entry.name)
            continue
        if part is not None:
            parts.append(part)
            if part.is_range and isinstance(part.item.subscripts, list):
                elements += len(part.item.subscripts)
            # Now, not when all are made: each may have as many as the limit allows.
            check("elements", elements, f"its ranges have {elements:,} elements", where=place(file))
    if split.stopped is not None:
        raise split.stopped
    macros = {canonical(e.macro.name): e.macro for e in split.entries if e.macro}
    own = _by_macro(parts)
    ranges = [part for part in parts if part.is_range]
    return Parsed(
        abstract=abstract_model(parts, macros.values()),
        definitions=_definitions(own[None], file, problems),
        macros=[_definitions(own[macro], file, problems) for macro in macros.values()],
        mappings={part.item.name: part.mapped for part in ranges if part.mapped},
        range_lines={part.item.name: part.entry.line for part in ranges},
        base_date=read_base_date(text),
        integrator=integrator,
        broken=frozenset(filter(None, map(canonical, split.broken))),
        unit_synonyms=read_unit_synonyms(text),
    )


def read_entries(source: bytes, file: str, problems: Problems) -> tuple[str, Split]:
    """Give the text of a .mdl file and its definitions.

    Raises:
        ModelError: It is no such file, or in an encoding that cannot be told.
    """
    text, guess = decode(source, file)
    split = split_entries(text, file, problems)
    if not split.entries and not problems.found:
        raise ModelError("the file defines no variable", where=file)
    if guess:
        for entry in split.entries:
            if found := re.search(r"[^\x00-\x7f]", entry.equation):
                raise ModelError(
                    "the letters beyond ASCII are in an encoding that the file does not name",
                    where=place(file, line=entry.line_at(found.start())),
                    fix="save it as UTF-8, or name the encoding in the first line, such as "
                    "{windows-1252}",
                )
    return text, split


def _known_names(entries: Sequence[Entry]) -> set[str]:
    """Give the canonical names of all that the definitions define, macros and their inputs too."""
    known = {"time", *CONTROL_NAMES, *(canonical(entry.name) for entry in entries)}
    for entry in entries:
        if entry.macro:
            known |= {canonical(name) for name in (entry.macro.name, *entry.macro.parameters)}
    return known


def _read(entry: Entry, file: str, known: Collection[str]) -> Part | None:
    """Read one definition; nothing comes of a reality check.

    Raises:
        FlatgovError: It cannot be read.
    """
    where, text = place(file, entry.name, entry.line), entry.equation
    try:
        left = read_left(text)
        if left.kind == "check":
            return None
        if left.kind == "data" and (forgotten := _NO_SIGN.fullmatch(text)):
            raise Slip(
                f"'=' is missing after '{' '.join(forgotten[1].split())}'",
                forgotten.start(2),
                forgotten[2],
                "write it between the name and the number",
            )
        if left.kind in ("range", "same"):
            return _read_range(entry, left)
        item = _component(text, left, where)
        check_texts(item.ast, text, left.right)
        check_joined(item.ast, text, left.right, known)
    except Slip as slip:
        line = entry.line_at(slip.position)
        raise ModelError(
            slip.what,
            where=place(file, entry.name, line),
            fix=slip.fix,
            text=distinct(text, slip.position, slip.text),
        ) from None
    except UnreadableText as error:
        raise ModelError(str(error), where=where, text=piece(text, 0)) from None
    return Part(entry, left.name, " ".join(text[left.right :].split()), item)


def _component(text: str, left: Left, where: str) -> Any:
    subscripts = (list(left.subscripts), [list(group) for group in left.excluded])
    if left.kind == "lookup" and (listed := _CAUSES.match(text, left.right)):
        what = f"'{piece(listed[0], 0)}' follows the name"
        raise Slip(what, left.right, piece(listed[0], 0), "write the name and '=' alone")
    if left.kind == "lookup" and not _OUTSIDE.match(text, left.right):
        return AbstractLookup(subscripts=subscripts, ast=read_lookup(text, left.right))
    if left.kind == "data" and not text[left.right :].strip():
        tree: Expression = Call("DATA", ())
    elif left.kind == "lookup":
        closing = text.rstrip()
        if not closing.endswith(")"):
            raise Slip("'(' is not closed", left.right, piece(text, left.right), "add ')'")
        tree = read_expression(closing[:-1], left.right + 1, where=where)
    else:
        tree = read_expression(text, left.right, bool(left.subscripts), where)
        tree = without_limits(tree, left, _start(text, left.right))
        if isinstance(tree, Call) and tree.function == "A FUNCTION OF":
            what = "the equation is incomplete (A FUNCTION OF)"
            raise Slip(what, _start(text, left.right), "A FUNCTION OF", "write the equation")
    if left.kind == "data":
        return AbstractData(subscripts=subscripts, ast=tree, keyword=left.keyword)
    if isinstance(tree, Call) and tree.function == "GET DIRECT LOOKUPS":
        return AbstractLookup(subscripts=subscripts, ast=tree)
    if left.kind == "lookup":
        found = piece(text, left.right)
        raise Slip(f"'{found}' are no points of a lookup", left.right, found)
    if left.kind == "constant":
        return AbstractUnchangeableConstant(subscripts=subscripts, ast=tree)
    return AbstractComponent(subscripts=subscripts, ast=tree)


def _start(text: str, position: int) -> int:
    """Find the next position that is no white space."""
    return len(text) - len(text[position:].lstrip())


def _read_range(entry: Entry, left: Left) -> Part:
    text = entry.equation[left.right :]
    shown = " ".join(text.split())
    if outside := _SUBSCRIPT.match(text):
        strings = _STRINGS.findall(outside[1])
        if len(strings) != 5:
            raise Slip(
                f"GET DIRECT SUBSCRIPT is given {len(strings)} texts and takes 5",
                left.right,
                piece(text, 0).strip(),
                "write five texts in single quotes: 'file', 'tab', 'first cell', 'last cell', "
                "'prefix'",
            )
        keys = ("file", "tab", "firstcell", "lastcell", "prefix")
        elements: Any = dict(zip(keys, strings, strict=True))
        after = text[outside.end() :].lstrip()
        mapped = read_range(f"x {after}").mappings if after.startswith("->") else {}
        item = AbstractSubscriptRange(name=left.name, subscripts=elements, mapping=list(mapped))
        return Part(entry, left.name, shown, item, mapped)
    bare = re.sub(r'"(?:\\.|[^"\\\n])*"', lambda match: "_" * len(match.group()), text)
    if wrong := _RANGE.search(bare):
        _refuse_sign(entry.equation, left.right + wrong.start())
    if not shown:
        raise Slip("the subscript range is empty", left.right - 1, ":", "list its elements")
    if left.kind == "same":
        item = AbstractSubscriptRange(name=left.name, subscripts=shown, mapping=[])
        return Part(entry, left.name, shown, item)
    listed = read_range(" ".join(text.split()))
    if not listed.elements:
        raise Slip("the subscript range is empty", left.right - 1, ":", "list its elements")
    counts = Counter(map(canonical, listed.elements))
    twice = next((name for name in listed.elements if counts[canonical(name)] > 1), "")
    if twice:
        position = left.right + max(text.rfind(twice), 0)
        raise Slip(f"'{twice}' stands twice in the range", position, twice, "list it once")
    item = AbstractSubscriptRange(
        name=left.name, subscripts=list(listed.elements), mapping=list(listed.mappings)
    )
    return Part(entry, left.name, shown, item, listed.mappings)


def _refuse_sign(text: str, position: int) -> None:
    """Refuse a sign in a list of elements; the tokens say more of some."""
    next_token(text, position)
    found = piece(text, position)
    raise Slip(
        f"'{found}' does not fit into a list of elements",
        position,
        found,
        "list names with commas between, those with other signs in double quotes",
    )


def abstract_model(
    parts: Sequence[Part], macros: Iterable[Macro], classes: Any = structures
) -> Any:
    """Put parts together: the main section, then one for each macro.

    Args:
        parts: The definitions.
        macros: The macros, in the order of the file.
        classes: The module with the classes: ours, or PySD's.
    """
    own = _by_macro(parts)
    ranges = [part.item for part in parts if part.is_range]
    sections = [_section(own[None], None, ranges, classes)]
    sections += [_section(own[macro], macro, [], classes) for macro in macros]
    return classes.AbstractModel(original_path=Path("model.mdl"), sections=tuple(sections))


def _section(
    parts: Sequence[Part], macro: Macro | None, ranges: Sequence[Any], classes: Any
) -> Any:
    return classes.AbstractSection(
        name=canonical(macro.name).replace(" ", "_") if macro else "__main__",
        path=Path("macro.py" if macro else "model.py"),
        type="macro" if macro else "main",
        params=list(macro.parameters) if macro else [],
        returns=list(macro.returns) if macro else [],
        subscripts=list(ranges),
        elements=_merge(parts, classes),
        constraints=[],
        test_inputs=[],
        split=False,
        views_dict=None,
    )


def _by_macro(parts: Iterable[Part]) -> defaultdict[Macro | None, list[Part]]:
    """Gather the definitions, ranges apart, of each macro and of the main section."""
    own: defaultdict[Macro | None, list[Part]] = defaultdict(list)
    for part in parts:
        if not part.is_range:
            own[part.entry.macro].append(part)
    return own


def _merge(parts: Sequence[Part], classes: Any) -> list[Any]:
    """Gather the equations of each variable; names match as in Vensim."""
    elements: dict[str, Any] = {}
    for part in parts:
        key = canonical(part.name)
        if key not in elements:
            make = classes.AbstractControlElement if is_control(key) else classes.AbstractElement
            elements[key] = make(name=part.name, components=[])
        elements[key].components.append(part.item)
    return list(elements.values())


def _definitions(
    parts: Sequence[Part], file: str, problems: Problems
) -> dict[str, tuple[Definition, ...]]:
    definitions: dict[str, list[Definition]] = {}
    for part in parts:
        entry = part.entry
        units = entry.units
        limits: tuple[float | None, float | None] = (None, None)
        with problems.collect():
            units, limits = _split_limits(entry, file)
        definition = Definition(
            name=display_name(part.name),
            text=part.text,
            line=entry.line,
            units=units,
            limits=limits,
            documentation=entry.documentation,
            group=entry.group,
        )
        definitions.setdefault(canonical(part.name), []).append(definition)
    return {name: tuple(own) for name, own in definitions.items()}


def _split_limits(entry: Entry, file: str) -> tuple[str, tuple[float | None, float | None]]:
    """Take ``[low, high]`` or ``[low, high, step]`` off the units; ``?`` is no limit."""
    match = re.fullmatch(r"(.*?)\s*\[([^\[\]]*,[^\[\]]*)\]", entry.units)
    if not match:
        return entry.units, (None, None)
    where = place(file, entry.name, entry.line)
    text = f"[{match.group(2)}]"
    try:
        low, high = (
            None if part.strip(" +-") in ("?", "inf", "nan") else read_number(part)
            for part in match.group(2).split(",")[:2]
        )
    except UnreadableText:
        raise ModelError(
            f"the limits '{text}' are not two numbers",
            where=where,
            fix="write them as [low, high], with ? for none",
            text=text,
        ) from None
    if low is not None and high is not None and low > high:
        what = f"the lower limit {low:g} is above the upper limit {high:g}"
        raise ModelError(what, where=where, fix=f"write [{high:g}, {low:g}]", text=text)
    return match.group(1), (low, high)
