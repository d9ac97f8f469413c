"""`load_model`: parse, convert, diagnose; `translate`: the same parse for PySD."""

from __future__ import annotations

import copy
import functools
import os
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pysd.builders.python.subscripts import SubscriptManager
from pysd.translators.structures.abstract_model import AbstractModel

from flatgov.errors import ModelError
from flatgov.model import Call, Equation, Expression, Model, Variable
from flatgov.names import canonical
from flatgov.reading.control import read_time
from flatgov.reading.diagnose import check_cycles, check_duplicates, check_names
from flatgov.reading.kinds import kind_of, terms
from flatgov.reading.parsed import CONTROL_NAMES, Parsed, is_control, place
from flatgov.reading.trees import function_name, to_tree
from flatgov.reading.vensim import parse_vensim
from flatgov.reading.xmile import parse_xmile

_READERS: dict[str, Callable[[bytes, str], Parsed]] = {
    ".mdl": parse_vensim,
    ".xmile": parse_xmile,
    ".stmx": parse_xmile,
}


def load_model(path: str | os.PathLike[str]) -> Model:
    """Read a Vensim (.mdl) or XMILE (.xmile, .stmx) model.

    Args:
        path: The model file. Nothing is written beside it.

    Returns:
        The model, checked: every name is defined, no definition is circular.

    Raises:
        ModelError: The file cannot be read or the model is wrong; the message has the file,
            the variable and the line.
    """
    file = os.fspath(path)
    source = _read(Path(file))
    parsed = _parse(source, Path(file).suffix.lower(), file)
    check_duplicates(parsed, file)
    subscripts, dimensions = _read_subscripts(parsed, file)
    variables, controls = _read_variables(parsed, dimensions, file)
    macros = {function_name(section.name) for section in parsed.abstract.sections[1:]}
    labels = {canonical(label) for elements in subscripts.values() for label in elements}
    others = {"time", *CONTROL_NAMES, *map(canonical, subscripts), *labels}
    check_names(variables, others, macros, file)
    check_cycles(variables, file)
    single = {
        canonical(name): variable.equations[0].expression
        for name, variable in variables.items()
        if len(variable.equations) == 1 and not variable.subscripts
    }
    return Model(
        name=Path(file).stem,
        path=file,
        variables=variables,
        subscripts=subscripts,
        time=read_time({**single, **controls}, parsed, file),
        source=source,
    )


def translate(model: Model) -> AbstractModel:
    """Give PySD's form of a model, read from `Model.source`; the caller may change it.

    Raises:
        ModelError: The source cannot be read.
    """
    parsed = _parse(model.source, Path(model.path).suffix.lower(), model.path)
    return copy.deepcopy(parsed.abstract)


@functools.lru_cache(maxsize=8)
def _parse(source: bytes, ending: str, file: str) -> Parsed:
    return _READERS[ending](source, file)


def _read(path: Path) -> bytes:
    if path.suffix.lower() not in _READERS:
        endings = ", ".join(_READERS)
        raise ModelError(
            f"'{path.suffix}' is no ending of a model file",
            where=str(path),
            fix=f"give one of {endings}",
        )
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise ModelError("there is no such file", where=str(path)) from None
    except OSError as error:
        raise ModelError(f"cannot be read: {error.strerror}", where=str(path)) from None


def _read_subscripts(
    parsed: Parsed, file: str
) -> tuple[dict[str, tuple[str, ...]], dict[str, tuple[str, ...]]]:
    """Give the elements of each subscript range, and the ranges of each variable."""
    section = parsed.abstract.sections[0]
    for item in section.subscripts:
        if isinstance(item.subscripts, dict):
            raise ModelError(
                "subscripts from another file are not supported", where=place(file, item.name)
            )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            manager: Any = SubscriptManager(copy.deepcopy(section.subscripts), Path())
        except (KeyError, ValueError, RecursionError) as error:
            raise ModelError(f"the subscript range {error} is wrong", where=file) from None
        dimensions = {
            canonical(element.name): _dimensions(manager, element, parsed, file)
            for element in section.elements
        }
    ranges = {name: tuple(elements) for name, elements in manager.subscripts.items()}
    return ranges, dimensions


def _dimensions(manager: Any, element: Any, parsed: Parsed, file: str) -> tuple[str, ...]:
    try:
        lists = [component.subscripts[0] for component in element.components]
        return tuple(manager.make_merge_list(lists, element.name))
    except (KeyError, IndexError, ValueError) as error:
        definition = parsed.definitions[canonical(element.name)][0]
        raise ModelError(
            f"the subscript {error} is not defined",
            where=place(file, definition.name, definition.line),
        ) from None


def _read_variables(
    parsed: Parsed, dimensions: dict[str, tuple[str, ...]], file: str
) -> tuple[dict[str, Variable], dict[str, Expression]]:
    """Give the variables in the order of the file, and the control variables' expressions."""
    elements = {canonical(item.name): item for item in parsed.abstract.sections[0].elements}
    spelling = {key: own[0].name for key, own in parsed.definitions.items()} | {"time": "Time"}
    expressions = {
        key: [
            _convert(component.ast, spelling, place(file, own.name, own.line))
            for component, own in zip(
                elements[key].components, parsed.definitions[key], strict=True
            )
        ]
        for key in parsed.definitions
    }
    flows = {
        canonical(name)
        for trees in expressions.values()
        for tree in trees
        if isinstance(tree, Call) and tree.function == "INTEG"
        for name in terms(tree.arguments[0])
    }
    variables = {}
    for key, trees in expressions.items():
        if is_control(key):
            continue
        own = parsed.definitions[key]
        last = {
            name: next((getattr(d, name) for d in reversed(own) if getattr(d, name)), "")
            for name in ("units", "documentation")
        }
        variables[own[0].name] = Variable(
            name=own[0].name,
            kind=kind_of(elements[key], trees, flows),
            units=last["units"],
            limits=next((d.limits for d in own if d.limits != (None, None)), (None, None)),
            documentation=last["documentation"],
            equations=tuple(
                Equation(
                    tree,
                    definition.text,
                    definition.line,
                    tuple(component.subscripts[0]),
                    tuple(map(tuple, component.subscripts[1])),
                )
                for tree, definition, component in zip(
                    trees, own, elements[key].components, strict=True
                )
            ),
            subscripts=dimensions[key],
            group=own[0].group,
        )
    controls = {key: trees[0] for key, trees in expressions.items() if is_control(key)}
    return variables, controls


def _convert(structure: Any, spelling: dict[str, str], where: str) -> Expression:
    try:
        return to_tree(structure, spelling)
    except (AttributeError, KeyError, TypeError, ValueError):
        raise ModelError("the equation cannot be read", where=where) from None
