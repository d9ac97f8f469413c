"""Loop removal: what the model does without each of its feedback loops."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from flatgov.changes import FloatArray
from flatgov.check.findings import Finding, Outcome
from flatgov.check.loop_removal_model import CutModel, Link, choose_links, cut_model
from flatgov.check.loop_removal_shape import Shape, deviation, shape
from flatgov.check.subject import Check, Subject
from flatgov.errors import FlatgovError
from flatgov.model import Change

ID = "loop removal"

# Loops of a model alone that are cut: its shortest.
_MOST_LOOPS = 50
# A loop whose cut link moves its own cause by less than this share of its range does nothing.
_NOTHING = 1e-3
_ROUNDING = 1e-9  # of a value that rests
_LISTED = 6  # loops that the evidence of a finding names
_LEAST_STEPS = 3  # before which nothing comes back from a cut: through a flow, a stock, a flow
_ROWS = 8  # variables of a loop in the data: those that change most


@dataclass(frozen=True)
class Effect:
    """What the removal of a loop does to a variable.

    Attributes:
        variable: Its name.
        deviation: The largest, as a share of the variable's range in the whole model.
        whole: Its shape with the loop.
        without: Its shape without it.
    """

    variable: str
    deviation: float
    whole: Shape
    without: Shape


@dataclass(frozen=True)
class Loop:
    """A feedback loop and what came of its removal.

    Attributes:
        name: In evidence.toml, or the variables of the loop.
        variables: Each feeds the next, the last the first.
        link: The link that was cut; None where none could be.
        effects: The variables, those that change most first; empty where a value was no number.
        returned: How much the cause of that link moves without it, as a share of its range: what
            comes back to it around the loop, and around others that use the link.
        broken: A variable that was no finite number in the run without the loop.
        rests: Whether that cause does not move in the whole model, so that the loop has nothing
            to act on: it may well be what holds the cause where it is.
    """

    name: str
    variables: tuple[str, ...]
    link: Link | None
    effects: tuple[Effect, ...] = ()
    returned: float = 0.0
    broken: str = ""
    rests: bool = False

    @property
    def idle(self) -> bool:
        """Whether nothing comes back around the loop, though something goes into it."""
        return self._silent and not self.rests

    @property
    def untried(self) -> bool:
        """Whether nothing goes into the loop."""
        return self._silent and self.rests

    @property
    def _silent(self) -> bool:
        return self.link is not None and not self.broken and self.returned < _NOTHING


def run(subject: Subject) -> Outcome:
    """Cut one link of each loop and compare the run with that of the whole model.

    A study is run with its reference policy under its default scenario, a model as it is. The
    effect of the link that is cut sees its cause as it was at the start of the run.

    Returns:
        Notes of loops that do nothing, and of those without which there are no numbers. The data
        have, for each loop, what changes most.
    """
    from flatgov.run.final_time import moves

    if moves(subject.model):
        return Outcome(ID, skipped="FINAL TIME changes during the run")
    time = subject.model.time
    if time.final < time.initial + (_LEAST_STEPS - 0.5) * time.step:
        return Outcome(ID, skipped="the run is too short for anything to come back around a loop")
    named = _loops(subject)
    if not named:
        return Outcome(ID, summary="There are no feedback loops to remove")
    links = choose_links(subject.model, list(named.values()))
    cut = cut_model(subject.model, list(dict.fromkeys(link for link in links if link)))
    judged = _judged(subject)
    try:
        runs = _simulate(subject, cut, judged)
    except FlatgovError as error:
        return Outcome(ID, skipped=f"the model cannot be run: {error.what}")
    if broken := _broken(runs[None]):
        return Outcome(ID, skipped=f"'{broken}' is no number in the run of the whole model")
    if not _moves(runs[None]):
        return Outcome(ID, skipped="no stock moves in the run, so that no loop can act")
    loops = [
        _removed(name, variables, link, runs, judged)
        for (name, variables), link in zip(named.items(), links, strict=True)
    ]
    return Outcome(
        ID,
        _findings(subject, loops),
        _summary(loops),
        {"loops": [_row(loop) for loop in loops]},
    )


def _loops(subject: Subject) -> dict[str, tuple[str, ...]]:
    """Give the loops that the study names, or the shortest of the model."""
    from flatgov.graph import feedback_loops

    if subject.study is not None and subject.study.evidence.loops:
        return {name: loop.variables for name, loop in subject.study.evidence.loops.items()}
    found = feedback_loops(subject.model, _MOST_LOOPS).loops[:_MOST_LOOPS]
    return {" → ".join(loop): loop for loop in found}


def _judged(subject: Subject) -> list[str]:
    """Give the variables whose change is told: those of the headline, and stocks."""
    headline = subject.study.headline if subject.study is not None else ()
    stocks = [one.name for one in subject.model.variables.values() if one.kind == "stock"]
    return [*dict.fromkeys([*headline, *stocks])]


def _simulate(
    subject: Subject, cut: CutModel, judged: Sequence[str]
) -> dict[Link | None, dict[str, FloatArray]]:
    """Run the whole model (None), and the model without each link.

    All runs have the same random numbers.

    Returns:
        (time, elements) of the stocks, in a study of the headline variables, and of what is the
        cause of a link.
    """
    from flatgov.draws import Draws
    from flatgov.run.native import simulate_values, undefined_elements

    model, study = subject.model, subject.study
    changes: tuple[Change, ...] = ()
    if study is not None:
        world = study.scenarios.get(study.default_scenario or "")
        changes = (*(world.changes if world else ()), *study.policies[study.reference].changes)
    save = [*dict.fromkeys([*judged, *(cause for cause, _ in cut.switches)])]
    start = model.time.initial
    plans = [changes]
    plans += [(*changes, Change(name, "set", 1.0, start)) for name in cut.switches.values()]
    undefined = undefined_elements(cut.model)
    values = simulate_values(cut.model, plans, Draws(), save=save, seed=subject.seed)
    runs: dict[Link | None, dict[str, FloatArray]] = {}
    for place, link in enumerate([None, *cut.switches]):
        runs[link] = {}
        for name, array in values.items():
            gaps = [element for variable, element in undefined if variable == name]
            flat = array[place, 0].reshape(array.shape[2], -1)
            runs[link][name] = np.delete(flat, gaps, axis=1)
    return runs


def _broken(values: Mapping[str, FloatArray]) -> str:
    return next((name for name, array in values.items() if not np.isfinite(array).all()), "")


def _moves(values: Mapping[str, FloatArray]) -> bool:
    """Tell whether anything moves by more than rounding."""
    return any(
        bool((np.ptp(array, axis=0) > _ROUNDING * np.abs(array).max(axis=0)).any())
        for array in values.values()
    )


def _removed(
    name: str,
    variables: tuple[str, ...],
    link: Link | None,
    runs: Mapping[Link | None, Mapping[str, FloatArray]],
    judged: Collection[str],
) -> Loop:
    """Compare the run without a loop with that of the whole model."""
    if link is None:
        return Loop(name, variables, None)
    if broken := _broken(runs[link]):
        return Loop(name, variables, link, broken=broken)
    whole, without = runs[None], runs[link]
    effects = [_effect(one, whole[one], without[one]) for one in judged if whole[one].size]
    effects.sort(key=lambda one: -one.deviation)
    returned = _deviation(whole[link[0]], without[link[0]])
    rests = not _moves({link[0]: whole[link[0]]})
    return Loop(name, variables, link, tuple(effects), returned, rests=rests)


def _effect(variable: str, whole: FloatArray, without: FloatArray) -> Effect:
    """Compare two runs of a variable: its element that changes most, the shapes of their sum."""
    sums = whole.sum(axis=1), without.sum(axis=1)
    scale = float(np.ptp(sums[0]))
    return Effect(variable, _deviation(whole, without), shape(sums[0]), shape(sums[1], scale))


def _deviation(whole: FloatArray, without: FloatArray) -> float:
    """Give the deviation of the element that changes most."""
    elements = range(whole.shape[1])
    return max((deviation(whole[:, one], without[:, one]) for one in elements), default=0.0)


def _findings(subject: Subject, loops: Sequence[Loop]) -> tuple[Finding, ...]:
    """Make a note of each loop that a study names, and one of all such loops of a model alone."""
    broken = [loop for loop in loops if loop.broken]
    idle = [loop for loop in loops if loop.idle]
    if subject.study is None or not subject.study.evidence.loops:
        groups = [group for group in (broken, idle) if group]
    else:
        groups = [[loop] for loop in loops if loop.broken or loop.idle]
    return tuple(_finding(subject, group, len(loops)) for group in groups)


def _finding(subject: Subject, loops: Sequence[Loop], among: int) -> Finding:
    """Make a note of loops that are all broken, or all idle."""
    first = loops[0]
    assert first.link is not None
    cause, effect = first.link
    if len(loops) == 1:
        name = f"the loop '{first.name}'"
        variable = subject.model.variables[effect]
        evidence = f"the link from '{cause}' to '{effect}' was cut"
        broken = f"without {name}, '{first.broken}' is no finite number"
        idle = f"{name} does nothing in this run: '{cause}' is the same without its link to "
        idle += f"'{effect}'"
    else:
        name = f"{len(loops)} of {among} loops"
        variable = None
        shown = [one.name for one in loops[:_LISTED]]
        evidence = "; ".join([*shown, "…"] if len(loops) > _LISTED else shown)
        broken = f"there are no finite numbers without any one of {name}"
        idle = f"{name} do nothing in this run: nothing comes back around them"
    if first.broken:
        what, cause = broken, "no numbers without the loop"
        fix = "see what else should keep the values within bounds"
    else:
        what, cause = idle, "loops that do nothing"
        fix = "leave the loop out, or say under which conditions it acts"
    return subject.finding(ID, "note", variable, what, evidence=evidence, fix=fix, cause=cause)


def _row(loop: Loop) -> dict[str, Any]:
    return {
        "loop": loop.name,
        "variables": list(loop.variables),
        "cut": list(loop.link) if loop.link else None,
        "returned": loop.returned,
        "broken": loop.broken,
        "nothing to act on": loop.untried,
        "effects": [
            {
                "variable": one.variable,
                "deviation": one.deviation,
                "with": one.whole.text,
                "without": one.without.text,
                "shape changes": one.whole != one.without,
            }
            for one in loop.effects[:_ROWS]
        ],
    }


def _summary(loops: Sequence[Loop]) -> str:
    cut = [loop for loop in loops if loop.link]
    shapes = sum(any(one.whole != one.without for one in loop.effects) for loop in cut)
    idle = sum(loop.idle for loop in cut)
    text = (
        f"{len(cut)} loop{'' if len(cut) == 1 else 's'} removed one at a time: {shapes} change the "
        f"shape of a stock or headline variable, {idle} do nothing"
    )
    if untried := sum(loop.untried for loop in cut):
        text += f", {untried} {'has' if untried == 1 else 'have'} nothing to act on"
    left = len(loops) - len(cut)
    return text + (f"; {left} could not be cut" if left else "")


CHECKS = (
    Check(
        ID,
        "Every feedback loop does something",
        "With each loop cut in turn, does the model behave differently? A loop that can go without "
        "a trace explains nothing in this run; one without which there are no numbers holds the "
        "model together.",
        run,
        ("forrester_senge1980", "sterman2000"),
    ),
)
