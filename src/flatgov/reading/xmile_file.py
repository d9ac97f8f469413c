"""The XML of an XMILE file: what is in it, and what is refused at once by name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lxml import etree

from flatgov.errors import ModelError
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
_INTEGRATORS: dict[str, Integrator] = {"euler": "euler", "rk4": "rk4"}


@dataclass(frozen=True)
class Source:
    """An XMILE file.

    Attributes:
        root: Its root element.
        file: Its path, for messages.
        vensim: Whether Vensim, or a converter of its models, wrote it.
    """

    root: Any
    file: str
    vensim: bool

    def where(self, name: str = "", node: Any = None) -> str:
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
    """

    start: str
    stop: str
    step: str
    saveper: str
    units: str
    integrator: Integrator
    line: int
    doubtful: bool


def read_source(source: bytes, file: str) -> Source:
    """Parse the XML and refuse what is not supported.

    Raises:
        ModelError: The file is not XMILE, or has what is not supported; the message names it.
    """
    root = _read_root(source, file)
    vendor = " ".join(text for text in root.itertext(f"{{{root.nsmap[None]}}}vendor") if text)
    found = Source(root, file, vensim="ventana" in vendor.lower())
    for node in without_views(root):
        name = name_of(node.getparent()) if node.getparent() is not None else ""
        if tag_of(node) in _REFUSED:
            what = _REFUSED[tag_of(node)]
            raise ModelError(f"{what} not supported", where=found.where(name, node))
        if tag_of(node) in ("model", "module"):
            for attribute, what in (("resource", "from another file"), ("iv", "encrypted")):
                if node.get(attribute) is not None:
                    raise ModelError(
                        f"a {tag_of(node)} {what} is not supported",
                        where=found.where(name_of(node), node),
                    )
    return found


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
    if tag_of(root) != "xmile" or None not in root.nsmap:
        raise ModelError("not an XMILE file", where=file, fix="the root must be <xmile xmlns=…>")
    return root


def read_specs(source: Source) -> Specs:
    """Read the time settings and the integration method.

    Raises:
        ModelError: They are missing, or the method is not supported.
    """
    found = list(children(source.root, "sim_specs"))
    inner = [node for model in children(source.root, "model") for node in children(model)]
    inner = [node for node in inner if tag_of(node) == "sim_specs"]
    if not found and len(inner) == 1 and len(list(children(source.root, "model"))) == 1:
        found, inner = inner, []
    if not found:
        raise ModelError("the file has no <sim_specs>", where=source.file)
    if inner:
        raise ModelError(
            "time settings of a submodel are not supported",
            where=source.where(name_of(inner[0].getparent()), inner[0]),
        )
    node = found[0]
    for name in ("start", "stop"):
        if not text_of(node, name):
            raise ModelError(f"<sim_specs> has no <{name}>", where=source.where(node=node))
    step = text_of(node, "dt") or "1"  # XMILE 1.0, section 3.4
    for dt in children(node, "dt"):
        if dt.get("reciprocal", "").strip().lower() == "true":
            step = f"1/({step})"
    return Specs(
        start=text_of(node, "start"),
        stop=text_of(node, "stop"),
        step=step,
        saveper=_saveper(node),
        units=node.get("time_units", ""),
        integrator=_integrator(node, source),
        line=node.sourceline or 0,
        doubtful=source.vensim and node.get("method") == "RK4",
    )


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
