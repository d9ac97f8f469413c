"""evidence.toml: claims, feedback loops and behaviour tests, checked against the model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence

from flatgov.errors import Problems, StudyError
from flatgov.model import Model, references
from flatgov.study.changes import find_variable
from flatgov.study.partial import Part
from flatgov.study.policies import check_claims, check_names
from flatgov.study.schema import Claim, EvidenceFile, Loop
from flatgov.study.toml import TomlFile


def resolve_evidence(
    part: Part[EvidenceFile], model: Model, problems: Problems
) -> EvidenceFile | None:
    """Check that all variables, claims and tests that the file names exist.

    Args:
        part: evidence.toml as far as it is right.
        model: The model of the study.
        problems: Collects a name or number that does not exist, a claim that is given twice, a
            loop that is broken.

    Returns:
        What is right, with variables in the spelling of the model.
    """
    if part.both is None:
        return None
    content, file = part.both
    numbers = part.claims()
    times = Counter(claim.number for claim in content.claims)
    claims: list[Claim] = []
    for index, claim in enumerate(content.claims):
        place = ("claims", index)
        if (many := times.pop(claim.number, 1)) > 1:  # Told at the first of them.
            what = f"claim {claim.number} is there {many} times"
            where = file.where(*place, "number")
            fix = "give each claim a number of its own"
            problems.found.append(StudyError(what, where=where, fix=fix))
        _check_claim(claim, place, file, part.names("tests"), problems)
        variables = _spelled(claim.variables, place, file, model, problems)
        claims.append(claim.model_copy(update={"variables": variables}))
    loops: dict[str, Loop] = {}
    for name, loop in content.loops.items():
        check_claims(loop.claims, ("loops", name), file, numbers, problems)
        variables = _spelled(loop.variables, ("loops", name), file, model, problems)
        if len(variables) == len(loop.variables):
            with problems.collect():
                _check_links(name, variables, file, model)
        loops[name] = loop.model_copy(update={"variables": variables})
    for name, test in content.tests.items():
        check_claims(test.claims, ("tests", name), file, numbers, problems)
    return content.model_copy(update={"claims": tuple(claims), "loops": loops})


def _check_claim(
    claim: Claim,
    place: tuple[str | int, ...],
    file: TomlFile,
    tests: Collection[str],
    problems: Problems,
) -> None:
    if (claim.test is None) == (claim.reason is None):
        problems.found.append(
            StudyError(
                f"claim {claim.number} needs either `test` or `reason`",
                where=file.where(*place),
                fix="name the behaviour test that checks it, or say why none can",
            )
        )
    if claim.test is not None:
        with problems.collect():
            check_names([claim.test], tests, "test", file.where(*place, "test"))


def _check_links(name: str, variables: Sequence[str], file: TomlFile, model: Model) -> None:
    """Refuse a loop in which a variable's equation does not use the variable before it."""
    for cause, effect in zip(variables, (*variables[1:], *variables[:1]), strict=True):
        equations = model.variables[effect].equations
        used = dict.fromkeys(
            used for equation in equations for used in references(equation.expression)
        )
        if cause not in used:
            raise StudyError(
                f"the loop '{name}' is broken: the equation of '{effect}' does not use '{cause}'",
                where=file.where("loops", name, "variables"),
                fix=f"it uses {', '.join(used)}" if used else f"'{effect}' uses no variable",
            )


def _spelled(
    names: Sequence[str],
    place: tuple[str | int, ...],
    file: TomlFile,
    model: Model,
    problems: Problems,
) -> tuple[str, ...]:
    spelled = []
    for name in names:
        with problems.collect():
            spelled.append(find_variable(model, name, file.where(*place, "variables")).name)
    return tuple(spelled)
