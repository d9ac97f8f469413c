"""A report → the text of the page: what its templates need, put together."""

from __future__ import annotations

import base64
import functools
import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from flatgov.check.page import definitions, guidelines, results, study_part
from flatgov.check.page.functions import MEANINGS
from flatgov.check.page.safe import count, number, visible
from flatgov.check.page.typeset import Typesetter
from flatgov.check.report import Report
from flatgov.check.subject import Subject
from flatgov.errors import FlatgovError
from flatgov.names import canonical

if TYPE_CHECKING:
    import jinja2

    from flatgov.changes import FloatArray
    from flatgov.model import Model
    from flatgov.study.study import Study

# Of a model whose loops nobody named, so many are listed, the shortest.
_MOST_LOOPS = 30
_INTEGRATORS = {"euler": "Euler’s method", "rk4": "the Runge-Kutta method of fourth order (RK4)"}


def page_text(report: Report) -> str:
    """Write the record of a model as one HTML page.

    The page needs nothing from elsewhere and shows all text of files as text: a policy in its head
    forbids any script but its own, and any address but the page itself.

    Args:
        report: The report on the model or study.
    """
    environment = _environment()
    script = environment.get_template("page.js").render()
    allowed = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return environment.get_template("page.html").render(
        report=report,
        script=Markup(script),
        script_hash=allowed,
        style=Markup(environment.get_template("page.css").render()),
        verdict=results.verdict(report),
        results=results.results(report),
        guidelines=(parts := guidelines.guidelines(report)),
        guidelines_counts=guidelines.counted(parts),
        citation=results.citation,
        short_citation=results.short_citation,
        sources=_sources(report),
        **(_model(report, report.subject) if report.subject else {}),
    )


@functools.cache
def _environment() -> jinja2.Environment:
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("flatgov.check.page", "templates"),
        autoescape=lambda name: name is None or name.endswith(".html"),
        undefined=jinja2.StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(number=number, count=count)
    environment.globals.update(trust=study_part.TRUST, subject=None)
    return environment


def _finalize(value: Any) -> Any:
    """Show what a text hides; what is marked up has seen to it already."""
    if isinstance(value, Markup):
        return value
    return visible(value) if isinstance(value, str) else value


def _sources(report: Report) -> list[str]:
    """List the publications that the page cites."""
    used = {key for check in report.checks.values() for key in check.sources}
    return sorted(used | {guidelines.SOURCE})


def _model(report: Report, subject: Subject) -> dict[str, Any]:
    model, study = subject.model, subject.study
    places = definitions.anchors(model)
    typesetter = Typesetter(places)
    claims = {claim.number for claim in study.evidence.claims} if study else set()
    base, broken = _base(subject)
    known = definitions.Known(
        model=model,
        claims=claims,
        base=base,
        normals=_normals(study),
        visited=_visited(report),
        uncertain=_uncertain(study),
    )
    sectors = definitions.sectors(known, typesetter)
    macros = definitions.macros(model, typesetter)
    meanings = {name: MEANINGS[name] for name in sorted(typesetter.used) if name in MEANINGS}
    return {
        "draws": guidelines.draws(subject),
        "lost": results.lost(base, broken),
        "subject": subject,
        "model": model,
        "study": study,
        "title": _title(model, study),
        "sectors": sectors,
        "macros": macros,
        "meanings": meanings,
        "broken": broken,
        "visited": bool(known.visited),
        "integrator": _INTEGRATORS[model.integrator],
        "kinds": definitions.kind_counts(model),
        "file": _file(model),
        "link": lambda name: definitions.Link(places.get(canonical(name), ""), name),
        **_loops(report, model, study, places),
        **(_study(study, places, claims) if study else {}),
    }


def _title(model: Model, study: Study | None) -> str:
    return study.title.get("en", study.name) if study else model.name


def _base(subject: Subject) -> tuple[Mapping[str, FloatArray], str]:
    """Give the model's own run, or why there is none."""
    try:
        return subject.base, ""
    except FlatgovError as error:
        return {}, str(error)


def _normals(study: Study | None) -> dict[str, tuple[float, float]]:
    if study is None or study.uncertainty is None:
        return {}
    kinds = ("strength", "slope")
    return {one.variable: one.normal for one in study.uncertainty.factors if one.kind in kinds}


def _uncertain(study: Study | None) -> dict[str, str]:
    """Give what is uncertain of each variable, in words."""
    found: dict[str, list[str]] = {}
    if study is not None and study.uncertainty is not None:
        for one in study.uncertainty.factors:
            if one.kind != "change":
                what = "" if one.kind == "value" else f"{one.kind} "
                found.setdefault(one.variable, []).append(f"{what}{study_part.spread(one.text)}")
    return {name: "; ".join(texts) for name, texts in found.items()}


def _visited(report: Report) -> dict[str, tuple[float, float]]:
    """Give the range of inputs at which runs read each table, as the check of it found."""
    data = next((one.data for one in report.outcomes if one.check == "lookup domain"), {})
    found: dict[str, tuple[float, float]] = {}
    for use in data.get("uses", ()):
        low, high = use["all"]
        if low is not None and high is not None:
            before = found.get(use["table"], (low, high))
            found[use["table"]] = (min(low, before[0]), max(high, before[1]))
    return found


def _file(model: Model) -> Markup | None:
    """Give the model file as an address that holds it, or None where it is too large."""
    if not model.source or len(model.source) > guidelines.LARGEST_FILE:
        return None
    packed = base64.b64encode(model.source).decode()
    return Markup("data:application/octet-stream;base64,") + Markup(packed)


def _loops(
    report: Report, model: Model, study: Study | None, places: dict[str, str]
) -> dict[str, Any]:
    """List the loops that the study names, else the shortest ones."""
    inventory = next((one.data for one in report.outcomes if one.check == "inventory"), {})
    if study is not None and study.evidence.loops:
        loops = study_part.named_loops(study.evidence, places)
        return {"loops": loops, "named": True, "all_loops": inventory.get("loops")}
    from flatgov.graph import feedback_loops

    found = feedback_loops(model, _MOST_LOOPS)
    loops = [
        study_part.Loop(str(i), "", "", "", study_part.links(one, places), ())
        for i, one in enumerate(found.loops, 1)
    ]
    number = len(loops) if found.complete else inventory.get("loops")
    return {"loops": loops, "named": False, "all_loops": number}


def _study(study: Study, places: dict[str, str], claims: set[int]) -> dict[str, Any]:
    return {
        "policies": study_part.policies(study, places),
        "scenarios": study_part.scenarios(study, places),
        "quantities": study_part.quantities(study, places),
        "design": study_part.design(study),
        "claims": claims,
        "linked": functools.partial(definitions.linked, claims=claims),
    }
