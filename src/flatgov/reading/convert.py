"""What a parser made of a file → the variables and macros of a `Model`, checked."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flatgov.errors import FlatgovError, ModelError, Problems
from flatgov.model import (
    FINAL_TIME,
    Call,
    Equation,
    Expression,
    Macro,
    Model,
    Text,
    TimeSettings,
    Variable,
)
from flatgov.names import canonical
from flatgov.reading.circles import check_circles, components
from flatgov.reading.control import (
    final_time_moves,
    final_time_variable,
    read_time,
    time_constants,
    with_first_final_time,
)
from flatgov.reading.diagnose import (
    Names,
    check_names,
    check_own_names,
    walk,
    with_known_functions,
    without_duplicates,
)
from flatgov.reading.elements import Elements
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
from flatgov.reading.range_sets import read_ranges
from flatgov.reading.ranges import Ranges
from flatgov.reading.sizes import check_elements
from flatgov.reading.spelling import function_name, respell
from flatgov.reading.subscripts import check_subscripts
from flatgov.reading.vensim_macros import output_name

if TYPE_CHECKING:
    from pysd.translators.structures.abstract_model import AbstractSection

# The names that every equation may use, those of macros too.
_TIMES = {"time": "Time", **{name: name.upper() for name in CONTROL_NAMES}}


@dataclass(frozen=True)
class Context:
    """What the conversion of every section needs."""

    ranges: Ranges
    folder: Folder
    file: str
    broken: frozenset[str]
    problems: Problems

    def report(self, what: str, definition: Definition, text: str) -> None:
        """Add a problem of a definition."""
        where = place(self.file, definition.name, definition.line)
        self.problems.found.append(ModelError(what, where=where, text=text))


@dataclass
class _Section:
    """The equations of the model or of a macro.

    Attributes:
        variables: By name, in the order of the file.
        controls: The control variables, by name.
        broken: The canonical names of those of which something cannot be read.
    """

    variables: dict[str, Variable]
    controls: dict[str, Variable]
    broken: set[str]


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
    ranges = read_ranges(parsed, folder, file, problems)
    context = Context(ranges, folder, file, frozenset(parsed.broken), problems)
    vensim = {name: own for name, own in ranges.elements.items() if name in parsed.range_lines}
    lines = parsed.range_lines
    problems.found += check_own_names(parsed.definitions, vensim, _TIMES, file, lines)
    for definitions in parsed.macros:  # whose names are their own
        problems.found += check_own_names(definitions, {}, _TIMES, file, lines)
    main = _read_section(section, parsed.definitions, context)
    bodies = [
        (own, _read_section(own, definitions, context))
        for own, definitions in zip(macro_sections, parsed.macros, strict=True)
    ]
    macros = _macros(bodies, context)
    _check_all(main, bodies, macros, context, xmile=not file.lower().endswith(".mdl"))
    variables = main.variables
    controls = {**_single(variables), **_single(main.controls)}
    moving = final_time_moves(controls)
    if moving:
        variables[FINAL_TIME] = final_time_variable(controls["final time"], parsed)
    model = Model(
        name=name,
        path=file,
        variables=variables,
        # Not those of `ranges`: `dimensions` may have added one for a range used twice.
        subscripts={name: tuple(one) for name, one in ranges.manager.subscripts.items()},
        time=TimeSettings(0.0, 0.0, 1.0, 1.0),
        source=source,
        macros=macros,
        mappings=ranges.mappings,
        integrator=parsed.integrator,
        time_constants=time_constants(controls, variables),
        base_date=parsed.base_date,
        unit_synonyms=parsed.unit_synonyms,
        files=folder.files,
    )
    sized = len(problems.found)
    with problems.collect():
        check_elements(variables.values(), model.subscripts, file)
    if len(problems.found) > sized:
        return None  # before the elements are gone through one by one
    elements = Elements(model)
    shaped = {name: one for name, one in variables.items() if name != FINAL_TIME}
    problems.found += check_subscripts(
        shaped, elements, main.broken, set(macros), file, all_ranges=not ranges.broken
    )
    for own in (main, *(body for _, body in bodies)):
        sound = with_known_functions(own.variables, macros) if problems.found else own.variables
        problems.found += check_circles(sound, elements, own.broken, file)
    time = read_time(controls, parsed, file, main.broken, problems)
    if problems.found or time is None:
        return None
    model = replace(model, time=time)
    return with_first_final_time(model) if moving else model


def _check_all(
    main: _Section,
    bodies: Sequence[tuple[AbstractSection, _Section]],
    macros: Mapping[str, Macro],
    context: Context,
    *,
    xmile: bool,
) -> None:
    """Find what is wrong with the names in all equations."""
    elements = context.ranges.elements
    labels = {canonical(label) for own in elements.values() for label in own}
    others = {*_TIMES, *map(canonical, elements), *labels, *context.ranges.broken}
    inputs = {name: macro.inputs for name, macro in macros.items()}
    names = Names(main.variables, others | main.broken, inputs, xmile)
    checked = (*main.variables.values(), *main.controls.values())
    context.problems.found += check_names(checked, names, context.file)
    for own, body in bodies:
        inside = others | body.broken | set(map(canonical, own.params))
        names = Names(body.variables, inside, inputs, xmile)
        context.problems.found += check_names(body.variables.values(), names, context.file)


def _single(variables: Mapping[str, Variable]) -> dict[str, Expression]:
    """Give the equation of each variable that has one and no subscripts, by canonical name."""
    return {
        canonical(name): variable.equations[0].expression
        for name, variable in variables.items()
        if len(variable.equations) == 1 and not variable.subscripts
    }


def _read_section(section: AbstractSection, definitions: Definitions, context: Context) -> _Section:
    """Read the equations of the model or of a macro."""
    elements = {canonical(item.name): item for item in section.elements}
    inputs = {canonical(name): display_name(name) for name in section.params}
    own_names = {key: own[0].name for key, own in definitions.items()}
    spelling = {**_TIMES, **{name: name for name in context.broken}, **inputs, **own_names}
    broken = set(context.broken)
    parts: dict[str, list[tuple[Definition, Any, Expression]]] = {}
    for key, own in definitions.items():
        pairs = without_duplicates(elements[key], own, context.file, context.problems)
        for definition, component in pairs:
            tree = _convert(component.ast, spelling)
            if tree is None:
                broken.add(key)
                context.report("the equation cannot be read", definition, definition.text)
            else:
                parts.setdefault(key, []).append((definition, component, tree))
    flows = {
        canonical(name)
        for own in parts.values()
        for _, _, tree in own
        if isinstance(tree, Call) and tree.function == "INTEG" and tree.arguments
        for name in terms(tree.arguments[0])
    }
    found = _Section({}, {}, broken)
    for key, trees in parts.items():
        variable = _variable(key, trees, flows, context, broken)
        (found.controls if is_control(key) else found.variables)[variable.name] = variable
    return found


def _variable(
    key: str,
    parts: list[tuple[Definition, Any, Expression]],
    flows: set[str],
    context: Context,
    broken: set[str],
) -> Variable:
    own = [definition for definition, _, _ in parts]
    equations: list[Equation] = []
    for definition, component, tree in parts:
        try:
            equations += _equations(tree, definition, component, context)
        except FlatgovError as error:
            broken.add(key)
            for one in error.all:
                one.text = one.text or _file_name(tree)
            context.problems.found += error.all
            equations.append(Equation(tree, definition.text, definition.line))
    dimensions = context.ranges.dimensions(
        [(one, component) for one, component, _ in parts], context.file, context.problems
    )
    if dimensions is None:
        broken.add(key)
    last = {
        name: next((getattr(d, name) for d in reversed(own) if getattr(d, name)), "")
        for name in ("units", "documentation")
    }
    return Variable(
        name=own[0].name,
        kind=kind_of(parts[0][1], [equation.expression for equation in equations], key in flows),
        units=last["units"],
        limits=next((d.limits for d in own if d.limits != (None, None)), (None, None)),
        documentation=last["documentation"],
        equations=tuple(equations),
        subscripts=dimensions or (),
        group=own[0].group,
    )


def _file_name(tree: Expression) -> str:
    """Give the file that an equation reads, as it stands there."""
    first = tree.arguments[0] if isinstance(tree, Call) and tree.arguments else None
    return first.value if isinstance(first, Text) else ""


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


def _macros(
    bodies: Sequence[tuple[AbstractSection, _Section]], context: Context
) -> dict[str, Macro]:
    """Make the macros, one more for each further result of one."""
    macros: dict[str, Macro] = {}
    for section, body in bodies:
        macro = _macro(section, body, context)
        macros[macro.name] = macro
    for macro in list(macros.values()):
        for output in macro.outputs[1:]:
            further = output_name(macro.name, output)
            macros[further] = replace(macro, name=further, outputs=(output,))
    calls = {
        name: {
            part.function
            for variable in macro.variables.values()
            for equation in variable.equations
            for part in walk(equation.expression)
            if isinstance(part, Call) and part.function in macros
        }
        for name, macro in macros.items()
    }
    for circle in components(calls):
        variables = macros[circle[0]].variables.values()
        line = min((variable.line for variable in variables), default=0)
        context.problems.found.append(
            ModelError(
                f"the macro {' → '.join([*circle, circle[0]])} calls itself",
                where=place(context.file, circle[0], line),
                text=circle[0],
            )
        )
    return macros


def _macro(section: AbstractSection, body: _Section, context: Context) -> Macro:
    name = function_name(section.name)
    spelling = {canonical(own): own for own in body.variables}
    outputs = []
    for wanted in (section.name, *section.returns):
        key = canonical(wanted)
        if key not in spelling and key not in body.broken:
            shown = function_name(wanted)
            line = min((variable.line for variable in body.variables.values()), default=0)
            context.problems.found.append(
                ModelError(
                    f"the macro has no equation for its result '{shown}'",
                    where=place(context.file, name, line),
                    fix=f"add '{shown} = …' before :END OF MACRO:",
                )
            )
        outputs.append(spelling.get(key, wanted))
    inputs = tuple(map(display_name, section.params))
    return Macro(name, inputs, tuple(outputs), body.variables)


def _convert(structure: Any, spelling: Mapping[str, str]) -> Expression | None:
    if isinstance(structure, Expression):
        return respell(structure, spelling)
    from flatgov.reading.trees import to_tree  # Only PySD's structures need PySD.

    try:
        return to_tree(structure, spelling)
    except (AttributeError, KeyError, TypeError, ValueError):
        return None
