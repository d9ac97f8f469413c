"""Variants and tests of evidence.toml: what they mean, and what they are refused with."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import flatgov as fg
from flatgov.model import Change
from flatgov.study import Study

HIRE = Change("hiring rate", "set", 10.0, 6.0, 6.0, None)
FEWER = Change("tasks", "scale", 0.5, 12.0 + 15 / 31, 0.0, 20.0)


@pytest.fixture
def open_with(write_study: Callable[..., Path]) -> Callable[[str], Study]:
    """Open the tiny study with something added to its evidence.toml, which has 20 lines."""

    def opened(text: str) -> Study:
        folder = write_study()
        with (folder / "evidence.toml").open("a", encoding="utf-8") as file:
            file.write(text)
        return fg.open_study(folder)

    return opened


def test_a_study_without_expectations_has_no_patterns(open_with: Callable[[str], Study]) -> None:
    study = open_with("")
    assert dict(study.behaviour.patterns) == {}
    assert dict(study.behaviour.variants) == {}
    assert list(study.evidence.tests) == ["P1"]


def test_variants_are_policies_of_their_own(open_with: Callable[[str], Study]) -> None:
    study = open_with(
        "[variants.late]\n"
        'extends = ["both"]\n'
        'start = "2020-10"\n'
        "[variants.busy]\n"
        'description = "More of everything."\n'
        'label = { en = "Busy", zh = "忙" }\n'
        "claims = [2]\n"
        'extends = ["hire", "both", "now"]\n'
        "[[variants.busy.changes]]\n"
        'variable = "TASKS"\n'
        'operation = "add"\n'
        "value = 5\n"
        'start = "2020-02"\n'
        "end = 3\n"
    )
    late, busy = study.behaviour.variants.values()
    # The first change, of 2020-07, moves by three months, and the other with it.
    moved = FEWER.start + 3
    assert late.changes == (
        Change("hiring rate", "set", 10.0, 9.0, 6.0, None),
        Change("tasks", "scale", 0.5, moved, 0.0, 23.0),
    )
    assert late.label == {"en": "late", "zh": "late"}
    # A policy that several others extend comes once, as it does in policies.toml.
    assert busy.changes == (HIRE, FEWER, Change("tasks", "add", 5.0, 1.0, 0.0, 3.0))
    assert (busy.id, busy.label["en"], busy.claims) == ("busy", "Busy", (2,))
    assert "late" not in study.policies


def test_expectations_may_name_variants(open_with: Callable[[str], Study]) -> None:
    study = open_with(
        '[variants.v]\nextends = ["hire"]\n'
        '[tests.P2]\ntext = "Two."\nexpect = ["1 < 2", "min(\'load\' of v) > 0"]\n'
    )
    pattern = study.behaviour.patterns["P2"]
    assert pattern.text == "Two."
    assert [one.text for one in pattern.expectations] == ["1 < 2", "min('load' of v) > 0"]
    assert [(one.variable, one.policy) for one in pattern.expectations[1].courses] == [
        ("load", "v")
    ]


# What is added to evidence.toml, and the message.
CASES = {
    "name of a policy": (
        '[variants.hire]\nextends = ["now"]\n',
        "21: variants.hire: 'hire' is also the name of a policy; rename it",
    ),
    "extends": (
        '[variants.v]\nextends = ["hier"]\n',
        "22: variants.v.extends: there is no policy 'hier'; did you mean 'hire'? there are now, "
        "hire, both",
    ),
    "unknown key": (
        '[variants.v]\nextend = ["hire"]\n',
        "22: variants.v.extend: 'extend' is no key of this table; did you mean 'extends'? the keys "
        "are label, description, claims, extends, changes, start",
    ),
    "claim": (
        "[variants.v]\nclaims = [7]\n",
        "22: variants.v.claims: there is no claim 7 in evidence.toml; the nearest are 1, 2",
    ),
    "start without changes": (
        '[variants.v]\nextends = ["now"]\nstart = 3\n',
        "23: variants.v.start: it does nothing that 'now' does not do, so no start can be moved; "
        "name a policy with changes of its own",
    ),
    "start outside": (
        '[variants.v]\nextends = ["hire"]\nstart = "2025-01"\n',
        "23: variants.v.start: 2025-01 is outside the model's horizon; the model runs from 2020-01 "
        "to 2022-01",
    ),
    "change": (
        '[[variants.v.changes]]\nvariable = "load"\noperation = "set"\nvalue = 1\nstart = 0\n',
        "22: variants.v.changes #1 variable: 'load' is an auxiliary and cannot be changed; change "
        "a constant, the initial value of a stock or a lookup table, such as one of those that it "
        "uses: tasks, Staff",
    ),
    "beyond a limit": (
        '[variants.v]\nextends = ["hire"]\n[[variants.v.changes]]\nvariable = "hiring rate"\n'
        'operation = "scale"\nvalue = 3\nstart = 0\n',
        "21: variants.v: 'hiring rate' would be 30 at 2021-01 in policy 'v', above the upper limit "
        "20 of the model; give values that keep it between 0 and 20",
    ),
    "nothing expected": (
        '[tests.P2]\ntext = "Two."\nexpect = []\n',
        "23: tests.P2.expect: is empty; write at least one",
    ),
    "an expectation": (
        '[tests.P2]\ntext = "Two."\nexpect = [\n  "1 < 2",\n  "1 < 2 <",\n]\n',
        "23: tests.P2.expect #2, character 8: the end of the text where a value is expected; write "
        "a number, a function, or 'NAME' of POLICY",
    ),
    "two expectations": (
        '[tests.P2]\ntext = "Two."\nexpect = ["x", "y"]\n',
        "23: tests.P2.expect #1, character 1: 'x' where a value is expected; write a number, a "
        "function, or 'NAME' of POLICY (and 1 more)",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_mistakes_are_one_line(
    open_with: Callable[[str], Study], tmp_path: Path, case: str
) -> None:
    text, message = CASES[case]
    with pytest.raises(fg.StudyError) as caught:
        open_with(text)
    assert str(caught.value).removeprefix(f"{tmp_path}/office/evidence.toml:") == message
