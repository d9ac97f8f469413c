"""What a parser made of a file → the variables and macros of a `Model`, checked."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pysd.translators.structures.abstract_model import AbstractSection

from flatgov.errors import ModelError, Problems
from flatgov.model import FINAL_TIME, Call, Equation, Expression, Macro, Model, Text, Variable
from flatgov.names import canonical
from flatgov.reading.control import (
    final_time_moves,
    final_time_variable,
    read_time,
    time_constants,
    with_first_final_time,
)
from flatgov.reading.diagnose import (
    check_cycles,
    check_duplicates,
    check_names,
    check_own_names,
)
from flatgov.reading.external import read_values
from flatgov.reading.folder import Folder
from flatgov.reading.functions import EXTERNAL
from flatgov.reading.kinds import kind_of, terms
from flatgov.reading.parsed import (
    CONTROL_NAMES,
    Definition,
    Definitions,
    Parsed,
    display_name,
    is_control,
    place,
)
from flatgov.reading.ranges import Ranges, read_ranges
from flatgov.reading.trees import function_name, to_tree
from flatgov.reading.vensim_macros import output_name

# The names that every equation may use, those of macros too.
_TIMES = {"time": "Time", **{name: name.upper() for name in CONTROL_NAMES}}


@dataclass(frozen=True)
class Context:
    """What the conversion of every section needs."""

    ranges: Ranges
    folder: Folder
    file: str


def to_model(
    parsed: Parsed, name: str, file: str, source: bytes, problems: Problems
) -> Model | None:
    """Convert and check a parsed model.

    Args:
        parsed: What the parser of the format gave.
        name: The name of the model.
        file: Its path, for messages.
        source: The bytes of the file.
        problems: Takes all that is wrong, each with its file, variable and line.

    Returns:
        The model; ``None`` where what is wrong leaves none.
    """
    section, *macro_sections = parsed.abstract.sections
    folder = Folder(Path(file).parent)
    ranges = read_ranges(parsed, folder, file)
    context = Context(ranges, folder, file)
    vensim = {name: own for name, own in ranges.elements.items() if name in parsed.range_lines}
    check_own_names(parsed.definitions, vensim, _TIMES, file)
    for definitions in parsed.macros:  # whose names are their own
        check_own_names(definitions, {}, _TIMES, file)
    variables, controls = _read_section(section, parsed.definitions, context)
    controls = {**_single(variables), **controls}
    moving = "final time" in controls and final_time_moves(controls)
    if moving:
        variables[FINAL_TIME] = final_time_variable(controls["final time"], parsed)
    macros = {
        function_name(own.name): _read_macro(own, definitions, context)
        for own, definitions in zip(macro_sections, parsed.macros, strict=True)
    }
    for macro in list(macros.values()):
        for output in macro.outputs[1:]:
            further = output_name(macro.name, output)
            macros[further] = replace(macro, name=further, outputs=(output,))
    labels = {canonical(label) for elements in ranges.elements.values() for label in elements}
    others = {*_TIMES, *map(canonical, ranges.elements), *labels}
    check_names(variables, others, set(macros), file)
    check_cycles(variables, file)
    for macro in macros.values():
        inputs = set(map(canonical, macro.inputs))
        check_names(macro.variables, others | inputs, set(macros), file)
        check_cycles(macro.variables, file)
    model = Model(
        name=name,
        path=file,
        variables=variables,
        # Not those of `ranges`: `dimensions` may have added one for a range used twice.
        subscripts={name: tuple(one) for name, one in ranges.manager.subscripts.items()},
        time=read_time(controls, parsed, file),
        source=source,
        macros=macros,
        mappings=ranges.mappings,
        integrator=parsed.integrator,
        time_constants=time_constants(controls, variables),
        base_date=parsed.base_date,
        unit_synonyms=parsed.unit_synonyms,
        files=folder.files,
    )
    return with_first_final_time(model) if moving else model


def _single(variables: Mapping[str, Variable]) -> dict[str, Expression]:
    """Give the equation of each variable that has one and no subscripts, by canonical name."""
    return {
        canonical(name): variable.equations[0].expression
        for name, variable in variables.items()
        if len(variable.equations) == 1 and not variable.subscripts
    }


def _read_section(
    section: AbstractSection, definitions: Definitions, context: Context
) -> tuple[dict[str, Variable], dict[str, Expression]]:
    """Give the variables in the order of the file, and the control variables' expressions."""
    file = context.file
    check_duplicates(section.elements, definitions, file)
    elements = {canonical(item.name): item for item in section.elements}
    inputs = {canonical(name): display_name(name) for name in section.params}
    own_names = {key: own[0].name for key, own in definitions.items()}
    spelling = {**_TIMES, **inputs, **own_names}
    expressions = {
        key: [
            _convert(component.ast, spelling, place(file, definition.name, definition.line))
            for component, definition in zip(elements[key].components, own, strict=True)
        ]
        for key, own in definitions.items()
    }
    flows = {
        canonical(name)
        for trees in expressions.values()
        for tree in trees
        if isinstance(tree, Call) and tree.function == "INTEG"
        for name in terms(tree.arguments[0])
    }
    variables = {
        own[0].name: _variable(own, elements[key], expressions[key], flows, context)
        for key, own in definitions.items()
        if not is_control(key)
    }
    return variables, {key: trees[0] for key, trees in expressions.items() if is_control(key)}


