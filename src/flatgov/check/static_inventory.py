"""The inventory of a model: how many of each kind, in which sectors, in how many loops."""

from __future__ import annotations

from collections import Counter
from typing import Any

from flatgov.check.findings import Outcome
from flatgov.check.static_pieces import plural
from flatgov.check.subject import Check, Subject
from flatgov.graph import cycle_partitions, feedback_loops

# More loops than this are not counted; the report says so.
_MOST_LOOPS = 500


def _inventory(subject: Subject) -> Outcome:
    model = subject.model
    kinds = Counter(one.kind for one in model.variables.values())
    sectors: dict[str, Counter[str]] = {}
    for variable in model.variables.values():
        sectors.setdefault(variable.group, Counter())[variable.kind] += 1
    loops = feedback_loops(model, _MOST_LOOPS)
    partitions = cycle_partitions(model)
    data: dict[str, Any] = {
        "kinds": dict(kinds),
        "sectors": {name: dict(counts) for name, counts in sectors.items()},
        "macros": sorted(model.macros),
        "subscripts": {name: len(elements) for name, elements in model.subscripts.items()},
        "loops": len(loops.loops),
        "all_loops": loops.complete,
        "longest_loop": list(loops.loops[-1]) if loops.loops and loops.complete else None,
        "partitions": [len(part) for part in partitions],
        "named_loops": _named_loops(subject),
    }
    number = (
        plural(len(loops.loops), "feedback loop")
        if loops.complete
        else f"more than {len(loops.loops)} feedback loops"
    )
    counted = [
        plural(kinds[kind], kind).replace("auxiliarys", "auxiliaries").replace("datas", "data")
        for kind in ("stock", "flow", "auxiliary", "constant", "lookup", "data")
        if kinds[kind]
    ]
    summary = ", ".join([*counted, number])
    return Outcome("inventory", (), summary, data)


def _named_loops(subject: Subject) -> list[dict[str, Any]]:
    if subject.study is None:
        return []
    return [
        {
            "id": name,
            "label": dict(loop.label),
            "polarity": loop.polarity,
            "variables": list(loop.variables),
        }
        for name, loop in subject.study.evidence.loops.items()
    ]


CHECKS: tuple[Check, ...] = (
    Check(
        "inventory",
        "What the model is made of",
        "How many stocks, flows, auxiliaries, constants, lookups and feedback loops are there, and "
        "in which sectors? The size and the feedback of a model say what it can explain.",
        _inventory,
        ("sterman2000", "rahmandad_sterman2012"),
    ),
)
