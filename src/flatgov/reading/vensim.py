"""Vensim's .mdl → PySD's AbstractModel, one definition at a time so that errors have a place."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import parsimonious
from pysd.translators.structures.abstract_model import (
    AbstractControlElement,
    AbstractElement,
    AbstractModel,
    AbstractSection,
)
from pysd.translators.vensim.vensim_element import Component, Element, SubscriptRange

from flatgov.errors import ModelError, Problems
from flatgov.names import canonical
from flatgov.reading.functions import FUNCTIONS, wrong_count
from flatgov.reading.parsed import Definition, Parsed, display_name, is_control, place
from flatgov.reading.ranges import read_range
from flatgov.reading.safe import UnreadableText, read_number, safe_translators
from flatgov.reading.vensim_macros import plain_macros
from flatgov.reading.vensim_points import parse_right_hand_side
from flatgov.reading.vensim_settings import read_base_date, read_integrator
from flatgov.reading.vensim_text import (
    Entry,
    Macro,
    decode,
    guess_name,
    split_entries,
)

_NAME = r'((?:"(?:\\.|[^"\\\n])*"|[\w\s\'$]+)(?:\[[^\]]*\])?)\s*'
_PLAIN = re.compile(r"(\w[\w\s\'$]*)=(?!=)(.*)")
_BARE = re.compile(_NAME)
_LISTED = re.compile(_NAME + r"\(([-+.\deE\s]+(?:,[-+.\deE\s]+)+)\)\s*")


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
    text = decode(source, file)
    entries = plain_macros(list(split_entries(text, file)), file)
    if not entries:
        raise ModelError("the file defines no variable", where=file)
    with safe_translators():
        parsed = [(entry, _parse_entry(entry, file)) for entry in entries]
    macros: dict[str, Macro] = {
        canonical(entry.macro.name): entry.macro for entry in entries if entry.macro
    }
    sections = [_section(parsed, None)] + [_section(parsed, macro) for macro in macros.values()]
    ranges = [
        (entry, component) for entry, component in parsed if isinstance(component, SubscriptRange)
    ]
    return Parsed(
        abstract=AbstractModel(original_path=Path("model.mdl"), sections=tuple(sections)),
        definitions=_definitions(parsed, None, file),
        macros=[_definitions(parsed, macro, file) for macro in macros.values()],
        mappings={item.name: item.mapped for _, item in ranges if item.mapped},
        range_lines={item.name: entry.line for entry, item in ranges},
        base_date=read_base_date(text),
        integrator=read_integrator(text, file),
    )


def _parse_entry(entry: Entry, file: str) -> Any:
    """Give PySD's component or subscript range for one definition."""
    name, equation = guess_name(entry.equation), entry.clean_equation
    bare = _BARE.fullmatch(equation)
    try:
        component = _parse_left_hand_side(f"{equation} :RAW:" if bare else equation)
        if bare:  # data from elsewhere, under no keyword of its own
            component.keyword = None
        if isinstance(component, Component):
            _parse_right_hand_side(component)
        elif isinstance(component, SubscriptRange):
            _read_range(component, equation)
    except parsimonious.ParseError as error:
        raise _syntax_error(entry, error, name, file) from None
    except parsimonious.VisitationError as error:
        raise ModelError(
            _reason(error.__cause__, equation), where=place(file, name, entry.line)
        ) from None
    except (ValueError, TypeError, KeyError, IndexError, RecursionError) as error:
        raise ModelError(_reason(error, equation), where=place(file, name, entry.line)) from None
    return component


def _parse_left_hand_side(equation: str) -> Any:
    """Give PySD's component; most are of the plain form, for which its grammar is slow."""
    plain = _PLAIN.fullmatch(equation)
    if plain:
        component = Component(plain[1].strip(), ([], []), plain[2].strip())
        component.units, component.limits, component.documentation = "", None, ""
        return component
    return Element(_as_points(equation), "", "").parse()


def _as_points(equation: str) -> str:
    """Write a lookup that gives all x and then all y, ``f(0, 1, 5, 6)``, as points."""
    match = _LISTED.fullmatch(equation)
    if not match:
        return equation
    numbers = match[2].split(",")
    if len(numbers) % 2:
        raise UnreadableText(f"the lookup has {len(numbers)} numbers, not as many y as x")
    half = len(numbers) // 2
    points = zip(numbers[:half], numbers[half:], strict=True)
    return f"{match[1]}({','.join(f'({x},{y})' for x, y in points)})"


def _read_range(component: Any, equation: str) -> None:
    """Read a range again: PySD takes what it is mapped to for elements of its own."""
    component.mapped = {}
    if isinstance(component.definition, str):  # a range equal to another
        return
    text = read_range(equation[equation.index(":", len(component.name)) + 1 :])
    if isinstance(component.definition, list):
        component.definition = list(text.elements)
    component.mapped, component.mapping = text.mappings, list(text.mappings)


def _parse_right_hand_side(component: Any) -> None:
    if component.expression == "":
        raise UnreadableText("the right-hand side is empty")
    parse_right_hand_side(component)