def _variable(
    own: tuple[Definition, ...],
    element: Any,
    trees: list[Expression],
    flows: set[str],
    context: Context,
) -> Variable:
    equations = [
        equation
        for tree, definition, component in zip(trees, own, element.components, strict=True)
        for equation in _equations(tree, definition, component, context)
    ]
    last = {
        name: next((getattr(d, name) for d in reversed(own) if getattr(d, name)), "")
        for name in ("units", "documentation")
    }
    return Variable(
        name=own[0].name,
        kind=kind_of(element, [equation.expression for equation in equations], flows),
        units=last["units"],
        limits=next((d.limits for d in own if d.limits != (None, None)), (None, None)),
        documentation=last["documentation"],
        equations=tuple(equations),
        subscripts=context.ranges.dimensions(element, own[0], context.file),
        group=own[0].group,
    )


def _equations(
    tree: Expression, definition: Definition, component: Any, context: Context
) -> Iterator[Equation]:
    """Yield one equation, or one for each element where they come from another file."""
    subscripts = tuple(context.ranges.spell(component.subscripts[0]))
    excluded = tuple(tuple(context.ranges.spell(group)) for group in component.subscripts[1])
    keyword = getattr(component, "keyword", None)
    if tree == Call("DATA", ()) and keyword:
        tree = Call("DATA", (Text(keyword.replace("_", " ")),))
    if not isinstance(tree, Call) or tree.function not in EXTERNAL:
        yield Equation(tree, definition.text, definition.line, subscripts, excluded)
        return
    where = place(context.file, definition.name, definition.line)
    try:
        coordinates = context.ranges.coordinates(subscripts)
    except (KeyError, ValueError):  # `Ranges.dimensions` says which
        yield Equation(tree, definition.text, definition.line, subscripts, excluded)
        return
    values = read_values(tree, coordinates, keyword, context.folder, where)
    if not isinstance(values, dict):
        yield Equation(values, definition.text, definition.line, subscripts, excluded)
        return
    left_out = {
        elements
        for group in excluded
        for elements in itertools.product(*context.ranges.coordinates(group).values())
    }
    for elements, table in values.items():
        if elements not in left_out:
            yield Equation(table, definition.text, definition.line, elements)


def _read_macro(section: AbstractSection, definitions: Definitions, context: Context) -> Macro:
    variables, _ = _read_section(section, definitions, context)
    spelling = {canonical(name): name for name in variables}
    outputs = []
    for name in (section.name, *section.returns):
        if canonical(name) not in spelling:
            raise ModelError(
                f"the macro has no equation for its result '{function_name(name)}'",
                where=place(context.file, function_name(section.name)),
                fix=f"add '{function_name(name)} = …' before :END OF MACRO:",
            )
        outputs.append(spelling[canonical(name)])
    inputs = tuple(map(display_name, section.params))
    return Macro(function_name(section.name), inputs, tuple(outputs), variables)


def _convert(structure: Any, spelling: Mapping[str, str], where: str) -> Expression:
    try:
        return to_tree(structure, spelling)
    except (AttributeError, KeyError, TypeError, ValueError):
        raise ModelError("the equation cannot be read", where=where) from None
