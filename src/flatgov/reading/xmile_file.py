"""The XML of an XMILE file: what is in it, and what is refused at once by name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from flatgov.errors import ModelError, Place, Problems
from flatgov.model import Integrator
from flatgov.reading.parsed import display_name, place
from flatgov.reading.xmile_expression import unescape

# Elements and attributes, anywhere but in the drawing, whose meaning is not supported.
_REFUSED = {
    "conveyor": "conveyors are",
    "queue": "queues are",
    "oven": "ovens are",
    "leak": "the leakage of a conveyor is",
    "overflow": "the overflow of a queue is",
    "multiplier": "a unit conversion in a flow is",
    "import": "imported data are",
    "option_filter": "option filters are",
    "summing": "a summing converter is",
    "spreadflow": "a spread flow is",
}
_DRAWN = ("views", "display", "interface", "style", "prefs", "header")
_CONTROL_TAGS = {"INITIAL TIME": "start", "FINAL TIME": "stop", "TIME STEP": "dt"}
_INTEGRATORS: dict[str, Integrator] = {"euler": "euler", "rk4": "rk4"}


@dataclass(frozen=True)
class Source:
    """An XMILE file.

    Attributes:
        root: Its root element.
        file: Its path, for messages.
        vensim: Whether Vensim, or a converter of its models, wrote it.
        raw: Its text.
    """

    root: Any
    file: str
    vensim: bool
    raw: str = field(default="", repr=False)

    def as_in_file(self, text: str) -> str:
        """Give a piece of an equation as it stands in the file.

        There ``&`` may be ``&amp;``, and of a piece on several lines only the last word is given.
        """
        for piece in dict.fromkeys((text, *text.split()[-1:])):
            half = piece.replace("&", "&amp;").replace("<", "&lt;")
            for form in (piece, half, half.replace(">", "&gt;")):
                if form in self.raw:
                    return form
        return text

    def where(self, name: str = "", node: Any = None) -> Place:
        """Describe a place in the file."""
        return place(self.file, name, 0 if node is None else node.sourceline or 0)


@dataclass(frozen=True)
class Specs:
    """What ``<sim_specs>`` says, in the text of the file.

    Attributes:
        start: The start time.
        stop: The end time.
        step: The time step.
        saveper: The interval between saved values, or ``""``.
        units: The unit of time.
        integrator: The integration method.
        line: The line of the file.
        doubtful: Whether the method may not be meant: Vensim writes ``method="RK4"`` into files
            of models that it runs by Euler's method (community's test models with a .mdl, an
            .xmile and a reference output, such as `zeroled_decimals`).
        lines: The lines of the control variables that have a tag of their own.
    """

    start: str
    stop: str
    step: str
    saveper: str
    units: str
    integrator: Integrator
    line: int
    doubtful: bool
    lines: Mapping[str, int] = field(default_factory=dict)


def read_source(source: bytes, file: str, problems: Problems) -> Source:
    """Parse the XML, and name what is not supported.

    Args:
        source: The content of the file.
        file: Its path.
        problems: Takes each feature that is not supported.

    Raises:
        ModelError: The file is not XMILE; of mistakes in its XML all those that leave the rest
            readable are told together.
    """
    root = _read_root(source, file)
    vendor = " ".join(text for text in root.itertext(f"{{{root.nsmap[None]}}}vendor") if text)
    raw = source.decode("utf-8", errors="replace")
    found = Source(root, file, vensim="ventana" in vendor.lower(), raw=raw)
    problems.found += _refusals(found)
    return found


def _refusals(source: Source) -> Iterator[ModelError]:
    """Yield an error for each element whose meaning is not supported."""
    for node in without_views(source.root):
        parent = node.getparent()
        name = name_of(parent) if parent is not None else ""
        if is_refused(node) and not (parent is not None and is_refused(parent)):
            what = f"{_REFUSED[tag_of(node)]} not supported"
            yield ModelError(what, where=source.where(name, node), text=f"<{_full_tag(node)}")
        elif tag_of(node) in ("model", "module"):
            for attribute, what in (("resource", "from another file"), ("iv", "encrypted")):
                if node.get(attribute) is not None:
                    yield ModelError(
                        f"a {tag_of(node)} {what} is not supported",
                        where=source.where(name_of(node), node),
                        text=f"<{tag_of(node)}",
                    )


def is_refused(node: Any) -> bool:
    """Tell whether an element is one whose meaning is not supported."""
    return tag_of(node) in _REFUSED


def _full_tag(node: Any) -> str:
    """Give the tag as it stands in the file, with its prefix."""
    tag = str(node.tag).rpartition("}")[2]
    return f"{node.prefix}:{tag}" if node.prefix else tag


# Mistakes of XML that leave the rest of the file readable, and how to mend them.
_LOCAL = {
    "ERR_NAME_REQUIRED": ("&", "write &amp; for & and &lt; for <"),
    "ERR_ENTITYREF_SEMICOL_MISSING": ("&", "write &amp; for &"),
    "ERR_UNDECLARED_ENTITY": ("&", "write the character itself"),
    "WAR_UNDECLARED_ENTITY": ("&", "write the character itself"),
    "ERR_ENTITYREF_NO_NAME": ("&", "write &amp; for &"),
}


def _xml_errors(log: Any, file: str) -> list[ModelError]:
    """Give the mistakes in the XML: after one that is not local, the others may follow from it."""
    found: list[ModelError] = []
    lines = set()
    for error in log:
        # Stella leaves its own name space undeclared.
        if error.domain_name == "NAMESPACE" or error.line in lines:
            continue
        lines.add(error.line)
        text, fix = _LOCAL.get(error.type_name, ("", ""))
        line = error.line
        if opened := re.search(r"mismatch: (\S+) line (\d+) and", error.message):
            text, line = f"<{opened[1]}", int(opened[2])  # which tag is not closed
        what = f"not valid XML: {' '.join(error.message.split())}"
        found.append(ModelError(what, where=place(file, line=line), fix=fix, text=text))
        if not fix:
            break
    return found


def _read_root(source: bytes, file: str) -> Any:
    if not source.strip():
        raise ModelError("the file is empty", where=place(file), fix="give a Vensim or XMILE model")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, recover=True)
    try:
        root = etree.fromstring(source, parser)
    except etree.XMLSyntaxError as error:  # nothing to recover
        raise ModelError(f"not valid XML: {error.msg}", where=place(file)) from None
    Problems([*_xml_errors(parser.error_log, file)]).raise_first()
    if root is None:
        raise ModelError("not valid XML", where=place(file))
    if root.getroottree().docinfo.doctype:
        raise ModelError(
            "a document type is not allowed",
            where=place(file),
            fix="remove <!DOCTYPE …>",
            text="<!DOCTYPE",
        )
    if tag_of(root) != "xmile" or None not in root.nsmap:
        raise ModelError(
            "not an XMILE file",
            where=place(file, line=root.sourceline or 0),
            fix="the root must be <xmile xmlns=…>",
            text=f"<{tag_of(root)}",
        )
    return root


def read_specs(source: Source, problems: Problems) -> Specs:
    """Read the time settings and the integration method.

    Args:
        source: The file.
        problems: Takes what is missing, and a method that is not supported.

    Returns:
        The settings; those that are missing are ``""``.
    """
    found = list(children(source.root, "sim_specs"))
    inner = [node for model in children(source.root, "model") for node in children(model)]
    inner = [node for node in inner if tag_of(node) == "sim_specs"]
    if not found and len(inner) == 1 and len(list(children(source.root, "model"))) == 1:
        found, inner = inner, []
    for node in inner:
        problems.found.append(
            ModelError(
                "time settings of a submodel are not supported",
                where=source.where(name_of(node.getparent()), node),
                text="<sim_specs",
            )
        )
    if not found:
        problems.found.append(
            ModelError(
                "the file has no <sim_specs>",
                where=place(source.file),
                fix="add <sim_specs><start>…</start><stop>…</stop><dt>…</dt></sim_specs>",
            )
        )
        return Specs("", "", "", "", "", "euler", 0, doubtful=False)
    node = found[0]
    for name in ("start", "stop"):
        if not text_of(node, name):
            what = f"<sim_specs> has no <{name}>"
            where = source.where(node=node)
            problems.found.append(ModelError(what, where=where, text="<sim_specs"))
    step = text_of(node, "dt") or "1"  # XMILE 1.0, section 3.4
    for dt in children(node, "dt"):
        if dt.get("reciprocal", "").strip().lower() == "true":
            step = f"1/({step})"
    integrator: Integrator = "euler"
    with problems.collect():
        integrator = _integrator(node, source)
    return Specs(
        start=text_of(node, "start"),
        stop=text_of(node, "stop"),
        step=step,
        saveper=_saveper(node),
        units=node.get("time_units", ""),
        integrator=integrator,
        line=node.sourceline or 0,
        lines={
            control: own.sourceline or 0
            for control, tag in _CONTROL_TAGS.items()
            for own in children(node, tag)
        },
        doubtful=source.vensim and node.get("method") == "RK4",
    )


def read_unit_synonyms(source: Source) -> tuple[tuple[str, ...], ...]:
    """Read the units of the model (OASIS, XMILE 1.0, section 2.4).

    Returns:
        For each unit with aliases its name and they; for each with an equation, such as
        ``kg*m/s^2``, that and its name.
    """
    groups = []
    for block in children(source.root, "model_units"):
        for node in children(block, "unit"):
            name, equation = name_of(node), text_of(node, "eqn")
            aliases = [" ".join((item.text or "").split()) for item in children(node, "alias")]
            aliases = [alias for alias in aliases if alias]
            if name and aliases:
                groups.append((name, *aliases))
            if name and equation:
                groups.append((equation, name))
    return tuple(groups)


def _saveper(node: Any) -> str:
    """Give the interval between saved values: isee's attribute, or the tag that others use."""
    attributes = {re.split("[}:]", key)[-1]: value for key, value in node.attrib.items()}
    given = str(attributes.get("save_interval", "")).strip()
    given = given or text_of(node, "save_step") or text_of(node, "savestep")
    return "" if given in ("0", "0.0") else given