def _reason(error: BaseException | None, equation: str) -> str:
    if isinstance(error, UnreadableText):
        return str(error)
    if isinstance(error, TypeError):
        return (
            _miscounted(equation)
            or f"a function has the wrong number of arguments in '{_shorten(equation, 120)}'"
        )
    if isinstance(error, RecursionError):
        return "the equation is nested too deeply"
    return f"'{_shorten(equation, 120)}' cannot be read"


def _miscounted(equation: str) -> str | None:
    """Find the function with a wrong number of arguments, which PySD does not name."""
    for name, (least, most) in FUNCTIONS.items():
        pattern = r"\s+".join(map(re.escape, name.split()))
        for found in re.finditer(rf"(?<![\w\"]){pattern}\s*\(", equation, re.IGNORECASE):
            given = _count_arguments(equation[found.end() :])
            if not least <= given <= most:
                return wrong_count(name, given, least, most)
    return None


def _count_arguments(text: str) -> int:
    """Count the arguments up to the parenthesis that closes them."""
    depth, count = 0, 1
    for position, sign in enumerate(text):
        if sign == ")" and depth == 0:
            return count if text[:position].strip() else 0
        depth += (sign in "([") - (sign in ")]")
        count += sign == "," and depth == 0
    return count


def _syntax_error(entry: Entry, error: parsimonious.ParseError, name: str, file: str) -> ModelError:
    """Say where in the definition the parser stopped; PySD's positions count in `error.text`."""
    rest = error.text[error.pos :].strip()
    equation = entry.clean_equation
    offset = max(equation.rfind(error.text), 0) + error.pos
    line = entry.line_at(len(re.sub(r"\s", "", equation[:offset])))
    if error.text == equation and not re.search(r"[=(:<]", equation):
        problem = f"'{_shorten(equation, 40)}' has no equation; write it as 'name = equation'"
    elif rest:
        problem = f"syntax error at '{_shorten(rest, 40)}'"
    else:
        problem = f"syntax error at the end of '{_shorten(error.text, 40, tail=True)}'"
    return ModelError(problem, where=place(file, name, line))


def _shorten(text: str, length: int, tail: bool = False) -> str:
    if len(text) <= length:
        return text
    return "…" + text[-length:] if tail else text[:length] + "…"


def _section(parsed: list[tuple[Entry, Any]], macro: Macro | None) -> AbstractSection:
    own = [component for entry, component in parsed if entry.macro == macro]
    return AbstractSection(
        name=canonical(macro.name).replace(" ", "_") if macro else "__main__",
        path=Path("macro.py" if macro else "model.py"),
        type="macro" if macro else "main",
        params=list(macro.parameters) if macro else [],
        returns=list(macro.returns) if macro else [],
        subscripts=[
            item.get_abstract_subscript_range()
            for _, item in parsed
            if isinstance(item, SubscriptRange) and macro is None
        ],
        elements=_merge([item for item in own if isinstance(item, Component)]),
        constraints=[],
        test_inputs=[],
        split=False,
        views_dict=None,
    )


def _merge(components: list[Any]) -> list[AbstractElement]:
    """Gather the equations of each variable; names match as in Vensim."""
    elements: dict[str, AbstractElement] = {}
    for component in components:
        key = canonical(component.name)
        if key not in elements:
            make = AbstractControlElement if is_control(key) else AbstractElement
            elements[key] = make(name=component.name, components=[])
        elements[key].components.append(component.get_abstract_component())
    return list(elements.values())


def _definitions(
    parsed: list[tuple[Entry, Any]], macro: Macro | None, file: str
) -> dict[str, tuple[Definition, ...]]:
    definitions: dict[str, list[Definition]] = {}
    for entry, component in parsed:
        if entry.macro == macro and isinstance(component, Component):
            units, limits = _split_limits(entry, file)
            definition = Definition(
                name=display_name(component.name),
                text=component.expression or "",
                line=entry.line,
                units=units,
                limits=limits,
                documentation=entry.documentation,
                group=entry.group,
            )
            definitions.setdefault(canonical(component.name), []).append(definition)
    return {name: tuple(own) for name, own in definitions.items()}


def _split_limits(entry: Entry, file: str) -> tuple[str, tuple[float | None, float | None]]:
    """Take ``[low, high]`` or ``[low, high, step]`` off the units; ``?`` is no limit."""
    match = re.fullmatch(r"(.*?)\s*\[([^\[\]]*,[^\[\]]*)\]", entry.units)
    if not match:
        return entry.units, (None, None)
    where = place(file, guess_name(entry.equation), entry.line)
    try:
        low, high = (
            None if part.strip(" +-") in ("?", "inf", "nan") else read_number(part)
            for part in match.group(2).split(",")[:2]
        )
    except UnreadableText:
        raise ModelError(
            f"the limits '[{match.group(2)}]' are not two numbers",
            where=where,
            fix="write them as [low, high], with ? for none",
        ) from None
    if low is not None and high is not None and low > high:
        raise ModelError(f"the lower limit {low:g} is above the upper limit {high:g}", where=where)
    return match.group(1), (low, high)
