"""What calls and bodies of Vensim's macros may hold and PySD's grammar does not take.

The rules are those of Vensim's reference manual, "Defining Macros" and "Using Macros".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from flatgov.errors import ModelError, Problems
from flatgov.names import canonical
from flatgov.reading.parsed import place
from flatgov.reading.vensim_text import Entry, Macro

_MODEL_TIME = re.compile(r"\b((?:(?:initial|final)[\s_]+)?time|time[\s_]+step|saveper)\$", re.I)
# Functions with a form of their own, which a macro of the same name would not get past.
_TAKEN = frozenset(
    {
        *("game", "allocate available", "allocate by priority", "with lookup", "initial", "integ"),
        *("get xls lookups", "get direct lookups", "get xls data", "get direct data"),
        *("get xls constants", "get direct constants", "delay1", "delay1i", "delay3", "delay3i"),
        *("delay n", "delay fixed", "smooth", "smoothi", "smooth3", "smooth3i", "smooth n"),
        *("trend", "forecast", "sample if true", "lookup", "data", "pulse train", "reference"),
        *("arithmetic", "logic", "call", "subscripts ref"),
    }
)
_PART = re.compile(r'"(?:\\.|[^"\\\n])*"|:(?:AND|OR|NOT|NA):|[():]', re.IGNORECASE)


def output_name(macro: str, output: str) -> str:
    """Give the name, in capitals, of the macro that stands for a further output of another."""
    return f"{canonical(macro)}>{canonical(output)}".upper()


def plain_macros(entries: Sequence[Entry], file: str, problems: Problems) -> list[Entry]:
    """Rewrite what macros use so that only plain calls with inputs are left.

    ``x = M(a : y)`` defines `y` too; it becomes ``x = M(a)`` and ``y = "M>OUT"(a)``, with `OUT` the
    name of the output in the macro. ``TIME STEP$`` in a macro is the model's TIME STEP.

    Args:
        entries: The definitions.
        file: The model file, for messages.
        problems: Takes macros with a function's name, and calls with other outputs than the macro.
    """
    macros: dict[str, Macro] = {}
    for entry in entries:
        if entry.macro and canonical(entry.macro.name) not in macros:
            key = canonical(entry.macro.name)
            macros[key] = entry.macro
            if key in _TAKEN:
                problems.found.append(
                    ModelError(
                        f"the macro {key.upper()} has the name of a function, which is not "
                        "supported",
                        where=place(file, entry.macro.name),
                        fix="give it another name",
                        text=entry.macro.name,
                    )
                )
    several = [macro for macro in macros.values() if macro.returns]
    plain = []
    for entry in entries:
        with problems.collect():
            plain += list(_plain(entry, several, file))
    return plain


def _plain(entry: Entry, macros: Sequence[Macro], file: str) -> Iterator[Entry]:
    if entry.macro:
        entry = replace(entry, equation=_MODEL_TIME.sub(r"\1", entry.equation))
    further = []
    for macro in macros:
        words = r"[\s_]+".join(map(re.escape, canonical(macro.name).split()))
        for call in list(re.finditer(rf"(?<![\w]){words}\s*\(", entry.equation, re.IGNORECASE))[
            ::-1
        ]:
            colon, end = _find_outputs(entry.equation, call.end())
            if colon is None:
                continue
            names = [name.strip() for name in entry.equation[colon + 1 : end].split(",")]
            if len(names) != len(macro.returns) or not all(names):
                raise ModelError(
                    f"{canonical(macro.name).upper()} is given {len(names)} outputs and has "
                    f"{len(macro.returns)}",
                    where=place(file, entry.name, entry.line),
                    text=entry.equation[call.start() : end],
                )
            arguments = entry.equation[call.end() : colon]
            further += [
                replace(
                    entry,
                    equation=f'{name} = "{output_name(macro.name, output)}"({arguments})',
                    units="",  # Those that stand here are those of the first result.
                )
                for name, output in zip(names, macro.returns, strict=True)
            ]
            entry = replace(entry, equation=entry.equation[:colon] + entry.equation[end:])
    yield entry
    yield from further


def _find_outputs(text: str, start: int) -> tuple[int | None, int]:
    """Find the colon before a call's outputs, if there is one, and the parenthesis after."""
    depth, colon = 0, None
    for part in _PART.finditer(text, start):
        if part[0] == "(":
            depth += 1
        elif part[0] == ")":
            if not depth:
                return colon, part.start()
            depth -= 1
        elif part[0] == ":" and not depth and colon is None:
            colon = part.start()
    return None, len(text)