def _integrator(node: Any, source: Source) -> Integrator:
    """Give the first method of the list that is supported (XMILE 1.0, section 3.4.1)."""
    method = node.get("method", "").strip() or "euler"
    for name in method.lower().split(","):
        if name.strip() in _INTEGRATORS:
            return _INTEGRATORS[name.strip()]
    raise ModelError(
        f"the integration method '{method}' is not supported",
        where=source.where(node=node),
        fix="use Euler or RK4",
        text=method,
    )


def non_negative_by_default(source: Source, kind: str) -> bool:
    """Tell whether ``<behavior>`` makes all stocks, or all flows, non-negative."""
    models = children(source.root, "model")
    for parent in [source.root, *models]:
        for behavior in children(parent, "behavior"):
            for node in [behavior, *children(behavior, kind)]:
                if (flag := flag_of(node, "non_negative")) is not None:
                    return flag
    return False


def flag_of(node: Any, tag: str) -> bool | None:
    """Tell whether an option is on, or None where it is not given."""
    for child in children(node, tag):
        return (child.text or "").strip().lower() != "false"
    return None


def children(node: Any, tag: str | None = None) -> Iterator[Any]:
    """Yield the child elements in XMILE's own name space, all or those of a tag."""
    home = node.getroottree().getroot().nsmap[None]
    for child in node.iterchildren(etree.Element):
        space, _, name = str(child.tag).rpartition("}")
        if space == f"{{{home}" and tag in (None, name) and ":" not in name:
            yield child


def without_views(node: Any) -> Iterator[Any]:
    """Yield the elements that say what the model is, not how it is drawn."""
    yield node
    for child in node.iterchildren(etree.Element):
        if tag_of(child) not in _DRAWN:
            yield from without_views(child)


def tag_of(node: Any) -> str:
    """Give the tag without its name space, also one whose prefix is not declared."""
    return str(node.tag).rpartition("}")[2].rpartition(":")[2]


def name_of(node: Any) -> str:
    """Give the name of a variable, dimension or model, for people."""
    return display_name(unescape(node.get("name", "")))


def text_of(node: Any, tag: str) -> str:
    """Give the text of the first child of a tag, white space collapsed, or ``""``."""
    return next((" ".join((child.text or "").split()) for child in children(node, tag)), "")
