"""evidence.toml against the model, the policies and the tests that it names."""

from __future__ import annotations

import re
from pathlib import Path

from flatgov.model import Model
from flatgov.study import Study

HERE = Path(__file__).parent


def cited(text: str) -> set[int]:
    return {int(number) for number in re.findall(r"\[C(\d+)\]", text)}


def test_every_claim_is_there_once(study: Study) -> None:
    assert [claim.number for claim in study.evidence.claims] == list(range(1, 111))


def test_every_claim_that_the_model_cites_is_there(study: Study, model: Model) -> None:
    numbers = {claim.number for claim in study.evidence.claims}
    for variable in model.variables.values():
        assert cited(variable.documentation) <= numbers, variable.name


def test_key_terms_are_chinese(study: Study) -> None:
    for claim in study.evidence.claims:
        assert claim.terms, claim.number
        for term in claim.terms:
            assert re.search(r"[\u4e00-\u9fff]", term), claim.number


def test_claims_with_modelling_content_name_variables(study: Study) -> None:
    for claim in study.evidence.claims:
        if not claim.variables:
            assert claim.reason, claim.number
    assert sum(bool(claim.variables) for claim in study.evidence.claims) > 90


def test_every_behaviour_test_can_be_evaluated(study: Study) -> None:
    # The extreme conditions need runs of their own and fill a file here.
    others = set(study.evidence.tests) - set(study.behaviour.patterns)
    assert others == {"P14"}
    assert "tests/longgang/test_extremes.py" in study.evidence.tests["P14"].text
    assert "P14" in (HERE / "test_extremes.py").read_text(encoding="utf-8").splitlines()[0]


def test_every_variant_is_used(study: Study) -> None:
    used = {
        course.policy
        for pattern in study.behaviour.patterns.values()
        for one in pattern.expectations
        for course in one.courses
    }
    assert set(study.behaviour.variants) <= used


def test_every_change_of_a_policy_gives_its_reason(study: Study) -> None:
    for file in ("policies.toml", "scenarios.toml"):
        text = (study.folder / file).read_text(encoding="utf-8")
        for change in re.split(r"\[\[(?:policies|scenarios)\.\w+\.changes\]\]", text)[1:]:
            assert re.search(r'^reason = ".{20,}"$', change, flags=re.M), change


def test_the_policies_of_the_contract_are_there_in_order(study: Study) -> None:
    assert list(study.policies) == [
        "town",
        "actual",
        "districts",
        "digital",
        "community",
        "autonomy",
        "platform",
        "task_filter",
        "staffing",
        "relayer",
        "package",
        "full",
    ]
    assert list(study.scenarios) == ["fieldwork", "official"]
    assert study.default_scenario == "fieldwork"
    assert study.headline == (
        "administrative cost",
        "work pressure",
        "cadre morale",
        "community autonomy",
    )
