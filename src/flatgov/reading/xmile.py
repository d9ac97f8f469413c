"""XMILE (.xmile, .stmx) → PySD's AbstractModel, refusing what PySD would get wrong."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import parsimonious
from lxml import etree
from pysd.translators.structures.abstract_model import AbstractModel
from pysd.translators.xmile.xmile_section import Section

from flatgov.errors import ModelError
from flatgov.names import canonical
from flatgov.reading.parsed import Definition, Parsed, display_name, is_control, place
from flatgov.reading.safe import UnreadableText, read_number, safe_translators

# Elements anywhere in the file that PySD ignores or gets wrong.
_REFUSED = {
    "module": "modules",
    "macro": "macros",
    "conveyor": "conveyors",
    "queue": "queues",
    "oven": "ovens",
}
Limits = tuple[float | None, float | None]

_VARIABLES = ("stock", "flow", "aux", "gf")


def parse_xmile(source: bytes, file: str) -> Parsed:
    """Parse the bytes of an XMILE file.

    Args:
        source: The content of the file.
        file: Its path, for messages only.

    Raises:
        ModelError: The file is not XMILE, uses what is not supported, or an equation cannot be
            read; the message has the variable and the line.
    """
    root = _read_root(source, file)
    namespace = {"ns": root.nsmap.get(None, "")}
    _refuse_unsupported(root, file)
    nodes = _variable_nodes(root, namespace)
    for node in nodes:
        _check_node(node, namespace, file)
    _check_time_settings(root, namespace, file)
    limits = {id(node): _take_limits(node, namespace, file) for node in nodes}
    section = Section(
        "__main__", Path("model.py"), "main", [], [], root, namespace["ns"], False, None
    )
    with safe_translators():
        section.parse(parse_all=False)
        for component in section.components:
            _parse_component(component, section.behaviors, file)
        abstract = AbstractModel(Path("model.xmile"), (section.get_abstract_section(),))
    return Parsed(abstract=abstract, definitions=_definitions(nodes, section, limits, file))


def _read_root(source: bytes, file: str) -> Any:
    if not source.strip():
        raise ModelError("the file is empty", where=file, fix="give a Vensim or XMILE model")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, recover=True)
    root = etree.fromstring(source, parser)
    # Stella leaves its own name space undeclared; all else that needs recovery is an error.
    for error in parser.error_log:
        if error.domain_name != "NAMESPACE":
            raise ModelError(f"not valid XML: {error.message}", where=place(file, line=error.line))
    if root is None:
        raise ModelError("not valid XML", where=file)
    if root.getroottree().docinfo.doctype:
        raise ModelError("a document type is not allowed", where=file, fix="remove <!DOCTYPE …>")
    if _tag(root) != "xmile" or None not in root.nsmap:
        raise ModelError("not an XMILE file", where=file, fix="the root must be <xmile xmlns=…>")
    return root


def _refuse_unsupported(root: Any, file: str) -> None:
    def refuse(what: str, node: Any, name: str = "") -> None:
        raise ModelError(f"{what} not supported", where=place(file, name, node.sourceline or 0))

    models = []
    for node in _without_views(root):
        tag, parent = _tag(node), node.getparent()
        name = "" if parent is None else _name(parent)
        if tag == "model":
            models.append(node)
        elif tag in _REFUSED:
            refuse(f"{_REFUSED[tag]} are", node, name)
        elif tag == "gf" and node.get("type", "continuous") != "continuous":
            refuse(f"a graphical function of type '{node.get('type')}' is", node, name)
        elif tag == "non_negative" and (node.text or "").strip().lower() != "false":
            if parent is not None and _tag(parent) in ("stock", "behavior"):
                refuse("a non-negative stock is", node, name)
        elif tag == "sim_specs" and node.get("method", "euler").lower() != "euler":
            refuse(f"the integration method '{node.get('method')}' is", node)
    if len(models) > 1:
        refuse("several <model>s in one file are", models[1])
    if not models:
        raise ModelError("the file has no <model>", where=file)


def _without_views(node: Any) -> Iterator[Any]:
    """Yield the elements that say what the model is, not how it is drawn."""
    yield node
    for child in node.iterchildren(etree.Element):
        if _tag(child) not in ("views", "style", "prefs", "header"):
            yield from _without_views(child)


def _tag(node: Any) -> str:
    return str(node.tag).rpartition("}")[2]


def _variable_nodes(root: Any, namespace: dict[str, str]) -> list[Any]:
    nodes = root.xpath("ns:model/ns:variables/*", namespaces=namespace)
    return [node for node in nodes if isinstance(node.tag, str) and _tag(node) in _VARIABLES]


def _check_node(node: Any, namespace: dict[str, str], file: str) -> None:
    """Make sure of the parts that PySD takes for granted."""
    where = place(file, _name(node), node.sourceline or 0)
    if not node.get("name"):
        raise ModelError(f"a <{_tag(node)}> has no name", where=where)
    if _tag(node) == "gf":
        return
    equations = node.xpath(".//ns:eqn", namespaces=namespace)
    if not equations or not all((equation.text or "").strip() for equation in equations):
        raise ModelError("the variable has no equation", where=where, fix="fill in its <eqn>")


def _check_time_settings(root: Any, namespace: dict[str, str], file: str) -> None:
    settings = root.xpath("ns:sim_specs", namespaces=namespace)
    if not settings:
        raise ModelError("the file has no <sim_specs>", where=file)
    for name in ("start", "stop", "dt"):
        if not _text(settings[0], f"ns:{name}", namespace):
            where = place(file, line=settings[0].sourceline or 0)
            raise ModelError(f"<sim_specs> has no <{name}>", where=where)


def _take_limits(node: Any, namespace: dict[str, str], file: str) -> Limits:
    """Read the limits of a variable and take them out of the file: PySD wants both or none."""
    limits: Limits = (None, None)
    for item in node.xpath("ns:range", namespaces=namespace):
        try:
            low, high = (
                None if item.get(end) is None else read_number(item.get(end))
                for end in ("min", "max")
            )
        except UnreadableText:
            where = place(file, _name(node), node.sourceline or 0)
            raise ModelError("the range is no number", where=where) from None
        limits = (low, high)
    for item in node.xpath("ns:range | .//ns:yscale", namespaces=namespace):
        item.getparent().remove(item)
    return limits


def _parse_component(component: Any, behaviors: dict[str, bool], file: str) -> None:
    node = getattr(component, "node", None)
    where = place(
        file,
        display_name(component.name.replace("\\n", " ")),
        0 if node is None else node.sourceline or 0,
    )
    try:
        component.parse(behaviors)
    except parsimonious.ParseError as error:
        rest = error.text[error.pos :].strip()
        what = (
            f"syntax error at '{rest[:40]}'"
            if rest
            else f"syntax error at the end of '{error.text[-40:]}'"
        )
        raise ModelError(what, where=where) from None
    except parsimonious.VisitationError as error:
        raise ModelError(_reason(error.__cause__), where=where) from None
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError) as error:
        raise ModelError(_reason(error), where=where) from None


def _reason(error: BaseException | None) -> str:
    if isinstance(error, UnreadableText):
        return str(error)
    if isinstance(error, (TypeError, KeyError)):
        return "a function has the wrong number of arguments"
    return "the equation or graphical function cannot be read"


def _definitions(
    nodes: list[Any], section: Any, limits: dict[int, Limits], file: str
) -> dict[str, tuple[Definition, ...]]:
    definitions: dict[str, tuple[Definition, ...]] = {}
    counts = {
        canonical(item.name): len(getattr(item, "components", [])) for item in section.components
    }
    for node in nodes:
        name = _name(node)
        if is_control(name):
            continue
        if canonical(name) in definitions:
            first = definitions[canonical(name)][0].line
            raise ModelError(
                f"the variable is already defined on line {first}",
                where=place(file, name, node.sourceline or 0),
                fix="remove one of the two",
            )
        texts = _texts(node, section.ns)
        count = max(counts[canonical(name)], 1)
        whole = Definition(
            name=name,
            text="",
            line=node.sourceline or 0,
            units=_text(node, "ns:units", section.ns),
            limits=limits[id(node)],
            documentation=_text(node, "ns:doc", section.ns),
        )
        definitions[canonical(name)] = tuple(
            replace(whole, text=texts[index % len(texts)]) for index in range(count)
        )
    line = section.content.xpath("ns:sim_specs", namespaces=section.ns)[0].sourceline or 0
    for item in section.components:
        if is_control(item.name):
            control = Definition(item.name, item.eqn, line, item.units)
            definitions[canonical(item.name)] = (control,)
    return definitions


def _name(node: Any) -> str:
    return display_name(node.get("name", "").replace("\\n", " "))


def _text(node: Any, path: str, namespace: dict[str, str]) -> str:
    return " ".join((node.findtext(path, "", namespace) or "").split())


def _texts(node: Any, namespace: dict[str, str]) -> list[str]:
    """Give the right-hand sides; a stock's in the form of Vensim."""
    kind = _tag(node)
    if kind == "gf":
        return [" ".join(" ".join(node.itertext()).split())]

    def texts(path: str) -> list[str]:
        return [" ".join(item.text.split()) for item in node.xpath(path, namespaces=namespace)]

    if kind != "stock":
        return texts(".//ns:eqn")
    net = " - ".join([" + ".join(texts("ns:inflow")), *texts("ns:outflow")]).strip() or "0"
    return [f"INTEG({net}, {equation})" for equation in texts(".//ns:eqn")]
