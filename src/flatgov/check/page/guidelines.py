"""The reporting guidelines for simulation studies, item by item, worked out from model and study.

The guidelines are those of Rahmandad and Sterman (2012), doi:10.1002/sdr.1481, who divide what is
to be reported into model, simulation and optimization, and each into what is the minimum for
somebody else to do the work again and what is preferred as it makes it transparent. The items are
worded here; the tables of the paper are what counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from flatgov.check.page.lookups import walk
from flatgov.check.page.safe import count, number
from flatgov.check.report import Report
from flatgov.check.subject import Subject
from flatgov.model import Call, Model, Variable
from flatgov.study.study import Study

Status = Literal["met", "partly", "missing", "does not apply"]

SOURCE = "rahmandad_sterman2012"
# A larger model file is not put on the page.
LARGEST_FILE = 600_000
_OWN = "the results of the study have their own"
_VARIABLES = ("variable", "variables")


@dataclass(frozen=True)
class Item:
    """One thing to report.

    Attributes:
        asks: What is to be reported.
        status: Whether it is.
        found: What was counted, and what is missing.
        where: The place on the page, or ``""``.
        place: What that place is called.
    """

    asks: str
    status: Status
    found: str
    where: str = ""
    place: str = ""


@dataclass(frozen=True)
class Part:
    """One of the parts of the guidelines."""

    title: str
    short: str
    items: tuple[Item, ...]


def guidelines(report: Report) -> list[Part]:
    """Say for each item whether the page reports it, and where."""
    model = report.subject.model if report.subject else None
    study = report.subject.study if report.subject else None

    def items(*makers: Callable[[Model, Study | None, Report], Item]) -> tuple[Item, ...]:
        if model is None:
            return (Item("All of it", "missing", "the model cannot be read"),)
        return tuple(make(model, study, report) for make in makers)

    return [
        Part(
            "Model, minimum",
            "MMRR: what it takes to build the model again",
            items(_equations, _values, _starts),
        ),
        Part(
            "Model, preferred",
            "PMRR: what it takes to understand and judge it",
            items(_units, _documentation, _sources, _file),
        ),
        Part(
            "Simulation, minimum",
            "MSRR: what it takes to make the runs again",
            items(_software, _method, _settings, _random, _preparation, _evaluation),
        ),
        Part(
            "Simulation, preferred",
            "PSRR: what it takes to know how far the results hold",
            items(_seed, _sensitivity, _numerical, _command),
        ),
        Part("Optimization", "minimum and preferred", items(_optimization)),
    ]


def _share(
    asks: str, good: int, of: int, what: tuple[str, str, str], where: str, place: str
) -> Item:
    """Judge by a count: all, some or none.

    Args:
        asks: What is to be reported.
        good: How many are as they should be.
        of: How many there are.
        what: What is counted, one and many, and what is good about them.
        where: The place on the page.
        place: What that is called.
    """
    one, many, quality = what
    if not of:
        return Item(asks, "does not apply", f"no {many}")
    status: Status = "met" if good == of else "partly" if good else "missing"
    found = f"{good:,} of {of:,} {one if of == 1 else many} {quality}"
    return Item(asks, status, found, where, place)


def _equations(model: Model, study: Study | None, report: Report) -> Item:
    variables = model.variables.values()
    whole = sum(bool(one.equations) for one in variables)
    asks = "Every computation that the model does in a step: all equations and algorithms"
    what = (*_VARIABLES, "with an equation here")
    return _share(asks, whole, len(variables), what, "model", "The model")


def _values(model: Model, study: Study | None, report: Report) -> Item:
    given = [one for one in model.variables.values() if one.kind in ("constant", "lookup", "data")]
    bare = [one for one in given if one.kind == "data" and _uses(one, ("DATA",))]
    what = (
        "constant, table or data series",
        "constants, tables and data series",
        "with values here",
    )
    asks = "The value of every parameter, table and exogenous series"
    return _share(asks, len(given) - len(bare), len(given), what, "model", "The model")


def _starts(model: Model, study: Study | None, report: Report) -> Item:
    stocks = [one for one in model.variables.values() if one.kind == "stock"]
    asks = "The initial value of every stock"
    what = ("stock", "stocks", "with the initial value here")
    return _share(asks, len(stocks), len(stocks), what, "model", "The model")


def _units(model: Model, study: Study | None, report: Report) -> Item:
    variables = model.variables.values()
    known = [one for one in variables if one.units.strip()]
    asks = "The unit of every variable and parameter"
    what = (*_VARIABLES, "with a unit")
    return _share(asks, len(known), len(variables), what, "model", "The model")


def _documentation(model: Model, study: Study | None, report: Report) -> Item:
    variables = model.variables.values()
    known = [one for one in variables if one.documentation.strip()]
    asks = "What every variable means, and the reasoning behind its equation"
    quality = "with a comment; whether it gives the reasoning, a reader has to judge"
    what = (*_VARIABLES, quality)
    return _share(asks, len(known), len(variables), what, "model", "The model")


def _sources(model: Model, study: Study | None, report: Report) -> Item:
    asks = "Where parameters and equations come from: data, publications, interviews, assumptions"
    data = next((one.data for one in report.outcomes if one.check == "unsourced"), {})
    numbers = [one for one in model.variables.values() if one.kind in ("constant", "lookup")]
    documented, sourced = data.get("numbers"), data.get("sourced")
    if not isinstance(documented, int) or not isinstance(sourced, int):
        return Item(asks, "missing", "the check of sources was not done")
    silent = sum(not one.documentation.strip() for one in numbers)
    what = (
        "constant or table",
        "constants and tables",
        "with a source that can be looked up, or an assumption with its range",
    )
    item = _share(asks, sourced, documented + silent, what, "model", "The model")
    if vague := data.get("vague", 0):
        found = f"{item.found}; said to be data or an assumption and no more: {vague:,}"
        item = replace(item, status="partly", found=found)
    if study is None or not study.evidence.sources:
        return item
    listed = study.evidence.sources.values()
    checked = sum(one.verified for one in listed)
    found = f"{item.found}; {checked} of {len(listed)} sources of the study were looked up"
    status: Status = "partly" if item.status == "met" and checked < len(listed) else item.status
    return Item(asks, status, found, "sources", "Claims and sources")


def _file(model: Model, study: Study | None, report: Report) -> Item:
    asks = "The model in the format in which it was made, with the data that it needs"
    if len(model.source) > LARGEST_FILE:
        found = f"the file has {len(model.source):,} bytes and is named by its hash only"
        return Item(asks, "partly", found, "made", "How this page was made")
    if model.files or model.data:
        files = len(model.files) + len(model.data)
        found = f"the model file is here; {count(files, 'file')} of data are named only"
        return Item(asks, "partly", found, "made", "How this page was made")
    return Item(asks, "met", "the file is part of this page", "made", "How this page was made")


def _software(model: Model, study: Study | None, report: Report) -> Item:
    asks = "Software with versions, and the hardware"
    known = ", ".join(f"{name} {version}" for name, version in report.versions.items())
    if not known:
        return Item(asks, "missing", "no versions are recorded")
    machine = {"machine", "platform", "hardware"} & {name.lower() for name in report.versions}
    status: Status = "met" if machine else "partly"
    found = known if machine else f"{known}; the hardware is not recorded"
    return Item(asks, status, found, "made", "How this page was made")


def _method(model: Model, study: Study | None, report: Report) -> Item:
    time = model.time
    method = {"euler": "Euler’s method", "rk4": "the Runge-Kutta method of fourth order"}
    unit = f" {time.units}" if time.units else ""
    found = f"{method[model.integrator]}, TIME STEP {number(time.step)}{unit}"
    asks = "The integration method and the time step"
    return Item(asks, "met", found, "settings", "Time and method")


def _settings(model: Model, study: Study | None, report: Report) -> Item:
    asks = "The settings of every scenario, the base case among them"
    if study is None:
        found = "the base case: the values of the model file. No scenario was given"
        return Item(asks, "met", found, "model", "The model")
    found = f"{count(len(study.policies), 'policy', 'policies')}"
    found += f", {count(len(study.scenarios), 'scenario')}, each with all its changes"
    return Item(asks, "met", found, "policies", "Policies")


def _random(model: Model, study: Study | None, report: Report) -> Item:
    asks = "The number of runs of each scenario, where chance plays a part"
    draws = report.subject.draws if report.subject else 0
    if study is not None and study.uncertainty is not None:
        found = f"{count(draws, 'draw')} in the tests on this page; how many the results of the "
        found += "study rest on stands in the record of its runs, and belongs in its paper"
        return Item(asks, "partly", found, "made", "How this page was made")
    noisy = [one for one in model.variables.values() if _uses(one, ("RANDOM", "PINK NOISE"))]
    if not noisy:
        return Item(asks, "does not apply", "nothing in the model is random")
    found = f"{count(len(noisy), 'variable')} drawn at random; one run here"
    return Item(asks, "partly", found, "made", "How this page was made")


def _preparation(model: Model, study: Study | None, report: Report) -> Item:
    asks = "How input data were prepared"
    files = len(model.files) + len(model.data)
    if files:
        found = f"{count(files, 'file')} of data; how they were made is not recorded"
        return Item(asks, "missing", found)
    return Item(asks, "does not apply", "the model reads no data from other files")


def _evaluation(model: Model, study: Study | None, report: Report) -> Item:
    asks = "How results were worked out from runs"
    if study is None or not study.evidence.tests:
        return Item(asks, "missing", "no results are defined: there are no behaviour tests")
    tests = study.evidence.tests.values()
    rules = sum(one.expect is not None for one in tests)
    what = ("behaviour test", "behaviour tests", "with the rule written as a formula")
    return _share(asks, rules, len(tests), what, "behaviour", "Behaviour tests")


def _seed(model: Model, study: Study | None, report: Report) -> Item:
    asks = "How random numbers are made, with the seed"
    seed = report.subject.seed if report.subject else 0
    if study is not None and study.uncertainty is not None:
        found = f"{study.uncertainty.method} draws; seed {seed} in the tests on this page, that of "
        found += "the results of the study stands in the record of its runs"
        return Item(asks, "partly", found, "uncertain", "Uncertain quantities")
    if any(_uses(one, ("RANDOM", "PINK NOISE")) for one in model.variables.values()):
        return Item(
            asks, "met", f"seed {seed} in the runs of this page", "made", "How this page was made"
        )
    return Item(asks, "does not apply", "nothing in the model is random")


def draws(subject: Subject) -> str:
    """Say what the tests drew, or ``""`` where they had nothing to draw."""
    if subject.study is not None and subject.study.uncertainty is not None:
        number = count(subject.draws, "draw")
        return f"{number} in the tests that take draws, seed {subject.seed}; " + _OWN
    if any(_uses(one, ("RANDOM", "PINK NOISE")) for one in subject.model.variables.values()):
        return f"nothing drawn but the random functions of the model, seed {subject.seed}"
    return ""


def _sensitivity(model: Model, study: Study | None, report: Report) -> Item:
    asks = "How sensitive results are to what is uncertain"
    if study is None or study.uncertainty is None:
        return Item(asks, "missing", "no uncertain quantities are given")
    factors = study.uncertainty.factors
    reasons = sum(bool(one.reason.strip()) for one in factors)
    found = f"{count(len(factors), 'uncertain quantity', 'uncertain quantities')}, {reasons} with "
    found += "a reason for the range; the ranking itself is the work of `flatgov sensitivity`"
    return Item(asks, "partly", found, "uncertain", "Uncertain quantities")


def _numerical(model: Model, study: Study | None, report: Report) -> Item:
    asks = "How sensitive results are to the time step and the method"
    wanted = ("step size", "euler against rk4", "time constants")
    done = [one.check for one in report.outcomes if one.check in wanted and not one.skipped]
    missing = [one for one in wanted if one not in done]
    status: Status = "met" if not missing else "partly" if done else "missing"
    found = f"checked: {', '.join(done)}" if done else "not checked"
    if done and missing:
        found += f"; not: {', '.join(missing)}"
    return Item(asks, status, found, "tests", "Tests")


def _command(model: Model, study: Study | None, report: Report) -> Item:
    asks = "The commands that make it all again"
    if not report.command:
        return Item(asks, "missing", "the command is not recorded")
    return Item(asks, "met", report.command, "made", "How this page was made")


def _optimization(model: Model, study: Study | None, report: Report) -> Item:
    return Item(
        "Objective, search method, bounds and results of any optimization",
        "does not apply",
        "flatgov optimizes nothing; of values fitted elsewhere their comments have to say so",
    )


def _uses(variable: Variable, functions: Iterable[str]) -> bool:
    starts = tuple(functions)
    return any(
        isinstance(part, Call) and part.function.startswith(starts)
        for equation in variable.equations
        for part in walk(equation.expression)
    )


def counted(parts: Sequence[Part]) -> dict[str, int]:
    """Count the items by status."""
    items = [item for part in parts for item in part.items]
    order: tuple[Status, ...] = ("met", "partly", "missing", "does not apply")
    return {status: sum(one.status == status for one in items) for status in order}
