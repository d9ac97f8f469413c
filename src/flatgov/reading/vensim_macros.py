"""What calls and bodies of Vensim's macros may hold and PySD's grammar does not take.

The rules are those of Vensim's reference manual, "Defining Macros" and "Using Macros".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from pysd.translators.vensim.vensim_structures import structures

from flatgov.errors import ModelError
from flatgov.names import canonical
from flatgov.reading.parsed import place
from flatgov.reading.vensim_text import Entry, Macro, guess_name

_MODEL_TIME = re.compile(r"\b((?:(?:initial|final)[\s_]+)?time|time[\s_]+step|saveper)\$", re.I)
_PART = re.compile(r'"(?:\\.|[^"\\\n])*"|:(?:AND|OR|NOT|NA):|[():]', re.IGNORECASE)


def output_name(macro: str, output: str) -> str:
    """Give the name, in capitals, of the macro that stands for a further output of another."""
    return f"{canonical(macro)}>{canonical(output)}".upper()


def plain_macros(entries: Sequence[Entry], file: str) -> list[Entry]:
    """Rewrite what macros use so that only plain calls with inputs are left.

    ``x = M(a : y)`` defines `y` too; it becomes ``x = M(a)`` and ``y = "M>OUT"(a)``, with `OUT` the
    name of the output in the macro. ``TIME STEP$`` in a macro is the model's TIME STEP.

    Raises:
        ModelError: A macro has a function's name, or a call other outputs than the macro.
    """
    macros = {canonical(entry.macro.name): entry.macro for entry in entries if entry.macro}
    for key in macros:
        if key.replace(" ", "_") in structures:
            raise ModelError(
                f"the macro {key.upper()} has the name of a function, which is not supported",
                where=file,
                fix="give it another name",
            )
    several = [macro for macro in macros.values() if macro.returns]
    return [plain for entry in entries for plain in _plain(entry, several, file)]


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
                    where=place(file, guess_name(entry.equation), entry.line),
                )
            arguments = entry.equation[call.end() : colon]
            further += [
                replace(
                    entry, equation=f'{name} = "{output_name(macro.name, output)}"({arguments})'
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
